/* SPDX-License-Identifier: BSD-3-Clause */
/* Left-right copies of rte_fib and rte_fib6; see fib.h. Control thread. */
#include "dataplane/tables/fib.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "dataplane/run/rcu.h"
#include "dataplane/tables/fib_copy.h"
#include "dataplane/tables/nexthop.h"

static const char *table_name(const struct fib *f, char *text, size_t room)
{
	snprintf(text, room, "IPv%d route table%s%s", f->family == AF_INET ? 4 : 6,
		 f->vrf[0] ? " of VRF " : "", f->vrf);
	return text;
}

/* Of the table or of what lies under it: `what`, and the key that makes it larger. */
static int fail_full(const struct fib *f, const char *what, struct err *err)
{
	char table[64];

	return err_set(err, -ENOSPC, "%s %s (%u routes); raise `%s%s: routes%d`",
		       table_name(f, table, sizeof(table)), what, f->max, f->vrf[0] ? "vrfs: " : "",
		       f->vrf[0] ? f->vrf : "tables", f->family == AF_INET ? 4 : 6);
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
	if (sizes->vrf)
		snprintf(f->vrf, sizeof(f->vrf), "%s", sizes->vrf);
	f->rcu = rcu;
	for (unsigned i = 0; i < 2; i++) {
		char copy_name[32];

		snprintf(copy_name, sizeof(copy_name), "%s.%u", name, i);
		f->copy[i] = fib_copy_create(copy_name, family, sizes, numa_node);
		if (!f->copy[i]) {
			const int code = rte_errno == ENOTSUP ? ENOTSUP : ENOMEM; /* else noise */
			char table[64];

			table_name(f, table, sizeof(table));
			fib_destroy(f);
			return err_set(err, -code,
				       "%s of %u routes: no memory on NUMA node %d (%s); lower "
				       "its size or reserve more hugepages",
				       table, sizes->routes, numa_node, strerror(code));
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
	for (unsigned i = 0; i < 2; i++)
		fib_copy_free(f->family, f->copy[i]);
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
		fib_copy_apply(f->family, f->copy[f->write],
			       &f->log[i]); /* worked on the other copy, same sizes */
	f->n_log = 0;
	f->repeat = false;
}

static int change(struct fib *f, const struct fib_op *wanted, struct err *err)
{
	struct fib_op op = *wanted;
	int ret;

	for (unsigned bit = op.len; bit < 128; bit++)
		op.addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	catch_up(f);
	op.had = fib_copy_get(f->family, f->copy[f->write], op.addr, op.len, &op.before);
	if (!op.add && !op.had)
		return err_set(err, -ENOENT, "no such route");
	if (op.add && !op.had && f->n >= f->max)
		return fail_full(f, "is full", err);
	if (f->n_log == f->cap_log) {
		const size_t cap = f->cap_log ? f->cap_log * 2 : 64;
		struct fib_op *log = realloc(f->log, cap * sizeof(*log));

		if (!log)
			return err_set(err, -ENOMEM, "route change: no memory");
		f->log = log;
		f->cap_log = cap;
	}
	ret = fib_copy_apply(f->family, f->copy[f->write], &op);
	if (ret == -ENOSPC)
		return fail_full(f, "has no room for this prefix's inner table", err);
	if (ret < 0)
		return err_set(err, ret, "route change: %s", strerror(-ret));
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
		struct fib_op back = *op;

		back.add = op->had;
		back.nexthop = op->before;
		fib_copy_apply(f->family, f->copy[f->write], &back);
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

	return fib_copy_get(f->family, copy, addr, len, nexthop) ? 0 : -ENOENT;
}

bool fib_default(const struct fib *f, uint32_t *nexthop)
{
	static const uint8_t any[16];

	return fib_copy_get(f->family, load_acquire(&f->reader), any, 0, nexthop);
}

bool fib_is_default(const struct fib *f, const uint8_t *addr)
{
	return fib_copy_is_default(f->family, load_acquire(&f->reader), addr);
}
