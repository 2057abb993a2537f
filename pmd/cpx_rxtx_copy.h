/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the bytes of a frame get into memory that another process shares, and out of it. Not a byte
 * of ours beyond the frame goes in there: the peer could read it. Included by cpx_rxtx_peer.c,
 * which is built once for each instruction set; the lcore that drives the queue.
 */
#ifndef CPX_PMD_CPX_RXTX_COPY_H
#define CPX_PMD_CPX_RXTX_COPY_H

#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

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

#endif
