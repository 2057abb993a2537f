/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_input: everything a router checks before it believes the header (RFC 1812 5.2.2) and the
 * martian source filter. Link padding beyond the total length is cut, so that nobody's stale bytes
 * are forwarded and the length on the lane is the packet's.
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/rpf.h"
#include "dataplane/nodes/vrf.h"
#include "dataplane/nodes/source.h"
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "lib/net/ip4.h"

enum { EDGE_LOOKUP, EDGE_DROP, EDGE_RPF, EDGES };

static const uint8_t reason_of[IP4_CHECK_RESULTS] = {
	[IP4_TRUNCATED] = DROP_IP4_TRUNCATED,      [IP4_BAD_VERSION] = DROP_IP4_VERSION,
	[IP4_BAD_IHL] = DROP_IP4_HEADER_LENGTH,    [IP4_HEADER_TRUNCATED] = DROP_IP4_HEADER_LENGTH,
	[IP4_TOTAL_SHORT] = DROP_IP4_TOTAL_LENGTH, [IP4_TOTAL_LONG] = DROP_IP4_TOTAL_LENGTH,
	[IP4_BAD_CHECKSUM] = DROP_IP4_CHECKSUM,
};

static uint16_t drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return EDGE_DROP;
}

/* Few packets come here: a source that is odd, or that may be an address of ours. */
static enum drop_reason odd_source(const struct worker_cfg *cfg, struct rte_mbuf *m,
				   const struct ip4_header *ip)
{
	enum martian martian = martian_source4(ip->src, ip->dst);
	uint32_t src = net_swap32(ip->src);
	uint64_t row;

	if (martian == MARTIAN_NONE && own_may_be(cfg->own, own_place4(ip->src))) {
		fib4_lookup(vrf_of(cfg, m)->fib4, &src, &row, 1);
		martian =
			source_own(cfg, row, MARTIAN_IP4_SOURCE_OWN, MARTIAN_IP4_SOURCE_BROADCAST);
	}
	return source_refused(cfg, martian);
}

static uint16_t check(const struct worker_cfg *cfg, struct rte_mbuf *m)
{
	const struct ip4_header *ip = rte_pktmbuf_mtod_offset(m, const struct ip4_header *, PKT_L3);
	enum ip4_check_result result;

	result = ip4_check(ip, m->pkt_len - PKT_L3);
	if (unlikely(result != IP4_OK))
		return drop(m, reason_of[result]);
	if (unlikely(ip4_source_is_martian(ip->src) || own_may_be(cfg->own, own_place4(ip->src)))) {
		const enum drop_reason reason = odd_source(cfg, m, ip);

		if (reason != DROP_COUNT)
			return drop(m, reason);
	}
	chain_trim_padding(m, net_swap16(ip->total_length));
	return EDGE_LOOKUP;
}

static uint16_t ip4_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker_cfg *cfg = graph_worker(node)->cfg;
	uint16_t next[GRAPH_BURST], differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = check(cfg, objs[i]);
		differs |= next[i];
	}
	if (unlikely(cfg->rpf))
		differs |= rpf_divert(cfg, objs, next, n, EDGE_LOOKUP, EDGE_RPF);
	graph_dispatch(graph, node, objs, next, n, EDGE_LOOKUP, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_input",
	.process = ip4_input,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_LOOKUP] = "ip4_lookup",
			[EDGE_DROP] = "drop",
			[EDGE_RPF] = "ip4_rpf" },
};
RTE_NODE_REGISTER(node)
