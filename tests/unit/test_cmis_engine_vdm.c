/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/vdm.c: samples of every lane of every bank, freeze, flags.
 */
#include "lib/cmis/vdm.h"

#include "tests/unit/cmis_host.h"

/* The value of an observable of a lane, found by its descriptor as a host does. */
static double observe(struct host *h, unsigned bank, enum cmis_vdm_code code, unsigned lane)
{
	uint8_t descriptors[CMIS_HALF], samples[CMIS_HALF];

	for (unsigned group = 0; group < 2; group++) {
		host_page(h, bank, 0x20 + group, descriptors);
		host_page(h, bank, 0x24 + group, samples);
		for (unsigned i = 0; i < CMIS_VDM_GROUP; i++) {
			struct cmis_vdm_slot slot;
			uint64_t bits;

			if (cmis_vdm_slot(&slot, i, descriptors, CMIS_HALF) != 0 ||
			    slot.type->code != code || slot.lane != lane)
				continue;
			cmis_get(CMIS_VDMSample, i, samples, CMIS_HALF, &bits);
			return cmis_vdm_decode(slot.type, (uint16_t)bits);
		}
	}
	return -1;
}

Test(vdm_engine, each_bank_has_its_own)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection drop = { CMIS_INJECT_RX_DROP, 1, 1ull << 19 }; /* bank 2 lane 4 */

	host_bring_up(&h);
	cmis_engine_inject(h.engine, &drop, NULL);
	host_wait(200);
	cr_expect_float_eq(observe(&h, 2, CMIS_VDM_eSNRMedia, 4), 19, 0.2);
	cr_expect_float_eq(observe(&h, 2, CMIS_VDM_eSNRMedia, 5), 21, 0.2);
	cr_expect_float_eq(observe(&h, 1, CMIS_VDM_eSNRMedia, 4), 21, 0.2);
	cr_expect_float_eq(observe(&h, 2, CMIS_VDM_PreFECBERMedia, 4), 2.5e-5, 1e-5);
	cr_expect_gt(observe(&h, 0, CMIS_VDM_LaserTemp, 1), 45);
	cr_expect_eq(observe(&h, 0, CMIS_VDM_ElsInputPower, 1), -1, "lasers are inside");
	host_end(&h);
}

/* No host is told 0 because it was quicker than the first monitor tick. */
Test(vdm_engine, samples_are_there_from_the_first_read_on)
{
	struct host h = host_start("oif-3.2t");
	uint8_t reset = 0x48;

	cr_expect_float_eq(observe(&h, 3, CMIS_VDM_PreFECBERMedia, 8), 2e-7, 1e-7);
	cr_expect_float_eq(observe(&h, 0, CMIS_VDM_eSNRMedia, 1), 21, 0.2);
	cr_expect_gt(observe(&h, 0, CMIS_VDM_PreFECBERMinMedia, 1), 0);
	cr_expect_gt(observe(&h, 1, CMIS_VDM_LaserTemp, 1), 45);
	host_write(&h, 0, CMIS_LOWER, 26, &reset, 1);
	host_wait(cmis_engine_profile(h.engine)->durations.mgmt_init);
	cr_expect_gt(observe(&h, 0, CMIS_VDM_PreFECBERMedia, 1), 0, "after a reset, too");
	host_end(&h);
}

static void freeze(struct host *h, unsigned bank, bool on)
{
	host_write1(h, bank, 0x2F, 144, on ? 0x80 : 0);
}

Test(vdm_engine, freeze)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection drop = { CMIS_INJECT_RX_DROP, 1, 0x1 };
	double max, avg;

	host_bring_up(&h);
	host_wait(1000);
	cmis_engine_inject(h.engine, &drop, NULL);
	host_wait(500);
	cmis_engine_heal(h.engine, CMIS_INJECT_RX_DROP);
	host_wait(500);
	freeze(&h, 0, true);
	cr_expect_eq(host_get(&h, 0, CMIS_FreezeDone, 0), 0);
	host_wait(10);
	cr_expect_eq(host_get(&h, 0, CMIS_FreezeDone, 0), 1);
	cr_expect_eq(host_get(&h, 1, CMIS_FreezeDone, 0), 0, "another bank");
	max = observe(&h, 0, CMIS_VDM_PreFECBERMaxMedia, 1);
	avg = observe(&h, 0, CMIS_VDM_PreFECBERAvgMedia, 1);
	cr_expect_gt(max, 1e-5);
	cr_expect(avg > observe(&h, 0, CMIS_VDM_PreFECBERMinMedia, 1) && avg < max);
	cr_expect_lt(observe(&h, 0, CMIS_VDM_PreFECBERMedia, 1), 1e-6, "instant: healthy again");
	host_wait(2000);
	cr_expect_eq(observe(&h, 0, CMIS_VDM_PreFECBERMaxMedia, 1), max);
	cr_expect_eq(observe(&h, 0, CMIS_VDM_PreFECBERAvgMedia, 1), avg);
	freeze(&h, 0, false);
	host_wait(10);
	cr_expect_eq(host_get(&h, 0, CMIS_UnfreezeDone, 0), 1);
	cr_expect_eq(host_get(&h, 0, CMIS_FreezeDone, 0), 0);
	host_wait(300);
	freeze(&h, 0, true);
	host_wait(10);
	cr_expect_lt(observe(&h, 0, CMIS_VDM_PreFECBERMaxMedia, 1), 1e-6, "a new interval");
	host_end(&h);
}

Test(vdm_engine, flags)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection drop = { CMIS_INJECT_RX_DROP, 3, 0x1 };
	uint8_t flags[CMIS_HALF];
	uint64_t nibble;

	host_bring_up(&h);
	host_page(&h, 0, 0x2C, flags);
	host_wait(200);
	host_page(&h, 0, 0x2C, flags);
	for (unsigned i = 0; i < CMIS_HALF; i++)
		cr_expect_eq(flags[i], 0, "%u", i);
	cmis_engine_inject(h.engine, &drop, NULL);
	host_wait(100);
	cr_expect_eq(host_get(&h, 0, CMIS_LaneFlagsSummary, 0) & 8, 8);
	host_page(&h, 0, 0x2C, flags);
	cmis_get(CMIS_VDMFlag, 0, flags, CMIS_HALF, &nibble); /* eSNR media lane 1 */
	cr_expect_eq(nibble, 1 << CMIS_LOW_ALARM | 1 << CMIS_LOW_WARNING);
	cmis_get(CMIS_VDMFlag, 16, flags, CMIS_HALF, &nibble); /* pre-FEC BER media lane 1 */
	cr_expect_eq(nibble, 1 << CMIS_HIGH_ALARM | 1 << CMIS_HIGH_WARNING);
	host_page(&h, 0, 0x2C, flags);
	cr_expect_eq(flags[0], 0, "cleared by being read");
	host_end(&h);
}
