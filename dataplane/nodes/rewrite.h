/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ip4_rewrite and ip6_rewrite share: reading the next-hop row, putting on the new Ethernet
 * header, choosing the lane. Both nodes have these edges. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_REWRITE_H
#define CPX_DATAPLANE_NODES_REWRITE_H

#include "dataplane/nodes/send.h"
#include "dataplane/tables/nexthop.h"

enum rewrite_edge { REWRITE_TX, REWRITE_ERROR, REWRITE_PUNT, REWRITE_DROP, REWRITE_EDGES };

static inline uint16_t rewrite_drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return REWRITE_DROP;
}

static inline uint16_t rewrite_error(struct rte_mbuf *m, enum icmp_cause_code code, uint16_t mtu)
{
	*pkt_arg(m) = icmp_cause(code, mtu);
	return REWRITE_ERROR;
}

/* A copy of the row of the packet before is used again: packets come in trains. */
struct rewrite_row {
	uint32_t index;
	struct nexthop nh;
};

static inline bool rewrite_read(const struct nexthop_table *t, struct rewrite_row *row,
				uint32_t index)
{
	if (likely(row->index == index))
		return true;
	row->index = index;
	if (likely(nexthop_read(t, index, &row->nh)))
		return true;
	row->index = UINT32_MAX;
	return false;
}

/* New Ethernet addresses (and tag); the EtherType is there. Then the lane. */
static inline uint16_t rewrite_send(const struct worker *w, struct rte_mbuf *m,
				    const struct nexthop *nh)
{
	if (unlikely(nh->l2_len != NET_ETHER_LEN)) {
		uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, NET_VLAN_LEN);

		if (unlikely(!p))
			return rewrite_drop(m, DROP_NO_HEADROOM);
		memcpy(p, nh->l2, NEXTHOP_L2_MAX - 2);
	} else {
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), nh->l2, NET_ETHER_LEN - 2);
	}
	if (unlikely(!send_choose_lane(w, m, nh->port)))
		return rewrite_drop(m, DROP_PORT_DOWN);
	return REWRITE_TX;
}

#endif
