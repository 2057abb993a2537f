/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said over a connection: each message that may come, in which state, and what it leads
 * to. message.h has the format, connection.c the states. Control thread; nothing here blocks, and
 * one call answers a bounded number of messages. Everything in a message is copied, checked, used.
 */
#include "lib/fiber/private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES_PER_CALL 16
#define REFUSED_PAUSE     1000 /* ms, client: the server said no, and will again */
#define UNHEARD_PAUSE     50   /* ms: the peer does not read its messages */

int fiber_greet(struct fiber *f)
{
	struct fiber_hello m = f->said;

	m.head = fiber_message_head(FIBER_HELLO, sizeof(m));
	return fiber_socket_send(f->conn, &m, sizeof(m), NULL, 0);
}

void fiber_send_refusal(int conn, enum fiber_refusal why)
{
	struct fiber_refuse m = { fiber_message_head(FIBER_REFUSE, sizeof(m)), .reason = why };

	fiber_socket_send(conn, &m, sizeof(m), NULL, 0);
}

int fiber_refuse(struct fiber *f, enum fiber_refusal why)
{
	fiber_send_refusal(f->conn, why);
	return fiber_leave(f, REFUSED_PAUSE);
}

void fiber_tell_lanes(struct fiber *f)
{
	struct fiber_lanes m = { fiber_message_head(FIBER_LANES, sizeof(m)),
				 .open = f->open_lanes };

	f->lanes_untold = fiber_socket_send(f->conn, &m, sizeof(m), NULL, 0) == -EAGAIN;
	if (f->lanes_untold)
		fiber_alarm_in(f, UNHEARD_PAUSE);
}

static int got_hello(struct fiber *f, const void *data, size_t bytes)
{
	struct fiber_hello theirs;
	int ret;

	fiber_message_copy(&theirs, sizeof(theirs), data, bytes);
	if (fiber_hello_check(&theirs) < 0) {
		fiber_reason(f, "pid %d sent a HELLO with a number out of range",
			     f->status.peer_pid);
		return fiber_leave_soon(f);
	}
	ret = fiber_agree(&f->said, &theirs, &f->terms);
	if (ret == -EPROTONOSUPPORT) {
		fiber_reason(f,
			     "pid %d speaks versions %u.%u to %u.%u, we %u.%u. Use the same cpx on "
			     "both sides",
			     f->status.peer_pid, theirs.min_version >> 16,
			     theirs.min_version & 0xffff, theirs.max_version >> 16,
			     theirs.max_version & 0xffff, FIBER_MAJOR, FIBER_MINOR);
		return fiber_refuse(f, FIBER_REFUSED_VERSION);
	}
	if (ret < 0) {
		fiber_reason(
			f,
			"pid %d offers features %#llx and needs %#llx, we offer %#llx and need "
			"%#llx. Ask for the same on both sides",
			f->status.peer_pid, (unsigned long long)theirs.features,
			(unsigned long long)theirs.required, (unsigned long long)f->said.features,
			(unsigned long long)f->said.required);
		return fiber_refuse(f, FIBER_REFUSED_FEATURES);
	}
	f->status.state = FIBER_OFFERED;
	return f->server ? fiber_offer(f) : 0;
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
		[FIBER_REFUSED_MEMORY] = "it has no memory for so many lanes, slots and frames",
		[FIBER_REFUSED_POOL] = "it does not take our pool",
	};
	struct fiber_refuse m;

	memcpy(&m, data, sizeof(m));
	fiber_reason(f, "pid %d refused: %s", f->status.peer_pid,
		     m.reason >= 1 && m.reason < sizeof(words) / sizeof(words[0])
			     ? words[m.reason]
			     : "unknown reason");
	if (m.reason == FIBER_REFUSED_BUSY)
		return fiber_leave_soon(f);
	return fiber_leave(f, REFUSED_PAUSE);
}

static int got_lanes(struct fiber *f, const void *data)
{
	const uint64_t others = f->terms.lanes < 64 ? UINT64_MAX << f->terms.lanes : 0;
	const uint64_t before = f->status.peer_told;
	struct fiber_lanes m;

	memcpy(&m, data, sizeof(m));
	f->status.peer_told = m.open;
	f->status.peer_lanes = m.open | others;
	return f->status.peer_told != before ? FIBER_EVENT_LANES : 0;
}

static void send_nak(struct fiber *f, int type)
{
	struct fiber_nak m = { fiber_message_head(FIBER_NAK, sizeof(m)), .type = (uint32_t)type };

	/* A peer that does not read its NAKs loses them. */
	fiber_socket_send(f->conn, &m, sizeof(m), NULL, 0);
}

/* One message. Whatever descriptors nobody took are closed by the caller. Events. */
static int dispatch(struct fiber *f, const void *data, size_t bytes, int *fds, unsigned n_fds)
{
	const enum fiber_state state = f->status.state;
	int type = fiber_message_type(data, bytes);

	if (type < 0) {
		fiber_reason(f, "pid %d sent something that is no message of a fiber",
			     f->status.peer_pid);
		return fiber_leave_soon(f);
	}
	if (type == FIBER_HELLO && state == FIBER_GREETING)
		return got_hello(f, data, bytes);
	if (type == FIBER_REGION && state == FIBER_OFFERED && !f->server && f->region.base == NULL)
		return fiber_got_region(f, data, bytes, fds, n_fds);
	if (type == FIBER_READY && state == FIBER_OFFERED && f->server)
		return fiber_got_ready(f, data, bytes, fds, n_fds);
	if (type == FIBER_READY && state == FIBER_OFFERED && f->region.base != NULL)
		return fiber_come_up(f);
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

int fiber_converse(struct fiber *f)
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
			fiber_reason(f, "pid %d %s", f->status.peer_pid,
				     n == 0 ? "is gone" : "sent something that can not be read");
			events |= fiber_leave_soon(f);
		} else {
			events |= dispatch(f, data, (size_t)n, fds, n_fds);
		}
		for (unsigned k = 0; k < n_fds; k++)
			if (fds[k] >= 0)
				close(fds[k]);
	}
	return events;
}
