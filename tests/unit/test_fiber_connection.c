/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/connection.c: peers that come, wait, say nothing, leave at any point; and what is told
 * to each of them. What they say is in test_fiber_handshake.c.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "tests/unit/fiber_bare.h"

TestSuite(connection, .init = make_folder, .fini = remove_folder);

Test(connection, a_second_client_is_told_that_the_first_is_there)
{
	struct fiber *f = server(), *late;
	int fd = bare_up(f);

	late = new_fiber((struct fiber_config){ 0 });
	for (int i = 0; i < PUMPS && status_of(late).refusals < 3; i++) {
		poll(&(struct pollfd){ .fd = fiber_fd(late), .events = POLLIN }, 1, 10);
		fiber_process(late);
		fiber_process(f);
	}
	cr_expect_not_null(strstr(status_of(late).reason, "another peer"), "%s",
			   status_of(late).reason);
	cr_expect_eq(status_of(f).state, FIBER_UP);
	/* … and gets its turn when the first leaves. */
	close(fd);
	pump_until(f, late, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(f), 0);
	pump_until(late, f, FIBER_UP);
	fiber_destroy(late);
	fiber_destroy(f);
}

Test(connection, two_thousand_connections)
{
	struct fiber *f = server();
	unsigned before;
	long pages = 0;

	turn(f);
	before = open_fds();
	for (unsigned i = 0; i < 2000; i++) {
		/* Left at any point: at once, after HELLO, when up. */
		if (i % 3 == 2) {
			close(bare_up(f));
			turn(f);
			cr_assert_eq(fiber_quiescent(f), 0);
		} else {
			struct fiber_hello h = hello();
			int fd = bare_client();

			if (i % 3 == 1)
				say(fd, &h, sizeof(h));
			if (i % 2 == 0)
				turn(f);
			close(fd);
			turn(f);
		}
		cr_assert_eq(status_of(f).state, FIBER_WAITING);
		if (i == 200)
			pages = resident_pages();
	}
	cr_expect_eq(open_fds(), before);
	cr_expect_leq(resident_pages(), pages + 64);
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(connection, a_silent_client_does_not_keep_the_place)
{
	struct fiber *f = new_fiber((struct fiber_config){ .server = true, .patience = 20 });
	int fd = bare_client();

	turn(f);
	cr_expect_eq(status_of(f).state, FIBER_GREETING);
	pump_until(f, NULL, FIBER_WAITING);
	cr_expect_not_null(strstr(status_of(f).reason, "20 ms"), "%s", status_of(f).reason);
	cr_expect(hung_up(fd));
	close(fd);
	expect_still_serves(f);
	fiber_destroy(f);
}

Test(connection, lanes_are_told_at_once_and_to_each_new_peer)
{
	struct fiber_config c = { .lanes = 4 };
	struct pair p = new_pair(c, c);
	struct fiber *ends[2] = { p.server, p.client };

	cr_expect_eq(status_of(p.server).peer_lanes, UINT64_MAX);
	for (int i = 0; i < 2; i++) {
		struct fiber *a = ends[i], *b = ends[!i];

		fiber_lanes_set(a, 0x5);
		cr_expect_eq(fiber_process(b), FIBER_EVENT_LANES);
		cr_expect_eq(status_of(b).peer_lanes & 0xf, 0x5);
		fiber_lanes_set(a, 0x5);
		cr_expect_eq(fiber_process(b), 0, "nothing new");
		fiber_lanes_set(a, 0xf5);
		cr_expect_eq(fiber_process(b), FIBER_EVENT_LANES, "the programs' own bits");
		cr_expect_eq(status_of(b).peer_told, 0xf5);
		cr_expect_eq(status_of(b).peer_lanes & 0xf, 0x5);
		fiber_lanes_set(a, 0x7);
		fiber_lanes_set(a, 0x3);
		cr_expect_eq(fiber_process(b), FIBER_EVENT_LANES);
		cr_expect_eq(status_of(b).peer_lanes & 0xf, 0x3);
		cr_expect_eq(status_of(a).naks, 0);
	}
	fiber_destroy(p.client);
	pump_until(p.server, NULL, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(p.server), 0);
	p.client = new_fiber(c);
	fiber_lanes_set(p.client, 0x8); /* before there is a peer */
	pump_until(p.client, p.server, FIBER_UP);
	pump_until(p.server, p.client, FIBER_UP);
	turn(p.client);
	turn(p.server);
	cr_expect_eq(status_of(p.client).peer_lanes & 0xf, 0x3, "the server remembered");
	cr_expect_eq(status_of(p.server).peer_lanes & 0xf, 0x8);
	free_pair(p);
}

Test(connection, a_peer_that_does_not_listen_hears_the_last_word)
{
	struct fiber_config c = { .lanes = 2 };
	struct pair p = new_pair(c, c);

	/* Far more than its socket holds; what does not fit is said later, once. */
	for (unsigned i = 0; i < 5001; i++)
		fiber_lanes_set(p.server, i % 3);
	cr_expect(p.server->lanes_untold, "the test fills the socket");
	fiber_lanes_set(p.server, 2);
	for (int i = 0;
	     i < PUMPS && (p.server->lanes_untold || (status_of(p.client).peer_lanes & 3) != 2);
	     i++) {
		poll(&(struct pollfd){ .fd = fiber_fd(p.server), .events = POLLIN }, 1, 10);
		fiber_process(p.server);
		fiber_process(p.client);
	}
	cr_expect_not(p.server->lanes_untold);
	cr_expect_eq(status_of(p.client).peer_lanes & 3, 2);
	cr_expect_eq(status_of(p.client).state, FIBER_UP);
	free_pair(p);
}

/* A client knocks while we have no descriptor left: no spinning, and it gets in later. */
static void starve(struct fiber *f, enum fiber_state state)
{
	struct pollfd p = { .fd = fiber_fd(f), .events = POLLIN };
	struct rlimit normal, none;
	int fd;

	turn(f);
	cr_assert_eq(status_of(f).state, state);
	fd = bare_client();
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &normal), 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)fd + 1, .rlim_max = normal.rlim_max };
	for (int i = 0; i < fd; i++) /* no free one below either */
		cr_assert(fcntl(i, F_GETFD) >= 0 || dup2(0, i) == i);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	fiber_process(f);
	fiber_process(f);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &normal), 0);
	cr_expect_not_null(strstr(status_of(f).reason, "limit of open files"), "%s",
			   status_of(f).reason);
	cr_expect_eq(status_of(f).state, state);
	/* The listener is out of sight until the timer says so. */
	cr_expect_not(f->listening && poll(&p, 1, 0) == 1);
	for (int i = 0; i < PUMPS && !f->listening; i++) {
		poll(&p, 1, 10);
		fiber_process(f);
	}
	cr_expect(f->listening);
	if (state == FIBER_WAITING)
		pump_until(f, NULL, FIBER_GREETING);
	close(fd);
}

Test(connection, no_descriptor_left)
{
	struct fiber *f = server();
	int fd;

	starve(f, FIBER_WAITING);
	turn(f);
	pump_until(f, NULL, FIBER_WAITING);
	fd = bare_up(f);
	starve(f, FIBER_UP);
	close(fd);
	fiber_destroy(f);
}
