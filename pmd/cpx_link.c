/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link of a port: up while at least one lane carries, speed = line rate x lanes that do. State is
 * one atomic word in ethdev's data, so any control thread may set it; the event reaches the
 * application from DPDK's interrupt thread by an alarm, never from a burst function. So does the
 * other event that a port raises, INTR_RESET.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_alarm.h>
#include <rte_cycles.h>

#include <errno.h>

#include "pmd/cpx_engine.h"
#include "pmd/cpx_logs.h"

#define WAIT_MS      9000 /* for a link on its way up, as long as drivers usually wait */
#define WAIT_STEP_MS 10

static void raise_lsc(void *arg)
{
	rte_eth_dev_callback_process(arg, RTE_ETH_EVENT_INTR_LSC, NULL);
}

static void raise_reset(void *arg)
{
	rte_eth_dev_callback_process(arg, RTE_ETH_EVENT_INTR_RESET, NULL);
}

void cpx_want_reset(struct cpx_port *p)
{
	if (rte_eal_alarm_set(1, raise_reset, p->dev) != 0)
		PMD_DRV_LOG(ERR, "%s: to be reset, but no memory to say so", cpx_port_name(p));
}

/* In the primary process. */
static bool refresh(struct cpx_port *p)
{
	struct rte_eth_dev *dev = p->dev;
	unsigned lanes = (unsigned)__builtin_popcount(cpx_ops(p)->carrying(p));
	struct rte_eth_link old, new = {
		.link_speed = lanes != 0 ? lanes * p->args.lane_mbps : RTE_ETH_SPEED_NUM_NONE,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = lanes != 0 ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN,
	};

	rte_eth_linkstatus_get(dev, &old);
	rte_eth_linkstatus_set(dev, &new);
	return old.link_status != new.link_status || old.link_speed != new.link_speed;
}

int cpx_link_update(struct rte_eth_dev *dev, int wait)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (rte_eal_process_type() != RTE_PROC_PRIMARY) /* which keeps it up to date */
		return -1;
	for (unsigned ms = 0; wait && ms < WAIT_MS && p->started && !p->admin_down &&
			      cpx_ops(p)->carrying(p) == 0 && cpx_engine_coming_up(p);
	     ms += WAIT_STEP_MS)
		rte_delay_us_sleep(WAIT_STEP_MS * 1000);
	return refresh(p) ? 0 : -1;
}

void cpx_link_refresh(struct cpx_port *p)
{
	if (refresh(p) && p->data->dev_conf.intr_conf.lsc &&
	    rte_eal_alarm_set(1, raise_lsc, p->dev) != 0)
		PMD_DRV_LOG(ERR, "%s: link changed, but no memory to say so", cpx_port_name(p));
}

void cpx_link_quiet(struct cpx_port *p)
{
	rte_eal_alarm_cancel(raise_lsc, p->dev);
	rte_eal_alarm_cancel(raise_reset, p->dev);
}
