/* SPDX-License-Identifier: BSD-3-Clause */
/* dataplane/run/rcu.c: what is retired goes after a grace period, in order, and not before. */
#include "dataplane/run/rcu.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

#include "lib/base/order.h"
#include "tests/unit/board.h"

static struct rcu *rcu;
static struct rte_rcu_qsbr *qsbr;
static unsigned gone[16], n_gone;

static void note(void *arg, void *p)
{
	cr_assert_eq(arg, (void *)gone);
	gone[n_gone++] = (unsigned)(uintptr_t)p;
}

static void retire(unsigned what)
{
	cr_assert_eq(rcu_retire(rcu, note, gone, (void *)(uintptr_t)what), 0);
}

static void setup(void)
{
	struct err err;

	bed_eal(16);
	cr_assert_eq(rcu_create(&rcu, 2, &err), 0, "%s", err.text);
	qsbr = rcu_qsbr(rcu);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(rte_rcu_qsbr_thread_register(qsbr, i), 0);
}

TestSuite(rcu, .init = setup);

Test(rcu, nobody_online_means_at_once)
{
	cr_expect(rcu_passed(rcu, rcu_token(rcu)));
	retire(1);
	retire(2);
	cr_expect_eq(n_gone, 0, "only rcu_reap() takes things away");
	rcu_reap(rcu);
	cr_expect_eq(n_gone, 2);
	rcu_wait(rcu, rcu_token(rcu));
	rcu_destroy(rcu);
}

Test(rcu, a_token_passes_when_every_worker_was_quiescent)
{
	uint64_t token;

	rte_rcu_qsbr_thread_online(qsbr, 0);
	rte_rcu_qsbr_thread_online(qsbr, 1);
	token = rcu_token(rcu);
	cr_expect(!rcu_passed(rcu, token));
	rte_rcu_qsbr_quiescent(qsbr, 0);
	cr_expect(!rcu_passed(rcu, token), "worker 1 may still hold it");
	rte_rcu_qsbr_quiescent(qsbr, 1);
	cr_expect(rcu_passed(rcu, token));
	cr_expect(rcu_passed(rcu, token), "once passed, passed for good");
	rcu_destroy(rcu);
}

Test(rcu, an_offline_worker_holds_nothing_up)
{
	uint64_t token;

	rte_rcu_qsbr_thread_online(qsbr, 0);
	rte_rcu_qsbr_thread_online(qsbr, 1);
	token = rcu_token(rcu);
	rte_rcu_qsbr_quiescent(qsbr, 0);
	rte_rcu_qsbr_thread_offline(qsbr, 1);
	cr_expect(rcu_passed(rcu, token), "worker 1 sleeps");
	token = rcu_token(rcu);
	rte_rcu_qsbr_thread_online(qsbr, 1); /* after the token: it can not have seen the old */
	rte_rcu_qsbr_quiescent(qsbr, 0);
	cr_expect(rcu_passed(rcu, token));
	rcu_destroy(rcu);
}

Test(rcu, retired_things_go_in_order_and_not_early)
{
	rte_rcu_qsbr_thread_online(qsbr, 0);
	retire(1);
	rte_rcu_qsbr_quiescent(qsbr, 0);
	retire(2);
	retire(3);
	rcu_reap(rcu);
	cr_expect_eq(n_gone, 1, "%u gone: only the first has its grace period behind it", n_gone);
	rcu_reap(rcu);
	cr_expect_eq(n_gone, 1);
	rte_rcu_qsbr_quiescent(qsbr, 0);
	retire(4);
	rcu_reap(rcu);
	cr_assert_eq(n_gone, 3);
	retire(5);
	rcu_destroy(rcu); /* no worker runs any more: the rest goes now */
	cr_assert_eq(n_gone, 5);
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(gone[i], i + 1, "in the order they were retired");
}

static void retire_another(void *arg, void *p)
{
	note(gone, p);
	if ((uintptr_t)p < 3)
		cr_assert_eq(rcu_retire(rcu, retire_another, arg, (uint8_t *)p + 1), 0);
}

Test(rcu, a_callback_may_retire_more)
{
	cr_assert_eq(rcu_retire(rcu, retire_another, NULL, (void *)1), 0);
	rcu_reap(rcu);
	rcu_reap(rcu);
	rcu_destroy(rcu);
	cr_assert_eq(n_gone, 3);
	cr_expect_eq(gone[2], 3);
}

/* A worker thread never sees an object after it was taken away. */

struct object {
	uint64_t alive;
};
static struct object *shared;
static bool stop;
static uint64_t looked, dead_seen;

static void *worker(void *arg)
{
	(void)arg;
	rte_rcu_qsbr_thread_online(qsbr, 0);
	while (!load_acquire(&stop)) {
		const struct object *o = load_acquire(&shared);

		for (unsigned i = 0; i < 8; i++)
			dead_seen += load_relaxed(&o->alive) != 1;
		store_relaxed(&looked, looked + 1);
		rte_rcu_qsbr_quiescent(qsbr, 0);
	}
	rte_rcu_qsbr_thread_offline(qsbr, 0);
	return NULL;
}

static void kill_object(void *arg, void *p)
{
	(void)arg;
	store_relaxed(&((struct object *)p)->alive, 2);
}

Test(rcu, a_worker_sees_nothing_dead)
{
	static struct object objects[20000];
	pthread_t thread;

	objects[0].alive = 1;
	shared = &objects[0];
	cr_assert_eq(pthread_create(&thread, NULL, worker, NULL), 0);
	while (!load_relaxed(&looked))
		sched_yield();
	for (unsigned i = 1; i < 20000; i++) {
		objects[i].alive = 1;
		store_release(&shared, &objects[i]);
		cr_assert_eq(rcu_retire(rcu, kill_object, NULL, &objects[i - 1]), 0);
		rcu_reap(rcu);
		if (i % 256 == 0)
			rcu_wait(rcu, rcu_token(rcu));
	}
	store_release(&stop, true);
	pthread_join(thread, NULL);
	cr_expect_gt(looked, 0);
	cr_expect_eq(dead_seen, 0, "%lu of %lu looks met a dead object", dead_seen, looked * 8);
	rcu_reap(rcu);
	for (unsigned i = 0; i < 19999; i++)
		cr_assert_eq(objects[i].alive, 2, "object %u was never taken away", i);
	rcu_destroy(rcu);
}
