/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of one lane inside a process: a ring of mbuf pointers with one producer (the lcore
 * that drives the sending queue) and one consumer (the lcore that drives the receiving queue).
 *
 * Both indices run freely and are masked on use. Each side keeps its own index and a copy of the
 * other's in private memory (struct cpx_ring_end) and looks at the shared one only when the copy
 * says there is too little room or too few frames, so in a steady flow a cache line changes hands
 * once a burst. The consumer owns the gate, which says whether it takes frames, whether its lane
 * carries, and whether it may be asleep. It is a request, not a fence: a producer already past its
 * check may still add frames after it closes. Whoever stops next takes those out (cpx_ring_flush),
 * so nothing stays behind when both ends stopped.
 *
 * Sleep: the consumer stores `sleeping`, looks at `prod` once more, and waits for `bell`; the
 * producer of a gate with CPX_GATE_SLEEPS looks at `sleeping` after each submission. Full fences
 * on both sides, so one of them sees the other.
 */
#ifndef CPX_PMD_CPX_RING_H
#define CPX_PMD_CPX_RING_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/order.h"

#define CPX_LINE          64
#define CPX_RING_MIN      32
#define CPX_RING_MAX      4096
#define CPX_RING_STANDARD 1024

#define CPX_GATE_OPEN   1u /* frames are taken */
#define CPX_GATE_LANE   2u /* … by the lane's own queue: the lane carries */
#define CPX_GATE_LIT    8u /* the lane could carry, whether a queue reads it or not */
#define CPX_GATE_SLEEPS 4u /* the consumer may sleep */

struct rte_mbuf;
struct rte_mempool;

struct cpx_ring {
	/* constant while either end runs, except `gate` and `timed` */
	alignas(CPX_LINE) uint32_t size; /* slots, a power of two */
	uint32_t mask;                   /* size - 1 */
	struct rte_mempool *pool;        /* where frames that cannot be passed on are copied to;
					    consumer's control thread writes before open */
	uint32_t gate;                   /* CPX_GATE_*; consumer's control thread writes */
	uint32_t timed;                  /* frames may carry a time to be delivered at; producer's
					    control thread writes */
	int bell;                        /* eventfd to wake the consumer with; -1 none */

	alignas(CPX_LINE) uint32_t prod;     /* frames ever added; producer writes */
	alignas(CPX_LINE) uint32_t cons;     /* frames ever taken; consumer writes */
	alignas(CPX_LINE) uint32_t sleeping; /* consumer writes 1 and 0, producer 0 */
	alignas(CPX_LINE) struct rte_mbuf *slot[];
};

/* What one end keeps to itself. */
struct cpx_ring_end {
	struct cpx_ring *ring;
	uint32_t own;  /* our index */
	uint32_t seen; /* the other's index when last looked at */
};

/* A ring of `size` slots (a power of two within the limits) on a NUMA node, closed; NULL without
 * memory. Control threads. */
struct cpx_ring *cpx_ring_create(uint32_t size, int numa);
/* Frees the frames still in it, then the ring. Neither end runs. NULL is allowed. */
void cpx_ring_free(struct cpx_ring *r);
/* Frees every frame in the ring; the number of them. The consumer does not run. */
unsigned cpx_ring_flush(struct cpx_ring *r);

/* Producer, after a submission to a gate with CPX_GATE_SLEEPS: rings the bell if the consumer
 * sleeps. A system call, once a sleep. */
void cpx_ring_wake(struct cpx_ring *r);
/* Consumer: true when a frame that comes from now on rings the bell; false when there is one. */
bool cpx_ring_arm(struct cpx_ring_end *e);
void cpx_ring_disarm(struct cpx_ring_end *e);

/* Frames in the ring; any thread, true for a moment. */
static inline uint32_t cpx_ring_count(const struct cpx_ring *r)
{
	uint32_t n = load_acquire(&r->prod) - load_acquire(&r->cons);

	return n > r->size ? 0 : n; /* the two loads are not one */
}

/* Producer: attach to a ring, from wherever its index stands. */
static inline void cpx_ring_produce(struct cpx_ring_end *e, struct cpx_ring *r)
{
	*e = (struct cpx_ring_end){ .ring = r, .own = r->prod, .seen = load_acquire(&r->cons) };
}

static inline void cpx_ring_consume(struct cpx_ring_end *e, struct cpx_ring *r)
{
	*e = (struct cpx_ring_end){ .ring = r, .own = r->cons, .seen = r->cons };
}

/* Producer: slots that may be filled from own on, at most n. */
static inline uint32_t cpx_ring_room(struct cpx_ring_end *e, uint32_t n)
{
	uint32_t room = e->ring->size - (e->own - e->seen);

	if (room < n) {
		e->seen = load_acquire(&e->ring->cons);
		room = e->ring->size - (e->own - e->seen);
	}
	return room < n ? room : n;
}

/* Producer: `n` slots from own on are filled, the consumer may have them. */
static inline void cpx_ring_submit(struct cpx_ring_end *e, uint32_t n)
{
	e->own += n;
	store_release(&e->ring->prod, e->own);
}

/* n pointers, four at a time: a burst is too short for a call of memcpy (3 cycles a frame at 8). */
static inline void cpx_ring_copy(struct rte_mbuf **to, struct rte_mbuf *const *from, uint32_t n)
{
	for (; n >= 4; n -= 4, to += 4, from += 4)
		memcpy(to, from, 4 * sizeof(*to));
	for (; n != 0; n--)
		*to++ = *from++;
}

/* Producer: put n frames into the first n slots of its room. */
static inline void cpx_ring_fill(const struct cpx_ring_end *e, struct rte_mbuf *const *pkts,
				 uint32_t n)
{
	struct cpx_ring *r = e->ring;
	const uint32_t at = e->own & r->mask, left = r->size - at, first = n < left ? n : left;

	cpx_ring_copy(&r->slot[at], pkts, first);
	cpx_ring_copy(&r->slot[0], pkts + first, n - first);
}

/* Consumer: slots that may be read from own on, at most n. */
static inline uint32_t cpx_ring_peek(struct cpx_ring_end *e, uint32_t n)
{
	uint32_t filled = e->seen - e->own;

	if (filled < n) {
		e->seen = load_acquire(&e->ring->prod);
		filled = e->seen - e->own;
	}
	return filled < n ? filled : n;
}

/* Consumer: copy the n oldest frames out. */
static inline void cpx_ring_read(const struct cpx_ring_end *e, struct rte_mbuf **pkts, uint32_t n)
{
	const struct cpx_ring *r = e->ring;
	const uint32_t at = e->own & r->mask, left = r->size - at, first = n < left ? n : left;

	cpx_ring_copy(pkts, &r->slot[at], first);
	cpx_ring_copy(pkts + first, &r->slot[0], n - first);
}

/* Consumer: `n` slots from own on were read, the producer may fill them again. */
static inline void cpx_ring_release(struct cpx_ring_end *e, uint32_t n)
{
	e->own += n;
	store_release(&e->ring->cons, e->own);
}

#endif
