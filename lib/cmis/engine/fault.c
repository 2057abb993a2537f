/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Switching faults on and off. Most are looked at where they matter (faulty()); the few that act
 * once do so here.
 */
#include "lib/cmis/engine/fault.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/cmis/engine/private.h"

static const struct {
	const char *name, *help;
} faults[CMIS_INJECT_COUNT] = {
#define X(id, text, what) [CMIS_INJECT_##id] = { text, what },
	CMIS_FAULTS(X)
#undef X
};

const char *cmis_fault_name(enum cmis_fault fault)
{
	return fault < CMIS_INJECT_COUNT ? faults[fault].name : NULL;
}

const char *cmis_fault_help(enum cmis_fault fault)
{
	return fault < CMIS_INJECT_COUNT ? faults[fault].help : NULL;
}

int cmis_fault_find(const char *name)
{
	for (int i = 0; i < CMIS_INJECT_COUNT; i++)
		if (strcmp(faults[i].name, name) == 0)
			return i;
	return -ENOENT;
}

/* What `value` may be. */
static void range(enum cmis_fault fault, double *low, double *high)
{
	*low = 0;
	*high = 0;
	switch (fault) {
	case CMIS_INJECT_SLOW_INIT:
		*high = 1e6;
		break;
	case CMIS_INJECT_TX_DROP:
	case CMIS_INJECT_RX_DROP:
	case CMIS_INJECT_LASER_DROP:
		*high = 100;
		break;
	case CMIS_INJECT_TEMP_RAMP:
		*low = -100;
		*high = 100;
		break;
	case CMIS_INJECT_MODULE_FAULT:
		*low = 1;
		*high = 255;
		break;
	case CMIS_INJECT_CHECKSUM:
		*high = 2;
		break;
	case CMIS_INJECT_PAGE_CLEAR:
	case CMIS_INJECT_BUS_ERRORS:
		*low = 1;
		*high = 1e9;
		break;
	case CMIS_INJECT_EARLY_SUCCESS:
		*high = 1e6;
		break;
	default:
		*high = INFINITY; /* not looked at */
		*low = -INFINITY;
	}
}

static void apply(struct cmis_engine *e, enum cmis_fault fault)
{
	switch (fault) {
	case CMIS_INJECT_REMOVED:
		e->present = !faulty(e, fault);
		module_reset(e);
		break;
	case CMIS_INJECT_RESET:
		if (faulty(e, fault))
			module_reset(e);
		e->fault[fault].on = false;
		break;
	case CMIS_INJECT_CHECKSUM:
		image_checksums(e);
		break;
	default:
		break;
	}
}

int cmis_engine_inject(struct cmis_engine *e, const struct cmis_injection *what, struct err *err)
{
	double low, high;

	if (what->fault >= CMIS_INJECT_COUNT)
		return err_set(err, -EINVAL, "no fault has number %d", (int)what->fault);
	range(what->fault, &low, &high);
	if (!(what->value >= low && what->value <= high))
		return err_set(err, -EINVAL, "%s: %g is not within %g and %g",
			       faults[what->fault].name, what->value, low, high);
	catch_up(e);
	e->fault[what->fault] = (struct fault){
		.on = true,
		.value = what->value,
		.lanes = what->lanes,
		.until = what->duration_ns && what->duration_ns < CMIS_NEVER - e->now
				 ? e->now + what->duration_ns
				 : CMIS_NEVER,
		.since = e->now,
	};
	apply(e, what->fault);
	settle(e);
	return 0;
}

void cmis_engine_heal(struct cmis_engine *e, enum cmis_fault fault)
{
	if (fault >= CMIS_INJECT_COUNT)
		return;
	catch_up(e);
	if (!e->fault[fault].on)
		return;
	e->fault[fault].on = false;
	apply(e, fault);
	settle(e);
}

bool fault_step(struct cmis_engine *e)
{
	bool moved = false;

	for (unsigned i = 0; i < CMIS_INJECT_COUNT; i++) {
		struct fault *f = &e->fault[i];

		if (!f->on || e->now < f->until)
			continue;
		f->on = false;
		apply(e, (enum cmis_fault)i);
		moved = true;
	}
	return moved;
}

void fault_next(const struct cmis_engine *e, uint64_t *when)
{
	for (unsigned i = 0; i < CMIS_INJECT_COUNT; i++)
		if (e->fault[i].on)
			earliest(when, e->fault[i].until);
}
