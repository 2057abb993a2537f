/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier fiber:<name>: two ports of one process, lane i of one to lane i of the other, mbuf
 * pointers passed over one ring a lane and direction. A fiber exists from the first port that
 * names it to the close of the last. It always has rings for eight lanes each way; a lane that one
 * end lacks is simply never opened there.
 *
 * The ends are driven by different control threads, so the list of fibers, who is attached and
 * who runs are under one lock. Burst functions never take it: they see rings only, and a ring is
 * replaced only while neither end runs.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_string_fns.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "pmd/cpx_logs.h"

struct fiber_end {
	struct fiber *fiber;
	struct cpx_port *port; /* NULL: nobody is attached */
	bool running;
	struct cpx_ring *in[CPX_MAX_LANES]; /* what this end receives from */
};

struct fiber {
	LIST_ENTRY(fiber) link;
	char name[CPX_NAME_LEN];
	struct fiber_end end[2];
};

static LIST_HEAD(, fiber) fibers = LIST_HEAD_INITIALIZER(fibers);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct fiber_end *other(const struct fiber_end *e)
{
	return &e->fiber->end[e == &e->fiber->end[0]];
}

static void fiber_destroy(struct fiber *f)
{
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		cpx_ring_free(f->end[0].in[i]);
		cpx_ring_free(f->end[1].in[i]);
	}
	free(f);
}

static struct fiber *fiber_create(const char *name, int numa)
{
	struct fiber *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	strlcpy(f->name, name, sizeof(f->name));
	for (unsigned side = 0; side < 2; side++) {
		f->end[side].fiber = f;
		for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
			f->end[side].in[i] = cpx_ring_create(CPX_RING_STANDARD, numa);
			if (f->end[side].in[i] == NULL) {
				fiber_destroy(f);
				return NULL;
			}
		}
	}
	return f;
}

static void note_differences(const struct cpx_port *p, const struct cpx_port *peer)
{
	const struct cpx_args *a = &p->args, *b = &peer->args;

	if (a->n_lanes != b->n_lanes)
		PMD_DRV_LOG(NOTICE,
			    "%s has %u lanes, %s at the other end of fiber:%s has %u; the first %u "
			    "work, the others stay down",
			    cpx_port_name(p), a->n_lanes, cpx_port_name(peer), a->carrier_name,
			    b->n_lanes, RTE_MIN(a->n_lanes, b->n_lanes));
	if (a->lane_mbps != b->lane_mbps)
		PMD_DRV_LOG(NOTICE,
			    "%s says %u Mb/s a lane, %s at the other end of fiber:%s says %u",
			    cpx_port_name(p), a->lane_mbps, cpx_port_name(peer), a->carrier_name,
			    b->lane_mbps);
}

static int fiber_attach(struct cpx_port *p, struct err *err)
{
	const char *name = p->args.carrier_name;
	struct fiber_end *e;
	struct fiber *f;
	int rc = 0;

	pthread_mutex_lock(&lock);
	LIST_FOREACH(f, &fibers, link)
	if (strcmp(f->name, name) == 0)
		break;
	if (f == NULL) {
		f = fiber_create(name, p->args.numa);
		if (f == NULL) {
			rc = err_set(err, -ENOMEM, "carrier=fiber:%s: no memory for its rings",
				     name);
			goto out;
		}
		LIST_INSERT_HEAD(&fibers, f, link);
	}
	e = f->end[0].port == NULL ? &f->end[0] : &f->end[1];
	if (e->port != NULL) {
		rc = err_set(err, -EBUSY,
			     "carrier=fiber:%s already joins %s and %s; a fiber has two ends, "
			     "name another",
			     name, cpx_port_name(f->end[0].port), cpx_port_name(f->end[1].port));
		goto out;
	}
	e->port = p;
	p->carrier = e;
	if (other(e)->port != NULL)
		note_differences(p, other(e)->port);
out:
	pthread_mutex_unlock(&lock);
	return rc;
}

static void fiber_detach(struct cpx_port *p)
{
	struct fiber_end *e = p->carrier;

	pthread_mutex_lock(&lock);
	e->port = NULL;
	if (other(e)->port == NULL) {
		LIST_REMOVE(e->fiber, link);
		fiber_destroy(e->fiber);
	}
	pthread_mutex_unlock(&lock);
	p->carrier = NULL;
}

static int fiber_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct fiber_end *e = p->carrier;
	struct cpx_rxq *q = &p->rx[lane];
	struct cpx_ring *r;
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (p->started) {
		q->nb_desc = (uint16_t)e->in[lane]->size;
	} else if (e->in[lane]->size != q->nb_desc && other(e)->running) {
		PMD_DRV_LOG(
			NOTICE, "%s lane %u: %s at the other end runs, so the ring keeps %u slots",
			cpx_port_name(p), lane, cpx_port_name(other(e)->port), e->in[lane]->size);
		q->nb_desc = (uint16_t)e->in[lane]->size;
	} else if (e->in[lane]->size != q->nb_desc) {
		r = cpx_ring_create(q->nb_desc, numa);
		if (r != NULL) {
			cpx_ring_free(e->in[lane]);
			e->in[lane] = r;
		} else {
			rc = -ENOMEM;
		}
	}
	e->in[lane]->pool = q->pool;
	pthread_mutex_unlock(&lock);
	return rc;
}

static int fiber_start(struct cpx_port *p)
{
	struct fiber_end *e = p->carrier;

	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		/* what a sender added after our last stop */
		counter_add(&p->rx[i].count.flushed, cpx_ring_flush(e->in[i]));
		cpx_ring_consume(&p->rx[i].end, e->in[i]);
		cpx_ring_produce(&p->tx[i].end, other(e)->in[i]);
		store_relaxed(&other(e)->in[i]->timed, cpx_sends_on_time(p));
	}
	e->running = true;
	pthread_mutex_unlock(&lock);
	return 0;
}

static void fiber_stop(struct cpx_port *p)
{
	struct fiber_end *e = p->carrier;

	pthread_mutex_lock(&lock);
	e->running = false;
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		counter_add(&p->rx[i].count.flushed, cpx_ring_flush(e->in[i]));
		if (!other(e)->running && other(e)->port != NULL)
			counter_add(&other(e)->port->rx[i].count.flushed,
				    cpx_ring_flush(other(e)->in[i]));
	}
	pthread_mutex_unlock(&lock);
}

static unsigned fiber_flush(struct cpx_port *p, unsigned source)
{
	struct fiber_end *e = p->carrier;
	const unsigned n = cpx_ring_flush(e->in[source]);

	cpx_ring_consume(&p->rx[source].end, e->in[source]);
	return n;
}

static void fiber_gate(struct cpx_port *p, unsigned source, uint32_t gate)
{
	struct fiber_end *e = p->carrier;

	store_release(&e->in[source]->gate, gate);
}

static void fiber_changed(struct cpx_port *p)
{
	struct fiber_end *e = p->carrier;

	pthread_mutex_lock(&lock);
	if (other(e)->port != NULL)
		cpx_lanes_changed(other(e)->port);
	pthread_mutex_unlock(&lock);
}

/* Without the lock: while a lane of ours is open we run, and so the rings stay where they are. */
static uint32_t gates_with(const struct cpx_port *p, uint32_t flag)
{
	const struct fiber_end *e = p->carrier;
	uint32_t lanes = 0;

	for (unsigned i = 0; i < p->args.n_lanes; i++)
		if (load_acquire(&other(e)->in[i]->gate) & flag)
			lanes |= 1u << i;
	return lanes;
}

static uint32_t fiber_carrying(const struct cpx_port *p)
{
	const uint32_t open = load_acquire(&p->open_lanes);

	return open == 0 ? 0 : open & gates_with(p, CPX_GATE_LANE);
}

static uint32_t fiber_lit(const struct cpx_port *p)
{
	return load_acquire(&p->open_lanes) == 0 ? 0 : gates_with(p, CPX_GATE_LIT);
}

static struct cpx_port *fiber_far(struct cpx_port *p)
{
	struct fiber_end *e = p->carrier;
	struct cpx_port *far;

	pthread_mutex_lock(&lock);
	far = other(e)->port;
	pthread_mutex_unlock(&lock);
	return far;
}

static bool fiber_timed(const struct cpx_port *p)
{
	const struct fiber_end *e = p->carrier;

	return load_relaxed(&e->in[0]->timed) != 0; /* the sender's port has one setting */
}

static void fiber_dump(const struct cpx_port *p, FILE *out)
{
	const struct fiber_end *e = p->carrier;

	pthread_mutex_lock(&lock);
	fprintf(out, "  fiber %s, other end: %s\n", e->fiber->name,
		other(e)->port != NULL ? cpx_port_name(other(e)->port) : "not attached");
	pthread_mutex_unlock(&lock);
}

const struct cpx_carrier_ops cpx_fiber_ops = {
	.mode = "Lane Fiber",
	.bursts = CPX_RING_BURSTS,
	.attach = fiber_attach,
	.detach = fiber_detach,
	.rx_setup = fiber_rx_setup,
	.start = fiber_start,
	.stop = fiber_stop,
	.gate = fiber_gate,
	.flush = fiber_flush,
	.changed = fiber_changed,
	.timed = fiber_timed,
	.info = cpx_ring_info,
	.lit = fiber_lit,
	.carrying = fiber_carrying,
	.far = fiber_far,
	.monitor = cpx_ring_monitor,
	.arm = cpx_ring_source_arm,
	.disarm = cpx_ring_source_disarm,
	.rx_count = cpx_ring_rx_count,
	.rx_status = cpx_ring_rx_status,
	.tx_status = cpx_ring_tx_status,
	.dump = fiber_dump,
};
