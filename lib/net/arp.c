/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP packets: parse with every field checked, and build. No state; the tables are elsewhere.
 */
#include "lib/net/arp.h"

#include <errno.h>

#include "lib/net/ip4.h"

#define HTYPE_ETHERNET 1

enum arp_result arp_parse(const void *p, size_t len, struct arp_info *out)
{
	const struct arp_header *arp = (const struct arp_header *)p;

	if (len < sizeof(*arp))
		return ARP_TRUNCATED;
	if (arp->htype != NET_BE16(HTYPE_ETHERNET))
		return ARP_BAD_HTYPE;
	if (arp->ptype != NET_BE16(NET_ETHERTYPE_IP4))
		return ARP_BAD_PTYPE;
	if (arp->hlen != 6 || arp->plen != 4)
		return ARP_BAD_LENGTHS;
	uint16_t op = net_swap16(arp->op);

	if (op != ARP_OP_REQUEST && op != ARP_OP_REPLY)
		return ARP_BAD_OP;
	if (mac_is_multicast(arp->sha) || mac_is_zero(arp->sha))
		return ARP_BAD_SENDER_MAC;
	if (ip4_source_is_martian(arp->spa) && (arp->spa != 0 || op == ARP_OP_REPLY))
		return ARP_BAD_SENDER_IP;

	*out = (struct arp_info){
		.op = (enum arp_operation)op,
		.sender_ip = arp->spa,
		.target_ip = arp->tpa,
		.probe = arp->spa == 0,
		.announcement = arp->spa != 0 && arp->spa == arp->tpa,
	};
	memcpy(out->sender_mac, arp->sha, 6);
	memcpy(out->target_mac, arp->tha, 6);
	return ARP_OK;
}

/* target_mac goes into the packet, frame_dst into the Ethernet header. */
static int build(void *buf, size_t cap, enum arp_operation op, const uint8_t frame_dst[6],
		 const uint8_t src_mac[6], const uint8_t target_mac[6], uint16_t vlan,
		 uint32_t src_ip, uint32_t target_ip)
{
	size_t length = NET_ETHER_MIN_LEN + (vlan ? NET_VLAN_LEN : 0);

	if (cap < length)
		return -ENOSPC;
	memset(buf, 0, length);
	unsigned at = eth_fill(buf, frame_dst, src_mac, vlan, NET_ETHERTYPE_ARP);
	struct arp_header *arp = (struct arp_header *)((uint8_t *)buf + at);

	arp->htype = NET_BE16(HTYPE_ETHERNET);
	arp->ptype = NET_BE16(NET_ETHERTYPE_IP4);
	arp->hlen = 6;
	arp->plen = 4;
	arp->op = net_swap16((uint16_t)op);
	memcpy(arp->sha, src_mac, 6);
	arp->spa = src_ip;
	memcpy(arp->tha, target_mac, 6);
	arp->tpa = target_ip;
	return (int)length;
}

int arp_build_request(void *buf, size_t cap, const uint8_t src_mac[6], uint16_t vlan,
		      uint32_t src_ip, uint32_t target_ip)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t unknown[6];

	return build(buf, cap, ARP_OP_REQUEST, broadcast, src_mac, unknown, vlan, src_ip,
		     target_ip);
}

int arp_build_reply(void *buf, size_t cap, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		    uint16_t vlan, uint32_t src_ip, uint32_t dst_ip)
{
	return build(buf, cap, ARP_OP_REPLY, dst_mac, src_mac, dst_mac, vlan, src_ip, dst_ip);
}
