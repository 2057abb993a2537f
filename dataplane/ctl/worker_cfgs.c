/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configurations of workers from the board's present state: which lanes each polls, how it reaches
 * each lane, what it shares with whom. Every worker can send on every lane: on its own queue where
 * the lane is its, else through the ring to the lane's owner. Control thread.
 */
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/run/punt_rates.h"
#include "dataplane/tables/own.h"
#include "lib/base/log.h"

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

/* The parts of a configuration behind its head; [n_lanes], rings [n_workers]. */
struct cfg_parts {
	struct lane_tx *tx;
	struct worker_out *out; /* two each */
	struct telemetry_block **cells;
	struct rte_ring **handoff, **spread, **team;
	struct lane_rx *rx;
	struct lane_home *homes;
	uint32_t *stamps;
	struct own_set *own;
};

static struct worker_cfg *alloc_cfg(const struct board *b, unsigned w, struct cfg_parts *p)
{
	const size_t n = b->n_lanes, rings = b->n_workers;
	const size_t size = sizeof(struct worker_cfg) + sizeof(*p->own) +
			    n * (sizeof(*p->tx) + sizeof(*p->cells) + sizeof(*p->rx) +
				 sizeof(*p->homes) + sizeof(*p->stamps)) +
			    rings * (3 * sizeof(*p->handoff) + 2 * sizeof(*p->out));
	struct worker_cfg *c = rte_zmalloc_socket("worker_cfg", size, RTE_CACHE_LINE_SIZE,
						  b->placement.workers[w].node);

	if (!c)
		return NULL;
	p->own = (struct own_set *)(c + 1);
	p->tx = (struct lane_tx *)(p->own + 1);
	p->out = (struct worker_out *)(p->tx + n);
	p->cells = (struct telemetry_block **)(p->out + 2 * rings);
	p->handoff = (struct rte_ring **)(p->cells + n);
	p->spread = p->handoff + rings;
	p->team = p->spread + rings;
	p->rx = (struct lane_rx *)(p->team + rings);
	p->homes = (struct lane_home *)(p->rx + n);
	p->stamps = (uint32_t *)(p->homes + n);
	c->tx = p->tx;
	c->out = p->out;
	c->rx = p->rx;
	c->cells = p->cells;
	c->handoff = p->handoff;
	c->spread = p->spread;
	c->team = p->team;
	c->homes = p->homes;
	c->stamps = p->stamps;
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
	view->host = c->ifaces[view->iface].host;
	view->vlan_iface = port->vlan_iface;
	view->tx_first = c->n_tx;
	for (uint16_t k = 0; k < port->spec.n_lanes; k++) {
		const uint16_t l = port->lanes[k];
		const struct board_lane *lane = &b->lanes[l];

		if (lane->worker == w && k < port->rx_queues && !b->rx_held)
			parts->rx[c->n_rx++] = (struct lane_rx){
				.port = port->id,
				.queue = k,
				.lane = l,
				.stamp = lane_stamp(l, lane->life),
				.cell = parts->cells[l],
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

static void add_out(const struct board *b, struct rte_ring *ring, unsigned to, struct worker_cfg *c,
		    struct cfg_parts *parts)
{
	if (ring)
		parts->out[c->n_out++] = (struct worker_out){ ring, b->workers[to] };
}

/* Rings that others fill for worker w, and those it fills. */
static void add_rings(const struct board *b, unsigned w, struct worker_cfg *c,
		      struct cfg_parts *parts)
{
	c->n_team = 1; /* itself */
	for (unsigned v = 0; v < b->n_workers; v++) {
		if (b->handoff[v][w])
			parts->handoff[c->n_handoff++] = b->handoff[v][w];
		if (b->spread[v][w])
			parts->spread[c->n_spread++] = b->spread[v][w];
		add_out(b, b->handoff[w][v], v, c, parts);
		add_out(b, b->spread[w][v], v, c, parts);
		if (b->placement.workers[v].helps == w)
			parts->team[c->n_team++] = b->spread[w][v];
	}
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
	own_fill(parts.own, c->ifaces, b->n_ifaces + 1);
	c->icmp_errors_pps = b->cfg->icmp_errors_pps;
	punt_rates_share(share, b->cfg->punt, b->n_workers);
	for (unsigned i = 0; i < PUNT_COUNT; i++)
		c->punt_burst[i] = share[i].burst;
	c->idle_poll = b->cfg->idle_poll && !b->placement.workers[w].shared;
	for (unsigned i = 1; i <= b->n_ifaces; i++)
		c->rpf |= c->ifaces[i].rpf != IFACE_RPF_OFF;
	c->rpf_default = b->cfg->urpf_default;
	c->ip4_fragment = b->cfg->ip4_fragment;
	for (unsigned i = 0; i < b->n_lanes; i++) {
		parts.cells[i] = telemetry_lcore_lane(b->telemetry, w, i);
		parts.homes[i].stamp = LANE_STAMP_NONE;
		parts.stamps[i] = lane_stamp((uint16_t)i, b->lanes[i].life);
	}
	for (unsigned i = 0; i < b->n_ports; i++)
		if (b->ports[i].probed && b->lanes[b->ports[i].lanes[0]].port == i)
			add_port(b, w, i, c, &parts);
	add_rings(b, w, c, &parts);
	return c;
}

void worker_cfg_free(struct worker_cfg *c)
{
	rte_free(c);
}

static void free_cfg(void *arg, void *cfg)
{
	(void)arg;
	rte_free(cfg);
}

void worker_cfg_retire(struct board *b, struct worker_cfg *c)
{
	if (!c || rcu_retire(b->rcu, free_cfg, NULL, c) == 0)
		return;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	rte_free(c);
}

int worker_cfgs_make(struct board *b, struct worker_cfg **made)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		made[w] = make_cfg(b, w);
		if (made[w])
			continue;
		while (w > 0)
			rte_free(made[--w]);
		return -ENOMEM;
	}
	return 0;
}

void worker_cfgs_publish(struct board *b, struct worker_cfg *const *cfgs)
{
	for (unsigned w = 0; w < b->n_workers; w++)
		worker_publish(b->workers[w], cfgs[w]);
}

void worker_cfgs_replace(struct board *b, struct worker_cfg *const *made)
{
	worker_cfgs_publish(b, made); /* first: the grace period begins here */
	for (unsigned w = 0; w < b->n_workers; w++) {
		worker_cfg_retire(b, b->cfgs[w]);
		b->cfgs[w] = made[w];
	}
	b->unpublished = false;
	if (!b->staging)
		ifaces_shown(b);
}

int workers_republish(struct board *b)
{
	struct worker_cfg *made[PLACEMENT_MAX_WORKERS];

	if (worker_cfgs_make(b, made) != 0) {
		log_error("workers: no memory for new configurations; all keep the old for now");
		b->unpublished = true;
		return -ENOMEM;
	}
	worker_cfgs_replace(b, made);
	return 0;
}
