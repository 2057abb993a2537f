/* SPDX-License-Identifier: BSD-3-Clause */
/* ENGINE/FIRST-LAST and back; see engine_target.h. */
#include "dataplane/cli/engine_target.h"

#include <stdio.h>
#include <string.h>

#define LANES_MAX 64

/* Decimal digits at *text, which moves behind them. */
static bool lane(const char **text, unsigned *out)
{
	const size_t digits = strspn(*text, "0123456789");

	*out = 0;
	if (digits == 0 || digits > 2)
		return false;
	for (size_t i = 0; i < digits; i++)
		*out = *out * 10 + (unsigned)((*text)[i] - '0');
	*text += digits;
	return *out < LANES_MAX;
}

bool engine_target_parse(struct engine_target *t, const char *text)
{
	const size_t len = strcspn(text, "/");
	unsigned first, last;

	*t = (struct engine_target){ 0 };
	if (len == 0 || len >= sizeof(t->engine))
		return false;
	memcpy(t->engine, text, len);
	text += len;
	if (*text == '\0')
		return true;
	text++;
	if (!lane(&text, &first))
		return false;
	last = first;
	if (*text == '-') {
		text++;
		if (!lane(&text, &last))
			return false;
	}
	if (*text != '\0' || last < first)
		return false;
	for (unsigned i = first; i <= last; i++)
		t->lanes |= UINT64_C(1) << i;
	return true;
}

const char *engine_lanes_text(char *buf, size_t size, uint64_t lanes)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned first = 0, last; first < LANES_MAX; first = last + 1) {
		char run[16];
		size_t len;

		last = first;
		if (!(lanes >> first & 1))
			continue;
		while (last + 1 < LANES_MAX && lanes >> (last + 1) & 1)
			last++;
		len = (size_t)snprintf(run, sizeof(run), first == last ? "%s%u" : "%s%u-%u",
				       used ? "," : "", first, last);
		if (used + len + sizeof("…") > size) {
			if (used + sizeof("…") <= size)
				strcpy(buf + used, "…");
			break;
		}
		strcpy(buf + used, run);
		used += len;
	}
	return buf;
}
