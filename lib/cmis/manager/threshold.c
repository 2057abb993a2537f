/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Thresholds, and which value and threshold belong to a flag: monitors have theirs on page 02h for
 * all lanes, observables of VDM on 28h-2Bh in sets that descriptors name.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lib/cmis/manager/private.h"

static const struct {
	enum cmis_field_id value, threshold, flag;
} monitors[] = {
	{ CMIS_TempMonitor, CMIS_TempThreshold, CMIS_TempFlag },
	{ CMIS_VccMonitor, CMIS_VccThreshold, CMIS_VccFlag },
	{ CMIS_Aux1Monitor, CMIS_Aux1Threshold, CMIS_Aux1Flag },
	{ CMIS_Aux2Monitor, CMIS_Aux2Threshold, CMIS_Aux2Flag },
	{ CMIS_Aux3Monitor, CMIS_Aux3Threshold, CMIS_Aux3Flag },
	{ CMIS_CustomMonitor, CMIS_CustomThreshold, CMIS_CustomFlag },
	{ CMIS_TxPower, CMIS_TxPowerThreshold, CMIS_TxPowerFlag },
	{ CMIS_TxBias, CMIS_TxBiasThreshold, CMIS_TxBiasFlag },
	{ CMIS_RxPower, CMIS_RxPowerThreshold, CMIS_RxPowerFlag },
};

#define MONITORS (sizeof(monitors) / sizeof(monitors[0]))

static const char *const levels[] = { "high alarm", "low alarm", "high warning", "low warning" };

static double number(const struct cmis_manager *m, enum cmis_field_id id, unsigned i,
		     const uint8_t *bytes, const char **unit)
{
	struct cmis_value v;

	if (cmis_decode(&m->seen.support, id, i, bytes, CMIS_HALF, &v) != 0)
		return NAN;
	*unit = v.unit;
	return v.number;
}

static double monitor_limit(const struct cmis_manager *m, unsigned k, unsigned level)
{
	const uint8_t *page = cmis_manager_page(m, 0x02);
	const char *unit;

	return page != NULL ? number(m, monitors[k].threshold, level, page, &unit) : NAN;
}

int cmis_manager_threshold(const struct cmis_manager *m, enum cmis_field_id monitor,
			   double out[CMIS_LEVELS])
{
	for (unsigned k = 0; k < MONITORS; k++) {
		if (monitors[k].value != monitor)
			continue;
		for (unsigned level = 0; level < CMIS_LEVELS; level++)
			out[level] = monitor_limit(m, k, level);
		return isnan(out[0]) ? -ENODATA : 0;
	}
	return -ENODATA;
}

static double slot_limit(const struct bank *k, unsigned group, const struct cmis_vdm_slot *slot,
			 unsigned level)
{
	uint64_t bits = 0;

	cmis_get(CMIS_VDMThreshold, slot->threshold_set * (unsigned)CMIS_LEVELS + level,
		 k->thresholds[group], CMIS_HALF, &bits);
	return cmis_vdm_decode(slot->type, (uint16_t)bits);
}

int cmis_manager_vdm_threshold(const struct cmis_manager *m, unsigned bank, uint8_t code,
			       unsigned lane, double out[CMIS_LEVELS])
{
	const struct bank *k = &m->bank[bank % CMIS_MAX_BANKS];

	for (unsigned g = 0; bank < CMIS_MAX_BANKS && g < k->groups; g++)
		for (unsigned w = 0; w < CMIS_VDM_GROUP; w++) {
			struct cmis_vdm_slot slot;

			if (cmis_vdm_slot(&slot, w, k->descriptors[g], CMIS_HALF) != 0 ||
			    slot.type->code != code || slot.lane != lane)
				continue;
			for (unsigned level = 0; level < CMIS_LEVELS; level++)
				out[level] = slot_limit(k, g, &slot, level);
			return 0;
		}
	return -ENODATA;
}

static bool observable(const struct cmis_manager *m, struct cmis_event *event, char *text,
		       size_t size)
{
	const struct bank *k = &m->bank[event->bank];
	unsigned level = event->index % CMIS_LEVELS, slot_index = event->index / CMIS_LEVELS;
	unsigned group = slot_index / CMIS_VDM_GROUP, word = slot_index % CMIS_VDM_GROUP;
	struct cmis_vdm_slot slot;
	uint64_t bits = 0;

	if (group >= k->groups || cmis_vdm_slot(&slot, word, k->descriptors[group], CMIS_HALF) != 0)
		return false;
	snprintf(text, size, "%s %s lane %u", slot.type->name, levels[level], slot.lane);
	event->unit = slot.type->unit;
	event->threshold = slot_limit(k, group, &slot, level);
	if (k->sampled >> group & 1) {
		cmis_get(CMIS_VDMSample, word, k->samples[group], CMIS_HALF, &bits);
		event->value = cmis_vdm_decode(slot.type, (uint16_t)bits);
	}
	return true;
}

bool threshold_of_flag(const struct cmis_manager *m, struct cmis_event *event, char *text,
		       size_t size)
{
	unsigned i = event->index;

	event->value = event->threshold = NAN;
	event->unit = "";
	if (event->flag == CMIS_VDMFlag)
		return observable(m, event, text, size);
	for (unsigned k = 0; k < MONITORS; k++) {
		bool lanes = cmis_fields[event->flag].index == CMIS_INDEX_LEVEL_LANE;
		unsigned level = lanes ? i / CMIS_LANES : i, lane = lanes ? i % CMIS_LANES : 0;

		if (monitors[k].flag != event->flag)
			continue;
		if (lanes)
			snprintf(text, size, "%s %s lane %u", cmis_fields[monitors[k].value].name,
				 levels[level], lane + 1);
		else
			snprintf(text, size, "%s %s", cmis_fields[monitors[k].value].name,
				 levels[level]);
		event->threshold = monitor_limit(m, k, level);
		event->value = number(m, monitors[k].value, lane,
				      lanes ? m->bank[event->bank].status : m->lower, &event->unit);
		return true;
	}
	return false;
}
