/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager and light: an external laser source has a manager of its own, and what happens
 * to its lasers shows in the flags and monitors of the lanes that they feed.
 */
#include <math.h>

#include "tests/unit/cmis_managed.h"

/* An engine of 32 lanes; laser k of an ELS of 16 feeds lanes 2k and 2k + 1. All up and lit. */
static void start_up(struct managed *g, struct managed *els)
{
	managed_start(els, "els-16");
	managed_start(g, "cpx-6.4t");
	for (unsigned lane = 0; lane < 32; lane++)
		cr_assert_eq(cmis_engine_feed(g->host.engine, lane, els->host.engine, lane / 2), 0);
	managed_run(els, 500);
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
	managed_until_up(g, 4, 5000);
	managed_run(g, 3000);
	cr_assert_eq(managed_up(g), 4);
}

static void end(struct managed *g, struct managed *els)
{
	managed_end(g);
	managed_end(els);
}

static unsigned dark_lanes(struct managed *g)
{
	unsigned dark = 0;

	for (unsigned l = 0; l < 32; l++)
		dark += !(cmis_manager_bank(g->manager, l / 8)->lane[l % 8].tx_mw > 0.1);
	return dark;
}

static bool flag_up(struct managed *g, unsigned lane, enum cmis_field_id id)
{
	struct cmis_flag_seen f;

	cr_assert_eq(cmis_manager_flag(g->manager, lane / 8, id, lane % 8, &f), 0);
	return f.up;
}

Test(manager_laser, source)
{
	struct managed g, els;

	start_up(&g, &els);
	cr_expect_eq(managed_seen(&els)->state, CMIS_MANAGER_READY);
	cr_expect_eq(managed_seen(&els)->support.identifier, CMIS_ELSFP);
	cr_expect_gt(cmis_engine_laser_dbm(els.host.engine, 15), 10);
	cr_expect_eq(dark_lanes(&g), 0);
	managed_want(&els, 0, 8);
	managed_run(&els, 200);
	cr_expect_eq(managed_port(&els, 0, 0)->reason, CMIS_REASON_NO_APPLICATION, "no lanes");
	end(&g, &els);
}

Test(manager_laser, fails_and_comes_back)
{
	struct managed g, els;

	start_up(&g, &els);
	managed_inject(&els, CMIS_INJECT_LASER_FAIL, 0, 1 << 5, 0);
	managed_run(&g, 2000);
	cr_expect_eq(dark_lanes(&g), 2, "the lanes that it feeds: %u", dark_lanes(&g));
	for (unsigned l = 0; l < 32; l++)
		cr_expect_eq(flag_up(&g, l, CMIS_FailureFlagTx), l / 2 == 5, "lane %u", l);
	cr_expect_eq(managed_up(&g), 4, "data paths stay as they are");
	cmis_engine_heal(els.host.engine, CMIS_INJECT_LASER_FAIL);
	managed_run(&g, 3000);
	cr_expect_eq(dark_lanes(&g), 0);
	cr_expect_not(flag_up(&g, 10, CMIS_FailureFlagTx));
	cr_expect_eq(managed_port(&g, 1, 0)->ups, 1);
	end(&g, &els);
}

Test(manager_laser, source_removed)
{
	struct managed g, els;

	start_up(&g, &els);
	managed_inject(&els, CMIS_INJECT_REMOVED, 0, 0, 0);
	managed_run(&els, 500);
	managed_run(&g, 2000);
	cr_expect_eq(managed_seen(&els)->reason, CMIS_REASON_ABSENT);
	cr_expect_eq(dark_lanes(&g), 32);
	cmis_engine_heal(els.host.engine, CMIS_INJECT_REMOVED);
	managed_run(&els, 1000);
	managed_run(&g, 3000);
	cr_expect_eq(managed_seen(&els)->state, CMIS_MANAGER_READY);
	cr_expect_eq(dark_lanes(&g), 0);
	cr_expect_eq(managed_up(&g), 4);
	end(&g, &els);
}

Test(manager_laser, power_drops)
{
	struct managed g, els;
	struct cmis_flag_seen warning;

	start_up(&g, &els);
	managed_inject(&g, CMIS_INJECT_RX_DROP, 9, 1ull << 20, 0);
	managed_run(&g, 2000);
	cr_expect_lt(cmis_manager_bank(g.manager, 2)->lane[4].rx_mw, 0.1);
	cr_expect_gt(cmis_manager_bank(g.manager, 2)->lane[3].rx_mw, 0.5);
	cr_assert_eq(cmis_manager_flag(g.manager, 2, CMIS_RxPowerFlag,
				       CMIS_LOW_WARNING * CMIS_LANES + 4, &warning),
		     0);
	cr_expect(warning.up);
	cr_expect_eq(warning.count, 1);
	end(&g, &els);
}
