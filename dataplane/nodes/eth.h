/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The decision eth_input and vlan_input share: where a frame goes by destination and EtherType.
 * Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_ETH_H
#define CPX_DATAPLANE_NODES_ETH_H

#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "dataplane/tables/iface.h"
#include "lib/net/ether.h"

enum eth_edge {
	ETH_EDGE_IP4,
	ETH_EDGE_IP6,
	ETH_EDGE_PUNT,
	ETH_EDGE_DROP,
	ETH_EDGE_VLAN,
	ETH_EDGES
};

/* The edges of vlan_input; eth_input has "vlan_input" besides. */
#define ETH_NEXT_NODES                                                                        \
	[ETH_EDGE_IP4] = "ip4_input", [ETH_EDGE_IP6] = "ip6_input", [ETH_EDGE_PUNT] = "punt", \
	[ETH_EDGE_DROP] = "drop"

/* The first eight bytes of a frame as a little-endian number: destination, start of the source. */
#define ETH_DST_BITS      0xffffffffffffULL
#define ETH_GROUP_BIT     1u           /* of the destination */
#define ETH_SRC_GROUP_BIT (1ULL << 48) /* of the source */

static inline uint16_t eth_drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return ETH_EDGE_DROP;
}

/* What nothing here handles is the host's (LLDP, LACP, IS-IS …), where it has a twin of the port.
 */
static inline uint16_t eth_unknown(struct rte_mbuf *m, const struct port_view *port)
{
	if (!port->host)
		return eth_drop(m, DROP_ETH_TYPE_UNKNOWN);
	*pkt_kind(m) = PKT_TO_CONTROL_HOST;
	return ETH_EDGE_PUNT;
}

/* Group frames: ARP, IPv6 groups and, for the host, IPv4 groups are heard; unicast IP in them is
 * not forwarded. */
static inline uint16_t eth_classify_group(const struct worker_cfg *cfg, struct rte_mbuf *m,
					  const struct port_view *port, uint16_t type)
{
	switch (type) {
	case NET_BE16(NET_ETHERTYPE_ARP):
		*pkt_kind(m) = PKT_TO_CONTROL_ARP;
		return ETH_EDGE_PUNT;
	case NET_BE16(NET_ETHERTYPE_IP6):
		if (m->data_len < NET_ETHER_LEN + sizeof(struct ip6_header))
			return eth_drop(m, DROP_IP6_TRUNCATED);
		if (rte_pktmbuf_mtod_offset(m, const struct ip6_header *, PKT_L3)->dst[0] != 0xff)
			return eth_drop(m, DROP_ETH_UNICAST_IP_IN_GROUP);
		return ETH_EDGE_IP6;
	case NET_BE16(NET_ETHERTYPE_IP4): {
		const struct ip4_header *ip =
			rte_pktmbuf_mtod_offset(m, const struct ip4_header *, PKT_L3);

		if (m->data_len < NET_ETHER_LEN + sizeof(*ip))
			return eth_drop(m, DROP_IP4_TRUNCATED);
		if (port->host && iface_hears4(&cfg->ifaces[*pkt_iface(m)], ip->dst))
			return ETH_EDGE_IP4;
		return eth_drop(m, (ip->dst & NET_BE32(0xe0000000)) == NET_BE32(0xe0000000)
					   ? DROP_IP4_GROUP
					   : DROP_ETH_UNICAST_IP_IN_GROUP);
	}
	default:
		return eth_unknown(m, port);
	}
}

static inline uint16_t eth_classify(const struct worker_cfg *cfg, struct rte_mbuf *m)
{
	const struct port_view *port = &cfg->ports[m->port];
	const struct eth_header *eth = rte_pktmbuf_mtod(m, const struct eth_header *);
	uint64_t start;

	if (unlikely(m->data_len < NET_ETHER_LEN))
		return eth_drop(m, DROP_ETH_TRUNCATED);
	memcpy(&start, eth, 8);
	if (unlikely(eth->type == NET_BE16(NET_ETHERTYPE_VLAN) ||
		     eth->type == NET_BE16(NET_ETHERTYPE_QINQ)))
		return ETH_EDGE_VLAN;
	if (unlikely((start & (ETH_DST_BITS | ETH_SRC_GROUP_BIT)) != port->mac)) {
		if (start & ETH_SRC_GROUP_BIT)
			return eth_drop(m, DROP_ETH_GROUP_SOURCE);
		if (start & ETH_GROUP_BIT)
			return eth_classify_group(cfg, m, port, eth->type);
		return eth_drop(m, DROP_ETH_NOT_FOR_US);
	}
	if (likely(eth->type == NET_BE16(NET_ETHERTYPE_IP4)))
		return ETH_EDGE_IP4;
	if (likely(eth->type == NET_BE16(NET_ETHERTYPE_IP6)))
		return ETH_EDGE_IP6;
	if (eth->type == NET_BE16(NET_ETHERTYPE_ARP)) {
		*pkt_kind(m) = PKT_TO_CONTROL_ARP;
		return ETH_EDGE_PUNT;
	}
	return eth_unknown(m, port);
}

#endif
