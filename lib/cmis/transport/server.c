/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server: an epoll set of the listening socket and its hosts. Each host has room for one
 * request and one answer; while an answer waits to be taken, its requests stay in the socket.
 */
#include "lib/cmis/transport/server.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cmis/transport/wire.h"

#define TRANSACTIONS 64 /* of a run */
#define EVENTS       (CMIS_SERVER_HOSTS + 1)

struct peer {
	int fd;        /* -1: free */
	uint64_t last; /* run in which it last said something */
	size_t in_len, out_len, out_at;
	uint8_t in[WIRE_REQUEST_HEAD + WIRE_DATA_MAX], out[WIRE_ANSWER_HEAD + WIRE_DATA_MAX];
};

struct cmis_server {
	struct cmis_transport bus;
	struct sockaddr_un address;
	dev_t dev;
	ino_t ino;
	int listener, epoll;
	uint64_t runs;
	struct peer peer[CMIS_SERVER_HOSTS];
};

/* 0: nothing is there any more that could be in the way. */
static int take_over(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat st;
	int fd, ret = 0;

	if (lstat(path, &st) != 0)
		return 0; /* bind() will tell of the rest */
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST,
			       "%s is there and is no socket. Remove it, or choose another path",
			       path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "%s: no socket: %s", path, strerror(errno));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno != ECONNREFUSED)
		ret = err_set(err, -EADDRINUSE,
			      "%s is in use by another process. Stop it, or choose another path",
			      path);
	else if (unlink(path) != 0 && errno != ENOENT)
		ret = err_set(err, -errno, "%s: what a dead server left cannot be removed: %s",
			      path, strerror(errno));
	close(fd);
	return ret;
}

static int watch(struct cmis_server *s, int fd, unsigned index)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = index };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int start(struct cmis_server *s, struct err *err)
{
	const char *path = s->address.sun_path;
	struct stat st;
	int ret = take_over(&s->address, err);

	if (ret != 0)
		return ret;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->epoll < 0 || s->listener < 0)
		return err_set(err, -errno, "%s: no socket: %s", path, strerror(errno));
	/* the file gets the socket's mode less the umask: never more than 0660 */
	if (fchmod(s->listener, 0660) != 0 ||
	    bind(s->listener, (const struct sockaddr *)&s->address, sizeof(s->address)) != 0)
		return err_set(err, -errno, "%s cannot be made: %s", path, strerror(errno));
	if (lstat(path, &st) == 0) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	if (chmod(path, 0660) != 0 || listen(s->listener, CMIS_SERVER_HOSTS) != 0)
		return err_set(err, -errno, "%s cannot be served: %s", path, strerror(errno));
	ret = watch(s, s->listener, CMIS_SERVER_HOSTS);
	return ret == 0 ? 0 : err_set(err, ret, "%s cannot be watched: %s", path, strerror(-ret));
}

int cmis_server_create(struct cmis_server **out, const char *path, const struct cmis_transport *bus,
		       struct err *err)
{
	struct cmis_server *s;
	int ret;

	if (strlen(path) == 0 || strlen(path) >= sizeof(s->address.sun_path))
		return err_set(err, -EINVAL, "%s: a socket's path has 1 to %zu characters", path,
			       sizeof(s->address.sun_path) - 1);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return err_set(err, -ENOMEM, "%s: no memory for a server", path);
	s->bus = *bus;
	s->listener = s->epoll = -1;
	for (unsigned i = 0; i < CMIS_SERVER_HOSTS; i++)
		s->peer[i].fd = -1;
	s->address.sun_family = AF_UNIX;
	memcpy(s->address.sun_path, path, strlen(path));
	ret = start(s, err);
	if (ret != 0) {
		cmis_server_destroy(s);
		return ret;
	}
	*out = s;
	return 0;
}

static void drop(struct peer *p)
{
	close(p->fd); /* which takes it out of the epoll set */
	p->fd = -1;
}

void cmis_server_destroy(struct cmis_server *s)
{
	struct stat st;

	if (s == NULL)
		return;
	for (unsigned i = 0; i < CMIS_SERVER_HOSTS; i++)
		if (s->peer[i].fd >= 0)
			drop(&s->peer[i]);
	if (s->ino != 0 && lstat(s->address.sun_path, &st) == 0 && st.st_dev == s->dev &&
	    st.st_ino == s->ino)
		unlink(s->address.sun_path);
	if (s->listener >= 0)
		close(s->listener);
	if (s->epoll >= 0)
		close(s->epoll);
	free(s);
}

/* A free place, or that of who was silent longest. */
static struct peer *place(struct cmis_server *s)
{
	struct peer *oldest = &s->peer[0];

	for (unsigned i = 0; i < CMIS_SERVER_HOSTS; i++) {
		if (s->peer[i].fd < 0)
			return &s->peer[i];
		if (s->peer[i].last < oldest->last)
			oldest = &s->peer[i];
	}
	drop(oldest);
	return oldest;
}

static void welcome(struct cmis_server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *p;

	if (fd < 0)
		return;
	p = place(s);
	*p = (struct peer){ .fd = fd, .last = s->runs };
	if (watch(s, fd, (unsigned)(p - s->peer)) != 0)
		drop(p);
}

/*
 * Interested in requests, or in room for the answer: also to that of a request which is here
 * already, beyond the host's share, and which the socket no longer tells of.
 */
static void interest(struct cmis_server *s, struct peer *p)
{
	struct wire_request r;
	bool waiting = p->out_len != 0 || wire_request_parse(&r, p->in, p->in_len) != 0;
	struct epoll_event event = { .events = waiting ? EPOLLOUT : EPOLLIN,
				     .data.u32 = (uint32_t)(p - s->peer) };

	if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, p->fd, &event) != 0)
		drop(p);
}

/* false: it is gone, or takes no more for now. */
static bool answer(struct cmis_server *s, struct peer *p)
{
	ssize_t n = send(p->fd, p->out + p->out_at, p->out_len - p->out_at,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(p);
		return false;
	}
	p->out_at += n > 0 ? (size_t)n : 0;
	if (p->out_at < p->out_len)
		return false;
	p->out_len = p->out_at = 0;
	return true;
}

static void transact(struct cmis_server *s, struct peer *p, const struct wire_request *r)
{
	uint8_t data[WIRE_DATA_MAX] = { 0 };
	struct wire_answer a = { .data = data };
	int ret;

	if (r->write)
		ret = s->bus.write(s->bus.module, r->addr, r->data, r->len);
	else
		ret = s->bus.read(s->bus.module, r->addr, data, r->len);
	a.status = ret == 0 ? WIRE_ACK : ret == -ENODEV ? WIRE_ABSENT : WIRE_NACK;
	a.len = ret == 0 && !r->write ? r->len : 0;
	p->out_len = wire_answer_put(p->out, &a);
}

/* One request of a host, as far as it is there. true: a transaction was done. */
static bool serve(struct cmis_server *s, struct peer *p)
{
	struct wire_request r;
	int whole = wire_request_parse(&r, p->in, p->in_len);

	if (whole == 0) {
		ssize_t n = recv(p->fd, p->in + p->in_len, sizeof(p->in) - p->in_len, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n <= 0) {
			drop(p);
			return false;
		}
		p->in_len += (size_t)n;
		p->last = s->runs;
		whole = wire_request_parse(&r, p->in, p->in_len);
	}
	if (whole < 0)
		drop(p);
	if (whole <= 0)
		return false;
	transact(s, p, &r);
	p->in_len -= (size_t)whole;
	memmove(p->in, p->in + whole, p->in_len);
	return true;
}

/* Requests and answers in turn until there is nothing more to do or `most` are done. */
static unsigned talk(struct cmis_server *s, struct peer *p, unsigned most)
{
	unsigned done = 0;

	while (p->fd >= 0 && (p->out_len == 0 || answer(s, p)) && done < most && serve(s, p))
		done++;
	if (p->fd >= 0 && p->out_len != 0)
		answer(s, p);
	if (p->fd >= 0)
		interest(s, p);
	return done;
}

unsigned cmis_server_run(struct cmis_server *s)
{
	struct epoll_event event[EVENTS];
	int n = epoll_wait(s->epoll, event, EVENTS, 0);
	unsigned done = 0;

	s->runs++;
	for (int i = 0; i < n; i++) {
		unsigned who = event[i].data.u32;

		/* each gets its share, so that a busy host does not starve another */
		if (who == CMIS_SERVER_HOSTS)
			welcome(s);
		else if (s->peer[who].fd >= 0)
			done += talk(s, &s->peer[who], TRANSACTIONS / (unsigned)n + 1);
	}
	return done;
}

int cmis_server_fd(const struct cmis_server *s)
{
	return s->epoll;
}

unsigned cmis_server_hosts(const struct cmis_server *s)
{
	unsigned hosts = 0;

	for (unsigned i = 0; i < CMIS_SERVER_HOSTS; i++)
		hosts += s->peer[i].fd >= 0;
	return hosts;
}
