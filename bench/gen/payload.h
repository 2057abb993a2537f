/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a test packet carries behind its UDP header: who sent it, which one it is, when, and a
 * CRC-32C over the whole UDP payload (this header with crc = 0, then filler). Integers are
 * little-endian. Used by source and sink, any thread.
 */
#ifndef CPX_BENCH_GEN_PAYLOAD_H
#define CPX_BENCH_GEN_PAYLOAD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_hash_crc.h>

#define PAYLOAD_MAGIC 0x58504347u /* "GCPX" */

struct payload {
	uint32_t magic;
	uint16_t stream;
	uint16_t flow;
	uint64_t sequence; /* of the flow, from 0 */
	uint64_t tx_tsc;   /* sender's time stamp counter */
	uint32_t crc;
} __attribute__((packed, may_alias));

static_assert(sizeof(struct payload) == 28, "test payload header");

/*
 * CRC-32C (Castagnoli) with the customary inversions: "123456789" gives 0xe3069283. DPDK's steps,
 * not its rte_hash_crc(), which loads words from where they are not aligned.
 */
static inline uint32_t payload_crc32c(uint32_t crc, const void *p, uint32_t len)
{
	const uint8_t *b = (const uint8_t *)p;

	crc = ~crc;
	for (; len >= 8; b += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, b, 8);
		crc = rte_hash_crc_8byte(word, crc);
	}
	for (; len; b++, len--)
		crc = rte_hash_crc_1byte(*b, crc);
	return ~crc;
}

/* CRC of a payload of len >= sizeof(struct payload) bytes, its crc field counted as zero. */
static inline uint32_t payload_crc(const void *p, uint32_t len)
{
	const uint8_t *b = (const uint8_t *)p;
	static const uint8_t zero[4];
	uint32_t crc = payload_crc32c(0, b, sizeof(struct payload) - 4);

	crc = payload_crc32c(crc, zero, 4);
	return payload_crc32c(crc, b + sizeof(struct payload), len - sizeof(struct payload));
}

#endif
