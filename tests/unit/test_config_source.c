/* SPDX-License-Identifier: BSD-3-Clause */
/* Places, snippets, names, suggestions, prefixes (config/source.c, nearest.c, prefix.c, value.c).
 */
#include "tests/unit/test_config.h"

#include <stdlib.h>

#include "config/nearest.h"
#include "config/prefix.h"
#include "config/source.h"
#include "config/tree.h"

static struct source source(const char *text)
{
	return (struct source){ "in", text, strlen(text) };
}

Test(config_source, place_and_caret)
{
	struct source s = source("one\r\ntwo: \xc3\xa4, x\nthree");
	struct err err;

	cr_expect_eq(source_fail(&s, &err, 14, "wrong %d\nwrite %s", 7, "y"), -EINVAL);
	cr_expect_str_eq(err.text, "in:2:9: wrong 7\n"
				   "    2 | two: \xc3\xa4, x\n"
				   "      |         ^\n"
				   "write y");
	source_fail(&s, &err, 5, "a\nb");
	cr_expect_str_eq(err.text, "in:2:1: a\n    2 | two: \xc3\xa4, x\n      | ^~~\nb");
	source_fail(&s, &err, 1000, "a\nb");
	cr_expect_str_eq(err.text, "in:3:6: a\n    3 | three\n      |      ^\nb");
	cr_expect_eq(source_fail(&s, NULL, 0, "a\nb"), -EINVAL);
}

Test(config_source, offsets_from_line_and_column)
{
	struct source s = source("one\r\ntwo: \xc3\xa4, x\nthree");

	cr_expect_eq(source_offset(&s, 0, 0), 0);
	cr_expect_eq(source_offset(&s, 1, 0), 5);
	cr_expect_eq(source_offset(&s, 1, 6), 12, "after the two-byte letter");
	cr_expect_eq(source_offset(&s, 2, 2), 18);
	cr_expect_eq(source_offset(&s, 1, 99), 15, "not past the end of the line");
	cr_expect_eq(source_offset(&s, 99, 99), s.len);
	cr_expect_eq(source_offset(&s, -5, -5), 0);
}

/* Whatever is long, the message fits, keeps its remedy and shows the caret's place. */
Test(config_source, long_lines_and_names)
{
	char *text = malloc(100001), *name = malloc(5001), word[600];
	struct source s = { name, text, 100000 };
	struct err err;

	memset(text, 'x', 100000);
	text[100000] = '\0';
	text[50000] = '!';
	memset(name, 'n', 5000);
	strcpy(name + 4990, "/edge.yaml");
	memset(word, 'w', sizeof(word));
	word[599] = '\0';
	source_fail(&s, &err, 50000, "%s\nkeep this remedy", word);
	cr_expect_not_null(strstr(err.text, "/edge.yaml:1:50001: www"), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "x!x"), "%s", err.text);
	source_fail(&s, &err, 50000, "%.100s\nkeep this remedy", word);
	cr_expect_not_null(strstr(err.text, "\nkeep this remedy"), "%s", err.text);
	cr_expect_lt(strlen(err.text), sizeof(err.text) - 4);
	free(text);
	free(name);
}

Test(config_source, shown_words)
{
	cr_expect_str_eq(shown("a\x1b[31m\xc3\xa4", 8).text, "a?[31m??");
	cr_expect_eq(strlen(shown("0123456789012345678901234567890123456789012345", 46).text), 43);
	cr_expect_str_eq(shown("", 0).text, "");
}

static const char *nearest_of(const char *typed)
{
	static const char *const words[] = { "lanes",     "carrier", "mtu", "mac",
					     "neighbors", "to",      NULL };
	struct nearest n = { .typed = typed };

	for (const char *const *w = words; *w; w++)
		nearest_offer(&n, *w);
	return n.word ? n.word : "";
}

Test(config_source, nearest_word)
{
	cr_expect_str_eq(nearest_of("lane"), "lanes");
	cr_expect_str_eq(nearest_of("LANES"), "lanes");
	cr_expect_str_eq(nearest_of("laens"), "lanes", "two letters swapped are one slip");
	cr_expect_str_eq(nearest_of("carier"), "carrier");
	cr_expect_str_eq(nearest_of("neighbours"), "neighbors");
	cr_expect_str_eq(nearest_of("neigh"), "neighbors");
	cr_expect_str_eq(nearest_of("mta"), "mtu", "the first of two as near");
	cr_expect_str_eq(nearest_of("frob"), "");
	cr_expect_str_eq(nearest_of(""), "");
	cr_expect_str_eq(
		nearest_of("a-word-of-more-than-sixty-three-letters-is-not-looked-at-at-all-"
			   "here"),
		"");
}

static struct config_prefix prefix(const char *addr, unsigned len)
{
	struct config_prefix p;

	cr_assert_eq(value_address(addr, &p), 0, "%s", addr);
	p.len = (uint8_t)len;
	return p;
}

Test(config_source, prefixes)
{
	struct config_prefix a = prefix("10.1.2.3", 20), b = prefix("10.1.15.255", 32), all;
	char text[64];

	cr_expect(prefix_contains(&a, &b));
	cr_expect_not(prefix_contains(&b, &a));
	b = prefix("10.1.16.0", 32);
	cr_expect_not(prefix_contains(&a, &b));
	all = prefix("0.0.0.0", 0);
	cr_expect(prefix_contains(&all, &b));
	prefix_mask(&a);
	cr_expect_str_eq(value_show_prefix(&a, false, text, sizeof(text)), "10.1.0.0/20");
	prefix_last(&a);
	cr_expect_str_eq(value_show_prefix(&a, true, text, sizeof(text)), "10.1.15.255");
	a = prefix("2001:db8::1", 33);
	b = prefix("2001:db8:8000::", 128);
	cr_expect_not(prefix_contains(&a, &b));
	cr_expect_not(prefix_contains(&all, &b), "another family");
	a.len = 32;
	cr_expect(prefix_contains(&a, &b));
	prefix_last(&a);
	cr_expect_str_eq(value_show_prefix(&a, true, text, sizeof(text)),
			 "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	cr_expect(prefix_compare(&all, &a) < 0);
	a = prefix("10.0.0.0", 8);
	b = prefix("10.0.0.0", 16);
	cr_expect(prefix_compare(&a, &b) < 0, "a net before what is inside it");
	cr_expect_eq(prefix_compare(&a, &a), 0);
	a = prefix("fe80::1", 64);
	cr_expect(prefix_is_link_local(&a));
	a = prefix("fec0::1", 64);
	cr_expect_not(prefix_is_link_local(&a));
	a = prefix("239.255.255.255", 32);
	cr_expect(prefix_is_multicast(&a));
	a = prefix("240.0.0.0", 32);
	cr_expect_not(prefix_is_multicast(&a));
}
