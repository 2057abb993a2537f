/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data path state machine: one for each group of lanes that the active control set joins.
 *
 *   DPDeinitS     = module not Ready || LowPwrS || any lane DPDeinit
 *   DPReDeinitS   = DPDeinitS || (DPInitPending of an initialised path && !SteppedConfigOnly)
 *   DPDeactivateS = DPReDeinitS || any lane OutputDisableTx || any lane OutputSquelchForceTx
 *
 *   Deactivated -!DPDeinitS→ Init -done→ Initialized; Init -DPDeinitS→ Deinit
 *   Initialized -DPReDeinitS→ Deinit -done→ Deactivated
 *   Initialized -!DPDeactivateS→ TxTurnOn -done→ Activated -DPDeactivateS→ TxTurnOff -done→
 *   Initialized
 *
 * Entering Init clears DPInitPending. 11h:134 goes up on Deactivated, Initialized and Activated.
 * Lanes of no path (AppSel 0) are Deactivated.
 */
#include "lib/cmis/engine/private.h"

static void enter(struct cmis_engine *e, unsigned bank, struct datapath *dp,
		  enum cmis_dp_state state)
{
	const struct cmis_durations *d = &e->durations;
	bool transient = true;
	double ms = 0;

	switch (state) {
	case CMIS_DP_INIT:
		ms = d->dp_init;
		if (faulty(e, CMIS_INJECT_SLOW_INIT))
			ms *= e->fault[CMIS_INJECT_SLOW_INIT].value;
		reg_put_lanes(e, bank, CMIS_DPInitPending,
			      reg_lanes(e, bank, CMIS_DPInitPending) & (uint8_t)~dp->lanes);
		break;
	case CMIS_DP_DEINIT:
		ms = d->dp_deinit;
		break;
	case CMIS_DP_TX_TURN_ON:
		ms = d->tx_turn_on;
		break;
	case CMIS_DP_TX_TURN_OFF:
		ms = d->tx_turn_off;
		break;
	default:
		transient = false;
	}
	dp->state = state;
	dp->until = transient ? after_ms(e, ms) : CMIS_NEVER;
	for (unsigned l = 0; l < CMIS_LANES; l++) {
		if (!(dp->lanes >> l & 1))
			continue;
		reg_put(e, bank, CMIS_DPState, l, state);
		if (!transient)
			reg_flag(e, bank, CMIS_DPStateChangedFlag, l, true);
	}
}

static bool stuck_in_init(const struct cmis_engine *e, unsigned bank, const struct datapath *dp)
{
	if (dp->state != CMIS_DP_INIT)
		return false;
	for (unsigned l = 0; l < CMIS_LANES; l++)
		if (dp->lanes >> l & 1 &&
		    faulty_lane(e, CMIS_INJECT_INIT_STUCK, bank * CMIS_LANES + l))
			return true;
	return false;
}

static bool step(struct cmis_engine *e, unsigned bank, struct datapath *dp)
{
	bool pending = dp->lanes & reg_lanes(e, bank, CMIS_DPInitPending) &&
		       !reg_get(e, 0, CMIS_SteppedConfigOnly, 0);
	bool deinit = module_state(e) != CMIS_MODULE_READY || module_low_pwr(e) ||
		      (dp->lanes & reg_lanes(e, bank, CMIS_DPDeinit));
	bool redeinit = deinit || pending;
	bool deactivate = redeinit || (dp->lanes & reg_lanes(e, bank, CMIS_OutputDisableTx)) ||
			  (dp->lanes & reg_lanes(e, bank, CMIS_OutputSquelchForceTx));
	bool done = e->now >= dp->until;
	enum cmis_dp_state to = dp->state;

	switch (dp->state) {
	case CMIS_DP_DEACTIVATED:
		to = deinit ? dp->state : CMIS_DP_INIT;
		break;
	case CMIS_DP_INIT:
		if (deinit)
			to = CMIS_DP_DEINIT;
		else if (done && !stuck_in_init(e, bank, dp))
			to = CMIS_DP_INITIALIZED;
		break;
	case CMIS_DP_INITIALIZED:
		if (redeinit)
			to = CMIS_DP_DEINIT;
		else if (!deactivate)
			to = CMIS_DP_TX_TURN_ON;
		break;
	case CMIS_DP_TX_TURN_ON:
		to = done ? CMIS_DP_ACTIVATED : dp->state;
		break;
	case CMIS_DP_ACTIVATED:
		to = deactivate ? CMIS_DP_TX_TURN_OFF : dp->state;
		break;
	case CMIS_DP_TX_TURN_OFF:
		to = done ? CMIS_DP_INITIALIZED : dp->state;
		break;
	case CMIS_DP_DEINIT:
		to = done ? CMIS_DP_DEACTIVATED : dp->state;
		break;
	}
	if (to == dp->state)
		return false;
	enter(e, bank, dp, to);
	return true;
}

bool datapath_step(struct cmis_engine *e)
{
	bool moved = false;

	if (is_els(e))
		return false;
	for (unsigned b = 0; b < e->banks; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++)
			if (e->bank[b].path[l].lanes != 0)
				moved |= step(e, b, &e->bank[b].path[l]);
	return moved;
}

/* The lanes that the active set joins to the one that begins at lane; 0 if it is not whole. */
static uint8_t group_at(const struct cmis_engine *e, unsigned bank, unsigned lane)
{
	uint64_t app = reg_get(e, bank, CMIS_ACS_AppSel, lane);
	unsigned count;

	if (app == 0 || app > CMIS_PROFILE_APPS ||
	    reg_get(e, bank, CMIS_ACS_DataPathID, lane) != lane)
		return 0;
	count = (unsigned)reg_get(e, 0, CMIS_HostLaneCount, (unsigned)app - 1);
	if (count == 0 || lane + count > CMIS_LANES)
		return 0;
	for (unsigned l = lane; l < lane + count; l++)
		if (reg_get(e, bank, CMIS_ACS_AppSel, l) != app ||
		    reg_get(e, bank, CMIS_ACS_DataPathID, l) != lane)
			return 0;
	return (uint8_t)(((1u << count) - 1) << lane);
}

/* Paths that stay as they are keep their state; lanes whose path lost a part are released. */
void datapath_regroup(struct cmis_engine *e, unsigned bank)
{
	uint8_t grouped = 0;

	if (is_els(e) || is_flat(e))
		return;
	for (unsigned l = 0; l < CMIS_LANES; l++) {
		struct datapath *dp = &e->bank[bank].path[l];
		uint8_t lanes = group_at(e, bank, l);

		grouped |= lanes;
		if (dp->lanes != lanes || dp->state == 0)
			*dp = (struct datapath){ lanes, CMIS_DP_DEACTIVATED, CMIS_NEVER };
	}
	for (unsigned l = 0; l < CMIS_LANES; l++) {
		if (grouped >> l & 1)
			continue;
		reg_put(e, bank, CMIS_ACS_AppSel, l, 0);
		reg_put(e, bank, CMIS_ACS_DataPathID, l, 0);
		reg_put(e, bank, CMIS_DPState, l, CMIS_DP_DEACTIVATED);
	}
}

const struct datapath *datapath_of(const struct cmis_engine *e, unsigned bank, unsigned lane)
{
	for (unsigned l = 0; l < CMIS_LANES; l++)
		if (e->bank[bank].path[l].lanes >> lane & 1)
			return &e->bank[bank].path[l];
	return NULL;
}

bool datapath_all_deactivated(const struct cmis_engine *e)
{
	for (unsigned b = 0; b < e->banks; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++)
			if (e->bank[b].path[l].lanes != 0 &&
			    e->bank[b].path[l].state != CMIS_DP_DEACTIVATED)
				return false;
	return true;
}

void datapath_next(const struct cmis_engine *e, uint64_t *when)
{
	for (unsigned b = 0; b < e->banks && e->present; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++) {
			const struct datapath *dp = &e->bank[b].path[l];

			if (dp->lanes != 0 && !stuck_in_init(e, b, dp))
				earliest(when, dp->until);
		}
}
