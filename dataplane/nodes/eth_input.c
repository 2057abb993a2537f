/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * eth_input: is the frame for us, and what is in it? Sets the packet's interface. Tagged frames go
 * by vlan_input, which takes the tag off. From here on headers lie in a packet's first buffer. What
 * is plain goes to ip4_lookup at once.
 */
#include "dataplane/nodes/chain.h"
#include "dataplane/nodes/eth.h"
#include "dataplane/nodes/plain.h"
#include "dataplane/run/graph.h"

#define EDGE_LOOKUP ETH_EDGES /* the edges of eth.h, and one more */

static uint16_t classify(struct worker *w, const struct worker_cfg *cfg, void **obj)
{
	return chain_has(w, obj, CHAIN_HEADERS) ? eth_classify(cfg, *obj) : (uint16_t)ETH_EDGE_DROP;
}

static uint16_t eth_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	const struct worker_cfg *cfg = w->cfg;
	const struct own_set *own = cfg->own;
	const bool shortcut = !cfg->rpf;
	uint16_t next[GRAPH_BURST], usual = 0, differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];

		*pkt_iface(m) = cfg->ports[m->port].iface;
		next[i] = likely(shortcut && plain_ip4(cfg, own, m)) ? (uint16_t)EDGE_LOOKUP
								     : classify(w, cfg, &objs[i]);
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
	.nb_edges = ETH_EDGES + 1,
	.next_nodes = { ETH_NEXT_NODES, [ETH_EDGE_VLAN] = "vlan_input",
			[EDGE_LOOKUP] = "ip4_lookup" },
};
RTE_NODE_REGISTER(node)
