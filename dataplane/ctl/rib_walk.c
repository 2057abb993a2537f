/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB in order. Prefixes are sorted when somebody walks; who comes back for more within some
 * seconds gets the same order again, by position, without the prefixes that have come since; a
 * prefix that has gone is passed over. Control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/rib_priv.h"

const char *const rib_source_names[RIB_SOURCES] = {
	[RIB_OWN] = "own", [RIB_STATIC] = "static", [RIB_ASKED] = "asked",
	[RIB_FPM] = "fpm", [RIB_KERNEL] = "kernel", [RIB_NEIGHBOR] = "neighbor",
};

const char *const rib_kind_names[RIB_KINDS] = {
	[RIB_VIA] = "via",
	[RIB_OBJECT] = "object",
	[RIB_BLACKHOLE] = "blackhole",
	[RIB_UNREACHABLE] = "unreachable",
	[RIB_PROHIBIT] = "prohibit",
	[RIB_LOCAL] = "local",
	[RIB_MARTIAN] = "martian",
	[RIB_MULTICAST] = "multicast",
};

#define KEEP_S 10 /* an order is good for that long after it was last used */

static int compare(const struct rib_prefix *a, const struct rib_prefix *b)
{
	int d = (a->vrf > b->vrf) - (a->vrf < b->vrf);

	if (!d)
		d = (int)a->family - (int)b->family;
	if (!d)
		d = memcmp(a->addr, b->addr, sizeof(a->addr));
	return d ? d : (int)a->len - (int)b->len;
}

static int by_prefix(const void *a, const void *b)
{
	return compare(&((const struct rib_place *)a)->to, &((const struct rib_place *)b)->to);
}

static void forget_order(struct rib *r)
{
	free(r->order);
	r->order = NULL;
	r->n_order = 0;
}

static int make_order(struct rib *r)
{
	const int32_t n = rte_hash_count(r->by_prefix);
	uint32_t next = 0;
	const void *key;
	void *data;
	int at;

	forget_order(r);
	r->order = malloc((size_t)RTE_MAX(n, 1) * sizeof(*r->order));
	if (!r->order)
		return -1;
	while ((at = rte_hash_iterate(r->by_prefix, &key, &data, &next)) >= 0)
		r->order[r->n_order++] =
			(struct rib_place){ .to = r->entries[at].to, .entry = (uint32_t)at };
	qsort(r->order, r->n_order, sizeof(*r->order), by_prefix);
	return 0;
}

/* The first place that is not before this prefix. */
static uint32_t seek(const struct rib *r, const struct rib_prefix *to)
{
	uint32_t low = 0, high = r->n_order;

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (compare(&r->order[mid].to, to) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint16_t hops_of(const struct rib *r, const struct rib_set *s, struct rib_hop *hops)
{
	for (uint16_t i = 0; i < s->n; i++) {
		const struct rib_key *key = &r->ways[s->members[i].way].key;

		hops[i] = (struct rib_hop){ .iface = key->iface,
					    .family = key->family,
					    .weight = s->members[i].weight };
		memcpy(hops[i].addr, key->addr, sizeof(key->addr));
	}
	return s->n;
}

void rib_view(const struct board *b, const struct rib_entry *e, const struct rib_route *route,
	      struct rib_view_hops *hops, struct rib_route_view *v)
{
	const struct rib *r = b->rib;

	*v = (struct rib_route_view){ .to = e->to,
				      .source = route->source,
				      .metric = route->metric,
				      .stale = route->stale,
				      .row = rib_row(r, route),
				      .age_s = rib_now() - route->since,
				      .hops = hops->hop };
	if (route->source == RIB_NEIGHBOR) {
		hops->hop[0] = (struct rib_hop){ .iface = b->nexthops->rows[route->set].way.iface,
						 .weight = 1 };
		v->kind = RIB_VIA;
		v->n_hops = 1;
		return;
	}
	v->kind = r->sets[route->set].object ? RIB_OBJECT : (enum rib_kind)r->sets[route->set].kind;
	v->object = r->sets[route->set].object;
	v->n_hops = hops_of(r, &r->sets[route->set], hops->hop);
}

/* Whether the route comes before where the cursor is in its entry. */
static bool before(const struct rib_route *route, const struct rib_cursor *at)
{
	return route->source != at->source ? route->source < at->source
					   : route->metric < at->metric;
}

/* False: fn refused one, which the cursor names. */
static bool visit(const struct board *b, const struct rib_entry *e, struct rib_cursor *at,
		  bool resumed, rib_fn *fn, void *arg)
{
	const struct rib *r = b->rib;
	struct rib_view_hops hops;
	struct rib_route_view v;
	bool best = true;

	for (uint32_t i = e->first; i; i = r->routes[i].next) {
		const struct rib_route *route = &r->routes[i];
		const bool first = best && rib_row(r, route) != NEXTHOP_ROW_NONE;

		best &= !first;
		if (resumed && before(route, at))
			continue;
		rib_view(b, e, route, &hops, &v);
		v.best = first;
		if (fn(arg, &v))
			continue;
		*at = (struct rib_cursor){
			.begun = true, .to = e->to, .source = route->source, .metric = route->metric
		};
		return false;
	}
	return true;
}

void rib_walk(struct board *b, struct rib_cursor *at, rib_fn *fn, void *arg)
{
	struct rib *r = b->rib;
	const bool old = !r->order || rib_now() - r->order_used > KEEP_S;
	uint32_t i;

	if ((!at->begun || old) && make_order(r) != 0)
		return;
	r->order_used = rib_now();
	i = at->begun ? seek(r, &at->to) : 0;
	for (; i < r->n_order; i++) {
		const struct rib_entry *e = &r->entries[r->order[i].entry];
		const bool resumed = at->begun && compare(&r->order[i].to, &at->to) == 0;

		if (e->first && compare(&e->to, &r->order[i].to) == 0 &&
		    !visit(b, e, at, resumed, fn, arg))
			return;
	}
	*at = (struct rib_cursor){ 0 };
	forget_order(r);
}

bool rib_exact(const struct board *b, const struct rib_prefix *to, rib_fn *fn, void *arg)
{
	const struct rib_prefix masked = rib_mask(to);
	const struct rib_entry *e = rib_find(b->rib, &masked);
	struct rib_cursor at = { 0 };

	if (e)
		visit(b, e, &at, false, fn, arg);
	return e;
}

bool rib_match(const struct board *b, const struct rib_prefix *host, rib_fn *fn, void *arg)
{
	struct rib_prefix to = *host;

	for (to.len = host->family == AF_INET ? 32 : 128;; to.len--) {
		const struct rib_prefix masked = rib_mask(&to);
		const struct rib_entry *e = rib_find(b->rib, &masked);

		if (e && e->row != NEXTHOP_ROW_NONE)
			return rib_exact(b, &masked, fn, arg);
		if (!to.len)
			return false;
	}
}

int rib_get(struct board *b, enum rib_source source, const struct rib_prefix *prefix,
	    uint32_t metric, struct rib_hop *hops, struct rib_route_view *v)
{
	const struct rib *r = b->rib;
	const struct rib_prefix to = rib_mask(prefix);
	const struct rib_entry *e = rib_find(r, &to);
	struct rib_view_hops all;
	uint32_t i = e ? e->first : RIB_NONE;

	while (i && (r->routes[i].source != source ||
		     (metric != UINT32_MAX && r->routes[i].metric != metric)))
		i = r->routes[i].next;
	if (!i)
		return -ENOENT;
	rib_view(b, e, &r->routes[i], &all, v);
	memcpy(hops, all.hop, v->n_hops * sizeof(*hops));
	v->hops = hops;
	return 0;
}

bool rib_next_set(const struct board *b, uint32_t *at, struct rib_set_view *v, struct rib_hop *hops)
{
	const struct rib *r = b->rib;

	for (*at = RTE_MAX(*at, (uint32_t)RIB_KINDS); *at < r->used_sets; ++*at) {
		const struct rib_set *s = &r->sets[*at];

		if (!s->row || !s->refs)
			continue;
		*v = (struct rib_set_view){ .row = s->row,
					    .object = s->object,
					    .kind = s->kind,
					    .routes = s->refs - (s->object != 0),
					    .n_hops = hops_of(r, s, hops),
					    .hops = hops,
					    .group = s->group };
		for (uint16_t i = 0; i < s->n; i++) {
			const struct rib_way *w = &r->ways[s->members[i].way];

			if (!w->off_link && rib_way_up(b, w))
				v->up |= 1ull << i;
		}
		++*at;
		return true;
	}
	return false;
}
