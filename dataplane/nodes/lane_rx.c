/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane_rx: the graph's source. Polls the worker's lanes in turn, takes what the control thread and
 * other workers hand over, and starts everything on its way. At most GRAPH_BURST packets a loop, so
 * no stream of the graph ever has to grow. What is on its way out is taken first, and whoever it is
 * from or for, there is always room for one burst of a lane: lanes and rings take turns.
 */
#include <rte_ethdev.h>

#include "dataplane/nodes/send.h"
#include "dataplane/nodes/spread.h"
#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "lib/net/ether.h"

enum {
	EDGE_ETH_INPUT,
	EDGE_IP4_LOOKUP,
	EDGE_IP6_LOOKUP,
	EDGE_IP4_ERROR,
	EDGE_IP6_ERROR,
	EDGE_LANE_TX,
	EDGE_DROP,
	EDGES
};

#define CONTROL_MAX 32                /* packets from the control thread a loop */
#define HANDOFF_MAX (GRAPH_BURST / 2) /* from all rings of other workers, of each kind */

static_assert(CONTROL_MAX + HANDOFF_MAX + WORKER_RX_BURST <= GRAPH_BURST, "room for a lane");

/* The home of the lane a packet is stamped for; NULL when the lane has begun another life since. */
static inline const struct lane_home *home_of(const struct worker *w, struct rte_mbuf *m)
{
	const uint32_t stamp = *pkt_arg(m);
	const struct lane_home *home = &w->cfg->homes[(uint16_t)stamp];

	return likely(home->stamp == stamp) ? home : NULL;
}

static rte_edge_t control_edge(struct worker *w, struct rte_mbuf *m)
{
	const bool is4 = *rte_pktmbuf_mtod_offset(m, const uint8_t *, PKT_L3) >> 4 == 4;

	switch (*pkt_kind(m)) {
	case PKT_TO_WORKER_FORWARD:
		return is4 ? EDGE_IP4_LOOKUP : EDGE_IP6_LOOKUP;
	case PKT_TO_WORKER_FAILED:
		*pkt_arg(m) = icmp_cause(ICMP_CAUSE_NEIGHBOR, 0);
		return is4 ? EDGE_IP4_ERROR : EDGE_IP6_ERROR;
	default:
		if (!home_of(w, m)) {
			*pkt_arg(m) = DROP_PORT_REMOVED;
			return EDGE_DROP;
		}
		if (!send_choose_lane(w, m, m->port)) {
			*pkt_arg(m) = DROP_PORT_DOWN;
			return EDGE_DROP;
		}
		return EDGE_LANE_TX;
	}
}

static uint16_t take_control(struct rte_graph *graph, struct rte_node *node, struct worker *w)
{
	void *pkts[CONTROL_MAX];
	const unsigned n = rte_ring_sc_dequeue_burst(w->from_control, pkts, CONTROL_MAX, NULL);

	for (unsigned i = 0; i < n; i++)
		rte_node_enqueue_x1(graph, node, control_edge(w, pkts[i]), pkts[i]);
	return (uint16_t)n;
}

/* What other workers have for our lanes; the ports some of it was meant for may be gone. */
static uint16_t take_handoff(struct rte_graph *graph, struct rte_node *node, struct worker *w,
			     struct rte_ring *ring, uint16_t max)
{
	void *pkts[HANDOFF_MAX], *gone[HANDOFF_MAX];
	const unsigned n = rte_ring_sc_dequeue_burst(ring, pkts, max, NULL);
	uint16_t n_tx = 0, n_gone = 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const struct lane_home *home = home_of(w, m);

		if (likely(home)) {
			*pkt_arg(m) = home->slot;
			pkts[n_tx++] = m;
		} else {
			*pkt_arg(m) = DROP_PORT_REMOVED;
			gone[n_gone++] = m;
		}
	}
	if (n_tx)
		rte_node_enqueue(graph, node, EDGE_LANE_TX, pkts, n_tx);
	if (unlikely(n_gone))
		rte_node_enqueue(graph, node, EDGE_DROP, gone, n_gone);
	return (uint16_t)n;
}

static void arrive(struct worker *w, const struct lane_rx *rx, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		rte_prefetch0(rte_pktmbuf_mtod(m, void *));
		*pkt_lane(m) = rx->lane;
		bytes += m->pkt_len;
	}
	if (unlikely(w->uncounted))
		return;
	telemetry_block_begin(rx->cell);
	counter_add(&rx->cell->v[CELL_RX_PACKETS], n);
	counter_add(&rx->cell->v[CELL_RX_BYTES], bytes);
	telemetry_block_end(rx->cell, w->tsc);
}

/* From the rings of the others; how many packets. */
static uint16_t take_handoffs(struct rte_graph *graph, struct rte_node *node, struct worker *w)
{
	const struct worker_cfg *cfg = w->cfg;
	uint16_t ring = w->ring_start < cfg->n_handoff ? w->ring_start : 0, taken = 0;

	for (uint16_t i = 0; i < cfg->n_handoff && taken < HANDOFF_MAX; i++) {
		taken += take_handoff(graph, node, w, cfg->handoff[ring], HANDOFF_MAX - taken);
		ring = ring + 1 < cfg->n_handoff ? ring + 1 : 0;
	}
	w->ring_start = ring;
	return taken;
}

/* Flows of others' lanes; a worker that helps has none of its own. Into pkts; how many. */
static uint16_t take_spread(struct rte_graph *graph, struct rte_node *node, struct worker *w,
			    struct rte_mbuf **pkts, uint16_t room)
{
	uint16_t n = 0;

	room = RTE_MIN(HANDOFF_MAX, room - WORKER_RX_BURST);
	for (uint16_t i = 0; i < w->cfg->n_spread && room; i++) {
		void *gone[HANDOFF_MAX];
		uint16_t n_gone;
		const uint16_t got =
			spread_take(w, w->cfg->spread[i], &pkts[n], room, gone, &n_gone);

		if (unlikely(n_gone))
			rte_node_enqueue(graph, node, EDGE_DROP, gone, n_gone);
		n += got;
		room -= got + n_gone;
		w->rx_this_loop += got + n_gone;
	}
	return n;
}

/* Lanes in turn, up to `room` packets; those not for others of the team into pkts. How many. */
static uint16_t poll_lanes(struct worker *w, struct rte_mbuf **pkts, uint16_t room)
{
	const struct worker_cfg *cfg = w->cfg;
	uint16_t n = 0, taken = 0, lane = w->rx_start < cfg->n_rx ? w->rx_start : 0;

	for (uint16_t i = 0; i < cfg->n_rx && taken + WORKER_RX_BURST <= room; i++) {
		const struct lane_rx *rx = &cfg->rx[lane];
		const uint16_t got =
			rte_eth_rx_burst(rx->port, rx->queue, &pkts[n], WORKER_RX_BURST);

		lane = lane + 1 < cfg->n_rx ? lane + 1 : 0;
		if (!got)
			continue;
		arrive(w, rx, &pkts[n], got);
		taken += got;
		n += likely(cfg->n_team <= 1) ? got : spread_share(w, rx, &pkts[n], got);
	}
	w->rx_start = lane;
	w->rx_this_loop += taken;
	if (unlikely(cfg->n_team > 1))
		spread_flush(w);
	return n;
}

static uint16_t lane_rx(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb)
{
	struct worker *w = graph_worker(node);
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	uint16_t room = GRAPH_BURST, n;

	(void)nb;
	if (unlikely(!rte_ring_empty(w->from_control)))
		room -= take_control(graph, node, w);
	room -= take_handoffs(graph, node, w);
	w->rx_this_loop = GRAPH_BURST - room;
	n = unlikely(w->cfg->n_spread) ? take_spread(graph, node, w, pkts, room) : 0;
	n += poll_lanes(w, pkts + n, GRAPH_BURST - w->rx_this_loop);
	if (n)
		graph_dispatch_all(graph, node, n, EDGE_ETH_INPUT);
	return n;
}

static struct rte_node_register node = {
	.name = "lane_rx",
	.flags = RTE_NODE_SOURCE_F,
	.process = lane_rx,
	.init = graph_node_init,
	.nb_edges = EDGES,
	.next_nodes = { [EDGE_ETH_INPUT] = "eth_input",
			[EDGE_IP4_LOOKUP] = "ip4_lookup",
			[EDGE_IP6_LOOKUP] = "ip6_lookup",
			[EDGE_IP4_ERROR] = "ip4_error",
			[EDGE_IP6_ERROR] = "ip6_error",
			[EDGE_LANE_TX] = "lane_tx",
			[EDGE_DROP] = "drop" },
};
RTE_NODE_REGISTER(node)
