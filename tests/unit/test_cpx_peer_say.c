/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_say.c: what went wrong is in the log, in words, and cannot fill the disk. */
#include "tests/unit/cpx_peer_port.h"
#include "tests/unit/fiber_bare.h"

static void start_listening(void)
{
	start_peer();
	listen_to_log();
}

TestSuite(peer_say, .init = start_listening, .fini = remove_folder);

Test(peer_say, no_server_is_said_once)
{
	uint16_t port = running_peer_port("net_cpx0", "role=client", 1);

	until(times_said("no server to connect to") == 1);
	usleep(300000); /* some attempts later */
	cr_expect_eq(times_said("no server to connect to"), 1);
	far_of(port, (struct fiber_config){ .server = true });
	until(is_up(port));
}

Test(peer_say, who_left)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);
	char text[64];

	far_of(port, (struct fiber_config){ 0 });
	far_gone(port);
	snprintf(text, sizeof(text), "pid %d is gone", (int)getpid());
	cr_expect_eq(times_said(text), 1);
}

Test(peer_say, why_not)
{
	struct fiber_hello h = hello();
	int fd;

	running_peer_port("net_cpx0", "role=server", 1);
	fd = bare_client();
	h.min_version = h.max_version = 7u << 16;
	say(fd, &h, sizeof(h));
	until(times_said("speaks versions 7.0 to 7.0") == 1);
	close(fd);
}

Test(peer_say, differences)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=4,role=server", 4);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	cr_expect_eq(times_said("has 2 lanes, we have 4"), 1);
}

Test(peer_say, a_peer_that_comes_and_goes_does_not_fill_the_log)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

	for (unsigned i = 0; i < 300; i++) {
		far_of(port, (struct fiber_config){ 0 });
		far_gone(port);
	}
	cr_expect_lt(times_said("\n"), 150);
	until(times_said("messages before it") != 0 ||
	      (far_of(port, (struct fiber_config){ 0 }), far_gone(port), false));
}
