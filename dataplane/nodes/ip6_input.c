/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_input: what a router checks of an IPv6 header (RFC 8200), and martian addresses. The
 * unspecified source is let through to groups only: duplicate address detection (RFC 4862 5.4).
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/rpf.h"
#include "dataplane/nodes/vrf.h"
#include "dataplane/nodes/source.h"
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "lib/net/ip6.h"

enum { EDGE_LOOKUP, EDGE_DROP, EDGE_RPF, EDGES };

static const uint8_t reason_of[IP6_CHECK_RESULTS] = {
	[IP6_TRUNCATED] = DROP_IP6_TRUNCATED,
	[IP6_BAD_VERSION] = DROP_IP6_VERSION,
	[IP6_PAYLOAD_LONG] = DROP_IP6_PAYLOAD_LENGTH,
};

static uint16_t drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return EDGE_DROP;
}

/* Few packets come here: a source that is odd, or that may be an address of ours. */
static enum drop_reason odd_source(const struct worker_cfg *cfg, struct rte_mbuf *m,
				   const struct ip6_header *ip)
{
	enum martian martian = martian_source6(ip->src, ip->dst);
	uint8_t src[1][16];
	uint64_t row;

	if (martian == MARTIAN_NONE && own_may_be(cfg->own, own_place6(ip->src)) &&
	    !ip6_is_link_local(ip->src)) {
		memcpy(src[0], ip->src, 16);
		fib6_lookup(vrf_of(cfg, m)->fib6, src, &row, 1);
		martian = source_own(cfg, row, MARTIAN_IP6_SOURCE_OWN, MARTIAN_NONE);
	}
	return source_refused(cfg, martian);
}

static uint16_t check(const struct worker_cfg *cfg, struct rte_mbuf *m)
{
	const struct ip6_header *ip = rte_pktmbuf_mtod_offset(m, const struct ip6_header *, PKT_L3);
	enum ip6_check_result result;

	result = ip6_check(ip, m->pkt_len - PKT_L3);
	if (unlikely(result != IP6_OK))
		return drop(m, reason_of[result]);
	if (unlikely(ip6_source_is_martian(ip->src) || ip6_is_mapped(ip->src) ||
		     own_may_be(cfg->own, own_place6(ip->src)))) {
		const enum drop_reason reason = odd_source(cfg, m, ip);

		if (reason != DROP_COUNT)
			return drop(m, reason);
	}
	chain_trim_padding(m, (uint32_t)sizeof(*ip) + net_swap16(ip->payload_length));
	return EDGE_LOOKUP;
}

static uint16_t ip6_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
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
	.name = "ip6_input",
	.process = ip6_input,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_LOOKUP] = "ip6_lookup",
			[EDGE_DROP] = "drop",
			[EDGE_RPF] = "ip6_rpf" },
};
RTE_NODE_REGISTER(node)
