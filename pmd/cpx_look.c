/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking into received frames; see cpx_look.h. Runs on the rx queue's lcore. */
#include "pmd/cpx_look.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_net.h>

#include "pmd/cpx_checksum.h"
#include "pmd/cpx_tag.h"

#define BATCH  64 /* frames freed at once */
#define HEADER 18 /* Ethernet and a tag: what filters read */
#define LAYERS (RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK)

/* The frame's first bytes together: where they are, or in `copy` if segments cut them. */
static __rte_always_inline const uint8_t *header(const struct rte_mbuf *m, uint8_t copy[HEADER],
						 uint32_t *len)
{
	if (likely(m->data_len >= HEADER || m->nb_segs == 1)) {
		*len = m->data_len;
		return rte_pktmbuf_mtod(m, const uint8_t *);
	}
	*len = RTE_MIN(m->pkt_len, (uint32_t)HEADER);
	return rte_pktmbuf_read(m, 0, *len, copy);
}

static __rte_always_inline bool passes_vlan(const struct cpx_filter *f, const struct rte_mbuf *m,
					    const uint8_t *p, uint32_t len)
{
	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) /* by the carrier */
		return cpx_filter_vlan_id_pass(f, m->vlan_tci);
	return cpx_filter_vlan_pass(f, p, len);
}

static uint16_t filter(const struct cpx_filter *f, uint32_t wants, struct rte_mbuf **pkts,
		       uint16_t n, struct cpx_looked *looked)
{
	struct rte_mbuf *dropped[BATCH];
	unsigned n_dropped = 0;
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		uint8_t copy[HEADER];
		uint32_t len;
		const uint8_t *p = header(m, copy, &len);

		if ((wants & CPX_WANT_MAC) && !cpx_filter_mac_pass(f, p, len)) {
			looked->filtered_mac++;
		} else if ((wants & CPX_WANT_VLAN) && !passes_vlan(f, m, p, len)) {
			looked->filtered_vlan++;
		} else {
			pkts[kept++] = m;
			continue;
		}
		dropped[n_dropped++] = m;
		if (n_dropped == BATCH) {
			rte_pktmbuf_free_bulk(dropped, BATCH);
			n_dropped = 0;
		}
	}
	if (n_dropped != 0)
		rte_pktmbuf_free_bulk(dropped, n_dropped);
	return kept;
}

static void hash(const struct cpx_rss *rss, bool again, struct rte_mbuf **pkts, uint16_t n)
{
	const unsigned types = load_relaxed(&rss->types);

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		uint32_t value;

		if ((m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) && !again)
			continue;
		if (cpx_rss_hash(rss, rte_pktmbuf_mtod(m, void *), m->data_len, types, &value)) {
			m->hash.rss = value;
			m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		} else {
			m->ol_flags &= ~RTE_MBUF_F_RX_RSS_HASH;
		}
	}
}

/* Of frames that come without a word of it. */
static void checksums(unsigned checks, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const uint64_t said = pkts[i]->ol_flags;
		unsigned what = checks;

		if (said & RTE_MBUF_F_RX_IP_CKSUM_MASK)
			what &= ~(unsigned)CPX_CHECK_IP;
		if (said & RTE_MBUF_F_RX_L4_CKSUM_MASK)
			what &= ~(unsigned)CPX_CHECK_L4;
		if (what != 0)
			pkts[i]->ol_flags = said | cpx_checksum_flags(pkts[i], what);
	}
}

uint16_t cpx_look_admit(const struct cpx_look *look, uint32_t wants, struct rte_mbuf **pkts,
			uint16_t n, struct cpx_looked *looked)
{
	if (wants & (CPX_WANT_MAC | CPX_WANT_VLAN))
		n = filter(&look->filter, wants, pkts, n, looked);
	if (wants & (CPX_WANT_HASH | CPX_WANT_REHASH))
		hash(&look->rss, (wants & CPX_WANT_REHASH) != 0, pkts, n);
	return n;
}

void cpx_look_finish(const struct cpx_look *look, uint32_t wants, struct rte_mbuf **pkts,
		     uint16_t n, uint64_t now)
{
	if (wants & CPX_WANT_STRIP)
		for (uint16_t i = 0; i < n; i++)
			cpx_tag_strip(pkts[i]);
	if (wants & CPX_WANT_CHECKSUMS)
		checksums(load_relaxed(&look->checks), pkts, n);
	if (wants & CPX_WANT_PTYPES) {
		const uint32_t ptypes = load_relaxed(&look->ptypes);

		for (uint16_t i = 0; i < n; i++)
			pkts[i]->packet_type = rte_net_get_ptype(pkts[i], NULL, LAYERS) & ptypes;
	}
	if (wants & CPX_WANT_STAMP) {
		for (uint16_t i = 0; i < n; i++) {
			*RTE_MBUF_DYNFIELD(pkts[i], look->stamp_field, rte_mbuf_timestamp_t *) =
				now;
			pkts[i]->ol_flags |= look->stamp_flag;
		}
	}
}
