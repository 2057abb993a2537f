/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_effect.c: checksums that DPDK's own functions find right, at every split of a frame over
 * segments and whatever the fields held; tags; lengths and flags that lie; random requests at the
 * edge of a forbidden page; and what tx_prepare leaves in the fields.
 */
#include <errno.h>
#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "pmd/cpx_effect.h"
#include "pmd/cpx_rxtx.h"
#include "tests/unit/cpx_port.h"
#include "tests/unit/guard.h"

#define IP4 (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM)
#define TCP RTE_MBUF_F_TX_TCP_CKSUM
#define UDP RTE_MBUF_F_TX_UDP_CKSUM

struct packet {
	uint8_t b[256];
	uint16_t len;
	uint16_t l2, l3, l4; /* lengths of headers */
	uint64_t flags;      /* that ask for all checksums there are */
};

static struct cpx_txq queue = { .max_frame = 1522 };

TestSuite(effect, .init = start_eal);

/* `extra` bytes between IP header and L4; garbage where checksums belong; `payload` bytes. */
static struct packet make(unsigned version, unsigned proto, unsigned tags, uint16_t extra,
			  uint16_t payload)
{
	struct packet p = { .l2 = (uint16_t)(14 + 4 * tags), .l4 = proto == IPPROTO_TCP ? 20 : 8 };
	uint8_t *ip = p.b + p.l2, *l4;
	uint16_t l4_len = (uint16_t)(p.l4 + payload);

	for (unsigned i = 0; i < sizeof(p.b); i++)
		p.b[i] = (uint8_t)(5 * i + 3);
	for (unsigned i = 0; i < tags; i++)
		memcpy(p.b + 12 + 4 * i, "\x81\0\0\7", 4);
	if (version == 4) {
		p.l3 = (uint16_t)(20 + extra);
		p.flags = IP4;
		memcpy(ip - 2, "\x08\0", 2);
		memset(ip + 20, 1, extra);
		memcpy(ip, "\x45\0\0\0\0\1\0\0\x40\0\xde\xad\x0a\0\0\1\x0a\1\0\2", 20);
		ip[0] = (uint8_t)(0x40 | p.l3 / 4);
		ip[3] = (uint8_t)(p.l3 + l4_len);
		ip[9] = (uint8_t)proto;
	} else {
		p.l3 = (uint16_t)(40 + extra);
		p.flags = RTE_MBUF_F_TX_IPV6;
		memcpy(ip - 2, "\x86\xdd", 2);
		memcpy(ip, "\x60\0\0\0\0\0\0\x40\x20\1\xd\xb8", 12);
		ip[5] = (uint8_t)(extra + l4_len);
		ip[6] = (uint8_t)(extra ? 60 : proto);
		if (extra) { /* destination options */
			ip[40] = (uint8_t)proto;
			ip[41] = (uint8_t)(extra / 8 - 1);
		}
	}
	l4 = ip + p.l3;
	p.flags |= proto == IPPROTO_TCP ? TCP : UDP;
	if (proto == IPPROTO_UDP)
		memcpy(l4 + 4, (uint8_t[]){ 0, (uint8_t)l4_len, 0xbe, 0xef }, 4);
	else
		l4[12] = 0x50;
	p.len = (uint16_t)(p.l2 + p.l3 + l4_len);
	return p;
}

static struct rte_mbuf *ask(struct rte_mbuf *m, const struct packet *p)
{
	m->ol_flags = p->flags;
	m->l2_len = p->l2;
	m->l3_len = p->l3;
	m->l4_len = p->l4;
	return m;
}

/* As a frame in up to three segments, cut at a and b. */
static struct rte_mbuf *split(const struct packet *p, uint16_t a, uint16_t b)
{
	const uint16_t at[4] = { 0, a, b, p->len };
	struct rte_mbuf *m = NULL;

	for (unsigned i = 0; i < 3; i++) {
		struct rte_mbuf *s = rte_pktmbuf_alloc(pool);
		uint16_t n = (uint16_t)(at[i + 1] - at[i]);

		memcpy(rte_pktmbuf_append(s, n), p->b + at[i], n);
		if (m == NULL)
			m = s;
		else
			cr_assert_eq(rte_pktmbuf_chain(m, s), 0);
	}
	return ask(m, p);
}

static struct rte_mbuf *whole(const struct packet *p)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	memcpy(rte_pktmbuf_append(m, p->len), p->b, p->len);
	return ask(m, p);
}

/* Read back, whatever the segments. */
static void back(const struct rte_mbuf *m, uint8_t *b)
{
	const void *p = rte_pktmbuf_read(m, 0, m->pkt_len, b);

	if (p != b)
		memcpy(b, p, m->pkt_len);
}

/* RFC 1071 over bytes, for where DPDK's functions do not reach. */
static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Checksums of `b` are right; nothing else of the packet changed. */
static void expect(const struct packet *p, uint8_t *b, const char *what, unsigned at)
{
	const unsigned field = p->l2 + p->l3 + (p->l4 == 20 ? 16 : 6);
	const unsigned proto = p->l4 == 20 ? IPPROTO_TCP : IPPROTO_UDP, l4 = p->l2 + p->l3;
	struct packet want = *p;
	_Alignas(8) uint8_t ip[256];

	memcpy(ip, b + p->l2, (size_t)(p->len - p->l2));
	if (p->flags & IP4) {
		struct rte_ipv4_hdr *h = (struct rte_ipv4_hdr *)ip;

		cr_expect_eq(add(0, ip, p->l3), 0xffff, "%s at %u: header", what, at);
		cr_expect_eq(rte_ipv4_udptcp_cksum_verify(h, ip + p->l3), 0, "%s at %u", what, at);
		memcpy(want.b + p->l2 + 10, b + p->l2 + 10, 2);
	} else if (p->l3 == 40) {
		cr_expect_eq(rte_ipv6_udptcp_cksum_verify((struct rte_ipv6_hdr *)ip, ip + p->l3), 0,
			     "%s at %u", what, at);
	} else {
		uint32_t pseudo = add(proto + p->len - l4, ip + 8, 32);

		cr_expect_eq(add(pseudo, b + l4, p->len - l4), 0xffff, "%s at %u", what, at);
	}
	cr_expect(b[field] != 0 || b[field + 1] != 0, "%s at %u", what, at);
	memcpy(want.b + field, b + field, 2);
	cr_expect_arr_eq(b, want.b, p->len, "%s at %u", what, at);
}

static struct packet every_kind(unsigned k, uint16_t payload)
{
	return make(k & 1 ? 4 : 6, k & 2 ? IPPROTO_TCP : IPPROTO_UDP, k / 4 % 3, k / 12 % 2 ? 8 : 0,
		    payload);
}

Test(effect, checksums_at_every_split)
{
	uint8_t b[256];

	for (unsigned k = 0; k < 24; k++) {
		struct packet p = every_kind(k, 33);

		for (uint16_t cut = 0; cut <= p.len; cut++) {
			/* a middle segment of 0 to 3 bytes, so that a field may lie in three */
			uint16_t second = (uint16_t)RTE_MIN(cut + k % 4, p.len);
			struct rte_mbuf *m = split(&p, cut, second);

			cr_assert_eq(cpx_effect(m, 0), 0, "kind %u at %u", k, cut);
			cr_expect_eq(m->ol_flags, 0);
			back(m, b);
			expect(&p, b, "kind", cut);
			rte_pktmbuf_free(m);
		}
	}
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(effect, checksums_of_every_length)
{
	uint8_t b[256];

	for (uint16_t payload = 0; payload < 64; payload++) {
		for (unsigned k = 0; k < 4; k++) {
			struct packet p = every_kind(k, payload);
			struct rte_mbuf *m = whole(&p);

			m->l4_len = 0; /* only segmentation needs it */
			cr_assert_eq(cpx_effect(m, 0), 0);
			back(m, b);
			expect(&p, b, "payload", payload);
			rte_pktmbuf_free(m);
		}
	}
}

Test(effect, a_known_frame)
{
	/* 10.0.0.1:1 > 10.0.0.2:2, UDP of no payload, worked out by hand: header
	 * 4500+001c+0000+0000+4011+0a00+0001+0a00+0002 = 9930, so 66cf; UDP
	 * 0a00+0001+0a00+0002+0011+0008+0001+0002+0008 = 1427, so ebd8 */
	struct packet p = { .b = "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
				 "\x45\0\0\x1c\0\0\0\0\x40\x11\xff\xff\x0a\0\0\1\x0a\0\0\2"
				 "\0\1\0\2\0\x08\xff\xff",
			    .len = 42,
			    .l2 = 14,
			    .l3 = 20,
			    .l4 = 8,
			    .flags = IP4 | UDP };
	struct rte_mbuf *m = whole(&p);
	const uint8_t *b = rte_pktmbuf_mtod(m, uint8_t *);

	cr_assert_eq(cpx_effect(m, 0), 0);
	cr_expect_arr_eq(b + 24, "\x66\xcf", 2);
	cr_expect_arr_eq(b + 40, "\xeb\xd8", 2);
	/* a source port of ebd9: the sum is ffff and UDP's field would be 0, which means none */
	memcpy(p.b + 34, "\xeb\xd9", 2);
	m = whole(&p);
	cr_assert_eq(cpx_effect(m, 0), 0);
	cr_expect_arr_eq(rte_pktmbuf_mtod(m, uint8_t *) + 40, "\xff\xff", 2);
}

Test(effect, only_what_is_asked)
{
	struct packet p = make(4, IPPROTO_TCP, 0, 0, 33), asked = p;
	uint8_t b[256];
	struct rte_mbuf *m;

	asked.flags = IP4;
	m = whole(&asked);
	cr_assert_eq(cpx_effect(m, 0), 0);
	back(m, b);
	cr_expect_eq(add(0, b + 14, 20), 0xffff);
	memcpy(b + 24, p.b + 24, 2);
	cr_expect_arr_eq(b, p.b, p.len);
	asked.flags = RTE_MBUF_F_TX_IPV4 | TCP;
	m = whole(&asked);
	cr_assert_eq(cpx_effect(m, 0), 0);
	back(m, b);
	cr_expect_arr_eq(b + 24, p.b + 24, 2);
	asked.flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IEEE1588_TMST | RTE_MBUF_F_RX_RSS_HASH;
	m = whole(&asked);
	cr_assert_eq(cpx_effect(m, 0), 0);
	cr_expect_eq(m->ol_flags, RTE_MBUF_F_RX_RSS_HASH);
	back(m, b);
	cr_expect_arr_eq(b, asked.b, p.len);
}

/* The payload ends before the frame does: padding is not summed. */
Test(effect, padding_is_not_payload)
{
	struct packet p = make(4, IPPROTO_UDP, 0, 0, 1);
	struct rte_mbuf *m;
	uint8_t b[256];

	p.len += 20;
	m = whole(&p);
	cr_assert_eq(cpx_effect(m, 0), 0);
	back(m, b);
	p.len -= 20;
	expect(&p, b, "padded", 0);
	cr_expect_arr_eq(b + p.len, p.b + p.len, 20);
}

Test(effect, inner_checksums_of_a_tunnel)
{
	struct packet outer = make(4, IPPROTO_UDP, 0, 0, 8 + 14 + 20 + 20 + 5);
	struct packet inner = make(4, IPPROTO_TCP, 0, 0, 5);
	struct rte_mbuf *m;
	uint8_t b[256];

	memcpy(outer.b + 50, inner.b, inner.len);
	outer.flags = inner.flags | RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_OUTER_IPV4;
	m = whole(&outer);
	m->outer_l2_len = 14;
	m->outer_l3_len = 20;
	m->l2_len = 8 + 8 + 14; /* UDP, VXLAN, Ethernet */
	m->l4_len = 20;
	cr_assert_eq(cpx_effect(m, 0), 0);
	cr_expect_eq(m->ol_flags, 0);
	back(m, b);
	cr_expect_arr_eq(b, outer.b, 50);
	expect(&inner, b + 50, "inner", 0);
}

Test(effect, tags)
{
	struct packet p = make(4, IPPROTO_UDP, 0, 0, 33);
	struct rte_mbuf *m = whole(&p);
	uint8_t b[264];

	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = 0x2007;
	cr_assert_eq(cpx_effect(m, 0), 0);
	cr_expect_eq(m->ol_flags, 0);
	cr_expect_eq(m->pkt_len, p.len + 4);
	back(m, b);
	cr_expect_arr_eq(b + 12, "\x81\0\x20\7", 4);
	memmove(b + 12, b + 16, (size_t)(p.len - 12));
	expect(&p, b, "tagged", 0); /* lengths are those of before */
	m = whole(&p);
	m->ol_flags = RTE_MBUF_F_TX_QINQ | RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = 5;
	m->vlan_tci_outer = 6;
	cr_assert_eq(cpx_effect(m, 0), 0);
	back(m, b);
	cr_expect_arr_eq(b + 12, "\x88\xa8\0\6\x81\0\0\5", 8);
	cr_expect_arr_eq(b + 20, p.b + 12, p.len - 12);
	m = frame(11, 0);
	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	cr_expect_eq(cpx_effect(m, 0), -EINVAL);
	cr_expect_eq(cpx_tx_prepare(&queue, &m, 1), 0);
	cr_expect_eq(rte_errno, EINVAL);
}

/* A carrier goes on with what it can: its requests and the lengths it needs stay. */
Test(effect, what_somebody_else_does_is_left)
{
	struct packet p = make(4, IPPROTO_UDP, 0, 0, 33);
	const uint64_t udp = UDP | RTE_MBUF_F_TX_IPV4, all = p.flags | RTE_MBUF_F_TX_VLAN;
	struct rte_mbuf *m = whole(&p);
	uint8_t b[264];

	m->ol_flags = all;
	m->vlan_tci = 5;
	cr_assert_eq(cpx_effect(m, UDP | CPX_EFFECT_TYPES), 0);
	cr_expect_eq(m->ol_flags, udp);
	cr_expect_eq(m->l2_len, 18);
	back(m, b);
	cr_expect_arr_eq(b + 12, "\x81\0\0\5\x08\0", 6);
	cr_expect_eq(add(0, b + 18, 20), 0xffff);
	cr_expect_arr_eq(b + 38, p.b + 34, 41, "UDP as it was");
	cr_assert_eq(cpx_effect(m, CPX_EFFECT_TYPES), 0, "and then that");
	cr_expect_eq(m->ol_flags, 0);
	back(m, b);
	memmove(b + 12, b + 16, (size_t)(p.len - 12));
	expect(&p, b, "in two steps", 0);

	m = whole(&p);
	m->ol_flags = all;
	cr_assert_eq(cpx_effect(m, all), 0);
	cr_expect_eq(m->ol_flags, all);
	back(m, b);
	cr_expect_arr_eq(b, p.b, p.len);

	m->ol_flags =
		all | RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_TCP_SEG;
	m->outer_l2_len = 14;
	cr_assert_eq(cpx_effect(m, ~RTE_MBUF_F_TX_VLAN), 0, "nothing of it is examined");
	cr_expect_eq(m->outer_l2_len, 18);
	cr_expect_eq(m->l2_len, 14);
	m->ol_flags = all;
	m->l2_len = 124;
	cr_expect_eq(cpx_effect(m, ~RTE_MBUF_F_TX_VLAN), -EINVAL, "l2_len has seven bits");
	m->ol_flags = RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_TX_QINQ;
	m->vlan_tci_outer = 6;
	cr_assert_eq(cpx_effect(m, RTE_MBUF_F_TX_VLAN), 0, "two tags, not three");
	cr_expect_eq(m->ol_flags, 0);
}

/* The same said by both; frees the frame. */
static int both(struct rte_mbuf *m)
{
	int prepare, rc;

	rte_errno = 0;
	prepare = cpx_tx_prepare(&queue, &m, 1) == 1 ? 0 : -rte_errno;
	rc = cpx_effect(m, 0);
	cr_expect_eq(rc, prepare, "%d, but prepare says %d", rc, prepare);
	rte_pktmbuf_free(m);
	return rc;
}

static int with_flags(const struct packet *p, uint64_t flags)
{
	struct rte_mbuf *m = whole(p);

	m->ol_flags = flags;
	m->tso_segsz = 100;
	return both(m);
}

static int with_byte(struct packet p, unsigned at, uint8_t value)
{
	p.b[p.l2 + at] = value;
	return both(whole(&p));
}

static int with_lengths(const struct packet *p, uint16_t l2, uint16_t l3, uint16_t l4)
{
	struct packet q = *p;

	q.l2 = l2;
	q.l3 = l3;
	q.l4 = l4;
	return both(whole(&q));
}

Test(effect, lies_are_refused)
{
	struct packet t4 = make(4, IPPROTO_TCP, 0, 0, 33), t6 = make(6, IPPROTO_TCP, 0, 0, 33);
	struct packet x6 = make(6, IPPROTO_UDP, 0, 8, 3), cut;

	cr_expect_eq(with_flags(&t4, t4.flags), 0);
	cr_expect_eq(with_flags(&t4, TCP), -EINVAL, "no IP version");
	cr_expect_eq(with_flags(&t4, t4.flags | RTE_MBUF_F_TX_IPV6), -EINVAL, "two");
	cr_expect_eq(with_flags(&t6, t6.flags | RTE_MBUF_F_TX_IP_CKSUM), -EINVAL);
	cr_expect_eq(with_flags(&t4, RTE_MBUF_F_TX_IPV6 | TCP), -EINVAL, "the other version");
	cr_expect_eq(with_flags(&t6, IP4 | TCP), -EINVAL, "the other version");
	cr_expect_eq(with_flags(&t4, IP4 | UDP), -EINVAL, "another protocol");
	cr_expect_eq(with_flags(&t6, RTE_MBUF_F_TX_IPV6 | UDP), -EINVAL, "another protocol");
	cr_expect_eq(with_flags(&t4, IP4 | RTE_MBUF_F_TX_SCTP_CKSUM), -ENOTSUP);
	cr_expect_eq(with_flags(&t4, t4.flags | RTE_MBUF_F_TX_TCP_SEG), -ENOTSUP);
	cr_expect_eq(
		with_flags(&t4, t4.flags | RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_OUTER_IPV4),
		-ENOTSUP);
	cr_expect_eq(with_flags(&t4, RTE_MBUF_F_TX_SEC_OFFLOAD), -ENOTSUP);

	cr_expect_eq(with_lengths(&t4, 14, 20, 20), 0);
	cr_expect_eq(with_lengths(&t4, 13, 20, 20), -EINVAL);
	cr_expect_eq(with_lengths(&t4, 18, 20, 20), -EINVAL, "no header there");
	cr_expect_eq(with_lengths(&t4, 0, 0, 0), -EINVAL);
	cr_expect_eq(with_lengths(&t4, 127, 20, 20), -EINVAL, "beyond the frame");
	cr_expect_eq(with_lengths(&t4, 14, 24, 20), -EINVAL);
	cr_expect_eq(with_lengths(&t4, 14, 16, 20), -EINVAL);
	cr_expect_eq(with_lengths(&t4, 14, 511, 20), -EINVAL);
	cr_expect_eq(with_lengths(&t4, 14, 20, 53), 0);
	cr_expect_eq(with_lengths(&t4, 14, 20, 54), -EINVAL);
	cr_expect_eq(with_lengths(&t6, 14, 39, 20), -EINVAL);
	cr_expect_eq(with_lengths(&t6, 14, 511, 20), -EINVAL);
	cr_expect_eq(with_lengths(&x6, 14, 48, 8), 0);
	cr_expect_eq(with_lengths(&x6, 14, 52, 0), -EINVAL, "7 bytes are no UDP");

	cr_expect_eq(with_byte(t4, 0, 0x44), -EINVAL, "header length 16");
	cr_expect_eq(with_byte(t4, 0, 0x46), -EINVAL, "24, but the sender says 20");
	cr_expect_eq(with_byte(t4, 0, 0x65), -EINVAL);
	cr_expect_eq(with_byte(t4, 2, 1), -EINVAL, "longer than the frame");
	cr_expect_eq(with_byte(t4, 3, 74), -EINVAL, "by one");
	cr_expect_eq(with_byte(t4, 3, 39), -EINVAL, "19 bytes are no TCP");
	cr_expect_eq(with_byte(t4, 3, 19), -EINVAL);
	cr_expect_eq(with_byte(t4, 6, 0x20), -EINVAL, "first fragment");
	cr_expect_eq(with_byte(t4, 7, 1), -EINVAL, "later fragment");
	cr_expect_eq(with_byte(t4, 6, 0x40), 0, "don't fragment");
	cr_expect_eq(with_byte(t6, 5, 54), -EINVAL, "longer than the frame");
	cr_expect_eq(with_byte(t6, 5, 19), -EINVAL);
	cr_expect_eq(with_byte(t6, 0, 0x40), -EINVAL);

	for (cut = t4; cut.len-- > 0;)
		cr_expect_eq(both(whole(&cut)), -EINVAL, "cut at %u", cut.len);
	for (cut = x6; cut.len-- > 0;)
		cr_expect_eq(both(whole(&cut)), -EINVAL, "cut at %u", cut.len);
	cut = make(4, IPPROTO_UDP, 0, 8, 3);
	cut.flags = IP4;
	cut.l4 = 0;
	for (cut.len = 14 + 28; cut.len > 0; cut.len--)
		cr_expect_eq(both(whole(&cut)), cut.len == 42 ? 0 : -EINVAL, "cut at %u", cut.len);
	memmove(t4.b, t4.b + 14, t4.len); /* right, but for Ethernet */
	cr_expect_eq(with_lengths(&t4, 0, 20, 20), -EINVAL);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

/* Whatever is asked of whatever bytes: nothing outside the buffer is read or written. */
Test(effect, random_requests_stay_inside)
{
	static const uint64_t bits[] = {
		RTE_MBUF_F_TX_IPV4, RTE_MBUF_F_TX_IPV6, RTE_MBUF_F_TX_IP_CKSUM,   TCP, UDP,
		RTE_MBUF_F_TX_VLAN, RTE_MBUF_F_TX_QINQ, RTE_MBUF_F_TX_TUNNEL_GRE,
	};
	uint64_t seed = 11;
	unsigned done = 0;

	for (unsigned i = 0; i < 200000; i++) {
		struct packet p = every_kind(i % 24, 33);
		const uint64_t r = guard_random(&seed);
		uint16_t len = r & 3 ? p.len : (uint16_t)(r >> 8) % (p.len + 1);
		struct rte_mbuf m = { .nb_segs = 1, .data_len = len, .pkt_len = len, .pool = pool };

		for (unsigned n = 0; n < (r >> 2) % 3; n++)
			p.b[12 + guard_random(&seed) % 60] = (uint8_t)guard_random(&seed);
		m.buf_addr = guard_copy(p.b, len);
		m.buf_len = len;
		ask(&m, &p);
		if (r & 16) {
			m.l3_len = (uint16_t)(r >> 20) & 0x1ff;
			m.l2_len = r & 32 ? 14 : (uint8_t)(r >> 30) & 0x7f;
			m.l4_len = (uint8_t)(r >> 40);
			m.outer_l2_len = (uint8_t)(r >> 48) & 0x7f;
		}
		for (unsigned n = 0; n < (r >> 6) % 3; n++)
			m.ol_flags ^= bits[guard_random(&seed) % RTE_DIM(bits)];
		if (cpx_effect(&m, 0) == 0) {
			cr_assert_eq(m.ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
			done++;
		}
		if (m.next != NULL)
			rte_pktmbuf_free_seg(m.next);
	}
	cr_expect_gt(done, 10000);
	cr_expect_lt(done, 190000);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

/* What applications know from the drivers of NICs. */
Test(effect, prepare_as_dpdk_does)
{
	for (unsigned k = 0; k < 12; k++) {
		struct packet p = every_kind(k, 33);
		struct rte_mbuf *ours = whole(&p), *theirs = whole(&p);
		uint8_t b[256];

		cr_assert_eq(cpx_tx_prepare(&queue, &ours, 1), 1);
		cr_assert_eq(rte_net_intel_cksum_prepare(theirs), 0);
		cr_expect_arr_eq(rte_pktmbuf_mtod(ours, void *), rte_pktmbuf_mtod(theirs, void *),
				 p.len, "kind %u", k);
		cr_expect_eq(ours->ol_flags, p.flags, "still asked for");
		cr_assert_eq(cpx_effect(ours, 0), 0);
		back(ours, b);
		expect(&p, b, "prepared", k);
	}
}

Test(effect, prepare_stops_at_the_first_bad_one)
{
	struct packet good = make(4, IPPROTO_TCP, 0, 0, 33), bad = good;
	struct rte_mbuf *m[4] = { frame(60, 0), whole(&good), NULL, whole(&good) };

	bad.b[14] = 0;
	m[2] = whole(&bad);
	cr_expect_eq(cpx_tx_prepare(&queue, m, 4), 2);
	cr_expect_eq(rte_errno, EINVAL);
	m[2]->ol_flags = RTE_MBUF_F_TX_MACSEC;
	cr_expect_eq(cpx_tx_prepare(&queue, m, 4), 2);
	cr_expect_eq(rte_errno, ENOTSUP);
	m[2]->ol_flags = 0;
	cr_expect_eq(cpx_tx_prepare(&queue, m, 4), 4);
}
