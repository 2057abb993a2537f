/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every sample, changed in every single byte: accepted, or refused with a place. Deleting a byte,
 * cutting the file there and six replacements that mean something to YAML; all 256 replacements at
 * every seventh byte.
 */
#include "tests/unit/test_config.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned n_accepted, n_refused;

static void try_text(const char *text, size_t len)
{
	/* exact size on the heap: a read past the end is a finding under ASan */
	char *copy = malloc(len ? len : 1);
	struct config *c;
	struct err err = { "" };
	unsigned line, column;
	int ret;

	memcpy(copy, text, len);
	ret = config_parse(&c, "in", copy, len, &err);
	if (ret == 0) {
		n_accepted++;
		cr_assert_not_null(c);
	} else {
		n_refused++;
		cr_assert_eq(ret, -EINVAL, "%s", err.text);
		cr_assert_eq(sscanf(err.text, "in:%u:%u: ", &line, &column), 2, "%s", err.text);
		cr_assert(line >= 1 && column >= 1);
	}
	config_free(c);
	free(copy);
}

static void mutate(const char *name)
{
	static const char replacements[] = { '\n', ':', ' ', '"', '{', '0' };
	char path[1024], text[8192], changed[8192];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", CONFIG_SAMPLES, name);
	f = fopen(path, "r");
	cr_assert_not_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	cr_assert(len > 0 && len < sizeof(text));
	for (size_t i = 0; i < len; i++) {
		memcpy(changed, text, len);
		for (size_t r = 0; r < sizeof(replacements); r++) {
			changed[i] = replacements[r];
			try_text(changed, len);
		}
		for (int byte = 0; i % 7 == 0 && byte < 256; byte++) {
			changed[i] = (char)byte;
			try_text(changed, len);
		}
		memmove(changed + i, text + i + 1, len - i - 1);
		try_text(changed, len - 1);
		try_text(text, i);
	}
}

Test(config_mutation, samples, .timeout = 100)
{
	mutate("two-ports.yaml");
	mutate("edge-router.yaml");
	mutate("af-xdp.yaml");
	mutate("vlans.yaml");
	/* comments make many harmless; if one of the two never happens the test sees nothing */
	cr_expect_gt(n_accepted, 1000);
	cr_expect_gt(n_refused, 1000);
}
