/* SPDX-License-Identifier: BSD-3-Clause */
/* ip4_rpf: looks up the sources of a burst at once and drops those without a way back; rpf.h. */
#include "dataplane/nodes/rpf.h"
#include "dataplane/nodes/vrf.h"
#include "lib/net/ip4.h"

static const struct ip4_header *header(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, const struct ip4_header *, PKT_L3);
}

static uint16_t ip4_rpf(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker_cfg *cfg = graph_worker(node)->cfg;
	uint16_t next[GRAPH_BURST], differs = 0;
	uint32_t src[GRAPH_BURST];
	uint64_t row[GRAPH_BURST];
	const struct vrf_view *vrf = NULL;
	struct rpf_default def = { 0 };

	for (uint16_t i = 0; i < n; i++)
		src[i] = net_swap32(header(objs[i])->src);
	for (uint16_t i = 0, end = 0; i < n; i++) {
		if (i == end) {
			end = vrf_run(cfg, objs, i, n, &vrf);
			def = rpf_default(cfg, vrf->fib4);
			fib4_lookup(vrf->fib4, &src[i], &row[i], end - i);
		}
		const struct ip4_header *ip = header(objs[i]);

		/* who has no address yet asks for one (RFC 2131 4.1) */
		if (rpf_passes(cfg, vrf->fib4, &def, objs[i], (uint32_t)row[i], &ip->src) ||
		    (ip->src == 0 && ip4_is_limited_broadcast(ip->dst))) {
			next[i] = RPF_LOOKUP;
			continue;
		}
		*pkt_arg(objs[i]) = DROP_IP4_RPF;
		next[i] = RPF_DROP;
		differs = RPF_DROP;
	}
	graph_dispatch(graph, node, objs, next, n, RPF_LOOKUP, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_rpf",
	.process = ip4_rpf,
	.init = graph_node_init,
	.nb_edges = RPF_EDGES,
	.next_nodes = { [RPF_LOOKUP] = "ip4_lookup", [RPF_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
