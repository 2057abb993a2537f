/* SPDX-License-Identifier: BSD-3-Clause */
/* YAML itself: shape, unknown and duplicate keys, types, what YAML has and we refuse
 * (config/tree.c) */
#include "tests/unit/test_config.h"

Test(config_tree, shape)
{
	static const struct bad_case cases[] = {
		{ "", "1:1: the file says nothing", "begin with `engines:` and `ports:`" },
		{ "\n\n# only a comment\n", "1:1: the file says nothing", "cpx check --schema" },
		{ "just text\n", "1:1: a single value where keys are wanted", "`key: value`" },
		{ "- a\n", "1:1: a list where keys are wanted", "`key: value`" },
		{ BOARD "---\n" BOARD, "6:1: a second document begins here", "remove the `---`" },
		{ "ports: {p0: {lanes: oe0/0, carrier: loop}}\n", "1:1: \"engines\" is missing",
		  "add engines: {oe0: {profile: oif-3.2t}}" },
		{ "engines: {oe0: {profile: oif-3.2t}}\n", "1:1: \"ports\" is missing",
		  "add ports:" },
		{ "engines: {}\n", "1:1: engines: empty, at least one is needed",
		  "for example engines:" },
		{ "engines:\nports: {}\n", "1:1: engines: empty", "for example engines:" },
		{ "engines: oe0\n", "1:10: engines: a single value where named entries are wanted",
		  "for example engines:" },
		{ "engines: {oe0: oif-3.2t}\n",
		  "1:16: engines.oe0: a single value where keys are wanted", "`key: value`" },
		{ BOARD "icmp: {errors_pps: [1]}\n",
		  "6:20: icmp.errors_pps: a list where one value is wanted", "errors_pps: 1000" },
		{ BOARD "icmp: {errors_pps: {a: 1}}\n",
		  "6:20: icmp.errors_pps: keys where one value is wanted", "errors_pps: 1000" },
		{ BOARD "icmp: {errors_pps: }\n", "6:8: icmp.errors_pps: no value",
		  "remove the key" },
		{ BOARD "icmp: {errors_pps: ~}\n", "6:8: icmp.errors_pps: no value",
		  "remove the key" },
	};

	check_all_refused(cases);
}

Test(config_tree, unknown_and_duplicate_keys)
{
	static const struct bad_case cases[] = {
		{ "instanc: a\n", "1:1: unknown key \"instanc\"", "did you mean \"instance\"?" },
		{ "Ports: {}\n", "1:1: unknown key \"Ports\"", "did you mean \"ports\"?" },
		{ "neigh: []\n", "1:1: unknown key \"neigh\"", "did you mean \"neighbors\"?" },
		{ "frobnicate: 1\n", "1:1: unknown key \"frobnicate\"",
		  "keys here: instance, workers" },
		{ BOARD "  p1: {lane: oe0/8}\n", "6:8: ports.p1: unknown key \"lane\"",
		  "did you mean \"lanes\"? keys here: lanes, carrier" },
		{ BOARD "routes: [{too: 1.0.0.0/8}]\n", "6:11: routes[0]: unknown key \"too\"",
		  "did you mean \"to\"?" },
		{ BOARD "ports: {}\n", "6:1: \"ports\" is given twice", "the first is on line 4" },
		{ BOARD "  p0: {}\n", "6:3: ports: \"p0\" is given twice",
		  "the first is on line 4" },
		{ "engines: {oe0: {profile: oif-3.2t, profile: oif-3.2t}}\n",
		  "1:36: engines.oe0: \"profile\" is given twice", "line 1; remove one" },
		{ BOARD "  p1: {vlans: {5: , 5: }}\n", "6:21: ports.p1.vlans: \"5\" is given twice",
		  "remove one" },
		{ BOARD "  p1: {vlans: {0: }}\n", "6:16: ports.p1.vlans: VLAN 0 is out of range",
		  "1 to 4094" },
		{ BOARD "  p1: {vlans: {4095: }}\n",
		  "6:16: ports.p1.vlans: VLAN 4095 is out of range", "1 to 4094" },
		{ BOARD "  p1: {vlans: {blue: }}\n",
		  "6:16: ports.p1.vlans: VLAN \"blue\" is not a whole number", "1 to 4094" },
		{ BOARD "  \"p 1\": {}\n", "6:4: ports: \"p 1\" is not a name", "first a letter" },
		{ BOARD "  1: {}\n", "6:3: ports: \"1\" is not a name", "first a letter" },
		{ BOARD "  p1: {mtu: 67}\n", "6:13: ports.p1.mtu: 67 is out of range",
		  "68 to 9702" },
		{ BOARD "  p1: {mtu: 9703}\n", "6:13: ports.p1.mtu: 9703 is out of range",
		  "68 to 9702" },
		{ "engines: {oe0: {profile: oif-3.2}}\n",
		  "1:26: engines.oe0.profile: \"oif-3.2\" is no", "did you mean oif-3.2t?" },
	};

	check_all_refused(cases);
}

Test(config_tree, too_many_entries)
{
	static const struct bad_case cases[] = {
		{ "workers: {cpus: "
		  "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
		  "26,27,28,29,30,31,32]}\n",
		  "1:104: workers.cpus: more than 32 entries", "cpus takes at most 32" },
		{ "engines: {a: {profile: oif-3.2t}, b: {profile: oif-3.2t}, c: {profile: "
		  "oif-3.2t},\n"
		  " d: {profile: oif-3.2t}, e: {profile: oif-3.2t}, f: {profile: oif-3.2t},\n"
		  " g: {profile: oif-3.2t}, h: {profile: oif-3.2t}, i: {profile: oif-3.2t},\n"
		  " j: {profile: oif-3.2t}, k: {profile: oif-3.2t}, l: {profile: oif-3.2t},\n"
		  " m: {profile: oif-3.2t}, n: {profile: oif-3.2t}, o: {profile: oif-3.2t},\n"
		  " p: {profile: oif-3.2t}, q: {profile: oif-3.2t}}\n",
		  "6:26: engines: more than 16 entries", "at most 16" },
	};

	check_all_refused(cases);
}

Test(config_tree, yaml_we_do_not_use)
{
	static const struct bad_case cases[] = {
		{ BOARD "routes: &r []\n", "6:12: anchors (&name) are not used here",
		  "leave the anchor" },
		{ BOARD "routes: *r\n", "6:10: aliases (*name) are not used here",
		  "the value itself" },
		{ BOARD "routes: !!seq []\n", "6:15: tags (!name) are not used here",
		  "leave the tag" },
		{ BOARD "? [a, b]\n: c\n", "6:1: complex keys (`? key`) are not used here",
		  "`key: value`" },
		{ BOARD "routes:\n  -  ?\n", "7:1: complex keys (`? key`)", "`key: value`" },
		{ "? a\t:\t|\n", "1:1: complex keys (`? key`)", "`key: value`" },
		{ BOARD "[a, b]: c\n", "6:1: a key must be one word", "`key: value`" },
		{ BOARD "<<: {}\n", "6:1: unknown key \"<<\"", "keys here" },
		{ "icmp: {errors_pps: \"1\\0\"}\n", "1:21: a NUL character in the text",
		  "leave it out" },
	};

	check_all_refused(cases);
}

Test(config_tree, broken_yaml)
{
	static const struct bad_case cases[] = {
		{ BOARD "routes: [\n", "7:1: flow sequence without a closing bracket",
		  "two spaces" },
		{ BOARD "routes: [}\n", "6:10: mismatched flow mapping end", "two spaces" },
		{ BOARD "instance: \"a\n", "6:12: double-quoted scalar without closing quote",
		  "`key: value`" },
		{ BOARD "workers:\n\tcount: 1\n",
		  "7:1: tab character may not be used as indentation",
		  "indented with a tab; use spaces" },
		{ BOARD "a: b: c\n", "6:1: unknown key \"a\"", "keys here" },
	};

	check_all_refused(cases);
}

Test(config_tree, line_breaks_and_byte_order_mark)
{
	static const struct bad_case cases[] = {
		{ "\xef\xbb\xbfinstance: a\r\nport: {}\r\n", "2:1: unknown key \"port\"",
		  "did you mean \"ports\"?" },
		{ "# \xc3\xa4\xe2\x82\xac\ninstance: \xc3\xa4\n",
		  "2:11: instance: \"??\" is not a name", "a letter" },
		{ "instance: \xc3\xa4 \xff\n", "1:13: byte 0xff is not UTF-8 text", "UTF-8" },
		{ "\xff\xfei\0n", "1:1: the file is UTF-16", "iconv" },
		{ "instance: a\x1b[31m\n", "1:12: control character 0x1b", "escape" },
		{ "a: \xc2\x85\n", "1:4: control character 0x85", "escape" },
		{ "a: \xed\xa0\x80\n", "1:4: byte 0xed is not UTF-8", "UTF-8" },
		{ "a: \xc0\x80\n", "1:4: byte 0xc0 is not UTF-8", "UTF-8" },
		{ "a: \xf4\x90\x80\x80\n", "1:4: byte 0xf4 is not UTF-8", "UTF-8" },
		{ "a: \xe2\x82", "1:4: byte 0xe2 is not UTF-8", "UTF-8" },
		{ "a: b\xef\xbb\xbf\n", "1:5: byte order mark inside the text", "remove it" },
	};
	struct config *c = accepted("\xef\xbb\xbf"
				    "engines:\r\n  oe0:\r\n    profile: oif-3.2t\r\n"
				    "ports:\r\n  p0:\r\n    lanes: oe0/0\r\n    carrier: loop\r\n");

	cr_expect_eq(c->n_ports, 1);
	config_free(c);
	check_all_refused(cases);
}

/* Empty sections are what is left when a person comments out their lines. */
Test(config_tree, empty_sections)
{
	struct config *c =
		accepted(BOARD "routes:\nneighbors: []\ntables:\nmemory: {}\nworkers: ~\n");

	cr_expect_eq(c->n_routes, 0);
	cr_expect(c->hugepages);
	config_free(c);
}

/* What a JSON printer writes is YAML too. */
Test(config_tree, json)
{
	struct config *c =
		accepted("{\"engines\": {\"oe0\": {\"profile\": \"oif-3.2t\"}},\n"
			 " \"ports\": {\"p0\": {\"lanes\": \"oe0/0-3\", \"carrier\": \"loop\", "
			 "\"mtu\": 9000,\n"
			 "  \"promiscuous\": false, \"addresses\": [\"10.0.0.1/24\"], \"vlans\": "
			 "{\"7\": {}}}},\n"
			 " \"routes\": [{\"to\": \"0.0.0.0/0\", \"via\": \"10.0.0.2\"}]}\n");

	cr_expect_eq(c->ports[0].mtu, 9000);
	cr_expect_eq(c->ifaces[1].vlan, 7);
	cr_expect_eq(c->n_routes, 1);
	config_free(c);
}
