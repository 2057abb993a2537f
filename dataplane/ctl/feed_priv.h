/* SPDX-License-Identifier: BSD-3-Clause */
/* A feed's inside, for feed*.c only. Control thread. */
#ifndef CPX_DATAPLANE_CTL_FEED_PRIV_H
#define CPX_DATAPLANE_CTL_FEED_PRIV_H

#include <rte_hash.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/feed.h"

#define FEED_PROTOCOL 67 /* rtm_protocol of routes that cpx gives the kernel */

/* A next-hop object as it was told. Groups are flattened for the RIB: it knows hops only. */
struct feed_object {
	uint32_t id;     /* 0: this entry is free */
	uint32_t rib_id; /* what the RIB calls it; see feed_restart() */
	bool stale, blackhole, group;
	bool in_rib; /* some way of it is ours */
	bool missed; /* a route wanted it while none was */
	bool usable; /* not a group: hop is a way of ours */
	struct rib_hop hop;
	uint16_t n;
	struct rtnl_member *members; /* [n] of a group */
};

struct feed {
	struct board *board;
	enum rib_source source;
	const char *name;
	uint16_t (*index_to_iface)(const struct board *b, int32_t index);
	struct feed_counters counters;
	struct err err; /* of the message at hand */
	bool said;      /* something was refused, and logged */
	bool full;      /* something did not fit */
	bool shadowed;  /* some prefix has a second route behind the first */
	bool resync;
	bool dumped; /* `last` is an IPv4 route of the dump under way */
	struct feed_key {
		uint32_t table, priority;
		uint8_t dst[4];
		uint32_t len; /* no padding: it is compared as bytes */
	} last;
	struct rte_hash *by_id;
	struct feed_object *objects; /* [position in by_id] */
	unsigned n_objects, n_groups;
	uint32_t last_rib_id;
};

/* feed.c: 1: *to is a way of ours; 0: not ours; -EOPNOTSUPP, -EINVAL: ours, and cannot be followed.
 */
int feed_hop(const struct feed *f, const struct rtnl_hop *from, struct rib_hop *to);
/* Weights 1..65535 as 1..255, in proportion. */
void feed_weigh(struct rib_hop *hops, const uint16_t *weights, unsigned n);

/* feed_objects.c */
int feed_create_objects(struct feed *f);
void feed_destroy_objects(struct feed *f);
struct feed_object *feed_find_object(const struct feed *f, uint32_t id);
int feed_object(struct feed *f, const struct rtnl_nexthop *n, bool del);
void feed_forget_ids(struct feed *f);
void feed_mark_objects(struct feed *f);
void feed_sweep_objects(struct feed *f);

#endif
