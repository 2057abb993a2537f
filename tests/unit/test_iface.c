/* SPDX-License-Identifier: BSD-3-Clause */
/* dataplane/tables/iface.c: prefix comparison and the choice of a source address. */
#include "dataplane/tables/iface.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "tests/unit/guard.h"

static uint32_t ip4(const char *text)
{
	uint32_t addr;

	cr_assert_eq(inet_pton(AF_INET, text, &addr), 1, "%s", text);
	return addr;
}

static void add4(struct iface *f, const char *text, uint8_t len)
{
	f->addr4[f->n4++] = (struct iface_addr4){ .addr = ip4(text), .len = len };
}

static void add6(struct iface *f, const char *text, uint8_t len)
{
	cr_assert_eq(inet_pton(AF_INET6, text, f->addr6[f->n6].addr), 1, "%s", text);
	f->addr6[f->n6++].len = len;
}

static const char *source4(const struct iface *f, const char *peer)
{
	static char text[INET_ADDRSTRLEN];
	const uint32_t *src = iface_source4(f, ip4(peer));

	return src ? inet_ntop(AF_INET, src, text, sizeof(text)) : "none";
}

static const char *source6(const struct iface *f, const char *peer)
{
	static char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	const uint8_t *src;

	cr_assert_eq(inet_pton(AF_INET6, peer, addr), 1, "%s", peer);
	src = iface_source6(f, addr);
	return src ? inet_ntop(AF_INET6, src, text, sizeof(text)) : "none";
}

/* Bit by bit, as the words say it. */
static bool naive_match(const uint8_t *a, const uint8_t *b, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if ((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

Test(iface, prefix_match_at_every_length)
{
	uint8_t a[16], b[16];
	uint64_t seed = 7;

	for (unsigned i = 0; i < 16; i++)
		a[i] = (uint8_t)guard_random(&seed);
	for (unsigned bit = 0; bit <= 128; bit++) {
		memcpy(b, a, 16);
		if (bit < 128)
			b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		for (unsigned len = 0; len <= 128; len++) {
			cr_assert_eq(prefix_match(a, b, len), bit >= len, "bit %u, length %u", bit,
				     len);
			cr_assert_eq(prefix_match(a, b, len), naive_match(a, b, len));
		}
	}
}

/* The last byte may be the last that can be read. */
Test(iface, prefix_match_reads_no_more_than_it_needs)
{
	const uint8_t zero[16] = { 0 };
	const uint8_t *end4 = guard_copy(zero, 4);

	for (unsigned len = 0; len <= 32; len++)
		cr_assert(prefix_match(end4, zero, len));
	const uint8_t *end6 = guard_copy(zero, 16);

	for (unsigned len = 0; len <= 128; len++)
		cr_assert(prefix_match(zero, end6, len));
}

Test(iface, source4_is_the_one_of_the_peers_subnet)
{
	struct iface f = { 0 };

	cr_expect_str_eq(source4(&f, "10.0.0.9"), "none");
	add4(&f, "10.0.0.1", 24);
	add4(&f, "10.0.1.1", 24);
	add4(&f, "192.0.2.7", 31);
	cr_expect_str_eq(source4(&f, "10.0.0.9"), "10.0.0.1");
	cr_expect_str_eq(source4(&f, "10.0.1.255"), "10.0.1.1");
	cr_expect_str_eq(source4(&f, "192.0.2.6"), "192.0.2.7");
	cr_expect_str_eq(source4(&f, "192.0.2.8"), "10.0.0.1", "else the first");
	cr_expect(iface_has4(&f, ip4("10.0.1.1")));
	cr_expect(!iface_has4(&f, ip4("10.0.1.2")));
}

Test(iface, source6_is_the_one_of_the_peers_subnet)
{
	struct iface f = { 0 };
	uint8_t own[16], other[16];

	cr_expect_str_eq(source6(&f, "2001:db8::9"), "none");
	add6(&f, "2001:db8:1::1", 64);
	add6(&f, "2001:db8:2::1", 48);
	add6(&f, "fe80::1", 64);
	cr_expect_str_eq(source6(&f, "2001:db8:1::9"), "2001:db8:1::1");
	cr_expect_str_eq(source6(&f, "2001:db8:2:ffff::9"), "2001:db8:2::1");
	cr_expect_str_eq(source6(&f, "fe80::99"), "fe80::1");
	cr_expect_str_eq(source6(&f, "2001:db8:3::9"), "2001:db8:1::1", "else the first");
	inet_pton(AF_INET6, "2001:db8:2::1", own);
	inet_pton(AF_INET6, "2001:db8:2::2", other);
	cr_expect(iface_has6(&f, own));
	cr_expect(!iface_has6(&f, other));
}

Test(iface, hears_groups_and_broadcasts_of_its_link)
{
	struct iface f = { 0 };
	static const struct {
		const char *addr;
		bool heard;
	} cases[] = {
		{ "224.0.0.0", true },       { "224.0.0.5", true },    { "224.0.0.255", true },
		{ "224.0.1.0", false },      { "239.1.1.1", false },   { "223.255.255.255", false },
		{ "255.255.255.255", true }, { "10.0.0.255", true },   { "10.0.0.0", false },
		{ "10.0.0.1", false },       { "10.0.1.255", false },  { "10.8.255.255", true },
		{ "192.0.2.7", false },      { "192.0.2.255", false },
	};

	add4(&f, "10.0.0.1", 24);
	add4(&f, "10.8.0.1", 16);
	add4(&f, "192.0.2.6", 31); /* no broadcast (RFC 3021) */
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(iface_hears4(&f, ip4(cases[i].addr)), cases[i].heard, "%s",
			     cases[i].addr);
}
