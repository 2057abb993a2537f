/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers of a board: which lanes each polls and fills, their configurations, start and stop. Every
 * worker can send on every lane: on its own queue where the lane is its, else through the ring to
 * the lane's owner. Control thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/run/graph.h"
#include "lib/base/log.h"

static int place_lanes(struct board *b, struct err *err)
{
	struct placement_lane *lanes = calloc(b->n_lanes, sizeof(*lanes));

	if (!lanes)
		return err_set(err, -ENOMEM, "placement: no memory");
	for (unsigned i = 0; i < b->n_lanes; i++) {
		const struct board_port *port = &b->ports[b->lanes[i].port];
		const struct config_port *p = &b->cfg->ports[b->lanes[i].port];
		const int node = p->numa >= 0 ? p->numa : b->cfg->engines[p->engine].numa;

		lanes[i] = (struct placement_lane){ .node = node,
						    .port = b->lanes[i].port,
						    .group = b->lanes[i].index % port->rx_queues };
	}
	placement_lanes(&b->placement, lanes, b->n_lanes);
	for (unsigned i = 0; i < b->n_lanes; i++)
		b->lanes[i].worker = lanes[i].worker;
	free(lanes);
	return 0;
}

static int make_handoff(struct board *b, struct err *err)
{
	for (unsigned from = 0; from < b->n_workers; from++) {
		for (unsigned to = 0; to < b->n_workers; to++) {
			char name[RTE_RING_NAMESIZE];

			if (from == to)
				continue;
			snprintf(name, sizeof(name), "handoff%u.%u", from, to);
			b->handoff[from][to] = rte_ring_create(name, WORKER_CTL_RING,
							       b->placement.workers[to].node,
							       RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (!b->handoff[from][to])
				return err_set(err, -rte_errno, "ring %s: %s", name,
					       rte_strerror(rte_errno));
		}
	}
	return 0;
}

/* A worker sends on its own lanes of a port; of a port it has none of, on all by handing over. */
static bool uses_lane(const struct board *b, unsigned w, unsigned i)
{
	const struct board_port *port = &b->ports[b->lanes[i].port];

	if (b->lanes[i].worker == w)
		return true;
	for (unsigned k = 0; k < port->n_lanes; k++)
		if (b->lanes[port->first_lane + k].worker == w)
			return false; /* it has others of this port */
	return true;
}

/* A worker's tx slots are its lanes, or all lanes of a port it has none of, in lane order. */
static uint16_t slot_of(const struct board *b, unsigned w, unsigned lane)
{
	uint16_t slot = 0;

	for (unsigned i = 0; i < lane; i++)
		slot += uses_lane(b, w, i);
	return slot;
}

static struct worker_cfg *make_cfg(struct board *b, unsigned w)
{
	const int node = b->placement.workers[w].node;
	const size_t n = b->n_lanes;
	const size_t size = sizeof(struct worker_cfg) +
			    n * (sizeof(struct lane_rx) + sizeof(struct lane_tx) + sizeof(void *)) +
			    b->n_workers * sizeof(void *);
	struct worker_cfg *c = rte_zmalloc_socket("worker_cfg", size, RTE_CACHE_LINE_SIZE, node);
	struct lane_tx *tx;
	struct lane_rx *rx;
	struct telemetry_block **cells;
	struct rte_ring **handoff;

	if (!c)
		return NULL;
	tx = (struct lane_tx *)(c + 1);
	cells = (struct telemetry_block **)(tx + n);
	handoff = (struct rte_ring **)(cells + n);
	rx = (struct lane_rx *)(handoff + b->n_workers);
	c->tx = tx;
	c->rx = rx;
	c->cells = cells;
	c->handoff = handoff;
	c->ifaces = b->ifaces;
	c->fib4 = b->fib4;
	c->fib6 = b->fib6;
	c->nexthops = b->nexthops;
	c->icmp_errors_pps = b->cfg->icmp_errors_pps;
	c->idle_poll = b->cfg->idle_poll;
	for (unsigned i = 0; i < n; i++) {
		const struct board_lane *lane = &b->lanes[i];
		struct port_view *view = &c->ports[b->ports[lane->port].id];

		cells[i] = telemetry_lcore_lane(b->telemetry, w, i);
		if (lane->worker == w && lane->index < b->ports[lane->port].rx_queues)
			rx[c->n_rx++] = (struct lane_rx){ .port = b->ports[lane->port].id,
							  .queue = lane->index,
							  .lane = (uint16_t)i,
							  .cell = cells[i] };
		if (!uses_lane(b, w, i))
			continue;
		if (!view->tx_count)
			view->tx_first = c->n_tx;
		view->tx_count++;
		tx[c->n_tx++] = (struct lane_tx){
			.port = b->ports[lane->port].id,
			.queue = lane->index,
			.lane = (uint16_t)i,
			.cell = cells[i],
			.via = lane->worker == w ? NULL : b->handoff[w][lane->worker],
			.owner_slot = slot_of(b, lane->worker, i),
		};
	}
	for (unsigned p = 0; p < b->n_ports; p++) {
		struct port_view *view = &c->ports[b->ports[p].id];

		memcpy(&view->mac, b->ports[p].mac, 6);
		view->iface = (uint16_t)(p + 1); /* config: ifaces[p] is port p untagged */
		if (b->ports[p].cut) /* its slots keep their numbers: rings may hold some */
			view->tx_count = 0;
		view->vlan_iface = b->ports[p].vlan_iface;
	}
	for (unsigned from = 0; from < b->n_workers; from++)
		if (from != w)
			handoff[c->n_handoff++] = b->handoff[from][w];
	return c;
}

int workers_create(struct board *b, struct err *err)
{
	int ret = place_lanes(b, err);

	if (!ret)
		ret = make_handoff(b, err);
	for (unsigned w = 0; !ret && w < b->n_workers; w++) {
		ret = worker_create(&b->workers[w], w, b->placement.workers[w].node, b->n_lanes,
				    b->rcu, telemetry_lcore(b->telemetry, w), err);
		if (ret)
			break;
		b->workers[w]->uncounted = eal_options.no_telemetry;
		b->cfgs[w] = make_cfg(b, w);
		if (!b->cfgs[w])
			return err_set(err, -ENOMEM, "worker %u: no memory", w);
		worker_publish(b->workers[w], b->cfgs[w]);
	}
	return ret;
}

static void free_cfg(void *arg, void *cfg)
{
	(void)arg;
	rte_free(cfg);
}

void workers_republish(struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		struct worker_cfg *c = make_cfg(b, w);

		if (!c) {
			log_error("worker %u: no memory for a new configuration; it keeps the old",
				  w);
			continue;
		}
		worker_publish(b->workers[w], c); /* first: the grace period begins after it */
		if (rcu_retire(b->rcu, free_cfg, NULL, b->cfgs[w]) != 0) {
			rcu_wait(b->rcu, rcu_token(b->rcu));
			rte_free(b->cfgs[w]);
		}
		b->cfgs[w] = c;
	}
}

int workers_start(struct board *b, struct err *err)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		const int ret = rte_eal_remote_launch(worker_main, b->workers[w], w + 1);

		if (ret)
			return err_set(err, ret, "worker %u: lcore %u does not start (%s)", w,
				       w + 1, strerror(-ret));
		b->running = true;
	}
	return 0;
}

void workers_stop(struct board *b)
{
	if (!b->running)
		return;
	for (unsigned w = 0; w < b->n_workers; w++)
		worker_stop(b->workers[w]);
	for (unsigned w = 0; w < b->n_workers; w++)
		rte_eal_wait_lcore(w + 1);
	b->running = false;
}

static void drain(struct board *b, struct rte_ring *ring)
{
	void *m;

	while (ring && rte_ring_sc_dequeue(ring, &m) == 0)
		punt_drop(b, m, DROP_SHUTDOWN);
	rte_ring_free(ring);
}

void workers_destroy(struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		for (unsigned to = 0; to < b->n_workers; to++) {
			drain(b, b->handoff[w][to]);
			b->handoff[w][to] = NULL;
		}
		worker_destroy(b->workers[w]);
		rte_free(b->cfgs[w]);
	}
}
