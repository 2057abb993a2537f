/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as what follows an EtherType, through every parser of lib/net as the pipeline calls
 * them. libFuzzer hands over a heap block of the exact size, so a read past the end is seen;
 * results that claim more than is there abort. Seeds: a packet of each kind, IP or ARP header
 * first.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/net/arp.h"
#include "lib/net/icmp.h"
#include "lib/net/ip4.h"
#include "lib/net/ip4_fragment.h"
#include "lib/net/ip6.h"
#include "lib/net/nd.h"
#include "lib/net/punt.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Pieces for an MTU: each fits, they follow one another, together they are the packet. */
static void fragments(const uint8_t *p, uint16_t mtu)
{
	uint8_t header[IP4_HEADER_MAX];
	struct ip4_cut cut;
	uint32_t next = 0;

	if (ip4_cut(p, mtu, &cut) != IP4_CUT_OK)
		return;
	for (uint16_t k = 0; k < cut.n; k++) {
		const struct ip4_piece piece = ip4_cut_piece(&cut, k, header);

		must(piece.header_length <= IP4_HEADER_MAX && piece.from == next);
		must(piece.header_length + piece.length <= mtu || cut.n == 1);
		must(checksum_ip4_ok(header, piece.header_length));
		next += piece.length;
	}
	must(next == cut.data);
}

static void ip4(const uint8_t *p, size_t len)
{
	const struct ip4_header *ip = (const struct ip4_header *)p;
	unsigned header, total;

	if (ip4_check(p, len) != IP4_OK)
		return;
	header = ip4_header_length(ip);
	total = net_swap16(ip->total_length);
	must(header >= 20 && header <= total && total <= len);
	icmp4_may_error(p, len, false);
	must(!icmp4_may_error(p, len, true));
	if (icmp4_echo_check(p, len) == ICMP_OK)
		must(total >= header + 8 && p[header] == 8 && !ip4_is_fragment(ip));
	must(icmp4_quote_length(total) <= total);
	for (uint16_t mtu = 60; mtu < 1600; mtu = (uint16_t)(mtu * 2 + 1))
		fragments(p, mtu);
}

static void ip6(const uint8_t *p, size_t len)
{
	const struct ip6_header *ip = (const struct ip6_header *)p;
	struct ip6_walk walk;
	size_t total;

	if (ip6_check(p, len) != IP6_OK)
		return;
	total = sizeof(*ip) + net_swap16(ip->payload_length);
	must(total <= len);
	if (ip6_walk(p, len, &walk) == IP6_WALK_OK) {
		must(walk.extensions <= IP6_MAX_EXTENSIONS);
		must(walk.upper_offset >= sizeof(*ip) && walk.upper_offset <= total);
		must(walk.upper_length == total - walk.upper_offset);
	}
	for (unsigned type = 0; type < 6; type++)
		icmp6_may_error(p, len, type & 1, (uint8_t)type, 2);
	icmp6_echo_check(p, len);
}

/* As a frame of its own: IPv4, IPv6, what it says itself. Ports are none in a later fragment. */
static void punt(const uint8_t *p, size_t len)
{
	static const uint16_t types[] = { NET_BE16(NET_ETHERTYPE_IP4),
					  NET_BE16(NET_ETHERTYPE_IP6) };
	uint8_t *frame = calloc(1, NET_ETHER_LEN + len);

	must(frame && punt_classify(p, len) < PUNT_COUNT);
	if (len)
		memcpy(frame + NET_ETHER_LEN, p, len);
	for (unsigned i = 0; i < 2; i++) {
		enum punt_class c;

		memcpy(frame + 12, &types[i], 2);
		c = punt_classify(frame, NET_ETHER_LEN + len);
		must(c < PUNT_COUNT);
		if (i == 0 && len >= 20 && ip4_is_later_fragment((const struct ip4_header *)p))
			must(c != PUNT_BGP && c != PUNT_BFD && c != PUNT_ND && c != PUNT_DHCP);
	}
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp_info arp;
	struct nd_info nd;

	ip4(data, size);
	ip6(data, size);
	punt(data, size);
	if (arp_parse(data, size, &arp) == ARP_OK) {
		must(size >= 28 && (arp.op == ARP_OP_REQUEST || arp.op == ARP_OP_REPLY));
		must((arp.sender_ip == 0) == arp.probe && !mac_is_multicast(arp.sender_mac));
	}
	if (nd_parse(data, size, &nd) == ND_OK) {
		must(ip6_check(data, size) == IP6_OK && data[7] == 255);
		must(!ip6_is_multicast(nd.target) && !ip6_is_multicast(nd.src));
		must(!nd.has_lladdr || !mac_is_multicast(nd.lladdr));
	}
	return 0;
}
