/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets in several buffers. A carrier may cut them anywhere; every node after eth_input finds the
 * headers up to layer 4 in the first buffer (CHAIN_HEADERS bytes, or the whole packet), the nodes
 * that need more ask for it. The rare paths are functions of chain.c. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_CHAIN_H
#define CPX_DATAPLANE_NODES_CHAIN_H

#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "lib/net/ether.h"

/* Ethernet, a tag, the longest IPv4 header. */
#define CHAIN_HEADERS (NET_ETHER_LEN + NET_VLAN_LEN + 60u)

/*
 * The first `need` bytes, or all there are, into the first buffer of *obj; another one is put in
 * front where it has no room. False: not possible, and arg holds the reason to drop it.
 */
bool chain_pull_up(struct worker *w, void **obj, uint32_t need);

static inline bool chain_has(struct worker *w, void **obj, uint32_t need)
{
	const struct rte_mbuf *m = *obj;

	return likely(m->data_len == m->pkt_len) || m->data_len >= need ||
	       chain_pull_up(w, obj, need);
}

/* Keep the first `length` bytes, which are fewer than there are. */
void chain_trim(struct rte_mbuf *m, uint32_t length);

/* Layer 2 padding goes: what is left is the packet of `total` bytes, or the shortest frame. */
static inline void chain_trim_padding(struct rte_mbuf *m, uint32_t total)
{
	const uint32_t frame = RTE_MAX(PKT_L3 + total, (uint32_t)NET_ETHER_MIN_LEN);

	if (unlikely(m->pkt_len > frame))
		chain_trim(m, frame);
}

#endif
