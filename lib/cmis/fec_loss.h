/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames a codeword error ratio takes, for a fast path: lost frames come at random, as many
 * as fec_flr() says, and a frame that is not lost costs a load, a multiplication and a subtraction.
 *
 * A frame is exposed to X * 5140 + 8 * (length + 20) payload bits: it is lost with every codeword
 * that it shares, and it lies in X interleaved ones wherever it begins. Uncorrectable codewords
 * come at a rate of CER / 5140 a bit. `left` is how much of an exponentially distributed amount is
 * left until the next one: each frame takes its exposure times the rate away, and the one that
 * takes it below 0 is lost. That sum needs no adjusting when the rate changes.
 *
 * Each uncorrectable codeword takes one frame. (A real one takes a run of neighbours, and that many
 * times rarer begins: the same mean.) Where there are more of them than frames, all are lost.
 *
 * Threads: a worker owns the struct; fec_loss_set() may be called by one other thread at any time.
 */
#ifndef CPX_LIB_CMIS_FEC_LOSS_H
#define CPX_LIB_CMIS_FEC_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/order.h"
#include "lib/cmis/fec_draw.h"

#define FEC_KP4_PAYLOAD   5140       /* bits of a codeword that are not parity */
#define FEC_LOSS_ONE      57         /* log2 of what counts as 1.0 of `left` */
#define FEC_LOSS_BITS_MAX (1u << 17) /* a frame of 13 kB and four codewords */

struct fec_loss {
	int64_t left;             /* worker */
	uint64_t rate;            /* CER / 5140 * 2^57; written by control, read by the worker */
	struct fec_random random; /* worker */
};

/* No loss until a rate is set. Same seed and stream, same frames: same losses. */
void fec_loss_init(struct fec_loss *l, uint64_t seed, uint64_t stream);

/* The codeword error ratio from now on: 0..1, steps of 4e-14. One relaxed store. */
void fec_loss_set(struct fec_loss *l, double cer);

/* Exposure of a frame (length with FCS) where X codewords (1, 2, 4) are interleaved. */
static inline uint32_t fec_frame_bits(unsigned interleave, uint32_t len)
{
	return interleave * FEC_KP4_PAYLOAD + 8 * (len + 20);
}

/* What happens once `left` is below 0. Not for callers. */
bool fec_loss_used_up(struct fec_loss *l, uint64_t rate);

/* Whether a frame with this exposure (at most FEC_LOSS_BITS_MAX) is lost. */
static inline bool fec_loss_hits(struct fec_loss *l, uint32_t bits)
{
	uint64_t rate = load_relaxed(&l->rate);

	l->left -= (int64_t)(bits * rate);
	return __builtin_expect(l->left < 0, 0) && fec_loss_used_up(l, rate);
}

/*
 * A burst at once: true when none of its frames is lost, and then they are accounted for. `bits` is
 * the sum of their exposures. false: ask for each frame.
 */
static inline bool fec_loss_spares(struct fec_loss *l, uint64_t bits)
{
	uint64_t used;

	if (__builtin_mul_overflow(bits, load_relaxed(&l->rate), &used) || l->left < 0 ||
	    used > (uint64_t)l->left)
		return false;
	l->left -= (int64_t)used;
	return true;
}

#endif
