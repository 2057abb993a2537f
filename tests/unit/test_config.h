/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of config/ share: text in, struct config or the exact place of an error out. */
#ifndef CPX_TESTS_UNIT_TEST_CONFIG_H
#define CPX_TESTS_UNIT_TEST_CONFIG_H

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "config/config.h"

/* A good board of one port, to which a test adds lines: 5 lines, IPv4 and IPv6 on p0. */
#define BOARD                                                                                   \
	"engines: {oe0: {profile: oif-3.2t}, oe1: {profile: bailly-6.4t}}\n"                    \
	"devices: {net_null0: , net_null1: size=64}\n"                                          \
	"ports:\n"                                                                              \
	"  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24, \"2001:db8::1/64\"],\n" \
	"       vlans: {100: {addresses: [10.0.100.1/24]}}}\n"

/* libfyaml 0.7.12 loses a kilobyte when a quoted text with many escapes ends too early. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}

struct bad_case {
	const char *text;
	const char *at;     /* "LINE:COL: and the beginning of what is wrong" */
	const char *remedy; /* must be in the last line */
};

static inline struct config *accepted(const char *text)
{
	struct config *c = NULL;
	struct err err = { "" };
	int ret = config_parse(&c, "in", text, strlen(text), &err);

	cr_assert_eq(ret, 0, "refused:\n%s", err.text);
	cr_assert_not_null(c);
	return c;
}

/* Refused with -EINVAL at exactly this place, in this form: place, source line, caret, remedy. */
static inline void check_refused(const struct bad_case *bad)
{
	struct config *c = (void *)&c;
	struct err err = { "" };
	int ret = config_parse(&c, "in", bad->text, strlen(bad->text), &err);
	const char *last = strrchr(err.text, '\n');

	cr_assert_eq(ret, -EINVAL, "accepted (%d):\n%s", ret, bad->text);
	cr_expect_null(c);
	cr_expect(strncmp(err.text, "in:", 3) == 0 &&
			  strncmp(err.text + 3, bad->at, strlen(bad->at)) == 0,
		  "wanted in:%s\ngot %s", bad->at, err.text);
	cr_expect(last && strstr(last, bad->remedy), "wanted remedy %s\ngot %s", bad->remedy,
		  err.text);
	cr_expect_not_null(strstr(err.text, "\n      | "), "no caret: %s", err.text);
}

#define check_all_refused(cases)                                                 \
	do {                                                                     \
		for (size_t i_ = 0; i_ < sizeof(cases) / sizeof(*(cases)); i_++) \
			check_refused(&(cases)[i_]);                             \
	} while (0)

#endif
