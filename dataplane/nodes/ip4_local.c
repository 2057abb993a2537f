/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_local: packets to an address of ours. Echo requests are answered in place. Where the port has
 * a twin in the kernel the rest is the host's, broadcasts and groups of the link included. Else UDP
 * has no listener here and is told so, which is how traceroute finds its last hop; the rest is
 * dropped.
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/error.h"
#include "dataplane/run/graph.h"
#include "dataplane/tables/nexthop.h"
#include "lib/net/icmp.h"
#include "lib/net/ip4.h"

enum { EDGE_LOOKUP, EDGE_DROP, EDGE_ERROR, EDGE_PUNT, EDGES };

static uint16_t drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return EDGE_DROP;
}

/* Read in one piece. */
static uint16_t icmp(struct worker *w, void **obj)
{
	if (!chain_has(w, obj, UINT32_MAX))
		return EDGE_DROP;
	struct rte_mbuf *m = *obj;
	struct ip4_header *ip = rte_pktmbuf_mtod_offset(m, struct ip4_header *, PKT_L3);

	switch (icmp4_echo_check(ip, m->data_len - PKT_L3)) {
	case ICMP_OK:
		icmp4_echo_reply(ip, LOCAL_TTL);
		error_count(w, m, CELL_ICMP_ECHOS);
		return EDGE_LOOKUP;
	case ICMP_FRAGMENT:
		return drop(m, DROP_IP4_FRAGMENT_LOCAL);
	case ICMP_OTHER_TYPE:
		return drop(m, DROP_IP4_LOCAL_PROTOCOL);
	default:
		return drop(m, DROP_IP4_ICMP_BAD);
	}
}

static uint16_t for_host(struct rte_mbuf *m)
{
	*pkt_kind(m) = PKT_TO_CONTROL_HOST;
	return EDGE_PUNT;
}

static uint16_t receive_for_host(struct worker *w, void **obj, const struct iface *iface)
{
	struct rte_mbuf *m = *obj;
	struct ip4_header *ip = rte_pktmbuf_mtod_offset(m, struct ip4_header *, PKT_L3);

	if (*pkt_arg(m) == NEXTHOP_ROW_GROUP)
		return iface_hears4(iface, ip->dst) ? for_host(m) : drop(m, DROP_IP4_GROUP);
	if (ip->protocol != NET_PROTO_ICMP4 || ip4_is_fragment(ip))
		return for_host(m);
	if (!chain_has(w, obj, UINT32_MAX))
		return EDGE_DROP;
	m = *obj;
	ip = rte_pktmbuf_mtod_offset(m, struct ip4_header *, PKT_L3);
	if (icmp4_echo_check(ip, m->data_len - PKT_L3) == ICMP_OTHER_TYPE)
		return for_host(m);
	return icmp(w, obj);
}

static uint16_t receive(struct worker *w, void **obj)
{
	struct rte_mbuf *m = *obj;
	struct ip4_header *ip = rte_pktmbuf_mtod_offset(m, struct ip4_header *, PKT_L3);
	const struct iface *iface = &w->cfg->ifaces[*pkt_iface(m)];

	if (iface->host)
		return receive_for_host(w, obj, iface);
	if (ip4_is_fragment(ip))
		return drop(m, DROP_IP4_FRAGMENT_LOCAL);
	switch (ip->protocol) {
	case NET_PROTO_ICMP4:
		return icmp(w, obj);
	case NET_PROTO_UDP:
		*pkt_arg(m) = icmp_cause(ICMP_CAUSE_PORT, 0);
		return EDGE_ERROR;
	default:
		return drop(m, DROP_IP4_LOCAL_PROTOCOL);
	}
}

static uint16_t ip4_local(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	uint16_t next[GRAPH_BURST], differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = receive(w, &objs[i]);
		differs |= next[i];
	}
	graph_dispatch(graph, node, objs, next, n, EDGE_LOOKUP, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "ip4_local",
	.process = ip4_local,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_LOOKUP] = "ip4_lookup",
			[EDGE_DROP] = "drop",
			[EDGE_ERROR] = "ip4_error",
			[EDGE_PUNT] = "punt" },
};
RTE_NODE_REGISTER(node)
