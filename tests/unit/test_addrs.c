/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses that come and go while packets do: subnets, the board's own answers, gateways and
 * neighbours that lose their subnet. A board driven by hand.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "lib/net/ip6.h"
#include "tests/unit/board.h"

static const char yaml[] = "ports:\n"
			   "  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}\n"
			   "  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24]}\n"
			   "routes:\n"
			   "  - {to: 10.50.0.0/16, via: 10.0.1.9}\n"
			   "neighbors:\n"
			   "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, mac[6] = { 2, 0, 0, 0, 1, 7 };
static struct bed bed;
static struct board *b;
static struct frame in, want;
static struct err err;

TestSuite(addrs, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
	b = bed.board;
}

static int change(bool add, uint16_t iface, const char *text, uint8_t len)
{
	const uint8_t family = strchr(text, ':') ? AF_INET6 : AF_INET;
	uint8_t addr[16];

	cr_assert_eq(inet_pton(family, text, addr), 1);
	return add ? addr_add(b, iface, family, addr, len, &err)
		   : addr_del(b, iface, family, addr, len, &err);
}

static void done(bool add, uint16_t iface, const char *text, uint8_t len)
{
	cr_assert_eq(change(add, iface, text, len), 0, "%s: %s", text, err.text);
	cr_assert_eq(addrs_commit(b, &err), 0);
	bed_settle(&bed);
}

static uint32_t row_of(uint8_t family, const char *text, uint8_t len)
{
	uint8_t addr[16];
	uint32_t row = NEXTHOP_ROW_NONE;

	cr_assert_eq(inet_pton(family, text, addr), 1);
	fib_get(board_fib(b, 0, family), addr, len, &row);
	return row;
}

static void send_udp(const char *dst)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = strchr(dst, ':') ? "2001:db8::2" : "10.0.0.2",
				      .dst = dst,
				      .payload = 30 });
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
}

Test(addrs, a_subnet_comes_and_goes)
{
	start();
	send_udp("10.7.0.7");
	bed_forget(&bed);
	cr_expect_eq(bed_delta(&bed, "not yet").errors, 1);
	done(true, 2, "10.7.0.1", 16);
	cr_expect_eq(row_of(AF_INET, "10.7.0.1", 32), NEXTHOP_ROW_LOCAL);
	cr_expect_eq(row_of(AF_INET, "10.7.255.255", 32), NEXTHOP_ROW_GROUP);
	send_udp("10.7.0.7");
	frame_arp(&want, false, NULL, bed_mac(&bed, 1), 0, "10.7.0.1", "10.7.0.7");
	bed_expect_frame(&bed, "asked for", 1, &want);
	frame_arp(&in, true, bed_mac(&bed, 1), mac, 0, "10.7.0.7", "10.7.0.1");
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	cr_expect_eq(bed_waiting(&bed), 1, "what waited goes");
	bed_forget(&bed);
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 0),
				  .from = host0,
				  .src = "10.0.0.2",
				  .dst = "10.7.0.1",
				  .payload = 9 },
		   NET_ICMP4_ECHO_REQUEST);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_echo_reply(&want, &in, host0, bed_mac(&bed, 0), 0, NULL);
	bed_expect_frame(&bed, "it answers", 0, &want);
	done(false, 2, "10.7.0.1", 16);
	cr_expect_eq(row_of(AF_INET, "10.7.0.0", 16), NEXTHOP_ROW_NONE);
	cr_expect_eq(row_of(AF_INET, "10.7.0.1", 32), NEXTHOP_ROW_NONE);
	cr_expect_eq(row_of(AF_INET, "10.7.0.7", 32), NEXTHOP_ROW_NONE, "its neighbours go");
	cr_expect_eq(row_of(AF_INET, "10.7.255.255", 32), NEXTHOP_ROW_NONE);
	cr_expect_eq(neighbors_count(b), 2);
	bed_close(&bed);
}

Test(addrs, what_two_have_in_common_stays)
{
	start();
	done(true, 2, "10.0.1.2", 24);
	cr_expect_eq(change(true, 2, "10.0.1.2", 24), -EEXIST);
	done(false, 2, "10.0.1.1", 24);
	cr_expect_neq(row_of(AF_INET, "10.0.1.0", 24), NEXTHOP_ROW_NONE);
	cr_expect_eq(row_of(AF_INET, "10.0.1.255", 32), NEXTHOP_ROW_GROUP);
	cr_expect_eq(row_of(AF_INET, "10.0.1.1", 32), NEXTHOP_ROW_NONE);
	cr_expect_neq(row_of(AF_INET, "10.50.0.0", 16), NEXTHOP_ROW_NONE, "the gateway is there");
	cr_expect_eq(change(false, 2, "10.0.1.1", 24), -ENOENT);
	cr_expect_eq(change(false, 2, "10.0.1.2", 25), -ENOENT);
	/* the same subnet on another interface: a route of its own behind this one */
	done(true, 1, "10.0.1.77", 24);
	done(false, 2, "10.0.1.2", 24);
	cr_expect_neq(row_of(AF_INET, "10.0.1.0", 24), NEXTHOP_ROW_NONE);
	bed_close(&bed);
}

Test(addrs, a_gateway_without_its_subnet)
{
	uint32_t row;

	start();
	row = row_of(AF_INET, "10.50.0.0", 16);
	done(false, 2, "10.0.1.1", 24);
	cr_expect_eq(row_of(AF_INET, "10.50.0.0", 16), NEXTHOP_ROW_NONE);
	send_udp("10.50.1.1");
	frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "10.0.0.1", 3, 0, 0);
	bed_expect_frame(&bed, "net unreachable", 0, &want);
	done(true, 2, "10.0.1.3", 24);
	cr_expect_eq(row_of(AF_INET, "10.50.0.0", 16), row, "it leads there again");
	send_udp("10.50.1.1");
	frame_arp(&want, false, NULL, bed_mac(&bed, 1), 0, "10.0.1.3", "10.0.1.9");
	bed_expect_frame(&bed, "from the new address", 1, &want);
	bed_close(&bed);
}

Test(addrs, the_first_six_brings_a_link_local_one)
{
	uint8_t own[16];

	start();
	ip6_link_local_from_mac(bed_mac(&bed, 1), own);
	cr_expect_not(iface_has6(&b->ifaces[2], own));
	done(true, 2, "2001:db8:1::1", 64);
	cr_expect(iface_has6(&b->ifaces[2], own));
	done(true, 2, "2001:db8:2::1", 64);
	cr_expect_eq(b->ifaces[2].n6, 3);
	cr_expect(ip6_is_link_local(b->ifaces[2].addr6[2].addr), "it stands last");
	cr_expect_eq(row_of(AF_INET6, "2001:db8:2::1", 128), NEXTHOP_ROW_LOCAL);
	done(false, 2, "2001:db8:1::1", 64);
	cr_expect_eq(row_of(AF_INET6, "2001:db8:1::", 64), NEXTHOP_ROW_NONE);
	bed_close(&bed);
}

Test(addrs, what_cannot_be)
{
	static const char *const bad[] = { "0.0.0.0",         "127.0.0.1", "224.0.0.1",
					   "255.255.255.255", "ff02::1",   "::" };
	char text[32];

	start();
	for (unsigned i = 0; i < RTE_DIM(bad); i++)
		cr_expect_eq(change(true, 2, bad[i], 24), -EINVAL, "%s", bad[i]);
	cr_expect_eq(change(true, 2, "10.7.0.1", 33), -EINVAL);
	cr_expect_eq(change(true, 0, "10.7.0.1", 24), -ENOENT);
	cr_expect_eq(change(true, 60000, "10.7.0.1", 24), -ENOENT);
	for (unsigned i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "10.8.%u.1", i);
		done(true, 2, text, 24);
	}
	cr_expect_eq(change(true, 2, "10.9.0.1", 24), -ENOSPC);
	cr_expect(strstr(err.text, "17"), "%s", err.text);
	cr_expect_eq(row_of(AF_INET, "10.9.0.0", 24), NEXTHOP_ROW_NONE);
	bed_close(&bed);
}
