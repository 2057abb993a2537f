/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board's punt rates among its workers, and the rings that hold what is punted. The rate of a
 * class is the board's: workers share it evenly, by what a token costs them (bucket.h), so nothing
 * is lost to rounding; of the burst each has its part, rounded up. Pure, any thread.
 */
#ifndef CPX_DATAPLANE_RUN_PUNT_RATES_H
#define CPX_DATAPLANE_RUN_PUNT_RATES_H

#include "lib/net/punt.h"

/* One worker's rates of n_workers: pps is the board's, burst its own. */
void punt_rates_share(struct punt_rate share[PUNT_COUNT], const struct punt_rate board[PUNT_COUNT],
		      unsigned n_workers);

/* Slots of the ring of a queue that holds all bursts of its classes at once: a power of two, of
 * which one slot stays free. */
uint32_t punt_rates_ring(const struct punt_rate share[PUNT_COUNT], enum punt_queue queue);

#endif
