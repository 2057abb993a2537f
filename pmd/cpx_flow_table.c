/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of flow rules, made anew for each change; see cpx_flow_table.h. What is new is allocated
 * first, so that a lack of memory leaves nothing half done. Control threads only: it allocates, and
 * never writes a block that a published table reaches, but for `next` of those the new one does
 * not.
 */
#include "pmd/cpx_flow_table.h"

#include <errno.h>
#include <string.h>

#define RULES_A_BUCKET 4 /* on average, at most */
#define GROWTH         4
#define MAX_BUCKETS    (1u << 24)

static void discard(struct cpx_flow_block **list, struct cpx_flow_block *b)
{
	b->next = *list;
	*list = b;
}

/* Bytes that can be read from a base when a frame has these headers. */
static unsigned reach(uint32_t headers, unsigned base)
{
	switch (base) {
	case CPX_FLOW_AT_ETH:
		return headers & CPX_FLOW_ETH ? 14 : 0;
	case CPX_FLOW_AT_VLAN1:
		return headers & CPX_FLOW_VLAN1 ? 8 : 0;
	case CPX_FLOW_AT_VLAN2:
		return headers & CPX_FLOW_VLAN2 ? 8 : 0;
	case CPX_FLOW_AT_L3:
		return headers & CPX_FLOW_IP6 ? 40 : headers & CPX_FLOW_IP4 ? 20 : 0;
	case CPX_FLOW_AT_L4:
		return headers & CPX_FLOW_TCP ? 20 : headers & CPX_FLOW_UDP ? 8 : 0;
	default:
		return 0;
	}
}

bool cpx_flow_shape_ok(const struct cpx_flow_shape *s)
{
	if (s->n_words > CPX_FLOW_MAX_WORDS || (s->want & ~s->care) != 0)
		return false;
	for (uint32_t i = 0; i < s->n_words; i++)
		if (s->word[i].at + sizeof(uint64_t) > reach(s->want, s->word[i].base))
			return false;
	return true;
}

bool cpx_flow_shape_equal(const struct cpx_flow_shape *a, const struct cpx_flow_shape *b)
{
	if (a->care != b->care || a->want != b->want || a->n_words != b->n_words)
		return false;
	for (uint32_t i = 0; i < a->n_words; i++)
		if (a->word[i].mask != b->word[i].mask || a->word[i].base != b->word[i].base ||
		    a->word[i].at != b->word[i].at)
			return false;
	return true;
}

struct cpx_flow_rule *cpx_flow_rule_create(struct cpx_flow_memory *m,
					   const struct cpx_flow_pattern *pattern, unsigned n_cells,
					   bool rss)
{
	const size_t cells = (sizeof(struct cpx_flow_rule) + 63) & ~(size_t)63;
	const size_t after = cells + n_cells * sizeof(struct cpx_flow_cell);
	const size_t bytes = after + (rss ? sizeof(struct cpx_flow_rss) : 0);
	struct cpx_flow_rule *r = m->get(m, bytes);

	if (r == NULL)
		return NULL;
	memset(&r->block + 1, 0, bytes - sizeof(r->block));
	if (n_cells != 0)
		r->cell = (struct cpx_flow_cell *)((uint8_t *)r + cells);
	if (rss)
		r->rss = (struct cpx_flow_rss *)((uint8_t *)r + after);
	memcpy(r->value, pattern->value, sizeof(r->value));
	return r;
}

static uint32_t tag_of(const struct cpx_flow_shape *s, const struct cpx_flow_rule *r)
{
	uint64_t hash = CPX_FLOW_SEED;

	for (uint32_t i = 0; i < s->n_words; i++)
		hash = cpx_flow_mix(hash, r->value[i]);
	return cpx_flow_tag(hash);
}

static struct cpx_flow_bucket *bucket_create(struct cpx_flow_memory *m, uint32_t n)
{
	struct cpx_flow_bucket *b = m->get(m, sizeof(*b) + n * sizeof(b->entry[0]));

	if (b != NULL)
		b->n = n;
	return b;
}

/* `b` (NULL: empty) with one entry more, at its place. */
static struct cpx_flow_bucket *bucket_with(struct cpx_flow_memory *m,
					   const struct cpx_flow_bucket *b, uint32_t tag,
					   struct cpx_flow_rule *rule)
{
	const uint32_t n = b != NULL ? b->n : 0;
	struct cpx_flow_bucket *next = bucket_create(m, n + 1);
	uint32_t at = n;

	if (next == NULL)
		return NULL;
	while (at > 0 && b->entry[at - 1].rule->order > rule->order)
		at--;
	if (n != 0) {
		memcpy(next->entry, b->entry, at * sizeof(b->entry[0]));
		memcpy(next->entry + at + 1, b->entry + at, (n - at) * sizeof(b->entry[0]));
	}
	next->entry[at] = (struct cpx_flow_entry){ .tag = tag, .rule = rule };
	return next;
}

/* *next: `b` without the rule, which is in it; NULL when none is left. */
static int bucket_without(struct cpx_flow_memory *m, const struct cpx_flow_bucket *b,
			  struct cpx_flow_rule *rule, struct cpx_flow_bucket **next)
{
	uint32_t n = 0;

	*next = NULL;
	if (b->n == 1)
		return 0;
	*next = bucket_create(m, b->n - 1);
	if (*next == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n; i++)
		if (b->entry[i].rule != rule)
			(*next)->entry[n++] = b->entry[i];
	return 0;
}

static struct cpx_flow_group *group_create(struct cpx_flow_memory *m,
					   const struct cpx_flow_shape *shape, uint32_t buckets)
{
	struct cpx_flow_group *g = m->get(m, sizeof(*g) + buckets * sizeof(g->bucket[0]));

	if (g != NULL) {
		g->shape = *shape;
		g->n_rules = 0;
		g->mask = buckets - 1;
	}
	return g;
}

static struct cpx_flow_group *group_copy(struct cpx_flow_memory *m, const struct cpx_flow_group *g)
{
	struct cpx_flow_group *copy = group_create(m, &g->shape, g->mask + 1);

	if (copy != NULL) {
		copy->n_rules = g->n_rules;
		memcpy(copy->bucket, g->bucket, (g->mask + 1) * sizeof(g->bucket[0]));
	}
	return copy;
}

static void group_discard(struct cpx_flow_block **list, struct cpx_flow_group *g)
{
	for (uint32_t i = 0; i <= g->mask; i++)
		if (g->bucket[i] != NULL)
			discard(list, &g->bucket[i]->block);
	discard(list, &g->block);
}

/* Part an old bucket over the new ones its entries belong to, in order. */
static int part_bucket(struct cpx_flow_memory *m, const struct cpx_flow_bucket *b,
		       struct cpx_flow_group *to)
{
	for (uint32_t i = 0; i < b->n; i++) {
		struct cpx_flow_bucket **home = &to->bucket[b->entry[i].tag & to->mask];
		uint32_t n = 0;

		if (*home != NULL)
			continue; /* filled when its first entry came by */
		for (uint32_t k = i; k < b->n; k++)
			n += (b->entry[k].tag & to->mask) == (b->entry[i].tag & to->mask);
		*home = bucket_create(m, n);
		if (*home == NULL)
			return -ENOMEM;
		n = 0;
		for (uint32_t k = i; k < b->n; k++)
			if ((b->entry[k].tag & to->mask) == (b->entry[i].tag & to->mask))
				(*home)->entry[n++] = b->entry[k];
	}
	return 0;
}

/* The same rules in more buckets, all of them new. */
static struct cpx_flow_group *group_grow(struct cpx_flow_memory *m, const struct cpx_flow_group *g)
{
	struct cpx_flow_group *to = group_create(m, &g->shape, (g->mask + 1) * GROWTH);
	struct cpx_flow_block *list = NULL;

	if (to == NULL)
		return NULL;
	memset(to->bucket, 0, (to->mask + 1) * sizeof(to->bucket[0]));
	to->n_rules = g->n_rules;
	for (uint32_t i = 0; i <= g->mask; i++) {
		if (g->bucket[i] != NULL && part_bucket(m, g->bucket[i], to) != 0) {
			group_discard(&list, to);
			cpx_flow_blocks_free(m, list);
			return NULL;
		}
	}
	return to;
}

static struct cpx_flow_table *table_create(struct cpx_flow_memory *m, uint32_t n_groups,
					   uint32_t n_rules, bool isolated)
{
	struct cpx_flow_table *t = m->get(m, sizeof(*t) + n_groups * sizeof(t->of[0]));

	if (t != NULL) {
		t->isolated = isolated;
		t->n_rules = n_rules;
		t->n_groups = n_groups;
	}
	return t;
}

static uint32_t find_group(const struct cpx_flow_table *t, const struct cpx_flow_shape *shape)
{
	uint32_t i = 0;

	while (i < t->n_groups && !cpx_flow_shape_equal(&t->of[i].group->shape, shape))
		i++;
	return i;
}

/* Put the old table's groups but `skip`, and `group` where its best rule says, into t. */
static void fill_groups(struct cpx_flow_table *t, struct cpx_flow_table *old, uint32_t skip,
			struct cpx_flow_group *group, uint64_t best)
{
	uint32_t n = 0;

	for (uint32_t i = 0; old != NULL && i < old->n_groups; i++) {
		if (i == skip)
			continue;
		if (group != NULL && old->of[i].best > best) {
			t->of[n].best = best;
			t->of[n++].group = group;
			group = NULL;
		}
		t->of[n++] = old->of[i];
	}
	if (group != NULL) {
		t->of[n].best = best;
		t->of[n].group = group;
	}
}

int cpx_flow_table_add(struct cpx_flow_memory *m, struct cpx_flow_table *old,
		       const struct cpx_flow_shape *shape, struct cpx_flow_rule *rule,
		       struct cpx_flow_change *change)
{
	const uint32_t tag = tag_of(shape, rule), n_groups = old != NULL ? old->n_groups : 0;
	const uint32_t at = old != NULL ? find_group(old, shape) : 0;
	struct cpx_flow_group *was = at < n_groups ? old->of[at].group : NULL, *now;
	const bool grows = was != NULL && was->n_rules >= RULES_A_BUCKET * (was->mask + 1) &&
			   was->mask + 1 < MAX_BUCKETS;
	struct cpx_flow_bucket **home, *with, *without;
	uint64_t best = rule->order;

	*change = (struct cpx_flow_change){ 0 };
	if (!cpx_flow_shape_ok(shape))
		return -EINVAL;
	now = was == NULL ? group_create(m, shape, 1)
	      : grows     ? group_grow(m, was)
			  : group_copy(m, was);
	if (now == NULL)
		return -ENOMEM;
	if (was == NULL)
		now->bucket[0] = NULL;
	home = &now->bucket[tag & now->mask];
	without = *home;
	with = bucket_with(m, without, tag, rule);
	change->table =
		table_create(m, n_groups + (was == NULL), (old != NULL ? old->n_rules : 0) + 1,
			     old != NULL && old->isolated);
	if (with == NULL || change->table == NULL)
		goto undo;
	*home = with;
	now->n_rules++;
	if (grows && without != NULL)
		m->put(m, &without->block); /* made a moment ago by group_grow */
	else if (without != NULL)
		discard(&change->garbage, &without->block);
	if (grows)
		group_discard(&change->garbage, was);
	else if (was != NULL)
		discard(&change->garbage, &was->block);
	if (was != NULL && old->of[at].best < best)
		best = old->of[at].best;
	fill_groups(change->table, old, at, now, best);
	if (old != NULL)
		discard(&change->garbage, &old->block);
	return 0;

undo:
	if (with != NULL)
		m->put(m, &with->block);
	if (change->table != NULL)
		m->put(m, &change->table->block);
	change->table = NULL;
	if (grows) {
		struct cpx_flow_block *list = NULL;

		group_discard(&list, now);
		cpx_flow_blocks_free(m, list);
	} else {
		m->put(m, &now->block);
	}
	return -ENOMEM;
}

int cpx_flow_table_remove(struct cpx_flow_memory *m, struct cpx_flow_table *old,
			  const struct cpx_flow_shape *shape, struct cpx_flow_rule *rule,
			  struct cpx_flow_change *change)
{
	const uint32_t tag = tag_of(shape, rule), at = find_group(old, shape);
	struct cpx_flow_group *was = old->of[at].group, *now = NULL;
	struct cpx_flow_bucket *home = was->bucket[tag & was->mask], *without = NULL;
	const bool last = was->n_rules == 1, nothing = old->n_rules == 1 && !old->isolated;

	*change = (struct cpx_flow_change){ 0 };
	if (!last) {
		now = group_copy(m, was);
		if (now == NULL || bucket_without(m, home, rule, &without) != 0)
			goto undo;
		now->bucket[tag & now->mask] = without;
		now->n_rules--;
	}
	if (!nothing) {
		change->table =
			table_create(m, old->n_groups - last, old->n_rules - 1, old->isolated);
		if (change->table == NULL)
			goto undo;
		fill_groups(change->table, old, at, now, old->of[at].best);
	}
	discard(&change->garbage, &rule->block);
	discard(&change->garbage, &home->block);
	discard(&change->garbage, &was->block);
	discard(&change->garbage, &old->block);
	return 0;

undo:
	if (without != NULL)
		m->put(m, &without->block);
	if (now != NULL)
		m->put(m, &now->block);
	return -ENOMEM;
}

int cpx_flow_table_isolate(struct cpx_flow_memory *m, struct cpx_flow_table *old, bool isolated,
			   struct cpx_flow_change *change)
{
	const uint32_t n_rules = old != NULL ? old->n_rules : 0;

	*change = (struct cpx_flow_change){ 0 };
	if (isolated || n_rules != 0) {
		change->table = table_create(m, old != NULL ? old->n_groups : 0, n_rules, isolated);
		if (change->table == NULL)
			return -ENOMEM;
		fill_groups(change->table, old, UINT32_MAX, NULL, 0);
	}
	if (old != NULL)
		discard(&change->garbage, &old->block);
	return 0;
}

struct cpx_flow_block *cpx_flow_table_blocks(struct cpx_flow_table *t)
{
	struct cpx_flow_block *list = NULL;

	for (uint32_t i = 0; i < t->n_groups; i++) {
		const struct cpx_flow_group *g = t->of[i].group;

		for (uint32_t k = 0; k <= g->mask; k++)
			for (uint32_t e = 0; g->bucket[k] != NULL && e < g->bucket[k]->n; e++)
				discard(&list, &g->bucket[k]->entry[e].rule->block);
		group_discard(&list, t->of[i].group);
	}
	discard(&list, &t->block);
	return list;
}

void cpx_flow_blocks_free(struct cpx_flow_memory *m, struct cpx_flow_block *list)
{
	while (list != NULL) {
		struct cpx_flow_block *next = list->next;

		m->put(m, list);
		list = next;
	}
}
