/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a router checks of an IPv6 packet (RFC 8200), address predicates (RFC 4291), and the bounded
 * walk over extension headers. Pure functions of (pointer, length). A transit packet needs only
 * ip6_check(): the walk is for packets addressed to us and for decisions on the upper layer.
 */
#ifndef CPX_LIB_NET_IP6_H
#define CPX_LIB_NET_IP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/net/ether.h"

enum ip6_check_result {
	IP6_OK,
	IP6_TRUNCATED,    /* fewer than 40 bytes */
	IP6_BAD_VERSION,  /* version is not 6 */
	IP6_PAYLOAD_LONG, /* payload length beyond the bytes there are */
	IP6_CHECK_RESULTS
};

/* Checks the header at p, of which len bytes may be read; bytes after the payload are padding. */
static inline enum ip6_check_result ip6_check(const void *p, size_t len)
{
	const struct ip6_header *ip = (const struct ip6_header *)p;

	if (__builtin_expect(len < sizeof(*ip), 0))
		return IP6_TRUNCATED;
	if (__builtin_expect(*(const uint8_t *)p >> 4 != 6, 0))
		return IP6_BAD_VERSION;
	if (__builtin_expect(net_swap16(ip->payload_length) > len - sizeof(*ip), 0))
		return IP6_PAYLOAD_LONG;
	return IP6_OK;
}

/* ff00::/8 */
static inline bool ip6_is_multicast(const uint8_t addr[16])
{
	return addr[0] == 0xff;
}

/* fe80::/10 */
static inline bool ip6_is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* ff01::/16 and ff02::/16: never leaves the node or the link. */
static inline bool ip6_is_link_scope_multicast(const uint8_t addr[16])
{
	return addr[0] == 0xff && ((addr[1] & 0xf) == 1 || (addr[1] & 0xf) == 2);
}

static inline bool ip6_is_unspecified(const uint8_t addr[16])
{
	uint64_t hi, lo;

	memcpy(&hi, addr, 8);
	memcpy(&lo, addr + 8, 8);
	return !(hi | lo);
}

static inline bool ip6_is_loopback(const uint8_t addr[16])
{
	uint64_t hi;
	uint32_t mid, lo;

	memcpy(&hi, addr, 8);
	memcpy(&mid, addr + 8, 4);
	memcpy(&lo, addr + 12, 4);
	return !(hi | mid) && lo == NET_BE32(1);
}

/* ::ffff:0:0/96: an IPv4 address, in programs only (RFC 4291 2.5.5.2). */
static inline bool ip6_is_mapped(const uint8_t addr[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

/* ff02::1:ff00:0/104 (RFC 4291 2.7.1) */
static inline bool ip6_is_solicited_node(const uint8_t addr[16])
{
	static const uint8_t prefix[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

/* The solicited-node group of a unicast address. */
static inline void ip6_solicited_node(const uint8_t addr[16], uint8_t group[16])
{
	static const uint8_t prefix[13] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
	uint8_t low[3] = { addr[13], addr[14], addr[15] }; /* group may be addr */

	memcpy(group, prefix, sizeof(prefix));
	memcpy(group + 13, low, 3);
}

/* The Ethernet group address of an IPv6 multicast address (RFC 2464 7). */
static inline void ip6_multicast_mac(const uint8_t group[16], uint8_t mac[6])
{
	mac[0] = 0x33;
	mac[1] = 0x33;
	memcpy(mac + 2, group + 12, 4);
}

/* The link-local address a MAC makes (EUI-64, RFC 4291 appendix A). */
static inline void ip6_link_local_from_mac(const uint8_t mac[6], uint8_t addr[16])
{
	const uint8_t made[16] = {
		0xfe,   0x80,   0,    0,    0,      0,      0,     0, (uint8_t)(mac[0] ^ 2),
		mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]
	};

	memcpy(addr, made, 16);
}

/* A source no packet may carry through a router: ::, ::1, multicast (RFC 4291 2.5.2, 2.5.3, 2.7).
 * Others see ::ffff:0:0/96 too (martian.h). */
static inline bool ip6_source_is_martian(const uint8_t src[16])
{
	return ip6_is_multicast(src) || ip6_is_unspecified(src) || ip6_is_loopback(src);
}

/* A destination no packet on a link may carry: ::, ::1, ff00/16 and ff01/16 (interface scope). */
static inline bool ip6_destination_is_martian(const uint8_t dst[16])
{
	return (ip6_is_multicast(dst) && (dst[1] & 0xf) < 2) || ip6_is_unspecified(dst) ||
	       ip6_is_loopback(dst);
}

/* Bounds of the walk: more of either than this is dropped, not followed (RFC 8504 5.3). */
#define IP6_MAX_EXTENSIONS      8
#define IP6_MAX_EXTENSION_BYTES 1024

enum ip6_walk_result {
	IP6_WALK_OK,
	IP6_WALK_TRUNCATED, /* a header ends beyond the payload, or beyond len */
	IP6_WALK_TOO_MANY,  /* more than IP6_MAX_EXTENSIONS */
	IP6_WALK_TOO_LONG,  /* more than IP6_MAX_EXTENSION_BYTES */
	IP6_WALK_MISPLACED, /* hop-by-hop options not first, or a second fragment header */
	IP6_WALK_RESULTS
};

struct ip6_walk {
	uint8_t protocol;         /* upper-layer protocol; NET_PROTO_NONE when there is none */
	uint8_t extensions;       /* headers passed */
	bool fragment;            /* a fragment header was there (an atomic fragment counts) */
	bool more_fragments;      /* its M flag */
	bool hop_by_hop;          /* hop-by-hop options were there */
	uint16_t fragment_offset; /* bytes; not 0: upper_offset holds the middle of a datagram */
	uint32_t upper_offset;    /* from the IPv6 header to the upper-layer header, bytes */
	uint32_t upper_length;    /* bytes from there to the end of the payload */
};

/*
 * Follows the extension headers of a packet that passed ip6_check(), of which len >= 40 bytes may
 * be read: perhaps not all of it, so that upper_offset may be len. The result is filled on
 * IP6_WALK_OK only. Stops at the first header that is not an extension header, at ESP, at "no next
 * header", and behind the fragment header of a later fragment. Never reads past the payload.
 */
enum ip6_walk_result ip6_walk(const void *p, size_t len, struct ip6_walk *out);

#endif
