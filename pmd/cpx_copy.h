/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the bytes of a frame get into shared memory and out of it. Included by cpx_rxtx_peer.c, which
 * is built once for each instruction set; the lcore that drives the queue.
 *
 * Into shared memory goes not a byte of ours beyond the frame: the peer could read it.
 */
#ifndef CPX_PMD_CPX_COPY_H
#define CPX_PMD_CPX_COPY_H

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
#pragma GCC unroll 1
	for (uint32_t at = 0; at < bytes; at += CPX_STEP)
		memcpy(to + at, from + at, CPX_STEP);
}

/* Into a slot. At least 8 bytes; the last piece overlaps the one before. */
static __rte_always_inline void cpx_copy_in(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	if (likely(bytes >= CPX_STEP)) {
#pragma GCC unroll 1
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

#if defined(RTE_ARCH_X86_64)
#define CPX_CAN_STREAM 1

/* One whole line, past the caches. */
static __rte_always_inline void cpx_stream_line(uint8_t *to, const uint8_t *from)
{
#if defined(__AVX512F__)
	_mm512_stream_si512((void *)to, _mm512_loadu_si512(from));
#elif defined(__AVX2__)
	_mm256_stream_si256((void *)to, _mm256_loadu_si256((const void *)from));
	_mm256_stream_si256((void *)(to + 32), _mm256_loadu_si256((const void *)(from + 32)));
#else
	for (unsigned i = 0; i < CPX_STEP; i += 16)
		_mm_stream_si128((void *)(to + i), _mm_loadu_si128((const void *)(from + i)));
#endif
}

/* Into a slot past the caches, zeros up to the end of its last line. */
static __rte_always_inline void cpx_stream_in(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	uint32_t at;

	for (at = 0; at + CPX_STEP <= bytes; at += CPX_STEP)
		cpx_stream_line(to + at, from + at);
	if (at < bytes) {
#if defined(__AVX512BW__)
		_mm512_stream_si512((void *)(to + at),
				    _mm512_maskz_loadu_epi8((1ull << (bytes - at)) - 1, from + at));
#else
		alignas(CPX_STEP) uint8_t last[CPX_STEP] = { 0 };

		memcpy(last, from + at, bytes - at);
		cpx_stream_line(to + at, last);
#endif
	}
}

static __rte_always_inline void cpx_stream_end(void)
{
	_mm_sfence();
}
#endif

#endif
