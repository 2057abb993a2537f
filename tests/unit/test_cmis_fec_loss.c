/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/fec_loss.c: as many frames are lost as the model says, at random, the same ones each
 * time.
 */
#include "lib/cmis/fec_loss.h"

#include <criterion/criterion.h>
#include <math.h>

#define FRAMES 2000000u

static unsigned lost(struct fec_loss *l, uint32_t bits, unsigned frames)
{
	unsigned count = 0;

	for (unsigned i = 0; i < frames; i++)
		count += fec_loss_hits(l, bits);
	return count;
}

/* fec_flr() counts 8 frames a codeword where the exposure of 64 bytes makes it 7.65: 0.5 %. */
Test(fec_loss, mean_of_64_byte_frames)
{
	static const double cers[] = { 1e-4, 1e-3, 0.01, 0.1, 0.2, 0.3, 0.6, 1 };
	static const unsigned interleaves[] = { 1, 2, 4 };

	for (unsigned c = 0; c < sizeof(cers) / sizeof(cers[0]); c++)
		for (unsigned x = 0; x < 3; x++) {
			double flr = fec_flr(cers[c], interleaves[x]), is;
			struct fec_loss l;

			fec_loss_init(&l, 1, c * 3 + x);
			fec_loss_set(&l, cers[c]);
			is = lost(&l, fec_frame_bits(interleaves[x], 64), FRAMES) / (double)FRAMES;
			cr_expect_float_eq(is, flr, 0.006 * flr + 5 * sqrt(flr / FRAMES),
					   "CER %g, X %u: %g, not %g", cers[c], interleaves[x], is,
					   flr);
			if (flr >= 1)
				cr_expect_gt(is, 0.999, "all");
		}
}

Test(fec_loss, longer_frames_are_hit_more)
{
	double expected = 1e-3 * (2 * 5140 + 8 * 1538) / 5140, is;
	struct fec_loss l;

	cr_expect_eq(fec_frame_bits(2, 1518), 2u * 5140 + 8 * 1538);
	fec_loss_init(&l, 2, 0);
	fec_loss_set(&l, 1e-3);
	is = lost(&l, fec_frame_bits(2, 1518), FRAMES) / (double)FRAMES;
	cr_expect_float_eq(is, expected, 5 * sqrt(expected / FRAMES), "%g, not %g", is, expected);
}

/* Gaps between losses are exponential: their deviation is as large as their mean. */
Test(fec_loss, without_memory)
{
	const uint32_t bits = fec_frame_bits(1, 64);
	double gaps = 0, squares = 0, gap = 0, mean;
	struct fec_loss l;
	unsigned n = 0;

	fec_loss_init(&l, 3, 0);
	fec_loss_set(&l, 1e-3);
	while (n < 20000) {
		gap++;
		if (!fec_loss_hits(&l, bits))
			continue;
		gaps += gap;
		squares += gap * gap;
		gap = 0;
		n++;
	}
	mean = gaps / n;
	cr_expect_float_eq(sqrt(squares / n - mean * mean) / mean, 1, 0.03);
}

Test(fec_loss, repeats_with_its_seed)
{
	struct fec_loss a, b, c;
	unsigned other = 0;

	fec_loss_init(&a, 4, 1);
	fec_loss_init(&b, 4, 1);
	fec_loss_init(&c, 4, 2);
	fec_loss_set(&a, 0.1);
	fec_loss_set(&b, 0.1);
	fec_loss_set(&c, 0.1);
	for (unsigned i = 0; i < 10000; i++) {
		bool hit = fec_loss_hits(&a, 5812);

		cr_assert_eq(hit, fec_loss_hits(&b, 5812));
		other += hit != fec_loss_hits(&c, 5812);
	}
	cr_expect_gt(other, 1000u);
}

/* The rate is what was set last, at once, in both directions. */
Test(fec_loss, changes)
{
	const uint32_t bits = fec_frame_bits(4, 64);
	struct fec_loss l;

	fec_loss_init(&l, 5, 0);
	cr_expect_eq(lost(&l, bits, FRAMES), 0u, "none before it is set");
	fec_loss_set(&l, 1);
	cr_expect_gt(lost(&l, bits, 1000), 980u);
	fec_loss_set(&l, 0);
	cr_expect_eq(lost(&l, bits, FRAMES), 0u, "and none once it has healed");
	fec_loss_set(&l, 0.01);
	cr_expect_float_eq(lost(&l, bits, FRAMES) / (double)FRAMES, 0.0413, 0.002);
	fec_loss_set(&l, NAN);
	cr_expect_eq(l.rate, 0u);
	fec_loss_set(&l, -1);
	cr_expect_eq(l.rate, 0u);
	fec_loss_set(&l, 8e-13);
	cr_expect_eq(l.rate, 22u, "the limit of KP4 is not lost to rounding");
	fec_loss_set(&l, 1e300);
	cr_expect_eq(lost(&l, FEC_LOSS_BITS_MAX, 100000), 100000u, "the largest of both");
}

/* A burst asked for at once loses the same frames as one asked for frame by frame. */
Test(fec_loss, bursts)
{
	const uint32_t bits = fec_frame_bits(2, 64);
	struct fec_loss each, burst;
	unsigned spared = 0;

	fec_loss_init(&each, 6, 0);
	fec_loss_init(&burst, 6, 0);
	fec_loss_set(&each, 3e-3);
	fec_loss_set(&burst, 3e-3);
	for (unsigned i = 0; i < 20000; i++) {
		bool clean = fec_loss_spares(&burst, 32ull * bits);

		spared += clean;
		for (unsigned f = 0; f < 32; f++) {
			bool hit = fec_loss_hits(&each, bits);

			cr_assert_eq(hit, clean ? false : fec_loss_hits(&burst, bits));
		}
		cr_assert_eq(each.left, burst.left);
	}
	cr_expect_float_eq(spared / 20000.0, exp(-32.0 * bits * 3e-3 / 5140), 0.02);
	fec_loss_set(&burst, 1);
	cr_expect_not(fec_loss_spares(&burst, UINT64_MAX), "no product is too large");
}
