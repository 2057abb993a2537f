/* SPDX-License-Identifier: BSD-3-Clause */
/* ip4_lookup: longest prefix match of the whole burst at once, then by the next hop's type. */
#include "dataplane/nodes/lookup.h"
#include "dataplane/nodes/vrf.h"
#include "dataplane/run/graph.h"
#include "dataplane/tables/fib.h"
#include "lib/net/martian.h"

/* Not the usual type of next hop; what the destination is says why it is dropped, if it is. */
static uint16_t rare(const struct worker_cfg *cfg, struct rte_mbuf *m, enum nexthop_type type)
{
	const uint32_t dst = rte_pktmbuf_mtod_offset(m, const struct ip4_header *, PKT_L3)->dst;
	const enum martian martian = martian_destination4(dst);

	return lookup_rare(cfg, m, type,
			   martian == MARTIAN_NONE ? DROP_IP4_DESTINATION_RESERVED
						   : DROP_OF_MARTIAN(martian),
			   ip4_is_multicast(dst) || ip4_is_limited_broadcast(dst)
				   ? DROP_IP4_GROUP
				   : DROP_IP4_DIRECTED_BROADCAST);
}

static uint16_t ip4_lookup(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker_cfg *cfg = graph_worker(node)->cfg;
	uint16_t next[GRAPH_BURST], differs = 0;
	uint32_t dst[GRAPH_BURST];
	uint64_t row[GRAPH_BURST];

	for (uint16_t i = 0; i < n; i++)
		dst[i] = net_swap32(rte_pktmbuf_mtod_offset((struct rte_mbuf *)objs[i],
							    const struct ip4_header *, PKT_L3)
					    ->dst);
	for (uint16_t i = 0, end; i < n; i = end) {
		const struct vrf_view *vrf;

		end = vrf_run(cfg, objs, i, n, &vrf);
		fib4_lookup(vrf->fib4, &dst[i], &row[i], end - i);
	}
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		const enum nexthop_type type = lookup_row(cfg, m, (uint32_t)row[i]);

		next[i] = likely(type == NEXTHOP_FORWARD) ? (uint16_t)LOOKUP_REWRITE
							  : rare(cfg, m, type);
		differs |= next[i];
	}
	graph_dispatch(graph, node, objs, next, n, LOOKUP_REWRITE, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_lookup",
	.process = ip4_lookup,
	.init = graph_node_init,
	.nb_edges = LOOKUP_EDGES,
	.next_nodes = { [LOOKUP_REWRITE] = "ip4_rewrite",
			[LOOKUP_LOCAL] = "ip4_local",
			[LOOKUP_ERROR] = "ip4_error",
			[LOOKUP_PUNT] = "punt",
			[LOOKUP_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
