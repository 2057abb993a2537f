/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_rewrite: hop limit, egress MTU, the next hop's Ethernet header, the egress lane. What cannot
 * go out becomes an ICMPv6 error (RFC 4443 3.2, 3.3); IPv6 routers never fragment.
 */
#include "dataplane/nodes/rewrite.h"
#include "dataplane/run/graph.h"

static inline uint16_t rewrite(const struct worker *w, struct rte_mbuf *m)
{
	struct ip6_header *ip = rte_pktmbuf_mtod_offset(m, struct ip6_header *, PKT_L3);
	struct nexthop_way way;

	if (unlikely(!nexthop_read(w->cfg->nexthops, *pkt_arg(m), &way)))
		return rewrite_drop(m, DROP_NEXTHOP_CHANGING);
	if (unlikely(way.type != NEXTHOP_FORWARD)) { /* changed since lookup */
		*pkt_kind(m) = PKT_TO_CONTROL_HOLD;
		return REWRITE_PUNT;
	}
	if (unlikely(ip->hop_limit <= 1))
		return rewrite_error(m, ICMP_CAUSE_TTL, 0);
	if (unlikely(net_swap16(ip->payload_length) + sizeof(*ip) > way.mtu))
		return rewrite_error(m, ICMP_CAUSE_TOO_BIG, way.mtu);
	ip->hop_limit--;
	return rewrite_send(w, m, &way);
}

static uint16_t ip6_rewrite(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *w = graph_worker(node);
	uint16_t next[GRAPH_BURST], differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = rewrite(w, objs[i]);
		differs |= next[i];
	}
	graph_dispatch(graph, node, objs, next, n, REWRITE_TX, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip6_rewrite",
	.process = ip6_rewrite,
	.init = graph_node_init,
	.nb_edges = REWRITE_EDGES,
	.next_nodes = { [REWRITE_TX] = "lane_tx",
			[REWRITE_ERROR] = "ip6_error",
			[REWRITE_PUNT] = "punt",
			[REWRITE_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
