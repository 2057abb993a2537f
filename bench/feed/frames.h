/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packets that net_feed hands out: flows to the routes of feed.h, each packet made from a
 * template with every field a NIC would fill: packet type, flow hash, checksums found good. One
 * thread.
 */
#ifndef CPX_BENCH_FEED_FRAMES_H
#define CPX_BENCH_FEED_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#define FRAME 60 /* 64 with FCS */

struct flow { /* what differs between packets */
	uint8_t dst[16];
	uint32_t hash;
	uint16_t port;     /* tells the route, see feed.h */
	uint16_t checksum; /* IPv4 header, of a 64-byte frame */
};

struct frames {
	struct flow *flows;
	uint32_t n_flows; /* a power of two */
	uint32_t next;    /* of all packets */
	uint32_t n_routes;
	bool ipv6;
	bool imix; /* 7 of 64, 4 of 594, 1 of 1518 bytes */
	uint8_t head[FRAME];
};

/* The template, to this address. */
void frames_head(struct frames *f, const struct rte_ether_addr *mac);
/* The flows, after the template: each to a route of the first n_routes, its hash as any RSS hash:
 * evenly spread. -ENOMEM. */
int frames_make(struct frames *f);
/* The next n packets, as received by this port. */
void frames_fill(struct frames *f, struct rte_mbuf **pkts, uint16_t n, uint16_t port);
/* Whether the Ethernet destination is a gateway that the packet's route may lead to. */
bool frames_right(const struct rte_mbuf *m);

#endif
