/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_lookup: longest prefix match of the whole burst at once, then by the next hop's type. A
 * packet with a link-local source never leaves its link (RFC 4291 2.5.6).
 */
#include "dataplane/nodes/lookup.h"
#include "dataplane/nodes/vrf.h"
#include "dataplane/run/graph.h"
#include "dataplane/tables/fib.h"
#include "lib/net/martian.h"

/* Not the usual type of next hop; what the destination is says why it is dropped, if it is. */
static uint16_t rare(const struct worker_cfg *cfg, struct rte_mbuf *m, enum nexthop_type type,
		     const struct ip6_header *ip)
{
	const enum martian martian = martian_destination6(ip->dst);

	return lookup_rare(cfg, m, type,
			   martian == MARTIAN_NONE ? DROP_IP6_GROUP_SCOPE
						   : DROP_OF_MARTIAN(martian),
			   DROP_IP6_GROUP);
}

static uint16_t ip6_lookup(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker_cfg *cfg = graph_worker(node)->cfg;
	uint16_t next[GRAPH_BURST], differs = 0;
	uint8_t dst[GRAPH_BURST][16];
	uint64_t row[GRAPH_BURST];

	for (uint16_t i = 0; i < n; i++)
		memcpy(dst[i],
		       rte_pktmbuf_mtod_offset((struct rte_mbuf *)objs[i],
					       const struct ip6_header *, PKT_L3)
			       ->dst,
		       16);
	for (uint16_t i = 0, end; i < n; i = end) {
		const struct vrf_view *vrf;

		end = vrf_run(cfg, objs, i, n, &vrf);
		fib6_lookup(vrf->fib6, &dst[i], &row[i], end - i);
	}
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		const enum nexthop_type type = lookup_row(cfg, m, (uint32_t)row[i]);
		const struct ip6_header *ip =
			rte_pktmbuf_mtod_offset(m, const struct ip6_header *, PKT_L3);

		if (likely(type == NEXTHOP_FORWARD && !ip6_is_link_local(ip->src)))
			next[i] = LOOKUP_REWRITE;
		else if (type != NEXTHOP_LOCAL && ip6_is_link_local(ip->src))
			next[i] = lookup_drop(m, DROP_IP6_LINK_LOCAL);
		else
			next[i] = rare(cfg, m, type, ip);
		differs |= next[i];
	}
	graph_dispatch(graph, node, objs, next, n, LOOKUP_REWRITE, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip6_lookup",
	.process = ip6_lookup,
	.init = graph_node_init,
	.nb_edges = LOOKUP_EDGES,
	.next_nodes = { [LOOKUP_REWRITE] = "ip6_rewrite",
			[LOOKUP_LOCAL] = "ip6_local",
			[LOOKUP_ERROR] = "ip6_error",
			[LOOKUP_PUNT] = "punt",
			[LOOKUP_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
