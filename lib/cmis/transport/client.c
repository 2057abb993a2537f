/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client: one request, one answer, one deadline for both.
 */
#include "lib/cmis/transport/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/cmis/transport/wire.h"

#define TIMEOUT_MS 20

struct cmis_client {
	struct sockaddr_un address;
	unsigned timeout_ms;
	int fd; /* -1: not connected */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void give_up(struct cmis_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static int refusal(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return -ENODEV;
	case EAGAIN: /* more hosts are waiting at its door than may */
		return -EREMOTEIO;
	default:
		return -EIO;
	}
}

static int reconnect(struct cmis_client *c)
{
	int ret;

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -EIO;
	if (connect(c->fd, (const struct sockaddr *)&c->address, sizeof(c->address)) == 0)
		return 0;
	ret = refusal(errno);
	give_up(c);
	return ret;
}

/* A connection on which nothing is left of an earlier transaction. */
static int connected(struct cmis_client *c)
{
	uint8_t byte;

	if (c->fd >= 0 && (recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 || errno != EAGAIN))
		give_up(c); /* closed by the other side, or an answer that nobody asked for */
	return c->fd >= 0 ? 0 : reconnect(c);
}

static int wait_for(const struct cmis_client *c, short what, uint64_t deadline)
{
	struct pollfd p = { c->fd, what, 0 };
	uint64_t now = now_ms();
	int n;

	if (now >= deadline)
		return -ETIMEDOUT;
	n = poll(&p, 1, (int)(deadline - now));
	return n > 0 || (n < 0 && errno == EINTR) ? 0 : n == 0 ? -ETIMEDOUT : -EIO;
}

/* What send() and recv() returned: bytes, 0 for "not now", or an error. */
static int moved(ssize_t n, bool receiving)
{
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EIO;
	return n == 0 && receiving ? -EIO : (int)n;
}

static int send_all(struct cmis_client *c, const uint8_t *bytes, size_t len, uint64_t deadline)
{
	size_t at = 0;

	while (at < len) {
		int n = moved(send(c->fd, bytes + at, len - at, MSG_DONTWAIT | MSG_NOSIGNAL),
			      false);

		if (n == 0)
			n = wait_for(c, POLLOUT, deadline);
		if (n < 0)
			return n;
		at += (size_t)n;
	}
	return 0;
}

static int receive_answer(struct cmis_client *c, const struct wire_request *r,
			  struct wire_answer *a, uint8_t *bytes, size_t size, uint64_t deadline)
{
	size_t len = 0;

	for (;;) {
		int whole = wire_answer_parse(a, r, bytes, len), n;

		if (whole < 0)
			return whole;
		if (whole > 0)
			return (size_t)whole == len ? 0 : -EPROTO;
		n = moved(recv(c->fd, bytes + len, size - len, MSG_DONTWAIT), true);
		if (n == 0)
			n = wait_for(c, POLLIN, deadline);
		if (n < 0)
			return n;
		len += (size_t)n;
	}
}

static int transact(struct cmis_client *c, const struct wire_request *r, uint8_t *into)
{
	uint8_t out[WIRE_REQUEST_HEAD + WIRE_DATA_MAX], in[WIRE_ANSWER_HEAD + WIRE_DATA_MAX + 1];
	uint64_t deadline = now_ms() + c->timeout_ms;
	struct wire_answer a = { .status = WIRE_NACK };
	int ret;

	if (r->len == 0 || r->len > WIRE_DATA_MAX)
		return -EREMOTEIO; /* no module takes it */
	ret = connected(c);
	if (ret != 0)
		return ret;
	ret = send_all(c, out, wire_request_put(out, r), deadline);
	if (ret == 0)
		ret = receive_answer(c, r, &a, in, sizeof(in), deadline);
	if (ret != 0) {
		give_up(c);
		return ret;
	}
	if (a.status != WIRE_ACK)
		return a.status == WIRE_ABSENT ? -ENODEV : -EREMOTEIO;
	if (into != NULL)
		memcpy(into, a.data, a.len);
	return 0;
}

static int client_read(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	struct wire_request r = { .addr = addr, .len = len > WIRE_DATA_MAX ? 0 : (uint16_t)len };

	return transact(module, &r, bytes);
}

static int client_write(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct wire_request r = { .write = true,
				  .addr = addr,
				  .len = len > WIRE_DATA_MAX ? 0 : (uint16_t)len,
				  .data = bytes };

	return transact(module, &r, NULL);
}

struct cmis_transport cmis_client_transport(struct cmis_client *c)
{
	return (struct cmis_transport){ client_read, client_write, c };
}

int cmis_client_create(struct cmis_client **out, const char *path, unsigned timeout_ms,
		       struct err *err)
{
	struct cmis_client *c;

	if (strlen(path) == 0 || strlen(path) >= sizeof(c->address.sun_path))
		return err_set(err, -EINVAL, "%s: a socket's path has 1 to %zu characters", path,
			       sizeof(c->address.sun_path) - 1);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return err_set(err, -ENOMEM, "%s: no memory for a client", path);
	c->address.sun_family = AF_UNIX;
	memcpy(c->address.sun_path, path, strlen(path));
	c->timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS;
	c->fd = -1;
	*out = c;
	return 0;
}

void cmis_client_destroy(struct cmis_client *c)
{
	if (c == NULL)
		return;
	give_up(c);
	free(c);
}
