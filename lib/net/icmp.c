/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP and ICMPv6 messages; see icmp.h. Reached by packets that cannot be forwarded and by pings to
 * our own addresses, so clarity before cycles.
 */
#include "lib/net/icmp.h"

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

/* RFC 1812 4.3.2.5: errors carry precedence 6, internetwork control. */
#define TOS_INTERNETWORK_CONTROL 0xc0

static bool icmp4_type_is_error(uint8_t type)
{
	switch (type) {
	case NET_ICMP4_UNREACHABLE:
	case NET_ICMP4_SOURCE_QUENCH:
	case NET_ICMP4_REDIRECT:
	case NET_ICMP4_TIME_EXCEEDED:
	case NET_ICMP4_PARAMETER:
		return true;
	default:
		return false;
	}
}

bool icmp4_may_error(const void *p, size_t len, bool link_multicast)
{
	const struct ip4_header *ip = (const struct ip4_header *)p;

	if (link_multicast || len < sizeof(*ip) || ip4_header_length(ip) < sizeof(*ip))
		return false;
	if (ip4_source_is_martian(ip->src))
		return false;
	if (ip4_is_multicast(ip->dst) || ip4_is_limited_broadcast(ip->dst))
		return false;
	if (ip4_is_later_fragment(ip))
		return false;
	if (ip->protocol == NET_PROTO_ICMP4) {
		size_t header = ip4_header_length(ip), total = net_swap16(ip->total_length);

		/* without its type byte it may be an error */
		if (len <= header || total <= header)
			return false;
		return !icmp4_type_is_error(((const uint8_t *)p)[header]);
	}
	return true;
}

bool icmp6_may_error(const void *p, size_t len, bool link_multicast, uint8_t type, uint8_t code)
{
	const struct ip6_header *ip = (const struct ip6_header *)p;
	bool to_group_allowed = type == NET_ICMP6_TOO_BIG ||
				(type == NET_ICMP6_PARAMETER && code == NET_ICMP6_PARAMETER_OPTION);
	struct ip6_walk walk;

	if (len < sizeof(*ip) || ip6_source_is_martian(ip->src))
		return false;
	if ((link_multicast || ip6_is_multicast(ip->dst)) && !to_group_allowed)
		return false;
	/* a chain that cannot be followed may end in an ICMPv6 error */
	if (ip6_walk(p, len, &walk) != IP6_WALK_OK)
		return false;
	if (walk.protocol == NET_PROTO_ICMP6) {
		if (walk.fragment_offset || !walk.upper_length || walk.upper_offset >= len)
			return false;
		uint8_t message = ((const uint8_t *)p)[walk.upper_offset];

		return message >= NET_ICMP6_FIRST_INFORMATIONAL && message != 137 /* redirect */;
	}
	return true;
}

void icmp4_error_fill(void *header, uint16_t quoted_len, uint8_t type, uint8_t code, uint32_t rest,
		      uint32_t src, uint32_t dst, uint8_t ttl)
{
	struct ip4_header *ip = (struct ip4_header *)header;
	struct icmp_header *icmp = (struct icmp_header *)(ip + 1);
	const struct ip4_header *quoted = (const struct ip4_header *)(icmp + 1);

	ip->version_ihl = 0x45;
	ip->tos = TOS_INTERNETWORK_CONTROL;
	ip->total_length = net_swap16((uint16_t)(ICMP4_ERROR_HEADROOM + quoted_len));
	ip->id = quoted->id; /* varies as the quoted packets do, and needs no state */
	ip->fragment = 0;
	ip->ttl = ttl;
	ip->protocol = NET_PROTO_ICMP4;
	ip->checksum = 0;
	ip->src = src;
	ip->dst = dst;
	ip->checksum = checksum_ip4(ip, sizeof(*ip));
	icmp->type = type;
	icmp->code = code;
	icmp->checksum = 0;
	icmp->rest = net_swap32(rest);
	icmp->checksum = checksum_finish(checksum_add(0, icmp, sizeof(*icmp) + quoted_len));
}

void icmp6_error_fill(void *header, uint16_t quoted_len, uint8_t type, uint8_t code, uint32_t rest,
		      const uint8_t src[16], const uint8_t dst[16], uint8_t hop_limit)
{
	struct ip6_header *ip = (struct ip6_header *)header;
	struct icmp_header *icmp = (struct icmp_header *)(ip + 1);
	uint16_t payload = (uint16_t)(sizeof(*icmp) + quoted_len);

	ip->version_class_flow = NET_BE32(0x60000000u | (uint32_t)TOS_INTERNETWORK_CONTROL << 20);
	ip->payload_length = net_swap16(payload);
	ip->next_header = NET_PROTO_ICMP6;
	ip->hop_limit = hop_limit;
	memmove(ip->src, src, 16);
	memmove(ip->dst, dst, 16);
	icmp->type = type;
	icmp->code = code;
	icmp->checksum = 0;
	icmp->rest = net_swap32(rest);
	icmp->checksum = checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_ICMP6, icmp, payload);
}

enum icmp_result icmp4_echo_check(const void *p, size_t len)
{
	const struct ip4_header *ip = (const struct ip4_header *)p;
	size_t header = ip4_header_length(ip), total = net_swap16(ip->total_length);

	if (ip4_is_fragment(ip))
		return ICMP_FRAGMENT;
	if (total > len || total < header + sizeof(struct icmp_header))
		return ICMP_TRUNCATED;
	const struct icmp_header *icmp = (const struct icmp_header *)((const uint8_t *)p + header);

	if (checksum_finish(checksum_add(0, icmp, total - header)) != 0)
		return ICMP_BAD_CHECKSUM;
	if (icmp->type != NET_ICMP4_ECHO_REQUEST || icmp->code != 0)
		return ICMP_OTHER_TYPE;
	return ICMP_OK;
}

void icmp4_echo_reply(void *p, uint8_t ttl)
{
	struct ip4_header *ip = (struct ip4_header *)p;
	struct icmp_header *icmp = (struct icmp_header *)((uint8_t *)p + ip4_header_length(ip));
	uint32_t host = ip->dst;
	uint16_t was, is, sum;

	ip->dst = ip->src; /* a swap leaves the sum as it is */
	ip->src = host;
	memcpy(&was, &ip->ttl, 2);
	ip->ttl = ttl;
	memcpy(&is, &ip->ttl, 2);
	ip->checksum = checksum_update16(ip->checksum, was, is);

	icmp->type = NET_ICMP4_ECHO_REPLY;
	sum = checksum_update16(icmp->checksum, NET_BE16(NET_ICMP4_ECHO_REQUEST << 8),
				NET_BE16(NET_ICMP4_ECHO_REPLY << 8));
	/* a reply of nothing but zeros needs 0xffff, and 0xffff is right wherever 0 is */
	icmp->checksum = sum ? sum : 0xffff;
}

enum icmp_result icmp6_echo_check(const void *p, size_t len)
{
	const struct ip6_header *ip = (const struct ip6_header *)p;
	struct ip6_walk walk;

	if (ip6_check(p, len) != IP6_OK || ip6_walk(p, len, &walk) != IP6_WALK_OK)
		return ICMP_TRUNCATED;
	if (walk.protocol != NET_PROTO_ICMP6)
		return ICMP_OTHER_TYPE;
	if (walk.fragment_offset || walk.more_fragments)
		return ICMP_FRAGMENT;
	if (walk.upper_length < sizeof(struct icmp_header))
		return ICMP_TRUNCATED;
	const struct icmp_header *icmp =
		(const struct icmp_header *)((const uint8_t *)p + walk.upper_offset);

	if (checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_ICMP6, icmp, walk.upper_length) != 0)
		return ICMP_BAD_CHECKSUM;
	if (icmp->type != NET_ICMP6_ECHO_REQUEST || icmp->code != 0)
		return ICMP_OTHER_TYPE;
	return ICMP_OK;
}

void icmp6_echo_reply(void *p, const uint8_t src[16], uint8_t hop_limit)
{
	struct ip6_header *ip = (struct ip6_header *)p;
	struct ip6_walk walk;
	uint8_t host[16];

	if (ip6_walk(p, sizeof(*ip) + net_swap16(ip->payload_length), &walk) != IP6_WALK_OK)
		return;
	struct icmp_header *icmp = (struct icmp_header *)((uint8_t *)p + walk.upper_offset);
	uint64_t sum = (uint16_t)~icmp->checksum;

	memcpy(host, ip->dst, 16);
	memcpy(ip->dst, ip->src, 16); /* a swap leaves the pseudo-header's sum as it is */
	memcpy(ip->src, src ? src : host, 16);
	if (src) {
		for (unsigned i = 0; i < 16; i++)
			host[i] = (uint8_t)~host[i];
		sum = checksum_add(checksum_add(sum, host, 16), src, 16);
	}
	ip->hop_limit = hop_limit;
	icmp->type = NET_ICMP6_ECHO_REPLY;
	sum += (uint16_t)~NET_BE16(NET_ICMP6_ECHO_REQUEST << 8);
	sum += NET_BE16(NET_ICMP6_ECHO_REPLY << 8);
	icmp->checksum = checksum_finish(sum);
}
