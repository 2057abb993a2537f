/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragmentation of IPv4 packets (RFC 791 2.3, 3.2; RFC 1812 4.2.2.7): how a packet is cut for an
 * MTU, and the header of each piece. The pieces have the largest size the MTU allows but for the
 * last. Fragments may be cut again: offset and "more fragments" of the packet are taken along.
 * Pure functions of (pointer, length), any thread. Moving the payload is the caller's.
 */
#ifndef CPX_LIB_NET_IP4_FRAGMENT_H
#define CPX_LIB_NET_IP4_FRAGMENT_H

#include <stdint.h>

#include "lib/net/ether.h"

#define IP4_HEADER_MAX 60
#define IP4_MTU_MIN    68 /* RFC 791 3.2: every link takes this much unfragmented */

enum ip4_cut_result {
	IP4_CUT_OK,
	IP4_CUT_FORBIDDEN, /* DF is set */
	IP4_CUT_OVERLONG,  /* a fragment that ends beyond 65535 bytes: its pieces have no offset */
	IP4_CUT_MTU,       /* mtu below IP4_MTU_MIN */
	IP4_CUT_RESULTS
};

struct ip4_cut {
	uint8_t first[IP4_HEADER_MAX];      /* header of the first piece: the packet's own */
	uint8_t later[IP4_HEADER_MAX];      /* of the others: options with the copy flag, padded */
	uint8_t first_length, later_length; /* of these headers, bytes */
	uint16_t first_data, later_data;    /* payload of a piece, a multiple of 8 */
	uint16_t data;                      /* payload of the packet */
	uint16_t fragment;                  /* its flags and offset, host order */
	uint16_t n;                         /* pieces; 1: it fits as it is */
};

struct ip4_piece {
	uint8_t header_length;
	uint16_t from, length; /* of the packet's payload */
};

/*
 * How to cut the packet whose header is at p: it passed ip4_check(), of which only the header need
 * be there. *out is filled on IP4_CUT_OK only. Options that are malformed end where they are.
 */
enum ip4_cut_result ip4_cut(const void *p, uint16_t mtu, struct ip4_cut *out);

/* Header of piece k < n, checksum and all, to `header` (IP4_HEADER_MAX bytes of room), and which
 * bytes of the payload belong behind it. */
struct ip4_piece ip4_cut_piece(const struct ip4_cut *cut, uint16_t k, void *header);

#endif
