/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets in several buffers, cut wherever a carrier may cut them (spec/faults.md B 18): what is
 * right goes on, is answered or is told of whatever the buffers; what is wrong ends under the same
 * reason as in one buffer. All buffers come back.
 */
#include <rte_cycles.h>

#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static const char yaml[] =
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, mtu: 9702,\n"
	"       addresses: [10.0.0.1/24, '2001:db8::1/64'],\n"
	"       vlans: {100: {addresses: [10.100.0.1/24, '2001:db8:100::1/64']}}}\n"
	"  p1: {lanes: oe0/1, carrier: loop, mtu: 1400,\n"
	"       addresses: [10.0.1.1/24, '2001:db8:1::1/64'],\n"
	"       vlans: {200: {addresses: [10.200.0.1/24]}}}\n"
	"routes:\n"
	"  - {to: 0.0.0.0/0, via: 10.0.1.2}\n"
	"  - {to: '::/0', via: '2001:db8:1::2'}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.200.0.2, mac: '02:00:00:00:c8:02'}\n"
	"  - {ip: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
	"  - {ip: '2001:db8:1::2', mac: '02:00:00:00:01:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 }, host1[6] = { 2, 0, 0, 0, 1, 2 },
		     host200[6] = { 2, 0, 0, 0, 0xc8, 2 };
static struct bed bed;
static struct frame in, want;
static char what[128];

TestSuite(pipeline_chain, .fini = bed_clean);

#define WHAT(...) (snprintf(what, sizeof(what), __VA_ARGS__), what)

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 0 });
}

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

static void put(const uint16_t *cuts, unsigned n)
{
	bed.tsc += rte_get_tsc_hz(); /* errors have no limit here */
	bed_send_cut(&bed, 0, &in, cuts, n);
	bed_settle(&bed);
}

static void goes_on(const char *text, const uint8_t *to, uint16_t vlan)
{
	frame_forwarded(&want, &in, to, bed_mac(&bed, 1), vlan);
	bed_expect_frame(&bed, text, 1, &want);
	bed_expect_sent(&bed, text, 1, 1);
}

Test(pipeline_chain, cut_at_every_byte)
{
	start();
	for (unsigned kind = 0; kind < 6; kind++) {
		const bool six = kind % 2;

		for (uint16_t at = 0; at <= 14 + 4 + 60 + 90; at++) {
			const uint16_t cuts[] = { at, (uint16_t)(at + 1), (uint16_t)(at + 1),
						  (uint16_t)(at + 3) };

			udp(six, kind >= 4 ? 100 : 0, !six && kind & 2 ? 40 : 0, 120);
			for (unsigned n = 1; n <= RTE_DIM(cuts); n++) { /* one of no bytes, too */
				if (cuts[n - 1] > in.len)
					break;
				put(cuts, n);
				goes_on(WHAT("kind %u, %u cuts from %u", kind, n, at), host1, 0);
			}
		}
	}
	bed_close(&bed);
}

/* A tag off and another on. */
Test(pipeline_chain, from_vlan_to_vlan)
{
	start();
	for (uint16_t at = 0; at < 100; at++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .from = host0,
					      .vlan = 100,
					      .src = "10.100.0.2",
					      .dst = "10.200.0.2",
					      .payload = 100 });
		put(&at, 1);
		goes_on(WHAT("cut at %u", at), host200, 200);
	}
	bed_close(&bed);
}

Test(pipeline_chain, a_buffer_for_every_byte)
{
	uint16_t cuts[400];

	start();
	for (unsigned i = 0; i < RTE_DIM(cuts); i++)
		cuts[i] = (uint16_t)(i + 1);
	for (unsigned kind = 0; kind < 4; kind++) {
		udp(kind & 1, 0, kind == 2 ? 40 : 0, 250);
		put(cuts, in.len - 1);
		goes_on(WHAT("kind %u", kind), host1, 0);
	}
	bed_close(&bed);
}

/* bytes [from, to) at the end of a buffer, or borrowed from one */
static struct rte_mbuf *piece(unsigned from, unsigned to, bool borrowed)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(bed.board->pool), *clone;

	cr_assert_not_null(m);
	if (!borrowed)
		m->data_off = (uint16_t)(m->buf_len - (to - from));
	memcpy(rte_pktmbuf_mtod(m, void *), in.data + from, to - from);
	m->data_len = (uint16_t)(to - from);
	m->pkt_len = to - from;
	if (!borrowed)
		return m;
	clone = rte_pktmbuf_clone(m, bed.board->pool);
	cr_assert_not_null(clone);
	rte_pktmbuf_free(m);
	return clone;
}

/* No room behind the first bytes, or room that is not the packet's: a buffer is put in front. */
Test(pipeline_chain, without_room_in_the_first_buffer)
{
	static struct rte_mbuf *taken[8192];
	unsigned n = 0;

	start();
	for (unsigned at = 0; at < 100; at++) {
		for (unsigned borrowed = 0; borrowed < 2; borrowed++) {
			udp(at & 1, 0, 0, 120);
			struct rte_mbuf *m = piece(0, at, borrowed),
					*rest = piece(at, in.len, false);

			cr_assert_eq(rte_pktmbuf_chain(m, rest), 0);
			bed_send_mbuf(&bed, 0, 0, m);
			bed_settle(&bed);
			goes_on(WHAT("%u bytes, borrowed %u", at, borrowed), host1, 0);
		}
	}
	struct rte_mbuf *m = piece(0, 30, false), *rest = piece(30, in.len, false);

	cr_assert_eq(rte_pktmbuf_chain(m, rest), 0);
	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(bed.board->pool)))
		n++;
	bed_send_mbuf(&bed, 0, 0, m);
	bed_settle(&bed);
	bed_expect_drop(&bed, "no buffer to put in front", DROP_NO_BUFFERS, 1);
	rte_pktmbuf_free_bulk(taken, n);
	bed_close(&bed);
}

/* Link padding is cut off, in whichever buffer it begins. */
Test(pipeline_chain, padding)
{
	start();
	for (uint16_t at = 20; at < 280; at += 3) {
		for (unsigned six = 0; six < 2; six++) {
			const uint16_t cuts[] = { at, (uint16_t)(at + 10), (uint16_t)(at + 11) };

			udp(six, 0, 0, 100);
			frame_pad(&in, 300, 0xee);
			put(cuts, 3);
			frame_forwarded(&want, &in, host1, bed_mac(&bed, 1), 0);
			cr_assert_leq(want.len, 162);
			bed_expect_frame(&bed, WHAT("cut at %u", at), 1, &want);
			bed_expect_sent(&bed, what, 1, 1);
		}
	}
	bed_close(&bed);
}

/* Pings, ARP, discovery, and UDP nobody listens to: answered. */
Test(pipeline_chain, to_us)
{
	start();
	for (unsigned kind = 0; kind < 6; kind++) {
		const bool six = kind & 1;
		const struct udp to_us = { .to = bed_mac(&bed, 0),
					   .from = host0,
					   .src = six ? "2001:db8::2" : "10.0.0.2",
					   .dst = six ? "2001:db8::1" : "10.0.0.1",
					   .payload = 600 };

		for (uint16_t at = 0; at < 700; at += at < 120 ? 1 : 97) {
			const uint16_t cuts[] = { at, (uint16_t)(at + 2) };

			if (kind < 2)
				frame_echo(&in, &to_us, six ? 128 : 8);
			else if (kind < 4)
				frame_udp(&in, &to_us);
			else if (kind == 4)
				frame_arp(&in, false, NULL, host0, 0, "10.0.0.2", "10.0.0.1");
			else
				frame_solicit(&in, host0, 0, "2001:db8::2", "2001:db8::1");
			if (cuts[1] >= in.len)
				break;
			put(cuts, 2);
			WHAT("kind %u, cut at %u", kind, at);
			if (kind < 2) {
				frame_echo_reply(&want, &in, host0, bed_mac(&bed, 0), 0, NULL);
				bed_expect_frame(&bed, what, 0, &want);
			} else if (kind < 4) {
				frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0, to_us.dst,
						 six ? 1 : 3, six ? 4 : 3, 0);
				bed_expect_frame(&bed, what, 0, &want);
			}
			cr_assert_eq(bed_delta(&bed, what).tx, 1, "%s", what);
			bed_forget(&bed);
		}
	}
	bed_close(&bed);
}

/* Errors about packets in pieces: the same as about the packet in one. */
Test(pipeline_chain, errors)
{
	start();
	for (unsigned kind = 0; kind < 4; kind++) {
		const bool six = kind & 1, large = kind & 2;

		for (uint16_t at = 1; at < 1500; at += at < 120 ? 1 : 89) {
			const uint16_t cuts[] = { at, (uint16_t)(at + 1), (uint16_t)(at + 300) };
			const uint8_t type = six ? large ? 2 : 3 : large ? 3 : 11;

			udp(six, 0, 0, 2000);
			if (!large)
				in.data[six ? 21 : 22] = 1;
			else if (!six)
				in.data[20] = 0x40;
			if (!six)
				frame_fix_ip4(&in);
			put(cuts, 3);
			frame_icmp_error(&want, &in, host0, bed_mac(&bed, 0), 0,
					 six ? "2001:db8::1" : "10.0.0.1", type,
					 large && !six ? 4 : 0, large ? 1400 : 0);
			bed_expect_frame(&bed, WHAT("kind %u, cut at %u", kind, at), 0, &want);
			cr_assert_eq(bed_delta(&bed, what).errors, 1);
		}
	}
	bed_close(&bed);
}

/* What is wrong stays wrong: every truncation of a chain, under the reason it has in one buffer. */
Test(pipeline_chain, cut_short)
{
	start();
	for (unsigned six = 0; six < 2; six++) {
		udp(six, 0, 0, 60);
		const unsigned whole = in.len;

		for (in.len = 3; in.len < whole; in.len++) {
			const uint16_t cuts[] = { (uint16_t)(in.len / 3), (uint16_t)(in.len / 2) };

			put(cuts, 2);
			bed_expect_drop(&bed, WHAT("%u bytes", in.len),
					in.len < 14               ? DROP_ETH_TRUNCATED
					: six && in.len < 14 + 40 ? DROP_IP6_TRUNCATED
					: six                     ? DROP_IP6_PAYLOAD_LENGTH
					: in.len < 14 + 20        ? DROP_IP4_TRUNCATED
								  : DROP_IP4_TOTAL_LENGTH,
					1);
		}
	}
	bed_close(&bed);
}

Test(pipeline_chain, random_cuts)
{
	uint64_t seed = 20261130;

	start();
	for (unsigned i = 0; i < 20000; i++) {
		uint16_t cuts[12], at = 0;
		unsigned n = 0;

		udp(i & 1, i & 2 ? 100 : 0, i & 1 ? 0 : (uint8_t)(4 * (i >> 2 & 7)), 600);
		while (n < RTE_DIM(cuts)) {
			at += (uint16_t)(guard_random(&seed) % 60);
			if (at >= in.len)
				break;
			cuts[n++] = at;
		}
		bed_send_cut(&bed, 0, &in, cuts, n);
		bed_settle(&bed);
		goes_on(WHAT("packet %u", i), host1, 0);
	}
	bed_close(&bed);
}
