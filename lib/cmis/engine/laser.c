/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lasers of an external source: each goes off → ramping → on when its module is Ready, LaneEnable
 * asks for it and it is not broken. In APC mode it gives the power it is set to.
 */
#include "lib/cmis/engine/private.h"
#include "lib/cmis/fec.h"

#define DARK        (-40.0)
#define FAULT_APC   1 /* lane fault and warning codes 1Ah:212-219 */
#define BIAS_PER_MW 3.0

void laser_image(struct cmis_engine *e)
{
	const struct cmis_light *l = &e->profile->light;
	double mw = power_mw(l->tx_dbm);

	for (unsigned b = 0; b < e->banks; b++) {
		const double bias[CMIS_LEVELS] = { l->bias_ma * 1.5, l->bias_ma * 0.3,
						   l->bias_ma * 1.3, l->bias_ma * 0.5 };
		const double power[CMIS_LEVELS] = { mw * 2, mw / 2.5, mw * 1.6, mw / 2 };

		reg_put_value(e, b, CMIS_ElsMaxOpticalPower, 0, mw * 2);
		reg_put_value(e, b, CMIS_ElsMinOpticalPower, 0, mw / 10);
		reg_put_value(e, b, CMIS_ElsMaxLaserBias, 0, l->bias_ma * 2);
		reg_put_value(e, b, CMIS_ElsMinLaserBias, 0, l->bias_ma / 10);
		reg_put(e, b, CMIS_ElsLaneCount, 0, e->banks * CMIS_LANES);
		reg_put(e, b, CMIS_ElsControlMode, 0, 1);
		for (unsigned i = 0; i < CMIS_LEVELS; i++) {
			reg_put_value(e, b, CMIS_ElsBiasThreshold, i, bias[i]);
			reg_put_value(e, b, CMIS_ElsPowerThreshold, i, power[i]);
		}
		reg_put(e, b, CMIS_ElsSaveRestoreConfirm, 0, 4);
		reg_put_lanes(e, b, CMIS_ElsLaneEnable, 0xFF);
		reg_put_lanes(e, b, CMIS_ElsOutputFiberChecked, 0xFF);
		for (unsigned i = 0; i < CMIS_LANES; i++) {
			reg_put(e, b, CMIS_ElsLaneFiber, i, b * CMIS_LANES + i + 1);
			reg_put_value(e, b, CMIS_ElsLaneFrequency, i, 228675);
			reg_put_value(e, b, CMIS_ElsBiasSetpoint, i, l->bias_ma);
			reg_put_value(e, b, CMIS_ElsPowerSetpoint, i, mw);
		}
	}
}

static bool broken(const struct cmis_engine *e, unsigned laser)
{
	return faulty_lane(e, CMIS_INJECT_LASER_FAIL, laser);
}

bool laser_step(struct cmis_engine *e)
{
	bool moved = false;

	for (unsigned k = 0; is_els(e) && k < e->banks * CMIS_LANES; k++) {
		unsigned b = k / CMIS_LANES, i = k % CMIS_LANES;
		uint64_t state = reg_get(e, b, CMIS_ElsLaneState, i), to = state;
		bool wanted = e->present && e->answering && module_state(e) == CMIS_MODULE_READY &&
			      !broken(e, k) && reg_lanes(e, b, CMIS_ElsLaneEnable) >> i & 1;

		if (!wanted)
			to = CMIS_LASER_OFF;
		else if (state == CMIS_LASER_OFF)
			to = CMIS_LASER_RAMPING;
		else if (state == CMIS_LASER_RAMPING && e->now >= e->laser[k].until)
			to = CMIS_LASER_ON;
		if (to == state)
			continue;
		e->laser[k].until = to == CMIS_LASER_RAMPING ? after_ms(e, e->durations.laser_ramp)
							     : CMIS_NEVER;
		reg_put(e, b, CMIS_ElsLaneState, i, to);
		moved = true;
	}
	return moved;
}

static double set_mw(const struct cmis_engine *e, unsigned laser)
{
	double mw =
		(double)reg_get(e, laser / CMIS_LANES, CMIS_ElsPowerSetpoint, laser % CMIS_LANES) *
		cmis_fields[CMIS_ElsPowerSetpoint].scale;

	return mw;
}

double laser_dbm(const struct cmis_engine *e, unsigned laser)
{
	bool on = e->present && e->answering &&
		  reg_get(e, laser / CMIS_LANES, CMIS_ElsLaneState, laser % CMIS_LANES) ==
			  CMIS_LASER_ON;
	double dbm = power_dbm(set_mw(e, laser));

	if (!on)
		return DARK;
	if (faulty_lane(e, CMIS_INJECT_LASER_DROP, laser))
		dbm -= e->fault[CMIS_INJECT_LASER_DROP].value;
	return dbm > DARK ? dbm : DARK;
}

static void levels(struct cmis_engine *e, unsigned b, unsigned i, enum cmis_field_id value,
		   enum cmis_field_id threshold, enum cmis_field_id flag)
{
	uint64_t v = reg_get(e, b, value, i);

	for (unsigned level = 0; level < CMIS_LEVELS; level++) {
		uint64_t t = reg_get(e, b, threshold, level);
		bool high = level == CMIS_HIGH_ALARM || level == CMIS_HIGH_WARNING;

		reg_flag(e, b, flag, level * CMIS_LANES + i, high ? v > t : v < t);
	}
}

void laser_update(struct cmis_engine *e)
{
	bool any_fault = false;

	for (unsigned k = 0; k < e->banks * CMIS_LANES; k++) {
		unsigned b = k / CMIS_LANES, i = k % CMIS_LANES;
		double mw = power_mw(laser_dbm(e, k));
		bool wanted = reg_lanes(e, b, CMIS_ElsLaneEnable) >> i & 1 &&
			      module_state(e) == CMIS_MODULE_READY;
		bool fails = wanted && broken(e, k);

		any_fault |= fails;
		reg_put_value(e, b, CMIS_ElsPower, i, mw);
		reg_put_value(e, b, CMIS_ElsBias, i,
			      mw > 0 ? BIAS_PER_MW * set_mw(e, k) + noise(e, 7, k) : 0);
		reg_put_value(e, b, CMIS_ElsVoltage, i, mw > 0 ? 1.8 : 0);
		reg_put(e, b, CMIS_ElsLaneFaultCode, i, fails ? FAULT_APC : 0);
		/* the 32 flags of bank 0 speak for all lasers */
		reg_flag(e, 0, CMIS_ElsLaneFaultFlag, k, fails && k < 32);
		if (wanted && reg_get(e, b, CMIS_ElsLaneState, i) != CMIS_LASER_RAMPING) {
			levels(e, b, i, CMIS_ElsBias, CMIS_ElsBiasThreshold, CMIS_ElsBiasFlag);
			levels(e, b, i, CMIS_ElsPower, CMIS_ElsPowerThreshold, CMIS_ElsPowerFlag);
		}
	}
	for (unsigned b = 0; b < e->banks; b++)
		reg_put(e, b, CMIS_ElsLaneFaultSummary, 0, any_fault);
	reg_put_value(e, 0, CMIS_ElsICC, 0, 500);
}

/* Save and restore of settings (1Ah:184): the emulator knows the factory set only. */
void laser_written(struct cmis_engine *e, unsigned bank, unsigned page, unsigned first,
		   unsigned last)
{
	uint64_t command = reg_get(e, bank, CMIS_ElsSaveRestoreCommand, 0);

	if (page != 0x1A || first > 184 || last < 184)
		return;
	if (command == 0x10)
		laser_image(e);
	reg_put(e, bank, CMIS_ElsSaveRestoreCommand, 0, 0);
	reg_put(e, bank, CMIS_ElsSaveRestoreConfirm, 0, command == 0x10 ? 1 : 3);
}

void laser_next(const struct cmis_engine *e, uint64_t *when)
{
	for (unsigned k = 0; is_els(e) && k < e->banks * CMIS_LANES; k++)
		if (reg_get(e, k / CMIS_LANES, CMIS_ElsLaneState, k % CMIS_LANES) ==
		    CMIS_LASER_RAMPING)
			earliest(when, e->laser[k].until);
}
