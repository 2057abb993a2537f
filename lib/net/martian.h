/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses that no packet may carry through a router (RFC 1812 5.3.7, RFC 6890, RFC 4291). One
 * line a filter gives the enum, the configuration key `filters.NAME` and the drop reason NAME of
 * the node that asks it. Pure functions, any thread. Addresses as they stand in the packet.
 *
 * Not here, because there is nothing to switch: group destinations of interface scope and
 * link-local packets leaving their link (RFC 4291 2.5.6, 2.7) never go on.
 */
#ifndef CPX_LIB_NET_MARTIAN_H
#define CPX_LIB_NET_MARTIAN_H

#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

/* clang-format off */
/* _(symbol, name, node, help) */
#define MARTIANS(_) \
_(IP4_SOURCE_THIS_NETWORK, "ip4_source_this_network", "ip4_input", "source is in 0/8 (RFC 1122 3.2.1.3)") \
_(IP4_SOURCE_LOOPBACK, "ip4_source_loopback", "ip4_input", "source is in 127/8 (RFC 1122 3.2.1.3)") \
_(IP4_SOURCE_MULTICAST, "ip4_source_multicast", "ip4_input", "source is in 224/4 (RFC 1812 5.3.7)") \
_(IP4_SOURCE_RESERVED, "ip4_source_reserved", "ip4_input", "source is in 240/4, the limited broadcast included (RFC 1812 5.3.7)") \
_(IP4_SOURCE_BROADCAST, "ip4_source_broadcast", "ip4_input", "source is the broadcast address of a subnet here (RFC 1812 5.3.7)") \
_(IP4_SOURCE_OWN, "ip4_source_own", "ip4_input", "source is an address of this router (RFC 1812 5.3.8)") \
_(IP4_DESTINATION_THIS_NETWORK, "ip4_destination_this_network", "ip4_lookup", "destination is in 0/8 (RFC 1812 5.3.7)") \
_(IP4_DESTINATION_LOOPBACK, "ip4_destination_loopback", "ip4_lookup", "destination is in 127/8 (RFC 1812 5.3.7)") \
_(IP4_DESTINATION_RESERVED, "ip4_destination_reserved", "ip4_lookup", "destination is in 240/4 (RFC 1812 5.3.7)") \
_(IP6_SOURCE_UNSPECIFIED, "ip6_source_unspecified", "ip6_input", "source is :: (RFC 4291 2.5.2)") \
_(IP6_SOURCE_LOOPBACK, "ip6_source_loopback", "ip6_input", "source is ::1 (RFC 4291 2.5.3)") \
_(IP6_SOURCE_MULTICAST, "ip6_source_multicast", "ip6_input", "source is in ff00::/8 (RFC 4291 2.7)") \
_(IP6_SOURCE_MAPPED, "ip6_source_mapped", "ip6_input", "source is in ::ffff:0:0/96, an IPv4 address (RFC 6890)") \
_(IP6_SOURCE_OWN, "ip6_source_own", "ip6_input", "source is an address of this router") \
_(IP6_DESTINATION_UNSPECIFIED, "ip6_destination_unspecified", "ip6_lookup", "destination is :: (RFC 4291 2.5.2)") \
_(IP6_DESTINATION_LOOPBACK, "ip6_destination_loopback", "ip6_lookup", "destination is ::1 (RFC 4291 2.5.3)") \
_(IP6_DESTINATION_MAPPED, "ip6_destination_mapped", "ip6_lookup", "destination is in ::ffff:0:0/96, an IPv4 address (RFC 6890)")
/* clang-format on */

enum martian {
#define _(sym, ...) MARTIAN_##sym,
	MARTIANS(_)
#undef _
		MARTIAN_NONE, /* nothing to say against it; also the number of filters */
};

static_assert(MARTIAN_NONE <= 32, "a bit of 32 each");

/* 0.0.0.0 to the limited broadcast asks for an address (RFC 2131 4.1): left to who hears it. */
static inline enum martian martian_source4(uint32_t src, uint32_t dst)
{
	if (ip4_is_this_network(src))
		return src == 0 && ip4_is_limited_broadcast(dst) ? MARTIAN_NONE
								 : MARTIAN_IP4_SOURCE_THIS_NETWORK;
	if (ip4_is_loopback(src))
		return MARTIAN_IP4_SOURCE_LOOPBACK;
	if (ip4_is_multicast(src))
		return MARTIAN_IP4_SOURCE_MULTICAST;
	return net_swap32(src) >= 0xf0000000 ? MARTIAN_IP4_SOURCE_RESERVED : MARTIAN_NONE;
}

static inline enum martian martian_destination4(uint32_t dst)
{
	if (ip4_is_this_network(dst))
		return MARTIAN_IP4_DESTINATION_THIS_NETWORK;
	if (ip4_is_loopback(dst))
		return MARTIAN_IP4_DESTINATION_LOOPBACK;
	return ip4_is_reserved(dst) ? MARTIAN_IP4_DESTINATION_RESERVED : MARTIAN_NONE;
}

/* :: to a group is duplicate address detection (RFC 4862 5.4). */
static inline enum martian martian_source6(const uint8_t src[16], const uint8_t dst[16])
{
	if (ip6_is_multicast(src))
		return MARTIAN_IP6_SOURCE_MULTICAST;
	if (ip6_is_unspecified(src))
		return ip6_is_multicast(dst) ? MARTIAN_NONE : MARTIAN_IP6_SOURCE_UNSPECIFIED;
	if (ip6_is_loopback(src))
		return MARTIAN_IP6_SOURCE_LOOPBACK;
	return ip6_is_mapped(src) ? MARTIAN_IP6_SOURCE_MAPPED : MARTIAN_NONE;
}

static inline enum martian martian_destination6(const uint8_t dst[16])
{
	if (ip6_is_unspecified(dst))
		return MARTIAN_IP6_DESTINATION_UNSPECIFIED;
	if (ip6_is_loopback(dst))
		return MARTIAN_IP6_DESTINATION_LOOPBACK;
	return ip6_is_mapped(dst) ? MARTIAN_IP6_DESTINATION_MAPPED : MARTIAN_NONE;
}

#endif
