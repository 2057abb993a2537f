/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random configurations, one after the other, on a board whose workers run, under load (faults.md
 * E35): nothing is lost, every packet goes the way of the old or of the new one, and when
 * apply_run() returns all of them go the new way.
 */
#include "dataplane/ctl/apply.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "dataplane/ctl/running.h"
#include "tests/unit/board.h"
#include "tests/unit/random_config.h"

#define ROUNDS   200
#define PREFIXES 16
#define FAR      3
#define WORKERS  3
#define WINDOW   64 /* packets on their way at most: no ring overflows */

/* All ports answer for every gateway 10.0.P.2 … 10.0.P.5, by static neighbours. */
struct plan {
	uint8_t port[PREFIXES], host[PREFIXES]; /* where 10.(50 + i).0.0/16 leads */
};

static struct bed bed;
static struct board *b;
static struct err err;
static struct frame in;
static struct plan now, next;
static uint64_t sent[PREFIXES], got[PREFIXES];
static uint64_t on_the_way;
static bool changing; /* both ways are good */

TestSuite(apply_random, .fini = bed_clean, .timeout = 100);

static char *draw(struct dice *d, struct plan *p, unsigned workers)
{
	static const char *const urpf[] = { "off", "loose", "strict" };
	char *yaml = NULL;
	size_t len;
	FILE *f = open_memstream(&yaml, &len);

	fprintf(f, "workers: {count: %u, spread: %s}\nports:\n", workers,
		dice_below(d, 2) ? "auto" : "off");
	for (unsigned i = 0; i < FAR; i++) {
		fprintf(f, "  p%u: {lanes: oe0/%u-%u, carrier: loop, mtu: %u, ", i, 8 * i,
			8 * i + 7, dice_below(d, 2) ? 1500 : 1600);
		fprintf(f, "addresses: [10.0.%u.%u/24", i, 100 + dice_below(d, 3));
		if (dice_below(d, 2))
			fprintf(f, ", 10.%u.9.1/24, '2001:db8:%u::1/64'", 100 + i,
				dice_below(d, 4) * 16 + i);
		fputs("]", f);
		if (dice_below(d, 2))
			fprintf(f, ", vlans: {%u: {addresses: [10.20%u.0.1/24]}}",
				10 + dice_below(d, 3), i);
		fprintf(f, ", urpf: %s}\n", urpf[dice_below(d, 3)]);
	}
	fputs("routes:\n", f);
	for (unsigned i = 0; i < PREFIXES; i++) {
		p->port[i] = (uint8_t)(1 + dice_below(d, FAR - 1)); /* p0 sends */
		p->host[i] = (uint8_t)(2 + dice_below(d, 4));
		fprintf(f, "  - {to: 10.%u.0.0/16, via: 10.0.%u.%u}\n", 50 + i, p->port[i],
			p->host[i]);
	}
	for (unsigned i = dice_below(d, 30); i > 0; i--)
		fprintf(f, "  - {to: 172.16.%u.0/24, type: blackhole}\n", i);
	fputs("neighbors:\n", f);
	for (unsigned i = 0; i < FAR; i++)
		for (unsigned h = 2; h < 6; h++)
			fprintf(f, "  - {ip: 10.0.%u.%u, mac: '02:00:00:00:%02x:%02x'}\n", i, h, i,
				h);
	fprintf(f, "icmp: {errors_pps: %u}\n", dice_below(d, 2000));
	fprintf(f, "filters: {ip4_destination_loopback: %s}\n",
		dice_below(d, 2) ? "true" : "false");
	fclose(f);
	return yaml;
}

static void check(unsigned port, struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const unsigned i = p[31] - 50u; /* 10.(50 + i).… */
	const bool is_new = changing && port == next.port[i] && p[5] == next.host[i];

	cr_assert(p[12] == 8 && p[13] == 0 && p[23] == 17 && i < PREFIXES,
		  "another frame on port %u", port);
	cr_assert(is_new || (port == now.port[i] && p[5] == now.host[i]),
		  "10.%u.0.0/16 on port %u to host %u; it is on %u to %u%s", 50 + i, port, p[5],
		  now.port[i], now.host[i], changing ? ", or what comes" : "");
	cr_assert_eq(p[4], port);
	got[i]++;
	on_the_way--;
}

static void take(void)
{
	struct rte_mbuf *pkts[32];

	for (unsigned port = 0; port < FAR; port++) {
		for (uint16_t q = 0; q < bed.far[port].lanes; q++) {
			const uint16_t n = rte_eth_rx_burst(bed.far[port].id, q, pkts, 32);

			for (uint16_t k = 0; k < n; k++)
				check(port, pkts[k]);
			rte_pktmbuf_free_bulk(pkts, n);
		}
	}
}

static void put(struct dice *d)
{
	while (on_the_way < WINDOW) {
		const unsigned i = dice_below(d, PREFIXES);
		char dst[24];

		snprintf(dst, sizeof(dst), "10.%u.1.%u", 50 + i, dice_below(d, 250));
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "10.0.0.2",
					      .dst = dst,
					      .payload = 22,
					      .src_port = (uint16_t)dice_below(d, 60000) });
		bed_send_lane(&bed, 0, dice_below(d, 8), &in);
		sent[i]++;
		on_the_way++;
	}
}

static void arrive(void)
{
	const uint64_t until = rte_rdtsc() + 20 * rte_get_tsc_hz();

	while (on_the_way) {
		take();
		punt_poll(b);
		cr_assert_lt(rte_rdtsc(), until, "%lu packets do not arrive", on_the_way);
	}
}

Test(apply_random, two_hundred)
{
	struct dice d = { 7 };
	char *yaml = draw(&d, &now, WORKERS); /* as many places */
	struct apply a;
	unsigned busy = 0, resized = 0;

	bed_open(&bed, yaml, (const unsigned[]){ 8, 8, 8, 0 });
	free(yaml);
	b = bed.board;
	cr_assert_eq(workers_start(b, &err), 0, "%s", err.text);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct config *before, *parsed;
		const unsigned n_workers = b->n_workers;
		int ret;

		yaml = draw(&d, &next, 1 + dice_below(&d, WORKERS));
		parsed = bed_config(&bed, yaml);
		cr_assert_eq(running_config(b, &before, &err), 0);
		cr_assert_eq(apply_prepare(&a, before, parsed, &err), 0, "%s", err.text);
		config_free(parsed);
		cr_assert_eq(apply_check(b, &a, &err), 0, "%s\n%s", err.text, yaml);
		/* every fourth fails at a step and goes back */
		apply_fail_at = round % 4 == 3 ? 1 + dice_below(&d, (uint32_t)a.n_order + 4) : 0;
		if (apply_fail_at == a.n_order + 3)
			apply_fail_at = 0; /* no port comes or goes */
		changing = true;
		do {
			put(&d);
			ret = apply_run(b, &a, 1000, &err);
			take();
			punt_poll(b);
			ports_watch(b);
		} while (ret == -EAGAIN);
		if (ret == -EBUSY) /* no CPU for a worker for too long: as it was */
			busy++;
		else
			cr_assert_eq(ret, apply_fail_at ? -EIO : 0, "round %u: %s", round,
				     err.text);
		arrive(); /* those that were on their way */
		changing = false;
		if (!ret)
			now = next;
		resized += b->n_workers != n_workers;
		put(&d);
		arrive();
		rcu_reap(b->rcu);
		fib_settle(b->vrfs[0].fib4);
		fib_settle(b->vrfs[0].fib6);
		apply_end(&a);
		free(yaml);
	}
	apply_fail_at = 0;
	cr_expect_gt(resized, ROUNDS / 4, "%u, busy %u", resized, busy);
	for (unsigned i = 0; i < PREFIXES; i++)
		cr_expect_eq(sent[i], got[i], "10.%u.0.0/16: %lu sent, %lu arrived", 50 + i,
			     sent[i], got[i]);
	workers_stop(b);
	for (unsigned i = 0; i < PREFIXES; i++)
		bed.got += got[i];
	bed_delta(&bed, "all of them");
	for (unsigned r = 0; r < DROP_COUNT; r++)
		cr_expect_eq(bed.last.drop[r], 0, "%lu %s", bed.last.drop[r], bed_drop_name(r));
	bed_close(&bed);
}
