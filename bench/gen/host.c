/* SPDX-License-Identifier: BSD-3-Clause */
/* The generator's mini host; see host.h. */
#include "bench/gen/host.h"

#include <string.h>

#include "lib/net/arp.h"
#include "lib/net/icmp.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"
#include "lib/net/nd.h"

void host_init(struct host *h)
{
	ip6_link_local_from_mac(h->mac, h->link_local);
}

static bool is_ours(const struct host *h, const uint8_t addr[16])
{
	return (h->ip6[0] && !memcmp(addr, h->ip6, 16)) || !memcmp(addr, h->link_local, 16);
}

static size_t positive(int length)
{
	return length > 0 ? (size_t)length : 0;
}

static bool receive_arp(struct host *h, const uint8_t *p, size_t len, void *reply,
			size_t *reply_len)
{
	struct arp_info a;

	if (arp_parse(p, len, &a) != ARP_OK)
		return false;
	if (a.op == ARP_OP_REQUEST && a.target_ip == h->ip4 && h->ip4) {
		*reply_len = positive(arp_build_reply(reply, HOST_MAX_FRAME, h->mac, a.sender_mac,
						      0, h->ip4, a.sender_ip));
		h->arp_answered++;
	}
	if (!a.probe && a.sender_ip == h->gateway4 && h->gateway4) {
		memcpy(h->gateway4_mac, a.sender_mac, 6);
		h->resolved4 = true;
	}
	return true;
}

static bool receive_nd(struct host *h, const uint8_t *p, size_t len, void *reply, size_t *reply_len)
{
	static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
	static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct nd_info n;

	if (nd_parse(p, len, &n) != ND_OK)
		return false;
	if (n.type == NET_ICMP6_NEIGHBOR_SOLICIT && is_ours(h, n.target)) {
		bool answerable = !n.dad && n.has_lladdr;
		uint32_t flags = NET_ND_OVERRIDE | (answerable ? NET_ND_SOLICITED : 0);

		*reply_len = positive(nd_build_advert(
			reply, HOST_MAX_FRAME, h->mac, answerable ? n.lladdr : all_nodes_mac, 0,
			n.target, answerable ? n.src : all_nodes, n.target, flags));
		h->nd_answered++;
	}
	if (n.type == NET_ICMP6_NEIGHBOR_ADVERT && n.has_lladdr && h->gateway6[0] &&
	    !memcmp(n.target, h->gateway6, 16)) {
		memcpy(h->gateway6_mac, n.lladdr, 6);
		h->resolved6 = true;
	}
	return true;
}

/* Copies the frame and sends it back, with the link-layer addresses swapped. */
static void turn_round(const struct host *h, const uint8_t *frame, size_t len, uint8_t *reply)
{
	memcpy(reply, frame, len);
	memcpy(reply, frame + 6, 6);
	memcpy(reply + 6, h->mac, 6);
}

bool host_receive(struct host *h, const void *frame, size_t len, void *reply, size_t *reply_len)
{
	const uint8_t *f = (const uint8_t *)frame;
	const struct eth_header *eth = (const struct eth_header *)frame;
	uint8_t *out = (uint8_t *)reply;

	*reply_len = 0;
	if (len < NET_ETHER_LEN || len > HOST_MAX_FRAME)
		return false;
	const uint8_t *ip = f + NET_ETHER_LEN;
	size_t ip_len = len - NET_ETHER_LEN;

	if (eth->type == NET_BE16(NET_ETHERTYPE_ARP))
		return receive_arp(h, ip, ip_len, reply, reply_len);
	if (eth->type == NET_BE16(NET_ETHERTYPE_IP4)) {
		const struct ip4_header *ip4 = (const struct ip4_header *)ip;

		if (ip4_check(ip, ip_len) != IP4_OK || ip4->protocol != NET_PROTO_ICMP4 ||
		    ip4->dst != h->ip4 || icmp4_echo_check(ip, ip_len) != ICMP_OK)
			return false;
		turn_round(h, f, len, out);
		icmp4_echo_reply(out + NET_ETHER_LEN, 64);
		*reply_len = len;
		h->pings_answered++;
		return true;
	}
	if (eth->type == NET_BE16(NET_ETHERTYPE_IP6)) {
		const struct ip6_header *ip6 = (const struct ip6_header *)ip;

		if (ip6_check(ip, ip_len) != IP6_OK || ip6->next_header != NET_PROTO_ICMP6)
			return false;
		if (receive_nd(h, ip, ip_len, reply, reply_len))
			return true;
		if (!is_ours(h, ip6->dst) || icmp6_echo_check(ip, ip_len) != ICMP_OK)
			return false;
		turn_round(h, f, len, out);
		icmp6_echo_reply(out + NET_ETHER_LEN, NULL, 64);
		*reply_len = len;
		h->pings_answered++;
		return true;
	}
	return false;
}

size_t host_ask(const struct host *h, unsigned which, void *frame)
{
	if (which == 0 && h->gateway4 && !h->resolved4)
		return positive(
			arp_build_request(frame, HOST_MAX_FRAME, h->mac, 0, h->ip4, h->gateway4));
	if (which == 1 && h->gateway6[0] && !h->resolved6)
		return positive(nd_build_solicit(frame, HOST_MAX_FRAME, h->mac, NULL, 0, h->ip6,
						 NULL, h->gateway6));
	return 0;
}
