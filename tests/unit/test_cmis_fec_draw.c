/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/fec_draw.c: draws add up, repeat with their seed, and have the statistics that fec.c
 * computes. Seeds are fixed, so a draw that is within its tolerance stays there.
 */
#include "lib/cmis/fec_draw.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static uint64_t sum(const uint64_t bins[FEC_BINS])
{
	uint64_t all = 0;

	for (unsigned i = 0; i < FEC_BINS; i++)
		all += bins[i];
	return all;
}

Test(fec_draw, bins_add_up_to_all)
{
	static const uint64_t counts[] = { 0, 1, 2, 63, 1000, 1u << 20, 1ull << 40, UINT64_MAX };
	static const double bers[] = { 0,    1e-15, 1e-9, 1e-6, 1e-4, 2.4e-4,   1e-3, 2e-3,
				       3e-3, 0.01,  0.1,  0.5,  0.9,  INFINITY, -1,   NAN };
	struct fec_random r = fec_random_of(1, 0);
	uint64_t bins[FEC_BINS];

	for (unsigned n = 0; n < sizeof(counts) / sizeof(counts[0]); n++)
		for (unsigned b = 0; b < sizeof(bers) / sizeof(bers[0]); b++)
			for (unsigned i = 0; i < 50; i++) {
				fec_draw_codewords(&r, bers[b], counts[n], bins);
				cr_assert_eq(sum(bins), counts[n], "%g", bers[b]);
			}
}

Test(fec_draw, extremes)
{
	struct fec_random r = fec_random_of(2, 0);
	uint64_t bins[FEC_BINS];

	fec_draw_codewords(&r, 0, 1ull << 40, bins);
	cr_expect_eq(bins[0], 1ull << 40);
	fec_draw_codewords(&r, NAN, 5, bins);
	cr_expect_eq(bins[0], 5u);
	fec_draw_codewords(&r, 0.5, 1ull << 40, bins);
	cr_expect_eq(bins[FEC_BINS - 1], 1ull << 40, "no signal: all uncorrectable");
	fec_draw_codewords(&r, 1e-6, 1ull << 40, bins);
	cr_expect_eq(bins[FEC_BINS - 1], 0u);
	cr_expect_eq(fec_draw_binomial(&r, 0, 0.5, 0.5), 0u);
	cr_expect_eq(fec_draw_binomial(&r, 9, 0, 1), 0u);
	cr_expect_eq(fec_draw_binomial(&r, 9, 1, 0), 9u);
}

Test(fec_draw, repeats_with_its_seed)
{
	struct fec_random a = fec_random_of(7, 3), b = fec_random_of(7, 3), c = fec_random_of(7, 4),
			  d = fec_random_of(8, 3);
	uint64_t bins[4][FEC_BINS];
	unsigned other = 0;

	for (unsigned i = 0; i < 20; i++) {
		fec_draw_codewords(&a, 3e-4, 1000000, bins[0]);
		fec_draw_codewords(&b, 3e-4, 1000000, bins[1]);
		fec_draw_codewords(&c, 3e-4, 1000000, bins[2]);
		fec_draw_codewords(&d, 3e-4, 1000000, bins[3]);
		cr_assert_eq(memcmp(bins[0], bins[1], sizeof(bins[0])), 0);
		other += memcmp(bins[0], bins[2], sizeof(bins[0])) != 0;
		other += memcmp(bins[0], bins[3], sizeof(bins[0])) != 0;
	}
	cr_expect_eq(other, 40u, "another stream, another seed");
}

/* Mean and variance of each bin over many draws, within five standard errors. */
static void compare(double ber, uint64_t n, unsigned draws)
{
	struct fec_random r = fec_random_of(11, (uint64_t)(ber * 1e9) ^ n);
	double ratio[FEC_BINS], total[FEC_BINS] = { 0 }, square[FEC_BINS] = { 0 };
	uint64_t bins[FEC_BINS];

	fec_bins(ber, ratio);
	for (unsigned d = 0; d < draws; d++) {
		fec_draw_codewords(&r, ber, n, bins);
		for (unsigned i = 0; i < FEC_BINS; i++) {
			double off = (double)bins[i] - (double)n * ratio[i];

			total[i] += off;
			square[i] += off * off;
		}
	}
	for (unsigned i = 0; i < FEC_BINS; i++) {
		double variance = (double)n * ratio[i] * (1 - ratio[i]);

		cr_expect_leq(fabs(total[i] / draws), 5 * sqrt(variance / draws) + 2.0 / draws,
			      "%g, %llu codewords, bin %u: %g off", ber, (unsigned long long)n, i,
			      total[i] / draws);
		if (variance > 1) /* a rare one has too few to say */
			cr_expect_float_eq(square[i] / draws / variance, 1, 0.15,
					   "%g, bin %u: variance %g of %g", ber, i,
					   square[i] / draws, variance);
	}
}

Test(fec_draw, has_the_ratios_of_the_model)
{
	static const double bers[] = { 1e-6, 1e-4, 2.4e-4, 1e-3, 2e-3, 3e-3, 5e-3 };

	for (unsigned b = 0; b < sizeof(bers) / sizeof(bers[0]); b++) {
		compare(bers[b], 20, 4000);
		compare(bers[b], 3000, 4000);
		compare(bers[b], 1ull << 40, 4000);
	}
}

/* Both ways of drawing, where one ends and the other begins: mean, variance, skewness. */
Test(fec_draw, binomial_moments)
{
	static const struct {
		uint64_t n;
		double p;
	} v[] = { { 10, 0.3 },       { 100, 0.5 },    { 1000000, 60e-6 },   { 1000000, 70e-6 },
		  { 1000000, 0.02 }, { 1000, 0.999 }, { 1ull << 50, 1e-14 } };
	const unsigned draws = 40000;

	for (unsigned k = 0; k < sizeof(v) / sizeof(v[0]); k++) {
		double n = (double)v[k].n, p = v[k].p, q = 1 - p, sd = sqrt(n * p * q);
		struct fec_random r = fec_random_of(13, k);
		double m1 = 0, m2 = 0, m3 = 0;

		for (unsigned d = 0; d < draws; d++) {
			double z = ((double)fec_draw_binomial(&r, v[k].n, p, q) - n * p) / sd;

			m1 += z / draws;
			m2 += z * z / draws;
			m3 += z * z * z / draws;
		}
		cr_expect_float_eq(m1, 0, 0.02, "%u: mean off by %g deviations", k, m1);
		cr_expect_float_eq(m2, 1, 0.04, "%u: variance %g", k, m2);
		cr_expect_float_eq(m3, (q - p) / sd, 0.1, "%u: skewness %g, not %g", k, m3,
				   (q - p) / sd);
	}
}
