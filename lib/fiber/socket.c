/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fiber's AF_UNIX sockets: owning a path, reaching one, packets with file descriptors. Control
 * thread. Starts in the same folder are kept apart by flock() on it, held only while starting.
 */
#include "lib/fiber/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 8

static int lock_folder(const char *path, struct err *err)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = ".";
	const char *slash = strrchr(path, '/');
	int fd;

	if (slash != NULL)
		snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno,
			       "fiber %s: its folder can not be opened: %s. Make the folder, or "
			       "choose another path",
			       path, strerror(errno));
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
		struct timespec pause = { .tv_nsec = 1000000 };

		if (errno != EWOULDBLOCK || tries == 500) {
			close(fd);
			return err_set(err, -EBUSY,
				       "fiber %s: another server has been starting in this folder "
				       "for half a second. Try again",
				       path);
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}

/* The path is free, or left by a dead server and now removed. */
static int clear_path(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct ucred cred = { 0 };
	socklen_t bytes = sizeof(cred);
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0
				       : err_set(err, -errno, "fiber %s can not be looked at: %s",
						 path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(
			err, -EEXIST,
			"fiber %s is there and is not a socket. Remove it, or choose another "
			"path",
			path);
	fd = fiber_connect(address);
	if (fd < 0 && fd != -EAGAIN && fd != -EPROTOTYPE && fd != -ECONNREFUSED)
		return err_set(err, fd,
			       "fiber %s can not be tried for a live server: %s. Remove it if "
			       "nothing uses it",
			       path, strerror(-fd));
	if (fd == -ECONNREFUSED) /* nobody listens any more */
		return unlink(path) == 0 || errno == ENOENT
			       ? 0
			       : err_set(err, -errno,
					 "fiber %s was left by a dead server and can not be "
					 "removed: %s",
					 path, strerror(errno));
	if (fd >= 0) {
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &bytes);
		close(fd);
	}
	return err_set(
		err, -EADDRINUSE,
		"fiber %s is served by a running process, pid %d. Stop it, or choose another "
		"path",
		path, (int)cred.pid);
}

int fiber_listen(struct fiber_listener *l, const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat st;
	int ret, lock;

	l->fd = -1;
	lock = lock_folder(path, err);
	if (lock < 0)
		return lock;
	ret = clear_path(address, err);
	if (ret < 0)
		goto unlock;
	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* The file takes the socket's mode less the umask: never more than 0660, then exactly. */
	if (l->fd < 0 || fchmod(l->fd, 0660) != 0 ||
	    bind(l->fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		ret = err_set(err, -errno, "fiber %s can not be made: %s", path, strerror(errno));
		goto close_socket;
	}
	if (chmod(path, 0660) != 0 || lstat(path, &st) != 0 || listen(l->fd, BACKLOG) != 0) {
		ret = err_set(err, -errno, "fiber %s can not be set up: %s", path, strerror(errno));
		unlink(path);
		goto close_socket;
	}
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	goto unlock;
close_socket:
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
unlock:
	close(lock);
	return ret;
}

void fiber_unlisten(struct fiber_listener *l, const struct sockaddr_un *address)
{
	struct stat st;

	if (l->fd < 0)
		return;
	if (lstat(address->sun_path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(address->sun_path);
	close(l->fd);
	l->fd = -1;
}

int fiber_connect(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

int fiber_socket_receive(int fd, void *to, size_t size, int fds[FIBER_MESSAGE_FDS], unsigned *n_fds)
{
	union {
		char bytes[CMSG_SPACE(FIBER_MESSAGE_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = to, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*n_fds = 0;
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int got;

			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(got));
			if (*n_fds < FIBER_MESSAGE_FDS)
				fds[(*n_fds)++] = got;
			else
				close(got);
		}
	}
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		while (*n_fds != 0)
			close(fds[--*n_fds]);
		return -EBADMSG;
	}
	return (int)n;
}

int fiber_socket_send(int fd, const void *message, size_t bytes, const int *fds, unsigned n_fds)
{
	union {
		char bytes[CMSG_SPACE(FIBER_MESSAGE_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)message, .iov_len = bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds != 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(n_fds * sizeof(int)) };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), fds, n_fds * sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
