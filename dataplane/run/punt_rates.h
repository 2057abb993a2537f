/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board's punt rates among its workers, and the rings that hold what is punted. The rate of a
 * class is the board's. What arrives at which worker is a matter of lanes and flows, so workers are
 * given of it what they need: those that need less than an even part get all they ask, the others
 * share what is left evenly (max-min). Of the burst each has its even part. Pure, any thread.
 */
#ifndef CPX_DATAPLANE_RUN_PUNT_RATES_H
#define CPX_DATAPLANE_RUN_PUNT_RATES_H

#include "lib/net/punt.h"

#define PUNT_UNITS 64u /* a worker's rate is in 1/64 packets a second */

/* One of n_workers, as long as nothing is known of what they need: even parts. pps in PUNT_UNITS */
void punt_rates_share(struct punt_rate share[PUNT_COUNT], const struct punt_rate board[PUNT_COUNT],
		      unsigned n_workers);

/*
 * One class: `pps` among n workers (at most PUNT_MAX_WORKERS) of which demand[w] packets a second
 * came. Each gets twice its demand and a little, while there is enough; all of it is given away.
 * units[w] in PUNT_UNITS.
 */
#define PUNT_MAX_WORKERS 32
void punt_rates_divide(uint32_t *units, const uint64_t *demand, unsigned n, uint32_t pps);

/* Slots of the ring of a queue that holds all bursts of its classes at once: a power of two, of
 * which one slot stays free. */
uint32_t punt_rates_ring(const struct punt_rate share[PUNT_COUNT], enum punt_queue queue);

#endif
