/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of a kernel that leaves work to its device: each stands behind a virtio network header
 * (virtio 1.2, 5.1.6; <linux/virtio_net.h>) which says where a checksum is still to be completed
 * and whether the frame is to be cut into segments (segment.h). Nothing in header or frame is
 * believed. Pure functions of (pointer, length); any thread.
 */
#ifndef CPX_LIB_NET_VNET_H
#define CPX_LIB_NET_VNET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/net/ether.h"

struct vnet_header { /* host byte order: that of a TAP without TUNSETVNETLE */
	uint8_t flags;
	uint8_t gso_type;
	uint16_t header_len;  /* a hint that nobody here needs */
	uint16_t gso_size;    /* payload bytes of a segment */
	uint16_t csum_start;  /* the checksum covers the frame from here */
	uint16_t csum_offset; /* and stands this far behind */
} NET_PACKED;

static_assert(sizeof(struct vnet_header) == 10, "virtio_net_hdr");

#define VNET_NEEDS_CSUM 1 /* of flags */

enum vnet_gso { /* of gso_type, without VNET_GSO_ECN */
		VNET_GSO_NONE = 0,
		VNET_GSO_TCP4 = 1,
		VNET_GSO_TCP6 = 4,
		VNET_GSO_UDP = 5, /* RFC 768 over either version */
};

#define VNET_GSO_ECN 0x80 /* CWR is set in the first segment only */

enum vnet_result {
	VNET_OK,
	VNET_SHORT,    /* no whole Ethernet header behind the virtio one */
	VNET_CHECKSUM, /* the checksum's place lies outside of the frame */
	VNET_GSO,      /* a kind of segmentation that was never offered, or of size 0 */
	VNET_RESULTS
};

struct vnet_frame {
	enum vnet_gso gso;
	uint16_t gso_size;
};

/*
 * Reads what a TAP gave: the header and len - sizeof(header) bytes of frame, whose checksum is
 * completed in place unless it is to be segmented. VNET_OK: *out is filled.
 */
enum vnet_result vnet_read(uint8_t *p, size_t len, struct vnet_frame *out);

#endif
