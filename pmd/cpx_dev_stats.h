/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Totals over the lives and resets of one carrier. Call begin when a carrier begins to carry and
 * add with every reading; `total` is the sum of what was counted since, as far as it was read
 * before the carrier fell back to zero.
 */
#ifndef CPX_PMD_CPX_DEV_STATS_H
#define CPX_PMD_CPX_DEV_STATS_H

#include <rte_ethdev.h>

struct cpx_dev_stats {
	struct rte_eth_stats total;
	struct rte_eth_stats last; /* the carrier's own, as last read */
};

void cpx_dev_stats_begin(struct cpx_dev_stats *s, const struct rte_eth_stats *now);
void cpx_dev_stats_add(struct cpx_dev_stats *s, const struct rte_eth_stats *now);

#endif
