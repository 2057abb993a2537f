/* SPDX-License-Identifier: BSD-3-Clause */
/* Static routes and neighbours (config/build_routes.c). */
#include "tests/unit/test_config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUTE "routes:\n- "

Test(config_routes, bad_routes)
{
	static const struct bad_case cases[] = {
		{ BOARD ROUTE "{to: 10.1.0.0/16}\n", "7:3: routes[0]: the route leads nowhere",
		  "add via: GATEWAY" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.9.0.1}\n",
		  "7:26: routes[0].via: 10.9.0.1 is in no connected subnet",
		  "IPv4 subnets: 10.0.0.0/24 (p0), 10.0.100.0/24 (p0 VLAN 100)" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 9.0.0.1}\n",
		  "7:26: routes[0].via: 9.0.0.1 is in no connected subnet", "IPv4 subnets" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.1}\n",
		  "7:26: routes[0].via: 10.0.0.1 is this board's own address (p0)", "other side" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.0}\n",
		  "7:26: routes[0].via: 10.0.0.0 is the network address", "a host" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.255}\n",
		  "7:26: routes[0].via: 10.0.0.255 is the broadcast address", "a host" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: \"2001:db8::2\"}\n",
		  "7:27: routes[0]: an IPv6 gateway for an IPv4 destination", "same family" },
		{ BOARD ROUTE "{to: \"::/0\", via: 10.0.0.2}\n",
		  "7:21: routes[0]: an IPv4 gateway for an IPv6 destination", "same family" },
		{ BOARD ROUTE
		  "{to: 10.1.0.0/16, via: 10.0.0.2}\n- {to: 10.1.0.0/16, via: 10.0.0.3}\n",
		  "8:8: routes[1].to: a second route to 10.1.0.0/16", "the first is on line 7" },
		{ BOARD ROUTE "{to: 10.1.0.1/16, via: 10.0.0.2}\n",
		  "7:8: routes[0].to: 10.1.0.1/16 has bits set behind its length",
		  "write 10.1.0.0/16 for the network, or 10.1.0.1/32 for the host" },
		{ BOARD ROUTE "{to: default, via: 10.0.0.2}\n",
		  "7:8: routes[0].to: \"default\" could be IPv4 or IPv6", "0.0.0.0/0 or ::/0" },
		{ BOARD ROUTE "{to: 10.0.0.0/24, via: 10.0.0.2}\n",
		  "7:8: routes[0].to: 10.0.0.0/24 is connected to p0 already", "longer prefix" },
		{ BOARD ROUTE "{to: 10.0.0.1/32, via: 10.0.0.2}\n",
		  "7:8: routes[0].to: 10.0.0.1/32 is this board's own address (p0)", "remove" },
		{ BOARD ROUTE "{to: 224.0.0.0/4, via: 10.0.0.2}\n",
		  "7:8: routes[0].to: 224.0.0.0/4 is multicast", "remove" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.2, type: blackhole}\n",
		  "7:21: routes[0]: a route that drops goes to no gateway", "remove `via`" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, type: blakhole}\n",
		  "7:27: routes[0].type: \"blakhole\" is no type", "did you mean blackhole?" },
		{ BOARD ROUTE "{to: \"fd00::/8\", via: \"fe80::2\"}\n",
		  "7:26: routes[0].via: link-local fe80::2 could be on any port",
		  "add port: NAME" },
		{ BOARD ROUTE "{to: \"fd00::/8\", via: \"fe80::2\", port: p0, vlan: 100}\n",
		  "7:26: routes[0].via: p0 VLAN 100 has no IPv6 address", "addresses" },
		{ BOARD ROUTE "{to: \"fd00::/8\", via: \"fe80::2\", port: p7}\n",
		  "7:42: routes[0]: no port \"p7\"", "for example p0" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.2, port: p0, vlan: 7}\n",
		  "7:52: routes[0]: port p0 has no VLAN 7", "under `vlans:`" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.2, vlan: 100}\n",
		  "7:42: routes[0]: a VLAN of which port?", "add port" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.2, port: p0, vlan: 100}\n",
		  "7:26: routes[0].via: 10.0.0.2 is on p0, not on the port given", "leave out" },
		{ BOARD ROUTE "{via: 10.0.0.2}\n", "7:3: routes[0]: \"to\" is missing", "add to:" },
		{ BOARD ROUTE "{to: 10.1.0.0/16, via: 10.0.0.2/24}\n",
		  "7:26: routes[0].via: 10.0.0.2/24 is a prefix, an address is wanted", "/LENGTH" },
		{ BOARD "routes: {to: 10.1.0.0/16}\n", "6:9: routes: keys where a list is wanted",
		  "for example routes: [" },
		{ "engines: {oe0: {profile: oif-3.2t}}\nports: {p0: {lanes: oe0/0, carrier: "
		  "loop}}\n" ROUTE "{to: 10.1.0.0/16, via: 10.0.0.2}\n",
		  "4:26: routes[0].via: 10.0.0.2 is in no connected subnet",
		  "no port has an IPv4 address" },
	};

	check_all_refused(cases);
}

Test(config_routes, bad_neighbors)
{
	static const struct bad_case cases[] = {
		{ BOARD "neighbors:\n- {ip: 10.9.0.1, mac: \"02:00:00:00:00:01\"}\n",
		  "7:8: neighbors[0].ip: 10.9.0.1 is in no connected subnet", "IPv4 subnets" },
		{ BOARD "neighbors:\n- {ip: 10.0.0.1, mac: \"02:00:00:00:00:01\"}\n",
		  "7:8: neighbors[0].ip: 10.0.0.1 is this board's own address", "other side" },
		{ BOARD "neighbors:\n- {ip: 10.0.0.2, mac: \"02:00:00:00:00\"}\n",
		  "7:24: neighbors[0].mac: \"02:00:00:00:00\" is not an Ethernet address",
		  "six bytes" },
		{ BOARD "neighbors:\n- {ip: 10.0.0.2}\n", "7:3: neighbors[0]: \"mac\" is missing",
		  "add mac" },
		{ BOARD "neighbors:\n- {ip: 10.0.0.2, mac: \"02:00:00:00:00:01\"}\n"
			"- {ip: 10.0.0.2, mac: \"02:00:00:00:00:02\"}\n",
		  "8:8: neighbors[1].ip: neighbour 10.0.0.2 is given twice", "line 7" },
	};

	check_all_refused(cases);
}

Test(config_routes, values)
{
	struct config *c = accepted(BOARD "routes:\n"
					  "- {to: 0.0.0.0/0, via: 10.0.100.254}\n"
					  "- {to: \"2001:db8:8000::/33\", via: \"2001:db8::fe\"}\n"
					  "- {to: \"fd00::/8\", via: \"fe80::9\", port: p0}\n"
					  "- {to: 10.0.0.128/25, type: unreachable}\n"
					  "- {to: 192.0.2.0/24, type: prohibit}\n"
					  "neighbors:\n"
					  "- {ip: 10.0.100.254, mac: 02-AA-bb-00-00-01}\n");
	struct in_addr gw = { inet_addr("10.0.100.254") };
	uint8_t expected[16];

	cr_assert_eq(c->n_routes, 5);
	cr_expect_eq(c->routes[0].kind, CONFIG_ROUTE_VIA);
	cr_expect_eq(c->routes[0].to.len, 0);
	cr_expect_eq(c->routes[0].iface, 1, "the VLAN interface");
	cr_expect_eq(c->routes[0].line, 7);
	cr_expect_arr_eq(c->routes[0].via, &gw, 4);
	cr_expect_eq(c->routes[1].to.family, AF_INET6);
	cr_expect_eq(c->routes[1].to.len, 33);
	inet_pton(AF_INET6, "2001:db8::fe", expected);
	cr_expect_arr_eq(c->routes[1].via, expected, 16);
	cr_expect_eq(c->routes[1].iface, 0);
	cr_expect_eq(c->routes[2].iface, 0);
	cr_expect_eq(c->routes[3].kind, CONFIG_ROUTE_UNREACHABLE);
	cr_expect_eq(c->routes[4].kind, CONFIG_ROUTE_PROHIBIT);
	cr_assert_eq(c->n_neighbors, 1);
	cr_expect_eq(c->neighbors[0].iface, 1);
	cr_expect_arr_eq(c->neighbors[0].mac, "\x02\xaa\xbb\x00\x00\x01", 6);
	config_free(c);
}

Test(config_routes, many_routes)
{
	enum { N = 60000 };
	char *text = malloc(N * 48 + 4096), *p = text;
	struct err err;
	struct config *c;

	cr_assert_not_null(text);
	p += sprintf(p, BOARD "routes:\n");
	for (unsigned i = 0; i < N; i++)
		p += sprintf(p, "- {to: %u.%u.%u.0/24, via: 10.0.0.%u}\n", 20 + i / 65536,
			     i / 256 % 256, i % 256, 2 + i % 250);
	cr_assert_eq(config_parse(&c, "in", text, (size_t)(p - text), &err), 0, "%s", err.text);
	cr_expect_eq(c->n_routes, N);
	cr_expect_eq(c->max_routes4, 2 * (N + 4));
	cr_expect_eq(c->max_nexthops, 4096);
	config_free(c);
	/* one repetition at the very end is found, and named with both lines */
	p += sprintf(p, "- {to: 20.0.1.0/24, via: 10.0.0.9}\n");
	cr_assert_eq(config_parse(&c, "in", text, (size_t)(p - text), &err), -EINVAL);
	cr_expect(strncmp(err.text, "in:60007:8: routes[60000].to: a second route to 20.0.1.0/24",
			  58) == 0,
		  "%s", err.text);
	cr_expect_not_null(strstr(err.text, "the first is on line 8;"), "%s", err.text);
	free(text);
}
