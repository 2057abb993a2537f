/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A carrier's counters, kept so that ours never go back: a carrier that is started, stopped, reset
 * or replaced counts from zero again, ours go on. What it counted before it carried for us is left
 * out. Pure arithmetic; the caller sees to it that one thread at a time works on a struct.
 */
#include "pmd/cpx_dev_stats.h"

#define WORDS (sizeof(struct rte_eth_stats) / sizeof(uint64_t))

static_assert(sizeof(struct rte_eth_stats) % sizeof(uint64_t) == 0, "64-bit counters only");

void cpx_dev_stats_begin(struct cpx_dev_stats *s, const struct rte_eth_stats *now)
{
	s->last = *now;
}

void cpx_dev_stats_add(struct cpx_dev_stats *s, const struct rte_eth_stats *now)
{
	const uint64_t *new = (const uint64_t *)now;
	uint64_t *total = (uint64_t *)&s->total, *last = (uint64_t *)&s->last;

	for (unsigned i = 0; i < WORDS; i++) {
		total[i] += new[i] >= last[i] ? new[i] - last[i] : new[i];
		last[i] = new[i];
	}
}
