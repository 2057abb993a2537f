/* SPDX-License-Identifier: BSD-3-Clause */
/* drop: counts each packet on its lane by reason and frees it; runs of a kind together. */
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"

static uint16_t drop(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	uint16_t from = 0;

	(void)graph;
	for (uint16_t i = 1; i <= n; i++) {
		if (i < n && *pkt_arg(pkts[i]) == *pkt_arg(pkts[from]) &&
		    *pkt_lane(pkts[i]) == *pkt_lane(pkts[from]))
			continue;
		worker_drop(w, &pkts[from], i - from, *pkt_lane(pkts[from]),
			    (enum drop_reason) * pkt_arg(pkts[from]));
		from = i;
	}
	return n;
}

static struct rte_node_register node = {
	.name = "drop",
	.process = drop,
	.init = graph_node_init,
};
RTE_NODE_REGISTER(node)
