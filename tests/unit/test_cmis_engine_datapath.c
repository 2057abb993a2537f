/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/datapath.c, configure.c: bring-up as a correct host does it, breakouts, every
 * reason to refuse a configuration.
 */
#include "tests/unit/cmis_host.h"

Test(datapath, a_correct_host_brings_up_one_port)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_lane_output out;

	host_park(&h);
	host_high_power(&h);
	host_wait(1000);
	for (unsigned b = 0; b < 4; b++)
		cr_expect_eq(host_dp(&h, b, 1), CMIS_DP_DEACTIVATED, "parked");
	cr_expect_eq(host_apply(&h, 1, 1, 1, 8), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_lanes(&h, 1, CMIS_DPInitPending), 0xFF, "visible until DPInit");
	host_lanes(&h, 1, CMIS_DPStateChangedFlag);
	host_put_lanes(&h, 1, CMIS_DPDeinit, 0);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_INIT);
	cr_expect_eq(host_lanes(&h, 1, CMIS_DPInitPending), 0);
	cr_expect_eq(host_lanes(&h, 1, CMIS_DPStateChangedFlag), 0, "not for a transient");
	host_wait(99);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_INIT);
	host_wait(1);
	cr_expect_eq(host_dp(&h, 1, 8), CMIS_DP_INITIALIZED);
	cr_expect_eq(host_lanes(&h, 1, CMIS_DPStateChangedFlag), 0xFF);
	host_wait(1000);
	cr_expect_eq(host_dp(&h, 1, 8), CMIS_DP_INITIALIZED, "OutputDisableTx holds it");
	cr_expect_eq(host_lanes(&h, 1, CMIS_OutputStatusTx), 0);
	host_put_lanes(&h, 1, CMIS_OutputDisableTx, 0);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_TX_TURN_ON);
	host_wait(20);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_ACTIVATED);
	cr_expect_eq(host_lanes(&h, 1, CMIS_OutputStatusTx), 0xFF);
	cr_expect_eq(host_lanes(&h, 1, CMIS_OutputStatusRx), 0xFF);
	cmis_engine_lane(h.engine, 8, &out);
	cr_expect(out.tx_valid && out.rx_valid && out.path_first == 0 && out.path_lanes == 8);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_DEACTIVATED, "neighbours are left alone");
	host_put_lanes(&h, 1, CMIS_OutputDisableTx, 0x10);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_TX_TURN_OFF, "one lane stops the path");
	host_wait(10);
	host_put_lanes(&h, 1, CMIS_DPDeinit, 0x80);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_DEINIT);
	host_wait(20);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_DEACTIVATED);
	host_end(&h);
}

Test(datapath, init_turns_back)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	host_high_power(&h);
	host_put_lanes(&h, 0, CMIS_DPDeinit, 0);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_INIT);
	host_put_lanes(&h, 0, CMIS_DPDeinit, 0x01);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_DEINIT);
	host_end(&h);
}

/* 800G to 2 x 400G to 8 x 100G and back, while the other banks carry on. */
Test(datapath, breakouts)
{
	static const struct {
		unsigned app, lanes;
	} shapes[] = { { 2, 4 }, { 3, 1 }, { 1, 8 } };
	struct host h = host_start("oif-3.2t");

	host_bring_up(&h);
	for (unsigned b = 0; b < 4; b++)
		host_lanes(&h, b, CMIS_DPStateChangedFlag);
	for (unsigned s = 0; s < 3; s++) {
		unsigned n = shapes[s].lanes;

		host_put_lanes(&h, 1, CMIS_OutputDisableTx, 0xFF);
		host_put_lanes(&h, 1, CMIS_DPDeinit, 0xFF);
		host_wait(30);
		for (unsigned l = 1; l <= 8; l += n)
			cr_assert_eq(host_apply(&h, 1, shapes[s].app, l, n), CMIS_CONFIG_SUCCESS);
		host_activate(&h, 1, 0xFF);
		for (unsigned l = 1; l <= 8; l++) {
			struct cmis_lane_output out;

			cr_expect_eq(host_dp(&h, 1, l), CMIS_DP_ACTIVATED);
			cr_expect_eq(host_get(&h, 1, CMIS_ACS_AppSel, l - 1), shapes[s].app);
			cmis_engine_lane(h.engine, 7 + l, &out);
			cr_expect(out.path_lanes == n && out.path_first == (l - 1) / n * n);
		}
	}
	for (unsigned b = 0; b < 4; b++)
		cr_expect_eq(host_lanes(&h, b, CMIS_DPStateChangedFlag), b == 1 ? 0xFF : 0);
	host_end(&h);
}

Test(datapath, paths_of_one_bank_are_independent)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	host_high_power(&h);
	cr_assert_eq(host_apply(&h, 0, 2, 1, 4), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_get(&h, 0, CMIS_ACS_AppSel, 7), 0, "the rest of the old path is free");
	cr_assert_eq(host_apply(&h, 0, 3, 5, 1), CMIS_CONFIG_SUCCESS);
	host_activate(&h, 0, 0x1F);
	for (unsigned l = 1; l <= 8; l++)
		cr_expect_eq(host_dp(&h, 0, l), l <= 5 ? CMIS_DP_ACTIVATED : CMIS_DP_DEACTIVATED);
	host_put_lanes(&h, 0, CMIS_DPDeinit, 0x01);
	host_wait(30);
	cr_expect_eq(host_dp(&h, 0, 4), CMIS_DP_DEACTIVATED, "all lanes of a path move together");
	cr_expect_eq(host_dp(&h, 0, 5), CMIS_DP_ACTIVATED);
	host_end(&h);
}

Test(configure, every_reason)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	host_high_power(&h);
	cr_expect_eq(host_apply(&h, 0, 5, 1, 1), CMIS_CONFIG_INVALID_APPSEL);
	cr_expect_eq(host_apply(&h, 0, 2, 2, 4), CMIS_CONFIG_INVALID_DATA_PATH, "lane 2");
	cr_expect_eq(host_apply(&h, 0, 2, 5, 1), CMIS_CONFIG_INVALID_DATA_PATH, "one of four");
	cr_expect_eq(host_get(&h, 0, CMIS_ACS_AppSel, 4), 1, "refusing changes nothing");
	cr_assert_eq(host_apply(&h, 0, 1, 1, 8), CMIS_CONFIG_SUCCESS);
	host_write1(&h, 0, 0x10, 143, 0x0F);
	host_wait(5);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 0), CMIS_CONFIG_PARTIAL_DATA_PATH);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 7), CMIS_CONFIG_SUCCESS, "not asked");
	host_activate(&h, 0, 0xFF);
	cr_expect_eq(host_apply(&h, 0, 2, 1, 4), CMIS_CONFIG_LANE_IN_USE);
	cr_expect_eq(host_apply(&h, 0, 0, 1, 8), CMIS_CONFIG_LANE_IN_USE, "release");
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_ACTIVATED);
	cr_expect_eq(host_apply(&h, 1, 0, 1, 8), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_get(&h, 1, CMIS_ACS_AppSel, 0), 0);
	cr_expect_eq(host_lanes(&h, 1, CMIS_DPInitPending), 0, "nothing to initialise");
	host_put_lanes(&h, 1, CMIS_DPDeinit, 0);
	host_wait(1000);
	cr_expect_eq(host_dp(&h, 1, 1), CMIS_DP_DEACTIVATED, "released lanes stay");
	host_end(&h);
}

Test(configure, signal_integrity)
{
	struct host h = host_start("oif-3.2t");
	uint8_t app[8];

	host_park(&h);
	memset(app, 0x11, 8); /* ExplicitControl */
	host_write(&h, 0, 0x10, 145, app, 8);
	host_write1(&h, 0, 0x10, 162, 0x03);
	host_write1(&h, 0, 0x10, 143, 0xFF);
	host_wait(5);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 0), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_get(&h, 0, CMIS_ACS_OutputEqPreCursorRx, 0), 3);
	host_write1(&h, 0, 0x10, 162, 0x08);
	host_write1(&h, 0, 0x10, 143, 0xFF);
	host_wait(5);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 7), CMIS_CONFIG_INVALID_SI);
	cr_expect_eq(host_get(&h, 0, CMIS_ACS_OutputEqPreCursorRx, 0), 3);
	host_end(&h);
}

Test(configure, triggers)
{
	struct host h = host_start("oif-3.2t");
	const uint8_t both[2] = { 0xFF, 0x00 };
	uint8_t byte;

	host_park(&h);
	host_write(&h, 0, 0x10, 143, both, 2);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 0), 0, "single-byte writes only");
	host_write1(&h, 0, 0x10, 143, 0xFF);
	cr_assert_eq(h.bus.read(h.bus.module, 143, &byte, 1), 0);
	cr_expect_eq(byte, 0, "reads 0");
	host_wait(4);
	host_write1(&h, 0, 0x10, 152, 0xF0);
	host_write1(&h, 0, 0x10, 143, 0x80); /* in progress: ignored */
	host_wait(1);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 7), CMIS_CONFIG_SUCCESS,
		     "as staged when it was triggered");
	cr_expect_eq(host_get(&h, 0, CMIS_ACS_AppSel, 7), 1);
	host_end(&h);
}

Test(configure, immediate)
{
	struct host h = host_start("cpx-6.4t");

	host_park(&h);
	host_high_power(&h);
	host_write1(&h, 0, 0x10, 144, 0xFF);
	host_wait(5);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 0), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_lanes(&h, 0, CMIS_DPInitPending), 0);
	host_end(&h);
}
