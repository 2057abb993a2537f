/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A carrier that is back is taken back: described anew, configured as before, its queues given the
 * pools we have, told its addresses and filters, started if we are started; then its lanes open
 * and the link is up. All of it runs from an alarm, on DPDK's interrupt thread, because the event
 * that announces a port comes while its driver still makes it. The alarm never waits for another
 * thread: where one holds the carrier, it comes again a little later.
 *
 * Link changes of carriers are worked out here as well, for the same reason. A carrier that raises
 * no event for them is looked at ten times a second when our application wants events, and so is
 * the interface under one that we made (cpx_dev_remake.c).
 */
#include "pmd/cpx_dev.h"

#include <rte_alarm.h>
#include <rte_cycles.h>

#include <errno.h>

#include "pmd/cpx_logs.h"

#define SOON_US        1
#define AGAIN_US       2000
#define RETRY_US       250000u /* after a refusal: an AF_XDP socket takes a moment to be gone */
#define RETRIES_LONGER 5u      /* each twice as long: to 8 s */
#define MOMENT         2u      /* refusals that may be that socket's */

/* Is its driver through with it? Till then ethdev has no driver's name for it. */
static bool is_made(uint16_t id)
{
	const struct rte_eth_dev *dev = &rte_eth_devices[id];

	return rte_eth_dev_is_valid_port(id) && dev->device != NULL && dev->device->driver != NULL;
}

/*
 * When to try again, in us. The application is told once, by INTR_RESET, when another try is not
 * likely to do: it may ask for less, or give the carrier what it had.
 */
static unsigned refused(struct cpx_port *p, int rc)
{
	struct cpx_dev *c = p->carrier;
	const unsigned n = c->refusals++;

	if (n == 0)
		PMD_DRV_LOG(ERR,
			    "%s: carrier %s is back, but cannot be set up as it was: %s; the lanes "
			    "stay down and it is tried again. Make the carrier as it was, or reset "
			    "and configure the port for what there is",
			    cpx_port_name(p), p->args.carrier_name, rte_strerror(-rc));
	if (n == (rc == -ENOTSUP ? 0 : MOMENT))
		cpx_want_reset(p);
	return RETRY_US << RTE_MIN(n, RETRIES_LONGER);
}

/* 0, or when to come again, in us. */
static unsigned take_back(struct cpx_port *p, uint32_t life)
{
	struct cpx_dev *c = p->carrier;
	bool here;
	int rc;

	if (!is_made(c->id))
		return AGAIN_US;
	if (c->refusals == 0)
		cpx_dev_begin_stats(c);
	rc = rte_eth_devices[c->id].data->dev_started ? -EBUSY : cpx_dev_learn(c);
	if (rc == 0)
		rc = cpx_dev_set_up(p);
	if (rc != 0)
		return refused(p, rc);
	cpx_dev_guard(c->id);
	cpx_dev_lock();
	here = c->arrived && c->life == life;
	if (here) {
		c->arrived = false;
		store_release(&c->gone, 0);
		cpx_dev_gates(p);
	}
	cpx_dev_unlock();
	c->refusals = 0;
	if (here) {
		PMD_DRV_LOG(NOTICE, "%s: its carrier %s is back", cpx_port_name(p),
			    p->args.carrier_name);
		cpx_link_refresh(p);
	}
	return 0;
}

/* Does nobody but us say when its link changes, or its interface goes? */
static bool is_to_be_watched(const struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;

	return cpx_dev_remakes(c) ||
	       (p->data->dev_conf.intr_conf.lsc && c->started && !cpx_dev_gone(c) &&
		(c->if_index != 0 || !(c->dev_flags & RTE_ETH_DEV_INTR_LSC)));
}

/* What one port needs, with control of its carrier held. 0, or when to come again, in us. */
static unsigned tend_one(uint16_t id)
{
	struct cpx_port *p;
	struct cpx_dev *c;
	bool arrived, watched, lost;
	uint32_t life;
	unsigned again = 0;

	cpx_dev_lock();
	p = cpx_dev_port(id);
	c = p != NULL ? p->carrier : NULL;
	if (c == NULL || (!c->arrived && !c->link_moved && !is_to_be_watched(p))) {
		cpx_dev_unlock();
		return 0;
	}
	if (pthread_mutex_trylock(&c->control) != 0) {
		cpx_dev_unlock();
		return AGAIN_US;
	}
	arrived = c->arrived;
	watched = is_to_be_watched(p);
	c->link_moved = false;
	life = c->life;
	cpx_dev_unlock();
	lost = cpx_dev_lose(p);
	if (arrived && !lost)
		again = take_back(p, life);
	else
		cpx_link_refresh(p);
	cpx_dev_leave(c);
	if (lost)
		return cpx_dev_remake(id);
	return again == 0 && watched ? CPX_DEV_WATCH_US : again;
}

static void tend(void *arg)
{
	static const char later; /* marks the alarm that we set ourselves */
	unsigned again = 0;

	for (uint16_t id = 0; id < RTE_MAX_ETHPORTS; id++) {
		unsigned us = tend_one(id);

		if (us != 0 && (again == 0 || us < again))
			again = us;
	}
	rte_eal_alarm_cancel(tend, (void *)(uintptr_t)&later);
	if (again != 0 && rte_eal_alarm_set(again, tend, (void *)(uintptr_t)&later) != 0)
		PMD_DRV_LOG(ERR, "no memory to look after carriers");
}

void cpx_dev_tend_soon(void)
{
	if (rte_eal_alarm_set(SOON_US, tend, NULL) != 0)
		PMD_DRV_LOG(ERR, "no memory to look after a carrier");
}
