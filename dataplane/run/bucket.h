/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token bucket that never divides: it is filled in units of (TSC cycles x rate), and a token
 * costs as many of them as make the rate right. Owned by one thread, usually a worker. Starts full.
 *
 *   rate in packets a second:        cost = tsc_hz
 *   rate in 1/64 packets a second:   cost = tsc_hz * 64
 */
#ifndef CPX_DATAPLANE_RUN_BUCKET_H
#define CPX_DATAPLANE_RUN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define BUCKET_LONG_AGO \
	(1ull << 36) /* cycles; more count as this many, so that nothing overflows */

struct bucket {
	uint64_t last_tsc;
	uint64_t units;
};

/*
 * One token, if there is one: at most `burst` at once, rate / cost a cycle on the average. `now`
 * does not go back. rate below 2^27, cost * burst below 2^63; rate 0 gives none.
 */
static inline bool bucket_take(struct bucket *b, uint64_t now, uint64_t cost, uint32_t rate,
			       uint32_t burst)
{
	const uint64_t depth = cost * burst;
	uint64_t passed = now - b->last_tsc;

	if (passed > BUCKET_LONG_AGO)
		passed = BUCKET_LONG_AGO;
	b->last_tsc = now;
	b->units += passed * rate;
	if (b->units > depth)
		b->units = depth;
	if (b->units < cost)
		return false;
	b->units -= cost;
	return true;
}

#endif
