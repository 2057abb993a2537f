/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verbs "routes", "nexthops" and "neighbors": lists in pages. A page ends with the number of
 * entries asked for, or when the message is full. Control thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/control_request.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/route_text.h"
#include "dataplane/ctl/route_verbs.h"

#define LIMIT      200
#define LIMIT_MAX  1000
#define PAGE_BYTES (CONTROL_MESSAGE_MAX - 4096)
#define ENTRY_COST 260 /* bytes of an entry at most, without its hops */
#define HOP_COST   130

struct page {
	const struct board *b;
	json_t *list;
	unsigned n, limit;
	size_t bytes;
	/* what is wanted of routes */
	const struct rib_prefix *within;
	uint8_t family; /* 0: both */
	int source;     /* -1: all */
	int vrf;        /* -1: all */
	bool done;
};

/* Room for another entry. */
static bool room(struct page *p, unsigned hops)
{
	const size_t cost = ENTRY_COST + (size_t)hops * HOP_COST;

	if (p->n >= p->limit || (p->n && p->bytes + cost > PAGE_BYTES))
		return false;
	p->n++;
	p->bytes += cost;
	return true;
}

static json_t *hops_json(const struct board *b, const struct rib_hop *hops, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, route_hop_json(b, &hops[i]));
	return list;
}

static json_t *route_json(const struct board *b, const struct rib_route_view *r)
{
	json_t *o =
		json_pack("{s:o, s:i, s:s, s:I, s:s, s:b, s:I}", "to", route_prefix_json(&r->to),
			  "vrf", (int)r->to.vrf, "source", rib_source_names[r->source], "metric",
			  (json_int_t)r->metric, "kind", rib_kind_names[r->kind], "best",
			  (int)r->best, "age_s", (json_int_t)r->age_s);

	json_object_set_new(o, "state",
			    json_string(r->stale                     ? "stale"
					: r->row == NEXTHOP_ROW_NONE ? "unresolved"
								     : "valid"));
	if (r->kind == RIB_OBJECT)
		json_object_set_new(o, "object", json_integer(r->object));
	if (r->n_hops)
		json_object_set_new(o, "hops", hops_json(b, r->hops, r->n_hops));
	return o;
}

static bool covered(const struct rib_prefix *outer, const struct rib_prefix *p)
{
	return p->vrf == outer->vrf && p->family == outer->family && p->len >= outer->len &&
	       prefix_match(p->addr, outer->addr, outer->len);
}

static bool take_route(void *arg, const struct rib_route_view *r)
{
	struct page *p = arg;

	if ((p->within && !covered(p->within, &r->to)) ||
	    (!p->within && p->vrf >= 0 && r->to.vrf > p->vrf)) {
		p->done = true; /* the order has passed what is wanted */
		return false;
	}
	if ((p->source >= 0 && (int)r->source != p->source) ||
	    (p->family && r->to.family != p->family) || (p->vrf >= 0 && r->to.vrf != p->vrf))
		return true;
	if (!room(p, r->n_hops))
		return false;
	json_array_append_new(p->list, route_json(p->b, r));
	return true;
}

static int read_limit(const json_t *request, struct page *p, struct err *err)
{
	p->limit = LIMIT;
	return json_object_get(request, "limit")
		       ? control_number(request, "limit", 1, LIMIT_MAX, &p->limit, err)
		       : 0;
}

static int read_filter(const json_t *request, struct page *p, struct err *err)
{
	unsigned n = 0;
	const char *text;
	int ret = read_limit(request, p, err);

	p->source = p->vrf = -1;
	if (!ret && json_object_get(request, "vrf")) {
		ret = control_number(request, "vrf", 0, UINT16_MAX, &n, err);
		p->vrf = (int)n;
	}
	if (!ret && json_object_get(request, "family")) {
		ret = control_number(request, "family", 4, 6, &n, err);
		p->family = n == 4 ? AF_INET : AF_INET6;
	}
	if (ret || !json_object_get(request, "source"))
		return ret;
	ret = control_text(request, "source", &text, err);
	for (int i = 0; !ret && i < RIB_SOURCES; i++)
		if (strcmp(rib_source_names[i], text) == 0)
			p->source = i;
	return ret || p->source >= 0
		       ? ret
		       : err_set(err, -EINVAL,
				 "no source \"%.32s\"; there are own, static, asked, fpm, kernel, "
				 "neighbor",
				 text);
}

static int read_prefix(const json_t *request, const char *key, const struct page *p,
		       struct rib_prefix *out, struct err *err)
{
	const char *text;
	const int ret = control_text(request, key, &text, err);

	if (ret)
		return ret;
	if (!route_parse_prefix(text, out))
		return err_set(err, -EINVAL, "\"%s\": \"%.64s\" is no prefix or address", key,
			       text);
	out->vrf = (uint16_t)(p->vrf > 0 ? p->vrf : 0);
	return 0;
}

/* As text: "VRF FAMILY LENGTH SOURCE METRIC ADDRESS". */
static json_t *cursor_json(const struct rib_cursor *at)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "%u %u %u %u %u ", at->to.vrf, at->to.family,
			   at->to.len, (unsigned)at->source, at->metric);

	for (unsigned i = 0; i < 16; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%02x", at->to.addr[i]);
	return json_string(text);
}

static int read_cursor(const json_t *request, struct rib_cursor *at, struct err *err)
{
	const char *text;
	unsigned source;
	int ret, used = 0;

	if (!json_object_get(request, "cursor"))
		return 0;
	ret = control_text(request, "cursor", &text, err);
	if (ret)
		return ret;
	at->begun = true;
	ret = sscanf(text, "%5" SCNu16 " %3" SCNu8 " %3" SCNu8 " %3u %10" SCNu32 " %n", &at->to.vrf,
		     &at->to.family, &at->to.len, &source, &at->metric, &used);
	for (unsigned i = 0; ret == 5 && i < 16; i++)
		if (sscanf(text + used + 2 * i, "%2" SCNx8, &at->to.addr[i]) != 1)
			ret = 0;
	at->source = source;
	return ret == 5 ? 0
			: err_set(err, -EINVAL,
				  "\"cursor\" is none; take it from the answer before");
}

int route_verb_list(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	struct board *b = arg;
	struct page p = { .b = b, .list = json_array() };
	struct rib_prefix prefix = { 0 };
	struct rib_cursor at = { 0 };
	int ret;

	json_object_set_new(reply, "routes", p.list);
	ret = read_filter(request, &p, err);
	if (!ret && json_object_get(request, "match")) {
		ret = read_prefix(request, "match", &p, &prefix, err);
		if (!ret)
			rib_match(b, &prefix, take_route, &p);
		return ret;
	}
	if (!ret && json_object_get(request, "within")) {
		ret = read_prefix(request, "within", &p, &prefix, err);
		prefix = rib_mask(&prefix);
		p.within = &prefix;
		at = (struct rib_cursor){ .begun = true, .to = prefix };
	}
	if (!ret)
		ret = read_cursor(request, &at, err);
	if (ret)
		return ret;
	rib_walk(b, &at, take_route, &p);
	if (at.begun && !p.done)
		json_object_set_new(reply, "cursor", cursor_json(&at));
	return 0;
}

/* Lists by position. */
static int read_place(const json_t *request, struct page *p, uint32_t *at, struct err *err)
{
	int ret = read_limit(request, p, err);

	*at = 0;
	if (!ret && json_object_get(request, "cursor"))
		ret = control_number(request, "cursor", 0, UINT32_MAX, at, err);
	return ret;
}

int route_verb_nexthops(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const struct board *b = arg;
	struct page p = { .b = b, .list = json_array() };
	struct rib_hop hops[RIB_MAX_HOPS];
	struct rib_set_view v;
	uint32_t at, before;
	int ret;

	json_object_set_new(reply, "nexthops", p.list);
	ret = read_place(request, &p, &at, err);
	for (before = at; !ret && rib_next_set(b, &at, &v, hops); before = at) {
		json_t *o, *list;

		if (!room(&p, v.n_hops)) {
			json_object_set_new(reply, "cursor", json_integer(before));
			break;
		}
		list = hops_json(b, hops, v.n_hops);
		for (unsigned i = 0; i < v.n_hops; i++)
			json_object_set_new(json_array_get(list, i), "up",
					    json_boolean(v.up >> i & 1));
		o = json_pack("{s:I, s:s, s:b, s:I, s:o}", "row", (json_int_t)v.row, "kind",
			      rib_kind_names[v.kind], "group", (int)v.group, "routes",
			      (json_int_t)v.routes, "hops", list);
		if (v.object)
			json_object_set_new(o, "object", json_integer(v.object));
		json_array_append_new(p.list, o);
	}
	return ret;
}

static json_t *neighbor_json(const struct board *b, const struct neighbor_view *v)
{
	static const char *const states[] = {
		[NEIGHBOR_IDLE] = "idle",       [NEIGHBOR_INCOMPLETE] = "incomplete",
		[NEIGHBOR_FAILED] = "failed",   [NEIGHBOR_REACHABLE] = "reachable",
		[NEIGHBOR_PROBING] = "probing", [NEIGHBOR_PERMANENT] = "permanent",
	};
	json_t *o = json_pack("{s:o, s:s, s:b, s:i, s:I}", "address",
			      route_address_json(v->family, v->addr), "state", states[v->state],
			      "gateway", v->gateway > 0, "held", (int)v->held, "row",
			      (json_int_t)v->row);
	char mac[18];

	route_put_iface(o, b, v->iface);
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", v->mac[0], v->mac[1], v->mac[2],
		 v->mac[3], v->mac[4], v->mac[5]);
	if (v->has_mac)
		json_object_set_new(o, "mac", json_string(mac));
	if (v->has_mac && v->state != NEIGHBOR_PERMANENT)
		json_object_set_new(o, "age_s", json_integer(v->age_s));
	return o;
}

int route_verb_neighbors(void *arg, const json_t *request, json_t *reply, struct err *err)
{
	const struct board *b = arg;
	struct page p = { .b = b, .list = json_array() };
	struct neighbor_view v;
	uint32_t at, before;
	int ret;

	json_object_set_new(reply, "neighbors", p.list);
	ret = read_place(request, &p, &at, err);
	for (before = at; !ret && neighbors_view(b, &at, &v); before = at) {
		if (!room(&p, 0)) {
			json_object_set_new(reply, "cursor", json_integer(before));
			break;
		}
		json_array_append_new(p.list, neighbor_json(b, &v));
	}
	return ret;
}
