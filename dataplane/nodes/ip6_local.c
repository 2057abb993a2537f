/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_local: packets to an address of ours, to any link-local address and to groups. Neighbour
 * discovery goes to the control thread; echo requests are answered in place. Where the port has a
 * twin in the kernel the rest is the host's, groups of the link included. Else UDP to a unicast
 * address of ours is told that nobody listens, and the rest is dropped.
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/error.h"
#include "dataplane/run/graph.h"
#include "lib/net/icmp.h"
#include "lib/net/ip6.h"
#include "lib/net/nd.h"

enum { EDGE_LOOKUP, EDGE_DROP, EDGE_ERROR, EDGE_PUNT, EDGE_LANE_TX, EDGES };

static uint16_t drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return EDGE_DROP;
}

/* A reply to or from a link-local address goes back as the request came, not by the route table. */
static uint16_t send_back(struct worker *w, struct rte_mbuf *m, const struct iface *iface)
{
	struct eth_header *eth = rte_pktmbuf_mtod(m, struct eth_header *);

	memcpy(eth->dst, eth->src, 6);
	memcpy(eth->src, iface->mac, 6);
	if (iface->vlan && !send_push_vlan(m, iface->vlan))
		return drop(m, DROP_NO_HEADROOM);
	if (!send_choose_lane(w, m, iface->port))
		return drop(m, DROP_PORT_DOWN);
	return EDGE_LANE_TX;
}

static uint16_t echo(struct worker *w, struct rte_mbuf *m, struct ip6_header *ip,
		     const struct iface *iface)
{
	const bool near = ip6_is_link_local(ip->src) || ip6_is_link_local(ip->dst);
	const uint8_t *src = ip->dst;

	switch (icmp6_echo_check(ip, m->data_len - PKT_L3)) {
	case ICMP_OK:
		break;
	case ICMP_OTHER_TYPE:
		return drop(m, DROP_IP6_LOCAL_PROTOCOL);
	default:
		return drop(m, DROP_IP6_ICMP_BAD);
	}
	if (ip6_is_unspecified(ip->src))
		return drop(m, DROP_IP6_SOURCE_UNSPECIFIED);
	if (ip6_is_multicast(ip->dst))
		src = iface_source6(iface, ip->src);
	if (!src)
		return drop(m, DROP_ICMP_NO_SOURCE);
	error_count(w, m, CELL_ICMP_ECHOS);
	icmp6_echo_reply(ip, src == ip->dst ? NULL : src, near ? LOCAL_TTL - 1 : LOCAL_TTL);
	return near ? send_back(w, m, iface) : EDGE_LOOKUP;
}

/* Groups every node listens to, and those of our own addresses (RFC 4291 2.8). */
static bool listens(const struct iface *iface, const uint8_t group[16])
{
	static const uint8_t all[15] = { 0xff, 2 };
	uint8_t own[16];

	if (memcmp(group, all, 15) == 0 && (group[15] == 1 || group[15] == 2))
		return true;
	for (uint8_t i = 0; i < iface->n6; i++) {
		ip6_solicited_node(iface->addr6[i].addr, own);
		if (memcmp(own, group, 16) == 0)
			return true;
	}
	return false;
}

static uint16_t for_host(struct rte_mbuf *m)
{
	*pkt_kind(m) = PKT_TO_CONTROL_HOST;
	return EDGE_PUNT;
}

/* Neighbour discovery is ours, and echo requests to an address that is; whole and unfragmented. */
static uint16_t receive_for_host(struct worker *w, struct rte_mbuf *m, struct ip6_header *ip,
				 const struct iface *iface)
{
	const uint16_t have = m->data_len - PKT_L3;
	const bool group = ip6_is_multicast(ip->dst);
	struct ip6_walk walk;
	uint8_t type;

	if (group && !ip6_is_link_scope_multicast(ip->dst))
		return drop(m, DROP_IP6_GROUP);
	if (ip6_is_link_local(ip->dst) && !iface_has6(iface, ip->dst))
		return drop(m, DROP_IP6_LINK_LOCAL);
	if (ip6_walk(ip, have, &walk) != IP6_WALK_OK || walk.fragment ||
	    walk.protocol != NET_PROTO_ICMP6 || walk.upper_offset >= have)
		return for_host(m);
	type = *((const uint8_t *)ip + walk.upper_offset);
	if (type == NET_ICMP6_NEIGHBOR_SOLICIT || type == NET_ICMP6_NEIGHBOR_ADVERT) {
		*pkt_kind(m) = PKT_TO_CONTROL_ND;
		return EDGE_PUNT;
	}
	if (type != NET_ICMP6_ECHO_REQUEST || (group && !listens(iface, ip->dst)))
		return for_host(m);
	return echo(w, m, ip, iface);
}

/* Messages to us are read in one piece. */
static uint16_t receive(struct worker *w, void **obj)
{
	if (!chain_has(w, obj, UINT32_MAX))
		return EDGE_DROP;
	struct rte_mbuf *m = *obj;
	struct ip6_header *ip = rte_pktmbuf_mtod_offset(m, struct ip6_header *, PKT_L3);
	const struct iface *iface = &w->cfg->ifaces[*pkt_iface(m)];
	const bool group = ip6_is_multicast(ip->dst);
	const uint16_t have = m->data_len - PKT_L3;
	struct ip6_walk walk;

	if (iface->host)
		return receive_for_host(w, m, ip, iface);
	if (group && !listens(iface, ip->dst))
		return drop(m, DROP_IP6_GROUP);
	if (ip6_is_link_local(ip->dst) && !iface_has6(iface, ip->dst))
		return drop(m, DROP_IP6_LINK_LOCAL);
	if (ip6_walk(ip, have, &walk) != IP6_WALK_OK || walk.fragment)
		return drop(m, DROP_IP6_LOCAL_PROTOCOL);
	if (walk.protocol == NET_PROTO_ICMP6) {
		const uint8_t *type = (const uint8_t *)ip + walk.upper_offset;

		if (walk.upper_offset >= have)
			return drop(m, DROP_IP6_ICMP_BAD);
		if (*type == NET_ICMP6_NEIGHBOR_SOLICIT || *type == NET_ICMP6_NEIGHBOR_ADVERT) {
			*pkt_kind(m) = PKT_TO_CONTROL_ND;
			return EDGE_PUNT;
		}
		if (group && *type != NET_ICMP6_ECHO_REQUEST)
			return drop(m, DROP_IP6_GROUP); /* router and listener discovery */
		return echo(w, m, ip, iface);
	}
	if (group)
		return drop(m, DROP_IP6_GROUP);
	if (walk.protocol == NET_PROTO_UDP && !ip6_is_link_local(ip->src)) {
		*pkt_arg(m) = icmp_cause(ICMP_CAUSE_PORT, 0);
		return EDGE_ERROR;
	}
	return drop(m, DROP_IP6_LOCAL_PROTOCOL);
}

static uint16_t ip6_local(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
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
	.name = "ip6_local",
	.process = ip6_local,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_LOOKUP] = "ip6_lookup",
			[EDGE_DROP] = "drop",
			[EDGE_ERROR] = "ip6_error",
			[EDGE_PUNT] = "punt",
			[EDGE_LANE_TX] = "lane_tx" },
};
RTE_NODE_REGISTER(node)
