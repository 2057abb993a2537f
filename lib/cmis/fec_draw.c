/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A multinomial draw is one binomial draw a bin: of the codewords that are left, with the bin's
 * share of the probability that is left.
 */
#include "lib/cmis/fec_draw.h"

#include <math.h>

#define EXACT_BELOW 64 /* expected successes */

/* 0 < u < 1 */
static double unit(struct fec_random *r)
{
	return ((double)(fec_random_next(r) >> 12) + 0.5) * 0x1p-52;
}

static double normal(struct fec_random *r)
{
	double radius = sqrt(-2 * log(unit(r)));

	return radius * cos(2 * M_PI * unit(r));
}

/* Walk up from P(0), each term from the one before it, as far as a uniform number reaches. */
static uint64_t by_inversion(struct fec_random *r, uint64_t n, double p, double q)
{
	double term = exp((double)n * log1p(-p)), u = unit(r), odds = p / q;
	uint64_t k = 0;

	while (u > term && k < n) {
		u -= term;
		term *= (double)(n - k) / (double)(k + 1) * odds;
		k++;
		if (term < 1e-300) /* what is left of u is rounding */
			break;
	}
	return k;
}

/* The second term of Cornish and Fisher's expansion bends the normal one as p is off the middle. */
static uint64_t by_normal(struct fec_random *r, uint64_t n, double p, double q)
{
	double z = normal(r);
	double k = (double)n * p + z * sqrt((double)n * p * q) + (q - p) * (z * z - 1) / 6;

	k = round(k);
	if (!(k > 0))
		return 0;
	return k < (double)n ? (uint64_t)k : n;
}

uint64_t fec_draw_binomial(struct fec_random *r, uint64_t n, double p, double q)
{
	if (n == 0 || !(p > 0))
		return 0;
	if (!(q > 0))
		return n;
	if (p > q)
		return n - fec_draw_binomial(r, n, q, p);
	return (double)n * p < EXACT_BELOW ? by_inversion(r, n, p, q) : by_normal(r, n, p, q);
}

void fec_draw_codewords(struct fec_random *r, double ber, uint64_t n, uint64_t bins[FEC_BINS])
{
	double ratio[FEC_BINS], rest[FEC_BINS + 1] = { 0 };

	fec_bins(ber > 0 ? ber : 0, ratio);
	/* summed from the rare end, so that nothing is lost to rounding */
	for (unsigned i = FEC_BINS; i-- > 0;)
		rest[i] = rest[i + 1] + ratio[i];
	for (unsigned i = 0; i < FEC_BINS; i++) {
		bins[i] = n;
		if (i < FEC_BINS - 1 && rest[i] > 0)
			bins[i] =
				fec_draw_binomial(r, n, ratio[i] / rest[i], rest[i + 1] / rest[i]);
		n -= bins[i];
	}
}
