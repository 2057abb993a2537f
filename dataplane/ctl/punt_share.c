/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who of the workers may let how much through to us: ten times a second, by what came to each since
 * the last time (run/punt_rates.h). Control thread.
 */
#include "dataplane/ctl/board_priv.h"
#include "dataplane/run/punt_rates.h"

static_assert(PUNT_MAX_WORKERS >= PLACEMENT_MAX_WORKERS, "all workers");

static uint64_t came(const struct worker *w, unsigned c)
{
	const uint64_t *v = w->block->v;

	return load_relaxed(&v[WORKER_PUNT + c]) + load_relaxed(&v[WORKER_PUNT_POLICED + c]) +
	       load_relaxed(&v[WORKER_PUNT_FULL + c]);
}

void punt_share(struct board *b)
{
	for (unsigned c = 0; c < PUNT_COUNT; c++) {
		uint64_t demand[PUNT_MAX_WORKERS];
		uint32_t units[PUNT_MAX_WORKERS];

		for (unsigned w = 0; w < b->n_workers; w++) {
			const uint64_t now = came(b->workers[w], c);

			/* fewer than before: another worker of that number */
			demand[w] = now > b->punt_came[w][c] ? (now - b->punt_came[w][c]) * 10 : 0;
			b->punt_came[w][c] = now;
		}
		punt_rates_divide(units, demand, b->n_workers, b->cfg->punt[c].pps);
		for (unsigned w = 0; w < b->n_workers; w++)
			store_relaxed(&b->workers[w]->punt_rate[c], units[w]);
	}
}
