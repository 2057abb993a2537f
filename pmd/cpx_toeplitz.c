/* SPDX-License-Identifier: BSD-3-Clause */
/* Toeplitz hash; see cpx_toeplitz.h. Runs on the lane's lcore, once a packet. */
#include "pmd/cpx_toeplitz.h"

#include <assert.h>
#include <string.h>

#include "lib/base/order.h"

#if defined(__x86_64__)
#include <wmmintrin.h>
#endif

enum { WORDS = sizeof(((struct cpx_toeplitz *)0)->window) / sizeof(uint64_t) };

static inline uint32_t read32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "read32");

static uint32_t reverse_bits(uint32_t v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

void cpx_toeplitz_set(struct cpx_toeplitz *key, const uint8_t *bytes)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t window = reverse_bits(read32(bytes + 4 * i)) |
				  (uint64_t)reverse_bits(read32(bytes + 4 * i + 4)) << 32;

		store_relaxed(&key->window[i], window & ~(1ull << 63));
	}
}

uint32_t cpx_tuple_toeplitz_portable(const struct cpx_toeplitz *key, const struct cpx_tuple *t)
{
	const unsigned words = t->addresses_len / 4;
	uint32_t hash = 0; /* last bit first */

	for (unsigned i = 0; i < words + (t->ports != NULL); i++) {
		const uint64_t window = load_relaxed(&key->window[i]);
		uint32_t data = read32(i < words ? t->addresses + 4 * i : t->ports);

		for (; data != 0; data &= data - 1)
			hash ^= (uint32_t)(window >> (31 - __builtin_ctz(data)));
	}
	return reverse_bits(hash);
}

#if defined(__x86_64__)
#define PCLMUL __attribute__((target("pclmul,sse2")))

PCLMUL static inline __m128i product(const struct cpx_toeplitz *key, unsigned i, const uint8_t *p)
{
	return _mm_clmulepi64_si128(_mm_cvtsi64_si128(read32(p)),
				    _mm_cvtsi64_si128((int64_t)load_relaxed(&key->window[i])), 0);
}

/* Bits 31 to 62 of the sum of products are the hash, its first bit lowest. */
PCLMUL static uint32_t toeplitz_pclmul(const struct cpx_toeplitz *key, const struct cpx_tuple *t)
{
	__m128i sum = product(key, 0, t->addresses) ^ product(key, 1, t->addresses + 4);
	unsigned words = 2;

	if (t->addresses_len != 8) {
		words = 8;
		for (unsigned i = 2; i < 8; i++)
			sum ^= product(key, i, t->addresses + 4 * i);
	}
	if (t->ports != NULL)
		sum ^= product(key, words, t->ports);
	return reverse_bits((uint32_t)((uint64_t)_mm_cvtsi128_si64(sum) >> 31));
}

uint32_t cpx_tuple_toeplitz(const struct cpx_toeplitz *key, const struct cpx_tuple *t)
{
	return __builtin_cpu_supports("pclmul") ? toeplitz_pclmul(key, t)
						: cpx_tuple_toeplitz_portable(key, t);
}
#else
uint32_t cpx_tuple_toeplitz(const struct cpx_toeplitz *key, const struct cpx_tuple *t)
{
	return cpx_tuple_toeplitz_portable(key, t);
}
#endif
