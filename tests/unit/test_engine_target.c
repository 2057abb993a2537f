/* SPDX-License-Identifier: BSD-3-Clause */
/* ENGINE/FIRST-LAST as a person types it: what is understood, what is refused, and lanes in short.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "dataplane/cli/engine_target.h"

Test(engine_target, understood)
{
	static const struct {
		const char *text, *engine;
		uint64_t lanes;
	} cases[] = {
		{ "oe0", "oe0", 0 },
		{ "oe0/0", "oe0", 1 },
		{ "oe0/3", "oe0", 1 << 3 },
		{ "oe0/8-15", "oe0", 0xff00 },
		{ "oe0/7-7", "oe0", 1 << 7 },
		{ "oe0/08", "oe0", 1 << 8 },
		{ "rack2-oe1/63", "rack2-oe1", UINT64_C(1) << 63 },
		{ "oe0/0-63", "oe0", UINT64_MAX },
		{ "a234567890123456789012345678901/1", "a234567890123456789012345678901", 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct engine_target t;

		cr_assert(engine_target_parse(&t, cases[i].text), "%s", cases[i].text);
		cr_assert_str_eq(t.engine, cases[i].engine);
		cr_assert_eq(t.lanes, cases[i].lanes, "%s: %lx", cases[i].text, t.lanes);
	}
}

Test(engine_target, refused)
{
	static const char *const cases[] = {
		"",
		"/",
		"/3",
		"oe0/",
		"oe0/x",
		"oe0/3x",
		"oe0/-3",
		"oe0/3-",
		"oe0/3--5",
		"oe0/5-3",
		"oe0/64",
		"oe0/0-64",
		"oe0/+3",
		"oe0/ 3",
		"oe0/3-5-7",
		"oe0/3/5",
		"oe0/4294967299",
		"oe0/0x3",
		"oe0/3,5",
		"/run/cpx/engines/oe0",
		"a2345678901234567890123456789012",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct engine_target t;

		cr_assert_not(engine_target_parse(&t, cases[i]), "%s", cases[i]);
	}
}

Test(engine_target, lanes_in_short)
{
	char buf[64], tight[12];

	cr_assert_str_eq(engine_lanes_text(buf, sizeof(buf), 0), "");
	cr_assert_str_eq(engine_lanes_text(buf, sizeof(buf), 1), "0");
	cr_assert_str_eq(engine_lanes_text(buf, sizeof(buf), 0x10f), "0-3,8");
	cr_assert_str_eq(engine_lanes_text(buf, sizeof(buf), UINT64_MAX), "0-63");
	cr_assert_str_eq(engine_lanes_text(buf, sizeof(buf), UINT64_C(3) << 62 | 1), "0,62-63");

	/* every second lane has no room: it says that more follow, and writes nothing behind */
	memset(tight, 'x', sizeof(tight));
	engine_lanes_text(tight, 8, UINT64_C(0x5555));
	cr_assert_str_eq(tight, "0,2…");
	cr_assert_eq(tight[8], 'x');
}
