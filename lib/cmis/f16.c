/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two number formats of CMIS: F16 for ratios that span thirty decades, duration codes for times.
 */
#include "lib/cmis/decode.h"

#include <math.h>

#define MANTISSA 0x7ff
#define BIAS     24

static const double tens[BIAS + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,
				       1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
				       1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24 };

double cmis_f16_decode(uint16_t f16)
{
	int e = f16 >> 11;
	double m = f16 & MANTISSA;

	return e < BIAS ? m / tens[BIAS - e] : m * tens[e - BIAS];
}

uint16_t cmis_f16_encode(double value)
{
	if (!(value > 0)) /* also what is no number */
		return 0;
	for (int e = 0; e < 32; e++) {
		double m = e < BIAS ? value * tens[BIAS - e] : value / tens[e - BIAS];

		if (round(m) <= MANTISSA)
			return (uint16_t)(e << 11 | (unsigned)round(m));
	}
	return 0xffff;
}

uint32_t cmis_duration_ms(unsigned code)
{
	static const uint32_t ms[] = { 1,       5,       10,      50,     100,    500,
				       1000,    5000,    10000,   60000,  300000, 600000,
				       3000000, 3600000, 3600000, 3600000 };

	return ms[code & 15];
}
