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
			p->ops->detach(p);
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

static void loop_flush(struct cpx_port *p, unsigned lane)
{
	struct loop_rings *l = p->carrier;

	cpx_ring_flush(l->ring[lane]);
	cpx_ring_consume(&p->rx[lane].end, l->ring[lane]);
}

static void loop_stop(struct cpx_port *p)
{
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		loop_flush(p, i);
}

static void loop_open(struct cpx_port *p, unsigned lane)
{
	struct loop_rings *l = p->carrier;

	store_release(&l->ring[lane]->open, 1);
}

static void loop_close(struct cpx_port *p, unsigned lane)
{
	struct loop_rings *l = p->carrier;

	store_release(&l->ring[lane]->open, 0);
}

static uint32_t loop_carrying(const struct cpx_port *p)
{
	return load_relaxed(&p->open_lanes);
}

const struct cpx_carrier_ops cpx_loop_ops = {
	.mode = "Lane Loop",
	.rx = cpx_ring_rx,
	.rx_inspect = cpx_ring_rx_inspect,
	.tx = cpx_ring_tx,
	.tx_paced = cpx_ring_tx_paced,
	.attach = loop_attach,
	.detach = loop_detach,
	.rx_setup = loop_rx_setup,
	.start = loop_start,
	.stop = loop_stop,
	.open = loop_open,
	.close = loop_close,
	.flush = loop_flush,
	.carrying = loop_carrying,
	.rx_count = cpx_ring_rx_count,
	.rx_status = cpx_ring_rx_status,
	.tx_status = cpx_ring_tx_status,
};
