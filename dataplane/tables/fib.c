/* SPDX-License-Identifier: BSD-3-Clause */
/* Left-right copies of rte_fib and rte_fib6; see fib.h. Control thread. */
#include "dataplane/tables/fib.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_rib.h>
#include <rte_rib6.h>

#include "dataplane/run/rcu.h"
#include "dataplane/tables/nexthop.h"

struct fib_op {
	uint8_t addr[16];
	uint8_t len;
	bool add, had; /* had: the prefix was there before, with `before` */
	uint32_t nexthop, before;
};

/* rte_fib takes host order addresses, rte_fib6 bytes: the four calls, by family. */
static uint32_t host4(const uint8_t *addr)
{
	uint32_t ip;

	memcpy(&ip, addr, 4);
	return rte_be_to_cpu_32(ip);
}

static int copy_add(const struct fib *f, void *copy, const uint8_t *addr, uint8_t len, uint32_t nh)
{
	return f->family == AF_INET ? rte_fib_add(copy, host4(addr), len, nh)
				    : rte_fib6_add(copy, addr, len, nh);
}

static int copy_del(const struct fib *f, void *copy, const uint8_t *addr, uint8_t len)
{
	return f->family == AF_INET ? rte_fib_delete(copy, host4(addr), len)
				    : rte_fib6_delete(copy, addr, len);
}

static bool copy_get(const struct fib *f, void *copy, const uint8_t *addr, uint8_t len,
		     uint32_t *nh)
{
	uint64_t value;

	if (f->family == AF_INET) {
		struct rte_rib_node *node =
			rte_rib_lookup_exact(rte_fib_get_rib(copy), host4(addr), len);

		if (!node)
			return false;
		rte_rib_get_nh(node, &value);
	} else {
		struct rte_rib6_node *node =
			rte_rib6_lookup_exact(rte_fib6_get_rib(copy), addr, len);

		if (!node)
			return false;
		rte_rib6_get_nh(node, &value);
	}
	*nh = (uint32_t)value;
	return true;
}

static int apply(const struct fib *f, void *copy, const struct fib_op *op)
{
	return op->add ? copy_add(f, copy, op->addr, op->len, op->nexthop)
		       : copy_del(f, copy, op->addr, op->len);
}

/* A prefix longer than /24 can need an inner table of its own; an IPv6 one several, of which near
 * prefixes share most. */
static uint32_t inner_tables(int family, const struct fib_sizes *s)
{
	return RTE_MAX(256u, family == AF_INET ? s->routes / 4 : s->routes * 2);
}

/* Entries of 2 bytes hold next hops and inner tables up to 32767, of 4 bytes 2^31 - 1. */
static bool narrow(int family, const struct fib_sizes *s)
{
	return s->nexthops <= INT16_MAX && inner_tables(family, s) <= INT16_MAX;
}

uint64_t fib_bytes(int family, const struct fib_sizes *s)
{
	const uint64_t entry = narrow(family, s) ? 2 : 4;
	const uint64_t rule = 96; /* a node of rte_rib or rte_rib6 with its mempool header */

	return 2 * (entry * ((1u << 24) + 256ull * inner_tables(family, s)) + rule * 2 * s->routes);
}

static void *copy_create(const char *name, uint8_t family, const struct fib_sizes *s, int numa_node)
{
	if (family == AF_INET) {
		struct rte_fib_conf conf = {
			.type = RTE_FIB_DIR24_8,
			.default_nh = NEXTHOP_ROW_NONE,
			.max_routes = (int)s->routes,
			.dir24_8 = { .nh_sz = narrow(family, s) ? RTE_FIB_DIR24_8_2B
								: RTE_FIB_DIR24_8_4B,
				     .num_tbl8 = inner_tables(family, s) },
		};
		return rte_fib_create(name, numa_node, &conf);
	}
	struct rte_fib6_conf conf = {
		.type = RTE_FIB6_TRIE,
		.default_nh = NEXTHOP_ROW_NONE,
		.max_routes = (int)s->routes,
		.trie = { .nh_sz = narrow(family, s) ? RTE_FIB6_TRIE_2B : RTE_FIB6_TRIE_4B,
			  .num_tbl8 = inner_tables(family, s) },
	};
	return rte_fib6_create(name, numa_node, &conf);
}

int fib_create(struct fib **out, const char *name, uint8_t family, const struct fib_sizes *sizes,
	       int numa_node, struct rcu *rcu, struct err *err)
{
	struct fib *f = calloc(1, sizeof(*f));

	*out = NULL;
	if (!f)
		return err_set(err, -ENOMEM, "%s: no memory", name);
	f->family = family;
	f->max = sizes->routes;
	f->rcu = rcu;
	for (unsigned i = 0; i < 2; i++) {
		char copy_name[32];

		snprintf(copy_name, sizeof(copy_name), "%s.%u", name, i);
		f->copy[i] = copy_create(copy_name, family, sizes, numa_node);
		if (!f->copy[i]) {
			const int code = rte_errno ? rte_errno : ENOMEM;

			fib_destroy(f);
			return err_set(err, -code,
				       "%s of %u routes: no memory on NUMA node %d (%s); lower "
				       "`tables: routes` or reserve more hugepages",
				       name, sizes->routes, numa_node, strerror(code));
		}
	}
	f->write = 1;
	f->reader = f->copy[0];
	*out = f;
	return 0;
}

void fib_destroy(struct fib *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (f->family == AF_INET)
			rte_fib_free(f->copy[i]);
		else
			rte_fib6_free(f->copy[i]);
	}
	free(f->log);
	free(f);
}

/* Bring the write copy level with the reader before the first change of a batch. */
static void catch_up(struct fib *f)
{
	if (!f->repeat)
		return;
	rcu_wait(f->rcu, f->token);
	for (size_t i = 0; i < f->n_log; i++)
		apply(f, f->copy[f->write], &f->log[i]); /* worked on the other copy, same sizes */
	f->n_log = 0;
	f->repeat = false;
}

static int change(struct fib *f, const struct fib_op *wanted, struct err *err)
{
	struct fib_op op = *wanted;
	int ret;

	catch_up(f);
	op.had = copy_get(f, f->copy[f->write], op.addr, op.len, &op.before);
	if (!op.add && !op.had)
		return err_set(err, -ENOENT, "no such route");
	if (op.add && !op.had && f->n >= f->max)
		return err_set(err, -ENOSPC,
			       "IPv%d route table is full (%u routes); raise `tables: routes%d`",
			       f->family == AF_INET ? 4 : 6, f->max, f->family == AF_INET ? 4 : 6);
	if (f->n_log == f->cap_log) {
		const size_t cap = f->cap_log ? f->cap_log * 2 : 64;
		struct fib_op *log = realloc(f->log, cap * sizeof(*log));

		if (!log)
			return err_set(err, -ENOMEM, "route change: no memory");
		f->log = log;
		f->cap_log = cap;
	}
	ret = apply(f, f->copy[f->write], &op);
	if (ret < 0)
		return err_set(err, ret,
			       "IPv%d route table has no room for this prefix's inner table (sized "
			       "for %u routes): %s; raise `tables: routes%d`",
			       f->family == AF_INET ? 4 : 6, f->max, strerror(-ret),
			       f->family == AF_INET ? 4 : 6);
	if (op.add && !op.had)
		f->n++;
	else if (!op.add)
		f->n--;
	f->log[f->n_log++] = op;
	return 0;
}

int fib_add(struct fib *f, const uint8_t *addr, uint8_t len, uint32_t nexthop, struct err *err)
{
	struct fib_op op = { .len = len, .add = true, .nexthop = nexthop };

	memcpy(op.addr, addr, f->family == AF_INET ? 4 : 16);
	return change(f, &op, err);
}

int fib_del(struct fib *f, const uint8_t *addr, uint8_t len, struct err *err)
{
	struct fib_op op = { .len = len };

	memcpy(op.addr, addr, f->family == AF_INET ? 4 : 16);
	return change(f, &op, err);
}

void fib_rollback(struct fib *f)
{
	if (f->repeat)
		return; /* nothing since the last commit */
	while (f->n_log) {
		const struct fib_op *op = &f->log[--f->n_log];
		void *copy = f->copy[f->write];

		if (op->had)
			copy_add(f, copy, op->addr, op->len, op->before);
		else
			copy_del(f, copy, op->addr, op->len);
		if (op->add && !op->had)
			f->n--;
		else if (!op->add)
			f->n++;
	}
}

void fib_commit(struct fib *f)
{
	if (f->repeat || !f->n_log)
		return;
	store_release(&f->reader, f->copy[f->write]);
	f->write ^= 1;
	f->token = rcu_token(f->rcu);
	f->repeat = true;
}

void fib_settle(struct fib *f)
{
	if (f->repeat && rcu_passed(f->rcu, f->token))
		catch_up(f);
}

int fib_get(struct fib *f, const uint8_t *addr, uint8_t len, uint32_t *nexthop)
{
	/* The copy changed last: the write copy within a batch, else the reader. */
	void *copy = f->repeat ? f->reader : f->copy[f->write];

	return copy_get(f, copy, addr, len, nexthop) ? 0 : -ENOENT;
}
