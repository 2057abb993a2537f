/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/diagnostics.c: patterns, counts, loopback.
 */
#include "tests/unit/cmis_host.h"

static void enable(struct host *h, uint8_t enable_byte, uint8_t lanes, uint8_t pattern)
{
	for (unsigned b = 0; b < 4; b++)
		host_write1(h, 0, 0x13, (uint8_t)(enable_byte + 4 + b),
			    (uint8_t)(pattern << 4 | pattern));
	host_write1(h, 0, 0x13, enable_byte, lanes);
}

Test(diagnostics, a_checker_counts_in_loopback)
{
	struct host h = host_start("oif-3.2t");
	double bits, errors;
	struct cmis_lane_output out;

	host_bring_up(&h);
	enable(&h, 152, 0xFF, CMIS_PRBS31Q);
	enable(&h, 168, 0xFF, CMIS_PRBS31Q);
	host_write1(&h, 0, 0x14, 128, 0x01);
	cr_expect_eq(host_lanes(&h, 0, CMIS_CheckerLOLFlagMedia), 0xFF);
	cr_expect_eq(host_value(&h, 0, CMIS_MediaBER, 0), 0.5, "no pattern arrives");
	host_write1(&h, 0, 0x13, 180, 0xFF); /* media-side output loopback */
	host_write1(&h, 0, 0x13, 177, 0x20); /* reset */
	host_lanes(&h, 0, CMIS_CheckerLOLFlagMedia);
	host_wait(1000);
	host_write1(&h, 0, 0x14, 128, 0x01);
	cr_expect_eq(host_lanes(&h, 0, CMIS_CheckerLOLFlagMedia), 0);
	cr_expect_float_eq(host_value(&h, 0, CMIS_MediaBER, 3), 2e-7, 1.5e-7);
	host_write1(&h, 0, 0x14, 128, 0x04); /* media lanes 1-4 */
	errors = host_value(&h, 0, CMIS_BitErrorCounts, 0);
	bits = host_value(&h, 0, CMIS_BitErrorCounts, 1);
	cr_expect_float_eq(bits, 106.25e9, 1e8);
	cr_expect(errors > 1e3 && errors < 1e6, "%g", errors);
	cmis_engine_lane(h.engine, 0, &out);
	cr_expect(out.media_pattern == CMIS_PRBS31Q && out.host_pattern == -1 &&
		  out.loopback == CMIS_LOOPBACK_MEDIA_OUTPUT);
	host_write1(&h, 0, 0x13, 177, 0x20);
	host_write1(&h, 0, 0x14, 128, 0x04);
	cr_expect_eq(host_value(&h, 0, CMIS_BitErrorCounts, 1), 0);
	host_end(&h);
}

Test(diagnostics, the_far_end_must_send_what_is_looked_for)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_lane_input in;

	host_bring_up(&h);
	enable(&h, 168, 0x03, CMIS_PRBS13Q);
	cmis_engine_get_input(h.engine, 0, &in);
	in.media_pattern = CMIS_PRBS13Q;
	cmis_engine_set_input(h.engine, 0, &in);
	in.media_pattern = CMIS_PRBS31Q;
	cmis_engine_set_input(h.engine, 1, &in);
	host_lanes(&h, 0, CMIS_CheckerLOLFlagMedia);
	host_wait(100);
	cr_expect_eq(host_lanes(&h, 0, CMIS_CheckerLOLFlagMedia), 0x02);
	host_end(&h);
}

Test(diagnostics, the_host_side)
{
	struct host h = host_start("oif-3.2t");

	host_bring_up(&h);
	enable(&h, 144, 0x0F, CMIS_SSPRQ);
	enable(&h, 160, 0x0F, CMIS_SSPRQ);
	host_write1(&h, 0, 0x13, 182, 0x07); /* host-side output loopback of three */
	host_lanes(&h, 0, CMIS_CheckerLOLFlagHost);
	host_wait(100);
	cr_expect_eq(host_lanes(&h, 0, CMIS_CheckerLOLFlagHost), 0x08);
	host_write1(&h, 0, 0x14, 128, 0x06);
	cr_expect_float_eq(host_value(&h, 0, CMIS_MediaSNR, 0), 21, 0.3);
	cr_expect_float_eq(host_value(&h, 0, CMIS_HostSNR, 0), 24, 1.1);
	host_end(&h);
}

Test(diagnostics, selectors_that_are_not_supported_read_back_as_0)
{
	struct host h = host_start("oif-3.2t");

	host_write1(&h, 0, 0x14, 128, 0x11);
	cr_expect_eq(host_get(&h, 0, CMIS_DiagnosticsSelector, 0), 0);
	host_write1(&h, 0, 0x14, 128, 0x05);
	cr_expect_eq(host_get(&h, 0, CMIS_DiagnosticsSelector, 0), 5);
	host_end(&h);
}
