/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_look.c: each stage alone and all of them together, in their order; frames that a filter
 * drops are freed and counted, the others keep their order; headers cut by segments.
 */
#include <rte_mbuf_dyn.h>
#include <rte_udp.h>

#include "pmd/cpx_checksum.h"
#include "pmd/cpx_look.h"
#include "tests/unit/cpx_port.h"

#define HASH  RTE_MBUF_F_RX_RSS_HASH
#define STRIP (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)
#define GOOD  (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)
#define BAD   (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD)

static struct cpx_look look;
static struct cpx_looked looked;

static void init(void)
{
	const struct rte_eth_rss_conf rss = { .rss_hf = RTE_ETH_RSS_UDP | RTE_ETH_RSS_IP };

	start_eal();
	cpx_filter_init(&look.filter, (const uint8_t *)"\2\0\0\0\0\1");
	look.filter.vlan_on = 1;
	cpx_filter_vlan_set(&look.filter, 7, true);
	cr_assert_eq(cpx_rss_configure(&look.rss, &rss, 4, NULL), 0);
	look.ptypes = RTE_PTYPE_ALL_MASK;
	look.checks = CPX_CHECK_IP | CPX_CHECK_L4;
	cr_assert_eq(rte_mbuf_dyn_rx_timestamp_register(&look.stamp_field, &look.stamp_flag), 0);
}

TestSuite(look, .init = init);

/* A datagram of checksums that are right, to our address but for its last byte, with a tag or
 * without (0). */
static struct rte_mbuf *datagram(uint8_t to, uint16_t vlan, uint8_t mark)
{
	struct rte_mbuf *m = frame(vlan ? 46 + 4 : 46, 0);
	uint8_t *b = rte_pktmbuf_mtod(m, uint8_t *), *ip = b + (vlan ? 18 : 14);

	memcpy(b, "\2\0\0\0\0\0\2\0\0\0\0\2", 12);
	b[5] = to;
	memcpy(b + 12, (uint8_t[]){ 0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan }, 4);
	/* as in test_cpx_effect.c, where it is worked out */
	memcpy(ip - 2,
	       "\x08\0\x45\0\0\x1c\0\0\0\0\x40\x11\x66\xcf\x0a\0\0\1\x0a\0\0\2"
	       "\0\1\0\2\0\x08\xeb\xd8",
	       30);
	ip[31] = mark; /* padding */
	return m;
}

static uint16_t look_at(uint32_t wants, struct rte_mbuf **m, uint16_t n)
{
	memset(&looked, 0, sizeof(looked));
	n = cpx_look_admit(&look, wants, m, n, &looked);
	cpx_look_finish(&look, wants, m, n, 0x123456789a);
	return n;
}

Test(look, filters_drop_and_keep_order)
{
	struct rte_mbuf *m[300];
	uint16_t n, mac = 0, vlan = 0, kept = 0;
	uint8_t last = 0;

	for (uint16_t i = 0; i < 300; i++) {
		const bool other = i % 3 == 1, foreign = i % 5 == 2;

		m[i] = datagram(other ? 2 : 1, foreign ? 8 : i % 2 ? 7 : 0, (uint8_t)(i / 2 + 1));
		mac += other;
		vlan += !other && foreign;
		kept += !other && !foreign;
	}
	n = look_at(CPX_WANT_MAC | CPX_WANT_VLAN, m, 300);
	cr_assert_eq(n, kept);
	cr_expect_eq(looked.filtered_mac, mac);
	cr_expect_eq(looked.filtered_vlan, vlan);
	cr_expect_eq(pool_level(), POOL_FRAMES - n, "those dropped are free");
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t mark = *rte_pktmbuf_mtod_offset(m[i], uint8_t *, m[i]->pkt_len - 1);

		cr_expect_geq(mark, last);
		last = mark;
		cr_expect_eq(m[i]->ol_flags, 0);
	}
	cr_expect_eq(look_at(0, m, n), n);
	cr_expect_eq(look_at(CPX_WANT_MAC, m, n), n);
	cr_expect_eq(look_at(CPX_WANT_VLAN, m, n), n);
	cr_expect_eq(looked.filtered_mac + looked.filtered_vlan, 0);
}

Test(look, filters_read_across_segments)
{
	for (uint16_t cut = 0; cut <= 50; cut++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			struct rte_mbuf *whole = datagram(kind == 1 ? 2 : 1, kind == 2 ? 8 : 7, 1);
			struct rte_mbuf *m = frame(cut, 0), *tail = frame((uint16_t)(50 - cut), 0);
			const uint8_t *b = rte_pktmbuf_mtod(whole, uint8_t *);

			memcpy(rte_pktmbuf_mtod(m, void *), b, cut);
			memcpy(rte_pktmbuf_mtod(tail, void *), b + cut, (size_t)(50 - cut));
			rte_pktmbuf_free(whole);
			cr_assert_eq(rte_pktmbuf_chain(m, tail), 0);
			cr_expect_eq(look_at(CPX_WANT_MAC | CPX_WANT_VLAN, &m, 1), kind == 0);
			cr_expect_eq(looked.filtered_mac, kind == 1, "cut at %u", cut);
			cr_expect_eq(looked.filtered_vlan, kind == 2, "cut at %u", cut);
			if (kind == 0)
				rte_pktmbuf_free(m);
		}
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
	for (uint16_t len = 0; len < 14; len++) {
		struct rte_mbuf *m = frame(len, 0xff);

		cr_expect_eq(look_at(CPX_WANT_MAC, &m, 1), 0, "no header, for nobody");
	}
}

/* A carrier took the tag out before. */
Test(look, filters_by_a_tag_that_is_gone)
{
	struct rte_mbuf *m = datagram(1, 0, 1);

	m->ol_flags = STRIP;
	m->vlan_tci = 0x2007;
	cr_expect_eq(look_at(CPX_WANT_VLAN, &m, 1), 1);
	m->vlan_tci = 8;
	cr_expect_eq(look_at(CPX_WANT_VLAN, &m, 1), 0);
	cr_expect_eq(looked.filtered_vlan, 1);
}

Test(look, hash)
{
	struct rte_mbuf *m[3] = { datagram(1, 0, 1), datagram(1, 7, 1), frame(60, 0) };
	uint32_t hash;

	cr_assert(cpx_flow_hash(rte_pktmbuf_mtod(m[0], void *), 46, CPX_HASH_ALL, &hash));
	m[1]->ol_flags = m[2]->ol_flags = HASH;
	m[1]->hash.rss = m[2]->hash.rss = 5;
	cr_assert_eq(look_at(CPX_WANT_HASH, m, 3), 3);
	cr_expect_eq(m[0]->ol_flags, HASH);
	cr_expect_eq(m[0]->hash.rss, hash);
	cr_expect_eq(m[1]->hash.rss, 5, "it has one");
	cr_expect_eq(m[2]->ol_flags, HASH);
	cr_assert_eq(look_at(CPX_WANT_REHASH, m, 3), 3);
	cr_expect_eq(m[0]->hash.rss, hash);
	cr_expect_eq(m[1]->hash.rss, hash, "a tag is not part of the flow");
	cr_expect_eq(m[1]->ol_flags, HASH);
	cr_expect_eq(m[2]->ol_flags, 0, "no flow, no hash");
}

Test(look, strip)
{
	struct rte_mbuf *m[3] = { datagram(1, 0, 1), datagram(1, 0x2007, 1), frame(9, 0) };

	cr_assert_eq(look_at(CPX_WANT_STRIP, m, 3), 3);
	cr_expect_eq(m[0]->ol_flags, 0);
	cr_expect_eq(m[1]->ol_flags, STRIP);
	cr_expect_eq(m[1]->vlan_tci, 0x2007);
	cr_expect_arr_eq(rte_pktmbuf_mtod(m[1], void *), rte_pktmbuf_mtod(m[0], void *), 46);
}

Test(look, checksums)
{
	struct rte_mbuf *m[4] = { datagram(1, 0, 1), datagram(1, 7, 1), datagram(1, 0, 1),
				  datagram(1, 0, 1) };

	*rte_pktmbuf_mtod_offset(m[1], uint8_t *, 30) ^= 1; /* source address */
	m[2]->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_BAD;
	m[3]->ol_flags = BAD; /* said by the carrier, and not doubted */
	cr_assert_eq(look_at(CPX_WANT_CHECKSUMS, m, 4), 4);
	cr_expect_eq(m[0]->ol_flags, GOOD);
	cr_expect_eq(m[1]->ol_flags, BAD);
	cr_expect_eq(m[2]->ol_flags, RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	cr_expect_eq(m[3]->ol_flags, BAD);
}

Test(look, types_and_time)
{
	struct rte_mbuf *m = datagram(1, 7, 1);

	m->packet_type = RTE_PTYPE_L2_ETHER_NSH;
	cr_assert_eq(look_at(CPX_WANT_STAMP, &m, 1), 1);
	cr_expect_eq(m->ol_flags, look.stamp_flag);
	cr_expect_eq(*RTE_MBUF_DYNFIELD(m, look.stamp_field, uint64_t *), 0x123456789a);
	cr_expect_eq(m->packet_type, RTE_PTYPE_L2_ETHER_NSH);
	cr_assert_eq(look_at(CPX_WANT_PTYPES, &m, 1), 1);
	cr_expect_eq(m->packet_type,
		     RTE_PTYPE_L2_ETHER_VLAN | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP);
	look.ptypes = RTE_PTYPE_L4_MASK;
	cr_assert_eq(look_at(CPX_WANT_PTYPES, &m, 1), 1);
	cr_expect_eq(m->packet_type, RTE_PTYPE_L4_UDP);
}

Test(look, all_at_once)
{
	struct rte_mbuf *m[4] = { datagram(2, 7, 1), datagram(1, 7, 1), datagram(1, 8, 1),
				  datagram(1, 0, 1) };

	cr_assert_eq(look_at(0xff, m, 4), 2);
	cr_expect_eq(looked.filtered_mac, 1);
	cr_expect_eq(looked.filtered_vlan, 1);
	cr_expect_eq(m[0]->ol_flags, HASH | STRIP | GOOD | look.stamp_flag);
	cr_expect_eq(m[1]->ol_flags, HASH | GOOD | look.stamp_flag);
	cr_expect_eq(m[0]->hash.rss, m[1]->hash.rss);
	for (unsigned i = 0; i < 2; i++)
		cr_expect_eq(m[i]->packet_type,
			     RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP,
			     "types are of the frame as it is handed on");
	cr_expect_eq(look_at(0xff, m, 0), 0);
	rte_pktmbuf_free_bulk(m, 2);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
