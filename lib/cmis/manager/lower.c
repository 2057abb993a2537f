/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lower memory 0-41, one transaction without a page select: state of the module, temperature,
 * flags, and which banks have flags. It is read often, and most other reading follows from it.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define BYTES      42
#define HYSTERESIS 2 /* °C below the high warning */
#define LANES_BIT  0x01
#define DIAG_BIT   0x04
#define VDM_BIT    0x08
#define HOT_IN_ROW 2 /* one reading may be a bad one */

static double monitor(const struct cmis_manager *m, enum cmis_field_id id)
{
	struct cmis_value v;

	return cmis_decode(&m->seen.support, id, 0, m->lower, CMIS_HALF, &v) == 0 ? v.number : NAN;
}

int lower_read(struct cmis_manager *m)
{
	uint64_t bits = 0;
	uint8_t was[3];
	int ret;

	memcpy(was, m->lower, sizeof(was));
	ret = bus_lower(m, 0, m->lower, BYTES);
	if (ret != 0)
		return ret;
	m->watch = m->now + m->set.watch_ns;
	/* of another module, or wrong bits: look again before believing anything else */
	if (memcmp(was, m->lower, sizeof(was)) != 0) {
		memcpy(m->lower, was, sizeof(was));
		return -EBADMSG;
	}
	flags_seen(m, 0, CMIS_LOWER, 8, m->lower + 8, LOWER_FLAGS / 8, m->flag);
	cmis_get(CMIS_ModuleState, 0, m->lower, CMIS_HALF, &bits);
	m->seen.module_state = (enum cmis_module_state)bits;
	m->seen.fault_cause = (enum cmis_fault_cause)m->lower[41];
	m->seen.temperature = monitor(m, CMIS_TempMonitor);
	m->seen.vcc = monitor(m, CMIS_VccMonitor);
	for (unsigned b = 0; b < SUMMARIES && b < m->seen.support.banks; b++) {
		if (m->lower[4 + b] & LANES_BIT && m->bank[b].monitor > m->now)
			m->bank[b].monitor = m->now;
		m->bank[b].flags_due |= (m->lower[4 + b] & VDM_BIT) != 0;
		m->bank[b].diag.flags_due |= (m->lower[4 + b] & DIAG_BIT) != 0;
	}
	return 0;
}

static double threshold(const struct cmis_manager *m, enum cmis_level level)
{
	struct cmis_value v;
	int ret =
		cmis_decode(&m->seen.support, CMIS_TempThreshold, level, m->page[2], CMIS_HALF, &v);

	/* 0 and less can be no limit of something that runs; the page may be wrong or empty */
	return ret == 0 && v.number > 0 && !(m->seen.bad_checksums & 1 << 2) ? v.number : NAN;
}

bool lower_hot(struct cmis_manager *m)
{
	bool hot = m->seen.temperature > threshold(m, CMIS_HIGH_ALARM); /* false with a NaN */

	m->hot_readings = hot ? m->hot_readings + 1 : 0;
	return m->hot_readings >= HOT_IN_ROW;
}

bool lower_cool(const struct cmis_manager *m)
{
	return !(m->seen.temperature > threshold(m, CMIS_HIGH_WARNING) - HYSTERESIS);
}
