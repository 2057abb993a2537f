/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/icmp.c: who may be answered with an error, the bytes of the error, echo replies.
 */
#include "lib/net/icmp.h"

#include <criterion/criterion.h>

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"
#include "tests/unit/guard.h"

#define IP(a, b, c, d) NET_BE32((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static uint8_t packet[2048];

static struct ip4_header *make4(uint8_t protocol, unsigned total)
{
	struct ip4_header *h = (struct ip4_header *)packet;

	for (unsigned i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 7);
	*h = (struct ip4_header){ .version_ihl = 0x45,
				  .total_length = net_swap16((uint16_t)total),
				  .id = NET_BE16(0x1234),
				  .ttl = 1,
				  .protocol = protocol,
				  .src = IP(10, 0, 0, 1),
				  .dst = IP(10, 9, 9, 9) };
	h->checksum = checksum_ip4(h, 20);
	return h;
}

static struct ip6_header *make6(uint8_t protocol, unsigned payload)
{
	struct ip6_header *h = (struct ip6_header *)packet;

	for (unsigned i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 7);
	*h = (struct ip6_header){ .version_class_flow = NET_BE32(0x60000000),
				  .payload_length = net_swap16((uint16_t)payload),
				  .next_header = protocol,
				  .hop_limit = 1,
				  .src = { 0x20, 1, [15] = 1 },
				  .dst = { 0x20, 1, [15] = 9 } };
	return h;
}

static bool may4(unsigned len)
{
	return icmp4_may_error(guard_copy(packet, len), len, false);
}

static bool may6(unsigned len, uint8_t type, uint8_t code)
{
	return icmp6_may_error(guard_copy(packet, len), len, false, type, code);
}

Test(icmp4, may_error_about_ordinary_packets)
{
	make4(NET_PROTO_UDP, 100);
	cr_expect(may4(100));
	cr_expect(!icmp4_may_error(packet, 100, true), "link-layer broadcast");
	make4(NET_PROTO_UDP, 100)->fragment = NET_BE16(NET_IP4_MF);
	cr_expect(may4(100), "a first fragment");
}

Test(icmp4, may_error_never_about)
{
	static const uint32_t sources[] = { IP(0, 0, 0, 0), IP(127, 0, 0, 1), IP(224, 0, 0, 1),
					    IP(240, 0, 0, 1), IP(255, 255, 255, 255) };

	for (unsigned i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		make4(NET_PROTO_UDP, 100)->src = sources[i];
		cr_expect(!may4(100));
	}
	make4(NET_PROTO_UDP, 100)->dst = IP(224, 0, 0, 5);
	cr_expect(!may4(100));
	make4(NET_PROTO_UDP, 100)->dst = IP(255, 255, 255, 255);
	cr_expect(!may4(100));
	make4(NET_PROTO_UDP, 100)->fragment = NET_BE16(185);
	cr_expect(!may4(100));
	for (unsigned type = 0; type < 256; type++) {
		bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;

		make4(NET_PROTO_ICMP4, 100);
		packet[20] = (uint8_t)type;
		cr_assert_eq(may4(100), !error, "ICMP type %u", type);
	}
	make4(NET_PROTO_ICMP4, 20);
	cr_expect(!may4(20), "ICMP without its type");
	make4(NET_PROTO_ICMP4, 20);
	packet[20] = NET_ICMP4_ECHO_REQUEST;
	cr_expect(!may4(60), "the byte behind the total length is padding");
	for (unsigned len = 0; len < 20; len++)
		cr_assert(!may4(len));
}

Test(icmp4, error_quotes_up_to_576_bytes)
{
	make4(NET_PROTO_UDP, 1500);
	cr_expect_eq(icmp4_quote_length(1500), 548);
	cr_expect_eq(icmp4_quote_length(548), 548);
	cr_expect_eq(icmp4_quote_length(547), 547);
	cr_expect_eq(icmp4_quote_length(28), 28);

	uint8_t quoted[548], out[576];

	memcpy(quoted, packet, 548);
	memcpy(out + 28, packet, 548);
	uint8_t *p = guard_copy(out, 576);

	icmp4_error_fill(p, 548, NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_TOO_BIG, 1400,
			 IP(192, 0, 2, 1), IP(10, 0, 0, 1), 64);
	struct ip4_header *ip = (struct ip4_header *)p;

	cr_assert_eq(ip4_check(p, 576), IP4_OK);
	cr_expect_eq(ip->total_length, NET_BE16(576));
	cr_expect_eq(ip->protocol, NET_PROTO_ICMP4);
	cr_expect_eq(ip->tos, 0xc0);
	cr_expect_eq(ip->ttl, 64);
	cr_expect_eq(ip->src, IP(192, 0, 2, 1));
	cr_expect_eq(ip->dst, IP(10, 0, 0, 1));
	cr_expect_eq(checksum_finish(checksum_add(0, p + 20, 556)), 0);
	cr_expect_arr_eq(p + 20, "\x03\x04", 2);
	cr_expect_arr_eq(p + 24, "\0\0\x05\x78", 4, "MTU in the low half (RFC 1191)");
	cr_expect_arr_eq(p + 28, quoted, 548, "the quote is left as it is");
}

/* The same error as scapy 2.5.0 builds it, byte for byte. */
Test(icmp4, error_equals_scapy)
{
	static const uint8_t want[] = {
		/* IP(tos=0xc0,id=1,ttl=64,src=192.0.2.1,dst=10.0.0.1)/ICMP(11,0)/ */
		0x45,
		0xc0,
		0x00,
		0x3a,
		0x00,
		0x01,
		0x00,
		0x00,
		0x40,
		0x01,
		0xae,
		0x00,
		0xc0,
		0x00,
		0x02,
		0x01,
		0x0a,
		0x00,
		0x00,
		0x01,
		0x0b,
		0x00,
		0x12,
		0x2e,
		0x00,
		0x00,
		0x00,
		0x00,
		/* IP(10.0.0.1 > 10.9.9.9, ttl=1)/UDP(1234,53)/"hi" */
		0x45,
		0x00,
		0x00,
		0x1e,
		0x00,
		0x01,
		0x00,
		0x00,
		0x01,
		0x11,
		0x9c,
		0xbc,
		0x0a,
		0x00,
		0x00,
		0x01,
		0x0a,
		0x09,
		0x09,
		0x09,
		0x04,
		0xd2,
		0x00,
		0x35,
		0x00,
		0x0a,
		0x75,
		0x57,
		0x68,
		0x69,
	};
	uint8_t out[sizeof(want)];

	memcpy(out + 28, want + 28, sizeof(want) - 28);
	icmp4_error_fill(out, sizeof(want) - 28, NET_ICMP4_TIME_EXCEEDED, 0, 0, IP(192, 0, 2, 1),
			 IP(10, 0, 0, 1), 64);
	cr_expect_arr_eq(out, want, sizeof(want));
}

static void make_echo4(unsigned total)
{
	struct icmp_header *icmp = (struct icmp_header *)(packet + 20);

	make4(NET_PROTO_ICMP4, total);
	icmp->type = NET_ICMP4_ECHO_REQUEST;
	icmp->code = 0;
	icmp->checksum = 0;
	icmp->checksum = checksum_finish(checksum_add(0, icmp, total - 20));
}

Test(icmp4, echo_reply_in_place)
{
	for (unsigned total = 28; total < 300; total++) {
		make_echo4(total);
		uint8_t *p = guard_copy(packet, total);

		cr_assert_eq(icmp4_echo_check(p, total), ICMP_OK, "total %u", total);
		icmp4_echo_reply(p, 64);
		struct ip4_header *ip = (struct ip4_header *)p;

		cr_assert_eq(ip4_check(p, total), IP4_OK);
		cr_assert_eq(ip->ttl, 64);
		cr_assert_eq(ip->src, IP(10, 9, 9, 9));
		cr_assert_eq(ip->dst, IP(10, 0, 0, 1));
		cr_assert_eq(p[20], NET_ICMP4_ECHO_REPLY);
		cr_assert_eq(checksum_finish(checksum_add(0, p + 20, total - 20)), 0);
		cr_assert_arr_eq(p + 24, packet + 24, total - 24, "id, sequence and data");
	}
}

Test(icmp4, echo_check_reasons)
{
	make_echo4(64);
	for (unsigned len = 20; len < 64; len++)
		cr_assert_eq(icmp4_echo_check(guard_copy(packet, len), len), ICMP_TRUNCATED);
	packet[40]++;
	cr_expect_eq(icmp4_echo_check(packet, 64), ICMP_BAD_CHECKSUM);
	make_echo4(64);
	((struct ip4_header *)packet)->fragment = NET_BE16(NET_IP4_MF);
	cr_expect_eq(icmp4_echo_check(packet, 64), ICMP_FRAGMENT);
	make_echo4(64);
	packet[20] = 13;
	((struct icmp_header *)(packet + 20))->checksum = 0;
	((struct icmp_header *)(packet + 20))->checksum =
		checksum_finish(checksum_add(0, packet + 20, 44));
	cr_expect_eq(icmp4_echo_check(packet, 64), ICMP_OTHER_TYPE);
	for (unsigned total = 20; total < 28; total++) {
		make4(NET_PROTO_ICMP4, total);
		cr_assert_eq(icmp4_echo_check(guard_copy(packet, total), total), ICMP_TRUNCATED);
	}
}

Test(icmp6, may_error)
{
	make6(NET_PROTO_UDP, 60);
	cr_expect(may6(100, NET_ICMP6_TIME_EXCEEDED, 0));
	cr_expect(!icmp6_may_error(packet, 100, true, NET_ICMP6_TIME_EXCEEDED, 0));
	cr_expect(icmp6_may_error(packet, 100, true, NET_ICMP6_TOO_BIG, 0));
	memset(make6(NET_PROTO_UDP, 60)->src, 0, 16);
	cr_expect(!may6(100, NET_ICMP6_TIME_EXCEEDED, 0), "from ::");
	make6(NET_PROTO_UDP, 60)->src[0] = 0xff;
	cr_expect(!may6(100, NET_ICMP6_TIME_EXCEEDED, 0), "from a group");
	make6(NET_PROTO_UDP, 60)->dst[0] = 0xff;
	cr_expect(!may6(100, NET_ICMP6_TIME_EXCEEDED, 0), "to a group");
	cr_expect(may6(100, NET_ICMP6_TOO_BIG, 0));
	cr_expect(may6(100, NET_ICMP6_PARAMETER, NET_ICMP6_PARAMETER_OPTION));
	cr_expect(!may6(100, NET_ICMP6_PARAMETER, 0));
	for (unsigned type = 0; type < 256; type++) {
		make6(NET_PROTO_ICMP6, 60);
		packet[40] = (uint8_t)type;
		cr_assert_eq(may6(100, NET_ICMP6_TIME_EXCEEDED, 0), type >= 128 && type != 137);
	}
	make6(NET_PROTO_ICMP6, 0);
	cr_expect(!may6(40, NET_ICMP6_TIME_EXCEEDED, 0), "ICMPv6 without its type");
	make6(NET_PROTO_FRAGMENT, 60);
	memcpy(packet + 40, "\x3a\0\x05\xa8\0\0\0\1", 8);
	cr_expect(!may6(100, NET_ICMP6_TIME_EXCEEDED, 0), "a later fragment of ICMPv6");
	packet[40] = NET_PROTO_UDP;
	cr_expect(may6(100, NET_ICMP6_TIME_EXCEEDED, 0), "a later fragment of UDP");
	for (unsigned len = 0; len < 100; len++) /* its headers are what counts */
		cr_assert_eq(may6(len, NET_ICMP6_TIME_EXCEEDED, 0), len >= 48);
	make6(NET_PROTO_ICMP6, 60);
	packet[40] = NET_ICMP6_ECHO_REQUEST;
	for (unsigned len = 0; len < 100; len++)
		cr_assert_eq(may6(len, NET_ICMP6_TIME_EXCEEDED, 0), len > 40);
}

Test(icmp6, error_quotes_up_to_1280_bytes)
{
	const uint8_t src[16] = { 0x20, 1, [15] = 0xfe }, dst[16] = { 0x20, 1, [15] = 1 };
	uint8_t out[1280];

	cr_expect_eq(icmp6_quote_length(1500), 1232);
	cr_expect_eq(icmp6_quote_length(40), 40);
	make6(NET_PROTO_UDP, 1460);
	memcpy(out + 48, packet, 1232);
	uint8_t *p = guard_copy(out, 1280);

	icmp6_error_fill(p, 1232, NET_ICMP6_TOO_BIG, 0, 1400, src, dst, 64);
	cr_assert_eq(ip6_check(p, 1280), IP6_OK);
	cr_expect_arr_eq(p, "\x6c\0\0\0\x04\xd8\x3a\x40", 8);
	cr_expect_arr_eq(p + 8, src, 16);
	cr_expect_arr_eq(p + 24, dst, 16);
	cr_expect_arr_eq(p + 40, "\x02\0", 2);
	cr_expect_arr_eq(p + 44, "\0\0\x05\x78", 4);
	cr_expect_eq(checksum_l4_ip6(src, dst, NET_PROTO_ICMP6, p + 40, 1240), 0);
	cr_expect_arr_eq(p + 48, packet, 1232);
}

static void make_echo6(unsigned payload)
{
	struct ip6_header *ip = make6(NET_PROTO_ICMP6, payload);
	struct icmp_header *icmp = (struct icmp_header *)(ip + 1);

	icmp->type = NET_ICMP6_ECHO_REQUEST;
	icmp->code = 0;
	icmp->checksum = 0;
	icmp->checksum = checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_ICMP6, icmp, payload);
}

Test(icmp6, echo_reply_in_place)
{
	const uint8_t other[16] = { 0x20, 1, 0xd, 0xb8, [15] = 0x77 };

	for (unsigned payload = 8; payload < 300; payload++) {
		for (unsigned with_src = 0; with_src < 2; with_src++) {
			make_echo6(payload);
			uint8_t *p = guard_copy(packet, 40 + payload);
			struct ip6_header *ip = (struct ip6_header *)p;

			cr_assert_eq(icmp6_echo_check(p, 40 + payload), ICMP_OK);
			icmp6_echo_reply(p, with_src ? other : NULL, 64);
			cr_assert_eq(ip->hop_limit, 64);
			cr_assert_arr_eq(ip->src, with_src ? other : packet + 24, 16);
			cr_assert_arr_eq(ip->dst, packet + 8, 16);
			cr_assert_eq(p[40], NET_ICMP6_ECHO_REPLY);
			cr_assert_eq(
				checksum_l4_ip6(ip->src, ip->dst, NET_PROTO_ICMP6, p + 40, payload),
				0);
			cr_assert_arr_eq(p + 44, packet + 44, payload - 4);
		}
	}
}

Test(icmp6, echo_check_reasons)
{
	make_echo6(64);
	for (unsigned len = 40; len < 104; len++)
		cr_assert_eq(icmp6_echo_check(guard_copy(packet, len), len), ICMP_TRUNCATED);
	packet[80]++;
	cr_expect_eq(icmp6_echo_check(packet, 104), ICMP_BAD_CHECKSUM);
	make6(NET_PROTO_UDP, 64);
	cr_expect_eq(icmp6_echo_check(packet, 104), ICMP_OTHER_TYPE);
	make6(NET_PROTO_FRAGMENT, 64);
	memcpy(packet + 40, "\x3a\0\0\1\0\0\0\1", 8);
	cr_expect_eq(icmp6_echo_check(packet, 104), ICMP_FRAGMENT);
	for (unsigned payload = 0; payload < 8; payload++) {
		make6(NET_PROTO_ICMP6, payload);
		cr_assert_eq(icmp6_echo_check(guard_copy(packet, 40 + payload), 40 + payload),
			     ICMP_TRUNCATED);
	}
}

/* id, sequence and data all zero: the reply's sum is +0, which only 0xffff completes. */
Test(icmp4, echo_reply_of_zeros)
{
	make_echo4(84);
	memset(packet + 20, 0, 64);
	packet[20] = NET_ICMP4_ECHO_REQUEST;
	memcpy(packet + 22, "\xf7\xff", 2);
	cr_assert_eq(icmp4_echo_check(packet, 84), ICMP_OK);
	icmp4_echo_reply(packet, 64);
	cr_expect_eq(checksum_finish(checksum_add(0, packet + 20, 64)), 0);
}
