/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an operator wants of the whole module: a reset, once; low power, for as long as it is
 * wanted.
 */
#include <errno.h>

#include "lib/cmis/manager/private.h"

int cmis_manager_reset(struct cmis_manager *m)
{
	if (m->seen.state == CMIS_MANAGER_ABSENT)
		return -ENODEV;
	if (m->seen.state == CMIS_MANAGER_IDENTIFY)
		return -EAGAIN;
	if (m->seen.support.flat)
		return -ENOTSUP;
	m->reset = true;
	return 0;
}

void cmis_manager_want_low_power(struct cmis_manager *m, bool low)
{
	m->low_power = low;
}

/* The module does not answer for a while, and may be another one afterwards. */
int power_reset(struct cmis_manager *m)
{
	int ret;

	if (m->seen.state <= CMIS_MANAGER_IDENTIFY) { /* it was pulled out meanwhile */
		m->reset = false;
		return 0;
	}
	ret = bus_write_lower(m, POWER, RESET | ALLOW_HW | REQUEST_SW);
	if (ret != 0)
		return ret;
	m->reset = false;
	m->seen.counters.resets_done++;
	m->known = 0;
	state_enter(m, CMIS_MANAGER_IDENTIFY);
	return 0;
}

void power_divert(struct cmis_manager *m)
{
	enum cmis_manager_state s = m->seen.state;

	if (m->low_power && !m->seen.support.flat &&
	    (s == CMIS_MANAGER_PARK || s == CMIS_MANAGER_POWER_UP || s == CMIS_MANAGER_READY))
		state_enter(m, CMIS_MANAGER_LOW_POWER);
}

/* Park clears the request, once all lanes are known to be down. */
int run_low_power(struct cmis_manager *m)
{
	if (!m->low_power) {
		state_enter(m, CMIS_MANAGER_PARK);
		return 0;
	}
	if (m->now < m->due)
		return 0;
	m->due = m->now + (m->dark ? m->set.watch_ns : POLL_MIN);
	return state_darken(m);
}
