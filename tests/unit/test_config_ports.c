/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines, devices, ports, lanes, carriers, interfaces (config/build_ports.c). */
#include "tests/unit/test_config.h"

#include <stdio.h>
#include <stdlib.h>

Test(config_ports, lanes)
{
	static const struct bad_case cases[] = {
		{ BOARD "  p1: {lanes: oe9/0, carrier: loop}\n",
		  "6:15: ports.p1: no engine \"oe9\"", "did you mean \"oe0\"?" },
		{ BOARD "  p1: {lanes: copper/0, carrier: loop}\n",
		  "6:15: ports.p1: no engine \"copper\"", "add it to `engines:`" },
		{ BOARD "  p1: {lanes: oe0/32, carrier: loop}\n",
		  "6:15: ports.p1: engine oe0 (oif-3.2t) has no lane 32", "0 to 31" },
		{ BOARD "  p1: {lanes: oe1/64, carrier: loop}\n",
		  "6:15: ports.p1.lanes: no engine has a lane 64", "the largest has 64" },
		{ BOARD "  p1: {lanes: oe0/8-10, carrier: loop}\n",
		  "6:15: ports.p1: 3 lanes make no port",
		  "1, 2, 4 or 8 lanes of one bank, for example oe0/8-15" },
		{ BOARD "  p1: {lanes: oe0/8-23, carrier: loop}\n",
		  "6:15: ports.p1: 16 lanes make no port", "1, 2, 4 or 8" },
		{ BOARD "  p1: {lanes: oe0/12-19, carrier: loop}\n",
		  "6:15: ports.p1: lanes 12-19 cross from bank 1 into bank 2",
		  "inside one bank of 8" },
		{ BOARD "  p1: {lanes: oe0/7-8, carrier: loop}\n",
		  "6:15: ports.p1: lanes 7-8 cross from bank 0 into bank 1", "inside one bank" },
		{ BOARD "  p1: {lanes: oe0/4-5, carrier: loop}\n",
		  "6:15: ports.p1: lane 4 of oe0 is already port p0's", "p0 is on line 4" },
		{ BOARD "  p1: {lanes: oe0/9-8, carrier: loop}\n",
		  "6:15: ports.p1.lanes: lanes 9-8 run backwards", "write oe0/8-9" },
		{ BOARD "  p1: {lanes: 0-7, carrier: loop}\n",
		  "6:15: ports.p1.lanes: \"0-7\" names no engine and lanes", "ENGINE/FIRST-LAST" },
		{ BOARD "  p1: {lanes: oe0/0x1, carrier: loop}\n",
		  "6:15: ports.p1.lanes: \"oe0/0x1\" names no engine and lanes", "oe0/0-7" },
		{ BOARD "  p1: {carrier: loop}\n", "6:3: ports.p1: \"lanes\" is missing",
		  "add lanes: oe0/0-7" },
	};

	check_all_refused(cases);
}

Test(config_ports, carriers)
{
	static const struct bad_case cases[] = {
		{ BOARD "  p1: {lanes: oe0/8, carrier: lop}\n",
		  "6:31: ports.p1.carrier: unknown carrier \"lop\"",
		  "loop, fiber:NAME, fiber:/PATH, dev:NAME" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: \"fiber:\"}\n",
		  "6:32: ports.p1.carrier: \"fiber:\" names no fiber", "fiber:NAME" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: fiber:1x}\n",
		  "6:31: ports.p1.carrier: \"fiber:1x\" names no fiber", "first a letter" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: \"fiber:/a,b\"}\n",
		  "6:32: ports.p1.carrier: \"fiber:/a,b\" is no path", "without comma" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, role: client}\n",
		  "6:43: ports.p1: a role goes with a fiber to another process only",
		  "carrier: fiber:/PATH" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: fiber:/x, role: both}\n",
		  "6:47: ports.p1.role: \"both\"", "server" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: fiber:ab}\n"
			"  p2: {lanes: oe0/9, carrier: fiber:abc}\n",
		  "6:31: ports.p1: fiber ab has only this end", "did you mean fiber:abc?" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: fiber:ab}\n",
		  "6:31: ports.p1: fiber ab has only this end", "name it on a second port" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: fiber:ab}\n"
			"  p2: {lanes: oe0/9, carrier: fiber:ab}\n"
			"  p3: {lanes: oe0/10, carrier: fiber:ab}\n",
		  "8:32: ports.p3: fiber ab has two ends already, p1 and p2", "joins two ports" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: fiber:ab, mac: \"02:00:00:00:00:01\"}\n"
			"  p2: {lanes: oe0/9, carrier: fiber:ab, mac: \"02:00:00:00:00:01\"}\n",
		  "7:47: ports.p2: the same Ethernet address as p1", "give each its own" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: dev:net_null2}\n",
		  "6:31: ports.p1: no device \"net_null2\" in `devices`",
		  "did you mean \"net_null0\"?" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: dev:net_tap7}\n",
		  "6:31: ports.p1: no device \"net_tap7\"", "add `net_tap7: ARGUMENTS`" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: dev:net_null0}\n"
			"  p2: {lanes: oe0/9, carrier: dev:net_null0}\n",
		  "7:31: ports.p2: device net_null0 already carries port p1 (line 6)",
		  "add another device" },
		{ BOARD "  p1: {lanes: oe0/8}\n", "6:3: ports.p1: \"carrier\" is missing",
		  "add carrier: fiber:a" },
		{ "engines: {oe0: {profile: oif-3.2t}}\n"
		  "devices: {net_cpx0: carrier=loop}\n"
		  "ports: {p0: {lanes: oe0/0, carrier: loop}}\n",
		  "2:11: devices.net_cpx0: cpx makes its own ports", "under `ports:`" },
		{ "devices: {a b: }\n", "1:11: devices: \"a b\" is not a device name",
		  "net_af_packet0" },
		{ "devices: {net_null0: a b}\n", "1:22: devices.net_null0: \"a b\" has a space",
		  "without spaces, for example iface=eth0" },
	};

	check_all_refused(cases);
}

Test(config_ports, addresses)
{
	static const struct bad_case cases[] = {
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [10.1.0.0/24]}\n",
		  "6:49: ports.p1: 10.1.0.0/24 is the network address of its subnet", "between" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [10.1.0.255/24]}\n",
		  "6:49: ports.p1: 10.1.0.255/24 is the broadcast address", "between" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [\"2001:db8:1::/64\"]}\n",
		  "6:50: ports.p1: 2001:db8:1::/64 is the routers' anycast address", "between" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [224.0.0.5/24]}\n",
		  "6:49: ports.p1: 224.0.0.5 is a multicast address", "unicast" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [\"ff02::1/64\"]}\n",
		  "6:50: ports.p1: ff02::1 is a multicast address", "unicast" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [127.0.0.1/8]}\n",
		  "6:49: ports.p1: 127.0.0.1 is a loopback address", "unicast" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [\"::1/64\"]}\n",
		  "6:50: ports.p1: ::1 is the loopback address", "unicast" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [0.0.0.0/24]}\n",
		  "6:49: ports.p1: 0.0.0.0 is the unspecified address", "unicast" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: [250.1.1.1/24]}\n",
		  "6:49: ports.p1: 250.1.1.1 is a reserved address", "unicast" },
		{ BOARD
		  "  p1: {lanes: oe0/8, carrier: loop, addresses: [\"::ffff:10.0.0.1/96\"]}\n",
		  "6:50: ports.p1: ::ffff:10.0.0.1 is an IPv4 address in IPv6", "unicast" },
		{ BOARD
		  "  p1: {lanes: oe0/8, carrier: loop, mtu: 1279, addresses: [\"fd00::1/64\"]}\n",
		  "6:42: ports.p1: MTU 1279 is too small for IPv6", "at least 1280" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, mtu: 600, vlans: {7: {addresses: "
			"[\"fd00::1/64\"]}}}\n",
		  "6:42: ports.p1: MTU 600 is too small for IPv6", "on line 6" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, addresses: 10.1.0.1/24}\n",
		  "6:48: ports.p1.addresses: a single value where a list is wanted",
		  "for example addresses: [10.0.0.1/24" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, mac: \"01:00:5e:00:00:01\"}\n",
		  "6:43: ports.p1.mac: 01:00:5e:00:00:01 is a multicast address",
		  "first byte is even" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, mac: \"ff:ff:ff:ff:ff:ff\"}\n",
		  "6:43: ports.p1.mac: ff:ff:ff:ff:ff:ff is a broadcast address", "unicast" },
		{ BOARD "  p1: {lanes: oe0/8, carrier: loop, mac: \"00:00:00:00:00:00\"}\n",
		  "6:43: ports.p1.mac: 00:00:00:00:00:00 is the zero address", "own address" },
	};

	check_all_refused(cases);
}

Test(config_ports, point_to_point_ends_are_addresses)
{
	struct config *c = accepted(
		"engines: {oe0: {profile: oif-3.2t}}\n"
		"ports: {p0: {lanes: oe0/0, carrier: loop, addresses: "
		"[10.0.0.0/31, 10.0.1.255/32, \"2001:db8::/127\", \"2001:db8:1::/128\"]}}\n");

	cr_expect_eq(c->ifaces[0].n_addrs, 4);
	config_free(c);
}

Test(config_ports, vlan_interfaces_follow_the_ports)
{
	struct config *c =
		accepted(BOARD "  p1: {lanes: oe1/62-63, carrier: loop, vlans: {4094: , 1: {}}}\n");

	cr_assert_eq(c->n_ports, 2);
	cr_assert_eq(c->n_ifaces, 5);
	cr_expect(c->ifaces[0].port == 0 && c->ifaces[0].vlan == 0);
	cr_expect(c->ifaces[1].port == 1 && c->ifaces[1].vlan == 0);
	cr_expect(c->ifaces[2].port == 0 && c->ifaces[2].vlan == 100);
	cr_expect(c->ifaces[3].port == 1 && c->ifaces[3].vlan == 4094);
	cr_expect(c->ifaces[4].port == 1 && c->ifaces[4].vlan == 1);
	cr_expect_eq(c->ifaces[2].n_addrs, 1);
	config_free(c);
}

Test(config_ports, reverse_path_check)
{
	struct config *c = accepted(BOARD "  p1: {lanes: oe1/62-63, carrier: loop, urpf: strict, "
					  "vlans: {7: {urpf: loose}, 8: {}}}\n");

	cr_expect_eq(c->ifaces[0].urpf, CONFIG_URPF_OFF);
	cr_expect_eq(c->ifaces[1].urpf, CONFIG_URPF_STRICT);
	cr_expect_eq(c->ifaces[3].urpf, CONFIG_URPF_LOOSE);
	cr_expect_eq(c->ifaces[4].urpf, CONFIG_URPF_OFF, "not the port's");
	cr_expect_not(c->urpf_default);
	config_free(c);
}

/* `n` ports of one lane each, after 2 devices; 64 VLANs a port if wanted. */
static char *many_ports(unsigned n, unsigned vlans)
{
	char *text = malloc(1 << 20), *p = text;

	cr_assert_not_null(text);

	p += sprintf(p,
		     "engines: {oe0: {profile: bailly-6.4t}}\ndevices: {net_null0: , net_null1: }\n"
		     "ports:\n");
	for (unsigned i = 0; i < n; i++) {
		p += sprintf(p, "  p%u: {lanes: oe0/%u, carrier: loop, vlans: {", i, i);
		for (unsigned v = 1; v <= vlans; v++)
			p += sprintf(p, "%u: {}, ", v);
		p += sprintf(p, "}}\n");
	}
	return text;
}

Test(config_ports, room_of_dpdk)
{
	char *good = many_ports(30, 0), *bad = many_ports(31, 0);
	struct bad_case over = { bad, "34:3: ports.p30: more than 32 ports and devices together",
				 "-Dmax_ethports=N" };

	config_free(accepted(good));
	check_refused(&over);
	free(good);
	free(bad);
}

Test(config_ports, vlans_of_the_board)
{
	char *good = many_ports(4, 64), *bad = many_ports(5, 64);
	struct bad_case over = { bad, "8:45: ports.p4: more than 256 VLANs on the board", "256" };

	config_free(accepted(good));
	check_refused(&over);
	free(good);
	free(bad);
}
