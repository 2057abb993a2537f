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

/*
 * What an mbuf says of its frame, in two 16-byte stores. An mbuf in its pool has one reference, one
 * segment and no next one, so that its second line is not touched at all.
 */
typedef uint64_t cpx_words __attribute__((vector_size(16), may_alias));

#define MBUF_AT(field, at)                                                  \
	static_assert(offsetof(struct rte_mbuf, field) ==                   \
			      offsetof(struct rte_mbuf, rearm_data) + (at), \
		      #field)
static_assert(offsetof(struct rte_mbuf, rearm_data) % sizeof(cpx_words) == 0, "aligned stores");
MBUF_AT(data_off, 0);
MBUF_AT(refcnt, 2);
MBUF_AT(nb_segs, 4);
MBUF_AT(port, 6);
MBUF_AT(ol_flags, 8);
MBUF_AT(packet_type, 16);
MBUF_AT(pkt_len, 20);
MBUF_AT(data_len, 24);
MBUF_AT(vlan_tci, 26);
MBUF_AT(hash, 28);

/* `bytes` of the frame, `first` of them in this segment. */
static __rte_always_inline void set_mbuf(const struct cpx_rxq *q, struct rte_mbuf *m,
					 struct fiber_desc d, uint32_t flags, uint32_t bytes,
					 uint32_t first)
{
	const uint64_t rearm =
		RTE_PKTMBUF_HEADROOM | 1ull << 16 | 1ull << 32 | (uint64_t)q->port << 48;
	cpx_words *to = (cpx_words *)&m->rearm_data;
	uint64_t good = 0;

	if (flags & FIBER_DESC_HASH)
		good |= RTE_MBUF_F_RX_RSS_HASH;
	if (flags & FIBER_DESC_IP_GOOD)
		good |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (flags & FIBER_DESC_L4_GOOD)
		good |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	to[0] = (cpx_words){ rearm, good };
	to[1] = (cpx_words){ (uint64_t)bytes << 32, (uint16_t)first | (uint64_t)d.hash << 32 };
}

/* The pool has less than a burst left: as many as there are. */
static __rte_noinline uint16_t last_mbufs(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = 0;

	counter_add(&q->count.nombuf, 1);
	while (got < n && (pkts[got] = rte_mbuf_raw_alloc(q->pool)) != NULL)
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
	uint32_t seg = 0, at = 0;

	if ((f->bytes > q->room && !q->scatter) || f->bytes > CPX_MAX_FRAME) {
		counter_add(&q->count.oversize, 1);
		return DROPPED;
	}
	m->data_len = 0;
	while (seg < f->segs) {
		const uint32_t step = RTE_MIN(f->len[seg] - at, (uint32_t)q->room - last->data_len);

		memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len),
		       fiber_rx_segment(r, f, seg) + at, step);
		last->data_len = (uint16_t)(last->data_len + step);
		at += step;
		if (at == f->len[seg]) {
			seg++;
			at = 0;
			continue;
		}
		last->next = rte_mbuf_raw_alloc(q->pool);
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
		set_mbuf(q, last, (struct fiber_desc){ 0 }, 0, 0, 0);
		m->nb_segs++;
	}
	return TAKEN;
}

/*
 * Lent frames in one piece each, from the first on: how many. Their starts are copied, the rest
 * stays where it is. Not one that is lent again while we still have it.
 */
static __rte_noinline uint16_t take_lent(const struct cpx_rxq *q, struct fiber_rx *r,
					 struct cpx_lent *lent, struct rte_mbuf **pkts, uint16_t n,
					 uint64_t *bytes)
{
	uint64_t sum = 0;
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct fiber_desc d = fiber_rx_desc(r, r->next + i);
		struct rte_mbuf *m = pkts[i];

		if (!fiber_rx_is_lent(r, d) || d.len <= CPX_LENT_COPIED ||
		    cpx_lent_is_out(lent, d.stamp_low))
			break;
		set_mbuf(q, m, d, d.flags & r->flags, d.len, CPX_LENT_COPIED);
		cpx_copy_out((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM,
			     fiber_rx_lent(r, d.stamp_low), CPX_LENT_COPIED);
		m->next = cpx_lent_take(lent, d.stamp_low, d.len - CPX_LENT_COPIED);
		m->nb_segs = 2;
		sum += d.len;
	}
	r->next += i;
	*bytes += sum;
	return i;
}

/* The lines of a frame behind its first, which the poll has fetched. */
static __rte_always_inline void fetch_rest(const uint8_t *at, uint32_t bytes)
{
	for (uint32_t k = CPX_STEP; k < bytes; k += CPX_STEP)
		rte_prefetch0(at + k);
}

/*
 * Frames of one slot each that fit into whole steps of an mbuf, from the first on: how many. Not
 * through struct fiber_frame, which would have to pass through memory.
 */
static __rte_always_inline uint16_t take_plain(const struct cpx_rxq *q, struct fiber_rx *r,
					       struct rte_mbuf **pkts, uint16_t n, uint64_t *bytes)
{
	const uint32_t limit = RTE_MIN(r->slot_bytes, q->room & ~(CPX_STEP - 1));
	uint64_t sum = 0;
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct fiber_desc d = fiber_rx_desc(r, r->next + i);
		struct rte_mbuf *m = pkts[i];

		if (unlikely((d.flags & (FIBER_DESC_MORE | FIBER_DESC_LENT)) ||
			     (uint32_t)d.len - FIBER_MIN_FRAME > limit - FIBER_MIN_FRAME))
			break;
		set_mbuf(q, m, d, d.flags & r->flags, d.len, d.len);
		/* the next one may well be as long; the one behind the last is being written */
		if (d.len > 256 && i + 1 < n)
			fetch_rest(fiber_rx_place(r, r->next + i + 1), d.len);
		cpx_copy_out((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM,
			     fiber_rx_place(r, r->next + i), d.len);
		sum += d.len;
	}
	r->next += i;
	*bytes += sum;
	return i;
}

/* Frames of any kind, copied; mbufs that were not needed, the last of the n, go back. */
static __rte_noinline uint16_t take_any(struct cpx_rxq *q, struct fiber_rx *r,
					struct rte_mbuf **pkts, uint16_t n, uint64_t *bytes)
{
	const uint32_t most = q->room & ~(CPX_STEP - 1);
	struct fiber_frame f;
	uint16_t got = 0;

	while (got < n && fiber_rx_next(r, &f)) {
		struct rte_mbuf *m = pkts[got];

		set_mbuf(q, m, f.desc, f.flags, f.bytes, f.bytes);
		if (likely(f.segs == 1 && f.bytes <= most)) {
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
		if (unlikely(f.frame[0] != FIBER_NO_FRAME || f.segs > 1))
			fiber_rx_give_back_frame(r, &f);
		*bytes += f.bytes;
		got++;
	}
	/* chains and bad frames took fewer mbufs than slots */
	if (unlikely(got < n))
		rte_mempool_put_bulk(q->pool, (void **)pkts + got, n - got);
	return got;
}

/* At most n frames; their lengths are added to *bytes. */
static __rte_always_inline uint16_t peer_take_bytes(struct cpx_rxq *q, struct cpx_rxq *from,
						    struct rte_mbuf **pkts, uint16_t n,
						    uint64_t *bytes)
{
	struct fiber_rx *r = from->fiber;
	struct cpx_lent *lent;
	uint64_t sum = 0;
	uint16_t got;

	/* first this, then that: both belong to one connection then */
	if (unlikely(!load_acquire(&r->running)))
		return 0;
	lent = load_acquire(&from->lent);
	if (unlikely(lent != NULL))
		cpx_lent_collect(lent, r);
	if (!fiber_rx_poll(r, n))
		return 0;
	n = (uint16_t)RTE_MIN((uint32_t)n, r->seen - r->next);
	for (uint16_t i = 0; i < n; i += CPX_STEP / sizeof(struct fiber_desc))
		rte_prefetch0(&r->ring->desc[(r->next + i) & r->mask]);
	if (unlikely(rte_mempool_get_bulk(q->pool, (void **)pkts, n) != 0))
		n = last_mbufs(q, pkts, n);
	got = take_plain(q, r, pkts, n, &sum);
	while (unlikely(got < n) && lent != NULL && q->scatter) {
		const uint16_t before = got;

		got += take_lent(q, r, lent, pkts + got, n - got, &sum);
		if (got == before)
			break;
		got += take_plain(q, r, pkts + got, n - got, &sum);
	}
	if (unlikely(got < n))
		got += take_any(q, r, pkts + got, n - got, &sum);
	fiber_rx_release(r, got, sum);
	*bytes += sum;
	return got;
}

static __rte_always_inline uint16_t peer_take(struct cpx_rxq *q, struct cpx_rxq *from,
					      struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t bytes = 0;

	return peer_take_bytes(q, from, pkts, n, &bytes);
}

#endif
