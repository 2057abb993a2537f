/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frame and packet headers as they lie on the wire, and the numbers that go in them. Every field
 * wider than a byte is in network byte order. The structures have alignment 1 and may alias, so a
 * pointer into a frame can be cast to any of them; the caller has checked that enough bytes are
 * there. Names keep clear of netinet/, linux/ and rte_, so all may be included together.
 */
#ifndef CPX_LIB_NET_ETHER_H
#define CPX_LIB_NET_ETHER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Constants in network byte order; usable in static initialisers and case labels. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NET_BE16(x) ((uint16_t)((((x)&0xff) << 8) | (((x) >> 8) & 0xff)))
#define NET_BE32(x)                                                                \
	((uint32_t)((((uint32_t)(x)&0xff) << 24) | (((uint32_t)(x)&0xff00) << 8) | \
		    (((uint32_t)(x) >> 8) & 0xff00) | ((uint32_t)(x) >> 24)))
#else
#define NET_BE16(x) ((uint16_t)(x))
#define NET_BE32(x) ((uint32_t)(x))
#endif

/* Host value of a network-order one and back (the same swap). */
static inline uint16_t net_swap16(uint16_t v)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(v) : v;
}

static inline uint32_t net_swap32(uint32_t v)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v) : v;
}

#define NET_PACKED __attribute__((packed, may_alias))

#define NET_ETHER_LEN     14 /* header without tag */
#define NET_VLAN_LEN      4
#define NET_ETHER_MIN_LEN 60 /* shortest frame, without FCS */

/* EtherTypes, host order (compare with net_swap16 or wrap in NET_BE16). */
#define NET_ETHERTYPE_IP4   0x0800
#define NET_ETHERTYPE_ARP   0x0806
#define NET_ETHERTYPE_VLAN  0x8100
#define NET_ETHERTYPE_QINQ  0x88a8
#define NET_ETHERTYPE_IP6   0x86dd
#define NET_ETHERTYPE_MPLS  0x8847
#define NET_ETHERTYPE_LLDP  0x88cc
#define NET_ETHERTYPE_FIRST 0x0600 /* below: an 802.3 length */

/* IP protocol numbers. */
enum {
	NET_PROTO_HOPOPTS = 0,
	NET_PROTO_ICMP4 = 1,
	NET_PROTO_TCP = 6,
	NET_PROTO_UDP = 17,
	NET_PROTO_ROUTING = 43,
	NET_PROTO_FRAGMENT = 44,
	NET_PROTO_ESP = 50,
	NET_PROTO_AH = 51,
	NET_PROTO_ICMP6 = 58,
	NET_PROTO_NONE = 59,
	NET_PROTO_DSTOPTS = 60,
	NET_PROTO_SCTP = 132,
	NET_PROTO_MOBILITY = 135,
	NET_PROTO_HIP = 139,
	NET_PROTO_SHIM6 = 140,
};

struct eth_header {
	uint8_t dst[6];
	uint8_t src[6];
	uint16_t type;
} NET_PACKED;

/* What follows an 0x8100 or 0x88a8 EtherType. */
struct vlan_header {
	uint16_t tci; /* priority 3, drop eligible 1, VLAN id 12 */
	uint16_t type;
} NET_PACKED;

#define NET_VLAN_ID_MASK 0x0fff

/* ARP for Ethernet and IPv4 (RFC 826). */
struct arp_header {
	uint16_t htype;
	uint16_t ptype;
	uint8_t hlen;
	uint8_t plen;
	uint16_t op;
	uint8_t sha[6];
	uint32_t spa;
	uint8_t tha[6];
	uint32_t tpa;
} NET_PACKED;

struct ip4_header {
	uint8_t version_ihl;
	uint8_t tos;
	uint16_t total_length;
	uint16_t id;
	uint16_t fragment; /* flags 3, offset in 8-byte units 13 */
	uint8_t ttl;
	uint8_t protocol;
	uint16_t checksum;
	uint32_t src;
	uint32_t dst;
} NET_PACKED;

#define NET_IP4_DF          0x4000 /* of `fragment`, host order */
#define NET_IP4_MF          0x2000
#define NET_IP4_OFFSET_MASK 0x1fff

struct ip6_header {
	uint32_t version_class_flow;
	uint16_t payload_length;
	uint8_t next_header;
	uint8_t hop_limit;
	uint8_t src[16];
	uint8_t dst[16];
} NET_PACKED;

struct ip6_fragment_header {
	uint8_t next_header;
	uint8_t reserved;
	uint16_t offset; /* in 8-byte units 13, reserved 2, more 1 */
	uint32_t id;
} NET_PACKED;

struct udp_header {
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t length;
	uint16_t checksum;
} NET_PACKED;

struct tcp_header {
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t seq;
	uint32_t ack;
	uint8_t data_offset; /* high 4 bits, in 32-bit words */
	uint8_t flags;
	uint16_t window;
	uint16_t checksum;
	uint16_t urgent;
} NET_PACKED;

/* ICMP and ICMPv6: the first eight bytes. `rest` is id and sequence, MTU, pointer or unused. */
struct icmp_header {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint32_t rest;
} NET_PACKED;

/* Neighbour solicitation and advertisement (RFC 4861 4.3, 4.4), options not included. */
struct nd_header {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint32_t flags; /* advertisement: NET_ND_ROUTER …; solicitation: reserved */
	uint8_t target[16];
} NET_PACKED;

/* Source or target link-layer address option for Ethernet (RFC 4861 4.6.1). */
struct nd_lladdr_option {
	uint8_t type;
	uint8_t length; /* in 8-byte units: 1 */
	uint8_t mac[6];
} NET_PACKED;

static_assert(sizeof(struct eth_header) == 14, "Ethernet header");
static_assert(sizeof(struct vlan_header) == 4, "802.1Q tag");
static_assert(sizeof(struct arp_header) == 28, "ARP packet");
static_assert(sizeof(struct ip4_header) == 20, "IPv4 header");
static_assert(sizeof(struct ip6_header) == 40, "IPv6 header");
static_assert(sizeof(struct ip6_fragment_header) == 8, "IPv6 fragment header");
static_assert(sizeof(struct udp_header) == 8, "UDP header");
static_assert(sizeof(struct tcp_header) == 20, "TCP header");
static_assert(sizeof(struct icmp_header) == 8, "ICMP header");
static_assert(sizeof(struct nd_header) == 24, "ND message");
static_assert(sizeof(struct nd_lladdr_option) == 8, "ND link-layer address option");

/* Group bit: multicast and broadcast. */
static inline bool mac_is_multicast(const uint8_t mac[6])
{
	return mac[0] & 1;
}

static inline bool mac_is_zero(const uint8_t mac[6])
{
	return !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

/*
 * Writes an Ethernet header, with an 802.1Q tag (priority 0) when vlan is not 0, and returns its
 * length, 14 or 18. `type` is host order. The caller has room for 18 bytes.
 */
static inline unsigned eth_fill(void *buf, const uint8_t dst[6], const uint8_t src[6],
				uint16_t vlan, uint16_t type)
{
	struct eth_header *eth = (struct eth_header *)buf;

	memcpy(eth->dst, dst, 6);
	memcpy(eth->src, src, 6);
	if (!vlan) {
		eth->type = net_swap16(type);
		return NET_ETHER_LEN;
	}
	struct vlan_header *tag = (struct vlan_header *)(eth + 1);

	eth->type = NET_BE16(NET_ETHERTYPE_VLAN);
	tag->tci = net_swap16(vlan & NET_VLAN_ID_MASK);
	tag->type = net_swap16(type);
	return NET_ETHER_LEN + NET_VLAN_LEN;
}

#endif
