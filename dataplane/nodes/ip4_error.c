/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_error: turns a packet that cannot go on into the ICMP error about it, in place (RFC 792,
 * 1191, 1812 4.3), and sends that on its way by lookup. Rate limited per worker. A packet about
 * which no error may be sent is dropped under its own reason.
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/error.h"
#include "dataplane/nodes/vrf.h"
#include "dataplane/run/graph.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/nexthop.h"
#include "lib/net/icmp.h"
#include "lib/net/ip4.h"

static const struct {
	uint8_t type, code;
} message[] = {
	[ICMP_CAUSE_TTL] = { NET_ICMP4_TIME_EXCEEDED, NET_ICMP4_TIME_EXCEEDED_TTL },
	[ICMP_CAUSE_NO_ROUTE] = { NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_NET },
	[ICMP_CAUSE_HOST] = { NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_HOST },
	[ICMP_CAUSE_NEIGHBOR] = { NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_HOST },
	[ICMP_CAUSE_PROHIBITED] = { NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_PROHIBITED },
	[ICMP_CAUSE_PORT] = { NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_PORT },
	[ICMP_CAUSE_TOO_BIG] = { NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_TOO_BIG },
};

static bool is_ours(const struct worker *w, struct rte_mbuf *m, uint32_t addr)
{
	uint32_t ip = net_swap32(addr);
	uint64_t row;

	fib4_lookup(vrf_of(w->cfg, m)->fib4, &ip, &row, 1);
	return nexthop_type(w->cfg->nexthops, (uint32_t)row) == NEXTHOP_LOCAL;
}

static uint16_t answer(struct worker *w, struct rte_mbuf *m)
{
	const uint32_t arg = *pkt_arg(m);
	const enum icmp_cause_code code = error_code(arg);
	const struct ip4_header *ip = rte_pktmbuf_mtod_offset(m, const struct ip4_header *, PKT_L3);
	const uint32_t dst = ip->src;
	const uint16_t have = m->data_len - PKT_L3;
	const uint16_t quote = RTE_MIN(icmp4_quote_length(net_swap16(ip->total_length)), have);
	const uint32_t *src;
	uint8_t *room;

	if (!icmp4_may_error(ip, have, false))
		return error_drop(m, error_reason(code));
	src = iface_source4(&w->cfg->ifaces[*pkt_iface(m)], dst);
	if (!src)
		return error_drop(m, DROP_ICMP_NO_SOURCE);
	if (is_ours(w, m, dst)) /* an echo reply of ours that nobody is there for */
		return error_drop(m, error_reason(code));
	if (!error_may_send(w))
		return error_drop(m, DROP_ICMP_RATE);
	room = error_make_room(m, quote, ICMP4_ERROR_HEADROOM, NET_ETHERTYPE_IP4);
	if (!room)
		return error_drop(m, DROP_NO_HEADROOM);
	icmp4_error_fill(room, quote, message[code].type, message[code].code, error_mtu(arg), *src,
			 dst, LOCAL_TTL);
	error_count(w, m, CELL_ICMP_ERRORS);
	return ERROR_LOOKUP;
}

static uint16_t ip4_error(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	uint16_t next[GRAPH_BURST], differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = chain_has(w, &objs[i], PKT_L3 + ICMP4_ERROR_MAX) ? answer(w, objs[i])
									   : (uint16_t)ERROR_DROP;
		differs |= next[i];
	}
	graph_dispatch(graph, node, objs, next, n, ERROR_LOOKUP, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_error",
	.process = ip4_error,
	.init = graph_node_init,
	.nb_edges = ERROR_EDGES,
	.next_nodes = { [ERROR_LOOKUP] = "ip4_lookup", [ERROR_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
