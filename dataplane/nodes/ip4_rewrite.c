/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_rewrite: TTL and checksum, the egress MTU, the next hop's Ethernet header, the egress lane.
 * What cannot go out becomes an ICMP error (RFC 1812 5.3.1, RFC 1191), or goes out in fragments.
 */
#include "dataplane/nodes/rewrite.h"
#include "dataplane/run/graph.h"
#include "lib/net/ip4.h"

#define REWRITE_FRAGMENT REWRITE_EDGES /* a bit that no other edge has */
static_assert((REWRITE_EDGES & (REWRITE_EDGES - 1)) == 0, "one bit");

/* Larger than the egress MTU. */
static uint16_t too_big(const struct worker *w, struct rte_mbuf *m, struct ip4_header *ip,
			const struct nexthop_way *way)
{
	uint16_t edge;

	if (ip4_dont_fragment(ip))
		return rewrite_error(m, ICMP_CAUSE_TOO_BIG, way->mtu);
	if (!w->cfg->ip4_fragment)
		return rewrite_drop(m, DROP_IP4_NEEDS_FRAGMENT);
	checksum_ttl_decrement(ip);
	edge = rewrite_send(w, m, way);
	if (edge != REWRITE_TX)
		return edge;
	*pkt_kind(m) = pkt_cut(way->l2_len, way->mtu);
	return REWRITE_FRAGMENT;
}

static inline uint16_t rewrite(const struct worker *w, struct rte_mbuf *m)
{
	struct ip4_header *ip = rte_pktmbuf_mtod_offset(m, struct ip4_header *, PKT_L3);
	struct nexthop_way way;

	if (unlikely(!nexthop_read(w->cfg->nexthops, *pkt_arg(m), &way)))
		return rewrite_drop(m, DROP_NEXTHOP_CHANGING);
	if (unlikely(way.type != NEXTHOP_FORWARD)) { /* changed since lookup */
		*pkt_kind(m) = PKT_TO_CONTROL_HOLD;
		return REWRITE_PUNT;
	}
	if (unlikely(ip->ttl <= 1))
		return rewrite_error(m, ICMP_CAUSE_TTL, 0);
	if (unlikely(net_swap16(ip->total_length) > way.mtu))
		return too_big(w, m, ip, &way);
	checksum_ttl_decrement(ip);
	return rewrite_send(w, m, &way);
}

/* Where one packet is cut, the whole burst goes by way of ip4_fragment: nobody overtakes it. */
static void keep_order(void **objs, uint16_t *next, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if (next[i] != REWRITE_TX)
			continue;
		*pkt_kind(objs[i]) = PKT_UNCUT;
		next[i] = REWRITE_FRAGMENT;
	}
}

static uint16_t ip4_rewrite(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *w = graph_worker(node);
	uint16_t next[GRAPH_BURST], differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = rewrite(w, objs[i]);
		differs |= next[i];
	}
	if (unlikely(differs & REWRITE_FRAGMENT))
		keep_order(objs, next, n);
	graph_dispatch(graph, node, objs, next, n, REWRITE_TX, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_rewrite",
	.process = ip4_rewrite,
	.init = graph_node_init,
	.nb_edges = REWRITE_EDGES + 1,
	.next_nodes = { [REWRITE_TX] = "lane_tx",
			[REWRITE_ERROR] = "ip4_error",
			[REWRITE_PUNT] = "punt",
			[REWRITE_DROP] = "drop",
			[REWRITE_FRAGMENT] = "ip4_fragment" },
};
RTE_NODE_REGISTER(node)
