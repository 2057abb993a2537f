/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP over IPv4 for tests of net_cpx ports: datagrams whose checksums are right, or asked for by
 * the flags of a sender; and whether they are right where they arrive.
 */
#ifndef CPX_TESTS_UNIT_CPX_FRAMES_H
#define CPX_TESTS_UNIT_CPX_FRAMES_H

#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "tests/unit/cpx_port.h"

#define DATAGRAM_PAYLOAD 18
#define DATAGRAM_LEN     (14 + 20 + 8 + DATAGRAM_PAYLOAD) /* untagged */
#define ASKS_SUMS        (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM)

static inline uint8_t *bytes_of(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *);
}

/* To 02:00:00:00:00:<to>, from 10.0.0.1 port `port` to 10.0.0.2 port 9; vlan 0: no tag. */
static inline struct rte_mbuf *datagram(uint8_t to, uint16_t vlan, uint16_t port)
{
	const uint16_t l2 = vlan ? 18 : 14;
	struct rte_mbuf *m = frame((uint16_t)(l2 + 20 + 8 + DATAGRAM_PAYLOAD), 0x5a);
	uint8_t *b = bytes_of(m);
	struct rte_ipv4_hdr ip = {
		.version_ihl = 0x45,
		.total_length = htons(20 + 8 + DATAGRAM_PAYLOAD),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = htonl(0x0a000001),
		.dst_addr = htonl(0x0a000002),
	};
	struct {
		struct rte_udp_hdr header;
		uint8_t payload[DATAGRAM_PAYLOAD];
	} udp = { { htons(port), htons(9), htons(8 + DATAGRAM_PAYLOAD), 0 }, { 0 } };

	memcpy(b, "\2\0\0\0\0\0\2\0\0\0\0\xfe", 12);
	b[5] = to;
	memcpy(b + 12, (uint8_t[]){ 0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan }, 4);
	memcpy(b + l2 - 2, "\x08\0", 2);
	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memset(udp.payload, 0x5a, sizeof(udp.payload));
	udp.header.dgram_cksum = rte_ipv4_udptcp_cksum(&ip, &udp);
	memcpy(b + l2, &ip, sizeof(ip));
	memcpy(b + l2 + sizeof(ip), &udp, sizeof(udp));
	return m;
}

/* The same without a tag and with garbage for checksums, which the flags ask for. */
static inline struct rte_mbuf *asking(uint8_t to, uint16_t port)
{
	struct rte_mbuf *m = datagram(to, 0, port);

	memcpy(bytes_of(m) + 24, "\xde\xad", 2);
	memcpy(bytes_of(m) + 40, "\xbe\xef", 2);
	m->ol_flags = ASKS_SUMS;
	m->l2_len = 14;
	m->l3_len = 20;
	m->l4_len = 8;
	return m;
}

/* Is it what datagram() makes? Whatever the segments. */
static inline bool is_datagram(const struct rte_mbuf *m, uint8_t to, uint16_t vlan, uint16_t port)
{
	struct rte_mbuf *want = datagram(to, vlan, port);
	uint8_t copy[DATAGRAM_LEN + 4];
	const void *got = rte_pktmbuf_read(m, 0, want->pkt_len, copy);
	const bool same = m->pkt_len == want->pkt_len && got != NULL &&
			  memcmp(got, bytes_of(want), want->pkt_len) == 0;

	rte_pktmbuf_free(want);
	return same;
}

#endif
