/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/transport: a served engine and hosts of all manners; a client and servers of all
 * manners; the manager over a socket. The server runs in a thread that owns the engine.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/order.h"
#include "lib/cmis/transport/client.h"
#include "lib/cmis/transport/server.h"
#include "tests/unit/cmis_managed.h"

#define LONG_MS 5000 /* for what must come: a busy machine is slow */

struct served {
	struct cmis_engine *engine;
	struct cmis_server *server;
	pthread_t thread;
	bool stop, stalled; /* any thread */
	char folder[32], path[64];
};

static void *serve(void *arg)
{
	struct served *s = arg;

	while (!load_acquire(&s->stop)) {
		struct pollfd p = { cmis_server_fd(s->server), POLLIN, 0 };

		poll(&p, 1, 5);
		if (load_acquire(&s->stalled))
			usleep(1000);
		else
			cmis_server_run(s->server);
	}
	return NULL;
}

static void place(struct served *s)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->folder, "/tmp/cmis-XXXXXX");
	cr_assert_not_null(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/oe0", s->folder);
}

static void start(struct served *s)
{
	struct cmis_transport bus = cmis_engine_transport(s->engine);
	struct err err = { "" };

	cr_assert_eq(cmis_server_create(&s->server, s->path, &bus, &err), 0, "%s", err.text);
	store_release(&s->stop, false);
	cr_assert_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(struct served *s)
{
	store_release(&s->stop, true);
	pthread_join(s->thread, NULL);
	cmis_server_destroy(s->server);
}

static void begin(struct served *s)
{
	place(s);
	s->engine = host_make("oif-3.2t", 1);
	host_wait(20);
	start(s);
}

static void end(struct served *s)
{
	stop(s);
	cmis_engine_destroy(s->engine);
	cr_expect_eq(access(s->path, F_OK), -1, "the path is gone");
	rmdir(s->folder);
}

static struct cmis_client *client_of(const struct served *s, unsigned timeout_ms)
{
	struct cmis_client *c;

	cr_assert_eq(cmis_client_create(&c, s->path, timeout_ms, NULL), 0);
	return c;
}

static int touch(struct cmis_client *c)
{
	struct cmis_transport bus = cmis_client_transport(c);
	uint8_t byte;

	return bus.read(bus.module, 0, &byte, 1);
}

static int dial(const struct served *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, s->path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void expect_served(struct served *s)
{
	struct cmis_client *c = client_of(s, LONG_MS);

	cr_expect_eq(touch(c), 0, "others are served");
	cmis_client_destroy(c);
}

static unsigned long elapsed_ms(const struct timespec *from)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)((t.tv_sec - from->tv_sec) * 1000 +
			       (t.tv_nsec - from->tv_nsec) / 1000000);
}

Test(socket, transactions)
{
	struct served s;
	struct cmis_client *c;
	struct cmis_transport bus;
	uint8_t page[CMIS_HALF], select[2] = { 0, 0x01 }, sum;

	begin(&s);
	c = client_of(&s, LONG_MS);
	bus = cmis_client_transport(c);
	cr_expect_eq(bus.write(bus.module, 126, select, 2), 0);
	cr_expect_eq(bus.read(bus.module, 128, page, CMIS_HALF), 0);
	cmis_checksum_of(0x01, page, &sum);
	cr_expect_eq(page[127], sum);
	cr_expect_eq(bus.read(bus.module, 120, page, 16), -EREMOTEIO, "crosses 127");
	cr_expect_eq(bus.read(bus.module, 0, page, 0), -EREMOTEIO);
	cr_expect_eq(bus.write(bus.module, 128, page, 9), -EREMOTEIO);
	cr_expect_eq(touch(c), 0);
	stop(&s);
	cmis_engine_inject(s.engine, &(struct cmis_injection){ CMIS_INJECT_REMOVED }, NULL);
	start(&s);
	cr_expect_eq(touch(c), -ENODEV);
	cmis_client_destroy(c);
	end(&s);
}

Test(socket, hosts_with_bad_manners)
{
	static const char *const nonsense[] = { "GET / HTTP/1.1\r\n\r\n", "R", "R\x00\x00", "X",
						"W\x80\x01\x01" };
	struct served s;
	int fd[40], half;
	uint8_t request[4] = { 'R', 0, 0, 128 }, byte;

	begin(&s);
	for (unsigned i = 0; i < 5; i++) {
		fd[i] = dial(&s);
		cr_expect_gt(send(fd[i], nonsense[i],
				  i == 2   ? 3
				  : i == 4 ? 4
					   : strlen(nonsense[i]),
				  MSG_NOSIGNAL),
			     0);
		expect_served(&s);
	}
	cr_expect_eq(recv(fd[0], &byte, 1, 0), 0, "dropped");
	for (unsigned i = 0; i < 5; i++)
		close(fd[i]);
	/* one that asks and asks, and never reads */
	fd[0] = dial(&s);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	for (unsigned i = 0; i < 100000; i++)
		if (send(fd[0], request, 4, MSG_NOSIGNAL) < 4)
			break;
	expect_served(&s);
	close(fd[0]);
	/* half a request, and more hosts than there are places */
	half = dial(&s);
	cr_expect_eq(send(half, request, 2, MSG_NOSIGNAL), 2);
	for (unsigned i = 0; i < 40; i++) {
		fd[i] = dial(&s);
		expect_served(&s);
	}
	for (unsigned i = 0; i < 40; i++)
		close(fd[i]);
	close(half);
	/* one that dies before it takes the answer */
	half = dial(&s);
	send(half, request, 4, MSG_NOSIGNAL);
	close(half);
	expect_served(&s);
	end(&s);
}

/* Requests beyond a host's share of a run lie in the server, where no poll sees them. */
Test(socket, many_requests_at_once)
{
	const uint8_t request[4] = { 'R', 0, 0, 1 };
	uint8_t requests[60 * 4], answers[60 * 4];
	struct cmis_transport bus;
	struct served s;
	int fd[2];

	for (unsigned i = 0; i < 60; i++)
		memcpy(requests + 4 * i, request, 4);
	place(&s);
	s.engine = host_make("oif-3.2t", 1);
	bus = cmis_engine_transport(s.engine);
	host_wait(20);
	cr_assert_eq(cmis_server_create(&s.server, s.path, &bus, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		fd[i] = dial(&s);
		cmis_server_run(s.server);
	}
	cr_assert_eq(cmis_server_hosts(s.server), 2);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(send(fd[i], requests, sizeof(requests), 0), sizeof(requests));
	for (unsigned i = 0; i < 10; i++) {
		struct pollfd p = { cmis_server_fd(s.server), POLLIN, 0 };

		if (poll(&p, 1, 0) > 0)
			cmis_server_run(s.server);
	}
	for (unsigned i = 0; i < 2; i++) {
		cr_expect_eq(recv(fd[i], answers, sizeof(answers), MSG_DONTWAIT), sizeof(answers),
			     "host %u has all answers", i);
		close(fd[i]);
	}
	cmis_server_destroy(s.server);
	cmis_engine_destroy(s.engine);
	rmdir(s.folder);
}

/* A request in single bytes is a request. */
Test(socket, slow_host)
{
	struct served s;
	const uint8_t request[4] = { 'R', 0, 0, 1 };
	uint8_t answer[4];
	int fd;

	begin(&s);
	fd = dial(&s);
	for (unsigned i = 0; i < 4; i++) {
		send(fd, request + i, 1, MSG_NOSIGNAL);
		usleep(2000);
	}
	cr_expect_eq(recv(fd, answer, 4, MSG_WAITALL), 4);
	cr_expect_arr_eq(answer, ((uint8_t[]){ 0, 0, 1, CMIS_CPO }), 4);
	close(fd);
	end(&s);
}

Test(socket, paths)
{
	struct served s;
	struct cmis_transport bus;
	struct cmis_server *other;
	struct cmis_client *c;
	struct err err = { "" };
	char too_long[200];
	struct stat st;
	int fd;

	begin(&s);
	bus = cmis_engine_transport(s.engine);
	cr_expect_eq(cmis_server_create(&other, s.path, &bus, &err), -EADDRINUSE, "%s", err.text);
	cr_expect_eq(stat(s.path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0660);
	expect_served(&s);
	end(&s);

	place(&s);
	fd = open(s.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	cr_expect_eq(cmis_server_create(&other, s.path, &bus, &err), -EEXIST);
	unlink(s.path);
	rmdir(s.folder);
	cr_expect_lt(cmis_server_create(&other, s.path, &bus, &err), 0, "no folder");
	memset(too_long, 'x', sizeof(too_long));
	too_long[199] = 0;
	cr_expect_eq(cmis_server_create(&other, too_long, &bus, &err), -EINVAL);
	cr_expect_eq(cmis_client_create(&c, too_long, 0, &err), -EINVAL);
}

Test(socket, what_a_dead_server_left)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct served s;
	int fd;

	place(&s);
	strcpy(a.sun_path, s.path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	s.engine = host_make("oif-3.2t", 1);
	host_wait(20);
	start(&s);
	expect_served(&s);
	end(&s);
}

/* A server that sends these bytes, slowly or not, and perhaps closes. */
struct liar {
	const char *bytes;
	size_t len;
	unsigned pause_ms;
	bool closes;
	int listener, stop[2];
};

static void *lie(void *arg)
{
	struct liar *l = arg;
	struct pollfd p[2] = { { l->listener, POLLIN, 0 }, { l->stop[0], POLLIN, 0 } };
	int fd[64];
	unsigned n = 0;

	while (poll(p, 2, -1) > 0 && !p[1].revents && n < 64) {
		fd[n] = accept(l->listener, NULL, NULL);
		for (size_t i = 0; i < l->len; i++) {
			send(fd[n], l->bytes + i, 1, MSG_NOSIGNAL);
			if (l->pause_ms)
				usleep(l->pause_ms * 1000);
		}
		if (l->closes)
			close(fd[n]);
		else
			n++;
	}
	while (n > 0)
		close(fd[--n]);
	return NULL;
}

static int asked(struct liar l)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct cmis_client *c;
	struct served s;
	struct timespec from;
	pthread_t thread;
	int ret;

	place(&s);
	strcpy(a.sun_path, s.path);
	l.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(l.listener, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(l.listener, 8), 0);
	cr_assert_eq(pipe(l.stop), 0);
	pthread_create(&thread, NULL, lie, &l);
	c = client_of(&s, 100);
	clock_gettime(CLOCK_MONOTONIC, &from);
	ret = touch(c);
	cr_expect_lt(elapsed_ms(&from), LONG_MS, "it does not block");
	cmis_client_destroy(c);
	cr_expect_eq(write(l.stop[1], "", 1), 1);
	pthread_join(thread, NULL);
	close(l.listener);
	close(l.stop[0]);
	close(l.stop[1]);
	unlink(s.path);
	rmdir(s.folder);
	return ret;
}

Test(socket, servers_with_bad_manners)
{
	int ret;

	cr_expect_eq(asked((struct liar){ .len = 0 }), -ETIMEDOUT, "never answers");
	cr_expect_eq(asked((struct liar){ "\x00\x00\x01", 3 }), -ETIMEDOUT, "half an answer");
	cr_expect_eq(asked((struct liar){ "\x00\x00\x01\x80", 4, .pause_ms = 60 }), -ETIMEDOUT,
		     "in single bytes, too slowly");
	ret = asked((struct liar){ "HTTP/1.0 400", 12 });
	cr_expect(ret == -EPROTO || ret == 0 || ret == -EIO, "%d", ret);
	ret = asked((struct liar){ "\x00\x00\x01", 3, .closes = true });
	cr_expect(ret == -EIO || ret == -ENODEV, "%d", ret);
}

Test(socket, server_comes_and_goes)
{
	struct cmis_client *c;
	struct served s;

	begin(&s);
	c = client_of(&s, LONG_MS);
	for (unsigned i = 0; i < 20; i++) {
		cr_expect_eq(touch(c), 0);
		stop(&s);
		cr_expect_eq(touch(c), -ENODEV);
		start(&s);
	}
	cmis_client_destroy(c);
	end(&s);
}

/* A server that does not get to its door is busy, not broken. */
Test(socket, busy_server)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct cmis_client *c;
	struct served s;
	int listener, waiting[16];
	unsigned n = 0;

	place(&s);
	strcpy(a.sun_path, s.path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(listener, 0), 0);
	for (;;) {
		waiting[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(waiting[n++], (struct sockaddr *)&a, sizeof(a)) != 0)
			break;
		cr_assert_lt(n, 16u, "the queue has no end");
	}
	cr_assert_eq(errno, EAGAIN);
	c = client_of(&s, LONG_MS);
	cr_expect_eq(touch(c), -EREMOTEIO);
	cr_expect_eq(touch(c), -EREMOTEIO);
	while (n > 0)
		close(waiting[--n]);
	close(listener);
	unlink(s.path);
	s.engine = host_make("oif-3.2t", 1);
	host_wait(20);
	start(&s);
	cr_expect_eq(touch(c), 0);
	cmis_client_destroy(c);
	end(&s);
}

Test(socket, manager_over_it)
{
	struct cmis_manager_settings set = { .monitor_ns = 0 };
	struct cmis_client *c;
	struct managed g;
	struct served s;

	begin(&s);
	c = client_of(&s, LONG_MS);
	memset(&g, 0, sizeof(g));
	g.host.engine = s.engine;
	managed_settings(&g, &set);
	set.bus = cmis_client_transport(c);
	cr_assert_eq(cmis_manager_create(&g.manager, &set), 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 4);
	managed_until_up(&g, 8, 5000);
	cr_expect_eq(managed_up(&g), 8);
	stop(&s); /* the process that emulates is gone, and comes back */
	managed_run(&g, 1000);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_ABSENT);
	start(&s);
	managed_until_up(&g, 8, 5000);
	cr_expect_eq(managed_up(&g), 8);
	cr_expect_eq(managed_lane(&g, 0).state, CMIS_DP_ACTIVATED);
	cmis_manager_destroy(g.manager);
	cmis_client_destroy(c);
	end(&s);
}

/* The link stalls: no step lasts longer than a transaction may, and nothing is torn down. */
Test(socket, stalled_link)
{
	struct cmis_manager_settings set = { .monitor_ns = 0 };
	struct cmis_client *c;
	struct managed g;
	struct served s;
	unsigned long longest = 0;

	begin(&s);
	c = client_of(&s, 200);
	memset(&g, 0, sizeof(g));
	g.host.engine = s.engine;
	managed_settings(&g, &set);
	set.bus = cmis_client_transport(c);
	cr_assert_eq(cmis_manager_create(&g.manager, &set), 0);
	managed_want(&g, 0, 8);
	managed_until_up(&g, 1, 5000);
	cr_assert_eq(managed_up(&g), 1);
	store_release(&s.stalled, true);
	for (uint64_t end = host_now + 2000 * CMIS_MS; host_now < end;) {
		struct timespec from;

		clock_gettime(CLOCK_MONOTONIC, &from);
		host_now = cmis_manager_step(g.manager, host_now);
		if (elapsed_ms(&from) > longest)
			longest = elapsed_ms(&from);
	}
	cr_expect_lt(longest, LONG_MS, "one timeout a step");
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_LINK);
	cr_expect_leq(managed_seen(&g)->counters.link_errors, 15, "tries are bounded");
	store_release(&s.stalled, false);
	managed_run(&g, 3000);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NONE);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 1);
	cmis_manager_destroy(g.manager);
	cmis_client_destroy(c);
	end(&s);
}
