/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lent frames on the hot path (feature LENT; format.h, "Lent frames"): the sender writes a frame of
 * its own pool and lends it, the receiver reads it in place, keeps it as long as it likes and gives
 * it back in any order. Inline, no system calls; nothing of the peer's is taken on trust. Verbs are
 * added to those of ring.h, and both kinds of slots may be mixed at will, even in a chain:
 *
 *   send      slots by fiber_tx_reserve() as ever; n = fiber_tx_take(q, x, n); for each:
 *             fiber_tx_fetch_frame(); for each: fiber_tx_write(q, x[i], …), then
 *             fiber_tx_describe_lent(q, slot, x[i], desc) in place of fiber_tx_describe(); then
 *             fiber_tx_submit(). A taken frame may be kept and lent later, by another submission,
 *             or put back by fiber_tx_untake().
 *   receive   f.frame[i] is what segment i borrows, or FIBER_NO_FRAME: its bytes lie in the slot,
 *             and last until fiber_rx_release(). What is borrowed lasts until
 *             fiber_rx_give_back(q, fiber_rx_pool(q), x, n): once for each frame, at any time.
 *
 * What fits into a slot (256 bytes) is better copied there: the receiver then knows where it lies
 * before it has read a descriptor, and nothing has to come back.
 *
 * Threads. All of these belong to the queue's driving thread; frames that end their lives on other
 * threads have to be collected for it.
 *
 * When the peer goes, frames may still be held. They stay readable for whoever holds the pool they
 * lie in: fiber_pool_ref() when the connection came up (FIBER_EVENT_UP, or the first frame), and
 * fiber_pool_unref() when the last one is done with, on any thread. Frames of a pool that is not
 * the queue's any more are given back to nobody: fiber_rx_give_back() then does nothing. Without a
 * reference, frames end with fiber_quiescent(), and so do those that were taken for sending.
 *
 * Frames are read-only for the receiver: writing to one is a SIGSEGV.
 */
#ifndef CPX_LIB_FIBER_LENT_H
#define CPX_LIB_FIBER_LENT_H

#include <string.h>

#include "lib/fiber/pool.h"
#include "lib/fiber/ring.h"

#define FIBER_LOOK 32  /* frames lent between two looks at what came back */
#define FIBER_HEAD 128 /* bytes of a frame that a receiver reads in any case */

/* ring.c: read returns until `n` frames are free, and a few more. */
void fiber_tx_take_back(struct fiber_tx *q, uint32_t n);

/* Send: does this lane lend, with this peer? */
static inline bool fiber_tx_lends(const struct fiber_tx *q)
{
	return load_acquire(&q->running) && q->frames != 0;
}

/* Send: take up to n free frames of our own. How many, their indices in x[]. */
static inline uint32_t fiber_tx_take(struct fiber_tx *q, uint32_t *x, uint32_t n)
{
	uint32_t free;

	if (FIBER_UNLIKELY(!fiber_tx_lends(q) || q->dead))
		return 0;
	q->unlooked += n;
	if (q->free < n || q->unlooked >= FIBER_LOOK)
		fiber_tx_take_back(q, n);
	free = q->free;
	if (FIBER_UNLIKELY(free < n)) {
		counter_add(&q->count.starved, n - free);
		n = free;
	}
	for (uint32_t i = 0; i < n; i++)
		x[i] = q->stack[free - 1 - i];
	q->free = free - n;
	return n;
}

/* Send: n taken frames that will not be lent after all. */
static inline void fiber_tx_untake(struct fiber_tx *q, const uint32_t *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		q->stack[q->free + i] = x[i];
	q->free += n;
}

/* Send: the bytes of a taken frame, frame_bytes of them. */
static inline uint8_t *fiber_tx_frame(const struct fiber_tx *q, uint32_t x)
{
	return q->pool + (uint64_t)x * q->frame_stride;
}

/* Send: as fiber_tx_fetch(): `len` bytes will be written to taken frame x. Saves up to a tenth
 * between far cores, where the receiver has read the first lines; nothing beyond. */
static inline void fiber_tx_fetch_frame(const struct fiber_tx *q, uint32_t x, uint32_t len)
{
	const uint8_t *at = fiber_tx_frame(q, x);

	for (uint32_t k = 0; k < len && k < 256; k += FIBER_LINE)
		fiber_fetch_to_write(at + k);
}

/*
 * Send: the first `len` bytes of taken frame x, at most frame_bytes. The lines that the receiver
 * has read last time come back from its cache, and there a store of a whole line at once, as memcpy
 * makes it with AVX-512, is slower than its parts: with these, 1514 bytes took 3 to 9 percent less
 * time, one by one 4 to 13 (Zen 4, near and far cores).
 */
static inline void fiber_tx_write(struct fiber_tx *q, uint32_t x, const void *from, uint32_t len)
{
	const uint8_t *at = (const uint8_t *)from;
	uint8_t *to = fiber_tx_frame(q, x);
	uint32_t k = 0;

	for (; k + 32 <= len && k < FIBER_HEAD; k += 32) {
		memcpy(to + k, at + k, 16);
		memcpy(to + k + 16, at + k + 16, 16);
		__asm__ volatile("" : : : "memory"); /* nor shall the compiler join them */
	}
	memcpy(to + k, at + k, len - k);
}

/* Send: the i-th reserved slot lends taken frame x, of which desc.len bytes are written. */
static inline void fiber_tx_describe_lent(struct fiber_tx *q, uint32_t i, uint32_t x,
					  struct fiber_desc desc)
{
	struct fiber_desc *d = &q->ring->desc[(q->own + i) & q->mask];

	desc.flags = (desc.flags & (uint16_t)q->flags) | FIBER_DESC_LENT;
	desc.stamp_low = x;
	q->lent[x] = 1;
	store_relaxed(&d->word[0], desc.word[0]);
	store_relaxed(&d->word[1], desc.word[1]);
}

/* Receive: is what slot descriptor d says a whole frame, in good order, that lies in frame
 * d.stamp_low of the pool? */
static inline bool fiber_rx_is_lent(const struct fiber_rx *q, struct fiber_desc d)
{
	return (d.flags & (FIBER_DESC_LENT | FIBER_DESC_MORE)) == FIBER_DESC_LENT &&
	       (q->flags & FIBER_DESC_LENT) && d.len >= FIBER_MIN_FRAME &&
	       d.len <= q->frame_bytes && d.stamp_low < q->frames;
}

/* Receive: the pool that this queue's frames lie in now, NULL without LENT or peer. The one to
 * hold, and to give back to. */
static inline struct fiber_pool *fiber_rx_pool(const struct fiber_rx *q)
{
	return q->mapping;
}

/* Receive: n frames of pool `owner` are done with. Once a burst; the peer may write them now.
 * Nothing happens when that is not the queue's pool any more: who owned it is gone. */
static inline void fiber_rx_give_back(struct fiber_rx *q, const struct fiber_pool *owner,
				      const uint32_t *frames, uint32_t n)
{
	if (n == 0 || owner != q->mapping || FIBER_UNLIKELY(owner == NULL))
		return;
	for (uint32_t i = 0; i < n; i++)
		store_relaxed(&q->returns->index[(q->returned + i) & (q->frames - 1)], frames[i]);
	q->returned += n;
	store_release(&q->returns->prod, q->returned);
}

/* Receive: give back all that one frame of fiber_rx_next() borrowed. */
static inline void fiber_rx_give_back_frame(struct fiber_rx *q, const struct fiber_frame *f)
{
	uint32_t lent[FIBER_MAX_SEGS], n = 0;

	for (uint32_t i = 0; i < f->segs; i++)
		if (f->frame[i] != FIBER_NO_FRAME)
			lent[n++] = f->frame[i];
	fiber_rx_give_back(q, q->mapping, lent, n);
}

#endif
