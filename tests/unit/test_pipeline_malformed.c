/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipeline against frames nobody should send: cut anywhere, with lengths that lie, tags upon
 * tags, noise. Each ends under the reason that names its fault, none goes on, and
 * behind a cut frame its buffer holds the rest of it, so that reading too far would succeed.
 */
#include "dataplane/nodes/plain.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, mtu: 9702,\n"
	"       addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/24, '2001:db8:100::1/64']}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, mtu: 9702,\n"
	"       addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"routes:\n"
	"  - {to: 0.0.0.0/0, via: 10.0.1.2}\n"
	"  - {to: '::/0', via: '2001:db8:1::2'}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 };
static struct bed bed;
static struct frame in, want;
static char what[128];

TestSuite(pipeline_malformed, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
}

#define WHAT(...) (snprintf(what, sizeof(what), __VA_ARGS__), what)

static void udp(bool six, uint16_t vlan, uint8_t options, uint16_t payload)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
				      .from = host0,
				      .vlan = vlan,
				      .src = six ? "2001:db8::2" : "10.0.0.2",
				      .dst = six ? "2001:db8:77::1" : "10.77.0.1",
				      .options = options,
				      .payload = payload });
}

static void put(void)
{
	bed_send(&bed, 0, &in);
	bed_settle(&bed);
}

static void dropped(const char *text, enum drop_reason reason)
{
	put();
	bed_expect_drop(&bed, text, reason, 1);
}

static void passes(const char *text)
{
	put();
	frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
	bed_expect_frame(&bed, text, 1, &want);
	bed_expect_sent(&bed, text, 1, 1);
}

/* Put n bytes of a new header between layer 2 (or a header of ours) and the rest. */
static void insert(unsigned at, const uint8_t *bytes, unsigned n)
{
	memmove(in.data + at + n, in.data + at, in.len - at);
	memcpy(in.data + at, bytes, n);
	in.len += n;
}

/* hop-by-hop, routing, destination options, fragment, then what was there */
static void insert_extensions(void)
{
	static const uint8_t hop[8] = { 43, 0, 1, 4 }, routing[24] = { 60, 2, 3, 0 },
			     options[16] = { 44, 1, 1, 12 }, fragment[8] = { 17, 0, 0, 1 };
	const unsigned l3 = frame_l3(&in);

	insert(l3 + 40, fragment, 8);
	insert(l3 + 40, options, 16);
	insert(l3 + 40, routing, 24);
	insert(l3 + 40, hop, 8);
	in.data[l3 + 6] = 0;
	frame_put16(in.data + l3 + 4, frame_get16(in.data + l3 + 4) + 56);
}

/* Why the first `len` bytes of this frame, all of which would be right, are not. */
static enum drop_reason cut_reason(const struct frame *f, unsigned len)
{
	unsigned at = 14;
	unsigned type = frame_get16(f->data + 12);

	if (len < 14)
		return DROP_ETH_TRUNCATED;
	if (type == 0x8100 || type == 0x88a8) {
		if (len < 18)
			return DROP_ETH_TRUNCATED;
		at = 18;
		type = frame_get16(f->data + 16);
		if (type == 0x8100 || type == 0x88a8)
			return DROP_VLAN_NESTED;
	}
	const uint8_t *ip = f->data + at;
	const unsigned have = len - at;

	if (type == 0x86dd)
		return have < 40 ? DROP_IP6_TRUNCATED : DROP_IP6_PAYLOAD_LENGTH;
	if (have < 20)
		return DROP_IP4_TRUNCATED;
	return have < (ip[0] & 15) * 4u ? DROP_IP4_HEADER_LENGTH : DROP_IP4_TOTAL_LENGTH;
}

Test(pipeline_malformed, cut_at_every_byte)
{
	start();
	for (unsigned kind = 0; kind < 10; kind++) {
		const bool six = kind % 2, tagged = kind >= 4;
		unsigned whole;

		udp(six, tagged ? 100 : 0, !six && kind & 2 ? 40 : 0, 20);
		if (six && kind & 2)
			insert_extensions();
		if (kind >= 8) { /* a second tag */
			static const uint8_t tag[4] = { 0x88, 0xa8, 0, 100 };

			insert(12, tag, 4);
			if (kind == 9)
				in.data[12] = 0x81, in.data[13] = 0;
		}
		whole = in.len;
		for (in.len = 0; in.len < whole; in.len++)
			dropped(WHAT("kind %u, %u of %u bytes", kind, in.len, whole),
				cut_reason(&in, in.len));
		if (kind < 8)
			passes(WHAT("kind %u, whole", kind));
	}
	bed_close(&bed);
}

Test(pipeline_malformed, ip4_header_length)
{
	start();
	for (unsigned ihl = 0; ihl < 16; ihl++) {
		udp(false, 0, 40, 30);
		in.data[14] = (uint8_t)(0x40 | ihl);
		if (ihl >= 5)
			frame_fix_ip4(&in);
		if (ihl < 5)
			dropped(WHAT("ihl %u", ihl), DROP_IP4_HEADER_LENGTH);
		else
			passes(WHAT("ihl %u", ihl));
		/* and in a packet that is shorter than that */
		udp(false, 0, 0, 0);
		in.len = 34;
		frame_put16(in.data + 16, 20);
		in.data[14] = (uint8_t)(0x40 | ihl);
		if (ihl == 5) {
			frame_fix_ip4(&in);
			passes("20 bytes");
		} else {
			dropped(WHAT("ihl %u in 20 bytes", ihl), DROP_IP4_HEADER_LENGTH);
		}
	}
	bed_close(&bed);
}

Test(pipeline_malformed, ip4_total_length)
{
	start();
	for (unsigned options = 0; options <= 40; options += 20) {
		udp(false, 0, (uint8_t)options, 100);
		const unsigned have = in.len - 14, header = 20 + options;

		for (unsigned total = 0; total < 0x10000; total += total < have + 40 ? 1 : 997) {
			udp(false, 0, (uint8_t)options, 100);
			frame_put16(in.data + 16, total);
			frame_fix_ip4(&in);
			if (total < header || total > have)
				dropped(WHAT("total %u of %u", total, have), DROP_IP4_TOTAL_LENGTH);
			else
				passes(WHAT("total %u of %u", total, have));
		}
		frame_put16(in.data + 16, 0xffff);
		frame_fix_ip4(&in);
		dropped("total 65535", DROP_IP4_TOTAL_LENGTH);
	}
	bed_close(&bed);
}

Test(pipeline_malformed, ip4_every_bit)
{
	start();
	for (unsigned bit = 0; bit < 160; bit++) {
		enum drop_reason reason = DROP_IP4_CHECKSUM;

		udp(false, 0, 0, 30);
		in.data[14 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		if (bit < 4)
			reason = DROP_IP4_VERSION;
		else if (bit < 8 && (in.data[14] & 15) < 5)
			reason = DROP_IP4_HEADER_LENGTH;
		else if (bit / 8 == 2 || bit / 8 == 3)
			if (frame_get16(in.data + 16) < 20 ||
			    frame_get16(in.data + 16) > in.len - 14)
				reason = DROP_IP4_TOTAL_LENGTH;
		dropped(WHAT("bit %u", bit), reason);
	}
	for (unsigned version = 0; version < 16; version++) {
		udp(false, 0, 0, 30);
		in.data[14] = (uint8_t)(version << 4 | 5);
		frame_fix_ip4(&in);
		if (version != 4)
			dropped(WHAT("version %u", version), DROP_IP4_VERSION);
		udp(true, 0, 0, 30);
		in.data[14] = (uint8_t)(version << 4);
		if (version != 6)
			dropped(WHAT("version %u", version), DROP_IP6_VERSION);
	}
	bed_close(&bed);
}

/* A header that the carrier has summed is not summed again; its word is all that differs. (Fibers
 * between processes carry no such word: so the look itself.) */
Test(pipeline_malformed, ip4_checksum_the_carrier_has_seen)
{
	const struct worker_cfg *cfg;
	struct rte_mbuf *m;

	start();
	cfg = bed.board->workers[0]->next_cfg;
	udp(false, 0, 0, 30);
	m = rte_pktmbuf_alloc(board_pool(bed.board));
	cr_assert_not_null(m);
	memcpy(rte_pktmbuf_append(m, in.len), in.data, in.len);
	m->port = bed.board->ports[0].id;
	cr_expect(plain_ip4(cfg, cfg->own, m), "right");
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 10) ^= 1;
	cr_expect(!plain_ip4(cfg, cfg->own, m), "wrong, nobody has looked");
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_BAD;
	cr_expect(!plain_ip4(cfg, cfg->own, m), "wrong, the carrier says so");
	m->ol_flags ^= RTE_MBUF_F_RX_IP_CKSUM_BAD ^ RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	cr_expect(plain_ip4(cfg, cfg->own, m), "the carrier says it is right");
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 2) = 0xff;
	cr_expect(!plain_ip4(cfg, cfg->own, m), "but too long");
	rte_pktmbuf_free(m);
	bed_close(&bed);
}

Test(pipeline_malformed, ip6_payload_length)
{
	start();
	udp(true, 0, 0, 100);
	const unsigned have = in.len - 54;

	for (unsigned payload = 0; payload < 0x10000; payload += payload < have + 40 ? 1 : 997) {
		udp(true, 0, 0, 100);
		frame_put16(in.data + 18, payload);
		if (payload > have)
			dropped(WHAT("payload %u of %u", payload, have), DROP_IP6_PAYLOAD_LENGTH);
		else
			passes(WHAT("payload %u of %u", payload, have));
	}
	bed_close(&bed);
}

/* To an address of ours the chain of headers is followed: wherever it ends, it ends here. */
Test(pipeline_malformed, ip6_chains_to_us)
{
	static const uint8_t options[8] = { 60, 0, 1, 4 };
	struct tally d;

	start();
	for (unsigned payload = 0; payload < 92; payload++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "2001:db8::2",
					      .dst = "2001:db8::1",
					      .payload = 28 });
		insert_extensions();
		frame_put16(in.data + 18, payload);
		put();
		bed_expect_nothing(&bed, "nothing about a fragment to us");
		d = bed_delta(&bed, WHAT("payload %u", payload));
		cr_assert_eq(d.drop[DROP_IP6_LOCAL_PROTOCOL], 1, "%s", what);
	}
	for (unsigned n = 1; n < 200; n++) { /* one option header behind the other */
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .from = host0,
					      .src = "2001:db8::2",
					      .dst = "2001:db8::1" });
		for (unsigned i = 0; i < n; i++)
			insert(54, options, 8);
		in.data[54 + 8 * (n - 1)] = 17;
		in.data[20] = 60;
		frame_put16(in.data + 18, 8 + 8 * n);
		put();
		if (n <= IP6_MAX_EXTENSIONS) {
			frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, "2001:db8::1", 1,
					 4, 0);
			bed_expect_frame(&bed, WHAT("%u headers", n), 0, &want);
			bed_delta(&bed, what);
		} else {
			bed_expect_drop(&bed, WHAT("%u headers", n), DROP_IP6_LOCAL_PROTOCOL, 1);
		}
	}
	for (unsigned size = 0; size < 256; size++) { /* one whose length lies */
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "2001:db8::2",
					      .dst = "2001:db8::1" });
		insert(54, options, 8);
		in.data[54] = 6;
		in.data[55] = (uint8_t)size;
		in.data[20] = 60;
		frame_put16(in.data + 18, 16);
		dropped(WHAT("length %u", size), DROP_IP6_LOCAL_PROTOCOL);
	}
	bed_close(&bed);
}

Test(pipeline_malformed, every_protocol)
{
	start();
	for (unsigned i = 0; i < 512; i++) { /* 0 first, then the others, then 0 again */
		const unsigned protocol = i % 257 % 256;

		for (unsigned six = 0; six < 2; six++) {
			udp(six, 0, 0, 40);
			in.data[six ? 20 : 23] = (uint8_t)protocol;
			if (!six)
				frame_fix_ip4(&in);
			passes(WHAT("protocol %u", protocol));
		}
	}
	bed_close(&bed);
}

/* Nobody here reassembles, nobody looks at layer 4 of a transit packet. */
Test(pipeline_malformed, fragments_and_layer_4_in_transit)
{
	static const uint16_t fragments[] = { 0x2000, 0x2001, 0x2002, 0x2001, 0x0002,
					      0x1fff, 0x3fff, 0x0001, 0x8000 };

	start();
	for (unsigned i = 0; i < RTE_DIM(fragments); i++) {
		for (uint16_t payload = 0; payload < 40; payload += 13) {
			udp(false, 0, 0, payload);
			frame_put16(in.data + 20, fragments[i]);
			frame_fix_ip4(&in);
			passes(WHAT("fragment %04x", fragments[i]));
		}
	}
	for (unsigned len = 0; len < 10; len++) { /* UDP lengths that lie */
		udp(false, 0, 0, 20);
		frame_put16(in.data + 38, len);
		passes(WHAT("UDP length %u", len));
		udp(true, 0, 0, 20);
		frame_put16(in.data + 58, len);
		passes(WHAT("UDP length %u", len));
	}
	for (unsigned offset = 0; offset < 16; offset++) {
		udp(false, 0, 0, 20);
		in.data[23] = NET_PROTO_TCP;
		in.data[34 + 12] = (uint8_t)(offset << 4);
		frame_fix_ip4(&in);
		passes(WHAT("TCP offset %u", offset));
	}
	bed_close(&bed);
}

Test(pipeline_malformed, tags_and_labels)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 100 }, service[4] = { 0x88, 0xa8, 0, 100 },
			     unknown[4] = { 0x81, 0, 0, 101 }, label[4] = { 0, 1, 0, 64 },
			     last[4] = { 0, 1, 1, 64 };

	start();
	for (unsigned n = 1; n <= 8; n++) {
		for (unsigned service_tag = 0; service_tag < 2; service_tag++) {
			udp(false, 0, 0, 30);
			for (unsigned i = 0; i < n; i++)
				insert(12, service_tag ? service : tag, 4);
			if (n == 1)
				passes(WHAT("one tag of type %02x%02x", in.data[12], in.data[13]));
			else
				dropped(WHAT("%u tags", n), DROP_VLAN_NESTED);
		}
		udp(false, 0, 0, 30);
		for (unsigned i = 0; i < n; i++)
			insert(12, unknown, 4);
		dropped(WHAT("%u unknown tags", n), DROP_VLAN_UNKNOWN);
	}
	for (unsigned n = 1; n < 256; n++) {
		udp(false, 0, 0, 30);
		insert(14, last, 4);
		for (unsigned i = 1; i < n; i++)
			insert(14, label, 4);
		frame_put16(in.data + 12, NET_ETHERTYPE_MPLS);
		dropped(WHAT("%u labels", n), DROP_ETH_TYPE_UNKNOWN);
	}
	bed_close(&bed);
}

Test(pipeline_malformed, every_ethertype)
{
	unsigned expected = 0;

	start();
	udp(false, 0, 0, 30);
	for (unsigned type = 0; type < 0x10000; type++) {
		if (type == 0x0800 || type == 0x86dd || type == 0x0806 || type == 0x8100 ||
		    type == 0x88a8)
			continue;
		frame_put16(in.data + 12, type);
		bed_send(&bed, 0, &in);
		if (++expected == 200) {
			bed_settle(&bed);
			bed_expect_drop(&bed, WHAT("up to %04x", type), DROP_ETH_TYPE_UNKNOWN, 200);
			expected = 0;
		}
	}
	bed_settle(&bed);
	bed_expect_drop(&bed, "the last ones", DROP_ETH_TYPE_UNKNOWN, expected);
	bed_close(&bed);
}

Test(pipeline_malformed, runts_zeros_and_ones)
{
	start();
	for (unsigned len = 0; len < 100; len++) {
		memset(in.data, 0, sizeof(in.data));
		in.len = len;
		dropped(WHAT("%u zeros", len), len < 14 ? DROP_ETH_TRUNCATED : DROP_ETH_NOT_FOR_US);
		memset(in.data, 0xff, sizeof(in.data));
		dropped(WHAT("%u ones", len),
			len < 14 ? DROP_ETH_TRUNCATED : DROP_ETH_GROUP_SOURCE);
	}
	bed_close(&bed);
}

/* CVE-2020-35498: more than 255 bytes of padding. */
Test(pipeline_malformed, padding_to_9216)
{
	start();
	for (unsigned len = 200; len <= 9216; len += 511) {
		for (unsigned six = 0; six < 2; six++) {
			udp(six, 0, 0, 0);
			frame_pad(&in, len, 0xee);
			passes(WHAT("padded to %u", len));
			cr_assert_leq(want.len, 62);
		}
	}
	bed_close(&bed);
}

/*
 * A million frames, most of them a valid one with some bytes changed. Whatever comes out is a
 * packet that was right: checksum, version, hops left, the next hop's address.
 */
Test(pipeline_malformed, random_frames)
{
	uint64_t seed = 20260711;
	unsigned out = 0;

	start();
	for (unsigned i = 0; i < 1000000; i++) {
		const unsigned kind = guard_random(&seed) % 8;

		if (kind == 0) {
			in.len = guard_random(&seed) % 200;
			for (unsigned k = 0; k < in.len; k++)
				in.data[k] = (uint8_t)guard_random(&seed);
			if (guard_random(&seed) % 2)
				memcpy(in.data, bed_mac(&bed, 0), 6);
		} else {
			const unsigned changes = guard_random(&seed) % 4;

			if (i % 4 == 0 || in.len < 60)
				udp(kind & 1, kind & 2 ? 100 : 0, kind & 1 ? 0 : 4 * (kind & 4),
				    (uint16_t)(guard_random(&seed) % 100));
			for (unsigned k = 0; k < changes; k++)
				in.data[12 + guard_random(&seed) % (in.len - 12)] =
					(uint8_t)guard_random(&seed);
			if (in.data[12] == 8 && guard_random(&seed) % 2)
				frame_fix_ip4(&in);
			if (guard_random(&seed) % 16 == 0)
				in.len = 1 + guard_random(&seed) % in.len;
		}
		if (guard_random(&seed) % 32 == 0 && in.len > 1) {
			uint16_t cuts[4];
			unsigned n = 0;

			for (unsigned at = 0; n < RTE_DIM(cuts); cuts[n++] = (uint16_t)at) {
				at += guard_random(&seed) % 40;
				if (at >= in.len)
					break;
			}
			bed_send_cut(&bed, 0, &in, cuts, n);
		} else {
			bed_send(&bed, 0, &in);
		}
		if (i % 200 != 199)
			continue;
		bed_settle(&bed);
		for (const struct frame *f; (f = bed_next(&bed)); out++) {
			const uint8_t *ip = f->data + frame_l3(f);
			const unsigned type = frame_get16(ip - 2);

			if (f->port != 1 || type == 0x0806)
				continue;
			if ((type == 0x0800 &&
			     (ip[0] >> 4 != 4 || frame_sum(0, ip, (ip[0] & 15) * 4u) != 0xffff)) ||
			    (type == 0x86dd && ip[0] >> 4 != 6))
				cr_assert_fail("frame %u: something else came out", i);
		}
		bed_delta(&bed, "random frames");
		if (i % 20000 == 19999)
			bed_tick(&bed, 4);
	}
	cr_expect_gt(out, 50000, "only %u frames went on", out);
	bed_tick(&bed, 4);
	bed_close(&bed);
}
