/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A step of the manager: run the state that it is in, decide what an error means, say when to come
 * back. And the door: what is wanted, what is seen.
 */
#include "lib/cmis/manager/manager.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define BACKOFF_MAX  500   /* ms between tries while nothing is acknowledged */
#define HOPELESS_MAX 10000 /* ms between tries of what is no CMIS module, or cannot be written */
#define UNSTEADY_MAX 3     /* strikes until it may be another module */
#define TURNS        8     /* state changes in one step */
#define ROOM         64

static enum cmis_reason reason_of_error(int error)
{
	switch (error) {
	case -EREMOTEIO:
		return CMIS_REASON_NACK;
	case -EROFS:
		return CMIS_REASON_READ_ONLY;
	case -EBADE:
		return CMIS_REASON_PAGE_LOST;
	case -EPROTO:
		return CMIS_REASON_NO_CMIS;
	case -EBADMSG:
		return CMIS_REASON_UNSTEADY;
	default:
		return CMIS_REASON_LINK;
	}
}

static void trouble(struct cmis_manager *m, int error)
{
	bool identified = m->seen.state >= CMIS_MANAGER_PARK;
	bool hopeless = error == -EPROTO || error == -EROFS;
	uint32_t most = hopeless ? HOPELESS_MAX : BACKOFF_MAX;

	if (error == -ENODEV) {
		if (m->seen.state != CMIS_MANAGER_ABSENT)
			m->seen.counters.removals++;
		m->recheck = false;
		m->known = 0;
		m->strikes = 0;
		state_enter(m, CMIS_MANAGER_ABSENT);
		m->retry = m->now + PROBE;
		return;
	}
	if (error == -EREMOTEIO && cdb_excuses(m)) {
		m->recheck = identified;
		return;
	}
	m->retry = m->now + backoff(m->strikes++, 5, most);
	m->recheck = identified;
	if (identified && error == -EBADMSG && m->strikes >= UNSTEADY_MAX) {
		m->recheck = false;
		m->known = 0;
		state_enter(m, CMIS_MANAGER_IDENTIFY);
	}
	engine_reason(m, m->seen.state, reason_of_error(error));
}

static void recovered(struct cmis_manager *m)
{
	enum cmis_reason r = m->seen.reason;
	bool ours = r == CMIS_REASON_NACK || r == CMIS_REASON_LINK || r == CMIS_REASON_READ_ONLY ||
		    r == CMIS_REASON_PAGE_LOST || r == CMIS_REASON_NO_CMIS ||
		    r == CMIS_REASON_UNSTEADY;

	m->strikes = 0;
	if (ours)
		engine_reason(m, m->seen.state, state_reason(m->seen.state));
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next(const struct cmis_manager *m)
{
	uint64_t when;

	if (m->recheck)
		return m->now;
	if (m->seen.state != CMIS_MANAGER_READY)
		return m->due;
	if (cdb_owns(m))
		return cdb_due(m);
	when = sooner(m->watch, els_next(m));
	for (unsigned b = 0; b < state_banks(m); b++) {
		const struct bank *k = &m->bank[b];

		when = sooner(when, k->due);
		/* without allowance it is tried again when there is some */
		if (!m->limited)
			when = sooner(sooner(when, diagnostics_next(k)),
				      sooner(k->monitor, k->vdm_due));
		if (k->freeze == FREEZE_WAIT)
			when = sooner(when, m->now + POLL_MIN);
	}
	when = sooner(when, cdb_due(m));
	return m->limited ? sooner(when, m->now + POLL_MAX) : when;
}

uint64_t cmis_manager_step(struct cmis_manager *m, uint64_t now)
{
	int ret = 0;
	uint64_t when;

	m->now = now > m->now ? now : m->now;
	if (m->kicked) {
		m->kicked = false;
		m->retry = m->watch = m->due = 0;
		els_forget(m);
		for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
			m->bank[b].due = 0;
			for (unsigned i = 0; i < m->bank[b].ports; i++)
				m->bank[b].port[i].seen.retry_ns = 0;
		}
	}
	if (m->now < m->retry)
		return m->retry;
	m->left = m->set.step_transactions;
	m->limited = false;
	for (unsigned i = 0; i < TURNS && ret == 0; i++) {
		enum cmis_manager_state before = m->seen.state;

		ret = state_run(m);
		if (ret == 0)
			recovered(m);
		if (ret == 0 && m->seen.state == before)
			break;
	}
	if (ret != 0 && ret != -EAGAIN) {
		trouble(m, ret);
		return m->retry;
	}
	when = ret == -EAGAIN ? 0 : next(m);
	return when > m->now ? when : m->now + CMIS_MS;
}

/* Banks without a summary in lower memory are looked at whenever there is news. */
void cmis_manager_interrupt(struct cmis_manager *m)
{
	m->watch = 0;
	for (unsigned b = SUMMARIES; b < CMIS_MAX_BANKS; b++)
		m->bank[b].monitor = 0;
}

void cmis_manager_kick(struct cmis_manager *m)
{
	m->kicked = true;
}

static bool same_wish(const struct cmis_port_wish *a, const struct cmis_port_wish *b)
{
	return a->first == b->first && a->lanes == b->lanes && a->app == b->app;
}

int cmis_manager_want(struct cmis_manager *m, unsigned bank, const struct cmis_port_wish *ports,
		      unsigned count, struct err *err)
{
	struct port to[CMIS_LANES] = { 0 };
	unsigned used = 0;
	struct bank *k;

	if (bank >= CMIS_MAX_BANKS || count > CMIS_LANES)
		return err_set(err, -EINVAL,
			       "%s: bank %u with %u ports: there are %u banks of %u lanes", m->name,
			       bank, count, CMIS_MAX_BANKS, CMIS_LANES);
	k = &m->bank[bank];
	for (unsigned i = 0; i < count; i++) {
		const struct cmis_port_wish *w = &ports[i];
		unsigned lanes = ((1u << (w->lanes & 15)) - 1) << (w->first & 7);

		if ((w->lanes != 1 && w->lanes != 2 && w->lanes != 4 && w->lanes != 8) ||
		    w->first + w->lanes > CMIS_LANES || w->app > 15)
			return err_set(err, -EINVAL,
				       "%s bank %u: %u lanes from lane %u: a port has 1, 2, 4 or 8 "
				       "lanes of one bank",
				       m->name, bank, w->lanes, w->first + 1);
		if (lanes & used)
			return err_set(err, -EINVAL, "%s bank %u: two ports want lane %d", m->name,
				       bank, __builtin_ctz(lanes & used) + 1);
		used |= lanes;
		to[i].seen = (struct cmis_port_seen){ .wish = *w,
						      .reason = CMIS_REASON_ENGINE,
						      .since_ns = m->now };
		for (unsigned l = 0; l < k->ports; l++)
			if (same_wish(&k->port[l].seen.wish, w))
				to[i] = k->port[l];
	}
	memcpy(k->port, to, sizeof(to));
	k->ports = count;
	k->due = 0;
	k->stray_ns = 0;
	return 0;
}

int cmis_manager_create(struct cmis_manager **out, const struct cmis_manager_settings *settings)
{
	struct cmis_manager *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -ENOMEM;
	m->set = *settings;
	if (m->set.monitor_ns == 0)
		m->set.monitor_ns = 1000 * CMIS_MS;
	if (m->set.watch_ns == 0)
		m->set.watch_ns = 100 * CMIS_MS;
	if (m->set.step_transactions == 0)
		m->set.step_transactions = 512;
	if (m->set.step_transactions < ROOM)
		m->set.step_transactions = ROOM;
	if (m->set.monitor_rate == 0)
		m->set.monitor_rate = 1000;
	m->tokens = m->set.monitor_rate;
	m->seen.reason = CMIS_REASON_ABSENT;
	m->seen.temperature = m->seen.vcc = NAN;
	snprintf(m->name, sizeof(m->name), "%s", settings->name ? settings->name : "engine");
	bank_forget(m);
	els_init(m);
	*out = m;
	return 0;
}

void cmis_manager_destroy(struct cmis_manager *m)
{
	free(m);
}

const struct cmis_manager_seen *cmis_manager_seen(const struct cmis_manager *m)
{
	return &m->seen;
}
