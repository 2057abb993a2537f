/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The error model. Binomial terms go through lgamma and log1p: they span three hundred decades.
 */
#include "lib/cmis/fec.h"

#include <math.h>

#define SYMBOL_BITS 10
#define DARK_DBM    (-40.0)

double power_mw(double dbm)
{
	return dbm <= DARK_DBM ? 0 : pow(10, dbm / 10);
}

double power_dbm(double mw)
{
	return mw <= 1e-4 ? DARK_DBM : 10 * log10(mw);
}

double pam4_snr_db(double rx_dbm, double dbm, double snr_db, double max_db)
{
	double snr = snr_db + 2 * (rx_dbm - dbm);

	return fmax(0, fmin(max_db, snr));
}

double pam4_ber(double snr_db)
{
	return 0.375 * erfc(sqrt(pow(10, snr_db / 10) / 10));
}

/* Ratio of 10-bit symbols with an error. */
static double symbol_error_ratio(double ber)
{
	return -expm1(SYMBOL_BITS * log1p(-fmin(ber, 0.5)));
}

/* C(544, i) p^i (1-p)^(544-i); lgamma_r, since lgamma writes a global. */
static double term(unsigned i, double p)
{
	unsigned n = FEC_KP4_SYMBOLS;
	int sign;

	return exp(lgamma_r(n + 1, &sign) - lgamma_r(i + 1, &sign) - lgamma_r(n - i + 1, &sign) +
		   i * log(p) + (n - i) * log1p(-p));
}

double fec_cer(double ber)
{
	double p = symbol_error_ratio(ber), mean = FEC_KP4_SYMBOLS * p, sum = 0, t;

	if (!(ber > 0))
		return 0;
	if (mean > FEC_KP4_SYMBOLS / 2) /* 15 or fewer of them: never */
		return 1;
	t = term(FEC_KP4_CORRECTS + 1, p);
	for (unsigned i = FEC_KP4_CORRECTS + 1; i <= FEC_KP4_SYMBOLS; i++) {
		sum += t;
		if (i > mean && t < sum * 1e-17)
			break;
		t *= (FEC_KP4_SYMBOLS - i) / (i + 1.0) * p / (1 - p);
	}
	return fmin(sum, 1);
}

double fec_ber_of_cer(double cer)
{
	double low = 1e-9, high = 0.5;

	if (!(cer > 0))
		return 0;
	for (unsigned i = 0; i < 100 && high / low > 1 + 1e-12; i++) {
		double middle = sqrt(low * high);

		if (fec_cer(middle) < cer)
			low = middle;
		else
			high = middle;
	}
	return high;
}

void fec_bins(double ber, double bins[FEC_BINS])
{
	double p = symbol_error_ratio(ber);

	for (unsigned i = 0; i <= FEC_KP4_CORRECTS; i++)
		bins[i] = ber > 0 ? term(i, p) : i == 0;
	bins[FEC_BINS - 1] = fec_cer(ber);
}

double fec_flr(double cer, unsigned interleave)
{
	return fmin(1, cer * (1 + 8.0 * interleave) / 8);
}

double fec_codewords_per_second(double line_rate)
{
	return line_rate / FEC_KP4_BITS;
}

double fec_frames_per_second(double mac_rate, unsigned len)
{
	return mac_rate / (8.0 * (len + 20));
}

double fec_line_rate(double mac_rate)
{
	return mac_rate * 257 / 256 * 544 / 514;
}
