/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What net_feed and those who measure with it agree on: the routes that a given number of them are,
 * the packets that go to them, and the counters it writes. Pure; any thread.
 */
#ifndef CPX_BENCH_FEED_FEED_H
#define CPX_BENCH_FEED_FEED_H

#include <stdint.h>

/* A file of this, mapped by the device: what it has handed to its program, and when. */
struct feed_stats {
	uint64_t seq; /* odd while the two below change */
	uint64_t packets, tsc;
};

#define FEED_GATEWAYS 8 /* next hops on the second port: FEED_GATEWAY4(k), FEED_GATEWAY6(k) */

struct feed_route {
	uint8_t addr[16]; /* network order; IPv4 in the first four bytes */
	uint8_t len;
};

/*
 * Route i of any number up to 1 M: distinct prefixes. IPv4 in a mix of lengths as the Internet's
 * (five of eight are /24), IPv6 /48 mostly, /32 to /44 else.
 */
struct feed_route feed_route4(uint32_t i);
struct feed_route feed_route6(uint32_t i);

#endif
