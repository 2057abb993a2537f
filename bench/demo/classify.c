/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames into words and keys; see classify.h. */
#include "bench/demo/classify.h"

#include <stdio.h>
#include <string.h>

#include "lib/net/arp.h"
#include "lib/net/icmp.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"
#include "lib/net/nd.h"

#define MAX_TAGS 8

/* Skips tags: where the payload of the innermost EtherType begins. False: cut short. */
static bool skip_tags(const uint8_t *frame, size_t len, size_t *at, uint16_t *type, unsigned *tags)
{
	if (len < NET_ETHER_LEN)
		return false;
	*type = net_swap16(((const struct eth_header *)frame)->type);
	*at = NET_ETHER_LEN;
	*tags = 0;
	while (*type == NET_ETHERTYPE_VLAN || *type == NET_ETHERTYPE_QINQ) {
		if (len - *at < NET_VLAN_LEN || *tags == MAX_TAGS)
			return false;
		*type = net_swap16(((const struct vlan_header *)(frame + *at))->type);
		*at += NET_VLAN_LEN;
		++*tags;
	}
	return true;
}

int classify_vlan(const void *frame, size_t len)
{
	const uint8_t *f = (const uint8_t *)frame;
	const struct vlan_header *tag = (const struct vlan_header *)(f + NET_ETHER_LEN);
	uint16_t type;
	unsigned tags;
	size_t at;

	if (!skip_tags(f, len, &at, &type, &tags) || tags > 1)
		return -1;
	if (!tags)
		return 0;
	if (((const struct eth_header *)frame)->type != NET_BE16(NET_ETHERTYPE_VLAN))
		return -1;
	return net_swap16(tag->tci) & NET_VLAN_ID_MASK;
}

static const char *protocol_name(uint8_t protocol, char buf[20])
{
	switch (protocol) {
	case NET_PROTO_ICMP4:
		return "ICMP";
	case NET_PROTO_TCP:
		return "TCP";
	case NET_PROTO_UDP:
		return "UDP";
	case NET_PROTO_ICMP6:
		return "ICMPv6";
	case NET_PROTO_ESP:
		return "ESP";
	case NET_PROTO_SCTP:
		return "SCTP";
	case NET_PROTO_NONE:
		return "no next header";
	default:
		snprintf(buf, 20, "protocol %u", protocol);
		return buf;
	}
}

static void describe_ip4(const uint8_t *p, size_t len, char *text, size_t size)
{
	static const char *const wrong[IP4_CHECK_RESULTS] = {
		[IP4_TRUNCATED] = "cut short",
		[IP4_BAD_VERSION] = "of another version",
		[IP4_BAD_IHL] = "header length < 20",
		[IP4_HEADER_TRUNCATED] = "header cut short",
		[IP4_TOTAL_SHORT] = "total length < header",
		[IP4_TOTAL_LONG] = "total length > frame",
		[IP4_BAD_CHECKSUM] = "bad checksum",
	};
	enum ip4_check_result r = ip4_check(p, len);
	const struct ip4_header *ip = (const struct ip4_header *)p;
	char buf[20];

	if (r != IP4_OK) {
		snprintf(text, size, "IPv4 %s", wrong[r]);
		return;
	}
	const char *protocol = protocol_name(ip->protocol, buf);

	if (ip4_is_multicast(ip->dst) || ip4_is_limited_broadcast(ip->dst))
		snprintf(text, size, "IPv4 %s",
			 ip4_is_multicast(ip->dst) ? "multicast" : "broadcast");
	else if (ip4_source_is_martian(ip->src))
		snprintf(text, size, "IPv4 martian source");
	else if (ip4_destination_is_martian(ip->dst))
		snprintf(text, size, "IPv4 martian destination");
	else if (ip->ttl <= 1)
		snprintf(text, size, "IPv4 %s, TTL %u", protocol, ip->ttl);
	else if (ip4_is_fragment(ip))
		snprintf(text, size, "IPv4 %s fragment", protocol);
	else
		snprintf(text, size, "IPv4 %s%s", protocol,
			 ip4_header_length(ip) > 20 ? " with options" : "");
}

static void describe_ip6(const uint8_t *p, size_t len, char *text, size_t size)
{
	static const char *const wrong[IP6_CHECK_RESULTS] = {
		[IP6_TRUNCATED] = "cut short",
		[IP6_BAD_VERSION] = "of another version",
		[IP6_PAYLOAD_LONG] = "payload length > frame",
	};
	enum ip6_check_result r = ip6_check(p, len);
	const struct ip6_header *ip = (const struct ip6_header *)p;
	struct ip6_walk walk;
	struct nd_info nd;
	char buf[20];

	if (r != IP6_OK) {
		snprintf(text, size, "IPv6 %s", wrong[r]);
		return;
	}
	if (nd_parse(p, len, &nd) == ND_OK) {
		snprintf(text, size, "IPv6 neighbour %s",
			 nd.type == NET_ICMP6_NEIGHBOR_SOLICIT ? "solicitation" : "advertisement");
		return;
	}
	if (ip6_source_is_martian(ip->src))
		snprintf(text, size, "IPv6 martian source");
	else if (ip6_is_multicast(ip->dst))
		snprintf(text, size, "IPv6 multicast");
	else if (ip6_destination_is_martian(ip->dst))
		snprintf(text, size, "IPv6 martian destination");
	else if (ip6_is_link_local(ip->src) || ip6_is_link_local(ip->dst))
		snprintf(text, size, "IPv6 link-local");
	else if (ip6_walk(p, len, &walk) != IP6_WALK_OK)
		snprintf(text, size, "IPv6 odd extension headers");
	else
		snprintf(text, size, "IPv6 %s%s%s%s", protocol_name(walk.protocol, buf),
			 walk.fragment ? " fragment" : "",
			 !walk.fragment && walk.extensions ? " after extensions" : "",
			 ip->hop_limit == 0   ? ", hop limit 0"
			 : ip->hop_limit == 1 ? ", hop limit 1"
					      : "");
}

static void describe_arp(const uint8_t *p, size_t len, char *text, size_t size)
{
	struct arp_info a;

	if (arp_parse(p, len, &a) != ARP_OK)
		snprintf(text, size, "ARP malformed");
	else
		snprintf(text, size, "ARP %s", a.op == ARP_OP_REQUEST ? "request" : "reply");
}

void classify(const void *frame, size_t len, char text[CLASSIFY_TEXT])
{
	const uint8_t *f = (const uint8_t *)frame;
	char prefix[16] = "", rest[CLASSIFY_TEXT - sizeof(prefix)];
	uint16_t type;
	unsigned tags;
	size_t at;

	if (!skip_tags(f, len, &at, &type, &tags)) {
		snprintf(text, CLASSIFY_TEXT, "frame cut short");
		return;
	}
	if (tags > 1)
		snprintf(prefix, sizeof(prefix), "%u tags, ", tags);
	else if (tags)
		snprintf(prefix, sizeof(prefix), "VLAN %d ", classify_vlan(frame, len));
	if (type == NET_ETHERTYPE_IP4)
		describe_ip4(f + at, len - at, rest, sizeof(rest));
	else if (type == NET_ETHERTYPE_IP6)
		describe_ip6(f + at, len - at, rest, sizeof(rest));
	else if (type == NET_ETHERTYPE_ARP)
		describe_arp(f + at, len - at, rest, sizeof(rest));
	else if (type < NET_ETHERTYPE_FIRST)
		snprintf(rest, sizeof(rest), "802.3 length frame");
	else
		snprintf(rest, sizeof(rest), "EtherType 0x%04x", type);
	snprintf(text, CLASSIFY_TEXT, "%s%s", prefix, rest);
}

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t h, const void *p, size_t len)
{
	const uint8_t *b = (const uint8_t *)p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3ull;
	return h;
}

bool classify_key(const void *frame, size_t len, unsigned hops, uint64_t *key)
{
	const uint8_t *f = (const uint8_t *)frame, *p;
	uint64_t h = 0xcbf29ce484222325ull;
	uint16_t type;
	unsigned tags;
	size_t at;

	if (!skip_tags(f, len, &at, &type, &tags))
		return false;
	p = f + at;
	len -= at;
	if (type == NET_ETHERTYPE_IP4) {
		if (ip4_check(p, len) != IP4_OK)
			return false;
		struct ip4_header ip = *(const struct ip4_header *)p;

		if (ip.ttl <= hops)
			return false;
		ip.ttl = (uint8_t)(ip.ttl - hops);
		ip.checksum = 0; /* follows from the rest, and was checked */
		h = hash(h, &ip, sizeof(ip));
		*key = hash(h, p + sizeof(ip), net_swap16(ip.total_length) - sizeof(ip));
		return true;
	}
	if (type == NET_ETHERTYPE_IP6) {
		if (ip6_check(p, len) != IP6_OK)
			return false;
		struct ip6_header ip = *(const struct ip6_header *)p;

		if (ip.hop_limit <= hops)
			return false;
		ip.hop_limit = (uint8_t)(ip.hop_limit - hops);
		h = hash(h, &ip, sizeof(ip));
		*key = hash(h, p + sizeof(ip), net_swap16(ip.payload_length));
		return true;
	}
	return false;
}

bool classify_is_answer(const void *frame, size_t len)
{
	const uint8_t *f = (const uint8_t *)frame;
	struct arp_info a;
	uint16_t type;
	unsigned tags;
	size_t at;

	if (!skip_tags(f, len, &at, &type, &tags))
		return false;
	if (type == NET_ETHERTYPE_ARP)
		return arp_parse(f + at, len - at, &a) == ARP_OK && a.op == ARP_OP_REPLY;
	if (type == NET_ETHERTYPE_IP4)
		return ip4_check(f + at, len - at) == IP4_OK &&
		       ((const struct ip4_header *)(f + at))->protocol == NET_PROTO_ICMP4;
	if (type == NET_ETHERTYPE_IP6)
		return ip6_check(f + at, len - at) == IP6_OK &&
		       ((const struct ip6_header *)(f + at))->next_header == NET_PROTO_ICMP6;
	return false;
}
