/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 neighbour discovery over Ethernet: neighbour solicitations and advertisements checked as
 * RFC 4861 7.1 demands, and frames to send. Router messages and redirects are not handled here
 * (ND_OTHER_TYPE). Pure functions of (pointer, length), any thread.
 */
#ifndef CPX_LIB_NET_ND_H
#define CPX_LIB_NET_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/ether.h"

enum {
	NET_ICMP6_ROUTER_SOLICIT = 133,
	NET_ICMP6_ROUTER_ADVERT = 134,
	NET_ICMP6_NEIGHBOR_SOLICIT = 135,
	NET_ICMP6_NEIGHBOR_ADVERT = 136,
	NET_ICMP6_REDIRECT = 137,
};

/* Flags of an advertisement, host order. */
#define NET_ND_ROUTER    0x80000000u
#define NET_ND_SOLICITED 0x40000000u
#define NET_ND_OVERRIDE  0x20000000u

enum nd_result {
	ND_OK,
	ND_TRUNCATED,     /* the IPv6 packet is no packet, or shorter than the message */
	ND_OTHER_TYPE,    /* not ICMPv6, or neither solicitation nor advertisement: not for us */
	ND_FRAGMENTED,    /* has a fragment header (RFC 6980) */
	ND_BAD_HOP_LIMIT, /* not 255: it crossed a router */
	ND_BAD_CHECKSUM,
	ND_BAD_CODE,   /* code is not 0 */
	ND_BAD_TARGET, /* target is multicast, unspecified or loopback */
	ND_BAD_OPTION, /* an option of length 0 or beyond the message */
	ND_BAD_SOURCE, /* multicast or loopback; or :: in an advertisement */
	ND_BAD_DAD,    /* from :: with a source address option or not to a solicited-node group */
	ND_BAD_DESTINATION, /* solicited advertisement to a group */
	ND_BAD_LLADDR,      /* link-layer address option with a group or all-zero address */
	ND_RESULTS
};

struct nd_info {
	uint8_t type; /* NET_ICMP6_NEIGHBOR_SOLICIT or NET_ICMP6_NEIGHBOR_ADVERT */
	uint8_t src[16];
	uint8_t dst[16];
	uint8_t target[16];
	bool dad;        /* solicitation from ::, duplicate detection: learn nothing from it */
	bool has_lladdr; /* source (solicitation) or target (advertisement) address option */
	uint8_t lladdr[6];
	bool router, solicited, override; /* advertisement flags */
};

/* Checks the packet whose IPv6 header is at p, of which len bytes may be read (padding after the
 * payload is allowed). *out is filled on ND_OK only. */
enum nd_result nd_parse(const void *p, size_t len, struct nd_info *out);

/*
 * Whole Ethernet frames (vlan 0: untagged) with the link-layer address option. They return the
 * frame length or -ENOSPC when cap is less.
 *
 * Solicitation for target: dst_mac and dst_ip NULL send it to the solicited-node group (resolving),
 * both given send it to the neighbour (checking reachability).
 */
int nd_build_solicit(void *buf, size_t cap, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		     uint16_t vlan, const uint8_t src_ip[16], const uint8_t dst_ip[16],
		     const uint8_t target[16]);

/* Advertisement of target at src_mac. flags: NET_ND_ROUTER … in host order. To answer duplicate
 * detection, dst_ip is ff02::1 (dst_mac 33:33:00:00:00:01) and NET_ND_SOLICITED is not set. */
int nd_build_advert(void *buf, size_t cap, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		    uint16_t vlan, const uint8_t src_ip[16], const uint8_t dst_ip[16],
		    const uint8_t target[16], uint32_t flags);

#endif
