/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer that is there but takes nothing: its process was stopped, or its lcore hangs. Frames of
 * that lane wait, others go on; an operator should hear of it. The same of a peer that broke the
 * protocol of a lane. An alarm looks at every lane four times a second while the port runs: a lane
 * is stalled when frames wait on it and none was taken between two looks; one in protocol error
 * carries no more until the next connection. DPDK's interrupt thread, with the carrier's lock;
 * nothing here waits.
 */
#include "pmd/cpx_peer.h"

#include <rte_alarm.h>

#include "pmd/cpx_logs.h"

#define LOOK_US 250000 /* stalled is said after 250 to 500 ms */

static void look_at_lane(struct cpx_peer *c, unsigned lane)
{
	struct fiber_progress *progress = &c->progress[lane];
	const bool was = load_relaxed(&c->stalled[lane]) != 0;
	const bool stalled = fiber_tx_stalled(c->fiber, lane, progress);
	const struct cpx_port *p = c->port;
	struct fiber_status s;

	if (stalled == was)
		return;
	store_relaxed(&c->stalled[lane], stalled);
	fiber_status(c->fiber, &s);
	if (stalled)
		PMD_DRV_LOG(WARNING,
			    "%s: lane %u is stalled: pid %d takes no frames off fiber %s. Is it "
			    "stopped, or does it not poll?",
			    cpx_port_name(p), lane, (int)s.peer_pid, p->args.path);
	else if (progress->connection != 0)
		PMD_DRV_LOG(NOTICE, "%s: lane %u goes on", cpx_port_name(p), lane);
}

/* Lanes whose peer broke the protocol, in either direction. */
static uint32_t dead_lanes(const struct cpx_peer *c)
{
	uint32_t dead = 0;

	for (unsigned i = 0; i < c->port->args.n_lanes; i++)
		if (fiber_rx_dead(fiber_rx_queue(c->fiber, i)) ||
		    fiber_tx_dead(fiber_tx_queue(c->fiber, i)))
			dead |= 1u << i;
	return dead;
}

static void look_for_dead(struct cpx_peer *c)
{
	const uint32_t dead = dead_lanes(c), new = dead & ~c->dead_lanes;
	const struct cpx_port *p = c->port;
	struct fiber_status s;

	if (new == 0)
		return;
	c->dead_lanes = dead;
	fiber_status(c->fiber, &s);
	for (unsigned i = 0; i < p->args.n_lanes; i++)
		if (new & 1u << i)
			PMD_DRV_LOG(WARNING,
				    "%s: protocol error on lane %u: pid %d wrote an index that can "
				    "not be into fiber %s. The lane carries nothing until the peer "
				    "connects again or the port is restarted",
				    cpx_port_name(p), i, (int)s.peer_pid, p->args.path);
	cpx_peer_lanes_changed(c);
}

static void look(void *arg)
{
	struct cpx_peer *c = arg;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; c->fiber != NULL && i < c->port->args.n_lanes; i++)
		look_at_lane(c, i);
	if (c->fiber != NULL)
		look_for_dead(c);
	pthread_mutex_unlock(&c->lock);
	cpx_peer_stall_watch(c);
}

void cpx_peer_stall_watch(struct cpx_peer *c)
{
	if (rte_eal_alarm_set(LOOK_US, look, c) != 0)
		PMD_DRV_LOG(ERR, "%s: no memory to watch for stalled lanes; restart the port",
			    cpx_port_name(c->port));
}

void cpx_peer_stall_forget(struct cpx_peer *c)
{
	rte_eal_alarm_cancel(look, c);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		c->progress[i] = (struct fiber_progress){ 0 };
		store_relaxed(&c->stalled[i], 0);
	}
}
