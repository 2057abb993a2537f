/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/checksum.h against published vectors and against the definition of RFC 1071.
 */
#include "lib/net/checksum.h"

#include <criterion/criterion.h>

#include "tests/unit/guard.h"

/* The definition, byte by byte, as slow and plain as it can be. */
static uint16_t reference(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

Test(checksum, rfc1071_example)
{
	const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	cr_expect_eq(checksum_fold(checksum_add(0, data, sizeof(data))), NET_BE16(0xddf2));
}

Test(checksum, known_ip4_header)
{
	uint8_t h[20] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
			  0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	cr_expect(checksum_ip4_ok_20(h));
	cr_expect(checksum_ip4_ok(h, 20));
	h[10] = h[11] = 0;
	cr_expect_eq(checksum_ip4(h, 20), NET_BE16(0xb861));
	cr_expect(!checksum_ip4_ok_20(h));
}

Test(checksum, every_length_ends_at_the_guard)
{
	uint8_t data[300];
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)guard_random(&seed);
	for (size_t len = 0; len <= sizeof(data); len++) {
		uint8_t *p = guard_copy(data, len);

		cr_assert_eq(checksum_finish(checksum_add(0, p, len)),
			     NET_BE16(reference(data, len)), "length %zu", len);
	}
}

Test(checksum, all_ones_and_zeros_do_not_overflow)
{
	static uint8_t ones[65535];

	cr_expect_eq(checksum_fold(checksum_add(0, ones, sizeof(ones))), 0);
	memset(ones, 0xff, sizeof(ones));
	cr_expect_eq(checksum_finish(checksum_add(0, ones, sizeof(ones))),
		     NET_BE16(reference(ones, sizeof(ones))));
	cr_expect_eq(checksum_fold(UINT64_MAX), 0xffff);
}

/* Any bit of a correct header flipped makes it wrong, for every header length. */
Test(checksum, single_bit_errors_are_seen)
{
	uint64_t seed = 7;

	for (unsigned len = 20; len <= 60; len += 4) {
		uint8_t h[60];

		for (unsigned i = 0; i < len; i++)
			h[i] = (uint8_t)guard_random(&seed);
		h[10] = h[11] = 0;
		uint16_t sum = checksum_ip4(h, len);

		memcpy(h + 10, &sum, 2);
		cr_assert(checksum_ip4_ok(h, len));
		for (unsigned bit = 0; bit < len * 8; bit++) {
			h[bit / 8] ^= (uint8_t)(1u << bit % 8);
			cr_assert(!checksum_ip4_ok(h, len), "length %u bit %u", len, bit);
			h[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

/* Incremental updates give the very field a full computation gives, the corner 0xffff included. */
Test(checksum, incremental_equals_full)
{
	uint64_t seed = 3;

	for (unsigned round = 0; round < 200000; round++) {
		struct ip4_header h;

		for (unsigned i = 0; i < sizeof(h); i++)
			((uint8_t *)&h)[i] = (uint8_t)guard_random(&seed);
		h.version_ihl = 0x45;
		if (!h.ttl)
			h.ttl = 1;
		h.checksum = 0;
		h.checksum = checksum_ip4(&h, sizeof(h));

		struct ip4_header changed = h;
		uint32_t address = (uint32_t)guard_random(&seed);

		changed.checksum = checksum_update32(changed.checksum, changed.dst, address);
		changed.dst = address;
		cr_assert(checksum_ip4_ok_20(&changed));
		changed.checksum = checksum_update16(changed.checksum, changed.id, (uint16_t)round);
		changed.id = (uint16_t)round;
		cr_assert(checksum_ip4_ok_20(&changed));

		checksum_ttl_decrement(&h);
		uint16_t incremental = h.checksum;

		h.checksum = 0;
		cr_assert_eq(incremental, checksum_ip4(&h, sizeof(h)));
	}
}

/* All 65536 field values meet the TTL step: result equals the full checksum, never 0xffff. */
Test(checksum, ttl_step_over_every_field_value)
{
	for (uint32_t id = 0; id <= 0xffff; id++) {
		struct ip4_header h = { .version_ihl = 0x45, .ttl = 64, .protocol = 17 };

		h.id = (uint16_t)id;
		h.checksum = checksum_ip4(&h, sizeof(h));
		checksum_ttl_decrement(&h);
		uint16_t got = h.checksum;

		h.checksum = 0;
		cr_assert_eq(h.ttl, 63);
		cr_assert_eq(got, checksum_ip4(&h, sizeof(h)), "id %u", id);
	}
}

/* A UDP datagram over IPv4 and IPv6, checksums as scapy 2.5.0 computes them. */
Test(checksum, l4_over_both_pseudo_headers)
{
	uint8_t udp[10] = { 0x04, 0xd2, 0x00, 0x35, 0x00, 0x0a, 0, 0, 'h', 'i' };
	const uint8_t src[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	const uint8_t dst[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
	uint16_t c4 = checksum_l4_ip4(NET_BE32(0x0a000001), NET_BE32(0x0a000002), NET_PROTO_UDP,
				      udp, sizeof(udp));
	uint16_t c6 = checksum_l4_ip6(src, dst, NET_PROTO_UDP, udp, sizeof(udp));

	cr_expect_eq(c4, NET_BE16(0x7e67));
	cr_expect_eq(c6, NET_BE16(0x36f5));
	memcpy(udp + 6, &c6, 2);
	cr_expect_eq(checksum_l4_ip6(src, dst, NET_PROTO_UDP, udp, sizeof(udp)), 0);
}
