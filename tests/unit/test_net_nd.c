/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/nd.c: a solicitation made by scapy, every rule of RFC 4861 7.1 broken in turn, option
 * lengths 0 and 255 (OVS e150d4099), every truncation, built frames against independent bytes.
 */
#include "lib/net/nd.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "lib/net/checksum.h"
#include "lib/net/ip6.h"
#include "tests/unit/guard.h"

/* scapy 2.5.0: IPv6(fe80::1 > ff02::1:ff00:2, hlim 255) / NS(fe80::2) / source 02:…:01 */
static const uint8_t solicit[72] = {
	0x60, 0, 0, 0, 0,    0x20, 0x3a, 0xff, 0xfe, 0x80, 0, 0, 0,    0,    0, 0, 0, 0,
	0,    0, 0, 0, 0,    1,    0xff, 2,    0,    0,    0, 0, 0,    0,    0, 0, 0, 1,
	0xff, 0, 0, 2, 0x87, 0,    0x7a, 0x97, 0,    0,    0, 0, 0xfe, 0x80, 0, 0, 0, 0,
	0,    0, 0, 0, 0,    0,    0,    0,    0,    2,    1, 1, 2,    0,    0, 0, 0, 1,
};
static const uint8_t mac1[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t mac2[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t ll1[16] = { 0xfe, 0x80, [15] = 1 };
static const uint8_t ll2[16] = { 0xfe, 0x80, [15] = 2 };
static const uint8_t unspecified[16];

static uint8_t packet[2048];
static size_t packet_len;
static struct nd_info info;

static void load(void)
{
	memcpy(packet, solicit, sizeof(solicit));
	packet_len = sizeof(solicit);
}

/* Announces packet_len, makes the checksum right again and parses at the guard. */
static enum nd_result parse(void)
{
	uint16_t payload = (uint16_t)(packet_len - 40), sum;

	packet[4] = (uint8_t)(payload >> 8);
	packet[5] = (uint8_t)payload;
	packet[42] = packet[43] = 0;
	sum = checksum_l4_ip6(packet + 8, packet + 24, NET_PROTO_ICMP6, packet + 40, payload);
	memcpy(packet + 42, &sum, 2);
	return nd_parse(guard_copy(packet, packet_len), packet_len, &info);
}

Test(nd, solicitation)
{
	cr_assert_eq(nd_parse(guard_copy(solicit, 72), 72, &info), ND_OK);
	cr_expect_eq(info.type, NET_ICMP6_NEIGHBOR_SOLICIT);
	cr_expect_arr_eq(info.src, ll1, 16);
	cr_expect_arr_eq(info.target, ll2, 16);
	cr_expect(info.has_lladdr && !info.dad);
	cr_expect_arr_eq(info.lladdr, mac1, 6);
}

Test(nd, truncations)
{
	for (size_t len = 0; len < 72; len++)
		cr_assert_eq(nd_parse(guard_copy(solicit, len), len, &info), ND_TRUNCATED);
	for (size_t len = 40; len < 72; len++) { /* announced as cut */
		load();
		packet_len = len;
		enum nd_result want = len < 64 ? ND_TRUNCATED : len == 64 ? ND_OK : ND_BAD_OPTION;

		if (len >= 44)
			cr_assert_eq(parse(), want, "length %zu", len);
	}
}

Test(nd, header_rules)
{
	load();
	packet[7] = 254;
	cr_expect_eq(parse(), ND_BAD_HOP_LIMIT);
	load();
	packet[41] = 1;
	cr_expect_eq(parse(), ND_BAD_CODE);
	load();
	packet[60] ^= 1;
	cr_expect_eq(nd_parse(packet, 72, &info), ND_BAD_CHECKSUM);
	load();
	packet[40] = 133;
	cr_expect_eq(parse(), ND_OTHER_TYPE);
	load();
	packet[6] = NET_PROTO_UDP;
	cr_expect_eq(parse(), ND_OTHER_TYPE);
}

Test(nd, targets)
{
	load();
	packet[48] = 0xff;
	cr_expect_eq(parse(), ND_BAD_TARGET);
	load();
	memset(packet + 48, 0, 16);
	cr_expect_eq(parse(), ND_BAD_TARGET);
	packet[63] = 1;
	cr_expect_eq(parse(), ND_BAD_TARGET);
}

Test(nd, options)
{
	load();
	packet[65] = 0; /* length 0: an endless loop for who does not look */
	cr_expect_eq(parse(), ND_BAD_OPTION);
	load();
	packet[65] = 255;
	cr_expect_eq(parse(), ND_BAD_OPTION);
	load();
	packet[65] = 2; /* one byte unit past the end */
	cr_expect_eq(parse(), ND_BAD_OPTION);
	load();
	packet[66] = 0x03;
	cr_expect_eq(parse(), ND_BAD_LLADDR);
	load();
	memset(packet + 66, 0, 6);
	cr_expect_eq(parse(), ND_BAD_LLADDR);
	load();
	packet[64] = 14; /* unknown options are skipped */
	cr_assert_eq(parse(), ND_OK);
	cr_expect(!info.has_lladdr);
	load(); /* an address of another length is none for Ethernet */
	memset(packet + 72, 0, 8);
	packet[65] = 2;
	packet_len = 80;
	cr_expect_eq(parse(), ND_BAD_OPTION);
	load(); /* a long row of options, the last one wrong */
	for (packet_len = 72; packet_len + 8 <= sizeof(packet); packet_len += 8) {
		memset(packet + packet_len, 0, 8);
		packet[packet_len] = 200;
		packet[packet_len + 1] = 1;
	}
	cr_expect_eq(parse(), ND_OK);
	packet[packet_len - 7] = 0;
	cr_expect_eq(parse(), ND_BAD_OPTION);
}

Test(nd, duplicate_address_detection)
{
	load();
	memset(packet + 8, 0, 16);
	cr_expect_eq(parse(), ND_BAD_DAD, "a source address option from ::");
	packet_len = 64;
	cr_assert_eq(parse(), ND_OK);
	cr_expect(info.dad && !info.has_lladdr);
	packet[36] = 0; /* destination no longer solicited-node */
	cr_expect_eq(parse(), ND_BAD_DAD);
}

Test(nd, sources)
{
	load();
	packet[8] = 0xff;
	cr_expect_eq(parse(), ND_BAD_SOURCE);
	load();
	memset(packet + 8, 0, 16);
	packet[40] = NET_ICMP6_NEIGHBOR_ADVERT;
	packet_len = 64;
	cr_expect_eq(parse(), ND_BAD_SOURCE, "an advertisement from ::");
}

Test(nd, advertisement_flags)
{
	load();
	packet[40] = NET_ICMP6_NEIGHBOR_ADVERT;
	packet[44] = 0xa0;
	packet[64] = 2;
	cr_assert_eq(parse(), ND_OK);
	cr_expect(info.router && !info.solicited && info.override && info.has_lladdr);
	packet[44] = 0x60;
	cr_expect_eq(parse(), ND_BAD_DESTINATION, "solicited, to a group");
	memcpy(packet + 24, ll1, 16);
	cr_assert_eq(parse(), ND_OK);
	cr_expect(!info.router && info.solicited && info.override);
}

Test(nd, fragmented_is_refused)
{
	static const uint8_t frag[8] = { NET_PROTO_ICMP6 };

	load();
	memmove(packet + 48, packet + 40, 32);
	memcpy(packet + 40, frag, 8);
	packet[6] = NET_PROTO_FRAGMENT;
	packet[5] = 40;
	cr_expect_eq(nd_parse(guard_copy(packet, 80), 80, &info), ND_FRAGMENTED);
}

Test(nd, build_solicit_equals_scapy)
{
	uint8_t buf[86];

	cr_assert_eq(nd_build_solicit(buf, sizeof(buf), mac1, NULL, 0, ll1, NULL, ll2), 86);
	cr_expect_arr_eq(buf, "\x33\x33\xff\x00\x00\x02\x02\0\0\0\0\x01\x86\xdd", 14);
	cr_expect_arr_eq(buf + 14, solicit, 72);
	cr_expect_eq(nd_build_solicit(buf, 85, mac1, NULL, 0, ll1, NULL, ll2), -ENOSPC);
	cr_expect_eq(nd_build_solicit(buf, 86, mac1, NULL, 5, ll1, NULL, ll2), -ENOSPC);
}

Test(nd, build_solicit_unicast_and_dad)
{
	uint8_t buf[96];

	cr_assert_eq(nd_build_solicit(buf, sizeof(buf), mac1, mac2, 0, ll1, ll2, ll2), 86);
	cr_expect_arr_eq(buf, mac2, 6);
	cr_assert_eq(nd_parse(buf + 14, 72, &info), ND_OK);
	cr_expect_arr_eq(info.dst, ll2, 16);
	cr_assert_eq(nd_build_solicit(buf, sizeof(buf), mac1, NULL, 0, unspecified, NULL, ll2), 78);
	cr_assert_eq(nd_parse(buf + 14, 64, &info), ND_OK);
	cr_expect(info.dad);
}

Test(nd, build_advert_parses_again)
{
	uint8_t buf[90];

	cr_assert_eq(nd_build_advert(buf, sizeof(buf), mac2, mac1, 4094, ll2, ll1, ll2,
				     NET_ND_ROUTER | NET_ND_SOLICITED | NET_ND_OVERRIDE),
		     90);
	cr_expect_arr_eq(buf + 12, "\x81\x00\x0f\xfe\x86\xdd", 6);
	cr_assert_eq(nd_parse(buf + 18, 72, &info), ND_OK);
	cr_expect_eq(info.type, NET_ICMP6_NEIGHBOR_ADVERT);
	cr_expect(info.router && info.solicited && info.override && info.has_lladdr);
	cr_expect_arr_eq(info.lladdr, mac2, 6);
}

Test(nd, random_never_reads_past_the_end)
{
	uint64_t seed = 9;

	for (unsigned round = 0; round < 200000; round++) {
		load();
		packet_len = 72 + guard_random(&seed) % 64;
		for (size_t i = 64; i < packet_len; i++)
			packet[i] = guard_random(&seed) & 3 ? (uint8_t)guard_random(&seed) : 1;
		packet[40] = (uint8_t)(135 + (round & 1));
		cr_assert_lt(parse(), ND_RESULTS);
	}
}
