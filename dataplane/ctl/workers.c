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
#include "dataplane/tables/own.h"
#include "dataplane/run/punt_rates.h"
#include "lib/base/log.h"

static int place_lanes(struct board *b, struct err *err)
{
	struct placement_lane *lanes = calloc(b->n_lanes, sizeof(*lanes));

	if (!lanes)
		return err_set(err, -ENOMEM, "placement: no memory");
	for (unsigned i = 0; i < b->n_lanes; i++) {
		const struct board_port *port = &b->ports[b->lanes[i].port];
		const struct config_port *p = &port->spec;
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

void workers_share_queues(struct board *b, unsigned i)
{
	const struct board_port *port = &b->ports[i];

	for (unsigned k = port->rx_queues; k < port->spec.n_lanes; k++)
		b->lanes[port->lanes[k]].worker = b->lanes[port->lanes[k % port->rx_queues]].worker;
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
static bool uses_lane(const struct board *b, unsigned w, const struct board_port *port, unsigned k)
{
	if (b->lanes[port->lanes[k]].worker == w)
		return true;
	for (unsigned j = 0; j < port->spec.n_lanes; j++)
		if (b->lanes[port->lanes[j]].worker == w)
			return false; /* it has others of this port */
	return true;
}

/* The parts of a configuration behind its head; [n_lanes] but handoff. */
struct cfg_parts {
	struct lane_tx *tx;
	struct worker_out *out;
	struct telemetry_block **cells;
	struct rte_ring **handoff;
	struct lane_rx *rx;
	struct lane_home *homes;
	struct own_set *own;
};

static struct worker_cfg *alloc_cfg(const struct board *b, unsigned w, struct cfg_parts *p)
{
	const size_t n = b->n_lanes;
	const size_t size =
		sizeof(struct worker_cfg) + sizeof(*p->own) +
		n * (sizeof(*p->tx) + sizeof(*p->cells) + sizeof(*p->rx) + sizeof(*p->homes)) +
		b->n_workers * (sizeof(*p->handoff) + sizeof(*p->out));
	struct worker_cfg *c = rte_zmalloc_socket("worker_cfg", size, RTE_CACHE_LINE_SIZE,
						  b->placement.workers[w].node);

	if (!c)
		return NULL;
	p->own = (struct own_set *)(c + 1);
	p->tx = (struct lane_tx *)(p->own + 1);
	p->out = (struct worker_out *)(p->tx + n);
	p->cells = (struct telemetry_block **)(p->out + b->n_workers);
	p->handoff = (struct rte_ring **)(p->cells + n);
	p->rx = (struct lane_rx *)(p->handoff + b->n_workers);
	p->homes = (struct lane_home *)(p->rx + n);
	c->tx = p->tx;
	c->out = p->out;
	c->rx = p->rx;
	c->cells = p->cells;
	c->handoff = p->handoff;
	c->homes = p->homes;
	c->own = p->own;
	return c;
}

static void add_port(const struct board *b, unsigned w, unsigned i, struct worker_cfg *c,
		     struct cfg_parts *parts)
{
	const struct board_port *port = &b->ports[i];
	struct port_view *view = &c->ports[port->id];

	memcpy(&view->mac, port->mac, 6);
	view->iface = iface_of_port(b, i);
	view->wakes = port->wakes;
	view->host = b->ifaces[view->iface].host;
	view->vlan_iface = port->vlan_iface;
	view->tx_first = c->n_tx;
	for (uint16_t k = 0; k < port->spec.n_lanes; k++) {
		const uint16_t l = port->lanes[k];
		const struct board_lane *lane = &b->lanes[l];

		if (lane->worker == w && k < port->rx_queues)
			parts->rx[c->n_rx++] = (struct lane_rx){
				.port = port->id, .queue = k, .lane = l, .cell = parts->cells[l]
			};
		if (!uses_lane(b, w, port, k))
			continue;
		if (lane->worker == w)
			parts->homes[l] = (struct lane_home){ .stamp = lane_stamp(l, lane->life),
							      .slot = c->n_tx };
		parts->tx[c->n_tx++] = (struct lane_tx){
			.port = port->id,
			.queue = k,
			.lane = l,
			.stamp = lane_stamp(l, lane->life),
			.via = lane->worker == w ? NULL : b->handoff[w][lane->worker],
			/* counted for the lane that carries it: that one, while it is up */
			.cell = parts->cells[port->lanes[cpx_port_lane_over(port->id, k)]],
		};
	}
	/* a port that is cut keeps its slots: other workers may have handed something over */
	view->tx_count = port->cut ? 0 : c->n_tx - view->tx_first;
}

static struct worker_cfg *make_cfg(struct board *b, unsigned w)
{
	struct punt_rate share[PUNT_COUNT];
	struct cfg_parts parts;
	struct worker_cfg *c = alloc_cfg(b, w, &parts);

	if (!c)
		return NULL;
	c->ifaces = b->staging && b->shown ? b->shown : b->ifaces;
	c->n_vrfs = (uint16_t)b->n_vrfs;
	for (unsigned i = 0; i < b->n_vrfs; i++)
		c->vrfs[i] = (struct vrf_view){ b->vrfs[i].fib4, b->vrfs[i].fib6 };
	c->nexthops = b->nexthops;
	c->pool = b->pool;
	for (unsigned i = 0; i < MARTIAN_NONE; i++)
		c->filters |= (uint32_t)b->cfg->filters[i] << i;
	own_fill(parts.own, b->ifaces, b->n_ifaces + 1);
	c->icmp_errors_pps = b->cfg->icmp_errors_pps;
	punt_rates_share(share, b->cfg->punt, b->n_workers);
	for (unsigned i = 0; i < PUNT_COUNT; i++)
		c->punt_burst[i] = share[i].burst;
	c->idle_poll = b->cfg->idle_poll && !b->placement.workers[w].shared;
	for (unsigned i = 1; i <= b->n_ifaces; i++)
		c->rpf |= b->ifaces[i].rpf != IFACE_RPF_OFF;
	c->rpf_default = b->cfg->urpf_default;
	c->ip4_fragment = b->cfg->ip4_fragment;
	for (unsigned i = 0; i < b->n_lanes; i++) {
		parts.cells[i] = telemetry_lcore_lane(b->telemetry, w, i);
		parts.homes[i].stamp = LANE_STAMP_NONE;
	}
	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed && b->lanes[b->ports[i].lanes[0]].port == i)
			add_port(b, w, i, c, &parts);
	for (unsigned v = 0; v < b->n_workers; v++) {
		if (v == w)
			continue;
		parts.handoff[c->n_handoff++] = b->handoff[v][w];
		parts.out[c->n_out++] =
			(struct worker_out){ .ring = b->handoff[w][v], .to = b->workers[v] };
	}
	return c;
}

int workers_create(struct board *b, struct err *err)
{
	struct punt_rate punt[PUNT_COUNT];
	int ret = place_lanes(b, err);

	punt_rates_share(punt, b->cfg->punt, b->n_workers);
	if (!ret)
		ret = make_handoff(b, err);
	for (unsigned w = 0; !ret && w < b->n_workers; w++) {
		ret = worker_create(&b->workers[w], w, b->placement.workers[w].node, b->n_lanes,
				    punt, b->rcu, telemetry_lcore(b->telemetry, w), err);
		if (!ret)
			b->workers[w]->uncounted = eal_options.no_telemetry;
	}
	for (unsigned w = 0; !ret && w < b->n_workers; w++) {
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

static void retire_cfg(struct board *b, struct worker_cfg *c)
{
	if (rcu_retire(b->rcu, free_cfg, NULL, c) == 0)
		return;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	rte_free(c);
}

int workers_republish(struct board *b)
{
	struct worker_cfg *made[PLACEMENT_MAX_WORKERS];

	for (unsigned w = 0; w < b->n_workers; w++) {
		made[w] = make_cfg(b, w);
		if (made[w])
			continue;
		log_error("worker %u: no memory for a new configuration; all keep the old for now",
			  w);
		while (w > 0)
			rte_free(made[--w]);
		b->unpublished = true;
		return -ENOMEM;
	}
	for (unsigned w = 0; w < b->n_workers; w++) {
		worker_publish(b->workers[w], made[w]); /* first: the grace period begins here */
		retire_cfg(b, b->cfgs[w]);
		b->cfgs[w] = made[w];
	}
	b->unpublished = false;
	if (!b->staging)
		ifaces_shown(b);
	return 0;
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
