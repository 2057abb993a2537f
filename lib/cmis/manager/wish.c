/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wishes about loopback and patterns. One that a module is known not to be able to is refused as a
 * whole, with the reason, before anything changes.
 */
#include <errno.h>

#include "lib/cmis/manager/private.h"

#define ALL_LOOPS 0x0Fu

static bool identified(const struct cmis_manager *m)
{
	return m->seen.state >= CMIS_MANAGER_PARK;
}

/* Common to both wishes: is there such a lane, and such a page? */
static int check(const struct cmis_manager *m, uint64_t lanes, struct err *err)
{
	unsigned count = identified(m) ? m->seen.support.banks * CMIS_LANES : 64;

	if (lanes == 0 || (count < 64 && lanes >> count != 0))
		return err_set(err, -EINVAL,
			       "%s: lanes %llXh: it has lanes 0-%u; name at least one", m->name,
			       (unsigned long long)lanes, count - 1);
	if (identified(m) && !diagnostics_pages(m))
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
	char why[128];

	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		struct diagnostics d = m->bank[b].diag;

		if (!(uint8_t)(lanes >> b * CMIS_LANES) || !identified(m) || !d.known)
			continue;
		into(&d, (uint8_t)(lanes >> b * CMIS_LANES), how);
		if (diagnostics_refused(&d, why, sizeof(why)))
			return err_set(err, -ENOTSUP, "%s bank %u: %s: %s", m->name, b, what, why);
	}
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		struct diagnostics *d = &m->bank[b].diag;

		if (!(uint8_t)(lanes >> b * CMIS_LANES))
			continue;
		into(d, (uint8_t)(lanes >> b * CMIS_LANES), how);
		d->refused = d->known && diagnostics_refused(d, why, sizeof(why));
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
