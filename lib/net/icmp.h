/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP and ICMPv6 as a router speaks them: may an error be sent about this packet (RFC
 * 1812 4.3.2.7, RFC 4443 2.4 e), the headers of an error put in front of the packet it quotes, and
 * echo replies made in place. Pure functions of (pointer, length), any thread. Rate limits are the
 * caller's.
 */
#ifndef CPX_LIB_NET_ICMP_H
#define CPX_LIB_NET_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/ether.h"

/* ICMP types and codes (RFC 792, 1812). */
enum {
	NET_ICMP4_ECHO_REPLY = 0,
	NET_ICMP4_UNREACHABLE = 3,
	NET_ICMP4_UNREACHABLE_NET = 0,
	NET_ICMP4_UNREACHABLE_HOST = 1,
	NET_ICMP4_UNREACHABLE_PROTOCOL = 2,
	NET_ICMP4_UNREACHABLE_PORT = 3,
	NET_ICMP4_UNREACHABLE_TOO_BIG = 4, /* rest: next-hop MTU (RFC 1191) */
	NET_ICMP4_UNREACHABLE_PROHIBITED = 13,
	NET_ICMP4_SOURCE_QUENCH = 4,
	NET_ICMP4_REDIRECT = 5,
	NET_ICMP4_ECHO_REQUEST = 8,
	NET_ICMP4_TIME_EXCEEDED = 11,
	NET_ICMP4_TIME_EXCEEDED_TTL = 0,
	NET_ICMP4_PARAMETER = 12,
};

/* ICMPv6 types and codes (RFC 4443). */
enum {
	NET_ICMP6_UNREACHABLE = 1,
	NET_ICMP6_UNREACHABLE_NO_ROUTE = 0,
	NET_ICMP6_UNREACHABLE_PROHIBITED = 1,
	NET_ICMP6_UNREACHABLE_BEYOND_SCOPE = 2,
	NET_ICMP6_UNREACHABLE_ADDRESS = 3,
	NET_ICMP6_UNREACHABLE_PORT = 4,
	NET_ICMP6_TOO_BIG = 2, /* rest: MTU */
	NET_ICMP6_TIME_EXCEEDED = 3,
	NET_ICMP6_PARAMETER = 4, /* rest: pointer */
	NET_ICMP6_PARAMETER_OPTION = 2,
	NET_ICMP6_FIRST_INFORMATIONAL = 128,
	NET_ICMP6_ECHO_REQUEST = 128,
	NET_ICMP6_ECHO_REPLY = 129,
};

#define ICMP4_ERROR_HEADROOM 28   /* IPv4 header and ICMP header */
#define ICMP6_ERROR_HEADROOM 48   /* IPv6 header and ICMPv6 header */
#define ICMP4_ERROR_MAX      576  /* bytes of the whole error packet (RFC 1812 4.3.2.3) */
#define ICMP6_ERROR_MAX      1280 /* (RFC 4443 2.4 c) */

/*
 * True when the packet at p, which passed ip4_check(p, len) (ip6_check), may be answered with an
 * error. link_multicast: it came as a link-layer broadcast or multicast, or its destination is a
 * directed broadcast address of ours. Never about ICMP errors, later fragments, groups, or sources
 * that do not name one host.
 */
bool icmp4_may_error(const void *p, size_t len, bool link_multicast);

/* `type` and `code` of the intended error: Packet Too Big, and Parameter Problem code 2, may answer
 * packets sent to groups. */
bool icmp6_may_error(const void *p, size_t len, bool link_multicast, uint8_t type, uint8_t code);

/* How many bytes of a packet with total_length bytes (IP header included) an error quotes. */
static inline uint16_t icmp4_quote_length(uint32_t total_length)
{
	uint32_t most = ICMP4_ERROR_MAX - ICMP4_ERROR_HEADROOM;

	return (uint16_t)(total_length < most ? total_length : most);
}

static inline uint16_t icmp6_quote_length(uint32_t total_length)
{
	uint32_t most = ICMP6_ERROR_MAX - ICMP6_ERROR_HEADROOM;

	return (uint16_t)(total_length < most ? total_length : most);
}

/*
 * Writes IPv4 and ICMP header (28 bytes) at `header`; the quoted packet, at least its IPv4 header,
 * stands right behind, quoted_len bytes of it. Checksums are complete afterwards. rest: host order,
 * the MTU for "too big", pointer << 24 for a parameter problem, else 0. Addresses network order.
 */
void icmp4_error_fill(void *header, uint16_t quoted_len, uint8_t type, uint8_t code, uint32_t rest,
		      uint32_t src, uint32_t dst, uint8_t ttl);

/* The same with IPv6 and ICMPv6 header (48 bytes). rest: MTU or pointer. */
void icmp6_error_fill(void *header, uint16_t quoted_len, uint8_t type, uint8_t code, uint32_t rest,
		      const uint8_t src[16], const uint8_t dst[16], uint8_t hop_limit);

enum icmp_result {
	ICMP_OK,           /* an echo request to answer */
	ICMP_TRUNCATED,    /* shorter than its header */
	ICMP_FRAGMENT,     /* part of a fragmented datagram: we do not reassemble */
	ICMP_BAD_CHECKSUM, /* over the whole message */
	ICMP_OTHER_TYPE,   /* not an echo request of code 0 */
	ICMP_RESULTS
};

/* Is the packet at p (passed ip4_check / ip6_check with len) an echo request, whole and correct? */
enum icmp_result icmp4_echo_check(const void *p, size_t len);
enum icmp_result icmp6_echo_check(const void *p, size_t len);

/*
 * Turns an echo request that passed the check into its reply: addresses swapped (src is the reply's
 * source where the request's destination cannot be one, else NULL), type, TTL, and both checksums
 * corrected incrementally. IPv4 options stay as they are; IPv6 extension headers too.
 */
void icmp4_echo_reply(void *p, uint8_t ttl);
void icmp6_echo_reply(void *p, const uint8_t src[16], uint8_t hop_limit);

#endif
