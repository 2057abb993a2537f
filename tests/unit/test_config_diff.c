/* SPDX-License-Identifier: BSD-3-Clause */
/* Differences: each kind as its line, with its class; none between equals, whatever the order. */
#include "config/diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/emit.h"
#include "config/layout.h"
#include "tests/unit/random_config.h"
#include "tests/unit/test_config.h"

#define HEAD                                                                          \
	"engines: {oe0: {profile: oif-3.2t}, oe1: {profile: bailly-6.4t, seed: 3}}\n" \
	"lasers: {els0: {}}\n"                                                        \
	"devices: {net_null0: , net_null1: size=64}\n"
#define PORTS                                                                                 \
	"ports:\n"                                                                            \
	"  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64'],\n" \
	"       vlans: {100: {addresses: [10.0.100.1/24]}}}\n"                                \
	"  p1: {lanes: oe1/0, carrier: 'dev:net_null0', addresses: [10.0.1.1/24]}\n"
#define ROUTES                                                    \
	"routes:\n"                                               \
	"  - {to: 10.1.0.0/16, via: 10.0.0.2}\n"                  \
	"  - {to: 10.2.0.0/16, type: blackhole}\n"                \
	"  - {to: '2001:db8:2::/48', via: 'fe80::2', port: p0}\n" \
	"neighbors:\n"                                            \
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
#define ALL HEAD PORTS ROUTES

/* All lines; '!' in front of what needs a restart. */
static char *differ(const char *before, const char *after)
{
	static char text[8192];
	struct config *a = accepted(before), *b = accepted(after), *base, *next;
	struct config_diff d;
	size_t n = 0;

	cr_assert_eq(config_layout(&base, a, NULL), 0);
	cr_assert_eq(config_layout(&next, b, base), 0);
	cr_assert_eq(config_diff(&d, base, next), 0);
	text[0] = '\0';
	for (size_t i = 0; i < d.n; i++) {
		char line[CONFIG_CHANGE_TEXT];

		config_change_text(&d.changes[i], base, next, line, sizeof(line));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s\n",
				      d.changes[i].restart ? "!" : "", line);
		cr_assert_lt(n, sizeof(text));
	}
	config_diff_free(&d);
	config_free(a);
	config_free(b);
	config_free(base);
	config_free(next);
	return text;
}

static void expect(const char *before, const char *after, const char *lines)
{
	const char *is = differ(before, after);

	cr_expect_str_eq(is, lines, "from\n%sto\n%sit is\n%snot\n%s", before, after, is, lines);
}

Test(config_diff, keys)
{
	static const struct {
		const char *before, *after, *lines;
	} cases[] = {
		{ "", "instance: b\n", "!~ instance cpx -> b\n" },
		{ "", "workers: {count: 2}\n", "~ workers.count auto -> 2\n" },
		{ "", "workers: {cpus: [4, 2]}\n", "~ workers.cpus none -> 4,2\n" },
		{ "workers: {cpus: [4, 2]}\n", "workers: {cpus: [2, 4]}\n",
		  "~ workers.cpus 4,2 -> 2,4\n" },
		{ "", "workers: {idle: poll}\n", "~ workers.idle sleep -> poll\n" },
		{ "", "tables: {routes4: 5000}\n", "!~ tables.routes4 auto -> 5000\n" },
		{ "tables: {routes4: 5000}\n", "", "~ tables.routes4 5000 -> auto\n" },
		{ "", "tables: {routes6: 1024}\n", "~ tables.routes6 auto -> 1024\n" },
		{ "tables: {neighbors: 9}\n", "tables: {neighbors: 10}\n",
		  "!~ tables.neighbors 9 -> 10\n" },
		{ "tables: {nexthops: 99}\n", "tables: {nexthops: 100}\n",
		  "!~ tables.nexthops 99 -> 100\n" },
		{ "", "memory: {buffers: 5000}\n", "!~ memory.buffers auto -> 5000\n" },
		{ "", "memory: {hugepages: false}\n", "!~ memory.hugepages true -> false\n" },
		{ "", "arp: {age: 60s}\n", "~ arp.age 300 -> 60\n" },
		{ "", "icmp: {errors_pps: 0}\n", "~ icmp.errors_pps 1000 -> 0\n" },
		{ "", "punt: {bgp: {pps: 5}}\n", "~ punt.bgp.pps 6000 -> 5\n" },
		{ "", "host: {twins: true, netns: r}\n",
		  "!~ host.twins false -> true\n!~ host.netns none -> r\n" },
		{ "", "telemetry: {period: 10ms}\n", "~ telemetry.period 100 -> 10\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char before[4096], after[4096];

		snprintf(before, sizeof(before), ALL "%s", cases[i].before);
		snprintf(after, sizeof(after), ALL "%s", cases[i].after);
		expect(before, after, cases[i].lines);
	}
}

Test(config_diff, engines)
{
	expect(ALL,
	       "engines: {oe0: {profile: oif-3.2t, numa: 1}, oe1: {profile: cpx-6.4t, lasers: "
	       "els0}}\n"
	       "lasers: {els0: {profile: els-16}, els1: {mgmt: 'unix:/x'}}\n"
	       "devices: {net_null0: size=9, net_null2: copy=1}\n" PORTS ROUTES,
	       "!~ engine oe0 numa none -> 1\n"
	       "!~ engine oe1 profile bailly-6.4t -> cpx-6.4t\n"
	       "!~ engine oe1 lasers none -> els0\n"
	       "!~ engine oe1 seed 3 -> 0\n"
	       "!~ laser source els0 profile els-8 -> els-16\n"
	       "!+ laser source els1 mgmt unix:/x\n"
	       "- device net_null1\n"
	       "!~ device net_null0 arguments none -> size=9\n"
	       "+ device net_null2 copy=1\n");
	expect("engines: {a: {profile: oif-3.2t}}\nports: {p0: {lanes: a/0, carrier: loop}}\n",
	       "engines: {b: {profile: oif-3.2t}}\nports: {p0: {lanes: b/0, carrier: loop}}\n",
	       "!- engine a\n"
	       "!+ engine b profile oif-3.2t\n"
	       "~ port p0 lanes a/0 -> b/0\n");
}

Test(config_diff, ports)
{
	expect(ALL,
	       HEAD "ports:\n"
		    "  p2: {lanes: oe1/8-9, carrier: 'fiber:/run/x', role: client, mtu: 9000}\n"
		    "  p0: {lanes: oe0/0-3, carrier: loop, addresses: [10.0.0.1/24],\n"
		    "       mtu: 1400, mac: '02:00:00:00:00:01', promiscuous: true, numa: 0,\n"
		    "       vlans: {200: {addresses: [10.0.200.1/24]}}}\n"
		    "routes:\n  - {to: 10.2.0.0/16, type: prohibit}\n",
	       "- port p1\n"
	       "~ port p0 lanes oe0/0-7 -> oe0/0-3\n"
	       "~ port p0 mtu 1500 -> 1400\n"
	       "~ port p0 mac none -> 02:00:00:00:00:01\n"
	       "~ port p0 promiscuous false -> true\n"
	       "~ port p0 numa none -> 0\n"
	       "+ port p2 lanes oe1/8-9 carrier fiber:/run/x role client mtu 9000\n"
	       "- VLAN 100 on p0\n"
	       "+ VLAN 200 on p0\n"
	       "- address 2001:db8::1/64 on p0\n"
	       "- address 10.0.1.1/24 on p1\n"
	       "- address 10.0.100.1/24 on p0 VLAN 100\n"
	       "+ address 10.0.200.1/24 on p0 VLAN 200\n"
	       "- neighbor 10.0.0.2 on p0 mac 02:00:00:00:00:02\n"
	       "- route 10.1.0.0/16 via 10.0.0.2 on p0\n"
	       "- route 2001:db8:2::/48 via fe80::2 on p0\n"
	       "~ route 10.2.0.0/16 blackhole -> prohibit\n");
}

Test(config_diff, routes)
{
	expect(ALL,
	       HEAD PORTS "routes:\n"
			  "  - {to: 10.9.0.0/16, via: 10.0.100.2}\n"
			  "  - {to: '2001:db8:2::/48', via: 'fe80::3', port: p0}\n"
			  "  - {to: 10.1.0.0/16, type: unreachable}\n"
			  "neighbors:\n"
			  "  - {ip: 10.0.1.9, mac: '02:00:00:00:00:09'}\n"
			  "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:03'}\n",
	       "~ neighbor 10.0.0.2 on p0 mac 02:00:00:00:00:02 -> mac 02:00:00:00:00:03\n"
	       "+ neighbor 10.0.1.9 on p1 mac 02:00:00:00:00:09\n"
	       "- route 10.2.0.0/16 blackhole\n"
	       "~ route 10.1.0.0/16 via 10.0.0.2 on p0 -> unreachable\n"
	       "~ route 2001:db8:2::/48 via fe80::2 on p0 -> via fe80::3 on p0\n"
	       "+ route 10.9.0.0/16 via 10.0.100.2 on p0 VLAN 100\n");
}

#define VRFS(ports_and_more)                            \
	"engines: {oe0: {profile: oif-3.2t}}\n"         \
	"vrfs: {blue: {table: 10}, red: {table: 20}}\n" \
	"ports:\n" ports_and_more

/* VRFs are made at start, and interfaces stay in theirs; routes do not have to. */
Test(config_diff, vrfs)
{
	static const char before[] =
		VRFS("  p0: {lanes: oe0/0, carrier: loop, vrf: blue, addresses: [10.0.0.1/24],\n"
		     "       vlans: {7: {vrf: red, addresses: [10.0.0.1/24]}}}\n"
		     "routes:\n"
		     "  - {to: 10.1.0.0/16, via: 10.0.0.2, vrf: blue}\n"
		     "  - {to: 10.2.0.0/16, type: blackhole, vrf: red}\n");

	expect(before, before, "");
	expect(before,
	       "engines: {oe0: {profile: oif-3.2t}}\n"
	       "vrfs: {red: {table: 21}, green: {table: 30, routes4: 9}, blue: {table: 10}}\n"
	       "ports:\n"
	       "  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24],\n"
	       "       vlans: {7: {vrf: blue, addresses: [10.0.0.1/24]}, 8: {vrf: red}}}\n"
	       "routes:\n"
	       "  - {to: 10.2.0.0/16, type: blackhole}\n"
	       "  - {to: 10.1.0.0/16, via: 10.0.0.2, vrf: blue}\n",
	       "!~ VRF red table 20 -> 21\n"
	       "!+ VRF green table 30 routes4 9\n"
	       "!~ port p0 vrf blue -> none\n"
	       "!~ VLAN 7 on p0 vrf red -> blue\n"
	       "+ VLAN 8 on p0 vrf red\n"
	       "- route 10.2.0.0/16 in VRF red blackhole\n"
	       "~ route 10.1.0.0/16 in VRF blue via 10.0.0.2 on p0 -> via 10.0.0.2 on p0 VLAN 7\n"
	       "+ route 10.2.0.0/16 blackhole\n");
	expect(before,
	       "engines: {oe0: {profile: oif-3.2t}}\n"
	       "ports: {p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}}\n",
	       "!- VRF blue\n"
	       "!- VRF red\n"
	       "!~ port p0 vrf blue -> none\n"
	       "- VLAN 7 on p0\n"
	       "- address 10.0.0.1/24 on p0 VLAN 7\n"
	       "- route 10.1.0.0/16 in VRF blue via 10.0.0.2 on p0\n"
	       "- route 10.2.0.0/16 in VRF red blackhole\n");
}

Test(config_diff, paths)
{
	expect(HEAD PORTS "routes:\n"
			  "  - {to: 10.9.0.0/16, paths: [{via: 10.0.0.2}, {via: 10.0.1.2}]}\n"
			  "  - {to: 10.8.0.0/16, via: 10.0.0.2}\n",
	       HEAD PORTS "routes:\n"
			  "  - {to: 10.9.0.0/16, paths: [{via: 10.0.0.2}, {via: 10.0.1.2, "
			  "weight: 3}]}\n"
			  "  - {to: 10.8.0.0/16, via: 10.0.0.2, metric: 7}\n",
	       "- route 10.8.0.0/16 via 10.0.0.2 on p0\n"
	       "~ route 10.9.0.0/16 via 10.0.0.2 on p0, 10.0.1.2 on p1 -> via 10.0.0.2 on p0, "
	       "10.0.1.2 on p1 weight 3\n"
	       "+ route 10.8.0.0/16 metric 7 via 10.0.0.2 on p0\n");
}

/* The subnet goes to another port: the same gateway is another next hop. */
Test(config_diff, a_subnet_moves)
{
#define TWO(a, b)                                                                          \
	"engines: {e: {profile: oif-3.2t}}\nports:\n"                                      \
	"  p0: {lanes: e/0, carrier: loop" a "}\n  p1: {lanes: e/1, carrier: loop" b "}\n" \
	"routes: [{to: 10.9.0.0/16, via: 10.0.0.2}]\n"                                     \
	"neighbors: [{ip: 10.0.0.2, mac: '02:00:00:00:00:02'}]\n"
	expect(TWO(", addresses: [10.0.0.1/24]", ""), TWO("", ", addresses: [10.0.0.1/24]"),
	       "- address 10.0.0.1/24 on p0\n"
	       "+ address 10.0.0.1/24 on p1\n"
	       "- neighbor 10.0.0.2 on p0 mac 02:00:00:00:00:02\n"
	       "+ neighbor 10.0.0.2 on p1 mac 02:00:00:00:00:02\n"
	       "~ route 10.9.0.0/16 via 10.0.0.2 on p0 -> via 10.0.0.2 on p1\n");
}

Test(config_diff, equals_in_another_order)
{
	expect(ALL, ALL, "");
	expect(ALL,
	       "neighbors:\n  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02', port: p0}\n"
	       "ports:\n"
	       "  p1: {carrier: 'dev:net_null0', lanes: oe1/0, addresses: [10.0.1.1/24]}\n"
	       "  p0: {lanes: oe0/0-7, carrier: loop, addresses: ['2001:db8::1/64', "
	       "10.0.0.1/24],\n"
	       "       vlans: {100: {addresses: [10.0.100.1/24]}}, mtu: 1500}\n"
	       "routes:\n"
	       "  - {to: '2001:db8:2::/48', via: 'fe80::2', port: p0}\n"
	       "  - {to: 10.2.0.0/16, type: blackhole}\n"
	       "  - {to: 10.1.0.0/16, via: 10.0.0.2}\n" HEAD,
	       "");
}

/* From any board to any other and back: what came goes, and what went comes. */
Test(config_diff, there_and_back)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		char *ta = random_config(seed), *tb = random_config(seed + 1000);
		struct config *a = accepted(ta), *b = accepted(tb), *base, *next;
		struct config_diff there, back, none;
		size_t counts[CONFIG_KINDS][2] = { 0 };

		cr_assert_eq(config_layout(&base, a, NULL), 0);
		cr_assert_eq(config_layout(&next, b, base), 0);
		cr_assert_eq(config_diff(&none, next, next), 0);
		cr_expect_eq(none.n, 0);
		cr_assert_eq(config_diff(&there, base, next), 0);
		cr_assert_eq(config_diff(&back, next, base), 0);
		cr_expect_gt(there.n, 0);
		cr_expect_eq(there.n, back.n, "seed %u", (unsigned)seed);
		for (size_t i = 0; i < there.n; i++) {
			const struct config_change *x = &there.changes[i], *y = &back.changes[i];

			counts[x->kind][0] += x->sign == CONFIG_ADDED;
			counts[y->kind][1] += y->sign == CONFIG_REMOVED;
		}
		for (unsigned k = 0; k < CONFIG_KINDS; k++)
			cr_expect_eq(counts[k][0], counts[k][1], "seed %u, kind %u", (unsigned)seed,
				     k);
		config_diff_free(&there);
		config_diff_free(&back);
		config_diff_free(&none);
		config_free(a);
		config_free(b);
		config_free(base);
		config_free(next);
		free(ta);
		free(tb);
	}
}
