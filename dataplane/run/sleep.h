/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a worker that finds nothing sleeps, and who wakes it. Where all its lanes have receive
 * interrupts (loops, fibers, NICs) a packet wakes it, in some ten microseconds; it looks by itself
 * a hundred times a second. Else it naps between polls, as short as keeps the naps below a
 * twentieth of its CPU, which is what they cost where a virtual machine pays much for a timer.
 *
 * What does not come by a lane rings the bell: packets from the control thread and from other
 * workers, a new configuration, the end. Each of these is first made, then the bell rung if the
 * worker is asleep; the worker says that it is, then looks for each. One sees the other.
 */
#ifndef CPX_DATAPLANE_RUN_SLEEP_H
#define CPX_DATAPLANE_RUN_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "lib/base/err.h"

#define SLEEP_LONGEST_NS 10000000u /* where interrupts wake */
#define SLEEP_NAP_NS     50000u    /* the shortest nap */
#define SLEEP_NAP_MAX_NS 1000000u  /* the longest */

struct worker;

struct sleeper {
	/* any thread */
	uint32_t asleep __rte_cache_aligned; /* worker sets; who rings clears */
	int bell;                            /* eventfd */

	/* worker only */
	int epoll __rte_cache_aligned; /* the bell and the lanes of a configuration */
	uint64_t published;            /* number of that configuration */
	bool wakes;                    /* all its lanes have interrupts */
	uint32_t naps;                 /* since their cost was last looked at */
	uint64_t nap_ns, cpu_ns;       /* length; CPU time of the thread then */
	uint64_t longest_ns; /* SLEEP_LONGEST_NS; a test that no wake-up is lost has more */
};

/* Control thread. -EMFILE. */
int sleeper_open(struct sleeper *s, unsigned worker, struct err *err);
void sleeper_close(struct sleeper *s);

/* Worker, in its loop, online: until there may be something to do. Afterwards w->cfg is of now. */
void sleeper_sleep(struct worker *w);
/* Worker, at the start of its thread: what the kernel may do to its timers. */
void sleeper_prepare(void);

/* Any thread, after it has made something for the worker to do. */
void sleeper_wake(struct sleeper *s);

#endif
