/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that come, stay and go, as a state machine that the caller's poll loop drives. What
 * is said over them is handshake.c's. Control thread; nothing here blocks, and one call does a
 * bounded amount of work.
 *
 *   WAITING ── connection ──▶ GREETING ── HELLO ──▶ OFFERED ── READY / REGION ──▶ UP
 *      ▲           any trouble: close, unmap, wait again │                         │ peer gone
 *      └────────────────────────◀───────────────────────┘                         ▼
 *      └──────────────────────── fiber_quiescent() ◀──────────────────────────── DOWN
 *
 * One epoll instance holds listener, connection and timer, so the caller watches one descriptor.
 * Every connection gets a region of its own: a peer of before, stopped or hostile, may still hold
 * the old one.
 */
#include "lib/fiber/private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ACCEPTS_PER_CALL 8
#define STARVED_PAUSE    100 /* ms, server: no descriptor left to accept with */

enum source { LISTENER, CONNECTION, TIMER };

__attribute__((format(printf, 2, 3))) void fiber_reason(struct fiber *f, const char *fmt, ...)
{
	int n = snprintf(f->status.reason, sizeof(f->status.reason),
			 "fiber %s: ", f->address.sun_path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->status.reason + n, sizeof(f->status.reason) - (size_t)n, fmt, ap);
	va_end(ap);
}

static int watch(struct fiber *f, int fd, enum source source)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.u32 = source };

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : -errno;
}

void fiber_alarm_in(struct fiber *f, uint32_t ms)
{
	struct itimerspec t = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };

	if (ms == 0)
		t.it_value.tv_nsec = 1;
	timerfd_settime(f->timer, 0, &t, NULL);
}

static void alarm_off(struct fiber *f)
{
	timerfd_settime(f->timer, 0, &(struct itimerspec){ 0 }, NULL);
}

static void listen_again(struct fiber *f)
{
	if (!f->listening && watch(f, f->listener.fd, LISTENER) == 0)
		f->listening = true;
}

static void listen_not(struct fiber *f)
{
	if (f->listening)
		epoll_ctl(f->epoll, EPOLL_CTL_DEL, f->listener.fd, NULL);
	f->listening = false;
}

/* Wait for the next peer, a client after a pause. */
static void wait_again(struct fiber *f, uint32_t pause)
{
	f->status.state = FIBER_WAITING;
	if (f->server) {
		alarm_off(f);
		listen_again(f);
	} else {
		fiber_alarm_in(f, pause);
	}
}

static uint32_t next_pause(struct fiber *f)
{
	uint32_t pause = f->backoff;

	f->backoff = pause == 0 ? 1 : 2 * pause;
	if (f->backoff > f->retry)
		f->backoff = f->retry;
	return pause;
}

int fiber_leave(struct fiber *f, uint32_t pause)
{
	if (f->conn >= 0)
		close(f->conn); /* and so out of the epoll instance */
	f->conn = -1;
	if (f->status.state == FIBER_UP) {
		f->status.state = FIBER_DOWN;
		fiber_queues_stop(f);
		/* The next peer waits in the backlog until this one's memory is given back. */
		listen_not(f);
		return FIBER_EVENT_DOWN;
	}
	f->status.refusals++;
	fiber_memory_drop(f);
	fiber_bells_close(f);
	wait_again(f, pause);
	return 0;
}

int fiber_leave_soon(struct fiber *f)
{
	return fiber_leave(f, f->server ? 0 : next_pause(f));
}

int fiber_come_up(struct fiber *f)
{
	alarm_off(f);
	store_relaxed(&f->faulted, 0);
	f->status.state = FIBER_UP;
	f->status.terms = f->terms;
	f->status.connections++;
	f->backoff = 0;
	if (f->server)
		listen_again(f);
	fiber_queues_attach(f);
	f->lanes_untold = false;
	f->status.peer_lanes = f->status.peer_told = UINT64_MAX;
	if (f->open_lanes != UINT64_MAX)
		fiber_tell_lanes(f);
	return FIBER_EVENT_UP;
}

int fiber_take_connection(struct fiber *f, int conn)
{
	struct ucred cred = { 0 };
	socklen_t bytes = sizeof(cred);
	int ret;

	f->conn = conn;
	f->status.state = FIBER_GREETING;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &bytes) == 0) {
		f->status.peer_pid = cred.pid;
		f->status.peer_uid = cred.uid;
	}
	f->said = f->mine;
	if (!fiber_memory_may_borrow(f))
		f->said.features &= ~FIBER_FEATURE_LENT;
	if (f->said.required & ~f->said.features) {
		fiber_send_refusal(conn, FIBER_REFUSED_BUSY);
		fiber_reason(f,
			     "pid %d has to wait: frames of %u peers before are still held here. "
			     "Give them back",
			     f->status.peer_pid, FIBER_MAX_FORMER);
		return fiber_leave_soon(f);
	}
	ret = watch(f, conn, CONNECTION);
	if (ret == 0)
		ret = fiber_greet(f);
	if (ret < 0) {
		fiber_reason(f, "the connection broke at once: %s", strerror(-ret));
		return fiber_leave_soon(f);
	}
	fiber_alarm_in(f, f->patience);
	return 0;
}

static int accept_peers(struct fiber *f)
{
	int events = 0;

	for (unsigned i = 0; i < ACCEPTS_PER_CALL; i++) {
		int conn = accept4(f->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn >= 0 && f->status.state == FIBER_WAITING) {
			events |= fiber_take_connection(f, conn);
		} else if (conn >= 0) {
			fiber_send_refusal(conn, FIBER_REFUSED_BUSY);
			close(conn);
		} else {
			/* Out of descriptors or memory: the listener stays readable, so look away.
			 */
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			    errno == ENOBUFS) {
				fiber_reason(f,
					     "a client can not be accepted: %s. Raise the limit of "
					     "open files",
					     strerror(errno));
				listen_not(f);
				/* Else the timer belongs to the handshake, which ends soon. */
				if (f->status.state == FIBER_WAITING || f->status.state == FIBER_UP)
					fiber_alarm_in(f, STARVED_PAUSE);
			}
			break;
		}
	}
	return events;
}

static int try_server(struct fiber *f)
{
	int conn = fiber_connect(&f->address);

	if (conn >= 0)
		return fiber_take_connection(f, conn);
	fiber_reason(f, "no server to connect to: %s", strerror(-conn));
	fiber_alarm_in(f, next_pause(f));
	return 0;
}

static int deadline(struct fiber *f)
{
	uint64_t times;

	if (read(f->timer, &times, sizeof(times)) != sizeof(times))
		return 0; /* switched off in the meantime */
	if (f->status.state == FIBER_WAITING) {
		if (!f->server)
			return try_server(f);
		listen_again(f);
		return 0;
	}
	if (load_acquire(&f->faulted) && f->status.state == FIBER_UP) {
		fiber_reason(f, "pid %d took memory out of the region. Do not connect it again",
			     f->status.peer_pid);
		return fiber_leave(f, 0);
	}
	if (f->status.state == FIBER_UP && f->server)
		listen_again(f);
	if (f->status.state == FIBER_UP && f->lanes_untold)
		fiber_tell_lanes(f);
	if (f->status.state != FIBER_GREETING && f->status.state != FIBER_OFFERED)
		return 0;
	fiber_reason(f, "pid %d did not finish the handshake within %u ms", f->status.peer_pid,
		     f->patience);
	return fiber_leave_soon(f);
}

int fiber_process(struct fiber *f)
{
	struct epoll_event e[3];
	int n = epoll_wait(f->epoll, e, 3, 0), events = 0;

	fiber_memory_sweep(f);
	for (int i = 0; i < n; i++) {
		if (e[i].data.u32 == LISTENER && f->listening)
			events |= accept_peers(f);
		else if (e[i].data.u32 == CONNECTION && f->conn >= 0)
			events |= fiber_converse(f);
		else if (e[i].data.u32 == TIMER)
			events |= deadline(f);
	}
	return events;
}

int fiber_quiescent(struct fiber *f)
{
	if (f->status.state != FIBER_DOWN)
		return -EALREADY;
	fiber_queues_detach(f);
	fiber_memory_drop(f);
	fiber_bells_close(f);
	wait_again(f, 0);
	return 0;
}

int fiber_disconnect(struct fiber *f)
{
	if (f->conn < 0)
		return 0;
	fiber_reason(f, "pid %d was sent away", f->status.peer_pid);
	return fiber_leave_soon(f);
}

void fiber_lanes_set(struct fiber *f, uint64_t lanes)
{
	if (f->open_lanes == lanes)
		return;
	f->open_lanes = lanes;
	if (f->status.state == FIBER_UP)
		fiber_tell_lanes(f);
}

int fiber_connection_start(struct fiber *f)
{
	int ret = watch(f, f->timer, TIMER);

	if (ret == 0)
		wait_again(f, 0);
	return ret == 0 && f->server && !f->listening ? -ENOMEM : ret;
}
