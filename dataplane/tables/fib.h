/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest prefix match, IPv4 or IPv6, to next-hop row indices.
 *
 * rte_fib is fast to change but frees inner tables at once, so each table is two copies,
 * left and right: workers look up in one while the control thread changes the other, publishes it,
 * waits a grace period and repeats the same changes on the first. A reader always sees a table that
 * was whole. A change that fails on the first copy is undone there and nothing has happened.
 *
 * Control thread:  fib_add/fib_del …, fib_commit.      Workers: fib4_lookup, fib6_lookup.
 * Sizes are fixed at creation; a route that does not fit fails with the table's name and size.
 */
#ifndef CPX_DATAPLANE_TABLES_FIB_H
#define CPX_DATAPLANE_TABLES_FIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_fib.h>
#include <rte_fib6.h>

#include "lib/base/err.h"
#include "lib/base/order.h"

struct rcu;
struct fib_op;

struct fib {
	void *reader; /* struct rte_fib * or rte_fib6 *: the copy workers look up in; published */
	/* control thread */
	uint8_t family; /* AF_INET, AF_INET6 */
	void *copy[2];
	unsigned write;     /* copy the next changes go to */
	uint32_t n, max;    /* routes */
	char vrf[32];       /* "": the default one */
	struct fib_op *log; /* changes made on `write` since the last commit, or to be repeated */
	size_t n_log, cap_log;
	bool repeat;    /* log is committed and waits to be repeated on the other copy */
	uint64_t token; /* grace period to pass before that */
	struct rcu *rcu;
};

struct fib_sizes {
	uint32_t routes;   /* most routes the table may hold */
	uint32_t hosts;    /* of them, IPv6 hosts below a /64: 8 inner tables each at worst */
	uint32_t nexthops; /* rows of the next-hop table: width of an entry */
	const char *vrf;   /* name, for messages; NULL: the default one */
};

/* Bytes both copies will take. */
uint64_t fib_bytes(int family, const struct fib_sizes *sizes);

int fib_create(struct fib **out, const char *name, uint8_t family, const struct fib_sizes *sizes,
	       int numa_node, struct rcu *rcu, struct err *err);
void fib_destroy(struct fib *f);

/* Change the copy nobody reads; addr in network byte order, bits beyond len ignored. Adding an
 * existing prefix replaces its next hop. -ENOSPC, -ENOENT (fib_del). Visible after fib_commit. */
int fib_add(struct fib *f, const uint8_t *addr, uint8_t len, uint32_t nexthop, struct err *err);
int fib_del(struct fib *f, const uint8_t *addr, uint8_t len, struct err *err);
void fib_commit(struct fib *f);
/* Undo what was added or deleted since the last commit. */
void fib_rollback(struct fib *f);
/* From a control timer: repeat committed changes on the other copy once no worker reads it. */
void fib_settle(struct fib *f);
/* Next hop of exactly this prefix, as last changed; -ENOENT. */
int fib_get(struct fib *f, const uint8_t *addr, uint8_t len, uint32_t *nexthop);

/*
 * Workers: the default route's next hop, false without one; and whether the longest match of an
 * address (network byte order) is the default route. The second is a walk down a tree, for the rare
 * packet whose next hop leaves that open.
 */
bool fib_default(const struct fib *f, uint32_t *nexthop);
bool fib_is_default(const struct fib *f, const uint8_t *addr);

/* Workers. ips in host byte order. */
static inline void fib4_lookup(const struct fib *f, uint32_t *ips, uint64_t *nexthops, unsigned n)
{
	rte_fib_lookup_bulk(load_acquire(&f->reader), ips, nexthops, (int)n);
}

static inline void fib6_lookup(const struct fib *f, uint8_t ips[][RTE_FIB6_IPV6_ADDR_SIZE],
			       uint64_t *nexthops, unsigned n)
{
	rte_fib6_lookup_bulk(load_acquire(&f->reader), ips, nexthops, (int)n);
}

#endif
