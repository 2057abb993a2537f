/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a packet ended without leaving on a lane: one line a reason. The enum, the telemetry label
 * and the text that `cpx show drops` prints all come from this list. A reason names the cause; a
 * packet that was answered (an echo reply, a time exceeded) left on a lane and is no drop.
 */
#ifndef CPX_DATAPLANE_RUN_DROP_H
#define CPX_DATAPLANE_RUN_DROP_H

#include "lib/net/martian.h"

/* _(symbol, label, help) */
#define DROP_REASONS(_)                                                                           \
	_(ETH_TRUNCATED, "eth_truncated", "frame shorter than its Ethernet or VLAN header")       \
	_(ETH_GROUP_SOURCE, "eth_group_source", "group address as source MAC (802.3 3.2.3)")      \
	_(ETH_NOT_FOR_US, "eth_not_for_us", "unicast destination MAC of another station")         \
	_(ETH_TYPE_UNKNOWN, "eth_type_unknown", "EtherType that nothing here handles")            \
	_(ETH_UNICAST_IP_IN_GROUP, "eth_unicast_ip_in_group",                                     \
	  "unicast IP packet in a broadcast or multicast frame (RFC 1812 5.3.4)")                 \
	_(VLAN_UNKNOWN, "vlan_unknown", "VLAN id without an interface on the port")               \
	_(VLAN_NESTED, "vlan_nested", "more VLAN tags than one")                                  \
	_(IP4_TRUNCATED, "ip4_truncated", "frame shorter than an IPv4 header")                    \
	_(IP4_VERSION, "ip4_version", "version is not 4")                                         \
	_(IP4_HEADER_LENGTH, "ip4_header_length", "header length below 20 or beyond the packet")  \
	_(IP4_TOTAL_LENGTH, "ip4_total_length",                                                   \
	  "total length below the header or beyond the frame")                                    \
	_(IP4_CHECKSUM, "ip4_checksum", "wrong IPv4 header checksum")                             \
	MARTIANS(_)                                                                               \
	_(IP4_RPF, "ip4_rpf", "no route back to the source (`urpf` of the interface, RFC 3704)")  \
	_(IP6_RPF, "ip6_rpf", "no route back to the source (`urpf` of the interface, RFC 3704)")  \
	_(IP4_DIRECTED_BROADCAST, "ip4_directed_broadcast",                                       \
	  "to the broadcast address of a subnet here (RFC 2644)")                                 \
	_(IP4_GROUP, "ip4_group", "IPv4 broadcast or multicast; nobody here listens")             \
	_(IP4_NEEDS_FRAGMENT, "ip4_needs_fragment",                                               \
	  "larger than the egress MTU, DF not set, and `ip.fragment` is off")                     \
	_(IP4_FRAGMENT_COUNT, "ip4_fragment_count",                                               \
	  "the egress MTU is so small that it would take more than 256 fragments")                \
	_(IP4_FRAGMENT_OVERLONG, "ip4_fragment_overlong",                                         \
	  "larger than the egress MTU, and a fragment that ends beyond 65535 bytes")              \
	_(IP4_FRAGMENT_LOCAL, "ip4_fragment_local", "fragment addressed to this box")             \
	_(IP4_LOCAL_PROTOCOL, "ip4_local_protocol", "addressed to this box, no such service")     \
	_(IP4_ICMP_BAD, "ip4_icmp_bad", "ICMP to this box, truncated or with a bad checksum")     \
	_(IP6_TRUNCATED, "ip6_truncated", "frame shorter than an IPv6 header")                    \
	_(IP6_VERSION, "ip6_version", "version is not 6")                                         \
	_(IP6_PAYLOAD_LENGTH, "ip6_payload_length", "payload length beyond the frame")            \
	_(IP6_GROUP_SCOPE, "ip6_group_scope", "multicast of interface scope (RFC 4291 2.7)")      \
	_(IP6_LINK_LOCAL, "ip6_link_local", "link-local packet that would have left its link")    \
	_(IP6_GROUP, "ip6_group", "IPv6 multicast; nobody here listens")                          \
	_(IP6_LOCAL_PROTOCOL, "ip6_local_protocol", "addressed to this box, no such service")     \
	_(IP6_ICMP_BAD, "ip6_icmp_bad", "ICMPv6 to this box, truncated or with a bad checksum")   \
	_(SPLIT_HEADER, "split_header",                                                           \
	  "message to this box in more buffers than one has room for")                            \
	_(NO_BUFFERS, "no_buffers",                                                               \
	  "no packet buffer left: for its fragments, its headers, or a frame of ours")            \
	_(NO_HEADROOM, "no_headroom", "buffer without room in front for the header to add")       \
	_(NO_ROUTE, "no_route", "no route to the destination, and no ICMP error was due")         \
	_(BLACKHOLE, "blackhole", "a blackhole route")                                            \
	_(UNREACHABLE, "unreachable", "unreachable destination, and no ICMP error was due")       \
	_(TTL_EXPIRED, "ttl_expired", "TTL or hop limit used up, and no ICMP error was due")      \
	_(TOO_BIG, "too_big", "larger than the egress MTU, and no ICMP error was due")            \
	_(ICMP_RATE, "icmp_rate", "an ICMP error was due, its rate limit was reached")            \
	_(ICMP_NO_SOURCE, "icmp_no_source", "an ICMP error was due, no address to send it from")  \
	_(NEXTHOP_CHANGING, "nexthop_changing", "next hop was being rewritten for too long")      \
	_(PORT_DOWN, "port_down", "egress port is gone or has no lane up")                        \
	_(PORT_REMOVED, "port_removed",                                                           \
	  "its egress port was taken away while the packet waited for it")                        \
	_(LANE_TX_FULL, "lane_tx_full", "the lane's transmit ring was full")                      \
	_(HANDOFF_FULL, "handoff_full", "the ring to the worker that owns the lane was full")     \
	_(CONTROL_FULL, "control_full", "the ring to the control thread was full")                \
	_(POLICED, "policed", "over the rate of its punt class (`cpx show punt`)")                \
	_(HOLD_FULL, "hold_full", "too many packets waited for one neighbour")                    \
	_(NEIGHBOR_TABLE_FULL, "neighbor_table_full", "no room for a new neighbour")              \
	_(NEIGHBOR_FAILED, "neighbor_failed",                                                     \
	  "the neighbour did not answer, no ICMP error was due")                                  \
	_(ARP_BAD, "arp_bad", "malformed or untrue ARP packet")                                   \
	_(ND_BAD, "nd_bad", "malformed neighbour discovery message (RFC 4861 7.1)")               \
	_(TWIN_DOWN, "twin_down",                                                                 \
	  "for the host, but its port's twin in the kernel is down or gone")                      \
	_(TWIN_FULL, "twin_full", "for the host, which had no room for more")                     \
	_(HOST_FRAME_BAD, "host_frame_bad", "malformed frame from the host")                      \
	_(HOST_TOO_BIG, "host_too_big", "frame from the host, larger than its port's MTU")        \
	_(HOST_NO_BUFFER, "host_no_buffer", "frame from the host, and no packet buffer was free") \
	_(SHUTDOWN, "shutdown", "the board was stopped while the packet waited")

enum drop_reason {
#define _(sym, label, help) DROP_##sym,
	DROP_REASONS(_)
#undef _
		DROP_COUNT
};

/* Filters are reasons, in their order. */
#define DROP_OF_MARTIAN(m) ((enum drop_reason)(DROP_IP4_SOURCE_THIS_NETWORK + (m)))
static_assert(DROP_OF_MARTIAN(MARTIAN_IP6_DESTINATION_MAPPED) == DROP_IP6_DESTINATION_MAPPED, "");

#endif
