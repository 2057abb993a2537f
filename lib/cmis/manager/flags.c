/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Latched flags. Reading one clears it, and a module sets it again while its cause lasts, some time
 * later; so a flag has gone away only when it has read 0 for a while. Counts and times are kept
 * here, because nobody else may read the register.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lib/cmis/manager/private.h"

#define HOLD        (500 * CMIS_MS)
#define FLAGS_11H   134
#define FLAGS_14H   132
#define FLAGS_LOWER 8

static void flag_event(struct cmis_manager *m, unsigned bank, enum cmis_field_id id, unsigned i,
		       bool up)
{
	struct cmis_event event = {
		.kind = CMIS_EVENT_FLAG, .bank = (uint8_t)bank, .flag = id, .index = i, .up = up
	};
	char what[64], label[32];

	if (!threshold_of_flag(m, &event, what, sizeof(what))) {
		cmis_field_label(id, i / cmis_fields[id].size, label, sizeof(label));
		snprintf(what, sizeof(what), "%s%s%s", cmis_fields[id].name, label[0] ? " " : "",
			 label);
	}
	if (up && !isnan(event.value))
		report(m, &event, "bank %u: %s is up: %.4g%s%s, limit %.4g", bank, what,
		       event.value, event.unit[0] ? " " : "", event.unit, event.threshold);
	else
		report(m, &event, "bank %u: %s %s", bank, what, up ? "is up" : "is gone");
}

/* Events of state changes would say what the states say already. */
static bool is_told(enum cmis_field_id id)
{
	return id != CMIS_DPStateChangedFlag && id != CMIS_ModuleStateChangedFlag &&
	       id != CMIS_OutputStatusChangedFlagRx && id != CMIS_CdbCmdCompleteFlag;
}

static void flag_read(struct cmis_manager *m, struct cmis_flag_seen *f, bool up, unsigned bank,
		      enum cmis_field_id id, unsigned i)
{
	bool was = f->up;

	if (up) {
		f->last_ns = m->now;
		f->first_ns = 0;
		if (!was) {
			f->up = true;
			f->count++;
			f->set_ns = m->now;
		}
	} else if (was) {
		if (f->first_ns == 0)
			f->first_ns = m->now;
		if (m->now - f->last_ns >= HOLD) {
			f->up = false;
			f->clear_ns = f->first_ns;
		}
	}
	if (f->up != was && is_told(id))
		flag_event(m, bank, id, i, f->up);
}

bool flags_seen(struct cmis_manager *m, unsigned bank, unsigned page, uint8_t at,
		const uint8_t *bytes, unsigned count, struct cmis_flag_seen *flags)
{
	bool any = false;

	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++) {
		const struct cmis_field *f = &cmis_fields[id];

		if (f->page != page || f->access != CMIS_ACCESS_COR || f->byte < at ||
		    f->byte >= at + count || !cmis_has(&m->seen.support, id))
			continue;
		/* bits of flags follow each other without gaps, those of VDM four a slot */
		for (unsigned i = 0; i < cmis_field_count(id) * f->size; i++) {
			unsigned bit = (f->byte - at) * 8u + f->bit + i;

			if (bit >= count * 8)
				break;
			flag_read(m, &flags[bit], bytes[bit / 8] >> bit % 8 & 1, bank, id, i);
			any |= flags[bit].up;
		}
	}
	return any;
}

int cmis_manager_flag(const struct cmis_manager *m, unsigned bank, enum cmis_field_id id,
		      unsigned i, struct cmis_flag_seen *flag)
{
	const struct cmis_field *f;

	if (bank >= CMIS_MAX_BANKS || id >= CMIS_FIELD_COUNT)
		return -ENODATA;
	f = &cmis_fields[id];
	if (id == CMIS_VDMFlag) {
		if (i >= CMIS_VDM_SLOTS * CMIS_LEVELS || m->bank[bank].groups == 0)
			return -ENODATA;
		*flag = m->bank[bank].vdm_flag[i];
		return 0;
	}
	if (f->access != CMIS_ACCESS_COR || !cmis_has(&m->seen.support, id) ||
	    i >= cmis_field_count(id))
		return -ENODATA;
	if (f->page == 0x11)
		*flag = m->bank[bank].flag[(f->byte - FLAGS_11H) * 8u + f->bit + i];
	else if (f->page == 0x1A && bank < m->els.banks)
		*flag = m->els.bank[bank].flag[(f->byte - ELS_FLAGS_AT) * 8u + f->bit + i];
	else if (f->page == 0x14)
		*flag = m->bank[bank].diag.flag[(f->byte - FLAGS_14H) * 8u + f->bit + i];
	else if (f->page == CMIS_LOWER)
		*flag = m->flag[(f->byte - FLAGS_LOWER) * 8u + f->bit + i];
	else
		return -ENODATA;
	return 0;
}
