/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rare part of frame loss: how far it is to the next uncorrectable codeword.
 */
#include "lib/cmis/fec_loss.h"

#include <math.h>

#define ONE      (1ll << FEC_LOSS_ONE)
#define WHOLES   31         /* e^-31: further is not worth the bits */
#define DEBT_MAX (32 * ONE) /* of codewords beyond one a frame that later frames pay for */

/*
 * Exponentially distributed with mean 1, by von Neumann's comparisons (1951) and so without a
 * logarithm: draw uniform numbers as long as each is below the one before it. A descent of odd
 * length gives its first number as the fraction, any other one adds a whole and is drawn again.
 */
static int64_t exponential(struct fec_random *r)
{
	for (int64_t wholes = 0;; wholes++) {
		uint64_t first = fec_random_next(r), last = first, next;
		unsigned length = 1;

		while ((next = fec_random_next(r)) < last) {
			last = next;
			length++;
		}
		if (length % 2 == 1 || wholes == WHOLES)
			return wholes * ONE + (int64_t)(first >> (64 - FEC_LOSS_ONE));
	}
}

void fec_loss_init(struct fec_loss *l, uint64_t seed, uint64_t stream)
{
	*l = (struct fec_loss){ .random = fec_random_of(seed, stream) };
	l->left = exponential(&l->random);
}

void fec_loss_set(struct fec_loss *l, double cer)
{
	double rate = cer > 0 ? fmin(cer, 1) * (double)ONE / FEC_KP4_PAYLOAD : 0;

	store_relaxed(&l->rate, (uint64_t)llround(rate));
}

bool fec_loss_used_up(struct fec_loss *l, uint64_t rate)
{
	if (rate == 0) { /* healed: what was owed is forgotten */
		l->left = exponential(&l->random);
		return false;
	}
	l->left += exponential(&l->random);
	if (l->left < -DEBT_MAX)
		l->left = -DEBT_MAX;
	return true;
}
