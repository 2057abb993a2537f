/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as the kernel's answer to a request: none, a refusal with printable words, or a message
 * whose attributes lie within it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/transport/genl.h"

#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

static void check_attributes(const struct nlmsghdr *message, const uint8_t *end)
{
	for (uint16_t type = 0; type < 16; type++) {
		size_t len;
		const uint8_t *p = genl_attribute(message, type, &len);

		CHECK(p == NULL || (p > (const uint8_t *)message && p + len <= end));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct nlmsghdr request = { .nlmsg_len = 36,
						 .nlmsg_type = 0x21,
						 .nlmsg_seq = 7 };
	uint8_t *bytes = malloc(size); /* aligned, and ends where the message does */
	struct genl_answer a;

	if (size == 0) {
		free(bytes);
		return 0;
	}
	memcpy(bytes, data, size);
	if (genl_answer_parse(&a, bytes, size, &request, 42) == 0) {
		CHECK((a.message != NULL) == (a.refused == 0));
		CHECK(memchr(a.said, 0, sizeof(a.said)));
		for (const char *p = a.said; *p; p++)
			CHECK(*p >= ' ' && *p <= '~');
		if (a.message)
			check_attributes(a.message, bytes + size);
	}
	free(bytes);
	return 0;
}
