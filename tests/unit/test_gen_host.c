/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench/gen/host.c: two hosts talk to each other: each resolves the other, answers duplicate
 * detection and pings, and leaves everything else alone.
 */
#include "bench/gen/host.h"

#include <criterion/criterion.h>

#include "lib/net/arp.h"
#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/nd.h"
#include "tests/unit/guard.h"

static struct host a = { .mac = { 2, 0, 0, 0, 0, 0xa },
			 .ip4 = NET_BE32(0x0a000001),
			 .gateway4 = NET_BE32(0x0a000002),
			 .ip6 = { 0x20, 1, [15] = 1 },
			 .gateway6 = { 0x20, 1, [15] = 2 } };
static struct host b = { .mac = { 2, 0, 0, 0, 0, 0xb },
			 .ip4 = NET_BE32(0x0a000002),
			 .gateway4 = NET_BE32(0x0a000001),
			 .ip6 = { 0x20, 1, [15] = 2 },
			 .gateway6 = { 0x20, 1, [15] = 1 } };
static uint8_t ask[HOST_MAX_FRAME], reply[HOST_MAX_FRAME], none[HOST_MAX_FRAME];
static size_t reply_len, none_len;

static void setup(void)
{
	host_init(&a);
	host_init(&b);
}

TestSuite(host, .init = setup);

static bool give(struct host *h, const void *frame, size_t len, uint8_t *out, size_t *out_len)
{
	return host_receive(h, guard_copy(frame, len), len, out, out_len);
}

Test(host, resolves_and_answers)
{
	for (unsigned which = 0; which < 2; which++) {
		size_t len = host_ask(&a, which, ask);

		cr_assert_gt(len, 0);
		cr_assert(!host_ready(&a));
		cr_assert(give(&b, ask, len, reply, &reply_len));
		cr_assert_gt(reply_len, 0);
		cr_assert_arr_eq(reply, a.mac, 6, "the answer goes to who asked");
		cr_assert(give(&a, reply, reply_len, none, &none_len));
		cr_assert_eq(none_len, 0, "an answer is not answered");
		cr_assert_eq(host_ask(&a, which, ask), 0, "nothing left to ask");
	}
	cr_expect(host_ready(&a));
	cr_expect_arr_eq(a.gateway4_mac, b.mac, 6);
	cr_expect_arr_eq(a.gateway6_mac, b.mac, 6);
	cr_expect_eq(b.arp_answered, 1);
	cr_expect_eq(b.nd_answered, 1);
	cr_expect(b.resolved4, "an ARP request tells the other side, too (RFC 826)");
}

Test(host, duplicate_address_detection_is_answered_to_all_nodes)
{
	static const uint8_t unspecified[16], all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	int len = nd_build_solicit(ask, sizeof(ask), a.mac, NULL, 0, unspecified, NULL, b.ip6);
	struct nd_info n;

	cr_assert(give(&b, ask, (size_t)len, reply, &reply_len));
	cr_assert_arr_eq(reply, all_nodes_mac, 6);
	cr_assert_eq(nd_parse(reply + 14, reply_len - 14, &n), ND_OK);
	cr_expect(!n.solicited);
}

Test(host, other_addresses_are_not_answered)
{
	int len = arp_build_request(ask, sizeof(ask), a.mac, 0, a.ip4, NET_BE32(0x0a000063));

	cr_expect(give(&b, ask, (size_t)len, reply, &reply_len));
	cr_expect_eq(reply_len, 0);
	len = nd_build_solicit(ask, sizeof(ask), a.mac, NULL, 0, a.ip6, NULL, a.link_local);
	cr_expect(give(&b, ask, (size_t)len, reply, &reply_len));
	cr_expect_eq(reply_len, 0);
}

Test(host, ping)
{
	uint8_t echo[14 + 28] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 8, 0, 0x45 };
	struct ip4_header *ip = (struct ip4_header *)(echo + 14);

	ip->total_length = NET_BE16(28);
	ip->ttl = 9;
	ip->protocol = NET_PROTO_ICMP4;
	ip->src = a.ip4;
	ip->dst = b.ip4;
	ip->checksum = checksum_ip4(ip, 20);
	echo[34] = 8;
	echo[36] = 0xf7;
	echo[37] = 0xff;
	cr_assert(give(&b, echo, sizeof(echo), reply, &reply_len));
	cr_assert_eq(reply_len, sizeof(echo));
	cr_expect_arr_eq(reply, a.mac, 6);
	cr_expect_eq(ip4_check(reply + 14, 28), IP4_OK);
	cr_expect_eq(reply[34], 0);
	cr_expect_eq(checksum_finish(checksum_add(0, reply + 34, 8)), 0);
}

Test(host, what_it_is_not_for_it_leaves_alone)
{
	uint64_t seed = 77;

	for (unsigned round = 0; round < 100000; round++) {
		size_t len = guard_random(&seed) % 200;

		for (size_t i = 0; i < len; i++)
			ask[i] = (uint8_t)guard_random(&seed);
		ask[12] = round & 1 ? 0x08 : 0x86;
		ask[13] = round & 1 ? (round & 2 ? 6 : 0) : 0xdd;
		ask[14] = round & 1 ? 0x45 : 0x60;
		give(&b, ask, len, reply, &reply_len);
		cr_assert_eq(reply_len, 0);
	}
}
