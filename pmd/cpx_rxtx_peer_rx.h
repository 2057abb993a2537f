/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames out of the memory of another process into mbufs: the receiving half of cpx_rxtx_peer.c,
 * which alone includes it. The lcore that drives the queue.
 */
#ifndef CPX_PMD_CPX_RXTX_PEER_RX_H
#define CPX_PMD_CPX_RXTX_PEER_RX_H

#include "pmd/cpx_lent.h"
#include "pmd/cpx_rxtx_copy.h"
#include "pmd/cpx_rxtx_full.h"

#include "lib/fiber/lent.h"

static __rte_always_inline void set_metadata(const struct cpx_rxq *q, struct rte_mbuf *m,
					     const struct fiber_frame *f)
{
	m->ol_flags = 0;
	m->packet_type = RTE_PTYPE_UNKNOWN;
	m->pkt_len = f->bytes;
	m->port = q->port;
	if (f->flags == 0)
		return;
	if (f->flags & FIBER_DESC_HASH) {
		m->hash.rss = f->desc.hash;
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	}
	if (f->flags & FIBER_DESC_IP_GOOD)
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (f->flags & FIBER_DESC_L4_GOOD)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

/* The pool has less than a burst left: as many as there are. */
static __rte_noinline uint16_t last_mbufs(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = 0;

	counter_add(&q->count.nombuf, 1);
	while (got < n && (pkts[got] = rte_pktmbuf_alloc(q->pool)) != NULL)
		got++;
	return got;
}

enum filled { TAKEN, DROPPED, NO_MEMORY };

/*
 * A frame of several slots or longer than an mbuf: a chain that begins with pkts[0], as many mbufs
 * more as it takes; in need of those that were meant for other frames, the last of the n in pkts.
 * With no memory for it, none is taken.
 */
static __rte_noinline enum filled fill_chain(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t *n,
					     const struct fiber_rx *r, const struct fiber_frame *f)
{
	struct rte_mbuf *m = pkts[0], *last = m;
	uint32_t room = q->room, seg = 0, at = 0;

	if ((f->bytes > q->room && !q->scatter) || f->bytes > CPX_MAX_FRAME) {
		counter_add(&q->count.oversize, 1);
		return DROPPED;
	}
	m->data_len = 0;
	while (seg < f->segs) {
		const uint32_t step = RTE_MIN(f->len[seg] - at, room - last->data_len);

		memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len),
		       fiber_rx_segment(r, f, seg) + at, step);
		last->data_len = (uint16_t)(last->data_len + step);
		at += step;
		if (at == f->len[seg]) {
			seg++;
			at = 0;
			continue;
		}
		last->next = rte_pktmbuf_alloc(q->pool);
		if (unlikely(last->next == NULL) && *n > 1)
			last->next = pkts[--*n];
		if (unlikely(last->next == NULL)) {
			counter_add(&q->count.nombuf, 1);
			rte_pktmbuf_free(m->next);
			m->next = NULL;
			m->nb_segs = 1;
			return NO_MEMORY;
		}
		last = last->next;
		room = rte_pktmbuf_tailroom(last);
		m->nb_segs++;
	}
	return TAKEN;
}

/* A lent frame in one piece, and worth it. */
static __rte_always_inline bool can_be_kept(const struct fiber_frame *f)
{
	return f->segs == 1 && f->frame[0] != FIBER_NO_FRAME && f->bytes > CPX_LENT_COPIED;
}

/* Its start is copied to m, the rest stays where it is. */
static __rte_always_inline void keep(struct cpx_lent *lent, struct rte_mbuf *m,
				     const struct fiber_frame *f)
{
	cpx_copy_out(rte_pktmbuf_mtod(m, void *), f->data, CPX_LENT_COPIED);
	m->data_len = CPX_LENT_COPIED;
	m->next = cpx_lent_take(lent, f->frame[0], f->bytes - CPX_LENT_COPIED);
	m->nb_segs = 2;
}

static __rte_always_inline uint16_t peer_take(struct cpx_rxq *q, struct cpx_rxq *from,
					      struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t most = q->room & ~(CPX_STEP - 1);
	struct fiber_rx *r = from->fiber;
	struct fiber_frame f;
	uint64_t bytes = 0;
	uint16_t got = 0;

	struct cpx_lent *lent;

	/* first this, then that: both belong to one connection then */
	if (unlikely(!load_acquire(&r->running)))
		return 0;
	lent = load_acquire(&from->lent);
	if (unlikely(lent != NULL))
		cpx_lent_collect(lent, r);
	if (!fiber_rx_poll(r, n))
		return 0;
	n = (uint16_t)RTE_MIN((uint32_t)n, r->seen - r->next);
	if (unlikely(rte_pktmbuf_alloc_bulk(q->pool, pkts, n) != 0))
		n = last_mbufs(q, pkts, n);
	while (got < n && fiber_rx_next(r, &f)) {
		struct rte_mbuf *m = pkts[got];

		const bool kept = lent != NULL && q->scatter && can_be_kept(&f);

		set_metadata(q, m, &f);
		if (kept) {
			keep(lent, m, &f);
		} else if (likely(f.segs == 1 && f.bytes <= most)) {
			m->data_len = (uint16_t)f.bytes;
			cpx_copy_out(rte_pktmbuf_mtod(m, void *), f.data, f.bytes);
		} else {
			uint16_t left = n - got;
			const enum filled filled = fill_chain(q, pkts + got, &left, r, &f);

			n = got + left;
			if (filled == DROPPED) {
				fiber_rx_give_back_frame(r, &f);
				continue;
			}
			if (filled == NO_MEMORY) {
				r->next = f.slot; /* it stays where it is */
				break;
			}
		}
		if (unlikely(!kept && (f.frame[0] != FIBER_NO_FRAME || f.segs > 1)))
			fiber_rx_give_back_frame(r, &f);
		bytes += f.bytes;
		got++;
	}
	fiber_rx_release(r, got, bytes);
	/* chains and bad frames took fewer mbufs than slots */
	if (unlikely(got < n))
		rte_pktmbuf_free_bulk(pkts + got, n - got);
	return got;
}

#endif
