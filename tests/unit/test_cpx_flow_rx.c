/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow_rx.c: what rules do to frames, one by one and in a burst, over a loop of four lanes:
 * drop, mark, count, queue, rss, passthru, isolation; nothing is lost and everything is counted.
 */
#include "pmd/cpx_toeplitz.h"
#include "tests/unit/flow_port.h"

#define QUEUES 4

static uint16_t port;

static void set_up_loop(void)
{
	start_eal();
	port = running_port("net_cpx0", "carrier=loop,lanes=4", QUEUES);
}

static void nothing_is_lost(void)
{
	cr_assert_eq(rte_flow_flush(port, NULL), 0);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

TestSuite(flow_rx, .init = set_up_loop, .fini = nothing_is_lost);

static uint64_t lane_stat(unsigned lane, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "lane%u_rx_%s", lane, what);
	return xstat(port, name);
}

static struct rte_mbuf *through(struct rte_mbuf *m)
{
	cr_assert_eq(send_one(port, 0, m), 1);
	return receive_one(port, 0);
}

Test(flow_rx, drop)
{
	struct rte_mbuf *burst[32], *m;
	unsigned n = 0;

	must_rule(port, 0, 53, ACTIONS(ACTION(DROP)));
	cr_expect_null(through(udp_mbuf(1, 1, 53)));
	m = through(udp_mbuf(1, 1, 54));
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	cr_expect_eq(lane_stat(0, "flow_dropped"), 1);
	for (uint16_t i = 0; i < 32; i++)
		burst[i] = udp_mbuf(1, i, i % 3 ? 53 : 54);
	cr_assert_eq(rte_eth_tx_burst(port, 0, burst, 32), 32);
	n = rte_eth_rx_burst(port, 0, burst, 32);
	cr_expect_eq(n, 11);
	for (unsigned i = 0; i < n; i++) { /* in their order */
		cr_expect_eq(*rte_pktmbuf_mtod_offset(burst[i], uint8_t *, 35), 3 * i);
		cr_expect_eq(burst[i]->port, port);
	}
	rte_pktmbuf_free_bulk(burst, n);
	cr_expect_eq(lane_stat(0, "flow_dropped"), 22);
	cr_expect_eq(lane_stat(0, "packets"), 12);
}

Test(flow_rx, more_dropped_than_are_freed_at_once)
{
	struct rte_mbuf *burst[200];

	must_rule(port, 0, 0, ACTIONS(ACTION(DROP)));
	for (uint16_t i = 0; i < 200; i++)
		burst[i] = udp_mbuf(1, i, 1);
	cr_assert_eq(rte_eth_tx_burst(port, 0, burst, 200), 200);
	cr_expect_eq(rte_eth_rx_burst(port, 0, burst, 200), 0);
	cr_expect_eq(lane_stat(0, "flow_dropped"), 200);
	cr_expect_eq(lane_stat(0, "bursts"), 1);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(flow_rx, mark_and_count)
{
	struct rte_flow *flow =
		must_rule(port, 0, 7, ACTIONS(MARK(0xfeedbeef), ACTION(COUNT), QUEUE(0)));
	struct rte_flow_query_count count;
	struct rte_mbuf *m;
	uint32_t bytes = 0;

	for (unsigned i = 0; i < 3; i++) {
		m = udp_mbuf(1, 1, 7);
		m->hash.rss = 0x1234;
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		bytes += m->pkt_len;
		m = through(m);
		cr_assert_not_null(m);
		cr_expect_eq(m->ol_flags & (RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID),
			     RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID);
		cr_expect_eq(m->hash.fdir.hi, 0xfeedbeef);
		cr_expect_eq(m->hash.rss, 0x1234, "the hash stays beside the mark");
		rte_pktmbuf_free(m);
	}
	m = through(udp_mbuf(1, 1, 8));
	cr_assert_not_null(m);
	cr_expect_eq(m->ol_flags & RTE_MBUF_F_RX_FDIR, 0);
	rte_pktmbuf_free(m);
	count = count_of(port, flow, true);
	cr_expect_eq(count.hits, 3);
	cr_expect_eq(count.bytes, bytes);
	count = count_of(port, flow, false);
	cr_expect_eq(count.hits, 0, "reset");
	rte_pktmbuf_free(through(udp_mbuf(1, 1, 7)));
	cr_expect_eq(count_of(port, flow, false).hits, 1);
}

Test(flow_rx, counted_on_every_queue)
{
	struct rte_flow *flow = must_rule(port, 0, 0, ACTIONS(ACTION(COUNT), ACTION(DROP)));

	for (uint16_t q = 0; q < QUEUES; q++) {
		for (unsigned i = 0; i <= q; i++)
			cr_assert_eq(send_one(port, q, udp_mbuf(1, 1, 1)), 1);
		cr_expect_eq(drain(port, q), 0);
	}
	cr_expect_eq(count_of(port, flow, true).hits, 1 + 2 + 3 + 4);
	cr_expect_eq(count_of(port, flow, false).hits, 0);
}

Test(flow_rx, queue)
{
	must_rule(port, 0, 100, ACTIONS(QUEUE(2)));
	must_rule(port, 0, 101, ACTIONS(QUEUE(0)));
	for (uint16_t from = 0; from < QUEUES; from++) {
		cr_assert_eq(send_one(port, from, udp_mbuf(1, 1, 100)), 1);
		cr_assert_eq(send_one(port, from, udp_mbuf(1, 1, 101)), 1);
		cr_assert_eq(send_one(port, from, udp_mbuf(1, 1, 102)), 1);
	}
	for (uint16_t q = 0; q < 2 * QUEUES; q++) /* the last ones still hand some to the first */
		drain(port, q % QUEUES);
	cr_expect_eq(lane_stat(0, "packets"), 4 + 1);
	cr_expect_eq(lane_stat(1, "packets"), 1);
	cr_expect_eq(lane_stat(2, "packets"), 4 + 1);
	cr_expect_eq(lane_stat(3, "packets"), 1);
	cr_expect_eq(lane_stat(0, "steer_full"), 0);
}

Test(flow_rx, marks_travel_with_the_frame)
{
	struct rte_mbuf *m;

	must_rule(port, 0, 9, ACTIONS(QUEUE(3), MARK(5)));
	cr_assert_null(through(udp_mbuf(1, 1, 9)));
	m = receive_one(port, 3);
	if (m == NULL)
		m = receive_one(port, 3);
	cr_assert_not_null(m);
	cr_expect_eq(m->hash.fdir.hi, 5);
	cr_expect(m->ol_flags & RTE_MBUF_F_RX_FDIR_ID);
	cr_expect_eq(m->port, port);
	rte_pktmbuf_free(m);
}

/* The rule of Microsoft's verification suite: 66.9.149.187:2794 to 161.142.100.80:1766. */
Test(flow_rx, rss_with_a_key)
{
	static const uint8_t key[40] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
		0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
		0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	const uint16_t queues[] = { 0, 3, 1 };
	const uint32_t want = 0x323e8fc2; /* of the addresses alone */
	struct rte_flow_action_rss rss = { .types = RTE_ETH_RSS_IPV4,
					   .queue = queues,
					   .queue_num = 3,
					   .key = key,
					   .key_len = 40 };
	const struct rte_eth_conf keyed = { .rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
					    .rx_adv_conf.rss_conf = {
						    .rss_key = (uint8_t *)(uintptr_t)key,
						    .rss_key_len = 40,
						    .rss_hf = RTE_ETH_RSS_IPV4,
					    } };
	struct rte_mbuf *m;

	for (unsigned way = 0; way < 4; way++) {
		struct rte_flow *flow;

		if (way == 1) { /* asks for Toeplitz, brings no key: the standard one */
			rss.func = RTE_ETH_HASH_FUNCTION_TOEPLITZ;
			rss.key = NULL;
			rss.key_len = 0;
		}
		if (way == 2) { /* the port's way, that is CRC-32C */
			rss.func = RTE_ETH_HASH_FUNCTION_DEFAULT;
			rss.key = NULL;
			rss.key_len = 0;
		}
		if (way == 3) { /* the port's way once more, now that it has a key */
			cr_assert_eq(rte_eth_dev_stop(port), 0);
			set_up_with(port, QUEUES, &keyed);
			start(port);
		}
		flow = must_rule(port, 0, 0, ACTIONS(ACTION(RSS, .conf = &rss)));
		m = udp_mbuf(1, 1, 1);
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, 26),
		       (uint8_t[8]){ 66, 9, 149, 187, 161, 142, 100, 80 }, 8);
		m = through(m);
		for (uint16_t q = 0; q < QUEUES && m == NULL; q++)
			if ((m = receive_one(port, q)) != NULL ||
			    (m = receive_one(port, q)) != NULL)
				cr_expect_eq(q, queues[m->hash.rss % 128 % 3]);
		cr_assert_not_null(m);
		cr_expect(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH);
		if (way != 2)
			cr_expect_eq(m->hash.rss, want, "%#x", m->hash.rss);
		else
			cr_expect_neq(m->hash.rss, want);
		rte_pktmbuf_free(m);
		cr_assert_eq(rte_flow_destroy(port, flow, &flow_error), 0);
	}
}

Test(flow_rx, rss_spreads_flows_and_keeps_each_in_order)
{
	const uint16_t queues[] = { 0, 1, 2, 3 };
	const struct rte_flow_action_rss rss = { .types = RTE_ETH_RSS_NONFRAG_IPV4_UDP,
						 .queue = queues,
						 .queue_num = 4 };
	unsigned got[QUEUES] = { 0 }, total = 0;
	uint8_t next[64] = { 0 }, home[64];

	memset(home, 0xff, sizeof(home));
	must_rule(port, 0, 0, ACTIONS(ACTION(RSS, .conf = &rss)));
	for (unsigned round = 0; round < 20; round++) {
		for (uint16_t flow = 0; flow < 64; flow++) {
			struct rte_mbuf *m = udp_mbuf(1, flow, 1);

			*rte_pktmbuf_mtod_offset(m, uint8_t *, 42) = (uint8_t)round;
			cr_assert_eq(send_one(port, flow % QUEUES, m), 1);
		}
		for (uint16_t q = 0; q < 2 * QUEUES; q++) {
			struct rte_mbuf *m[64];
			uint16_t n = rte_eth_rx_burst(port, q % QUEUES, m, 64);

			for (uint16_t i = 0; i < n; i++) {
				const uint8_t *p = rte_pktmbuf_mtod(m[i], uint8_t *);

				if (home[p[35]] == 0xff)
					home[p[35]] = (uint8_t)(q % QUEUES);
				cr_expect_eq(home[p[35]], q % QUEUES, "a flow stays");
				cr_expect_eq(p[42], next[p[35]]++, "and in order");
			}
			rte_pktmbuf_free_bulk(m, n);
			got[q % QUEUES] += n;
			total += n;
		}
	}
	cr_expect_eq(total, 20 * 64);
	for (unsigned q = 0; q < QUEUES; q++)
		cr_expect_gt(got[q], 100, "queue %u got %u", q, got[q]);
}

Test(flow_rx, a_frame_of_no_flow_goes_to_the_first_queue)
{
	const uint16_t queues[] = { 2, 1 };
	const struct rte_flow_action_rss rss = { .types = RTE_ETH_RSS_NONFRAG_IPV6_UDP,
						 .queue = queues,
						 .queue_num = 2 };
	struct rte_mbuf *m;

	must_rule(port, 0, 0, ACTIONS(ACTION(RSS, .conf = &rss)));
	cr_assert_null(through(udp_mbuf(1, 1, 1)));
	m = receive_one(port, 2);
	if (m == NULL)
		m = receive_one(port, 2);
	cr_assert_not_null(m);
	cr_expect_eq(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH, 0);
	rte_pktmbuf_free(m);
}

Test(flow_rx, lower_priority_value_wins)
{
	struct rte_flow *first, *second;

	must_rule(port, 5, 7, ACTIONS(ACTION(DROP)));
	first = must_rule(port, 1, 0, ACTIONS(QUEUE(0), MARK(1)));
	second = must_rule(port, 1, 7, ACTIONS(ACTION(DROP)));
	rte_pktmbuf_free(through(udp_mbuf(1, 1, 7)));
	cr_expect_eq(lane_stat(0, "flow_dropped"), 0, "of equals the first made");
	cr_assert_eq(rte_flow_destroy(port, first, &flow_error), 0);
	cr_expect_null(through(udp_mbuf(1, 1, 7)));
	cr_assert_eq(rte_flow_destroy(port, second, &flow_error), 0);
	cr_expect_null(through(udp_mbuf(1, 1, 7)));
	cr_expect_eq(lane_stat(0, "flow_dropped"), 2);
}

Test(flow_rx, passthru_goes_on)
{
	struct rte_flow *marks =
		must_rule(port, 0, 0, ACTIONS(MARK(1), ACTION(COUNT), ACTION(PASSTHRU)));
	struct rte_flow *counts = must_rule(port, 1, 7, ACTIONS(ACTION(COUNT), ACTION(PASSTHRU)));
	struct rte_flow *drops = must_rule(port, 2, 7, ACTIONS(ACTION(COUNT), ACTION(DROP)));
	struct rte_mbuf *m;

	must_rule(port, 3, 7, ACTIONS(MARK(2), QUEUE(0)));
	cr_expect_null(through(udp_mbuf(1, 1, 7)));
	m = through(udp_mbuf(1, 1, 8));
	cr_assert_not_null(m);
	cr_expect_eq(m->hash.fdir.hi, 1, "the mark stays, and the frame where it came");
	rte_pktmbuf_free(m);
	cr_expect_eq(count_of(port, marks, false).hits, 2);
	cr_expect_eq(count_of(port, counts, false).hits, 1);
	cr_expect_eq(count_of(port, drops, false).hits, 1);
}

Test(flow_rx, isolation)
{
	struct rte_mbuf *m = through(udp_mbuf(1, 1, 8));

	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_flow_isolate(port, 1, &flow_error), 0);
	cr_assert_eq(rte_flow_isolate(port, 1, &flow_error), 0);
	cr_expect_null(through(udp_mbuf(1, 1, 8)));
	cr_expect_eq(lane_stat(0, "flow_dropped"), 1);
	must_rule(port, 0, 8, ACTIONS(QUEUE(0)));
	must_rule(port, 0, 9, ACTIONS(MARK(3), ACTION(PASSTHRU)));
	m = through(udp_mbuf(1, 1, 8));
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
	cr_expect_null(through(udp_mbuf(1, 1, 9)), "passthru takes no frame for itself");
	cr_assert_eq(rte_flow_flush(port, &flow_error), 0);
	cr_expect_null(through(udp_mbuf(1, 1, 8)), "still isolated");
	cr_assert_eq(rte_flow_isolate(port, 0, &flow_error), 0);
	m = through(udp_mbuf(1, 1, 8));
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
}

/* Only the first segment is looked at, and a frame shorter than Ethernet meets no header. */
Test(flow_rx, chains_and_short_frames)
{
	struct rte_flow *flow = must_rule(port, 0, 0, ACTIONS(ACTION(COUNT), ACTION(DROP)));
	struct rte_mbuf *m = udp_mbuf(1, 1, 1), *tail = frame(40, 0);
	const uint32_t bytes = m->pkt_len + 40;

	cr_assert_eq(rte_pktmbuf_chain(m, tail), 0);
	cr_expect_null(through(m), "the headers are in the first segment");
	cr_expect_eq(count_of(port, flow, false).bytes, bytes);
	m = udp_mbuf(1, 1, 1);
	tail = frame(40, 0);
	cr_assert_eq(rte_pktmbuf_trim(m, (uint16_t)(m->data_len - 40)), 0);
	cr_assert_eq(rte_pktmbuf_chain(m, tail), 0);
	m = through(m);
	cr_assert_not_null(m, "the segments cut UDP's header");
	rte_pktmbuf_free(m);
	m = through(frame(13, 0xff));
	cr_assert_not_null(m);
	rte_pktmbuf_free(m);
}
