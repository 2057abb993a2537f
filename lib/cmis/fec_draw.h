/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chance makes of the ratios of fec.h: so many codewords of an interval fell into each bin.
 * Everything follows from a seed, so a run can be repeated. Any thread; a struct fec_random belongs
 * to one.
 */
#ifndef CPX_LIB_CMIS_FEC_DRAW_H
#define CPX_LIB_CMIS_FEC_DRAW_H

#include <stdint.h>

#include "lib/cmis/fec.h"

/* splitmix64: 64 bits of state, 64 bits a step, no step repeats before all have come. */
struct fec_random {
	uint64_t state;
};

static inline uint64_t fec_random_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline uint64_t fec_random_next(struct fec_random *r)
{
	r->state += 0x9e3779b97f4a7c15ull;
	return fec_random_mix(r->state);
}

/* Streams of one seed (a lane each, say) have nothing to do with each other. */
static inline struct fec_random fec_random_of(uint64_t seed, uint64_t stream)
{
	struct fec_random r = { seed };

	r.state = fec_random_next(&r) ^ fec_random_mix(~stream);
	return r;
}

/* Successes among n tries of probability p; q is 1 - p, given because a small one would be lost in
 * the subtraction. Exact below 64 expected ones, then a normal distribution with the right mean,
 * variance and skewness (wrong by less than 1 % of a standard deviation). 0..n. */
uint64_t fec_draw_binomial(struct fec_random *r, uint64_t n, double p, double q);

/*
 * n codewords at a bit error ratio: bins[i] had i wrong symbols, the last bin 16 and more. They
 * add up to n. A BER that is no number, or below 0, counts as 0; above 0.5 as 0.5. Some
 * microseconds, whatever n is.
 */
void fec_draw_codewords(struct fec_random *r, double ber, uint64_t n, uint64_t bins[FEC_BINS]);

#endif
