/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread's part of its CPU. It runs at nice -10 where that is allowed: it goes before
 * whatever else is on its CPU, a worker that found no other included, and still leaves them a part.
 * Not in real time: its long turns (a million routes, a breakout) would keep everybody else there
 * from running, kernel threads too. Workers stay at 0: alone on their CPUs it makes no difference.
 * Control thread, once, at start.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "dataplane/ctl/board_priv.h"
#include "lib/base/log.h"

#define CONTROL_NICE (-10)

/* Who is busy under load and never waits, on the control thread's CPU. */
static void say_shared(const struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++)
		if (b->placement.workers[w].shared)
			log_warn("worker %u shares CPU %d with the control thread: under load each "
				 "waits for the other%s; `cpx doctor -c FILE` says what to change",
				 w, b->placement.control_cpu,
				 b->cfg->idle_poll
					 ? ", and it sleeps when idle in spite of `idle: poll`"
					 : "");
}

void schedule_control(const struct board *b)
{
	say_shared(b);
	/* of this thread alone: on Linux a thread has its own */
	if (setpriority(PRIO_PROCESS, 0, CONTROL_NICE) != 0 && errno != EACCES && errno != EPERM)
		log_warn("control thread: nice %d refused: %s", CONTROL_NICE, strerror(errno));
}
