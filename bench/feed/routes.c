/* SPDX-License-Identifier: BSD-3-Clause */
/* The routes of the feed; see feed.h. */
#include <string.h>

#include "bench/feed/feed.h"

/* A permutation of 0 .. 2^bits - 1 that scatters neighbours: odd multiplier, then bits folded. */
static uint32_t scatter(uint32_t i, unsigned bits)
{
	const uint32_t mask = (uint32_t)((1ull << bits) - 1);

	i = (i * 2654435761u) & mask;
	return i ^ (i >> (bits / 2));
}

/* 16.0.0.0 to 127/8 hold 7.3 M /24 networks. A shorter prefix takes the place of the /24 it begins
 * with, from blocks of its own so that no two are the same. */
struct feed_route feed_route4(uint32_t i)
{
	static const uint8_t lens[8] = { 24, 24, 24, 24, 24, 22, 20, 16 };
	struct feed_route r = { .len = lens[i % 8] };
	const uint32_t n = i / 8;
	uint32_t net;

	switch (i % 8) {
	case 5: /* 2^17 of /22 in 64/5 */
		net = 0x40000000u + (scatter(n, 17) << 10);
		break;
	case 6: /* 2^17 of /20 in 96/3 */
		net = 0x60000000u + (scatter(n, 17) << 12);
		break;
	case 7: /* 2^12 of /16 in 16/4; beyond that /24 in 80/4 */
		r.len = n < 4096 ? 16 : 24;
		net = n < 4096 ? 0x10000000u + (scatter(n, 12) << 16)
			       : 0x50000000u + (scatter(n, 17) << 8);
		break;
	default: /* 5 x 2^17 of /24 in 32/3 */
		net = 0x20000000u + (scatter(n * 5 + i % 8, 20) << 8);
		break;
	}
	for (unsigned k = 0; k < 4; k++)
		r.addr[k] = (uint8_t)(net >> (24 - 8 * k));
	return r;
}

struct feed_route feed_route6(uint32_t i)
{
	static const uint8_t lens[8] = { 48, 48, 48, 48, 44, 40, 36, 32 };
	struct feed_route r = { .len = lens[i % 8] };
	/* 2400::/8 by kind in the second byte; the network's number fills the bits up to the length
	 */
	uint64_t bits = (uint64_t)scatter(i / 8, 17) << (64 - r.len);
	const uint64_t top = (uint64_t)0x24 << 56 | (uint64_t)(i % 8) << 52;

	if (r.len == 32) /* 20 bits are left beside the kind */
		bits = (uint64_t)scatter(i / 8, 17) << 32;
	bits |= top;
	for (unsigned k = 0; k < 8; k++)
		r.addr[k] = (uint8_t)(bits >> (56 - 8 * k));
	return r;
}
