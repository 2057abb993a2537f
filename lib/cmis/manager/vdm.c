/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VDM of a bank at the rate of the monitors: descriptors and thresholds once, samples of groups
 * that have instantaneous values, flags when the summary says so (banks 4-7 have none: each time).
 * With `statistics` on also groups of minima, maxima and averages, which must be frozen to be read:
 * FreezeRequest alone is changed in its byte, FreezeDone has a deadline, and whatever happens the
 * freeze is taken back.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define GROUPS         4
#define FREEZE_BYTE    144
#define STATUS_BYTE    145
#define FREEZE_REQUEST 0x80
#define FREEZE_DONE    0x80
#define FREEZE_LIMIT   (1000 * CMIS_MS)
#define SUMMARIES      4 /* banks that have one */
#define FLAG_BYTES     (CMIS_VDM_SLOTS * CMIS_LEVELS / 8)

static int describe(struct cmis_manager *m, unsigned bank)
{
	struct bank *k = &m->bank[bank];
	uint8_t count;
	int ret = bus_read(m, bank, 0x2F, CMIS_HALF, &count, 1);

	for (unsigned g = 0; ret == 0 && g <= (count & 3u); g++) {
		ret = bus_read(m, bank, 0x20 + g, CMIS_HALF, k->descriptors[g], CMIS_HALF);
		if (ret == 0)
			ret = bus_read(m, bank, 0x28 + g, CMIS_HALF, k->thresholds[g], CMIS_HALF);
	}
	if (ret == 0)
		k->groups = (count & 3u) + 1;
	return ret;
}

/* Whether a group has observables of this sort. */
static bool has(const struct bank *k, unsigned group, bool statistic)
{
	for (unsigned w = 0; w < CMIS_VDM_GROUP; w++) {
		struct cmis_vdm_slot slot;

		if (cmis_vdm_slot(&slot, w, k->descriptors[group], CMIS_HALF) == 0 &&
		    slot.type->statistic == statistic)
			return true;
	}
	return false;
}

static int sample(struct cmis_manager *m, unsigned bank, bool statistic)
{
	struct bank *k = &m->bank[bank];

	for (unsigned g = 0; g < k->groups; g++) {
		int ret;

		if (!has(k, g, statistic))
			continue;
		ret = bus_read(m, bank, 0x24 + g, CMIS_HALF, k->samples[g], CMIS_HALF);
		if (ret != 0)
			return ret;
		k->sampled |= (uint8_t)(1 << g);
	}
	return 0;
}

/* One that is up must be read again to be seen gone: the summary tells of new ones only. */
static bool any_up(const struct bank *k)
{
	for (unsigned i = 0; i < k->groups * CMIS_VDM_GROUP * CMIS_LEVELS; i++)
		if (k->vdm_flag[i].up)
			return true;
	return false;
}

static int flags(struct cmis_manager *m, unsigned bank)
{
	struct bank *k = &m->bank[bank];
	uint8_t bytes[FLAG_BYTES];
	int ret;

	if (!k->flags_due && bank < SUMMARIES && !any_up(k))
		return 0;
	ret = bus_read(m, bank, 0x2C, CMIS_HALF, bytes, FLAG_BYTES);
	if (ret != 0)
		return ret;
	/* one that is up is read until it is gone: the summary does not say that */
	k->flags_due = flags_seen(m, bank, 0x2C, CMIS_HALF, bytes, FLAG_BYTES, k->vdm_flag);
	return 0;
}

static int request(struct cmis_manager *m, unsigned bank, bool freeze)
{
	uint8_t byte;
	int ret = bus_read(m, bank, 0x2F, FREEZE_BYTE, &byte, 1);

	if (ret != 0)
		return ret;
	byte = freeze ? byte | FREEZE_REQUEST : byte & (uint8_t)~FREEZE_REQUEST;
	return bus_write(m, bank, 0x2F, FREEZE_BYTE, &byte, 1);
}

static int freeze_run(struct cmis_manager *m, unsigned bank)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE,
				    .bank = (uint8_t)bank,
				    .reason = CMIS_REASON_FREEZE_TIMEOUT };
	struct bank *k = &m->bank[bank];
	uint8_t status;
	int ret = 0;

	if (k->freeze == FREEZE_WAIT) {
		ret = bus_read(m, bank, 0x2F, STATUS_BYTE, &status, 1);
		if (ret == 0 && status & FREEZE_DONE) {
			k->freeze = FREEZE_READ;
		} else if (ret == 0 && m->now - k->freeze_ns > FREEZE_LIMIT) {
			report(m, &event, "bank %u: %s; minima and maxima are not known", bank,
			       cmis_reason_text(event.reason));
			k->freeze = FREEZE_UNDO;
		}
	}
	if (ret == 0 && k->freeze == FREEZE_READ) {
		ret = sample(m, bank, true);
		if (ret == 0)
			k->freeze = FREEZE_UNDO;
	}
	if (ret == 0 && k->freeze == FREEZE_UNDO) {
		ret = request(m, bank, false);
		if (ret == 0)
			k->freeze = FREEZE_IDLE;
	}
	if (ret != 0 && ret != -EAGAIN)
		k->freeze = FREEZE_UNDO; /* as soon as the module answers again */
	return ret;
}

static bool freezes(const struct cmis_manager *m, const struct bank *k)
{
	for (unsigned g = 0; g < k->groups && m->set.statistics; g++)
		if (has(k, g, true))
			return true;
	return false;
}

int vdm_run(struct cmis_manager *m, unsigned bank)
{
	struct bank *k = &m->bank[bank];
	int ret = 0;

	if (!cmis_has(&m->seen.support, CMIS_VDMSample)) {
		k->vdm_due = NEVER;
		return 0;
	}
	if (k->freeze != FREEZE_IDLE)
		return freeze_run(m, bank);
	if (m->now < k->vdm_due || !bus_allows(m, 12))
		return 0;
	if (k->groups == 0)
		ret = describe(m, bank);
	if (ret == 0)
		ret = sample(m, bank, false);
	if (ret == 0)
		ret = flags(m, bank);
	if (ret == 0 && freezes(m, k)) {
		ret = request(m, bank, true);
		k->freeze = ret == 0 ? FREEZE_WAIT : FREEZE_UNDO;
		k->freeze_ns = m->now;
	}
	if (ret == 0)
		k->vdm_due = m->now + m->set.monitor_ns;
	return ret;
}

int cmis_manager_vdm(const struct cmis_manager *m, unsigned bank, uint8_t code, unsigned lane,
		     double *value)
{
	const struct bank *k = &m->bank[bank % CMIS_MAX_BANKS];

	for (unsigned g = 0; bank < CMIS_MAX_BANKS && g < k->groups; g++)
		for (unsigned w = 0; w < CMIS_VDM_GROUP; w++) {
			struct cmis_vdm_slot slot;
			uint64_t bits;

			if (!(k->sampled >> g & 1) ||
			    cmis_vdm_slot(&slot, w, k->descriptors[g], CMIS_HALF) != 0 ||
			    slot.type->code != code || slot.lane != lane ||
			    (slot.type->statistic && !m->set.statistics))
				continue;
			cmis_get(CMIS_VDMSample, w, k->samples[g], CMIS_HALF, &bits);
			*value = cmis_vdm_decode(slot.type, (uint16_t)bits);
			return 0;
		}
	return -ENODATA;
}

uint8_t cmis_manager_vdm_flags(const struct cmis_manager *m, unsigned bank, uint8_t code,
			       enum cmis_level level)
{
	const struct bank *k = &m->bank[bank % CMIS_MAX_BANKS];
	uint8_t lanes = 0;

	for (unsigned n = 0; bank < CMIS_MAX_BANKS && n < k->groups * CMIS_VDM_GROUP; n++) {
		struct cmis_vdm_slot slot;

		if (k->vdm_flag[n * CMIS_LEVELS + level].up &&
		    cmis_vdm_slot(&slot, n % CMIS_VDM_GROUP, k->descriptors[n / CMIS_VDM_GROUP],
				  CMIS_HALF) == 0 &&
		    slot.type->code == code && slot.lane >= 1 && slot.lane <= CMIS_LANES)
			lanes |= (uint8_t)(1 << (slot.lane - 1));
	}
	return lanes;
}
