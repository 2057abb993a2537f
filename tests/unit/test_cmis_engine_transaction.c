/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/transaction.c, registers.c, image.c: how a host reaches an emulated module.
 */
#include "tests/unit/cmis_host.h"

Test(transaction, the_image_is_that_of_a_32_lane_engine)
{
	struct host h = host_start("oif-3.2t");
	uint8_t p[CMIS_HALF], sum;

	host_page(&h, 0, CMIS_LOWER, p);
	cr_expect(p[0] == 0x80 && p[1] == 0x52 && p[2] == 0x44 && p[26] == 0x40 && p[85] == 2);
	cr_expect_eq(p[3] & 0x0E, CMIS_MODULE_LOW_PWR << 1);
	cr_expect_arr_eq(p + 86, "\x51\x56\x88\x01\x4F\x1C\x44\x11\x4B\x14\x11\xFF\xFF\0\0\0", 16);
	host_page(&h, 0, 0x01, p);
	cr_expect_eq(p[142 - 128], 0x62);
	cr_expect_eq(p[144 - 128], 0x55);
	cr_expect_eq(p[167 - 128], 0x55);
	cr_expect_eq(p[168 - 128], 0x44);
	cr_expect_eq(p[159 - 128], 0x0B);
	cr_expect_eq(p[160 - 128], 0x07);
	cr_expect_arr_eq(p + (176 - 128), "\x01\x11\xFF", 3);
	for (unsigned page = 0; page <= 2; page++) {
		host_page(&h, 0, page, p);
		cr_expect_eq(p[cmis_checksum_of(page, p, &sum) % 128], sum, "page %02Xh", page);
	}
	for (unsigned b = 0; b < 4; b++) {
		host_page(&h, b, 0x11, p);
		cr_expect_arr_eq(p, "\x11\x11\x11\x11", 4, "Deactivated from the first moment");
		cr_expect_arr_eq(p + (206 - 128), "\x10\x10\x10\x10\x10\x10\x10\x10", 8);
		host_page(&h, b, 0x10, p);
		cr_expect_arr_eq(p + (145 - 128), "\x10\x10\x10\x10\x10\x10\x10\x10", 8);
		cr_expect(p[0] == 0 && p[2] == 0, "DPDeinit powers up as 0");
		host_page(&h, b, 0x13, p);
		cr_expect_eq(p[0], 0x7F);
	}
	host_end(&h);
}

Test(transaction, a_bank_alone_waits_for_the_page)
{
	struct host h = host_start("oif-3.2t");
	uint8_t two = 2, page = 0x10, lanes;

	host_put_lanes(&h, 0, CMIS_DPDeinit, 0x01); /* bank 0, page 10h are selected */
	cr_assert_eq(h.bus.write(h.bus.module, 126, &two, 1), 0);
	cr_assert_eq(h.bus.read(h.bus.module, 128, &lanes, 1), 0);
	cr_expect_eq(lanes, 0x01, "still bank 0");
	cr_assert_eq(h.bus.write(h.bus.module, 127, &page, 1), 0);
	cr_assert_eq(h.bus.read(h.bus.module, 128, &lanes, 1), 0);
	cr_expect_eq(lanes, 0x00, "now bank 2");
	host_end(&h);
}

Test(transaction, banks_are_apart)
{
	struct host h = host_start("bailly-6.4t");

	cr_assert_eq(h.support.banks, 8);
	for (unsigned b = 0; b < 8; b++)
		host_put_lanes(&h, b, CMIS_DPDeinit, (uint8_t)(1 << b));
	for (unsigned b = 0; b < 8; b++)
		cr_expect_eq(host_lanes(&h, b, CMIS_DPDeinit), 1 << b);
	host_end(&h);
}

Test(transaction, a_page_that_is_not_there_reads_back_as_0)
{
	struct host h = host_start("oif-3.2t");

	cr_expect_eq(host_select(&h, 0, 0x77), 0);
	cr_expect_eq(host_get(&h, 0, CMIS_PageSelect, 0), 0);
	cr_expect_eq(host_select(&h, 4, 0x11), 0);
	cr_expect_eq(host_get(&h, 0, CMIS_PageSelect, 0), 0, "bank 4 of 4");
	cr_expect_eq(host_select(&h, 3, 0x00), 0);
	cr_expect_eq(host_get(&h, 3, CMIS_SFF8024IdentifierCopy, 0), 0x80, "00h has no banks");
	host_end(&h);
}

Test(transaction, what_is_not_acknowledged)
{
	struct host h = host_start("oif-3.2t");
	uint8_t bytes[CMIS_HALF] = { 0 };

	cr_expect_eq(h.bus.read(h.bus.module, 120, bytes, 9), -EREMOTEIO, "crosses 127/128");
	cr_expect_eq(h.bus.read(h.bus.module, 255, bytes, 2), -EREMOTEIO);
	cr_expect_eq(h.bus.read(h.bus.module, 0, bytes, 0), -EREMOTEIO);
	cr_expect_eq(h.bus.read(h.bus.module, 0, bytes, 129), -EREMOTEIO);
	cr_expect_eq(h.bus.write(h.bus.module, 31, bytes, 9), -EREMOTEIO, "8 bytes at most");
	cr_expect_eq(h.bus.write(h.bus.module, 127, bytes, 2), -EREMOTEIO);
	cr_expect_eq(h.bus.read(h.bus.module, 0, bytes, 128), 0);
	host_select(&h, 0, 0x9F);
	cr_expect_eq(h.bus.write(h.bus.module, 130, bytes, 126), 0, "CDB takes more");
	host_end(&h);
}

Test(transaction, nothing_is_acknowledged_before_mgmt_init_is_over)
{
	struct cmis_engine *e = host_make("oif-3.2t", 1);
	struct cmis_transport bus = cmis_engine_transport(e);
	uint8_t byte;

	cr_expect_eq(bus.read(bus.module, 0, &byte, 1), -EREMOTEIO);
	host_wait(19);
	cr_expect_eq(bus.read(bus.module, 0, &byte, 1), -EREMOTEIO);
	host_wait(1);
	cr_expect_eq(bus.read(bus.module, 0, &byte, 1), 0);
	cmis_engine_destroy(e);
}

Test(transaction, flags_are_cleared_by_being_read)
{
	struct host h = host_start("oif-3.2t");
	uint8_t byte;

	host_park(&h);
	host_high_power(&h);
	cr_expect(cmis_engine_interrupt(h.engine));
	cr_expect_eq(host_get(&h, 0, CMIS_InterruptDeasserted, 0), 0);
	cr_assert_eq(h.bus.read(h.bus.module, 8, &byte, 1), 0);
	cr_expect_eq(byte, 0x01, "ModuleStateChanged: Ready was entered");
	cr_assert_eq(h.bus.read(h.bus.module, 8, &byte, 1), 0);
	cr_expect_eq(byte, 0);
	cr_expect(!cmis_engine_interrupt(h.engine));
	cr_expect_eq(host_get(&h, 0, CMIS_InterruptDeasserted, 0), 1);
	host_end(&h);
}

Test(transaction, read_only_and_write_only)
{
	struct host h = host_start("oif-3.2t");
	uint8_t byte;

	host_write1(&h, 0, CMIS_LOWER, 0, 0x55);
	cr_expect_eq(host_get(&h, 0, CMIS_SFF8024Identifier, 0), 0x80);
	host_write1(&h, 0, CMIS_LOWER, 122, 0x55);
	cr_assert_eq(h.bus.read(h.bus.module, 122, &byte, 1), 0);
	cr_expect_eq(byte, 0, "passwords cannot be read");
	host_write1(&h, 0, 0x10, 132, 0xFF);
	cr_expect_eq(host_lanes(&h, 0, CMIS_OutputSquelchForceTx), 0, "not advertised");
	host_write1(&h, 0, CMIS_LOWER, 26, 0xFF & ~0x08);
	cr_assert_eq(h.bus.read(h.bus.module, 26, &byte, 1), 0);
	cr_expect_eq(byte, 0x70, "BankBroadcast is not advertised");
	host_end(&h);
}

Test(transaction, passive_copper_is_flat)
{
	struct host h = host_start("cpc-passive");
	uint8_t select[2] = { 0, 0x11 }, p[CMIS_HALF];
	struct cmis_lane_output out;

	cr_expect(h.support.flat && h.support.copper);
	cr_assert_eq(h.bus.write(h.bus.module, 126, select, 2), 0);
	cr_assert_eq(h.bus.read(h.bus.module, 128, p, CMIS_HALF), 0);
	cr_expect_eq(p[0], 0x80, "page 00h whatever was selected");
	cr_expect_eq(host_state(&h), CMIS_MODULE_READY);
	cr_expect(host_absent(&h, CMIS_TempMonitor) && host_absent(&h, CMIS_TxPower) &&
		  host_absent(&h, CMIS_DPState) && host_absent(&h, CMIS_TxBias));
	cr_expect_eq(host_value(&h, 0, CMIS_CopperAttenuation, 4), 14);
	cr_assert_eq(cmis_engine_lane(h.engine, 31, &out), 0);
	cr_expect(out.tx_valid && out.rx_valid && out.state == CMIS_DP_ACTIVATED);
	cr_expect_eq(cmis_engine_lane(h.engine, 32, &out), -ERANGE);
	host_end(&h);
}

Test(transaction, active_copper_has_states_and_no_light)
{
	struct host h = host_start("cpc-active");
	static const enum cmis_field_id light[] = {
		CMIS_TxPower,       CMIS_RxPower,           CMIS_TxBias,
		CMIS_FailureFlagTx, CMIS_NominalWavelength, CMIS_TxPowerThreshold
	};
	struct cmis_lane_output out;

	for (unsigned i = 0; i < sizeof(light) / sizeof(light[0]); i++)
		cr_expect(host_absent(&h, light[i]), "%s", cmis_fields[light[i]].name);
	cr_expect(!cmis_has_page(&h.support, 0x24) && !cmis_has_page(&h.support, 0x13));
	cr_expect(host_value(&h, 0, CMIS_TempMonitor, 0) > 40);
	host_bring_up(&h);
	cr_assert_eq(cmis_engine_lane(h.engine, 9, &out), 0);
	cr_expect(out.tx_valid && out.rx_valid && out.ber < 1e-6);
	host_end(&h);
}

Test(transaction, every_profile_starts_and_answers_every_page)
{
	for (const struct cmis_profile *const *p = cmis_profiles; *p != NULL; p++) {
		struct host h = host_start((*p)->name);
		uint8_t bytes[CMIS_HALF];

		cr_expect_eq(cmis_engine_profile(h.engine), *p);
		for (unsigned page = 0; page < 256; page++)
			for (unsigned b = 0; b < 9; b++)
				host_page(&h, b, page, bytes);
		host_end(&h);
	}
	cr_expect_null(cmis_profile_find("nothing"));
}
