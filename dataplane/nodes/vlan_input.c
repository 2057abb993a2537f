/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vlan_input: finds the interface of a tagged frame and takes the tag off, so that every later node
 * sees layer 3 at the same place. A priority tag (id 0) is the untagged interface (802.1Q 6.9).
 */
#include "dataplane/nodes/eth.h"
#include "dataplane/run/graph.h"
#include "dataplane/tables/iface.h"

static uint16_t classify(const struct worker_cfg *cfg, struct rte_mbuf *m)
{
	const struct port_view *port = &cfg->ports[m->port];
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t id, edge;

	if (m->data_len < NET_ETHER_LEN + NET_VLAN_LEN)
		return eth_drop(m, DROP_ETH_TRUNCATED);
	id = net_swap16(((const struct vlan_header *)(p + NET_ETHER_LEN))->tci) & NET_VLAN_ID_MASK;
	if (id)
		*pkt_iface(m) = port->vlan_iface ? port->vlan_iface[id] : IFACE_NONE;
	if (*pkt_iface(m) == IFACE_NONE)
		return eth_drop(m, DROP_VLAN_UNKNOWN);
	memmove(p + NET_VLAN_LEN, p, 12);
	rte_pktmbuf_adj(m, NET_VLAN_LEN);
	edge = eth_classify(cfg, m);
	return edge == ETH_EDGE_VLAN ? eth_drop(m, DROP_VLAN_NESTED) : edge;
}

static uint16_t vlan_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker_cfg *cfg = graph_worker(node)->cfg;
	uint16_t next[GRAPH_BURST], usual = 0, differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];

		next[i] = classify(cfg, m);
		if (i == 0)
			usual = next[0];
		differs |= next[i] ^ usual;
	}
	graph_dispatch(graph, node, objs, next, n, usual, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "vlan_input",
	.process = vlan_input,
	.init = graph_node_init,
	.nb_edges = ETH_EDGE_VLAN,
	.next_nodes = { ETH_NEXT_NODES },
};
RTE_NODE_REGISTER(node)
