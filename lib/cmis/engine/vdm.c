/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module's side of VDM: which observables it has (two groups a bank, eight slots each, one a
 * lane), their samples at every monitor tick, and freeze. Statistics run from one unfreeze to the
 * next freeze; between FreezeDone and the next request their samples stand still.
 */
#include "lib/cmis/vdm.h"

#include <math.h>

#include "lib/cmis/engine/private.h"
#include "lib/cmis/fec.h"

#define BLOCKS 16 /* of eight slots: two pages full */

enum { BER, FERC }; /* struct lane.stats */

/* Slot block * 8 + lane - 1, threshold set block % 8; thresholds HA, LA, HW, LW. */
static const struct block {
	enum cmis_vdm_code code;
	double threshold[CMIS_LEVELS];
} blocks[BLOCKS] = {
	{ CMIS_VDM_eSNRMedia, { 255, 17, 255, 18 } },
	{ CMIS_VDM_eSNRHost, { 255, 17, 255, 18 } },
	{ CMIS_VDM_PreFECBERMedia, { 2.4e-4, 0, 1e-4, 0 } },
	{ CMIS_VDM_PreFECBERHost, { 2.4e-4, 0, 1e-4, 0 } },
	{ CMIS_VDM_FERCMedia, { 1e-6, 0, 1e-9, 0 } },
	{ CMIS_VDM_PAM4LTPMedia, { 255, 10, 255, 12 } },
	{ CMIS_VDM_LaserTemp, { 90, -5, 85, 0 } },
	{ CMIS_VDM_ElsInputPower, { 26, 14, 24, 17 } },
	{ CMIS_VDM_PreFECBERMinMedia, { 1, 0, 1, 0 } },
	{ CMIS_VDM_PreFECBERMaxMedia, { 1, 0, 1, 0 } },
	{ CMIS_VDM_PreFECBERAvgMedia, { 1, 0, 1, 0 } },
	{ CMIS_VDM_FERCMinMedia, { 1, 0, 1, 0 } },
	{ CMIS_VDM_FERCMaxMedia, { 1, 0, 1, 0 } },
	{ CMIS_VDM_FERCAvgMedia, { 1, 0, 1, 0 } },
	{ CMIS_VDM_FERCTotalMedia, { 1e30, 0, 1e30, 0 } },
	{ 0 },
};

/* A laser inside has a temperature, one outside an input power. */
static bool has(const struct cmis_engine *e, const struct block *b)
{
	if (b->code == CMIS_VDM_LaserTemp)
		return !e->profile->external_lasers;
	return b->code != CMIS_VDM_ElsInputPower ? b->code != 0 : e->profile->external_lasers;
}

/* Words of slot n are on page first + n / 64, where the field table knows the first page only. */
static uint8_t *slots(const struct cmis_engine *e, unsigned bank, unsigned page, unsigned block)
{
	return reg_page(e, bank, page + block * CMIS_LANES / CMIS_VDM_GROUP);
}

void vdm_image(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks; b++) {
		reg_put(e, b, CMIS_VDMGroupsSupported, 0, 1);
		for (unsigned k = 0; k < BLOCKS; k++) {
			const struct cmis_vdm_type *t = cmis_vdm_type((uint8_t)blocks[k].code);
			uint8_t *descriptors = slots(e, b, 0x20, k);

			if (!has(e, &blocks[k]))
				continue;
			for (unsigned level = 0; level < CMIS_LEVELS; level++)
				cmis_put(CMIS_VDMThreshold, k % 8 * CMIS_LEVELS + level,
					 slots(e, b, 0x28, k),
					 cmis_vdm_encode(t, blocks[k].threshold[level]));
			for (unsigned i = 0; i < CMIS_LANES; i++) {
				unsigned word = k % 8 * CMIS_LANES + i;

				cmis_put(CMIS_VDMThresholdSet, word, descriptors, k % 8);
				cmis_put(CMIS_VDMLane, word, descriptors, i);
				cmis_put(CMIS_VDMObservable, word, descriptors, t->code);
			}
		}
	}
}

static double average(const struct stat *s)
{
	return s->n ? s->sum / (double)s->n : 0;
}

static double sample(struct cmis_engine *e, const struct lane *l, enum cmis_vdm_code code)
{
	const struct stat *ber = &l->stats[BER], *ferc = &l->stats[FERC];

	switch (code) {
	case CMIS_VDM_eSNRMedia:
		return l->snr_db;
	case CMIS_VDM_eSNRHost:
		return l->in.host_signal ? l->host_snr_db : 0;
	case CMIS_VDM_PreFECBERMedia:
		return l->ber;
	case CMIS_VDM_PreFECBERHost:
		return l->host_ber;
	case CMIS_VDM_FERCMedia:
		return fec_flr(l->cer, 2);
	case CMIS_VDM_PAM4LTPMedia:
		return fmax(0, l->snr_db - 3);
	case CMIS_VDM_LaserTemp:
		return e->temperature + 8;
	case CMIS_VDM_ElsInputPower:
		return l->els != NULL ? laser_dbm(l->els, l->laser) : -40;
	case CMIS_VDM_PreFECBERMinMedia:
		return ber->min;
	case CMIS_VDM_PreFECBERMaxMedia:
		return ber->max;
	case CMIS_VDM_PreFECBERAvgMedia:
		return average(ber);
	case CMIS_VDM_FERCMinMedia:
		return ferc->min;
	case CMIS_VDM_FERCMaxMedia:
		return ferc->max;
	case CMIS_VDM_FERCAvgMedia:
		return average(ferc);
	case CMIS_VDM_FERCTotalMedia:
		return ferc->sum;
	default:
		return 0;
	}
}

static void accumulate(struct stat *s, double v)
{
	s->min = s->n && s->min < v ? s->min : v;
	s->max = s->n && s->max > v ? s->max : v;
	s->sum += v;
	s->n++;
}

static void flag(struct cmis_engine *e, unsigned bank, unsigned block, unsigned i, double v)
{
	const struct cmis_vdm_type *t = cmis_vdm_type((uint8_t)blocks[block].code);
	const double *limit = blocks[block].threshold;
	unsigned slot = block * CMIS_LANES + i;
	uint64_t up = reg_get(e, bank, CMIS_VDMFlag, slot);

	if (t->statistic || reg_get(e, bank, CMIS_DPState, i) != CMIS_DP_ACTIVATED)
		return;
	for (unsigned level = 0; level < CMIS_LEVELS; level++)
		if (level % 2 == 0 ? v > limit[level] : v < limit[level])
			up |= 1u << level;
	reg_put(e, bank, CMIS_VDMFlag, slot, up);
}

/* Samples of the bank: those that always read, or the statistics. */
static void show(struct cmis_engine *e, unsigned bank, bool statistics)
{
	for (unsigned k = 0; k < BLOCKS; k++) {
		const struct cmis_vdm_type *t = cmis_vdm_type((uint8_t)blocks[k].code);

		if (!has(e, &blocks[k]) || t->statistic != statistics)
			continue;
		for (unsigned i = 0; i < CMIS_LANES; i++) {
			double v = sample(e, &e->bank[bank].lane[i], blocks[k].code);

			cmis_put(CMIS_VDMSample, k % 8 * CMIS_LANES + i, slots(e, bank, 0x24, k),
				 cmis_vdm_encode(t, v));
			flag(e, bank, k, i, v);
		}
	}
}

void vdm_tick(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks && is_optical(e); b++) {
		bool frozen = reg_get(e, b, CMIS_FreezeDone, 0);

		for (unsigned i = 0; i < CMIS_LANES && !frozen; i++) {
			struct lane *l = &e->bank[b].lane[i];

			accumulate(&l->stats[BER], l->ber);
			accumulate(&l->stats[FERC], fec_flr(l->cer, 2));
		}
		show(e, b, false);
		if (!frozen)
			show(e, b, true);
	}
}

void vdm_freeze_written(struct cmis_engine *e, unsigned bank)
{
	bool freeze = reg_get(e, bank, CMIS_FreezeRequest, 0);

	/* writing again what is done already, or on its way, starts nothing */
	if (reg_get(e, bank, freeze ? CMIS_FreezeDone : CMIS_UnfreezeDone, 0))
		return;
	reg_put(e, bank, CMIS_FreezeDone, 0, 0);
	reg_put(e, bank, CMIS_UnfreezeDone, 0, 0);
	e->bank[bank].freeze_until = after_ms(e, e->durations.vdm_freeze);
}

static bool stuck(const struct cmis_engine *e, unsigned bank)
{
	return faulty(e, CMIS_INJECT_FREEZE_STUCK) && reg_get(e, bank, CMIS_FreezeRequest, 0);
}

bool vdm_step(struct cmis_engine *e)
{
	bool moved = false;

	for (unsigned b = 0; b < e->banks; b++) {
		bool freeze = reg_get(e, b, CMIS_FreezeRequest, 0);

		if (e->now < e->bank[b].freeze_until || stuck(e, b))
			continue;
		e->bank[b].freeze_until = CMIS_NEVER;
		moved = true;
		if (freeze)
			show(e, b, true);
		for (unsigned i = 0; i < CMIS_LANES && !freeze; i++)
			e->bank[b].lane[i].stats[BER] = e->bank[b].lane[i].stats[FERC] =
				(struct stat){ 0 };
		reg_put(e, b, freeze ? CMIS_FreezeDone : CMIS_UnfreezeDone, 0, 1);
	}
	return moved;
}

void vdm_next(const struct cmis_engine *e, uint64_t *when)
{
	for (unsigned b = 0; b < e->banks && e->present; b++)
		if (!stuck(e, b))
			earliest(when, e->bank[b].freeze_until);
}
