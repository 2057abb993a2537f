/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of next hops: equal-cost and weighted multipath (RFC 2992). A group is a next-hop row of
 * type NEXTHOP_MULTI that points to an immutable table of buckets, each the row of a member; the
 * flow hash chooses the bucket. A group is replaced whole: one pointer, the old table is freed
 * after a grace period. Resilient: members that stay keep their buckets as far as their weights
 * allow, so taking one away moves only its flows and bringing one in moves only as many as it gets.
 *
 * Writer: the control thread. Readers: workers, group_lookup().
 */
#ifndef CPX_DATAPLANE_TABLES_GROUP_H
#define CPX_DATAPLANE_TABLES_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/tables/nexthop.h"
#include "lib/base/err.h"

#define GROUP_MAX_MEMBERS 64

struct group_member { /* a row of type FORWARD, RESOLVE …, never MULTI */
	uint32_t row;
	uint8_t weight; /* 1..255 */
};

struct nexthop_buckets { /* immutable once published */
	uint64_t ifaces; /* bit i: a member leads out of an interface i, i + 64 … */
	uint32_t mask;   /* number of buckets less one; a power of two, at least 8 a member */
	uint32_t row[];
};

/* What a group takes of DPDK's memory at most: 64 members far apart in weight; of equal ones 2 KiB.
 */
#define GROUP_MAX_BUCKETS 16384

/* A new group; -ENOSPC next-hop table full, -ENOMEM, -EINVAL: a member that cannot be one. n 0:
 * packets for it end as unreachable. A row given twice is one member with the sum of weights. */
int group_create(struct nexthop_table *t, const struct group_member *members, unsigned n,
		 uint32_t *index, struct err *err);
/* Other members, by one store. -ENOMEM, -EINVAL: nothing has changed. */
int group_set(struct nexthop_table *t, uint32_t index, const struct group_member *members,
	      unsigned n, struct err *err);
/* As nexthop_free(): no route holds it any more. Members are the caller's. */
void group_free(struct nexthop_table *t, uint32_t index);

/*
 * Pure: buckets for these members, keeping those of `old` (may be NULL) where possible; what
 * group_create and group_set publish. n_buckets and n_old are powers of two. A member of weight w
 * of W gets n_buckets * w / W, rounded up or down: up for those that would else lose a bucket they
 * have, then for the largest remainders. No other choice of up and down moves fewer buckets.
 */
void group_fill(uint32_t *row, uint32_t n_buckets, const struct group_member *members, unsigned n,
		const uint32_t *old, uint32_t n_old);

/*
 * A flow's place in any group. The lane of the port is chosen by the high bits of the same hash
 * (nodes/send.h), and the router before us may have chosen us by it: every bit of it goes into this
 * one, differently at each start.
 */
static inline uint32_t group_place(uint32_t seed, uint32_t flow)
{
	uint32_t h = (flow ^ seed) * 0x9e3779b1u;

	h = (h ^ h >> 15) * 0x85ebca6bu;
	return h >> 16;
}

/* Worker: the member's row for a flow; index is of type MULTI. */
static inline uint32_t group_lookup(const struct nexthop_table *t, uint32_t index, uint32_t flow)
{
	const struct nexthop_buckets *g = load_acquire(&t->rows[index].buckets);

	return __builtin_expect(g != NULL, 1) ? g->row[group_place(t->flow_seed, flow) & g->mask]
					      : (uint32_t)NEXTHOP_ROW_UNREACHABLE;
}

/* Worker: whether any member leads out of an interface; out of this one. */
static inline bool group_leads_out(const struct nexthop_table *t, uint32_t index)
{
	const struct nexthop_buckets *g = load_acquire(&t->rows[index].buckets);

	return g && g->ifaces;
}

static inline bool group_leads_to(const struct nexthop_table *t, uint32_t index, uint16_t iface)
{
	const struct nexthop_buckets *g = load_acquire(&t->rows[index].buckets);

	if (!g || !(g->ifaces >> iface % 64 & 1))
		return false;
	for (uint32_t i = 0; i <= g->mask; i++)
		if (load_relaxed(&t->rows[g->row[i]].way.iface) == iface)
			return true;
	return false;
}

#endif
