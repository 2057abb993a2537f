/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Monitors: temperature, supply, and the power and bias of each lane as registers, and the flags of
 * those that crossed a threshold. A flag whose cause lasts is up again as soon as the module looks,
 * which it does at each write and each tick. Lanes that are off raise no flag about their light.
 */
#include <math.h>

#include "lib/cmis/engine/private.h"
#include "lib/cmis/fec.h"

#define CASE_TEMP      45.0 /* °C, nothing running */
#define LANE_HEAT      0.1  /* °C of each active lane */
#define LASER_HEAT     8.0  /* °C above the case */
#define SUPPLY         3.3  /* V */
#define AUX_PER_DEGREE 256

enum monitored { MODULE, LANE_TX, LANE_RX };

static const struct monitor {
	enum cmis_field_id value, threshold, flag;
	enum monitored of;
	bool is_signed;
} monitors[] = {
	{ CMIS_TempMonitor, CMIS_TempThreshold, CMIS_TempFlag, MODULE, true },
	{ CMIS_VccMonitor, CMIS_VccThreshold, CMIS_VccFlag, MODULE, false },
	{ CMIS_Aux1Monitor, CMIS_Aux1Threshold, CMIS_Aux1Flag, MODULE, true },
	{ CMIS_Aux2Monitor, CMIS_Aux2Threshold, CMIS_Aux2Flag, MODULE, true },
	{ CMIS_Aux3Monitor, CMIS_Aux3Threshold, CMIS_Aux3Flag, MODULE, true },
	{ CMIS_CustomMonitor, CMIS_CustomThreshold, CMIS_CustomFlag, MODULE, true },
	{ CMIS_TxPower, CMIS_TxPowerThreshold, CMIS_TxPowerFlag, LANE_TX, false },
	{ CMIS_TxBias, CMIS_TxBiasThreshold, CMIS_TxBiasFlag, LANE_TX, false },
	{ CMIS_RxPower, CMIS_RxPowerThreshold, CMIS_RxPowerFlag, LANE_RX, false },
};

static void values(struct cmis_engine *e)
{
	const struct fault *ramp = &e->fault[CMIS_INJECT_TEMP_RAMP];
	unsigned active = 0;

	for (unsigned b = 0; b < e->banks && !is_els(e); b++) {
		active += (unsigned)__builtin_popcount(reg_lanes(e, b, CMIS_OutputStatusTx));
		for (unsigned i = 0; i < CMIS_LANES && is_optical(e); i++) {
			const struct lane *l = &e->bank[b].lane[i];
			bool lit = power_mw(l->tx_dbm) > 0;
			double bias = e->profile->light.bias_ma;

			reg_put_value(e, b, CMIS_TxPower, i, power_mw(l->tx_dbm));
			reg_put_value(e, b, CMIS_RxPower, i, power_mw(l->rx_dbm));
			if (cmis_has(&e->support, CMIS_TxBias))
				reg_put_value(e, b, CMIS_TxBias, i,
					      lit ? bias + noise(e, 4, b * 8 + i) : 0);
		}
	}
	e->temperature = CASE_TEMP + LANE_HEAT * active + 0.5 * noise(e, 5, 0);
	if (ramp->on)
		e->temperature += ramp->value * (double)(e->now - ramp->since) / 1e9;
	reg_put_value(e, 0, CMIS_TempMonitor, 0, e->temperature);
	reg_put_value(e, 0, CMIS_VccMonitor, 0, SUPPLY + 0.01 * noise(e, 6, 0));
	if (cmis_has(&e->support, CMIS_Aux2Monitor))
		reg_put_value(e, 0, CMIS_Aux2Monitor, 0,
			      (e->temperature + LASER_HEAT) * AUX_PER_DEGREE);
}

static int32_t number(const struct monitor *m, uint64_t bits)
{
	return m->is_signed ? (int16_t)bits : (int32_t)bits;
}

static bool crossed(int32_t value, int32_t threshold, unsigned level)
{
	return level == CMIS_HIGH_ALARM || level == CMIS_HIGH_WARNING ? value > threshold
								      : value < threshold;
}

/* flag: index of the monitor's flag at level 0, and how far the next level's is. */
static void compare(struct cmis_engine *e, const struct monitor *m, unsigned bank, unsigned i,
		    unsigned step)
{
	int32_t value = number(m, reg_get(e, bank, m->value, i));

	for (unsigned level = 0; level < CMIS_LEVELS; level++)
		reg_flag(e, bank, m->flag, level * step + (step == 1 ? 0 : i),
			 crossed(value, number(m, reg_get(e, 0, m->threshold, level)), level));
}

static bool lane_counts(const struct cmis_engine *e, enum monitored of, unsigned bank, unsigned i)
{
	uint64_t state = reg_get(e, bank, CMIS_DPState, i);

	if (of == LANE_TX)
		return state == CMIS_DP_ACTIVATED;
	return state == CMIS_DP_ACTIVATED || state == CMIS_DP_INITIALIZED ||
	       state == CMIS_DP_TX_TURN_ON || state == CMIS_DP_TX_TURN_OFF;
}

void monitors_update(struct cmis_engine *e)
{
	values(e);
	for (unsigned k = 0; k < sizeof(monitors) / sizeof(monitors[0]); k++) {
		const struct monitor *m = &monitors[k];

		if (!cmis_has(&e->support, m->value))
			continue;
		if (m->of == MODULE) {
			compare(e, m, 0, 0, 1);
			continue;
		}
		for (unsigned b = 0; b < e->banks && !is_els(e); b++)
			for (unsigned i = 0; i < CMIS_LANES; i++)
				if (lane_counts(e, m->of, b, i))
					compare(e, m, b, i, CMIS_LANES);
	}
	reg_flag(e, 0, CMIS_ModuleFirmwareErrorFlag, 0, faulty(e, CMIS_INJECT_FW_MODULE));
	reg_flag(e, 0, CMIS_DataPathFirmwareErrorFlag, 0, faulty(e, CMIS_INJECT_FW_DATA_PATH));
	if (faulty(e, CMIS_INJECT_RESERVED_BITS))
		e->lower.bytes[3] |= 0xF0;
	else
		e->lower.bytes[3] &= 0x0F;
}

static void storm(struct cmis_engine *e, unsigned bank, unsigned lane)
{
	for (unsigned id = CMIS_DPStateChangedFlag; id <= CMIS_OutputStatusChangedFlagRx; id++)
		for (unsigned i = lane; i < cmis_field_count(id); i += CMIS_LANES)
			if (cmis_fields[id].access == CMIS_ACCESS_COR)
				reg_flag(e, bank, id, i, true);
}

/* A storm raises every lane flag there is, whatever the lanes do. */
void monitors_tick(struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks && !is_els(e); b++)
		for (unsigned i = 0; i < CMIS_LANES; i++)
			if (faulty_lane(e, CMIS_INJECT_FLAG_STORM, b * CMIS_LANES + i))
				storm(e, b, i);
}
