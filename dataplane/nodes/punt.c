/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * punt: to the control thread, which answers ARP and neighbour discovery and holds packets whose
 * neighbour is not resolved. The sender has set the kind (meta.h). The ring's size bounds the work.
 */
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"

static uint16_t punt(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	const unsigned sent = rte_ring_sp_enqueue_burst(w->to_control, objs, n, NULL);

	(void)graph;
	for (unsigned i = sent; i < n; i++)
		worker_drop(w, &pkts[i], 1, *pkt_lane(pkts[i]), DROP_CONTROL_FULL);
	return n;
}

static struct rte_node_register node = {
	.name = "punt",
	.process = punt,
	.init = graph_node_init,
};
RTE_NODE_REGISTER(node)
