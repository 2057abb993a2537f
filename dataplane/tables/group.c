/* SPDX-License-Identifier: BSD-3-Clause */
/* The writing side of groups; see group.h. Control thread. */
#include "dataplane/tables/group.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "dataplane/run/rcu.h"

#define BUCKETS_A_MEMBER 8 /* so many at least, for the lightest too while the table may grow */
#define NOBODY           UINT32_MAX

struct share { /* of one member */
	uint32_t row, weight;
	uint32_t had, floor; /* buckets in the old table; due without the remainder */
	uint64_t rest;       /* of the division */
	bool up;             /* gets one more than floor */
	uint32_t due;        /* not handed out yet */
};

/* Members by row, each once. */
static unsigned sort_members(struct share *s, const struct group_member *members, unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned at = count;

		while (at > 0 && s[at - 1].row > members[i].row)
			at--;
		if (at > 0 && s[at - 1].row == members[i].row) {
			s[at - 1].weight += members[i].weight;
			continue;
		}
		memmove(&s[at + 1], &s[at], (count++ - at) * sizeof(*s));
		s[at] = (struct share){ .row = members[i].row, .weight = members[i].weight };
	}
	return count;
}

static struct share *share_of(struct share *s, unsigned n, uint32_t row)
{
	unsigned low = 0;

	while (n > 0) {
		const unsigned half = n / 2;

		if (s[low + half].row == row)
			return &s[low + half];
		if (s[low + half].row < row) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return NULL;
}

/* Whether a comes before b when one more bucket is given away; else by row, as they are sorted. */
static bool before(const struct share *a, const struct share *b)
{
	const bool a_holds = a->had > a->floor, b_holds = b->had > b->floor;

	return a_holds != b_holds ? a_holds : a->rest > b->rest;
}

/* How many buckets each is due. */
static void divide(struct share *s, unsigned n, uint32_t n_buckets)
{
	uint64_t sum = 0;
	uint32_t left = n_buckets;

	for (unsigned i = 0; i < n; i++)
		sum += s[i].weight;
	for (unsigned i = 0; i < n; i++) {
		s[i].floor = (uint32_t)((uint64_t)n_buckets * s[i].weight / sum);
		s[i].rest = (uint64_t)n_buckets * s[i].weight % sum;
		left -= s[i].floor;
	}
	while (left--) { /* fewer than there are remainders */
		struct share *next = NULL;

		for (unsigned i = 0; i < n; i++)
			if (s[i].rest && !s[i].up && (!next || before(&s[i], next)))
				next = &s[i];
		next->up = true;
	}
	for (unsigned i = 0; i < n; i++)
		s[i].due = s[i].floor + s[i].up;
}

void group_fill(uint32_t *row, uint32_t n_buckets, const struct group_member *members, unsigned n,
		const uint32_t *old, uint32_t n_old)
{
	struct share shares[GROUP_MAX_MEMBERS], *next = shares, *s;

	n = sort_members(shares, members, n);
	for (uint32_t i = 0; i < n_buckets; i++) {
		row[i] = old && n_old ? old[i & (n_old - 1)] : NOBODY;
		s = share_of(shares, n, row[i]);
		if (s)
			s->had++;
		else
			row[i] = NOBODY;
	}
	if (n)
		divide(shares, n, n_buckets);
	for (uint32_t i = 0; i < n_buckets; i++) {
		s = share_of(shares, n, row[i]);
		if (s && s->due)
			s->due--;
		else
			row[i] = NOBODY;
	}
	for (uint32_t i = 0; i < n_buckets; i++) {
		if (row[i] != NOBODY)
			continue;
		while (next < shares + n && !next->due)
			next++;
		if (next < shares + n)
			next->due--;
		row[i] = next < shares + n ? next->row : (uint32_t)NEXTHOP_ROW_UNREACHABLE;
	}
}

/* Enough for the lightest member's share to be near what it is due. */
static uint32_t size_for(const struct group_member *members, unsigned n)
{
	uint32_t sum = 0, least = UINT8_MAX;

	for (unsigned i = 0; i < n; i++) {
		sum += members[i].weight;
		least = RTE_MIN(least, members[i].weight);
	}
	return RTE_MIN(rte_align32pow2(BUCKETS_A_MEMBER * ((sum + least - 1) / least)),
		       (uint32_t)GROUP_MAX_BUCKETS);
}

static int check(const struct nexthop_table *t, const struct group_member *members, unsigned n,
		 struct err *err)
{
	if (n > GROUP_MAX_MEMBERS)
		return err_set(err, -EINVAL,
			       "group of %u next hops: at most %d; leave some of them out", n,
			       GROUP_MAX_MEMBERS);
	for (unsigned i = 0; i < n; i++) {
		if (members[i].row >= t->n || nexthop_type(t, members[i].row) == NEXTHOP_MULTI)
			return err_set(err, -EINVAL,
				       "group: row %u of the next-hop table cannot be a member; "
				       "name a single next hop",
				       members[i].row);
		if (!members[i].weight)
			return err_set(err, -EINVAL,
				       "group: a member of weight 0; give 1 to 255, or leave it "
				       "out");
	}
	return 0;
}

/* NULL for no members. A table never shrinks: the half that went would move flows. */
static int make(const struct nexthop_table *t, struct nexthop_buckets **out,
		const struct nexthop_buckets *old, const struct group_member *members, unsigned n,
		struct err *err)
{
	const uint32_t n_old = old ? old->mask + 1 : 0;
	const uint32_t size = n ? RTE_MAX(size_for(members, n), n_old) : 0;
	struct nexthop_buckets *g;

	*out = NULL;
	if (!n)
		return 0;
	g = rte_malloc("group", sizeof(*g) + size * sizeof(g->row[0]), RTE_CACHE_LINE_SIZE);
	if (!g)
		return err_set(err, -ENOMEM,
			       "group of %u next hops: no memory for %u buckets; reserve more "
			       "hugepages",
			       n, size);
	g->mask = size - 1;
	g->ifaces = 0;
	for (unsigned i = 0; i < n; i++) {
		const uint16_t iface = t->rows[members[i].row].way.iface;

		if (iface) /* fixed rows lead nowhere */
			g->ifaces |= 1ull << iface % 64;
	}
	group_fill(g->row, size, members, n, old ? old->row : NULL, n_old);
	*out = g;
	return 0;
}

static void free_buckets(void *arg, void *buckets)
{
	(void)arg;
	rte_free(buckets);
}

static void retire(struct nexthop_table *t, const struct nexthop_buckets *old)
{
	void *p = (void *)(uintptr_t)old;

	if (!p || rcu_retire(t->rcu, free_buckets, NULL, p) == 0)
		return;
	rcu_wait(t->rcu, rcu_token(t->rcu)); /* out of memory: wait here instead */
	rte_free(p);
}

int group_create(struct nexthop_table *t, const struct group_member *members, unsigned n,
		 uint32_t *index, struct err *err)
{
	struct nexthop_buckets *g;
	int ret = check(t, members, n, err);

	if (!ret)
		ret = make(t, &g, NULL, members, n, err);
	if (ret)
		return ret;
	ret = nexthop_alloc(t, NEXTHOP_MULTI, 0, 0, 0, index, err);
	if (ret) {
		rte_free(g);
		return ret;
	}
	store_release(&t->rows[*index].buckets, g);
	return 0;
}

int group_set(struct nexthop_table *t, uint32_t index, const struct group_member *members,
	      unsigned n, struct err *err)
{
	const struct nexthop_buckets *old = t->rows[index].buckets;
	struct nexthop_buckets *g;
	int ret = check(t, members, n, err);

	if (!ret)
		ret = make(t, &g, old, members, n, err);
	if (ret)
		return ret;
	store_release(&t->rows[index].buckets, g);
	retire(t, old);
	return 0;
}

void group_free(struct nexthop_table *t, uint32_t index)
{
	retire(t, t->rows[index].buckets); /* who looked up the row before still finds a member */
	nexthop_free(t, index);
}
