/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow hash that net_cpx puts in an mbuf when the carrier gave none: CRC-32C over addresses
 * and, where a packet has them whole, ports and protocol. A pure function of (pointer, length):
 * no DPDK, no state, any thread. It never reads at or past frame + len.
 */
#ifndef CPX_PMD_CPX_HASH_H
#define CPX_PMD_CPX_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be hashed. A TCP packet without its bit is hashed by addresses if its IP bit is set. */
enum cpx_hash_type {
	CPX_HASH_IP4 = 1 << 0, /* source, destination; any IPv4, fragments included */
	CPX_HASH_TCP4 = 1 << 1,
	CPX_HASH_UDP4 = 1 << 2,
	CPX_HASH_SCTP4 = 1 << 3,
	CPX_HASH_IP6 = 1 << 4,
	CPX_HASH_TCP6 = 1 << 5,
	CPX_HASH_UDP6 = 1 << 6,
	CPX_HASH_SCTP6 = 1 << 7,
};

#define CPX_HASH_ALL 0xffu

/*
 * Hash an Ethernet frame of up to two VLAN tags (0x8100, 0x88a8). `len` bytes at `frame` are
 * readable; `types` is a set of enum cpx_hash_type. Every fragment of a datagram hashes the same
 * (addresses only), as does a packet whose port numbers lie beyond `len`. IPv6 hop-by-hop,
 * routing, destination-options and authentication headers are stepped over (at most eight).
 * Returns false, and leaves *hash alone, when the frame holds nothing that `types` asks for.
 */
bool cpx_flow_hash(const void *frame, size_t len, unsigned types, uint32_t *hash);

#endif
