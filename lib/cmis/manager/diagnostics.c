/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loopback and patterns, page 13h. As with ports, what is wanted is kept and compared with what the
 * registers say, whenever a wish changes and at the rate of the monitors; so they come back after a
 * reset. Bits of lanes that nobody ever asked for are left as they are. Loopback goes first and
 * checkers last, so that a checker finds its pattern already there. How wishes come in: wish.c;
 * what checkers say: checker.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define ABLE          128 /* LoopbackCapabilities ... MediaCheckerPatterns */
#define CONTROLS      144
#define UNIT_BYTES    8 /* enable, invert, -, order, four of pattern nibbles */
#define PATTERN_AT    4
#define PATTERN_BYTES 4
#define LOOPBACK      180
#define SUMMARIES     4 /* banks whose flags lower memory tells of */

#define HOST_PER_LANE  0x10 /* of LoopbackCapabilities */
#define MEDIA_PER_LANE 0x20
#define SIMULTANEOUS   0x40

/* Why a bank cannot loop as wanted; NULL: it can. */
static const char *loop_refusal(const struct diagnostics *d)
{
	uint8_t able = d->able[0], media = d->loop[0] | d->loop[1], host = d->loop[2] | d->loop[3];
	unsigned modes = 0;
	bool apart[2] = { false, false };

	for (unsigned k = 0; k < LOOPS; k++) {
		modes |= d->loop[k] ? 1u << k : 0;
		apart[k / 2] |= d->loop[k] != 0 && d->loop[k] != 0xFF;
	}
	if (modes & ~able & CMIS_LOOPBACK_MEDIA_OUTPUT)
		return "it has no loopback at the media output";
	if (modes & ~able & CMIS_LOOPBACK_MEDIA_INPUT)
		return "it has no loopback at the media input";
	if (modes & ~able & CMIS_LOOPBACK_HOST_OUTPUT)
		return "it has no loopback at the host output";
	if (modes & ~able & CMIS_LOOPBACK_HOST_INPUT)
		return "it has no loopback at the host input";
	if (apart[0] && !(able & MEDIA_PER_LANE))
		return "it loops all lanes of a bank or none at the media side; ask for all eight";
	if (apart[1] && !(able & HOST_PER_LANE))
		return "it loops all lanes of a bank or none at the host side; ask for all eight";
	if (media && host && !(able & SIMULTANEOUS))
		return "it loops the host side or the media side, not both; take one back first";
	return NULL;
}

/* A pattern that is wanted of a unit that cannot; NULL: there is none. */
static const char *missing_pattern(const struct diagnostics *d)
{
	for (unsigned u = 0; u < UNITS; u++) {
		const uint8_t *able = d->able + 4 + 2 * u;

		for (unsigned i = 0; i < CMIS_LANES; i++) {
			uint8_t id = d->unit[u].pattern[i];

			if (d->unit[u].on >> i & 1 && !(able[id / 8] >> id % 8 & 1))
				return cmis_name(CMIS_TYPE_PATTERN, id);
		}
	}
	return NULL;
}

bool diagnostics_refused(const struct diagnostics *d, char *why, size_t size)
{
	const char *loop = loop_refusal(d), *pattern = missing_pattern(d);

	if (loop != NULL)
		snprintf(why, size, "%s", loop);
	else if (pattern != NULL)
		snprintf(why, size, "it lacks the pattern %s; 13h:132-139 says which it has",
			 pattern);
	return loop != NULL || pattern != NULL;
}

static int abilities(struct cmis_manager *m, unsigned bank)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE, .bank = (uint8_t)bank };
	struct diagnostics *d = &m->bank[bank].diag;
	char why[128];
	int ret = bus_read(m, bank, 0x13, ABLE, d->able, DIAG_ABLE);

	if (ret != 0)
		return ret;
	d->known = true;
	d->refused = diagnostics_refused(d, why, sizeof(why));
	if (d->refused)
		report(m, &event, "bank %u: loopback and patterns as wanted cannot be: %s", bank,
		       why);
	return 0;
}

/* What bytes 144..183 shall be. */
static void wanted(const struct diagnostics *d, uint8_t to[DIAG_CONTROLS])
{
	memcpy(to, d->is, DIAG_CONTROLS);
	for (unsigned u = 0; u < UNITS; u++) {
		const struct unit *w = &d->unit[u];
		uint8_t *at = to + u * UNIT_BYTES;

		at[0] = (uint8_t)((at[0] & ~w->asked) | w->on);
		for (unsigned i = 0; i < CMIS_LANES; i++)
			if (w->on >> i & 1) {
				uint8_t *two = at + PATTERN_AT + i / 2, shift = i % 2 * 4;

				*two = (uint8_t)((*two & ~(15 << shift)) | w->pattern[i] << shift);
			}
	}
	for (unsigned k = 0; k < LOOPS; k++) {
		uint8_t *at = to + LOOPBACK - CONTROLS + k;

		*at = (uint8_t)((*at & ~d->loop_asked) | d->loop[k]);
	}
}

/* Writes what differs of some bytes that belong together. */
static int put(struct cmis_manager *m, unsigned bank, const uint8_t to[DIAG_CONTROLS], unsigned at,
	       unsigned len)
{
	struct diagnostics *d = &m->bank[bank].diag;
	int ret;

	if (memcmp(d->is + at, to + at, len) == 0)
		return 0;
	ret = bus_write(m, bank, 0x13, (uint8_t)(CONTROLS + at), to + at, len);
	if (ret == 0)
		memcpy(d->is + at, to + at, len);
	return ret;
}

static int apply(struct cmis_manager *m, unsigned bank, const uint8_t to[DIAG_CONTROLS])
{
	struct diagnostics *d = &m->bank[bank].diag;
	int ret = put(m, bank, to, LOOPBACK - CONTROLS, LOOPS);

	for (unsigned u = 0; u < UNITS && ret == 0; u++) {
		unsigned at = u * UNIT_BYTES;
		bool other = memcmp(d->is + at + PATTERN_AT, to + at + PATTERN_AT, PATTERN_BYTES);
		uint8_t was = d->is[at], news = other ? to[at] : (uint8_t)(to[at] & ~was);

		ret = put(m, bank, to, at + PATTERN_AT, PATTERN_BYTES);
		if (ret == 0)
			ret = put(m, bank, to, at, 1);
		if (ret == 0 && u >= UNIT_HOST_CHECKER)
			checker_started(m, d, u - UNIT_HOST_CHECKER, news);
	}
	return ret;
}

static bool asked(const struct diagnostics *d)
{
	uint8_t any = d->loop_asked;

	for (unsigned u = 0; u < UNITS; u++)
		any |= d->unit[u].asked;
	return any != 0;
}

static int controls(struct cmis_manager *m, unsigned bank)
{
	struct diagnostics *d = &m->bank[bank].diag;
	uint8_t to[DIAG_CONTROLS];
	bool same;
	int ret = bus_read(m, bank, 0x13, CONTROLS, d->is, DIAG_CONTROLS);

	if (ret != 0)
		return ret;
	d->read = true;
	d->flags_due |= bank >= SUMMARIES;
	wanted(d, to);
	same = memcmp(d->is, to, DIAG_CONTROLS) == 0;
	if (!same && !d->refused)
		ret = apply(m, bank, to);
	if (ret == 0) /* what was written is read back soon */
		d->due = m->now + (same ? m->set.monitor_ns : POLL_MAX);
	return ret;
}

int diagnostics_run(struct cmis_manager *m, unsigned bank)
{
	struct diagnostics *d = &m->bank[bank].diag;
	int ret = 0;

	if (!diagnostics_pages(m)) {
		d->due = d->results = NEVER;
		return 0;
	}
	if (!d->known && m->now >= d->due && bus_allows(m, 3))
		ret = abilities(m, bank);
	if (ret == 0 && d->known && m->now >= d->due) {
		if (!asked(d))
			d->due = NEVER;
		else if (bus_allows(m, 6))
			ret = controls(m, bank);
	}
	return ret != 0 ? ret : checker_run(m, bank);
}

uint64_t diagnostics_next(const struct bank *k)
{
	uint64_t checks = checker_next(&k->diag);

	return k->diag.due < checks ? k->diag.due : checks;
}

void diagnostics_forget(struct bank *k)
{
	struct diagnostics *d = &k->diag;

	d->known = d->read = d->refused = d->flags_due = false;
	d->selector = 0;
	d->due = d->results = 0;
	d->unsupported = 0;
	memset(d->checker, 0, sizeof(d->checker));
}

int cmis_manager_loopback_seen(const struct cmis_manager *m, unsigned bank, unsigned lane,
			       unsigned *modes)
{
	const struct diagnostics *d = &m->bank[bank % CMIS_MAX_BANKS].diag;

	*modes = 0;
	if (m->seen.state < CMIS_MANAGER_PARK || !diagnostics_pages(m) ||
	    bank >= m->seen.support.banks || lane < 1 || lane > CMIS_LANES)
		return -ENODATA;
	if (d->refused)
		return -ENOTSUP;
	if (!d->known || (asked(d) && !d->read))
		return -EAGAIN;
	for (unsigned k = 0; k < LOOPS && d->read; k++)
		*modes |= (d->is[LOOPBACK - CONTROLS + k] >> (lane - 1) & 1u) << k;
	return 0;
}
