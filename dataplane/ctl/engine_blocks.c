/* SPDX-License-Identifier: BSD-3-Clause */
/* What a manager has seen, as blocks of telemetry; see engine_blocks.h. */
#include "dataplane/ctl/engine_blocks.h"

#include <math.h>

#include "dataplane/run/metrics.h"

static void set(struct telemetry_block *b, unsigned slot, uint64_t value)
{
	store_relaxed(&b->v[slot], value);
}

/* A code of which 0 is none. */
static void set_code(struct telemetry_block *b, unsigned slot, unsigned code)
{
	set(b, slot, code != 0 ? code : TELEMETRY_ABSENT);
}

/* ---- lanes ---- */

static void clear_lane(struct telemetry_block *b)
{
	for (unsigned slot = LANE_DP_STATE; slot < LANE_CODEWORDS; slot++)
		set(b, slot, TELEMETRY_ABSENT);
}

static void clear_codewords(struct telemetry_block *b)
{
	for (unsigned i = 0; i < FEC_BINS; i++)
		set(b, LANE_CODEWORDS + i, TELEMETRY_ABSENT);
}

/* Were codewords counted, or would they be? Nobody counts those of passive copper. */
static bool counts(const struct cpx_lane_view *l)
{
	uint64_t any = 0;

	if (!isnan(l->ber) && l->state != 0)
		return true;
	for (unsigned i = 0; i < FEC_BINS; i++)
		any |= l->codewords[i];
	return any != 0;
}

static void fill_lane(struct telemetry_block *b, const struct cpx_lane_view *l)
{
	set_code(b, LANE_DP_STATE, l->state);
	telemetry_real(b, LANE_TX_POWER, l->tx_dbm);
	telemetry_real(b, LANE_RX_POWER, l->rx_dbm);
	telemetry_real(b, LANE_TX_BIAS, l->bias_ma);
	telemetry_real(b, LANE_SNR, l->snr_db);
	telemetry_real(b, LANE_BER, l->ber);
	if (!counts(l)) {
		clear_codewords(b);
		return;
	}
	for (unsigned i = 0; i < FEC_BINS; i++)
		set(b, LANE_CODEWORDS + i, l->codewords[i]);
}

/* Data paths of the bank's ports by lane, NULL where none is wanted. */
static void paths_of(const struct cmis_bank_seen *bank,
		     const struct cmis_port_seen *path[CMIS_LANES])
{
	for (unsigned i = 0; i < CMIS_LANES; i++)
		path[i] = NULL;
	for (unsigned i = 0; i < bank->port_count && i < CMIS_LANES; i++) {
		const struct cmis_port_wish *w = &bank->port[i].wish;

		for (unsigned l = w->first; l < CMIS_LANES && l < w->first + (unsigned)w->lanes;
		     l++)
			path[l] = &bank->port[i];
	}
}

static void fill_bank(struct telemetry_block *const lane[CMIS_LANES],
		      const struct cmis_bank_seen *bank, const struct cpx_lane_view *seen,
		      uint64_t tsc)
{
	const struct cmis_port_seen *path[CMIS_LANES];

	paths_of(bank, path);
	for (unsigned i = 0; i < CMIS_LANES; i++) {
		if (lane[i] == NULL)
			continue;
		telemetry_block_begin(lane[i]);
		fill_lane(lane[i], &seen[i]);
		set(lane[i], LANE_PATH, path[i] != NULL ? path[i]->state : TELEMETRY_ABSENT);
		set(lane[i], LANE_REASON, path[i] != NULL ? path[i]->reason : TELEMETRY_ABSENT);
		telemetry_block_end(lane[i], tsc);
	}
}

void engine_blocks_lanes(struct telemetry_block *const lane[ENGINE_BLOCKS_LANES],
			 const struct cpx_engine_view *v, uint64_t tsc)
{
	if (v->steps == 0) {
		for (unsigned i = 0; i < ENGINE_BLOCKS_LANES; i++)
			if (lane[i] != NULL)
				engine_block_clear_lane(lane[i], tsc);
		return;
	}
	for (unsigned b = 0; b < CPX_ENGINE_BANKS; b++)
		fill_bank(&lane[b * CMIS_LANES], &v->bank[b], &v->lane[b * CMIS_LANES], tsc);
}

void engine_block_clear_lane(struct telemetry_block *b, uint64_t tsc)
{
	telemetry_block_begin(b);
	clear_lane(b);
	clear_codewords(b);
	telemetry_block_end(b, tsc);
}

/* ---- engines ---- */

#define TEXT(b, sym, text) telemetry_text(b, ENGINE_##sym, METRICS_TEXT(ENGINE, sym), text)

static void clear_module(struct telemetry_block *b)
{
	set(b, ENGINE_MODULE_STATE, TELEMETRY_ABSENT);
	set(b, ENGINE_FAULT_CAUSE, TELEMETRY_ABSENT);
	TEXT(b, VENDOR, "");
	TEXT(b, PART, "");
	TEXT(b, SERIAL, "");
	TEXT(b, FIRMWARE, "");
	telemetry_real(b, ENGINE_TEMPERATURE, NAN);
	telemetry_real(b, ENGINE_VCC, NAN);
	set(b, ENGINE_LASERS, TELEMETRY_ABSENT);
	set(b, ENGINE_LASERS_ON, TELEMETRY_ABSENT);
}

static void fill_module(struct telemetry_block *b, const struct cpx_engine_view *v)
{
	const struct cmis_manager_seen *seen = &v->seen;

	set_code(b, ENGINE_MODULE_STATE, seen->support.flat ? 0 : seen->module_state);
	set(b, ENGINE_FAULT_CAUSE, seen->support.flat ? TELEMETRY_ABSENT : seen->fault_cause);
	TEXT(b, VENDOR, seen->vendor);
	TEXT(b, PART, seen->part);
	TEXT(b, SERIAL, seen->serial);
	TEXT(b, FIRMWARE, v->firmware);
	telemetry_real(b, ENGINE_TEMPERATURE, seen->temperature);
	telemetry_real(b, ENGINE_VCC, seen->vcc);
	set(b, ENGINE_LASERS, v->lasers != 0 ? v->lasers : TELEMETRY_ABSENT);
	set(b, ENGINE_LASERS_ON, v->lasers != 0 ? v->on : TELEMETRY_ABSENT);
}

static void fill_counters(struct telemetry_block *b, const struct cpx_engine_view *v)
{
	const struct cmis_manager_counters *c = &v->seen.counters;

	set(b, ENGINE_STEPS, v->steps);
	set(b, ENGINE_READS, c->reads);
	set(b, ENGINE_WRITES, c->writes);
	set(b, ENGINE_NACKS, c->nacks);
	set(b, ENGINE_LINK_ERRORS, c->link_errors);
	set(b, ENGINE_REMOVALS, c->removals);
	set(b, ENGINE_RESETS, c->resets_seen);
	set(b, ENGINE_RESETS_DONE, c->resets_done);
	set(b, ENGINE_FAILURES, c->failures);
}

/* Does it answer, and is it known what it is? */
static bool is_there(const struct cmis_manager_seen *seen)
{
	return seen->state != CMIS_MANAGER_ABSENT && seen->state != CMIS_MANAGER_IDENTIFY;
}

void engine_block_fill(struct telemetry_block *b, const struct cpx_engine_view *v, uint64_t tsc)
{
	if (v->steps == 0) {
		engine_block_clear(b, tsc);
		return;
	}
	telemetry_block_begin(b);
	TEXT(b, SOURCE, v->source);
	set(b, ENGINE_MANAGEMENT, v->mgmt);
	set(b, ENGINE_STATE, v->seen.state);
	set(b, ENGINE_REASON, v->seen.reason);
	if (is_there(&v->seen))
		fill_module(b, v);
	else
		clear_module(b);
	fill_counters(b, v);
	telemetry_block_end(b, tsc);
}

void engine_block_clear(struct telemetry_block *b, uint64_t tsc)
{
	telemetry_block_begin(b);
	TEXT(b, SOURCE, "");
	for (unsigned slot = ENGINE_MANAGEMENT; slot <= ENGINE_REASON; slot++)
		set(b, slot, TELEMETRY_ABSENT);
	clear_module(b);
	for (unsigned slot = ENGINE_STEPS; slot <= ENGINE_FAILURES; slot++)
		set(b, slot, TELEMETRY_ABSENT);
	telemetry_block_end(b, tsc);
}
