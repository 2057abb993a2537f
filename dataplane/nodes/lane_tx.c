/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane_tx: the graph's end. Sorts the burst by tx slot and sends each lane's share in one call; a
 * lane that another worker owns is reached through that worker's ring. What a full ring refuses is
 * dropped and counted on the lane by name.
 */
#include <rte_ethdev.h>

#include "dataplane/nodes/send.h"
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"

static uint64_t bytes_of(struct rte_mbuf *const *pkts, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	return bytes;
}

static void hand_off(struct worker *w, const struct lane_tx *tx, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t sent;

	for (uint16_t i = 0; i < n; i++)
		*pkt_arg(pkts[i]) = tx->stamp;
	sent = (uint16_t)rte_ring_sp_enqueue_burst(tx->via, (void **)pkts, n, NULL);
	if (unlikely(sent < n))
		worker_drop(w, &pkts[sent], n - sent, tx->lane, DROP_HANDOFF_FULL);
}

static void send_lane(struct worker *w, const struct lane_tx *tx, struct rte_mbuf **pkts,
		      uint16_t n)
{
	uint64_t bytes;
	uint16_t sent;

	if (unlikely(tx->via)) {
		hand_off(w, tx, pkts, n);
		return;
	}
	bytes = bytes_of(pkts, n); /* before: the mbufs are the carrier's afterwards */
	sent = rte_eth_tx_burst(tx->port, tx->queue, pkts, n);
	if (unlikely(sent < n)) {
		bytes -= bytes_of(&pkts[sent], n - sent);
		worker_drop(w, &pkts[sent], n - sent, tx->lane, DROP_LANE_TX_FULL);
	}
	if (unlikely(w->uncounted))
		return;
	telemetry_block_begin(tx->cell);
	counter_add(&tx->cell->v[CELL_TX_PACKETS], sent);
	counter_add(&tx->cell->v[CELL_TX_BYTES], bytes);
	telemetry_block_end(tx->cell, w->tsc);
}

static void flush(struct worker *w, uint16_t slot)
{
	struct tx_stage *stage = &w->stage[slot];

	send_lane(w, &w->cfg->tx[slot], stage->pkts, stage->n);
	stage->n = 0;
}

void lane_tx_send(struct worker *w, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t first = *pkt_arg(pkts[0]);
	uint32_t differs = 0;
	uint16_t n_dirty = 0;

	for (uint16_t i = 1; i < n; i++)
		differs |= *pkt_arg(pkts[i]) ^ first;
	if (!differs) {
		send_lane(w, &w->cfg->tx[first], pkts, n);
		return;
	}
	for (uint16_t i = 0; i < n; i++) {
		const uint16_t slot = (uint16_t)*pkt_arg(pkts[i]);
		struct tx_stage *stage = &w->stage[slot];

		if (stage->n == 0)
			w->dirty[n_dirty++] = slot;
		stage->pkts[stage->n++] = pkts[i];
	}
	for (uint16_t i = 0; i < n_dirty; i++)
		flush(w, w->dirty[i]);
}

static uint16_t lane_tx(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	(void)graph;
	lane_tx_send(graph_worker(node), (struct rte_mbuf **)objs, n);
	return n;
}

static struct rte_node_register node = {
	.name = "lane_tx",
	.process = lane_tx,
	.init = graph_node_init,
};
RTE_NODE_REGISTER(node)
