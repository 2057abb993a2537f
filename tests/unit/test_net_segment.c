/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/segment.c: frames of every kind cut at many sizes; each segment is parsed as a receiver
 * would, its checksums verified over its own bytes, and the payloads put together again must be the
 * frame's. Then every header broken, every truncation, at a page no one may touch.
 */
#include "lib/net/segment.h"

#include <criterion/criterion.h>

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"
#include "lib/net/ip6.h"
#include "tests/unit/guard.h"

#define FIN 0x01
#define PSH 0x08
#define ACK 0x10
#define CWR 0x80
#define SEQ 0xfffffff0u /* wraps inside the frame */
#define ID  0xfffe      /* wraps, too */

struct kind {
	const char *name;
	enum vnet_gso gso;
	bool ip6, vlan;
	uint8_t options; /* of IPv4 or TCP, or an IPv6 header of destination options; bytes */
};

static const struct kind kinds[] = {
	{ "TCP over IPv4", VNET_GSO_TCP4, false, false, 0 },
	{ "TCP over IPv4, options, VLAN", VNET_GSO_TCP4, false, true, 8 },
	{ "TCP over IPv6", VNET_GSO_TCP6, true, false, 0 },
	{ "TCP over IPv6, options, VLAN", VNET_GSO_TCP6, true, true, 8 },
	{ "UDP over IPv4", VNET_GSO_UDP, false, false, 0 },
	{ "UDP over IPv6", VNET_GSO_UDP, true, false, 8 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint8_t frame[70000], segment[70000];
static size_t l3, l4, header; /* of the frame that was made */

/* A frame with wrong checksums: nobody is to believe them. */
static size_t make(const struct kind *k, size_t payload)
{
	const bool udp = k->gso == VNET_GSO_UDP;
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	size_t len;

	memset(frame, 0, 200);
	l3 = eth_fill(frame, mac, mac, k->vlan ? 100 : 0,
		      k->ip6 ? NET_ETHERTYPE_IP6 : NET_ETHERTYPE_IP4);
	l4 = l3 + (k->ip6 ? 40u : 20u) + k->options;
	header = l4 + (udp ? 8u : 20u + k->options);
	len = header + payload;
	if (k->ip6) {
		struct ip6_header *ip = (struct ip6_header *)(frame + l3);

		frame[l3] = 0x60;
		ip->payload_length = net_swap16((uint16_t)(len - l3 - 40));
		ip->next_header = k->options ? NET_PROTO_DSTOPTS
				  : udp      ? NET_PROTO_UDP
					     : NET_PROTO_TCP;
		ip->hop_limit = 64;
		ip->src[0] = ip->dst[0] = 0x20;
		ip->dst[15] = 2;
		if (k->options) {
			frame[l3 + 40] = udp ? NET_PROTO_UDP : NET_PROTO_TCP;
			frame[l3 + 42] = 1; /* PadN of 4 */
			frame[l3 + 43] = 4;
		}
	} else {
		struct ip4_header *ip = (struct ip4_header *)(frame + l3);

		ip->version_ihl = (uint8_t)(0x45 + k->options / 4);
		ip->total_length = net_swap16((uint16_t)(len - l3));
		ip->id = NET_BE16(ID);
		ip->fragment = NET_BE16(NET_IP4_DF);
		ip->ttl = 64;
		ip->protocol = udp ? NET_PROTO_UDP : NET_PROTO_TCP;
		ip->checksum = 0x1234;
		ip->src = NET_BE32(0x0a000001);
		ip->dst = NET_BE32(0x0a000002);
	}
	if (udp) {
		struct udp_header *u = (struct udp_header *)(frame + l4);

		u->src_port = 1;
		u->dst_port = 2;
		u->checksum = 0x4321;
	} else {
		struct tcp_header *t = (struct tcp_header *)(frame + l4);

		t->seq = net_swap32(SEQ);
		t->data_offset = (uint8_t)((5 + k->options / 4) << 4);
		t->flags = FIN | PSH | ACK | CWR;
		t->checksum = 0x4321;
	}
	for (size_t i = 0; i < payload; i++)
		frame[header + i] = (uint8_t)(i * 7 + i / 251);
	return len;
}

/* One segment as its receiver sees it. */
static void check_l4(const struct kind *k, unsigned i, unsigned n, uint16_t size, size_t len)
{
	const uint8_t *upper = segment + l4;
	const uint16_t bytes = (uint16_t)(len - l4);
	const uint8_t protocol = k->gso == VNET_GSO_UDP ? NET_PROTO_UDP : NET_PROTO_TCP;

	if (k->ip6) {
		const struct ip6_header *ip = (const struct ip6_header *)(segment + l3);

		cr_assert_eq(ip6_check(ip, len - l3), IP6_OK);
		cr_assert_eq(net_swap16(ip->payload_length), len - l3 - 40);
		cr_assert_eq(checksum_l4_ip6(ip->src, ip->dst, protocol, upper, bytes), 0);
	} else {
		const struct ip4_header *ip = (const struct ip4_header *)(segment + l3);

		cr_assert_eq(ip4_check(ip, len - l3), IP4_OK);
		cr_assert_eq(net_swap16(ip->total_length), len - l3);
		cr_assert_eq(net_swap16(ip->id), (uint16_t)(ID + i));
		cr_assert_eq(checksum_l4_ip4(ip->src, ip->dst, protocol, upper, bytes), 0);
	}
	if (protocol == NET_PROTO_UDP) {
		cr_assert_eq(net_swap16(((const struct udp_header *)upper)->length), bytes);
		cr_assert_neq(((const struct udp_header *)upper)->checksum, 0);
		return;
	}
	const struct tcp_header *t = (const struct tcp_header *)upper;

	cr_assert_eq(net_swap32(t->seq), SEQ + i * size);
	cr_assert_eq(t->flags, ACK | (i == 0 ? CWR : 0) | (i + 1 == n ? FIN | PSH : 0));
}

static void cut(const struct kind *k, size_t payload, uint16_t size)
{
	const size_t len = make(k, payload);
	const unsigned n = (unsigned)((payload + size - 1) / size);
	struct segments s;
	size_t at = 0;

	cr_assert_eq(segment_plan(&s, frame, len, k->gso, size), SEGMENT_OK, "%s, %zu by %u",
		     k->name, payload, size);
	cr_assert_eq(s.n, n, "%s, %zu by %u: %u segments", k->name, payload, size, s.n);
	for (unsigned i = 0; i < n; i++) {
		const size_t part = segment_length(&s, i);

		cr_assert_leq(part, header + size);
		memset(segment + part, 0xee, 8);
		segment_write(&s, i, segment);
		for (unsigned b = 0; b < 8; b++)
			cr_assert_eq(segment[part + b], 0xee, "written beyond its length");
		cr_assert_arr_eq(segment, frame, l3, "Ethernet header");
		check_l4(k, i, n, size, part);
		cr_assert_arr_eq(segment + header, frame + header + at, part - header);
		at += part - header;
	}
	cr_assert_eq(at, payload, "%s, %zu by %u: %zu bytes came out", k->name, payload, size, at);
}

Test(segment, sizes)
{
	static const size_t payloads[] = { 1, 2, 1447, 1448, 1449, 2896, 10001, 64000 };

	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned p = 0; p < sizeof(payloads) / sizeof(payloads[0]); p++) {
			cut(&kinds[k], payloads[p], 1448);
			cut(&kinds[k], payloads[p], 65535);
			cut(&kinds[k], payloads[p], 501); /* odd */
		}
}

Test(segment, bounds)
{
	struct segments s;

	for (unsigned k = 0; k < KINDS; k++) {
		size_t len;

		cut(&kinds[k], SEGMENT_MAX * 8, 8);
		len = make(&kinds[k], SEGMENT_MAX * 8 + 1);
		cr_expect_eq(segment_plan(&s, frame, len, kinds[k].gso, 8), SEGMENT_MANY);
		cr_expect_eq(segment_plan(&s, frame, len, kinds[k].gso, 0), SEGMENT_EMPTY);
		len = make(&kinds[k], 0);
		cr_expect_eq(segment_plan(&s, frame, len, kinds[k].gso, 8), SEGMENT_EMPTY);
	}
}

/* What must be refused of a frame in which one byte was changed. */
static enum segment_result broken(unsigned kind, size_t at, uint8_t byte)
{
	const size_t len = make(&kinds[kind], 100);
	struct segments s;

	frame[at] = byte;
	return segment_plan(&s, guard_copy(frame, len), len, kinds[kind].gso, 10);
}

Test(segment, contradictions)
{
	cr_expect_eq(broken(0, 12, 0x86), SEGMENT_NOT_IP, "EtherType");
	cr_expect_eq(broken(0, 14, 0x55), SEGMENT_HEADER, "version 5");
	cr_expect_eq(broken(0, 14, 0x44), SEGMENT_HEADER, "header length 16");
	cr_expect_eq(broken(0, 17, 1), SEGMENT_HEADER, "total length");
	cr_expect_eq(broken(0, 20, NET_IP4_MF >> 8), SEGMENT_FRAGMENT, "more fragments");
	cr_expect_eq(broken(0, 21, 1), SEGMENT_FRAGMENT, "fragment offset");
	cr_expect_eq(broken(0, 23, NET_PROTO_UDP), SEGMENT_PROTOCOL);
	cr_expect_eq(broken(4, 23, NET_PROTO_TCP), SEGMENT_PROTOCOL);
	cr_expect_eq(broken(0, 46, 0x40), SEGMENT_HEADER, "data offset 16");
	cr_expect_eq(broken(2, 14, 0x40), SEGMENT_HEADER, "version 4 in an IPv6 frame");
	cr_expect_eq(broken(2, 19, 1), SEGMENT_HEADER, "payload length");
	cr_expect_eq(broken(5, 20, NET_PROTO_FRAGMENT), SEGMENT_FRAGMENT);
	cr_expect_eq(broken(2, 20, NET_PROTO_UDP), SEGMENT_PROTOCOL);
	cr_expect_eq(broken(1, 16, 0x86), SEGMENT_NOT_IP, "EtherType behind the tag");
}

/* TCP options that the frame ends in. */
Test(segment, options_beyond)
{
	const size_t len = make(&kinds[0], 1);
	struct segments s;

	frame[46] = 0x60;
	cr_expect_eq(segment_plan(&s, guard_copy(frame, len), len, VNET_GSO_TCP4, 10),
		     SEGMENT_TRUNCATED);
}

/* A version that was not said. */
Test(segment, wrong_kind)
{
	static const enum vnet_gso all[] = { VNET_GSO_TCP4, VNET_GSO_TCP6, VNET_GSO_UDP };
	struct segments s;

	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned g = 0; g < 3; g++) {
			const size_t len = make(&kinds[k], 100);
			const enum segment_result ret = segment_plan(&s, frame, len, all[g], 10);

			cr_expect_eq(ret == SEGMENT_OK, all[g] == kinds[k].gso, "%s as %u",
				     kinds[k].name, all[g]);
		}
}

/* Cut anywhere, with lengths that agree: whatever is accepted stays inside. */
Test(segment, every_truncation)
{
	for (unsigned k = 0; k < KINDS; k++) {
		const size_t whole = make(&kinds[k], 100);

		for (size_t len = 0; len <= whole; len++) {
			struct segments s;
			uint8_t *p;

			make(&kinds[k], 100);
			if (len > l3 + 40 && kinds[k].ip6)
				((struct ip6_header *)(frame + l3))->payload_length =
					net_swap16((uint16_t)(len - l3 - 40));
			else if (len > l3 + 20 && !kinds[k].ip6)
				((struct ip4_header *)(frame + l3))->total_length =
					net_swap16((uint16_t)(len - l3));
			p = guard_copy(frame, len);
			if (segment_plan(&s, p, len, kinds[k].gso, 10) != SEGMENT_OK) {
				cr_expect(len <= header, "%s of %zu bytes is refused",
					  kinds[k].name, len);
				continue;
			}
			cr_expect_gt(len, header);
			for (unsigned i = 0; i < s.n; i++)
				segment_write(&s, i, segment);
		}
	}
}
