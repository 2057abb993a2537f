/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fibers for unit tests: a private folder for the socket, two ends in one process brought up by
 * hand, frames whose content follows from a number, and how many descriptors are open.
 */
#ifndef CPX_TESTS_UNIT_FIBER_PAIR_H
#define CPX_TESTS_UNIT_FIBER_PAIR_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fiber/private.h"

#define PUMPS 2000 /* polls of 10 ms before a test gives up: a bound, not a measurement */

static char folder[64], socket_path[96];

static inline void make_folder(void)
{
	strcpy(folder, "/tmp/cpx-fiber-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(socket_path, sizeof(socket_path), "%s/fiber.sock", folder);
}

static inline void remove_folder(void)
{
	unlink(socket_path);
	rmdir(folder);
}

static inline struct fiber *new_fiber(struct fiber_config c)
{
	struct fiber *f = NULL;
	struct err err;

	if (c.path == NULL)
		c.path = socket_path;
	cr_assert_eq(fiber_create(&f, &c, &err), 0, "%s", err.text);
	return f;
}

static inline struct fiber_status status_of(const struct fiber *f)
{
	struct fiber_status s;

	fiber_status(f, &s);
	return s;
}

/* Drive up to two fibers (b may be NULL) until a is in `state`, or the test fails. Events of a. */
static inline int pump_until(struct fiber *a, struct fiber *b, enum fiber_state state)
{
	int events = 0;

	for (int i = 0; i < PUMPS && status_of(a).state != state; i++) {
		struct pollfd p[2] = { { .fd = fiber_fd(a), .events = POLLIN },
				       { .fd = b ? fiber_fd(b) : -1, .events = POLLIN } };

		poll(p, 2, 10);
		events |= fiber_process(a);
		if (b != NULL)
			fiber_process(b);
	}
	cr_assert_eq(status_of(a).state, state, "state %d: %s", status_of(a).state,
		     status_of(a).reason);
	return events;
}

struct pair {
	struct fiber *server, *client;
};

static inline struct pair new_pair(struct fiber_config server, struct fiber_config client)
{
	struct pair p;

	server.server = true;
	p.server = new_fiber(server);
	p.client = new_fiber(client);
	cr_assert(pump_until(p.server, p.client, FIBER_UP) & FIBER_EVENT_UP);
	pump_until(p.client, p.server, FIBER_UP);
	return p;
}

static inline void free_pair(struct pair p)
{
	fiber_destroy(p.client);
	fiber_destroy(p.server);
}

static inline unsigned open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	cr_assert_not_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Frame number n of length len: its number, then bytes that follow from both. */
static inline void fill_frame(uint8_t *to, uint64_t n, uint32_t len)
{
	memcpy(to, &n, sizeof(n));
	for (uint32_t i = sizeof(n); i < len; i++)
		to[i] = (uint8_t)(n * 31 + i * 7 + len);
}

static inline bool frame_is(const uint8_t *got, uint64_t n, uint32_t len)
{
	uint64_t number;

	memcpy(&number, got, sizeof(number));
	if (number != n)
		return false;
	for (uint32_t i = sizeof(n); i < len; i++)
		if (got[i] != (uint8_t)(n * 31 + i * 7 + len))
			return false;
	return true;
}

/* A process at the far end: brings its fiber up, then `work`s until it is told to stop or is
 * done. Exit 0 when all was well. */
static inline pid_t far_end(struct fiber_config c, int (*work)(struct fiber *f))
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct fiber *f;

		c.path = socket_path;
		if (fiber_create(&f, &c, NULL) < 0)
			_exit(10);
		while (!(fiber_process(f) & FIBER_EVENT_UP))
			poll(&(struct pollfd){ .fd = fiber_fd(f), .events = POLLIN }, 1, 100);
		_exit(work(f));
	}
	return pid;
}

static inline void reap(pid_t pid)
{
	int st;

	cr_assert_eq(waitpid(pid, &st, 0), pid);
	cr_assert(WIFEXITED(st) && WEXITSTATUS(st) == 0, "the far end ended with %#x", st);
}

#endif
