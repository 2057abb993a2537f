/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the bytes of a frame get into memory that another process shares, and out of it. Not a byte
 * of ours beyond the frame goes in there: the peer could read it. Included by cpx_rxtx_peer.c,
 * which is built once for each instruction set; the lcore that drives the queue.
 */
#ifndef CPX_PMD_CPX_RXTX_COPY_H
#define CPX_PMD_CPX_RXTX_COPY_H

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_vect.h>

#define CPX_STEP 64u /* slots are whole numbers of these, and begin on one */

/* Out of a slot, in whole steps: what lies behind the frame there is the peer's anyway. */
static __rte_always_inline void cpx_copy_out(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	for (uint32_t at = 0; at < bytes; at += CPX_STEP)
		memcpy(to + at, from + at, CPX_STEP);
}

/* Into a slot: not a byte more than the frame has, the peer could read it. At least 8 bytes; the
 * last piece overlaps the one before. */
static __rte_always_inline void cpx_copy_in(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	if (likely(bytes >= CPX_STEP)) {
		for (uint32_t at = 0; at + CPX_STEP < bytes; at += CPX_STEP)
			memcpy(to + at, from + at, CPX_STEP);
		memcpy(to + bytes - CPX_STEP, from + bytes - CPX_STEP, CPX_STEP);
	} else if (bytes >= 32) {
		memcpy(to, from, 32);
		memcpy(to + bytes - 32, from + bytes - 32, 32);
	} else if (bytes >= 16) {
		memcpy(to, from, 16);
		memcpy(to + bytes - 16, from + bytes - 16, 16);
	} else {
		memcpy(to, from, 8);
		memcpy(to + bytes - 8, from + bytes - 8, 8);
	}
}

/*
 * Into a slot past the caches. Only whole lines can go that way: zeros fill the last one. Other
 * processors see the lines in any order till cpx_stream_end().
 */
#if defined(RTE_ARCH_X86_64)
#define CPX_STREAMS 1

static __rte_always_inline void cpx_stream_line(void *to, const void *from)
{
#if defined(__AVX512F__)
	_mm512_stream_si512(to, _mm512_loadu_si512(from));
#elif defined(__AVX2__)
	__m256i *at = to;

	_mm256_stream_si256(at, _mm256_loadu_si256(from));
	_mm256_stream_si256(at + 1, _mm256_loadu_si256((const __m256i *)from + 1));
#else
	__m128i *at = to;

	for (unsigned i = 0; i < 4; i++)
		_mm_stream_si128(at + i, _mm_loadu_si128((const __m128i *)from + i));
#endif
}

static __rte_always_inline void cpx_stream_in(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	uint32_t at;

	for (at = 0; at + CPX_STEP <= bytes; at += CPX_STEP)
		cpx_stream_line(to + at, from + at);
	if (at == bytes)
		return;
#if defined(__AVX512BW__)
	_mm512_stream_si512((void *)(to + at),
			    _mm512_maskz_loadu_epi8((1ull << (bytes - at)) - 1, from + at));
#else
	alignas(CPX_STEP) uint8_t last[CPX_STEP] = { 0 };

	memcpy(last, from + at, bytes - at);
	cpx_stream_line(to + at, last);
#endif
}

static __rte_always_inline void cpx_stream_end(void)
{
	_mm_sfence();
}
#else
#define CPX_STREAMS 0

static __rte_always_inline void cpx_stream_line(void *to, const void *from)
{
	memcpy(to, from, CPX_STEP);
}

static __rte_always_inline void cpx_stream_in(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	cpx_copy_in(to, from, bytes);
}

static __rte_always_inline void cpx_stream_end(void)
{
}
#endif

#endif
