/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_rpf: looks up the sources of a burst at once and drops those without a way back; rpf.h. The
 * link is the way back to link-local addresses, and to nobody in particular who looks whether an
 * address is free (RFC 4862 5.4).
 */
#include "dataplane/nodes/rpf.h"
#include "dataplane/nodes/vrf.h"
#include "lib/net/ip6.h"

static const struct ip6_header *header(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, const struct ip6_header *, PKT_L3);
}

static bool of_the_link(const struct ip6_header *ip)
{
	return ip6_is_link_local(ip->src) ||
	       (ip6_is_unspecified(ip->src) && ip6_is_multicast(ip->dst));
}

static uint16_t ip6_rpf(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker_cfg *cfg = graph_worker(node)->cfg;
	uint16_t next[GRAPH_BURST], differs = 0;
	uint8_t src[GRAPH_BURST][16];
	uint64_t row[GRAPH_BURST];
	const struct vrf_view *vrf = NULL;
	struct rpf_default def = { 0 };

	for (uint16_t i = 0; i < n; i++)
		memcpy(src[i], header(objs[i])->src, 16);
	for (uint16_t i = 0, end = 0; i < n; i++) {
		if (i == end) {
			end = vrf_run(cfg, objs, i, n, &vrf);
			def = rpf_default(cfg, vrf->fib6);
			fib6_lookup(vrf->fib6, &src[i], &row[i], end - i);
		}
		if (of_the_link(header(objs[i])) ||
		    rpf_passes(cfg, vrf->fib6, &def, objs[i], (uint32_t)row[i], src[i])) {
			next[i] = RPF_LOOKUP;
			continue;
		}
		*pkt_arg(objs[i]) = DROP_IP6_RPF;
		next[i] = RPF_DROP;
		differs = RPF_DROP;
	}
	graph_dispatch(graph, node, objs, next, n, RPF_LOOKUP, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip6_rpf",
	.process = ip6_rpf,
	.init = graph_node_init,
	.nb_edges = RPF_EDGES,
	.next_nodes = { [RPF_LOOKUP] = "ip6_lookup", [RPF_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
