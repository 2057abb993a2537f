/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The states of a manager: one run_ function each, called as long as the manager is in it. They
 * resume where they were cut short, and change the state only once what it needs is done.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define RETRY_MAX 300000 /* ms between resets and powering up again */
#define COOL_MIN  (5000 * CMIS_MS)

/* What a state waits for while nothing is wrong. */
enum cmis_reason state_reason(enum cmis_manager_state state)
{
	static const enum cmis_reason reasons[] = {
		[CMIS_MANAGER_ABSENT] = CMIS_REASON_ABSENT,
		[CMIS_MANAGER_IDENTIFY] = CMIS_REASON_IDENTIFY,
		[CMIS_MANAGER_PARK] = CMIS_REASON_PARK,
		[CMIS_MANAGER_POWER_UP] = CMIS_REASON_POWER_UP,
		[CMIS_MANAGER_READY] = CMIS_REASON_NONE,
		[CMIS_MANAGER_HOT] = CMIS_REASON_OVER_TEMPERATURE,
		[CMIS_MANAGER_FAULT] = CMIS_REASON_MODULE_FAULT,
		[CMIS_MANAGER_LOW_POWER] = CMIS_REASON_LOW_POWER,
	};

	return reasons[state];
}

void state_enter(struct cmis_manager *m, enum cmis_manager_state state)
{
	m->parked = 0;
	m->dark = false;
	m->due = m->now;
	if (state != CMIS_MANAGER_READY) {
		ports_hold(m,
			   state == CMIS_MANAGER_ABSENT ? CMIS_REASON_ABSENT : CMIS_REASON_ENGINE);
		els_hold(m, state_reason(state));
	}
	bank_forget(m);
	els_forget(m);
	engine_reason(m, state, state_reason(state));
}

/* Banks that have lanes to manage. */
unsigned state_banks(const struct cmis_manager *m)
{
	const struct cmis_support *s = &m->seen.support;

	return s->flat || s->identifier == CMIS_ELSFP ? 0 : s->banks;
}

uint64_t backoff(unsigned tries, uint32_t first_ms, uint32_t most_ms)
{
	uint64_t ms = (uint64_t)first_ms << (tries < 16 ? tries : 16);

	return (ms < most_ms ? ms : most_ms) * CMIS_MS;
}

/* Where to go on, from what the module says that it is. */
static int resume(struct cmis_manager *m)
{
	uint8_t power = m->lower[POWER], on = power & (uint8_t) ~(ALLOW_HW | REQUEST_SW | RESET);

	if (m->seen.support.flat) {
		state_enter(m, CMIS_MANAGER_READY);
		return 0;
	}
	if (m->seen.module_state == CMIS_MODULE_FAULT) {
		state_enter(m, CMIS_MANAGER_FAULT);
		return 0;
	}
	if (m->seen.module_state != CMIS_MODULE_READY || power & REQUEST_SW) {
		state_enter(m, CMIS_MANAGER_PARK);
		return 0;
	}
	if (power != on) {
		int ret = bus_write_lower(m, POWER, on);

		if (ret != 0)
			return ret;
	}
	state_enter(m, CMIS_MANAGER_READY);
	return 0;
}

static int run_absent(struct cmis_manager *m)
{
	uint8_t byte;
	int ret = bus_lower(m, 0, &byte, 1);

	if (ret != 0)
		return ret;
	m->seen.counters.insertions++;
	m->known = 0;
	m->attempts = 0;
	state_enter(m, CMIS_MANAGER_IDENTIFY);
	return 0;
}

static int run_identify(struct cmis_manager *m)
{
	int ret = identify(m);

	if (ret == 0)
		ret = lower_read(m);
	return ret != 0 ? ret : resume(m);
}

/* DPDeinit and OutputDisableTx of all lanes of all banks. Goes on where it was cut short. */
static int park(struct cmis_manager *m)
{
	const uint8_t all = 0xFF;

	for (; m->parked < state_banks(m); m->parked++) {
		int ret = bus_write(m, m->parked, 0x10, 130, &all, 1);

		if (ret == 0)
			ret = bus_write(m, m->parked, 0x10, 128, &all, 1);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int run_park(struct cmis_manager *m)
{
	int ret;

	if (m->now < m->due)
		return 0;
	ret = park(m);
	if (ret == 0)
		ret = els_park(m);
	if (ret == 0)
		ret = bus_write_lower(m, POWER,
				      m->lower[POWER] & (uint8_t) ~(ALLOW_HW | REQUEST_SW | RESET));
	if (ret != 0)
		return ret;
	state_enter(m, CMIS_MANAGER_POWER_UP);
	m->due = m->now + POLL_MIN;
	return 0;
}

static int run_power_up(struct cmis_manager *m)
{
	struct cmis_event event = { .kind = CMIS_EVENT_ENGINE, .reason = m->seen.reason };
	uint32_t ms = advertised_ms(m, CMIS_MaxDurationModulePwrUp);
	uint64_t lasted;
	int ret;

	if (m->now < m->due)
		return 0;
	ret = lower_read(m);
	if (ret != 0)
		return ret;
	if (m->seen.module_state == CMIS_MODULE_READY || m->seen.module_state == CMIS_MODULE_FAULT)
		return resume(m);
	lasted = m->now - m->seen.since_ns;
	if (lasted > patience_ms(m, ms) * CMIS_MS) {
		state_enter(m, CMIS_MANAGER_PARK);
		m->due = m->now + backoff(m->attempts++, 1000, RETRY_MAX);
		engine_reason(m, CMIS_MANAGER_PARK, CMIS_REASON_POWER_UP_TIMEOUT);
		return 0;
	}
	if (lasted > ms * CMIS_MS && !m->seen.late) {
		m->seen.late = true;
		report(m, &event, "%s, longer than it should take",
		       cmis_reason_text(m->seen.reason));
	}
	m->due = poll_after(m, m->seen.since_ns);
	return 0;
}

/* Flat memory has no states and nothing to choose: what is offered is up. */
static void flat_ports(struct cmis_manager *m)
{
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++)
		for (unsigned i = 0; i < m->bank[b].ports; i++) {
			struct port *p = &m->bank[b].port[i];
			const struct cmis_port_wish *w = &p->seen.wish;
			struct action none = { 0 };

			for (unsigned l = w->first; l < w->first + w->lanes; l++)
				m->bank[b].seen.lane[l] = (struct cmis_lane_seen){
					.state = CMIS_DP_ACTIVATED,
					.config = CMIS_CONFIG_SUCCESS,
					.app = port_application(m, w),
					.first = w->first,
					.tx_valid = true,
					.rx_valid = true,
					.tx_mw = NAN,
					.rx_mw = NAN,
					.bias_ma = NAN,
				};
			port_judge(m, b, p, &none);
		}
}

/* Ports of banks that this module does not have. */
static void homeless_ports(struct cmis_manager *m, unsigned from)
{
	for (unsigned b = from; b < CMIS_MAX_BANKS; b++)
		for (unsigned i = 0; i < m->bank[b].ports; i++)
			port_hold(m, b, &m->bank[b].port[i], CMIS_REASON_NO_APPLICATION);
}

/* Ready, and powered as we did it: neither reset nor switched off by anybody. */
static bool as_left(const struct cmis_manager *m)
{
	return m->seen.support.flat || (m->seen.module_state == CMIS_MODULE_READY &&
					!(m->lower[POWER] & (ALLOW_HW | REQUEST_SW)));
}

static int run_ready(struct cmis_manager *m)
{
	unsigned count = state_banks(m);
	int ret;

	if (cdb_owns(m))
		return cdb_run(m);
	if (m->now >= m->watch) {
		ret = lower_read(m);
		if (ret == 0 && !as_left(m)) {
			ret = lower_read(m); /* one reading may be a bad one */
			if (ret == 0 && !as_left(m)) {
				m->seen.counters.resets_seen++;
				m->recheck = true; /* it may even be another one */
				return 0;
			}
		}
		if (ret != 0)
			return ret;
		if (lower_hot(m)) {
			state_enter(m, CMIS_MANAGER_HOT);
			return 0;
		}
	}
	if (m->now - m->seen.since_ns > COOL_MIN * 12)
		m->attempts = 0;
	if (m->seen.support.flat)
		flat_ports(m);
	else
		homeless_ports(m, count);
	ret = els_run(m);
	if (ret != 0)
		return ret;
	for (unsigned i = 0; i < count; i++) {
		unsigned b = (m->turn + i) % count;

		ret = bank_run(m, b);
		if (ret != 0) {
			m->turn = b;
			return ret;
		}
	}
	return cdb_run(m);
}

static int all_down(struct cmis_manager *m, bool *down)
{
	*down = true;
	for (unsigned b = 0; b < state_banks(m); b++) {
		int ret = bank_read_status(m, b);

		if (ret != 0)
			return ret;
		for (unsigned l = 0; l < CMIS_LANES; l++)
			*down &= m->bank[b].seen.lane[l].state == CMIS_DP_DEACTIVATED;
	}
	return 0;
}

/* The state is another one afterwards where the module is in Fault. */
int state_darken(struct cmis_manager *m)
{
	uint32_t ms = patience_ms(m, advertised_ms(m, CMIS_MaxDurationDPDeinit));
	bool down = true;
	int ret = park(m);

	if (ret == 0)
		ret = lower_read(m);
	if (ret != 0)
		return ret;
	if (m->seen.module_state == CMIS_MODULE_FAULT)
		return resume(m);
	if (m->dark && m->lower[POWER] & REQUEST_SW)
		return 0;
	if (m->dark) { /* it was reset, or somebody else took it away */
		m->dark = false;
		m->parked = 0;
		return 0;
	}
	ret = all_down(m, &down);
	if (ret != 0 || (!down && m->now - m->seen.since_ns < ms * CMIS_MS))
		return ret;
	ret = bus_write_lower(m, POWER, (m->lower[POWER] & (uint8_t)~RESET) | REQUEST_SW);
	m->dark = ret == 0;
	return ret;
}

/* Lanes down, then low power, and up again when it is cool. */
static int run_hot(struct cmis_manager *m)
{
	bool was_dark = m->dark;
	int ret;

	if (m->now < m->due)
		return 0;
	ret = state_darken(m);
	if (ret != 0 || m->seen.state != CMIS_MANAGER_HOT)
		return ret;
	m->due = m->now + POLL_MAX;
	if (was_dark && m->dark && m->now - m->seen.since_ns >= COOL_MIN && lower_cool(m)) {
		m->hot_readings = 0;
		state_enter(m, CMIS_MANAGER_PARK);
	}
	return 0;
}

/* A ModuleFault is left by a reset only. */
static int run_fault(struct cmis_manager *m)
{
	uint64_t since = m->now - m->seen.since_ns;
	int ret;

	if (m->now < m->due)
		return 0;
	ret = lower_read(m);
	if (ret != 0)
		return ret;
	if (m->seen.module_state != CMIS_MODULE_FAULT)
		return resume(m);
	m->due = m->now + m->set.watch_ns;
	if (since < backoff(m->attempts, 5000, RETRY_MAX))
		return 0;
	if (m->seen.fault_cause == CMIS_FAULT_TEMPERATURE && !lower_cool(m))
		return 0;
	ret = bus_write_lower(m, POWER, RESET | ALLOW_HW | REQUEST_SW);
	if (ret != 0)
		return ret;
	m->attempts++;
	m->seen.counters.resets_done++;
	m->known = 0;
	state_enter(m, CMIS_MANAGER_IDENTIFY);
	return 0;
}

/* After a failure: is it the same module, and how is it? */
static int recheck(struct cmis_manager *m)
{
	uint8_t page00[CMIS_HALF];
	enum cmis_manager_state state = m->seen.state;
	int ret;

	if (m->left < 16)
		return -EAGAIN;
	ret = lower_read(m);
	if (ret != 0)
		return ret;
	if (m->seen.support.flat)
		ret = bus_lower(m, CMIS_HALF, page00, CMIS_HALF);
	else
		ret = bus_read(m, 0, 0x00, CMIS_HALF, page00, CMIS_HALF);
	if (ret != 0)
		return ret;
	m->recheck = false;
	ports_rearm(m);
	bank_forget(m);
	els_forget(m);
	if (!is_same_module(m, page00)) {
		m->known = 0;
		state_enter(m, CMIS_MANAGER_IDENTIFY);
		return 0;
	}
	if (state == CMIS_MANAGER_READY || state == CMIS_MANAGER_POWER_UP)
		return resume(m);
	m->parked = 0;
	return 0;
}

int state_run(struct cmis_manager *m)
{
	if (m->recheck) {
		int ret = recheck(m);

		if (ret != 0)
			return ret;
	}
	if (m->reset) {
		int ret = power_reset(m);

		if (ret != 0)
			return ret;
	}
	power_divert(m);
	switch (m->seen.state) {
	case CMIS_MANAGER_ABSENT:
		return run_absent(m);
	case CMIS_MANAGER_IDENTIFY:
		return run_identify(m);
	case CMIS_MANAGER_PARK:
		return run_park(m);
	case CMIS_MANAGER_POWER_UP:
		return run_power_up(m);
	case CMIS_MANAGER_READY:
		return run_ready(m);
	case CMIS_MANAGER_HOT:
		return run_hot(m);
	case CMIS_MANAGER_LOW_POWER:
		return run_low_power(m);
	default:
		return run_fault(m);
	}
}
