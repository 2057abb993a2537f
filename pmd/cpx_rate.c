/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast a sender may be: flow control and limits of single queues. Control thread; the lcores
 * see what they need by relaxed stores. The line rate itself is the lanes' (pace=1, cpx_lanes.c).
 *
 * Flow control on a lane is its ring being full: a sender that honours it (RX_PAUSE, FULL) gets its
 * frames back and may try again; one that does not loses them, as on a wire (lane*_tx_dropped).
 */
#include "pmd/cpx_ethdev.h"

#include <rte_cycles.h>

#include <errno.h>

int cpx_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	const struct cpx_port *p = cpx_port_of(dev);
	int rc = cpx_ops(p)->flow_ctrl_get != NULL ? cpx_ops(p)->flow_ctrl_get(p, conf) : -ENOTSUP;

	if (rc != -ENOTSUP)
		return rc;
	*conf = (struct rte_eth_fc_conf){ .mode = p->fc_mode };
	return 0;
}

int cpx_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	struct cpx_port *p = cpx_port_of(dev);
	const bool honoured = conf->mode == RTE_ETH_FC_RX_PAUSE || conf->mode == RTE_ETH_FC_FULL;
	int rc = conf->mode > RTE_ETH_FC_FULL        ? -EINVAL
		 : cpx_ops(p)->flow_ctrl_set != NULL ? cpx_ops(p)->flow_ctrl_set(p, conf)
						     : -ENOTSUP;

	if (rc != -ENOTSUP)
		return rc;
	/* a ring has no watermarks, and no pause frames that could be seen or timed */
	if (conf->high_water != 0 || conf->low_water != 0 || conf->pause_time != 0 ||
	    conf->autoneg != 0 || conf->mac_ctrl_frame_fwd != 0)
		return -ENOTSUP;
	p->fc_mode = conf->mode;
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++)
		store_relaxed(&p->tx[i].lossy, !honoured);
	return 0;
}

/* `mbps` of Ethernet with preamble and gap; 0: no limit. */
int cpx_queue_rate_limit(struct rte_eth_dev *dev, uint16_t i, uint32_t mbps)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_txq *q = &p->tx[i];
	int rc;

	if (i >= p->data->nb_tx_queues) /* ethdev lets max_tx_queues itself pass */
		return -EINVAL;
	if (p->passing)
		return -ENOTSUP;
	rc = cpx_ops(p)->rate_limit != NULL ? cpx_ops(p)->rate_limit(p, i, mbps) : -ENOTSUP;
	if (rc != -ENOTSUP)
		return rc;
	if (mbps != 0 && q->limited) /* its lcore has the bucket */
		store_relaxed(&q->limit.cost, cpx_pace_cost(rte_get_tsc_hz(), mbps));
	else if (mbps != 0)
		cpx_pace_start(&q->limit, rte_get_tsc_hz(), mbps, rte_rdtsc());
	store_release(&q->limited, mbps != 0);
	cpx_burst_select(dev);
	return 0;
}
