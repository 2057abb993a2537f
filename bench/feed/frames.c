/* SPDX-License-Identifier: BSD-3-Clause */
/* The packets of the feed; see frames.h. */
#include "bench/feed/frames.h"

#include <errno.h>

#include <rte_malloc.h>

#include "bench/feed/feed.h"
#include "lib/net/checksum.h"
#include "lib/net/ether.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"

static uint16_t frame_length(const struct frames *f)
{
	static const uint16_t imix[16] = { 60,  590, 60,  590, 60, 60, 1514, 60,
					   590, 60,  590, 60,  60, 60, 590,  60 };

	return f->imix ? imix[f->next % 12] : FRAME;
}

static void make4(const struct frames *f, struct rte_mbuf *m, const struct flow *w)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ip4_header *ip = (struct ip4_header *)(p + NET_ETHER_LEN);
	const uint16_t length = frame_length(f);

	memcpy(p, f->head, FRAME);
	memcpy(&ip->dst, w->dst, 4);
	*(uint16_t *)(ip + 1) = w->port;
	m->data_len = length;
	m->pkt_len = length;
	if (length == FRAME) {
		ip->checksum = w->checksum;
		return;
	}
	ip->total_length = net_swap16((uint16_t)(length - NET_ETHER_LEN));
	ip->checksum = checksum_ip4(ip, 20);
}

static void make6(const struct frames *f, struct rte_mbuf *m, const struct flow *w)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct ip6_header *ip = (struct ip6_header *)(p + NET_ETHER_LEN);
	uint16_t length = frame_length(f);

	length = length == FRAME ? 62 : length; /* the least with UDP in it */
	memcpy(p, f->head, FRAME);
	memcpy(ip->dst, w->dst, 16);
	*(uint16_t *)(ip + 1) = w->port;
	ip->payload_length = net_swap16((uint16_t)(length - NET_ETHER_LEN - 40));
	m->data_len = length;
	m->pkt_len = length;
}

void frames_fill(struct frames *f, struct rte_mbuf **pkts, uint16_t n, uint16_t port)
{
	const uint32_t type = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L4_UDP |
			      (f->ipv6 ? RTE_PTYPE_L3_IPV6 : RTE_PTYPE_L3_IPV4);
	const uint64_t flags = RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
			       (f->ipv6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_GOOD);

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const struct flow *w = &f->flows[f->next & (f->n_flows - 1)];

		m->port = port;
		m->ol_flags |= flags;
		m->hash.rss = w->hash;
		m->packet_type = type;
		if (f->ipv6)
			make6(f, m, w);
		else
			make4(f, m, w);
		f->next++;
	}
}

bool frames_right(const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct eth_header *eth = (const struct eth_header *)p;
	const size_t l4 = NET_ETHER_LEN + (eth->type == NET_BE16(NET_ETHERTYPE_IP6) ? 40 : 20);
	uint16_t port;
	unsigned k;

	memcpy(&port, p + l4, 2);
	k = feed_gateway(port);
	return p[5] == k || p[5] == feed_gateway_after(k);
}

/* The flows: each to a route of the first n_routes, its hash as any RSS hash: evenly spread. */
int frames_make(struct frames *f)
{
	uint64_t state = 88172645463325252ull; /* xorshift64: the same flows every time */
	struct ip4_header *ip = (struct ip4_header *)(f->head + NET_ETHER_LEN);

	f->flows = rte_zmalloc("feed", f->n_flows * sizeof(*f->flows), 64);
	if (!f->flows)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->n_flows; i++) {
		struct flow *w = &f->flows[i];

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		const uint32_t which = (uint32_t)((state >> 32) % f->n_routes);
		const struct feed_route r = f->ipv6 ? feed_route6(which) : feed_route4(which);

		memcpy(w->dst, r.addr, 16);
		w->dst[f->ipv6 ? 15 : 3] |= 1;
		w->hash = (uint32_t)(state * 0x9e3779b97f4a7c15ull >> 32);
		w->port = (uint16_t)((state & ~7ull) | feed_gateway(which));
		if (f->ipv6)
			continue;
		memcpy(&ip->dst, w->dst, 4);
		ip->checksum = 0;
		w->checksum = checksum_ip4(ip, 20);
	}
	return 0;
}

void frames_head(struct frames *f, const struct rte_ether_addr *mac)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 9, 9 };
	struct udp_header *udp;

	memset(f->head, 0, FRAME);
	eth_fill(f->head, mac->addr_bytes, source, 0,
		 f->ipv6 ? NET_ETHERTYPE_IP6 : NET_ETHERTYPE_IP4);
	if (f->ipv6) {
		struct ip6_header *ip = (struct ip6_header *)(f->head + NET_ETHER_LEN);

		*(uint8_t *)ip = 0x60;
		ip->next_header = NET_PROTO_UDP;
		ip->hop_limit = 64;
		ip->src[0] = 0x20;
		ip->src[1] = 1;
		ip->src[15] = 9;
		return;
	}
	struct ip4_header *ip = (struct ip4_header *)(f->head + NET_ETHER_LEN);

	udp = (struct udp_header *)(ip + 1);
	ip->version_ihl = 0x45;
	ip->ttl = 64;
	ip->protocol = NET_PROTO_UDP;
	ip->src = NET_BE32(0x0a000002);
	ip->total_length = net_swap16(FRAME - NET_ETHER_LEN);
	udp->dst_port = NET_BE16(2000);
	udp->length = net_swap16(FRAME - NET_ETHER_LEN - 20);
}
