/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_queue.c and cpx_loop.c: queues are lanes; stopping one turns its lane off. */
#include <errno.h>

#include "tests/unit/cpx_port.h"

TestSuite(queue, .init = start_eal);

Test(queue, loop_gives_each_lane_its_own)
{
	uint16_t port = running_port("net_cpx0", "lanes=8", 8);

	for (uint16_t lane = 0; lane < 8; lane++) {
		struct rte_mbuf *m = frame(60, 0);

		cr_assert_eq(send_one(port, lane, m), 1);
		for (uint16_t other = 0; other < 8; other++)
			cr_assert_eq(receive_one(port, other), other == lane ? m : NULL);
		rte_pktmbuf_free(m);
	}
}

Test(queue, receive_queue_stop_moves_what_comes_to_another_lane)
{
	uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	struct rte_mbuf *before = frame(60, 0), *after = frame(60, 0);

	cr_assert_eq(send_one(port, 1, before), 1);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	cr_assert_eq(link_of(port).link_speed, 106250);
	cr_assert_eq(send_one(port, 1, after), 1, "the sender does not notice");
	cr_assert_eq(receive_one(port, 0), before, "nothing is lost, and in order");
	cr_assert_eq(receive_one(port, 0), after);

	cr_assert_eq(send_one(port, 1, before), 1);
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	cr_assert_eq(link_of(port).link_speed, 2 * 106250);
	cr_assert_null(receive_one(port, 1), "queue 0 has not handed it back yet");
	cr_assert_null(receive_one(port, 0), "now it has");
	cr_assert_eq(receive_one(port, 1), before);
	rte_pktmbuf_free(before);
	rte_pktmbuf_free(after);
}

Test(queue, the_last_receive_queue_takes_the_port_down)
{
	uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(send_one(port, 1, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 0), 0);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES - 1, "what waited there is freed");
	cr_assert_eq(xstat(port, "lane1_rx_flushed"), 1);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(send_one(port, 1, m), 0);
	cr_assert_eq(xstat(port, "lane1_tx_down"), 1);
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(receive_one(port, 1), m, "one lane serves both");
	rte_pktmbuf_free(m);
}

Test(queue, dark_lanes_carry_nothing)
{
	uint16_t a = running_port("net_cpx0", "lanes=4,carrier=fiber:x,dark=1-2", 4);
	uint16_t b = running_port("net_cpx1", "lanes=4,carrier=fiber:x", 4);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(link_of(a).link_speed, 2 * 106250);
	cr_assert_eq(link_of(b).link_speed, 2 * 106250);
	for (uint16_t lane = 0; lane < 4; lane++) {
		const uint16_t way = lane == 1 ? 0 : lane == 2 ? 3 : lane;

		cr_assert_eq(send_one(a, lane, m), 1);
		for (uint16_t other = 0; other < 4; other++)
			if (other != way)
				cr_assert_null(receive_one(b, other));
		cr_assert_eq(receive_one(b, way), m);
	}
	rte_pktmbuf_free(m);
}

Test(queue, more_transmit_queues_than_lanes_take_turns)
{
	uint16_t port = new_port("net_cpx0", "lanes=2");
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(rte_eth_dev_configure(port, 2, 64, &(struct rte_eth_conf){ 0 }), 0);
	for (uint16_t i = 0; i < 2; i++)
		cr_assert_eq(rte_eth_rx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL, pool), 0);
	for (uint16_t i = 0; i < 64; i++)
		cr_assert_eq(rte_eth_tx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL), 0);
	start(port);
	for (uint16_t i = 0; i < 64; i++) {
		cr_assert_eq(send_one(port, i, m), 1);
		cr_assert_eq(receive_one(port, i % 2), m);
	}
	cr_assert_eq(xstat(port, "lane0_tx_packets"), 32);
	cr_assert_eq(rte_eth_dev_tx_queue_stop(port, 40), 0);
	cr_assert_eq(send_one(port, 40, m), 0);
	cr_assert_eq(xstat(port, "lane0_tx_down"), 1);
	rte_pktmbuf_free(m);
}

Test(queue, spread_hash_keeps_a_flow_on_its_lane)
{
	uint16_t port = running_port("net_cpx0", "lanes=4,spread=hash", 4);
	struct rte_mbuf *m[32], *got[32];
	unsigned lanes_used = 0, all = 0;

	for (unsigned i = 0; i < 32; i++) {
		m[i] = frame(64, 0);
		m[i]->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
		m[i]->hash.rss = i % 8; /* eight flows */
		*rte_pktmbuf_mtod(m[i], uint8_t *) = (uint8_t)i;
	}
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 32), 32);
	for (uint16_t lane = 0; lane < 4; lane++) {
		const uint16_t n = rte_eth_rx_burst(port, lane, got, 32);
		int last[8] = { -1, -1, -1, -1, -1, -1, -1, -1 };

		lanes_used += n != 0;
		all += n;
		for (uint16_t i = 0; i < n; i++) {
			const int at = *rte_pktmbuf_mtod(got[i], uint8_t *);

			cr_assert_eq(at % 4, lane, "flow f is on lane f mod 4");
			cr_assert_gt(at, last[at % 8], "in order");
			last[at % 8] = at;
			rte_pktmbuf_free(got[i]);
		}
	}
	cr_assert_eq(all, 32);
	cr_assert_eq(lanes_used, 4);
}

Test(queue, transmit_queue_stop_turns_the_lane_off_at_both_ends)
{
	uint16_t a = running_port("net_cpx0", "lanes=2,carrier=fiber:x", 2);
	uint16_t b = running_port("net_cpx1", "lanes=2,carrier=fiber:x", 2);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(rte_eth_dev_tx_queue_stop(a, 0), 0);
	cr_assert_eq(link_of(a).link_speed, 106250);
	cr_assert_eq(link_of(b).link_speed, 106250);
	cr_assert_eq(send_one(a, 0, m), 0);
	cr_assert_eq(send_one(b, 0, m), 1, "a lane carries both ways or not");
	cr_assert_null(receive_one(a, 0));
	cr_assert_eq(receive_one(a, 1), m, "so its flow comes on another");
	cr_assert_eq(rte_eth_dev_tx_queue_start(a, 0), 0);
	cr_assert_eq(link_of(b).link_speed, 2 * 106250);
	cr_assert_eq(send_one(a, 0, m), 1);
	cr_assert_eq(receive_one(b, 0), m);
	rte_pktmbuf_free(m);
}

Test(queue, deferred_start)
{
	const struct rte_eth_rxconf later = { .rx_deferred_start = 1 };
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = new_port("net_cpx0", "lanes=2");
	struct rte_eth_rxq_info info;

	cr_assert_eq(rte_eth_dev_configure(port, 2, 2, &conf), 0);
	for (uint16_t i = 0; i < 2; i++) {
		cr_assert_eq(rte_eth_rx_queue_setup(port, i, 64, SOCKET_ID_ANY,
						    i == 1 ? &later : NULL, pool),
			     0);
		cr_assert_eq(rte_eth_tx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL), 0);
	}
	start(port);
	cr_assert_eq(link_of(port).link_speed, 106250);
	rte_eth_rx_queue_info_get(port, 1, &info);
	cr_assert_eq(info.conf.rx_deferred_start, 1);
	cr_assert_eq(info.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	cr_assert_eq(link_of(port).link_speed, 2 * 106250);
	/* a port stop and start is a fresh start */
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	start(port);
	cr_assert_eq(link_of(port).link_speed, 106250);
}

Test(queue, descriptor_limits)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = new_port("net_cpx0", "");
	struct rte_eth_txq_info tx;
	struct rte_eth_rxq_info rx;

	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	cr_expect_eq(rte_eth_rx_queue_setup(port, 0, 4096 + 32, SOCKET_ID_ANY, NULL, pool),
		     -EINVAL);
	cr_expect_eq(rte_eth_rx_queue_setup(port, 0, 16, SOCKET_ID_ANY, NULL, pool), -EINVAL);
	cr_expect_eq(rte_eth_rx_queue_setup(port, 0, 4096, SOCKET_ID_ANY, NULL, pool), 0);
	cr_expect_eq(rte_eth_rx_queue_setup(port, 0, 0, SOCKET_ID_ANY, NULL, pool), 0);
	cr_expect_eq(rte_eth_tx_queue_setup(port, 0, 0, SOCKET_ID_ANY, NULL), 0);
	rte_eth_rx_queue_info_get(port, 0, &rx);
	rte_eth_tx_queue_info_get(port, 0, &tx);
	cr_expect_eq(rx.nb_desc, 1024);
	cr_expect_eq(tx.nb_desc, 1024);
}

Test(queue, descriptor_status)
{
	struct rte_mbuf *m[3] = { frame(60, 0), frame(60, 0), frame(60, 0) };
	uint16_t port = running_port("net_cpx0", "", 1);

	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 3), 3);
	cr_expect_eq(rte_eth_rx_queue_count(port, 0), 3);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 2), RTE_ETH_RX_DESC_DONE);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 3), RTE_ETH_RX_DESC_AVAIL);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, PORT_RING), -EINVAL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING - 4), RTE_ETH_TX_DESC_DONE);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING - 3), RTE_ETH_TX_DESC_FULL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING), -EINVAL);
	cr_expect_eq(rte_eth_tx_done_cleanup(port, 0, 0), 0, "frames in a ring are the receiver's");
	cr_expect_eq(pool_level(), POOL_FRAMES - 3);
}

Test(queue, descriptor_status_over_a_carrier)
{
	uint16_t far, port;

	new_port("net_cpx0", "carrier=fiber:x");
	far = running_port("net_cpx1", "carrier=fiber:x", 1);
	port = running_port("net_cpx2", "carrier=dev:net_cpx0", 1);
	cr_assert_eq(send_one(far, 0, frame(60, 0)), 1);
	cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 0), RTE_ETH_RX_DESC_DONE);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 1), RTE_ETH_RX_DESC_AVAIL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING - 1), RTE_ETH_TX_DESC_FULL);
	cr_expect_eq(rte_eth_tx_done_cleanup(port, 0, 0), 0);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 0), 0);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 0), RTE_ETH_RX_DESC_UNAVAIL);
}

Test(queue, set_up_anew_while_the_port_runs)
{
	uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	struct rte_mempool *other =
		rte_pktmbuf_pool_create("others", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	struct rte_mbuf *m = frame(60, 0), *got;
	struct rte_eth_rxq_info info;

	cr_assert_neq(rte_eth_rx_queue_setup(port, 1, 64, SOCKET_ID_ANY, NULL, other), 0,
		      "it is not stopped");
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 1, 64, SOCKET_ID_ANY, NULL, other), 0);
	cr_assert_eq(rte_eth_rx_queue_info_get(port, 1, &info), 0);
	cr_assert_eq(info.mp, other);
	cr_assert_eq(info.nb_desc, PORT_RING, "senders may be using the ring");
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	cr_assert_null(receive_one(port, 0));

	rte_mbuf_refcnt_update(m, 1); /* cannot be passed on: it is copied */
	cr_assert_eq(send_one(port, 1, m), 1);
	got = receive_one(port, 1);
	cr_assert_eq(got->pool, other);
	rte_pktmbuf_free(got);
	rte_pktmbuf_free(m);

	cr_assert_eq(rte_eth_dev_tx_queue_stop(port, 0), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, 64, SOCKET_ID_ANY, NULL), 0);
	cr_assert_eq(rte_eth_dev_tx_queue_start(port, 0), 0);
	m = frame(60, 0);
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(receive_one(port, 0), m);
	rte_pktmbuf_free(m);
}

Test(queue, pinned_external_buffers_are_refused)
{
	static uint8_t memory[64 * 2048] __rte_cache_aligned;
	const struct rte_pktmbuf_extmem area = {
		.buf_ptr = memory,
		.buf_iova = RTE_BAD_IOVA,
		.buf_len = sizeof(memory),
		.elt_size = 2048,
	};
	uint16_t port = new_port("net_cpx0", "");
	struct rte_mempool *pinned = rte_pktmbuf_pool_create_extbuf(
		"pinned", 63, 0, 0, RTE_MBUF_DEFAULT_DATAROOM, SOCKET_ID_ANY, &area, 1);

	cr_assert_not_null(pinned);
	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &(struct rte_eth_conf){ 0 }), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL, pinned),
		     -ENOTSUP);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL, pool), 0);
}
