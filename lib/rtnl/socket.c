/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One socket for dumps and changes, so that both come in one order (but see recent.h). A dump is
 * asked for only when nothing waits: the kernel has room to answer, and one dump a socket at most
 * is what it allows. It fills a running dump while we read, so a dump never overruns the buffer.
 */
#include "lib/rtnl/socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/netns.h"
#include "lib/rtnl/recent.h"

#define MESSAGE_ROOM 65536         /* the kernel's dumps come in at most 32 KiB */
#define RETRY_NS     1000000000ull /* after a dump that failed */
#define STALLED_NS   5000000000ull /* a dump that says nothing for so long never ends */

static const struct dump {
	uint16_t type;
	uint8_t family, size; /* of the kind's header, which begins with the family */
} dumps[] = {
	{ RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg) },
	{ RTM_GETADDR, AF_INET, sizeof(struct ifaddrmsg) },
	{ RTM_GETADDR, AF_INET6, sizeof(struct ifaddrmsg) },
	{ RTM_GETNEXTHOP, AF_UNSPEC, sizeof(struct nhmsg) },
	{ RTM_GETROUTE, AF_INET, sizeof(struct rtmsg) },
	{ RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg) },
	{ RTM_GETNEIGH, AF_INET, sizeof(struct ndmsg) },
	{ RTM_GETNEIGH, AF_INET6, sizeof(struct ndmsg) },
};
#define N_DUMPS (sizeof(dumps) / sizeof(dumps[0]))

static const int groups[] = { RTNLGRP_LINK,       RTNLGRP_NEIGH,       RTNLGRP_IPV4_IFADDR,
			      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE,
			      RTNLGRP_NEXTHOP };

struct rtnl_socket {
	int fd;
	const struct rtnl_handlers *handlers;
	void *arg;
	struct rtnl_counters counters;

	bool wanted;      /* everything, again */
	bool syncing;     /* begin() was called, end() not yet */
	bool asked;       /* dumps[step] is under way */
	bool interrupted; /* … and things have changed under it */
	unsigned step;
	uint32_t seq;        /* of its request */
	uint64_t not_before; /* CLOCK_MONOTONIC, ns: the next begin() */
	uint64_t heard;      /* … and when something was heard last */

	struct rtnl_recent recent;
	struct rtnl_message message;
	uint8_t bytes[MESSAGE_ROOM];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int open_here(void *fd)
{
	*(int *)fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	return *(int *)fd < 0 ? -errno : 0;
}

static int open_socket(struct rtnl_socket *s, int netns, size_t buffer)
{
	const int bytes = buffer > INT32_MAX / 2 ? INT32_MAX / 2 : (int)buffer, on = 1;
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int ret = netns_run(netns, open_here, &s->fd);

	if (ret != 0)
		return ret;
	/* these may fail: the buffer stays smaller, an old kernel looks at requests less strictly
	 */
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(s->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (bind(s->fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		return -errno;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (setsockopt(s->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) != 0 &&
		    groups[i] != RTNLGRP_NEXTHOP) /* Linux 5.3 */
			return -errno;
	return 0;
}

int rtnl_open(struct rtnl_socket **out, int netns, size_t buffer,
	      const struct rtnl_handlers *handlers, void *arg, struct err *err)
{
	struct rtnl_socket *s = calloc(1, sizeof(*s));
	int ret;

	*out = NULL;
	if (!s)
		return err_set(err, -ENOMEM, "netlink socket: no memory");
	s->fd = -1;
	s->handlers = handlers;
	s->arg = arg;
	s->wanted = true;
	s->heard = now_ns();
	ret = open_socket(s, netns, buffer);
	if (ret != 0) {
		rtnl_close(s);
		return err_set(err, ret, "netlink socket: %s; %s", strerror(-ret),
			       ret == -EPERM ? "run as root, or with CAP_SYS_ADMIN to enter "
					       "another network namespace"
					     : "raise the limit on open files, or free memory");
	}
	*out = s;
	return 0;
}

void rtnl_close(struct rtnl_socket *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

int rtnl_fd(const struct rtnl_socket *s)
{
	return s->fd;
}

size_t rtnl_buffer(const struct rtnl_socket *s)
{
	socklen_t len = sizeof(int);
	int bytes = 0;

	getsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
	return (size_t)bytes / 2; /* the kernel doubles what it is asked for */
}

const struct rtnl_counters *rtnl_counters(const struct rtnl_socket *s)
{
	return &s->counters;
}

void rtnl_resync(struct rtnl_socket *s)
{
	s->wanted = true;
}

static void give_up(struct rtnl_socket *s)
{
	s->syncing = false;
	s->wanted = true;
	s->not_before = now_ns() + RETRY_NS;
}

/* The dump that was asked for has ended, well (0) or not. */
static void dump_ended(struct rtnl_socket *s, int error)
{
	s->asked = false;
	if (error == -EOPNOTSUPP && dumps[s->step].type == RTM_GETNEXTHOP)
		error = 0;
	if (error) {
		give_up(s);
	} else if (s->interrupted) {
		s->counters.interrupted++;
	} else if (++s->step == N_DUMPS) {
		s->syncing = false;
		if (s->wanted) /* some were lost meanwhile: another begin() */
			return;
		s->counters.resyncs++;
		s->handlers->end(s->arg);
	}
}

static void told(struct rtnl_socket *s, const struct rtnl_message *m)
{
	const bool answer = s->asked && m->seq == s->seq && m->flags & NLM_F_MULTI;

	if (m->kind == RTNL_OTHER)
		return;
	s->counters.messages++;
	if (answer && rtnl_recent_has(&s->recent, m))
		return;
	if (!answer && s->asked)
		rtnl_recent_add(&s->recent, m);
	s->handlers->message(s->arg, m);
}

static void one(struct rtnl_socket *s, const void *bytes, size_t len)
{
	struct rtnl_message *m = &s->message;

	if (rtnl_parse(bytes, len, m) != 0) {
		s->counters.refused++;
		return;
	}
	if (s->asked && m->seq == s->seq && m->flags & NLM_F_DUMP_INTR)
		s->interrupted = true;
	if (m->kind != RTNL_DONE && m->kind != RTNL_ERROR)
		told(s, m);
	else if (s->asked && m->seq == s->seq)
		dump_ended(s, m->error);
}

/* 1: something was received; 0: nothing waits; or the socket's error. */
static int receive(struct rtnl_socket *s)
{
	struct iovec iov = { s->bytes, sizeof(s->bytes) };
	struct sockaddr_nl from = { 0 };
	struct msghdr h = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	const ssize_t n = recvmsg(s->fd, &h, MSG_DONTWAIT);
	const uint8_t *at = s->bytes;
	size_t left, step, len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n < 0 && errno == ENOBUFS) {
		s->counters.overruns++;
		s->wanted = true;
		return 1;
	}
	if (n <= 0)
		return n == 0 ? -EPIPE : -errno;
	left = (size_t)n;
	if (from.nl_pid != 0) { /* another program */
		s->counters.refused++;
		return 1;
	}
	if (h.msg_flags & MSG_TRUNC) {
		s->counters.refused++;
		s->wanted = true;
		return 1;
	}
	for (; (step = rtnl_first(at, left, &len)) > 0; at += step, left -= step)
		one(s, at, len);
	if (left > 0)
		s->counters.refused++;
	return 1;
}

static int ask(struct rtnl_socket *s)
{
	const struct dump *d = &dumps[s->step];
	struct {
		struct nlmsghdr header;
		uint8_t body[sizeof(struct ifinfomsg)];
	} request = { .header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(d->size),
				  .nlmsg_type = d->type,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				  .nlmsg_seq = ++s->seq ? s->seq : ++s->seq },
		      .body = { d->family } };

	if (send(s->fd, &request, request.header.nlmsg_len, MSG_DONTWAIT) < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return -errno;
		give_up(s);
		return 0;
	}
	rtnl_recent_clear(&s->recent);
	s->asked = true;
	s->interrupted = false;
	return 1;
}

/* Nothing waits: the next dump, if one is due. */
static int go_on(struct rtnl_socket *s, uint64_t now)
{
	if (s->asked)
		return now - s->heard > STALLED_NS ? -ETIMEDOUT : 0;
	if (s->wanted) {
		if (now < s->not_before)
			return 0;
		s->wanted = false;
		s->syncing = true;
		s->step = 0;
		s->handlers->begin(s->arg);
	}
	if (!s->syncing)
		return 0;
	s->heard = now;
	return ask(s);
}

int rtnl_work(struct rtnl_socket *s, uint64_t budget_ns)
{
	const uint64_t end = now_ns() + budget_ns;
	uint64_t now;

	do {
		int ret = receive(s);

		now = now_ns();
		if (ret > 0)
			s->heard = now;
		else if (ret == 0)
			ret = go_on(s, now);
		if (ret <= 0)
			return ret;
	} while (now < end);
	return 1;
}
