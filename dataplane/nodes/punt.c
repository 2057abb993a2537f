/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * punt: to the control thread, which answers ARP and neighbour discovery, holds packets whose
 * neighbour is not resolved and gives the rest to the host. The sender has set the kind (meta.h).
 * Each class has a rate of its own, each queue a ring of its own (lib/net/punt.h).
 */
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/punt_rates.h"
#include "dataplane/run/worker.h"

enum { EDGE_DROP, EDGES };

struct batch {
	uint16_t n;
	struct rte_mbuf *pkts[GRAPH_BURST];
};

struct fate { /* of the packets of a burst, by class */
	uint16_t passed[PUNT_COUNT], policed[PUNT_COUNT], full[PUNT_COUNT];
};

static enum punt_class class_of(struct rte_mbuf *m)
{
	switch (*pkt_kind(m)) {
	case PKT_TO_CONTROL_ARP:
		return PUNT_ARP;
	case PKT_TO_CONTROL_ND:
		return PUNT_ND;
	case PKT_TO_CONTROL_HOLD:
		return PUNT_RESOLVE;
	default:
		return punt_classify(rte_pktmbuf_mtod(m, const void *), m->data_len);
	}
}

static void add(struct batch *b, struct rte_mbuf *m)
{
	b->pkts[b->n++] = m;
}

static void refuse(struct batch *refused, struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	add(refused, m);
}

static void enqueue(struct rte_ring *ring, const struct batch *b, struct batch *refused,
		    struct fate *fate)
{
	const unsigned sent = rte_ring_sp_enqueue_burst(ring, (void *const *)b->pkts, b->n, NULL);

	for (unsigned i = sent; i < b->n; i++) {
		const enum punt_class c = class_of(b->pkts[i]);

		fate->passed[c]--;
		fate->full[c]++;
		refuse(refused, b->pkts[i], DROP_CONTROL_FULL);
	}
}

static void count(struct worker *w, const struct fate *fate)
{
	uint64_t *v = w->block->v;

	telemetry_block_begin(w->block);
	for (unsigned c = 0; c < PUNT_COUNT; c++) {
		counter_add(&v[WORKER_PUNT + c], fate->passed[c]);
		counter_add(&v[WORKER_PUNT_POLICED + c], fate->policed[c]);
		counter_add(&v[WORKER_PUNT_FULL + c], fate->full[c]);
	}
	telemetry_block_end(w->block, w->tsc);
}

static uint16_t punt(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *w = graph_worker(node);
	const struct worker_cfg *cfg = w->cfg;
	struct batch queue[PUNT_QUEUE_COUNT], refused;
	struct fate fate = { 0 };

	refused.n = 0;
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++)
		queue[q].n = 0;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		const enum punt_class c = class_of(m);

		if (bucket_take(&w->punt[c], w->tsc, w->tsc_hz * PUNT_UNITS,
				load_relaxed(&w->punt_rate[c]), cfg->punt_burst[c])) {
			fate.passed[c]++;
			add(&queue[punt_info[c].queue], m);
		} else {
			fate.policed[c]++;
			refuse(&refused, m, DROP_POLICED);
		}
	}
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++)
		if (queue[q].n)
			enqueue(w->to_control[q], &queue[q], &refused, &fate);
	count(w, &fate);
	if (refused.n)
		rte_node_enqueue(graph, node, EDGE_DROP, (void **)refused.pkts, refused.n);
	return n;
}

static struct rte_node_register node = {
	.name = "punt",
	.process = punt,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
