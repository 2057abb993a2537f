/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow rules applied to received frames; see cpx_flow_rx.h. Runs on the rx queue's lcore, in the
 * full receive function. Of a frame only the first segment is read. It holds the table from the
 * first to the last frame of a burst, so it must not wait for anything.
 */
#include "pmd/cpx_flow_rx.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "pmd/cpx_rxtx.h"

#define BATCH 64 /* frames freed at once */

/* What a burst leaves for its end. */
struct rest {
	struct rte_mbuf *dropped[BATCH];
	unsigned n_dropped;
	uint32_t steered[CPX_FLOW_MAX_QUEUES]; /* filled into the ring, not submitted */
	uint32_t touched;                      /* set of queues with some */
};

static void free_dropped(struct cpx_rxq *q, struct rest *rest)
{
	rte_pktmbuf_free_bulk(rest->dropped, rest->n_dropped);
	counter_add(&q->count.flow_dropped, rest->n_dropped);
	rest->n_dropped = 0;
}

static inline void drop(struct cpx_rxq *q, struct rest *rest, struct rte_mbuf *m)
{
	rest->dropped[rest->n_dropped++] = m;
	if (rest->n_dropped == BATCH)
		free_dropped(q, rest);
}

static inline void steer(struct cpx_rxq *q, struct rest *rest, unsigned to, struct rte_mbuf *m)
{
	struct cpx_ring_end *e = &q->flow->out[to];
	const uint32_t n = rest->steered[to];

	if (unlikely(!(load_acquire(&e->ring->gate) & CPX_GATE_OPEN) ||
		     cpx_ring_room(e, n + 1) <= n)) {
		counter_add(&q->count.steer_full, 1);
		rte_pktmbuf_free(m);
		return;
	}
	e->ring->slot[(e->own + n) & e->ring->mask] = m;
	rest->steered[to] = n + 1;
	rest->touched |= 1u << to;
}

/* Queue of the frame's flow; a frame of no flow goes to the first. */
static inline unsigned rss_queue(const struct cpx_rss *port, const struct cpx_flow_rss *rss,
				 struct rte_mbuf *m)
{
	const void *frame = rte_pktmbuf_mtod(m, const void *);
	uint32_t hash = 0;
	struct cpx_tuple t;

	if (rss->keyed ? cpx_tuple_find(frame, m->data_len, rss->types, &t)
		       : cpx_rss_hash(port, frame, m->data_len, rss->types, &hash)) {
		if (rss->keyed)
			hash = cpx_tuple_toeplitz(&rss->toeplitz, &t);
		m->hash.rss = hash;
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	}
	return rss->queue[hash % CPX_FLOW_RETA];
}

enum { DROPPED = -1 };

/* The queue that the frame belongs to, or DROPPED. */
static inline int decide(const struct cpx_rxq *q, const struct cpx_flow_table *t,
			 struct rte_mbuf *m)
{
	const struct cpx_flow_rule *r = NULL;
	struct cpx_flow_view v;

	cpx_flow_look(&v, rte_pktmbuf_mtod(m, const void *), m->data_len);
	for (;;) {
		r = cpx_flow_match(t, &v, r != NULL ? r->order : 0);
		if (r == NULL)
			return t->isolated ? DROPPED : q->lane;
		if (r->cell != NULL) {
			counter_add(&r->cell[q->lane].hits, 1);
			counter_add(&r->cell[q->lane].bytes, m->pkt_len);
		}
		if (r->marks) {
			m->hash.fdir.hi = r->mark;
			m->ol_flags |= RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID;
		}
		if (r->fate == CPX_FLOW_DROP)
			return DROPPED;
		if (r->fate == CPX_FLOW_QUEUE)
			return r->queue;
		if (r->fate == CPX_FLOW_RSS)
			return (int)rss_queue(q->flow->rss, r->rss, m);
	}
}

static void finish(struct cpx_rxq *q, struct rest *rest)
{
	if (rest->n_dropped != 0)
		free_dropped(q, rest);
	while (rest->touched != 0) {
		const unsigned to = (unsigned)__builtin_ctz(rest->touched);
		struct cpx_ring_end *e = &q->flow->out[to];

		rest->touched &= rest->touched - 1;
		cpx_ring_submit(e, rest->steered[to]);
		if (load_relaxed(&e->ring->gate) & CPX_GATE_SLEEPS)
			cpx_ring_wake(e->ring);
	}
}

uint16_t cpx_flow_apply(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_flow_rxq *f = q->flow;
	const struct cpx_flow_table *t;
	struct rest rest;
	uint16_t kept = 0;

	if (n == 0 || load_relaxed(&f->table) == NULL)
		return n;
	cpx_flow_turn_begin(&f->turn);
	t = load_acquire(&f->table);
	if (t == NULL) {
		cpx_flow_turn_end(&f->turn);
		return n;
	}
	rest.n_dropped = 0;
	rest.touched = 0;
	memset(rest.steered, 0, sizeof(rest.steered));
	for (uint16_t i = 0; i < n; i++) {
		const int queue = decide(q, t, pkts[i]);

		if (queue == q->lane)
			pkts[kept++] = pkts[i];
		else if (queue == DROPPED)
			drop(q, &rest, pkts[i]);
		else
			steer(q, &rest, (unsigned)queue, pkts[i]);
	}
	cpx_flow_turn_end(&f->turn);
	finish(q, &rest);
	return kept;
}

uint16_t cpx_steer_take(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_flow_rxq *f = q->flow;
	uint32_t got = 0;

	if (!load_acquire(&f->steers))
		return 0;
	for (uint32_t i = 0; i < CPX_FLOW_MAX_QUEUES && got < n; i++) {
		struct cpx_ring_end *e = &f->in[(f->first + i) % CPX_FLOW_MAX_QUEUES];
		uint32_t k;

		if (e->ring == NULL)
			continue;
		k = cpx_ring_peek(e, n - got);
		if (k == 0)
			continue;
		cpx_ring_read(e, pkts + got, k);
		cpx_ring_release(e, k);
		got += k;
	}
	return (uint16_t)got;
}
