/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues of a port, which are its lanes: set-up, release, start and stop of one. A lane is open at
 * our end while the port is started and not taken down, its receive queue runs and its transmit
 * queue, where there is one, too; stopping either queue is turning the lane off. Control thread.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>

int cpx_rx_queue_setup(struct rte_eth_dev *dev, uint16_t i, uint16_t nb_desc, unsigned numa,
		       const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_rxq *q = &p->rx[i];
	int rc;

	q->port = dev->data->port_id;
	q->lane = i;
	q->nb_desc = (uint16_t)RTE_MIN(rte_align32pow2(nb_desc), (uint32_t)CPX_RING_MAX);
	q->deferred = conf->rx_deferred_start;
	q->pool = pool;
	rc = p->ops->rx_setup(p, i, (int)numa);
	if (rc != 0) {
		q->pool = NULL;
		return rc;
	}
	dev->data->rx_queues[i] = q;
	return 0;
}

int cpx_tx_queue_setup(struct rte_eth_dev *dev, uint16_t i, uint16_t nb_desc, unsigned numa,
		       const struct rte_eth_txconf *conf)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_txq *q = &p->tx[i];
	int rc;

	q->lane = i;
	q->nb_desc = nb_desc;
	q->deferred = conf->tx_deferred_start;
	q->off = 1;
	store_relaxed(&q->max_frame, (uint32_t)dev->data->mtu + CPX_FRAME_OVERHEAD);
	rc = p->ops->tx_setup != NULL ? p->ops->tx_setup(p, i, (int)numa) : 0;
	if (rc != 0) {
		q->nb_desc = 0;
		return rc;
	}
	dev->data->tx_queues[i] = q;
	return 0;
}

/* Counters and rings are the port's and stay. */
void cpx_rx_queue_release(struct rte_eth_dev *dev, uint16_t i)
{
	cpx_port_of(dev)->rx[i].pool = NULL;
}

void cpx_tx_queue_release(struct rte_eth_dev *dev, uint16_t i)
{
	cpx_port_of(dev)->tx[i].nb_desc = 0;
}

void cpx_lanes_apply(struct cpx_port *p)
{
	const struct rte_eth_dev_data *data = p->dev->data;
	uint32_t was = load_relaxed(&p->open_lanes), now = 0;

	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		bool tx = i >= data->nb_tx_queues ||
			  data->tx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED;
		bool rx = i < data->nb_rx_queues &&
			  data->rx_queue_state[i] == RTE_ETH_QUEUE_STATE_STARTED;

		if (p->started && !p->admin_down && rx && tx)
			now |= 1u << i;
	}
	for (unsigned i = 0; i < data->nb_tx_queues; i++)
		store_relaxed(&p->tx[i].off,
			      !p->started || p->admin_down ||
				      data->tx_queue_state[i] != RTE_ETH_QUEUE_STATE_STARTED);
	store_release(&p->open_lanes, now);
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		if ((now & ~was) & 1u << i)
			p->ops->open(p, i);
		else if ((was & ~now) & 1u << i)
			p->ops->close(p, i);
	}
	cpx_link_refresh(p);
	if (now != was && p->ops->changed != NULL)
		p->ops->changed(p);
}

int cpx_rx_queue_start(struct rte_eth_dev *dev, uint16_t i)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (p->ops->flush != NULL)
		p->ops->flush(p, i); /* what a sender added after the stop */
	dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
	cpx_lanes_apply(p);
	return 0;
}

int cpx_rx_queue_stop(struct rte_eth_dev *dev, uint16_t i)
{
	struct cpx_port *p = cpx_port_of(dev);

	dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	cpx_lanes_apply(p);
	if (p->ops->flush != NULL)
		p->ops->flush(p, i);
	return 0;
}

int cpx_tx_queue_start(struct rte_eth_dev *dev, uint16_t i)
{
	dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
	cpx_lanes_apply(cpx_port_of(dev));
	return 0;
}

int cpx_tx_queue_stop(struct rte_eth_dev *dev, uint16_t i)
{
	dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	cpx_lanes_apply(cpx_port_of(dev));
	return 0;
}

void cpx_rxq_info_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_rxq_info *info)
{
	const struct cpx_rxq *q = &cpx_port_of(dev)->rx[i];

	info->mp = q->pool;
	info->nb_desc = q->nb_desc;
	info->scattered_rx = dev->data->scattered_rx;
	info->conf.rx_deferred_start = q->deferred;
	info->conf.offloads = dev->data->dev_conf.rxmode.offloads;
}

void cpx_txq_info_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_txq_info *info)
{
	const struct cpx_txq *q = &cpx_port_of(dev)->tx[i];

	info->nb_desc = q->nb_desc;
	info->conf.tx_deferred_start = q->deferred;
	info->conf.offloads = dev->data->dev_conf.txmode.offloads;
}

uint32_t cpx_rx_queue_count(void *rxq)
{
	struct cpx_rxq *q = rxq;

	/* ethdev turns a negative errno back into one */
	return (uint32_t)cpx_port_of(&rte_eth_devices[q->port])->ops->rx_count(q);
}

int cpx_tx_done_cleanup(void *txq, uint32_t n)
{
	struct cpx_txq *q = txq;
	struct cpx_port *p = container_of(q - q->lane, struct cpx_port, tx[0]);

	return p->ops->tx_cleanup != NULL ? p->ops->tx_cleanup(q, n) : 0;
}

int cpx_ring_rx_count(const struct cpx_rxq *q)
{
	return (int)cpx_ring_count(q->end.ring);
}

int cpx_ring_rx_status(void *rxq, uint16_t offset)
{
	const struct cpx_ring *r = ((struct cpx_rxq *)rxq)->end.ring;

	if (offset >= r->size)
		return -EINVAL;
	return offset < cpx_ring_count(r) ? RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}

/* offset 0 is where the next frame goes */
int cpx_ring_tx_status(void *txq, uint16_t offset)
{
	const struct cpx_ring *r = ((struct cpx_txq *)txq)->end.ring;

	if (offset >= r->size)
		return -EINVAL;
	return offset < r->size - cpx_ring_count(r) ? RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL;
}
