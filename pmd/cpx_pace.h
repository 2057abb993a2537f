/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holding a lane to its line rate: a token bucket, kept as the time its line is still busy with
 * what was sent. A frame may go while the line is not busy and keeps it busy for its length and
 * CPX_PACE_GAP bytes; what the last frame takes too much, the next one waits for, so the rate is
 * exact in the long run. Time that nothing was sent in is made up for as far as the bucket is
 * deep: CPX_PACE_DEPTH_US, a ten-thousandth of a second's frames.
 *
 * The clock is the caller's: counts of any frequency that do not go back. One thread per bucket;
 * no division after the start, no state but the struct.
 */
#ifndef CPX_PMD_CPX_PACE_H
#define CPX_PMD_CPX_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/order.h"

#define CPX_PACE_GAP      20 /* preamble and gap between frames, bytes */
#define CPX_PACE_DEPTH_US 100
#define CPX_PACE_SHIFT    24 /* binary places of a count */

struct cpx_pace {
	int64_t busy;   /* counts from `last` on, 2^-24; below 0: idle for that long */
	uint64_t last;  /* clock when `busy` was true */
	uint64_t cost;  /* counts a byte, 2^-24 */
	uint32_t depth; /* counts of idleness that are made up for */
};

/* Counts that a byte takes at `mbps` Mb/s, 2^-24. */
uint64_t cpx_pace_cost(uint64_t hz, uint32_t mbps);

/* A line of `mbps` Mb/s, at least 1, idle from `now` on; the clock counts `hz` times a second (at
 * least 1 MHz, at most 10 GHz). */
void cpx_pace_start(struct cpx_pace *p, uint64_t hz, uint32_t mbps, uint64_t now);

/* The clock went on to `now`. */
static inline void cpx_pace_clock(struct cpx_pace *p, uint64_t now)
{
	const int64_t floor = -((int64_t)p->depth << CPX_PACE_SHIFT);
	uint64_t passed = now - p->last;

	if ((int64_t)passed <= 0) /* another core's clock may lag a little */
		return;
	p->last = now;
	p->busy -= (int64_t)(passed < UINT32_MAX ? passed : UINT32_MAX) << CPX_PACE_SHIFT;
	if (p->busy < floor)
		p->busy = floor;
}

/* Time the line takes for these. */
static inline int64_t cpx_pace_time(const struct cpx_pace *p, uint64_t frames, uint64_t bytes)
{
	return (int64_t)((bytes + frames * CPX_PACE_GAP) * load_relaxed(&p->cost));
}

/* They were sent. */
static inline void cpx_pace_charge(struct cpx_pace *p, uint64_t frames, uint64_t bytes)
{
	p->busy += cpx_pace_time(p, frames, bytes);
}

#endif
