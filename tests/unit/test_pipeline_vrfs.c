/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VRFs in the pipeline: the same addresses twice, each packet by the tables of the interface it
 * came in on and by no other's, whatever it comes in beside, and whatever is made of it.
 *
 * blue: p0 10.0.0/24, p1 10.0.1/24. red: p2 10.0.0/24, p3 10.0.1/24, VLAN 100 of p0 10.100/24.
 * Nobody's: p4 10.0.0/24. Hosts .2 have the port's number as the fifth byte of their address.
 */
#include "tests/unit/board.h"

static const char yaml[] =
	"workers: {count: 1}\n"
	"vrfs:\n"
	"  blue: {table: 10, routes4: 256, routes6: 256}\n"
	"  red: {table: 11, routes4: 256, routes6: 256}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, vrf: blue, addresses: [10.0.0.1/24, "
	"'2001:db8::1/64'],\n"
	"       vlans: {100: {vrf: red, addresses: [10.100.0.1/24, '2001:db8:100::1/64']}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, vrf: blue,\n"
	"       addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2, carrier: loop, vrf: red, addresses: [10.0.0.1/24, "
	"'2001:db8::1/64']}\n"
	"  p3: {lanes: oe0/3, carrier: loop, vrf: red,\n"
	"       addresses: [10.0.1.1/24, '2001:db8:1::1/64', 10.77.0.1/24, '2001:db8:77::1/64']}\n"
	"  p4: {lanes: oe0/4, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"routes:\n"
	"  - {to: 10.50.0.0/16, via: 10.0.1.2, vrf: red}\n"
	"  - {to: 10.51.0.0/16, via: 10.0.1.2, vrf: blue}\n"
	"  - {to: 10.51.0.0/16, via: 10.0.0.2, vrf: red}\n"
	"  - {to: 10.77.0.0/24, via: 10.0.0.2, vrf: blue}\n"
	"  - {to: '2001:db8:50::/48', via: '2001:db8:1::2', vrf: red}\n"
	"  - {to: '2001:db8:77::/64', via: '2001:db8::2', vrf: blue}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02', vrf: blue}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02', vrf: blue}\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:02:02', port: p2}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:03:02', port: p3}\n"
	"  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02', port: p0, vlan: 100}\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:04:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02', vrf: blue}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02', vrf: blue}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:02:02', vrf: red}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:03:02', vrf: red}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:04:02'}\n";

static const uint8_t mac[6] = { 2, 0, 0, 0, 9, 9 }, asked[6] = { 2, 0, 0, 0, 3, 7 };
static struct bed bed;
static struct frame in, want;

TestSuite(pipeline_vrfs, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 1, 1, 1, 0 });
}

static const uint8_t *host(unsigned port)
{
	static uint8_t addr[2][6];
	static unsigned turn;
	uint8_t *a = addr[++turn % 2];

	memcpy(a, (uint8_t[]){ 2, 0, 0, 0, (uint8_t)port, 2 }, 6);
	return a;
}

static void udp(unsigned port, uint16_t vlan, const char *src, const char *dst, uint8_t ttl)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, port),
				      .from = mac,
				      .vlan = vlan,
				      .src = src,
				      .dst = dst,
				      .ttl = ttl,
				      .payload = 30 });
}

static void put(unsigned port)
{
	bed_send(&bed, port, &in);
	bed_settle(&bed);
}

Test(pipeline_vrfs, each_by_its_own_tables)
{
	static const struct {
		const char *what, *src, *dst;
		uint16_t vlan;
		unsigned from, port;
	} cases[] = {
		{ "blue", "10.0.0.9", "10.0.1.2", 0, 0, 1 },
		{ "red, the same", "10.0.0.9", "10.0.1.2", 0, 2, 3 },
		{ "blue back", "10.0.1.9", "10.0.0.2", 0, 1, 0 },
		{ "red back", "10.0.1.9", "10.0.0.2", 0, 3, 2 },
		{ "nobody's", "10.0.0.9", "10.0.0.2", 0, 4, 4 },
		{ "red by VLAN on a blue port", "10.100.0.9", "10.0.1.2", 100, 0, 3 },
		{ "a route of red", "10.0.0.9", "10.50.1.1", 0, 2, 3 },
		{ "a route of both, in blue", "10.0.0.9", "10.51.1.1", 0, 0, 1 },
		{ "and in red", "10.0.0.9", "10.51.1.1", 0, 2, 2 },
		{ "six, blue", "2001:db8::9", "2001:db8:1::2", 0, 0, 1 },
		{ "six, red", "2001:db8::9", "2001:db8:1::2", 0, 2, 3 },
		{ "six, red by VLAN", "2001:db8:100::9", "2001:db8:1::2", 100, 0, 3 },
		{ "six, a route of red", "2001:db8::9", "2001:db8:50::1", 0, 2, 3 },
		{ "six, nobody's", "2001:db8::9", "2001:db8::2", 0, 4, 4 },
	};

	start();
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		udp(cases[i].from, cases[i].vlan, cases[i].src, cases[i].dst, 0);
		frame_forwarded(&want, &in, host(cases[i].port), bed_mac(&bed, cases[i].port), 0);
		put(cases[i].from);
		bed_expect_frame(&bed, cases[i].what, cases[i].port, &want);
		bed_expect_nothing(&bed, cases[i].what);
		bed_expect_sent(&bed, cases[i].what, 1, 1);
	}
	bed_close(&bed);
}

/* What another VRF has is not there: the sender is told, in its own. */
Test(pipeline_vrfs, nothing_leaks)
{
	static const struct {
		const char *what, *src, *dst, *told_by;
		unsigned from;
	} cases[] = {
		{ "red's route, from blue", "10.0.0.2", "10.50.1.1", "10.0.0.1", 0 },
		{ "a subnet of both, from nobody's", "10.0.0.2", "10.0.1.2", "10.0.0.1", 4 },
		{ "red's VLAN, from blue, same port", "10.0.0.2", "10.100.0.2", "10.0.0.1", 0 },
		{ "six, red's route, from blue", "2001:db8::2", "2001:db8:50::1", "2001:db8::1",
		  0 },
		{ "six, a subnet of both, from nobody's", "2001:db8::2", "2001:db8:1::2",
		  "2001:db8::1", 4 },
	};

	start();
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		const bool six = strchr(cases[i].src, ':');

		udp(cases[i].from, 0, cases[i].src, cases[i].dst, 0);
		put(cases[i].from);
		frame_icmp_error(&want, &in, host(cases[i].from), bed_mac(&bed, cases[i].from), 0,
				 cases[i].told_by, six ? 1 : 3, 0, 0);
		bed_expect_frame(&bed, cases[i].what, cases[i].from, &want);
		bed_expect_nothing(&bed, cases[i].what);
	}
	bed_delta(&bed, "told");
	udp(2, 0, "10.0.0.2", "127.0.0.1", 0);
	put(2);
	bed_expect_drop(&bed, "martians are martians in each", DROP_IP4_DESTINATION_LOOPBACK, 1);
	udp(1, 0, "2001:db8:1::2", "ff01::1", 0);
	put(1);
	bed_delta(&bed, "six");
	bed_close(&bed);
}

Test(pipeline_vrfs, errors_and_echoes_stay_in_theirs)
{
	start();
	for (unsigned port = 0; port < 4; port++) {
		const unsigned back = port;
		char src[32], dst[32], by[32], six_src[32], six_by[32];

		snprintf(src, sizeof(src), "10.0.%u.2", port % 2);
		snprintf(dst, sizeof(dst), "10.0.%u.2", 1 - port % 2);
		snprintf(by, sizeof(by), "10.0.%u.1", port % 2);
		udp(port, 0, src, dst, 1);
		put(port);
		frame_icmp_error(&want, &in, host(back), bed_mac(&bed, back), 0, by, 11, 0, 0);
		bed_expect_frame(&bed, "time exceeded", back, &want);

		snprintf(six_src, sizeof(six_src), port % 2 ? "2001:db8:1::2" : "2001:db8::2");
		snprintf(six_by, sizeof(six_by), port % 2 ? "2001:db8:1::1" : "2001:db8::1");
		udp(port, 0, six_src, "2001:db8:51::1", 1);
		put(port);
		frame_icmp_error(&want, &in, host(back), bed_mac(&bed, back), 0, six_by, 1, 0, 0);
		bed_expect_frame(&bed, "six, no route", back, &want);

		frame_echo(&in,
			   &(struct udp){ .to = bed_mac(&bed, port),
					  .from = mac,
					  .src = src,
					  .dst = by,
					  .payload = 20 },
			   8);
		put(port);
		frame_echo_reply(&want, &in, host(back), bed_mac(&bed, back), 0, NULL);
		bed_expect_frame(&bed, "echo reply", back, &want);
		bed_expect_nothing(&bed, "no more");
	}
	/* 10.77.0.1 is ours in red; in blue it is somebody's, who is told */
	udp(0, 0, "10.77.0.1", "10.0.1.2", 1);
	put(0);
	frame_icmp_error(&want, &in, host(0), bed_mac(&bed, 0), 0, "10.0.0.1", 11, 0, 0);
	bed_expect_frame(&bed, "not ours here", 0, &want);
	udp(0, 0, "2001:db8:77::1", "2001:db8:1::2", 1);
	put(0);
	frame_icmp_error(&want, &in, host(0), bed_mac(&bed, 0), 0, "2001:db8::1", 3, 0, 0);
	bed_expect_frame(&bed, "six, not ours here", 0, &want);
	bed_delta(&bed, "told");
	udp(2, 0, "10.77.0.1", "10.0.1.2", 1);
	put(2);
	bed_expect_drop(&bed, "our own address, in red", DROP_IP4_SOURCE_OWN, 1);
	udp(2, 0, "2001:db8:77::1", "2001:db8:1::2", 1);
	put(2);
	bed_expect_drop(&bed, "six, our own address, in red", DROP_IP6_SOURCE_OWN, 1);
	bed_close(&bed);
}

/* Both VRFs in one burst, in runs of all lengths: each packet goes its own way. */
Test(pipeline_vrfs, mixed_bursts)
{
	unsigned to[4] = { 0 }, sent[4] = { 0 };

	start();
	for (unsigned six = 0; six < 2; six++) {
		for (unsigned i = 0; i < 600; i++) {
			const bool red = i * i / 7 % 3 == 0;

			if (six)
				udp(0, red ? 100 : 0, red ? "2001:db8:100::9" : "2001:db8::9",
				    "2001:db8:1::2", 0);
			else
				udp(0, red ? 100 : 0, red ? "10.100.0.9" : "10.0.0.9", "10.0.1.2",
				    0);
			bed_send(&bed, 0, &in);
			sent[red ? 3 : 1]++;
			if (i % 200 == 199)
				bed_settle(&bed);
		}
	}
	for (const struct frame *f; (f = bed_next(&bed)); to[f->port]++) {
		cr_assert_lt(f->port, 4);
		cr_assert_arr_eq(f->data, host(f->port), 6, "another VRF's neighbour");
	}
	cr_expect_eq(to[1], sent[1], "%u of %u in blue", to[1], sent[1]);
	cr_expect_eq(to[3], sent[3], "%u of %u in red", to[3], sent[3]);
	bed_expect_sent(&bed, "mixed", 1200, 1200);
	bed_close(&bed);
}

/* Who is asked for, learnt and given a host route, is so in one VRF only. */
Test(pipeline_vrfs, neighbours_are_of_one)
{
	const uint8_t addr[16] = { 10, 0, 1, 7 };
	uint32_t row;

	start();
	udp(2, 0, "10.0.0.2", "10.0.1.7", 0);
	put(2);
	frame_arp(&want, false, NULL, bed_mac(&bed, 3), 0, "10.0.1.1", "10.0.1.7");
	bed_expect_frame(&bed, "asked in red", 3, &want);
	frame_forwarded(&want, &in, asked, bed_mac(&bed, 3), 0);
	frame_arp(&in, true, bed_mac(&bed, 3), asked, 0, "10.0.1.7", "10.0.1.1");
	put(3);
	bed_expect_frame(&bed, "held and sent in red", 3, &want);
	cr_expect_eq(fib_get(board_fib(bed.board, 2, AF_INET), addr, 32, &row), 0);
	cr_expect_eq(fib_get(board_fib(bed.board, 1, AF_INET), addr, 32, &row), -ENOENT);
	cr_expect_eq(fib_get(board_fib(bed.board, 0, AF_INET), addr, 32, &row), -ENOENT);
	udp(0, 0, "10.0.0.2", "10.0.1.7", 0);
	put(0);
	frame_arp(&want, false, NULL, bed_mac(&bed, 1), 0, "10.0.1.1", "10.0.1.7");
	bed_expect_frame(&bed, "in blue it is another", 1, &want);
	bed_close(&bed);
}

/* A packet waits for a neighbour, and the port it came in on goes: it stays in its VRF. */
Test(pipeline_vrfs, held_while_its_port_goes)
{
	struct err err;

	start();
	udp(2, 0, "10.0.0.2", "10.0.1.7", 0);
	put(2);
	bed_forget(&bed);
	frame_forwarded(&want, &in, asked, bed_mac(&bed, 3), 0);
	cr_assert_eq(ifaces_change(bed.board, &err), 0);
	ifaces_detach(bed.board, 2);
	cr_assert_eq(workers_republish(bed.board), 0);
	frame_arp(&in, true, bed_mac(&bed, 3), asked, 0, "10.0.1.7", "10.0.1.1");
	put(3);
	bed_expect_frame(&bed, "by red's tables", 3, &want);
	bed_close(&bed);
}
