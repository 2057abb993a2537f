/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer that is there but takes nothing: its process was stopped, or its lcore hangs. Frames of
 * that lane wait, others go on; an operator should hear of it. An alarm looks at every lane four
 * times a second while the port runs: a lane is stalled when frames wait on it and none was taken
 * between two looks. DPDK's interrupt thread, with the carrier's lock; nothing here waits.
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

static void look(void *arg)
{
	struct cpx_peer *c = arg;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; c->fiber != NULL && i < c->port->args.n_lanes; i++)
		look_at_lane(c, i);
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
