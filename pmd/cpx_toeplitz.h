/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash of receive-side scaling (Microsoft, "RSS Hashing Functions") over a flow's
 * tuple, for applications that bring a key: the hash a NIC with that key would give, bit for bit.
 *
 * Bit b of the hash is the sum, modulo 2, of data[i] x key[i + b] over all bits i: per 32 bits of
 * data, the low bits of a carry-less product with the 63 key bits that can meet them. So a key is
 * kept as one such window a word, its first bit lowest. No DPDK; the lcores only read a key while
 * the control thread may change it: word by word, so that frames of that moment may get a hash of
 * neither key.
 */
#ifndef CPX_PMD_CPX_TOEPLITZ_H
#define CPX_PMD_CPX_TOEPLITZ_H

#include <stdint.h>

#include "pmd/cpx_hash.h"

#define CPX_TOEPLITZ_KEY 40 /* bytes that a tuple of IPv6 and ports makes use of */

struct cpx_toeplitz {
	uint64_t window[9]; /* bit j of window[i]: key bit 32i + j; bit 63 is 0. Any time. */
};

/* Take a key of CPX_TOEPLITZ_KEY bytes. Control thread. */
void cpx_toeplitz_set(struct cpx_toeplitz *key, const uint8_t *bytes);

/* Hash of addresses and, where the tuple has them, ports. Any thread. */
uint32_t cpx_tuple_toeplitz(const struct cpx_toeplitz *key, const struct cpx_tuple *t);

/* The same without special instructions: what the above must equal. */
uint32_t cpx_tuple_toeplitz_portable(const struct cpx_toeplitz *key, const struct cpx_tuple *t);

#endif
