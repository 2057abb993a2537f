/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/vdm.c: formats of observables, descriptors of any bytes.
 */
#include "lib/cmis/vdm.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/guard.h"

Test(vdm, formats)
{
	const struct cmis_vdm_type *snr = cmis_vdm_type(CMIS_VDM_eSNRMedia);
	const struct cmis_vdm_type *ber = cmis_vdm_type(15);
	const struct cmis_vdm_type *els = cmis_vdm_type(84);

	cr_assert(snr != NULL && ber != NULL && els != NULL);
	cr_expect_float_eq(cmis_vdm_decode(snr, 0x1580), 21.5, 1e-12);
	cr_expect_eq(cmis_vdm_encode(snr, 21.5), 0x1580);
	cr_expect_eq(cmis_vdm_encode(snr, -5), 0);
	cr_expect_eq(cmis_vdm_encode(snr, 1e9), 0xffff);
	cr_expect_eq(cmis_vdm_encode(ber, 2.4e-4), 0x90F0);
	cr_expect_float_eq(cmis_vdm_decode(ber, 0x90F0), 2.4e-4, 1e-15);
	cr_expect_float_eq(cmis_vdm_decode(els, 0xFF9C), -1, 1e-12);
	cr_expect_eq(cmis_vdm_encode(els, -1), 0xFF9C);
	cr_expect(!snr->statistic && !ber->statistic && cmis_vdm_type(9)->statistic);
	cr_expect_null(cmis_vdm_type(0));
	cr_expect_null(cmis_vdm_type(200));
}

Test(vdm, descriptors)
{
	uint8_t page[4] = { 0x32, 15, 0xFF, 0 };
	struct cmis_vdm_slot slot;

	cr_assert_eq(cmis_vdm_slot(&slot, 0, guard_copy(page, 4), 4), 0);
	cr_expect_eq(slot.type->code, 15);
	cr_expect_eq(slot.lane, 3);
	cr_expect_eq(slot.threshold_set, 3);
	cr_expect_eq(cmis_vdm_slot(&slot, 1, guard_copy(page, 4), 4), -ENODATA);
	cr_expect_eq(cmis_vdm_slot(&slot, 2, guard_copy(page, 4), 4), -ERANGE);
	cr_expect_eq(cmis_vdm_slot(&slot, 1, guard_copy(page, 3), 3), -ERANGE);
	cr_expect_eq(cmis_vdm_slot(&slot, 64, guard_copy(page, 4), 4), -ERANGE);
}
