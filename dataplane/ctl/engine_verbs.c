/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running board does with its engines when asked (control.h): each verb names an engine, and
 * lanes of it as a list of numbers from 0 through the engine (none: all that it has). Managers do
 * the work on their own threads; a verb says what is wanted from now on, or reads. Control thread.
 */
#include "dataplane/ctl/engine_verbs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "lib/cmis/decode.h"

/* What is asked, on its way to the manager's thread of control and back. */
struct ask {
	struct err *err;
	json_t *reply;
	uint64_t lanes;
	unsigned page, bank, roles, modes;
	enum cmis_side side;
	int pattern;
	bool on;
};

static int engine_of(const json_t *request, struct cpx_engine **e, struct err *err)
{
	const char *name;
	int ret = control_text(request, "engine", &name, err);

	if (ret)
		return ret;
	*e = cpx_engine_find(name);
	if (*e)
		return 0;
	return err_set(err, -ENOENT,
		       "no engine \"%.40s\" is managed on this board. `cpx show engines` lists "
		       "them; one with mgmt: none is nobody's",
		       name);
}

/* "lanes": [0, 1, 5]; absent: all of the engine. */
static int lanes_of(const json_t *request, struct cpx_engine *e, uint64_t *lanes, struct err *err)
{
	static struct cpx_engine_view v;
	const json_t *list = json_object_get(request, "lanes"), *n;
	unsigned count;
	size_t i;

	cpx_engine_look(e, &v);
	count = v.is_source ? 0 : v.seen.support.banks * CMIS_LANES;
	*lanes = count >= 64 ? UINT64_MAX : (1ull << count) - 1;
	if (!list)
		return count ? 0
			     : err_set(err, -ENODATA,
				       "%s: it has no lanes, or is not identified yet", v.name);
	*lanes = 0;
	json_array_foreach(list, i, n)
	{
		const json_int_t lane = json_integer_value(n);

		if (!json_is_integer(n) || lane < 0 || lane >= count)
			return err_set(err, -ERANGE, "%s: its lanes are numbers from 0 to %d",
				       v.name, (int)count - 1);
		*lanes |= 1ull << lane;
	}
	return *lanes ? 0 : err_set(err, -EINVAL, "lanes: a list of numbers, at least one");
}

static int finish(struct cpx_engine *e, int ret, struct err *err)
{
	if (ret == -EBUSY)
		return err_set(err, ret,
			       "%s: its bus is busy with something that takes long. Try again",
			       cpx_engine_name(e));
	if (ret == -ENODEV || ret == -EAGAIN)
		return err_set(err, ret, "%s: %s. Try again when `cpx show engines` has it ready",
			       cpx_engine_name(e),
			       ret == -ENODEV ? "no module answers" : "not identified yet");
	return ret;
}

/* ---- registers ---- */

static int do_read(struct cmis_manager *m, void *arg)
{
	struct ask *a = arg;
	uint8_t bytes[CMIS_HALF];
	char hex[2 * CMIS_HALF + 1];
	int ret = cmis_manager_read(m, a->bank, a->page, bytes);

	if (ret == -ENODATA)
		return err_set(a->err, ret, "it has no page %02Xh in bank %u", a->page, a->bank);
	if (ret == -EREMOTEIO || ret == -EBADE)
		return err_set(a->err, ret, "page %02Xh is not acknowledged. Try again", a->page);
	if (ret)
		return err_set(a->err, ret, "page %02Xh: %s", a->page, strerror(-ret));
	for (unsigned i = 0; i < CMIS_HALF; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	json_object_set_new(a->reply, "bytes", json_string(hex));
	return 0;
}

int engine_verb_read(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct ask a = { .err = err, .reply = reply };
	struct cpx_engine *e;
	int ret = engine_of(request, &e, err);

	(void)arg;
	if (!ret)
		ret = control_number(request, "page", 0, CMIS_LOWER, &a.page, err);
	if (!ret)
		ret = control_number(request, "bank", 0, 255, &a.bank, err);
	return ret ? ret : finish(e, cpx_engine_do(e, do_read, &a), err);
}

/* ---- wishes ---- */

static int up_or_down(const json_t *request, bool down, struct err *err)
{
	struct cpx_engine *e;
	uint64_t lanes;
	int ret = engine_of(request, &e, err);

	if (!ret)
		ret = lanes_of(request, e, &lanes, err);
	if (!ret)
		cpx_engine_set_down(e, lanes, down);
	return ret;
}

int engine_verb_up(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	return up_or_down(request, false, err);
}

int engine_verb_down(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	return up_or_down(request, true, err);
}

static int do_loopback(struct cmis_manager *m, void *arg)
{
	const struct ask *a = arg;

	return cmis_manager_want_loopback(m, a->lanes, a->modes, a->err);
}

int engine_verb_loopback(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	static const char *const modes[] = { "media-output", "media-input", "host-output",
					     "host-input" };
	struct ask a = { .err = err };
	struct cpx_engine *e;
	const char *mode;
	int ret = engine_of(request, &e, err);

	if (!ret)
		ret = lanes_of(request, e, &a.lanes, err);
	if (!ret)
		ret = control_text(request, "mode", &mode, err);
	for (unsigned i = 0; !ret && i < RTE_DIM(modes); i++)
		if (strcmp(mode, modes[i]) == 0)
			a.modes = 1u << i;
	if (!ret && a.modes == 0 && strcmp(mode, "off") != 0)
		ret = err_set(err, -EINVAL,
			      "mode \"%.20s\": it is off, media-output or host-input (the host's "
			      "frames come back), media-input or host-output (the fiber's do)",
			      mode);
	return ret ? ret : finish(e, cpx_engine_do(e, do_loopback, &a), err);
}

static int do_prbs(struct cmis_manager *m, void *arg)
{
	const struct ask *a = arg;

	return cmis_manager_want_prbs(m, a->side, a->roles, a->lanes, a->pattern, a->err);
}

static int pattern_of(const json_t *request, int *pattern, struct err *err)
{
	const char *name;
	int ret = control_text(request, "pattern", &name, err);

	if (ret)
		return ret;
	*pattern = strcmp(name, "off") == 0 ? -1 : cmis_pattern_find(name);
	if (*pattern >= -1)
		return 0;
	return err_set(err, -EINVAL,
		       "pattern \"%.20s\": there are PRBS31Q, PRBS13Q, PRBS9Q … SSPRQ, "
		       "and off",
		       name);
}

static int side_of(const json_t *request, enum cmis_side *side, struct err *err)
{
	const char *name;
	int ret = control_text(request, "side", &name, err);

	if (ret)
		return ret;
	*side = strcmp(name, "host") == 0 ? CMIS_SIDE_HOST : CMIS_SIDE_MEDIA;
	if (*side == CMIS_SIDE_HOST || strcmp(name, "media") == 0)
		return 0;
	return err_set(err, -EINVAL, "side \"%.20s\": it is host or media", name);
}

int engine_verb_prbs(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct ask a = { .err = err };
	struct cpx_engine *e;
	int ret = engine_of(request, &e, err);

	if (!ret)
		ret = lanes_of(request, e, &a.lanes, err);
	if (!ret)
		ret = side_of(request, &a.side, err);
	if (!ret)
		ret = control_number(request, "roles", 1, 3, &a.roles, err);
	if (!ret)
		ret = pattern_of(request, &a.pattern, err);
	return ret ? ret : finish(e, cpx_engine_do(e, do_prbs, &a), err);
}

static json_t *real(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *pattern_text(int pattern)
{
	const char *name = pattern < 0 ? NULL : cmis_name(CMIS_TYPE_PATTERN, (uint64_t)pattern);

	return name ? json_string(name) : json_null();
}

static int do_results(struct cmis_manager *m, void *arg)
{
	const struct ask *a = arg;
	json_t *list = json_array();

	for (unsigned i = 0; i < 64; i++) {
		struct cmis_prbs_seen p;

		if (!(a->lanes >> i & 1) ||
		    cmis_manager_prbs_seen(m, i / CMIS_LANES, i % CMIS_LANES + 1, a->side, &p) != 0)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "lane", (int)i,
				  "generates", pattern_text(p.generates), "checks",
				  pattern_text(p.checks), "locked",
				  p.checks < 0 ? json_null() : json_boolean(p.locked), "bits",
				  p.counted ? json_integer((json_int_t)p.bits) : json_null(),
				  "errors",
				  p.counted ? json_integer((json_int_t)p.errors) : json_null(),
				  "ber", real(p.ber), "snr_db", real(p.snr_db)));
	}
	return json_object_set_new(a->reply, "lanes", list) ? -ENOMEM : 0;
}

int engine_verb_prbs_results(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct ask a = { .err = err, .reply = reply };
	struct cpx_engine *e;
	int ret = engine_of(request, &e, err);

	if (!ret)
		ret = lanes_of(request, e, &a.lanes, err);
	if (!ret)
		ret = side_of(request, &a.side, err);
	return ret ? ret : finish(e, cpx_engine_do(e, do_results, &a), err);
}

static int do_reset(struct cmis_manager *m, void *arg)
{
	struct ask *a = arg;
	int ret = cmis_manager_reset(m);

	return ret == -ENOTSUP ? err_set(a->err, ret, "it has flat memory, which knows no reset")
			       : ret;
}

int engine_verb_reset(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct ask a = { .err = err };
	struct cpx_engine *e;
	int ret = engine_of(request, &e, err);

	return ret ? ret : finish(e, cpx_engine_do(e, do_reset, &a), err);
}

static int do_low_power(struct cmis_manager *m, void *arg)
{
	cmis_manager_want_low_power(m, ((struct ask *)arg)->on);
	return 0;
}

int engine_verb_lowpower(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const json_t *on = json_object_get(request, "on");
	struct ask a = { .on = json_is_true(on) };
	struct cpx_engine *e;
	int ret = engine_of(request, &e, err);

	if (!ret && !json_is_boolean(on))
		ret = err_set(err, -EINVAL, "on: true or false is missing");
	return ret ? ret : finish(e, cpx_engine_do(e, do_low_power, &a), err);
}

/* ---- what surrounds an emulated one ---- */

int engine_verb_inject(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct cpx_engine *e;
	const char *text;
	int ret = engine_of(request, &e, err);

	if (!ret)
		ret = control_text(request, "request", &text, err);
	return ret ? ret : cpx_engine_inject(e, text, err);
}

int engine_verb_list(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	static const char *const mgmt[] = { [CPX_MGMT_NONE] = "none",
					    [CPX_MGMT_EMULATED] = "emulated",
					    [CPX_MGMT_UNIX] = "unix",
					    [CPX_MGMT_OPTOE] = "optoe" };
	static struct cpx_engine_view v;
	struct cpx_engine *engines[CPX_MAX_MODULES];
	const unsigned n = cpx_engine_list(engines);
	json_t *list = json_array();

	for (unsigned i = n; i-- > 0;) {
		cpx_engine_look(engines[i], &v);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:b, s:s, s:s, s:s}", "engine", v.name,
						"mgmt", mgmt[v.mgmt], "lasers", v.is_source, "part",
						v.seen.part, "serial", v.seen.serial, "reason",
						cmis_reason_name(v.seen.reason)));
	}
	return json_object_set_new(reply, "engines", list) ? -ENOMEM : 0;
}
