/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module state machine.
 *
 *   reset → MgmtInit (nothing is acknowledged) → LowPwr
 *   LowPwr -!LowPwrS→ PwrUp -done→ Ready -LowPwrExS→ PwrDn -done→ LowPwr
 *   PwrUp -LowPwrS→ PwrDn; PwrDn ends whatever LowPwrS says; any -FaultS→ Fault, until reset
 *
 *   LowPwrS   = LowPwrRequestSW || (LowPwrAllowRequestHW && pin)
 *   LowPwrExS = LowPwrS && every data path of every bank is Deactivated
 *
 * L:8.0 ModuleStateChanged goes up on LowPwr, Ready and Fault. Flat memory is Ready and stays so.
 */
#include <string.h>

#include "lib/cmis/engine/private.h"

enum cmis_module_state module_state(const struct cmis_engine *e)
{
	return (enum cmis_module_state)reg_get(e, 0, CMIS_ModuleState, 0);
}

bool module_low_pwr(const struct cmis_engine *e)
{
	bool own = reg_get(e, 0, CMIS_LowPwrRequestSW, 0) ||
		   (reg_get(e, 0, CMIS_LowPwrAllowRequestHW, 0) && e->pin_low_pwr);

	/* in joint mode the engine's power is that of its laser source, too */
	return own && (e->governor == NULL || module_low_pwr(e->governor));
}

/* FaultS: injected, or 10 degrees above the temperature's high alarm. */
static enum cmis_fault_cause fault_cause(const struct cmis_engine *e)
{
	double limit = (double)reg_get(e, 0, CMIS_TempThreshold, CMIS_HIGH_ALARM) / 256 + 10;

	if (faulty(e, CMIS_INJECT_MODULE_FAULT))
		return (enum cmis_fault_cause)e->fault[CMIS_INJECT_MODULE_FAULT].value;
	return e->temperature >= limit ? CMIS_FAULT_TEMPERATURE : CMIS_FAULT_NONE;
}

static void enter(struct cmis_engine *e, enum cmis_module_state state)
{
	reg_put(e, 0, CMIS_ModuleState, 0, state);
	e->module_until = CMIS_NEVER;
	if (state == CMIS_MODULE_PWR_UP)
		e->module_until = after_ms(e, e->durations.pwr_up);
	else if (state == CMIS_MODULE_PWR_DN)
		e->module_until = after_ms(e, e->durations.pwr_dn);
	else
		reg_flag(e, 0, CMIS_ModuleStateChangedFlag, 0, true);
	if (state == CMIS_MODULE_FAULT)
		reg_put(e, 0, CMIS_ModuleFaultCause, 0, fault_cause(e));
}

void module_reset(struct cmis_engine *e)
{
	image_write(e);
	for (unsigned b = 0; b < e->banks; b++) {
		memset(e->bank[b].path, 0, sizeof(e->bank[b].path));
		memset(e->bank[b].command, 0, sizeof(e->bank[b].command));
		e->bank[b].freeze_until = CMIS_NEVER;
		for (unsigned l = 0; l < CMIS_LANES; l++) {
			struct lane *lane = &e->bank[b].lane[l];

			memset(lane->stats, 0, sizeof(lane->stats));
			lane->host = lane->media = (struct counter){ 0 };
		}
		datapath_regroup(e, b);
	}
	memset(e->laser, 0, sizeof(e->laser));
	e->password = false;
	e->cdb_until = CMIS_NEVER;
	e->interrupt = false;
	e->sampled = false;
	e->answering = false;
	/* Held in reset by the pin: MgmtInit begins when it is let go. */
	e->module_until = e->pin_reset ? CMIS_NEVER : after_ms(e, e->durations.mgmt_init);
}

bool module_step(struct cmis_engine *e)
{
	bool done = e->now >= e->module_until;

	if (!e->present)
		return false;
	if (!e->answering) {
		if (!done)
			return false;
		e->answering = true;
		e->module_until = CMIS_NEVER;
		if (!is_flat(e))
			enter(e, CMIS_MODULE_LOW_PWR);
		return true;
	}
	if (is_flat(e))
		return false;
	if (fault_cause(e) != CMIS_FAULT_NONE && module_state(e) != CMIS_MODULE_FAULT) {
		enter(e, CMIS_MODULE_FAULT);
		return true;
	}
	switch (module_state(e)) {
	case CMIS_MODULE_LOW_PWR:
		if (module_low_pwr(e))
			return false;
		enter(e, CMIS_MODULE_PWR_UP);
		return true;
	case CMIS_MODULE_PWR_UP:
		if (!module_low_pwr(e) && !done)
			return false;
		enter(e, module_low_pwr(e) ? CMIS_MODULE_PWR_DN : CMIS_MODULE_READY);
		return true;
	case CMIS_MODULE_READY:
		if (!module_low_pwr(e) || !datapath_all_deactivated(e))
			return false;
		enter(e, CMIS_MODULE_PWR_DN);
		return true;
	case CMIS_MODULE_PWR_DN:
		if (!done)
			return false;
		enter(e, CMIS_MODULE_LOW_PWR);
		return true;
	default:
		return false;
	}
}

void module_next(const struct cmis_engine *e, uint64_t *when)
{
	if (e->present)
		earliest(when, e->module_until);
}
