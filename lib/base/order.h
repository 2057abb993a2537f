/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only place that spells a memory order. Four idioms are used in cpx:
 *
 * publish:  one thread writes data, then store_release(&flag); readers load_acquire(&flag) and
 *           may then read the data. Indices of rings, pointers to immutable state.
 * counter:  one thread writes a value that others only look at: load_relaxed + store_relaxed.
 *           Naturally aligned 64-bit values are never torn. No read-modify-write is needed.
 * sequence: a writer makes seq odd, changes the data, makes seq even again; a reader copies the
 *           data between two equal even values of seq. See seq_* below.
 * holders:  many threads hold an object, the last one to let go frees it: holders_*. Not on a fast
 *           path: these are read-modify-writes of a shared line.
 *
 * turn:     several threads may work on something, one at a time, and none may wait for long: take
 * a turn or go away. See turn_* below.
 *
 * Anything else needs an argument in the file that does it.
 */
#ifndef CPX_LIB_BASE_ORDER_H
#define CPX_LIB_BASE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define load_relaxed(p)     __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define fence_acquire()     __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define fence_release()     __atomic_thread_fence(__ATOMIC_RELEASE)
/* Store, fence_full(), load on both of two sides: at least one of them sees the other's store. */
#define fence_full() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* One holder more, by one who holds it; one less, and how many are left. Whatever the others did
 * before they let go comes before what the last one does. */
#define holders_add(p)  ((void)__atomic_add_fetch((p), 1, __ATOMIC_RELAXED))
#define holders_drop(p) __atomic_sub_fetch((p), 1, __ATOMIC_ACQ_REL)

/* Single writer: add to a counter that other threads may read. */
static inline void counter_add(uint64_t *c, uint64_t n)
{
	store_relaxed(c, load_relaxed(c) + n);
}

/* Single writer of a sequenced object. Never nest; never return between the two. */
static inline void seq_write_begin(uint64_t *seq)
{
	store_relaxed(seq, load_relaxed(seq) + 1);
	fence_release();
}

static inline void seq_write_end(uint64_t *seq)
{
	store_release(seq, load_relaxed(seq) + 1);
}

/* Reader: begin returns the sequence to hand to seq_read_ok(); an odd one means a write is on. */
static inline uint64_t seq_read_begin(const uint64_t *seq)
{
	return load_acquire(seq);
}

static inline bool seq_read_ok(const uint64_t *seq, uint64_t begun)
{
	fence_acquire();
	return !(begun & 1) && load_relaxed(seq) == begun;
}

/* A turn: true when it is ours now, until turn_give(). Tries for a moment (a few microseconds: more
 * than a burst takes), then says false, so a holder that was put to sleep holds nobody up. */
static inline bool turn_take(uint32_t *turn)
{
	for (unsigned tries = 0; tries < 1024; tries++)
		if (load_relaxed(turn) == 0 && __atomic_exchange_n(turn, 1, __ATOMIC_ACQUIRE) == 0)
			return true;
	return false;
}

static inline void turn_give(uint32_t *turn)
{
	store_release(turn, 0);
}

#endif
