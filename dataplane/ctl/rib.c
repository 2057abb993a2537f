/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes of all sources, and the choice of the best of each prefix; see rib.h. Every change is
 * carried over to the forwarding table before it counts, and undone when that refuses. Control
 * thread.
 */
#include "dataplane/ctl/rib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_jhash.h>
#include <rte_random.h>

#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib_priv.h"
#include "dataplane/tables/group.h"

uint32_t rib_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint32_t)t.tv_sec;
}

struct rib_prefix rib_mask(const struct rib_prefix *p)
{
	struct rib_prefix q = { .vrf = p->vrf, .family = p->family, .len = p->len };
	const unsigned whole = p->len / 8;

	memcpy(q.addr, p->addr, whole);
	if (p->len % 8)
		q.addr[whole] = (uint8_t)(p->addr[whole] & (0xff00 >> p->len % 8));
	return q;
}

static int check(const struct board *b, const struct rib_prefix *p, struct err *err)
{
	if ((p->family != AF_INET && p->family != AF_INET6) ||
	    p->len > (p->family == AF_INET ? 32 : 128))
		return err_set(err, -EINVAL, "route: a prefix of family %u, length %u", p->family,
			       p->len);
	if (!board_fib(b, p->vrf, p->family))
		return err_set(err, -ENOENT, "route: there is no VRF %u", p->vrf);
	return 0;
}

struct rib_entry *rib_find(const struct rib *r, const struct rib_prefix *to)
{
	const int at = rte_hash_lookup(r->by_prefix, to);

	return at < 0 ? NULL : &r->entries[at];
}

uint32_t rib_row(const struct rib *r, const struct rib_route *route)
{
	if (route->source == RIB_NEIGHBOR)
		return route->set;
	return r->sets[route->set].usable ? r->sets[route->set].row : NEXTHOP_ROW_NONE;
}

/* The forwarding table follows the first route that leads somewhere. On failure it has not moved.
 */
static int install(struct board *b, struct rib_entry *e, struct err *err)
{
	struct rib *r = b->rib;
	struct fib *fib = board_fib(b, e->to.vrf, e->to.family);
	uint32_t row = NEXTHOP_ROW_NONE;
	int ret;

	for (uint32_t i = e->first; i && row == NEXTHOP_ROW_NONE; i = r->routes[i].next)
		row = rib_row(r, &r->routes[i]);
	if (row == e->row)
		return 0;
	ret = row == NEXTHOP_ROW_NONE ? fib_del(fib, e->to.addr, e->to.len, err)
				      : fib_add(fib, e->to.addr, e->to.len, row, err);
	if (ret)
		return ret;
	e->row = row;
	r->dirty = true;
	return 0;
}

static bool precedes(const struct rib_route *a, enum rib_source source, uint32_t metric)
{
	return a->source != source ? a->source < source : a->metric < metric;
}

/* The link to the source's route of this metric, or to where it would be. */
static uint32_t *place(struct rib *r, struct rib_entry *e, enum rib_source source, uint32_t metric)
{
	uint32_t *at = &e->first;

	while (*at && precedes(&r->routes[*at], source, metric))
		at = &r->routes[*at].next;
	return at;
}

static bool is(const struct rib *r, uint32_t route, enum rib_source source, uint32_t metric)
{
	return route && r->routes[route].source == source && r->routes[route].metric == metric;
}

static struct rib_entry *get_entry(struct rib *r, const struct rib_prefix *to, struct err *err)
{
	const int at = rte_hash_add_key(r->by_prefix, to);
	struct rib_entry *e;

	if (at < 0) {
		err_set(err, -ENOSPC,
			"table of prefixes is full (%u, IPv4 and IPv6); raise `tables: routes%d`",
			r->max_entries, to->family == AF_INET ? 4 : 6);
		return NULL;
	}
	e = &r->entries[at];
	if (!e->first)
		*e = (struct rib_entry){ .to = *to };
	return e;
}

static void put_entry(struct rib *r, struct rib_entry *e)
{
	if (!e->first)
		rte_hash_del_key(r->by_prefix, &e->to);
}

static uint32_t alloc_route(struct rib *r)
{
	const uint32_t i = r->free_route;

	if (i) {
		r->free_route = r->routes[i].next;
		return i;
	}
	return r->used_routes < r->max_routes ? r->used_routes++ : RIB_NONE;
}

static void free_route(struct rib *r, uint32_t i)
{
	r->routes[i] = (struct rib_route){ .next = r->free_route };
	r->free_route = i;
}

/* Another way for a route there is. */
static int change(struct board *b, struct rib_entry *e, struct rib_route *route, uint32_t set,
		  struct err *err)
{
	const uint32_t old = route->set;
	int ret;

	route->set = set;
	ret = install(b, e, err);
	if (ret)
		route->set = old;
	else if (old != set)
		route->since = rib_now();
	return ret;
}

static int insert(struct board *b, struct rib_entry *e, uint32_t *at, const struct rib_route *route,
		  struct err *err)
{
	struct rib *r = b->rib;
	const uint32_t i = alloc_route(r);
	int ret;

	if (!i)
		return err_set(err, -ENOSPC,
			       "table of routes is full (%u, of all sources); raise `tables: "
			       "routes%d`",
			       r->max_routes - 1, e->to.family == AF_INET ? 4 : 6);
	r->routes[i] = *route;
	r->routes[i].next = *at;
	r->routes[i].entry = (uint32_t)(e - r->entries);
	r->routes[i].since = rib_now();
	*at = i;
	ret = install(b, e, err);
	if (ret) {
		*at = r->routes[i].next;
		free_route(r, i);
		return ret;
	}
	r->count[route->source]++;
	return 0;
}

/* set: for the source's route of this metric, new or there; *old: the one it had. */
static int set_route(struct board *b, const struct rib_prefix *prefix,
		     const struct rib_route *route, uint32_t *old, struct err *err)
{
	struct rib *r = b->rib;
	const struct rib_prefix to = rib_mask(prefix);
	struct rib_entry *e = get_entry(r, &to, err);
	uint32_t *at;
	int ret;

	*old = RIB_NONE;
	if (!e)
		return -ENOSPC;
	at = place(r, e, route->source, route->metric);
	if (!is(r, *at, route->source, route->metric)) {
		ret = insert(b, e, at, route, err);
		put_entry(r, e);
		return ret;
	}
	*old = r->routes[*at].set;
	ret = change(b, e, &r->routes[*at], route->set, err);
	if (!ret)
		r->routes[*at].stale = false;
	return ret;
}

int rib_add(struct board *b, enum rib_source source, const struct rib_prefix *to, uint32_t metric,
	    const struct rib_target *target, struct err *err)
{
	struct rib_route route = { .source = (uint8_t)source, .metric = metric };
	uint32_t old;
	int ret = check(b, to, err);

	if (!ret && (source >= RIB_NEIGHBOR || metric == UINT32_MAX || target->kind >= RIB_KINDS ||
		     (source != RIB_OWN && target->kind > RIB_PROHIBIT)))
		ret = err_set(err, -EINVAL, "route: nothing source %u may say", source);
	if (!ret)
		ret = rib_get_set(b, source, target, &route.set, err);
	if (ret)
		return ret;
	ret = set_route(b, to, &route, &old, err);
	if (ret)
		rib_put_set(b->rib, route.set);
	else if (old)
		rib_put_set(b->rib, old);
	return ret;
}

int rib_add_neighbor(struct board *b, const struct rib_prefix *to, uint32_t metric, uint32_t row,
		     struct err *err)
{
	const struct rib_route route = { .source = RIB_NEIGHBOR, .metric = metric, .set = row };
	uint32_t old;

	return set_route(b, to, &route, &old, err);
}

/* The route at this link goes; its set is the caller's then. */
static int unlink_route(struct board *b, struct rib_entry *e, uint32_t *at, struct err *err)
{
	struct rib *r = b->rib;
	const uint32_t i = *at;
	int ret;

	*at = r->routes[i].next;
	ret = install(b, e, err);
	if (ret) {
		*at = i;
		return ret;
	}
	r->count[r->routes[i].source]--;
	if (r->routes[i].source != RIB_NEIGHBOR)
		rib_put_set(r, r->routes[i].set);
	free_route(r, i);
	put_entry(r, e);
	return 0;
}

int rib_del(struct board *b, enum rib_source source, const struct rib_prefix *prefix,
	    uint32_t metric, struct err *err)
{
	struct rib *r = b->rib;
	const int ret = check(b, prefix, err);
	struct rib_prefix to;
	struct rib_entry *e;
	uint32_t *at;

	if (ret)
		return ret;
	to = rib_mask(prefix);
	e = rib_find(r, &to);
	at = e ? place(r, e, source, metric == UINT32_MAX ? 0 : metric) : NULL;
	if (!at || !*at || r->routes[*at].source != source ||
	    (metric != UINT32_MAX && r->routes[*at].metric != metric))
		return err_set(err, -ENOENT, "no such route");
	return unlink_route(b, e, at, err);
}

void rib_free_row(struct board *b, uint32_t row)
{
	struct rib *r = b->rib;

	r->idle_rows[r->n_idle_rows++] = row;
	r->dirty = true;
}

/* What is freed here may free more: a gateway its neighbour, that its host route and its row. */
void rib_commit(struct board *b)
{
	struct rib *r = b->rib;

	if (b->staging)
		return;
	if (r->ways_changed)
		rib_look_at_ways(b);
	while (r->dirty) {
		r->dirty = false;
		vrfs_commit(b);
		while (r->n_idle_rows)
			nexthop_free(b->nexthops, r->idle_rows[--r->n_idle_rows]);
		rib_free_idle_sets(b);
	}
}

void rib_mark(struct board *b, enum rib_source source)
{
	struct rib *r = b->rib;

	for (uint32_t i = 1; r->count[source] && i < r->used_routes; i++)
		if (r->routes[i].set && r->routes[i].source == source)
			r->routes[i].stale = true;
	rib_mark_objects(r, source);
}

static int remove_route(struct board *b, uint32_t i)
{
	struct rib *r = b->rib;
	struct rib_entry *e = &r->entries[r->routes[i].entry];

	return unlink_route(b, e, place(r, e, r->routes[i].source, r->routes[i].metric), NULL);
}

unsigned rib_sweep(struct board *b, enum rib_source source)
{
	struct rib *r = b->rib;
	unsigned n = 0;

	for (uint32_t i = 1; r->count[source] && i < r->used_routes; i++)
		if (r->routes[i].set && r->routes[i].source == source && r->routes[i].stale)
			n += remove_route(b, i) == 0;
	return n + rib_sweep_objects(b, source);
}

void rib_remove_routes(struct board *b, bool (*goes)(const struct rib_set *s))
{
	struct rib *r = b->rib;

	for (uint32_t i = 1; i < r->used_routes; i++)
		if (r->routes[i].set && r->routes[i].source != RIB_NEIGHBOR &&
		    goes(&r->sets[r->routes[i].set]))
			remove_route(b, i);
}

void rib_choose_again(struct board *b)
{
	struct rib *r = b->rib;

	for (uint32_t i = 1; i < r->used_routes; i++)
		if (r->routes[i].set && r->routes[i].source != RIB_NEIGHBOR)
			install(b, &r->entries[r->routes[i].entry], NULL);
}

unsigned rib_count(const struct board *b, enum rib_source source)
{
	return b->rib->count[source];
}

static struct rte_hash *make_hash(const char *name, uint32_t entries, uint32_t key_len)
{
	const struct rte_hash_parameters params = {
		.name = name,
		.entries = entries,
		.key_len = key_len,
		.hash_func = rte_jhash,
		.hash_func_init_val = (uint32_t)rte_rand(), /* peers choose the keys */
		.socket_id = SOCKET_ID_ANY,
		/* else buckets fill up before the table */
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	return rte_hash_create(&params);
}

int rib_create(struct board *b, struct err *err)
{
	struct rib *r = b->rib = calloc(1, sizeof(*r));
	uint32_t n = 0;

	if (!r)
		return err_set(err, -ENOMEM, "routing information base: no memory");
	for (unsigned i = 0; i < b->n_vrfs; i++)
		n += b->vrfs[i].fib4->max + b->vrfs[i].fib6->max;
	r->max_entries = n;
	r->max_routes = 2 * r->max_entries + 1;
	r->max_ways = b->nexthops->n;
	r->max_sets = 2 * b->nexthops->n + RIB_KINDS;
	r->set_mask = rte_align32pow2(r->max_sets) - 1;
	r->used_routes = 1;
	r->by_prefix = make_hash("rib", r->max_entries, sizeof(struct rib_prefix));
	r->max_objects = b->nexthops->n;
	r->by_id = make_hash("rib_objects", r->max_objects, sizeof(struct rib_object_key));
	r->by_way = make_hash("rib_ways", r->max_ways, sizeof(struct rib_key));
	if (r->by_prefix)
		r->entries =
			calloc((size_t)rte_hash_max_key_id(r->by_prefix) + 1, sizeof(*r->entries));
	if (r->by_way)
		r->ways = calloc((size_t)rte_hash_max_key_id(r->by_way) + 1, sizeof(*r->ways));
	if (r->by_id)
		r->objects = calloc((size_t)rte_hash_max_key_id(r->by_id) + 1, sizeof(*r->objects));
	r->routes = calloc(r->max_routes, sizeof(*r->routes));
	r->sets = calloc(r->max_sets, sizeof(*r->sets));
	r->buckets = calloc((size_t)r->set_mask + 1, sizeof(*r->buckets));
	r->idle_rows = calloc(b->nexthops->n, sizeof(*r->idle_rows));
	if (!r->entries || !r->ways || !r->routes || !r->sets || !r->buckets || !r->idle_rows ||
	    !r->objects) {
		rib_destroy(b);
		return err_set(err, -ENOMEM,
			       "routing information base of %u prefixes: no memory (%s); lower "
			       "`tables: routes4` and `routes6` or reserve more hugepages",
			       n, rte_strerror(rte_errno));
	}
	rib_fixed_sets(r);
	return 0;
}

void rib_destroy(struct board *b)
{
	struct rib *r = b->rib;

	if (!r)
		return;
	for (uint32_t i = RIB_KINDS; r->sets && i < r->used_sets; i++) {
		if (r->sets[i].group)
			group_free(b->nexthops, r->sets[i].row);
		if (r->sets[i].n > 1)
			free(r->sets[i].members);
	}
	rte_hash_free(r->by_prefix);
	rte_hash_free(r->by_way);
	rte_hash_free(r->by_id);
	free(r->entries);
	free(r->routes);
	free(r->ways);
	free(r->sets);
	free(r->objects);
	free(r->buckets);
	free(r->idle_rows);
	free(r->order);
	free(r);
	b->rib = NULL;
}
