/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plain packet, of which nearly all of a router's work consists: an Ethernet frame for us, in
 * one buffer, with an IPv4 packet without options in which ip4_input finds no fault and nothing to
 * do. eth_input sends it on to ip4_lookup. All others go node by node and come to the same end:
 * this only says yes where every check would. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_PLAIN_H
#define CPX_DATAPLANE_NODES_PLAIN_H

#include "dataplane/nodes/eth.h"
#include "dataplane/tables/own.h"
#include "lib/net/ip4.h"

/* Bytes 8 to 15 of a frame as a little-endian number: EtherType, version and header length. */
#define PLAIN_BITS (0xffffffull << 32)
#define PLAIN_IP4  (0x450008ull << 32)

/* The carrier, whose word counts as our own, has summed the header. */
static inline bool checked_good(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

static inline bool plain_ip4(const struct worker_cfg *cfg, const struct own_set *own,
			     const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct ip4_header *ip = (const struct ip4_header *)(p + PKT_L3);
	const uint32_t length = m->pkt_len;
	uint32_t frame, src;
	uint64_t head[2];

	if (unlikely(length != m->data_len || length < PKT_L3 + sizeof(*ip)))
		return false;
	memcpy(head, p, sizeof(head));
	if (unlikely((head[0] & (ETH_DST_BITS | ETH_SRC_GROUP_BIT)) != cfg->ports[m->port].mac ||
		     (head[1] & PLAIN_BITS) != PLAIN_IP4))
		return false;
	/* no byte too few, none of padding but what fills up the shortest frame */
	frame = PKT_L3 + net_swap16(ip->total_length);
	if (unlikely(frame != length && (frame > length || length > NET_ETHER_MIN_LEN ||
					 frame < PKT_L3 + sizeof(*ip))))
		return false;
	src = ip->src;
	return (checked_good(m) || checksum_ip4_ok_20(ip)) && !ip4_source_is_martian(src) &&
	       !own_may_be(own, own_place4(src));
}

#endif
