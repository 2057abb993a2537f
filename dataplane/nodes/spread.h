/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lane_rx does where several workers share a lane's receive queue: choosing the one of the
 * team that a flow is always given to, handing over in bursts, taking what was handed over. Worker
 * threads.
 */
#ifndef CPX_DATAPLANE_NODES_SPREAD_H
#define CPX_DATAPLANE_NODES_SPREAD_H

#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"

/*
 * Of a team of n, 0 is the worker itself. Carriers choose a queue by the low bits of the hash and
 * send_choose_lane() a lane by the high ones: multiplied by the golden ratio all bits have a say
 * here, so that each of the team uses all lanes.
 */
static inline uint16_t spread_choose(const struct rte_mbuf *m, uint16_t n)
{
	if (unlikely(!(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) || m->hash.rss == 0))
		return 0;
	return (uint16_t)((uint64_t)(uint32_t)(m->hash.rss * 0x9e3779b1u) * n >> 32);
}

/* Of n packets just received those that are ours stay in place; their number. The others are
 * staged. */
static inline uint16_t spread_share(struct worker *w, const struct lane_rx *rx,
				    struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const uint16_t k = spread_choose(m, w->cfg->n_team);

		if (k == 0) {
			pkts[kept++] = m;
		} else {
			*pkt_arg(m) = rx->stamp;
			w->team[k].pkts[w->team[k].n++] = m;
		}
	}
	return kept;
}

/* What a ring had no room for, lane by lane. */
static inline void spread_drop(struct worker *w, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t from = 0;

	for (uint16_t i = 1; i <= n; i++) {
		if (i < n && *pkt_lane(pkts[i]) == *pkt_lane(pkts[from]))
			continue;
		worker_drop(w, &pkts[from], i - from, *pkt_lane(pkts[from]), DROP_HANDOFF_FULL);
		from = i;
	}
}

/* Everything staged to where it belongs. */
static inline void spread_flush(struct worker *w)
{
	for (uint16_t k = 1; k < w->cfg->n_team; k++) {
		struct worker_stage *s = &w->team[k];
		uint16_t sent;

		if (!s->n)
			continue;
		sent = (uint16_t)rte_ring_sp_enqueue_burst(w->cfg->team[k], (void **)s->pkts, s->n,
							   NULL);
		if (unlikely(sent < s->n))
			spread_drop(w, &s->pkts[sent], s->n - sent);
		s->n = 0;
	}
}

/* Up to `max` packets into pkts; those whose port is gone end up in gone[0..*n_gone). */
static inline uint16_t spread_take(const struct worker *w, struct rte_ring *ring,
				   struct rte_mbuf **pkts, uint16_t max, void **gone,
				   uint16_t *n_gone)
{
	const unsigned n = rte_ring_sc_dequeue_burst(ring, (void **)pkts, max, NULL);
	uint16_t kept = 0;

	*n_gone = 0;
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		rte_prefetch0(rte_pktmbuf_mtod(m, void *));
		if (likely(w->cfg->stamps[*pkt_lane(m)] == *pkt_arg(m))) {
			pkts[kept++] = m;
		} else {
			*pkt_arg(m) = DROP_PORT_REMOVED;
			gone[(*n_gone)++] = m;
		}
	}
	return kept;
}

#endif
