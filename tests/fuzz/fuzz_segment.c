/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as what a TAP gives: a virtio header and a frame, read and cut as dataplane/ctl does
 * it. The block has the exact size, and so has each segment's: reads and writes past them are seen.
 * Segments must have the frame's payload between them and right checksums where it is IPv4.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/segment.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static size_t one(const struct segments *s, unsigned i)
{
	const size_t len = segment_length(s, i);
	uint8_t *to = malloc(len);

	must(to && len > s->header && len <= s->header + (size_t)s->size);
	segment_write(s, i, to);
	if (to[s->l3] >> 4 == 4)
		must(ip4_check(to + s->l3, len - s->l3) == IP4_OK);
	free(to);
	return len - s->header;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size ? size : 1);
	struct vnet_frame v;
	struct segments s;
	size_t payload = 0;

	must(p != NULL);
	memcpy(p, data, size);
	if (size > 66000 || vnet_read(p, size, &v) != VNET_OK || v.gso == VNET_GSO_NONE)
		goto out;
	size -= sizeof(struct vnet_header);
	if (segment_plan(&s, p + sizeof(struct vnet_header), size, v.gso, v.gso_size) != SEGMENT_OK)
		goto out;
	must(s.n > 0 && s.n <= SEGMENT_MAX && s.header + s.payload == size);
	for (unsigned i = 0; i < s.n; i++)
		payload += one(&s, i);
	must(payload == s.payload);
out:
	free(p);
	return 0;
}
