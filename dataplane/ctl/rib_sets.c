/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of the RIB: where routes lead. The kinds that need no hop are sets of their own that are
 * always there; one hop is the way's row itself. Equal sets are one, found by what is in them.
 * Control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_jhash.h>

#include "dataplane/ctl/rib_priv.h"

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

static uint32_t *bucket(struct rib *r, uint32_t hash)
{
	return &r->buckets[hash & r->set_mask];
}

static uint32_t find(struct rib *r, uint32_t hash, const struct rib_member *members, uint16_t n)
{
	for (uint32_t i = *bucket(r, hash); i; i = r->sets[i].next) {
		const struct rib_set *s = &r->sets[i];

		if (s->hash == hash && s->n == n &&
		    memcmp(s->members, members, n * sizeof(*members)) == 0)
			return i;
	}
	return RIB_NONE;
}

static int by_way(const void *pa, const void *pb)
{
	const struct rib_member *a = pa, *b = pb;

	return (a->way > b->way) - (a->way < b->way);
}

/* The same hop twice is one of both weights. Returns how many are left. */
static uint16_t merge(struct board *b, struct rib_member *m, uint16_t n)
{
	uint16_t kept = 0;

	qsort(m, n, sizeof(*m), by_way);
	for (uint16_t i = 0; i < n; i++) {
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

static uint32_t alloc(struct rib *r)
{
	const uint32_t i = r->free_set;

	if (i) {
		r->free_set = r->sets[i].next;
		return i;
	}
	return r->used_sets < r->max_sets ? r->used_sets++ : RIB_NONE;
}

/* Takes the members' ways. */
static int make(struct board *b, uint32_t hash, const struct rib_member *members, uint16_t n,
		uint32_t *set, struct err *err)
{
	struct rib *r = b->rib;
	const uint32_t i = alloc(r);
	struct rib_set *s = &r->sets[i];

	if (!i)
		return err_set(err, -ENOSPC,
			       "table of next-hop sets is full (%u); raise `tables: nexthops`",
			       r->max_sets);
	*s = (struct rib_set){ .kind = RIB_VIA, .hash = hash, .n = n, .refs = 1, .usable = true };
	s->members = &s->one;
	s->one = members[0];
	s->row = r->ways[members[0].way].row;
	s->next = *bucket(r, hash);
	*bucket(r, hash) = i;
	*set = i;
	return 0;
}

static int get_ways(struct board *b, const struct rib_target *t, struct rib_member *m,
		    struct err *err)
{
	for (uint16_t i = 0; i < t->n_hops; i++) {
		const int ret = rib_get_way(b, &t->hops[i], &m[i].way, err);

		if (ret) {
			while (i > 0)
				rib_put_way(b, m[--i].way);
			return ret;
		}
		m[i].weight = t->hops[i].weight ? t->hops[i].weight : 1;
	}
	return 0;
}

int rib_get_set(struct board *b, const struct rib_target *t, uint32_t *set, struct err *err)
{
	struct rib *r = b->rib;
	struct rib_member m[RIB_MAX_HOPS];
	uint32_t hash;
	uint16_t n;
	int ret;

	if (t->kind != RIB_VIA && t->kind < RIB_KINDS && fixed_row[t->kind]) {
		*set = t->kind;
		r->sets[*set].refs++;
		return 0;
	}
	if (t->kind != RIB_VIA || t->n_hops == 0 || t->n_hops > RIB_MAX_HOPS)
		return err_set(err, -EINVAL, "route: 1 to %d next hops, not %u", RIB_MAX_HOPS,
			       t->n_hops);
	memset(m, 0, sizeof(m)); /* padding is compared, too */
	ret = get_ways(b, t, m, err);
	if (ret)
		return ret;
	n = merge(b, m, t->n_hops);
	hash = rte_jhash(m, n * sizeof(*m), 0);
	*set = find(r, hash, m, n);
	if (!*set) {
		ret = make(b, hash, m, n, set, err);
		if (!ret)
			return 0;
	} else {
		r->sets[*set].refs++;
	}
	for (uint16_t i = 0; i < n; i++) /* the set has them already */
		rib_put_way(b, m[i].way);
	return ret;
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
	uint32_t *at = bucket(r, s->hash);

	while (*at != i)
		at = &r->sets[*at].next;
	*at = s->next;
	for (uint16_t k = 0; k < s->n; k++)
		rib_put_way(b, s->members[k].way);
	s->next = r->free_set;
	r->free_set = i;
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
