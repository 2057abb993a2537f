/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/net/martian.h: every filter at both ends of its range, and the addresses beside them. */
#include "lib/net/martian.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>

static uint32_t ip4(const char *text)
{
	uint32_t a;

	cr_assert_eq(inet_pton(AF_INET, text, &a), 1, "%s", text);
	return a;
}

static const uint8_t *ip6(const char *text)
{
	static uint8_t a[4][16];
	static unsigned i;

	i = (i + 1) % 4;
	cr_assert_eq(inet_pton(AF_INET6, text, a[i]), 1, "%s", text);
	return a[i];
}

Test(martian, every_first_byte_of_ip4)
{
	for (unsigned top = 0; top < 256; top++) {
		for (unsigned low = 0; low < 2; low++) {
			const uint32_t a = net_swap32(top << 24 | (low ? 0xfffffe : 1));
			const enum martian src = martian_source4(a, ip4("10.0.0.1")),
					   dst = martian_destination4(a);

			cr_assert_eq(src,
				     top == 0     ? MARTIAN_IP4_SOURCE_THIS_NETWORK
				     : top == 127 ? MARTIAN_IP4_SOURCE_LOOPBACK
				     : top >= 240 ? MARTIAN_IP4_SOURCE_RESERVED
				     : top >= 224 ? MARTIAN_IP4_SOURCE_MULTICAST
						  : MARTIAN_NONE,
				     "source %u", top);
			cr_assert_eq(dst,
				     top == 0     ? MARTIAN_IP4_DESTINATION_THIS_NETWORK
				     : top == 127 ? MARTIAN_IP4_DESTINATION_LOOPBACK
				     : top >= 240 ? MARTIAN_IP4_DESTINATION_RESERVED
						  : MARTIAN_NONE,
				     "destination %u", top);
			/* the quick question says the same */
			cr_assert_eq(src != MARTIAN_NONE, ip4_source_is_martian(a));
			cr_assert_eq(dst != MARTIAN_NONE, ip4_destination_is_martian(a));
		}
	}
	cr_expect_eq(martian_source4(0xffffffff, ip4("10.0.0.1")), MARTIAN_IP4_SOURCE_RESERVED);
	cr_expect_eq(martian_destination4(0xffffffff), MARTIAN_NONE);
	cr_expect_eq(martian_source4(0, 0xffffffff), MARTIAN_NONE, "DHCP");
	cr_expect_eq(martian_source4(0, ip4("10.0.0.1")), MARTIAN_IP4_SOURCE_THIS_NETWORK);
	cr_expect_eq(martian_source4(ip4("0.0.0.1"), 0xffffffff), MARTIAN_IP4_SOURCE_THIS_NETWORK);
}

Test(martian, ip6)
{
	static const uint8_t to[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };

	cr_expect_eq(martian_source6(ip6("::"), to), MARTIAN_IP6_SOURCE_UNSPECIFIED);
	cr_expect_eq(martian_source6(ip6("::"), ip6("ff02::1:ff00:1")), MARTIAN_NONE, "DAD");
	cr_expect_eq(martian_source6(ip6("::1"), to), MARTIAN_IP6_SOURCE_LOOPBACK);
	cr_expect_eq(martian_source6(ip6("::2"), to), MARTIAN_NONE);
	cr_expect_eq(martian_source6(ip6("ff00::"), to), MARTIAN_IP6_SOURCE_MULTICAST);
	cr_expect_eq(martian_source6(ip6("feff::"), to), MARTIAN_NONE);
	cr_expect_eq(martian_source6(ip6("::ffff:10.0.0.1"), to), MARTIAN_IP6_SOURCE_MAPPED);
	cr_expect_eq(martian_source6(ip6("::fffe:10.0.0.1"), to), MARTIAN_NONE);
	cr_expect_eq(martian_source6(ip6("64:ff9b::10.0.0.1"), to), MARTIAN_NONE);
	cr_expect_eq(martian_destination6(ip6("::")), MARTIAN_IP6_DESTINATION_UNSPECIFIED);
	cr_expect_eq(martian_destination6(ip6("::1")), MARTIAN_IP6_DESTINATION_LOOPBACK);
	cr_expect_eq(martian_destination6(ip6("::ffff:0:0")), MARTIAN_IP6_DESTINATION_MAPPED);
	cr_expect_eq(martian_destination6(ip6("ff02::1")), MARTIAN_NONE);
	cr_expect_eq(martian_destination6(to), MARTIAN_NONE);
}
