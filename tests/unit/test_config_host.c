/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel beside the board: twins and their namespace (config/build_host.c). */
#include <sys/socket.h>

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

Test(config_host, fpm)
{
	struct config *c = accepted(BOARD "host: {twins: true, fpm: 127.0.0.1:2620}\n");
	static const struct bad_case bad[] = {
		{ BOARD "host: {fpm: 127.0.0.1:2620}\n",
		  "6:13: host.fpm: zebra names kernel interfaces, and there are none",
		  "twins: true" },
		{ BOARD "host: {twins: true, fpm: 0.0.0.0:2620}\n",
		  "6:26: host.fpm: other machines reach 0.0.0.0:2620", "fpm_remote: true" },
		{ BOARD "host: {twins: true, fpm: \"[2001:db8::1]:2620\"}\n",
		  "6:27: host.fpm: other machines reach [2001:db8::1]:2620", "127.0.0.1:2620" },
		{ BOARD "host: {twins: true, fpm: localhost:2620}\n",
		  "6:26: host.fpm: \"localhost:2620\" is no address with a port", "[::1]:2620" },
		{ BOARD "host: {twins: true, fpm: 127.0.0.1}\n", "6:26: host.fpm: \"127.0.0.1\"",
		  "127.0.0.1:2620" },
		{ BOARD "host: {twins: true, fpm: 127.0.0.1:0}\n", "6:26: host.fpm:", "" },
		{ BOARD "host: {twins: true, fpm: 127.0.0.1:65536}\n", "6:26: host.fpm:", "" },
		{ BOARD "host: {twins: true, fpm: 127.0.0.1:26x}\n", "6:26: host.fpm:", "" },
		{ BOARD "host: {twins: true, fpm: \"::1:2620\"}\n", "6:27: host.fpm:", "[::1]" },
		{ BOARD "host: {twins: true, fpm: \"[::1:2620\"}\n", "6:27: host.fpm:", "[::1]" },
	};

	cr_expect_eq(c->host_fpm.family, AF_INET);
	cr_expect_eq(c->host_fpm.port, 2620);
	cr_expect_arr_eq(c->host_fpm.addr, ((uint8_t[]){ 127, 0, 0, 1 }), 4);
	cr_expect_eq(c->host_fpm_stale_s, 120);
	config_free(c);
	c = accepted(BOARD "host: {twins: true, fpm: \"[::1]:99\", fpm_stale: 5}\n");
	cr_expect_eq(c->host_fpm.family, AF_INET6);
	cr_expect_eq(c->host_fpm.addr[15], 1);
	cr_expect_eq(c->host_fpm_stale_s, 5);
	config_free(c);
	c = accepted(BOARD "host: {twins: true, fpm: 0.0.0.0:2620, fpm_remote: true}\n");
	cr_expect_eq(c->host_fpm.addr[0], 0);
	config_free(c);
	c = accepted(BOARD);
	cr_expect_eq(c->host_fpm.family, 0);
	cr_expect_eq(c->host_fpm_stale_s, 120);
	config_free(c);
	check_all_refused(bad);
}
