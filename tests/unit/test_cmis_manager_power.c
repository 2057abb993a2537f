/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager/power.c: reset, low power.
 */
#include "tests/unit/cmis_managed.h"

static void start_up(struct managed *g)
{
	managed_start(g, "oif-3.2t");
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
	managed_until_up(g, 4, 5000);
	cr_assert_eq(managed_up(g), 4);
}

Test(manager_power, reset)
{
	struct managed g;
	uint64_t inserted;

	start_up(&g);
	inserted = managed_seen(&g)->counters.insertions;
	cr_assert_eq(cmis_manager_reset(g.manager), 0);
	managed_run(&g, 5);
	cr_expect_eq(managed_up(&g), 0);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_IDENTIFY);
	cr_expect_eq(cmis_manager_reset(g.manager), -EAGAIN);
	cr_expect_lt(managed_until_up(&g, 4, 5000), 1000);
	cr_expect_eq(managed_up(&g), 4);
	managed_run(&g, 5000);
	cr_expect_eq(managed_seen(&g)->counters.resets_done, 1, "once");
	cr_expect_eq(managed_seen(&g)->counters.insertions, inserted);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 2);
	managed_end(&g);
}

Test(manager_power, reset_of_what_is_not_there)
{
	struct managed g;

	managed_start(&g, "cpc-passive");
	cr_expect_eq(cmis_manager_reset(g.manager), -ENODEV);
	managed_run(&g, 1000);
	cr_expect_eq(cmis_manager_reset(g.manager), -ENOTSUP);
	managed_end(&g);
	start_up(&g);
	cr_assert_eq(cmis_manager_reset(g.manager), 0);
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 1000);
	managed_run(&g, 1000);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 2000);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_leq(managed_seen(&g)->counters.resets_done, 1);
	managed_end(&g);
}

/* A NACK keeps the wish, not a reset that comes again and again. */
Test(manager_power, reset_when_it_answers_again)
{
	struct managed g;

	start_up(&g);
	managed_inject(&g, CMIS_INJECT_NACK, 0, 0, 700);
	cr_assert_eq(cmis_manager_reset(g.manager), 0);
	managed_run(&g, 10000);
	cr_expect_eq(managed_seen(&g)->counters.resets_done, 1);
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 2);
	managed_end(&g);
}

static unsigned watched; /* a write of low power that came before all lanes were down */
static struct cmis_transport inside;
static struct managed *watching;

static int watch(void *module, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	if (addr == 26 && bytes[0] & 0x10)
		for (unsigned lane = 0; lane < 32; lane++)
			watched += managed_lane(watching, lane).state != CMIS_DP_DEACTIVATED;
	return inside.write(module, addr, bytes, len);
}

Test(manager_power, lanes_down_first_then_low_power)
{
	struct managed g;

	start_up(&g);
	inside = g.plugged;
	watching = &g;
	g.plugged.write = watch;
	watched = 0;
	cmis_manager_want_low_power(g.manager, true);
	managed_run(&g, 1000);
	cr_expect_eq(watched, 0u);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_LOW_POWER);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_LOW_POWER);
	cr_expect_eq(managed_seen(&g)->module_state, CMIS_MODULE_LOW_PWR);
	cr_expect_eq(managed_up(&g), 0);
	cr_expect_eq(managed_port(&g, 0, 0)->reason, CMIS_REASON_ENGINE);
	cmis_manager_want_low_power(g.manager, false);
	cr_expect_lt(managed_until_up(&g, 4, 5000), 1000);
	cr_expect_eq(managed_up(&g), 4);
	managed_end(&g);
}

Test(manager_power, low_power_is_kept)
{
	struct managed g;
	uint8_t on = 0;

	managed_start(&g, "oif-3.2t");
	managed_want(&g, 0, 8);
	cmis_manager_want_low_power(g.manager, true); /* from the beginning */
	managed_run(&g, 2000);
	cr_expect_eq(managed_seen(&g)->module_state, CMIS_MODULE_LOW_PWR);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 0);
	for (unsigned b = 0; b < 4; b++) { /* a second host */
		host_put_lanes(&g.host, b, CMIS_DPDeinit, 0);
		host_put_lanes(&g.host, b, CMIS_OutputDisableTx, 0);
	}
	host_write(&g.host, 0, CMIS_LOWER, 26, &on, 1);
	managed_run(&g, 500);
	cr_expect_eq(host_lanes(&g.host, 3, CMIS_DPDeinit), 0xFF);
	cr_expect_eq(managed_seen(&g)->module_state, CMIS_MODULE_LOW_PWR);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_LOW_POWER);
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 1000);
	managed_run(&g, 4000);
	cr_expect_eq(managed_seen(&g)->module_state, CMIS_MODULE_LOW_PWR);
	managed_inject(&g, CMIS_INJECT_NACK, 0, 0, 1000);
	managed_run(&g, 4000);
	cr_expect_eq(managed_seen(&g)->state, CMIS_MANAGER_LOW_POWER);
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_LOW_POWER);
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 0);
	cmis_manager_want_low_power(g.manager, false);
	managed_until_up(&g, 1, 5000);
	cr_expect_eq(managed_up(&g), 1);
	managed_end(&g);
}

/* Reset by its pin, with low power not asked for by hardware: its lanes would start by themselves.
 */
Test(manager_power, a_reset_in_low_power)
{
	struct managed g;

	start_up(&g);
	cmis_manager_want_low_power(g.manager, true);
	managed_run(&g, 1000);
	cmis_engine_set_pin(g.host.engine, CMIS_PIN_LOW_PWR, false);
	managed_inject(&g, CMIS_INJECT_RESET, 0, 0, 0);
	managed_run(&g, 5000);
	cr_expect_eq(managed_seen(&g)->module_state, CMIS_MODULE_LOW_PWR);
	for (unsigned lane = 0; lane < 32; lane++)
		cr_expect_eq(managed_lane(&g, lane).state, CMIS_DP_DEACTIVATED);
	managed_end(&g);
}
