/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What flow a frame belongs to, and the hash that net_cpx gives it when neither carrier nor
 * application brings one: CRC-32C over addresses and, where a packet has them whole, ports and
 * protocol. Pure functions of (pointer, length): no DPDK, no state, any thread. They never read
 * at or past frame + len. An application's own key is hashed by cpx_toeplitz.h over the same
 * tuple.
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

/* Where in the frame a flow's tuple lies: no copy, so it lives as long as the frame's bytes. */
struct cpx_tuple {
	const uint8_t *addresses; /* source, then destination */
	const uint8_t *ports;     /* source, then destination, 4 bytes; NULL: not part of it */
	uint8_t addresses_len;    /* of both: 8 or 32 */
	uint8_t proto;            /* of the ports: TCP, UDP, SCTP */
};

/*
 * The tuple of an Ethernet frame of up to two VLAN tags (0x8100, 0x88a8). `len` bytes at `frame`
 * are readable; `types` is a set of enum cpx_hash_type. Every fragment of a datagram has the same
 * tuple (addresses only), as does a packet whose port numbers lie beyond `len`. IPv6 hop-by-hop,
 * routing, destination-options and authentication headers are stepped over (at most eight).
 * Returns false when the frame holds nothing that `types` asks for.
 */
bool cpx_tuple_find(const void *frame, size_t len, unsigned types, struct cpx_tuple *t);

/* CRC-32C of a tuple. */
uint32_t cpx_tuple_crc(const struct cpx_tuple *t);

/* Both in one; false leaves *hash alone. */
bool cpx_flow_hash(const void *frame, size_t len, unsigned types, uint32_t *hash);

#endif
