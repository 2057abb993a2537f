/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread's event loop: one io_uring for timers, signals and readable files. One thread
 * creates, runs and destroys a loop; every callback runs on it. Callbacks may add and remove
 * watches, their own included. Nothing here is for workers.
 */
#ifndef CPX_LIB_BASE_LOOP_H
#define CPX_LIB_BASE_LOOP_H

#include <signal.h>
#include <stdint.h>

#include "lib/base/err.h"

struct loop;
struct loop_watch; /* a timer, a signal set or a file; owned by the loop */

typedef void loop_timer_fn(void *arg);
typedef void loop_signal_fn(void *arg, int signo);
typedef void loop_fd_fn(void *arg, uint32_t poll_events);

/* -ENOSYS or -EPERM where the kernel or a sandbox forbids io_uring; the text says how to allow. */
int loop_create(struct loop **out, struct err *err);
void loop_destroy(struct loop *l);

/*
 * The three ways to add a watch return NULL with errno set (ENOMEM, EINVAL for a period of 0,
 * EMFILE, EBUSY when the ring takes no more). A watch lives until loop_remove() or loop_destroy().
 */
/* Every period_ns, first after one period; a late loop skips missed ticks, never bursts them. */
struct loop_watch *loop_timer(struct loop *l, uint64_t period_ns, loop_timer_fn *fn, void *arg);
/*
 * Blocks the set in the calling thread (call before other threads start) and delivers by signalfd.
 * The set stays blocked after the watch is gone.
 */
struct loop_watch *loop_signals(struct loop *l, const sigset_t *set, loop_signal_fn *fn, void *arg);
/*
 * Calls fn while fd has any of POLLIN/POLLOUT/... (level triggered); POLLERR and POLLHUP always
 * count. A file that cannot be polled gets one call with POLLNVAL. The fd stays the caller's.
 */
struct loop_watch *loop_fd(struct loop *l, int fd, uint32_t poll_events, loop_fd_fn *fn, void *arg);
/* No callback of w after this; its file may be closed at once. w is gone. NULL does nothing. */
void loop_remove(struct loop *l, struct loop_watch *w);

/* Runs until loop_stop(); 0, or a negative errno when the ring itself fails. */
int loop_run(struct loop *l);
/* Ends loop_run() after the current callback; called before loop_run(), ends that at once. */
void loop_stop(struct loop *l);

#endif
