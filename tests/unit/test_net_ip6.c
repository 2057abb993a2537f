/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/ip6.c and ip6.h: header check, predicates, and the extension-header walk: every
 * truncation of a full chain, lengths 0 and 255, endless chains (spec/faults.md 3.3, B 9).
 */
#include "lib/net/ip6.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "tests/unit/guard.h"

static uint8_t packet[4096];
static size_t packet_len;

static void start(uint8_t next_header)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x60;
	packet[6] = next_header;
	packet[7] = 64;
	packet[8] = 0x20;
	packet[24] = 0x20;
	packet_len = 40;
}

static void append(const void *data, size_t len)
{
	memcpy(packet + packet_len, data, len);
	packet_len += len;
	packet[4] = (uint8_t)((packet_len - 40) >> 8);
	packet[5] = (uint8_t)(packet_len - 40);
}

/* An extension header of (units + 1) x 8 bytes. */
static void append_ext(uint8_t next_header, uint8_t units)
{
	uint8_t ext[2048] = { next_header, units, 1, 4 };

	append(ext, (units + 1u) * 8);
}

static void append_fragment(uint8_t next_header, unsigned offset, bool more)
{
	uint8_t f[8] = {
		next_header, 0xff, (uint8_t)(offset >> 8), (uint8_t)((offset & 0xf8) | more), 1, 2,
		3,           4
	};

	append(f, 8);
}

static enum ip6_walk_result walk(struct ip6_walk *w)
{
	memset(w, 0, sizeof(*w));
	return ip6_walk(guard_copy(packet, packet_len), packet_len, w);
}

Test(ip6, check_reasons)
{
	start(NET_PROTO_UDP);
	append("12345678", 8);
	for (size_t len = 0; len < packet_len; len++)
		cr_assert_eq(ip6_check(guard_copy(packet, len), len),
			     len < 40 ? IP6_TRUNCATED : IP6_PAYLOAD_LONG, "length %zu", len);
	cr_expect_eq(ip6_check(guard_copy(packet, packet_len), packet_len), IP6_OK);
	cr_expect_eq(ip6_check(packet, packet_len + 100), IP6_OK, "padding");
	for (unsigned version = 0; version < 16; version++) {
		packet[0] = (uint8_t)(version << 4);
		cr_assert_eq(ip6_check(packet, packet_len),
			     version == 6 ? IP6_OK : IP6_BAD_VERSION);
	}
}

Test(ip6, walk_without_extensions)
{
	struct ip6_walk w;

	start(NET_PROTO_UDP);
	append("12345678", 8);
	cr_assert_eq(walk(&w), IP6_WALK_OK);
	cr_expect_eq(w.protocol, NET_PROTO_UDP);
	cr_expect_eq(w.extensions, 0);
	cr_expect_eq(w.upper_offset, 40);
	cr_expect_eq(w.upper_length, 8);
	cr_expect(!w.fragment);
}

Test(ip6, walk_full_chain_and_every_truncation)
{
	struct ip6_walk w;
	uint8_t ah[16] = { NET_PROTO_DSTOPTS, 2 }; /* (2 + 2) x 4 bytes */

	start(NET_PROTO_HOPOPTS);
	append_ext(NET_PROTO_DSTOPTS, 1);
	append_ext(NET_PROTO_ROUTING, 0);
	append_ext(NET_PROTO_FRAGMENT, 2);
	append_fragment(NET_PROTO_AH, 0, true);
	append(ah, sizeof(ah));
	append_ext(NET_PROTO_TCP, 0);
	size_t upper = packet_len;

	append("twenty bytes of TCP.", 20);
	cr_assert_eq(walk(&w), IP6_WALK_OK);
	cr_expect_eq(w.protocol, NET_PROTO_TCP);
	cr_expect_eq(w.extensions, 6);
	cr_expect_eq(w.upper_offset, upper);
	cr_expect_eq(w.upper_length, 20);
	cr_expect(w.fragment && w.more_fragments && w.hop_by_hop);
	cr_expect_eq(w.fragment_offset, 0);

	size_t whole = packet_len;

	for (packet_len = 40; packet_len < whole; packet_len++) {
		/* not all of it may be read: the headers are what counts */
		cr_assert_eq(walk(&w), packet_len < upper ? IP6_WALK_TRUNCATED : IP6_WALK_OK,
			     "length %zu", packet_len);
		/* and with the length announced as cut */
		packet[4] = (uint8_t)((packet_len - 40) >> 8);
		packet[5] = (uint8_t)(packet_len - 40);
		cr_assert_eq(walk(&w), packet_len < upper ? IP6_WALK_TRUNCATED : IP6_WALK_OK,
			     "length %zu", packet_len);
		packet[4] = (uint8_t)((whole - 40) >> 8);
		packet[5] = (uint8_t)(whole - 40);
	}
}

Test(ip6, walk_stops_behind_a_later_fragment)
{
	struct ip6_walk w;

	start(NET_PROTO_FRAGMENT);
	append_fragment(NET_PROTO_DSTOPTS, 1448,
			true); /* what follows is the middle of a datagram */
	append("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	cr_assert_eq(walk(&w), IP6_WALK_OK);
	cr_expect_eq(w.fragment_offset, 1448);
	cr_expect_eq(w.protocol, NET_PROTO_DSTOPTS);
	cr_expect_eq(w.upper_offset, 48);
	cr_expect_eq(w.upper_length, 8);
}

Test(ip6, walk_bounds)
{
	struct ip6_walk w;

	start(NET_PROTO_DSTOPTS);
	for (unsigned i = 0; i < IP6_MAX_EXTENSIONS; i++)
		append_ext(i + 1 < IP6_MAX_EXTENSIONS ? NET_PROTO_DSTOPTS : NET_PROTO_NONE, 0);
	cr_expect_eq(walk(&w), IP6_WALK_OK);
	cr_expect_eq(w.protocol, NET_PROTO_NONE);

	start(NET_PROTO_DSTOPTS);
	for (unsigned i = 0; i < 200; i++)
		append_ext(NET_PROTO_DSTOPTS, 0);
	cr_expect_eq(walk(&w), IP6_WALK_TOO_MANY);

	start(NET_PROTO_DSTOPTS);
	append_ext(NET_PROTO_NONE, 127);
	cr_expect_eq(walk(&w), IP6_WALK_OK, "1024 bytes are allowed");
	start(NET_PROTO_DSTOPTS);
	append_ext(NET_PROTO_NONE, 128);
	cr_expect_eq(walk(&w), IP6_WALK_TOO_LONG);
	start(NET_PROTO_DSTOPTS);
	append_ext(NET_PROTO_NONE, 255);
	cr_expect_eq(walk(&w), IP6_WALK_TOO_LONG);
	packet_len = 48; /* length 255 with 8 bytes there */
	packet[4] = 0;
	packet[5] = 8;
	cr_expect_eq(walk(&w), IP6_WALK_TRUNCATED);
}

Test(ip6, walk_misplaced)
{
	struct ip6_walk w;

	start(NET_PROTO_DSTOPTS);
	append_ext(NET_PROTO_HOPOPTS, 0);
	append_ext(NET_PROTO_UDP, 0);
	cr_expect_eq(walk(&w), IP6_WALK_MISPLACED);
	start(NET_PROTO_FRAGMENT);
	append_fragment(NET_PROTO_FRAGMENT, 0, true);
	append_fragment(NET_PROTO_UDP, 0, true);
	cr_expect_eq(walk(&w), IP6_WALK_MISPLACED);
}

Test(ip6, walk_random_never_reads_past_the_end)
{
	uint64_t seed = 5;
	static const uint8_t kinds[] = { 0, 43, 44, 51, 60, 135, 58, 17 };
	struct ip6_walk w;

	for (unsigned round = 0; round < 200000; round++) {
		size_t len = 40 + guard_random(&seed) % 100;

		for (size_t i = 0; i < len; i++)
			packet[i] = guard_random(&seed) & 1 ? kinds[guard_random(&seed) % 8]
							    : (uint8_t)guard_random(&seed);
		packet[0] = 0x60;
		packet[4] = 0;
		packet[5] = (uint8_t)(len - 40);
		packet_len = len;
		if (walk(&w) == IP6_WALK_OK) {
			cr_assert_eq(w.upper_offset + w.upper_length, len);
			cr_assert_leq(w.extensions, IP6_MAX_EXTENSIONS);
		}
	}
}

static const uint8_t *addr(const char *text)
{
	static uint8_t a[4][16];
	static unsigned turn;

	turn = (turn + 1) % 4;
	cr_assert_eq(inet_pton(AF_INET6, text, a[turn]), 1);
	return a[turn];
}

Test(ip6, predicates)
{
	cr_expect(ip6_is_multicast(addr("ff02::1")) && !ip6_is_multicast(addr("fe80::1")));
	cr_expect(ip6_is_link_local(addr("fe80::1")) && ip6_is_link_local(addr("febf::1")));
	cr_expect(!ip6_is_link_local(addr("fec0::1")) && !ip6_is_link_local(addr("fe00::")));
	cr_expect(ip6_is_loopback(addr("::1")) && !ip6_is_loopback(addr("::2")));
	cr_expect(!ip6_is_loopback(addr("2001:db8::1")) && !ip6_is_loopback(addr("::1:0:0:1")));
	cr_expect(ip6_is_unspecified(addr("::")) && !ip6_is_unspecified(addr("::1")));
	cr_expect(!ip6_is_unspecified(addr("1::")));
	cr_expect(ip6_is_link_scope_multicast(addr("ff02::1")));
	cr_expect(!ip6_is_link_scope_multicast(addr("ff05::1")));
	cr_expect(ip6_is_solicited_node(addr("ff02::1:ff12:3456")));
	cr_expect(!ip6_is_solicited_node(addr("ff02::1:fe12:3456")));
	cr_expect(ip6_source_is_martian(addr("::")) && ip6_source_is_martian(addr("::1")) &&
		  ip6_source_is_martian(addr("ff02::1")) &&
		  !ip6_source_is_martian(addr("2001:db8::1")));
	cr_expect(ip6_destination_is_martian(addr("ff01::1")) &&
		  !ip6_destination_is_martian(addr("ff02::1")) &&
		  ip6_destination_is_martian(addr("::1")));
}

Test(ip6, derived_addresses)
{
	const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
	const uint8_t group_mac[6] = { 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 };
	uint8_t out[16], out_mac[6];

	ip6_solicited_node(addr("2001:db8::ab12:3456"), out);
	cr_expect_arr_eq(out, addr("ff02::1:ff12:3456"), 16);
	ip6_multicast_mac(out, out_mac);
	cr_expect_arr_eq(out_mac, group_mac, 6);
	ip6_link_local_from_mac(mac, out);
	cr_expect_arr_eq(out, addr("fe80::11:22ff:fe33:4455"), 16);
}
