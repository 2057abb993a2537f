/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Event loop of the control thread over one io_uring. Every watch has at most one request in the
 * kernel, whose user_data is the watch; the request is armed again after the callback. That makes
 * files level triggered (a multishot poll reports edges) and lets a late timer skip ticks.
 *
 * Life of a watch: it is freed by the loop alone, once nothing refers to it: no request in the
 * kernel and no callback on the stack. loop_remove() marks it, asks the kernel to cancel, and the
 * request's last completion (or the return of its callback) frees it. Requests are submitted before
 * loop_fd() and loop_remove() return, so the caller may close or reuse the file at once.
 */
#include "lib/base/loop.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { RING_ENTRIES = 256 };

enum watch_kind { WATCH_TIMER, WATCH_SIGNALS, WATCH_FD };

struct loop_watch {
	enum watch_kind kind;
	bool armed;   /* the kernel holds a request for it */
	bool running; /* its callback is on the stack */
	bool removed; /* loop_remove() was called: no more callbacks */
	int fd;       /* WATCH_SIGNALS: ours; WATCH_FD: the caller's */
	uint32_t poll_events;
	uint64_t period_ns, next_ns;  /* CLOCK_MONOTONIC */
	struct __kernel_timespec due; /* next_ns, in place until submitted */
	union {
		loop_timer_fn *timer;
		loop_signal_fn *signal;
		loop_fd_fn *fd;
	} fn;
	void *arg;
	struct loop_watch *prev, *next;
};

struct loop {
	struct io_uring ring;
	bool stop;
	struct loop_watch *watches;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Hands queued requests to the kernel. */
static int submit(struct loop *l)
{
	int rc;

	do {
		rc = io_uring_submit(&l->ring);
	} while (rc == -EINTR);
	return rc < 0 ? rc : 0;
}

static struct io_uring_sqe *get_sqe(struct loop *l)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&l->ring);

	if (sqe == NULL && submit(l) == 0)
		sqe = io_uring_get_sqe(&l->ring);
	return sqe;
}

/* Queues the watch's next request. */
static int arm(struct loop *l, struct loop_watch *w)
{
	struct io_uring_sqe *sqe = get_sqe(l);

	if (sqe == NULL)
		return -EBUSY;
	if (w->kind == WATCH_TIMER) {
		w->due.tv_sec = (long long)(w->next_ns / 1000000000u);
		w->due.tv_nsec = (long long)(w->next_ns % 1000000000u);
		io_uring_prep_timeout(sqe, &w->due, 0, IORING_TIMEOUT_ABS);
	} else {
		io_uring_prep_poll_add(sqe, w->fd, w->poll_events);
	}
	io_uring_sqe_set_data(sqe, w);
	w->armed = true;
	return 0;
}

static void watch_free(struct loop *l, struct loop_watch *w)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		l->watches = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	if (w->kind == WATCH_SIGNALS)
		close(w->fd);
	free(w);
}

static struct loop_watch *watch_add(struct loop *l, const struct loop_watch *from)
{
	struct loop_watch *w = malloc(sizeof(*w));
	int rc;

	if (w == NULL) {
		if (from->kind == WATCH_SIGNALS)
			close(from->fd);
		return NULL;
	}
	*w = *from;
	w->prev = NULL;
	w->next = l->watches;
	if (w->next != NULL)
		w->next->prev = w;
	l->watches = w;
	rc = arm(l, w);
	if (rc == 0)
		rc = submit(l);
	if (rc < 0) {
		/* A queued request that was not taken still points at w: leave it to the loop. */
		w->removed = true;
		if (!w->armed)
			watch_free(l, w);
		errno = -rc;
		return NULL;
	}
	return w;
}

int loop_create(struct loop **out, struct err *err)
{
	struct loop *l = calloc(1, sizeof(*l));
	int rc;

	*out = NULL;
	if (l == NULL)
		return err_set(err, -ENOMEM, "event loop: out of memory");
	rc = io_uring_queue_init(RING_ENTRIES, &l->ring, 0);
	if (rc < 0) {
		free(l);
		switch (rc) {
		case -ENOSYS:
			return err_set(err, rc,
				       "event loop: this kernel or sandbox has no io_uring; "
				       "use Linux 5.11 or later and a seccomp profile "
				       "that allows io_uring_setup and io_uring_enter");
		case -EPERM:
		case -EACCES:
			return err_set(err, rc,
				       "event loop: io_uring is forbidden here; run 'sysctl "
				       "-w kernel.io_uring_disabled=0', or allow "
				       "io_uring_setup and io_uring_enter in the "
				       "container's seccomp profile");
		case -ENOMEM:
			return err_set(err, rc,
				       "event loop: no memory for io_uring; raise the limit "
				       "on locked memory ('ulimit -l 1024')");
		default:
			return err_set(err, rc, "event loop: io_uring setup: %s", strerror(-rc));
		}
	}
	*out = l;
	return 0;
}

void loop_destroy(struct loop *l)
{
	if (l == NULL)
		return;
	io_uring_queue_exit(&l->ring);
	while (l->watches != NULL)
		watch_free(l, l->watches);
	free(l);
}

struct loop_watch *loop_timer(struct loop *l, uint64_t period_ns, loop_timer_fn *fn, void *arg)
{
	struct loop_watch w = { .kind = WATCH_TIMER, .fd = -1, .arg = arg };

	if (period_ns == 0) {
		errno = EINVAL;
		return NULL;
	}
	w.period_ns = period_ns;
	w.next_ns = now_ns() + period_ns;
	w.fn.timer = fn;
	return watch_add(l, &w);
}

struct loop_watch *loop_signals(struct loop *l, const sigset_t *set, loop_signal_fn *fn, void *arg)
{
	struct loop_watch w = { .kind = WATCH_SIGNALS, .poll_events = POLLIN, .arg = arg };
	int rc = pthread_sigmask(SIG_BLOCK, set, NULL);

	if (rc != 0) {
		errno = rc;
		return NULL;
	}
	w.fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (w.fd < 0)
		return NULL;
	w.fn.signal = fn;
	return watch_add(l, &w);
}

struct loop_watch *loop_fd(struct loop *l, int fd, uint32_t poll_events, loop_fd_fn *fn, void *arg)
{
	struct loop_watch w = {
		.kind = WATCH_FD, .fd = fd, .poll_events = poll_events, .arg = arg
	};

	w.fn.fd = fn;
	return watch_add(l, &w);
}

void loop_remove(struct loop *l, struct loop_watch *w)
{
	struct io_uring_sqe *sqe;

	if (w == NULL || w->removed)
		return;
	w->removed = true;
	if (!w->armed) {
		if (!w->running)
			watch_free(l, w);
		return;
	}
	sqe = get_sqe(l);
	if (sqe == NULL)
		return; /* freed when its request completes, or with the loop */
	io_uring_prep_cancel64(sqe, (uintptr_t)w, 0);
	io_uring_sqe_set_data(sqe, NULL);
	submit(l);
}

static void run_signals(struct loop_watch *w)
{
	struct signalfd_siginfo info;

	while (!w->removed && read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		w->fn.signal(w->arg, (int)info.ssi_signo);
}

/* The next tick after now on the timer's own grid. */
static void advance(struct loop_watch *w)
{
	uint64_t now = now_ns();

	w->next_ns += w->period_ns;
	if (w->next_ns <= now)
		w->next_ns += ((now - w->next_ns) / w->period_ns + 1) * w->period_ns;
}

/* One completion of the watch's request: res is a negative errno or the poll events. */
static int complete(struct loop *l, struct loop_watch *w, int res)
{
	bool again = true;

	w->armed = false;
	if (!w->removed) {
		w->running = true;
		switch (w->kind) {
		case WATCH_TIMER:
			if (res == -ETIME || res == 0)
				w->fn.timer(w->arg);
			advance(w);
			break;
		case WATCH_SIGNALS:
			run_signals(w);
			break;
		case WATCH_FD:
			/* A file the kernel cannot poll would fail for ever: tell once. */
			again = res >= 0;
			w->fn.fd(w->arg, again ? (uint32_t)res : (uint32_t)POLLNVAL);
			break;
		}
		w->running = false;
	}
	if (w->removed) {
		watch_free(l, w);
		return 0;
	}
	return again ? arm(l, w) : 0;
}

int loop_run(struct loop *l)
{
	int rc = 0;

	while (!l->stop && rc == 0) {
		struct io_uring_cqe *cqe;

		rc = io_uring_submit_and_wait(&l->ring, 1);
		if (rc == -EINTR || rc == -EAGAIN)
			rc = 0;
		if (rc < 0)
			break;
		rc = 0;
		while (!l->stop && rc == 0 && io_uring_peek_cqe(&l->ring, &cqe) == 0) {
			struct loop_watch *w = io_uring_cqe_get_data(cqe);
			int res = cqe->res;

			io_uring_cqe_seen(&l->ring, cqe);
			if (w != NULL)
				rc = complete(l, w, res);
		}
	}
	l->stop = false;
	return rc;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
