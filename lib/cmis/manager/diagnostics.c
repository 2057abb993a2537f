/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loopback and patterns, page 13h. As with ports, what is wanted is kept and compared with what the
 * registers say, whenever a wish changes and at the rate of the monitors; so they come back after a
 * reset. Bits of lanes that nobody ever asked for are left as they are. Loopback goes first and
 * checkers last, so that a checker finds its pattern already there. What checkers say: checker.c.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define ABLE          128 /* LoopbackCapabilities ... MediaCheckerPatterns */
#define CONTROLS      144
#define UNIT_BYTES    8 /* enable, invert, -, order, four of pattern nibbles */
#define PATTERN_AT    4
#define PATTERN_BYTES 4
#define LOOPBACK      180
#define SUMMARIES     4 /* banks whose flags lower memory tells of */

#define MEDIA_LOOPS    (CMIS_LOOPBACK_MEDIA_OUTPUT | CMIS_LOOPBACK_MEDIA_INPUT)
#define HOST_LOOPS     (CMIS_LOOPBACK_HOST_OUTPUT | CMIS_LOOPBACK_HOST_INPUT)
#define ALL_LOOPS      (MEDIA_LOOPS | HOST_LOOPS)
#define HOST_PER_LANE  0x10 /* of LoopbackCapabilities */
#define MEDIA_PER_LANE 0x20
#define SIMULTANEOUS   0x40

static bool has_pages(const struct cmis_manager *m)
{
	return cmis_has(&m->seen.support, CMIS_LoopbackMediaOutput);
}

static bool identified(const struct cmis_manager *m)
{
	return m->seen.state >= CMIS_MANAGER_PARK;
}

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

/* A pattern that a unit of the bank cannot; NULL: it can all that are wanted. */
static const char *pattern_refusal(const struct diagnostics *d)
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

static bool refused(const struct diagnostics *d)
{
	return loop_refusal(d) != NULL || pattern_refusal(d) != NULL;
}

static int abilities(struct cmis_manager *m, unsigned bank)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE, .bank = (uint8_t)bank };
	struct diagnostics *d = &m->bank[bank].diag;
	const char *why;
	int ret = bus_read(m, bank, 0x13, ABLE, d->able, DIAG_ABLE);

	if (ret != 0)
		return ret;
	d->known = true;
	d->refused = refused(d);
	why = loop_refusal(d);
	if (why != NULL)
		report(m, &event, "bank %u: loopback as wanted cannot be: %s", bank, why);
	why = pattern_refusal(d);
	if (why != NULL)
		report(m, &event, "bank %u: pattern %s as wanted cannot be: the module lacks it",
		       bank, why);
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

	if (!has_pages(m)) {
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

/* Common to both wishes: is there such a lane, and such a page? */
static int check(const struct cmis_manager *m, uint64_t lanes, struct err *err)
{
	unsigned count = identified(m) ? m->seen.support.banks * CMIS_LANES : 64;

	if (lanes == 0 || (count < 64 && lanes >> count != 0))
		return err_set(err, -EINVAL,
			       "%s: lanes %llXh: it has lanes 0-%u; name at least one", m->name,
			       (unsigned long long)lanes, count - 1);
	if (identified(m) && !has_pages(m))
		return err_set(err, -ENOTSUP,
			       "%s: no loopback and no patterns: the module has no diagnostics "
			       "pages (13h, 14h)",
			       m->name);
	return 0;
}

/* The wish as it would be, in every bank, before any is changed. */
typedef void (*change)(struct diagnostics *d, uint8_t lanes, const void *how);

static int want(struct cmis_manager *m, uint64_t lanes, change into, const void *how,
		const char *what, struct err *err)
{
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		struct diagnostics d = m->bank[b].diag;
		const char *why;

		if (!(uint8_t)(lanes >> b * CMIS_LANES) || !d.known)
			continue;
		into(&d, (uint8_t)(lanes >> b * CMIS_LANES), how);
		why = loop_refusal(&d);
		if (why != NULL)
			return err_set(err, -ENOTSUP, "%s bank %u: %s: %s", m->name, b, what, why);
		why = pattern_refusal(&d);
		if (why != NULL)
			return err_set(err, -ENOTSUP,
				       "%s bank %u: %s: it lacks the pattern %s; 13h:132-139 says "
				       "which it has",
				       m->name, b, what, why);
	}
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		struct diagnostics *d = &m->bank[b].diag;

		if (!(uint8_t)(lanes >> b * CMIS_LANES))
			continue;
		into(d, (uint8_t)(lanes >> b * CMIS_LANES), how);
		d->refused = d->known && refused(d);
		d->due = 0;
	}
	return 0;
}

static void change_loops(struct diagnostics *d, uint8_t lanes, const void *how)
{
	unsigned modes = *(const unsigned *)how;

	d->loop_asked |= lanes;
	for (unsigned k = 0; k < LOOPS; k++)
		d->loop[k] = (uint8_t)((d->loop[k] & ~lanes) | (modes >> k & 1 ? lanes : 0));
}

int cmis_manager_want_loopback(struct cmis_manager *m, uint64_t lanes, unsigned modes,
			       struct err *err)
{
	int ret = check(m, lanes, err);

	if (ret != 0)
		return ret;
	if (modes & ~ALL_LOOPS)
		return err_set(err, -EINVAL, "%s: %Xh are no loopback modes", m->name, modes);
	return want(m, lanes, change_loops, &modes, "loopback", err);
}

struct prbs {
	enum cmis_side side;
	unsigned roles;
	int pattern;
};

static void change_prbs(struct diagnostics *d, uint8_t lanes, const void *how)
{
	const struct prbs *p = how;

	for (unsigned u = p->side; u < UNITS; u += 2) {
		struct unit *w = &d->unit[u];

		if (!(p->roles & (u < UNIT_HOST_CHECKER ? CMIS_PRBS_GENERATE : CMIS_PRBS_CHECK)))
			continue;
		w->asked |= lanes;
		w->on = (uint8_t)((w->on & ~lanes) | (p->pattern >= 0 ? lanes : 0));
		for (unsigned i = 0; i < CMIS_LANES && p->pattern >= 0; i++)
			if (lanes >> i & 1)
				w->pattern[i] = (uint8_t)p->pattern;
	}
}

int cmis_manager_want_prbs(struct cmis_manager *m, enum cmis_side side, unsigned roles,
			   uint64_t lanes, int pattern, struct err *err)
{
	struct prbs how = { side, roles, pattern };
	int ret = check(m, lanes, err);

	if (ret != 0)
		return ret;
	if ((side != CMIS_SIDE_HOST && side != CMIS_SIDE_MEDIA) || roles == 0 ||
	    roles & ~(CMIS_PRBS_GENERATE | CMIS_PRBS_CHECK))
		return err_set(err, -EINVAL,
			       "%s: a pattern goes to a generator or a checker of the "
			       "host or the media side",
			       m->name);
	if (pattern < -1 ||
	    (pattern >= 0 && cmis_name(CMIS_TYPE_PATTERN, (unsigned)pattern) == NULL))
		return err_set(err, -EINVAL,
			       "%s: no pattern has ID %d; there are 0 (PRBS31Q) to 12 "
			       "(SSPRQ)",
			       m->name, pattern);
	return want(m, lanes, change_prbs, &how, "pattern", err);
}

int cmis_manager_loopback_seen(const struct cmis_manager *m, unsigned bank, unsigned lane,
			       unsigned *modes)
{
	const struct diagnostics *d = &m->bank[bank % CMIS_MAX_BANKS].diag;

	*modes = 0;
	if (!identified(m) || !has_pages(m) || bank >= m->seen.support.banks || lane < 1 ||
	    lane > CMIS_LANES)
		return -ENODATA;
	if (d->refused)
		return -ENOTSUP;
	if (!d->known || (asked(d) && !d->read))
		return -EAGAIN;
	for (unsigned k = 0; k < LOOPS && d->read; k++)
		*modes |= (d->is[LOOPBACK - CONTROLS + k] >> (lane - 1) & 1u) << k;
	return 0;
}
