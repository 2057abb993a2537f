/* SPDX-License-Identifier: BSD-3-Clause */
/* Shapes of a bank: what is understood, where its ports lie, what is refused and how. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/shape.h"

#define LANES_50G  53125
#define LANES_100G 106250
#define LANES_200G 212500

Test(shape, understood)
{
	static const struct {
		const char *text;
		uint32_t mbps;
		unsigned n;
		uint8_t port[8][2]; /* first, lanes */
	} cases[] = {
		{ "1x800G", LANES_100G, 1, { { 0, 8 } } },
		{ "2x400G", LANES_100G, 2, { { 0, 4 }, { 4, 4 } } },
		{ "4x200g", LANES_100G, 4, { { 0, 2 }, { 2, 2 }, { 4, 2 }, { 6, 2 } } },
		{ "1X400G", LANES_100G, 1, { { 0, 4 } } },
		{ "1x400G+4x100G",
		  LANES_100G,
		  5,
		  { { 0, 4 }, { 4, 1 }, { 5, 1 }, { 6, 1 }, { 7, 1 } } },
		{ "1x400G+1x200G+2x100G",
		  LANES_100G,
		  4,
		  { { 0, 4 }, { 4, 2 }, { 6, 1 }, { 7, 1 } } },
		{ "2x100G+1x200G+1x400G",
		  LANES_100G,
		  4,
		  { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 4, 4 } } },
		{ "8x100G",
		  LANES_100G,
		  8,
		  { { 0, 1 },
		    { 1, 1 },
		    { 2, 1 },
		    { 3, 1 },
		    { 4, 1 },
		    { 5, 1 },
		    { 6, 1 },
		    { 7, 1 } } },
		{ "1x1600G", LANES_200G, 1, { { 0, 8 } } },
		{ "1x1.6T", LANES_200G, 1, { { 0, 8 } } },
		{ "2x800G", LANES_200G, 2, { { 0, 4 }, { 4, 4 } } },
		{ "1x400G", LANES_50G, 1, { { 0, 8 } } },
		{ "2x50G", LANES_50G, 2, { { 0, 1 }, { 1, 1 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct board_shape s;
		struct err err = { "" };

		cr_assert_eq(shape_parse(&s, cases[i].text, cases[i].mbps, &err), 0, "%s: %s",
			     cases[i].text, err.text);
		cr_assert_eq(s.n, cases[i].n, "%s: %u ports", cases[i].text, s.n);
		for (unsigned k = 0; k < s.n; k++)
			cr_assert(s.port[k].first == cases[i].port[k][0] &&
					  s.port[k].lanes == cases[i].port[k][1],
				  "%s, port %u: %u lanes from %u", cases[i].text, k,
				  s.port[k].lanes, s.port[k].first);
	}
}

Test(shape, refused)
{
	static const struct {
		const char *text;
		uint32_t mbps;
		const char *says;
	} cases[] = {
		{ "", LANES_100G, "NxRATE" },
		{ "x", LANES_100G, "NxRATE" },
		{ "400G", LANES_100G, "NxRATE" },
		{ "0x400G", LANES_100G, "NxRATE" },
		{ "9x100G", LANES_100G, "NxRATE" },
		{ "16x100G", LANES_100G, "NxRATE" },
		{ "-1x100G", LANES_100G, "NxRATE" },
		{ " 2x400G", LANES_100G, "NxRATE" },
		{ "2x400G+", LANES_100G, "NxRATE" },
		{ "+2x400G", LANES_100G, "NxRATE" },
		{ "2x400G++1x100G", LANES_100G, "NxRATE" },
		{ "2x400", LANES_100G, "no rate of a port" },
		{ "2x400G ", LANES_100G, "no rate of a port" },
		{ "2x300G", LANES_100G, "no rate of a port" },
		{ "2x400GG", LANES_100G, "no rate of a port" },
		{ "2x1.6G", LANES_100G, "no rate of a port" },
		{ "8x50G", LANES_100G, "a lane is not divided" },
		{ "1x1.6T", LANES_100G, "a bank has eight" },
		{ "3x400G", LANES_100G, "12 lanes" },
		{ "1x800G+1x100G", LANES_100G, "9 lanes" },
		{ "1x100G+1x400G", LANES_100G, "wide ports first" },
		{ "1x100G", 1000, "carry no port" },
		{ "1x100G+1x100G+1x100G+1x100G+1x100G+1x100G+1x100G+1x100G+1x100G+1x100G",
		  LANES_100G, "longer" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct board_shape s;
		struct err err = { "" };

		cr_expect_eq(shape_parse(&s, cases[i].text, cases[i].mbps, &err), -EINVAL, "%s",
			     cases[i].text);
		cr_expect(strstr(err.text, cases[i].says) != NULL, "%s: %s", cases[i].text,
			  err.text);
	}
}

/* Any text: refused, or ports side by side inside the bank. */
Test(shape, any_text)
{
	static const char letters[] = "12348x+G0T.56 ";
	unsigned understood = 0;

	srand(7);
	for (unsigned i = 0; i < 200000; i++) {
		char text[40] = "";
		const unsigned len = (unsigned)rand() % 16;
		struct board_shape s;
		unsigned next = 0;

		for (unsigned k = 0; k < len; k++)
			text[k] = letters[(unsigned)rand() % (sizeof(letters) - 1)];
		if (i % 2) /* halfway sensible */
			snprintf(text, sizeof(text), "%ux%u00G+%.12s", rand() % 9, rand() % 9,
				 i % 4 == 1 ? "1x100G" : text + 8);
		if (shape_parse(&s, text, LANES_100G, NULL) != 0)
			continue;
		understood++;
		cr_assert(s.n >= 1 && s.n <= 8);
		for (unsigned k = 0; k < s.n; k++) {
			cr_assert_eq(s.port[k].first, next, "%s", text);
			cr_assert_eq(s.port[k].first % s.port[k].lanes, 0, "%s", text);
			next += s.port[k].lanes;
		}
		cr_assert_leq(next, 8, "%s", text);
	}
	cr_assert_gt(understood, 1000);
}
