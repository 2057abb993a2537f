/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel beside the board: twins and their namespace (config/build_host.c). */
#include "tests/unit/test_config.h"

Test(config_host, nothing_said)
{
	struct config *c = accepted(BOARD);

	cr_expect(!c->host_twins);
	cr_expect_str_eq(c->host_netns, "");
	cr_expect(c->ports[0].twin, "a port has a twin as soon as the board wants some");
	config_free(c);
}

Test(config_host, said)
{
	struct config *c = accepted(BOARD "  p1: {lanes: oe0/8, carrier: loop, twin: false}\n"
					  "host: {twins: true, netns: routing}\n");

	cr_expect(c->host_twins && c->ports[0].twin && !c->ports[1].twin);
	cr_expect_str_eq(c->host_netns, "routing");
	config_free(c);
	c = accepted(BOARD "host: {twins: true, netns: /proc/1/ns/net}\n");
	cr_expect_str_eq(c->host_netns, "/proc/1/ns/net");
	config_free(c);
}

/* A kernel interface has a name of 15 characters at most. */
Test(config_host, names)
{
	const char *const fits = BOARD "  abcdefghijklmno: {lanes: oe0/8, carrier: loop}\n"
				       "host: {twins: true}\n";
	const char *const none = BOARD "  abcdefghijklmnop: {lanes: oe0/8, carrier: loop, twin: "
				       "false}\nhost: {twins: true}\n";
	static const struct bad_case bad[] = {
		{ BOARD "  abcdefghijklmnop: {lanes: oe0/8, carrier: loop}\n"
			"host: {twins: true}\n",
		  "6:3: ports.abcdefghijklmnop: too long for the name of its twin", "twin: false" },
		{ BOARD "host: {twins: true, netns: a/b}\n",
		  "6:28: host.netns: \"a/b\" is neither a name nor an absolute path",
		  "ip netns list" },
		{ BOARD "host: {twins: true, netns: ..}\n",
		  "6:28: host.netns: \"..\" is neither a name nor an absolute path",
		  "ip netns list" },
		{ BOARD "host: {twins: yes please}\n", "6:15: host.twins", "true or false" },
	};

	config_free(accepted(fits));
	config_free(accepted(none));
	check_all_refused(bad);
}
