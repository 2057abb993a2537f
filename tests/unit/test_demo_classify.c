/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench/demo/classify.c: names of kinds, keys that survive a router and nothing else.
 */
#include "bench/demo/classify.h"

#include <criterion/criterion.h>

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "tests/unit/guard.h"

static uint8_t frame[128];
static char text[CLASSIFY_TEXT];

static struct ip4_header *make4(unsigned at)
{
	struct ip4_header *ip = (struct ip4_header *)(frame + at);

	for (unsigned i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 3);
	frame[0] &= 0xfe;
	frame[at - 2] = 8;
	frame[at - 1] = 0;
	*ip = (struct ip4_header){ .version_ihl = 0x45,
				   .total_length = NET_BE16(60),
				   .ttl = 64,
				   .protocol = NET_PROTO_TCP,
				   .src = NET_BE32(0x0a000001),
				   .dst = NET_BE32(0x0a000002) };
	ip->checksum = checksum_ip4(ip, 20);
	return ip;
}

static const char *name(size_t len)
{
	classify(guard_copy(frame, len), len, text);
	return text;
}

Test(classify, names)
{
	make4(14);
	cr_expect_str_eq(name(74), "IPv4 TCP");
	frame[24]++;
	cr_expect_str_eq(name(74), "IPv4 bad checksum");
	make4(14)->fragment = NET_BE16(NET_IP4_MF);
	make4(18);
	frame[12] = 0x81;
	frame[13] = 0;
	frame[14] = 0;
	frame[15] = 10;
	cr_expect_str_eq(name(78), "VLAN 10 IPv4 TCP");
	cr_expect_eq(classify_vlan(frame, 78), 10);
	make4(22);
	memcpy(frame + 12, "\x88\xa8\x00\x05\x81\x00\x00\x0a", 8);
	cr_expect_str_eq(name(82), "2 tags, IPv4 TCP");
	cr_expect_eq(classify_vlan(frame, 82), -1);
	frame[12] = 0x88;
	frame[13] = 0xcc;
	cr_expect_str_eq(name(60), "EtherType 0x88cc");
	cr_expect_str_eq(name(13), "frame cut short");
}

/* The key after one hop is the key of what a router sends on; any other change makes another. */
Test(classify, key_survives_a_router_only)
{
	struct ip4_header *ip = make4(14);
	uint64_t sent, seen;

	cr_assert(classify_key(frame, 74, 1, &sent));
	checksum_ttl_decrement(ip);
	memset(frame, 0x02, 12); /* new MAC addresses */
	cr_assert(classify_key(frame, 74, 0, &seen));
	cr_expect_eq(seen, sent);
	cr_assert(classify_key(frame, 128, 0, &seen), "padding does not count");
	cr_expect_eq(seen, sent);
	for (unsigned at = 34; at < 74; at++) {
		frame[at] ^= 1;
		cr_assert(classify_key(frame, 74, 0, &seen));
		cr_assert_neq(seen, sent, "byte %u", at);
		frame[at] ^= 1;
	}
	checksum_ttl_decrement(ip);
	cr_assert(classify_key(frame, 74, 0, &seen));
	cr_expect_neq(seen, sent, "a hop too many");
}

Test(classify, no_key_for_what_is_not_forwarded)
{
	struct ip4_header *ip = make4(14);
	uint64_t key;

	ip->ttl = 1;
	ip->checksum = 0;
	ip->checksum = checksum_ip4(ip, 20);
	cr_expect(!classify_key(frame, 74, 1, &key));
	for (unsigned len = 0; len < 74; len++)
		cr_assert(!classify_key(guard_copy(frame, len), len, 0, &key));
}

Test(classify, random_bytes_have_a_name)
{
	uint64_t seed = 21, key;

	for (unsigned round = 0; round < 200000; round++) {
		size_t len = guard_random(&seed) % sizeof(frame);

		for (size_t i = 0; i < len; i++)
			frame[i] = (uint8_t)guard_random(&seed);
		frame[12] = round & 1 ? 0x08 : 0x86;
		frame[13] = round & 1 ? (round & 2 ? 6 : 0) : 0xdd;
		frame[14] = round & 1 ? 0x45 : 0x60;
		cr_assert_gt(strlen(name(len)), 3);
		classify_key(guard_copy(frame, len), len, 1, &key);
		classify_is_answer(guard_copy(frame, len), len);
	}
}
