/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/fec.c: the test vectors of the error model.
 */
#include "lib/cmis/fec.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>

/* Same to as many digits as the vector has. */
static bool near(double value, double vector, double relative)
{
	return fabs(value - vector) <= vector * relative;
}

Test(fec, codeword_errors)
{
	static const struct {
		double ber, cer, digits;
	} v[] = {
		{ 1e-5, 2.140e-34, 5e-4 }, { 5e-5, 2.7e-23, 0.02 },  { 1e-4, 1.360e-18, 5e-4 },
		{ 1.5e-4, 6.9e-16, 0.01 }, { 2e-4, 5.4e-14, 0.01 },  { 2.4e-4, 8.152e-13, 5e-4 },
		{ 3e-4, 2.1e-11, 0.03 },   { 4e-4, 1.3e-9, 0.04 },   { 5e-4, 2.793e-8, 5e-4 },
		{ 7e-4, 2.2e-6, 0.03 },    { 1e-3, 1.530e-4, 5e-4 }, { 1.5e-3, 8.7e-3, 0.01 },
		{ 2e-3, 7.939e-2, 5e-4 },  { 3e-3, 0.545, 2e-3 },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		cr_expect(near(fec_cer(v[i].ber), v[i].cer, v[i].digits), "%g: %.4g, not %.4g",
			  v[i].ber, fec_cer(v[i].ber), v[i].cer);
	cr_expect_eq(fec_cer(0), 0);
	cr_expect_eq(fec_cer(0.5), 1);
	cr_expect_lt(fec_cer(1e-6), 1e-45);
	for (double ber = 1e-7; ber < 0.5; ber *= 1.1)
		cr_assert(fec_cer(ber * 1.1) >= fec_cer(ber) * (1 - 1e-12) && fec_cer(ber) <= 1,
			  "%g", ber);
}

Test(fec, back_to_bit_errors)
{
	cr_expect(near(fec_ber_of_cer(1e-9), 3.9e-4, 0.02));
	cr_expect(near(fec_ber_of_cer(1e-6), 6.6e-4, 0.02));
	cr_expect(near(fec_ber_of_cer(1e-3), 1.2e-3, 0.04));
	cr_expect(near(fec_ber_of_cer(6.2e-11), 3.2e-4, 0.02));
	cr_expect_eq(fec_ber_of_cer(0), 0);
}

Test(fec, bins)
{
	static const struct {
		double ber, any, digits;
	} v[] = {
		{ 1e-6, 0.0054, 0.01 },
		{ 1e-5, 0.053, 0.01 },
		{ 1e-4, 0.42, 0.01 },
		{ 2.4e-4, 0.73, 0.01 },
	};
	double bins[FEC_BINS];

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		double sum = 0;

		fec_bins(v[i].ber, bins);
		cr_expect(near(1 - bins[0], v[i].any, v[i].digits), "%g: %g", v[i].ber,
			  1 - bins[0]);
		for (unsigned b = 0; b < FEC_BINS; b++)
			sum += bins[b];
		cr_expect_float_eq(sum, 1, 1e-9);
	}
	fec_bins(0, bins);
	cr_expect(bins[0] == 1 && bins[1] == 0 && bins[FEC_BINS - 1] == 0);
}

Test(fec, frames)
{
	cr_expect_float_eq(fec_flr(1, 1), 1, 0);
	cr_expect(near(fec_flr(1e-6, 1), 1.125e-6, 1e-12));
	cr_expect(near(fec_flr(1e-6, 2), 2.125e-6, 1e-12));
	cr_expect(near(fec_flr(1e-6, 4), 4.125e-6, 1e-12));
	cr_expect(near(fec_flr(fec_cer(FEC_KP4_BER), 1), 9e-13, 0.03));
	cr_expect(near(fec_flr(fec_cer(FEC_KP4_BER), 2), 1.7e-12, 0.03));
	cr_expect(near(fec_flr(fec_cer(FEC_KP4_BER), 4), 3.4e-12, 0.03));
}

Test(fec, rates)
{
	cr_expect_float_eq(fec_line_rate(100e9), 106.25e9, 1);
	cr_expect_float_eq(fec_line_rate(1.6e12), 1700e9, 10);
	cr_expect(near(fec_codewords_per_second(106.25e9), 19.53e6, 1e-3));
	cr_expect(near(fec_codewords_per_second(850e9), 156.25e6, 1e-3));
	cr_expect(near(fec_frames_per_second(100e9, 64), 148.81e6, 1e-4));
	cr_expect(near(fec_frames_per_second(800e9, 64), 1190.48e6, 1e-4));
	cr_expect(near(fec_frames_per_second(100e9, 1518), 8.127e6, 1e-4));
}

Test(fec, from_light_to_bit_errors)
{
	static const struct {
		double snr, ber;
	} v[] = { { 17, 5.8e-4 }, { 17.5, 3e-4 }, { 18, 1.4e-4 }, { 19, 2.5e-5 },
		  { 20, 2.9e-6 }, { 21, 2e-7 },   { 22, 6.8e-9 } };

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		cr_expect(near(pam4_ber(v[i].snr), v[i].ber, 0.06), "%g dB: %g", v[i].snr,
			  pam4_ber(v[i].snr));
	cr_expect_float_eq(pam4_snr_db(-2, -2, 21, 22), 21, 1e-12);
	cr_expect_float_eq(pam4_snr_db(-3, -2, 21, 22), 19, 1e-12, "a dB of light is two of SNR");
	cr_expect_float_eq(pam4_snr_db(5, -2, 21, 22), 22, 1e-12);
	cr_expect_float_eq(pam4_snr_db(-40, -2, 21, 22), 0, 1e-12);
}

Test(fec, power)
{
	cr_expect_float_eq(power_mw(0), 1, 1e-12);
	cr_expect_float_eq(power_dbm(1), 0, 1e-12);
	cr_expect_eq(power_mw(-40), 0);
	cr_expect_eq(power_dbm(0), -40);
	cr_expect_float_eq(power_dbm(power_mw(-12.5)), -12.5, 1e-9);
}
