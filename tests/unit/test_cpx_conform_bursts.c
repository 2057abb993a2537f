/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Over every carrier: bursts of any size, frames in order and on their queue, full rings, shared
 * frames and chains, two threads. Every frame sent is received once or given back.
 */
#include <pthread.h>
#include <sched.h>

#include "lib/base/order.h"
#include "tests/unit/conform.h"

#define MANY UINT16_MAX

static struct rte_mbuf *sent[MANY], *got[MANY];

static void number(struct rte_mempool *from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sent[i] = numbered_frame(from, i);
}

/* As many of sent[] as the ring took come out, in order; the others are still ours. */
static void expect_in_order(uint16_t taken, uint16_t n, uint16_t ask)
{
	uint16_t have = receive(far, 0, got, ask);

	cr_assert_eq(have, taken, "%s: received %u of %u", row->name, have, taken);
	for (uint16_t i = 0; i < have; i++) {
		cr_assert_eq(number_of(got[i]), i, "%s: out of order", row->name);
		cr_assert_eq(got[i]->port, far);
		cr_assert_eq(got[i]->pkt_len, 60);
		cr_assert_eq(rte_mbuf_check(got[i], 1, &(const char *){ NULL }), 0);
	}
	rte_pktmbuf_free_bulk(got, have);
	rte_pktmbuf_free_bulk(sent + taken, n - taken);
}

Conform(conform_bursts, of_every_size)
{
	static const uint16_t sizes[] = { 0, 1, 2, 31, 32, 33, 64, 255, 256, 257, 512 };

	make_ports("");
	start_ports(1);
	for (unsigned k = 0; k < RTE_DIM(sizes); k++) {
		uint16_t n = sizes[k], taken;

		number(pool, n);
		taken = rte_eth_tx_burst(near, 0, n != 0 ? sent : NULL, n);
		cr_expect_eq(taken, n, "%s: %u of %u", row->name, taken, n);
		expect_in_order(taken, n, n);
		cr_assert_eq(pool_level(), POOL_FRAMES, "%s: burst of %u", row->name, n);
	}
	cr_expect_eq(rte_eth_rx_burst(far, 0, NULL, 0), 0);
}

/* More than any ring holds, in one call: it takes what fits. */
Conform(conform_bursts, of_65535)
{
	struct rte_mempool *small = rte_pktmbuf_pool_create(
		"small", MANY, 0, 0, RTE_PKTMBUF_HEADROOM + 64, SOCKET_ID_ANY);
	uint16_t taken;

	cr_assert_not_null(small);
	make_ports("");
	start_ports(1);
	number(small, MANY);
	taken = rte_eth_tx_burst(near, 0, sent, MANY);
	cr_expect_geq(taken, SLOTS / 2, "%s: took %u", row->name, taken);
	cr_expect_lt(taken, MANY);
	cr_expect_eq(xstat(near, "lane0_tx_full"), MANY - taken);
	cr_expect_eq(xstat(near, "lane0_tx_packets"), taken);
	expect_in_order(taken, MANY, MANY);
	cr_expect_eq(rte_mempool_avail_count(small), MANY);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Conform(conform_bursts, full_and_empty)
{
	make_ports("");
	start_ports(1);
	cr_expect_eq(rte_eth_rx_burst(far, 0, got, 32), 0, "empty");
	for (unsigned round = 0; round < 5; round++) {
		uint32_t in = 0, out = 0;

		for (uint16_t n = 32; n == 32; in += n) {
			number(pool, 32);
			n = rte_eth_tx_burst(near, 0, sent, 32);
			rte_pktmbuf_free_bulk(sent + n, 32 - n);
		}
		for (uint16_t n; (n = receive(far, 0, got, 7)) != 0; out += n)
			rte_pktmbuf_free_bulk(got, n);
		cr_expect_eq(in, out, "%s: %u in, %u out", row->name, in, out);
		cr_assert_eq(pool_level(), POOL_FRAMES);
	}
}

Conform(conform_bursts, stay_on_their_queue)
{
	make_ports("");
	start_ports(LANES);
	for (uint16_t q = 0; q < LANES; q++) {
		number(pool, 10u + q);
		cr_assert_eq(rte_eth_tx_burst(near, q, sent, 10 + q), 10 + q);
	}
	for (uint16_t q = 0; q < LANES; q++) {
		cr_expect_eq(receive(far, q, got, 64), 10 + q, "%s: queue %u", row->name, q);
		rte_pktmbuf_free_bulk(got, 10u + q);
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

/* The sender keeps a reference: what arrives is another mbuf, and writing to it harms nobody. */
Conform(conform_bursts, shared_frames)
{
	struct rte_mbuf *mine, *m;

	if (row->keeps_when_down)
		cr_skip_test("net_ring passes shared mbufs on, and says so nowhere");
	make_ports("");
	start_ports(1);
	for (unsigned i = 0; i < 40; i++) {
		mine = numbered_frame(pool, i);
		rte_pktmbuf_refcnt_update(mine, 1);
		cr_assert_eq(send_one(near, 0, mine), 1);
		cr_assert_eq(receive(far, 0, &m, 1), 1);
		cr_expect_neq(m, mine);
		cr_expect_eq(rte_mbuf_refcnt_read(m), 1);
		cr_expect_eq(rte_mbuf_refcnt_read(mine), 1);
		memset(rte_pktmbuf_mtod(m, void *), 0, 60);
		cr_expect_eq(number_of(mine), i);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(mine);
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Conform(conform_bursts, chains_among_single_frames)
{
	const struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER };

	make_ports("");
	start_ports_with(1, &conf);
	number(pool, 64);
	for (unsigned i = 0; i < 64; i += 3) {
		struct rte_mbuf *tail = rte_pktmbuf_alloc(pool);

		memset(rte_pktmbuf_append(tail, 500), (int)i, 500);
		cr_assert_eq(rte_pktmbuf_chain(sent[i], tail), 0);
	}
	cr_assert_eq(rte_eth_tx_burst(near, 0, sent, 64), 64);
	cr_assert_eq(receive(far, 0, got, 64), 64);
	for (unsigned i = 0; i < 64; i++) {
		uint8_t last;

		cr_expect_eq(number_of(got[i]), i);
		cr_expect_eq(got[i]->pkt_len, i % 3 == 0 ? 560 : 60);
		if (i % 3 == 0) {
			cr_expect_eq(*(const uint8_t *)rte_pktmbuf_read(got[i], 559, 1, &last), i);
		}
	}
	rte_pktmbuf_free_bulk(got, 64);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

#define THREADS_FRAMES 20000

static uint64_t give_up;

/* The sender: frames 0 to THREADS_FRAMES - 1, in bursts of 1 to 64. */
static void *send_many(void *arg)
{
	struct rte_mbuf *m[64];

	for (uint32_t n = 0; n < THREADS_FRAMES && !load_acquire(&give_up);) {
		uint16_t want = (uint16_t)RTE_MIN(1 + n % 64, THREADS_FRAMES - n), had = 0;

		while (had < want && (m[had] = rte_pktmbuf_alloc(pool)) != NULL) {
			uint32_t number = n + had;

			memcpy(rte_pktmbuf_append(m[had], 60) + 14, &number, sizeof(number));
			had++;
		}
		want = rte_eth_tx_burst(near, 0, m, had);
		rte_pktmbuf_free_bulk(m + want, had - want);
		n += want;
		if (want == 0)
			sched_yield();
	}
	return NULL;
}

Conform(conform_bursts, between_two_threads)
{
	pthread_t sender;
	uint32_t next = 0;
	unsigned idle = 0;

	make_ports("");
	start_ports(1);
	cr_assert_eq(pthread_create(&sender, NULL, send_many, NULL), 0);
	while (next < THREADS_FRAMES && idle < 1000000) {
		uint16_t n = rte_eth_rx_burst(far, 0, got, 48);

		for (uint16_t i = 0; i < n; i++, next++)
			if (number_of(got[i]) != next)
				store_release(&give_up, 1);
		rte_pktmbuf_free_bulk(got, n);
		idle = n != 0 ? 0 : idle + 1;
		if (n == 0)
			sched_yield();
		if (load_acquire(&give_up))
			break;
	}
	store_release(&give_up, 1);
	pthread_join(sender, NULL);
	cr_expect_eq(next, THREADS_FRAMES, "%s: %u frames in order, then not", row->name, next);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
