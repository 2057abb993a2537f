/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/net/segment.h"

#include <stdbool.h>
#include <string.h>

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

static bool is_udp(enum vnet_gso gso)
{
	return gso == VNET_GSO_UDP;
}

static uint8_t protocol_of(enum vnet_gso gso)
{
	return is_udp(gso) ? NET_PROTO_UDP : NET_PROTO_TCP;
}

static enum segment_result find_l3(struct segments *s, size_t len, uint16_t *type)
{
	const struct eth_header *eth = (const struct eth_header *)s->frame;

	if (len < NET_ETHER_LEN)
		return SEGMENT_TRUNCATED;
	s->l3 = NET_ETHER_LEN;
	*type = eth->type;
	if (*type != NET_BE16(NET_ETHERTYPE_VLAN))
		return SEGMENT_OK;
	if (len < NET_ETHER_LEN + NET_VLAN_LEN)
		return SEGMENT_TRUNCATED;
	s->l3 += NET_VLAN_LEN;
	*type = ((const struct vlan_header *)(eth + 1))->type;
	return SEGMENT_OK;
}

static enum segment_result find_l4_ip4(struct segments *s, size_t len)
{
	const struct ip4_header *ip = (const struct ip4_header *)(s->frame + s->l3);

	if (s->gso == VNET_GSO_TCP6)
		return SEGMENT_NOT_IP;
	if (len < s->l3 + sizeof(*ip))
		return SEGMENT_TRUNCATED;
	if (ip->version_ihl >> 4 != 4 || ip4_header_length(ip) < sizeof(*ip) ||
	    net_swap16(ip->total_length) != len - s->l3)
		return SEGMENT_HEADER;
	if (ip4_is_fragment(ip))
		return SEGMENT_FRAGMENT;
	if (ip->protocol != protocol_of(s->gso))
		return SEGMENT_PROTOCOL;
	s->l4 = (uint16_t)(s->l3 + ip4_header_length(ip));
	return SEGMENT_OK;
}

static enum segment_result find_l4_ip6(struct segments *s, size_t len)
{
	const struct ip6_header *ip = (const struct ip6_header *)(s->frame + s->l3);
	struct ip6_walk walk;

	if (s->gso == VNET_GSO_TCP4)
		return SEGMENT_NOT_IP;
	if (len < s->l3 + sizeof(*ip))
		return SEGMENT_TRUNCATED;
	if (ip6_check(ip, len - s->l3) != IP6_OK ||
	    net_swap16(ip->payload_length) != len - s->l3 - sizeof(*ip))
		return SEGMENT_HEADER;
	if (ip6_walk(ip, len - s->l3, &walk) != IP6_WALK_OK)
		return SEGMENT_HEADER;
	if (walk.fragment)
		return SEGMENT_FRAGMENT;
	if (walk.protocol != protocol_of(s->gso))
		return SEGMENT_PROTOCOL;
	s->l4 = (uint16_t)(s->l3 + walk.upper_offset);
	return SEGMENT_OK;
}

static enum segment_result find_payload(struct segments *s, size_t len)
{
	const size_t least = is_udp(s->gso) ? sizeof(struct udp_header) : sizeof(struct tcp_header);
	size_t header = least;

	if (len < s->l4 + least)
		return SEGMENT_TRUNCATED;
	if (!is_udp(s->gso)) {
		const struct tcp_header *tcp = (const struct tcp_header *)(s->frame + s->l4);

		header = (tcp->data_offset >> 4) * 4u;
		if (header < least)
			return SEGMENT_HEADER;
		if (len < s->l4 + header)
			return SEGMENT_TRUNCATED;
	}
	s->header = (uint16_t)(s->l4 + header);
	s->payload = (uint32_t)(len - s->header);
	return s->payload ? SEGMENT_OK : SEGMENT_EMPTY;
}

enum segment_result segment_plan(struct segments *out, const void *frame, size_t len,
				 enum vnet_gso gso, uint16_t size)
{
	struct segments s = { .frame = frame, .gso = gso, .size = size };
	enum segment_result ret;
	uint16_t type = 0;
	uint32_t n;

	if (size == 0)
		return SEGMENT_EMPTY;
	ret = find_l3(&s, len, &type);
	if (ret == SEGMENT_OK && type == NET_BE16(NET_ETHERTYPE_IP4))
		ret = find_l4_ip4(&s, len);
	else if (ret == SEGMENT_OK && type == NET_BE16(NET_ETHERTYPE_IP6))
		ret = find_l4_ip6(&s, len);
	else if (ret == SEGMENT_OK)
		ret = SEGMENT_NOT_IP;
	if (ret == SEGMENT_OK)
		ret = find_payload(&s, len);
	if (ret != SEGMENT_OK)
		return ret;
	n = (s.payload - 1) / size + 1;
	if (n > SEGMENT_MAX)
		return SEGMENT_MANY;
	s.n = (uint16_t)n;
	*out = s;
	return SEGMENT_OK;
}

static uint32_t payload_of(const struct segments *s, unsigned i)
{
	return i + 1u < s->n ? s->size : s->payload - i * s->size;
}

size_t segment_length(const struct segments *s, unsigned i)
{
	return s->header + payload_of(s, i);
}

static void write_l4(const struct segments *s, unsigned i, uint8_t *l4, uint16_t len)
{
	struct tcp_header *tcp = (struct tcp_header *)l4;
	struct udp_header *udp = (struct udp_header *)l4;

	if (is_udp(s->gso)) {
		udp->length = net_swap16(len);
		udp->checksum = 0;
		return;
	}
	tcp->seq = net_swap32(net_swap32(tcp->seq) + i * s->size);
	if (i > 0)
		tcp->flags &= (uint8_t)~TCP_CWR;
	if (i + 1u < s->n)
		tcp->flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	tcp->checksum = 0;
}

static uint16_t write_l3(const struct segments *s, unsigned i, uint8_t *l3, const uint8_t *l4,
			 uint16_t len)
{
	const uint16_t ip_header = s->l4 - s->l3;

	if (l3[0] >> 4 == 4) {
		struct ip4_header *ip = (struct ip4_header *)l3;

		ip->total_length = net_swap16(ip_header + len);
		ip->id = net_swap16((uint16_t)(net_swap16(ip->id) + i));
		ip->checksum = 0;
		ip->checksum = checksum_ip4(ip, ip_header);
		return checksum_l4_ip4(ip->src, ip->dst, ip->protocol, l4, len);
	}
	struct ip6_header *ip = (struct ip6_header *)l3;

	ip->payload_length = net_swap16((uint16_t)(ip_header - sizeof(*ip) + len));
	return checksum_l4_ip6(ip->src, ip->dst, protocol_of(s->gso), l4, len);
}

void segment_write(const struct segments *s, unsigned i, uint8_t *to)
{
	const uint32_t payload = payload_of(s, i);
	const uint16_t len = (uint16_t)(s->header - s->l4 + payload);
	uint8_t *l4 = to + s->l4;
	uint16_t sum;

	memcpy(to, s->frame, s->header);
	memcpy(to + s->header, s->frame + s->header + i * s->size, payload);
	write_l4(s, i, l4, len);
	sum = write_l3(s, i, to + s->l3, l4, len);
	if (is_udp(s->gso))
		((struct udp_header *)l4)->checksum = sum ? sum : 0xffff;
	else
		((struct tcp_header *)l4)->checksum = sum;
}
