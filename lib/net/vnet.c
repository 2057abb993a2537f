/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/net/vnet.h"

#include <string.h>

#include "lib/net/checksum.h"

/* The field holds the sum of the pseudo-header: it is part of what is summed up. */
static enum vnet_result complete(uint8_t *frame, size_t len, size_t start, size_t offset)
{
	uint16_t sum;

	if (start < NET_ETHER_LEN || start >= len || offset + sizeof(sum) > len - start)
		return VNET_CHECKSUM;
	sum = checksum_finish(checksum_add(0, frame + start, len - start));
	if (sum == 0) /* in UDP 0 says that there is none; elsewhere both are the same number */
		sum = 0xffff;
	memcpy(frame + start + offset, &sum, sizeof(sum));
	return VNET_OK;
}

enum vnet_result vnet_read(uint8_t *p, size_t len, struct vnet_frame *out)
{
	struct vnet_header h;

	if (len < sizeof(h) + NET_ETHER_LEN)
		return VNET_SHORT;
	memcpy(&h, p, sizeof(h));
	switch (h.gso_type & (uint8_t)~VNET_GSO_ECN) {
	case VNET_GSO_NONE:
		*out = (struct vnet_frame){ .gso = VNET_GSO_NONE };
		if (!(h.flags & VNET_NEEDS_CSUM))
			return VNET_OK;
		return complete(p + sizeof(h), len - sizeof(h), h.csum_start, h.csum_offset);
	case VNET_GSO_TCP4:
	case VNET_GSO_TCP6:
	case VNET_GSO_UDP:
		*out = (struct vnet_frame){
			.gso = (enum vnet_gso)(h.gso_type & (uint8_t)~VNET_GSO_ECN),
			.gso_size = h.gso_size,
		};
		return h.gso_size ? VNET_OK : VNET_GSO;
	default:
		return VNET_GSO;
	}
}
