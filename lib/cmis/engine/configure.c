/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration command. A host stages data paths in page 10h and writes a lane mask to
 * ApplyDPInit or ApplyImmediate. The lanes' ConfigStatus is "in progress" for a while, then says
 * for each data path whether it was taken into the active control set or why not; a refusal
 * changes nothing else. A trigger on a lane that is in progress is ignored.
 */
#include <string.h>

#include "lib/cmis/engine/private.h"

static uint64_t staged(const struct command *c, enum cmis_field_id id, unsigned lane)
{
	uint64_t bits = 0;

	cmis_get(id, lane, c->staged, CMIS_HALF, &bits);
	return bits;
}

void configure_apply(struct cmis_engine *e, unsigned bank, uint8_t lanes, bool dp_init)
{
	struct command *c;

	for (unsigned l = 0; l < CMIS_LANES; l++)
		if (e->bank[bank].command[l].lanes & lanes)
			return;
	if (lanes == 0)
		return;
	c = &e->bank[bank].command[__builtin_ctz(lanes)];
	*c = (struct command){ .lanes = lanes, .dp_init = dp_init };
	c->until = after_ms(e, e->durations.configure);
	memcpy(c->staged, reg_page(e, bank, 0x10), CMIS_HALF);
	for (unsigned l = 0; l < CMIS_LANES; l++)
		if (lanes >> l & 1)
			reg_put(e, bank, CMIS_ConfigStatus, l, CMIS_CONFIG_IN_PROGRESS);
}

/* Lanes of the path that lane's staged configuration describes; what is wrong with it. */
static enum cmis_config_status path_lanes(const struct cmis_engine *e, const struct command *c,
					  unsigned lane, uint8_t *lanes)
{
	uint64_t app = staged(c, CMIS_SCS0_AppSel, lane);
	unsigned first = (unsigned)staged(c, CMIS_SCS0_DataPathID, lane), count;

	*lanes = (uint8_t)(1 << lane);
	if (app > CMIS_PROFILE_APPS ||
	    reg_get(e, 0, CMIS_HostInterfaceID, (unsigned)app - 1) == 0xFF)
		return CMIS_CONFIG_INVALID_APPSEL;
	count = (unsigned)reg_get(e, 0, CMIS_HostLaneCount, (unsigned)app - 1);
	if (!(reg_get(e, 0, CMIS_HostLaneAssignmentOptions, (unsigned)app - 1) >> first & 1) ||
	    lane < first || lane >= first + count || first + count > CMIS_LANES)
		return CMIS_CONFIG_INVALID_DATA_PATH;
	*lanes = (uint8_t)(((1u << count) - 1) << first);
	for (unsigned l = first; l < first + count; l++)
		if (staged(c, CMIS_SCS0_AppSel, l) != app ||
		    staged(c, CMIS_SCS0_DataPathID, l) != first)
			return CMIS_CONFIG_INVALID_DATA_PATH;
	return *lanes & ~c->lanes ? CMIS_CONFIG_PARTIAL_DATA_PATH : CMIS_CONFIG_SUCCESS;
}

static bool si_in_range(const struct cmis_engine *e, const struct command *c, unsigned lane)
{
	return !staged(c, CMIS_SCS0_ExplicitControl, lane) ||
	       (staged(c, CMIS_SCS0_FixedInputEqTargetTx, lane) <=
			reg_get(e, 0, CMIS_TxInputEqMax, 0) &&
		staged(c, CMIS_SCS0_OutputEqPreCursorRx, lane) <=
			reg_get(e, 0, CMIS_RxOutputEqPreCursorMax, 0) &&
		staged(c, CMIS_SCS0_OutputEqPostCursorRx, lane) <=
			reg_get(e, 0, CMIS_RxOutputEqPostCursorMax, 0));
}

/* Whether the lanes may become this path: each is free, or in just this path already. */
static enum cmis_config_status lanes_free(const struct cmis_engine *e, unsigned bank,
					  const struct command *c, uint8_t lanes, bool release)
{
	for (unsigned l = 0; l < CMIS_LANES; l++) {
		const struct datapath *dp = datapath_of(e, bank, l);

		if (!(lanes >> l & 1) || dp == NULL || dp->state == CMIS_DP_DEACTIVATED)
			continue;
		if (release || dp->lanes != lanes)
			return CMIS_CONFIG_LANE_IN_USE;
		if (!c->dp_init &&
		    staged(c, CMIS_SCS0_AppSel, l) != reg_get(e, bank, CMIS_ACS_AppSel, l))
			return CMIS_CONFIG_REJECTED; /* not without going through DPInit */
	}
	return CMIS_CONFIG_SUCCESS;
}

static enum cmis_config_status check(const struct cmis_engine *e, unsigned bank,
				     const struct command *c, unsigned lane)
{
	enum cmis_config_status status;
	uint8_t lanes;

	if (staged(c, CMIS_SCS0_AppSel, lane) == 0) {
		if (faulty_lane(e, CMIS_INJECT_REJECT_RELEASE, bank * CMIS_LANES + lane))
			return CMIS_CONFIG_INVALID_APPSEL;
		return lanes_free(e, bank, c, (uint8_t)(1 << lane), true);
	}
	status = path_lanes(e, c, lane, &lanes);
	for (unsigned l = 0; l < CMIS_LANES && status == CMIS_CONFIG_SUCCESS; l++)
		if (lanes >> l & 1 && !si_in_range(e, c, l))
			status = CMIS_CONFIG_INVALID_SI;
	return status == CMIS_CONFIG_SUCCESS ? lanes_free(e, bank, c, lanes, false) : status;
}

/* The eleven fields of a control set follow each other in the table, in all three sets. */
static void copy_to_active(struct cmis_engine *e, unsigned bank, const struct command *c,
			   unsigned lane)
{
	enum { FIELDS = CMIS_ACS_OutputAmplitudeRx - CMIS_ACS_AppSel + 1, SI = 3 };
	bool keep_si = staged(c, CMIS_SCS0_ExplicitControl, lane) == 0;

	for (unsigned f = 0; f < FIELDS; f++) {
		uint64_t bits = staged(c, CMIS_SCS0_AppSel + f, lane);
		enum cmis_field_id id = CMIS_ACS_AppSel + f;

		/* without explicit control the application decides: adaptive, with CDR */
		if (f >= SI && keep_si)
			bits = id == CMIS_ACS_AdaptiveInputEqEnableTx ||
			       id == CMIS_ACS_CDREnableTx || id == CMIS_ACS_CDREnableRx;
		reg_put(e, bank, id, lane, bits);
	}
}

static void finish(struct cmis_engine *e, unsigned bank, struct command *c)
{
	const struct fault *early = &e->fault[CMIS_INJECT_EARLY_SUCCESS];
	uint8_t good = 0;

	for (unsigned l = 0; l < CMIS_LANES; l++) {
		enum cmis_config_status status;

		if (!(c->lanes >> l & 1))
			continue;
		status = check(e, bank, c, l);
		reg_put(e, bank, CMIS_ConfigStatus, l, status);
		if (status == CMIS_CONFIG_SUCCESS)
			good |= (uint8_t)(1 << l);
	}
	if (early->on && !c->shown) {
		c->shown = true;
		c->until = after_ms(e, early->value);
		return;
	}
	for (unsigned l = 0; l < CMIS_LANES; l++)
		if (good >> l & 1)
			copy_to_active(e, bank, c, l);
	if (good != 0)
		datapath_regroup(e, bank);
	if (c->dp_init && !faulty(e, CMIS_INJECT_NO_INIT_PENDING))
		for (unsigned l = 0; l < CMIS_LANES; l++)
			if (good >> l & 1)
				reg_put(e, bank, CMIS_DPInitPending, l,
					reg_get(e, bank, CMIS_ACS_AppSel, l) != 0);
	c->lanes = 0;
}

static bool stuck(const struct cmis_engine *e, unsigned bank, const struct command *c)
{
	for (unsigned l = 0; l < CMIS_LANES; l++)
		if (c->lanes >> l & 1 &&
		    faulty_lane(e, CMIS_INJECT_CONFIG_STUCK, bank * CMIS_LANES + l))
			return true;
	return false;
}

bool configure_step(struct cmis_engine *e)
{
	bool moved = false;

	for (unsigned b = 0; b < e->banks; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++) {
			struct command *c = &e->bank[b].command[l];

			if (c->lanes == 0 || e->now < c->until || stuck(e, b, c))
				continue;
			finish(e, b, c);
			moved = true;
		}
	return moved;
}

void configure_next(const struct cmis_engine *e, uint64_t *when)
{
	for (unsigned b = 0; b < e->banks && e->present; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++) {
			const struct command *c = &e->bank[b].command[l];

			if (c->lanes != 0 && !stuck(e, b, c))
				earliest(when, c->until);
		}
}
