/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of the RIB follow their ways: a member whose port is down, whose neighbour does not answer
 * or whose subnet went is left out as long as another is up; if none is, all are in. So the flows
 * of a link that was cut move with one store a group, and no route is touched. Control thread.
 */
#include <string.h>

#include "dataplane/ctl/rib_priv.h"
#include "dataplane/tables/group.h"

static const uint32_t kind_row[RIB_KINDS] = {
	[RIB_BLACKHOLE] = NEXTHOP_ROW_BLACKHOLE,
	[RIB_UNREACHABLE] = NEXTHOP_ROW_UNREACHABLE,
	[RIB_PROHIBIT] = NEXTHOP_ROW_PROHIBIT,
};

/* Bits of the members a group is to have. */
static uint64_t choose(const struct board *b, const struct rib_set *s)
{
	uint64_t up = 0, on_link = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct rib_way *w = &b->rib->ways[s->members[i].way];

		if (!w->off_link)
			on_link |= 1ull << i;
		if (!w->off_link && rib_way_up(b, w))
			up |= 1ull << i;
	}
	if (!on_link)
		on_link = s->n < 64 ? (1ull << s->n) - 1 : UINT64_MAX;
	return up ? up : on_link;
}

static unsigned members_of(const struct board *b, const struct rib_set *s, uint64_t up,
			   struct group_member out[GROUP_MAX_MEMBERS])
{
	unsigned n = 0;

	if (s->kind != RIB_VIA) {
		out[0] = (struct group_member){ .row = kind_row[s->kind], .weight = 1 };
		return 1;
	}
	for (unsigned i = 0; i < s->n; i++)
		if (up >> i & 1)
			out[n++] = (struct group_member){
				.row = b->rib->ways[s->members[i].way].row,
				.weight = s->members[i].weight,
			};
	return n;
}

int rib_make_group(struct board *b, struct rib_set *s, struct err *err)
{
	struct group_member m[GROUP_MAX_MEMBERS];
	const uint64_t up = choose(b, s);
	const int ret = group_create(b->nexthops, m, members_of(b, s, up, m), &s->row, err);

	s->up = up;
	return ret;
}

int rib_set_group(struct board *b, struct rib_set *s, struct err *err)
{
	struct group_member m[GROUP_MAX_MEMBERS];
	const uint64_t up = choose(b, s);
	const int ret = group_set(b->nexthops, s->row, m, members_of(b, s, up, m), err);

	if (!ret)
		s->up = up;
	return ret;
}

/* Whether a way of it is on its link; what has no ways always leads somewhere. */
static bool usable(const struct rib *r, const struct rib_set *s)
{
	bool on_link = s->n == 0;

	for (unsigned i = 0; i < s->n; i++)
		on_link |= !r->ways[s->members[i].way].off_link;
	return on_link;
}

void rib_look_at_ways(struct board *b)
{
	struct rib *r = b->rib;
	bool again = false;

	r->ways_changed = false;
	for (uint32_t i = RIB_KINDS; i < r->used_sets; i++) {
		struct rib_set *s = &r->sets[i];
		const bool was = s->usable;

		if (!s->row)
			continue;
		if (s->group && choose(b, s) != s->up && rib_set_group(b, s, NULL) != 0)
			r->ways_changed = true; /* no memory: at the next commit */
		s->usable = usable(r, s);
		again |= s->usable != was;
	}
	if (again)
		rib_choose_again(b);
}
