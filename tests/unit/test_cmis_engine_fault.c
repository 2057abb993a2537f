/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/fault.c: each fault shows, and is gone when it is healed.
 */
#include "tests/unit/cmis_host.h"

static void inject(struct host *h, enum cmis_fault fault, double value, uint64_t lanes)
{
	struct cmis_injection what = { fault, value, lanes };
	struct err err = { "" };

	cr_assert_eq(cmis_engine_inject(h->engine, &what, &err), 0, "%s", err.text);
}

static int touch(struct host *h)
{
	uint8_t byte;

	return h->bus.read(h->bus.module, 0, &byte, 1);
}

Test(fault, names_and_ranges)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection what = { CMIS_INJECT_COUNT };
	struct err err = { "" };

	cr_expect_eq(cmis_fault_find("laser-fail"), CMIS_INJECT_LASER_FAIL);
	cr_expect_eq(cmis_fault_find("nonsense"), -ENOENT);
	cr_expect_str_eq(cmis_fault_name(CMIS_INJECT_NACK), "nack");
	cr_expect_null(cmis_fault_name(CMIS_INJECT_COUNT));
	cr_expect_eq(cmis_engine_inject(h.engine, &what, &err), -EINVAL);
	what = (struct cmis_injection){ CMIS_INJECT_CHECKSUM, 3 };
	cr_expect_eq(cmis_engine_inject(h.engine, &what, &err), -EINVAL);
	cr_expect_str_eq(err.text, "checksum: 3 is not within 0 and 2");
	host_end(&h);
}

Test(fault, nack_for_a_time)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection what = { CMIS_INJECT_NACK, .duration_ns = 50 * CMIS_MS };

	cmis_engine_inject(h.engine, &what, NULL);
	cr_expect_eq(touch(&h), -EREMOTEIO);
	host_wait(49);
	cr_expect_eq(touch(&h), -EREMOTEIO);
	host_wait(1);
	cr_expect_eq(touch(&h), 0);
	host_end(&h);
}

Test(fault, configuration)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	host_high_power(&h);
	inject(&h, CMIS_INJECT_CONFIG_STUCK, 0, 0xFF);
	cr_expect_eq(host_apply(&h, 0, 1, 1, 8), CMIS_CONFIG_IN_PROGRESS);
	host_wait(60000);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 0), CMIS_CONFIG_IN_PROGRESS);
	cr_expect_eq(host_apply(&h, 1, 1, 1, 8), CMIS_CONFIG_SUCCESS, "bank 1 is not hit");
	cmis_engine_heal(h.engine, CMIS_INJECT_CONFIG_STUCK);
	cr_expect_eq(host_get(&h, 0, CMIS_ConfigStatus, 0), CMIS_CONFIG_SUCCESS);
	inject(&h, CMIS_INJECT_REJECT_RELEASE, 0, 0);
	cr_expect_eq(host_apply(&h, 0, 0, 1, 8), CMIS_CONFIG_INVALID_APPSEL);
	inject(&h, CMIS_INJECT_NO_INIT_PENDING, 0, 0);
	cr_expect_eq(host_apply(&h, 2, 1, 1, 8), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_lanes(&h, 2, CMIS_DPInitPending), 0);
	inject(&h, CMIS_INJECT_EARLY_SUCCESS, 300, 0);
	cr_expect_eq(host_apply(&h, 3, 2, 1, 4), CMIS_CONFIG_SUCCESS);
	cr_expect_eq(host_get(&h, 3, CMIS_ACS_AppSel, 0), 1, "not yet true");
	host_wait(300);
	cr_expect_eq(host_get(&h, 3, CMIS_ACS_AppSel, 0), 2);
	host_end(&h);
}

Test(fault, init)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	host_high_power(&h);
	inject(&h, CMIS_INJECT_SLOW_INIT, 10, 0);
	inject(&h, CMIS_INJECT_INIT_STUCK, 0, 1ull << 8);
	host_put_lanes(&h, 0, CMIS_DPDeinit, 0);
	host_put_lanes(&h, 1, CMIS_DPDeinit, 0);
	host_wait(999);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_INIT);
	host_wait(1);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_INITIALIZED);
	host_wait(60000);
	cr_expect_eq(host_dp(&h, 1, 8), CMIS_DP_INIT);
	cmis_engine_heal(h.engine, CMIS_INJECT_INIT_STUCK);
	cr_expect_eq(host_dp(&h, 1, 8), CMIS_DP_INITIALIZED);
	host_end(&h);
}

Test(fault, flags)
{
	struct host h = host_start("oif-3.2t");
	uint8_t page[CMIS_HALF];

	host_bring_up(&h);
	host_page(&h, 0, 0x11, page);
	inject(&h, CMIS_INJECT_FLAG_STORM, 0, 0x02);
	for (unsigned i = 0; i < 5; i++) {
		host_wait(100);
		host_page(&h, 0, 0x11, page);
		for (unsigned byte = 134; byte <= 153; byte++)
			cr_expect_eq(page[byte - 128], 0x02, "%u", byte);
	}
	cmis_engine_heal(h.engine, CMIS_INJECT_FLAG_STORM);
	host_wait(100);
	host_page(&h, 0, 0x11, page);
	cr_expect_eq(page[147 - 128], 0);
	inject(&h, CMIS_INJECT_FW_MODULE, 0, 0);
	inject(&h, CMIS_INJECT_FW_DATA_PATH, 0, 0);
	h.bus.read(h.bus.module, 8, page, 1);
	cr_expect_eq(page[0] & 0x06, 0x06);
	inject(&h, CMIS_INJECT_RESERVED_BITS, 0, 0);
	h.bus.read(h.bus.module, 3, page, 1);
	cr_expect_eq(page[0] & 0xFE, 0xF6, "Ready, and bits that mean nothing");
	host_end(&h);
}

Test(fault, own_lasers)
{
	struct host h = host_start("oif-3.2t");

	host_bring_up(&h);
	inject(&h, CMIS_INJECT_LASER_FAIL, 0, 0x01);
	cr_expect_eq(host_lanes(&h, 0, CMIS_OutputStatusTx), 0xFE);
	cr_expect_eq(host_lanes(&h, 0, CMIS_FailureFlagTx) & 0x01, 0x01);
	inject(&h, CMIS_INJECT_TX_DROP, 3, 0x02);
	cr_expect_float_eq(host_value(&h, 0, CMIS_TxPower, 1), 0.63, 0.02);
	inject(&h, CMIS_INJECT_LASER_DROP, 3, 0x04);
	cr_expect_float_eq(host_value(&h, 0, CMIS_TxPower, 2), 0.63, 0.02);
	host_end(&h);
}

Test(fault, presence_and_reset)
{
	struct host h = host_start("oif-3.2t");
	uint8_t byte = 0;

	host_bring_up(&h);
	inject(&h, CMIS_INJECT_REMOVED, 0, 0);
	cr_expect_eq(touch(&h), -ENODEV);
	cr_expect(!cmis_engine_present(h.engine));
	cr_expect(!cmis_engine_interrupt(h.engine));
	host_wait(5000);
	cmis_engine_heal(h.engine, CMIS_INJECT_REMOVED);
	cr_expect_eq(touch(&h), -EREMOTEIO, "MgmtInit");
	host_wait(20);
	cr_expect_eq(host_state(&h), CMIS_MODULE_LOW_PWR);
	cr_expect_eq(host_lanes(&h, 0, CMIS_DPDeinit), 0);
	inject(&h, CMIS_INJECT_RESET, 0, 0);
	cr_expect_eq(touch(&h), -EREMOTEIO);
	host_wait(20);
	cr_expect_eq(touch(&h), 0);
	inject(&h, CMIS_INJECT_TORN, 0, 0);
	cr_expect_eq(h.bus.write(h.bus.module, 26, &byte, 1), -ENODEV);
	cr_expect(!cmis_engine_present(h.engine));
	host_end(&h);
}

Test(fault, wrong_bytes)
{
	struct host h = host_start("oif-3.2t");
	uint8_t good[CMIS_HALF], bad[CMIS_HALF], sum;
	unsigned wrong = 0;

	host_page(&h, 0, 0x00, good);
	inject(&h, CMIS_INJECT_CHECKSUM, 0, 0);
	host_page(&h, 0, 0x00, bad);
	cmis_checksum_of(0x00, bad, &sum);
	cr_expect_neq(bad[222 - 128], sum);
	cmis_engine_heal(h.engine, CMIS_INJECT_CHECKSUM);
	host_page(&h, 0, 0x00, bad);
	cr_expect_arr_eq(good, bad, CMIS_HALF);
	inject(&h, CMIS_INJECT_BUS_ERRORS, 50, 0);
	for (unsigned i = 0; i < 10; i++) {
		host_page(&h, 0, 0x00, bad);
		for (unsigned b = 0; b < CMIS_HALF; b++)
			wrong += bad[b] != good[b];
	}
	cr_expect_eq(wrong, 10 * CMIS_HALF / 50);
	cmis_engine_heal(h.engine, CMIS_INJECT_BUS_ERRORS);
	inject(&h, CMIS_INJECT_PAGE_CLEAR, 2, 0);
	host_select(&h, 0, 0x11);
	h.bus.read(h.bus.module, 128, bad, 1);
	cr_expect_eq(bad[0], 0x11);
	h.bus.read(h.bus.module, 128, bad, 1);
	cr_expect_eq(bad[0], 0x80, "page 00h, unasked");
	host_end(&h);
}

Test(fault, freeze)
{
	struct host h = host_start("oif-3.2t");

	inject(&h, CMIS_INJECT_FREEZE_STUCK, 0, 0);
	host_write1(&h, 0, 0x2F, 144, 0x80);
	host_wait(10000);
	cr_expect_eq(host_get(&h, 0, CMIS_FreezeDone, 0), 0);
	host_write1(&h, 0, 0x2F, 144, 0x00);
	host_wait(10);
	cr_expect_eq(host_get(&h, 0, CMIS_UnfreezeDone, 0), 1);
	host_end(&h);
}
