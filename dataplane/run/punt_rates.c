/* SPDX-License-Identifier: BSD-3-Clause */
/* Punt rates among workers; see punt_rates.h. Control thread, at start and with each change. */
#include "dataplane/run/punt_rates.h"

#include <stdbool.h>

#include <rte_common.h>

void punt_rates_share(struct punt_rate share[PUNT_COUNT], const struct punt_rate board[PUNT_COUNT],
		      unsigned n_workers)
{
	for (unsigned i = 0; i < PUNT_COUNT; i++)
		share[i] = (struct punt_rate){
			.pps = board[i].pps * PUNT_UNITS / n_workers,
			.burst = (board[i].burst + n_workers - 1) / n_workers,
		};
}

void punt_rates_divide(uint32_t *units, const uint64_t *demand, unsigned n, uint32_t pps)
{
	uint64_t want[PUNT_MAX_WORKERS], left = (uint64_t)pps * PUNT_UNITS;
	bool given[PUNT_MAX_WORKERS] = { false };

	for (unsigned w = 0; w < n; w++)
		want[w] = (RTE_MIN(demand[w], PUNT_MAX_PPS) * 2 + pps / (32 * n)) * PUNT_UNITS;
	for (unsigned rest = n; rest > 0; rest--) {
		unsigned least = n;

		for (unsigned w = 0; w < n; w++)
			if (!given[w] && (least == n || want[w] < want[least]))
				least = w;
		given[least] = true;
		units[least] = (uint32_t)RTE_MIN(want[least], left / rest);
		left -= units[least];
	}
	for (unsigned w = 0; w < n; w++) /* what nobody asked for */
		units[w] += (uint32_t)(left / n);
}

uint32_t punt_rates_ring(const struct punt_rate share[PUNT_COUNT], enum punt_queue queue)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < PUNT_COUNT; i++)
		if (punt_info[i].queue == queue)
			sum += share[i].burst;
	return rte_align32pow2(sum + 1);
}
