/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_checksum.c: good, bad and no checksum; every cut and random bytes stay inside the frame;
 * and over a port, for frames of one and of more segments.
 */
#include "pmd/cpx_checksum.h"
#include "tests/unit/cpx_port.h"
#include "tests/unit/guard.h"

#define BOTH    (CPX_CHECK_IP | CPX_CHECK_L4)
#define IP_GOOD RTE_MBUF_F_RX_IP_CKSUM_GOOD
#define IP_BAD  RTE_MBUF_F_RX_IP_CKSUM_BAD
#define L4_GOOD RTE_MBUF_F_RX_L4_CKSUM_GOOD
#define L4_BAD  RTE_MBUF_F_RX_L4_CKSUM_BAD

struct packet {
	uint8_t b[512];
	uint16_t len;
	uint16_t ip, l4; /* where they start */
};

/* RFC 1071, byte by byte. */
static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	return sum;
}

static void finish(uint8_t *field, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	field[0] = (uint8_t)(~sum >> 8);
	field[1] = (uint8_t)~sum;
}

static void header_checksum(struct packet *p)
{
	memset(p->b + p->ip + 10, 0, 2);
	finish(p->b + p->ip + 10, add(0, p->b + p->ip, 24));
}

/* A datagram or segment of 33 payload bytes (odd: the last byte counts too), checksums right. */
static struct packet make(unsigned tags, unsigned version, unsigned proto)
{
	struct packet p = { .ip = (uint16_t)(14 + 4 * tags) };
	const uint8_t l4_len = (uint8_t)((proto == 6 ? 20 : 8) + 33);
	const unsigned header = version == 4 ? 24 : 40, field = proto == 6 ? 16 : 6;
	uint8_t *ip = p.b + p.ip, *l4 = ip + header;

	for (unsigned i = 0; i < tags; i++)
		memcpy(p.b + 12 + 4 * i, i == 0 && tags == 2 ? "\x88\xa8\0\1" : "\x81\0\0\2", 4);
	memcpy(ip - 2, version == 4 ? "\x08\0" : "\x86\xdd", 2);
	p.l4 = (uint16_t)(p.ip + header);
	p.len = (uint16_t)(p.l4 + l4_len);
	for (unsigned i = 0; i < l4_len; i++)
		l4[i] = (uint8_t)(7 * i + 1);
	if (proto == 17) {
		l4[4] = 0;
		l4[5] = l4_len;
	}
	memset(l4 + field, 0, 2);
	if (version == 4) {
		memcpy(ip, "\x46\0\0\0\0\0\0\0\x40\0\0\0\x0a\0\0\1\x0a\0\1\2\1\1\1\1", 24);
		ip[3] = (uint8_t)(header + l4_len);
		ip[9] = (uint8_t)proto;
		finish(l4 + field, add(proto + l4_len + add(0, ip + 12, 8), l4, l4_len));
		header_checksum(&p);
	} else {
		memcpy(ip, "\x60\0\0\0\0\0\0\x40\x20\1", 10);
		memcpy(ip + 24, "\x20\2", 2);
		ip[5] = l4_len;
		ip[6] = (uint8_t)proto;
		finish(l4 + field, add(proto + l4_len + add(0, ip + 8, 32), l4, l4_len));
	}
	return p;
}

/* The first `len` bytes as a frame of one segment that ends at the forbidden page. */
static uint64_t flags_of_cut(const struct packet *p, uint16_t len, unsigned what)
{
	struct rte_mbuf m = { .nb_segs = 1, .data_len = len, .pkt_len = len };

	m.buf_addr = guard_copy(p->b, len);
	return cpx_checksum_flags(&m, what);
}

static uint64_t flags_of(const struct packet *p)
{
	return flags_of_cut(p, p->len, BOTH);
}

Test(checksum, good_and_one_bit_wrong)
{
	static const unsigned protos[] = { 6, 17 };

	for (unsigned tags = 0; tags < 3; tags++) {
		for (unsigned k = 0; k < 2; k++) {
			struct packet p4 = make(tags, 4, protos[k]), p6 = make(tags, 6, protos[k]);

			cr_expect_eq(flags_of(&p4), IP_GOOD | L4_GOOD, "IPv4 %u", protos[k]);
			cr_expect_eq(flags_of(&p6), L4_GOOD, "IPv6 %u", protos[k]);
			cr_expect_eq(flags_of_cut(&p4, p4.len, CPX_CHECK_IP), IP_GOOD);
			cr_expect_eq(flags_of_cut(&p4, p4.len, CPX_CHECK_L4), L4_GOOD);
			p4.b[p4.len - 1] ^= 0x10; /* last byte of an odd payload */
			cr_expect_eq(flags_of(&p4), IP_GOOD | L4_BAD);
			p6.b[p6.ip + 39] ^= 1; /* an address, by way of the pseudo-header */
			cr_expect_eq(flags_of(&p6), L4_BAD);
			p4.b[p4.ip + 8]--; /* TTL */
			cr_expect_eq(flags_of(&p4), IP_BAD | L4_BAD);
		}
	}
}

Test(checksum, padding_is_not_payload)
{
	struct packet p = make(0, 4, 17);

	memset(p.b + p.len, 0xee, 20);
	p.len += 20;
	cr_expect_eq(flags_of(&p), IP_GOOD | L4_GOOD);
}

/* Change a field, put the header's checksum right, look at the flags. */
static uint64_t with_byte(struct packet p, unsigned at, uint8_t value)
{
	p.b[p.ip + at] = value;
	header_checksum(&p);
	return flags_of(&p);
}

Test(checksum, nothing_is_said_of_what_cannot_be_checked)
{
	struct packet udp = make(0, 4, 17), p;

	cr_expect_eq(with_byte(udp, 6, 0x20), IP_GOOD, "first fragment");
	cr_expect_eq(with_byte(udp, 7, 0x01), IP_GOOD, "later fragment");
	cr_expect_eq(with_byte(udp, 6, 0x40), IP_GOOD | L4_GOOD, "don't fragment");
	cr_expect_eq(with_byte(udp, 9, 47), IP_GOOD, "another protocol");
	cr_expect_eq(with_byte(udp, 2, 9), IP_GOOD, "longer than the frame");
	cr_expect_eq(with_byte(udp, 3, 20), IP_GOOD, "shorter than its header");
	cr_expect_eq(with_byte(udp, 3, 30), IP_GOOD, "no room for UDP");
	p = udp;
	p.b[p.l4 + 5]--;
	cr_expect_eq(flags_of(&p), IP_GOOD, "UDP and IP lengths differ");
	p = udp;
	memset(p.b + p.l4 + 6, 0, 2);
	cr_expect_eq(flags_of(&p), IP_GOOD, "UDP without a checksum");
	p = udp;
	p.b[12] = 9;
	cr_expect_eq(flags_of(&p), 0, "no IP");
	p = udp;
	p.b[p.ip] = 0x44;
	cr_expect_eq(flags_of(&p), 0, "header length 16");
	p = make(0, 6, 6);
	p.b[p.ip + 6] = 0;
	cr_expect_eq(flags_of(&p), 0, "IPv6 hop by hop");
}

Test(checksum, every_cut_and_random_bytes_stay_inside)
{
	uint64_t seed = 3;

	for (unsigned k = 0; k < 12; k++) {
		struct packet p = make(k % 3, k & 1 ? 4 : 6, k & 2 ? 6 : 17);

		for (uint16_t len = 0; len < p.len; len++)
			cr_expect_eq(flags_of_cut(&p, len, BOTH) & L4_GOOD, 0, "cut at %u", len);
		for (unsigned i = 0; i < 20000; i++) {
			struct packet r = p;

			for (unsigned n = 0; n < 4; n++)
				r.b[12 + guard_random(&seed) % 60] = (uint8_t)guard_random(&seed);
			flags_of_cut(&r, (uint16_t)(guard_random(&seed) % (p.len + 1)), BOTH);
		}
	}
}

Test(checksum, over_a_port_when_asked_for, .init = start_eal)
{
	const struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM };
	struct packet p = make(0, 4, 6);
	uint16_t port = new_port("net_cpx0", "");

	set_up_with(port, 1, &conf); /* as l3fwd does */
	start(port);
	for (uint16_t head = 54; head <= p.len; head++) { /* the payload split at every byte */
		struct rte_mbuf *m = frame(head, 0), *tail;

		memcpy(rte_pktmbuf_mtod(m, void *), p.b, head);
		if (head < p.len) {
			tail = frame((uint16_t)(p.len - head), 0);
			memcpy(rte_pktmbuf_mtod(tail, void *), p.b + head, (size_t)(p.len - head));
			cr_assert_eq(rte_pktmbuf_chain(m, tail), 0);
		}
		cr_assert_eq(send_one(port, 0, m), 1);
		m = receive_one(port, 0);
		cr_expect_eq(m->ol_flags, IP_GOOD | L4_GOOD, "split at %u", head);
		rte_pktmbuf_free(m);
	}
	/* over a carrier without the offload, too */
	cr_assert_eq(rte_vdev_init("net_ring0", ""), 0);
	port = new_port("net_cpx1", "carrier=dev:net_ring0");
	set_up_with(port, 1, &conf);
	start(port);
	struct rte_mbuf *m = frame(p.len, 0);

	p.b[p.len - 1] ^= 1;
	memcpy(rte_pktmbuf_mtod(m, void *), p.b, p.len);
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_expect_eq(receive_one(port, 0)->ol_flags, IP_GOOD | L4_BAD);
	rte_pktmbuf_free(m);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}
