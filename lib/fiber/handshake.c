/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handshake as a state machine that the caller's poll loop drives. Control thread; nothing
 * here blocks, and one call does a bounded amount of work.
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
#include <stdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MESSAGES_PER_CALL 16
#define ACCEPTS_PER_CALL  8
#define REFUSED_PAUSE     1000 /* ms, client: the server said no, and will again */
#define STARVED_PAUSE     100  /* ms, server: no descriptor left to accept with */
#define UNHEARD_PAUSE     50   /* ms: the peer does not read its messages */

enum source { LISTENER, CONNECTION, TIMER };

__attribute__((format(printf, 2, 3))) static void reason(struct fiber *f, const char *fmt, ...)
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

/* Wake fiber_process() in ms milliseconds; 0: at once. */
static void alarm_in(struct fiber *f, uint32_t ms)
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

static void close_all(const int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		close(fds[i]);
}

/* Wait for the next peer, a client after a pause. */
static void wait_again(struct fiber *f, uint32_t pause)
{
	f->status.state = FIBER_WAITING;
	if (f->server) {
		alarm_off(f);
		listen_again(f);
	} else {
		alarm_in(f, pause);
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

/* The connection is over; `reason` is set by the caller. Events. */
static int leave(struct fiber *f, uint32_t pause)
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
	fiber_region_unmap(&f->region);
	fiber_bells_close(f);
	wait_again(f, pause);
	return 0;
}

static int leave_soon(struct fiber *f)
{
	return leave(f, f->server ? 0 : next_pause(f));
}

static struct fiber_message head(enum fiber_message_type type, size_t bytes)
{
	return (struct fiber_message){ FIBER_MESSAGE_MAGIC, (uint16_t)type, (uint16_t)bytes };
}

static void send_refusal(int conn, enum fiber_refusal why)
{
	struct fiber_refuse m = { head(FIBER_REFUSE, sizeof(m)), .reason = why };

	fiber_socket_send(conn, &m, sizeof(m), NULL, 0);
}

static int refuse(struct fiber *f, enum fiber_refusal why)
{
	send_refusal(f->conn, why);
	return leave(f, REFUSED_PAUSE);
}

/* Once more a little later when the peer's end is full of what it did not read. */
static void tell_lanes(struct fiber *f)
{
	struct fiber_lanes m = { head(FIBER_LANES, sizeof(m)), .open = f->open_lanes };

	f->lanes_untold = fiber_socket_send(f->conn, &m, sizeof(m), NULL, 0) == -EAGAIN;
	if (f->lanes_untold)
		alarm_in(f, UNHEARD_PAUSE);
}

static int come_up(struct fiber *f)
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
	f->status.peer_lanes = UINT64_MAX;
	if (f->open_lanes != UINT64_MAX)
		tell_lanes(f);
	return FIBER_EVENT_UP;
}

int fiber_take_connection(struct fiber *f, int conn)
{
	struct fiber_hello hello = f->mine;
	struct ucred cred = { 0 };
	socklen_t bytes = sizeof(cred);
	int ret;

	f->conn = conn;
	f->status.state = FIBER_GREETING;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &bytes) == 0) {
		f->status.peer_pid = cred.pid;
		f->status.peer_uid = cred.uid;
	}
	hello.head = head(FIBER_HELLO, sizeof(hello));
	ret = watch(f, conn, CONNECTION);
	if (ret == 0)
		ret = fiber_socket_send(conn, &hello, sizeof(hello), NULL, 0);
	if (ret < 0) {
		reason(f, "the connection broke at once: %s", strerror(-ret));
		return leave_soon(f);
	}
	alarm_in(f, f->patience);
	return 0;
}

/* Server: make the region and send it. */
static int offer(struct fiber *f)
{
	int fds[1 + FIBER_MAX_BELLS], bells, ret;
	struct fiber_region_message m;

	ret = fiber_region_create(&f->region, &f->terms, f->hugepages, &fds[0]);
	if (ret < 0) {
		reason(f,
		       "no memory for %u lanes of %u slots: %s. Use fewer or smaller ones, or "
		       "free memory",
		       f->terms.lanes, 1u << f->terms.log2_slots, strerror(-ret));
		return refuse(f, FIBER_REFUSED_MEMORY);
	}
	bells = fiber_bells_create(f, fds + 1);
	if (bells < 0) {
		close(fds[0]);
		reason(f, "no sockets to wake sleepers with: %s. Raise the limit of open files",
		       strerror(-bells));
		return refuse(f, FIBER_REFUSED_MEMORY);
	}
	m = (struct fiber_region_message){
		.head = head(FIBER_REGION, sizeof(m)),
		.version = FIBER_VERSION,
		.page_bytes = f->terms.page_bytes,
		.features = f->terms.features,
		.region_bytes = f->region.layout.region_bytes,
		.lanes = f->terms.lanes,
		.log2_slots = f->terms.log2_slots,
		.slot_bytes = f->terms.slot_bytes,
		.max_segs = f->terms.max_segs,
	};
	ret = fiber_socket_send(f->conn, &m, sizeof(m), fds, 1 + (unsigned)bells);
	close_all(fds, 1 + (unsigned)bells);
	if (ret < 0) {
		reason(f, "the region could not be sent: %s", strerror(-ret));
		return leave_soon(f);
	}
	return 0;
}

static int got_hello(struct fiber *f, const void *data)
{
	struct fiber_hello theirs;
	int ret;

	memcpy(&theirs, data, sizeof(theirs));
	if (fiber_hello_check(&theirs) < 0) {
		reason(f, "pid %d sent a HELLO with a number out of range", f->status.peer_pid);
		return leave_soon(f);
	}
	ret = fiber_agree(&f->mine, &theirs, &f->terms);
	if (ret == -EPROTONOSUPPORT) {
		reason(f,
		       "pid %d speaks versions %u.%u to %u.%u, we %u.%u. Use the same cpx on "
		       "both sides",
		       f->status.peer_pid, theirs.min_version >> 16, theirs.min_version & 0xffff,
		       theirs.max_version >> 16, theirs.max_version & 0xffff, FIBER_MAJOR,
		       FIBER_MINOR);
		return refuse(f, FIBER_REFUSED_VERSION);
	}
	if (ret < 0) {
		reason(f,
		       "pid %d offers features %#llx and needs %#llx, we offer %#llx and need "
		       "%#llx. Ask for the same on both sides",
		       f->status.peer_pid, (unsigned long long)theirs.features,
		       (unsigned long long)theirs.required, (unsigned long long)f->mine.features,
		       (unsigned long long)f->mine.required);
		return refuse(f, FIBER_REFUSED_FEATURES);
	}
	f->status.state = FIBER_OFFERED;
	return f->server ? offer(f) : 0;
}

/* Client. Takes over the bells among fds[] by setting their places to -1. */
static int got_region(struct fiber *f, const void *data, int *fds, unsigned n_fds)
{
	const struct fiber_message ready = head(FIBER_READY, sizeof(ready));
	const unsigned bells = f->terms.features & FIBER_FEATURE_SLEEP ? 2 * f->terms.lanes : 0;
	const char *why = "it is not what both sides agreed on";
	struct fiber_region_message m;
	int ret = -EPROTO;

	memcpy(&m, data, sizeof(m));
	if (n_fds != 1 + bells)
		why = "it came with a wrong number of descriptors";
	else if (fiber_region_message_check(&m, &f->terms) == 0)
		ret = fiber_region_adopt(&f->region, &f->terms, m.region_bytes, fds[0], &why);
	for (unsigned r = 0; ret == 0 && r < bells; r++) {
		if (!fiber_bell_check(fds[1 + r])) {
			why = "one of its bells is not a datagram socket";
			ret = -EPROTO;
			break;
		}
		f->bells[r] = fds[1 + r];
		fds[1 + r] = -1;
	}
	if (ret < 0) {
		reason(f, "the region of pid %d is refused: %s%s%s", f->status.peer_pid, why,
		       ret == -EPROTO ? "" : ": ", ret == -EPROTO ? "" : strerror(-ret));
		return refuse(f, FIBER_REFUSED_REGION);
	}
	ret = fiber_socket_send(f->conn, &ready, sizeof(ready), NULL, 0);
	if (ret < 0) {
		reason(f, "the server went during the handshake: %s", strerror(-ret));
		return leave_soon(f);
	}
	return come_up(f);
}

static int got_refusal(struct fiber *f, const void *data)
{
	static const char *const words[] = {
		[FIBER_REFUSED_BUSY] = "another peer is connected",
		[FIBER_REFUSED_VERSION] = "it speaks another version. Use the same cpx on both "
					  "sides",
		[FIBER_REFUSED_FEATURES] = "a required feature is missing on one side. Ask for "
					   "the same on both",
		[FIBER_REFUSED_REGION] = "it does not take our region",
		[FIBER_REFUSED_MEMORY] = "it has no memory for so many lanes and slots",
	};
	struct fiber_refuse m;

	memcpy(&m, data, sizeof(m));
	reason(f, "pid %d refused: %s", f->status.peer_pid,
	       m.reason >= 1 && m.reason < sizeof(words) / sizeof(words[0]) ? words[m.reason]
									    : "unknown reason");
	if (m.reason == FIBER_REFUSED_BUSY)
		return leave_soon(f);
	return leave(f, REFUSED_PAUSE);
}

static int got_lanes(struct fiber *f, const void *data)
{
	const uint64_t others = f->terms.lanes < 64 ? UINT64_MAX << f->terms.lanes : 0;
	const uint64_t before = f->status.peer_lanes;
	struct fiber_lanes m;

	memcpy(&m, data, sizeof(m));
	f->status.peer_lanes = m.open | others;
	return f->status.peer_lanes != before ? FIBER_EVENT_LANES : 0;
}

static void send_nak(struct fiber *f, int type)
{
	struct fiber_nak m = { head(FIBER_NAK, sizeof(m)), .type = (uint32_t)type };

	/* A peer that does not read its NAKs loses them. */
	fiber_socket_send(f->conn, &m, sizeof(m), NULL, 0);
}

/* One message. Whatever descriptors nobody took are closed by the caller. Events. */
static int dispatch(struct fiber *f, const void *data, size_t bytes, int *fds, unsigned n_fds)
{
	const enum fiber_state state = f->status.state;
	int type = fiber_message_type(data, bytes);

	if (type < 0) {
		reason(f, "pid %d sent something that is no message of a fiber",
		       f->status.peer_pid);
		return leave_soon(f);
	}
	if (type == FIBER_HELLO && state == FIBER_GREETING)
		return got_hello(f, data);
	if (type == FIBER_REGION && state == FIBER_OFFERED && !f->server)
		return got_region(f, data, fds, n_fds);
	if (type == FIBER_READY && state == FIBER_OFFERED && f->server)
		return come_up(f);
	if (type == FIBER_REFUSE && state != FIBER_UP)
		return got_refusal(f, data);
	if (type == FIBER_LANES && state == FIBER_UP)
		return got_lanes(f, data);
	if (type == FIBER_NAK)
		f->status.naks++; /* and never a NAK for a NAK */
	else
		send_nak(f, type);
	return 0;
}

static int converse(struct fiber *f)
{
	uint8_t data[FIBER_MESSAGE_MAX];
	int fds[FIBER_MESSAGE_FDS], events = 0;
	unsigned n_fds;

	for (unsigned i = 0; i < MESSAGES_PER_CALL && f->conn >= 0; i++) {
		int n = fiber_socket_receive(f->conn, data, sizeof(data), fds, &n_fds);

		if (n == -EAGAIN)
			break;
		/* It left without reading all of ours; what it said before can still be read. */
		if (n == -ECONNRESET)
			continue;
		if (n <= 0) {
			reason(f, "pid %d %s", f->status.peer_pid,
			       n == 0 ? "is gone" : "sent something that can not be read");
			events |= leave_soon(f);
		} else {
			events |= dispatch(f, data, (size_t)n, fds, n_fds);
		}
		for (unsigned k = 0; k < n_fds; k++)
			if (fds[k] >= 0)
				close(fds[k]);
	}
	return events;
}

static int accept_peers(struct fiber *f)
{
	int events = 0;

	for (unsigned i = 0; i < ACCEPTS_PER_CALL; i++) {
		int conn = accept4(f->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn >= 0 && f->status.state == FIBER_WAITING) {
			events |= fiber_take_connection(f, conn);
		} else if (conn >= 0) {
			send_refusal(conn, FIBER_REFUSED_BUSY);
			close(conn);
		} else {
			/* Out of descriptors or memory: the listener stays readable, so look away.
			 */
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			    errno == ENOBUFS) {
				reason(f,
				       "a client can not be accepted: %s. Raise the limit of "
				       "open files",
				       strerror(errno));
				listen_not(f);
				/* Else the timer belongs to the handshake, which ends soon. */
				if (f->status.state == FIBER_WAITING || f->status.state == FIBER_UP)
					alarm_in(f, STARVED_PAUSE);
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
	reason(f, "no server to connect to: %s", strerror(-conn));
	alarm_in(f, next_pause(f));
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
		reason(f, "pid %d took memory out of the region. Do not connect it again",
		       f->status.peer_pid);
		return leave(f, 0);
	}
	if (f->status.state == FIBER_UP && f->server)
		listen_again(f);
	if (f->status.state == FIBER_UP && f->lanes_untold)
		tell_lanes(f);
	if (f->status.state != FIBER_GREETING && f->status.state != FIBER_OFFERED)
		return 0;
	reason(f, "pid %d did not finish the handshake within %u ms", f->status.peer_pid,
	       f->patience);
	return leave_soon(f);
}

int fiber_process(struct fiber *f)
{
	struct epoll_event e[3];
	int n = epoll_wait(f->epoll, e, 3, 0), events = 0;

	for (int i = 0; i < n; i++) {
		if (e[i].data.u32 == LISTENER && f->listening)
			events |= accept_peers(f);
		else if (e[i].data.u32 == CONNECTION && f->conn >= 0)
			events |= converse(f);
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
	fiber_region_unmap(&f->region);
	fiber_bells_close(f);
	wait_again(f, 0);
	return 0;
}

bool fiber_fault(struct fiber *f, const void *address)
{
	if (!fiber_region_replace(&f->region, address))
		return false;
	fiber_queues_stop(f);
	store_release(&f->faulted, 1);
	alarm_in(f, 0);
	return true;
}

int fiber_disconnect(struct fiber *f)
{
	if (f->conn < 0)
		return 0;
	reason(f, "pid %d was sent away", f->status.peer_pid);
	return leave_soon(f);
}

void fiber_lanes_set(struct fiber *f, uint64_t lanes)
{
	if (f->open_lanes == lanes)
		return;
	f->open_lanes = lanes;
	if (f->status.state == FIBER_UP)
		tell_lanes(f);
}

int fiber_handshake_start(struct fiber *f)
{
	int ret = watch(f, f->timer, TIMER);

	if (ret == 0)
		wait_again(f, 0);
	return ret == 0 && f->server && !f->listening ? -ENOMEM : ret;
}
