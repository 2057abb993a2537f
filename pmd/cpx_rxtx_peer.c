/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Burst functions of lanes on a fiber between two processes (fiber:<path>): frames are copied into
 * shared memory by the sender and out of it by the receiver. Called by the lcore that drives the
 * queue; no log, lock, division or system call (but to wake a sleeping peer that asked for it).
 * Everything about the other process being hostile is lib/fiber/ring.h's: here only lengths that
 * it has checked are used.
 *
 * While an lcore is in here `inside` is set. The control thread takes a queue out of service by
 * its `running`, then makes every lcore pass a barrier (membarrier) and waits for `inside` to
 * fall, before it unmaps: so here a compiler barrier is enough between the two.
 *
 * Built once for each instruction set, see cpx_rxtx.h.
 */
#include "pmd/cpx_rxtx.h"
#include "pmd/cpx_rxtx_full.h"

#include "lib/fiber/lent.h"
#include "pmd/cpx_lent.h"

#define STEP 64u /* slots are whole numbers of these */

/* From here to leave() the fiber's memory stays mapped if its queue is in service. */
static __rte_always_inline void enter(uint32_t *inside)
{
	store_relaxed(inside, 1);
	rte_compiler_barrier();
}

static __rte_always_inline void leave(uint32_t *inside)
{
	store_release(inside, 0);
}

/* Out of a slot, in whole steps: what lies behind the frame there is the peer's anyway. */
static __rte_always_inline void copy_out(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += STEP)
		memcpy(to + at, from + at, STEP);
}

/* Into a slot: not a byte more than the frame has, the peer could read it. At least 8 bytes; the
 * last piece overlaps the one before. */
static __rte_always_inline void copy_in(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	if (likely(bytes >= STEP)) {
		for (uint32_t at = 0; at + STEP < bytes; at += STEP)
			memcpy(to + at, from + at, STEP);
		memcpy(to + bytes - STEP, from + bytes - STEP, STEP);
	} else if (bytes >= 32) {
		memcpy(to, from, 32);
		memcpy(to + bytes - 32, from + bytes - 32, 32);
	} else if (bytes >= 16) {
		memcpy(to, from, 16);
		memcpy(to + bytes - 16, from + bytes - 16, 16);
	} else {
		memcpy(to, from, 8);
		memcpy(to + bytes - 8, from + bytes - 8, 8);
	}
}

/* ---- receive ---- */

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
	copy_out(rte_pktmbuf_mtod(m, void *), f->data, CPX_LENT_COPIED);
	m->data_len = CPX_LENT_COPIED;
	m->next = cpx_lent_take(lent, f->frame[0], f->bytes - CPX_LENT_COPIED);
	m->nb_segs = 2;
}

static __rte_always_inline uint16_t peer_take(struct cpx_rxq *q, struct cpx_rxq *from,
					      struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t most = q->room & ~(STEP - 1);
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
			copy_out(rte_pktmbuf_mtod(m, void *), f.data, f.bytes);
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

static uint16_t peer_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_rxq *q = queue;
	uint64_t bytes = 0;

	enter(&q->inside);
	n = peer_take(q, q, pkts, n);
	leave(&q->inside);
	if (n == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	cpx_count_rx(&q->count, n, bytes);
	return n;
}

static uint16_t peer_rx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_rxq *q = queue;

	enter(&q->inside);
	n = cpx_rx_full(q, pkts, n, peer_take);
	leave(&q->inside);
	return n;
}

/* ---- transmit ---- */

/* A plain frame that fits into one slot. */
static __rte_always_inline bool is_plain(const struct rte_mbuf *m, uint32_t limit)
{
	return m->nb_segs == 1 && m->pkt_len <= limit && m->data_len >= FIBER_MIN_FRAME &&
	       (m->ol_flags & ~RTE_MBUF_F_RX_RSS_HASH) == 0;
}

static __rte_always_inline struct fiber_desc describe(const struct rte_mbuf *m, uint16_t len)
{
	struct fiber_desc d = { .len = len };

	if (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) {
		d.flags = FIBER_DESC_HASH;
		d.hash = m->hash.rss;
	}
	return d;
}

/* Put the bytes of a chain into `slots` reserved slots, or into the taken frames that these lend,
 * `most` bytes in each. */
static void put_chain(struct fiber_tx *t, const struct rte_mbuf *m, uint32_t slots, uint32_t most,
		      const uint32_t *frames)
{
	const struct rte_mbuf *seg = m;
	uint32_t from = 0, left = m->pkt_len;

	for (uint32_t i = 0; i < slots; i++) {
		uint8_t *to = frames != NULL ? fiber_tx_frame(t, frames[i]) : fiber_tx_place(t, i);
		const uint32_t len = RTE_MIN(left, most);
		struct fiber_desc d = { 0 };
		uint32_t filled = 0;

		while (filled < len) {
			const uint32_t n = RTE_MIN(seg->data_len - from, len - filled);

			memcpy(to + filled, rte_pktmbuf_mtod_offset(seg, const uint8_t *, from), n);
			filled += n;
			from += n;
			if (from == seg->data_len) {
				seg = seg->next;
				from = 0;
			}
		}
		if (i == 0)
			d = describe(m, 0);
		d.len = (uint16_t)len;
		left -= len;
		if (left != 0)
			d.flags |= FIBER_DESC_MORE;
		if (frames != NULL)
			fiber_tx_describe_lent(t, i, frames[i], d);
		else
			fiber_tx_describe(t, i, d);
	}
}

/* Free mbufs whose bytes were copied: at once to their pool where the application promised that
 * they are plain ones of one pool. */
static __rte_always_inline void give_back(const struct cpx_txq *q, struct rte_mbuf **pkts,
					  uint32_t n)
{
	struct rte_mempool *pool = pkts[0]->pool;

	if (q->fast_free) {
		rte_mempool_put_bulk(pool, (void **)pkts, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct rte_mbuf *m = pkts[i];

		if (unlikely(m->pool != pool || rte_mbuf_refcnt_read(m) != 1 ||
			     !RTE_MBUF_DIRECT(m) || m->nb_segs != 1)) {
			rte_pktmbuf_free_bulk(pkts, n);
			return;
		}
	}
	rte_mempool_put_bulk(pool, (void **)pkts, n);
}

/* One frame that is not plain and asks for nothing. True when it is gone: sent or dropped. */
static __rte_noinline bool put_special(struct cpx_txq *q, struct rte_mbuf *m, uint32_t max_frame)
{
	struct fiber_tx *t = q->fiber;
	const bool lends = fiber_tx_lends(t) && m->pkt_len > t->slot_bytes;
	const uint32_t most = lends ? t->frame_bytes : t->slot_bytes;
	uint32_t frames[FIBER_MAX_SEGS], slots = 0;

	for (uint32_t room = 0; room < m->pkt_len && slots <= t->max_segs; slots++)
		room += most;
	if (m->pkt_len > max_frame || slots > t->max_segs || m->pkt_len < FIBER_MIN_FRAME) {
		counter_add(m->pkt_len < FIBER_MIN_FRAME ? &q->count.runt : &q->count.oversize, 1);
		rte_pktmbuf_free(m);
		return true;
	}
	if (fiber_tx_reserve(t, slots) < slots)
		return false;
	if (lends) {
		const uint32_t taken = fiber_tx_take(t, frames, slots);

		if (taken < slots) {
			fiber_tx_untake(t, frames, taken);
			return false;
		}
	}
	put_chain(t, m, slots, most, lends ? frames : NULL);
	fiber_tx_submit(t, slots, 1, m->pkt_len);
	cpx_count_tx(&q->count, 1, m->pkt_len);
	rte_pktmbuf_free(m);
	return true;
}

#define LEND_BURST 64

/* Plain frames into reserved slots or, where they are longer, into frames that are lent. */
static __rte_noinline uint16_t lend_plain(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct fiber_tx *t = q->fiber;
	uint32_t frames[LEND_BURST], taken = 0, used = 0;
	uint64_t bytes = 0;
	uint16_t i;

	n = RTE_MIN(n, (uint16_t)LEND_BURST);
	for (i = 0; i < n; i++)
		taken += pkts[i]->data_len > t->slot_bytes;
	if (taken != 0)
		taken = fiber_tx_take(t, frames, taken);
	for (i = 0; i < taken; i++)
		fiber_tx_fetch_frame(t, frames[i], FIBER_MAX_SLOT_BYTES);
	for (i = 0; i < n; i++) {
		const struct rte_mbuf *m = pkts[i];
		const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);

		if (m->data_len <= t->slot_bytes) {
			copy_in(fiber_tx_place(t, i), from, m->data_len);
			fiber_tx_describe(t, i, describe(m, m->data_len));
		} else if (used < taken) {
			copy_in(fiber_tx_frame(t, frames[used]), from, m->data_len);
			fiber_tx_describe_lent(t, i, frames[used++], describe(m, m->data_len));
		} else {
			break; /* the peer keeps the others */
		}
		bytes += m->data_len;
	}
	if (i == 0)
		return 0;
	fiber_tx_submit(t, i, i, bytes);
	cpx_count_tx(&q->count, i, bytes);
	give_back(q, pkts, i);
	return i;
}

/* Plain frames from the first on: how many were sent. */
static __rte_always_inline uint16_t put_plain(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n,
					      uint32_t limit)
{
	struct fiber_tx *t = q->fiber;
	uint64_t bytes = 0;
	uint16_t plain;

	for (plain = 0; plain < n && is_plain(pkts[plain], limit); plain++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[plain], void *));
	if (plain == 0)
		return 0;
	n = (uint16_t)fiber_tx_reserve(t, plain);
	if (n == 0)
		return 0;
	if (unlikely(fiber_tx_lends(t)))
		return lend_plain(q, pkts, n);
	for (uint16_t i = 0; i < n; i++)
		fiber_tx_fetch(t, i, pkts[i]->data_len);
	for (uint16_t i = 0; i < n; i++) {
		const struct rte_mbuf *m = pkts[i];

		copy_in(fiber_tx_place(t, i), rte_pktmbuf_mtod(m, void *), m->data_len);
		fiber_tx_describe(t, i, describe(m, m->data_len));
		bytes += m->data_len;
	}
	fiber_tx_submit(t, n, n, bytes);
	cpx_count_tx(&q->count, n, bytes);
	give_back(q, pkts, n);
	return n;
}

static __rte_always_inline uint16_t peer_put(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t max_frame = load_relaxed(&q->max_frame);
	struct fiber_tx *t = q->fiber;
	uint32_t most;
	uint16_t done = 0;

	if (unlikely(!load_acquire(&t->running) |
		     (load_relaxed(&q->carrier_queue) == CPX_NO_QUEUE))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	most = RTE_MIN(max_frame, fiber_tx_lends(t) ? t->frame_bytes : t->slot_bytes);
	while (done < n) {
		const uint16_t before = done;

		done += put_plain(q, pkts + done, n - done, most);
		if (done == n)
			break;
		if (cpx_tx_asks(q, pkts[done])) {
			/* no more than there is room for: what goes back shall be as it came */
			const uint32_t room = fiber_tx_reserve(t, (uint32_t)(n - done));

			if (room != 0) {
				done += cpx_tx_effects(q, pkts + done, (uint16_t)room, max_frame);
				continue;
			}
		}
		if (done != before && is_plain(pkts[done], most) && n - before > LEND_BURST)
			continue; /* a burst is lent in parts */
		if (is_plain(pkts[done], most) || cpx_tx_asks(q, pkts[done]) ||
		    !put_special(q, pkts[done], max_frame)) {
			done += cpx_tx_full_lane(q, pkts + done, n - done);
			break;
		}
		done++;
	}
	return done;
}

static uint16_t peer_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;

	if (unlikely(load_relaxed(&q->off))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	enter(&q->inside);
	n = peer_put(q, pkts, n);
	leave(&q->inside);
	return n;
}

static uint16_t peer_tx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;

	enter(&q->inside);
	n = cpx_tx_full(q, pkts, n, peer_put);
	leave(&q->inside);
	return n;
}

const struct cpx_bursts CPX_ISA_NAME(cpx_peer_bursts) = {
	.isa = CPX_ISA_TEXT,
	.rx = peer_rx,
	.rx_full = peer_rx_full,
	.tx = peer_tx,
	.tx_full = peer_tx_full,
};
