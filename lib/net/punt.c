/* SPDX-License-Identifier: BSD-3-Clause */
/* The class of a frame; see punt.h. Called by workers for frames to this box only. */
#include "lib/net/punt.h"

#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

const struct punt_info punt_info[PUNT_COUNT] = {
#define _(sym, name, pps, burst, queue, help) { name, help, PUNT_QUEUE_##queue },
	PUNT_CLASSES(_)
#undef _
};

const char *const punt_queue_names[PUNT_QUEUE_COUNT] = {
#define _(sym, name, take, help) name,
	PUNT_QUEUES(_)
#undef _
};

const uint16_t punt_queue_take[PUNT_QUEUE_COUNT] = {
#define _(sym, name, take, help) take,
	PUNT_QUEUES(_)
#undef _
};

#define ETHERTYPE_SLOW  0x8809
#define LLC_OSI         0xfefe /* DSAP and SSAP of the OSI network layer (ISO 10589) */
#define PROTO_IGMP      2
#define PROTO_OSPF      89
#define PROTO_PIM       103
#define PROTO_VRRP      112
#define GTSM_TTL        255 /* RFC 5082, and of BFD over one hop RFC 5881 section 5 */
#define ICMP6_MLD_FIRST 130
#define ICMP6_MLD_LAST  132
#define ICMP6_ND_FIRST  133
#define ICMP6_ND_LAST   137
#define ICMP6_MLD2      143

/* What the IP header, of either family, says of the packet. */
struct upper {
	enum punt_class other; /* if nothing better is found */
	uint8_t protocol, ttl;
	const uint8_t *p; /* NULL: a later fragment, or not within reach */
	size_t len;
};

static uint16_t port_at(const struct upper *u, size_t at)
{
	uint16_t v;

	memcpy(&v, u->p + at, 2);
	return net_swap16(v);
}

static enum punt_class by_udp(const struct upper *u)
{
	switch (port_at(u, 2)) {
	case 3784: /* single hop, control and echo (RFC 5881) */
	case 3785:
	case 6784: /* members of a bundle (RFC 7130) */
		return u->ttl == GTSM_TTL ? PUNT_BFD : u->other;
	case 4784: /* several hops (RFC 5883) */
		return PUNT_BFD;
	case 646:
		return PUNT_LDP;
	case 520:
	case 521:
		return PUNT_RIP;
	case 67:
	case 68:
	case 546:
	case 547:
		return PUNT_DHCP;
	default:
		return u->other;
	}
}

static enum punt_class by_tcp(const struct upper *u)
{
	const uint16_t src = port_at(u, 0), dst = port_at(u, 2);

	if (src == 179 || dst == 179)
		return PUNT_BGP;
	if (src == 646 || dst == 646)
		return PUNT_LDP;
	return u->other;
}

static enum punt_class by_icmp6(const struct upper *u)
{
	const uint8_t type = u->p[0];

	if (type >= ICMP6_ND_FIRST && type <= ICMP6_ND_LAST)
		return PUNT_ND;
	if ((type >= ICMP6_MLD_FIRST && type <= ICMP6_MLD_LAST) || type == ICMP6_MLD2)
		return PUNT_IGMP;
	return u->other;
}

static enum punt_class by_protocol(const struct upper *u)
{
	switch (u->protocol) {
	case NET_PROTO_UDP:
		return u->p && u->len >= 4 ? by_udp(u) : u->other;
	case NET_PROTO_TCP:
		return u->p && u->len >= 4 ? by_tcp(u) : u->other;
	case NET_PROTO_ICMP6:
		return u->p && u->len >= 1 ? by_icmp6(u) : u->other;
	case PROTO_IGMP:
		return PUNT_IGMP;
	case PROTO_OSPF:
		return PUNT_OSPF;
	case PROTO_PIM:
		return PUNT_PIM;
	case PROTO_VRRP:
		return PUNT_VRRP;
	default:
		return u->other;
	}
}

static enum punt_class by_ip4(const uint8_t *p, size_t len)
{
	const struct ip4_header *ip = (const struct ip4_header *)p;
	struct upper u = { .other = PUNT_IP2ME };
	size_t header;

	if (len < sizeof(*ip))
		return u.other;
	header = ip4_header_length(ip);
	if (ip4_is_multicast(ip->dst) || ip4_is_limited_broadcast(ip->dst))
		u.other = PUNT_MULTICAST;
	u.protocol = ip->protocol;
	u.ttl = ip->ttl;
	if (!ip4_is_later_fragment(ip) && header >= sizeof(*ip) && header <= len) {
		u.p = p + header;
		u.len = len - header;
	}
	return by_protocol(&u);
}

static enum punt_class by_ip6(const uint8_t *p, size_t len)
{
	const struct ip6_header *ip = (const struct ip6_header *)p;
	struct upper u = { .other = PUNT_IP2ME };
	struct ip6_walk walk;

	if (len < sizeof(*ip))
		return u.other;
	if (ip6_is_multicast(ip->dst))
		u.other = PUNT_MULTICAST;
	u.protocol = ip->next_header;
	u.ttl = ip->hop_limit;
	if (ip6_check(p, len) == IP6_OK && ip6_walk(p, len, &walk) == IP6_WALK_OK) {
		u.protocol = walk.protocol;
		if (!walk.fragment_offset) {
			u.p = p + walk.upper_offset;
			u.len = walk.upper_length;
		}
	} else { /* the payload goes on elsewhere: its first header still stands here */
		u.p = p + sizeof(*ip);
		u.len = len - sizeof(*ip);
	}
	return by_protocol(&u);
}

enum punt_class punt_classify(const void *frame, size_t len)
{
	const struct eth_header *eth = (const struct eth_header *)frame;
	const uint8_t *l3 = (const uint8_t *)frame + NET_ETHER_LEN;
	uint16_t type;

	if (len < NET_ETHER_LEN)
		return PUNT_LINK;
	len -= NET_ETHER_LEN;
	type = net_swap16(eth->type);
	switch (type) {
	case NET_ETHERTYPE_IP4:
		return by_ip4(l3, len);
	case NET_ETHERTYPE_IP6:
		return by_ip6(l3, len);
	case NET_ETHERTYPE_ARP:
		return PUNT_ARP;
	case ETHERTYPE_SLOW:
		return PUNT_LACP;
	case NET_ETHERTYPE_LLDP:
		return PUNT_LLDP;
	default:
		if (type < NET_ETHERTYPE_FIRST && len >= 2 && (l3[0] << 8 | l3[1]) == LLC_OSI)
			return PUNT_ISIS;
		return PUNT_LINK;
	}
}
