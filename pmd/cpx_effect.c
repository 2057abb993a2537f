/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmit requests in software; see cpx_effect.h. Runs on the tx queue's lcore. */
#include "pmd/cpx_effect.h"

#include "lib/net/checksum.h"

#include <rte_branch_prediction.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "pmd/cpx_checksum.h"
#include "pmd/cpx_rxtx.h"
#include "pmd/cpx_tag.h"

/* An application that sets one of these was not told that we could do it. */
#define UNKNOWN                                                                                 \
	(RTE_MBUF_F_TX_OUTER_UDP_CKSUM | RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_TCP_SEG | \
	 RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_SEC_OFFLOAD | RTE_MBUF_F_TX_MACSEC)
#define CHECKSUMS (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)
#define TAGS      (RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_TX_QINQ)

enum { IP4_MIN = 20, IP6_LEN = 40, TCP_MIN = 20, UDP_LEN = 8 };
enum { IP4_FIELD = 10, TCP_FIELD = 16, UDP_FIELD = 6 }; /* where checksums lie in a header */

/* The checksums a frame's flags ask for. */
struct sums {
	uint32_t ip4, ip4_len; /* header to be summed, its place in the frame; length 0: none */
	uint32_t l4, l4_len;   /* header and payload; length 0: none */
	uint32_t l4_field;     /* place in the frame */
	uint64_t pseudo;       /* sum of the pseudo-header */
	bool udp;
};

static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "halves of a checksum");

static uint32_t read16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

/*
 * An IPv4 header's first 20 bytes, of l3_len as the sender says, `room` bytes of frame from there
 * on; `proto` is that of the L4 checksum, 0 if none is asked for.
 */
static int examine_ip4(const uint8_t *ip, uint32_t l3_len, uint32_t room, uint8_t proto,
		       struct sums *s)
{
	uint32_t total = read16(ip + 2), src, dst;

	if (ip[0] >> 4 != 4 || (ip[0] & 15u) * 4 != l3_len || l3_len < IP4_MIN || l3_len > room)
		return -EINVAL;
	if (proto == 0)
		return 0;
	/* a fragment has no checksum of its own */
	if (ip[9] != proto || total < l3_len || total > room || (read16(ip + 6) & 0x3fff) != 0)
		return -EINVAL;
	s->l4_len = total - l3_len;
	memcpy(&src, ip + 12, 4);
	memcpy(&dst, ip + 16, 4);
	s->pseudo = checksum_pseudo4(src, dst, proto, (uint16_t)s->l4_len);
	return 0;
}

/* The same of IPv6; l3_len counts extension headers. */
static int examine_ip6(const uint8_t *ip, uint32_t l3_len, uint32_t room, uint8_t proto,
		       struct sums *s)
{
	const uint32_t payload = read16(ip + 4);

	if (ip[0] >> 4 != 6 || l3_len < IP6_LEN || payload > room - IP6_LEN ||
	    payload < l3_len - IP6_LEN || (l3_len == IP6_LEN && ip[6] != proto))
		return -EINVAL;
	s->l4_len = payload - (l3_len - IP6_LEN);
	s->pseudo = checksum_pseudo6(ip + 8, ip + 24, proto, s->l4_len);
	return 0;
}

/* Which checksums of those asked for, and does what the sender says hold in the frame? */
static int examine(const struct rte_mbuf *m, uint64_t asked, struct sums *s)
{
	const uint64_t flags = (m->ol_flags & CPX_EFFECT_TYPES) | asked,
		       l4 = flags & RTE_MBUF_F_TX_L4_MASK;
	const bool ip4 = (flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM)) != 0;
	const uint32_t l3_len = m->l3_len, want = ip4 ? IP4_MIN : IP6_LEN;
	uint32_t l3 = m->l2_len;
	const uint8_t *ip;
	uint8_t copy[IP6_LEN], proto = 0;
	int rc;

	s->ip4_len = s->l4_len = 0;
	if ((flags & UNKNOWN) != 0 || l4 == RTE_MBUF_F_TX_SCTP_CKSUM)
		return -ENOTSUP;
	if ((flags & CHECKSUMS) == 0)
		return 0;
	if (l4 != 0)
		proto = l4 == RTE_MBUF_F_TX_UDP_CKSUM ? IPPROTO_UDP : IPPROTO_TCP;
	if (flags & CPX_EFFECT_TUNNEL)
		l3 += m->outer_l2_len + m->outer_l3_len;
	if (l3 < RTE_ETHER_HDR_LEN || ip4 == ((flags & RTE_MBUF_F_TX_IPV6) != 0))
		return -EINVAL;
	ip = rte_pktmbuf_read(m, l3, want, copy);
	if (ip == NULL)
		return -EINVAL;
	rc = ip4 ? examine_ip4(ip, l3_len, m->pkt_len - l3, proto, s)
		 : examine_ip6(ip, l3_len, m->pkt_len - l3, proto, s);
	if (rc != 0)
		return rc;
	if (flags & RTE_MBUF_F_TX_IP_CKSUM) {
		s->ip4 = l3;
		s->ip4_len = l3_len;
	}
	if (l4 == 0)
		return 0;
	s->l4 = l3 + l3_len;
	s->udp = proto == IPPROTO_UDP;
	s->l4_field = s->l4 + (s->udp ? UDP_FIELD : TCP_FIELD);
	if (s->l4_len < (s->udp ? UDP_LEN : TCP_MIN) || m->l4_len > s->l4_len)
		return -EINVAL;
	return 0;
}

/* Where two bytes of the frame lie. */
static void find16(const struct rte_mbuf *m, uint32_t at, uint8_t *b[2])
{
	for (; m->data_len < at + 1; m = m->next)
		at -= m->data_len;
	b[0] = rte_pktmbuf_mtod_offset(m, uint8_t *, at);
	b[1] = b[0] + 1;
	if (likely(at + 2 <= m->data_len))
		return;
	do
		m = m->next;
	while (m->data_len == 0);
	b[1] = rte_pktmbuf_mtod(m, uint8_t *);
}

/* The same, as they are in memory. */
static void put16(struct rte_mbuf *m, uint32_t at, uint16_t value)
{
	uint8_t *b[2];

	find16(m, at, b);
	b[0][0] = (uint8_t)value;
	b[1][0] = (uint8_t)(value >> 8);
}

/*
 * The checksum over `sum` and the bytes `at` to `at + len`, into its field there. What the field
 * held is not zeroed first, which would have the sum wait for the store, but taken off again.
 */
static bool put_checksum(struct rte_mbuf *m, uint32_t at, uint32_t len, uint32_t field,
			 uint64_t sum, bool udp)
{
	uint8_t *b[2];
	uint16_t value;

	if (!cpx_checksum_chain(m, at, len, &sum))
		return false;
	find16(m, field, b);
	value = checksum_finish(sum + (uint16_t) ~(b[0][0] | b[1][0] << 8));
	if (value == 0 && udp)
		value = UINT16_MAX;
	b[0][0] = (uint8_t)value;
	b[1][0] = (uint8_t)(value >> 8);
	return true;
}

static unsigned tags_len(uint64_t asked)
{
	return asked & RTE_MBUF_F_TX_QINQ ? 2 * CPX_TAG_LEN : asked & TAGS ? CPX_TAG_LEN : 0;
}

/* Whoever goes on with the frame finds its headers further on. */
static int move_headers(struct rte_mbuf *m, unsigned by)
{
	const bool tunnel = (m->ol_flags & CPX_EFFECT_TUNNEL) != 0;

	if ((tunnel ? m->outer_l2_len : m->l2_len) + by > 127) /* seven bits */
		return -EINVAL;
	if (tunnel)
		m->outer_l2_len += by;
	else
		m->l2_len += by;
	return 0;
}

static int put_tags(struct rte_mbuf *m, uint64_t asked, bool others)
{
	const unsigned len = tags_len(asked);
	uint8_t tags[CPX_TAGS_MAX * CPX_TAG_LEN];
	int rc = others ? move_headers(m, len) : 0;

	if (rc != 0)
		return rc;
	cpx_tag_write(tags, RTE_ETHER_TYPE_QINQ, m->vlan_tci_outer);
	cpx_tag_write(tags + len - CPX_TAG_LEN, RTE_ETHER_TYPE_VLAN, m->vlan_tci);
	return cpx_tag_insert(m, tags, len / CPX_TAG_LEN);
}

/* The requests that are not in `does`. */
static uint64_t requests(const struct rte_mbuf *m, uint64_t does)
{
	return m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~does;
}

int cpx_effect(struct rte_mbuf *m, uint64_t does)
{
	struct sums s;
	uint64_t asked;
	bool others; /* have something left to do */
	int rc;

	if (m->ol_flags & RTE_MBUF_F_TX_QINQ) /* two tags, not three */
		m->ol_flags &= ~RTE_MBUF_F_TX_VLAN;
	asked = requests(m, does);
	others = (requests(m, CPX_EFFECT_TYPES) & does) != 0;
	rc = examine(m, asked, &s);
	if (rc != 0)
		return rc;
	if (s.ip4_len != 0 && !put_checksum(m, s.ip4, s.ip4_len, s.ip4 + IP4_FIELD, 0, false))
		return -EINVAL;
	if (s.l4_len != 0 && !put_checksum(m, s.l4, s.l4_len, s.l4_field, s.pseudo, s.udp))
		return -EINVAL;
	if (asked & TAGS) {
		rc = put_tags(m, asked, others);
		if (rc != 0)
			return rc;
	}
	m->ol_flags &= ~(others ? asked : RTE_MBUF_F_TX_OFFLOAD_MASK);
	return 0;
}

static int prepare(struct rte_mbuf *m, uint64_t asked, uint32_t max_frame)
{
	struct sums s;
	int rc = examine(m, asked, &s);

	if (rc != 0)
		return rc;
	if ((asked & TAGS) != 0 && m->pkt_len < CPX_TAG_AT)
		return -EINVAL;
	if (m->pkt_len + tags_len(asked) > max_frame && !(m->ol_flags & RTE_MBUF_F_TX_TCP_SEG))
		return -EINVAL;
	if (s.ip4_len != 0)
		put16(m, s.ip4 + IP4_FIELD, 0);
	if (s.l4_len != 0)
		put16(m, s.l4_field, checksum_fold(s.pseudo));
	return 0;
}

uint16_t cpx_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct cpx_txq *q = queue;
	const uint32_t max_frame = load_relaxed(&q->max_frame);

	for (uint16_t i = 0; i < n; i++) {
		int rc = prepare(pkts[i], requests(pkts[i], q->does), max_frame);

		if (rc != 0) {
			rte_errno = -rc;
			return i;
		}
	}
	return n;
}
