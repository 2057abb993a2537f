/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive checksums; see cpx_checksum.h. Runs on the lane's lcore. */
#include "pmd/cpx_checksum.h"

#include "lib/net/checksum.h"

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

bool cpx_checksum_chain(const struct rte_mbuf *m, uint32_t at, uint32_t len, uint64_t *sum)
{
	uint32_t done = 0;

	for (; m != NULL && done < len; m = m->next) {
		uint32_t n;
		uint16_t part;

		if (at >= m->data_len) {
			at -= m->data_len;
			continue;
		}
		n = RTE_MIN(m->data_len - at, len - done);
		part = checksum_fold(
			checksum_add(0, rte_pktmbuf_mtod_offset(m, const void *, at), n));
		*sum += done & 1 ? rte_bswap16(part) : part;
		done += n;
		at = 0;
	}
	return done == len;
}

/* Do `len` bytes from byte `at` of the frame on make 0xffff together with `sum`? */
static bool sums_up(const struct rte_mbuf *m, uint32_t at, uint32_t len, uint64_t sum)
{
	return cpx_checksum_chain(m, at, len, &sum) && checksum_fold(sum) == 0xffff;
}

/*
 * TCP or UDP of l4_len bytes from byte `at` of the frame on; `pseudo` is the pseudo-header's sum.
 */
static uint64_t l4_flags(const struct rte_mbuf *m, uint32_t at, uint32_t l4_len, unsigned proto,
			 uint64_t pseudo)
{
	if (proto == IPPROTO_UDP) {
		const struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, const void *, at);

		if (l4_len < sizeof(*udp) || m->data_len - at < sizeof(*udp) ||
		    rte_be_to_cpu_16(udp->dgram_len) != l4_len || udp->dgram_cksum == 0)
			return 0;
	} else if (proto != IPPROTO_TCP || l4_len < sizeof(struct rte_tcp_hdr)) {
		return 0;
	}
	return sums_up(m, at, l4_len, pseudo) ? RTE_MBUF_F_RX_L4_CKSUM_GOOD
					      : RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

static uint64_t ip4_flags(const struct rte_mbuf *m, uint32_t at, unsigned what)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const void *, at);
	const uint32_t len = m->data_len - at;
	uint32_t header, total;
	uint64_t flags = 0;

	if (len < sizeof(*ip) || ip->version != 4)
		return 0;
	header = rte_ipv4_hdr_len(ip);
	total = rte_be_to_cpu_16(ip->total_length);
	if (header < sizeof(*ip) || header > len)
		return 0;
	if (what & CPX_CHECK_IP)
		flags = checksum_ip4_ok(ip, header) ? RTE_MBUF_F_RX_IP_CKSUM_GOOD
						    : RTE_MBUF_F_RX_IP_CKSUM_BAD;
	if (!(what & CPX_CHECK_L4) || total < header || total > m->pkt_len - at ||
	    (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return flags;
	return flags | l4_flags(m, at + header, total - header, ip->next_proto_id,
				checksum_pseudo4(ip->src_addr, ip->dst_addr, ip->next_proto_id,
						 (uint16_t)(total - header)));
}

static uint64_t ip6_flags(const struct rte_mbuf *m, uint32_t at, unsigned what)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const void *, at);
	uint32_t payload;

	if (!(what & CPX_CHECK_L4) || m->data_len - at < sizeof(*ip))
		return 0;
	payload = rte_be_to_cpu_16(ip->payload_len);
	if (payload > m->pkt_len - at - sizeof(*ip))
		return 0;
	return l4_flags(m, at + sizeof(*ip), payload, ip->proto,
			checksum_pseudo6(ip->src_addr, ip->dst_addr, ip->proto, payload));
}

uint64_t cpx_checksum_flags(const struct rte_mbuf *m, unsigned what)
{
	uint32_t at = sizeof(struct rte_ether_hdr);
	rte_be16_t type;

	if (m->data_len < at)
		return 0;
	/* DPDK wants its Ethernet header at an even address; a frame need not start at one. */
	memcpy(&type, rte_pktmbuf_mtod_offset(m, const char *, 2 * RTE_ETHER_ADDR_LEN),
	       sizeof(type));
	for (unsigned tags = 0; tags < 2 && (type == RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
					     type == RTE_BE16(RTE_ETHER_TYPE_QINQ));
	     tags++) {
		const struct rte_vlan_hdr *vlan = rte_pktmbuf_mtod_offset(m, const void *, at);

		if (m->data_len - at < sizeof(*vlan))
			return 0;
		type = vlan->eth_proto;
		at += sizeof(*vlan);
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return ip4_flags(m, at, what);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return ip6_flags(m, at, what);
	return 0;
}
