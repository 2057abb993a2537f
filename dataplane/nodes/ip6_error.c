/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_error: turns a packet that cannot go on into the ICMPv6 error about it, in place (RFC 4443),
 * and sends that on its way by lookup. Rate limited per worker (RFC 4443 2.4 f).
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/error.h"
#include "dataplane/nodes/vrf.h"
#include "dataplane/run/graph.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/nexthop.h"
#include "lib/net/icmp.h"
#include "lib/net/ip6.h"

static const struct {
	uint8_t type, code;
} message[] = {
	[ICMP_CAUSE_TTL] = { NET_ICMP6_TIME_EXCEEDED, 0 },
	[ICMP_CAUSE_NO_ROUTE] = { NET_ICMP6_UNREACHABLE, NET_ICMP6_UNREACHABLE_NO_ROUTE },
	[ICMP_CAUSE_HOST] = { NET_ICMP6_UNREACHABLE, NET_ICMP6_UNREACHABLE_ADDRESS },
	[ICMP_CAUSE_NEIGHBOR] = { NET_ICMP6_UNREACHABLE, NET_ICMP6_UNREACHABLE_ADDRESS },
	[ICMP_CAUSE_PROHIBITED] = { NET_ICMP6_UNREACHABLE, NET_ICMP6_UNREACHABLE_PROHIBITED },
	[ICMP_CAUSE_PORT] = { NET_ICMP6_UNREACHABLE, NET_ICMP6_UNREACHABLE_PORT },
	[ICMP_CAUSE_TOO_BIG] = { NET_ICMP6_TOO_BIG, 0 },
};

static bool is_ours(const struct worker *w, struct rte_mbuf *m, const uint8_t addr[16])
{
	uint8_t ip[1][16];
	uint64_t row;

	memcpy(ip[0], addr, 16);
	fib6_lookup(vrf_of(w->cfg, m)->fib6, ip, &row, 1);
	return nexthop_type(w->cfg->nexthops, (uint32_t)row) == NEXTHOP_LOCAL;
}

static uint16_t answer(struct worker *w, struct rte_mbuf *m)
{
	const uint32_t arg = *pkt_arg(m);
	const enum icmp_cause_code code = error_code(arg);
	const struct ip6_header *ip = rte_pktmbuf_mtod_offset(m, const struct ip6_header *, PKT_L3);
	const uint32_t total = sizeof(*ip) + net_swap16(ip->payload_length);
	const uint16_t have = m->data_len - PKT_L3;
	const uint16_t quote = RTE_MIN(icmp6_quote_length(total), have);
	const uint8_t *src;
	uint8_t dst[16], *room;

	if (!icmp6_may_error(ip, have, false, message[code].type, message[code].code))
		return error_drop(m, error_reason(code));
	memcpy(dst, ip->src, 16);
	src = iface_source6(&w->cfg->ifaces[*pkt_iface(m)], dst);
	if (!src || ip6_is_link_local(src))
		return error_drop(m, DROP_ICMP_NO_SOURCE);
	if (is_ours(w, m, dst)) /* an echo reply of ours that nobody is there for */
		return error_drop(m, error_reason(code));
	if (!error_may_send(w))
		return error_drop(m, DROP_ICMP_RATE);
	room = error_make_room(m, quote, ICMP6_ERROR_HEADROOM, NET_ETHERTYPE_IP6);
	if (!room)
		return error_drop(m, DROP_NO_HEADROOM);
	icmp6_error_fill(room, quote, message[code].type, message[code].code, error_mtu(arg), src,
			 dst, LOCAL_TTL);
	error_count(w, m, CELL_ICMP_ERRORS);
	return ERROR_LOOKUP;
}

static uint16_t ip6_error(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	uint16_t next[GRAPH_BURST], differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = chain_has(w, &objs[i], PKT_L3 + ICMP6_ERROR_MAX) ? answer(w, objs[i])
									   : (uint16_t)ERROR_DROP;
		differs |= next[i];
	}
	graph_dispatch(graph, node, objs, next, n, ERROR_LOOKUP, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip6_error",
	.process = ip6_error,
	.init = graph_node_init,
	.nb_edges = ERROR_EDGES,
	.next_nodes = { [ERROR_LOOKUP] = "ip6_lookup", [ERROR_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
