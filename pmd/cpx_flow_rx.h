/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow rules on the receive path: what the lcore of an rx queue does with frames and rules, and
 * the rings over which it hands frames that belong to another rx queue to that queue's lcore
 * (steering). The port's control thread is in cpx_flow.c and cpx_steer.c.
 */
#ifndef CPX_PMD_CPX_FLOW_RX_H
#define CPX_PMD_CPX_FLOW_RX_H

#include "pmd/cpx_flow_match.h"
#include "pmd/cpx_flow_retire.h"
#include "pmd/cpx_ring.h"
#include "pmd/cpx_rss.h"

struct rte_mbuf;
struct cpx_rxq;

/* Of one rx queue. */
struct cpx_flow_rxq {
	/* the control thread writes, any time */
	alignas(CPX_LINE) struct cpx_flow_table *table; /* NULL: no rules */
	const struct cpx_rss *rss;                      /* how the port hashes */
	uint32_t steers;                                /* the rings below are there */
	/* the queue's lcore writes */
	alignas(CPX_LINE) uint64_t turn; /* see cpx_flow_retire.h */
	uint32_t first;                  /* ring to begin with */
	/* rings to and from queue i, made by the control thread before `steers` and `table` say so;
	 * our own ends of them */
	struct cpx_ring_end out[CPX_FLOW_MAX_QUEUES], in[CPX_FLOW_MAX_QUEUES];
};

/*
 * Do to n received frames what the rules say: count, mark, drop, hand to other queues. What stays
 * with this queue moves together in its order: how many. Dropped frames are counted in
 * `flow_dropped`, those another queue had no room for in `steer_full`. The queue has q->flow.
 */
uint16_t cpx_flow_apply(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n);

/* Once a burst of n: how many of it may be frames that others handed to the queue before its own
 * are taken. Half, rounded up and down by turns. */
static inline uint16_t cpx_steer_share(struct cpx_flow_rxq *f, uint16_t n)
{
	f->first++;
	return (uint16_t)((n + (f->first & 1)) / 2);
}

/* Frames that other queues handed to this one, at most n. */
uint16_t cpx_steer_take(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n);

#endif
