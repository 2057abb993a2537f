/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager: to where it is wanted, and not more than that.
 */
#include <math.h>

#include "tests/unit/cmis_managed.h"

Test(manager, sixty_four_lanes)
{
	struct managed g;
	unsigned ms;

	managed_start(&g, "bailly-6.4t");
	for (unsigned b = 0; b < 8; b++)
		managed_want(&g, b, 8);
	ms = managed_until_up(&g, 8, 60000);
	cr_expect_eq(managed_up(&g), 8);
	cr_log_info("64 lanes: up after %u ms of engine time, %llu transactions", ms,
		    (unsigned long long)managed_transactions(&g));
	cr_expect_leq(ms, 600);
	cr_expect_leq(managed_transactions(&g), 1500);
	for (unsigned l = 0; l < 64; l++)
		cr_expect_eq(managed_lane(&g, l).state, CMIS_DP_ACTIVATED, "lane %u", l);
	cr_expect_str_eq(managed_seen(&g)->part, "BAILLY-6.4T-FR4");
	cr_expect_eq(managed_seen(&g)->reason, CMIS_REASON_NONE);
	cr_expect_eq(managed_seen(&g)->counters.failures, 0);
	managed_end(&g);
}

Test(manager, many_small_ports)
{
	struct managed g;
	unsigned ms;

	managed_start(&g, "bailly-6.4t");
	for (unsigned b = 0; b < 8; b++)
		managed_want(&g, b, 1);
	ms = managed_until_up(&g, 64, 60000);
	cr_expect_eq(managed_up(&g), 64);
	cr_expect_leq(ms, 1000);
	cr_log_info("64 ports of a lane: up after %u ms of engine time, %llu transactions", ms,
		    (unsigned long long)managed_transactions(&g));
	managed_end(&g);
}

/* DPDeinit is 0 after a reset: whoever clears low power starts all lanes, unless they are parked.
 */
Test(manager, lanes_of_no_port_never_start)
{
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_want(&g, 1, 4);
	for (unsigned i = 0; i < 1000; i++) {
		managed_run(&g, 1);
		for (unsigned l = 0; l < 32; l++)
			if (l / 8 != 1)
				cr_assert_eq(managed_lane(&g, l).state, CMIS_DP_DEACTIVATED);
	}
	cr_expect_eq(managed_up(&g), 2);
	managed_end(&g);
}

Test(manager, breakout_leaves_neighbours_alone)
{
	static const unsigned shapes[] = { 4, 1, 4, 8 };
	struct managed g;
	uint8_t before[4][2][CMIS_HALF], after[CMIS_HALF];

	managed_start(&g, "oif-3.2t");
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 5000);
	for (unsigned b = 0; b < 4; b++)
		for (unsigned page = 0x10; page <= 0x11; page++)
			host_page(&g.host, b, page, before[b][page - 0x10]);
	for (unsigned s = 0; s < 4; s++) {
		unsigned ports = 3 + 8 / shapes[s];
		uint64_t end;

		managed_want(&g, 1, shapes[s]);
		end = host_now + 5000 * CMIS_MS;
		while (host_now < end && managed_up(&g) < ports) {
			managed_run(&g, 1);
			for (unsigned l = 0; l < 32; l++)
				if (l / 8 != 1)
					cr_assert_eq(managed_lane(&g, l).state, CMIS_DP_ACTIVATED);
		}
		cr_expect_eq(managed_up(&g), ports, "%u lanes a port", shapes[s]);
		cr_expect_eq(managed_lane(&g, 8).path_lanes, shapes[s]);
	}
	for (unsigned b = 0; b < 4; b++) {
		host_page(&g.host, b, 0x10, after);
		cr_expect_arr_eq(after, before[b][0], 17, "controls of bank %u", b);
		host_page(&g.host, b, 0x11, after);
		cr_expect_arr_eq(after, before[b][1], 6, "states of bank %u", b);
		cr_expect_arr_eq(after + 74, before[b][1] + 74, 12, "sets of bank %u", b);
		cr_expect_eq(managed_port(&g, b, 0)->ups, 1);
	}
	managed_end(&g);
}

/* Half of a bank stays as it is when the other half is cut anew. */
Test(manager, only_what_overlaps)
{
	static const struct cmis_port_wish cut[] = { { 0, 4 }, { 4, 1 }, { 5, 1 }, { 6, 1 } };
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_want(&g, 0, 4);
	managed_until_up(&g, 2, 5000);
	cmis_manager_want(g.manager, 0, cut, 4, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		managed_run(&g, 1);
		cr_assert_eq(managed_lane(&g, 0).state, CMIS_DP_ACTIVATED);
		cr_assert(managed_lane(&g, 3).tx_valid);
	}
	cr_expect_eq(managed_up(&g), 4);
	cr_expect_eq(managed_lane(&g, 7).state, CMIS_DP_DEACTIVATED, "of no port any more");
	cr_expect_eq(managed_port(&g, 0, 0)->ups, 1);
	managed_end(&g);
}

/* A manager that starts on a running engine writes nothing that matters. */
Test(manager, takes_over_what_is_right)
{
	struct cmis_manager_settings s = { .monitor_ns = 0 };
	struct managed g;

	managed_start(&g, "oif-3.2t");
	managed_want(&g, 2, 4);
	managed_until_up(&g, 2, 5000);
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &s);
	cr_assert_eq(cmis_manager_create(&g.manager, &s), 0);
	managed_want(&g, 2, 4);
	for (unsigned i = 0; i < 500; i++) {
		managed_run(&g, 1);
		cr_assert_eq(managed_lane(&g, 16).state, CMIS_DP_ACTIVATED);
		cr_assert_eq(managed_lane(&g, 20).state, CMIS_DP_ACTIVATED);
	}
	cr_expect_eq(managed_up(&g), 2);
	managed_end(&g);
}

/* Beside the package instead of on it: other applications, the same registers. */
Test(manager, near_package)
{
	struct managed g;
	struct cmis_application a;

	managed_start(&g, "npo-3.2t");
	cr_expect_eq(cmis_engine_profile(g.host.engine)->kind, CMIS_KIND_NPO);
	cr_expect_eq(cmis_engine_lanes(g.host.engine), 32u);
	managed_want(&g, 0, 8);
	managed_want(&g, 1, 4);
	managed_want(&g, 2, 1);
	cr_expect_lt(managed_until_up(&g, 11, 5000), 1000);
	cr_expect_eq(managed_up(&g), 11);
	managed_run(&g, 2000);
	cr_expect_float_eq(cmis_manager_bank(g.manager, 0)->lane[0].rx_mw, 0.63, 0.1);
	cr_assert_eq(cmis_application(&a, managed_port(&g, 1, 0)->app,
				      (const uint8_t[CMIS_HALF]){
					      [86] = 82, 0x56, 0x88, 1, 80, 0x1C, 0x44, 0x11 },
				      CMIS_HALF, NULL, 0),
		     0);
	cr_expect_str_eq(cmis_name(CMIS_TYPE_HOSTIF, a.host_id), "400GAUI-4-L");
	managed_end(&g);
}

Test(manager, flat_copper)
{
	struct managed g;

	managed_start(&g, "cpc-passive");
	managed_want(&g, 0, 8);
	managed_want(&g, 3, 2);
	managed_run(&g, 1000);
	cr_expect_eq(managed_up(&g), 5);
	cr_expect_str_eq(managed_seen(&g)->part, "CPC-1M");
	cr_expect(isnan(managed_seen(&g)->temperature));
	cr_expect(isnan(cmis_manager_bank(g.manager, 0)->lane[0].tx_mw));
	cr_expect_null(cmis_manager_page(g.manager, 1));
	managed_inject(&g, CMIS_INJECT_REMOVED, 0, 0, 0);
	managed_run(&g, 1000);
	cr_expect_eq(managed_port(&g, 0, 0)->reason, CMIS_REASON_ABSENT);
	managed_end(&g);
}

Test(manager, active_copper)
{
	struct managed g;

	managed_start(&g, "cpc-active");
	managed_want(&g, 0, 8);
	managed_run(&g, 2000);
	cr_expect_eq(managed_up(&g), 1);
	cr_expect_not(isnan(managed_seen(&g)->temperature));
	cr_expect(isnan(cmis_manager_bank(g.manager, 0)->lane[0].rx_mw));
	managed_end(&g);
}

Test(manager, wishes_that_cannot_be)
{
	static const struct cmis_port_wish three = { 0, 3 }, beyond = { 6, 4 },
					   twice[] = { { 0, 4 }, { 2, 2 } }, two = { 0, 2 };
	struct managed g;
	struct err err = { "" };

	managed_start(&g, "oif-3.2t");
	cr_expect_eq(cmis_manager_want(g.manager, 0, &three, 1, &err), -EINVAL);
	cr_expect_eq(cmis_manager_want(g.manager, 0, &beyond, 1, &err), -EINVAL);
	cr_expect_eq(cmis_manager_want(g.manager, 0, twice, 2, &err), -EINVAL);
	cr_expect_str_eq(err.text, "oe0 bank 0: two ports want lane 3");
	cr_expect_eq(cmis_manager_want(g.manager, 8, NULL, 0, &err), -EINVAL);
	cr_expect_eq(cmis_manager_want(g.manager, 0, &two, 1, &err), 0);
	managed_run(&g, 1000);
	cr_expect_eq(managed_port(&g, 0, 0)->reason, CMIS_REASON_NO_APPLICATION);
	managed_want(&g, 6, 8);
	managed_run(&g, 1000);
	cr_expect_eq(managed_port(&g, 6, 0)->reason, CMIS_REASON_NO_APPLICATION);
	managed_end(&g);
}

Test(manager, names_of_reasons)
{
	for (unsigned r = 0; r < CMIS_REASON_COUNT; r++) {
		cr_expect_gt(strlen(cmis_reason_name(r)), 0u);
		cr_expect_gt(strlen(cmis_reason_text(r)), 0u);
	}
	cr_expect_str_eq(cmis_reason_name(CMIS_REASON_LANE_IN_USE), "config_rejected_lane_in_use");
	cr_expect_str_eq(cmis_reason_name(CMIS_REASON_COUNT), "?");
}
