/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/arp.c: a captured request, every wrong field, every truncation, built frames.
 */
#include "lib/net/arp.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/guard.h"

#define IP(a, b, c, d) NET_BE32((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const uint8_t request[28] = {
	0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x0a,
	10,   0,    0,    1,    0,    0,    0,    0,    0,    0,    10,   0,    0,    2,
};
static const uint8_t mac_a[6] = { 0x02, 0, 0, 0, 0, 0x0a };
static const uint8_t mac_b[6] = { 0x02, 0, 0, 0, 0, 0x0b };

static enum arp_result parse_with(unsigned offset, uint8_t value)
{
	uint8_t p[28];
	struct arp_info info;

	memcpy(p, request, 28);
	p[offset] = value;
	return arp_parse(guard_copy(p, 28), 28, &info);
}

Test(arp, request)
{
	struct arp_info info;

	cr_assert_eq(arp_parse(guard_copy(request, 28), 28, &info), ARP_OK);
	cr_expect_eq(info.op, ARP_OP_REQUEST);
	cr_expect_arr_eq(info.sender_mac, mac_a, 6);
	cr_expect_eq(info.sender_ip, IP(10, 0, 0, 1));
	cr_expect_eq(info.target_ip, IP(10, 0, 0, 2));
	cr_expect(!info.probe && !info.announcement);
}

Test(arp, truncations)
{
	struct arp_info info;

	for (size_t len = 0; len < 28; len++)
		cr_assert_eq(arp_parse(guard_copy(request, len), len, &info), ARP_TRUNCATED);
}

Test(arp, every_wrong_field_has_its_reason)
{
	cr_expect_eq(parse_with(1, 6), ARP_BAD_HTYPE);
	cr_expect_eq(parse_with(0, 1), ARP_BAD_HTYPE);
	cr_expect_eq(parse_with(2, 0x86), ARP_BAD_PTYPE);
	cr_expect_eq(parse_with(4, 8), ARP_BAD_LENGTHS);
	cr_expect_eq(parse_with(5, 16), ARP_BAD_LENGTHS);
	for (unsigned op = 0; op < 256; op++)
		cr_assert_eq(parse_with(7, (uint8_t)op), op == 1 || op == 2 ? ARP_OK : ARP_BAD_OP);
	cr_expect_eq(parse_with(6, 1), ARP_BAD_OP);
	cr_expect_eq(parse_with(8, 0x03), ARP_BAD_SENDER_MAC);
	cr_expect_eq(parse_with(14, 224), ARP_BAD_SENDER_IP);
	cr_expect_eq(parse_with(14, 127), ARP_BAD_SENDER_IP);
	cr_expect_eq(parse_with(14, 0), ARP_BAD_SENDER_IP, "0.0.0.1 is no probe");

	uint8_t p[28];
	struct arp_info info;

	memcpy(p, request, 28);
	memset(p + 8, 0, 6);
	cr_expect_eq(arp_parse(p, 28, &info), ARP_BAD_SENDER_MAC);
	memset(p + 8, 0xff, 6);
	cr_expect_eq(arp_parse(p, 28, &info), ARP_BAD_SENDER_MAC);
}

Test(arp, probe_and_announcement)
{
	uint8_t p[28];
	struct arp_info info;

	memcpy(p, request, 28);
	memset(p + 14, 0, 4);
	cr_assert_eq(arp_parse(p, 28, &info), ARP_OK);
	cr_expect(info.probe && !info.announcement);
	p[7] = ARP_OP_REPLY;
	cr_expect_eq(arp_parse(p, 28, &info), ARP_BAD_SENDER_IP);

	memcpy(p, request, 28);
	memcpy(p + 24, p + 14, 4);
	cr_assert_eq(arp_parse(p, 28, &info), ARP_OK);
	cr_expect(!info.probe && info.announcement);
}

Test(arp, build_request)
{
	uint8_t buf[64];
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0a, 8, 6 };

	memcpy(frame + 14, request, 28);
	memset(buf, 0xee, sizeof(buf));
	cr_assert_eq(arp_build_request(buf, 60, mac_a, 0, IP(10, 0, 0, 1), IP(10, 0, 0, 2)), 60);
	cr_expect_arr_eq(buf, frame, 60);
	cr_expect_eq(buf[60], 0xee);
	cr_expect_eq(arp_build_request(buf, 59, mac_a, 0, 1, 2), -ENOSPC);
	cr_expect_eq(arp_build_request(buf, 63, mac_a, 7, 1, 2), -ENOSPC);
}

Test(arp, build_reply_on_a_vlan_parses_again)
{
	uint8_t buf[64];
	struct arp_info info;

	cr_assert_eq(arp_build_reply(buf, 64, mac_b, mac_a, 100, IP(10, 0, 0, 2), IP(10, 0, 0, 1)),
		     64);
	cr_expect_arr_eq(buf, mac_a, 6);
	cr_expect_arr_eq(buf + 6, mac_b, 6);
	cr_expect_arr_eq(buf + 12, "\x81\x00\x00\x64\x08\x06", 6);
	cr_assert_eq(arp_parse(buf + 18, 46, &info), ARP_OK);
	cr_expect_eq(info.op, ARP_OP_REPLY);
	cr_expect_arr_eq(info.sender_mac, mac_b, 6);
	cr_expect_arr_eq(info.target_mac, mac_a, 6);
	cr_expect_eq(info.sender_ip, IP(10, 0, 0, 2));
	cr_expect_eq(info.target_ip, IP(10, 0, 0, 1));
}
