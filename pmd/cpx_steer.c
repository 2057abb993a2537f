/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings between the rx queues of a port, for rules that send frames to another queue: one from each
 * queue to each other, made when the first such rule is, kept until the port is closed. The lcores'
 * half is in cpx_flow_rx.c. Control thread; arm and disarm are the lcore's that drives the queue.
 */
#include "pmd/cpx_flow.h"

#include <errno.h>

void cpx_steer_free(struct cpx_flow *f)
{
	for (unsigned i = 0; i < CPX_FLOW_MAX_QUEUES; i++) {
		for (unsigned k = 0; k < CPX_FLOW_MAX_QUEUES; k++) {
			cpx_ring_free(f->ring[i][k]);
			f->ring[i][k] = NULL;
		}
	}
}

int cpx_steer_create(struct cpx_port *p)
{
	struct cpx_flow *f = p->flow;
	const unsigned n = p->args.n_lanes;

	if (f->rx[0].steers || n == 1)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < n; k++) {
			if (i == k)
				continue;
			f->ring[i][k] = cpx_ring_create(CPX_RING_STANDARD, p->args.numa);
			if (f->ring[i][k] == NULL) {
				cpx_steer_free(f);
				return -ENOMEM;
			}
		}
	}
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < n; k++) {
			if (i == k)
				continue;
			cpx_ring_produce(&f->rx[i].out[k], f->ring[i][k]);
			cpx_ring_consume(&f->rx[k].in[i], f->ring[i][k]);
		}
	}
	for (unsigned i = 0; i < n; i++)
		store_release(&f->rx[i].steers, 1);
	cpx_steer_gates(p);
	return 0;
}

void cpx_steer_gates(struct cpx_port *p)
{
	struct cpx_flow *f = p->flow;
	const struct rte_eth_dev_data *data = p->data;

	if (f == NULL)
		return;
	for (unsigned k = 0; k < p->args.n_lanes; k++) {
		const bool runs = p->started && k < data->nb_rx_queues &&
				  data->rx_queue_state[k] == RTE_ETH_QUEUE_STATE_STARTED;
		const uint32_t gate =
			runs ? CPX_GATE_OPEN | (p->interrupts ? CPX_GATE_SLEEPS : 0) : 0;

		for (unsigned i = 0; i < p->args.n_lanes; i++)
			if (f->ring[i][k] != NULL)
				store_release(&f->ring[i][k]->gate, gate);
	}
}

void cpx_steer_flush(struct cpx_port *p, unsigned i)
{
	struct cpx_flow *f = p->flow;

	for (unsigned k = 0; f != NULL && k < p->args.n_lanes; k++) {
		struct cpx_ring *r = f->ring[k][i];

		if (r == NULL)
			continue;
		counter_add(&p->rx[i].count.flushed, cpx_ring_flush(r));
		cpx_ring_consume(&f->rx[i].in[k], r);
	}
}

int cpx_steer_arm(struct cpx_port *p, unsigned i, int fd)
{
	struct cpx_flow *f = p->flow;
	bool waiting = false;

	for (unsigned k = 0; f != NULL && k < p->args.n_lanes; k++) {
		struct cpx_ring_end *e = &f->rx[i].in[k];

		if (!load_acquire(&f->rx[i].steers) || e->ring == NULL)
			continue;
		store_relaxed(&e->ring->bell, fd);
		if (!cpx_ring_arm(e))
			waiting = true;
	}
	return waiting ? -EAGAIN : 0;
}

void cpx_steer_disarm(struct cpx_port *p, unsigned i)
{
	struct cpx_flow *f = p->flow;

	for (unsigned k = 0; f != NULL && k < p->args.n_lanes; k++)
		if (load_acquire(&f->rx[i].steers) && f->rx[i].in[k].ring != NULL)
			cpx_ring_disarm(&f->rx[i].in[k]);
}
