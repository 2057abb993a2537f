/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/f16.c: the vectors of the specification, both ways, and every code.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "lib/cmis/decode.h"

static const struct {
	double value;
	uint16_t f16;
} vectors[] = {
	{ 0, 0x0000 },    { 1e-15, 0x33E8 },   { 1e-12, 0x4BE8 },  { 1e-8, 0x6BE8 },
	{ 1e-6, 0x7BE8 }, { 1.85e-5, 0x873A }, { 2.4e-4, 0x90F0 }, { 1e-3, 0x93E8 },
	{ 0.5, 0xA9F4 },  { 1, 0xABE8 },       { 1e6, 0xDBE8 },
};

Test(f16, vectors)
{
	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		double back = cmis_f16_decode(vectors[i].f16);

		cr_expect_eq(cmis_f16_encode(vectors[i].value), vectors[i].f16, "%g -> %04X",
			     vectors[i].value, cmis_f16_encode(vectors[i].value));
		cr_expect_float_eq(back, vectors[i].value, vectors[i].value * 1e-12 + 1e-300);
	}
}

Test(f16, every_code_keeps_its_value)
{
	for (unsigned code = 0; code < 65536; code++) {
		double v = cmis_f16_decode((uint16_t)code);
		double back = cmis_f16_decode(cmis_f16_encode(v));

		cr_assert_leq(fabs(back - v), v * 1e-12, "%04X: %g %g", code, v, back);
	}
}

Test(f16, what_does_not_fit)
{
	cr_expect_eq(cmis_f16_encode(-1), 0);
	cr_expect_eq(cmis_f16_encode(NAN), 0);
	cr_expect_eq(cmis_f16_encode(INFINITY), 0xffff);
	cr_expect_eq(cmis_f16_encode(1e99), 0xffff);
	cr_expect_eq(cmis_f16_encode(1e-30), 0);
}

Test(f16, durations)
{
	cr_expect_eq(cmis_duration_ms(0), 1);
	cr_expect_eq(cmis_duration_ms(5), 500);
	cr_expect_eq(cmis_duration_ms(9), 60000);
	cr_expect_eq(cmis_duration_ms(12), 3000000);
	cr_expect_geq(cmis_duration_ms(13), 3000000);
	cr_expect_eq(cmis_duration_ms(0x15), cmis_duration_ms(5), "codes have four bits");
}
