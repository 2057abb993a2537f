/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a source may be an address of this board, or the broadcast address of one of its subnets:
 * a set of 4096 bits that says "no" for certain, so that hardly any packet needs a second lookup.
 * Part of the immutable worker configuration: made by the control thread, read by workers.
 */
#ifndef CPX_DATAPLANE_TABLES_OWN_H
#define CPX_DATAPLANE_TABLES_OWN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct iface;

#define OWN_BITS 12

struct own_set {
	uint64_t word[(1 << OWN_BITS) / 64];
};

static inline uint32_t own_place4(uint32_t addr)
{
	return addr * 0x9e3779b1u >> (32 - OWN_BITS);
}

static inline uint32_t own_place6(const uint8_t addr[16])
{
	uint64_t hi, lo;

	memcpy(&hi, addr, 8);
	memcpy(&lo, addr + 8, 8);
	return (uint32_t)(((hi * 3) ^ lo) * 0x9e3779b97f4a7c15ull >> (64 - OWN_BITS));
}

static inline bool own_may_be(const struct own_set *s, uint32_t place)
{
	return s->word[place / 64] >> place % 64 & 1;
}

/* Every address of ifaces[0..n) but link-local ones, with the broadcast addresses. */
void own_fill(struct own_set *s, const struct iface *ifaces, unsigned n);

#endif
