/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a peer is gone its memory is unmapped, but never under an lcore. The queues were taken out
 * of service (`running` = 0) before this is called; then each lcore is to be seen outside once
 * (cpx_inside.h). Control thread and DPDK's interrupt thread (alarms), with the carrier's lock;
 * nothing here waits.
 */
#include "pmd/cpx_peer.h"

#include <rte_alarm.h>

#include "pmd/cpx_logs.h"

#define RETRY_US 1000 /* between two looks whether the lcores are outside */

static void retry(void *arg)
{
	struct cpx_peer *c = arg;

	pthread_mutex_lock(&c->lock);
	cpx_peer_unmap(c);
	pthread_mutex_unlock(&c->lock);
}

void cpx_peer_unmap(struct cpx_peer *c)
{
	struct fiber_status s;

	if (c->fiber == NULL)
		return;
	fiber_status(c->fiber, &s);
	if (s.state != FIBER_DOWN)
		return;
	if (cpx_all_outside(c->port->rx, c->port->tx, &c->outside)) {
		c->outside.begun = false;
		cpx_peer_lent_down(c);
		fiber_quiescent(c->fiber);
		return;
	}
	if (rte_eal_alarm_set(RETRY_US, retry, c) != 0)
		PMD_DRV_LOG(ERR,
			    "%s: no memory to wait for lcores; fiber %s stays down until the port "
			    "is stopped",
			    cpx_port_name(c->port), c->port->args.path);
}

void cpx_peer_unmap_cancel(struct cpx_peer *c)
{
	rte_eal_alarm_cancel(retry, c);
	c->outside.begun = false;
}
