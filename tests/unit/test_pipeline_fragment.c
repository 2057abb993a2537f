/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets larger than the MTU of their way out: cut, and put together again here by code that knows
 * nothing of lib/net. What comes out must be what a router with a larger MTU would have sent; all
 * pieces of a packet leave or none, in its place among the others.
 */
#include "tests/unit/board.h"

/* p1 has the smaller MTU, p2 the smallest there is. */
static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, mtu: 9702, addresses: [10.0.0.1/24]}\n"
	"  p1: {lanes: oe0/1, carrier: loop, mtu: 576, addresses: [10.0.1.1/24],\n"
	"       vlans: {100: {addresses: [10.0.100.1/24]}}}\n"
	"  p2: {lanes: oe0/2, carrier: loop, mtu: 68, addresses: [10.0.2.1/24]}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.100.2, mac: '02:00:00:00:64:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 },
		     host100[6] = { 2, 0, 0, 0, 0x64, 2 }, host2[6] = { 2, 0, 0, 0, 2, 2 };
static struct bed bed;
static struct frame in, want, whole;
static char what[128];

TestSuite(pipeline_fragment, .fini = bed_clean);

#define WHAT(...) (snprintf(what, sizeof(what), __VA_ARGS__), what)

static void start(const char *more)
{
	static char text[2048];

	snprintf(text, sizeof(text), "%s%s", yaml, more);
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 1, 0 });
}

static void packet(const char *dst, unsigned payload, uint8_t options, uint16_t fragment)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .src = "10.0.0.2",
				      .dst = dst,
				      .id = (uint16_t)(payload * 3 + 1),
				      .options = options,
				      .fragment = fragment,
				      .payload = (uint16_t)payload });
}

/* The frames that came out of `port` are pieces of one packet: put them into whole; how many. */
static unsigned reassemble(const char *text, unsigned port, unsigned mtu, unsigned n)
{
	unsigned next = 0, pieces = 0, first_header = 0, first_offset = 0;

	while (pieces < n) {
		const struct frame *f = bed_next(&bed);

		cr_assert_not_null(f, "%s: %u pieces of %u", text, pieces, n);
		const unsigned l3 = frame_l3(f);
		const uint8_t *ip = f->data + l3;
		const unsigned header = (ip[0] & 15) * 4u, total = frame_get16(ip + 2);
		const unsigned frag = frame_get16(ip + 6);

		cr_assert_eq(f->port, port, "%s", text);
		cr_assert_geq(f->len, l3 + total, "%s", text);
		cr_assert_eq(f->len, RTE_MAX(l3 + total, 46 + l3), "%s: stale bytes", text);
		for (unsigned i = l3 + total; i < f->len; i++)
			cr_assert_eq(f->data[i], 0, "%s: padding", text);
		cr_assert_leq(total, mtu, "%s: piece of %u bytes", text, total);
		cr_assert_eq(frame_sum(0, ip, header), 0xffff, "%s: checksum", text);
		if (pieces == 0) {
			first_header = l3 + header;
			first_offset = frag & 0x1fff;
			memcpy(whole.data, f->data, first_header);
			whole.port = f->port;
		} else {
			cr_assert_arr_eq(f->data, whole.data, l3, "%s: layer 2", text);
			cr_assert_eq(frame_get16(ip + 4), frame_get16(whole.data + l3 + 4));
			cr_assert_arr_eq(ip + 8, whole.data + l3 + 8, 2, "%s: TTL", text);
			cr_assert_arr_eq(ip + 12, whole.data + l3 + 12, 8, "%s", text);
		}
		cr_assert_eq(((frag & 0x1fff) - first_offset) * 8, next, "%s: offset", text);
		memcpy(whole.data + first_header + next, ip + header, total - header);
		next += total - header;
		pieces++;
		if (pieces < n)
			cr_assert(frag & 0x2000, "%s: more fragments", text);
		/* the last one's flag is the packet's own */
		whole.data[l3 + 6] = (uint8_t)(frag >> 8 & 0xe0) | (uint8_t)(first_offset >> 8);
		whole.data[l3 + 7] = (uint8_t)first_offset;
	}
	whole.len = first_header + next;
	frame_put16(whole.data + frame_l3(&whole) + 2, whole.len - frame_l3(&whole));
	frame_fix_ip4(&whole);
	return pieces;
}

/* `in` comes out of this port, to this host, in pieces. */
static void comes_out(const char *text, unsigned port, const uint8_t *to, uint16_t vlan,
		      unsigned mtu)
{
	const unsigned pieces = bed_waiting(&bed);
	const struct tally d = bed_delta(&bed, text);

	cr_assert_gt(pieces, 1, "%s: %u frames", text, pieces);
	cr_assert_eq(d.rx, 1);
	cr_assert_eq(d.fragmented, 1);
	cr_assert_eq(d.fragments, pieces);
	cr_assert_eq(d.tx, pieces);
	reassemble(text, port, mtu, pieces);
	frame_forwarded(&want, &in, to, bed_mac(&bed, port), vlan);
	cr_assert_eq(whole.len, want.len, "%s: %u bytes, not %u", text, whole.len, want.len);
	for (unsigned i = 0; i < want.len; i++)
		cr_assert_eq(whole.data[i], want.data[i], "%s: byte %u", text, i);
}

static void passes_cut(const char *text, unsigned port, const uint8_t *to, uint16_t vlan,
		       unsigned mtu)
{
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	comes_out(text, port, to, vlan, mtu);
}

Test(pipeline_fragment, every_size)
{
	start("");
	for (unsigned payload = 540; payload < 9600; payload += payload < 1200 ? 1 : 371) {
		packet("10.0.1.2", payload, 0, 0);
		if (payload + 28 > 576) {
			passes_cut(WHAT("%u bytes", payload), 1, host1, 0, 576);
			continue;
		}
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
		bed_expect_frame(&bed, "it fits", 1, &want);
		bed_expect_sent(&bed, "it fits", 1, 1);
	}
	bed_close(&bed);
}

Test(pipeline_fragment, into_a_vlan_and_through_the_smallest_mtu)
{
	start("");
	for (unsigned payload = 549; payload < 3000; payload += 100) {
		packet("10.0.100.2", payload, 0, 0);
		passes_cut(WHAT("%u bytes, VLAN", payload), 1, host100, 100, 576);
		packet("10.0.2.2", payload, 0, 0);
		passes_cut(WHAT("%u bytes, MTU 68", payload), 2, host2, 0, 68);
	}
	bed_close(&bed);
}

Test(pipeline_fragment, options_and_fragments_of_fragments)
{
	static const uint16_t fragments[] = { 0x2000, 0x2001, 0x2100, 0x0001, 0x0100, 0x8000 };

	start("");
	for (uint8_t options = 4; options <= 40; options += 4) {
		packet("10.0.1.2", 1500, options, 0);
		passes_cut(WHAT("%u bytes of options", options), 1, host1, 0, 576);
		packet("10.0.2.2", 500, options, 0);
		passes_cut(WHAT("%u bytes of options, MTU 68", options), 2, host2, 0, 68);
	}
	for (unsigned i = 0; i < RTE_DIM(fragments); i++)
		for (unsigned payload = 560; payload < 2000; payload += 88) {
			packet("10.0.1.2", payload, 0, fragments[i]);
			passes_cut(WHAT("fragment %04x, %u", fragments[i], payload), 1, host1, 0,
				   576);
		}
	for (unsigned payload = 600; payload < 700; payload++) { /* ping of death */
		packet("10.0.1.2", payload, 0, 0x1fff);
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		bed_expect_drop(&bed, "it ends beyond 65535", DROP_IP4_FRAGMENT_OVERLONG, 1);
	}
	bed_close(&bed);
}

/* The buffers hold 9702 bytes here; a carrier may bring a packet in many of them. */
Test(pipeline_fragment, out_of_chains)
{
	start("");
	for (uint16_t at = 80; at < 1300; at += 7) {
		const uint16_t cuts[] = { at, (uint16_t)(at + 1), (uint16_t)(at + 90) };

		packet("10.0.1.2", 1400, 0, 0);
		bed_send_cut(&bed, 0, &in, cuts, 3);
		bed_settle(&bed);
		comes_out(WHAT("in buffers from %u on", at), 1, host1, 0, 576);
	}
	bed_close(&bed);
}

Test(pipeline_fragment, not_with_df)
{
	start("");
	for (unsigned payload = 549; payload < 9000; payload += 999) {
		packet("10.0.1.2", payload, 0, 0x4000);
		bed_send(&bed, 0, &in);
		bed_settle(&bed);
		frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "10.0.0.1",
				 NET_ICMP4_UNREACHABLE, NET_ICMP4_UNREACHABLE_TOO_BIG, 576);
		bed_expect_frame(&bed, "too big", 0, &want);
		cr_assert_eq(bed_delta(&bed, "too big").errors, 1);
	}
	bed_close(&bed);
}

Test(pipeline_fragment, switched_off)
{
	start("ip: {fragment: false}\n");
	packet("10.0.1.2", 549, 0, 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "cut nothing", DROP_IP4_NEEDS_FRAGMENT, 1);
	bed_close(&bed);
}

Test(pipeline_fragment, more_than_256_pieces)
{
	start("");
	packet("10.0.2.2", 9674, 40, 0); /* 9742: beyond what p0 may bring, not beyond a buffer */
	in.len = 14 + 9700;
	frame_put16(in.data + 16, 9700);
	memset(in.data + 34, 0x94, 40); /* one option of 40 bytes that is copied: 8 bytes a piece */
	in.data[35] = 40;
	frame_fix_ip4(&in);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	bed_expect_drop(&bed, "8 bytes a piece", DROP_IP4_FRAGMENT_COUNT, 1);
	packet("10.0.2.2", 9600, 0, 0);
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
	comes_out("201 pieces", 2, host2, 0, 68);
	bed_close(&bed);
}

/* Whole or not at all when buffers are short. */
Test(pipeline_fragment, without_buffers)
{
	static struct rte_mbuf *taken[8192];
	unsigned n = 0;

	start("");
	packet("10.0.1.2", 3000, 0, 0); /* six pieces */
	bed_send(&bed, 0, &in);
	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(bed.board->pool)))
		n++;
	cr_assert_gt(n, 100);
	for (unsigned spare = 0; spare < 8; spare++) {
		bed_settle(&bed);
		if (spare < 6)
			bed_expect_drop(&bed, WHAT("%u buffers", spare), DROP_NO_BUFFERS, 1);
		else
			comes_out(WHAT("%u buffers", spare), 1, host1, 0, 576);
		/* its buffer came back: it takes one to send the packet again */
		while (rte_mempool_avail_count(bed.board->pool) > 0 &&
		       (taken[n] = rte_pktmbuf_alloc(bed.board->pool)))
			n++;
		for (unsigned i = 0; i < spare + 2; i++)
			rte_pktmbuf_free(taken[--n]);
		bed_send(&bed, 0, &in);
	}
	rte_pktmbuf_free_bulk(taken, n);
	bed_settle(&bed);
	comes_out("with all buffers", 1, host1, 0, 576);
	bed_close(&bed);
}

/* Packets of one burst leave in the order they came in, cut or not. */
Test(pipeline_fragment, order_is_kept)
{
	unsigned sizes[30];

	start("");
	for (unsigned round = 0; round < 20; round++) {
		unsigned pieces = 0;

		for (unsigned i = 0; i < RTE_DIM(sizes); i++) {
			sizes[i] = (i * 7 + round) % 3 ? 40 + i : 1000 + i * 10;
			packet("10.0.1.2", sizes[i], 0, 0);
			bed_send(&bed, 0, &in);
		}
		bed_settle(&bed);
		for (unsigned i = 0; i < RTE_DIM(sizes); i++) {
			/* 552 bytes a piece, 556 in the last */
			const unsigned n = RTE_MAX(1u, (sizes[i] + 8 + 552 - 5) / 552);

			packet("10.0.1.2", sizes[i], 0, 0);
			reassemble(WHAT("packet %u", i), 1, 576, n);
			frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
			cr_assert_eq(whole.len, want.len, "packet %u was overtaken", i);
			cr_assert_arr_eq(whole.data, want.data, want.len);
			pieces += n;
		}
		cr_assert_eq(bed_delta(&bed, "a burst").tx, pieces);
		bed_expect_nothing(&bed, "a burst");
	}
	bed_close(&bed);
}

/* More pieces than streams of the graph, and than the lane's ring, take: counted one by one. */
Test(pipeline_fragment, more_than_the_lane_takes)
{
	start("");
	packet("10.0.2.2", 9000, 0, 0);
	for (unsigned i = 0; i < 64; i++)
		bed_send(&bed, 0, &in);
	bed_settle(&bed);
	const struct tally d = bed_delta(&bed, "64 large packets");

	cr_assert_eq(d.fragmented, 64);
	cr_assert_eq(d.fragments, 64 * 188);
	cr_assert_gt(d.drop[DROP_LANE_TX_FULL], 0);
	cr_assert_eq(d.tx + d.drop[DROP_LANE_TX_FULL], d.fragments);
	bed_forget(&bed);
	bed_close(&bed);
}
