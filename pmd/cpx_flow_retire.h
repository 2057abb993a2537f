/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When may memory that a receive queue could still read be freed? Each queue has a turn counter:
 * its lcore makes it odd, by a full fence before it loads the table, and even again when it is
 * done with it. Whoever replaced the table looks at the counters, after a full fence of his own: a
 * queue whose counter is even has not begun, and will find the new table, or is done; one whose
 * counter is odd holds what was replaced until the counter moves. So a queue that nobody polls
 * holds nothing, and only an lcore that was stopped amid a burst keeps memory from being freed.
 *
 * What is held waits here, at most CPX_FLOW_RETIRED changes of it. Control thread, one at a time.
 */
#ifndef CPX_PMD_CPX_FLOW_RETIRE_H
#define CPX_PMD_CPX_FLOW_RETIRE_H

#include "lib/base/order.h"
#include "pmd/cpx_flow_table.h"

#define CPX_FLOW_RETIRED 64

struct cpx_flow_retire {
	unsigned n;
	struct {
		struct cpx_flow_block *list;
		uint64_t turn[CPX_FLOW_MAX_QUEUES]; /* odd: until it changes */
	} of[CPX_FLOW_RETIRED];
};

/* The queue's lcore: what the table was before begin(), it is not after end(). */
static inline void cpx_flow_turn_begin(uint64_t *turn)
{
	store_relaxed(turn, load_relaxed(turn) + 1);
	fence_full(); /* pairs with cpx_flow_retire */
}

static inline void cpx_flow_turn_end(uint64_t *turn)
{
	store_release(turn, load_relaxed(turn) + 1);
}

/* Free what no queue holds any more; is there room for one more change? turn[i] is of queue i. */
bool cpx_flow_reclaim(struct cpx_flow_retire *r, struct cpx_flow_memory *m,
		      uint64_t *const turn[CPX_FLOW_MAX_QUEUES]);
/* A queue that holds the oldest change; CPX_FLOW_MAX_QUEUES: none does any more. */
unsigned cpx_flow_holder(const struct cpx_flow_retire *r,
			 uint64_t *const turn[CPX_FLOW_MAX_QUEUES]);
/* Free the blocks, or keep them if a queue holds them; there is room. They were out of reach of
 * whoever begins now before this was called. */
void cpx_flow_retire(struct cpx_flow_retire *r, struct cpx_flow_memory *m,
		     uint64_t *const turn[CPX_FLOW_MAX_QUEUES], struct cpx_flow_block *list);
/* No queue runs: free everything. */
void cpx_flow_retire_all(struct cpx_flow_retire *r, struct cpx_flow_memory *m);

#endif
