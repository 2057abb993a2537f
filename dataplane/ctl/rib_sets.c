/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of the RIB: where routes lead. The kinds that need no hop are sets of their own that are
 * always there; one hop is the way's row itself, several are a group. Equal sets are one, found by
 * what is in them; an object's set is found by nobody but its object. Control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_jhash.h>

#include "dataplane/ctl/rib_priv.h"
#include "dataplane/tables/group.h"

static const uint32_t fixed_row[RIB_KINDS] = {
	[RIB_BLACKHOLE] = NEXTHOP_ROW_BLACKHOLE, [RIB_UNREACHABLE] = NEXTHOP_ROW_UNREACHABLE,
	[RIB_PROHIBIT] = NEXTHOP_ROW_PROHIBIT,   [RIB_LOCAL] = NEXTHOP_ROW_LOCAL,
	[RIB_MARTIAN] = NEXTHOP_ROW_MARTIAN,     [RIB_MULTICAST] = NEXTHOP_ROW_GROUP,
};

void rib_fixed_sets(struct rib *r)
{
	for (uint32_t kind = 0; kind < RIB_KINDS; kind++)
		r->sets[kind] = (struct rib_set){
			.kind = (uint8_t)kind, .refs = 1, .row = fixed_row[kind], .usable = true
		};
	r->used_sets = RIB_KINDS;
}

static int by_way(const void *pa, const void *pb)
{
	const struct rib_member *a = pa, *b = pb;

	return (a->way > b->way) - (a->way < b->way);
}

/* The same hop twice is one of both weights. Returns how many are left. */
static unsigned merge(struct board *b, struct rib_member *m, unsigned n)
{
	unsigned kept = 0;

	qsort(m, n, sizeof(*m), by_way);
	for (unsigned i = 0; i < n; i++) {
		if (!kept || m[kept - 1].way != m[i].way) {
			m[kept++] = m[i];
			continue;
		}
		m[kept - 1].weight = (uint8_t)RTE_MIN(255, m[kept - 1].weight + m[i].weight);
		rib_put_way(b, m[i].way);
	}
	if (kept == 1)
		m[0].weight = 1;
	return kept;
}

int rib_get_members(struct board *b, const struct rib_target *t, struct rib_member m[RIB_MAX_HOPS],
		    struct err *err)
{
	if (t->n_hops == 0 || t->n_hops > RIB_MAX_HOPS)
		return err_set(err, -EINVAL, "route: 1 to %d next hops, not %u", RIB_MAX_HOPS,
			       t->n_hops);
	memset(m, 0, t->n_hops * sizeof(*m)); /* padding is compared, too */
	for (unsigned i = 0; i < t->n_hops; i++) {
		const int ret = rib_get_way(b, &t->hops[i], &m[i].way, err);

		if (ret) {
			rib_put_members(b, m, i);
			return ret;
		}
		m[i].weight = t->hops[i].weight ? t->hops[i].weight : 1;
	}
	return (int)merge(b, m, t->n_hops);
}

void rib_put_members(struct board *b, const struct rib_member *m, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rib_put_way(b, m[i].way);
}

static uint32_t *bucket(struct rib *r, uint32_t hash)
{
	return &r->buckets[hash & r->set_mask];
}

static uint32_t hash_of(const struct rib_member *m, unsigned n)
{
	return rte_jhash(m, n * (uint32_t)sizeof(*m), 0);
}

static uint32_t find(struct rib *r, const struct rib_member *m, unsigned n)
{
	const uint32_t hash = hash_of(m, n);

	for (uint32_t i = *bucket(r, hash); i; i = r->sets[i].next) {
		const struct rib_set *s = &r->sets[i];

		if (!s->gone && s->hash == hash && s->n == n &&
		    memcmp(s->members, m, n * sizeof(*m)) == 0)
			return i;
	}
	return RIB_NONE;
}

static void link_set(struct rib *r, uint32_t i)
{
	struct rib_set *s = &r->sets[i];

	if (s->object)
		return;
	s->hash = hash_of(s->members, s->n);
	s->next = *bucket(r, s->hash);
	*bucket(r, s->hash) = i;
}

static void unlink_set(struct rib *r, uint32_t i)
{
	uint32_t *at = bucket(r, r->sets[i].hash);

	if (r->sets[i].object)
		return;
	while (*at != i)
		at = &r->sets[*at].next;
	*at = r->sets[i].next;
}

/* The set's own copy; -ENOMEM: it has the old one. */
static int set_members(struct rib_set *s, const struct rib_member *m, unsigned n, struct err *err)
{
	struct rib_member *copy = n > 1 ? malloc(n * sizeof(*m)) : &s->one;

	if (!copy)
		return err_set(err, -ENOMEM, "route of %u next hops: no memory", n);
	if (n)
		memcpy(copy, m, n * sizeof(*m));
	s->members = copy;
	s->n = (uint16_t)n;
	return 0;
}

static void free_members(struct rib_set *s)
{
	if (s->members != &s->one)
		free(s->members);
}

static uint32_t alloc(struct rib *r)
{
	const uint32_t i = r->free_set;

	if (i) {
		r->free_set = r->sets[i].next;
		return i;
	}
	return r->used_sets < r->max_sets ? r->used_sets++ : RIB_NONE;
}

static void free_slot(struct rib *r, uint32_t i)
{
	r->sets[i] = (struct rib_set){ .next = r->free_set };
	r->free_set = i;
}

static int make(struct board *b, uint32_t object, enum rib_kind kind, const struct rib_member *m,
		unsigned n, uint32_t *set, struct err *err)
{
	struct rib *r = b->rib;
	const uint32_t i = alloc(r);
	struct rib_set *s = &r->sets[i];
	int ret;

	if (!i)
		return err_set(err, -ENOSPC,
			       "table of next-hop sets is full (%u); raise `tables: nexthops`",
			       r->max_sets);
	*s = (struct rib_set){ .kind = (uint8_t)kind,
			       .refs = 1,
			       .usable = true,
			       .object = object,
			       .group = object || n > 1 };
	ret = set_members(s, m, n, err);
	if (!ret && s->group) {
		ret = rib_make_group(b, s, err);
		if (ret)
			free_members(s);
	} else if (!ret) {
		s->row = r->ways[m[0].way].row;
		s->usable = !r->ways[m[0].way].off_link;
	}
	if (ret) {
		free_slot(r, i);
		return ret;
	}
	link_set(r, i);
	*set = i;
	return 0;
}

int rib_make_object_set(struct board *b, uint32_t id, enum rib_kind kind,
			const struct rib_member *m, unsigned n, uint32_t *set, struct err *err)
{
	return make(b, id, kind, m, n, set, err);
}

int rib_change_set(struct board *b, uint32_t set, enum rib_kind kind, const struct rib_member *m,
		   unsigned n, struct err *err)
{
	struct rib *r = b->rib;
	struct rib_set *s = &r->sets[set];
	const struct rib_set old = *s;
	int ret = set_members(s, m, n, err);

	if (ret)
		return ret;
	s->kind = (uint8_t)kind;
	ret = rib_set_group(b, s, err);
	if (ret) {
		free_members(s);
		*s = old;
		return ret;
	}
	rib_put_members(b, old.n > 1 ? old.members : &old.one, old.n);
	if (old.n > 1)
		free(old.members);
	return 0;
}

int rib_get_set(struct board *b, enum rib_source source, const struct rib_target *t, uint32_t *set,
		struct err *err)
{
	struct rib *r = b->rib;
	struct rib_member m[RIB_MAX_HOPS];
	int n, ret;

	if (t->kind == RIB_OBJECT)
		return rib_get_object(b, source, t->object, set, err);
	if (t->kind != RIB_VIA) {
		*set = t->kind;
		r->sets[*set].refs++;
		return 0;
	}
	n = rib_get_members(b, t, m, err);
	if (n < 0)
		return n;
	*set = find(r, m, (unsigned)n);
	if (!*set) {
		ret = make(b, 0, RIB_VIA, m, (unsigned)n, set, err);
		if (ret)
			rib_put_members(b, m, (unsigned)n);
		return ret;
	}
	r->sets[*set].refs++;
	rib_put_members(b, m, (unsigned)n); /* the set has them already */
	return 0;
}

void rib_put_set(struct rib *r, uint32_t set)
{
	struct rib_set *s = &r->sets[set];

	if (--s->refs || s->idle)
		return;
	s->idle = true;
	s->next_idle = r->idle_sets;
	r->idle_sets = set;
	r->dirty = true;
}

static void drop(struct board *b, uint32_t i)
{
	struct rib *r = b->rib;
	struct rib_set *s = &r->sets[i];

	unlink_set(r, i);
	if (s->group)
		group_free(b->nexthops, s->row);
	rib_put_members(b, s->members, s->n);
	free_members(s);
	free_slot(r, i);
}

void rib_free_idle_sets(struct board *b)
{
	struct rib *r = b->rib;

	while (r->idle_sets) {
		const uint32_t i = r->idle_sets;

		r->idle_sets = r->sets[i].next_idle;
		r->sets[i].idle = false;
		if (!r->sets[i].refs)
			drop(b, i);
	}
}

static bool goes(const struct rib_set *s)
{
	return s->gone;
}

/* Members that stay; the others' ways are put by rib_change_set(). */
static unsigned without(const struct rib *r, const struct rib_set *s, uint16_t iface,
			struct rib_member m[RIB_MAX_HOPS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (r->ways[s->members[i].way].key.iface != iface)
			m[n++] = s->members[i];
	return n;
}

/*
 * A set keeps its row and has fewer members. It may be like another one then: both stay, no route
 * is touched. What cannot be changed for want of memory goes with its routes.
 */
void rib_forget_iface(struct board *b, uint16_t iface)
{
	struct rib *r = b->rib;
	struct rib_member m[RIB_MAX_HOPS];

	for (uint32_t i = RIB_KINDS; i < r->used_sets; i++) {
		struct rib_set *s = &r->sets[i];
		const unsigned n = s->row ? without(r, s, iface, m) : s->n;

		if (n == s->n)
			continue;
		for (unsigned k = 0; k < n; k++)
			r->ways[m[k].way].refs++;
		unlink_set(r, i);
		s->gone = n == 0 || rib_change_set(b, i, s->kind, m, n, NULL) != 0;
		link_set(r, i);
		if (s->gone)
			rib_put_members(b, m, n);
	}
	rib_remove_routes(b, goes);
	rib_remove_gone_objects(b);
}
