/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lies behind the IP header (spec/faults.md B 13 to 16): in transit nobody looks at it, be it
 * fragments that overlap, UDP and TCP that lie about their length, GTP-U of every kind; addressed
 * to us it ends under the reason that says why, for each of the 256 protocols.
 */
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static const char yaml[] = "ports:\n"
			   "  p0: {lanes: oe0/0, carrier: loop, mtu: 9702,\n"
			   "       addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
			   "  p1: {lanes: oe0/1, carrier: loop, mtu: 9702,\n"
			   "       addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
			   "routes:\n"
			   "  - {to: 0.0.0.0/0, via: 10.0.1.2}\n"
			   "  - {to: '::/0', via: '2001:db8:1::2'}\n"
			   "neighbors:\n"
			   "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
			   "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
			   "  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
			   "  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n"
			   "icmp: {errors_pps: 1000000}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 };
static struct bed bed;
static struct frame in, want;
static char what[128];

TestSuite(pipeline_upper, .fini = bed_clean);

#define WHAT(...) (snprintf(what, sizeof(what), __VA_ARGS__), what)

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
}

static void udp(bool six, bool to_us, uint16_t payload)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = six ? "2001:db8::2" : "10.0.0.2",
				      .dst = six     ? to_us ? "2001:db8::1" : "2001:db8:77::1"
					     : to_us ? "10.0.0.1"
						     : "10.77.0.1",
				      .payload = payload });
}

static void put(void)
{
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
}

static void passes(const char *text)
{
	put();
	frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, text, 1, &want);
	bed_expect_sent(&bed, text, 1, 1);
}

static void dropped(const char *text, enum drop_reason reason)
{
	put();
	bed_expect_drop(&bed, text, reason, 1);
}

/* Layer 4 of `in`, which is IPv4 without options or IPv6 without extensions. */
static uint8_t *upper(bool six)
{
	return in.data + 14 + (six ? 40 : 20);
}

/* Fragments of one datagram as attackers send them, each forwarded by itself. */
Test(pipeline_upper, fragments_in_transit)
{
	static const struct {
		const char *name;
		uint16_t fragment, payload;
	} pieces[] = {
		{ "first", 0x2000, 24 },         { "duplicate", 0x2000, 24 },
		{ "tiny first", 0x2000, 0 },     { "at the TCP flags", 0x2001, 8 },
		{ "overlap", 0x2002, 64 },       { "inside the first", 0x2001, 0 },
		{ "last", 0x0004, 16 },          { "another last", 0x0003, 99 },
		{ "beyond 65535", 0x1fff, 512 }, { "more beyond 65535", 0x3fff, 512 },
		{ "first with DF", 0x6000, 24 }, { "all flags", 0xe001, 24 },
	};

	start();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < RTE_DIM(pieces); i++) {
			for (unsigned tcp = 0; tcp < 2; tcp++) {
				udp(false, false, pieces[i].payload);
				in.data[23] = tcp ? NET_PROTO_TCP : NET_PROTO_UDP;
				frame_put16(in.data + 18, 0x4242);
				frame_put16(in.data + 20, pieces[i].fragment);
				frame_fix_ip4(&in);
				passes(pieces[i].name);
			}
		}
	}
	bed_close(&bed);
}

/* Nobody here puts fragments together, and of none is layer 4 believed. */
Test(pipeline_upper, fragments_to_us)
{
	static const uint16_t fragments[] = { 0x2000, 0x2001, 0x0001, 0x1fff, 0x3fff };
	static const uint8_t protocols[] = { 1, 6, 17, 58 };

	start();
	for (unsigned i = 0; i < RTE_DIM(fragments); i++) {
		for (unsigned p = 0; p < RTE_DIM(protocols); p++) {
			udp(false, true, 64);
			in.data[23] = protocols[p];
			upper(false)[0] = 8; /* looks like an echo request */
			frame_put16(in.data + 20, fragments[i]);
			frame_fix_ip4(&in);
			dropped(WHAT("fragment %04x of %u", fragments[i], protocols[p]),
				DROP_IP4_FRAGMENT_LOCAL);
			udp(true, true, 64);
			in.data[20] = NET_PROTO_FRAGMENT;
			upper(true)[0] = protocols[p];
			frame_put16(upper(true) + 2, (unsigned)fragments[i] << 3 | 1);
			dropped(WHAT("IPv6, fragment %04x of %u", fragments[i], protocols[p]),
				DROP_IP6_LOCAL_PROTOCOL);
		}
	}
	bed_close(&bed);
}

/* Length 0 to 15, far too long; checksum 0, which IPv6 forbids to hosts; data offset below 5. */
Test(pipeline_upper, layer_4_that_lies)
{
	start();
	for (unsigned six = 0; six < 2; six++) {
		for (unsigned length = 0; length < 0x10000; length += length < 40 ? 1 : 4093) {
			udp(six, false, 20);
			frame_put16(upper(six) + 4, length);
			frame_put16(upper(six) + 6, 0);
			passes(WHAT("six %u, UDP length %u", six, length));
		}
		for (unsigned offset = 0; offset < 16; offset++) {
			udp(six, false, 20);
			in.data[six ? 20 : 23] = NET_PROTO_TCP;
			upper(six)[12] = (uint8_t)(offset << 4);
			if (!six)
				frame_fix_ip4(&in);
			passes(WHAT("six %u, TCP data offset %u", six, offset));
		}
		for (uint16_t payload = 0; payload < 2; payload++) { /* and no upper layer at all */
			udp(six, false, 0);
			in.len = 14 + (six ? 40u : 20u) + payload;
			frame_put16(in.data + (six ? 18 : 16), (six ? 0u : 20u) + payload);
			if (!six)
				frame_fix_ip4(&in);
			passes(WHAT("six %u, %u bytes", six, payload));
		}
	}
	bed_close(&bed);
}

/* GTP-U is UDP to port 2152 to us: flags, extension headers of length 0 and 255, chains, no IP. */
Test(pipeline_upper, gtp_in_transit)
{
	uint64_t seed = 2152;

	start();
	for (unsigned six = 0; six < 2; six++) {
		for (unsigned flags = 0; flags < 256; flags++) {
			for (unsigned ext = 0; ext < 4; ext++) {
				static const uint8_t lengths[] = { 0, 1, 2, 255 };
				uint8_t *gtp;

				udp(six, false, 80);
				frame_put16(upper(six) + 2, 2152);
				gtp = upper(six) + 8;
				gtp[0] = (uint8_t)flags; /* version, PT, E, S, PN */
				gtp[1] = (uint8_t)(flags & 1 ? 255 : 1);
				frame_put16(gtp + 2, flags * 257);
				gtp[11] = 0x85;
				for (unsigned at = 12; at < 76; at += 4) { /* a chain to the end */
					gtp[at] = lengths[ext];
					gtp[at + 3] = 0x85;
				}
				if (flags & 64)
					for (unsigned i = 12; i < 80; i++)
						gtp[i] = (uint8_t)guard_random(&seed);
				passes(WHAT("six %u, flags %02x, length %u", six, flags,
					    lengths[ext]));
			}
		}
		udp(six, false, 60); /* cut anywhere: the outer length tells */
		frame_put16(upper(six) + 2, 2152);
		const unsigned whole = in.len;

		for (in.len = 14 + (six ? 40 : 20); in.len < whole; in.len++)
			dropped(WHAT("six %u, %u bytes", six, in.len),
				six ? DROP_IP6_PAYLOAD_LENGTH : DROP_IP4_TOTAL_LENGTH);
	}
	bed_close(&bed);
}

/* Protocol 0 first, then the others, then 0 again: nothing is remembered of the one before. */
Test(pipeline_upper, every_protocol_to_us)
{
	start();
	for (unsigned i = 0; i < 514; i++) {
		const unsigned protocol = i % 257 % 256;

		udp(false, true, 40);
		in.data[23] = (uint8_t)protocol;
		memset(upper(false), 0, 48);
		frame_fix_ip4(&in);
		put();
		if (protocol == 17)
			cr_assert_eq(bed_delta(&bed, "UDP").errors, 1);
		else
			bed_expect_drop(&bed, WHAT("protocol %u", protocol),
					protocol == 1 ? DROP_IP4_ICMP_BAD : DROP_IP4_LOCAL_PROTOCOL,
					1);
		bed_forget(&bed);
		udp(true, true, 40);
		in.data[20] = (uint8_t)protocol;
		memset(upper(true), 0, 48);
		upper(true)[0] = 59; /* behind an extension header: nothing */
		put();
		if (protocol == 17)
			cr_assert_eq(bed_delta(&bed, "UDP").errors, 1);
		else
			bed_expect_drop(
				&bed, WHAT("next header %u", protocol),
				protocol == 58 ? DROP_IP6_ICMP_BAD : DROP_IP6_LOCAL_PROTOCOL, 1);
		bed_forget(&bed);
	}
	bed_close(&bed);
}
