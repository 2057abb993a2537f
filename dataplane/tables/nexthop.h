/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Next hops: a fixed array of 64-byte rows addressed by index; routes hold indices. Changing a next
 * hop rewrites one row and touches no route.
 *
 * Writer: the control thread. Readers: workers, with nexthop_read(), which copies what rewrite
 * needs between two equal even values of seq. A freed row is reused only after a grace period, so a
 * worker that looked up a route before its deletion still finds the row it names.
 */
#ifndef CPX_DATAPLANE_TABLES_NEXTHOP_H
#define CPX_DATAPLANE_TABLES_NEXTHOP_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/order.h"

enum nexthop_type {
	NEXTHOP_NONE,      /* no route: ICMP net unreachable. Row 0, the default of the tables */
	NEXTHOP_FORWARD,   /* l2 is complete */
	NEXTHOP_RESOLVE,   /* neighbour not resolved yet: to the control thread */
	NEXTHOP_CONNECTED, /* a connected subnet: to the control thread, which makes a neighbour */
	NEXTHOP_LOCAL,     /* an address of ours */
	NEXTHOP_BLACKHOLE, /* drop, silently */
	NEXTHOP_UNREACHABLE, /* drop, ICMP host unreachable */
	NEXTHOP_PROHIBIT,    /* drop, ICMP administratively prohibited */
	NEXTHOP_MARTIAN,     /* a destination that must not be forwarded */
	NEXTHOP_GROUP,       /* a multicast or broadcast destination */
	NEXTHOP_MULTI,       /* several next hops: the flow decides, see group.h */
};

#define NEXTHOP_L2_MAX 18 /* Ethernet with one VLAN tag */

struct nexthop_buckets;

/* What forwarding needs of a row, read at one moment: see nexthop_read(). */
struct nexthop_way {
	union {
		struct {
			uint8_t type;   /* enum nexthop_type */
			uint8_t l2_len; /* 14, or 18 with a tag */
			uint16_t port;  /* DPDK port id */
			uint16_t iface;
			uint16_t mtu; /* of the egress interface */
		};
		uint64_t head;
	};
	union {
		uint8_t l2[NEXTHOP_L2_MAX - 2]; /* destination, source, [tag] */
		struct {
			uint64_t l2_low, l2_high;
		};
	};
};

struct nexthop {
	uint64_t seq; /* control thread; odd while the row changes */
	struct nexthop_way way;
	uint8_t reserved[24];
	const struct nexthop_buckets *buckets; /* MULTI: published by itself; NULL: no member */
};
static_assert(sizeof(struct nexthop) == 64, "one cache line a row");

struct rcu;

struct nexthop_table {
	struct nexthop *rows;
	uint32_t n;
	uint32_t flow_seed; /* other at each start: routers in a row must not choose alike */
	/* control thread */
	uint32_t n_used;
	uint32_t *free_stack;
	uint32_t n_free;
	struct rcu *rcu;
};

/* The rows every board has. */
enum {
	NEXTHOP_ROW_NONE,
	NEXTHOP_ROW_LOCAL,
	NEXTHOP_ROW_BLACKHOLE,
	NEXTHOP_ROW_UNREACHABLE,
	NEXTHOP_ROW_PROHIBIT,
	NEXTHOP_ROW_MARTIAN,
	NEXTHOP_ROW_GROUP,
	NEXTHOP_FIRST_FREE
};

int nexthop_table_create(struct nexthop_table **out, uint32_t n, int numa_node, struct rcu *rcu,
			 struct err *err);
void nexthop_table_destroy(struct nexthop_table *t);

/* A row for an interface, of type RESOLVE or CONNECTED until set. -ENOSPC names the table. */
int nexthop_alloc(struct nexthop_table *t, enum nexthop_type type, uint16_t port, uint16_t iface,
		  uint16_t mtu, uint32_t *index, struct err *err);
/* The row may be given out again after a grace period. No route may hold it any more. */
void nexthop_free(struct nexthop_table *t, uint32_t index);

/* FORWARD with this header (l2 without EtherType: 12 bytes, or 16 with the tag). */
void nexthop_set_forward(struct nexthop_table *t, uint32_t index, const uint8_t *l2,
			 uint8_t l2_len);
void nexthop_set_type(struct nexthop_table *t, uint32_t index, enum nexthop_type type);
/* The row's interface stands on another DPDK port now. */
void nexthop_set_port(struct nexthop_table *t, uint32_t index, uint16_t port);
/* The interface has another MTU now. */
void nexthop_set_mtu(struct nexthop_table *t, uint32_t index, uint16_t mtu);

/* Worker: a row as it is at one moment; false if the writer kept it odd for too long. */
static inline bool nexthop_read(const struct nexthop_table *t, uint32_t index,
				struct nexthop_way *out)
{
	const struct nexthop *row = &t->rows[index];

	for (unsigned tries = 0; tries < 64; tries++) {
		const uint64_t seq = seq_read_begin(&row->seq);

		/* by words: they stay in registers */
		out->head = row->way.head;
		out->l2_low = row->way.l2_low;
		out->l2_high = row->way.l2_high;
		if (__builtin_expect(seq_read_ok(&row->seq, seq), 1))
			return true;
	}
	return false;
}

static inline uint8_t nexthop_type(const struct nexthop_table *t, uint32_t index)
{
	return load_relaxed(&t->rows[index].way.type);
}

#endif
