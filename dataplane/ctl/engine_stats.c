/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines and their lanes in the board's telemetry segment. A row per engine of the file, in its
 * order, then one per laser source, of which the driver makes some by itself (pmd/cpx_engine.c).
 * Only copies are read, never a bus. Control thread.
 */
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/engine_blocks.h"
#include "lib/cmis/engine/profile.h"

#define TEXT(block, sym, text) telemetry_text(block, ENGINE_##sym, METRICS_TEXT(ENGINE, sym), text)

/* Will the driver make lasers for this engine that the file does not name? */
static bool has_own_source(const struct config *cfg, unsigned i)
{
	const struct config_engine *e = &cfg->engines[i];
	const struct cmis_profile *p = cmis_profile_find(e->profile);

	return engine_is_managed(cfg, i) && !e->joint && e->laser < 0 && p != NULL &&
	       p->external_lasers &&
	       (e->mgmt == CONFIG_MGMT_USUAL || e->mgmt == CONFIG_MGMT_EMULATED);
}

static bool is_used(const struct config *cfg, unsigned laser)
{
	for (unsigned i = 0; i < cfg->n_engines; i++)
		if (cfg->engines[i].laser == (int)laser && !cfg->engines[i].joint &&
		    engine_is_managed(cfg, i))
			return true;
	return false;
}

unsigned engine_stats_rows(const struct config *cfg)
{
	unsigned rows = cfg->n_engines;

	for (unsigned i = 0; i < cfg->n_engines; i++)
		rows += has_own_source(cfg, i);
	for (unsigned i = 0; i < cfg->n_lasers; i++)
		rows += is_used(cfg, i);
	return rows < CPX_MAX_MODULES ? rows : CPX_MAX_MODULES;
}

static bool is_ours(const struct board *b, const struct cpx_engine *e)
{
	for (unsigned i = 0; i < b->cfg->n_engines; i++)
		if (b->engines[i] == e)
			return true;
	return false;
}

/* The rest of the rows: the driver lists the last one made first. */
static void find_sources(struct board *b, struct engine_stats *s)
{
	struct cpx_engine *list[CPX_MAX_MODULES];
	unsigned row = b->cfg->n_engines;

	for (unsigned n = cpx_engine_list(list); n > 0 && row < s->n_rows; n--)
		if (!is_ours(b, list[n - 1]))
			s->row[row++] = list[n - 1];
}

static void name_row(struct board *b, unsigned row)
{
	struct telemetry_block *block = telemetry_engine(b->telemetry, row);
	const struct config *cfg = b->cfg;
	const struct cpx_engine *e = b->engine_stats.row[row];
	const char *name = e != NULL ? cpx_engine_name(e) : "";
	const char *kind = "";

	if (row < cfg->n_engines) {
		name = cfg->engines[row].name;
		kind = cfg->engines[row].profile;
	}
	engine_block_clear(block, rte_rdtsc());
	telemetry_block_begin(block);
	TEXT(block, NAME, name);
	TEXT(block, KIND, kind);
	if (e == NULL && row < cfg->n_engines)
		store_relaxed(&block->v[ENGINE_MANAGEMENT], CPX_MGMT_NONE);
	telemetry_block_end(block, rte_rdtsc());
}

void engine_stats_describe(struct board *b)
{
	struct engine_stats *s = &b->engine_stats;

	*s = (struct engine_stats){ .n_rows = engine_stats_rows(b->cfg) };
	for (unsigned i = 0; i < b->cfg->n_engines; i++)
		s->row[i] = b->engines[i];
	find_sources(b, s);
	for (unsigned row = 0; row < s->n_rows; row++)
		name_row(b, row);
	memset(s->lane, 0xff, sizeof(s->lane));
	for (unsigned i = 0; i < b->n_lanes; i++) {
		s->lane[b->lanes[i].engine][b->lanes[i].number] = (uint16_t)i;
		engine_block_clear_lane(telemetry_lane(b->telemetry, i), rte_rdtsc());
	}
}

static void refresh_lanes(struct board *b, unsigned engine, const struct cpx_engine_view *v,
			  uint64_t tsc)
{
	struct telemetry_block *block[ENGINE_BLOCKS_LANES];

	for (unsigned i = 0; i < ENGINE_BLOCKS_LANES; i++) {
		const uint16_t lane = b->engine_stats.lane[engine][i];

		block[i] = lane != ENGINE_STATS_NO_LANE ? telemetry_lane(b->telemetry, lane) : NULL;
	}
	engine_blocks_lanes(block, v, tsc);
}

void engine_stats_refresh(struct board *b)
{
	static struct cpx_engine_view view; /* large */
	struct engine_stats *s = &b->engine_stats;
	const uint64_t tsc = rte_rdtsc();

	for (unsigned row = 0; row < s->n_rows; row++) {
		struct telemetry_block *block = telemetry_engine(b->telemetry, row);

		if (s->row[row] == NULL)
			continue;
		cpx_engine_look(s->row[row], &view);
		engine_block_fill(block, &view, tsc);
		if (row < b->cfg->n_engines) {
			refresh_lanes(b, row, &view, tsc);
		} else {
			telemetry_block_begin(block);
			TEXT(block, KIND, view.profile);
			telemetry_block_end(block, tsc);
		}
	}
}
