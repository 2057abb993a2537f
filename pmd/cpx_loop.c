/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier loop: what lane i sends, lane i receives. One ring a lane, made when its receive queue
 * is set up, kept until close. Control thread of the port only.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>
#include <stdlib.h>

struct loop_rings {
	struct cpx_ring *ring[CPX_MAX_LANES];
};

static int loop_attach(struct cpx_port *p, struct err *err)
{
	struct loop_rings *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_set(err, -ENOMEM, "no memory for the loop");
	p->carrier = l;
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		l->ring[i] = cpx_ring_create(CPX_RING_STANDARD, p->args.numa);
		if (l->ring[i] == NULL) {
			cpx_ops(p)->detach(p);
			return err_set(err, -ENOMEM, "no memory for the loop's rings (%zu bytes)",
				       CPX_RING_STANDARD * sizeof(void *));
		}
	}
	return 0;
}

static void loop_detach(struct cpx_port *p)
{
	struct loop_rings *l = p->carrier;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		cpx_ring_free(l->ring[i]);
	free(l);
	p->carrier = NULL;
}

static int loop_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct loop_rings *l = p->carrier;
	struct cpx_rxq *q = &p->rx[lane];
	struct cpx_ring *r;

	if (l->ring[lane]->size != q->nb_desc) {
		r = cpx_ring_create(q->nb_desc, numa);
		if (r == NULL)
			return -ENOMEM;
		cpx_ring_free(l->ring[lane]);
		l->ring[lane] = r;
	}
	l->ring[lane]->pool = q->pool;
	return 0;
}

static int loop_start(struct cpx_port *p)
{
	struct loop_rings *l = p->carrier;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		cpx_ring_consume(&p->rx[i].end, l->ring[i]);
		cpx_ring_produce(&p->tx[i].end, l->ring[i]);
	}
	return 0;
}

static unsigned loop_flush(struct cpx_port *p, unsigned source)
{
	struct loop_rings *l = p->carrier;
	const unsigned n = cpx_ring_flush(l->ring[source]);

	cpx_ring_consume(&p->rx[source].end, l->ring[source]);
	return n;
}

static void loop_stop(struct cpx_port *p)
{
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		counter_add(&p->rx[i].count.flushed, loop_flush(p, i));
}

static void loop_gate(struct cpx_port *p, unsigned source, uint32_t gate)
{
	struct loop_rings *l = p->carrier;

	store_release(&l->ring[source]->gate, gate);
}

static uint32_t loop_carrying(const struct cpx_port *p)
{
	return load_relaxed(&p->open_lanes);
}

const struct cpx_carrier_ops cpx_loop_ops = {
	.mode = "Lane Loop",
	.bursts = CPX_RING_BURSTS,
	.attach = loop_attach,
	.detach = loop_detach,
	.rx_setup = loop_rx_setup,
	.start = loop_start,
	.stop = loop_stop,
	.gate = loop_gate,
	.flush = loop_flush,
	.carrying = loop_carrying,
	.arm = cpx_ring_source_arm,
	.disarm = cpx_ring_source_disarm,
	.rx_count = cpx_ring_rx_count,
	.rx_status = cpx_ring_rx_status,
	.tx_status = cpx_ring_tx_status,
};
