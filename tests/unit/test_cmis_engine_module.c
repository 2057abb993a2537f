/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/module.c: power, reset and faults of the module.
 */
#include "tests/unit/cmis_host.h"

Test(module, up_and_down_again)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	cr_expect_eq(host_state(&h), CMIS_MODULE_LOW_PWR);
	host_write1(&h, 0, CMIS_LOWER, 26, 0x00);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_UP);
	host_get(&h, 0, CMIS_ModuleStateChangedFlag, 0);
	host_wait(49);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_UP);
	cr_expect_eq(host_get(&h, 0, CMIS_ModuleStateChangedFlag, 0), 0, "not for a transient");
	host_wait(1);
	cr_expect_eq(host_state(&h), CMIS_MODULE_READY);
	cr_expect_eq(host_get(&h, 0, CMIS_ModuleStateChangedFlag, 0), 1);
	host_write1(&h, 0, CMIS_LOWER, 26, 0x10);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_DN);
	host_write1(&h, 0, CMIS_LOWER, 26, 0x00);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_DN, "PwrDn ends whatever is asked");
	host_wait(20);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_UP, "through LowPwr");
	host_write1(&h, 0, CMIS_LOWER, 26, 0x10);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_DN, "PwrUp turns at once");
	host_end(&h);
}

Test(module, the_pin_asks_only_while_it_is_allowed_to)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	cmis_engine_set_pin(h.engine, CMIS_PIN_LOW_PWR, false);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_UP);
	host_wait(50);
	cmis_engine_set_pin(h.engine, CMIS_PIN_LOW_PWR, true);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_DN);
	host_wait(20);
	host_write1(&h, 0, CMIS_LOWER, 26, 0x00); /* LowPwrAllowRequestHW */
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_UP);
	host_end(&h);
}

/* A host that clears low power without parking starts every lane of every bank. */
Test(module, a_naive_host_starts_everything)
{
	struct host h = host_start("oif-3.2t");

	host_high_power(&h);
	for (unsigned b = 0; b < 4; b++)
		for (unsigned l = 1; l <= 8; l++)
			cr_expect_eq(host_dp(&h, b, l), CMIS_DP_INIT);
	host_wait(100);
	cr_expect_eq(host_dp(&h, 3, 8), CMIS_DP_TX_TURN_ON, "no stop at Initialized");
	host_wait(20);
	cr_expect_eq(host_dp(&h, 3, 8), CMIS_DP_ACTIVATED);
	host_end(&h);
}

Test(module, low_power_waits_for_all_data_paths)
{
	struct host h = host_start("oif-3.2t");

	host_bring_up(&h);
	host_write1(&h, 0, CMIS_LOWER, 26, 0x10);
	cr_expect_eq(host_state(&h), CMIS_MODULE_READY);
	cr_expect_eq(host_dp(&h, 2, 1), CMIS_DP_TX_TURN_OFF);
	host_wait(10);
	cr_expect_eq(host_dp(&h, 2, 1), CMIS_DP_DEINIT);
	host_wait(20);
	cr_expect_eq(host_dp(&h, 2, 1), CMIS_DP_DEACTIVATED);
	cr_expect_eq(host_state(&h), CMIS_MODULE_PWR_DN);
	host_end(&h);
}

Test(module, resets)
{
	struct host h = host_start("oif-3.2t");
	uint8_t byte, reset = 0x08;

	host_bring_up(&h);
	cr_assert_eq(h.bus.write(h.bus.module, 26, &reset, 1), 0);
	cr_expect_eq(h.bus.read(h.bus.module, 0, &byte, 1), -EREMOTEIO, "MgmtInit");
	host_wait(20);
	cr_expect_eq(host_state(&h), CMIS_MODULE_LOW_PWR);
	cr_expect_eq(host_lanes(&h, 1, CMIS_DPDeinit), 0, "controls are back at their defaults");
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_DEACTIVATED);
	cmis_engine_set_pin(h.engine, CMIS_PIN_RESET, true);
	host_wait(5000);
	cr_expect_eq(h.bus.read(h.bus.module, 0, &byte, 1), -EREMOTEIO, "held in reset");
	cmis_engine_set_pin(h.engine, CMIS_PIN_RESET, false);
	host_wait(20);
	cr_expect_eq(host_state(&h), CMIS_MODULE_LOW_PWR);
	host_end(&h);
}

Test(module, fault_is_left_by_reset_only)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection fault = { CMIS_INJECT_MODULE_FAULT, CMIS_FAULT_TEC_RUNAWAY };
	struct cmis_lane_output out;

	host_bring_up(&h);
	cr_assert_eq(cmis_engine_inject(h.engine, &fault, NULL), 0);
	cr_expect_eq(host_state(&h), CMIS_MODULE_FAULT);
	cr_expect_eq(host_get(&h, 0, CMIS_ModuleFaultCause, 0), CMIS_FAULT_TEC_RUNAWAY);
	cmis_engine_lane(h.engine, 0, &out);
	cr_expect(!out.tx_valid);
	host_wait(100);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_DEACTIVATED);
	cmis_engine_heal(h.engine, CMIS_INJECT_MODULE_FAULT);
	host_wait(1000);
	cr_expect_eq(host_state(&h), CMIS_MODULE_FAULT);
	host_write1(&h, 0, CMIS_LOWER, 26, 0x48);
	host_wait(20);
	cr_expect_eq(host_state(&h), CMIS_MODULE_LOW_PWR);
	host_end(&h);
}

/* What happens depends on the clock, not on how often anybody looks. */
Test(module, looking_changes_nothing)
{
	struct host often = host_start("oif-3.2t"), once;
	uint8_t a[CMIS_HALF], b[CMIS_HALF];
	uint64_t start = host_now;

	host_high_power(&often);
	for (unsigned i = 0; i < 1000; i++) {
		host_wait(1);
		cmis_engine_advance(often.engine);
	}
	host_page(&often, 1, 0x11, a);
	host_now = start - 20 * CMIS_MS;
	once = host_start("oif-3.2t");
	cr_assert_eq(host_now, start);
	host_high_power(&once);
	host_wait(1000);
	host_page(&once, 1, 0x11, b);
	cr_expect_arr_eq(a, b, CMIS_HALF);
	cr_expect_gt(cmis_engine_next(once.engine), host_now);
	host_end(&often);
	host_end(&once);
}
