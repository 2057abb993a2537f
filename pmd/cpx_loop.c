/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier loop: what lane i sends, lane i receives. One ring a lane, made when its receive queue
 * is set up, kept until close. The same stands in for any other carrier while the port is in
 * loopback (lpbk_mode); the other end sees the lanes go. Control thread of the port only.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>
#include <stdlib.h>

struct loop_rings {
	struct cpx_ring *ring[CPX_MAX_LANES];
};

static void loop_detach(struct cpx_port *p)
{
	struct loop_rings *l = p->loop;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		cpx_ring_free(l->ring[i]);
	free(l);
	p->loop = NULL;
}

static int loop_attach(struct cpx_port *p, struct err *err)
{
	struct loop_rings *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_set(err, -ENOMEM, "no memory for the loop");
	p->loop = l;
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		l->ring[i] = cpx_ring_create(CPX_RING_STANDARD, p->args.numa);
		if (l->ring[i] == NULL) {
			loop_detach(p);
			return err_set(err, -ENOMEM, "no memory for the loop's rings (%zu bytes)",
				       CPX_RING_STANDARD * sizeof(void *));
		}
	}
	return 0;
}

static int loop_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct loop_rings *l = p->loop;
	struct cpx_rxq *q = &p->rx[lane];
	struct cpx_ring *r;

	if (p->started) { /* its sender runs */
		q->nb_desc = (uint16_t)l->ring[lane]->size;
	} else if (l->ring[lane]->size != q->nb_desc) {
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
	struct loop_rings *l = p->loop;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		cpx_ring_consume(&p->rx[i].end, l->ring[i]);
		cpx_ring_produce(&p->tx[i].end, l->ring[i]);
		store_relaxed(&l->ring[i]->timed, cpx_sends_on_time(p));
	}
	return 0;
}

static bool loop_timed(const struct cpx_port *p)
{
	return cpx_sends_on_time(p);
}

static unsigned loop_flush(struct cpx_port *p, unsigned source)
{
	struct loop_rings *l = p->loop;
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
	struct loop_rings *l = p->loop;

	store_release(&l->ring[source]->gate, gate);
}

static uint32_t loop_carrying(const struct cpx_port *p)
{
	return load_relaxed(&p->open_lanes);
}

static struct cpx_port *loop_far(struct cpx_port *p)
{
	return p;
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
	.timed = loop_timed,
	.info = cpx_ring_info,
	.carrying = loop_carrying,
	.far = loop_far,
	.monitor = cpx_ring_monitor,
	.arm = cpx_ring_source_arm,
	.disarm = cpx_ring_source_disarm,
	.rx_count = cpx_ring_rx_count,
	.rx_status = cpx_ring_rx_status,
	.tx_status = cpx_ring_tx_status,
};

int cpx_loopback_set(struct cpx_port *p, bool on)
{
	struct err err;
	int rc = 0;

	if (on == p->looped || p->args.carrier == CPX_CARRIER_LOOP)
		return 0;
	if (on)
		rc = loop_attach(p, &err);
	else
		loop_detach(p);
	if (rc == 0)
		p->looped = on;
	return rc;
}
