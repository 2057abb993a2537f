/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking a running board; see control.h. */
#include "dataplane/cli/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/ctl/control.h"
#include "lib/telemetry/path.h"

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

/* The socket beside the instance's telemetry; *name is the instance, within path. */
static int find(char path[TELEMETRY_PATH_LEN + 16], char name[64], const char *instance,
		struct err *err)
{
	char *slash;
	int ret = telemetry_find(path, TELEMETRY_PATH_LEN, instance, err);

	if (ret)
		return ret;
	slash = strrchr(path, '/');
	*slash = '\0';
	snprintf(name, 64, "%s", strrchr(path, '/') + 1);
	strcpy(slash, "/" CONTROL_FILE);
	return 0;
}

static int connect_to(const char *path, const char *name, unsigned ms, struct err *err)
{
	const struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, code;

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "instance %s: %s is too long for a socket, so it has none; set "
			       "XDG_RUNTIME_DIR to a shorter folder and start it anew",
			       name, path);
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "no socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)); /* also of connect() */
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	code = errno;
	close(fd);
	switch (code) {
	case ENOENT:
	case ECONNREFUSED:
		return err_set(err, -ECONNREFUSED,
			       "instance %s: no cpx run of that name takes requests (nobody is at "
			       "%s); `cpx show board` says which instances run, `cpx run -c FILE` "
			       "starts one",
			       name, path);
	case EACCES:
	case EPERM:
		return err_set(
			err, -EACCES,
			"instance %s: only root and the user who runs it may ask it; use sudo",
			name);
	case EAGAIN:
		return err_set(err, -ETIMEDOUT,
			       "instance %s: it did not answer within %u ms; look whether its cpx "
			       "run is stopped",
			       name, ms);
	default:
		return err_set(err, -code, "instance %s: %s: %s; check the socket's folder", name,
			       path, strerror(code));
	}
}

/* Sends the text; the answer's length in buf, or a negative errno without a text. */
static ssize_t converse(int fd, const char *text, long deadline, char *buf, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long left;
	int n;

	/* a board that turns a caller away says why and closes: read that, too */
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return -(errno == EAGAIN ? ETIMEDOUT : errno);
	do {
		left = deadline - now_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	n = (int)recv(fd, buf, size, MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	return n ? n : -ECONNRESET;
}

/* What another program says goes to a terminal. */
static void only_text(char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\n') || *s == 0x7f)
			*s = '?';
}

static int understand(const char *name, const char *buf, size_t len, json_t **reply,
		      struct err *err)
{
	json_t *o = json_loadb(buf, len, 0, NULL);
	const char *text = json_string_value(json_object_get(o, "error"));
	const json_int_t code = json_integer_value(json_object_get(o, "code"));
	int ret = code > 0 && code < 4096 ? -(int)code : -EPROTO;

	if (json_is_true(json_object_get(o, "ok"))) {
		*reply = o;
		return 0;
	}
	if (text) {
		err_set(err, ret, "%s", text);
		if (err)
			only_text(err->text);
	} else {
		ret = err_set(err, -EPROTO,
			      "instance %s: its answer is none of a cpx; are both of one version?",
			      name);
	}
	json_decref(o);
	return ret;
}

int control_ask_within(const char *instance, json_t *request, unsigned ms, json_t **reply,
		       struct err *err)
{
	const long deadline = now_ms() + ms;
	char path[TELEMETRY_PATH_LEN + 16], name[64];
	char *text = json_dumps(request, JSON_COMPACT), *buf = malloc(CONTROL_MESSAGE_MAX);
	int fd = -1, ret = 0;
	ssize_t n;

	*reply = NULL;
	if (!text || !buf)
		ret = err_set(err, -ENOMEM, "no memory for the request");
	else if (strlen(text) > CONTROL_MESSAGE_MAX)
		ret = err_set(err, -EMSGSIZE, "the request has more than %d bytes",
			      CONTROL_MESSAGE_MAX);
	if (!ret)
		ret = find(path, name, instance, err);
	if (!ret)
		ret = fd = connect_to(path, name, ms, err);
	if (ret < 0)
		goto free_it;
	n = converse(fd, text, deadline, buf, CONTROL_MESSAGE_MAX);
	close(fd);
	if (n >= 0)
		ret = understand(name, buf, (size_t)n, reply, err);
	else if (n == -ETIMEDOUT)
		ret = err_set(
			err, -ETIMEDOUT,
			"instance %s: no answer within %u ms; it may still do what was asked. "
			"Look whether its cpx run is stopped",
			name, ms);
	else
		ret = err_set(err, (int)n, "instance %s: it hung up (%s); did it end?", name,
			      strerror((int)-n));
free_it:
	free(text);
	free(buf);
	return ret;
}

int control_ask(const char *instance, json_t *request, json_t **reply, struct err *err)
{
	return control_ask_within(instance, request, CONTROL_PATIENCE_MS, reply, err);
}
