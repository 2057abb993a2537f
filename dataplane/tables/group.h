/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of next hops: equal-cost and weighted multipath (RFC 2992). A group is a next-hop row of
 * type NEXTHOP_MULTI that points to an immutable table of buckets, each the row of a member; the
 * flow hash chooses the bucket. A group is replaced whole: one pointer, the old table is freed
 * after a grace period. Resilient: members that stay keep their buckets as far as their weights
 * allow, so taking one away moves only its flows and bringing one in moves only as many as it gets.
 *
 * Writer: the control thread. Readers: workers, group_member().
 */
#ifndef CPX_DATAPLANE_TABLES_GROUP_H
#define CPX_DATAPLANE_TABLES_GROUP_H

#include <stdint.h>

#include "dataplane/tables/nexthop.h"
#include "lib/base/err.h"

#define GROUP_MAX_MEMBERS 64

struct group_member { /* a row of type FORWARD, RESOLVE …, never MULTI */
	uint32_t row;
	uint8_t weight; /* 1..255 */
};

struct nexthop_buckets { /* immutable once published */
	uint32_t mask;   /* number of buckets less one; a power of two, at least 8 a member */
	uint32_t row[];
};

/* A new group; -ENOSPC next-hop table full, -ENOMEM. n 0: packets for it end as unreachable. */
int group_create(struct nexthop_table *t, const struct group_member *members, unsigned n,
		 uint32_t *index, struct err *err);
/* Other members, by one store. -ENOMEM: nothing has changed. */
int group_set(struct nexthop_table *t, uint32_t index, const struct group_member *members,
	      unsigned n, struct err *err);
/* As nexthop_free(): no route holds it any more. Members are the caller's. */
void group_free(struct nexthop_table *t, uint32_t index);

/* Pure: buckets for these members, keeping those of `old` (may be NULL) where possible; what
 * group_create and group_set publish. n_buckets a power of two. */
void group_fill(uint32_t *row, uint32_t n_buckets, const struct group_member *members, unsigned n,
		const uint32_t *old, uint32_t n_old);

#endif
