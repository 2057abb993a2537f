/* SPDX-License-Identifier: BSD-3-Clause */
/* Serving the control socket; see control.h. Control thread. */
#include "dataplane/ctl/control.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define IDLE_SECONDS_MAX 60

struct client {
	struct control *control;
	int fd; /* -1: this entry is free */
	struct loop_watch *watch;
	unsigned idle; /* seconds */
};

struct control {
	struct loop *loop;
	struct loop_watch *watch, *clock;
	int fd;
	struct sockaddr_un address;
	dev_t dev;
	ino_t ino;
	const struct control_verb *verbs;
	size_t n_verbs;
	void *arg;
	uint64_t requests, dropped;
	struct client clients[CONTROL_CLIENTS_MAX];
	char message[CONTROL_MESSAGE_MAX + 1];
};

static void hang_up(struct client *c)
{
	loop_remove(c->control->loop, c->watch);
	close(c->fd);
	c->fd = -1;
	c->watch = NULL;
}

static void drop(struct client *c)
{
	c->control->dropped++;
	hang_up(c);
}

/* False: the other side does not take it. */
static bool say(int fd, char *answer, size_t len)
{
	const bool said = answer && send(fd, answer, len, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR) ==
					    (ssize_t)len;

	free(answer);
	return said;
}

/* One message; the loop calls again while there is more. */
static void on_client(void *arg, uint32_t events)
{
	struct client *c = arg;
	struct control *ctl = c->control;
	size_t len;
	ssize_t n;
	char *answer;

	(void)events;
	n = recv(c->fd, ctl->message, sizeof(ctl->message), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* gone; an empty message cannot be told from that */
		hang_up(c);
		return;
	}
	c->idle = 0;
	if ((size_t)n > CONTROL_MESSAGE_MAX) {
		answer = control_refusal(-EMSGSIZE, "a request has at most 64 KiB", &len);
		say(c->fd, answer, len);
		drop(c);
		return;
	}
	ctl->requests++;
	answer = control_answer(ctl->verbs, ctl->n_verbs, ctl->arg, ctl->message, (size_t)n, &len);
	if (!say(c->fd, answer, len))
		drop(c);
}

static bool allowed(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void turn_away(struct control *c, int fd, int code, const char *why)
{
	size_t len;
	char *answer = control_refusal(code, why, &len);

	say(fd, answer, len);
	close(fd);
	c->dropped++;
}

static void on_caller(void *arg, uint32_t events)
{
	struct control *ctl = arg;
	const int fd = accept4(ctl->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c = ctl->clients;

	(void)events;
	if (fd < 0)
		return;
	if (!allowed(fd)) {
		turn_away(ctl, fd, -EPERM,
			  "only root and the user who runs this board may ask; use sudo");
		return;
	}
	while (c < ctl->clients + CONTROL_CLIENTS_MAX && c->fd >= 0)
		c++;
	if (c == ctl->clients + CONTROL_CLIENTS_MAX) {
		turn_away(ctl, fd, -EBUSY,
			  "16 clients are connected, no more are served; end one, or try again in "
			  "a minute");
		return;
	}
	*c = (struct client){ .control = ctl, .fd = fd };
	c->watch = loop_fd(ctl->loop, fd, POLLIN, on_client, c);
	if (c->watch)
		return;
	c->fd = -1;
	turn_away(ctl, fd, -ENOMEM, "no memory for another client; try again");
}

static void on_second(void *arg)
{
	struct control *ctl = arg;

	for (struct client *c = ctl->clients; c < ctl->clients + CONTROL_CLIENTS_MAX; c++)
		if (c->fd >= 0 && ++c->idle >= IDLE_SECONDS_MAX)
			drop(c);
}

static int listen_at(struct control *c, const char *path, struct err *err)
{
	struct stat st;

	c->address.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(c->address.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "control socket %s: a socket's path has at most %zu characters; set "
			       "XDG_RUNTIME_DIR to a shorter folder, or shorten `instance`",
			       path, sizeof(c->address.sun_path) - 1);
	strcpy(c->address.sun_path, path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || fchmod(c->fd, 0600) != 0 ||
	    bind(c->fd, (const struct sockaddr *)&c->address, sizeof(c->address)) != 0 ||
	    listen(c->fd, CONTROL_CLIENTS_MAX) != 0 || lstat(path, &st) != 0)
		return err_set(err, -errno,
			       "control socket %s: %s; make its folder writable for this user and "
			       "remove what is there",
			       path, strerror(errno));
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	return 0;
}

int control_create(struct control **out, const char *path, struct loop *l,
		   const struct control_verb *verbs, size_t n_verbs, void *arg, struct err *err)
{
	struct control *c = calloc(1, sizeof(*c));
	int ret;

	*out = NULL;
	if (!c)
		return err_set(err, -ENOMEM, "control socket: no memory");
	c->loop = l;
	c->fd = -1;
	c->verbs = verbs;
	c->n_verbs = n_verbs;
	c->arg = arg;
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
	ret = listen_at(c, path, err);
	if (!ret) {
		c->watch = loop_fd(l, c->fd, POLLIN, on_caller, c);
		c->clock = loop_timer(l, 1000000000ull, on_second, c);
		if (!c->watch || !c->clock)
			ret = err_set(err, -ENOMEM, "control socket: no memory");
	}
	if (ret) {
		control_destroy(c);
		return ret;
	}
	*out = c;
	return 0;
}

void control_destroy(struct control *c)
{
	struct stat st;

	if (!c)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			hang_up(&c->clients[i]);
	loop_remove(c->loop, c->watch);
	loop_remove(c->loop, c->clock);
	if (c->ino && lstat(c->address.sun_path, &st) == 0 && st.st_dev == c->dev &&
	    st.st_ino == c->ino)
		unlink(c->address.sun_path);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

uint64_t control_requests(const struct control *c)
{
	return c->requests;
}

uint64_t control_dropped(const struct control *c)
{
	return c->dropped;
}
