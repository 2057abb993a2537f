/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When may the control thread reuse what workers might still read? After a grace period: every
 * worker has reported a quiescent point (once a loop, 1.5 cycles) or is offline (asleep, stopped).
 * rte_rcu_qsbr underneath. Workers call the inline reports; everything else is control thread only.
 */
#ifndef CPX_DATAPLANE_RUN_RCU_H
#define CPX_DATAPLANE_RUN_RCU_H

#include <rte_rcu_qsbr.h>

#include "lib/base/err.h"

struct rcu;

int rcu_create(struct rcu **out, unsigned n_workers, struct err *err);
/* Frees what is still retired; no worker may run any more. */
void rcu_destroy(struct rcu *r);

struct rte_rcu_qsbr *rcu_qsbr(struct rcu *r); /* for the workers' reports */

/* A token taken now has passed once every worker has been quiescent since. */
uint64_t rcu_token(struct rcu *r);
bool rcu_passed(struct rcu *r, uint64_t token);
/* Waits; bounded by the longest loop of a worker (microseconds). Not on the way of packets or of
 * routes; a breakout waits once. */
void rcu_wait(struct rcu *r, uint64_t token);

/* Hand over p: fn(arg, p) runs from rcu_reap() after a grace period. -ENOMEM: nothing taken. */
int rcu_retire(struct rcu *r, void (*fn)(void *arg, void *p), void *arg, void *p);
void rcu_reap(struct rcu *r); /* from a control timer */

#endif
