/* SPDX-License-Identifier: BSD-3-Clause */
/* config/build_vrfs.c, and what the other parts check within one VRF: addresses, routes, sizes. */
#include "tests/unit/test_config.h"

#include <stdio.h>

/* Seven lines: blue and red, each with a port of the same address. */
#define TWO                                                                          \
	"engines: {oe0: {profile: oif-3.2t}}\n"                                      \
	"vrfs: {blue: {table: 10}, red: {table: 20, routes4: 5000}}\n"               \
	"ports:\n"                                                                   \
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}\n"            \
	"  p1: {lanes: oe0/1, carrier: loop, vrf: blue, addresses: [10.0.0.1/24],\n" \
	"       vlans: {7: {vrf: red, addresses: [10.7.0.1/24]}, 8: {}}}\n"          \
	"  p2: {lanes: oe0/2, carrier: loop, vrf: red, addresses: [10.0.0.1/16, "    \
	"\"fe80::1/64\"]}\n"

Test(config_vrfs, none)
{
	struct config *c = accepted(BOARD);

	cr_expect_eq(c->n_vrfs, 1);
	cr_expect_str_eq(c->vrfs[0].name, "default");
	cr_expect_eq(c->vrfs[0].table, 254);
	cr_expect_eq(c->ifaces[0].vrf, 0);
	config_free(c);
}

Test(config_vrfs, the_same_addresses_in_each)
{
	struct config *c =
		accepted(TWO "routes:\n"
			     "  - {to: 10.9.0.0/16, via: 10.0.0.2}\n"
			     "  - {to: 10.9.0.0/16, via: 10.0.0.2, vrf: blue}\n"
			     "  - {to: 10.9.0.0/16, via: 10.0.3.2, vrf: red}\n"
			     "  - {to: 10.10.0.0/16, via: 10.7.0.2, port: p1, vlan: 7}\n"
			     "  - {to: 10.7.0.0/24, type: blackhole, vrf: blue}\n"
			     "  - {to: \"::/0\", via: \"fe80::2\", port: p2}\n"
			     "neighbors:\n"
			     "  - {ip: 10.0.0.2, mac: \"02:00:00:00:00:01\"}\n"
			     "  - {ip: 10.0.0.2, mac: \"02:00:00:00:00:02\", vrf: blue}\n"
			     "  - {ip: 10.0.0.2, mac: \"02:00:00:00:00:03\", port: p2}\n");

	static const uint16_t ifaces[] = { 0, 1, 2, 3, 0, 2 }, vrfs[] = { 0, 1, 2, 2, 1, 2 };

	cr_assert_eq(c->n_vrfs, 3);
	cr_expect_str_eq(c->vrfs[1].name, "blue");
	cr_expect_eq(c->vrfs[1].table, 10);
	cr_expect_str_eq(c->vrfs[2].name, "red");
	cr_expect_eq(c->vrfs[2].table, 20);
	cr_expect_eq(c->ifaces[0].vrf, 0);
	cr_expect_eq(c->ifaces[1].vrf, 1);
	cr_expect_eq(c->ifaces[2].vrf, 2);
	cr_expect_eq(c->ifaces[3].vrf, 2, "VLAN 7");
	cr_expect_eq(c->ifaces[4].vrf, 0, "VLAN 8 names none");
	cr_assert_eq(c->n_routes, 6);
	for (unsigned i = 0; i < 6; i++) {
		cr_expect_eq(c->routes[i].vrf, vrfs[i], "route %u: %u", i, c->routes[i].vrf);
		cr_expect_eq(c->routes[i].iface, ifaces[i], "route %u: %u", i, c->routes[i].iface);
	}
	for (unsigned i = 0; i < 3; i++)
		cr_expect_eq(c->neighbors[i].iface, i, "neighbour %u: %u", i,
			     c->neighbors[i].iface);
	config_free(c);
}

Test(config_vrfs, sizes)
{
	struct config *c = accepted(TWO "tables: {routes4: 3000}\n");

	cr_expect_eq(c->max_routes4, 3000);
	cr_expect_eq(c->max_routes6, 1024);
	cr_expect_eq(c->vrfs[1].max_routes4, 1024);
	cr_expect_eq(c->vrfs[2].max_routes4, 5000);
	cr_expect_eq(c->vrfs[2].max_routes6, 1024);
	config_free(c);
}

#define ROUTE(rest) TWO "routes: [{to: 10.9.0.0/16, " rest "}]\n"

Test(config_vrfs, refused)
{
	static const struct bad_case cases[] = {
		{ BOARD "vrfs: {default: {table: 7}}\n", "6:8: vrfs.default: the default VRF",
		  "under `tables:`" },
		{ BOARD "vrfs: {blue: {table: 254}}\n",
		  "6:22: vrfs.blue: table 254 is the kernel's own", "another number" },
		{ BOARD "vrfs: {blue: {table: 7}, red: {table: 7}}\n",
		  "6:39: vrfs.red: table 7 is VRF blue's already", "another number" },
		{ BOARD "vrfs: {blue: {}}\n", "6:8: vrfs.blue: ", "table" },
		{ BOARD "vrfs: {blue: {table: 0}}\n", "6:22: vrfs.blue.table: 0 is", "" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, vrf: blue}\n",
		  "6:42: ports.p1: no VRF \"blue\"", "add it to `vrfs:`" },
		{ TWO "  p3: {lanes: oe0/8, carrier: loop, vrf: bleu}\n",
		  "8:42: ports.p3: no VRF \"bleu\"", "did you mean \"blue\"?" },
		{ TWO "  p3: {lanes: oe0/8, carrier: loop, vlans: {9: {vrf: rot}}}\n",
		  "8:54: ports.p3.vlans.9: no VRF \"rot\"", "add it" },
		{ TWO "  p3: {lanes: oe0/8, carrier: loop, vrf: red, addresses: [10.0.0.1/32]}\n",
		  "8:59: p3: address 10.0.0.1 is given twice", "line 7" },
		{ TWO "  p3: {lanes: oe0/8, carrier: loop, vrf: red, addresses: [10.0.9.1/24]}\n",
		  "8:59: p3: subnet 10.0.9.0/24 overlaps 10.0.0.0/16 of p2", "change one" },
		{ ROUTE("via: 10.7.0.2, vrf: blue"),
		  "8:33: routes[0].via: 10.7.0.2 is in no connected subnet of VRF blue",
		  "IPv4 subnets: 10.0.0.0/24 (p1)" },
		{ ROUTE("via: 10.0.0.1, vrf: blue"),
		  "8:33: routes[0].via: 10.0.0.1 is this board's own address (p1)", "other side" },
		{ ROUTE("via: 10.0.0.2, port: p2, vrf: blue"), "8:58: routes[0]: p2 is in VRF red",
		  "another port" },
		{ ROUTE("via: 10.0.0.2, vrf: green"), "8:48: routes[0]: no VRF \"green\"",
		  "add it" },
		{ TWO "routes: [{to: 10.0.0.0/16, type: blackhole, vrf: red}]\n",
		  "8:15: routes[0].to: 10.0.0.0/16 is connected to p2", "remove the route" },
		{ TWO "routes: [{to: 10.9.0.0/16, type: blackhole, vrf: red},\n"
		      "  {to: 10.9.0.0/16, type: prohibit},\n"
		      "  {to: 10.9.0.0/16, type: prohibit, vrf: red}]\n",
		  "10:8: routes[2].to: a second route to 10.9.0.0/16", "line 8" },
		{ TWO "neighbors: [{ip: 10.7.0.2, mac: \"02:00:00:00:00:01\"}]\n",
		  "8:18: neighbors[0].ip: 10.7.0.2 is in no connected subnet", "10.0.0.0/24 (p0)" },
		{ BOARD "vrfs: {blue: {table: 7, routes4: 1}}\n"
			"routes: [{to: 10.9.0.0/16, type: blackhole, vrf: blue},\n"
			"         {to: 10.8.0.0/16, type: blackhole, vrf: blue}]\n",
		  "6:34: vrfs.blue.routes4: 1 is too small, this file alone needs 2",
		  "at least 2" },
	};

	check_all_refused(cases);
}

Test(config_vrfs, at_most_fifteen)
{
	char text[4096];
	size_t len = (size_t)snprintf(text, sizeof(text), "%svrfs:\n", BOARD);

	for (unsigned i = 1; i <= 15; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "  v%u: {table: %u}\n", i,
					i);
	struct config *c = accepted(text);

	cr_expect_eq(c->n_vrfs, CONFIG_MAX_VRFS);
	config_free(c);
	snprintf(text + len, sizeof(text) - len, "  v16: {table: 16}\n");
	check_refused(&(struct bad_case){ text, "22:3: vrfs", "15" });
}
