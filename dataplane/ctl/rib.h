/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing information base: every route that anybody has told us, of all sources and VRFs, and
 * which of them the forwarding tables follow. For one prefix the source named first in enum
 * rib_source wins, within a source the lowest metric. Control thread only.
 *
 *   rib_add / rib_del / rib_set_object …    then    rib_commit
 *
 * A change is whole or has not happened: -ENOSPC names the table that is full and its size. Workers
 * see routes from rib_commit() on, all of a batch together; nobody waits for it. A next-hop object
 * has a row of its own in the next-hop table: replacing the object touches no route, is one store,
 * and is seen at once.
 */
#ifndef CPX_DATAPLANE_CTL_RIB_H
#define CPX_DATAPLANE_CTL_RIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct board;

#define RIB_MAX_HOPS 64 /* members of one group */

enum rib_source {               /* in order of preference */
		  RIB_OWN,      /* our addresses, their subnets, what is never forwarded */
		  RIB_STATIC,   /* the configuration file */
		  RIB_ASKED,    /* the control socket */
		  RIB_FPM,      /* zebra, by FPM */
		  RIB_KERNEL,   /* the kernel's tables, by netlink */
		  RIB_NEIGHBOR, /* a host route of each neighbour */
		  RIB_SOURCES
};

struct rib_prefix {
	uint16_t vrf;   /* index into board.vrfs; 0: the default one */
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t len;
	uint8_t addr[16]; /* network order; bits beyond len are ignored */
};

/* One way: a gateway on an interface, or (family 0) the destination itself is on its link. */
struct rib_hop {
	uint16_t iface;
	uint8_t family; /* of the gateway; may differ from the route's (RFC 8950) */
	uint8_t weight; /* 1..255 */
	uint8_t addr[16];
};

enum rib_kind {
	RIB_VIA,         /* hops[n_hops] */
	RIB_OBJECT,      /* a next-hop object of the same source */
	RIB_BLACKHOLE,   /* dropped and counted */
	RIB_UNREACHABLE, /* dropped, ICMP host unreachable */
	RIB_PROHIBIT,    /* dropped, ICMP administratively prohibited */
	/* only RIB_OWN: */
	RIB_LOCAL,     /* an address of ours */
	RIB_MARTIAN,   /* never forwarded */
	RIB_MULTICAST, /* multicast or broadcast */
	RIB_KINDS
};

struct rib_target {
	enum rib_kind kind;
	uint32_t object;            /* RIB_OBJECT: its id */
	uint16_t n_hops;            /* RIB_VIA: 1..RIB_MAX_HOPS */
	const struct rib_hop *hops; /* the caller's; copied */
};

/* Bits beyond len, and bytes the family does not have, are zero in the result. */
struct rib_prefix rib_mask(const struct rib_prefix *p);

int rib_create(struct board *b, struct err *err);
void rib_destroy(struct board *b);

/* Add, or replace what this source said of this prefix and metric. -ENOSPC; -ENOENT: no such
 * object, VRF or interface; -EINVAL. */
int rib_add(struct board *b, enum rib_source source, const struct rib_prefix *to, uint32_t metric,
	    const struct rib_target *target, struct err *err);
/* -ENOENT. metric UINT32_MAX: whatever it is. */
int rib_del(struct board *b, enum rib_source source, const struct rib_prefix *to, uint32_t metric,
	    struct err *err);

/* Next-hop objects (RFC-less; Linux nexthop ids, zebra's groups). ids are the source's own, not 0.
 */
int rib_set_object(struct board *b, enum rib_source source, uint32_t id,
		   const struct rib_target *target, struct err *err);
/* Routes that use it go with it (as in the kernel). -ENOENT. */
int rib_del_object(struct board *b, enum rib_source source, uint32_t id, struct err *err);

/* What follows is visible to workers from here on. */
void rib_commit(struct board *b);

/* For neighbors.c: a host route to this row, and a row that nothing but what is uncommitted leads
 * to: it is freed after the next commit. */
int rib_add_neighbor(struct board *b, const struct rib_prefix *to, uint32_t metric, uint32_t row,
		     struct err *err);
void rib_free_row(struct board *b, uint32_t row);

/* Resynchronisation and graceful restart: mark all that a source has said as stale; what it says
 * again is fresh; sweep removes what is still stale. Returns how many went; the caller commits. */
void rib_mark(struct board *b, enum rib_source source);
unsigned rib_sweep(struct board *b, enum rib_source source);

/* An interface went: its hops leave all groups, routes without hops go. The caller commits. */
void rib_forget_iface(struct board *b, uint16_t iface);
/* A hop's way is up or down (port, neighbour): groups leave it out while it is down,
 * from the next commit on. */
void rib_port_changed(struct board *b, unsigned port);
void rib_neighbor_changed(struct board *b);
/* Addresses of the interface changed; gone: this subnet was one's, or NULL. Ways whose gateways
 * were in it lead nowhere until an address is there again. */
void rib_subnet_changed(struct board *b, uint16_t iface, const struct rib_prefix *gone);

unsigned rib_count(const struct board *b, enum rib_source source);

struct rib_route_view {
	struct rib_prefix to;
	enum rib_source source;
	uint32_t metric;
	bool best, stale; /* best: the one the forwarding tables follow */
	enum rib_kind kind;
	uint32_t object; /* RIB_OBJECT */
	uint16_t n_hops;
	const struct rib_hop *hops;
	uint32_t row;   /* of the next-hop table */
	uint32_t age_s; /* since it was last given another way */
};

/* What a source says of just this prefix and metric; UINT32_MAX: its lowest. *hops, room for
 * RIB_MAX_HOPS, is the caller's; v->best is not said. -ENOENT. */
int rib_get(struct board *b, enum rib_source source, const struct rib_prefix *to, uint32_t metric,
	    struct rib_hop *hops, struct rib_route_view *v);

/*
 * Walk all routes in order of VRF, family, address, length; of one prefix the preferred first. fn
 * returns false to end; the route it refused is the first of the next walk with the same cursor. A
 * cursor starts as { 0 } and stays good whatever changes; fn changes nothing.
 */
struct rib_cursor {
	bool begun;
	struct rib_prefix to;
	enum rib_source source;
	uint32_t metric;
};
typedef bool rib_fn(void *arg, const struct rib_route_view *r);
void rib_walk(struct board *b, struct rib_cursor *at, rib_fn *fn, void *arg);

/* The routes of exactly this prefix; of the longest one that leads somewhere and has this address
 * in it. False: there is none. */
bool rib_exact(const struct board *b, const struct rib_prefix *to, rib_fn *fn, void *arg);
bool rib_match(const struct board *b, const struct rib_prefix *host, rib_fn *fn, void *arg);

/* Where routes lead: each set of hops once. */
struct rib_set_view {
	uint32_t row;
	uint32_t object; /* 0: not an object */
	enum rib_kind kind;
	uint32_t routes; /* that lead there, of all sources */
	uint16_t n_hops;
	const struct rib_hop *hops;
	uint64_t up; /* bit i: hop i is up, and on a link of ours */
	bool group;  /* row is a group, of those that are up, or of all if none is */
};
/* The next one; *at starts at 0, hops has room for RIB_MAX_HOPS. False: that was all. */
bool rib_next_set(const struct board *b, uint32_t *at, struct rib_set_view *v,
		  struct rib_hop *hops);

extern const char *const rib_source_names[RIB_SOURCES];
extern const char *const rib_kind_names[RIB_KINDS];

#endif
