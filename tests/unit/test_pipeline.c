/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipeline as a router: what goes in at one fiber comes out of another with one hop fewer, the
 * right addresses and tag and nothing else changed, compared byte by byte; and routes that lead
 * nowhere. Neighbours are static here (test_neighbors.c has the others).
 */
#include "dataplane/ctl/rib.h"
#include "tests/unit/board.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/24, '2001:db8:100::1/64']}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64'],\n"
	"       vlans: {200: {addresses: [10.200.0.1/24, '2001:db8:200::1/64']}}}\n"
	"routes:\n"
	"  - {to: 0.0.0.0/0, via: 10.0.1.2}\n"
	"  - {to: '::/0', via: '2001:db8:1::2'}\n"
	"  - {to: 10.50.0.0/16, via: 10.0.0.2}\n"
	"  - {to: 10.50.60.0/24, via: 10.0.1.3}\n"
	"  - {to: 10.50.60.7/32, via: 10.200.0.2}\n"
	"  - {to: '2001:db8:50::/48', via: '2001:db8::2'}\n"
	"  - {to: '2001:db8:50:60::/64', via: '2001:db8:200::2'}\n"
	"  - {to: 10.66.0.0/16, type: blackhole}\n"
	"  - {to: 10.67.0.0/16, type: unreachable}\n"
	"  - {to: 10.68.0.0/16, type: prohibit}\n"
	"  - {to: '2001:db8:66::/48', type: blackhole}\n"
	"  - {to: '2001:db8:67::/48', type: unreachable}\n"
	"  - {to: '2001:db8:68::/48', type: prohibit}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.1.3, mac: '02:00:00:00:01:03'}\n"
	"  - {ip: 10.100.0.2, mac: '02:00:00:00:64:02'}\n"
	"  - {ip: 10.200.0.2, mac: '02:00:00:00:c8:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n"
	"  - {ip: '2001:db8:100::2', mac: '02:00:00:00:64:02'}\n"
	"  - {ip: '2001:db8:200::2', mac: '02:00:00:00:c8:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 },
		     other1[6] = { 2, 0, 0, 0, 1, 3 }, vlan100[6] = { 2, 0, 0, 0, 0x64, 2 },
		     vlan200[6] = { 2, 0, 0, 0, 0xc8, 2 };
static struct bed bed;
static struct frame in, want;

static void setup(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
}

TestSuite(pipeline, .fini = bed_clean);

static void udp(const char *src, const char *dst, uint16_t vlan, unsigned port)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, port),
				      .from = host0,
				      .vlan = vlan,
				      .src = src,
				      .dst = dst,
				      .payload = 30 });
}

/* in at `from`, expected at `port` with these addresses. */
static void passes(const char *what, unsigned from, unsigned port, const uint8_t *to, uint16_t vlan)
{
	frame_forwarded(&want, &in, to, bed_mac(&bed, port), vlan);
	bed_send(&bed, from, &in);
	bed_settle(&bed);
	bed_expect_frame(&bed, what, port, &want);
	bed_expect_nothing(&bed, what);
	bed_expect_sent(&bed, what, 1, 1);
}

Test(pipeline, forwards_by_the_longest_prefix)
{
	setup();
	static const struct {
		const char *what, *src, *dst;
		uint16_t vlan_in;
		unsigned from, port;
		const uint8_t *to;
		uint16_t vlan;
	} cases[] = {
		{ "connected subnet", "10.0.0.9", "10.0.1.2", 0, 0, 1, host1, 0 },
		{ "default route", "10.0.0.9", "99.1.2.3", 0, 0, 1, host1, 0 },
		{ "/16", "10.0.1.9", "10.50.1.1", 0, 1, 0, host0, 0 },
		{ "/24 in it", "10.0.0.9", "10.50.60.1", 0, 0, 1, other1, 0 },
		{ "/32 in that, to a VLAN", "10.0.0.9", "10.50.60.7", 0, 0, 1, vlan200, 200 },
		{ "out where it came in", "10.0.0.9", "10.50.1.1", 0, 0, 0, host0, 0 },
		{ "VLAN to untagged", "10.100.0.9", "10.0.1.2", 100, 0, 1, host1, 0 },
		{ "untagged to VLAN", "10.0.1.9", "10.100.0.2", 0, 1, 0, vlan100, 100 },
		{ "VLAN to VLAN", "10.100.0.9", "10.200.0.2", 100, 0, 1, vlan200, 200 },
		{ "VLAN to VLAN back", "10.200.0.9", "10.100.0.2", 200, 1, 0, vlan100, 100 },
		{ "VLAN to untagged, one port", "10.100.0.9", "10.0.0.2", 100, 0, 0, host0, 0 },
		{ "six, connected", "2001:db8::9", "2001:db8:1::2", 0, 0, 1, host1, 0 },
		{ "six, default", "2001:db8::9", "2001:4860::1", 0, 0, 1, host1, 0 },
		{ "six, /48", "2001:db8:1::9", "2001:db8:50::1", 0, 1, 0, host0, 0 },
		{ "six, /64 in it", "2001:db8::9", "2001:db8:50:60::1", 0, 0, 1, vlan200, 200 },
		{ "six, VLAN to untagged", "2001:db8:100::9", "2001:db8:1::2", 100, 0, 1, host1,
		  0 },
		{ "six, untagged to VLAN", "2001:db8:1::9", "2001:db8:100::2", 0, 1, 0, vlan100,
		  100 },
		{ "six, VLAN to VLAN", "2001:db8:100::9", "2001:db8:200::2", 100, 0, 1, vlan200,
		  200 },
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		udp(cases[i].src, cases[i].dst, cases[i].vlan_in, cases[i].from);
		passes(cases[i].what, cases[i].from, cases[i].port, cases[i].to, cases[i].vlan);
	}
	bed_close(&bed);
}

/* Priority bits do not choose the VLAN; a priority tag is the untagged interface. */
Test(pipeline, vlan_priorities)
{
	setup();
	udp("10.100.0.9", "10.0.1.2", 100, 0);
	in.data[14] |= 0xf0;
	passes("priority 7, drop eligible", 0, 1, host1, 0);
	udp("10.0.0.9", "10.0.1.2", 1, 0);
	frame_put16(in.data + 14, 0xa000);
	passes("priority tag", 0, 1, host1, 0);
	udp("10.100.0.9", "10.0.1.2", 101, 0);
	bed_send(&bed, 0, &in);
	udp("10.100.0.9", "10.0.1.2", 200, 0); /* a VLAN of the other port */
	bed_send(&bed, 0, &in);
	udp("10.100.0.9", "10.0.1.2", 4095, 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "unknown VLANs", DROP_VLAN_UNKNOWN, 3);
	bed_close(&bed);
}

/* The incremental checksum over all identifiers, so all sums, and all TTLs. */
Test(pipeline, checksum_is_right_for_every_sum)
{
	setup();
	udp("10.0.0.9", "10.0.1.2", 0, 0);
	for (unsigned id = 0; id < 65536; id += 32) {
		for (unsigned k = 0; k < 32; k++) {
			frame_put16(in.data + 18, id + k);
			frame_fix_ip4(&in);
			bed_send(&bed, 0, &in);
		}
		bed_settle(&bed);
		if (bed_waiting(&bed) != 32)
			cr_assert_fail("identifier %u: %u of 32 came out", id, bed_waiting(&bed));
		for (unsigned k = 0; k < 32; k++) { /* 0xffff sums up like 0, and is wrong */
			const struct frame *f = bed_next(&bed);

			if (frame_sum(0, f->data + 14, 20) != 0xffff || f->data[22] != 63 ||
			    frame_get16(f->data + 24) == 0xffff)
				cr_assert_fail("identifier %u: checksum %04x", id + k,
					       frame_get16(f->data + 24));
		}
	}
	bed_expect_sent(&bed, "all identifiers", 65536, 65536);
	for (unsigned ttl = 2; ttl < 256; ttl++) {
		udp("10.0.0.9", "10.0.1.2", 0, 0);
		in.data[22] = (uint8_t)ttl;
		frame_fix_ip4(&in);
		passes("any TTL", 0, 1, host1, 0);
	}
	bed_close(&bed);
}

Test(pipeline, lengths_and_options)
{
	setup();
	static const uint16_t payloads[] = { 0, 1, 17, 18, 19, 63, 1000, 1471, 1472 };

	for (size_t i = 0; i < RTE_DIM(payloads); i++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "10.0.0.9",
					      .dst = "10.0.1.2",
					      .payload = payloads[i] });
		passes("payload", 0, 1, host1, 0);
	}
	for (uint8_t options = 4; options <= 40; options += 4) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "10.0.0.9",
					      .dst = "10.0.1.2",
					      .options = options,
					      .payload = 10 });
		passes("options", 0, 1, host1, 0);
	}
	bed_close(&bed);
}

/* What lies behind the packet in the frame is not the packet: stale bytes go no further. */
Test(pipeline, padding_is_cut)
{
	setup();
	static const char *const pairs[][2] = { { "10.0.0.9", "10.0.1.2" },
						{ "2001:db8::9", "2001:db8:1::2" } };

	for (unsigned six = 0; six < 2; six++) {
		for (unsigned len = 50; len < 1500; len += len < 130 ? 1 : 97) {
			frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
						      .src = pairs[six][0],
						      .dst = pairs[six][1],
						      .payload = 2 });
			frame_pad(&in, len, 0xee);
			passes("padded", 0, 1, host1, 0);
		}
		for (unsigned more = 0; more < 20; more++) { /* a little, behind a whole frame */
			frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
						      .src = pairs[six][0],
						      .dst = pairs[six][1],
						      .payload = 40 });
			frame_pad(&in, in.len + more, 0xee);
			passes("padded a little", 0, 1, host1, 0);
		}
		for (unsigned len = 50; len < 130; len++) { /* with a tag to take off */
			frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
						      .src = pairs[six][0],
						      .dst = pairs[six][1],
						      .vlan = 100,
						      .payload = 2 });
			frame_pad(&in, len, 0xee);
			passes("padded and tagged", 0, 1, host1, 0);
		}
	}
	bed_close(&bed);
}

Test(pipeline, routes_that_end_here)
{
	setup();
	static const struct {
		const char *what, *src, *dst, *own;
		uint8_t type, code;
	} errors[] = {
		{ "unreachable", "10.0.0.2", "10.67.1.1", "10.0.0.1", 3, 1 },
		{ "prohibited", "10.0.0.2", "10.68.1.1", "10.0.0.1", 3, 13 },
		{ "six, unreachable", "2001:db8::2", "2001:db8:67::1", "2001:db8::1", 1, 3 },
		{ "six, prohibited", "2001:db8::2", "2001:db8:68::1", "2001:db8::1", 1, 1 },
	};

	udp("10.0.0.9", "10.66.1.1", 0, 0);
	bed_send(&bed, 0, &in);
	udp("2001:db8::9", "2001:db8:66::1", 0, 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "blackhole", DROP_BLACKHOLE, 2);
	for (size_t i = 0; i < RTE_DIM(errors); i++) {
		udp(errors[i].src, errors[i].dst, 0, 0);
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, errors[i].own,
				 errors[i].type, errors[i].code, 0);
		bed_expect_frame(&bed, errors[i].what, 0, &want);
		cr_assert_eq(bed_delta(&bed, errors[i].what).errors, 1);
	}
	bed_close(&bed);
}

/* Frames that are not for this station, or for everybody. */
Test(pipeline, ethernet_addresses)
{
	setup();
	static const uint8_t stranger[6] = { 2, 0xaa, 0, 0, 0, 1 },
			     all[6] = { 255, 255, 255, 255, 255, 255 },
			     group[6] = { 1, 0, 0x5e, 1, 1, 1 },
			     group6[6] = { 0x33, 0x33, 0, 0, 0, 9 };
	static const struct {
		const char *what;
		const uint8_t *to;
		const char *src, *dst;
		enum drop_reason reason;
	} cases[] = {
		{ "another station", stranger, "10.0.0.9", "10.0.1.2", DROP_ETH_NOT_FOR_US },
		{ "unicast in a broadcast", all, "10.0.0.9", "10.0.1.2",
		  DROP_ETH_UNICAST_IP_IN_GROUP },
		{ "to us in a broadcast", all, "10.0.0.9", "10.0.0.1",
		  DROP_ETH_UNICAST_IP_IN_GROUP },
		{ "multicast", group, "10.0.0.9", "225.1.1.1", DROP_IP4_GROUP },
		{ "limited broadcast", all, "10.0.0.9", "255.255.255.255", DROP_IP4_GROUP },
		{ "six, unicast in a group", group6, "2001:db8::9", "2001:db8:1::2",
		  DROP_ETH_UNICAST_IP_IN_GROUP },
		{ "six, a group nobody hears", group6, "2001:db8::9", "ff02::9", DROP_IP6_GROUP },
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		udp(cases[i].src, cases[i].dst, 0, 0);
		memcpy(in.data, cases[i].to, 6);
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		bed_expect_drop(&bed, cases[i].what, cases[i].reason, 1);
	}
	udp("10.0.0.9", "10.0.1.2", 0, 0);
	in.data[6] |= 1;
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "from a group", DROP_ETH_GROUP_SOURCE, 1);
	for (unsigned port = 0; port < 2; port++) { /* each of the six bytes counts */
		for (unsigned byte = 0; byte < 6; byte++) {
			udp("10.0.0.9", "10.0.1.2", 0, port);
			in.data[byte] ^= 2;
			bed_send(&bed, port, &in);
			bed_settle(&bed);
			bed_expect_drop(&bed, "one byte off", DROP_ETH_NOT_FOR_US, 1);
		}
	}
	bed_close(&bed);
}

/* A burst of all kinds at once: every packet goes its own way, flows keep their order. */
Test(pipeline, mixed_bursts_keep_order)
{
	setup();
	static const char *const dst[] = { "10.0.1.2", "10.50.1.1", "10.66.1.1", "10.200.0.2" };
	unsigned next_id[4] = { 0 };

	for (unsigned i = 0; i < 4000; i++) {
		const unsigned which = (i * 7 + i / 13) % 4;

		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "10.0.0.9",
					      .dst = dst[which],
					      .id = (uint16_t)i,
					      .payload = (uint16_t)(i % 900) });
		bed_send(&bed, 0, &in);
		if (i % 200 == 199)
			bed_settle(&bed);
	}
	bed_settle(&bed);
	for (const struct frame *f; (f = bed_next(&bed));) {
		const uint8_t *ip = f->data + frame_l3(f);
		const unsigned which = ip[17] == 0 ? 0 : ip[17] == 50 ? 1 : 3;
		const unsigned id = frame_get16(ip + 4);

		if (which == 0)
			cr_assert_eq(ip[18], 1);
		cr_assert_eq((id * 7 + id / 13) % 4, ip[17] == 200 ? 3 : which);
		cr_assert_geq(id, next_id[which], "packet %u of flow %u after %u", id, which,
			      next_id[which]);
		next_id[which] = id + 1;
	}
	const struct tally d = bed_delta(&bed, "mixed");

	cr_expect_eq(d.rx, 4000);
	cr_expect_eq(d.drop[DROP_BLACKHOLE] + d.tx, 4000);
	bed_close(&bed);
}

/* The lane takes no more: counted there, by name; what was taken arrives. */
Test(pipeline, a_full_lane_is_counted)
{
	setup();
	struct tally d;

	bed.no_drain = true;
	udp("10.0.0.9", "10.0.1.2", 0, 0);
	for (unsigned i = 0; i < 1400; i++) {
		bed_send(&bed, 0, &in);
		if (i % 100 == 99)
			bed_settle(&bed);
	}
	d = bed_delta(&bed, "nobody takes anything");
	cr_expect_eq(d.rx, 1400);
	cr_expect_eq(d.tx, 1024, "the slots of the fiber's ring");
	cr_expect_eq(d.drop[DROP_LANE_TX_FULL], 1400 - 1024);
	bed.no_drain = false;
	bed_settle(&bed);
	cr_expect_eq(bed_waiting(&bed), 1024);
	bed_forget(&bed);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_sent(&bed, "afterwards", 1, 1);
	bed_close(&bed);
}

/* Without a default route the sender is told that there is none. */
Test(pipeline, no_route_without_a_default)
{
	setup();
	const struct rib_prefix any4 = { .family = AF_INET }, any6 = { .family = AF_INET6 };

	cr_assert_eq(rib_del(bed.board, RIB_STATIC, &any4, 0, NULL), 0);
	cr_assert_eq(rib_del(bed.board, RIB_STATIC, &any6, 0, NULL), 0);
	rib_commit(bed.board);
	udp("10.0.0.2", "99.1.2.3", 0, 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "10.0.0.1", 3, 0, 0);
	bed_expect_frame(&bed, "network unreachable", 0, &want);
	udp("2001:db8::2", "2001:4860::1", 0, 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "2001:db8::1", 1, 0, 0);
	bed_expect_frame(&bed, "no route", 0, &want);
	bed_expect_sent(&bed, "no route", 2, 2);
	bed_close(&bed);
}
