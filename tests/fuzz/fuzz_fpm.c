/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a stream of FPM frames, as the server takes them: frame by frame, in each message by
 * message. Seeds: what zebra of FRR 8.4 sends for next hops, groups and routes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/rtnl/fpm.h"
#include "lib/rtnl/rtnl.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void frame(const uint8_t *bytes, size_t len)
{
	const uint8_t *at = bytes + FPM_HEADER;
	size_t left = len - FPM_HEADER, step, one;

	while ((step = rtnl_first(at, left, &one)) > 0) {
		struct rtnl_message m;

		must(one <= step && step <= left);
		if (rtnl_parse(at, one, &m) == 0 && m.kind == RTNL_ROUTE)
			must(m.route.n_hops <= RTNL_MAX_HOPS);
		at += step;
		left -= step;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int len;

	while ((len = fpm_frame(data, size)) > 0) {
		uint8_t *copy = malloc((size_t)len);

		must((size_t)len >= FPM_HEADER && (size_t)len <= size && copy);
		memcpy(copy, data, (size_t)len);
		frame(copy, (size_t)len);
		free(copy);
		data += len;
		size -= (size_t)len;
	}
	must(len == 0 || size > 0);
	return 0;
}
