/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/rtnl/fpm.c: frames of a stream, whole, in pieces, and what is none. */
#include <criterion/criterion.h>
#include <errno.h>

#include "lib/rtnl/fpm.h"
#include "tests/unit/guard.h"

Test(rtnl_fpm, frames)
{
	static const size_t payloads[] = { 0, 1, 28, 255, 256, 4092, 12000 };
	static uint8_t bytes[16384];

	for (unsigned i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		const size_t whole = payloads[i] + FPM_HEADER;

		fpm_header(bytes, payloads[i]);
		for (size_t len = 0; len < whole;
		     len += len < 8 || len + 2 > whole ? 1 : whole - len - 1)
			cr_expect_eq(fpm_frame(guard_copy(bytes, len), len), 0, "%zu of %zu", len,
				     whole);
		cr_expect_eq(fpm_frame(guard_copy(bytes, whole), whole), (int)whole);
		cr_expect_eq(fpm_frame(bytes, whole + 9), (int)whole, "others behind it");
	}
	fpm_header(bytes, FPM_FRAME_MAX - FPM_HEADER);
	cr_expect_eq(fpm_frame(bytes, sizeof(bytes)), 0);
	cr_expect_eq(fpm_frame(bytes, FPM_FRAME_MAX), FPM_FRAME_MAX);
}

Test(rtnl_fpm, what_is_no_frame)
{
	static const uint8_t bad[][4] = {
		{ 0, 1, 0, 32 }, { 2, 1, 0, 32 }, { 'G', 'E', 'T', ' ' },
		{ 1, 0, 0, 32 }, { 1, 2, 0, 32 }, { 1, 255, 0, 32 },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(fpm_frame(guard_copy(bad[i], 4), 4), -EPROTO, "%u", i);
		cr_expect_eq(fpm_frame(guard_copy(bad[i], 2), 2), -EPROTO, "%u, half", i);
	}
	for (uint8_t whole = 0; whole < FPM_HEADER; whole++) {
		const uint8_t none[4] = { 1, 1, 0, whole };

		cr_expect_eq(fpm_frame(guard_copy(none, 4), 4), -EPROTO, "%u bytes", whole);
	}
}
