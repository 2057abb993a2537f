/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB's inside, for rib*.c only. Control thread.
 *
 *   entry   a prefix that somebody has told us: hash of prefixes, position = index
 *   route   what one source says of it: chained in its entry, the preferred first
 *   set     where routes lead: a fixed row, or hops; equal ones are one set, counted
 *   way     one hop and its next-hop row; shared by sets, counted
 *   object  a set with a name, for its source only, whose hops may change
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
	uint32_t object; /* its id; 0: not an object, found by what is in it */
	uint8_t kind;    /* enum rib_kind; of an object, what is behind it */
	bool group;      /* row is a group of its own, else that of the only way */
	bool idle;       /* on the list of those that go at the next commit if still unused */
	bool usable;     /* a way of it is on its link */
	bool gone;       /* all its ways were of an interface that is gone */
	uint16_t n;
	uint64_t up;                     /* members that the group has, a bit each */
	struct rib_member *members, one; /* [n]; to `one` if n is 1 */
};

struct rib_object_key {
	uint32_t source, id;
};

struct rib_object {
	struct rib_object_key key;
	uint32_t set; /* RIB_NONE: no such object */
	bool stale;
};

struct rib_place { /* in the order of a walk */
	struct rib_prefix to;
	uint32_t entry;
};

struct rib {
	struct rte_hash *by_prefix, *by_way, *by_id;
	struct rib_entry *entries;
	struct rib_route *routes;
	struct rib_way *ways;
	struct rib_set *sets;
	struct rib_object *objects;
	uint32_t *buckets; /* of sets */
	uint32_t max_entries, max_routes, max_ways, max_sets, max_objects, set_mask;
	uint32_t used_routes, used_sets; /* slots ever used, those before are free or in use */
	uint32_t free_route, free_set;
	uint32_t idle_sets;  /* list */
	uint32_t *idle_rows; /* to be freed after the next commit */
	uint32_t n_idle_rows;
	bool dirty;        /* something waits for rib_commit() */
	bool ways_changed; /* groups are to be looked through at the next commit */
	unsigned count[RIB_SOURCES];
	struct rib_place *order; /* rib_walk.c; NULL: nobody walks */
	uint32_t n_order, order_used;
};

struct rib_view_hops { /* room for the hops of a view */
	struct rib_hop hop[RIB_MAX_HOPS];
};

/* rib.c */
uint32_t rib_now(void); /* seconds, monotonic */
/* Entry of exactly this (masked) prefix; NULL. */
struct rib_entry *rib_find(const struct rib *r, const struct rib_prefix *to);
/* The row a route leads to, NEXTHOP_ROW_NONE while it leads nowhere. */
uint32_t rib_row(const struct rib *r, const struct rib_route *route);

/* rib_walk.c: all of a route but `best`. */
void rib_view(const struct board *b, const struct rib_entry *e, const struct rib_route *route,
	      struct rib_view_hops *hops, struct rib_route_view *v);

/* rib.c: routes that lead to a set of which `goes` go. The links of sets have changed: choose
 * again.
 */
void rib_remove_routes(struct board *b, bool (*goes)(const struct rib_set *s));
void rib_choose_again(struct board *b);

/* rib_sets.c: sets, counted: one more for whoever called, by rib_put_set() one less. */
int rib_get_set(struct board *b, enum rib_source source, const struct rib_target *target,
		uint32_t *set, struct err *err);
void rib_put_set(struct rib *r, uint32_t set);
/* After a commit: what is still unused goes. */
void rib_free_idle_sets(struct board *b);
void rib_fixed_sets(struct rib *r);
/* Members of these hops, sorted, each once, weights added; their ways are the caller's. Returns how
 * many, or a negative errno. */
int rib_get_members(struct board *b, const struct rib_target *target,
		    struct rib_member m[RIB_MAX_HOPS], struct err *err);
void rib_put_members(struct board *b, const struct rib_member *m, unsigned n);
/* A set that is not found by what is in it: an object's. Takes the members' ways. */
int rib_make_object_set(struct board *b, uint32_t id, enum rib_kind kind,
			const struct rib_member *m, unsigned n, uint32_t *set, struct err *err);
/* Other members for a set with a group, by one store; takes their ways, or nothing has changed. */
int rib_change_set(struct board *b, uint32_t set, enum rib_kind kind, const struct rib_member *m,
		   unsigned n, struct err *err);

/* rib_groups.c: groups have the ways that are up, or all if none is. */
int rib_make_group(struct board *b, struct rib_set *s, struct err *err);
int rib_set_group(struct board *b, struct rib_set *s, struct err *err);
void rib_look_at_ways(struct board *b);

/* rib_objects.c */
int rib_get_object(struct board *b, enum rib_source source, uint32_t id, uint32_t *set,
		   struct err *err);
void rib_mark_objects(struct rib *r, enum rib_source source);
unsigned rib_sweep_objects(struct board *b, enum rib_source source);
void rib_remove_gone_objects(struct board *b);

/* rib_ways.c: the same for ways */
int rib_get_way(struct board *b, const struct rib_hop *hop, uint32_t *way, struct err *err);
void rib_put_way(struct board *b, uint32_t way);
bool rib_way_up(const struct board *b, const struct rib_way *w);

#endif
