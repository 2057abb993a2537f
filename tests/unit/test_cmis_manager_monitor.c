/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/manager: monitors, flags and VDM, and what reading them costs.
 */
#include <math.h>

#include "lib/cmis/vdm.h"
#include "tests/unit/cmis_managed.h"

static void start_up(struct managed *g, bool statistics)
{
	struct cmis_manager_settings s = { .statistics = statistics };

	managed_start(g, "oif-3.2t");
	cmis_manager_destroy(g->manager);
	managed_settings(g, &s);
	cr_assert_eq(cmis_manager_create(&g->manager, &s), 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(g, b, 8);
	managed_until_up(g, 4, 5000);
	managed_run(g, 3000);
}

Test(manager_monitor, dom)
{
	struct managed g;

	start_up(&g, false);
	cr_expect_float_eq(managed_seen(&g)->temperature, 48.2, 1);
	cr_expect_float_eq(managed_seen(&g)->vcc, 3.3, 0.05);
	for (unsigned b = 0; b < 4; b++)
		for (unsigned l = 0; l < 8; l++) {
			const struct cmis_lane_seen *s = &cmis_manager_bank(g.manager, b)->lane[l];

			cr_expect_float_eq(s->tx_mw, 1.26, 0.1);
			cr_expect_float_eq(s->rx_mw, 0.63, 0.1);
			cr_expect_float_eq(s->bias_ma, 40, 2);
			cr_expect(s->tx_valid && s->rx_valid);
		}
	managed_end(&g);
}

/* Each bank has its own values. */
Test(manager_monitor, vdm_of_each_bank)
{
	struct managed g;
	double ber, sick, min;

	start_up(&g, false);
	managed_inject(&g, CMIS_INJECT_RX_DROP, 2, 1ull << 19, 0);
	managed_run(&g, 3000);
	cr_assert_eq(cmis_manager_vdm(g.manager, 0, CMIS_VDM_PreFECBERMedia, 4, &ber), 0);
	cr_assert_eq(cmis_manager_vdm(g.manager, 2, CMIS_VDM_PreFECBERMedia, 4, &sick), 0);
	cr_expect_gt(sick, 100 * ber);
	cr_expect_eq(cmis_manager_vdm(g.manager, 0, CMIS_VDM_PreFECBERMinMedia, 4, &min), -ENODATA);
	cr_expect_eq(cmis_manager_vdm(g.manager, 0, CMIS_VDM_PreFECBERMedia, 9, &min), -ENODATA);
	cr_expect_eq(cmis_manager_vdm(g.manager, 9, CMIS_VDM_PreFECBERMedia, 1, &min), -ENODATA);
	managed_end(&g);
}

Test(manager_monitor, statistics_by_freeze)
{
	struct managed g;
	double min, max;

	start_up(&g, true);
	cr_assert_eq(cmis_manager_vdm(g.manager, 1, CMIS_VDM_PreFECBERMinMedia, 1, &min), 0);
	cr_assert_eq(cmis_manager_vdm(g.manager, 1, CMIS_VDM_PreFECBERMaxMedia, 1, &max), 0);
	cr_expect_gt(min, 0);
	cr_expect_geq(max, min);
	for (unsigned b = 0; b < 4; b++)
		cr_expect_eq(host_get(&g.host, b, CMIS_FreezeRequest, 0), 0, "taken back");
	managed_inject(&g, CMIS_INJECT_FREEZE_STUCK, 0, 0, 0);
	managed_run(&g, 5000);
	cr_expect_neq(g.notes, 1);
	cr_expect_not_null(strstr(g.note, "FreezeDone did not come"), "%s", g.note);
	cmis_engine_heal(g.host.engine, CMIS_INJECT_FREEZE_STUCK);
	managed_run(&g, 500);
	managed_end(&g);
}

Test(manager_monitor, flags_are_counted)
{
	struct managed g;
	struct cmis_flag_seen f;
	struct cmis_lane_input in;
	uint64_t before;

	start_up(&g, false);
	cr_assert_eq(cmis_manager_flag(g.manager, 1, CMIS_LOSFlagRx, 2, &f), 0);
	cr_expect_not(f.up);
	cr_expect_eq(f.count, 0);
	cmis_engine_get_input(g.host.engine, 10, &in);
	in.rx_dbm = -40;
	cmis_engine_set_input(g.host.engine, 10, &in);
	before = host_now;
	managed_run(&g, 5000);
	cmis_manager_flag(g.manager, 1, CMIS_LOSFlagRx, 2, &f);
	cr_expect(f.up);
	cr_expect_eq(f.count, 1, "once, however often it was read: %u", f.count);
	cr_expect_leq(f.set_ns - before, 300 * CMIS_MS);
	cr_expect_eq(f.clear_ns, 0);
	in.rx_dbm = -2;
	cmis_engine_set_input(g.host.engine, 10, &in);
	before = host_now;
	managed_run(&g, 3000);
	cmis_manager_flag(g.manager, 1, CMIS_LOSFlagRx, 2, &f);
	cr_expect_not(f.up);
	cr_expect_eq(f.count, 1);
	cr_expect_geq(f.clear_ns, before);
	cmis_manager_flag(g.manager, 1, CMIS_LOSFlagRx, 3, &f);
	cr_expect_eq(f.count, 0, "its neighbour");
	cr_expect_eq(cmis_manager_flag(g.manager, 1, CMIS_DPState, 0, &f), -ENODATA);
	cr_expect_eq(cmis_manager_flag(g.manager, 8, CMIS_LOSFlagRx, 0, &f), -ENODATA);
	managed_end(&g);
}

Test(manager_monitor, flags_of_the_module)
{
	struct managed g;
	struct cmis_flag_seen f;

	start_up(&g, false);
	managed_inject(&g, CMIS_INJECT_FW_MODULE, 0, 0, 2000);
	managed_inject(&g, CMIS_INJECT_FW_DATA_PATH, 0, 0, 0);
	managed_run(&g, 1000);
	cmis_manager_flag(g.manager, 0, CMIS_ModuleFirmwareErrorFlag, 0, &f);
	cr_expect(f.up);
	managed_run(&g, 3000);
	cmis_manager_flag(g.manager, 0, CMIS_ModuleFirmwareErrorFlag, 0, &f);
	cr_expect_not(f.up);
	cr_expect_eq(f.count, 1);
	cmis_manager_flag(g.manager, 0, CMIS_DataPathFirmwareErrorFlag, 0, &f);
	cr_expect(f.up);
	managed_end(&g);
}

Test(manager_monitor, flag_storm)
{
	struct managed g;
	unsigned flags;
	uint64_t before;

	start_up(&g, false);
	managed_inject(&g, CMIS_INJECT_FLAG_STORM, 0, 0, 0);
	managed_run(&g, 1000);
	flags = g.flags;
	before = managed_transactions(&g);
	managed_run(&g, 10000);
	cr_expect_eq(g.flags, flags, "each is told once");
	cr_expect_leq(managed_transactions(&g) - before, 10000);
	cr_expect_eq(managed_up(&g), 4);
	managed_end(&g);
}

Test(manager_monitor, what_it_costs)
{
	struct managed g;
	uint64_t before;
	double a_second;

	start_up(&g, false);
	before = managed_transactions(&g);
	managed_run(&g, 10000);
	a_second = (double)(managed_transactions(&g) - before) / 10;
	cr_log_info("32 lanes: %.0f transactions a second", a_second);
	cr_expect_leq(a_second, 100);
	managed_end(&g);
}

Test(manager_monitor, within_its_allowance)
{
	struct cmis_manager_settings s = { .monitor_rate = 20 };
	struct managed g;
	uint64_t before;

	managed_start(&g, "oif-3.2t");
	cmis_manager_destroy(g.manager);
	managed_settings(&g, &s);
	cr_assert_eq(cmis_manager_create(&g.manager, &s), 0);
	for (unsigned b = 0; b < 4; b++)
		managed_want(&g, b, 8);
	managed_until_up(&g, 4, 5000);
	managed_run(&g, 5000);
	before = managed_transactions(&g);
	managed_run(&g, 10000);
	/* lower memory is read ten times a second besides */
	cr_expect_leq(managed_transactions(&g) - before, 10 * (20 + 10) + 40);
	managed_end(&g);
}

/* A dump takes no flag away, and nobody else writes what the manager decides. */
Test(manager_monitor, registers_for_others)
{
	struct managed g;
	struct cmis_flag_seen f;
	uint8_t half[CMIS_HALF], on = 0x01;
	uint64_t bits;

	managed_start(&g, "oif-3.2t");
	cr_expect_eq(cmis_manager_read(g.manager, 0, 0x00, half), -ENODEV);
	cmis_manager_destroy(g.manager);
	cmis_engine_destroy(g.host.engine);
	start_up(&g, false);
	managed_inject(&g, CMIS_INJECT_FLAG_STORM, 0, 1ull << 9, 100);
	host_wait(100);
	cr_assert_eq(cmis_manager_read(g.manager, 1, 0x11, half), 0);
	cmis_manager_flag(g.manager, 1, CMIS_LOSFlagTx, 1, &f);
	cr_expect_eq(f.count, 1);
	cr_expect_eq(cmis_manager_read(g.manager, 0, CMIS_LOWER, half), 0);
	cr_expect_eq(half[0], CMIS_CPO);
	cr_expect_eq(cmis_manager_read(g.manager, 4, 0x11, half), -ENODATA);
	cr_expect_eq(cmis_manager_read(g.manager, 1, 0x00, half), -ENODATA);
	cr_expect_eq(cmis_manager_read(g.manager, 0, 0x12, half), -ENODATA);
	cr_expect_eq(cmis_manager_write(g.manager, 2, 0x13, 183, &on, 1), 0);
	cr_expect_eq(managed_lane(&g, 16).loopback, CMIS_LOOPBACK_HOST_INPUT);
	cr_expect_eq(cmis_manager_write(g.manager, 2, 0x10, 128, &on, 1), -EPERM);
	cr_expect_eq(cmis_manager_write(g.manager, 0, CMIS_LOWER, 26, &on, 1), -EPERM);
	cr_expect_eq(cmis_manager_write(g.manager, 0, CMIS_LOWER, 24, half, 8), -EPERM);
	cr_expect_eq(cmis_manager_write(g.manager, 0, CMIS_LOWER, 31, &on, 1), 0);
	cr_expect_eq(cmis_manager_write(g.manager, 2, 0x13, 250, half, 8), -EINVAL);
	cmis_manager_read(g.manager, 0, CMIS_LOWER, half);
	cr_expect_eq(cmis_get(CMIS_ModuleFlagMask, 0, half, CMIS_HALF, &bits), 0);
	cr_expect_eq(bits, 1);
	managed_end(&g);
}

/* The summary tells of flags that come, not of those that went. */
Test(manager_monitor, vdm_flag_goes)
{
	struct managed g;
	struct cmis_flag_seen flag;
	unsigned slot = 2 * CMIS_LANES + 3; /* pre-FEC BER of lane 4 */

	start_up(&g, false);
	managed_inject(&g, CMIS_INJECT_RX_DROP, 3, 1ull << 19, 0);
	managed_run(&g, 3000);
	cr_assert_eq(cmis_manager_flag(g.manager, 2, CMIS_VDMFlag, slot * CMIS_LEVELS, &flag), 0);
	cr_expect(flag.up);
	cmis_engine_heal(g.host.engine, CMIS_INJECT_RX_DROP);
	managed_run(&g, 3000);
	cr_assert_eq(cmis_manager_flag(g.manager, 2, CMIS_VDMFlag, slot * CMIS_LEVELS, &flag), 0);
	cr_expect(!flag.up && flag.clear_ns > flag.set_ns);
	managed_end(&g);
}
