/* SPDX-License-Identifier: BSD-3-Clause */
/* Punt rates among workers; see punt_rates.h. Control thread, at start and with each change. */
#include "dataplane/run/punt_rates.h"

#include <rte_common.h>

void punt_rates_share(struct punt_rate share[PUNT_COUNT], const struct punt_rate board[PUNT_COUNT],
		      unsigned n_workers)
{
	for (unsigned i = 0; i < PUNT_COUNT; i++)
		share[i] = (struct punt_rate){
			.pps = board[i].pps,
			.burst = (board[i].burst + n_workers - 1) / n_workers,
		};
}

uint32_t punt_rates_ring(const struct punt_rate share[PUNT_COUNT], enum punt_queue queue)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < PUNT_COUNT; i++)
		if (punt_info[i].queue == queue)
			sum += share[i].burst;
	return rte_align32pow2(sum + 1);
}
