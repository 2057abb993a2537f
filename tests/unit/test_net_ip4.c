/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/ip4.h: every reason of ip4_check, every truncation at a guard page, every value of the
 * length fields (spec/faults.md B 9, 10, 12; CVE-2016-10377), and the address predicates.
 */
#include "lib/net/ip4.h"

#include <criterion/criterion.h>

#include "tests/unit/guard.h"

static uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return net_swap32(a << 24 | b << 16 | c << 8 | d);
}

/* A packet of `total` bytes with a header of ihl words, checksum right. */
static void make(uint8_t *buf, unsigned ihl, unsigned total)
{
	struct ip4_header *h = (struct ip4_header *)buf;

	memset(buf, 0x01, total > 60 ? total : 60); /* options: all "no operation" */
	*h = (struct ip4_header){
		.version_ihl = (uint8_t)(0x40 | ihl),
		.total_length = net_swap16((uint16_t)total),
		.ttl = 64,
		.protocol = NET_PROTO_UDP,
		.src = ip(10, 0, 0, 1),
		.dst = ip(10, 0, 0, 2),
	};
	if (ihl >= 5)
		h->checksum = checksum_ip4(buf, ihl * 4);
}

Test(ip4, good_packets_of_every_header_length)
{
	uint8_t buf[128];

	for (unsigned ihl = 5; ihl <= 15; ihl++) {
		make(buf, ihl, 80);
		cr_assert_eq(ip4_check(guard_copy(buf, 80), 80), IP4_OK, "ihl %u", ihl);
		make(buf, ihl, ihl * 4); /* nothing behind the header */
		cr_assert_eq(ip4_check(guard_copy(buf, ihl * 4), ihl * 4), IP4_OK);
	}
}

Test(ip4, every_truncation_has_its_reason)
{
	uint8_t buf[128];

	for (unsigned ihl = 5; ihl <= 15; ihl++) {
		make(buf, ihl, 100);
		for (unsigned len = 0; len < 100; len++) {
			enum ip4_check_result want = len < 20        ? IP4_TRUNCATED
						     : len < ihl * 4 ? IP4_HEADER_TRUNCATED
								     : IP4_TOTAL_LONG;

			cr_assert_eq(ip4_check(guard_copy(buf, len), len), want, "ihl %u len %u",
				     ihl, len);
		}
	}
}

Test(ip4, version_and_ihl)
{
	uint8_t buf[128];

	for (unsigned first = 0; first < 256; first++) {
		enum ip4_check_result want = first >> 4 != 4    ? IP4_BAD_VERSION
					     : (first & 15) < 5 ? IP4_BAD_IHL
								: IP4_OK;

		make(buf, first & 15, 100);
		buf[0] = (uint8_t)first;
		cr_assert_eq(ip4_check(guard_copy(buf, 100), 100), want, "first byte %#x", first);
	}
}

Test(ip4, every_total_length)
{
	uint8_t buf[128];

	for (unsigned ihl = 5; ihl <= 15; ihl += 5) {
		for (unsigned total = 0; total <= 0xffff; total++) {
			make(buf, ihl, 100);
			struct ip4_header *h = (struct ip4_header *)buf;

			h->total_length = net_swap16((uint16_t)total);
			h->checksum = 0;
			h->checksum = checksum_ip4(buf, ihl * 4);
			enum ip4_check_result want = total < ihl * 4 ? IP4_TOTAL_SHORT
						     : total > 100   ? IP4_TOTAL_LONG
								     : IP4_OK;

			cr_assert_eq(ip4_check(buf, 100), want, "ihl %u total %u", ihl, total);
		}
	}
}

Test(ip4, padding_up_to_9216_is_allowed)
{
	uint8_t buf[9216] = { 0 };

	make(buf, 5, 20);
	cr_expect_eq(ip4_check(guard_copy(buf, sizeof(buf)), sizeof(buf)), IP4_OK);
}

Test(ip4, checksum_is_checked_over_options_too)
{
	uint8_t buf[128];

	make(buf, 5, 60);
	buf[8]++;
	cr_expect_eq(ip4_check(buf, 60), IP4_BAD_CHECKSUM);
	make(buf, 15, 60);
	buf[59]++;
	cr_expect_eq(ip4_check(buf, 60), IP4_BAD_CHECKSUM);
}

Test(ip4, random_bytes_never_read_past_the_end)
{
	uint64_t seed = 11;

	for (unsigned round = 0; round < 100000; round++) {
		uint8_t buf[80];
		size_t len = guard_random(&seed) % (sizeof(buf) + 1);

		for (unsigned i = 0; i < sizeof(buf); i++)
			buf[i] = (uint8_t)guard_random(&seed);
		if (round & 1)
			buf[0] = (uint8_t)(0x40 | (buf[0] & 15));
		cr_assert_lt(ip4_check(guard_copy(buf, len), len), IP4_CHECK_RESULTS);
	}
}

Test(ip4, martian_sources)
{
	cr_expect(ip4_source_is_martian(ip(0, 0, 0, 0)));
	cr_expect(ip4_source_is_martian(ip(0, 255, 255, 255)));
	cr_expect(ip4_source_is_martian(ip(127, 0, 0, 1)));
	cr_expect(ip4_source_is_martian(ip(127, 255, 255, 255)));
	cr_expect(ip4_source_is_martian(ip(224, 0, 0, 1)));
	cr_expect(ip4_source_is_martian(ip(239, 255, 255, 255)));
	cr_expect(ip4_source_is_martian(ip(240, 0, 0, 0)));
	cr_expect(ip4_source_is_martian(ip(255, 255, 255, 255)));
	cr_expect(!ip4_source_is_martian(ip(1, 0, 0, 0)));
	cr_expect(!ip4_source_is_martian(ip(126, 255, 255, 255)));
	cr_expect(!ip4_source_is_martian(ip(128, 0, 0, 0)));
	cr_expect(!ip4_source_is_martian(ip(223, 255, 255, 255)));
	cr_expect(!ip4_source_is_martian(ip(10, 0, 0, 1)));
}

Test(ip4, martian_destinations)
{
	cr_expect(ip4_destination_is_martian(ip(0, 0, 0, 0)));
	cr_expect(ip4_destination_is_martian(ip(127, 0, 0, 1)));
	cr_expect(ip4_destination_is_martian(ip(240, 0, 0, 1)));
	cr_expect(ip4_destination_is_martian(ip(255, 255, 255, 254)));
	cr_expect(!ip4_destination_is_martian(ip(255, 255, 255, 255)));
	cr_expect(!ip4_destination_is_martian(ip(224, 0, 0, 1)));
	cr_expect(!ip4_destination_is_martian(ip(239, 255, 255, 255)));
	cr_expect(!ip4_destination_is_martian(ip(198, 18, 0, 1)));
}

/* The predicates agree with a plain reading of the ranges over the whole address space's edges. */
Test(ip4, ranges)
{
	for (unsigned top = 0; top < 256; top++) {
		uint32_t addr = ip(top, 1, 2, 3);

		cr_assert_eq(ip4_is_multicast(addr), top >= 224 && top <= 239);
		cr_assert_eq(ip4_is_loopback(addr), top == 127);
		cr_assert_eq(ip4_is_this_network(addr), top == 0);
		cr_assert_eq(ip4_is_reserved(addr), top >= 240);
		cr_assert_eq(ip4_source_is_martian(addr), top == 0 || top == 127 || top >= 224);
	}
	cr_expect(!ip4_is_reserved(0xffffffff));
	cr_expect(ip4_is_limited_broadcast(0xffffffff));
	cr_expect(!ip4_is_limited_broadcast(ip(255, 255, 255, 254)));
	cr_expect(ip4_is_link_local(ip(169, 254, 3, 4)));
	cr_expect(!ip4_is_link_local(ip(169, 253, 3, 4)));
}

Test(ip4, fragments)
{
	struct ip4_header h = { .fragment = NET_BE16(NET_IP4_DF) };

	cr_expect(!ip4_is_fragment(&h) && !ip4_is_later_fragment(&h) && ip4_dont_fragment(&h));
	h.fragment = NET_BE16(NET_IP4_MF);
	cr_expect(ip4_is_fragment(&h) && !ip4_is_later_fragment(&h) && !ip4_dont_fragment(&h));
	h.fragment = NET_BE16(1);
	cr_expect(ip4_is_fragment(&h) && ip4_is_later_fragment(&h));
}
