/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/els.c: lasers of a source of its own and of one that answers through an engine,
 * brought to where they are wanted and kept there.
 */
#include <math.h>
#include <stdlib.h>

#include "tests/unit/cmis_managed.h"

static const struct cmis_laser_seen *laser(struct managed *g, unsigned k)
{
	const struct cmis_laser_seen *l = cmis_manager_laser(g->manager, k);

	cr_assert_not_null(l, "laser %u of %u", k, cmis_manager_lasers(g->manager));
	return l;
}

static unsigned lit(struct managed *g)
{
	unsigned n = 0;

	for (unsigned k = 0; k < cmis_manager_lasers(g->manager); k++)
		n += laser(g, k)->state == CMIS_LASER_ON && laser(g, k)->reason == CMIS_REASON_NONE;
	return n;
}

static void bring_up(const char *profile, unsigned lasers)
{
	struct managed g;

	managed_start(&g, profile);
	managed_run(&g, 700);
	cr_assert_eq(managed_seen(&g)->state, CMIS_MANAGER_READY);
	cr_expect_eq(cmis_manager_lasers(g.manager), lasers);
	cr_expect_eq(lit(&g), lasers);
	for (unsigned k = 0; k < lasers; k++) {
		cr_expect_float_eq(laser(&g, k)->power_mw, 100, 1);
		cr_expect_float_eq(laser(&g, k)->bias_ma, 300, 3);
		cr_expect_float_eq(laser(&g, k)->voltage, 1.8, 0.02);
		cr_expect_eq(laser(&g, k)->ons, 1);
		cr_expect(laser(&g, k)->wanted && laser(&g, k)->enabled);
	}
	cr_expect_null(cmis_manager_laser(g.manager, lasers));
	cr_expect_eq(g.late, 0);
	managed_end(&g);
}

Test(manager_els, bring_up_8)
{
	bring_up("els-8", 8);
}

Test(manager_els, bring_up_16)
{
	bring_up("els-16", 16);
}

Test(manager_els, bring_up_32)
{
	bring_up("els-32", 32);
}

Test(manager_els, what_it_is)
{
	struct managed g, oe;
	const struct cmis_els_seen *s;

	managed_start(&g, "els-16");
	managed_start(&oe, "cpx-6.4t");
	cr_expect_null(cmis_manager_els(g.manager), "not known yet");
	cr_expect_eq(cmis_manager_lasers(g.manager), 0);
	managed_run(&g, 700);
	managed_run(&oe, 700);
	s = cmis_manager_els(g.manager);
	cr_assert_not_null(s);
	cr_expect(s->present && !s->joint && s->constant_power);
	cr_expect_str_eq(s->part, "ELSFP-16");
	cr_expect_float_eq(s->max_power_mw, 200, 1);
	cr_expect_float_eq(s->max_bias_ma, 600, 1);
	cr_expect_float_eq(s->power_threshold_mw[CMIS_LOW_ALARM], 40, 1);
	cr_expect_float_eq(s->bias_threshold_ma[CMIS_HIGH_WARNING], 390, 1);
	cr_expect_null(cmis_manager_els(oe.manager), "an engine is none");
	cr_expect_null(cmis_manager_laser(oe.manager, 0));
	managed_end(&g);
	managed_end(&oe);
}

/* A source whose lasers are on as soon as it has power, before a manager can do anything. */
static struct cmis_engine *quick_source(uint64_t seed)
{
	struct cmis_durations quick = cmis_profile_find("els-16")->durations;
	struct cmis_engine_settings s = { .profile = cmis_profile_find("els-16"),
					  .clock = { host_clock, NULL },
					  .seed = seed,
					  .durations = &quick };
	struct cmis_engine *e;

	quick.laser_ramp = 0;
	cr_assert_eq(cmis_engine_create(&e, &s, NULL), 0);
	return e;
}

/* A laser that is not wanted never lights up, not even while the others are brought up. */
Test(manager_els, only_those_wanted)
{
	struct managed g;
	double most = -40;

	managed_init(&g, quick_source(1));
	cmis_manager_want_lasers(g.manager, 0xF0F1);
	for (unsigned i = 0; i < 1000; i++) {
		managed_run(&g, 1);
		most = fmax(most, cmis_engine_laser_dbm(g.host.engine, 1));
		most = fmax(most, cmis_engine_laser_dbm(g.host.engine, 8));
	}
	cr_expect_eq(most, -40);
	for (unsigned k = 0; k < 16; k++)
		cr_expect_eq(laser(&g, k)->state, 0xF0F1 >> k & 1 ? CMIS_LASER_ON : CMIS_LASER_OFF,
			     "laser %u", k);
	cr_expect_eq(lit(&g), 9);
	managed_end(&g);
}

Test(manager_els, off_and_on)
{
	struct managed g;
	uint64_t writes;

	managed_start(&g, "els-16");
	managed_run(&g, 700);
	writes = managed_seen(&g)->counters.writes;
	cmis_manager_want_lasers(g.manager, ~(uint64_t)(1 << 11));
	managed_run(&g, 200);
	cr_expect_eq(laser(&g, 11)->state, CMIS_LASER_OFF);
	cr_expect_eq(laser(&g, 11)->reason, CMIS_REASON_NONE, "off as wanted");
	cr_expect_not(laser(&g, 11)->enabled);
	cr_expect_eq(host_lanes(&g.host, 1, CMIS_ElsLaneEnable), 0xF7);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_ElsLaneEnable), 0xFF, "another bank");
	cmis_manager_want_lasers(g.manager, UINT64_MAX);
	managed_run(&g, 1500);
	cr_expect_eq(lit(&g), 16);
	cr_expect_eq(laser(&g, 11)->ons, 2);
	cr_expect_eq(laser(&g, 12)->ons, 1);
	/* every look selects a page; of all these writes just two changed LaneEnable */
	cr_expect_gt(managed_seen(&g)->counters.writes, writes);
	managed_end(&g);
}

/* Writes of a second host are undone; nothing is written that is right already. */
Test(manager_els, level_triggered)
{
	struct managed g;

	managed_start(&g, "els-8");
	managed_run(&g, 700);
	host_put_lanes(&g.host, 0, CMIS_ElsLaneEnable, 0x0F);
	managed_run(&g, 1500);
	cr_expect_eq(host_lanes(&g.host, 0, CMIS_ElsLaneEnable), 0xFF);
	cr_expect_eq(lit(&g), 8);
	managed_end(&g);
}

static unsigned enables; /* writes of LaneEnable */

static int counting_write(void *arg, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	enables += addr == 220;
	return managed_write(arg, addr, bytes, len);
}

Test(manager_els, writes_only_what_differs)
{
	struct cmis_manager_settings s = { .monitor_ns = 0 };
	struct managed g;

	managed_start(&g, "els-32");
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &s);
	s.bus.write = counting_write;
	cr_assert_eq(cmis_manager_create(&g.manager, &s), 0);
	managed_run(&g, 5000);
	cr_expect_eq(lit(&g), 32);
	cr_expect_eq(enables, 0, "all are enabled after a reset");
	cmis_manager_want_lasers(g.manager, 0xFFFF00FF);
	managed_run(&g, 5000);
	cr_expect_eq(enables, 1, "%u", enables);
	managed_end(&g);
}

Test(manager_els, fails_and_comes_back)
{
	struct cmis_flag_seen flag;
	struct managed g;

	managed_start(&g, "els-16");
	managed_run(&g, 1000);
	managed_inject(&g, CMIS_INJECT_LASER_FAIL, 0, 1 << 10, 0);
	managed_run(&g, 250);
	cr_expect(laser(&g, 10)->failed, "seen in the summary, at once");
	cr_expect_eq(laser(&g, 10)->reason, CMIS_REASON_LASER_FAULT);
	cr_expect_eq(laser(&g, 10)->fault, 1);
	cr_expect_not_null(strstr(g.last, "bank 1 laser 3: the source reports a fault"), "%s",
			   g.last);
	cr_expect_eq(laser(&g, 9)->reason, CMIS_REASON_NONE);
	cr_assert_eq(cmis_manager_flag(g.manager, 0, CMIS_ElsLaneFaultFlag, 10, &flag), 0);
	cr_expect(flag.up);
	cr_expect_eq(flag.count, 1);
	cr_assert_eq(cmis_manager_flag(g.manager, 0, CMIS_ElsLaneFaultFlag, 9, &flag), 0);
	cr_expect_not(flag.up);
	managed_run(&g, 3000);
	cr_expect_eq(lit(&g), 15);
	cmis_engine_heal(g.host.engine, CMIS_INJECT_LASER_FAIL);
	managed_run(&g, 3000);
	cr_expect_eq(lit(&g), 16);
	cr_expect_eq(laser(&g, 10)->ons, 2);
	cr_assert_eq(cmis_manager_flag(g.manager, 0, CMIS_ElsLaneFaultFlag, 10, &flag), 0);
	cr_expect(!flag.up && flag.clear_ns > flag.set_ns);
	managed_end(&g);
}

Test(manager_els, power_drops)
{
	struct cmis_flag_seen flag;
	struct managed g;

	managed_start(&g, "els-16");
	managed_run(&g, 1000);
	managed_inject(&g, CMIS_INJECT_LASER_DROP, 6, 1 << 9, 0);
	managed_run(&g, 1500);
	cr_expect_eq(laser(&g, 9)->state, CMIS_LASER_ON);
	cr_expect_eq(laser(&g, 9)->reason, CMIS_REASON_NONE, "it is on");
	cr_expect_float_eq(laser(&g, 9)->power_mw, 25.1, 1);
	cr_assert_eq(cmis_manager_flag(g.manager, 1, CMIS_ElsPowerFlag,
				       CMIS_LOW_ALARM * CMIS_LANES + 1, &flag),
		     0);
	cr_expect(flag.up);
	cr_expect_eq(cmis_manager_flag(g.manager, 2, CMIS_ElsPowerFlag, 0, &flag), -ENODATA);
	managed_end(&g);
}

static unsigned stuck; /* LaneState as read, of all lasers */

static int stuck_read(void *arg, uint8_t addr, uint8_t *bytes, unsigned len)
{
	int ret = managed_read(arg, addr, bytes, len);

	if (ret == 0 && addr == 128 && len == 128 && bytes[12] == (8 << 1 | 1))
		bytes[93] = bytes[94] = (uint8_t)stuck;
	return ret;
}

Test(manager_els, never_comes_on)
{
	struct managed g;
	struct cmis_manager_settings s = { .monitor_ns = 0 };

	managed_start(&g, "els-8");
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &s);
	s.bus.read = stuck_read;
	stuck = 0x55; /* ramping for ever */
	cr_assert_eq(cmis_manager_create(&g.manager, &s), 0);
	managed_run(&g, 3000);
	cr_expect_eq(laser(&g, 3)->reason, CMIS_REASON_LASER_ON);
	cr_expect(laser(&g, 3)->late && !laser(&g, 3)->failed);
	managed_run(&g, 10000);
	cr_expect_eq(laser(&g, 3)->reason, CMIS_REASON_LASER_ON_TIMEOUT);
	cr_expect(laser(&g, 3)->failed);
	stuck = 0xAA;
	managed_run(&g, 1500);
	cr_expect_eq(lit(&g), 8, "when it comes at last it is welcome");
	cmis_manager_want_lasers(g.manager, 0);
	managed_run(&g, 12000);
	cr_expect_eq(laser(&g, 3)->reason, CMIS_REASON_LASER_OFF_TIMEOUT, "stays on");
	managed_end(&g);
}

Test(manager_els, removed_and_put_back)
{
	struct managed g;

	managed_start(&g, "els-16");
	managed_run(&g, 1000);
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 0);
	managed_run(&g, 300);
	cr_expect_not(cmis_manager_els(g.manager)->present);
	cr_expect_eq(laser(&g, 5)->reason, CMIS_REASON_ABSENT);
	cr_expect(isnan(laser(&g, 5)->power_mw), "absent, not 0");
	cr_expect_eq(laser(&g, 5)->when_ns, 0);
	cmis_engine_heal(g.host.engine, CMIS_INJECT_REMOVED);
	managed_run(&g, 1500);
	cr_expect(cmis_manager_els(g.manager)->present);
	cr_expect_eq(lit(&g), 16);
	managed_inject(&g, CMIS_INJECT_RESET, 0, 0, 0);
	managed_run(&g, 1500);
	cr_expect_eq(lit(&g), 16, "after a reset, too");
	managed_end(&g);
}

Test(manager_els, reading_its_pages)
{
	struct managed g;
	uint8_t page[CMIS_HALF], none = 0;

	managed_start(&g, "els-16");
	managed_run(&g, 1000);
	cr_expect_eq(cmis_manager_read(g.manager, 1, 0x1A, page), 0);
	cr_expect_eq(page[12], 16 << 1 | 1);
	cr_expect_eq(cmis_manager_read(g.manager, 2, 0x1A, page), -ENODATA);
	cr_expect_eq(cmis_manager_read(g.manager, 0, 0xB4, page), -ENODATA);
	cr_expect_eq(cmis_manager_write(g.manager, 0, 0x1A, 220, &none, 1), -EPERM);
	cr_expect_eq(cmis_manager_write(g.manager, 0, 0x1B, 144, &none, 1), 0, "a set point");
	managed_end(&g);
}

/* An engine that speaks for an ELS of 16; laser k feeds lanes 2k and 2k + 1. */
static void start_joint(struct managed *g, struct cmis_engine **els)
{
	struct cmis_manager_settings s = { .joint = true };

	managed_start(g, "cpx-6.4t");
	*els = quick_source(2);
	cmis_engine_join(g->host.engine, *els);
	for (unsigned lane = 0; lane < 32; lane++)
		cmis_engine_feed(g->host.engine, lane, *els, lane / 2);
	cmis_manager_destroy(g->manager);
	managed_settings(g, &s);
	cr_assert_eq(cmis_manager_create(&g->manager, &s), 0);
}

static void end_joint(struct managed *g, struct cmis_engine *els)
{
	managed_end(g);
	cmis_engine_destroy(els);
}

Test(manager_els, joint_mode)
{
	struct managed g;
	struct cmis_engine *els;
	const struct cmis_els_seen *s;
	struct cmis_flag_seen flag;
	uint8_t page[CMIS_HALF];

	start_joint(&g, &els);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 1500);
	s = cmis_manager_els(g.manager);
	cr_expect(s->present && s->joint);
	cr_expect_str_eq(s->part, "ELSFP-16");
	cr_expect_str_eq(s->serial, "CPX00000002", "%s", s->serial);
	cr_expect_str_eq(managed_seen(&g)->part, "CPX-6.4T-DR8");
	cr_expect_eq(lit(&g), 16);
	cr_expect_float_eq(laser(&g, 15)->power_mw, 100, 1);
	cr_expect_gt(managed_lane(&g, 31).tx_dbm, 0);
	cmis_manager_want_lasers(g.manager, 0x7FFF);
	managed_run(&g, 300);
	cr_expect_eq(laser(&g, 15)->state, CMIS_LASER_OFF);
	cr_expect_eq(managed_lane(&g, 31).tx_dbm, -40);
	cmis_engine_inject(els, &(struct cmis_injection){ CMIS_INJECT_LASER_FAIL, 0, 1 << 8 },
			   NULL);
	managed_run(&g, 300);
	cr_expect_eq(laser(&g, 8)->reason, CMIS_REASON_LASER_FAULT);
	cr_assert_eq(cmis_manager_flag(g.manager, 0, CMIS_ElsLaneFaultFlag, 8, &flag), 0);
	cr_expect(flag.up);
	cr_expect_eq(cmis_manager_read(g.manager, 1, 0xB5, page), 0);
	cr_expect_eq(cmis_manager_read(g.manager, 2, 0xB5, page), -ENODATA);
	end_joint(&g, els);
}

/* Lasers of an engine that speaks for them stay dark from the beginning, too. */
Test(manager_els, joint_only_those_wanted)
{
	struct managed g;
	struct cmis_engine *els;
	double most = -40;

	start_joint(&g, &els);
	cmis_manager_want_lasers(g.manager, 0xFF0F);
	for (unsigned i = 0; i < 1000; i++) {
		managed_run(&g, 1);
		most = fmax(most, cmis_engine_laser_dbm(els, 4));
	}
	cr_expect_eq(most, -40);
	cr_expect_eq(lit(&g), 12);
	cr_expect_gt(cmis_engine_laser_dbm(els, 15), 10);
	end_joint(&g, els);
}

/* The source goes, its engine stays as it is; and comes back. */
Test(manager_els, joint_source_removed)
{
	struct managed g;
	struct cmis_engine *els;

	start_joint(&g, &els);
	managed_want(&g, 0, 8);
	managed_until_up(&g, 1, 5000);
	managed_run(&g, 1000);
	cmis_engine_inject(els, &(struct cmis_injection){ CMIS_INJECT_REMOVED }, NULL);
	managed_run(&g, 600);
	cr_expect_not(cmis_manager_els(g.manager)->present);
	cr_expect_eq(laser(&g, 0)->reason, CMIS_REASON_ABSENT);
	cr_expect(isnan(laser(&g, 0)->power_mw));
	cr_expect_not_null(strstr(g.note, "laser source does not answer"), "%s", g.note);
	managed_run(&g, 5000);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_READY);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NONE, "no trouble of the engine's");
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 1);
	cmis_engine_heal(els, CMIS_INJECT_REMOVED);
	managed_run(&g, 2000);
	cr_expect(cmis_manager_els(g.manager)->present);
	cr_expect_eq(lit(&g), 16);
	end_joint(&g, els);
}

/* Told of joint mode, but nobody is there. */
Test(manager_els, joint_without_source)
{
	struct cmis_manager_settings s = { .joint = true };
	struct managed g;

	managed_start(&g, "oif-3.2t");
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &s);
	cr_assert_eq(cmis_manager_create(&g.manager, &s), 0);
	managed_want(&g, 2, 4);
	managed_until_up(&g, 2, 5000);
	managed_run(&g, 3000);
	cr_expect_eq(managed_up(&g), 2);
	cr_expect_not(cmis_manager_els(g.manager)->present);
	cr_expect_eq(cmis_manager_lasers(g.manager), 0);
	managed_end(&g);
}

static unsigned noise_seed;

static int random_read(void *arg, uint8_t addr, uint8_t *bytes, unsigned len)
{
	int ret = managed_read(arg, addr, bytes, len);

	/* after identification every byte is random, but the page select looks honest */
	for (unsigned i = 0; ret == 0 && addr >= 128 && host_now > 1700 * CMIS_MS && i < len; i++)
		bytes[i] = (uint8_t)((noise_seed = noise_seed * 1103515245 + 12345) >> 16);
	return ret;
}

static void random_bytes(const char *profile, bool joint, unsigned seed)
{
	struct cmis_manager_settings s = { .joint = joint, .step_transactions = seed % 2 ? 64 : 0 };
	struct managed g;
	struct cmis_engine *els = host_make("els-32", seed);

	managed_start(&g, profile);
	if (joint)
		cmis_engine_join(g.host.engine, els);
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &s);
	s.bus.read = random_read;
	cr_assert_eq(cmis_manager_create(&g.manager, &s), 0);
	noise_seed = seed;
	managed_run(&g, 20000);
	for (unsigned k = 0; k < CMIS_MAX_LASERS; k++) {
		const struct cmis_laser_seen *l = cmis_manager_laser(g.manager, k);

		cr_expect(l == NULL || l->reason < CMIS_REASON_COUNT);
	}
	end_joint(&g, els);
	host_now = 1000 * CMIS_MS;
}

Test(manager_els, random_bytes)
{
	for (unsigned seed = 1; seed < 9; seed++) {
		random_bytes("els-32", false, seed);
		random_bytes("cpx-6.4t", true, seed);
	}
}
