/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers of a board: made with their rings, started, stopped, gone. What each works on is a
 * configuration (worker_cfgs.c); how their number and their lanes change under way stands in
 * workers_change.c. Control thread.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/run/punt_rates.h"

static int make_ring(struct board *b, struct rte_ring **ring, const char *what, unsigned from,
		     unsigned to, struct err *err)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s%u.%u", what, from, to);
	*ring = rte_ring_create(name, WORKER_CTL_RING, b->placement.workers[to].node,
				RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (*ring)
		return 0;
	return err_set(err, -rte_errno, "ring %s: %s; reserve more hugepages", name,
		       rte_strerror(rte_errno));
}

void workers_share_queues(struct board *b, unsigned i)
{
	const struct board_port *port = &b->ports[i];

	for (unsigned k = port->rx_queues; k < port->spec.n_lanes; k++)
		b->lanes[port->lanes[k]].worker = b->lanes[port->lanes[k % port->rx_queues]].worker;
}

int workers_spread(struct board *b, struct err *err)
{
	int ret = 0;

	for (unsigned w = 0; !ret && w < b->placement.n_workers; w++) {
		const unsigned from = b->placement.workers[w].helps;

		if (from != PLACEMENT_NOBODY && !b->spread[from][w])
			ret = make_ring(b, &b->spread[from][w], "spread", from, w, err);
	}
	return ret;
}

int worker_add(struct board *b, unsigned w, struct err *err)
{
	struct punt_rate punt[PUNT_COUNT];
	int ret;

	punt_rates_share(punt, b->cfg->punt, 1); /* it may be the only one some day */
	ret = worker_create(&b->workers[w], w, b->placement.workers[w].node, b->n_lanes,
			    b->max_workers, punt, b->rcu, telemetry_lcore(b->telemetry, w), err);
	if (ret)
		return ret;
	punt_rates_share(punt, b->cfg->punt, RTE_MAX(w + 1, b->n_workers));
	for (unsigned c = 0; c < PUNT_COUNT; c++)
		b->workers[w]->punt_rate[c] = punt[c].pps; /* until punt_share() knows better */
	b->workers[w]->uncounted = eal_options.no_telemetry;
	for (unsigned v = 0; !ret && v < w; v++) {
		ret = make_ring(b, &b->handoff[v][w], "handoff", v, w, err);
		if (!ret)
			ret = make_ring(b, &b->handoff[w][v], "handoff", w, v, err);
	}
	if (ret)
		worker_remove(b, w);
	return ret;
}

static void drain(struct board *b, struct rte_ring **ring)
{
	void *m;

	while (*ring && rte_ring_sc_dequeue(*ring, &m) == 0)
		punt_drop(b, m, DROP_SHUTDOWN);
	rte_ring_free(*ring);
	*ring = NULL;
}

void worker_remove(struct board *b, unsigned w)
{
	for (unsigned v = 0; v < b->max_workers; v++) {
		drain(b, &b->handoff[v][w]);
		drain(b, &b->handoff[w][v]);
		drain(b, &b->spread[v][w]);
		drain(b, &b->spread[w][v]);
	}
	worker_destroy(b->workers[w]);
	b->workers[w] = NULL;
	worker_cfg_free(b->cfgs[w]);
	b->cfgs[w] = NULL;
}

int workers_create(struct board *b, struct err *err)
{
	int ret = workers_place(b, &b->placement, NULL, err);

	for (unsigned w = 0; !ret && w < b->n_workers; w++)
		ret = worker_add(b, w, err);
	if (!ret)
		ret = workers_spread(b, err);
	if (!ret && workers_republish(b) != 0)
		ret = err_set(err, -ENOMEM, "workers: no memory for their configurations");
	return ret;
}

int worker_start(struct board *b, unsigned w, struct err *err)
{
	const int ret = rte_eal_remote_launch(worker_main, b->workers[w], w + 1);

	return ret ? err_set(err, ret, "worker %u: lcore %u does not start (%s)", w, w + 1,
			     strerror(-ret))
		   : 0;
}

void worker_end(struct board *b, unsigned w)
{
	worker_stop(b->workers[w]);
	rte_eal_wait_lcore(w + 1);
}

int workers_start(struct board *b, struct err *err)
{
	int ret = 0;

	for (unsigned w = 0; !ret && w < b->n_workers; w++) {
		ret = worker_start(b, w, err);
		b->running |= !ret;
	}
	return ret;
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

void workers_destroy(struct board *b)
{
	for (unsigned w = b->max_workers; w-- > 0;) /* the last first: see graph_destroy() */
		if (b->workers[w])
			worker_remove(b, w);
}
