/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a packet ended without leaving on a lane: one line a reason. The enum, the telemetry label
 * and all that `cpx show drops` prints come from this list. The node is where it is decided:
 * ip*_error is ip4_error and ip6_error, "control" the control thread, "several" more than one. A
 * reason names the cause; a packet that was answered (an echo reply, a time exceeded) left on a
 * lane and is no drop.
 */
#ifndef CPX_DATAPLANE_RUN_DROP_H
#define CPX_DATAPLANE_RUN_DROP_H

#include "lib/net/martian.h"

/* _(symbol, label, node, help) */
#define DROP_REASONS(_)                                                                            \
	_(ETH_TRUNCATED, "eth_truncated", "eth_input",                                             \
	  "frame shorter than its Ethernet or VLAN header")                                        \
	_(ETH_GROUP_SOURCE, "eth_group_source", "eth_input",                                       \
	  "group address as source MAC (802.3 3.2.3)")                                             \
	_(ETH_NOT_FOR_US, "eth_not_for_us", "eth_input",                                           \
	  "unicast destination MAC of another station")                                            \
	_(ETH_TYPE_UNKNOWN, "eth_type_unknown", "eth_input",                                       \
	  "EtherType that nothing here handles")                                                   \
	_(ETH_UNICAST_IP_IN_GROUP, "eth_unicast_ip_in_group", "eth_input",                         \
	  "unicast IP packet in a broadcast or multicast frame (RFC 1812 5.3.4)")                  \
	_(VLAN_UNKNOWN, "vlan_unknown", "vlan_input", "VLAN id without an interface on the port")  \
	_(VLAN_NESTED, "vlan_nested", "vlan_input", "more VLAN tags than one")                     \
	_(IP4_TRUNCATED, "ip4_truncated", "ip4_input", "frame shorter than an IPv4 header")        \
	_(IP4_VERSION, "ip4_version", "ip4_input", "version is not 4")                             \
	_(IP4_HEADER_LENGTH, "ip4_header_length", "ip4_input",                                     \
	  "header length below 20 or beyond the packet")                                           \
	_(IP4_TOTAL_LENGTH, "ip4_total_length", "ip4_input",                                       \
	  "total length below the header or beyond the frame")                                     \
	_(IP4_CHECKSUM, "ip4_checksum", "ip4_input", "wrong IPv4 header checksum")                 \
	MARTIANS(_)                                                                                \
	_(IP4_RPF, "ip4_rpf", "ip4_rpf",                                                           \
	  "no route back to the source (`urpf` of the interface, RFC 3704)")                       \
	_(IP6_RPF, "ip6_rpf", "ip6_rpf",                                                           \
	  "no route back to the source (`urpf` of the interface, RFC 3704)")                       \
	_(IP4_DIRECTED_BROADCAST, "ip4_directed_broadcast", "ip4_lookup",                          \
	  "to the broadcast address of a subnet here (RFC 2644)")                                  \
	_(IP4_GROUP, "ip4_group", "several", "IPv4 broadcast or multicast; nobody here listens")   \
	_(IP4_NEEDS_FRAGMENT, "ip4_needs_fragment", "ip4_rewrite",                                 \
	  "larger than the egress MTU, DF not set, and `ip.fragment` is off")                      \
	_(IP4_FRAGMENT_COUNT, "ip4_fragment_count", "ip4_fragment",                                \
	  "the egress MTU is so small that it would take more than 256 fragments")                 \
	_(IP4_FRAGMENT_OVERLONG, "ip4_fragment_overlong", "ip4_fragment",                          \
	  "larger than the egress MTU, and a fragment that ends beyond 65535 bytes")               \
	_(IP4_FRAGMENT_LOCAL, "ip4_fragment_local", "ip4_local", "fragment addressed to this box") \
	_(IP4_LOCAL_PROTOCOL, "ip4_local_protocol", "ip4_local",                                   \
	  "addressed to this box, no such service")                                                \
	_(IP4_ICMP_BAD, "ip4_icmp_bad", "ip4_local",                                               \
	  "ICMP to this box, truncated or with a bad checksum")                                    \
	_(IP6_TRUNCATED, "ip6_truncated", "ip6_input", "frame shorter than an IPv6 header")        \
	_(IP6_VERSION, "ip6_version", "ip6_input", "version is not 6")                             \
	_(IP6_PAYLOAD_LENGTH, "ip6_payload_length", "ip6_input",                                   \
	  "payload length beyond the frame")                                                       \
	_(IP6_GROUP_SCOPE, "ip6_group_scope", "ip6_lookup",                                        \
	  "multicast of interface scope (RFC 4291 2.7)")                                           \
	_(IP6_LINK_LOCAL, "ip6_link_local", "several",                                             \
	  "link-local packet that would have left its link")                                       \
	_(IP6_GROUP, "ip6_group", "several", "IPv6 multicast; nobody here listens")                \
	_(IP6_LOCAL_PROTOCOL, "ip6_local_protocol", "ip6_local",                                   \
	  "addressed to this box, no such service")                                                \
	_(IP6_ICMP_BAD, "ip6_icmp_bad", "ip6_local",                                               \
	  "ICMPv6 to this box, truncated or with a bad checksum")                                  \
	_(SPLIT_HEADER, "split_header", "several",                                                 \
	  "message to this box in more buffers than one has room for")                             \
	_(NO_BUFFERS, "no_buffers", "several",                                                     \
	  "no packet buffer left: for its fragments, its headers, or a frame of ours")             \
	_(NO_HEADROOM, "no_headroom", "several",                                                   \
	  "buffer without room in front for the header to add")                                    \
	_(NO_ROUTE, "no_route", "ip*_error",                                                       \
	  "no route to the destination, and no ICMP error was due")                                \
	_(BLACKHOLE, "blackhole", "ip*_lookup", "a blackhole route")                               \
	_(UNREACHABLE, "unreachable", "ip*_error",                                                 \
	  "unreachable destination, and no ICMP error was due")                                    \
	_(TTL_EXPIRED, "ttl_expired", "ip*_error",                                                 \
	  "TTL or hop limit used up, and no ICMP error was due")                                   \
	_(TOO_BIG, "too_big", "ip*_error",                                                         \
	  "larger than the egress MTU, and no ICMP error was due")                                 \
	_(ICMP_RATE, "icmp_rate", "ip*_error",                                                     \
	  "an ICMP error was due, its rate limit was reached")                                     \
	_(ICMP_NO_SOURCE, "icmp_no_source", "ip*_error",                                           \
	  "an ICMP error was due, no address to send it from")                                     \
	_(NEXTHOP_CHANGING, "nexthop_changing", "ip*_rewrite",                                     \
	  "next hop was being rewritten for too long")                                             \
	_(PORT_DOWN, "port_down", "several", "egress port is gone or has no lane up")              \
	_(PORT_REMOVED, "port_removed", "several",                                                 \
	  "its egress port was taken away while the packet waited for it")                         \
	_(LANE_TX_FULL, "lane_tx_full", "lane_tx", "the lane's transmit ring was full")            \
	_(HANDOFF_FULL, "handoff_full", "several",                                                 \
	  "the ring to the worker that owns the lane was full")                                    \
	_(CONTROL_FULL, "control_full", "punt", "the ring to the control thread was full")         \
	_(POLICED, "policed", "punt", "over the rate of its punt class (`cpx show punt`)")         \
	_(HOLD_FULL, "hold_full", "control", "too many packets waited for one neighbour")          \
	_(NEIGHBOR_TABLE_FULL, "neighbor_table_full", "control", "no room for a new neighbour")    \
	_(NEIGHBOR_FAILED, "neighbor_failed", "several",                                           \
	  "the neighbour did not answer, no ICMP error was due")                                   \
	_(ARP_BAD, "arp_bad", "control", "malformed or untrue ARP packet")                         \
	_(ND_BAD, "nd_bad", "control", "malformed neighbour discovery message (RFC 4861 7.1)")     \
	_(TWIN_DOWN, "twin_down", "control",                                                       \
	  "for the host, but its port's twin in the kernel is down or gone")                       \
	_(TWIN_FULL, "twin_full", "control", "for the host, which had no room for more")           \
	_(HOST_FRAME_BAD, "host_frame_bad", "control", "malformed frame from the host")            \
	_(HOST_TOO_BIG, "host_too_big", "control",                                                 \
	  "frame from the host, larger than its port's MTU")                                       \
	_(HOST_NO_BUFFER, "host_no_buffer", "control",                                             \
	  "frame from the host, and no packet buffer was free")                                    \
	_(SHUTDOWN, "shutdown", "control", "the board was stopped while the packet waited")

enum drop_reason {
#define _(sym, ...) DROP_##sym,
	DROP_REASONS(_)
#undef _
		DROP_COUNT
};

/* Filters are reasons, in their order. */
#define DROP_OF_MARTIAN(m) ((enum drop_reason)(DROP_IP4_SOURCE_THIS_NETWORK + (m)))
static_assert(DROP_OF_MARTIAN(MARTIAN_IP6_DESTINATION_MAPPED) == DROP_IP6_DESTINATION_MAPPED, "");

#endif
