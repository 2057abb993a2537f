/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a peer is gone its memory is unmapped, but never under an lcore. The queues were taken out
 * of service (`running` = 0) before this is called. Then every thread of the process passes a
 * barrier: whoever enters a burst function from there on sees `running`, and touches nothing.
 * What is left are those that were inside already, and each of them is waited for until it was
 * seen outside once; that it is inside again later does no harm. Control thread and DPDK's
 * interrupt thread (alarms), with the carrier's lock; nothing here waits.
 */
#include "pmd/cpx_peer.h"

#include <rte_alarm.h>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pmd/cpx_logs.h"

#define RETRY_US 1000 /* between two looks whether the lcores are outside */

static_assert(CPX_MAX_SOURCES <= 16 && CPX_MAX_TX_QUEUES <= 64, "bits of struct cpx_peer");

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

bool cpx_peer_can_unmap(void)
{
	return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

/* Were all seen outside? */
static bool lcores_are_outside(struct cpx_peer *c)
{
	const struct cpx_port *p = c->port;

	if (!c->unmap_begun) {
		if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)
			return false;
		c->unmap_begun = true;
		c->rx_inside = UINT16_MAX;
		c->tx_inside = UINT64_MAX;
	}
	for (unsigned i = 0; i < CPX_MAX_SOURCES; i++)
		if (!load_acquire(&p->rx[i].inside))
			c->rx_inside &= (uint16_t) ~(1u << i);
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++)
		if (!load_acquire(&p->tx[i].inside))
			c->tx_inside &= ~(1ull << i);
	return (c->rx_inside & ((1u << CPX_MAX_SOURCES) - 1)) == 0 && c->tx_inside == 0;
}

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
	if (lcores_are_outside(c)) {
		c->unmap_begun = false;
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
	c->unmap_begun = false;
}
