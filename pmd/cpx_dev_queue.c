/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues of a carrier device: set up with what ours were given, drained, and asked how full they
 * are. Set-up comes from the port's control thread, or from the interrupt thread when a carrier is
 * back; the questions from lcores, which wait for nobody.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <string.h>

/* Queue i of the carrier; those beyond ours are read by them in turn. */
static int rx_setup(struct cpx_port *p, unsigned i)
{
	const unsigned ours = i % p->data->nb_rx_queues;
	struct cpx_dev *c = p->carrier;
	struct cpx_rxq *q = &p->rx[ours];
	struct rte_eth_dev_info info;
	uint16_t rx = q->nb_desc, tx = CPX_RING_STANDARD;
	int rc = rte_eth_dev_info_get(c->id, &info);

	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(c->id, &rx, &tx);
	if (rc != 0)
		return rc;
	q->nb_desc = rx;
	info.default_rxconf.offloads = c->on_rx_offloads;
	return rte_eth_rx_queue_setup(c->id, (uint16_t)i, rx, (unsigned)c->rx_numa[ours],
				      &info.default_rxconf, q->pool);
}

static int tx_setup(struct cpx_port *p, unsigned i)
{
	const unsigned ours = i % p->data->nb_tx_queues;
	struct cpx_dev *c = p->carrier;
	struct cpx_txq *q = &p->tx[ours];
	struct rte_eth_dev_info info;
	uint16_t rx = CPX_RING_STANDARD, tx = q->nb_desc;
	int rc = rte_eth_dev_info_get(c->id, &info);

	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(c->id, &rx, &tx);
	if (rc != 0)
		return rc;
	q->nb_desc = tx;
	info.default_txconf.offloads = c->on_tx_offloads;
	return rte_eth_tx_queue_setup(c->id, (uint16_t)i, tx, (unsigned)c->tx_numa[ours],
				      &info.default_txconf);
}

int cpx_dev_set_up_queues(struct cpx_port *p)
{
	int rc = 0;

	for (unsigned i = 0; i < p->carrier_rx_queues && rc == 0; i++)
		if (p->rx[i % p->data->nb_rx_queues].pool != NULL)
			rc = rx_setup(p, i);
	for (unsigned i = 0; i < p->carrier_tx_queues && rc == 0; i++)
		if (p->tx[i % p->data->nb_tx_queues].nb_desc != 0)
			rc = tx_setup(p, i);
	return rc;
}

int cpx_dev_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	c->rx_numa[lane] = numa;
	for (unsigned i = lane; i < p->carrier_rx_queues && rc == 0 && !cpx_dev_gone(c);
	     i += p->data->nb_rx_queues)
		rc = rx_setup(p, i);
	cpx_dev_leave(c);
	return rc;
}

int cpx_dev_tx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	c->tx_numa[lane] = numa;
	for (unsigned i = lane; i < p->carrier_tx_queues && rc == 0 && !cpx_dev_gone(c);
	     i += p->data->nb_tx_queues)
		rc = tx_setup(p, i);
	cpx_dev_leave(c);
	return rc;
}

void cpx_dev_drain(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	struct rte_mbuf *m[32];
	uint16_t n;

	if (strcmp(c->driver, "net_ring") != 0 || !rte_eth_devices[c->id].data->dev_started)
		return;
	for (uint16_t q = 0; q < p->carrier_rx_queues; q++) {
		for (unsigned left = CPX_RING_MAX; left >= RTE_DIM(m); left -= RTE_DIM(m)) {
			n = rte_eth_rx_burst(c->id, q, m, RTE_DIM(m));
			if (n == 0)
				break;
			rte_pktmbuf_free_bulk(m, n);
			counter_add(&p->rx[q % p->args.n_lanes].count.flushed, n);
		}
	}
}

/* Queue calls of lcores: what cannot be asked at the moment is empty, or not available. */
int cpx_dev_rx_count(const struct cpx_rxq *q)
{
	const struct cpx_port *p = cpx_port_of(&rte_eth_devices[q->port]);
	struct cpx_dev *c = p->carrier;
	int n, sum = 0;

	if (load_relaxed(&q->carrier_queue) == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return 0;
	for (unsigned i = q->lane; i < p->carrier_rx_queues; i += p->args.n_lanes) {
		n = rte_eth_rx_queue_count(c->id, (uint16_t)i);
		sum = n < 0 ? n : sum + n;
		if (n < 0)
			break;
	}
	cpx_dev_leave(c);
	return sum;
}

int cpx_dev_rx_status(void *rxq, uint16_t offset)
{
	const struct cpx_rxq *q = rxq;
	struct cpx_dev *c = cpx_port_of(&rte_eth_devices[q->port])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int status;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return RTE_ETH_RX_DESC_UNAVAIL;
	status = rte_eth_rx_descriptor_status(c->id, queue, offset);
	cpx_dev_leave(c);
	return status;
}

int cpx_dev_tx_status(void *txq, uint16_t offset)
{
	const struct cpx_txq *q = txq;
	struct cpx_dev *c = container_of(q->lanes, struct cpx_port, tx[0])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int status;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return RTE_ETH_TX_DESC_UNAVAIL;
	status = rte_eth_tx_descriptor_status(c->id, queue, offset);
	cpx_dev_leave(c);
	return status;
}

int cpx_dev_tx_cleanup(const struct cpx_txq *q, uint32_t n)
{
	struct cpx_dev *c = container_of(q->lanes, struct cpx_port, tx[0])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int freed;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return 0;
	freed = rte_eth_tx_done_cleanup(c->id, queue, n);
	cpx_dev_leave(c);
	return freed;
}
