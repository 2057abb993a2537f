/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_rxtx.c: what a frame looks like at the other end, and what happens to frames that must
 * not be passed on as they are. Over a loop; each case once alone (one by one path) and once in a
 * burst (whole-burst path).
 */
#include "pmd/cpx_hash.h"
#include "tests/unit/cpx_port.h"

#define BURST 32

static uint16_t port;

static void set_up_loop(void)
{
	start_eal();
	port = running_port("net_cpx0", "carrier=loop", 1);
}

static void nothing_is_lost(void)
{
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

TestSuite(rxtx, .init = set_up_loop, .fini = nothing_is_lost);

/* Sends `odd` between 31 plain frames and frees what comes out, but for what took its place. */
static struct rte_mbuf *in_a_burst(struct rte_mbuf *odd, unsigned expected)
{
	struct rte_mbuf *m[BURST], *at_its_place = NULL;

	for (unsigned i = 0; i < BURST; i++)
		m[i] = i == 13 ? odd : frame(64, (uint8_t)i);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, BURST), BURST);
	cr_assert_eq(rte_eth_rx_burst(port, 0, m, BURST), expected);
	for (unsigned i = 0; i < expected; i++) {
		if (expected == BURST && i == 13) {
			at_its_place = m[i];
			continue;
		}
		cr_assert_eq(*rte_pktmbuf_mtod(m[i], uint8_t *), i < 13 ? i : i + BURST - expected);
		rte_pktmbuf_free(m[i]);
	}
	return at_its_place;
}

static struct rte_mbuf *alone(struct rte_mbuf *odd)
{
	cr_assert_eq(send_one(port, 0, odd), 1);
	return receive_one(port, 0);
}

Test(rxtx, plain_frames_are_the_same_mbufs_in_order)
{
	struct rte_mbuf *in[BURST], *out[BURST];

	for (unsigned n = 1; n <= BURST; n++) {
		for (unsigned i = 0; i < n; i++)
			in[i] = frame((uint16_t)(60 + i), (uint8_t)i);
		cr_assert_eq(rte_eth_tx_burst(port, 0, in, (uint16_t)n), n);
		cr_assert_eq(rte_eth_rx_burst(port, 0, out, BURST), n);
		cr_assert_arr_eq(in, out, n * sizeof(in[0]));
		for (unsigned i = 0; i < n; i++)
			cr_assert_eq(out[i]->port, port);
		rte_pktmbuf_free_bulk(out, n);
	}
}

Test(rxtx, the_senders_wishes_end_with_the_lane)
{
	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *m = frame(64, 1);

		m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IEEE1588_TMST |
			      RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_RSS_HASH;
		m->packet_type = RTE_PTYPE_L2_ETHER_ARP;
		m->port = 77;
		m->hash.rss = 0xabcd;
		m = way == 0 ? alone(m) : in_a_burst(m, BURST);
		cr_assert_eq(m->ol_flags, RTE_MBUF_F_RX_RSS_HASH, "only the hash passes");
		cr_assert_eq(m->hash.rss, 0xabcd);
		cr_assert_eq(m->packet_type, RTE_PTYPE_UNKNOWN);
		cr_assert_eq(m->port, port);
		rte_pktmbuf_free(m);
	}
}

Test(rxtx, a_shared_frame_is_copied)
{
	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *mine = frame(200, 9), *got;

		rte_mbuf_refcnt_update(mine, 1);
		got = way == 0 ? alone(mine) : in_a_burst(mine, BURST);
		cr_assert_neq(got, mine);
		cr_assert_eq(rte_mbuf_refcnt_read(mine), 1, "the lane gave its reference back");
		cr_assert_eq(got->pkt_len, 200);
		cr_assert_arr_eq(rte_pktmbuf_mtod(got, void *), rte_pktmbuf_mtod(mine, void *),
				 200);
		cr_assert_eq(xstat(port, "lane0_tx_copied"), way + 1);
		rte_pktmbuf_free(got);
		rte_pktmbuf_free(mine);
	}
}

Test(rxtx, a_clone_is_copied)
{
	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *original = frame(100, 3);
		struct rte_mbuf *clone = rte_pktmbuf_clone(original, pool), *got;

		rte_pktmbuf_free(original); /* the clone keeps its data alive */
		got = way == 0 ? alone(clone) : in_a_burst(clone, BURST);
		cr_assert(RTE_MBUF_DIRECT(got));
		cr_assert_eq(got->pkt_len, 100);
		cr_assert_eq(*rte_pktmbuf_mtod(got, uint8_t *), 3);
		rte_pktmbuf_free(got);
	}
	cr_assert_eq(xstat(port, "lane0_tx_copied"), 2);
}

static unsigned external_freed;

static void free_external(void *addr, void *arg)
{
	external_freed++;
}

Test(rxtx, external_data_is_copied)
{
	static char data[2048];
	static struct rte_mbuf_ext_shared_info info;

	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *got;

		memset(data, 5, sizeof(data));
		info.free_cb = free_external;
		rte_mbuf_ext_refcnt_set(&info, 1);
		rte_pktmbuf_attach_extbuf(m, data, RTE_BAD_IOVA, sizeof(data), &info);
		rte_pktmbuf_append(m, 300);
		got = way == 0 ? alone(m) : in_a_burst(m, BURST);
		cr_assert(RTE_MBUF_DIRECT(got));
		cr_assert_eq(external_freed, way + 1);
		cr_assert_eq(*rte_pktmbuf_mtod_offset(got, uint8_t *, 299), 5);
		rte_pktmbuf_free(got);
	}
}

Test(rxtx, chains_pass_whole)
{
	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *head = frame(100, 1), *tail = frame(50, 2), *got;

		cr_assert_eq(rte_pktmbuf_chain(head, tail), 0);
		got = way == 0 ? alone(head) : in_a_burst(head, BURST);
		cr_assert_eq(got, head);
		cr_assert_eq(got->nb_segs, 2);
		cr_assert_eq(got->pkt_len, 150);
		rte_pktmbuf_free(got);
	}
	cr_assert_eq(xstat(port, "lane0_tx_copied"), 0);
}

Test(rxtx, a_chain_with_one_shared_segment_is_copied)
{
	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *head = frame(100, 1), *tail = frame(50, 2), *got;

		cr_assert_eq(rte_pktmbuf_chain(head, tail), 0);
		rte_mbuf_refcnt_update(tail, 1);
		got = way == 0 ? alone(head) : in_a_burst(head, BURST);
		cr_assert_neq(got, head);
		cr_assert_eq(got->pkt_len, 150);
		rte_pktmbuf_free(got);
		rte_pktmbuf_free(tail);
	}
}

Test(rxtx, no_buffer_for_a_copy)
{
	struct rte_mbuf *all[POOL_FRAMES], *mine = frame(60, 1);
	struct rte_eth_stats stats;

	rte_mbuf_refcnt_update(mine, 1);
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, all, POOL_FRAMES - 1), 0);
	cr_assert_null(alone(mine));
	cr_assert_eq(xstat(port, "lane0_tx_nombuf"), 1);
	rte_eth_stats_get(port, &stats);
	cr_assert_eq(stats.oerrors, 1);
	cr_assert_eq(stats.opackets, 0);
	rte_pktmbuf_free_bulk(all, POOL_FRAMES - 1);
	rte_pktmbuf_free(mine);
}

Test(rxtx, too_long_is_dropped_and_counted)
{
	/* MTU 1500: 14 bytes of Ethernet and two tags more fit, one byte more does not */
	for (unsigned way = 0; way < 2; way++) {
		struct rte_mbuf *m = frame(1522, 1);

		m = way == 0 ? alone(m) : in_a_burst(m, BURST);
		cr_assert_not_null(m);
		rte_pktmbuf_free(m);
		m = frame(1523, 1);
		cr_assert_null(way == 0 ? alone(m) : in_a_burst(m, BURST - 1));
		cr_assert_eq(xstat(port, "lane0_tx_oversize"), way + 1);
	}
}

Test(rxtx, empty_and_longest_bursts)
{
	struct rte_mbuf *m[2 * PORT_RING];

	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 0), 0);
	cr_assert_eq(rte_eth_rx_burst(port, 0, m, 0), 0);
	for (unsigned i = 0; i < 2 * PORT_RING; i++)
		m[i] = frame(60, 0);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, 2 * PORT_RING), PORT_RING, "the ring is full");
	cr_assert_eq(rte_eth_tx_burst(port, 0, m + PORT_RING, 5), 0);
	cr_assert_eq(xstat(port, "lane0_tx_full"), PORT_RING + 5);
	cr_assert_eq(rte_eth_rx_queue_count(port, 0), PORT_RING);
	rte_pktmbuf_free_bulk(m + PORT_RING, PORT_RING);
}

/* UDP from source port `source`. */
static struct rte_mbuf *udp(uint8_t source)
{
	static const uint8_t bytes[] = { 2,  0, 0,  0,  0, 1, 2, 0, 0,  0,  0, 2,  8,  0,
					 69, 0, 0,  46, 0, 0, 0, 0, 64, 17, 0, 0,  10, 0,
					 0,  1, 10, 0,  0, 2, 0, 0, 0,  9,  0, 26, 0,  0 };
	struct rte_mbuf *m = frame(60, 0);

	memcpy(rte_pktmbuf_mtod(m, void *), bytes, sizeof(bytes));
	rte_pktmbuf_mtod(m, uint8_t *)[35] = source;
	return m;
}

Test(rxtx, hash_where_it_is_asked_for)
{
	struct rte_eth_conf conf = {
		.rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS, .offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH },
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP,
	};
	struct rte_eth_rss_conf update = { .rss_hf = RTE_ETH_RSS_IPV6 };
	struct rte_mbuf *m;
	uint32_t expected;

	m = alone(udp(1));
	cr_assert_eq(m->ol_flags, 0, "not asked for");
	rte_pktmbuf_free(m);

	cr_assert_eq(rte_eth_dev_stop(port), 0);
	set_up_with(port, 1, &conf);
	start(port);
	for (uint8_t source = 1; source < 3; source++) {
		m = alone(udp(source));
		cr_assert(cpx_flow_hash(rte_pktmbuf_mtod(m, void *), m->data_len, CPX_HASH_ALL,
					&expected));
		cr_assert_eq(m->ol_flags, RTE_MBUF_F_RX_RSS_HASH);
		cr_assert_eq(m->hash.rss, expected);
		rte_pktmbuf_free(m);
	}
	m = udp(1);
	m->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
	m->hash.rss = 1234;
	m = alone(m);
	cr_assert_eq(m->hash.rss, 1234, "a hash that is there stays");
	rte_pktmbuf_free(m);
	m = alone(frame(60, 0));
	cr_assert_eq(m->ol_flags, 0, "nothing to hash");
	rte_pktmbuf_free(m);

	cr_assert_eq(rte_eth_dev_rss_hash_update(port, &update), 0);
	m = alone(udp(1));
	cr_assert_eq(m->ol_flags, 0, "IPv4 is not asked for any more");
	rte_pktmbuf_free(m);
}
