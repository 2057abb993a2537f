/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The full burst functions, written once for all carriers: a carrier's file gives a function that
 * takes frames from one source and one that puts frames on one lane, and gets receiving from
 * several sources with a look into the frames, and sending with pace, limit, turns and spreading.
 * Included by cpx_rxtx_*.c only; the lcore that drives the queue.
 */
#ifndef CPX_PMD_CPX_RXTX_FULL_H
#define CPX_PMD_CPX_RXTX_FULL_H

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "pmd/cpx_flow_rx.h"
#include "pmd/cpx_detour.h"
#include "pmd/cpx_look.h"
#include "pmd/cpx_loss.h"
#include "pmd/cpx_rxtx.h"

/* Frames of the source of `from` for queue q, at most n. Counts what it drops, not what it takes.
 */
typedef uint16_t cpx_take_t(struct cpx_rxq *q, struct cpx_rxq *from, struct rte_mbuf **pkts,
			    uint16_t n);
/* Put frames on the lane of q; the number taken, dropped ones included. Counts. */
typedef uint16_t cpx_put_t(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n);

static __rte_always_inline void cpx_count_rx(struct cpx_rx_counters *c, uint16_t n, uint64_t bytes)
{
	counter_add(&c->packets, n);
	counter_add(&c->bytes, bytes);
	counter_add(&c->bursts, 1);
}

static __rte_always_inline void cpx_count_tx(struct cpx_tx_counters *c, uint32_t n, uint64_t bytes)
{
	counter_add(&c->packets, n);
	counter_add(&c->bytes, bytes);
	counter_add(&c->bursts, 1);
}

/* These found no room on the lane: the caller's again, or lost where nobody holds senders back. */
static __rte_noinline uint16_t cpx_tx_full_lane(struct cpx_txq *q, struct rte_mbuf **pkts,
						uint16_t n)
{
	if (!load_relaxed(&q->lossy)) {
		counter_add(&q->count.full, n);
		return 0;
	}
	counter_add(&q->count.dropped, n);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

/* What filters dropped. */
static __rte_noinline void cpx_count_filtered(struct cpx_rx_counters *c,
					      const struct cpx_looked *looked)
{
	counter_add(&c->filtered_mac, looked->filtered_mac);
	counter_add(&c->filtered_vlan, looked->filtered_vlan);
}

/*
 * From every source that is this queue's, beginning with another one each time, and what flow rules
 * of other queues hand to it: those have half of a burst for sure, and what its sources leave.
 */
static __rte_always_inline uint16_t cpx_rx_full(struct cpx_rxq *q, struct rte_mbuf **pkts,
						uint16_t n, cpx_take_t *take)
{
	struct cpx_sources *sources = q->sources;
	const unsigned n_sources = sources->n;
	const uint8_t me = (uint8_t)q->lane;
	struct cpx_flow_rxq *flow = load_acquire(&q->flow);
	const uint16_t share = flow != NULL ? cpx_steer_share(flow, n) : 0;
	const uint16_t handed = share != 0 ? cpx_steer_take(q, pkts, share) : 0;
	unsigned at = q->first;
	const uint32_t wants = load_relaxed(&q->wants);
	const uint32_t lossy = load_relaxed(&sources->lossy);
	struct cpx_looked looked = { 0 };
	uint16_t got = handed, found;
	uint64_t bytes = 0;

	q->first = (uint8_t)(at + 1 < n_sources ? at + 1 : 0);
	if (unlikely(load_relaxed(&sources->detours) >> me & 1))
		got += cpx_detour_take(q, pkts + got, n - got);
	for (unsigned i = 0; i < n_sources && got < n; i++, at = at + 1 < n_sources ? at + 1 : 0) {
		uint8_t wanted;

		if (load_acquire(&sources->owner[at]) != me)
			continue;
		wanted = load_relaxed(&sources->wanted[at]);
		if (unlikely(wanted != me)) /* hand it on, with all that we wrote into it */
			store_release(&sources->owner[at], wanted);
		else if (likely(!(lossy >> at & 1)))
			got += take(q, &sources->rx[at], pkts + got, n - got);
		else
			got += cpx_lose(q, &sources->rx[at], pkts + got,
					take(q, &sources->rx[at], pkts + got, n - got));
	}
	found = got;
	if (wants & CPX_WANTS_FIRST) {
		got = handed + cpx_look_admit(q->look, wants, pkts + handed, got - handed, &looked);
		if (unlikely(got < found))
			cpx_count_filtered(&q->count, &looked);
	}
	if (flow != NULL) {
		got = handed + cpx_flow_apply(q, pkts + handed, got - handed);
		if (handed == share)
			got += cpx_steer_take(q, pkts + got, n - got);
	}
	if ((found | got) == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	for (uint16_t i = 0; i < got; i++) {
		pkts[i]->port = q->port;
		bytes += pkts[i]->pkt_len;
	}
	if (wants & ~CPX_WANTS_FIRST)
		cpx_look_finish(q->look, wants, pkts, got,
				wants & CPX_WANT_STAMP ? rte_rdtsc() : 0);
	cpx_count_rx(&q->count, got, bytes);
	return got;
}

/* The first frames that the bucket has time for. */
static __rte_always_inline uint16_t cpx_pace_fit(struct cpx_pace *pace, struct rte_mbuf **pkts,
						 uint16_t n)
{
	int64_t busy;
	uint16_t fit;

	cpx_pace_clock(pace, rte_rdtsc());
	busy = pace->busy;
	for (fit = 0; fit < n && busy <= 0; fit++)
		busy += cpx_pace_time(pace, 1, pkts[fit]->pkt_len);
	return fit;
}

/* One lane: its turn, its pace. */
static __rte_always_inline uint16_t cpx_tx_lane(struct cpx_txq *q, struct cpx_txq *lane,
						struct rte_mbuf **pkts, uint16_t n, cpx_put_t *put)
{
	uint16_t fit = n;

	if (lane->shared && unlikely(!turn_take(&lane->turn))) {
		counter_add(&q->own.busy, n);
		return 0;
	}
	if (lane->paced) {
		const uint64_t packets = lane->count.packets, bytes = lane->count.bytes;

		fit = cpx_pace_fit(&lane->pace, pkts, n);
		if (fit < n)
			counter_add(&lane->count.paced, n - fit);
		if (fit != 0)
			fit = unlikely(load_relaxed(&lane->looped))
				      ? cpx_detour_put(lane, pkts, fit)
				      : put(lane, pkts, fit);
		cpx_pace_charge(&lane->pace, lane->count.packets - packets,
				lane->count.bytes - bytes);
	} else {
		fit = unlikely(load_relaxed(&lane->looped)) ? cpx_detour_put(lane, pkts, n)
							    : put(lane, pkts, n);
	}
	if (lane->shared)
		turn_give(&lane->turn);
	return fit;
}

#define CPX_SPREAD_BURST 64

/* Where a frame of no flow goes is its queue's lane. */
static __rte_always_inline uint8_t cpx_spread_lane(const struct cpx_txq *q, struct rte_mbuf *m)
{
	uint32_t hash = m->hash.rss;

	if (!(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) &&
	    !cpx_rss_hash(q->spread->rss, rte_pktmbuf_mtod(m, void *), m->data_len, CPX_HASH_ALL,
			  &hash))
		return q->lane;
	return load_relaxed(&q->spread->lane[hash % CPX_SPREAD_SLOTS]);
}

/*
 * Frames to the lanes of their flows. What a lane does not take is moved behind the others, in
 * order, as ethdev wants the frames that were taken to be the first.
 */
static __rte_always_inline uint16_t cpx_tx_spread(struct cpx_txq *q, struct rte_mbuf **pkts,
						  uint16_t n, cpx_put_t *put)
{
	struct rte_mbuf *part[CPX_MAX_LANES][CPX_SPREAD_BURST];
	struct rte_mbuf *left[CPX_SPREAD_BURST];
	uint16_t count[CPX_MAX_LANES] = { 0 }, taken = 0, n_left = 0;

	for (uint16_t i = 0; i < n; i++) {
		const uint8_t lane = cpx_spread_lane(q, pkts[i]);

		part[lane][count[lane]++] = pkts[i];
	}
	for (unsigned lane = 0; lane < CPX_MAX_LANES; lane++) {
		uint16_t sent;

		if (count[lane] == 0)
			continue;
		sent = cpx_tx_lane(q, &q->lanes[lane], part[lane], count[lane], put);
		/* which of them were taken does not matter any more: they are not the caller's */
		for (uint16_t i = 0; i < sent; i++)
			pkts[taken++] = part[lane][i];
		for (uint16_t i = sent; i < count[lane]; i++)
			left[n_left++] = part[lane][i];
	}
	for (uint16_t i = 0; i < n_left; i++)
		pkts[taken + i] = left[i];
	return taken;
}

static __rte_always_inline uint16_t cpx_tx_full(struct cpx_txq *q, struct rte_mbuf **pkts,
						uint16_t n, cpx_put_t *put)
{
	struct cpx_txq *lane = &q->lanes[q->lane];
	uint64_t time = 0;
	uint16_t done = 0;

	if (unlikely(load_relaxed(&q->off))) {
		counter_add(&q->own.down, n);
		return 0;
	}
	if (q->limited) {
		const uint16_t fit = cpx_pace_fit(&q->limit, pkts, n);

		if (fit < n)
			counter_add(&q->own.limited, n - fit);
		n = fit;
		/* charged before they go: afterwards they are somebody else's to free */
		for (uint16_t i = 0; i < n; i++)
			time += (uint64_t)cpx_pace_time(&q->limit, 1, pkts[i]->pkt_len);
		if (n == 0)
			return 0;
	}
	if (q->spread == NULL) {
		done = cpx_tx_lane(q, lane, pkts, n, put);
	} else {
		while (done < n) {
			const uint16_t step =
				RTE_MIN((uint16_t)(n - done), (uint16_t)CPX_SPREAD_BURST);
			const uint16_t sent = cpx_tx_spread(q, pkts + done, step, put);

			done += sent;
			if (sent < step)
				break;
		}
	}
	if (q->limited) {
		for (uint16_t i = done; i < n; i++)
			time -= (uint64_t)cpx_pace_time(&q->limit, 1, pkts[i]->pkt_len);
		q->limit.busy += (int64_t)time;
	}
	return done;
}

#endif
