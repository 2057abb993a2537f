/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_stats.c: what a peer breaks is counted under its name, and for as long as the port
 * lives. */
#include "tests/unit/cpx_peer_port.h"

TestSuite(peer_stats, .init = start_peer, .fini = remove_folder);

/* Descriptors straight into the shared memory, as only a broken or hostile peer writes them. */
static void far_writes(uint32_t lane, const struct fiber_desc *d, uint32_t n)
{
	struct fiber_tx *t = fiber_tx_queue(far, lane);

	for (uint32_t i = 0; i < n; i++)
		t->ring->desc[(t->own + i) & t->mask] = d[i];
	t->own += n;
	store_release(&t->ring->prod, t->own);
}

/* One broken frame; a whole one after it, that comes. */
static void far_breaks(uint16_t port, uint32_t lane, const struct fiber_desc *d, uint32_t n)
{
	struct fiber_desc all[32];
	struct rte_mbuf *m;

	memcpy(all, d, n * sizeof(*d));
	all[n] = (struct fiber_desc){ .len = 60 };
	far_writes(lane, all, n + 1);
	m = receive_one(port, (uint16_t)lane);
	if (m == NULL) /* the burst of one was spent on the broken one */
		m = receive_one(port, (uint16_t)lane);
	cr_assert_not_null(m);
	cr_assert_eq(m->pkt_len, 60);
	rte_pktmbuf_free(m);
}

static const char *const bad[] = { "runt", "oversize", "empty", "long", "cut" };

static uint64_t bad_count(uint16_t port, unsigned lane, unsigned which)
{
	char name[64];

	snprintf(name, sizeof(name), "lane%u_rx_bad_%s", lane, bad[which]);
	return xstat(port, name);
}

static void expect_bad(uint16_t port, unsigned lane, const uint64_t want[5])
{
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(bad_count(port, lane, i), want[i], "lane %u bad_%s: %lu", lane, bad[i],
			     bad_count(port, lane, i));
}

Test(peer_stats, every_broken_rule_has_its_counter)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);
	const uint16_t more = FIBER_DESC_MORE;
	struct fiber_desc chain[9] = { 0 };
	struct rte_eth_stats s;

	far_of(port, (struct fiber_config){ .lanes = 2 });
	expect_bad(port, 1, (uint64_t[5]){ 0 });
	far_breaks(port, 1, &(struct fiber_desc){ .len = 13 }, 1);
	expect_bad(port, 1, (uint64_t[5]){ 1, 0, 0, 0, 0 });
	far_breaks(port, 1, &(struct fiber_desc){ .len = 2049 }, 1);
	far_breaks(port, 1, &(struct fiber_desc){ .len = UINT16_MAX, .flags = UINT16_MAX & ~more },
		   1);
	expect_bad(port, 1, (uint64_t[5]){ 1, 2, 0, 0, 0 });
	chain[0] = (struct fiber_desc){ .len = 60, .flags = more };
	far_breaks(port, 1, chain, 2);
	expect_bad(port, 1, (uint64_t[5]){ 1, 2, 1, 0, 0 });
	for (unsigned i = 0; i < 9; i++)
		chain[i] = (struct fiber_desc){ .len = 60, .flags = i < 8 ? more : 0 };
	far_breaks(port, 1, chain, 9);
	expect_bad(port, 1, (uint64_t[5]){ 1, 2, 1, 1, 0 });
	far_writes(1, &(struct fiber_desc){ .len = 60, .flags = more }, 1);
	cr_assert_null(receive_one(port, 1));
	expect_bad(port, 1, (uint64_t[5]){ 1, 2, 1, 1, 1 });
	expect_bad(port, 0, (uint64_t[5]){ 0 });
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ierrors, 6);
	cr_expect_eq(s.ipackets, 5);
	cr_expect_eq(xstat(port, "lane1_rx_protocol_errors"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_stats, lent_frames_that_can_not_be)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server,lent=1", 1);
	const struct fiber_desc d = { .len = 60, .flags = FIBER_DESC_LENT, .stamp_low = 1u << 20 };
	struct rte_eth_stats s;

	far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_LENT });
	far_breaks(port, 0, &d, 1);
	cr_expect_eq(xstat(port, "lane0_rx_bad_frame"), 1);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ierrors, 1);
	/* a return of what there is not */
	store_relaxed(&fiber_rx_queue(far, 0)->returns->index[0], UINT32_MAX);
	store_release(&fiber_rx_queue(far, 0)->returns->prod, 1);
	for (unsigned i = 0; i < 100; i++) /* returns are looked at now and then */
		if (send_one(port, 0, frame(1000, 0)) == 0)
			break;
	cr_expect_eq(xstat(port, "lane0_tx_bad_returns"), 1);
}

Test(peer_stats, indices_that_can_not_be)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	fiber_tx_queue(far, 0)->ring->prod += 1000;
	cr_assert_null(receive_one(port, 0));
	cr_assert_null(receive_one(port, 0));
	cr_expect_eq(xstat(port, "lane0_rx_protocol_errors"), 1, "once, not each poll");
	cr_expect_eq(xstat(port, "lane0_tx_protocol_errors"), 0);
	cr_expect_eq(xstat(port, "lane1_rx_protocol_errors"), 0);
	fiber_rx_queue(far, 1)->ring->cons += 1000;
	for (unsigned i = 0; i < PORT_RING + 1; i++) {
		struct rte_mbuf *m = frame(60, 0);

		if (send_one(port, 1, m) == 0)
			rte_pktmbuf_free(m);
	}
	cr_expect_eq(xstat(port, "lane1_tx_protocol_errors"), 1);
	cr_expect_eq(xstat(port, "lane0_tx_protocol_errors"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* Over a peer that goes, a stop, other ring sizes; until a reset, and on from there. */
Test(peer_stats, a_life_as_long_as_the_ports)
{
	static const struct fiber_desc runt = { .len = 3 };
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);
	const struct rte_eth_conf conf = { 0 };
	struct rte_eth_stats s;

	far_of(port, (struct fiber_config){ 0 });
	far_breaks(port, 0, &runt, 1);
	far_gone(port);
	cr_expect_eq(bad_count(port, 0, 0), 1);
	far_of(port, (struct fiber_config){ 0 });
	far_breaks(port, 0, &runt, 1);
	cr_expect_eq(bad_count(port, 0, 0), 2);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL), 0);
	start(port);
	until(is_up(port) && status_of(far).terms.log2_slots == 9);
	cr_expect_eq(bad_count(port, 0, 0), 2,
		     "a fiber of other ring sizes begins anew, we do not");
	far_breaks(port, 0, &runt, 1);
	cr_expect_eq(bad_count(port, 0, 0), 3);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ierrors, 3);
	cr_expect_eq(s.ipackets, 3);
	cr_assert_eq(rte_eth_xstats_reset(port), 0);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ierrors, 0);
	cr_expect_eq(bad_count(port, 0, 0), 0);
	far_breaks(port, 0, &runt, 1);
	cr_expect_eq(bad_count(port, 0, 0), 1);
}

Test(peer_stats, only_of_this_carrier)
{
	uint16_t peer = running_peer_port("net_cpx0", "role=server", 1);
	uint16_t loop = running_port("net_cpx1", "", 1);
	uint64_t id;

	cr_expect_eq(rte_eth_xstats_get_id_by_name(peer, "lane0_tx_stalled", &id), 0);
	cr_expect_neq(rte_eth_xstats_get_id_by_name(loop, "lane0_tx_stalled", &id), 0);
}
