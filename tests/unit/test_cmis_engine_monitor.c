/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/monitor.c, lane.c, flags.c: light, heat, thresholds, masks and the interrupt.
 */
#include "lib/cmis/fec.h"
#include "tests/unit/cmis_host.h"

static void clear_flags(struct host *h)
{
	uint8_t page[CMIS_HALF];

	host_page(h, 0, CMIS_LOWER, page);
	for (unsigned b = 0; b < h->support.banks; b++) {
		host_page(h, b, 0x11, page);
		host_page(h, b, 0x14, page);
		host_page(h, b, 0x2C, page);
	}
}

static void set_rx(struct host *h, unsigned lane, double dbm)
{
	struct cmis_lane_input in;

	cmis_engine_get_input(h->engine, lane, &in);
	in.rx_dbm = dbm;
	cr_assert_eq(cmis_engine_set_input(h->engine, lane, &in), 0);
}

Test(monitor, values_move_and_are_the_same_for_a_seed)
{
	struct host a = host_of(host_make("oif-3.2t", 5)), b, c;
	uint64_t start = host_now;
	uint8_t pa[CMIS_HALF], pb[CMIS_HALF], pc[CMIS_HALF];
	double t, moved = 0;

	host_bring_up(&a);
	t = host_value(&a, 0, CMIS_RxPower, 2);
	cr_expect_float_eq(power_dbm(t), -2, 0.1);
	cr_expect_float_eq(power_dbm(host_value(&a, 0, CMIS_TxPower, 2)), 1, 0.1);
	cr_expect_float_eq(host_value(&a, 0, CMIS_TxBias, 2), 40, 1.1);
	cr_expect_float_eq(host_value(&a, 0, CMIS_VccMonitor, 0), 3.3, 0.011);
	for (unsigned i = 0; i < 20; i++) {
		host_wait(100);
		moved += host_value(&a, 0, CMIS_RxPower, 2) != t;
	}
	cr_expect_gt(moved, 15);
	host_page(&a, 2, 0x11, pa);
	host_now = start - 20 * CMIS_MS;
	b = host_of(host_make("oif-3.2t", 5));
	host_bring_up(&b);
	host_wait(2000);
	host_page(&b, 2, 0x11, pb);
	cr_expect_arr_eq(pa, pb, CMIS_HALF);
	host_now = start - 20 * CMIS_MS;
	c = host_of(host_make("oif-3.2t", 6));
	host_bring_up(&c);
	host_wait(2000);
	host_page(&c, 2, 0x11, pc);
	cr_expect_neq(memcmp(pa + (154 - 128), pc + (154 - 128), 48), 0, "another seed");
	host_end(&a);
	host_end(&b);
	host_end(&c);
}

Test(monitor, lanes_that_are_off_are_dark_and_quiet)
{
	struct host h = host_start("oif-3.2t");

	host_park(&h);
	host_high_power(&h);
	host_wait(500);
	cr_expect_eq(host_value(&h, 0, CMIS_TxPower, 0), 0);
	cr_expect_eq(host_value(&h, 0, CMIS_TxBias, 0), 0);
	set_rx(&h, 0, -40);
	host_wait(500);
	for (unsigned i = 0; i < 4; i++)
		cr_expect_eq(host_get(&h, 0, CMIS_LaneFlagsSummary, i), 0);
	host_end(&h);
}

Test(monitor, loss_of_signal)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_lane_output out;

	host_bring_up(&h);
	clear_flags(&h);
	cr_expect(!cmis_engine_interrupt(h.engine));
	set_rx(&h, 10, -40);
	cr_expect(cmis_engine_interrupt(h.engine));
	cr_expect_eq(host_get(&h, 0, CMIS_LaneFlagsSummary, 1) & 1, 1);
	cr_expect_eq(host_get(&h, 0, CMIS_LaneFlagsSummary, 0), 0);
	cr_expect_eq(host_lanes(&h, 1, CMIS_LOSFlagRx), 0x04);
	cr_expect_eq(host_lanes(&h, 1, CMIS_CDRLOLFlagRx), 0x04);
	cr_expect_eq(host_get(&h, 1, CMIS_RxPowerFlag, CMIS_LOW_ALARM * 8 + 2), 1);
	cr_expect_eq(host_get(&h, 1, CMIS_RxPowerFlag, CMIS_HIGH_ALARM * 8 + 2), 0);
	cr_expect_eq(host_lanes(&h, 1, CMIS_OutputStatusRx), 0xFB, "squelched");
	cr_expect_eq(host_lanes(&h, 1, CMIS_OutputStatusChangedFlagRx), 0x04);
	cmis_engine_lane(h.engine, 10, &out);
	cr_expect(out.tx_valid && !out.rx_valid && out.ber == 0.5);
	cr_expect_eq(host_lanes(&h, 1, CMIS_LOSFlagRx), 0, "read already");
	host_wait(100);
	cr_expect_eq(host_lanes(&h, 1, CMIS_LOSFlagRx), 0x04, "and still so");
	set_rx(&h, 10, -2);
	host_lanes(&h, 1, CMIS_LOSFlagRx);
	host_wait(100);
	cr_expect_eq(host_lanes(&h, 1, CMIS_LOSFlagRx), 0);
	cr_expect_eq(host_lanes(&h, 1, CMIS_OutputStatusRx), 0xFF);
	host_end(&h);
}

Test(monitor, the_host_goes_quiet)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_lane_input in;

	host_bring_up(&h);
	clear_flags(&h);
	cmis_engine_get_input(h.engine, 0, &in);
	in.host_signal = false;
	cmis_engine_set_input(h.engine, 0, &in);
	cr_expect_eq(host_lanes(&h, 0, CMIS_LOSFlagTx), 0x01);
	cr_expect_eq(host_lanes(&h, 0, CMIS_OutputStatusTx), 0xFE);
	cr_expect_eq(host_dp(&h, 0, 1), CMIS_DP_ACTIVATED);
	host_end(&h);
}

Test(monitor, masks_gate_the_interrupt_not_the_flag)
{
	struct host h = host_start("oif-3.2t");

	host_bring_up(&h);
	host_write1(&h, 0, 0x10, 226, 0xFF); /* LOSMaskRx, CDRLOL, four RxPower, OutputStatus */
	for (uint8_t byte = 227; byte <= 232; byte++)
		host_write1(&h, 0, 0x10, byte, 0xFF);
	for (unsigned b = 128; b < 256; b += 8) /* and VDM */
		host_write(&h, 0, 0x2D, (uint8_t)b, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	clear_flags(&h);
	set_rx(&h, 0, -40);
	cr_expect(!cmis_engine_interrupt(h.engine));
	cr_expect_eq(host_get(&h, 0, CMIS_LaneFlagsSummary, 0) & 1, 1, "counts masked flags");
	host_write1(&h, 0, 0x10, 226, 0xFE);
	cr_expect(cmis_engine_interrupt(h.engine));
	cr_expect_eq(host_lanes(&h, 0, CMIS_LOSFlagRx), 0x01);
	cr_expect(!cmis_engine_interrupt(h.engine));
	host_end(&h);
}

Test(monitor, heat_ends_in_a_fault)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection ramp = { CMIS_INJECT_TEMP_RAMP, 10 };
	unsigned levels = 0;

	host_bring_up(&h);
	clear_flags(&h);
	cr_assert_eq(cmis_engine_inject(h.engine, &ramp, NULL), 0);
	for (unsigned i = 0; i < 60 && host_state(&h) == CMIS_MODULE_READY; i++) {
		uint8_t byte;

		host_wait(100);
		h.bus.read(h.bus.module, 9, &byte, 1);
		if (levels == 0 && byte != 0)
			cr_expect_eq(byte, 1 << CMIS_HIGH_WARNING, "a warning comes first");
		levels |= byte;
	}
	cr_expect_eq(levels, 1 << CMIS_HIGH_ALARM | 1 << CMIS_HIGH_WARNING);
	cr_expect_eq(host_state(&h), CMIS_MODULE_FAULT);
	cr_expect_eq(host_get(&h, 0, CMIS_ModuleFaultCause, 0), CMIS_FAULT_TEMPERATURE);
	host_end(&h);
}

/* A dB of light is two of SNR: 1.7 dB below the healthy level the FEC limit is near. */
Test(monitor, light_decides_bit_errors)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection drop = { CMIS_INJECT_RX_DROP, 1.7, 0x2 };
	struct cmis_lane_output out;

	host_bring_up(&h);
	cmis_engine_lane(h.engine, 1, &out);
	cr_expect(out.ber > 1e-8 && out.ber < 1e-6, "%g", out.ber);
	cr_assert_eq(cmis_engine_inject(h.engine, &drop, NULL), 0);
	cmis_engine_lane(h.engine, 1, &out);
	cr_expect(out.ber > 1e-4 && out.ber < 5e-4, "%g", out.ber);
	cmis_engine_lane(h.engine, 0, &out);
	cr_expect_lt(out.ber, 1e-6, "lane 0 is not hit");
	host_end(&h);
}
