/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/field.c: the table does not contradict itself, and bits go where the standard has them.
 */
#include "lib/cmis/field.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/guard.h"

Test(field, every_line_stays_inside_its_half)
{
	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++) {
		const struct cmis_field *f = &cmis_fields[id];
		uint8_t bytes[CMIS_HALF] = { 0 };
		uint64_t bits;
		unsigned last = cmis_field_count(id) - 1;
		int ret = cmis_get(id, last, bytes, CMIS_HALF, &bits);

		cr_expect(ret == 0 || (ret == -EINVAL && f->type == CMIS_TYPE_TEXT), "%s", f->name);
		cr_expect_eq(f->byte >= 128, f->page != CMIS_LOWER, "%s", f->name);
		cr_expect(f->size >= 8 ? f->size % 8 == 0 && f->bit == 0 : f->bit + f->size <= 8,
			  "%s", f->name);
		cr_expect_eq(cmis_get(id, last + 1, bytes, CMIS_HALF, &bits), -ERANGE, "%s",
			     f->name);
		cr_expect(f->needs < CMIS_FIELD_COUNT && f->needs != id, "%s", f->name);
	}
}

/* Two fields may share bits only where the standard overlays them. */
Test(field, no_two_lines_claim_the_same_bits)
{
	static int owner[CMIS_PAGE_COUNT][CMIS_HALF * 8];

	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++) {
		const struct cmis_field *f = &cmis_fields[id];
		unsigned needs = f->needs;

		if (f->type == CMIS_TYPE_TEXT || needs == CMIS_SelectorBER ||
		    needs == CMIS_SelectorCounts || needs == CMIS_SelectorSNR)
			continue;
		for (unsigned i = 0; i < cmis_field_count(id); i++) {
			uint8_t one[CMIS_HALF] = { 0 };

			cmis_put(id, i, one, UINT64_MAX);
			for (unsigned b = 0; b < CMIS_HALF * 8; b++) {
				if (!(one[b / 8] >> b % 8 & 1))
					continue;
				cr_assert_eq(owner[f->page][b], 0, "%s and %s", f->name,
					     cmis_fields[owner[f->page][b]].name);
				owner[f->page][b] = (int)id;
			}
		}
	}
}

Test(field, put_then_get_for_every_element)
{
	for (unsigned id = CMIS_CONDITIONS; id < CMIS_FIELD_COUNT; id++) {
		uint8_t bytes[CMIS_HALF] = { 0 };
		uint64_t bits, mask;

		if (cmis_fields[id].type == CMIS_TYPE_TEXT)
			continue;
		mask = cmis_fields[id].size == 64 ? UINT64_MAX : (1ull << cmis_fields[id].size) - 1;
		for (unsigned i = 0; i < cmis_field_count(id); i++)
			cr_assert_eq(cmis_put(id, i, bytes, 0x0123456789abcdefull * (i + 1)), 0);
		for (unsigned i = 0; i < cmis_field_count(id); i++) {
			cr_assert_eq(cmis_get(id, i, bytes, CMIS_HALF, &bits), 0);
			cr_assert_eq(bits, (0x0123456789abcdefull * (i + 1)) & mask, "%s %u",
				     cmis_fields[id].name, i);
		}
	}
}

Test(field, places_of_the_standard)
{
	uint8_t p[CMIS_HALF] = { 0 };

	cmis_put(CMIS_ModuleState, 0, p, 3);
	cr_expect_eq(p[3], 0x06);
	memset(p, 0, sizeof(p));
	cmis_put(CMIS_DPState, 0, p, 4); /* lane 1 is the low nibble of 128 */
	cmis_put(CMIS_DPState, 3, p, 7);
	cr_expect(p[0] == 0x04 && p[1] == 0x70);
	memset(p, 0, sizeof(p));
	cmis_put(CMIS_SCS0_AppSel, 7, p, 2);
	cmis_put(CMIS_SCS0_DataPathID, 7, p, 4);
	cr_expect_eq(p[152 - 128], 0x28);
	cmis_put(CMIS_ACS_OutputAmplitudeRx, 7, p, 0xF);
	cr_expect_eq(p[234 - 128], 0xF0);
	memset(p, 0, sizeof(p));
	cmis_put(CMIS_TxPower, 1, p, 10000);
	cr_expect(p[156 - 128] == 0x27 && p[157 - 128] == 0x10);
	cmis_put(CMIS_TxPowerFlag, CMIS_LOW_WARNING * 8 + 2, p, 1);
	cr_expect_eq(p[142 - 128], 0x04);
	memset(p, 0, sizeof(p));
	cmis_put(CMIS_MediaSNR, 0, p, 0x1234); /* page 14h is little endian */
	cr_expect(p[240 - 128] == 0x34 && p[241 - 128] == 0x12);
	cmis_put(CMIS_ElsLaneState, 5, p, 2);
	cr_expect_eq(p[222 - 128], 0x08);
	cmis_put(CMIS_VccFlag, CMIS_LOW_ALARM, p, 1);
	cr_expect_eq(p[9], 0x20);
}

Test(field, short_reads_are_told)
{
	uint64_t bits;
	uint8_t p[16] = { [14] = 0x30, [15] = 0x80 };
	char text[17];

	cr_expect_eq(cmis_get(CMIS_TempMonitor, 0, guard_copy(p, 16), 16, &bits), 0);
	cr_expect_eq(bits, 0x3080);
	cr_expect_eq(cmis_get(CMIS_TempMonitor, 0, guard_copy(p, 15), 15, &bits), -ERANGE);
	cr_expect_eq(cmis_get(CMIS_TempMonitor, 0, guard_copy(p, 0), 0, &bits), -ERANGE);
	cr_expect_eq(cmis_get_text(CMIS_VendorName, guard_copy(p, 16), 16, text, 17), -ERANGE);
	cr_expect_eq(cmis_get(CMIS_VendorName, 0, (const uint8_t[128]){ 0 }, 128, &bits), -EINVAL);
	cr_expect_eq(cmis_get(CMIS_Paged, 0, p, 16, &bits), -ERANGE);
}

Test(field, texts)
{
	uint8_t p[CMIS_HALF] = { 0 };
	char text[17], small[4];

	cmis_put_text(CMIS_VendorName, p, "ACME");
	cr_expect_arr_eq(p + 1, "ACME            ", 16);
	cr_assert_eq(cmis_get_text(CMIS_VendorName, p, CMIS_HALF, text, sizeof(text)), 0);
	cr_expect_str_eq(text, "ACME");
	p[2] = 0x1b; /* an escape sequence must not reach a terminal */
	cmis_get_text(CMIS_VendorName, p, CMIS_HALF, text, sizeof(text));
	cr_expect_str_eq(text, "A.ME");
	cmis_get_text(CMIS_VendorName, p, CMIS_HALF, small, sizeof(small));
	cr_expect_str_eq(small, "A.M");
}

Test(field, labels)
{
	char text[32];

	cmis_field_label(CMIS_DPState, 2, text, sizeof(text));
	cr_expect_str_eq(text, "lane 3");
	cmis_field_label(CMIS_RxPowerFlag, 9, text, sizeof(text));
	cr_expect_str_eq(text, "low alarm lane 2");
	cmis_field_label(CMIS_ModuleState, 0, text, sizeof(text));
	cr_expect_str_eq(text, "");
	cmis_field_label(CMIS_HostInterfaceID9, 0, text, sizeof(text));
	cr_expect_str_eq(text, "app 9");
}

Test(field, checksums_and_layouts)
{
	uint8_t p[CMIS_HALF], sum;

	memset(p, 1, sizeof(p));
	cr_expect_eq(cmis_checksum_of(0x00, p, &sum), 222);
	cr_expect_eq(sum, 94);
	cr_expect_eq(cmis_checksum_of(0x01, p, &sum), 255);
	cr_expect_eq(sum, 125);
	cr_expect_eq(cmis_checksum_of(0x02, p, &sum), 255);
	cr_expect_eq(sum, 127);
	cr_expect_eq(cmis_checksum_of(0x10, p, &sum), 0);
	cr_expect_eq(cmis_layout_page(0x23), 0x20);
	cr_expect_eq(cmis_layout_page(0x29), 0x28);
	cr_expect_eq(cmis_layout_page(0x2C), 0x2C);
	cr_expect_eq(cmis_layout_page(0xAF), 0xA0);
	cr_expect_eq(cmis_layout_page(0xB4), 0x1A);
}
