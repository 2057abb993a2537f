/* SPDX-License-Identifier: BSD-3-Clause */
/* See fpm.h. Frames are taken from `in`, answers collected in `out` and sent after the commit. */
#include "dataplane/ctl/fpm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/feed.h"
#include "dataplane/ctl/kernel.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"
#include "lib/base/netns.h"
#include "lib/rtnl/fpm.h"

#define WORK_NS     2000000ull /* of the control loop's time, a turn */
#define LOOK_EVERY  16         /* frames between two looks at the clock */
#define TICK_NS     1000000000ull
#define STUCK_TICKS 60 /* zebra takes no answers for so long: it is not zebra, or not well */
#define IN_ROOM     (4 * (FPM_FRAME_MAX + 1))
#define OUT_ROOM    (4 * (FPM_FRAME_MAX + 1))

#ifndef RTM_F_OFFLOAD_FAILED
#define RTM_F_OFFLOAD_FAILED 0x20000000
#endif

struct fpm {
	struct board *board;
	struct feed *feed;
	struct loop *loop;
	unsigned epoch; /* of the twins' namespace it listens in */
	int listener, fd;
	struct loop_watch *listening, *watch, *timer;
	uint32_t watched;  /* poll events of `watch` */
	bool more;         /* whole frames are in `in` */
	bool said;         /* that it cannot listen */
	unsigned stuck;    /* ticks with answers that are not taken */
	uint64_t sweep_at; /* CLOCK_MONOTONIC, ns; 0: nothing is stale */
	uint64_t connections, messages, refused;
	size_t have, answers; /* bytes in `in`, in `out` */
	uint8_t in[IN_ROOM], out[OUT_ROOM];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void expect_silence(struct fpm *f)
{
	feed_restart(f->feed);
	f->sweep_at = now_ns() + f->board->cfg->host_fpm_stale_s * 1000000000ull;
}

static void hang_up(struct fpm *f, const char *why)
{
	if (f->fd < 0)
		return;
	log_info("fpm: connection of zebra %s; its %u routes stay for %u s", why,
		 rib_count(f->board, RIB_FPM), f->board->cfg->host_fpm_stale_s);
	if (f->watch)
		loop_remove(f->loop, f->watch);
	f->watch = NULL;
	f->watched = 0;
	close(f->fd);
	f->fd = -1;
	f->have = f->answers = 0;
	f->more = false;
	expect_silence(f);
}

/* The route as it came, and whether it is in force. */
static void answer(struct fpm *f, const uint8_t *message, size_t len, bool followed)
{
	const uint32_t set = followed ? RTM_F_OFFLOAD : RTM_F_OFFLOAD_FAILED;
	uint8_t *out = f->out + f->answers;
	struct rtmsg r;

	fpm_header(out, len);
	out += FPM_HEADER;
	memcpy(out, message, len);
	memcpy(&r, out + sizeof(struct nlmsghdr), sizeof(r));
	r.rtm_flags = (r.rtm_flags & ~(uint32_t)(RTM_F_OFFLOAD | RTM_F_OFFLOAD_FAILED)) | set;
	memcpy(out + sizeof(struct nlmsghdr), &r, sizeof(r));
	f->answers += FPM_HEADER + len;
}

/* Messages of one frame; -EPROTO: what is behind the last one is none. */
static int on_frame(struct fpm *f, const uint8_t *at, size_t left)
{
	struct rtnl_message m;
	size_t step, len;

	for (; (step = rtnl_first(at, left, &len)) > 0; at += step, left -= step) {
		f->messages++;
		if (rtnl_parse(at, len, &m) != 0) {
			f->refused++;
			continue;
		}
		if (m.kind == RTNL_ROUTE || m.kind == RTNL_NEXTHOP) {
			const bool followed = feed_message(f->feed, &m) == 0;

			if (m.kind == RTNL_ROUTE && !m.del)
				answer(f, at, len, followed);
		}
	}
	return left ? -EPROTO : 0;
}

/* Whole frames, until time or room for answers is up. A frame's answers take at most twice its
 * length: a message has no less than its header. True: there are more. */
static bool on_frames(struct fpm *f, bool *broken)
{
	const uint64_t end = now_ns() + WORK_NS;
	size_t at = 0;
	int len = 0;
	bool more = false;

	for (unsigned n = 1; !more && (len = fpm_frame(f->in + at, f->have - at)) > 0; n++) {
		if (OUT_ROOM - f->answers < 2 * (size_t)len ||
		    (n % LOOK_EVERY == 0 && now_ns() > end)) {
			more = true;
			break;
		}
		if (on_frame(f, f->in + at + FPM_HEADER, (size_t)len - FPM_HEADER) != 0) {
			len = -EPROTO;
			break;
		}
		at += (size_t)len;
	}
	memmove(f->in, f->in + at, f->have - at);
	f->have -= at;
	*broken = len < 0;
	return more;
}

/* 0, or -1: the connection has ended. */
static int take(struct fpm *f)
{
	const ssize_t n = recv(f->fd, f->in + f->have, IN_ROOM - f->have, MSG_DONTWAIT);

	if (n > 0)
		f->have += (size_t)n;
	if (n > 0 || IN_ROOM == f->have)
		return 0;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static int give(struct fpm *f)
{
	const ssize_t n =
		f->answers ? send(f->fd, f->out, f->answers, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n > 0)
		f->stuck = 0;
	f->answers -= (size_t)n;
	memmove(f->out, f->out + n, f->answers);
	return 0;
}

static void on_event(void *board, uint32_t events)
{
	(void)events;
	fpm_work(board);
}

/* More frames are here and time was up: called again as soon as zebra takes answers, that is at
 * once. Answers that do not go: not before they do. */
static void watch(struct fpm *f)
{
	const uint32_t want = (f->more ? 0 : POLLIN) | (f->more || f->answers ? POLLOUT : 0);

	if (!f->loop || f->fd < 0 || want == f->watched)
		return;
	if (f->watch)
		loop_remove(f->loop, f->watch);
	f->watch = loop_fd(f->loop, f->fd, want, on_event, f->board);
	f->watched = f->watch ? want : 0;
	if (!f->watch)
		hang_up(f, "cannot be watched: no memory");
}

void fpm_work(struct board *b)
{
	struct fpm *f = b->fpm;
	bool ended, broken;

	if (!f || f->fd < 0)
		return;
	ended = !f->more && take(f) != 0; /* all frames before the end have been taken then */
	f->more = on_frames(f, &broken);
	rib_commit(b);
	if (broken) {
		f->refused++;
		hang_up(f, "is no FPM stream");
	} else if (ended || give(f) != 0) {
		hang_up(f, "has ended");
	} else if (feed_wants_resync(f->feed)) {
		hang_up(f, "is closed: next hops are ours now that were not, zebra has to tell "
			   "all again");
	}
	watch(f);
}

/* Whether the connection there is has ended, and nobody has looked yet. */
static bool is_dead(const struct fpm *f)
{
	struct pollfd p = { f->fd, POLLRDHUP, 0 };

	return poll(&p, 1, 0) == 1 && p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

void fpm_serve(struct board *b, int fd)
{
	struct fpm *f = b->fpm;
	const int on = 1, idle = 10, count = 3;

	if (f->fd >= 0 && is_dead(f)) {
		fpm_work(b);
		hang_up(f, "has ended");
	}
	if (f->fd >= 0) {
		log_warn("fpm: a second zebra: refused, one is connected");
		f->refused++;
		close(fd);
		return;
	}
	/* fails on a socketpair; a zebra on another machine may vanish without a word */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	f->fd = fd;
	f->connections++;
	f->stuck = 0;
	expect_silence(f);
	log_info("fpm: zebra is connected");
	watch(f);
}

static void on_caller(void *board, uint32_t events)
{
	struct board *b = board;
	const int fd = accept4(b->fpm->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0)
		fpm_serve(b, fd);
}

static int open_listener(void *arg)
{
	struct fpm *f = arg;
	const struct config *cfg = f->board->cfg;
	const int on = 1;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} at = { 0 };

	at.any.sa_family = cfg->host_fpm.family;
	if (cfg->host_fpm.family == AF_INET) {
		memcpy(&at.in.sin_addr, cfg->host_fpm.addr, 4);
		at.in.sin_port = htons(cfg->host_fpm.port);
	} else {
		memcpy(&at.in6.sin6_addr, cfg->host_fpm.addr, 16);
		at.in6.sin6_port = htons(cfg->host_fpm.port);
	}
	f->listener = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (f->listener < 0)
		return -errno;
	setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(f->listener, &at.any,
		 at.any.sa_family == AF_INET ? sizeof(at.in) : sizeof(at.in6)) != 0 ||
	    listen(f->listener, 4) != 0)
		return -errno;
	return 0;
}

static void stop_listening(struct fpm *f)
{
	if (f->listening)
		loop_remove(f->loop, f->listening);
	f->listening = NULL;
	if (f->listener >= 0)
		close(f->listener);
	f->listener = -1;
}

static int start_listening(struct fpm *f, struct err *err)
{
	const int ns = twins_netns(f->board);
	int ret = ns == -ENOENT ? -ENOENT : netns_run(ns, open_listener, f);

	if (ret == 0 && f->loop) {
		f->listening = loop_fd(f->loop, f->listener, POLLIN, on_caller, f->board);
		if (!f->listening)
			ret = -ENOMEM;
	}
	f->epoch = twins_epoch(f->board);
	if (ret == 0)
		return 0;
	stop_listening(f);
	return err_set(err, ret,
		       "fpm: cannot listen at %s (%s); choose another address or port for `host: "
		       "fpm`, or end who has it",
		       f->board->cfg->host_fpm.text, strerror(-ret));
}

void fpm_tick(void *board)
{
	struct board *b = board;
	struct fpm *f = b->fpm;
	struct err err;

	if (f->listener >= 0 && f->epoch != twins_epoch(b))
		stop_listening(f);
	if (f->listener < 0) {
		const int ret = start_listening(f, &err);

		if (ret && ret != -ENOENT && !f->said)
			log_warn("%s; tried again until it works", err.text);
		f->said = ret && ret != -ENOENT;
	}
	if (f->fd >= 0 && f->answers && ++f->stuck > STUCK_TICKS)
		hang_up(f, "takes no answers");
	if (f->sweep_at && now_ns() >= f->sweep_at) {
		const unsigned n = feed_sweep(f->feed);

		f->sweep_at = 0;
		rib_commit(b);
		if (n)
			log_info("fpm: %u routes and next hops that zebra did not tell again are "
				 "gone",
				 n);
	}
}

int fpm_create(struct board *b, struct err *err)
{
	struct fpm *f;
	int ret;

	if (!b->cfg->host_fpm.family)
		return 0;
	b->fpm = f = calloc(1, sizeof(*f));
	if (!f)
		return err_set(err, -ENOMEM, "fpm: no memory");
	f->board = b;
	f->fd = f->listener = -1;
	ret = feed_create(&f->feed, b, RIB_FPM, "fpm", kernel_iface, err);
	if (!ret)
		ret = start_listening(f, err);
	return ret == -ENOENT ? 0 : ret;
}

int fpm_attach(struct board *b, struct loop *l, struct err *err)
{
	struct fpm *f = b->fpm;

	if (!f)
		return 0;
	f->loop = l;
	f->timer = loop_timer(l, TICK_NS, fpm_tick, b);
	if (f->listener >= 0)
		f->listening = loop_fd(l, f->listener, POLLIN, on_caller, b);
	return f->timer && (f->listener < 0 || f->listening)
		       ? 0
		       : err_set(err, -ENOMEM, "fpm: no memory for a timer");
}

void fpm_destroy(struct board *b)
{
	struct fpm *f = b->fpm;

	if (!f)
		return;
	stop_listening(f);
	if (f->watch)
		loop_remove(f->loop, f->watch);
	if (f->timer)
		loop_remove(f->loop, f->timer);
	if (f->fd >= 0)
		close(f->fd);
	feed_destroy(f->feed);
	free(f);
	b->fpm = NULL;
}

bool fpm_count(const struct board *b, struct fpm_counts *out)
{
	const struct fpm *f = b->fpm;

	if (!f)
		return false;
	*out = (struct fpm_counts){
		.connected = f->fd >= 0,
		.routes = rib_count(b, RIB_FPM),
		.connections = f->connections,
		.messages = f->messages,
		.refused = f->refused + feed_counters(f->feed)->refused,
	};
	return true;
}
