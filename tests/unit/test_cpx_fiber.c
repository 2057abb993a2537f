/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_fiber.c: two ports, one fiber; what the ends may differ in; who may leave when. */
#include <errno.h>
#include <pthread.h>

#include "lib/base/order.h"
#include "pmd/cpx_rxtx.h"
#include "tests/unit/cpx_port.h"

TestSuite(fiber, .init = start_eal);

Test(fiber, carries_each_lane_to_the_same_lane_both_ways)
{
	uint16_t a = running_port("net_cpx0", "lanes=8,carrier=fiber:x", 8);
	uint16_t b = running_port("net_cpx1", "lanes=8,carrier=fiber:x", 8);

	for (uint16_t lane = 0; lane < 8; lane++) {
		struct rte_mbuf *there = frame(60, (uint8_t)lane), *back = frame(61, 0);

		cr_assert_eq(send_one(a, lane, there), 1);
		cr_assert_eq(send_one(b, lane, back), 1);
		for (uint16_t other = 0; other < 8; other++) {
			struct rte_mbuf *m = receive_one(b, other);

			cr_assert_eq(m, other == lane ? there : NULL);
			if (m != NULL)
				cr_assert_eq(m->port, b);
		}
		cr_assert_eq(receive_one(a, lane), back);
		cr_assert_eq(back->port, a);
		rte_pktmbuf_free(there);
		rte_pktmbuf_free(back);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(fiber, fibers_are_told_apart_by_name)
{
	uint16_t a = running_port("net_cpx0", "carrier=fiber:x", 1);
	uint16_t b = running_port("net_cpx1", "carrier=fiber:y", 1);
	uint16_t c = running_port("net_cpx2", "carrier=fiber:y", 1);

	cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(link_of(b).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(link_of(c).link_status, RTE_ETH_LINK_UP);
}

Test(fiber, a_third_port_is_refused_until_one_leaves)
{
	new_port("net_cpx0", "carrier=fiber:x");
	new_port("net_cpx1", "carrier=fiber:x");
	cr_assert_eq(rte_vdev_init("net_cpx2", "carrier=fiber:x"), -EBUSY);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	new_port("net_cpx2", "carrier=fiber:x");
	cr_assert_eq(rte_vdev_init("net_cpx0", "carrier=fiber:x"), -EBUSY);
}

Test(fiber, lanes_in_common_work)
{
	uint16_t a = running_port("net_cpx0", "lanes=4,carrier=fiber:x", 4);
	uint16_t b = running_port("net_cpx1", "lanes=2,carrier=fiber:x", 2);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(link_of(a).link_speed, 2 * 106250);
	cr_assert_eq(link_of(b).link_speed, 2 * 106250);
	cr_assert_eq(xstat(a, "active_lanes"), 2);
	cr_assert_eq(send_one(a, 2, m), 0, "lane 2 has no other end");
	cr_assert_eq(xstat(a, "lane2_tx_down"), 1);
	cr_assert_eq(send_one(a, 1, m), 1);
	cr_assert_eq(receive_one(b, 1), m);
	rte_pktmbuf_free(m);
}

Test(fiber, fewer_queues_than_lanes)
{
	uint16_t a = running_port("net_cpx0", "lanes=4,carrier=fiber:x", 4);
	uint16_t b = new_port("net_cpx1", "lanes=4,carrier=fiber:x");
	const struct rte_eth_conf conf = { 0 };

	/* one rx queue, four tx: as a program with a tx queue per thread sets up */
	cr_assert_eq(rte_eth_dev_configure(b, 1, 4, &conf), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(b, 0, PORT_RING, SOCKET_ID_ANY, NULL, pool), 0);
	for (uint16_t i = 0; i < 4; i++)
		cr_assert_eq(rte_eth_tx_queue_setup(b, i, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	start(b);
	cr_assert_eq(link_of(a).link_speed, 106250);
	for (uint16_t i = 0; i < 4; i++) {
		struct rte_mbuf *m = frame(60, 0);

		cr_assert_eq(send_one(b, i, m), 1, "tx queue %u reaches the other end", i);
		cr_assert_eq(receive_one(a, i), m);
		cr_assert_eq(send_one(a, i, m), 1);
		cr_assert_eq(receive_one(b, 0), m, "its one queue reads all lanes");
		rte_pktmbuf_free(m);
	}
}

Test(fiber, back_pressure_loses_nothing)
{
	uint16_t a = new_port("net_cpx0", "carrier=fiber:x");
	uint16_t b = new_port("net_cpx1", "carrier=fiber:x");
	struct rte_mbuf *m[PORT_RING + 8];

	set_up(a, 1);
	set_up(b, 1);
	start(a);
	start(b);
	for (unsigned i = 0; i < PORT_RING + 8; i++)
		m[i] = frame(60, 0);
	cr_assert_eq(rte_eth_tx_burst(a, 0, m, PORT_RING + 8), PORT_RING);
	cr_assert_eq(xstat(a, "lane0_tx_full"), 8);
	cr_assert_eq(rte_eth_rx_queue_count(b, 0), PORT_RING);
	cr_assert_eq(rte_eth_rx_burst(b, 0, m, 3), 3);
	rte_pktmbuf_free_bulk(m, 3);
	cr_assert_eq(rte_eth_tx_burst(a, 0, m + PORT_RING, 8), 3);
	rte_pktmbuf_free_bulk(m + PORT_RING + 3, 5);
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(fiber, who_stops_takes_its_frames_out)
{
	uint16_t a = running_port("net_cpx0", "carrier=fiber:x", 1);
	uint16_t b = running_port("net_cpx1", "carrier=fiber:x", 1);
	struct rte_mbuf *m = frame(60, 1);

	cr_assert_eq(send_one(a, 0, m), 1);
	cr_assert_eq(rte_eth_dev_stop(a), 0);
	cr_assert_eq(receive_one(b, 0), m, "what is on the fiber arrives");
	rte_pktmbuf_free(m);
	cr_assert_eq(link_of(b).link_status, RTE_ETH_LINK_DOWN);

	start(a);
	cr_assert_eq(send_one(a, 0, frame(60, 2)), 1);
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES, "the receiver's stop takes it out");
	m = frame(60, 3);
	cr_assert_eq(send_one(a, 0, m), 0, "and nothing more is taken");
	rte_pktmbuf_free(m);

	start(b);
	cr_assert_null(receive_one(b, 0), "nothing old comes after a start");
	m = frame(60, 4);
	cr_assert_eq(send_one(a, 0, m), 1);
	cr_assert_eq(receive_one(b, 0), m);
	rte_pktmbuf_free(m);
}

Test(fiber, an_end_closes_and_another_comes)
{
	uint16_t a = running_port("net_cpx0", "lanes=2,carrier=fiber:x", 2), b;

	for (unsigned i = 0; i < 20; i++) {
		b = running_port("net_cpx1", "lanes=2,carrier=fiber:x", 2);
		cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_UP);
		cr_assert_eq(send_one(a, 1, frame(60, 0)), 1);
		cr_assert_eq(send_one(b, 1, frame(60, 0)), 1);
		rte_pktmbuf_free(receive_one(a, 1));
		cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0);
		cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_DOWN);
		cr_assert_eq(pool_level(), POOL_FRAMES);
	}
}

Test(fiber, ring_size_follows_the_receiver_while_neither_end_runs)
{
	uint16_t a = new_port("net_cpx0", "carrier=fiber:x");
	uint16_t b = running_port("net_cpx1", "carrier=fiber:x", 1);
	const struct rte_eth_conf conf = { 0 };
	struct rte_eth_rxq_info info;

	cr_assert_eq(rte_eth_dev_configure(a, 1, 1, &conf), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(a, 0, 2048, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_rx_queue_info_get(a, 0, &info), 0);
	cr_expect_eq(info.nb_desc, 1024, "the sender runs and holds the ring");
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(a, 0, 2048, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_rx_queue_info_get(a, 0, &info), 0);
	cr_expect_eq(info.nb_desc, 2048);
	cr_expect_eq(info.mp, pool);
	cr_assert_eq(rte_eth_rx_queue_setup(a, 0, 96, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_rx_queue_info_get(a, 0, &info), 0);
	cr_expect_eq(info.nb_desc, 128, "rounded up to a power of two");
}

/* A burst that saw the lane open just before it closed still puts its frame on the ring. */
static void late_frame(uint16_t port)
{
	struct cpx_txq *q = rte_eth_fp_ops[port].txq.data[0];
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(cpx_ring_room(&q->end, 1), 1);
	cpx_ring_fill(&q->end, &m, 1);
	cpx_ring_submit(&q->end, 1);
}

Test(fiber, frames_sent_while_the_other_end_stops)
{
	uint16_t a = running_port("net_cpx0", "carrier=fiber:x", 1);
	uint16_t b = running_port("net_cpx1", "carrier=fiber:x", 1);

	cr_assert_eq(rte_eth_dev_stop(b), 0);
	late_frame(a);
	start(b);
	cr_assert_eq(pool_level(), POOL_FRAMES, "a start takes it out");
	cr_assert_eq(rte_eth_dev_rx_queue_stop(b, 0), 0);
	late_frame(a);
	cr_assert_eq(rte_eth_dev_rx_queue_start(b, 0), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES, "so does a queue's start");
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	late_frame(a);
	cr_assert_eq(rte_eth_dev_stop(a), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES, "and the sender's own stop");
}

/* A sender that never rests while the other end starts and stops. */
static uint16_t busy, idle_port;
static uint32_t enough;

static void *sender(void *arg)
{
	struct rte_mbuf *m[16];

	cr_assert_eq(rte_thread_register(), 0);
	while (!load_acquire(&enough)) {
		unsigned n = 0, sent;

		while (n < 16 && (m[n] = rte_pktmbuf_alloc(pool)) != NULL)
			rte_pktmbuf_append(m[n++], 60);
		sent = rte_eth_tx_burst(busy, 0, m, (uint16_t)n);
		rte_pktmbuf_free_bulk(m + sent, n - sent);
	}
	rte_thread_unregister();
	return NULL;
}

Test(fiber, restarts_under_a_running_sender)
{
	busy = new_port("net_cpx0", "carrier=fiber:x");
	idle_port = new_port("net_cpx1", "carrier=fiber:x");
	set_up(busy, 1);
	set_up(idle_port, 1);
	for (unsigned round = 0; round < 60; round++) {
		pthread_t thread;

		start(busy);
		start(idle_port);
		store_release(&enough, 0);
		cr_assert_eq(pthread_create(&thread, NULL, sender, NULL), 0);
		for (unsigned i = 0; i < 50; i++) {
			struct rte_mbuf *m[32];

			rte_pktmbuf_free_bulk(m, rte_eth_rx_burst(idle_port, 0, m, 32));
			cr_assert_eq(rte_eth_dev_stop(idle_port), 0);
			start(idle_port);
		}
		cr_assert_eq(rte_eth_dev_stop(idle_port), 0);
		store_release(&enough, 1);
		pthread_join(thread, NULL);
		cr_assert_eq(rte_eth_dev_stop(busy), 0);
		cr_assert_eq(pool_level(), POOL_FRAMES, "round %u", round);
	}
}
