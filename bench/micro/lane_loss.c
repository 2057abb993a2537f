/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the loss of a lane costs the flows on it. Two ports of four lanes on emulated engines,
 * joined by a fiber; one lcore sends numbered frames on every lane's queue and receives them, as
 * fast as it can. A laser fails: from that register change on, frames of its lane are lost until
 * both managers have seen it and the port's flows go over its other lanes. Printed of many rounds:
 * the time from the register change to the last frame lost (by when it was sent), frames lost,
 * frames that came out of order within a queue (must be 0), and the same for the way back, which
 * loses nothing.
 *
 *   bench_lane_loss [ROUNDS, default 20]       needs hugepages and two cores
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "lib/base/err.h"
#include "lib/base/order.h"
#include "pmd/cpx_engine.h"

#define LANES   4
#define BURST   8
#define VICTIM  1 /* lane */
#define ROUNDS  1000
#define SECOND  1000000u
#define SEQ(m)  rte_pktmbuf_mtod_offset(m, uint64_t *, 16)
#define HISTORY (1u << 20) /* send times of the victim's latest frames */

static uint16_t near_port, far_port;
static struct rte_mempool *pool;
static uint32_t stop, epoch;
static struct {
	uint64_t next, expect; /* number of the next frame, of the next to come */
	uint64_t lost, reordered;
	uint64_t first_lost, last_lost; /* TSC when those were sent; 0: none */
} queue[LANES];
static uint64_t *sent_at; /* of the victim's queue */

static void die(const char *what)
{
	fprintf(stderr, "bench lane_loss: %s\n", what);
	exit(EXIT_MACHINE);
}

static void send_burst(unsigned q)
{
	struct rte_mbuf *m[BURST];
	const uint64_t now = rte_rdtsc();
	uint16_t n;

	if (rte_pktmbuf_alloc_bulk(pool, m, BURST) != 0)
		return;
	for (unsigned i = 0; i < BURST; i++) {
		memset(rte_pktmbuf_append(m[i], 64), 0, 64);
		*SEQ(m[i]) = queue[q].next + i;
		*rte_pktmbuf_mtod_offset(m[i], uint8_t *, 24) = (uint8_t)q;
	}
	n = rte_eth_tx_burst(near_port, (uint16_t)q, m, BURST);
	for (unsigned i = 0; q == VICTIM && i < n; i++)
		sent_at[(queue[q].next + i) % HISTORY] = now;
	queue[q].next += n;
	rte_pktmbuf_free_bulk(m + n, BURST - n);
}

/* Numbers are those of the queue that sent; which queue they come on does not matter. */
static void receive(unsigned q)
{
	struct rte_mbuf *m[32];
	const uint16_t n = rte_eth_rx_burst(far_port, (uint16_t)q, m, 32);

	for (unsigned i = 0; i < n; i++) {
		const unsigned from = *rte_pktmbuf_mtod_offset(m[i], uint8_t *, 24);
		const uint64_t seq = *SEQ(m[i]);

		if (seq < queue[from].expect) {
			queue[from].reordered++;
			continue;
		}
		if (seq > queue[from].expect) {
			queue[from].lost += seq - queue[from].expect;
			if (from == VICTIM) {
				if (queue[from].first_lost == 0)
					queue[from].first_lost =
						sent_at[queue[from].expect % HISTORY];
				queue[from].last_lost = sent_at[(seq - 1) % HISTORY];
			}
		}
		queue[from].expect = seq + 1;
	}
	rte_pktmbuf_free_bulk(m, n);
}

static int traffic(void *arg)
{
	uint32_t seen = 0;

	while (!load_acquire(&stop)) {
		const uint32_t now = load_acquire(&epoch);

		if (now != seen) { /* a new round */
			for (unsigned q = 0; q < LANES; q++)
				queue[q].lost = queue[q].reordered = queue[q].first_lost =
					queue[q].last_lost = 0;
			seen = now;
		}
		for (unsigned q = 0; q < LANES; q++)
			send_burst(q);
		for (unsigned q = 0; q < LANES; q++)
			receive(q);
	}
	return 0;
}

static uint16_t port(const char *name, const char *args)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t id;

	if (rte_vdev_init(name, args) != 0 || rte_eth_dev_get_port_by_name(name, &id) != 0 ||
	    rte_eth_dev_configure(id, LANES, LANES, &conf) != 0)
		die("no port");
	for (uint16_t q = 0; q < LANES; q++)
		if (rte_eth_rx_queue_setup(id, q, 1024, SOCKET_ID_ANY, NULL, pool) != 0 ||
		    rte_eth_tx_queue_setup(id, q, 1024, SOCKET_ID_ANY, NULL) != 0)
			die("no queue");
	if (rte_eth_dev_start(id) != 0)
		die("a port does not start");
	return id;
}

static void wait_for_lanes(unsigned lanes)
{
	struct rte_eth_link a = { 0 }, b = { 0 };

	for (unsigned ms = 0; ms < 10000; ms++) {
		rte_eth_link_get_nowait(near_port, &a);
		rte_eth_link_get_nowait(far_port, &b);
		if (a.link_speed == lanes * 106250 && b.link_speed == lanes * 106250)
			return;
		usleep(1000);
	}
	die("the lanes do not come");
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char *eal[] = { "bench",
			"--in-memory",
			"--no-pci",
			"--no-telemetry",
			"-l",
			"0,1",
			"--log-level=lib.*:error" };
	const unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 20;
	uint64_t lost = 0, reordered = 0, others = 0;
	double blocked[ROUNDS];
	struct err err;

	if (rounds < 1 || rounds > ROUNDS || rte_eal_init(RTE_DIM(eal), eal) < 0)
		die("EAL does not start");
	sent_at = calloc(HISTORY, sizeof(*sent_at));
	pool = rte_pktmbuf_pool_create("frames", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL || sent_at == NULL)
		die("no memory");
	near_port = port("net_cpx0", "engine=oe0,lanes=0-3,carrier=fiber:a,mgmt=emulated");
	far_port = port("net_cpx1", "engine=oe1,lanes=0-3,carrier=fiber:a,mgmt=emulated");
	wait_for_lanes(LANES);
	rte_eal_remote_launch(traffic, NULL, 1);
	usleep(200000);
	for (unsigned r = 0; r < rounds; r++) {
		uint64_t t0;

		store_release(&epoch, r + 1);
		usleep(100000);
		t0 = rte_rdtsc();
		if (cpx_engine_inject(cpx_engine_find("oe0"), "inject laser-fail 0 2 0", &err) != 0)
			die(err.text);
		wait_for_lanes(LANES - 1);
		usleep(300000);
		lost += queue[VICTIM].lost;
		for (unsigned q = 0; q < LANES; q++) {
			reordered += queue[q].reordered;
			others += q != VICTIM ? queue[q].lost : 0;
		}
		blocked[r] = queue[VICTIM].last_lost > t0
				     ? (double)(queue[VICTIM].last_lost - t0) * SECOND /
					       (double)rte_get_tsc_hz()
				     : 0;
		store_release(&epoch, UINT32_MAX - r);
		cpx_engine_inject(cpx_engine_find("oe0"), "heal all", &err);
		wait_for_lanes(LANES);
		usleep(100000);
		for (unsigned q = 0; q < LANES; q++) {
			reordered += queue[q].reordered;
			others += queue[q].lost;
		}
	}
	store_release(&stop, 1);
	rte_eal_mp_wait_lcore();
	qsort(blocked, rounds, sizeof(blocked[0]), by_value);
	printf("{\"rounds\": %u, \"blocked_us\": {\"median\": %.0f, \"most\": %.0f}, "
	       "\"lost_a_round\": %.1f, \"lost_elsewhere\": %" PRIu64 ", \"reordered\": %" PRIu64
	       "}\n",
	       rounds, blocked[rounds / 2], blocked[rounds - 1], (double)lost / rounds, others,
	       reordered);
	rte_eth_dev_stop(near_port);
	rte_eth_dev_stop(far_port);
	rte_eth_dev_close(near_port);
	rte_eth_dev_close(far_port);
	rte_eal_cleanup();
	return 0;
}
