/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines and laser sources: profiles and how they are managed (config/build_engines.c). */
#include "tests/unit/test_config.h"

#define PORT "ports: {p0: {lanes: oe0/0, carrier: loop}}\n"

Test(config_engines, usual)
{
	struct config *c = accepted("engines: {oe0: {profile: cpx-6.4t}}\n" PORT);

	cr_expect_eq(c->engines[0].mgmt, CONFIG_MGMT_USUAL);
	cr_expect_eq(c->engines[0].laser, -1);
	cr_expect_eq(c->engines[0].lane_mbps, 212500);
	cr_expect_not(c->engines[0].joint);
	cr_expect_eq(c->n_lasers, 0);
	config_free(c);
}

Test(config_engines, every_way)
{
	struct config *c = accepted(
		"engines:\n"
		"  oe0: {profile: bailly-6.4t, mgmt: emulated, serve: /run/oe0,\n"
		"        lasers: els1, joint: true, seed: 7}\n"
		"  oe1: {profile: oif-3.2t, mgmt: \"unix:/run/oe1\"}\n"
		"  oe2: {profile: npo-3.2t, mgmt: \"optoe:/sys/eeprom\"}\n"
		"  cu0: {profile: cpc-passive, mgmt: none}\n"
		"lasers: {els0: {mgmt: \"unix:/run/els0\"}, els1: {profile: els-16}}\n" PORT);

	cr_expect_eq(c->engines[0].mgmt, CONFIG_MGMT_EMULATED);
	cr_expect_str_eq(c->engines[0].serve, "/run/oe0");
	cr_expect_eq(c->engines[0].laser, 1);
	cr_expect(c->engines[0].joint);
	cr_expect_eq(c->engines[0].seed, 7);
	cr_expect_eq(c->engines[0].lanes, 64);
	cr_expect_eq(c->engines[1].mgmt, CONFIG_MGMT_UNIX);
	cr_expect_str_eq(c->engines[1].path, "/run/oe1");
	cr_expect_eq(c->engines[2].mgmt, CONFIG_MGMT_OPTOE);
	cr_expect_str_eq(c->engines[2].path, "/sys/eeprom");
	cr_expect_eq(c->engines[3].mgmt, CONFIG_MGMT_NONE);
	cr_expect_str_eq(c->lasers[0].profile, "els-8");
	cr_expect_eq(c->lasers[0].mgmt, CONFIG_MGMT_UNIX);
	cr_expect_str_eq(c->lasers[0].path, "/run/els0");
	cr_expect_str_eq(c->lasers[1].profile, "els-16");
	cr_expect_eq(c->lasers[1].mgmt, CONFIG_MGMT_EMULATED, "said by its default");
	config_free(c);
}

Test(config_engines, refused)
{
	static const struct bad_case cases[] = {
		{ "engines: {oe0: {profile: oif-3.2t, mgmt: maybe}}\n" PORT,
		  "1:42: engines.oe0.mgmt: \"maybe\" is no way to manage it",
		  "emulated, unix:/SOCKET, optoe:/FILE or none" },
		{ "engines: {oe0: {profile: oif-3.2t, mgmt: \"unix:oe0\"}}\n" PORT,
		  "1:43: engines.oe0.mgmt: \"unix:oe0\"", "unix:/SOCKET" },
		{ "engines: {oe0: {profile: oif-3.2t, mgmt: \"unix:/a,b\"}}\n" PORT,
		  "1:43: engines.oe0.mgmt: \"/a,b\" is no path here", "without comma" },
		{ "engines: {oe0: {profile: oif-3.2t, lasers: els1}}\nlasers: {els0: }\n" PORT,
		  "1:44: engines.oe0: no laser source \"els1\"", "did you mean \"els0\"?" },
		{ "engines: {oe0: {profile: oif-3.2t, serve: oe0}}\n" PORT,
		  "1:43: engines.oe0: \"oe0\" is no path of a socket", "/run/cpx/engines/oe0" },
		{ "engines: {oe0: {profile: oif-3.2t, mgmt: none, serve: /x}}\n" PORT,
		  "1:55: engines.oe0: only emulated engines are served", "mgmt: emulated" },
		{ "engines: {oe0: {profile: oif-3.2t}}\nlasers: {oe0: }\n" PORT,
		  "1:11: engines.oe0: a laser source has this name already", "another" },
		{ "engines: {oe0: {profile: oif-3.2t}}\nlasers: {els0: {mgmt: none}}\n" PORT,
		  "2:23: lasers.els0.mgmt: \"none\" is no way", "emulated, or unix:/SOCKET" },
		{ "engines: {oe0: {profile: els-8}}\n" PORT, "1:26: engines.oe0.profile: \"els-8\"",
		  "oif-3.2t" },
	};

	check_all_refused(cases);
}
