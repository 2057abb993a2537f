/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two-wire transactions on a socket, with a hostile other side.
 *
 * Even first byte: a server and up to 20 hosts that connect, send any bytes cut anywhere, read or
 * do not read, and leave. The module is asked only for what the wire allows, each host gets exactly
 * the answers to what it sent, in order, and when all is quiet every whole request is answered.
 * Odd: a client and a server of the fuzzer's, which answers with any bytes in any pieces. The
 * client ends each transaction, with a code that it documents, and writes only what it may.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cmis/transport/client.h"
#include "lib/cmis/transport/server.h"
#include "lib/cmis/transport/wire.h"

#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

#define HOSTS   20
#define STREAM  4096 /* bytes of a host */
#define PER_RUN (64 + CMIS_SERVER_HOSTS + 1)
#define ABSENT  0xEE /* at this address the module is just being pulled out */

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t byte(struct input *in)
{
	return in->size ? in->size--, *in->data++ : 0;
}

static size_t bytes(struct input *in, const uint8_t **from, size_t most)
{
	size_t n = most < in->size ? most : in->size;

	*from = in->data;
	in->data += n;
	in->size -= n;
	return n;
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/fuzz-cmis-wire-%d", (int)getpid());
	return a;
}

/* ---- the server's side ---- */

static int verdict(uint8_t addr, unsigned len)
{
	CHECK(len >= 1 && len <= WIRE_DATA_MAX);
	if (addr == ABSENT)
		return -ENODEV;
	return addr % 128u + len <= 128 ? 0 : -EREMOTEIO;
}

static uint8_t content(unsigned addr)
{
	return (uint8_t)(addr * 7 + 1);
}

static int module_read(void *module, uint8_t addr, uint8_t *to, unsigned len)
{
	int ret = verdict(addr, len);

	for (unsigned i = 0; ret == 0 && i < len; i++)
		to[i] = content(addr + i);
	return ret;
}

static int module_write(void *module, uint8_t addr, const uint8_t *from, unsigned len)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < len; i++) /* all of it is there */
		sum += from[i];
	*(unsigned *)module += sum;
	return verdict(addr, len);
}

struct host {
	int fd; /* -1: none */
	uint8_t sent[STREAM], got[2 * STREAM];
	size_t sent_len, answered, got_len; /* answered: bytes of sent */
};

static void check_answer(const struct wire_request *r, const struct wire_answer *a)
{
	int ret = verdict(r->addr, r->len);

	CHECK(a->status == (ret == 0 ? WIRE_ACK : ret == -ENODEV ? WIRE_ABSENT : WIRE_NACK));
	for (unsigned i = 0; i < a->len; i++)
		CHECK(a->data[i] == content(r->addr + i));
}

/* How many bytes of answers came. */
static size_t receive(struct host *h)
{
	ssize_t n = h->fd < 0 ? -1
			      : recv(h->fd, h->got + h->got_len, sizeof(h->got) - h->got_len,
				     MSG_DONTWAIT);

	h->got_len += n > 0 ? (size_t)n : 0;
	while (h->got_len > 0) {
		struct wire_request r;
		struct wire_answer a;
		int asked =
			wire_request_parse(&r, h->sent + h->answered, h->sent_len - h->answered);
		int whole;

		CHECK(asked > 0); /* an answer that nobody asked for */
		whole = wire_answer_parse(&a, &r, h->got, h->got_len);
		CHECK(whole >= 0);
		if (whole == 0)
			break;
		check_answer(&r, &a);
		h->answered += (size_t)asked;
		h->got_len -= (size_t)whole;
		memmove(h->got, h->got + whole, h->got_len);
	}
	return n > 0 ? (size_t)n : 0;
}

static void send_some(struct host *h, const uint8_t *from, size_t len)
{
	ssize_t n;

	if (h->fd < 0 || len > sizeof(h->sent) - h->sent_len)
		return;
	n = send(h->fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n <= 0)
		return;
	memcpy(h->sent + h->sent_len, from, (size_t)n);
	h->sent_len += (size_t)n;
}

static void arrive(struct host *h)
{
	struct sockaddr_un a = address();

	if (h->fd >= 0)
		return;
	memset(h, 0, sizeof(*h));
	h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connect(h->fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return;
	CHECK(errno == EAGAIN); /* the queue is full */
	close(h->fd);
	h->fd = -1;
}

static void leave(struct host *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

static void run(struct cmis_server *s)
{
	CHECK(cmis_server_run(s) <= PER_RUN && cmis_server_hosts(s) <= CMIS_SERVER_HOSTS);
}

static void act(struct cmis_server *s, struct host *host, struct input *in)
{
	uint8_t op = byte(in);
	struct host *h = &host[(op >> 3) % HOSTS];
	uint8_t head[4] = { 'R' };
	const uint8_t *from;
	size_t n;

	switch (op & 7) {
	case 0:
		arrive(h);
		break;
	case 1: /* any bytes */
	case 2:
		n = bytes(in, &from, byte(in));
		send_some(h, from, n);
		break;
	case 3: /* a request to read */
		head[1] = byte(in);
		head[3] = byte(in);
		send_some(h, head, sizeof(head));
		break;
	case 4:
		receive(h);
		break;
	case 5:
		leave(h);
		break;
	default:
		run(s);
	}
}

static void serve(struct input *in)
{
	static struct host host[HOSTS];
	struct sockaddr_un a = address();
	unsigned sum = 0, most = 0;
	struct cmis_transport bus = { module_read, module_write, &sum };
	struct cmis_server *s;

	for (unsigned i = 0; i < HOSTS; i++)
		host[i].fd = -1;
	CHECK(cmis_server_create(&s, a.sun_path, &bus, NULL) == 0);
	while (in->size > 0) {
		unsigned now = 0;

		act(s, host, in);
		for (unsigned i = 0; i < HOSTS; i++)
			now += host[i].fd >= 0;
		most = now > most ? now : most;
	}
	for (unsigned quiet = 0; quiet < HOSTS + 2; quiet++) {
		run(s);
		for (unsigned i = 0; i < HOSTS; i++)
			if (receive(&host[i]) > 0)
				quiet = 0;
	}
	for (unsigned i = 0; i < HOSTS; i++) {
		const struct host *h = &host[i];
		struct wire_request r;

		/* of a crowd, somebody had to make room */
		if (h->fd >= 0 && most <= CMIS_SERVER_HOSTS)
			CHECK(wire_request_parse(&r, h->sent + h->answered,
						 h->sent_len - h->answered) <= 0);
		leave(&host[i]);
	}
	cmis_server_destroy(s);
	CHECK(access(a.sun_path, F_OK) != 0);
}

/* ---- the client's side ---- */

struct liar {
	struct input in;
	int listener, stop;
};

/* Answers each request with pieces of the input: a length each, its high bit ends the answer, 7Fh
 * the connection. */
static void lie_to(struct liar *l, int fd)
{
	uint8_t request[WIRE_REQUEST_HEAD + WIRE_DATA_MAX];
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { l->stop, POLLIN, 0 } };

	while (poll(p, 2, -1) > 0 && !p[1].revents && recv(fd, request, sizeof(request), 0) > 0) {
		uint8_t piece = 0;

		while (l->in.size > 0 && !(piece & 0x80)) {
			const uint8_t *from;
			size_t n;

			piece = byte(&l->in);
			if (piece == 0x7F)
				return;
			n = bytes(&l->in, &from, piece & 0x7F);
			if (send(fd, from, n, MSG_NOSIGNAL) < 0)
				return;
		}
	}
}

static void *lie(void *arg)
{
	struct liar *l = arg;
	struct pollfd p[2] = { { l->listener, POLLIN, 0 }, { l->stop, POLLIN, 0 } };

	while (poll(p, 2, -1) > 0 && !p[1].revents) {
		int fd = accept(l->listener, NULL, NULL);

		lie_to(l, fd);
		close(fd);
	}
	return NULL;
}

static void transact(const struct cmis_transport *bus, struct input *in)
{
	uint8_t op = byte(in), addr = byte(in), room[WIRE_DATA_MAX + 64];
	unsigned len = byte(in) + (op >> 1 & 1);
	int ret;

	memset(room, 0xA5, sizeof(room));
	ret = op & 1 ? bus->write(bus->module, addr, room, len)
		     : bus->read(bus->module, addr, room, len);
	CHECK(ret == 0 || ret == -EREMOTEIO || ret == -ENODEV || ret == -ETIMEDOUT ||
	      ret == -EPROTO || ret == -EIO);
	CHECK(len > 0 || ret == -EREMOTEIO);
	for (unsigned i = ret == 0 && !(op & 1) ? len : 0; i < sizeof(room); i++)
		CHECK(room[i] == 0xA5);
}

static void ask(struct input *in)
{
	struct sockaddr_un a = address();
	struct liar l = { .listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	unsigned count = byte(in) & 3;
	struct cmis_transport bus;
	struct cmis_client *c;
	struct input asked;
	pthread_t thread;
	int stop[2];

	asked.size = bytes(in, &asked.data, 3 * (count + 1));
	l.in = *in;
	CHECK(bind(l.listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(listen(l.listener, 4) == 0 && pipe(stop) == 0);
	l.stop = stop[0];
	CHECK(pthread_create(&thread, NULL, lie, &l) == 0);
	CHECK(cmis_client_create(&c, a.sun_path, 3, NULL) == 0);
	bus = cmis_client_transport(c);
	for (unsigned i = 0; i <= count; i++)
		transact(&bus, &asked);
	cmis_client_destroy(c);
	CHECK(write(stop[1], "", 1) == 1);
	pthread_join(thread, NULL);
	close(stop[0]);
	close(stop[1]);
	close(l.listener);
	unlink(a.sun_path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (byte(&in) & 1)
		ask(&in);
	else
		serve(&in);
	return 0;
}
