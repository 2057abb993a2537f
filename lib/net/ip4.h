/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a router checks of an IPv4 packet before it believes a field of it (RFC 1812 5.2.2, 5.3.7).
 * Pure functions of (pointer, length), inline because workers call them for every packet.
 */
#ifndef CPX_LIB_NET_IP4_H
#define CPX_LIB_NET_IP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/checksum.h"
#include "lib/net/ether.h"

enum ip4_check_result {
	IP4_OK,
	IP4_TRUNCATED,        /* fewer than 20 bytes */
	IP4_BAD_VERSION,      /* version is not 4 */
	IP4_BAD_IHL,          /* header length field below 5 words */
	IP4_HEADER_TRUNCATED, /* header length beyond the bytes there are */
	IP4_TOTAL_SHORT,      /* total length less than the header */
	IP4_TOTAL_LONG,       /* total length beyond the bytes there are */
	IP4_BAD_CHECKSUM,     /* header checksum wrong */
	IP4_CHECK_RESULTS
};

/* Header length in bytes, 0..60, as the packet claims it. */
static inline unsigned ip4_header_length(const struct ip4_header *ip)
{
	return (ip->version_ihl & 0xf) * 4u;
}

/*
 * Checks the header at p, of which len bytes may be read (bytes after the total length are link
 * padding and allowed). The tests are in the order of the enum: the first that fails is returned.
 */
static inline enum ip4_check_result ip4_check(const void *p, size_t len)
{
	const struct ip4_header *ip = (const struct ip4_header *)p;

	if (__builtin_expect(len < sizeof(*ip), 0))
		return IP4_TRUNCATED;
	unsigned header = 20;

	if (__builtin_expect(ip->version_ihl != 0x45, 0)) {
		if (ip->version_ihl >> 4 != 4)
			return IP4_BAD_VERSION;
		header = ip4_header_length(ip);
		if (header < 20)
			return IP4_BAD_IHL;
		if (header > len)
			return IP4_HEADER_TRUNCATED;
	}
	unsigned total = net_swap16(ip->total_length);

	if (__builtin_expect(total < header, 0))
		return IP4_TOTAL_SHORT;
	if (__builtin_expect(total > len, 0))
		return IP4_TOTAL_LONG;
	if (__builtin_expect(!checksum_ip4_ok(p, header), 0))
		return IP4_BAD_CHECKSUM;
	return IP4_OK;
}

/* Addresses are in network order, as they stand in the packet. */
static inline bool ip4_is_multicast(uint32_t addr)
{
	return (addr & NET_BE32(0xf0000000)) == NET_BE32(0xe0000000);
}

static inline bool ip4_is_limited_broadcast(uint32_t addr)
{
	return addr == 0xffffffff;
}

static inline bool ip4_is_loopback(uint32_t addr)
{
	return (addr & NET_BE32(0xff000000)) == NET_BE32(0x7f000000);
}

/* 0/8: "this network" (RFC 1122 3.2.1.3). */
static inline bool ip4_is_this_network(uint32_t addr)
{
	return (addr & NET_BE32(0xff000000)) == 0;
}

/* 240/4 but for the limited broadcast address (RFC 1112 4). */
static inline bool ip4_is_reserved(uint32_t addr)
{
	return (addr & NET_BE32(0xf0000000)) == NET_BE32(0xf0000000) && addr != 0xffffffff;
}

/* 169.254/16, never forwarded (RFC 3927 2.7). */
static inline bool ip4_is_link_local(uint32_t addr)
{
	return (addr & NET_BE32(0xffff0000)) == NET_BE32(0xa9fe0000);
}

/* Source no packet may carry through a router (RFC 1812 5.3.7): 0/8, 127/8, 224/4, 240/4. */
static inline bool ip4_source_is_martian(uint32_t src)
{
	uint32_t host = net_swap32(src);

	return host >= 0xe0000000 || host < 0x01000000 || host >> 24 == 127;
}

/* Destination no packet may carry: 0/8, 127/8, 240/4 but for 255.255.255.255. */
static inline bool ip4_destination_is_martian(uint32_t dst)
{
	uint32_t host = net_swap32(dst);

	return host < 0x01000000 || host >> 24 == 127 || (host >= 0xf0000000 && host != 0xffffffff);
}

/* Any fragment of a larger datagram, the first included. */
static inline bool ip4_is_fragment(const struct ip4_header *ip)
{
	return ip->fragment & NET_BE16(NET_IP4_MF | NET_IP4_OFFSET_MASK);
}

/* A fragment that does not hold the start of the upper layer. */
static inline bool ip4_is_later_fragment(const struct ip4_header *ip)
{
	return ip->fragment & NET_BE16(NET_IP4_OFFSET_MASK);
}

static inline bool ip4_dont_fragment(const struct ip4_header *ip)
{
	return ip->fragment & NET_BE16(NET_IP4_DF);
}

#endif
