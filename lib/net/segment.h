/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segmentation of a large TCP or UDP packet into packets that fit a link: what a NIC does for a
 * kernel that hands it one frame and a size (TSO, USO). Each segment has the frame's headers with
 * its own lengths, IPv4 id, sequence number, flags and checksums; the frame's checksums are not
 * looked at. Pure functions of (pointer, length) over frames nobody vouches for; any thread.
 */
#ifndef CPX_LIB_NET_SEGMENT_H
#define CPX_LIB_NET_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/net/vnet.h"

#define SEGMENT_MAX 128 /* of one frame: 64 KiB for a link of MTU 576 */

enum segment_result {
	SEGMENT_OK,
	SEGMENT_TRUNCATED, /* a header ends behind the frame */
	SEGMENT_NOT_IP,    /* no IP packet, or not of the version that was said */
	SEGMENT_HEADER,    /* a header that contradicts itself or the frame's length */
	SEGMENT_PROTOCOL,  /* not the protocol that was said */
	SEGMENT_FRAGMENT,
	SEGMENT_EMPTY, /* nothing behind the headers */
	SEGMENT_MANY,  /* more than SEGMENT_MAX */
	SEGMENT_RESULTS
};

struct segments {
	const uint8_t *frame;
	uint16_t l3, l4,
		header; /* offsets of the IP and the TCP or UDP header, and of the payload */
	uint16_t size;  /* payload of all segments but the last */
	uint32_t payload;
	uint16_t n;
	enum vnet_gso gso;
};

/* An Ethernet frame, with at most one VLAN tag, of len bytes; gso is not VNET_GSO_NONE. On
 * SEGMENT_OK *out is filled, and lives as long as the frame. */
enum segment_result segment_plan(struct segments *out, const void *frame, size_t len,
				 enum vnet_gso gso, uint16_t size);
/* Bytes of segment i < n. */
size_t segment_length(const struct segments *s, unsigned i);
/* Segment i into segment_length() bytes. */
void segment_write(const struct segments *s, unsigned i, uint8_t *to);

#endif
