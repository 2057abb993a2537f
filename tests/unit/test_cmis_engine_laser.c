/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/laser.c and what depends on it: lasers shared by engines, separate and joint.
 */
#include "tests/unit/cmis_host.h"

/* Each laser feeds four lanes of the engine from `first` on. */
static void feed(struct host *engine, struct host *els)
{
	for (unsigned lane = 0; lane < cmis_engine_lanes(engine->engine); lane++)
		cr_assert_eq(cmis_engine_feed(engine->engine, lane, els->engine, lane / 4), 0);
}

static void lasers_on(struct host *els)
{
	host_high_power(els);
	host_wait(50);
}

Test(laser, off_ramping_on)
{
	struct host els = host_start("els-16");

	cr_expect_eq(host_get(&els, 0, CMIS_ModuleFunctionType, 0), 1);
	cr_expect_eq(els.support.banks, 2);
	cr_expect_eq(cmis_engine_lasers(els.engine), 16);
	cr_expect_eq(host_get(&els, 1, CMIS_ElsLaneState, 3), CMIS_LASER_OFF, "low power");
	host_high_power(&els);
	cr_expect_eq(host_get(&els, 1, CMIS_ElsLaneState, 3), CMIS_LASER_RAMPING);
	cr_expect_eq(cmis_engine_laser_dbm(els.engine, 11), -40);
	host_wait(50);
	cr_expect_eq(host_get(&els, 1, CMIS_ElsLaneState, 3), CMIS_LASER_ON);
	cr_expect_float_eq(cmis_engine_laser_dbm(els.engine, 11), 20, 0.01);
	cr_expect_float_eq(host_value(&els, 1, CMIS_ElsPower, 3), 100, 0.1);
	cr_expect_float_eq(host_value(&els, 1, CMIS_ElsBias, 3), 300, 2);
	host_put_lanes(&els, 1, CMIS_ElsLaneEnable, 0xF7);
	cr_expect_eq(host_get(&els, 1, CMIS_ElsLaneState, 3), CMIS_LASER_OFF);
	cr_expect_eq(host_get(&els, 0, CMIS_ElsLaneState, 3), CMIS_LASER_ON, "another bank");
	cr_expect_eq(host_value(&els, 1, CMIS_ElsPower, 3), 0);
	host_end(&els);
}

Test(laser, lanes_without_one_are_dark)
{
	struct host h = host_start("cpx-6.4t");

	cr_expect(host_absent(&h, CMIS_TxBias), "the bias is told by the laser source");
	host_bring_up(&h);
	cr_expect_eq(host_lanes(&h, 0, CMIS_OutputStatusTx), 0);
	cr_expect_eq(host_lanes(&h, 0, CMIS_FailureFlagTx), 0xFF);
	host_end(&h);
}

Test(laser, one_that_fails_is_a_fault_of_all_it_feeds)
{
	struct host els = host_start("els-8"), a = host_start("cpx-6.4t"),
		    b = host_start("cpx-6.4t");
	struct cmis_injection fail = { CMIS_INJECT_LASER_FAIL, 0, 1 << 1 }; /* laser 2 */
	struct cmis_lane_output out;

	feed(&a, &els);
	feed(&b, &els);
	lasers_on(&els);
	host_bring_up(&a);
	host_bring_up(&b);
	cr_expect_eq(host_lanes(&a, 0, CMIS_OutputStatusTx), 0xFF);
	cmis_engine_lane(b.engine, 5, &out);
	cr_expect(out.tx_valid);
	cr_expect_float_eq(out.tx_dbm, 1, 0.1);
	host_lanes(&a, 0, CMIS_FailureFlagTx);
	cr_assert_eq(cmis_engine_inject(els.engine, &fail, NULL), 0);
	cr_expect_eq(host_lanes(&a, 0, CMIS_FailureFlagTx), 0xF0);
	cr_expect_eq(host_lanes(&b, 0, CMIS_OutputStatusTx), 0x0F);
	cr_expect_eq(host_lanes(&b, 1, CMIS_OutputStatusTx), 0xFF);
	cmis_engine_lane(b.engine, 5, &out);
	cr_expect(!out.tx_valid && out.state == CMIS_DP_ACTIVATED && out.tx_dbm == -40);
	cr_expect_eq(host_get(&els, 0, CMIS_ElsLaneFaultFlag, 1), 1);
	cr_expect_eq(host_get(&els, 0, CMIS_ElsLaneFaultCode, 1), 1);
	cr_expect_eq(host_get(&els, 0, CMIS_ElsPowerFlag, CMIS_LOW_ALARM * 8 + 1), 1);
	cr_expect(cmis_engine_interrupt(els.engine));
	cmis_engine_heal(els.engine, CMIS_INJECT_LASER_FAIL);
	host_wait(50);
	cr_expect_eq(host_lanes(&b, 0, CMIS_OutputStatusTx), 0xFF, "back by itself");
	host_end(&a);
	host_end(&b);
	host_end(&els);
}

Test(laser, a_weak_one_weakens_its_lanes)
{
	struct host els = host_start("els-8"), h = host_start("cpx-6.4t");
	struct cmis_injection drop = { CMIS_INJECT_LASER_DROP, 3.5, 1 };

	feed(&h, &els);
	lasers_on(&els);
	host_bring_up(&h);
	cmis_engine_inject(els.engine, &drop, NULL);
	cr_expect_eq(host_get(&h, 0, CMIS_TxPowerFlag, CMIS_LOW_WARNING * 8), 1);
	cr_expect_float_eq(host_value(&h, 0, CMIS_TxPower, 0), 0.562, 0.02);
	cr_expect_float_eq(host_value(&h, 0, CMIS_TxPower, 4), 1.26, 0.02);
	host_end(&h);
	host_end(&els);
}

Test(laser, joint_mode)
{
	struct host els = host_start("els-8"), h = host_start("cpx-6.4t");
	uint8_t own[CMIS_HALF], through[CMIS_HALF], zero = 0;

	host_page(&h, 0, 0xB4, through);
	cr_expect_eq(host_get(&h, 0, CMIS_PageSelect, 0), 0, "not joined");
	cmis_engine_join(h.engine, els.engine);
	lasers_on(&els);
	host_page(&els, 0, 0x1B, own);
	host_page(&h, 0, 0xB5, through);
	cr_expect_arr_eq(own, through, CMIS_HALF);
	host_page(&h, 0, 0xB1, through);
	cr_expect_eq(through[0], 0x22);
	host_write(&h, 0, 0xB4, 220, &zero, 1);
	cr_expect_eq(host_get(&els, 0, CMIS_ElsLaneState, 0), CMIS_LASER_OFF);
	cr_expect(cmis_engine_present(h.engine));
	cmis_engine_inject(els.engine, &(struct cmis_injection){ CMIS_INJECT_REMOVED }, NULL);
	cr_expect(!cmis_engine_present(h.engine), "port presence is that of the lasers");
	host_end(&h);
	host_end(&els);
}

Test(laser, removed_and_put_back)
{
	struct host els = host_start("els-8"), h = host_start("cpx-6.4t");

	feed(&h, &els);
	lasers_on(&els);
	host_bring_up(&h);
	cmis_engine_inject(els.engine, &(struct cmis_injection){ CMIS_INJECT_REMOVED }, NULL);
	for (unsigned b = 0; b < 4; b++)
		cr_expect_eq(host_lanes(&h, b, CMIS_OutputStatusTx), 0);
	cmis_engine_heal(els.engine, CMIS_INJECT_REMOVED);
	host_wait(20);
	lasers_on(&els);
	cr_expect_eq(host_lanes(&h, 3, CMIS_OutputStatusTx), 0xFF);
	cr_expect_eq(cmis_engine_feed(h.engine, 0, els.engine, 8), -ERANGE);
	cr_expect_eq(cmis_engine_feed(h.engine, 32, els.engine, 0), -ERANGE);
	host_end(&h);
	host_end(&els);
}
