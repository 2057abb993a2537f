/* SPDX-License-Identifier: BSD-3-Clause */
/* Both sides of SOCKET.ctl; see control.h. */
#include "lib/cmis/emulator/control.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cmis/engine/engine.h"

#define REQUEST_LEN 256
#define REQUESTS    16 /* of a run */
#define PATIENCE_MS 2000
#define MAX_MS      (UINT64_C(1) << 40)

struct cmis_control {
	struct cmis_engine *engine;
	struct sockaddr_un address;
	dev_t dev;
	ino_t ino;
	int fd;
};

static int address_of(struct sockaddr_un *a, const char *socket_path, struct err *err)
{
	a->sun_family = AF_UNIX;
	if ((size_t)snprintf(a->sun_path, sizeof(a->sun_path), "%s.ctl", socket_path) <
	    sizeof(a->sun_path))
		return 0;
	return err_set(err, -ENAMETOOLONG,
		       "%s: a path of at most %zu characters leaves room for .ctl behind it. Use a "
		       "shorter one",
		       socket_path, sizeof(a->sun_path) - 5);
}

/* Who serves socket_path owns the name next to it: what is left there is of a dead one. */
int cmis_control_create(struct cmis_control **out, const char *socket_path,
			struct cmis_engine *engine, struct err *err)
{
	struct cmis_control *c = calloc(1, sizeof(*c));
	struct stat st;
	int ret;

	if (c == NULL)
		return err_set(err, -ENOMEM, "%s: no memory for its control socket", socket_path);
	c->engine = engine;
	c->fd = -1;
	ret = address_of(&c->address, socket_path, err);
	if (ret != 0)
		goto free_it;
	if (lstat(c->address.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(c->address.sun_path);
	c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || fchmod(c->fd, 0660) != 0 ||
	    bind(c->fd, (const struct sockaddr *)&c->address, sizeof(c->address)) != 0) {
		ret = err_set(err, -errno, "%s cannot be made: %s. Remove what is there",
			      c->address.sun_path, strerror(errno));
		goto close_it;
	}
	if (lstat(c->address.sun_path, &st) == 0) {
		c->dev = st.st_dev;
		c->ino = st.st_ino;
	}
	*out = c;
	return 0;

close_it:
	if (c->fd >= 0)
		close(c->fd);
free_it:
	free(c);
	return ret;
}

void cmis_control_destroy(struct cmis_control *c)
{
	struct stat st;

	if (c == NULL)
		return;
	if (lstat(c->address.sun_path, &st) == 0 && st.st_dev == c->dev && st.st_ino == c->ino)
		unlink(c->address.sun_path);
	close(c->fd);
	free(c);
}

int cmis_control_fd(const struct cmis_control *c)
{
	return c->fd;
}

static int inject(struct cmis_engine *e, const char *name, double value, uint64_t lanes,
		  uint64_t ms, struct err *err)
{
	unsigned count = cmis_engine_lanes(e) ? cmis_engine_lanes(e) : cmis_engine_lasers(e);
	struct cmis_injection what = { .value = value, .lanes = lanes };
	int fault = cmis_fault_find(name);

	if (fault < 0)
		return err_set(err, -ENOENT, "no fault \"%s\". Try: cpx engine inject --list",
			       name);
	if (count < 64 && lanes >> count != 0)
		return err_set(err, -ERANGE, "it has lanes 0 to %u only", count - 1);
	if (ms > MAX_MS)
		return err_set(err, -ERANGE, "%" PRIu64 " ms is too long", ms);
	what.fault = (enum cmis_fault)fault;
	what.duration_ns = ms * CMIS_MS;
	return cmis_engine_inject(e, &what, err);
}

static int heal(struct cmis_engine *e, const char *name, struct err *err)
{
	int fault = cmis_fault_find(name);

	if (fault < 0 && strcmp(name, "all") != 0)
		return err_set(err, -ENOENT, "no fault \"%s\". Try: cpx engine inject --list",
			       name);
	for (int i = 0; i < CMIS_INJECT_COUNT; i++)
		if (fault < 0 || i == fault)
			cmis_engine_heal(e, (enum cmis_fault)i);
	return 0;
}

int cmis_control_obey(struct cmis_engine *e, const char *request, struct err *err)
{
	char name[32];
	double value;
	uint64_t lanes, ms;
	int end = 0;

	if (sscanf(request, "inject %31s %lf %" SCNx64 " %" SCNu64 " %n", name, &value, &lanes, &ms,
		   &end) == 4 &&
	    end > 0 && request[end] == '\0')
		return inject(e, name, value, lanes, ms, err);
	end = 0;
	if (sscanf(request, "heal %31s %n", name, &end) == 1 && end > 0 && request[end] == '\0')
		return heal(e, name, err);
	return err_set(err, -EINVAL,
		       "not understood. Write inject FAULT VALUE LANES MS, or heal FAULT");
}

void cmis_control_run(struct cmis_control *c)
{
	for (int i = 0; i < REQUESTS; i++) {
		char request[REQUEST_LEN + 1];
		struct sockaddr_un who;
		socklen_t who_len = sizeof(who);
		struct err err = { "ok" };
		ssize_t n = recvfrom(c->fd, request, REQUEST_LEN, MSG_DONTWAIT | MSG_TRUNC,
				     (struct sockaddr *)&who, &who_len);

		if (n < 0)
			return;
		if (n > REQUEST_LEN)
			n = 0;
		request[n] = '\0';
		cmis_control_obey(c->engine, request, &err);
		if (who_len > sizeof(sa_family_t))
			sendto(c->fd, err.text, strlen(err.text), MSG_DONTWAIT | MSG_NOSIGNAL,
			       (const struct sockaddr *)&who, who_len);
	}
}

static int converse(int fd, const struct sockaddr_un *to, const char *request, char *answer,
		    size_t room)
{
	/* binding to the family alone gives an address of our own to answer to (unix(7)) */
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;

	if (bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)) != 0 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 ||
	    send(fd, request, strlen(request), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	n = poll(&p, 1, PATIENCE_MS);
	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	n = recv(fd, answer, room - 1, MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	answer[n] = '\0';
	return 0;
}

int cmis_control_ask(const char *socket_path, const char *request, struct err *err)
{
	struct sockaddr_un to;
	char answer[sizeof(err->text)];
	int ret = address_of(&to, socket_path, err), fd;

	if (ret != 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "no socket: %s", strerror(errno));
	ret = converse(fd, &to, request, answer, sizeof(answer));
	close(fd);
	if (ret == -ENOENT || ret == -ECONNREFUSED)
		return err_set(
			err, ret,
			"%s: no emulated engine answers there. Faults are for engines of cpx "
			"engine emulate; start it, or check the path",
			socket_path);
	if (ret == -ETIMEDOUT)
		return err_set(err, ret,
			       "%s: no answer within %d s. Look whether its cpx engine emulate is "
			       "stopped",
			       socket_path, PATIENCE_MS / 1000);
	if (ret != 0)
		return err_set(err, ret, "%s: %s. Check its permissions", to.sun_path,
			       strerror(-ret));
	if (strcmp(answer, "ok") == 0)
		return 0;
	for (char *p = answer; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return err_set(err, -EINVAL, "%s", answer);
}
