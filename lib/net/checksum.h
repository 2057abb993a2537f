/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071): sums over (pointer, length), header verification and
 * incremental update (RFC 1624). Sums are taken in memory order, so no value is ever byte-swapped:
 * what checksum_finish() returns is stored as it is. Pure functions, any thread.
 *
 * A sum in progress is a uint64_t that started at 0; 4 GiB can be added before it overflows. Pieces
 * may be added in any order as long as each but the last has even length.
 */
#ifndef CPX_LIB_NET_CHECKSUM_H
#define CPX_LIB_NET_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/net/ether.h"

/* Adds len bytes at p, which may be unaligned; an odd last byte counts as followed by zero. */
static inline uint64_t checksum_add(uint64_t sum, const void *p, size_t len)
{
	const uint8_t *b = (const uint8_t *)p;
	uint32_t word;
	uint16_t half = 0;

	for (; len >= 4; b += 4, len -= 4) {
		memcpy(&word, b, 4);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, b, 2);
		sum += half;
		b += 2;
		len -= 2;
	}
	if (len) {
		half = 0;
		memcpy(&half, b, 1);
		sum += half;
	}
	return sum;
}

/* Folds a sum to 16 bits, not inverted. A correct packet's sum folds to 0xffff. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The checksum field's value for a sum that counted the field as zero. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

/*
 * IPv4 header of exactly 20 bytes, checksum field included: true when correct. The sum of 16-bit
 * words with end-around carry is the header as one number modulo 65535, and 2^64 is 1 modulo that:
 * so two 64-bit words and a 32-bit one are added, and a multiplication tells whether 65535 divides
 * the sum. (A header that is all zero would pass; no IPv4 header begins with a zero.)
 */
static inline bool checksum_ip4_ok_20(const void *p)
{
	uint64_t a, b, sum;
	uint32_t c;

	memcpy(&a, p, 8);
	memcpy(&b, (const uint8_t *)p + 8, 8);
	memcpy(&c, (const uint8_t *)p + 16, 4);
	sum = a + b;
	sum += sum < b;
	sum += c;
	sum += sum < c;
	return sum % 0xffff == 0;
}

/* The same for a header with options; len = ihl x 4. */
static inline bool checksum_ip4_ok(const void *p, size_t len)
{
	return len == 20 ? checksum_ip4_ok_20(p) : checksum_fold(checksum_add(0, p, len)) == 0xffff;
}

/* The value for the checksum field of an IPv4 header of len bytes whose field is zero. */
static inline uint16_t checksum_ip4(const void *p, size_t len)
{
	return checksum_finish(checksum_add(0, p, len));
}

/* RFC 1624 equation 3: the field after one 16-bit word changed (both as read from memory). */
static inline uint16_t checksum_update16(uint16_t field, uint16_t was, uint16_t is)
{
	return checksum_finish((uint64_t)(uint16_t)~field + (uint16_t)~was + is);
}

/* The same for a 32-bit word at an even offset. */
static inline uint16_t checksum_update32(uint16_t field, uint32_t was, uint32_t is)
{
	return checksum_finish((uint64_t)(uint16_t)~field + (uint32_t)~was + is);
}

/*
 * Takes one from the TTL (which is not 0) and corrects the header checksum: the word TTL|protocol
 * falls by 0x0100, so the field rises by it, with end-around carry and never to 0xffff.
 */
static inline void checksum_ttl_decrement(struct ip4_header *ip)
{
	uint32_t c = (uint32_t)ip->checksum + NET_BE16(0x0100);

	ip->checksum = (uint16_t)(c + (c >= 0xffff));
	ip->ttl--;
}

/* Sum of the IPv4 pseudo-header (RFC 768, 9293). Addresses network order, length in bytes. */
static inline uint64_t checksum_pseudo4(uint32_t src, uint32_t dst, uint8_t protocol,
					uint16_t length)
{
	return (uint64_t)src + dst + net_swap16(protocol) + net_swap16(length);
}

/* Sum of the IPv6 pseudo-header (RFC 8200 8.1). */
static inline uint64_t checksum_pseudo6(const uint8_t src[16], const uint8_t dst[16],
					uint8_t protocol, uint32_t length)
{
	return checksum_add(checksum_add(0, src, 16), dst, 16) + net_swap16(protocol) +
	       net_swap32(length);
}

/*
 * Checksum of a UDP, TCP or ICMPv6 message of len bytes at p over its pseudo-header. With the field
 * zero: the value to store (for UDP store 0xffff instead of 0). With the field filled in: 0 when
 * the message is correct.
 */
static inline uint16_t checksum_l4_ip4(uint32_t src, uint32_t dst, uint8_t protocol, const void *p,
				       uint16_t len)
{
	return checksum_finish(checksum_add(checksum_pseudo4(src, dst, protocol, len), p, len));
}

static inline uint16_t checksum_l4_ip6(const uint8_t src[16], const uint8_t dst[16],
				       uint8_t protocol, const void *p, uint32_t len)
{
	return checksum_finish(checksum_add(checksum_pseudo6(src, dst, protocol, len), p, len));
}

#endif
