/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipeline as a station: pings to its addresses, and the ICMP errors a router owes, byte by
 * byte (RFC 792, 1191, 1812, 4443); how many of them; and about what there are none.
 */
#include <rte_cycles.h>

#include "tests/unit/board.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, mtu: 9000,\n"
	"       addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/24, '2001:db8:100::1/64']}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, mtu: 1400,\n"
	"       addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2, carrier: loop}\n" /* no address to speak from */
	"routes:\n"
	"  - {to: 10.50.0.0/16, via: 10.0.1.2}\n"
	"  - {to: '2001:db8:50::/48', via: '2001:db8:1::2'}\n"
	"  - {to: 10.67.0.0/16, type: unreachable}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n"
	"  - {ip: '2001:db8:100::2', mac: '02:00:00:00:64:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 },
		     vlan100[6] = { 2, 0, 0, 0, 0x64, 2 };
static struct bed bed;
static struct frame in, want;

TestSuite(pipeline_icmp, .fini = bed_clean);

static void start(const char *more)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%s%s", yaml, more);
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 1, 0 });
}

static void udp(const char *src, const char *dst, uint8_t ttl)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = src,
				      .dst = dst,
				      .ttl = ttl,
				      .zero_ttl = true,
				      .id = 77,
				      .payload = 30 });
}

static void put(unsigned port)
{
	bed_send(&bed, port, &in);
	bed_settle(&bed);
}

/* The error comes back out of port 0 to host 0, from this address, and is counted. */
static void answered(const char *what, const char *own, uint8_t type, uint8_t code, uint32_t rest)
{
	struct tally d;

	put(0);
	frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, own, type, code, rest);
	bed_expect_frame(&bed, what, 0, &want);
	bed_expect_nothing(&bed, what);
	d = bed_delta(&bed, what);
	cr_assert_eq(d.errors, 1, "%s", what);
	cr_assert_eq(d.rx, 1);
	cr_assert_eq(d.tx, 1);
}

static void dropped(const char *what, enum drop_reason reason)
{
	put(0);
	bed_expect_drop(&bed, what, reason, 1);
}

static void echo(const char *src, const char *dst, uint16_t payload, uint16_t vlan,
		 const uint8_t *from)
{
	frame_echo(&in,
		   &(struct udp){ .to = bed_mac(&bed, 0),
				  .from = from,
				  .vlan = vlan,
				  .src = src,
				  .dst = dst,
				  .ttl = 9,
				  .payload = payload },
		   strchr(src, ':') ? NET_ICMP6_ECHO_REQUEST : NET_ICMP4_ECHO_REQUEST);
}

static void replied(const char *what, const uint8_t *to, uint16_t vlan, const char *src)
{
	struct tally d;

	put(0);
	frame_echo_reply(&want, &in, to, bed_mac(&bed, 0), vlan, src);
	bed_expect_frame(&bed, what, 0, &want);
	bed_expect_nothing(&bed, what);
	d = bed_delta(&bed, what);
	cr_assert_eq(d.echos, 1, "%s", what);
	cr_assert_eq(d.tx, 1);
}

Test(pipeline_icmp, pings)
{
	static const uint16_t payloads[] = { 0, 1, 18, 19, 56, 1472, 8000 };

	start("");
	for (unsigned i = 0; i < RTE_DIM(payloads); i++) {
		echo("10.0.0.2", "10.0.0.1", payloads[i], 0, host0);
		replied("four", host0, 0, NULL);
		echo("10.0.0.2", "10.0.1.1", payloads[i], 0, host0);
		replied("four, the address of another port", host0, 0, NULL);
		echo("10.100.0.2", "10.100.0.1", payloads[i], 100, vlan100);
		replied("four, VLAN", vlan100, 100, NULL);
		echo("2001:db8::2", "2001:db8::1", payloads[i], 0, host0);
		replied("six", host0, 0, NULL);
		echo("2001:db8:100::2", "2001:db8:100::1", payloads[i], 100, vlan100);
		replied("six, VLAN", vlan100, 100, NULL);
	}
	/* every sum once: identifier and sequence number count up */
	for (unsigned i = 0; i < 70000; i += 911) {
		echo("10.0.0.2", "10.0.0.1", 2, 0, host0);
		frame_put16(in.data + 14 + 20 + 8, i);
		frame_fix_icmp4(&in);
		replied("four, any sum", host0, 0, NULL);
		echo("2001:db8::2", "2001:db8::1", 2, 0, host0);
		frame_put16(in.data + 14 + 40 + 8, i);
		frame_fix_icmp6(&in);
		replied("six, any sum", host0, 0, NULL);
	}
	bed_close(&bed);
}

Test(pipeline_icmp, pings_to_link_local_and_groups)
{
	static const uint8_t all_nodes[6] = { 0x33, 0x33, 0, 0, 0, 1 },
			     all_routers[6] = { 0x33, 0x33, 0, 0, 0, 2 };
	char own[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	start("");
	ip6_link_local_from_mac(bed_mac(&bed, 0), addr);
	inet_ntop(AF_INET6, addr, own, sizeof(own));
	echo("fe80::2", own, 20, 0, host0);
	replied("link-local to link-local", host0, 0, NULL);
	echo("fe80::2", own, 20, 100, vlan100);
	replied("in the VLAN", vlan100, 100, NULL);
	echo("2001:db8::2", own, 20, 0, host0);
	replied("global to link-local", host0, 0, NULL);
	echo("2001:db8::2", "ff02::1", 20, 0, host0);
	memcpy(in.data, all_nodes, 6);
	replied("all nodes", host0, 0, "2001:db8::1");
	echo("fe80::2", "ff02::1", 20, 0, host0);
	memcpy(in.data, all_nodes, 6);
	replied("all nodes, from link-local", host0, 0, own);
	echo("fe80::2", "ff02::2", 20, 0, host0);
	memcpy(in.data, all_routers, 6);
	replied("all routers", host0, 0, own);

	echo("fe80::2", "fe80::dead", 20, 0, host0);
	dropped("another link-local address", DROP_IP6_LINK_LOCAL);
	echo("fe80::2", "ff02::16", 20, 0, host0);
	in.data[0] = 0x33;
	in.data[1] = 0x33;
	dropped("another group", DROP_IP6_GROUP);
	echo("fe80::2", "2001:db8:1::2", 20, 0, host0);
	dropped("link-local does not leave its link", DROP_IP6_LINK_LOCAL);
	echo("fe80::2", "2001:db8::1", 20, 0, host0);
	replied("link-local to global", host0, 0, NULL);
	echo("::", "ff02::1", 20, 0, host0);
	memcpy(in.data, all_nodes, 6);
	dropped("from nobody", DROP_IP6_SOURCE_UNSPECIFIED);
	bed_close(&bed);
}

Test(pipeline_icmp, bad_pings)
{
	start("");
	echo("10.0.0.2", "10.0.0.1", 20, 0, host0);
	in.data[50] ^= 1;
	dropped("four, checksum", DROP_IP4_ICMP_BAD);
	echo("2001:db8::2", "2001:db8::1", 20, 0, host0);
	in.data[70] ^= 1;
	dropped("six, checksum", DROP_IP6_ICMP_BAD);
	for (unsigned len = 0; len < 8; len++) {
		echo("10.0.0.2", "10.0.0.1", 20, 0, host0);
		frame_put16(in.data + 16, 20 + len);
		frame_fix_ip4(&in);
		in.len = 34 + len;
		dropped("four, cut", DROP_IP4_ICMP_BAD);
		echo("2001:db8::2", "2001:db8::1", 20, 0, host0);
		frame_put16(in.data + 18, len);
		if (len >= 4)
			frame_fix_icmp6(&in);
		in.len = 54 + len;
		dropped("six, cut", DROP_IP6_ICMP_BAD);
	}
	for (unsigned type = 0; type < 256; type++) {
		if (type != NET_ICMP4_ECHO_REQUEST) {
			echo("10.0.0.2", "10.0.0.1", 20, 0, host0);
			in.data[34] = (uint8_t)type;
			frame_fix_icmp4(&in);
			dropped("four, another type", DROP_IP4_LOCAL_PROTOCOL);
		}
		if (type != NET_ICMP6_ECHO_REQUEST && type != NET_ICMP6_NEIGHBOR_SOLICIT &&
		    type != NET_ICMP6_NEIGHBOR_ADVERT) {
			echo("2001:db8::2", "2001:db8::1", 20, 0, host0);
			in.data[54] = (uint8_t)type;
			frame_fix_icmp6(&in);
			dropped("six, another type", DROP_IP6_LOCAL_PROTOCOL);
		}
	}
	echo("10.0.0.2", "10.0.0.1", 20, 0, host0);
	frame_put16(in.data + 20, 0x2000);
	frame_fix_ip4(&in);
	dropped("a first fragment", DROP_IP4_FRAGMENT_LOCAL);
	frame_put16(in.data + 20, 3);
	frame_fix_ip4(&in);
	dropped("a later fragment", DROP_IP4_FRAGMENT_LOCAL);
	bed_close(&bed);
}

Test(pipeline_icmp, ttl)
{
	start("");
	for (unsigned vlan = 0; vlan < 2; vlan++) {
		for (unsigned ttl = 0; ttl < 2; ttl++) {
			udp("10.0.0.2", "10.50.0.9", (uint8_t)ttl);
			answered("four, used up", "10.0.0.1", 11, 0, 0);
			udp("2001:db8::2", "2001:db8:50::9", (uint8_t)ttl);
			answered("six, used up", "2001:db8::1", 3, 0, 0);
		}
	}
	udp("10.0.0.2", "10.50.0.9", 2);
	put(0);
	frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "four, one hop left", 1, &want);
	udp("2001:db8::2", "2001:db8:50::9", 2);
	put(0);
	frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, "six, one hop left", 1, &want);
	bed_delta(&bed, "one hop left");
	udp("10.0.0.2", "10.0.0.1", 1);
	answered("to us it has arrived", "10.0.0.1", 3, 3, 0);
	bed_close(&bed);
}

/* The error leaves by the VLAN its cause came in by. */
Test(pipeline_icmp, errors_into_a_vlan)
{
	start("");
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = vlan100,
				      .vlan = 100,
				      .src = "10.100.0.2",
				      .dst = "10.50.0.9",
				      .ttl = 1,
				      .payload = 600 });
	put(0);
	frame_icmp_error(&want, &in, vlan100, bed_mac(&bed, 0), 100, "10.100.0.1", 11, 0, 0);
	bed_expect_frame(&bed, "four", 0, &want);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = vlan100,
				      .vlan = 100,
				      .src = "2001:db8:100::2",
				      .dst = "2001:db8:50::9",
				      .ttl = 1,
				      .payload = 1300 });
	put(0);
	frame_icmp_error(&want, &in, vlan100, bed_mac(&bed, 0), 100, "2001:db8:100::1", 3, 0, 0);
	bed_expect_frame(&bed, "six", 0, &want);
	bed_close(&bed);
}

Test(pipeline_icmp, mtu)
{
	start("");
	for (unsigned total = 1390; total < 1410; total++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .from = host0,
					      .src = "10.0.0.2",
					      .dst = "10.50.0.9",
					      .fragment = 0x4000,
					      .payload = (uint16_t)(total - 28) });
		if (total > 1400) {
			answered("four, do not fragment", "10.0.0.1", 3, 4, 1400);
		} else {
			put(0);
			frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
			bed_expect_frame(&bed, "four, fits", 1, &want);
			bed_delta(&bed, "fits");
		}
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .from = host0,
					      .src = "2001:db8::2",
					      .dst = "2001:db8:50::9",
					      .payload = (uint16_t)(total - 48) });
		if (total > 1400) {
			answered("six", "2001:db8::1", 2, 0, 1400);
		} else {
			put(0);
			frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
			bed_expect_frame(&bed, "six, fits", 1, &want);
			bed_delta(&bed, "fits");
		}
	}
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = "10.0.0.2",
				      .dst = "10.50.0.9",
				      .payload = 8900 });
	frame_put16(in.data + 20, 0x4000);
	frame_fix_ip4(&in);
	answered("far too big", "10.0.0.1", 3, 4, 1400);
	frame_put16(in.data + 20, 0x4005);
	frame_fix_ip4(&in);
	dropped("about a later fragment nothing is said", DROP_TOO_BIG);
	bed_close(&bed);
}

Test(pipeline_icmp, services)
{
	start("");
	udp("10.0.0.2", "10.0.0.1", 64);
	answered("four, UDP", "10.0.0.1", 3, 3, 0);
	udp("2001:db8::2", "2001:db8::1", 64);
	answered("six, UDP", "2001:db8::1", 1, 4, 0);
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .from = host0,
					      .src = "10.0.0.2",
					      .dst = "10.0.0.1",
					      .protocol = (uint8_t)protocol,
					      .hop_by_hop = true,
					      .payload = 30 });
		if (protocol != NET_PROTO_UDP && protocol != NET_PROTO_ICMP4)
			dropped("four, no such service", DROP_IP4_LOCAL_PROTOCOL);
	}
	bed_close(&bed);
}

/* What no error may be sent about (RFC 1812 4.3.2.7, RFC 4443 2.4 e). */
Test(pipeline_icmp, no_errors_about)
{
	static const uint8_t error4[] = { 3, 4, 5, 11, 12 },
			     error6[] = { 1, 2, 3, 4, 100, 127, 137 };

	start("");
	for (unsigned i = 0; i < RTE_DIM(error4); i++) {
		frame_echo(&in,
			   &(struct udp){ .to = bed_mac(&bed, 0),
					  .from = host0,
					  .src = "10.0.0.2",
					  .dst = "10.50.0.9",
					  .ttl = 1,
					  .payload = 30 },
			   error4[i]);
		dropped("an ICMP error", DROP_TTL_EXPIRED);
	}
	for (unsigned i = 0; i < RTE_DIM(error6); i++) {
		frame_echo(&in,
			   &(struct udp){ .to = bed_mac(&bed, 0),
					  .from = host0,
					  .src = "2001:db8::2",
					  .dst = "2001:db8:50::9",
					  .ttl = 1,
					  .payload = 30 },
			   error6[i]);
		dropped("an ICMPv6 error", DROP_TTL_EXPIRED);
	}
	echo("10.0.0.2", "10.50.0.9", 20, 0, host0);
	in.data[22] = 1;
	frame_fix_ip4(&in);
	answered("a ping is no error", "10.0.0.1", 11, 0, 0);
	udp("10.0.0.2", "10.50.0.9", 1);
	frame_put16(in.data + 20, 0x2000);
	frame_fix_ip4(&in);
	answered("a first fragment", "10.0.0.1", 11, 0, 0);
	frame_put16(in.data + 20, 1);
	frame_fix_ip4(&in);
	dropped("a later fragment", DROP_TTL_EXPIRED);
	udp("10.0.0.2", "10.67.0.1", 64);
	frame_put16(in.data + 20, 1);
	frame_fix_ip4(&in);
	dropped("a later fragment, unreachable", DROP_UNREACHABLE);
	udp("10.0.0.2", "99.0.0.1", 64);
	frame_put16(in.data + 20, 1);
	frame_fix_ip4(&in);
	dropped("a later fragment, no route", DROP_NO_ROUTE);
	udp("fe80::2", "2001:db8::1", 64);
	dropped("UDP from a link-local address", DROP_IP6_LOCAL_PROTOCOL);
	/* on a port without an address there is none to answer from */
	udp("10.0.0.2", "10.67.0.1", 64);
	memcpy(in.data, bed_mac(&bed, 2), 6);
	put(2);
	bed_expect_drop(&bed, "no address to answer from", DROP_ICMP_NO_SOURCE, 1);
	udp("2001:db8::2", "2001:db8:99::1", 64);
	memcpy(in.data, bed_mac(&bed, 2), 6);
	put(2);
	bed_expect_drop(&bed, "no address to answer from", DROP_ICMP_NO_SOURCE, 1);
	bed_close(&bed);
}

/* Packets that carry our own address as source end, without a loop or an answer to ourselves. */
Test(pipeline_icmp, our_own_source)
{
	start("");
	udp("10.0.0.1", "10.0.0.1", 64);
	put(0);
	bed_expect_nothing(&bed, "UDP to ourselves");
	echo("10.0.0.1", "10.0.0.1", 20, 0, host0);
	put(0);
	bed_expect_nothing(&bed, "ping to ourselves");
	echo("2001:db8::1", "2001:db8::1", 20, 0, host0);
	put(0);
	bed_expect_nothing(&bed, "ping to ourselves");
	udp("2001:db8::1", "2001:db8::1", 64);
	put(0);
	bed_expect_nothing(&bed, "UDP to ourselves");
	echo("10.0.0.255", "10.0.0.1", 20, 0, host0);
	put(0);
	bed_expect_nothing(&bed, "ping from a broadcast address");
	udp("10.0.0.1", "10.50.0.9", 1);
	put(0);
	bed_expect_nothing(&bed, "error to ourselves");
	bed_delta(&bed, "own source");
	bed_close(&bed);
}

/* A second's worth is errors_pps, a burst a tenth of that and one. */
Test(pipeline_icmp, rate_limit)
{
	struct tally d;

	start("icmp: {errors_pps: 50}\n");
	for (unsigned i = 0; i < 20; i++) {
		udp("10.0.0.2", "10.50.0.9", 1);
		put(0);
	}
	d = bed_delta(&bed, "burst");
	cr_expect_eq(d.errors, 6, "%lu", d.errors);
	cr_expect_eq(d.drop[DROP_ICMP_RATE], 14);
	bed_forget(&bed);
	/* 200 packets in one second, evenly: 50 answers */
	for (unsigned i = 0; i < 200; i++) {
		bed.tsc += rte_get_tsc_hz() / 200;
		if (i % 2)
			udp("10.0.0.2", "10.50.0.9", 1);
		else
			udp("2001:db8::2", "2001:db8:50::9", 1);
		put(0);
	}
	d = bed_delta(&bed, "a second");
	cr_expect(d.errors >= 49 && d.errors <= 50, "%lu", d.errors);
	cr_expect_eq(d.drop[DROP_ICMP_RATE], 200 - d.errors);
	bed_forget(&bed);
	/* an hour of silence saves up no more than the burst */
	bed.tsc += rte_get_tsc_hz() * 3600;
	for (unsigned i = 0; i < 20; i++) {
		udp("10.0.0.2", "10.50.0.9", 1);
		put(0);
	}
	cr_expect_eq(bed_delta(&bed, "after an hour").errors, 6);
	bed_forget(&bed);
	/* pings are not errors */
	for (unsigned i = 0; i < 50; i++) {
		echo("10.0.0.2", "10.0.0.1", 20, 0, host0);
		replied("pings go on", host0, 0, NULL);
	}
	bed_close(&bed);
}

Test(pipeline_icmp, errors_off)
{
	start("icmp: {errors_pps: 0}\n");
	for (unsigned i = 0; i < 5; i++) {
		bed.tsc += rte_get_tsc_hz();
		udp("10.0.0.2", "10.50.0.9", 1);
		dropped("none at all", DROP_ICMP_RATE);
	}
	bed_close(&bed);
}
