/* SPDX-License-Identifier: BSD-3-Clause */
/* Punt classes: what is what, byte by byte, and never a byte more than there is. */
#include "lib/net/punt.h"

#include <criterion/criterion.h>

#include "lib/net/ether.h"
#include "tests/unit/guard.h"

#define FRAGMENT_MORE  0x2000
#define FRAGMENT_LATER 0x0001

static uint8_t frame[256];

static unsigned ethernet(uint16_t type, unsigned len)
{
	memset(frame, 0, sizeof(frame));
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	return NET_ETHER_LEN + len;
}

/* `header` bytes of header, eight of layer 4; ports where there are such. */
static unsigned ip4(uint8_t protocol, uint16_t src, uint16_t dst, uint8_t ttl, uint16_t fragment)
{
	const unsigned header = 24, len = ethernet(NET_ETHERTYPE_IP4, header + 8);
	uint8_t *ip = frame + NET_ETHER_LEN;

	ip[0] = 0x46;
	ip[3] = (uint8_t)(header + 8);
	ip[6] = (uint8_t)(fragment >> 8);
	ip[7] = (uint8_t)fragment;
	ip[8] = ttl;
	ip[9] = protocol;
	ip[16] = 10;
	ip[header] = (uint8_t)(src >> 8);
	ip[header + 1] = (uint8_t)src;
	ip[header + 2] = (uint8_t)(dst >> 8);
	ip[header + 3] = (uint8_t)dst;
	return len;
}

/* The same in IPv6, behind hop-by-hop options or a fragment header where asked. */
static unsigned ip6(uint8_t protocol, uint16_t src, uint16_t dst, uint8_t ttl, uint8_t extension,
		    uint16_t fragment)
{
	const unsigned header = 40 + (extension ? 8 : 0);
	const unsigned len = ethernet(NET_ETHERTYPE_IP6, header + 8);
	uint8_t *ip = frame + NET_ETHER_LEN;

	ip[0] = 0x60;
	ip[5] = (uint8_t)(header - 40 + 8);
	ip[6] = extension ? extension - 1 : protocol; /* so that hop-by-hop, 0, can be told */
	ip[7] = ttl;
	ip[24] = 0x20;
	if (extension) {
		ip[40] = protocol;
		ip[42] = (uint8_t)(fragment >> 8);
		ip[43] = (uint8_t)fragment;
	}
	ip[header] = (uint8_t)(src >> 8);
	ip[header + 1] = (uint8_t)src;
	ip[header + 2] = (uint8_t)(dst >> 8);
	ip[header + 3] = (uint8_t)dst;
	return len;
}

static void is(const char *what, unsigned len, enum punt_class want)
{
	const enum punt_class got = punt_classify(guard_copy(frame, len), len);

	cr_expect_eq(got, want, "%s: %s, not %s", what, punt_info[got].name, punt_info[want].name);
}

static const struct {
	const char *what;
	uint8_t protocol;
	uint16_t src, dst;
	uint8_t ttl;
	enum punt_class class;
} upper[] = {
	{ "BGP to us", 6, 40000, 179, 1, PUNT_BGP },
	{ "BGP answer", 6, 179, 40000, 1, PUNT_BGP },
	{ "UDP to the port of BGP", 17, 40000, 179, 64, PUNT_IP2ME },
	{ "BFD", 17, 49152, 3784, 255, PUNT_BFD },
	{ "BFD echo", 17, 49152, 3785, 255, PUNT_BFD },
	{ "BFD of a bundle", 17, 49152, 6784, 255, PUNT_BFD },
	{ "BFD from afar", 17, 49152, 3784, 254, PUNT_IP2ME },
	{ "BFD echo from afar", 17, 49152, 3785, 64, PUNT_IP2ME },
	{ "BFD of a bundle from afar", 17, 49152, 6784, 1, PUNT_IP2ME },
	{ "BFD over several hops", 17, 49152, 4784, 60, PUNT_BFD },
	{ "BFD by TCP", 6, 49152, 3784, 255, PUNT_IP2ME },
	{ "from the port of BFD", 17, 3784, 40000, 255, PUNT_IP2ME },
	{ "OSPF", 89, 0, 0, 1, PUNT_OSPF },
	{ "PIM", 103, 0, 0, 1, PUNT_PIM },
	{ "VRRP", 112, 0, 0, 255, PUNT_VRRP },
	{ "LDP hello", 17, 646, 646, 1, PUNT_LDP },
	{ "LDP session", 6, 646, 40000, 64, PUNT_LDP },
	{ "RIP", 17, 520, 520, 1, PUNT_RIP },
	{ "RIPng", 17, 521, 521, 255, PUNT_RIP },
	{ "DHCP request", 17, 68, 67, 64, PUNT_DHCP },
	{ "DHCP answer", 17, 67, 68, 64, PUNT_DHCP },
	{ "DHCPv6", 17, 546, 547, 1, PUNT_DHCP },
	{ "SSH", 6, 40000, 22, 64, PUNT_IP2ME },
	{ "GRE", 47, 0, 0, 64, PUNT_IP2ME },
};

Test(net_punt, by_port_and_protocol)
{
	for (size_t i = 0; i < sizeof(upper) / sizeof(upper[0]); i++) {
		is(upper[i].what,
		   ip4(upper[i].protocol, upper[i].src, upper[i].dst, upper[i].ttl, 0),
		   upper[i].class);
		is(upper[i].what,
		   ip6(upper[i].protocol, upper[i].src, upper[i].dst, upper[i].ttl, 0, 0),
		   upper[i].class);
		is(upper[i].what,
		   ip6(upper[i].protocol, upper[i].src, upper[i].dst, upper[i].ttl, 1, 0),
		   upper[i].class);
	}
}

Test(net_punt, later_fragments_have_no_ports)
{
	is("first", ip4(6, 40000, 179, 64, FRAGMENT_MORE), PUNT_BGP);
	is("later", ip4(6, 40000, 179, 64, FRAGMENT_LATER), PUNT_IP2ME);
	is("later", ip4(17, 40000, 3784, 255, FRAGMENT_MORE | FRAGMENT_LATER), PUNT_IP2ME);
	is("later, but its protocol is known", ip4(89, 0, 0, 1, FRAGMENT_LATER), PUNT_OSPF);
	is("six, first", ip6(6, 40000, 179, 64, 45, 1), PUNT_BGP);
	is("six, later", ip6(6, 40000, 179, 64, 45, 8), PUNT_IP2ME);
	is("six, later", ip6(58, 135 << 8, 0, 255, 45, 8), PUNT_IP2ME);
	is("six, its protocol", ip6(89, 0, 0, 1, 45, 8), PUNT_OSPF);
}

Test(net_punt, icmp6_by_type)
{
	for (unsigned type = 0; type < 256; type++) {
		const enum punt_class want = type >= 133 && type <= 137   ? PUNT_ND
					     : type >= 130 && type <= 132 ? PUNT_IGMP
					     : type == 143                ? PUNT_IGMP
									  : PUNT_IP2ME;

		is("ICMPv6", ip6(58, (uint16_t)(type << 8), 0, 255, 0, 0), want);
		is("ICMPv6 in IPv4", ip4(58, (uint16_t)(type << 8), 0, 255, 0), want);
	}
	is("ICMP", ip4(1, 0x0800, 0, 64, 0), PUNT_IP2ME);
	is("IGMP", ip4(2, 0x1600, 0, 1, 0), PUNT_IGMP);
}

Test(net_punt, groups)
{
	unsigned len = ip4(17, 5353, 5353, 255, 0);

	frame[NET_ETHER_LEN + 16] = 0xe0;
	is("a group", len, PUNT_MULTICAST);
	memset(frame + NET_ETHER_LEN + 16, 0xff, 4);
	is("broadcast", len, PUNT_MULTICAST);
	frame[NET_ETHER_LEN + 16] = 0xf0;
	is("no group", len, PUNT_IP2ME);
	len = ip4(89, 0, 0, 1, 0);
	frame[NET_ETHER_LEN + 16] = 0xe0;
	is("OSPF to its group", len, PUNT_OSPF);
	len = ip6(17, 5353, 5353, 255, 0, 0);
	frame[NET_ETHER_LEN + 24] = 0xff;
	is("a group", len, PUNT_MULTICAST);
	len = ip6(58, 135 << 8, 0, 255, 0, 0);
	frame[NET_ETHER_LEN + 24] = 0xff;
	is("a solicitation to its group", len, PUNT_ND);
}

Test(net_punt, other_frames)
{
	is("ARP", ethernet(NET_ETHERTYPE_ARP, 28), PUNT_ARP);
	is("ARP without a body", ethernet(NET_ETHERTYPE_ARP, 0), PUNT_ARP);
	is("LACP", ethernet(0x8809, 60), PUNT_LACP);
	is("LLDP", ethernet(NET_ETHERTYPE_LLDP, 60), PUNT_LLDP);
	is("EAPOL", ethernet(0x888e, 60), PUNT_LINK);
	ethernet(60, 60);
	memset(frame + 14, 0xfe, 2);
	is("IS-IS", 74, PUNT_ISIS);
	is("OSI cut short", 15, PUNT_LINK);
	memset(frame + 14, 0x42, 2);
	is("STP", 74, PUNT_LINK);
	is("nothing at all", 0, PUNT_LINK);
	is("half an Ethernet header", 13, PUNT_LINK);
}

/* The payload goes on in another buffer: what stands in the first one counts. */
Test(net_punt, packets_in_pieces)
{
	const unsigned len = ip4(6, 40000, 179, 64, 0);

	frame[NET_ETHER_LEN + 2] = 8; /* total length of 2 KB and some */
	is("BGP", len, PUNT_BGP);
	is("BGP, cut behind the ports", len - 4, PUNT_BGP);
	is("BGP, cut in the ports", len - 5, PUNT_IP2ME);
	ip6(6, 40000, 179, 64, 0, 0);
	frame[NET_ETHER_LEN + 4] = 8;
	is("six", NET_ETHER_LEN + 48, PUNT_BGP);
	is("six, cut in the ports", NET_ETHER_LEN + 43, PUNT_IP2ME);
	is("six, cut in the header", NET_ETHER_LEN + 39, PUNT_IP2ME);
}

/* Every truncation of every packet above, and noise: a class, and no byte beyond the end. */
Test(net_punt, reads_nothing_beyond_the_end)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(upper) / sizeof(upper[0]); i++)
		for (unsigned family = 0; family < 3; family++) {
			const unsigned whole =
				family == 0 ? ip4(upper[i].protocol, upper[i].src, upper[i].dst,
						  upper[i].ttl, 0)
					    : ip6(upper[i].protocol, upper[i].src, upper[i].dst,
						  upper[i].ttl, family == 1 ? 0 : 1, 0);

			for (unsigned len = 0; len <= whole; len++)
				cr_assert_lt(punt_classify(guard_copy(frame, len), len),
					     PUNT_COUNT);
		}
	for (unsigned round = 0; round < 200000; round++) {
		const unsigned len = (unsigned)(guard_random(&seed) % sizeof(frame));

		for (unsigned i = 0; i < sizeof(frame); i += 8) {
			const uint64_t noise = guard_random(&seed);

			memcpy(frame + i, &noise, 8);
		}
		if (round % 4) { /* mostly IP */
			frame[12] = round % 4 == 1 ? 0x08 : 0x86;
			frame[13] = round % 4 == 1 ? 0x00 : 0xdd;
			frame[14] = round % 4 == 1 ? 0x45 : 0x60;
		}
		cr_assert_lt(punt_classify(guard_copy(frame, len), len), PUNT_COUNT);
	}
}

Test(net_punt, every_class_has_a_queue_and_a_name)
{
	for (unsigned i = 0; i < PUNT_COUNT; i++) {
		cr_expect_lt(punt_info[i].queue, PUNT_QUEUE_COUNT);
		for (unsigned k = 0; k < i; k++)
			cr_expect_str_neq(punt_info[i].name, punt_info[k].name);
	}
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++) {
		cr_expect_gt(punt_queue_take[q], 0);
		cr_expect_leq(punt_queue_take[q], PUNT_TAKE_MAX);
	}
}
