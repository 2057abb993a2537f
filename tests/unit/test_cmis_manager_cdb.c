/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/cdb.c: which firmware a module has, and modules that make it hard to ask.
 */
#include "lib/cmis/cdb.h"

#include "tests/unit/cmis_managed.h"

static void start_up(struct managed *g, const char *profile)
{
	managed_start(g, profile);
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
	managed_until_up(g, 4, 5000);
	cr_assert_eq(managed_up(g), 4);
}

static const struct cmis_firmware_seen *firmware(struct managed *g)
{
	return &managed_seen(g)->firmware;
}

Test(manager_cdb, firmware)
{
	struct managed g;

	start_up(&g, "oif-3.2t");
	cr_expect_not(firmware(&g)->known, "ports come first");
	managed_run(&g, 1000);
	cr_assert(firmware(&g)->known);
	cr_expect_eq(firmware(&g)->running, 0);
	cr_expect_eq(firmware(&g)->committed, 0);
	cr_expect(firmware(&g)->image[0].valid && firmware(&g)->image[0].major == 1 &&
		  firmware(&g)->image[0].minor == 2 && firmware(&g)->image[0].build == 7);
	cr_expect(firmware(&g)->image[1].valid && firmware(&g)->image[1].major == 1 &&
		  firmware(&g)->image[1].build == 3);
	cr_expect(firmware(&g)->has_features && !firmware(&g)->factory);
	cr_expect_eq(firmware(&g)->reason, CMIS_REASON_NONE);
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 500);
	for (unsigned i = 0; i < 100 && managed_seen(&g)->counters.identifications < 2; i++)
		managed_run(&g, 10);
	cr_expect_not(firmware(&g)->known, "it may be another one");
	managed_run(&g, 3000);
	cr_expect(firmware(&g)->known);
	managed_end(&g);
}

Test(manager_cdb, absent)
{
	static const char *const profiles[] = { "cpc-passive", "cpc-active", "els-8" };

	for (unsigned i = 0; i < 3; i++) {
		struct managed g;

		managed_start(&g, profiles[i]);
		managed_run(&g, 5000);
		cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_READY);
		cr_expect(!firmware(&g)->known && firmware(&g)->running == -1 &&
			  firmware(&g)->reason == CMIS_REASON_NONE);
		managed_end(&g);
	}
}

/* Busy for ever: bounded tries, a reason, and everything else goes on. */
Test(manager_cdb, busy_for_ever)
{
	struct managed g;
	uint64_t before;

	managed_start(&g, "oif-3.2t");
	managed_inject(&g, CMIS_INJECT_CDB_STUCK, 0, 0, 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_run(&g, 4000);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(firmware(&g)->reason, CMIS_REASON_NONE, "within its limit");
	managed_run(&g, 3000);
	cr_expect_eq(firmware(&g)->reason, CMIS_REASON_CDB_TIMEOUT);
	cr_expect_not_null(strstr(g.note, "CDB query status"), "%s", g.note);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NONE, "the module itself is well");
	managed_want(&g, 1, 4);
	managed_until_up(&g, 5, 2000);
	cr_expect_eq(managed_up(&g), 5);
	managed_run(&g, 60000);
	before = managed_transactions(&g);
	managed_run(&g, 100000);
	cr_expect_leq((managed_transactions(&g) - before) / 100, 100, "as any other module");
	cr_expect_leq(firmware(&g)->failures, 12);
	cr_expect_eq(g.notes, 2, "identified; told once");
	cmis_engine_heal(g.host.engine, CMIS_INJECT_CDB_STUCK);
	managed_run(&g, 301000);
	cr_expect(firmware(&g)->known);
	cr_expect_eq(firmware(&g)->reason, CMIS_REASON_NONE);
	cr_expect_eq(firmware(&g)->failures, 0);
	managed_end(&g);
}

static void slow_cdb(struct managed *g, uint32_t ms)
{
	static struct cmis_durations d;
	struct cmis_engine_settings s = { .profile = cmis_profile_find("oif-3.2t"),
					  .clock = { host_clock, NULL },
					  .durations = &d };
	struct cmis_engine *e;

	d = s.profile->durations;
	d.cdb = ms;
	cr_assert_eq(cmis_engine_create(&e, &s, NULL), 0);
	managed_init(g, e);
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
}

/* Nothing is acknowledged for three seconds of each command: no alarm, no port that is touched. */
Test(manager_cdb, no_answer_while_a_command_runs)
{
	struct managed g;
	uint64_t end;
	unsigned quiet = 0;

	slow_cdb(&g, 3000);
	managed_inject(&g, CMIS_INJECT_CDB_NACK, 0, 0, 0);
	managed_until_up(&g, 4, 5000);
	cr_assert_eq(managed_up(&g), 4);
	for (end = host_now + 12000 * CMIS_MS; host_now < end;) {
		managed_run(&g, 100);
		cr_assert_eq(managed_seen(&g)->reason, CMIS_REASON_NONE);
		cr_assert_eq(managed_seen(&g)->state, CMIS_MANAGER_READY);
		quiet += cmis_manager_bank(g.manager, 0)->when_ns + 2000 * CMIS_MS < host_now;
	}
	cr_expect(firmware(&g)->known);
	cr_expect_gt(quiet, 10u, "monitors paused");
	cr_expect_leq(host_now - cmis_manager_bank(g.manager, 0)->when_ns, 1100 * CMIS_MS,
		      "and went on");
	for (unsigned b = 0; b < 4; b++)
		cr_expect_eq(managed_port(&g, b, 0)->ups, 1);
	cr_expect_leq(managed_seen(&g)->counters.nacks, 200, "asked seldom");
	managed_end(&g);
}

/* But not for ever. */
Test(manager_cdb, never_an_answer_again)
{
	struct managed g;

	slow_cdb(&g, 100000);
	managed_inject(&g, CMIS_INJECT_CDB_NACK, 0, 0, 0);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 4500);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NONE);
	managed_run(&g, 1500);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NACK);
	cr_expect_eq(firmware(&g)->reason, CMIS_REASON_CDB_TIMEOUT);
	managed_run(&g, 95000);
	cmis_engine_heal(g.host.engine, CMIS_INJECT_CDB_NACK);
	managed_run(&g, 3000);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NONE);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 1);
	managed_end(&g);
}

/* What a hostile or broken reply looks like, by command. */
static struct cmis_transport inside;
static uint8_t lie_at, lie, lies;

static int liar(void *module, uint8_t addr, uint8_t *bytes, unsigned len)
{
	int ret = inside.read(module, addr, bytes, len);

	if (ret == 0 && lies > 0 && addr == 128 && len == CMIS_HALF && bytes[0] == 0x01 &&
	    bytes[1] == 0x00 && bytes[6] == 110) {
		bytes[lie_at - 128] = lie;
		lies--;
	}
	return ret;
}

static void lying(struct managed *g, uint8_t at, uint8_t value, uint8_t times)
{
	managed_start(g, "oif-3.2t");
	inside = g->plugged;
	g->plugged.read = liar;
	lie_at = at;
	lie = value;
	lies = times;
	managed_run(g, 500);
}

Test(manager_cdb, replies_are_checked)
{
	struct managed g;

	lying(&g, 138, 99, 1);
	cr_expect(firmware(&g)->known && firmware(&g)->image[0].major == 1, "read again");
	managed_end(&g);
	lying(&g, 138, 99, 2);
	cr_expect_not(firmware(&g)->known);
	cr_expect_eq(firmware(&g)->reason, CMIS_REASON_CDB_FAILED);
	cr_expect_not_null(strstr(g.note, "firmware info: its reply has a wrong check code"), "%s",
			   g.note);
	managed_run(&g, 2000);
	cr_expect(firmware(&g)->known, "a second later");
	managed_end(&g);
	lying(&g, 134, 121, 2);
	cr_expect_not(firmware(&g)->known, "longer than there is room");
	managed_end(&g);
}

/* A module that answers in the background is watched meanwhile. */
Test(manager_cdb, in_the_background)
{
	struct managed g;
	unsigned stale = 0;

	slow_cdb(&g, 3000);
	managed_until_up(&g, 4, 5000);
	for (unsigned i = 0; i < 110; i++) {
		managed_run(&g, 100);
		stale += cmis_manager_bank(g.manager, 2)->when_ns + 1100 * CMIS_MS < host_now;
	}
	cr_expect(firmware(&g)->known);
	cr_expect_eq(stale, 0u);
	managed_end(&g);
}
