/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * eth_input: is the frame for us, and what is in it? Sets the packet's interface. Tagged frames go
 * by vlan_input, which takes the tag off. From here on headers lie in a packet's first buffer.
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/eth.h"
#include "dataplane/run/graph.h"

static uint16_t eth_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	const struct worker_cfg *cfg = w->cfg;
	uint16_t next[GRAPH_BURST], usual = 0, differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		const bool whole = chain_has(w, &objs[i], CHAIN_HEADERS);
		struct rte_mbuf *m = objs[i];

		*pkt_iface(m) = cfg->ports[m->port].iface;
		next[i] = likely(whole) ? eth_classify(cfg, m) : (uint16_t)ETH_EDGE_DROP;
		if (i == 0)
			usual = next[0];
		differs |= next[i] ^ usual;
	}
	graph_dispatch(graph, node, objs, next, n, usual, differs);
	return n;
}

static struct rte_node_register node = {
	.name = "eth_input",
	.process = eth_input,
	.init = graph_node_init,
	.nb_edges = ETH_EDGES,
	.next_nodes = { ETH_NEXT_NODES, [ETH_EDGE_VLAN] = "vlan_input" },
};
RTE_NODE_REGISTER(node)
