/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hot path of a fiber: one producer (struct fiber_tx) and one consumer (struct fiber_rx) for
 * each lane, both private to their process. Everything here is inline, makes no system call and
 * takes nothing from the region on trust; format.h has the algorithm and the rules V1..V10. lent.h
 * adds the verbs of lent frames.
 *
 * Threads. A queue is driven by one thread at a time. The control thread (connection.c) re-points a
 * queue only while that thread is known to be outside (fiber_quiescent), and takes it out of
 * service at any time through `running`. Counters have one writer, the driving thread; anybody may
 * read them; they live as long as the fiber, over any number of peers.
 *
 * Verbs, per burst:
 *   send      n = fiber_tx_reserve(q, slots); for each slot i < n: fiber_tx_fetch(q, i, len); then
 *             for each: memcpy to fiber_tx_place(q, i), fiber_tx_describe(q, i, desc); then
 *             fiber_tx_submit(q, slots, frames, bytes)
 *   receive   if (fiber_rx_poll(q, frames)) while (… && fiber_rx_next(q, &f)) use f;
 *             fiber_rx_release(q, frames, bytes). With LENT, f.frame[] to be given back: lent.h
 */
#ifndef CPX_LIB_FIBER_RING_H
#define CPX_LIB_FIBER_RING_H

#include <stdbool.h>

#include "lib/base/order.h"
#include "lib/fiber/format.h"

#define FIBER_LINE        64
#define FIBER_LIKELY(x)   __builtin_expect(!!(x), 1)
#define FIBER_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define FIBER_FETCH       32 /* slots a poll fetches ahead: what a first-level cache takes easily */

/* name, what it counts. Only added to, never set back. */
#define FIBER_TX_COUNTERS(X)                                                       \
	X(packets, "frames sent")                                                  \
	X(bytes, "bytes of the frames sent")                                       \
	X(bursts, "submissions")                                                   \
	X(full, "reservations that got less than they asked for")                  \
	X(wakes, "bells rung for a sleeping receiver")                             \
	X(protocol_errors, "the lane was stopped: impossible index from the peer") \
	X(starved, "frames not taken for sending: the peer holds all of them")     \
	X(bad_returns, "frames given back that were not lent")

#define FIBER_RX_COUNTERS(X)                                             \
	X(packets, "frames received")                                    \
	X(bytes, "bytes of the frames received")                         \
	X(bursts, "releases")                                            \
	X(bad_runt, "frames dropped: shorter than an Ethernet header")   \
	X(bad_oversize, "frames dropped: longer in a slot than a slot")  \
	X(bad_empty, "frames dropped: an empty slot in a chain")         \
	X(bad_long, "frames dropped: more slots in a chain than agreed") \
	X(bad_cut, "frames dropped: a chain without its end")            \
	X(bad_frame, "frames dropped: a lent frame beyond the pool")     \
	X(protocol_errors, "the lane was stopped: impossible index from the peer")

#define FIBER_COUNTER_FIELD(name, help) uint64_t name;

struct fiber_tx_counters {
	alignas(FIBER_LINE) FIBER_TX_COUNTERS(FIBER_COUNTER_FIELD)
};

struct fiber_rx_counters {
	alignas(FIBER_LINE) FIBER_RX_COUNTERS(FIBER_COUNTER_FIELD)
};

/* Sending end of a lane. Line 0: control thread while quiescent, then the driving thread. */
struct fiber_tx {
	alignas(FIBER_LINE) struct fiber_ring *ring;
	uint8_t *buffers;
	uint32_t running; /* control thread, any time: 0 takes the queue out of service */
	uint32_t mask;
	uint32_t slot_stride;
	uint32_t slot_bytes;
	uint32_t own;  /* slots ever filled */
	uint32_t seen; /* cons, when last looked at */
	uint8_t max_segs;
	uint8_t dead;   /* protocol error; driving thread */
	int bell;       /* -1: the peer never sleeps */
	uint32_t flags; /* FIBER_DESC_* that were agreed */
	/* LENT (lent.h); frames = 0 without it */
	alignas(FIBER_LINE) uint8_t *pool; /* frame 0 of this lane */
	struct fiber_returns *returns;
	uint32_t *stack; /* the free frames; the one that came back last on top */
	uint8_t *lent;   /* is frame x lent? */
	uint32_t frames;
	uint32_t frame_stride;
	uint32_t frame_bytes;
	uint32_t free;     /* on the stack */
	uint32_t returned; /* returns ever read */
	uint32_t unlooked; /* lent since the returns were last looked at */
	struct fiber_tx_counters count;
};

/* Receiving end of a lane, as above. */
struct fiber_rx {
	alignas(FIBER_LINE) struct fiber_ring *ring;
	uint8_t *buffers;
	uint32_t running;
	uint32_t mask;
	uint32_t slot_stride;
	uint32_t slot_bytes;
	uint32_t own;  /* slots ever given back */
	uint32_t next; /* slot to be read next; own <= next <= seen */
	uint32_t seen; /* prod, when last looked at */
	uint32_t flags;
	uint8_t max_segs;
	uint8_t dead;
	int bell;
	/* LENT (lent.h); frames = 0 without it */
	alignas(FIBER_LINE) const uint8_t *pool; /* frame 0 of this lane, read-only */
	struct fiber_returns *returns;
	struct fiber_pool *mapping; /* that the frames lie in */
	uint32_t frames;
	uint32_t frame_stride;
	uint32_t frame_bytes;
	uint32_t returned; /* frames ever given back */
	struct fiber_rx_counters count;
};

static_assert(offsetof(struct fiber_tx, count) == 2 * FIBER_LINE, "hot lines, then counters");
static_assert(offsetof(struct fiber_rx, count) == 2 * FIBER_LINE, "hot lines, then counters");

#define FIBER_NO_FRAME UINT32_MAX

/* A frame as described by its first slot. `data` and the segments point into the region or the
 * peer's pool: a hostile peer may change those bytes at any time, so copy first, then parse. */
struct fiber_frame {
	const uint8_t *data; /* first segment */
	uint32_t bytes;      /* of the whole frame */
	uint32_t slot;       /* index of the first slot */
	uint16_t segs;
	uint16_t flags;                 /* FIBER_DESC_*, those agreed only, without MORE */
	struct fiber_desc desc;         /* copy: hash, vlan, stamp are valid with their flag */
	uint16_t len[FIBER_MAX_SEGS];   /* of segment i < segs */
	uint32_t frame[FIBER_MAX_SEGS]; /* that segment i borrows; or FIBER_NO_FRAME */
};

/* Bring a line here to be written. x86 compilers make a fetch for reading of this unless told that
 * the processor has PREFETCHW; those without it take it for a no-op. */
static inline void fiber_fetch_to_write(const void *at)
{
#if defined(__x86_64__)
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)at));
#else
	__builtin_prefetch(at, 1);
#endif
}

/* ring.c: the rare ways. */
uint32_t fiber_tx_protocol_error(struct fiber_tx *q);
bool fiber_rx_protocol_error(struct fiber_rx *q);
bool fiber_rx_chain(struct fiber_rx *q, struct fiber_frame *f, struct fiber_desc first);
void fiber_tx_wake(struct fiber_tx *q);

/* Send: where the bytes of the i-th reserved slot go, at most slot_bytes of them. */
static inline uint8_t *fiber_tx_place(const struct fiber_tx *q, uint32_t i)
{
	return q->buffers + (uint64_t)((q->own + i) & q->mask) * q->slot_stride;
}

/*
 * Send: how many of `slots` slots may be filled now, from 0 to `slots`. 0 also while there is no
 * peer and in protocol error. A frame of more than slot_bytes needs several slots.
 */
static inline uint32_t fiber_tx_reserve(struct fiber_tx *q, uint32_t slots)
{
	const uint32_t size = q->mask + 1;
	uint32_t used = q->own - q->seen, cons;

	if (FIBER_UNLIKELY(!load_acquire(&q->running) || q->dead))
		return 0;
	if (FIBER_UNLIKELY(size - used < slots)) {
		cons = load_acquire(&q->ring->cons);
		if (FIBER_UNLIKELY(q->own - cons > used)) /* V1 */
			return fiber_tx_protocol_error(q);
		q->seen = cons;
		used = q->own - cons;
		if (size - used < slots) {
			counter_add(&q->count.full, 1);
			slots = size - used;
		}
	}
	return slots;
}

/*
 * Send: `len` bytes will be written to the i-th reserved slot. For the whole burst before the first
 * copy, this halves the time of small frames between far cores; lines beyond 256 B come by
 * themselves.
 */
static inline void fiber_tx_fetch(const struct fiber_tx *q, uint32_t i, uint32_t len)
{
	const uint8_t *at = fiber_tx_place(q, i);

	for (uint32_t k = 0; k < len && k < 256; k += FIBER_LINE)
		fiber_fetch_to_write(at + k);
}

/* Send: describe the i-th reserved slot, whole. Flags that were not agreed are not sent. */
static inline void fiber_tx_describe(const struct fiber_tx *q, uint32_t i, struct fiber_desc desc)
{
	struct fiber_desc *d = &q->ring->desc[(q->own + i) & q->mask];

	desc.flags &= q->flags;
	store_relaxed(&d->word[0], desc.word[0]);
	store_relaxed(&d->word[1], desc.word[1]);
}

/* Send: the first `slots` reserved slots hold whole frames; the peer may have them. */
static inline void fiber_tx_submit(struct fiber_tx *q, uint32_t slots, uint32_t frames,
				   uint64_t bytes)
{
	store_relaxed(&q->own, q->own + slots); /* fiber_tx_stalled() looks */
	store_release(&q->ring->prod, q->own);
	if (q->bell >= 0)
		fiber_tx_wake(q);
	counter_add(&q->count.packets, frames);
	counter_add(&q->count.bytes, bytes);
	counter_add(&q->count.bursts, 1);
}

/* The bytes of slot index x. */
static inline const uint8_t *fiber_rx_place(const struct fiber_rx *q, uint32_t x)
{
	return q->buffers + (uint64_t)(x & q->mask) * q->slot_stride;
}

/* The bytes of frame x < frames of the peer's pool. */
static inline const uint8_t *fiber_rx_lent(const struct fiber_rx *q, uint32_t x)
{
	return q->pool + (uint64_t)x * q->frame_stride;
}

/* Copy a descriptor out of the region, each word loaded once. */
static inline struct fiber_desc fiber_rx_desc(const struct fiber_rx *q, uint32_t x)
{
	const struct fiber_desc *d = &q->ring->desc[x & q->mask];
	struct fiber_desc copy;

	copy.word[0] = load_relaxed(&d->word[0]);
	copy.word[1] = load_relaxed(&d->word[1]);
	return copy;
}

/* Fetch ahead what slot x leads to. A lent frame's index is a hint here and loaded once more when
 * it counts. */
static inline void fiber_rx_fetch(const struct fiber_rx *q, uint32_t x)
{
	const uint8_t *at = fiber_rx_place(q, x);

	if (q->frames != 0) {
		struct fiber_desc d = fiber_rx_desc(q, x);

		if (d.flags & FIBER_DESC_LENT) {
			at = fiber_rx_lent(q, d.stamp_low & (q->frames - 1));
			__builtin_prefetch(at + FIBER_LINE);
		}
	}
	__builtin_prefetch(at);
}

/* Receive: is there anything? Looks at the peer's index when fewer than `slots` slots are known to
 * be filled, at most once. False also while there is no peer and in protocol error. */
static inline bool fiber_rx_poll(struct fiber_rx *q, uint32_t slots)
{
	uint32_t filled, prod;

	if (FIBER_UNLIKELY(!load_acquire(&q->running)))
		return false;
	if (q->seen - q->next < slots) {
		if (FIBER_UNLIKELY(q->dead))
			return false;
		prod = load_acquire(&q->ring->prod);
		filled = prod - q->own;
		if (FIBER_UNLIKELY(filled > q->mask + 1 || filled < q->seen - q->own)) /* V2 */
			return fiber_rx_protocol_error(q);
		q->seen = prod;
	}
	for (uint32_t x = q->next; x != q->seen && x - q->next < slots && x - q->next < FIBER_FETCH;
	     x++)
		fiber_rx_fetch(q, x);
	return q->seen != q->next;
}

/*
 * Receive: the next frame of what the last poll found; false when there is none left. Bad frames
 * are dropped and counted on the way. Frames stay readable until fiber_rx_release().
 */
static inline bool fiber_rx_next(struct fiber_rx *q, struct fiber_frame *f)
{
	while (q->next != q->seen) {
		struct fiber_desc d = fiber_rx_desc(q, q->next);
		const uint32_t flags = d.flags & q->flags;
		const bool lent = flags & FIBER_DESC_LENT;

		if (FIBER_LIKELY(!(d.flags & FIBER_DESC_MORE) && d.len >= FIBER_MIN_FRAME &&
				 d.len <= (lent ? q->frame_bytes : q->slot_bytes) &&
				 (!lent || d.stamp_low < q->frames))) {
			f->data = lent ? fiber_rx_lent(q, d.stamp_low) : fiber_rx_place(q, q->next);
			f->bytes = d.len;
			f->slot = q->next++;
			f->segs = 1;
			f->flags = (uint16_t)flags;
			f->desc = d;
			f->len[0] = d.len;
			f->frame[0] = lent ? d.stamp_low : FIBER_NO_FRAME;
			return true;
		}
		if (fiber_rx_chain(q, f, d))
			return true;
	}
	return false;
}

/* Receive: the bytes of segment i < f->segs, f->len[i] of them. */
static inline const uint8_t *fiber_rx_segment(const struct fiber_rx *q, const struct fiber_frame *f,
					      uint32_t i)
{
	return f->frame[i] == FIBER_NO_FRAME ? fiber_rx_place(q, f->slot + i)
					     : fiber_rx_lent(q, f->frame[i]);
}

/* Receive: every frame read so far is done with; the peer may refill their slots. `frames` and
 * `bytes` are what the counters grow by. After each poll that said true, also when all it found
 * was bad: the slots of bad frames go back here too. */
static inline void fiber_rx_release(struct fiber_rx *q, uint32_t frames, uint64_t bytes)
{
	q->own = q->next;
	store_release(&q->ring->cons, q->own);
	counter_add(&q->count.packets, frames);
	counter_add(&q->count.bytes, bytes);
	counter_add(&q->count.bursts, 1);
}

#endif
