/* SPDX-License-Identifier: BSD-3-Clause */
/* Making a worker's graph, and the rarer half of dispatch. See graph.h. */
#include "dataplane/run/graph.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>

/* Streams are first allocated at creation, and counted; only what comes later is a reallocation. */
static uint64_t realloc_at_creation[RTE_MAX_LCORE];
static struct worker *building; /* control thread: whose graph graph_create() is making */

static const char *const node_names[] = {
	"lane_rx",     "eth_input", "vlan_input", "ip4_input",    "ip4_lookup",
	"ip4_rewrite", "ip4_local", "ip4_error",  "ip4_fragment", "ip4_rpf",
	"ip6_rpf",     "ip6_input", "ip6_lookup", "ip6_rewrite",  "ip6_local",
	"ip6_error",   "punt",      "drop",       "lane_tx",
};

int graph_node_init(const struct rte_graph *graph, struct rte_node *node)
{
	struct graph_ctx *ctx = (struct graph_ctx *)node->ctx;

	(void)graph;
	ctx->worker = building;
	ctx->state = NULL;
	return 0;
}

void graph_dispatch_mixed(struct rte_graph *graph, struct rte_node *node, void **objs,
			  const uint16_t *next, uint16_t n, rte_edge_t usual)
{
	void *side[GRAPH_BURST];
	uint16_t edge_of[GRAPH_BURST];
	uint16_t n_side = 0, n_usual = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (next[i] == usual) {
			objs[n_usual++] = objs[i];
		} else {
			edge_of[n_side] = next[i];
			side[n_side++] = objs[i];
		}
	}
	while (n_side) {
		void *same[GRAPH_BURST];
		const uint16_t edge = edge_of[0];
		uint16_t n_same = 0, left = 0;

		for (uint16_t i = 0; i < n_side; i++) {
			if (edge_of[i] == edge) {
				same[n_same++] = side[i];
			} else {
				edge_of[left] = edge_of[i];
				side[left++] = side[i];
			}
		}
		rte_node_enqueue(graph, node, edge, same, n_same);
		n_side = left;
	}
	if (n_usual)
		graph_dispatch_all(graph, node, n_usual, usual);
}

static void graph_name(char *name, size_t size, unsigned index)
{
	snprintf(name, size, "worker%u", index);
}

static uint64_t realloc_total(const char *graph)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < RTE_DIM(node_names); i++) {
		const struct rte_node *node = rte_graph_node_get_by_name(graph, node_names[i]);

		if (node)
			sum += node->realloc_count;
	}
	return sum;
}

struct rte_graph *graph_create(struct worker *w, unsigned index, int numa_node, struct err *err)
{
	const char *patterns[RTE_DIM(node_names)];
	struct rte_graph_param param = { .socket_id = numa_node,
					 .nb_node_patterns = RTE_DIM(node_names),
					 .node_patterns = patterns };
	char name[RTE_GRAPH_NAMESIZE];
	rte_graph_t id;

	memcpy(patterns, node_names, sizeof(patterns));
	graph_name(name, sizeof(name), index);
	building = w;
	id = rte_graph_create(name, &param);
	building = NULL;
	if (id == RTE_GRAPH_ID_INVALID) {
		err_set(err, -rte_errno, "graph of worker %u: %s; give the process more memory",
			index, rte_strerror(rte_errno));
		return NULL;
	}
	realloc_at_creation[index] = realloc_total(name);
	return rte_graph_lookup(name);
}

void graph_destroy(unsigned index)
{
	char name[RTE_GRAPH_NAMESIZE];

	graph_name(name, sizeof(name), index);
	rte_graph_destroy(rte_graph_from_name(name));
}

uint64_t graph_realloc_count(unsigned index)
{
	char name[RTE_GRAPH_NAMESIZE];

	graph_name(name, sizeof(name), index);
	return realloc_total(name) - realloc_at_creation[index];
}
