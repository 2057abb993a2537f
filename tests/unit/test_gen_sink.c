/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench/gen/stream.c and sink.c together: what the stream builds the sink takes, and any change on
 * the way is seen: every single bit of a frame flipped, every truncation at a guard page, loss,
 * duplication, reordering, a hop too many.
 */
#include "bench/gen/sink.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"
#include "tests/unit/guard.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 }, gateway[6] = { 2, 0, 0, 0, 0, 2 };
static struct sink sink;
static struct stream *streams[2];
static uint8_t frame[STREAM_MAX_FRAME];

static void setup(void)
{
	struct stream_params p4 = { .id = 0,
				    .family = AF_INET,
				    .ttl = 64,
				    .n_flows = 300,
				    .src = { 198, 18, 0, 250 },
				    .dst = { 198, 19, 0, 1 } };
	struct stream_params p6 = { .id = 1,
				    .family = AF_INET6,
				    .ttl = 64,
				    .n_flows = 8,
				    .src = { 0x20, 1, 0, 2, [15] = 1 },
				    .dst = { 0x20, 1, 0, 2, 0, 1, [15] = 1 } };

	stream_imix(&p4);
	stream_imix(&p6);
	cr_assert_eq(stream_create(&streams[0], &p4, mac, NULL), 0);
	cr_assert_eq(stream_create(&streams[1], &p6, mac, NULL), 0);
	sink_init(&sink, 1);
	for (unsigned i = 0; i < 2; i++) {
		stream_set_gateway(streams[i], gateway);
		cr_assert_eq(sink_add(&sink, streams[i]), 0);
	}
}

static void teardown(void)
{
	sink_fini(&sink);
	stream_destroy(streams[0]);
	stream_destroy(streams[1]);
}

TestSuite(sink, .init = setup, .fini = teardown);

/* The next frame of a flow as it looks behind one router. */
static size_t next(unsigned stream, unsigned flow)
{
	struct stream *s = streams[stream];
	size_t len = stream_next_size(s, &s->flows[flow]);

	stream_fill(s, flow, frame, 1000);
	if (stream == 0)
		checksum_ttl_decrement((struct ip4_header *)(frame + NET_ETHER_LEN));
	else
		((struct ip6_header *)(frame + NET_ETHER_LEN))->hop_limit--;
	return len;
}

static enum sink_verdict receive(size_t len)
{
	return sink_frame(&sink, guard_copy(frame, len), len, 2000);
}

Test(sink, crc32c_is_the_standard_one)
{
	cr_expect_eq(payload_crc32c(0, "123456789", 9), 0xe3069283);
	cr_expect_eq(payload_crc32c(payload_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

Test(sink, all_flows_and_sizes_are_good)
{
	uint64_t sent = 0;
	struct sink_report r;

	for (unsigned round = 0; round < 24; round++)
		for (unsigned s = 0; s < 2; s++)
			for (unsigned f = 0; f < streams[s]->params.n_flows; f++, sent++)
				cr_assert_eq(receive(next(s, f)), SINK_GOOD);
	sink_report(&sink, &r);
	cr_expect_eq(r.sent, sent);
	cr_expect_eq(r.received, sent);
	cr_expect_eq(sink_good(&sink), sent);
	cr_expect_eq(r.lost + r.duplicate + r.reordered + r.stale + r.corrupted + r.unexpected, 0);
	cr_expect_eq(sink.tsc_least, 1000);
	cr_expect_eq(sink.tsc_sum, sent * 1000);
}

Test(sink, imix_is_7_4_1)
{
	unsigned small = 0, middle = 0, big = 0;

	for (unsigned i = 0; i < 120; i++) {
		size_t len = next(0, 0);

		small += len == 70;
		middle += len == 590;
		big += len == 1514;
	}
	cr_expect_eq(small, 70);
	cr_expect_eq(middle, 40);
	cr_expect_eq(big, 10);
}

/* Addresses count up over a byte border and the checksum follows. */
Test(sink, flow_addresses)
{
	next(0, 10);
	cr_expect_arr_eq(frame + 26, "\xc6\x12\x01\x04", 4, "198.18.0.250 + 10");
	cr_expect_arr_eq(frame + 30, "\xc6\x13\x00\x0b", 4);
	cr_expect_arr_eq(frame, gateway, 6);
	cr_expect_arr_eq(frame + 6, mac, 6);
}

/* No bit of an IP packet can change without a verdict other than good. */
Test(sink, every_flipped_bit_is_seen)
{
	for (unsigned s = 0; s < 2; s++) {
		size_t len = next(s, 3);

		for (size_t bit = NET_ETHER_LEN * 8; bit < len * 8; bit++) {
			if (s == 1 && bit >= 14 * 8 && bit < 18 * 8 && bit / 4 != 29)
				continue; /* IPv6 traffic class and flow label: no check covers them
					   */
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			cr_assert_neq(receive(len), SINK_GOOD, "stream %u bit %zu", s, bit);
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		cr_assert_eq(receive(len), SINK_GOOD);
	}
}

Test(sink, every_truncation_is_seen)
{
	for (unsigned s = 0; s < 2; s++) {
		size_t whole = next(s, 0);

		for (size_t len = 0; len < whole; len++)
			cr_assert_neq(receive(len), SINK_GOOD, "stream %u length %zu", s, len);
		cr_assert_eq(receive(whole), SINK_GOOD);
	}
}

Test(sink, hops)
{
	struct ip4_header *ip = (struct ip4_header *)(frame + NET_ETHER_LEN);
	size_t len = next(0, 0);

	checksum_ttl_decrement(ip);
	cr_expect_eq(receive(len), SINK_BAD_HOPS);
	stream_fill(streams[0], 0, frame, 0);
	cr_expect_eq(receive(stream_next_size(streams[0], &streams[0]->flows[0])), SINK_BAD_IP,
		     "its length is that of another frame of the mix");
}

/* A packet of flow 1 that arrives with the addresses of flow 2, checksums right. */
Test(sink, wrong_flow)
{
	struct ip4_header *ip = (struct ip4_header *)(frame + NET_ETHER_LEN);
	struct udp_header *udp = (struct udp_header *)(ip + 1);
	size_t len = next(0, 1);

	ip->dst = net_swap32(net_swap32(ip->dst) + 1);
	ip->checksum = 0;
	ip->checksum = checksum_ip4(ip, 20);
	udp->checksum = 0;
	udp->checksum = checksum_l4_ip4(ip->src, ip->dst, 17, udp, net_swap16(udp->length));
	cr_expect_eq(receive(len), SINK_BAD_FLOW);
}

/* Payload changed by something that repairs the UDP checksum: the CRC sees it. */
Test(sink, payload_changed_with_a_repaired_checksum)
{
	struct ip4_header *ip = (struct ip4_header *)(frame + NET_ETHER_LEN);
	struct udp_header *udp = (struct udp_header *)(ip + 1);

	next(0, 0);
	size_t len = next(0, 0); /* 590 bytes: has filler */

	frame[len - 1] ^= 0x10;
	udp->checksum = 0;
	udp->checksum = checksum_l4_ip4(ip->src, ip->dst, 17, udp, net_swap16(udp->length));
	cr_expect_eq(receive(len), SINK_BAD_PAYLOAD);
}

Test(sink, loss_duplicates_reordering)
{
	/* the worked example, through real frames: 12 sent, arriving in that order */
	static const unsigned arrivals[] = { 0, 1, 2, 2, 5, 3, 6, 9, 4, 9, 10 };
	static uint8_t kept[12][STREAM_MAX_FRAME];
	size_t len[12];
	struct sink_report r;

	for (unsigned i = 0; i < 12; i++) {
		len[i] = next(1, 7);
		memcpy(kept[i], frame, len[i]);
	}
	for (unsigned i = 0; i < sizeof(arrivals) / sizeof(*arrivals); i++) {
		memcpy(frame, kept[arrivals[i]], len[arrivals[i]]);
		receive(len[arrivals[i]]);
	}
	sink_report(&sink, &r);
	cr_expect_eq(r.sent, 12);
	cr_expect_eq(r.lost, 3);
	cr_expect_eq(r.duplicate, 2);
	cr_expect_eq(r.reordered, 2);
	cr_expect_eq(r.corrupted, 0);
}

Test(sink, other_traffic_is_unexpected)
{
	memset(frame, 0, sizeof(frame));
	cr_expect_eq(receive(60), SINK_UNEXPECTED);
	frame[12] = 0x08;
	frame[13] = 0x06;
	cr_expect_eq(receive(60), SINK_UNEXPECTED);
	frame[13] = 0;
	cr_expect_eq(receive(60), SINK_BAD_IP);
}

Test(sink, bad_parameters_are_refused)
{
	struct stream_params p = { .family = AF_INET, .n_flows = 1, .n_sizes = 1, .sizes = { 69 } };
	struct stream *s = NULL;
	struct err err;

	cr_expect_lt(stream_create(&s, &p, mac, &err), 0, "a byte short for the payload header");
	cr_expect(strstr(err.text, "69") && strstr(err.text, "70"), "%s", err.text);
	p.sizes[0] = 1515;
	cr_expect_lt(stream_create(&s, &p, mac, &err), 0);
	p.sizes[0] = 100;
	p.n_flows = 0;
	cr_expect_lt(stream_create(&s, &p, mac, &err), 0);
	p.n_flows = 1;
	p.family = 99;
	cr_expect_lt(stream_create(&s, &p, mac, &err), 0);
	cr_expect_lt(sink_add(&sink, streams[0]), 0, "the same id again");
}
