/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive checksums in software, for programs that ask for the offload (l3fwd asks every port) and
 * a carrier that has none. Called by the lane's lcore, once a frame; reads the frame only.
 */
#ifndef CPX_PMD_CPX_CHECKSUM_H
#define CPX_PMD_CPX_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

enum cpx_check {
	CPX_CHECK_IP = 1 << 0, /* IPv4 header */
	CPX_CHECK_L4 = 1 << 1, /* TCP and UDP over IPv4 and IPv6 */
};

/*
 * The RTE_MBUF_F_RX_{IP,L4}_CKSUM_{GOOD,BAD} flags of a frame, of the checks in the set `what`.
 * Neither GOOD nor BAD is said of what is not there or cannot be checked here: other protocols,
 * fragments, UDP without a checksum, IPv6 extension headers, lengths that contradict each other.
 * Up to two VLAN tags; headers lie in the first segment, the payload may go on in others.
 */
uint64_t cpx_checksum_flags(const struct rte_mbuf *m, unsigned what);

/*
 * Add `len` bytes from byte `at` of the frame on to *sum (lib/net/checksum.h), over segments of
 * any length; false when the frame ends before. Not by rte_raw_cksum_mbuf: 22.11's loses carries
 * where a segment starts at an odd byte.
 */
bool cpx_checksum_chain(const struct rte_mbuf *m, uint32_t at, uint32_t len, uint64_t *sum);

#endif
