/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the pipeline knows about a packet beside its bytes. It lies in fields of the mbuf's first
 * cache line that carriers fill and nobody reads after lane_rx, so that forwarding touches one line
 * of the mbuf and not two:
 *
 *   hash.rss        u32  flow hash, from the carrier or net_cpx; never changed
 *   hash.fdir.hi    u32  arg: next-hop row | drop reason | ICMP cause | tx slot, see below
 *   vlan_tci_outer  u16  lane the packet came from (telemetry lane index)
 *   vlan_tci        u16  interface it came in on
 *   packet_type     u32  kind, only between worker and control thread; pkt_cut() to ip4_fragment
 *
 * arg holds: after lookup the next-hop row; towards drop the reason; towards ip4_error/ip6_error an
 * icmp_cause(); after rewrite the worker's tx slot; on its way to a lane's owner the lane's stamp.
 * The Ethernet header is 14 bytes at the data pointer in every node after eth_input (VLAN tags are
 * taken off there and put on in rewrite), so layer 3 starts at PKT_L3.
 */
#ifndef CPX_DATAPLANE_RUN_META_H
#define CPX_DATAPLANE_RUN_META_H

#include <rte_mbuf.h>

#define PKT_L3 14u

static inline uint32_t *pkt_arg(struct rte_mbuf *m)
{
	return &m->hash.fdir.hi;
}

static inline uint16_t *pkt_lane(struct rte_mbuf *m)
{
	return &m->vlan_tci_outer;
}

static inline uint16_t *pkt_iface(struct rte_mbuf *m)
{
	return &m->vlan_tci;
}

/* Messages between a worker and the control thread are mbufs of these kinds. */
enum pkt_kind {
	PKT_TO_CONTROL_ARP,  /* an ARP frame for an interface of ours */
	PKT_TO_CONTROL_ND,   /* a neighbour solicitation or advertisement */
	PKT_TO_CONTROL_HOLD, /* wants next-hop row arg, which is unresolved or a connected subnet */
	PKT_TO_CONTROL_HOST, /* for the host: to the twin of its interface's port */
	PKT_TO_WORKER_FRAME, /* complete frame for port m->port, which has the lane of stamp arg */
	PKT_TO_WORKER_FORWARD, /* held packet: look up again */
	PKT_TO_WORKER_FAILED,  /* held packet whose neighbour did not answer */
};

static inline uint32_t *pkt_kind(struct rte_mbuf *m)
{
	return &m->packet_type;
}

/* From rewrite to ip4_fragment, in the place of the kind: how to cut the packet, or not at all. */
#define PKT_UNCUT 0u

static inline uint32_t pkt_cut(uint8_t l2_len, uint16_t mtu)
{
	return (uint32_t)l2_len << 16 | mtu;
}

/* Why an ICMP error is due; mtu only with ICMP_CAUSE_TOO_BIG. */
enum icmp_cause_code {
	ICMP_CAUSE_TTL,
	ICMP_CAUSE_NO_ROUTE,
	ICMP_CAUSE_HOST,
	ICMP_CAUSE_NEIGHBOR, /* host unreachable too: it did not answer */
	ICMP_CAUSE_PROHIBITED,
	ICMP_CAUSE_PORT,
	ICMP_CAUSE_TOO_BIG,
};

static inline uint32_t icmp_cause(enum icmp_cause_code code, uint16_t mtu)
{
	return (uint32_t)code << 16 | mtu;
}

#endif
