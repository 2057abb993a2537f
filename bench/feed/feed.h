/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What net_feed and those who measure with it agree on: the routes that a given number of them are,
 * the packets that go to them, and the counters it writes. Pure; any thread.
 */
#ifndef CPX_BENCH_FEED_FEED_H
#define CPX_BENCH_FEED_FEED_H

#include <stdint.h>

/* A file of this, mapped by the device: what it has handed to its program and got back, and when.
 */
struct feed_stats {
	uint64_t pps; /* any time, by who measures: packets a second to hand out; 0 all it can */
	uint64_t seq; /* odd while what is below changes */
	uint64_t received, tsc;
	uint64_t missed; /* paced: not fetched in time, the receive ring was full */
	uint64_t sent;
	uint64_t wrong; /* sent to a gateway that was never one of the destination's route */
};

/*
 * Gateways on the second port: number k has FEED_GATEWAY_MAC with k in the last byte. Route i may
 * lead to feed_gateway(i) and to the one after it, to no other; a packet's UDP source port tells
 * i mod FEED_GATEWAYS, so that the sink can see where it should have gone.
 */
#define FEED_GATEWAYS 8
static inline unsigned feed_gateway(uint32_t i)
{
	return i % FEED_GATEWAYS;
}

static inline unsigned feed_gateway_after(unsigned k)
{
	return (k + 1) % FEED_GATEWAYS;
}

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
