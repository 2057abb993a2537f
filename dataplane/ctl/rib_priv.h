/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB's inside, for rib*.c only. Control thread.
 *
 *   entry   a prefix that somebody has told us: hash of prefixes, position = index
 *   route   what one source says of it: chained in its entry, the preferred first
 *   set     where routes lead: a fixed row, or hops; equal ones are one set, counted
 *   way     one hop and its next-hop row; shared by sets, counted
 *
 * What nobody uses any more keeps its row until the next commit: the tables that workers read lead
 * there until then.
 */
#ifndef CPX_DATAPLANE_CTL_RIB_PRIV_H
#define CPX_DATAPLANE_CTL_RIB_PRIV_H

#include <rte_hash.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"

#define RIB_NONE 0 /* no route, no set: index 0 of these arrays is not used */

struct rib_entry {
	struct rib_prefix to;
	uint32_t first; /* route */
	uint32_t row;   /* in the forwarding table; NEXTHOP_ROW_NONE: it is not there */
};

struct rib_route {
	uint32_t next; /* of its entry, or free */
	uint32_t entry;
	uint32_t set; /* RIB_NEIGHBOR: the neighbour's row itself. RIB_NONE: the slot is free */
	uint32_t metric;
	uint32_t since; /* seconds */
	uint8_t source;
	bool stale;
};

struct rib_key { /* of a way */
	uint16_t iface;
	uint8_t family; /* of the gateway; 0: none, the destination is on the link */
	uint8_t zero;
	uint8_t addr[16];
};

struct rib_way {
	struct rib_key key;
	uint32_t refs; /* members of sets */
	uint32_t row;
	bool off_link; /* the subnet its gateway was on went */
};

struct rib_member {
	uint32_t way;
	uint8_t weight;
};

struct rib_set {
	uint32_t next; /* of its bucket, or free */
	uint32_t hash;
	uint32_t refs; /* routes */
	uint32_t row;
	uint32_t next_idle;
	uint8_t kind; /* enum rib_kind */
	bool idle;    /* on the list of those that go at the next commit if still unused */
	bool usable;  /* a way of it is on its link */
	uint16_t n;
	struct rib_member *members, one; /* [n]; to `one` if n is 1 */
};

struct rib_place { /* in the order of a walk */
	struct rib_prefix to;
	uint32_t entry;
};

struct rib {
	struct rte_hash *by_prefix, *by_way;
	struct rib_entry *entries;
	struct rib_route *routes;
	struct rib_way *ways;
	struct rib_set *sets;
	uint32_t *buckets; /* of sets */
	uint32_t max_entries, max_routes, max_ways, max_sets, set_mask;
	uint32_t used_routes, used_sets; /* slots ever used, those before are free or in use */
	uint32_t free_route, free_set;
	uint32_t idle_sets;  /* list */
	uint32_t *idle_rows; /* to be freed after the next commit */
	uint32_t n_idle_rows;
	bool dirty; /* something waits for rib_commit() */
	unsigned count[RIB_SOURCES];
	struct rib_place *order; /* rib_walk.c; NULL: nobody walks */
	uint32_t n_order, order_used;
};

struct rib_view_hops { /* room for the hops of a view */
	struct rib_hop hop[RIB_MAX_HOPS];
};

/* rib.c */
uint32_t rib_now(void); /* seconds, monotonic */
/* Bits beyond len, and bytes the family does not have, are zero in the result. */
struct rib_prefix rib_mask(const struct rib_prefix *p);
/* Entry of exactly this (masked) prefix; NULL. */
struct rib_entry *rib_find(const struct rib *r, const struct rib_prefix *to);
/* The row a route leads to, NEXTHOP_ROW_NONE while it leads nowhere. */
uint32_t rib_row(const struct rib *r, const struct rib_route *route);

/* rib_walk.c: all of a route but `best`. */
void rib_view(const struct board *b, const struct rib_entry *e, const struct rib_route *route,
	      struct rib_view_hops *hops, struct rib_route_view *v);

/* rib_sets.c: sets, counted: one more for whoever called, by rib_put_set() one less. */
int rib_get_set(struct board *b, const struct rib_target *target, uint32_t *set, struct err *err);
void rib_put_set(struct rib *r, uint32_t set);
/* After a commit: what is still unused goes. */
void rib_free_idle_sets(struct board *b);
void rib_fixed_sets(struct rib *r);

/* rib_ways.c: the same for ways */
int rib_get_way(struct board *b, const struct rib_hop *hop, uint32_t *way, struct err *err);
void rib_put_way(struct board *b, uint32_t way);

#endif
