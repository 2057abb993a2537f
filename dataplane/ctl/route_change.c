/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verbs "route-add" and "route-del": routes of RIB_ASKED, one or a list of them, all or
 * nothing. Workers see all of a message at once. Control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/control_request.h"
#include "dataplane/ctl/route_text.h"
#include "dataplane/ctl/route_verbs.h"

struct change {
	struct rib_prefix to;
	uint32_t metric;
	bool had; /* undo: what was there before */
	struct rib_route_view before;
	struct rib_hop hops[RIB_MAX_HOPS];
};

static int read_prefix(const json_t *o, struct change *c, bool any, struct err *err)
{
	const json_t *vrf = json_object_get(o, "vrf"), *metric = json_object_get(o, "metric");
	const char *text;
	const int ret = control_text(o, "to", &text, err);

	if (ret)
		return ret;
	if (!route_parse_prefix(text, &c->to))
		return err_set(err, -EINVAL, "route: \"%.64s\" is no prefix", text);
	if ((vrf && (!json_is_integer(vrf) || json_integer_value(vrf) < 0 ||
		     json_integer_value(vrf) > UINT16_MAX)) ||
	    (metric && (!json_is_integer(metric) || json_integer_value(metric) < 0 ||
			json_integer_value(metric) >= UINT32_MAX)))
		return err_set(err, -EINVAL, "route to %.64s: \"vrf\" and \"metric\" are numbers",
			       text);
	c->to.vrf = (uint16_t)json_integer_value(vrf);
	c->metric = metric || !any ? (uint32_t)json_integer_value(metric) : UINT32_MAX;
	return 0;
}

/* "type", or "paths", or one hop in the route itself. */
static int read_target(const struct board *b, const json_t *o, struct rib_target *t,
		       struct rib_hop *hops, struct err *err)
{
	const json_t *paths = json_object_get(o, "paths");
	const char *type = json_string_value(json_object_get(o, "type"));
	int ret = 0;

	*t = (struct rib_target){ .hops = hops };
	for (enum rib_kind k = RIB_BLACKHOLE; type && k <= RIB_PROHIBIT; k++)
		if (strcmp(type, rib_kind_names[k]) == 0)
			t->kind = k;
	if (t->kind != RIB_VIA)
		return 0;
	if (type)
		return err_set(err, -EINVAL,
			       "route: no type \"%.32s\"; blackhole, unreachable or prohibit, or "
			       "give \"via\"",
			       type);
	if (!paths) {
		t->n_hops = 1;
		return route_parse_hop(b, o, hops, err);
	}
	if (!json_is_array(paths) || json_array_size(paths) < 1 ||
	    json_array_size(paths) > RIB_MAX_HOPS)
		return err_set(err, -EINVAL, "route: \"paths\" is a list of 1 to %d next hops",
			       RIB_MAX_HOPS);
	while (!ret && t->n_hops < json_array_size(paths)) {
		ret = route_parse_hop(b, json_array_get(paths, t->n_hops), &hops[t->n_hops], err);
		t->n_hops++;
	}
	return ret;
}

static int add(struct board *b, const json_t *o, struct change *c, struct err *err)
{
	struct rib_hop hops[RIB_MAX_HOPS];
	struct rib_target target;
	int ret = read_prefix(o, c, false, err);

	if (!ret)
		ret = read_target(b, o, &target, hops, err);
	if (ret)
		return ret;
	c->had = rib_get(b, RIB_ASKED, &c->to, c->metric, c->hops, &c->before) == 0;
	return rib_add(b, RIB_ASKED, &c->to, c->metric, &target, err);
}

static int del(struct board *b, const json_t *o, struct change *c, struct err *err)
{
	int ret = read_prefix(o, c, true, err);

	if (ret)
		return ret;
	c->had = rib_get(b, RIB_ASKED, &c->to, c->metric, c->hops, &c->before) == 0;
	if (!c->had)
		return err_set(err, -ENOENT,
			       "there is no such route from this socket; `cpx show routes "
			       "--source asked` lists them");
	c->metric = c->before.metric;
	return rib_del(b, RIB_ASKED, &c->to, c->metric, err);
}

/* What it leads to has not gone: nothing was committed. */
static void undo(struct board *b, const struct change *c)
{
	const struct rib_target before = { .kind = c->before.kind,
					   .n_hops = c->before.n_hops,
					   .hops = c->hops };

	if (c->had)
		rib_add(b, RIB_ASKED, &c->to, c->metric, &before, NULL);
	else
		rib_del(b, RIB_ASKED, &c->to, c->metric, NULL);
}

static int change_all(struct board *b, const json_t *request, json_t *reply,
		      int (*change)(struct board *b, const json_t *o, struct change *c,
				    struct err *err),
		      struct err *err)
{
	const json_t *list = json_object_get(request, "routes");
	const size_t n = list ? json_array_size(list) : 1;
	struct change *c = calloc(n ? n : 1, sizeof(*c));
	size_t done = 0;
	int ret = 0;

	if (!c)
		return err_set(err, -ENOMEM, "routes: no memory; send fewer in one message");
	if (list && n == 0)
		ret = err_set(err, -EINVAL, "\"routes\" is a list of routes");
	while (!ret && done < n) {
		ret = change(b, list ? json_array_get(list, done) : request, &c[done], err);
		done += !ret;
	}
	if (ret)
		for (size_t i = done; i-- > 0;)
			undo(b, &c[i]);
	rib_commit(b);
	if (!ret)
		json_object_set_new(reply, "changed", json_integer((json_int_t)n));
	free(c);
	return ret;
}

int route_verb_add(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	return change_all(arg, request, reply, add, err);
}

int route_verb_del(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	return change_all(arg, request, reply, del, err);
}
