/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour discovery messages: parse with the checks of RFC 4861 7.1.1 and 7.1.2, and build.
 */
#include "lib/net/nd.h"

#include <errno.h>

#include "lib/net/checksum.h"
#include "lib/net/ip6.h"

enum { OPTION_SOURCE_LLADDR = 1, OPTION_TARGET_LLADDR = 2 };

/* Walks the options in [p, p+len): all lengths are checked, the wanted link-layer address kept. */
static enum nd_result parse_options(const uint8_t *p, size_t len, uint8_t wanted,
				    struct nd_info *info)
{
	while (len) {
		if (len < 2 || p[1] == 0)
			return ND_BAD_OPTION;
		size_t size = p[1] * 8u;

		if (size > len)
			return ND_BAD_OPTION;
		if (p[0] == wanted && !info->has_lladdr) {
			if (size != sizeof(struct nd_lladdr_option))
				return ND_BAD_OPTION;
			if (mac_is_multicast(p + 2) || mac_is_zero(p + 2))
				return ND_BAD_LLADDR;
			memcpy(info->lladdr, p + 2, 6);
			info->has_lladdr = true;
		}
		p += size;
		len -= size;
	}
	return ND_OK;
}

enum nd_result nd_parse(const void *p, size_t len, struct nd_info *out)
{
	const struct ip6_header *ip = (const struct ip6_header *)p;
	struct ip6_walk walk;

	if (ip6_check(p, len) != IP6_OK || ip6_walk(p, len, &walk) != IP6_WALK_OK)
		return ND_TRUNCATED;
	if (walk.protocol != NET_PROTO_ICMP6)
		return ND_OTHER_TYPE;
	if (walk.fragment)
		return ND_FRAGMENTED;
	if (walk.upper_length < 1)
		return ND_TRUNCATED;
	const uint8_t *message = (const uint8_t *)p + walk.upper_offset;
	const struct nd_header *nd = (const struct nd_header *)message;
	bool solicit = nd->type == NET_ICMP6_NEIGHBOR_SOLICIT;

	if (!solicit && nd->type != NET_ICMP6_NEIGHBOR_ADVERT)
		return ND_OTHER_TYPE;
	if (walk.upper_length < sizeof(*nd))
		return ND_TRUNCATED;
	if (ip->hop_limit != 255)
		return ND_BAD_HOP_LIMIT;
	if (checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_ICMP6, message, walk.upper_length) != 0)
		return ND_BAD_CHECKSUM;
	if (nd->code != 0)
		return ND_BAD_CODE;
	if (ip6_source_is_martian(nd->target)) /* ::, ::1 or multicast */
		return ND_BAD_TARGET;

	struct nd_info info = { .type = nd->type };
	enum nd_result r =
		parse_options(message + sizeof(*nd), walk.upper_length - sizeof(*nd),
			      solicit ? OPTION_SOURCE_LLADDR : OPTION_TARGET_LLADDR, &info);
	if (r != ND_OK)
		return r;
	bool unspecified = ip6_is_unspecified(ip->src);

	if (ip6_source_is_martian(ip->src) && !(solicit && unspecified))
		return ND_BAD_SOURCE;
	if (unspecified && (info.has_lladdr || !ip6_is_solicited_node(ip->dst)))
		return ND_BAD_DAD;
	info.dad = unspecified;
	if (!solicit) {
		uint32_t flags = net_swap32(nd->flags);

		info.router = flags & NET_ND_ROUTER;
		info.solicited = flags & NET_ND_SOLICITED;
		info.override = flags & NET_ND_OVERRIDE;
		if (info.solicited && ip6_is_multicast(ip->dst))
			return ND_BAD_DESTINATION;
	}
	memcpy(info.src, ip->src, 16);
	memcpy(info.dst, ip->dst, 16);
	memcpy(info.target, nd->target, 16);
	*out = info;
	return ND_OK;
}

static int build(void *buf, size_t cap, uint8_t type, uint32_t flags, uint8_t option,
		 const uint8_t src_mac[6], const uint8_t dst_mac[6], uint16_t vlan,
		 const uint8_t src_ip[16], const uint8_t dst_ip[16], const uint8_t target[16])
{
	/* from ::, the option must not be there (RFC 4861 7.1.1) */
	bool with_option = !ip6_is_unspecified(src_ip);
	uint16_t payload =
		sizeof(struct nd_header) + (with_option ? sizeof(struct nd_lladdr_option) : 0);
	size_t length =
		NET_ETHER_LEN + (vlan ? NET_VLAN_LEN : 0) + sizeof(struct ip6_header) + payload;

	if (cap < length)
		return -ENOSPC;
	unsigned at = eth_fill(buf, dst_mac, src_mac, vlan, NET_ETHERTYPE_IP6);
	struct ip6_header *ip = (struct ip6_header *)((uint8_t *)buf + at);
	struct nd_header *nd = (struct nd_header *)(ip + 1);

	ip->version_class_flow = NET_BE32(0x60000000);
	ip->payload_length = net_swap16(payload);
	ip->next_header = NET_PROTO_ICMP6;
	ip->hop_limit = 255;
	memcpy(ip->src, src_ip, 16);
	memcpy(ip->dst, dst_ip, 16);
	nd->type = type;
	nd->code = 0;
	nd->checksum = 0;
	nd->flags = net_swap32(flags);
	memcpy(nd->target, target, 16);
	if (with_option) {
		struct nd_lladdr_option *lladdr = (struct nd_lladdr_option *)(nd + 1);

		lladdr->type = option;
		lladdr->length = 1;
		memcpy(lladdr->mac, src_mac, 6);
	}
	nd->checksum = checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_ICMP6, nd, payload);
	return (int)length;
}

int nd_build_solicit(void *buf, size_t cap, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		     uint16_t vlan, const uint8_t src_ip[16], const uint8_t dst_ip[16],
		     const uint8_t target[16])
{
	uint8_t group[16], group_mac[6];

	if (!dst_mac || !dst_ip) {
		ip6_solicited_node(target, group);
		ip6_multicast_mac(group, group_mac);
		dst_ip = group;
		dst_mac = group_mac;
	}
	return build(buf, cap, NET_ICMP6_NEIGHBOR_SOLICIT, 0, OPTION_SOURCE_LLADDR, src_mac,
		     dst_mac, vlan, src_ip, dst_ip, target);
}

int nd_build_advert(void *buf, size_t cap, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		    uint16_t vlan, const uint8_t src_ip[16], const uint8_t dst_ip[16],
		    const uint8_t target[16], uint32_t flags)
{
	return build(buf, cap, NET_ICMP6_NEIGHBOR_ADVERT, flags, OPTION_TARGET_LLADDR, src_mac,
		     dst_mac, vlan, src_ip, dst_ip, target);
}
