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

/* New Ethernet addresses (and tag); the EtherType is there. Then the lane. */
static inline uint16_t rewrite_send(const struct worker *w, struct rte_mbuf *m,
				    const struct nexthop_way *way)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	if (likely(way->l2_len == NET_ETHER_LEN)) {
		memcpy(p, &way->l2_low, 8);
		memcpy(p + 8, &way->l2_high, 4);
	} else {
		p = (uint8_t *)rte_pktmbuf_prepend(m, NET_VLAN_LEN);
		if (unlikely(!p))
			return rewrite_drop(m, DROP_NO_HEADROOM);
		memcpy(p, &way->l2_low, 8);
		memcpy(p + 8, &way->l2_high, 8);
	}
	if (unlikely(!send_choose_lane(w, m, way->port)))
		return rewrite_drop(m, DROP_PORT_DOWN);
	return REWRITE_TX;
}

#endif
