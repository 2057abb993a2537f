/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes change a hundred thousand times while a real worker forwards: no packet is lost, and none
 * goes to a next hop that was never valid for its prefix. Each prefix has gateways of its own, two
 * of eight; one that is deleted for the moment falls to the prefix above it and then to the default
 * route. Next to each other lie prefixes of other gateways, which share inner tables that come and
 * go. A packet says which prefix it is for, its destination MAC which gateway it goes to.
 */
#include <pthread.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "dataplane/ctl/rib.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

#define PREFIXES 1024 /* /25, two in a /24 */
#define GATEWAYS 8
#define ABOVE    8 /* 10.0.1.10: leads what has no route of its own */
#define CHANGES  100000
#define BATCH    1000
#define WINDOW   192

static const char yaml[] = "workers: {count: 1}\n"
			   "ports:\n"
			   "  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}\n"
			   "  p1: {lanes: oe0/8, carrier: loop, addresses: [10.0.1.1/24]}\n"
			   "tables: {routes4: 8192, routes6: 256, nexthops: 512, neighbors: 64}\n"
			   "neighbors:\n"
			   "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:00'}\n"
			   "  - {ip: 10.0.1.3, mac: '02:00:00:00:01:01'}\n"
			   "  - {ip: 10.0.1.4, mac: '02:00:00:00:01:02'}\n"
			   "  - {ip: 10.0.1.5, mac: '02:00:00:00:01:03'}\n"
			   "  - {ip: 10.0.1.6, mac: '02:00:00:00:01:04'}\n"
			   "  - {ip: 10.0.1.7, mac: '02:00:00:00:01:05'}\n"
			   "  - {ip: 10.0.1.8, mac: '02:00:00:00:01:06'}\n"
			   "  - {ip: 10.0.1.9, mac: '02:00:00:00:01:07'}\n"
			   "  - {ip: 10.0.1.10, mac: '02:00:00:00:01:08'}\n"
			   "routes:\n"
			   "  - {to: 0.0.0.0/0, via: 10.0.1.10}\n";

static struct bed bed;
static struct board *b;
static struct err err;
static struct frame in;

static struct {
	pthread_t thread;
	bool stop;
	uint64_t sent, back, wrong;
	unsigned wrong_prefix, wrong_gateway;
	uint64_t to[GATEWAYS + 1];
} load;

TestSuite(route_churn, .fini = bed_clean);

static unsigned gateway_of(unsigned prefix, unsigned which)
{
	return (prefix + which * (1 + prefix / GATEWAYS % (GATEWAYS - 1))) % GATEWAYS;
}

static bool is_valid(unsigned prefix, unsigned gateway)
{
	return gateway == ABOVE || gateway == gateway_of(prefix, 0) ||
	       gateway == gateway_of(prefix, 1);
}

static void put_prefix(uint8_t *addr, unsigned prefix)
{
	addr[0] = 77;
	addr[1] = (uint8_t)(prefix >> 9);
	addr[2] = (uint8_t)(prefix >> 1);
	addr[3] = (uint8_t)(prefix << 7);
}

static void send_one(void)
{
	const unsigned prefix = load.sent * 7 % PREFIXES;
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->pool);
	uint8_t *p;

	if (!m)
		return;
	put_prefix(in.data + 14 + 16, prefix);
	in.data[14 + 19] |= (uint8_t)(1 + load.sent % 126);
	frame_put16(in.data + 14 + 28, prefix);
	frame_fix_ip4(&in);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)in.len);
	memcpy(p, in.data, in.len);
	if (rte_eth_tx_burst(bed.far[0].id, 0, &m, 1) == 1)
		load.sent++;
	else
		rte_pktmbuf_free(m);
}

static void look(const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const unsigned prefix = frame_get16(p + 14 + 28), gateway = p[5];

	if (prefix >= PREFIXES || gateway > ABOVE || !is_valid(prefix, gateway)) {
		load.wrong_prefix = prefix;
		load.wrong_gateway = gateway;
		load.wrong++;
	} else {
		load.to[gateway]++;
	}
	store_release(&load.back, load.back + 1);
}

static unsigned take(void)
{
	struct rte_mbuf *pkts[32];
	const uint16_t n = rte_eth_rx_burst(bed.far[1].id, 0, pkts, 32);

	for (uint16_t i = 0; i < n; i++)
		look(pkts[i]);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

static void *run(void *arg)
{
	(void)arg;
	while (!load_acquire(&load.stop)) {
		for (unsigned i = 0; i < 32 && load.sent - load.back < WINDOW; i++)
			send_one();
		if (!take())
			usleep(20);
	}
	for (unsigned idle = 0; load.back < load.sent && idle < 100000; idle++)
		if (!take())
			usleep(20);
	return NULL;
}

static int change(uint64_t *seed)
{
	const unsigned prefix = (unsigned)(guard_random(seed) % PREFIXES);
	const unsigned what = (unsigned)(guard_random(seed) % 8);
	struct rib_prefix to = { .family = AF_INET, .len = 25 };
	struct rib_hop hops[2];

	put_prefix(to.addr, prefix);
	if (what == 0) {
		const int ret = rib_del(b, RIB_FPM, &to, UINT32_MAX, &err);

		return ret == -ENOENT ? 0 : ret;
	}
	for (unsigned i = 0; i < 2; i++)
		hops[i] = (struct rib_hop){
			.iface = iface_of_port(b, 1),
			.family = AF_INET,
			.weight = 1,
			.addr = { 10, 0, 1, (uint8_t)(2 + gateway_of(prefix, (what + i) % 2)) },
		};
	return rib_add(
		b, RIB_FPM, &to, 20,
		&(struct rib_target){ .kind = RIB_VIA, .n_hops = what == 1 ? 2 : 1, .hops = hops },
		&err);
}

Test(route_churn, nothing_is_lost_and_nothing_astray, .timeout = 110)
{
	uint64_t seed = 33, back = 0;
	struct tally d;

	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
	b = bed.board;
	for (unsigned k = 0; k < PREFIXES; k++)
		cr_assert_neq(gateway_of(k, 0), gateway_of(k, 1));
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .src = "10.0.0.2",
				      .dst = "77.0.0.1",
				      .payload = 30 });
	cr_assert_eq(rte_eal_remote_launch(worker_main, b->workers[0], 1), 0);
	b->running = true;
	cr_assert_eq(pthread_create(&load.thread, NULL, run, NULL), 0);
	for (unsigned i = 1; i <= CHANGES; i++) {
		cr_assert_eq(change(&seed), 0, "change %u: %s", i, err.text);
		if (i % BATCH)
			continue;
		rib_commit(b);
		for (back += BATCH; load_acquire(&load.back) < back;) {
			bed_control(&bed);
			usleep(50);
		}
		back = load_acquire(&load.back);
	}
	store_release(&load.stop, true);
	pthread_join(load.thread, NULL);
	workers_stop(b);
	cr_expect_eq(load.wrong, 0, "%lu astray, the last one for prefix %u to gateway %u",
		     load.wrong, load.wrong_prefix, load.wrong_gateway);
	cr_expect_eq(load.back, load.sent);
	for (unsigned g = 0; g <= ABOVE; g++)
		cr_expect_gt(load.to[g], 0, "gateway %u had no packet", g);
	bed.sent = load.sent;
	bed.got = load.back;
	d = bed_delta(&bed, "a hundred thousand changes");
	for (unsigned i = 0; i < DROP_COUNT; i++)
		cr_expect(!d.drop[i], "%lu %s", d.drop[i], bed_drop_name(i));
	b->workers[0]->stop = false;
	bed_close(&bed);
}
