/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames out of mbufs into memory that another process shares: the sending half of cpx_rxtx_peer.c,
 * which alone includes it. The lcore that drives the queue, or has the lane's turn.
 */
#ifndef CPX_PMD_CPX_RXTX_PEER_TX_H
#define CPX_PMD_CPX_RXTX_PEER_TX_H

#include "pmd/cpx_rxtx_copy.h"
#include "pmd/cpx_rxtx_full.h"

#include "lib/fiber/lent.h"

/* A frame of one segment, no longer than `limit`, that asks for nothing. */
static __rte_always_inline bool is_plain(const struct rte_mbuf *m, uint32_t limit, uint64_t asks)
{
	return m->nb_segs == 1 &&
	       (uint32_t)m->data_len - FIBER_MIN_FRAME <= limit - FIBER_MIN_FRAME &&
	       (m->ol_flags & asks) == 0;
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

/*
 * Bytes and descriptors of n plain frames, into reserved slots; the sum of their lengths. First all
 * bytes, then all descriptors: stores that alternate between lines which the peer had last cost
 * half as much again.
 */
static __rte_always_inline uint64_t copy_plain(struct fiber_tx *t, struct rte_mbuf **pkts,
					       uint32_t n)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < n; i++)
		fiber_tx_fetch(t, i, pkts[i]->data_len);
	for (uint32_t i = 0; i < n; i++)
		cpx_copy_in(fiber_tx_place(t, i), rte_pktmbuf_mtod(pkts[i], void *),
			    pkts[i]->data_len);
	for (uint32_t i = 0; i < n; i++) {
		fiber_tx_describe(t, i, describe(pkts[i], pkts[i]->data_len));
		bytes += pkts[i]->data_len;
	}
	return bytes;
}

#define FAR_BYTES  512u /* less is quicker through the caches however far the peer is */
#define LINE_DESCS (CPX_STEP / sizeof(struct fiber_desc))

/*
 * The same past the caches. A line that another core has read is slow to write: that core has to
 * let go of it first, and such lines are let go of nearly one by one. Far away this takes longer
 * than to write to memory and to read from there. Descriptors too, where all of a line are ours.
 */
static __rte_noinline uint64_t stream_plain(struct fiber_tx *t, struct rte_mbuf **pkts, uint32_t n)
{
	alignas(CPX_STEP) struct fiber_desc line[LINE_DESCS];
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint32_t at = (t->own + i) % LINE_DESCS;
		struct fiber_desc d = describe(pkts[i], pkts[i]->data_len);

		cpx_stream_in(fiber_tx_place(t, i), rte_pktmbuf_mtod(pkts[i], void *), d.len);
		bytes += d.len;
		if (i < at || i - at + LINE_DESCS > n) {
			fiber_tx_describe(t, i, d);
			continue;
		}
		d.flags &= (uint16_t)t->flags;
		line[at] = d;
		if (at == LINE_DESCS - 1)
			cpx_stream_line(&t->ring->desc[(t->own + i - at) & t->mask], line);
	}
	cpx_stream_end();
	return bytes;
}

/*
 * How far is the peer? The time that a line takes which it wrote last: that of its index, which is
 * about to be read anyway. Once in a round of the ring; a mean, so that an interrupt counts little.
 */
static __rte_noinline void look_far(struct cpx_txq *q)
{
	const struct fiber_tx *t = q->fiber;
	uint64_t start, cycles;
	uint32_t cons;

	rte_rmb();
	start = rte_rdtsc();
	cons = load_acquire(&t->ring->cons);
	rte_rmb();
	cycles = RTE_MIN(rte_rdtsc() - start, 2 * (uint64_t)q->far);
	if (cons == t->seen)
		return; /* it was in our own cache */
	q->trip = (uint16_t)(q->trip + ((int)cycles - q->trip) / 8);
	q->measured = t->own;
}

/* Before `slots` are reserved. */
static __rte_always_inline void measure_trip(struct cpx_txq *q, uint32_t slots)
{
	const struct fiber_tx *t = q->fiber;

	if (CPX_STREAMS &&
	    unlikely(t->mask + 1 - (t->own - t->seen) < slots && t->own - q->measured > t->mask))
		look_far(q);
}

#define LEND_BURST 64

/* Longer than a slot, in one or two pieces, that asks for nothing: the second is what a frame has
 * that was lent to us and is sent on. */
static __rte_always_inline bool is_lendable(const struct rte_mbuf *m, uint32_t slot, uint32_t limit,
					    uint64_t asks)
{
	if (m->pkt_len - slot - 1 >= limit - slot || (m->ol_flags & asks) != 0)
		return false;
	if (m->nb_segs == 1)
		return true;
	return m->nb_segs == 2 && m->data_len % CPX_STEP == 0 && m->data_len != 0 &&
	       m->next->data_len >= CPX_STEP;
}

/* The bytes of a lendable frame. */
static __rte_always_inline void lend_bytes(uint8_t *to, const struct rte_mbuf *m, bool stream)
{
	do {
		const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);

		if (stream)
			cpx_stream_in(to, from, m->data_len);
		else
			cpx_copy_in(to, from, m->data_len);
		to += m->data_len;
		m = m->next;
	} while (m != NULL);
}

/* The second piece of a frame was not touched since another processor wrote it. */
static __rte_always_inline void fetch_bytes(const struct rte_mbuf *m)
{
	const uint8_t *at;

	if (m->next == NULL)
		return;
	at = rte_pktmbuf_mtod(m->next, const uint8_t *);
	for (uint32_t k = 0; k < m->next->data_len; k += CPX_STEP)
		rte_prefetch0(at + k);
}

/* Free the second pieces, which are of another pool: where nobody else holds the first ones. */
static __rte_always_inline bool take_apart(struct rte_mbuf **pkts, uint32_t n)
{
	bool all = true;

	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i], *second = m->next;

		if (m->nb_segs == 1)
			continue;
		if (unlikely(rte_mbuf_refcnt_read(m) != 1)) {
			all = false;
			continue;
		}
		m->next = NULL;
		m->nb_segs = 1;
		rte_pktmbuf_free_seg(second);
	}
	return all;
}

/*
 * Frames that are lent, from the first on: how many were sent. Past the caches where the peer is
 * far away, see stream_plain().
 */
static __rte_noinline uint16_t put_lent(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n,
					uint32_t limit, uint64_t asks)
{
	struct fiber_tx *t = q->fiber;
	const bool stream = CPX_STREAMS && q->trip >= q->far;
	uint32_t frames[LEND_BURST], taken;
	bool single = true;
	uint64_t bytes = 0;
	uint16_t i;

	n = RTE_MIN(n, (uint16_t)LEND_BURST);
	for (i = 0; i < n && is_lendable(pkts[i], t->slot_bytes, limit, asks); i++) {
		bytes += pkts[i]->pkt_len;
		single &= pkts[i]->nb_segs == 1;
	}
	if (i == 0)
		return 0;
	n = i;
	measure_trip(q, n);
	n = (uint16_t)fiber_tx_reserve(t, n);
	taken = n == 0 ? 0 : fiber_tx_take(t, frames, n);
	while (i > taken) /* the others stay: no slot, or the peer keeps what we have */
		bytes -= pkts[--i]->pkt_len;
	if (i == 0)
		return 0;
	if (stream) {
		for (i = 0; i < taken; i++) {
			if (i + 1u < taken)
				fetch_bytes(pkts[i + 1]);
			lend_bytes(fiber_tx_frame(t, frames[i]), pkts[i], true);
		}
		cpx_stream_end();
	} else {
		for (i = 0; i < taken; i++)
			fiber_tx_fetch_frame(t, frames[i], pkts[i]->pkt_len);
		for (i = 0; i < taken; i++) {
			if (i + 1u < taken)
				fetch_bytes(pkts[i + 1]);
			lend_bytes(fiber_tx_frame(t, frames[i]), pkts[i], false);
		}
	}
	for (i = 0; i < taken; i++)
		fiber_tx_describe_lent(t, i, frames[i],
				       describe(pkts[i], (uint16_t)pkts[i]->pkt_len));
	fiber_tx_submit(t, i, i, bytes);
	cpx_count_tx(&q->count, i, bytes);
	if (single || take_apart(pkts, i))
		give_back(q, pkts, i);
	else
		rte_pktmbuf_free_bulk(pkts, i);
	return i;
}

/* Plain frames from the first on: how many were sent. */
static __rte_always_inline uint16_t put_plain(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n,
					      uint32_t limit, uint64_t asks)
{
	struct fiber_tx *t = q->fiber;
	uint64_t bytes = 0;
	uint16_t plain;

	for (plain = 0; plain < n && is_plain(pkts[plain], limit, asks); plain++) {
		rte_prefetch0(rte_pktmbuf_mtod(pkts[plain], void *));
		bytes += pkts[plain]->data_len;
	}
	if (plain == 0)
		return 0;
	measure_trip(q, plain);
	n = (uint16_t)fiber_tx_reserve(t, plain);
	if (n == 0)
		return 0;
	if (CPX_STREAMS && unlikely(bytes >= FAR_BYTES && q->trip >= q->far))
		bytes = stream_plain(t, pkts, n);
	else
		bytes = copy_plain(t, pkts, n);
	fiber_tx_submit(t, n, n, bytes);
	cpx_count_tx(&q->count, n, bytes);
	give_back(q, pkts, n);
	return n;
}

static __rte_always_inline uint16_t peer_put(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t max_frame = load_relaxed(&q->max_frame);
	const uint64_t asks = RTE_MBUF_F_TX_OFFLOAD_MASK & ~q->does;
	struct fiber_tx *t = q->fiber;
	bool lends;
	uint32_t most, plain;
	uint16_t done = 0;

	if (unlikely(!load_acquire(&t->running) ||
		     load_relaxed(&q->carrier_queue) == CPX_NO_QUEUE)) {
		counter_add(&q->count.down, n);
		return 0;
	}
	lends = t->frames != 0;
	plain = RTE_MIN(max_frame, t->slot_bytes);
	most = lends ? RTE_MIN(max_frame, t->frame_bytes) : plain;
	while (done < n) {
		const uint16_t before = done;

		done += put_plain(q, pkts + done, n - done, plain, asks);
		if (likely(done == n))
			break;
		if (unlikely(lends) && most > plain) {
			done += put_lent(q, pkts + done, n - done, most, asks);
			if (done == n)
				break;
			if (done != before)
				continue;
		}
		if (cpx_tx_asks(q, pkts[done])) {
			/* no more than there is room for: what goes back shall be as it came */
			const uint32_t room = fiber_tx_reserve(t, (uint32_t)(n - done));

			if (room != 0) {
				done += cpx_tx_effects(q, pkts + done, (uint16_t)room, max_frame);
				continue;
			}
		}
		if (is_plain(pkts[done], most, asks) || cpx_tx_asks(q, pkts[done]) ||
		    !put_special(q, pkts[done], max_frame)) {
			done += cpx_tx_full_lane(q, pkts + done, n - done);
			break;
		}
		done++;
	}
	return done;
}

#endif
