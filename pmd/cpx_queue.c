/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues of a port: set-up, release, start and stop of one. Queue i is lane i, and stopping either
 * of its queues is turning the lane off (cpx_lanes.c); transmit queues beyond the lanes feed them
 * in turns. Control thread.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>

#include "pmd/cpx_flow.h"
#include "pmd/cpx_logs.h"

int cpx_room_check(const struct cpx_port *p, uint16_t mtu, uint32_t room)
{
	const uint32_t frame = (uint32_t)mtu + CPX_FRAME_OVERHEAD;

	if (!cpx_ops(p)->copies || frame <= room ||
	    (p->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER))
		return 0;
	PMD_DRV_LOG(ERR,
		    "%s: with an MTU of %u a frame has up to %u bytes, an mbuf %u; use larger "
		    "mbufs, or the offload scatter",
		    cpx_port_name(p), mtu, frame, room);
	return -EINVAL;
}

/* rte_pktmbuf_copy(), and what fills mbufs here, would make plain ones of these. */
static int pool_check(const struct cpx_port *p, struct rte_mempool *pool)
{
	if (p->args.carrier == CPX_CARRIER_DEV ||
	    !(rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF))
		return 0;
	PMD_DRV_LOG(ERR,
		    "%s: the buffers of mbuf pool %s are pinned external ones, which lanes cannot "
		    "fill; use a pool of rte_pktmbuf_pool_create()",
		    cpx_port_name(p), pool->name);
	return -ENOTSUP;
}

int cpx_rx_queue_setup(struct rte_eth_dev *dev, uint16_t i, uint16_t nb_desc, unsigned numa,
		       const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct cpx_rxq *q = &p->rx[i];
	const uint32_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	int rc = cpx_room_check(p, dev->data->mtu, room);

	if (rc == 0)
		rc = pool_check(p, pool);
	if (rc != 0)
		return rc;
	q->nb_desc = (uint16_t)RTE_MIN(rte_align32pow2(nb_desc), (uint32_t)CPX_RING_MAX);
	q->deferred = conf->rx_deferred_start;
	q->pool = pool;
	q->room = (uint16_t)room;
	q->scatter = (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
	rc = cpx_ops(p)->rx_setup(p, i, (int)numa);
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

	q->nb_desc = nb_desc;
	q->deferred = conf->tx_deferred_start;
	q->fast_free =
		(dev->data->dev_conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
	q->off = 1;
	rc = cpx_ops(p)->tx_setup != NULL ? cpx_ops(p)->tx_setup(p, i, (int)numa) : 0;
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

/* Where nobody reads what a sender added after the last look. */
static void flush_unread(struct cpx_port *p, unsigned i)
{
	if (cpx_ops(p)->flush != NULL && load_acquire(&p->sources.owner[i]) == CPX_NOBODY)
		counter_add(&p->rx[i].count.flushed, cpx_ops(p)->flush(p, i));
}

int cpx_rx_queue_start(struct rte_eth_dev *dev, uint16_t i)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (p->passing)
		return -ENOTSUP;
	flush_unread(p, i);
	cpx_steer_flush(p, i);
	dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
	cpx_lanes_apply(p);
	return 0;
}

int cpx_rx_queue_stop(struct rte_eth_dev *dev, uint16_t i)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (p->passing)
		return -ENOTSUP;
	dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	cpx_lanes_apply(p);
	for (unsigned s = 0; s < p->args.n_lanes; s++)
		flush_unread(p, s);
	cpx_steer_flush(p, i);
	return 0;
}

int cpx_tx_queue_start(struct rte_eth_dev *dev, uint16_t i)
{
	if (cpx_port_of(dev)->passing)
		return -ENOTSUP;
	dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
	cpx_lanes_apply(cpx_port_of(dev));
	return 0;
}

int cpx_tx_queue_stop(struct rte_eth_dev *dev, uint16_t i)
{
	if (cpx_port_of(dev)->passing)
		return -ENOTSUP;
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
	const struct cpx_rxq *q = rxq;

	/* ethdev turns a negative errno back into one */
	return (uint32_t)cpx_ops(cpx_port_of(&rte_eth_devices[q->port]))->rx_count(q);
}

int cpx_tx_done_cleanup(void *txq, uint32_t n)
{
	struct cpx_txq *q = txq;
	struct cpx_port *p;
	int rc;

	if (cpx_dev_pass_cleanup(txq, n, &rc))
		return rc;
	p = container_of(q->lanes, struct cpx_port, tx[0]);
	return cpx_ops(p)->tx_cleanup != NULL ? cpx_ops(p)->tx_cleanup(q, n) : 0;
}

int cpx_get_monitor_addr(void *rxq, struct rte_power_monitor_cond *cond)
{
	const struct cpx_rxq *q = rxq;
	const struct cpx_port *p;
	int rc;

	if (cpx_dev_pass_monitor(rxq, cond, &rc))
		return rc;
	p = cpx_port_of(&rte_eth_devices[q->port]);
	return cpx_ops(p)->monitor != NULL ? cpx_ops(p)->monitor(q, cond) : -ENOTSUP;
}

void cpx_ring_info(const struct cpx_port *p, struct rte_eth_dev_info *info)
{
	info->tx_offload_capa |= RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP;
}

/* Sleep no longer when the sender's index moved. */
static int prod_moved(const uint64_t value, const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	return (uint32_t)value != (uint32_t)opaque[0] ? -1 : 0;
}

int cpx_ring_monitor(const struct cpx_rxq *q, struct rte_power_monitor_cond *cond)
{
	cond->addr = &q->end.ring->prod;
	cond->size = sizeof(q->end.ring->prod);
	cond->fn = prod_moved;
	cond->opaque[0] = q->end.own;
	return 0;
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

int cpx_ring_source_arm(struct cpx_port *p, unsigned source, int fd)
{
	struct cpx_ring_end *e = &p->rx[source].end;

	store_relaxed(&e->ring->bell, fd);
	return cpx_ring_arm(e) ? 0 : -EAGAIN;
}

void cpx_ring_source_disarm(struct cpx_port *p, unsigned source)
{
	cpx_ring_disarm(&p->rx[source].end);
}
