/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass-through (passthrough=1): an application's burst calls reach the carrier without a detour.
 * From start to stop our queues' pointers are the carrier's own and so are the burst functions,
 * which costs nothing. The price: m->port is the carrier's id, frames are not looked into, lanes
 * are not held to anything, and they are counted by the carrier, by queue where it does that.
 *
 * Pointers and functions go together, and lcores read them one after the other, so neither is
 * changed while the port runs. Only when the carrier is gone the functions become such that touch
 * no queue, and when it is back first the pointers and then the functions are the new one's. An
 * lcore that had read a function before the carrier went may still call it: remove a carrier that
 * is passed through only while nobody polls it.
 *
 * Control thread, and DPDK's interrupt thread when a carrier goes and comes.
 */
#include "pmd/cpx_dev.h"

#include "pmd/cpx_flow.h"
#include "pmd/cpx_logs.h"

static uint16_t no_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return 0;
}

/* Why the port's lanes have to be gone through; NULL: there is no reason. */
static const char *reason(const struct cpx_port *p)
{
	const struct rte_eth_dev_data *d = p->data;
	const struct cpx_dev *c = p->carrier;

	if (p->carrier_rx_queues < d->nb_rx_queues || p->carrier_tx_queues < d->nb_tx_queues)
		return "the carrier has fewer queues";
	if (p->sources.n > p->args.n_lanes)
		return "the carrier spreads over more queues";
	if (p->args.pace || p->args.spread || p->args.dark != 0)
		return "pace, spread or dark ask for our own burst functions";
	if (d->dev_conf.txmode.offloads & ~c->on_tx_offloads)
		return "the carrier lacks a send offload that was asked for";
	if (cpx_flow_active(p))
		return "there are flow rules";
	for (unsigned i = 0; i < d->nb_rx_queues; i++)
		if (p->rx[i].wants != 0 || p->rx[i].deferred)
			return "frames are to be looked into, or a queue starts later";
	for (unsigned i = 0; i < d->nb_tx_queues; i++)
		if (p->tx[i].limited || p->tx[i].deferred)
			return "a queue is limited, or starts later";
	return NULL;
}

void cpx_dev_pass_begin(struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;
	const char *why;

	p->passing = false;
	if (!p->args.passthrough)
		return;
	why = reason(p);
	if (why != NULL) {
		PMD_DRV_LOG(NOTICE, "%s: nothing is passed through: %s", cpx_port_name(p), why);
		return;
	}
	p->passing = true;
	p->pass_noted = false;
	p->pass_last = c->stats.total;
}

void cpx_dev_pass_end(struct cpx_port *p)
{
	if (!p->passing)
		return;
	cpx_dev_pass_count(p);
	p->passing = false;
	for (unsigned i = 0; i < p->data->nb_rx_queues; i++)
		p->data->rx_queues[i] = &p->rx[i];
	for (unsigned i = 0; i < p->data->nb_tx_queues; i++)
		p->data->tx_queues[i] = &p->tx[i];
	p->dev->rx_queue_count = cpx_rx_queue_count;
	p->dev->rx_descriptor_status = cpx_ops(p)->rx_status;
	p->dev->tx_descriptor_status = cpx_ops(p)->tx_status;
}

void cpx_dev_pass_select(struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;
	const struct rte_eth_fp_ops *from = &rte_eth_fp_ops[c->id];
	struct rte_eth_fp_ops *fp = &rte_eth_fp_ops[p->data->port_id];
	struct rte_eth_dev *dev = p->dev;
	const bool there = !cpx_dev_gone(c);

	if (!p->pass_noted && reason(p) != NULL) {
		PMD_DRV_LOG(NOTICE, "%s is passed through until it is stopped, although %s",
			    cpx_port_name(p), reason(p));
		p->pass_noted = true;
	}
	for (unsigned i = 0; there && i < p->data->nb_rx_queues; i++)
		p->data->rx_queues[i] = from->rxq.data[i];
	for (unsigned i = 0; there && i < p->data->nb_tx_queues; i++)
		p->data->tx_queues[i] = from->txq.data[i];
	dev->rx_pkt_burst = there ? from->rx_pkt_burst : no_burst;
	dev->tx_pkt_burst = there ? from->tx_pkt_burst : no_burst;
	dev->tx_pkt_prepare = there ? from->tx_pkt_prepare : NULL;
	dev->rx_queue_count = there ? from->rx_queue_count : NULL;
	dev->rx_descriptor_status = there ? from->rx_descriptor_status : NULL;
	dev->tx_descriptor_status = there ? from->tx_descriptor_status : NULL;
	/* ethdev calls a copy, made at the end of start */
	fp->tx_pkt_prepare = dev->tx_pkt_prepare;
	fp->rx_queue_count = dev->rx_queue_count;
	fp->rx_descriptor_status = dev->rx_descriptor_status;
	fp->tx_descriptor_status = dev->tx_descriptor_status;
	store_release(&fp->rx_pkt_burst, dev->rx_pkt_burst);
	store_release(&fp->tx_pkt_burst, dev->tx_pkt_burst);
}

#define SINCE(field) (now.field - last->field)

/* Lanes' counters have no other writer while frames are passed through. What the carrier does not
 * count by queue is the first lane's. */
void cpx_dev_pass_count(struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;
	const struct rte_eth_stats now = c->stats.total, *last = &p->pass_last;
	uint64_t packets[2] = { SINCE(ipackets), SINCE(opackets) };
	uint64_t bytes[2] = { SINCE(ibytes), SINCE(obytes) };

	if (!p->passing)
		return;
	for (unsigned i = p->args.n_lanes - 1; i != 0; i--) {
		counter_add(&p->rx[i].count.packets, SINCE(q_ipackets[i]));
		counter_add(&p->rx[i].count.bytes, SINCE(q_ibytes[i]));
		counter_add(&p->tx[i].count.packets, SINCE(q_opackets[i]));
		counter_add(&p->tx[i].count.bytes, SINCE(q_obytes[i]));
		packets[0] -= RTE_MIN(packets[0], SINCE(q_ipackets[i]));
		packets[1] -= RTE_MIN(packets[1], SINCE(q_opackets[i]));
		bytes[0] -= RTE_MIN(bytes[0], SINCE(q_ibytes[i]));
		bytes[1] -= RTE_MIN(bytes[1], SINCE(q_obytes[i]));
	}
	counter_add(&p->rx[0].count.packets, packets[0]);
	counter_add(&p->rx[0].count.bytes, bytes[0]);
	counter_add(&p->tx[0].count.packets, packets[1]);
	counter_add(&p->tx[0].count.bytes, bytes[1]);
	p->pass_last = now;
}

/* Of a queue pointer that is a carrier's: the carrier and the queue. */
static bool find_queue(const void *queue, bool tx, uint16_t *id, uint16_t *number)
{
	for (uint16_t port = 0; port < RTE_MAX_ETHPORTS; port++) {
		const struct cpx_port *p = cpx_dev_port(port);
		const unsigned n = p == NULL ? 0
				   : tx      ? p->data->nb_tx_queues
					     : p->data->nb_rx_queues;

		for (uint16_t i = 0; i < n && p->passing; i++) {
			if ((tx ? p->data->tx_queues : p->data->rx_queues)[i] == queue) {
				*id = ((const struct cpx_dev *)p->carrier)->id;
				*number = i;
				return true;
			}
		}
	}
	return false;
}

bool cpx_dev_pass_cleanup(void *txq, uint32_t n, int *rc)
{
	uint16_t id, queue;

	if (!find_queue(txq, true, &id, &queue))
		return false;
	*rc = rte_eth_tx_done_cleanup(id, queue, n);
	return true;
}

bool cpx_dev_pass_monitor(const void *rxq, struct rte_power_monitor_cond *cond, int *rc)
{
	uint16_t id, queue;

	if (!find_queue(rxq, false, &id, &queue))
		return false;
	*rc = rte_eth_get_monitor_addr(id, queue, cond);
	return true;
}

int cpx_dev_pass_mode(const struct cpx_port *p, bool tx, uint16_t i,
		      struct rte_eth_burst_mode *mode)
{
	const struct cpx_dev *c = p->carrier;
	struct rte_eth_burst_mode theirs = { 0 };

	if (!cpx_dev_gone(c) && tx)
		rte_eth_tx_burst_mode_get(c->id, i, &theirs);
	else if (!cpx_dev_gone(c))
		rte_eth_rx_burst_mode_get(c->id, i, &theirs);
	mode->flags = theirs.flags;
	snprintf(mode->info, sizeof(mode->info), "Pass-through %s %.900s", p->args.carrier_name,
		 theirs.info);
	return 0;
}
