/* SPDX-License-Identifier: BSD-3-Clause */
/* Grace periods and the retire list; see rcu.h. Control thread. */
#include "dataplane/run/rcu.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include <rte_malloc.h>

struct retired {
	struct retired *next;
	void (*fn)(void *arg, void *p);
	void *arg, *p;
	uint64_t token;
};

struct rcu {
	struct rte_rcu_qsbr *qsbr;
	struct retired *oldest, **last; /* in the order retired, so tokens ascend */
};

int rcu_create(struct rcu **out, unsigned n_workers, struct err *err)
{
	struct rcu *r = calloc(1, sizeof(*r));
	const size_t size = rte_rcu_qsbr_get_memsize(n_workers);

	*out = NULL;
	if (r)
		r->qsbr = rte_zmalloc("rcu", size, RTE_CACHE_LINE_SIZE);
	if (!r || !r->qsbr) {
		free(r);
		return err_set(err, -ENOMEM, "rcu: no memory for %u workers", n_workers);
	}
	r->last = &r->oldest;
	rte_rcu_qsbr_init(r->qsbr, n_workers);
	*out = r;
	return 0;
}

static void pop(struct rcu *r)
{
	struct retired *e = r->oldest;

	r->oldest = e->next;
	if (!r->oldest)
		r->last = &r->oldest;
	e->fn(e->arg, e->p);
	free(e);
}

void rcu_destroy(struct rcu *r)
{
	if (!r)
		return;
	while (r->oldest)
		pop(r);
	rte_free(r->qsbr);
	free(r);
}

struct rte_rcu_qsbr *rcu_qsbr(struct rcu *r)
{
	return r->qsbr;
}

uint64_t rcu_token(struct rcu *r)
{
	return rte_rcu_qsbr_start(r->qsbr);
}

bool rcu_passed(struct rcu *r, uint64_t token)
{
	return rte_rcu_qsbr_check(r->qsbr, token, false) == 1;
}

void rcu_wait(struct rcu *r, uint64_t token)
{
	while (!rcu_passed(r, token))
		sched_yield(); /* where a worker shares our CPU it gets it */
}

int rcu_retire(struct rcu *r, void (*fn)(void *arg, void *p), void *arg, void *p)
{
	struct retired *e = malloc(sizeof(*e));

	if (!e)
		return -ENOMEM;
	*e = (struct retired){ .fn = fn, .arg = arg, .p = p, .token = rcu_token(r) };
	*r->last = e;
	r->last = &e->next;
	return 0;
}

void rcu_reap(struct rcu *r)
{
	while (r->oldest && rcu_passed(r, r->oldest->token))
		pop(r);
}
