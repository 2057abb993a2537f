/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another configuration for a running board, all or nothing, while packets flow.
 *
 *   apply_prepare   what is different; no board is needed, any thread
 *   apply_check     whether this board can: nothing is changed
 *   apply_run       do it; on failure what was done is undone in reverse order
 *
 * New addresses, neighbours and routes are staged in tables that no worker reads and shown to all
 * workers together; until then a failure has never been seen by a packet. Then ports that go make
 * room for those that come (swap.c), and what no route leads to any more is taken away. So every
 * packet is treated as the old or as the new configuration says. Control thread but for
 * apply_prepare.
 */
#ifndef CPX_DATAPLANE_CTL_APPLY_H
#define CPX_DATAPLANE_CTL_APPLY_H

#include "config/diff.h"

struct board;
struct port_swap;

struct apply {
	struct config *before, *after; /* `after` laid out on `before` */
	struct config_diff diff;
	/* apply_run(): changes in the order in which they are made, and how many of them are */
	uint32_t *order;
	size_t n_order, done;
	size_t n_routes, n_first; /* those before routes; those that are shown first */
	bool shown;
	struct port_swap *swap;   /* ports that went and came; NULL: none did */
	const struct config *was; /* the board's before `after` was */
	uint64_t remake;          /* ports, by bits, that take another MTU only when made anew */
	bool undoing;
	struct err why, again; /* what began the undoing; what went wrong in it */
	int code;
};

/* Takes `before`, of running_config(); lays out a copy of `parsed`. -ENOMEM. */
int apply_prepare(struct apply *a, struct config *before, const struct config *parsed,
		  struct err *err);
void apply_end(struct apply *a);

/* -EOPNOTSUPP names what needs a restart and why; -ENOSPC the table that would be too small. */
int apply_check(const struct board *b, const struct apply *a, struct err *err);

/*
 * Makes the changes. -EAGAIN after about `budget_ns` of them: call again, packets were never
 * shown the half of it; 0 when the board runs `after`; another error when it runs `before` again.
 * Nobody else changes the configuration in between. Once it has begun it is called until it ends.
 */
int apply_run(struct board *b, struct apply *a, uint64_t budget_ns, struct err *err);

/* For tests: the step at which apply_run() is to fail, counted from 1; 0 none. */
extern unsigned apply_fail_at;

#endif
