/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exact accounting of one flow's sequence numbers: which of the numbers 0, 1, 2 … that were sent
 * came, which came twice, which came late. One thread; no allocation.
 *
 * A bit map of the last SEQUENCE_WINDOW numbers below the highest one seen tells a duplicate from a
 * late first arrival, so nothing is guessed: lost = sent - distinct numbers received. A number
 * older than the map is counted as stale; then, and only then, duplicates and losses may be off by
 * the stale count, and the generator's window (outstanding packets) is to be kept below the map's.
 */
#ifndef CPX_BENCH_GEN_SEQUENCE_H
#define CPX_BENCH_GEN_SEQUENCE_H

#include <stdint.h>

#define SEQUENCE_WINDOW 4096 /* numbers; a power of two */

struct sequence {
	uint64_t next;      /* highest number seen + 1; 0: none yet */
	uint64_t distinct;  /* different numbers seen */
	uint64_t duplicate; /* arrivals of a number already seen */
	uint64_t reordered; /* first arrivals after a higher number */
	uint64_t stale;     /* arrivals older than the map */
	uint64_t seen[SEQUENCE_WINDOW / 64];
};

enum sequence_result {
	SEQUENCE_NEW,       /* higher than all before */
	SEQUENCE_REORDERED, /* first arrival, but a higher one came before */
	SEQUENCE_DUPLICATE,
	SEQUENCE_STALE,
};

/* A zeroed struct is ready for use. */
enum sequence_result sequence_receive(struct sequence *s, uint64_t number);

/* Numbers of 0..sent-1 that never came. 0 when more came than were sent. */
static inline uint64_t sequence_lost(const struct sequence *s, uint64_t sent)
{
	return sent > s->distinct ? sent - s->distinct : 0;
}

#endif
