/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small steps that several nodes share on a packet's way out. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_SEND_H
#define CPX_DATAPLANE_NODES_SEND_H

#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "lib/net/ether.h"

/* TTL or hop limit of what we originate, one more than goes out: rewrite takes one off. */
#define LOCAL_TTL 65

/*
 * Choose the lane of an egress port by flow hash, among the port's lanes this worker reaches: the
 * packets of a flow keep to one lane and so keep their order. arg becomes the tx slot. False when
 * the port is gone or has no lane.
 */
static inline bool send_choose_lane(const struct worker *w, struct rte_mbuf *m, uint16_t port)
{
	const struct port_view *view = &w->cfg->ports[port];

	if (unlikely(!view->tx_count))
		return false;
	*pkt_arg(m) = view->tx_first + (uint32_t)(((uint64_t)m->hash.rss * view->tx_count) >> 32);
	return true;
}

/* Put the tag of a VLAN interface between the addresses and the EtherType; false: no headroom. */
static inline bool send_push_vlan(struct rte_mbuf *m, uint16_t vlan)
{
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, NET_VLAN_LEN);
	struct eth_header *eth = (struct eth_header *)p;

	if (unlikely(!p))
		return false;
	memmove(p, p + NET_VLAN_LEN, 12);
	eth->type = NET_BE16(NET_ETHERTYPE_VLAN);
	((struct vlan_header *)(p + NET_ETHER_LEN))->tci = net_swap16(vlan);
	return true; /* the old EtherType now stands in the tag */
}

/*
 * Out now: the burst sorted by tx slot (arg), each lane's share in one call; what a lane refuses is
 * dropped and counted. At most GRAPH_BURST packets. lane_tx.c; the graph's usual end.
 */
void lane_tx_send(struct worker *w, struct rte_mbuf **pkts, uint16_t n);

#endif
