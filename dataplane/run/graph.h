/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only contact with rte_graph's node interface (experimental in 22.11): context, dispatch and
 * registration. A node's per-burst function computes next[i] for each packet and ends in
 * graph_dispatch(). Worker threads only, except graph_create/graph_destroy (control thread).
 */
#ifndef CPX_DATAPLANE_RUN_GRAPH_H
#define CPX_DATAPLANE_RUN_GRAPH_H

#undef RTE_LIBRTE_GRAPH_STATS /* walk_timed.c has the walk that takes time stamps */
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "lib/base/err.h"

/* One burst of the whole graph never exceeds this, so no stream is ever reallocated. */
#define GRAPH_BURST RTE_GRAPH_BURST_SIZE

struct worker;

struct graph_ctx {
	struct worker *worker;
	void *state;
};
static_assert(sizeof(struct graph_ctx) <= RTE_NODE_CTX_SZ, "node context holds two pointers");

static inline struct worker *graph_worker(const struct rte_node *node)
{
	return ((const struct graph_ctx *)node->ctx)->worker;
}

/*
 * Send objs[i] to edge next[i]. Most packets take `usual`; they stay in place and the whole array
 * is handed over by pointer. The others are gathered edge by edge: one enqueue an edge, not a
 * packet.
 */
void graph_dispatch_mixed(struct rte_graph *graph, struct rte_node *node, void **objs,
			  const uint16_t *next, uint16_t n, rte_edge_t usual);

static inline void graph_dispatch(struct rte_graph *graph, struct rte_node *node, void **objs,
				  const uint16_t *next, uint16_t n, rte_edge_t usual,
				  uint16_t differs)
{
	if (likely(!differs)) {
		node->idx = n;
		rte_node_next_stream_move(graph, node, usual);
		return;
	}
	graph_dispatch_mixed(graph, node, objs, next, n, usual);
}

/* All n packets to one edge. */
static inline void graph_dispatch_all(struct rte_graph *graph, struct rte_node *node, uint16_t n,
				      rte_edge_t edge)
{
	node->idx = n;
	rte_node_next_stream_move(graph, node, edge);
}

/* .init of every node: stores the worker whose graph is being made. */
int graph_node_init(const struct rte_graph *graph, struct rte_node *node);

/* One graph of all our nodes for a worker. NULL with the reason on failure. */
struct rte_graph *graph_create(struct worker *w, unsigned index, int numa_node, struct err *err);
/* The graph made last goes first: rte_graph 22.11 counts its ids back by one. */
void graph_destroy(unsigned index);
/* Streams that had to grow inside the fast path since start; must be 0. */
uint64_t graph_realloc_count(unsigned index);

void walk_quiet(struct rte_graph *graph); /* no time stamps */
void walk_timed(struct rte_graph *graph); /* adds cycles, calls and packets to each node */

#endif
