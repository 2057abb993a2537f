/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sender's flags ask of a port, done in software before anybody else sees the frame: IPv4,
 * UDP and TCP checksums, VLAN and QinQ tags. Called by the tx queue's lcore on frames that belong
 * to it alone: every segment direct, with one reference. Flags and lengths come from the
 * application and are checked against the frame before use; headers may be cut anywhere by
 * segments.
 */
#ifndef CPX_PMD_CPX_EFFECT_H
#define CPX_PMD_CPX_EFFECT_H

#include <stdint.h>

struct rte_mbuf;

/* What is done; cpx_effect and cpx_tx_prepare refuse any other request with -ENOTSUP. */
#define CPX_EFFECT_OFFLOADS                                              \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |  \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_VLAN_INSERT | \
	 RTE_ETH_TX_OFFLOAD_QINQ_INSERT)

/* Flags that ask for nothing and only say what a frame is. */
#define CPX_EFFECT_TUNNEL \
	(RTE_MBUF_F_TX_TUNNEL_MASK | RTE_MBUF_F_TX_OUTER_IPV4 | RTE_MBUF_F_TX_OUTER_IPV6)
#define CPX_EFFECT_TYPES (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | CPX_EFFECT_TUNNEL)

/*
 * Do what the flags ask but for those in `does` (RTE_MBUF_F_TX_ flags that somebody else will see
 * to, and those that only say what a frame is) and clear the others. Checksums are worked out from
 * the frame alone, whatever the fields held (so it does not matter whether tx_prepare ran); of
 * tunnels the inner ones. Tags make the frame up to 8 bytes longer. 0; -EINVAL: the lengths or
 * flags contradict the frame; -ENOTSUP: a request we do not know; -ENOMEM: no buffer to be had for
 * a tag. Then the frame may be half done: it is to be dropped.
 */
int cpx_effect(struct rte_mbuf *m, uint64_t does);

/*
 * eth_dev's tx_pkt_prepare, `queue` a struct cpx_txq: how many frames from the first on cpx_effect
 * will take, and the queue with their tags; rte_errno says why it ends before n (EINVAL, ENOTSUP).
 * Puts the sum of the pseudo-header in the checksum fields of UDP and TCP and 0 in that of IPv4, as
 * a device needs it to go on from.
 */
uint16_t cpx_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n);

#endif
