/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A buffer that ends at a page no one may touch: reading one byte past a packet ends the test.
 * ASan does not see such reads inside DPDK's pools (spec/faults.md), so parsers are tested here.
 */
#ifndef CPX_TESTS_UNIT_GUARD_H
#define CPX_TESTS_UNIT_GUARD_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_BYTES 16384 /* room before the forbidden page */

static uint8_t *guard_end; /* the first byte that may not be touched */

/* The len bytes of `data` copied so that they end where the forbidden page starts. */
static inline uint8_t *guard_copy(const void *data, size_t len)
{
	if (!guard_end) {
		uint8_t *area = mmap(NULL, GUARD_BYTES + 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		mprotect(area + GUARD_BYTES, 4096, PROT_NONE);
		guard_end = area + GUARD_BYTES;
	}
	memset(guard_end - GUARD_BYTES, 0xa5, GUARD_BYTES);
	return len ? memcpy(guard_end - len, data, len) : guard_end;
}

/* xorshift64*: the same sequence in every run. */
static inline uint64_t guard_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

#endif
