/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The eight lasers of a bank of a laser source, wherever its pages lie (els.c). One look at 1Ah
 * serves them all: LaneEnable is written where it is not as wanted, and each laser is judged by its
 * state; a look that is due for the monitors reads 1Bh as well.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define LANE_ENABLE  220
#define STATUS_READS 4
#define LASER_MS     1000 /* from off to on, and back: nothing advertises it */

/* 1Ah without what moves by itself: control mode and count, codes, LaneEnable, LaneState. */
static bool same_status(const uint8_t *a, const uint8_t *b)
{
	return a[12] == b[12] && memcmp(a + 84, b + 84, 11) == 0;
}

/* News are read twice, as in page 11h: there is no checksum, and lasers are switched by it. */
int lasers_read_status(struct cmis_manager *m, unsigned bank)
{
	struct els_bank *k = &m->els.bank[bank];
	bool fresh = k->fresh;

	for (unsigned i = 0; i < STATUS_READS; i++) {
		uint8_t page[CMIS_HALF];
		int ret = bus_read(m, bank, els_page(m, ELS_STATUS), CMIS_HALF, page, CMIS_HALF);
		bool same;

		if (ret != 0)
			return ret;
		flags_seen(m, bank, ELS_STATUS, ELS_FLAGS_AT, page + (ELS_FLAGS_AT - CMIS_HALF),
			   ELS_FLAGS / 8, k->flag);
		same = !fresh && same_status(page, k->status);
		memcpy(k->status, page, CMIS_HALF);
		fresh = false;
		if (same) {
			k->fresh = false;
			return 0;
		}
	}
	k->fresh = true;
	return -EBADMSG;
}

static void laser_event(struct cmis_manager *m, unsigned laser, const char *more)
{
	const struct cmis_laser_seen *l = &m->els.laser[laser];
	struct cmis_event event = { .kind = CMIS_EVENT_LASER,
				    .bank = (uint8_t)(laser / CMIS_LANES),
				    .reason = l->reason,
				    .index = laser };
	const char *text = l->reason != CMIS_REASON_NONE ? cmis_reason_text(l->reason)
			   : l->wanted                   ? "on"
							 : "off";

	if (l->reason == CMIS_REASON_LASER_FAULT)
		report(m, &event, "bank %u laser %u: %s, code %u", event.bank,
		       laser % CMIS_LANES + 1, text, l->fault);
	else
		report(m, &event, "bank %u laser %u: %s%s", event.bank, laser % CMIS_LANES + 1,
		       text, more);
}

static void become(struct cmis_manager *m, unsigned laser, enum cmis_reason reason, bool failed)
{
	struct cmis_laser_seen *l = &m->els.laser[laser];

	if (l->reason == reason)
		return;
	l->reason = reason;
	l->failed = failed;
	l->late = false;
	l->since_ns = m->now;
	l->ons += reason == CMIS_REASON_NONE && l->wanted;
	m->els.bank[laser / CMIS_LANES].monitor = m->now; /* its power is another one now */
	laser_event(m, laser, "");
}

/* What took too long stays so until it comes. */
static void await(struct cmis_manager *m, unsigned laser, enum cmis_reason reason,
		  enum cmis_reason timeout)
{
	struct cmis_laser_seen *l = &m->els.laser[laser];
	uint64_t lasted;

	if (l->reason == timeout)
		return;
	become(m, laser, reason, false);
	lasted = m->now - l->since_ns;
	if (lasted > patience_ms(m, LASER_MS) * CMIS_MS) {
		become(m, laser, timeout, true);
	} else if (lasted > LASER_MS * CMIS_MS && !l->late) {
		l->late = true;
		laser_event(m, laser, ", longer than it should take");
	}
}

static void judge(struct cmis_manager *m, unsigned laser, const uint8_t *page)
{
	struct cmis_laser_seen *l = &m->els.laser[laser];
	unsigned i = laser % CMIS_LANES;

	l->when_ns = m->now;
	l->wanted = m->els.wish >> laser & 1;
	l->enabled = els_code(CMIS_ElsLaneEnable, i, page);
	l->state = (enum cmis_laser_state)els_code(CMIS_ElsLaneState, i, page);
	l->fault = (uint8_t)els_code(CMIS_ElsLaneFaultCode, i, page);
	l->warning = (uint8_t)els_code(CMIS_ElsLaneWarningCode, i, page);
	if (l->wanted && l->fault != 0)
		become(m, laser, CMIS_REASON_LASER_FAULT, true);
	else if (l->state == (l->wanted ? CMIS_LASER_ON : CMIS_LASER_OFF))
		become(m, laser, CMIS_REASON_NONE, false);
	else if (l->wanted)
		await(m, laser, CMIS_REASON_LASER_ON, CMIS_REASON_LASER_ON_TIMEOUT);
	else
		await(m, laser, CMIS_REASON_LASER_OFF, CMIS_REASON_LASER_OFF_TIMEOUT);
}

/* Lasers that this bank has, bit per laser; LaneEnable of others is left alone. */
static uint8_t existing(const struct els *e, unsigned bank)
{
	unsigned before = bank * CMIS_LANES;

	if (e->seen.lasers >= before + CMIS_LANES)
		return 0xFF;
	return (uint8_t)((1u << (e->seen.lasers > before ? e->seen.lasers - before : 0)) - 1);
}

int lasers_enable(struct cmis_manager *m, unsigned bank, uint8_t is)
{
	uint8_t ours = existing(&m->els, bank);
	uint8_t to = (uint8_t)((is & ~ours) | (m->els.wish >> bank * CMIS_LANES & ours));

	return is == to ? 0 : bus_write(m, bank, els_page(m, ELS_STATUS), LANE_ENABLE, &to, 1);
}

static int read_monitors(struct cmis_manager *m, unsigned bank)
{
	uint8_t page[CMIS_HALF];
	int ret = bus_read(m, bank, els_page(m, ELS_MONITORS), CMIS_HALF, page, CMIS_HALF);

	for (unsigned i = 0; ret == 0 && i < CMIS_LANES; i++) {
		struct cmis_laser_seen *l = &m->els.laser[bank * CMIS_LANES + i];

		l->power_mw = els_value(m, CMIS_ElsPower, i, page);
		l->bias_ma = els_value(m, CMIS_ElsBias, i, page);
		l->voltage = els_value(m, CMIS_ElsVoltage, i, page);
	}
	return ret;
}

/* When a laser that is waited for may have come. */
static uint64_t next_look(const struct cmis_manager *m, unsigned bank)
{
	uint64_t due = NEVER;

	for (unsigned i = 0; i < CMIS_LANES; i++) {
		const struct cmis_laser_seen *l = &m->els.laser[bank * CMIS_LANES + i];
		bool waits =
			l->reason == CMIS_REASON_LASER_ON || l->reason == CMIS_REASON_LASER_OFF;

		if (waits && poll_after(m, l->since_ns) < due)
			due = poll_after(m, l->since_ns);
	}
	return due;
}

int lasers_look(struct cmis_manager *m, unsigned bank)
{
	struct els_bank *k = &m->els.bank[bank];
	int ret;

	if (m->now < k->due && (m->now < k->monitor || !bus_allows(m, 6)))
		return 0;
	ret = lasers_read_status(m, bank);
	if (ret != 0)
		return ret;
	for (unsigned i = 0; i < CMIS_LANES; i++)
		if (existing(&m->els, bank) >> i & 1)
			judge(m, bank * CMIS_LANES + i, k->status);
	ret = lasers_enable(m, bank, k->status[LANE_ENABLE - CMIS_HALF]);
	if (ret == 0 && m->now >= k->monitor) {
		ret = read_monitors(m, bank);
		k->monitor = m->now + m->set.monitor_ns;
	}
	k->due = ret == 0 ? next_look(m, bank) : m->now;
	return ret;
}
