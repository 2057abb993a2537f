/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/base/loop.c: timers, signals and files, and what callbacks may do to watches. No test asserts
 * a time; where one must pass, the test waits for it. Skipped where the sandbox forbids io_uring.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/loop.h"

enum { MS = 1000000 };

static struct loop *l;
static struct loop_watch *w[8];
static unsigned count[8];
static int fds[2];
static int got_signal[8];
static uint32_t got_events;

static void open_loop(void)
{
	struct err e;
	int rc = loop_create(&l, &e);

	if (rc == -ENOSYS || rc == -EPERM)
		cr_skip_test("%s", e.text);
	cr_assert_eq(rc, 0, "%s", e.text);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

static void close_loop(void)
{
	loop_destroy(l);
	close(fds[0]);
	close(fds[1]);
}

TestSuite(loop, .init = open_loop, .fini = close_loop, .timeout = 30);

static void stop_now(void *arg)
{
	count[(uintptr_t)arg]++;
	loop_stop(l);
}

static void count_timer(void *arg)
{
	count[(uintptr_t)arg]++;
}

Test(loop, timer_fires_again_and_again)
{
	cr_assert_not_null(loop_timer(l, MS, count_timer, (void *)0));
	cr_assert_not_null(loop_timer(l, 50 * MS, stop_now, (void *)1));
	cr_assert_eq(loop_run(l), 0);
	cr_assert(count[0] >= 2);
	cr_assert_eq(count[1], 1);
}

Test(loop, timer_period_zero_is_refused)
{
	cr_assert_null(loop_timer(l, 0, count_timer, NULL));
	cr_assert_eq(errno, EINVAL);
}

static void sleep_once(void *arg)
{
	struct timespec long_time = { .tv_nsec = 200 * MS };

	if (count[0]++ == 0)
		nanosleep(&long_time, NULL);
	if (count[0] == 2) {
		/* 20 ticks were missed; a burst would deliver one of them now. */
		loop_remove(l, w[0]);
		loop_stop(l);
	}
}

Test(loop, late_timer_skips_missed_ticks)
{
	struct timespec before, after;
	double ms;

	clock_gettime(CLOCK_MONOTONIC, &before);
	w[0] = loop_timer(l, 10 * MS, sleep_once, NULL);
	cr_assert_eq(loop_run(l), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (double)(after.tv_sec - before.tv_sec) * 1e3 +
	     (double)(after.tv_nsec - before.tv_nsec) / 1e6;
	cr_assert_eq(count[0], 2);
	cr_assert(ms >= 220, "the tick after the sleep is a new one, not a missed one: %f ms", ms);
}

static void remove_self(void *arg)
{
	count[0]++;
	loop_remove(l, w[0]);
	loop_remove(l, NULL);
}

Test(loop, timer_removes_itself)
{
	w[0] = loop_timer(l, MS, remove_self, NULL);
	loop_timer(l, 30 * MS, stop_now, (void *)1);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[0], 1);
}

static void remove_others(void *arg)
{
	count[0]++;
	for (int i = 0; i < 4; i++) {
		loop_remove(l, w[i]);
		w[i] = NULL;
	}
}

Test(loop, callback_removes_watches_that_are_due_too)
{
	struct timespec due = { .tv_nsec = 20 * MS };

	/* All four are complete before the loop looks: only the first may run. */
	for (int i = 0; i < 4; i++)
		w[i] = loop_timer(l, MS, remove_others, NULL);
	nanosleep(&due, NULL);
	loop_timer(l, 20 * MS, stop_now, (void *)1);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[0], 1);
}

static void add_another(void *arg)
{
	loop_remove(l, w[0]);
	cr_assert_not_null(loop_timer(l, MS, stop_now, (void *)1));
}

Test(loop, callback_adds_a_watch)
{
	w[0] = loop_timer(l, MS, add_another, NULL);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[1], 1);
}

static void on_signal(void *arg, int signo)
{
	got_signal[count[0]++] = signo;
	if (count[0] == 3)
		loop_stop(l);
}

Test(loop, signals_arrive_with_their_number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	cr_assert_not_null(loop_signals(l, &set, on_signal, NULL));
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGUSR1);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(got_signal[0] + got_signal[1] + got_signal[2], SIGHUP + SIGTERM + SIGUSR1);
}

static void signal_removes(void *arg, int signo)
{
	count[0]++;
	loop_remove(l, w[0]);
}

Test(loop, signal_watch_removes_itself_with_more_pending)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	w[0] = loop_signals(l, &set, signal_removes, NULL);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	loop_timer(l, 20 * MS, stop_now, (void *)1);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[0], 1);
}

/* Reads one byte a call: level triggered means a call for each. */
static void read_one(void *arg, uint32_t events)
{
	char c;

	got_events = events;
	cr_assert_eq(read(fds[0], &c, 1), 1);
	if (++count[0] == 3)
		loop_stop(l);
}

Test(loop, file_is_level_triggered)
{
	cr_assert_eq(write(fds[1], "abc", 3), 3);
	cr_assert_not_null(loop_fd(l, fds[0], POLLIN, read_one, NULL));
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[0], 3);
	cr_assert(got_events & POLLIN);
}

static void hang_up(void *arg, uint32_t events)
{
	got_events = events;
	loop_remove(l, w[0]);
	loop_stop(l);
}

Test(loop, file_tells_of_a_hang_up)
{
	w[0] = loop_fd(l, fds[0], POLLIN, hang_up, NULL);
	shutdown(fds[1], SHUT_RDWR);
	cr_assert_eq(loop_run(l), 0);
	cr_assert(got_events & POLLHUP);
}

static void never(void *arg, uint32_t events)
{
	cr_assert_fail("a removed watch was called");
}

Test(loop, removed_file_may_be_closed_and_reused_at_once)
{
	int other[2];

	w[0] = loop_fd(l, fds[0], POLLIN, never, NULL);
	loop_remove(l, w[0]);
	close(fds[0]);
	/* The same number, now readable: must not wake the old watch. */
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	cr_assert_eq(other[0], fds[0]);
	cr_assert_eq(write(other[1], "x", 1), 1);
	loop_timer(l, 20 * MS, stop_now, (void *)1);
	cr_assert_eq(loop_run(l), 0);
	close(other[1]);
}

static void bad_file(void *arg, uint32_t events)
{
	got_events = events;
	count[0]++;
}

Test(loop, file_that_is_not_open_is_told_once)
{
	w[0] = loop_fd(l, 1000000, POLLIN, bad_file, NULL);
	cr_assert_not_null(w[0]);
	loop_timer(l, 20 * MS, stop_now, (void *)1);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[0], 1);
	cr_assert_eq(got_events, (uint32_t)POLLNVAL);
	loop_remove(l, w[0]);
}

Test(loop, more_watches_than_ring_entries)
{
	for (int i = 0; i < 2000; i++)
		cr_assert_not_null(loop_timer(l, 3600ull * 1000 * MS, count_timer, NULL));
	loop_timer(l, MS, stop_now, (void *)1);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[0], 0);
}

Test(loop, stop_before_run_and_run_again)
{
	loop_timer(l, MS, stop_now, (void *)1);
	loop_stop(l);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[1], 0);
	cr_assert_eq(loop_run(l), 0);
	cr_assert_eq(count[1], 1);
}
