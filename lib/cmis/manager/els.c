/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * External laser sources. One is a module of its own (pages 1Ah and 1Bh), or it answers in joint
 * mode through an engine, whose pages B1h-B5h are the source's 00h, 01h, 02h, 1Ah and 1Bh; here the
 * only differences are where a page lies, and that a source which an engine speaks for can be away
 * while the engine is there.
 *
 * The summary of all lasers is read as often as lower memory, so one that fails is looked at within
 * a tenth of a second (laser.c); monitors take what is left of their budget.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define SUMMARY     165
#define LANE_ENABLE 220
#define STRIKES     3               /* failed tries until a joint source counts as gone */
#define JOINT_PROBE (500 * CMIS_MS) /* of a joint source that is away */
#define INTERRUPT   0x01            /* L:3.0 InterruptDeasserted */

static bool is_joint(const struct cmis_manager *m)
{
	return m->set.joint && !m->seen.support.flat && m->seen.support.identifier != CMIS_ELSFP;
}

static bool has_source(const struct cmis_manager *m)
{
	return is_joint(m) || (m->seen.support.identifier == CMIS_ELSFP && !m->seen.support.flat);
}

/* Where a page of the source lies. */
unsigned els_page(const struct cmis_manager *m, unsigned page)
{
	if (!is_joint(m))
		return page;
	return page <= 0x02 ? 0xB1 + page : 0xB4 + page - ELS_STATUS;
}

unsigned els_code(enum cmis_field_id id, unsigned i, const uint8_t *page)
{
	uint64_t bits = 0;

	cmis_get(id, i, page, CMIS_HALF, &bits);
	return (unsigned)bits;
}

double els_value(const struct cmis_manager *m, enum cmis_field_id id, unsigned i,
		 const uint8_t *page)
{
	struct cmis_value v;

	return cmis_decode(&m->seen.support, id, i, page, CMIS_HALF, &v) == 0 ? v.number : NAN;
}

/* A page that does not change: twice the same bytes. */
static int read_steady(struct cmis_manager *m, unsigned page, uint8_t bytes[CMIS_HALF])
{
	uint8_t again[CMIS_HALF];
	int ret = bus_read(m, 0, els_page(m, page), CMIS_HALF, bytes, CMIS_HALF);

	if (ret == 0)
		ret = bus_read(m, 0, els_page(m, page), CMIS_HALF, again, CMIS_HALF);
	return ret == 0 && memcmp(bytes, again, CMIS_HALF) != 0 ? -EBADMSG : ret;
}

/* Who answers behind the engine. -EPROTO: nobody. */
static int identify_joint(struct cmis_manager *m, unsigned *banks)
{
	struct cmis_els_seen *s = &m->els.seen;
	uint8_t page[CMIS_HALF];
	int ret = read_steady(m, 0x00, page);

	if (ret == 0 && page[0] != CMIS_ELSFP)
		ret = -EPROTO;
	if (ret != 0)
		return ret;
	cmis_get_text(CMIS_VendorName, page, CMIS_HALF, s->vendor, sizeof(s->vendor));
	cmis_get_text(CMIS_VendorPN, page, CMIS_HALF, s->part, sizeof(s->part));
	cmis_get_text(CMIS_VendorSN, page, CMIS_HALF, s->serial, sizeof(s->serial));
	ret = read_steady(m, 0x01, page);
	if (ret == 0)
		*banks = 1u << els_code(CMIS_BanksSupported, 0, page);
	return ret;
}

/* What the source is able to do: constant, in 1Ah of bank 0. */
static int describe(struct cmis_manager *m)
{
	struct els *e = &m->els;
	struct cmis_els_seen *s = &e->seen;
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE };
	const uint8_t *page = e->bank[0].status;
	unsigned banks = m->seen.support.banks, count;
	bool was = s->present;
	int ret = is_joint(m) ? identify_joint(m, &banks) : 0;

	if (ret == 0)
		ret = lasers_read_status(m, 0);
	if (ret != 0)
		return ret;
	if (!is_joint(m)) {
		memcpy(s->vendor, m->seen.vendor, sizeof(s->vendor));
		memcpy(s->part, m->seen.part, sizeof(s->part));
		memcpy(s->serial, m->seen.serial, sizeof(s->serial));
	}
	count = els_code(CMIS_ElsLaneCount, 0, page);
	s->lasers = count == 0 || count > banks * CMIS_LANES ? banks * CMIS_LANES : count;
	s->constant_power = els_code(CMIS_ElsControlMode, 0, page);
	s->max_power_mw = els_value(m, CMIS_ElsMaxOpticalPower, 0, page);
	s->min_power_mw = els_value(m, CMIS_ElsMinOpticalPower, 0, page);
	s->max_bias_ma = els_value(m, CMIS_ElsMaxLaserBias, 0, page);
	s->min_bias_ma = els_value(m, CMIS_ElsMinLaserBias, 0, page);
	for (unsigned i = 0; i < CMIS_LEVELS; i++) {
		s->power_threshold_mw[i] = els_value(m, CMIS_ElsPowerThreshold, i, page);
		s->bias_threshold_ma[i] = els_value(m, CMIS_ElsBiasThreshold, i, page);
	}
	s->joint = is_joint(m);
	s->present = true;
	s->reason = CMIS_REASON_NONE;
	e->banks = banks;
	if (!was)
		report(m, &event, "%s%s %s, serial %s, %u lasers",
		       s->joint ? "speaks for laser source " : "", s->vendor, s->part, s->serial,
		       s->lasers);
	return 0;
}

/* Whether something happened: the summary moved, or the module has an interrupt for us. */
static int watch(struct cmis_manager *m)
{
	struct els *e = &m->els;
	uint8_t summary;
	int ret;

	if (m->now < e->watch)
		return 0;
	ret = bus_read(m, 0, els_page(m, ELS_STATUS), SUMMARY, &summary, 1);
	if (ret != 0)
		return ret;
	e->watch = m->now + m->set.watch_ns;
	if (summary != e->summary || (!is_joint(m) && !(m->lower[3] & INTERRUPT)))
		for (unsigned b = 0; b < e->banks; b++)
			if (e->bank[b].monitor > m->now)
				e->bank[b].monitor = m->now;
	e->summary = summary;
	return 0;
}

static int run(struct cmis_manager *m)
{
	int ret = m->els.banks == 0 ? describe(m) : 0;

	if (ret == 0)
		ret = watch(m);
	for (unsigned b = 0; ret == 0 && b < m->els.banks; b++)
		ret = lasers_look(m, b);
	return ret;
}

/* Nothing is known of lasers of which nothing can be read. */
static void unknown(struct cmis_manager *m, enum cmis_reason reason)
{
	for (unsigned k = 0; k < CMIS_MAX_LASERS; k++) {
		struct cmis_laser_seen *l = &m->els.laser[k];

		if (l->reason != reason)
			l->since_ns = m->now;
		*l = (struct cmis_laser_seen){
			.wanted = m->els.wish >> k & 1,
			.reason = reason,
			.since_ns = l->since_ns,
			.ons = l->ons,
			.power_mw = NAN,
			.bias_ma = NAN,
			.voltage = NAN,
		};
	}
	m->els.banks = 0;
}

/* Whether an error says something of the source behind an engine, not of the engine. */
static bool is_of_source(int ret)
{
	return ret == -EBADE || ret == -EREMOTEIO || ret == -EPROTO || ret == -EBADMSG;
}

static int run_joint(struct cmis_manager *m)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE, .reason = CMIS_REASON_ABSENT };
	struct els *e = &m->els;
	int ret;

	if (m->now < e->retry)
		return 0;
	ret = run(m);
	if (ret == 0)
		e->strikes = 0;
	if (!is_of_source(ret))
		return ret;
	e->banks = 0; /* it may be another one when it comes back */
	els_forget(m);
	e->retry = m->now + (e->seen.present ? m->set.watch_ns : JOINT_PROBE);
	if (e->seen.present && ++e->strikes < STRIKES)
		return 0;
	if (e->seen.present)
		report(m, &event, "its laser source does not answer any more");
	e->seen.present = false;
	e->seen.reason = ret == -EREMOTEIO ? CMIS_REASON_NACK
			 : ret == -EBADMSG ? CMIS_REASON_UNSTEADY
					   : CMIS_REASON_ABSENT;
	unknown(m, e->seen.reason);
	return 0;
}

int els_run(struct cmis_manager *m)
{
	if (!has_source(m))
		return 0;
	return is_joint(m) ? run_joint(m) : run(m);
}

int els_park(struct cmis_manager *m)
{
	struct els *e = &m->els;
	int ret = 0;

	if (!has_source(m))
		return 0;
	if (e->banks == 0)
		ret = describe(m);
	for (; ret == 0 && e->parked < e->banks; e->parked += ret == 0) {
		uint8_t is;

		ret = bus_read(m, e->parked, els_page(m, ELS_STATUS), LANE_ENABLE, &is, 1);
		if (ret == 0)
			ret = lasers_enable(m, e->parked, is);
	}
	return is_joint(m) && is_of_source(ret) ? 0 : ret;
}

void els_forget(struct cmis_manager *m)
{
	struct els *e = &m->els;

	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		e->bank[b].fresh = true;
		e->bank[b].due = e->bank[b].monitor = 0;
	}
	for (unsigned k = 0; k < CMIS_MAX_LASERS; k++)
		if (!e->laser[k].failed) /* deadlines begin anew */
			e->laser[k].since_ns = m->now;
	e->parked = 0;
	e->watch = e->retry = 0;
}

void els_hold(struct cmis_manager *m, enum cmis_reason reason)
{
	if (reason == CMIS_REASON_ABSENT) {
		m->els.seen.present = false;
		m->els.seen.reason = CMIS_REASON_ABSENT;
	}
	unknown(m, reason);
}

void els_init(struct cmis_manager *m)
{
	m->els.wish = UINT64_MAX;
	m->els.seen.reason = CMIS_REASON_ABSENT;
	els_forget(m);
	unknown(m, CMIS_REASON_ABSENT);
}

uint64_t els_next(const struct cmis_manager *m)
{
	const struct els *e = &m->els;
	uint64_t when;

	if (!has_source(m))
		return NEVER;
	if (is_joint(m) && m->now < e->retry)
		return e->retry;
	when = e->watch;
	for (unsigned b = 0; b < e->banks; b++) {
		const struct els_bank *k = &e->bank[b];

		if (k->due < when)
			when = k->due;
		if (!m->limited && k->monitor < when)
			when = k->monitor;
	}
	return when;
}

bool els_has_page(const struct cmis_manager *m, unsigned bank, unsigned page)
{
	return is_joint(m) && m->els.banks > 0 && page >= 0xB1 && page <= 0xB5 &&
	       bank < (page >= 0xB4 ? m->els.banks : 1);
}

void cmis_manager_want_lasers(struct cmis_manager *m, uint64_t lasers)
{
	m->els.wish = lasers;
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++)
		m->els.bank[b].due = 0;
}

const struct cmis_els_seen *cmis_manager_els(const struct cmis_manager *m)
{
	return has_source(m) ? &m->els.seen : NULL;
}

unsigned cmis_manager_lasers(const struct cmis_manager *m)
{
	return has_source(m) ? m->els.seen.lasers : 0;
}

const struct cmis_laser_seen *cmis_manager_laser(const struct cmis_manager *m, unsigned laser)
{
	return laser < cmis_manager_lasers(m) ? &m->els.laser[laser] : NULL;
}
