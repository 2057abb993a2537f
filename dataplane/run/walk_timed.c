/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk that times its nodes; a worker takes it once in WORKER_TIMED_EVERY loops. */
#include <rte_graph.h>
#ifndef RTE_LIBRTE_GRAPH_STATS
#define RTE_LIBRTE_GRAPH_STATS 1
#endif
#include <rte_graph_worker.h>

/* Not through graph.h, which undefines the very switch this file is for. */
void walk_timed(struct rte_graph *graph);

void walk_timed(struct rte_graph *graph)
{
	rte_graph_walk(graph);
}
