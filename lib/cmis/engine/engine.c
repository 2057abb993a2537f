/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An emulated module's life: creation, time, and the surroundings that are no registers (pins,
 * presence, light, lasers). What happens inside is in the other files, one concern each.
 */
#include "lib/cmis/engine/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/engine/private.h"

/* Let everything go as far as it gets at e->now. The bound is never met: no two machines here
 * drive each other in a circle without time passing. */
void settle(struct cmis_engine *e)
{
	for (unsigned i = 0; i < 1000; i++) {
		bool moved = fault_step(e);

		if (e->present && e->answering && !is_flat(e)) {
			moved |= configure_step(e);
			moved |= datapath_step(e);
			moved |= vdm_step(e);
			moved |= cdb_step(e);
		}
		moved |= module_step(e);
		moved |= laser_step(e);
		if (!moved)
			break;
	}
	if (!e->present || is_flat(e))
		return;
	if (is_els(e))
		laser_update(e);
	else
		lanes_update(e);
	diagnostics_update(e);
	monitors_update(e);
	if (e->answering && !e->sampled) {
		e->sampled = true; /* a host may read before the first tick */
		vdm_tick(e);
	}
	flags_update(e);
}

static void tick(struct cmis_engine *e)
{
	e->tick++;
	e->tick_at += TICK_NS;
	if (!e->present || is_flat(e))
		return;
	settle(e);
	vdm_tick(e);
	monitors_tick(e);
	flags_update(e);
}

static uint64_t next_event(const struct cmis_engine *e)
{
	uint64_t when = e->tick_at;

	module_next(e, &when);
	fault_next(e, &when);
	datapath_next(e, &when);
	configure_next(e, &when);
	laser_next(e, &when);
	vdm_next(e, &when);
	cdb_next(e, &when);
	return when;
}

void run_until(struct cmis_engine *e, uint64_t now)
{
	uint64_t when;

	if (now <= e->now)
		return;
	if (now > e->tick_at && (now - e->tick_at) / TICK_NS > CATCH_UP_TICKS) {
		uint64_t skip = (now - e->tick_at) / TICK_NS - CATCH_UP_TICKS;

		e->tick += skip;
		e->tick_at += skip * TICK_NS;
	}
	while ((when = next_event(e)) <= now) {
		if (when > e->now) {
			diagnostics_count(e, when);
			e->now = when;
		}
		if (e->tick_at <= e->now)
			tick(e);
		else
			settle(e);
	}
	diagnostics_count(e, now);
	e->now = now;
}

void catch_up(struct cmis_engine *e)
{
	run_until(e, e->clock.now(e->clock.arg));
	if (e->present && lasers_moved(e))
		settle(e);
}

int cmis_engine_create(struct cmis_engine **out, const struct cmis_engine_settings *s,
		       struct err *err)
{
	struct cmis_engine *e;
	int ret;

	if (s->profile == NULL || s->clock.now == NULL)
		return err_set(err, -EINVAL, "emulated engine: no profile or no clock");
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return err_set(err, -ENOMEM, "emulated engine: out of memory");
	e->profile = s->profile;
	e->clock = s->clock;
	e->seed = s->seed;
	e->identifier = s->identifier ? s->identifier : s->profile->identifier;
	e->durations = s->durations ? *s->durations : s->profile->durations;
	e->advertised = s->advertised ? *s->advertised : s->profile->advertised;
	e->banks = s->profile->banks;
	if (s->serial != NULL)
		snprintf(e->serial, sizeof(e->serial), "%s", s->serial);
	else
		snprintf(e->serial, sizeof(e->serial), "CPX%08" PRIX32, (uint32_t)s->seed);
	for (unsigned b = 0; b < e->banks; b++)
		for (unsigned l = 0; l < CMIS_LANES; l++)
			e->bank[b].lane[l].in = (struct cmis_lane_input){
				.rx_dbm = s->profile->light.rx_dbm,
				.host_signal = true,
				.media_pattern = -1,
				.host_pattern = -1,
			};
	e->now = e->inserted_at = s->clock.now(s->clock.arg);
	e->tick_at = e->now + TICK_NS;
	e->present = true;
	e->pin_low_pwr = true;
	ret = registers_create(e);
	if (ret != 0) {
		cmis_engine_destroy(e);
		return err_set(err, ret, "emulated engine: out of memory for its registers");
	}
	module_reset(e);
	settle(e);
	*out = e;
	return 0;
}

void cmis_engine_destroy(struct cmis_engine *e)
{
	if (e == NULL)
		return;
	if (e->joined != NULL)
		e->joined->governor = NULL;
	registers_destroy(e);
	free(e);
}

struct cmis_transport cmis_engine_transport(struct cmis_engine *e)
{
	return (struct cmis_transport){ transaction_read, transaction_write, e };
}

void cmis_engine_advance(struct cmis_engine *e)
{
	catch_up(e);
}

uint64_t cmis_engine_next(struct cmis_engine *e)
{
	catch_up(e);
	return next_event(e);
}

void cmis_engine_set_pin(struct cmis_engine *e, enum cmis_pin pin, bool asserted)
{
	catch_up(e);
	if (pin == CMIS_PIN_LOW_PWR)
		e->pin_low_pwr = asserted;
	else if (asserted != e->pin_reset) {
		e->pin_reset = asserted;
		module_reset(e);
	}
	settle(e);
	if (e->joined != NULL) {
		run_until(e->joined, e->now);
		settle(e->joined);
	}
}

bool cmis_engine_interrupt(struct cmis_engine *e)
{
	catch_up(e);
	return e->present && e->interrupt;
}

bool cmis_engine_present(struct cmis_engine *e)
{
	catch_up(e);
	return e->present && (e->joined == NULL || cmis_engine_present(e->joined));
}

const struct cmis_profile *cmis_engine_profile(const struct cmis_engine *e)
{
	return e->profile;
}

unsigned cmis_engine_lanes(const struct cmis_engine *e)
{
	return is_els(e) ? 0 : e->banks * CMIS_LANES;
}

unsigned cmis_engine_lasers(const struct cmis_engine *e)
{
	return is_els(e) ? e->banks * CMIS_LANES : 0;
}

static struct lane *lane_at(struct cmis_engine *e, unsigned lane)
{
	return lane < cmis_engine_lanes(e) ? &e->bank[lane / CMIS_LANES].lane[lane % CMIS_LANES]
					   : NULL;
}

int cmis_engine_feed(struct cmis_engine *e, unsigned lane, struct cmis_engine *els, unsigned laser)
{
	struct lane *l = lane_at(e, lane);

	if (l == NULL || (els != NULL && laser >= cmis_engine_lasers(els)))
		return -ERANGE;
	catch_up(e);
	l->els = els;
	l->laser = laser;
	settle(e);
	return 0;
}

void cmis_engine_join(struct cmis_engine *e, struct cmis_engine *els)
{
	catch_up(e);
	if (e->joined != NULL)
		e->joined->governor = NULL;
	e->joined = els;
	if (els == NULL)
		return;
	els->governor = e;
	catch_up(els);
	settle(els);
}

int cmis_engine_get_input(struct cmis_engine *e, unsigned lane, struct cmis_lane_input *in)
{
	struct lane *l = lane_at(e, lane);

	if (l == NULL)
		return -ERANGE;
	*in = l->in;
	return 0;
}

int cmis_engine_set_input(struct cmis_engine *e, unsigned lane, const struct cmis_lane_input *in)
{
	struct lane *l = lane_at(e, lane);

	if (l == NULL)
		return -ERANGE;
	catch_up(e);
	l->in = *in;
	settle(e);
	return 0;
}

int cmis_engine_lane(struct cmis_engine *e, unsigned lane, struct cmis_lane_output *out)
{
	struct lane *l = lane_at(e, lane);
	unsigned b = lane / CMIS_LANES, i = lane % CMIS_LANES;
	const struct datapath *dp;

	if (l == NULL)
		return -ERANGE;
	catch_up(e);
	memset(out, 0, sizeof(*out));
	out->media_pattern = out->host_pattern = -1;
	out->tx_dbm = out->rx_dbm = -40;
	out->state = CMIS_DP_DEACTIVATED;
	if (is_flat(e)) {
		out->state = e->present ? CMIS_DP_ACTIVATED : CMIS_DP_DEACTIVATED;
		out->tx_valid = out->rx_valid = e->present;
		out->path_lanes = CMIS_LANES;
		return 0;
	}
	out->ber = 0.5;
	if (!e->present)
		return 0;
	dp = datapath_of(e, b, i);
	if (dp != NULL) {
		out->state = dp->state;
		out->path_first = (uint8_t)(dp - e->bank[b].path);
		out->path_lanes = (uint8_t)__builtin_popcount(dp->lanes);
	}
	out->tx_valid = reg_lanes(e, b, CMIS_OutputStatusTx) >> i & 1;
	out->rx_valid = reg_lanes(e, b, CMIS_OutputStatusRx) >> i & 1;
	out->tx_dbm = l->tx_dbm;
	out->rx_dbm = l->rx_dbm;
	out->snr_db = l->snr_db;
	out->ber = l->ber;
	out->loopback = loopback_of(e, b, i);
	out->media_pattern = generated_pattern(e, b, i, true);
	out->host_pattern = generated_pattern(e, b, i, false);
	return 0;
}

double cmis_engine_laser_dbm(struct cmis_engine *els, unsigned laser)
{
	catch_up(els);
	return laser < cmis_engine_lasers(els) ? laser_dbm(els, laser) : -40;
}
