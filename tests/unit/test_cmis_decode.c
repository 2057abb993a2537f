/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/decode.c, support.c, names.c, dump.c: values with units, names, what is absent, and any
 * bytes without harm.
 */
#include "lib/cmis/decode.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "lib/cmis/cmis.h"
#include "lib/cmis/dump.h"
#include "tests/unit/guard.h"

static uint8_t lower[CMIS_HALF], page01[CMIS_HALF], page[CMIS_HALF];
static struct cmis_support support;

/* A paged optical module with every monitor, lasers' bias doubled. */
static void optical(void)
{
	memset(lower, 0, sizeof(lower));
	memset(page01, 0, sizeof(page01));
	memset(page, 0, sizeof(page));
	lower[0] = 0x80;
	lower[1] = 0x52;
	lower[14] = 0x30;
	lower[15] = 0x80;
	lower[16] = 0x80;
	lower[17] = 0xE8;
	lower[70] = 8;
	lower[85] = CMIS_MEDIA_SMF;
	memcpy(lower + 86, "\x51\x56\x88\x01\x4F\x1C\x44\x11\x4B\x14\x11\xFF\xFF\0\0\0", 16);
	page01[142 - 128] = 0x62;
	page01[145 - 128] = 0x04;
	page01[159 - 128] = 0x1F;
	page01[160 - 128] = 0x0F;
	page01[144 - 128] = 0x5A;
	cr_assert_eq(cmis_support_read(&support, lower, CMIS_HALF, page01, CMIS_HALF), 0);
}

static struct cmis_value value(enum cmis_field_id id, unsigned i, const uint8_t *bytes)
{
	struct cmis_value v;

	cr_assert_eq(cmis_decode(&support, id, i, bytes, CMIS_HALF, &v), 0, "%s",
		     cmis_fields[id].name);
	return v;
}

Test(decode, numbers_and_units)
{
	char text[64];
	struct cmis_value v;

	optical();
	v = value(CMIS_TempMonitor, 0, lower);
	cr_expect_float_eq(v.number, 48.5, 1e-9);
	cr_expect_str_eq(cmis_value_text(CMIS_TempMonitor, &v, text, sizeof(text)), "48.5 °C");
	cr_expect_float_eq(value(CMIS_VccMonitor, 0, lower).number, 3.3, 1e-9);
	lower[14] = 0xFF;
	cr_expect_float_eq(value(CMIS_TempMonitor, 0, lower).number, -0.5, 1e-9);
	page[154 - 128] = 0x27;
	page[155 - 128] = 0x10;
	cr_expect_float_eq(value(CMIS_TxPower, 0, page).number, 1, 1e-9, "0 dBm");
	page[170 - 128] = 0x27;
	page[171 - 128] = 0x10;
	cr_expect_float_eq(value(CMIS_TxBias, 0, page).number, 40, 1e-9, "multiplier 2");
	cr_expect_eq(value(CMIS_MaxDurationDPInit, 0, page01).number, 300000);
	cr_expect_eq(value(CMIS_MaxDurationDPDeinit, 0, page01).number, 500);
	lower[22] = 0x80;
	lower[23] = 0xE8; /* Aux3 is Vcc2 by 01h:145.2 */
	v = value(CMIS_Aux3Monitor, 0, lower);
	cr_expect_str_eq(v.unit, "V");
	cr_expect_str_eq(value(CMIS_Aux2Monitor, 0, lower).unit, "°C");
}

Test(decode, names)
{
	struct cmis_value v;
	char text[64];

	optical();
	lower[3] = 0xF7; /* some modules fill the reserved bits */
	v = value(CMIS_ModuleState, 0, lower);
	cr_expect_str_eq(v.name, "ModuleReady");
	cr_expect_str_eq(cmis_value_text(CMIS_ModuleState, &v, text, sizeof(text)),
			 "3 ModuleReady");
	lower[3] = 0x0E;
	v = value(CMIS_ModuleState, 0, lower);
	cr_expect_null(v.name);
	cr_expect_str_eq(cmis_value_text(CMIS_ModuleState, &v, text, sizeof(text)), "7 (reserved)");
	cr_expect_null(cmis_name(CMIS_TYPE_DPSTATE, 0), "0 is no state");
	cr_expect_str_eq(cmis_name(CMIS_TYPE_DPSTATE, 7), "Initialized");
	cr_expect_str_eq(cmis_name(CMIS_TYPE_CONFIG, 12), "in progress");
	cr_expect_str_eq(cmis_name(CMIS_TYPE_HOSTIF, 131), "1.6TAUI-8");
	cr_expect_str_eq(cmis_name(CMIS_TYPE_VDMTYPE, 15), "PreFECBERMedia");
	cr_expect_null(cmis_name(CMIS_TYPE_UINT, 1));
}

Test(decode, what_is_not_advertised_is_absent)
{
	struct cmis_value v;

	optical();
	cr_expect_eq(support.banks, 8, "L:70 of a CPO");
	page01[160 - 128] = 0x04; /* RxPower only */
	page01[159 - 128] = 0;
	page01[142 - 128] = 0x02;
	lower[0] = 0x18;
	cr_assert_eq(cmis_support_read(&support, lower, CMIS_HALF, page01, CMIS_HALF), 0);
	cr_expect_eq(support.banks, 4);
	cr_expect_eq(cmis_decode(&support, CMIS_TxPower, 0, page, CMIS_HALF, &v), -ENODATA);
	cr_expect_eq(cmis_decode(&support, CMIS_RxPower, 0, page, CMIS_HALF, &v), 0);
	cr_expect_eq(cmis_decode(&support, CMIS_TempMonitor, 0, lower, CMIS_HALF, &v), -ENODATA);
	cr_expect(!cmis_has_page(&support, 0x24) && !cmis_has_page(&support, 0x13));
	cr_expect(!cmis_has_page(&support, 0x1A) && !cmis_has_page(&support, 0x55));
	cr_expect(cmis_has_page(&support, 0x10) && cmis_has_page(&support, 0x02));
	lower[2] = 0x80; /* flat: page 01h is not even looked at */
	cr_assert_eq(cmis_support_read(&support, lower, CMIS_HALF, page01, CMIS_HALF), 0);
	cr_expect(support.flat && !cmis_has_page(&support, 0x01) && cmis_has_page(&support, 0));
	cr_expect_eq(cmis_decode(&support, CMIS_RxPower, 0, page, CMIS_HALF, &v), -ENODATA);
	cr_expect_eq(cmis_decode(&support, CMIS_DPState, 0, page, CMIS_HALF, &v), -ENODATA);
	cr_expect_eq(cmis_decode(&support, CMIS_VendorName, 0, page, CMIS_HALF, &v), 0);
	cr_expect_eq(cmis_decode(&support, CMIS_FIELD_COUNT, 0, page, CMIS_HALF, &v), -ERANGE);
	cr_expect_eq(cmis_decode(&support, CMIS_Always, 0, page, CMIS_HALF, &v), -ERANGE);
	cr_expect_eq(cmis_support_read(&support, guard_copy(lower, 85), 85, NULL, 0), -ERANGE);
}

Test(decode, the_selector_says_what_page_14h_means)
{
	struct cmis_value v;

	optical();
	page[0] = 0x06;
	page[240 - 128] = 0x80;
	page[241 - 128] = 0x15;
	cr_expect_float_eq(value(CMIS_MediaSNR, 0, page).number, 21.5, 1e-9);
	cr_expect_eq(cmis_decode(&support, CMIS_MediaBER, 0, page, CMIS_HALF, &v), -ENODATA);
	page[0] = 0x01;
	page[208 - 128] = 0x90;
	page[209 - 128] = 0xF0;
	cr_expect_float_eq(value(CMIS_MediaBER, 0, page).number, 2.4e-4, 1e-12);
	cr_expect_eq(cmis_decode(&support, CMIS_MediaSNR, 0, page, CMIS_HALF, &v), -ENODATA);
}

Test(decode, applications)
{
	struct cmis_application a;

	optical();
	page01[176 - 128 + 1] = 0x11;
	cr_assert_eq(cmis_application(&a, 2, lower, CMIS_HALF, page01, CMIS_HALF), 0);
	cr_expect(a.host_id == 0x4F && a.media_id == 0x1C && a.host_lanes == 4 &&
		  a.media_lanes == 4 && a.host_options == 0x11 && a.media_options == 0x11);
	cr_expect_eq(cmis_application(&a, 4, lower, CMIS_HALF, NULL, 0), -ENODATA);
	cr_expect_eq(cmis_application(&a, 5, lower, CMIS_HALF, NULL, 0), -ENODATA, "after FFh");
	cr_expect_eq(cmis_application(&a, 0, lower, CMIS_HALF, NULL, 0), -ERANGE);
	cr_expect_eq(cmis_application(&a, 16, lower, CMIS_HALF, page01, CMIS_HALF), -ERANGE);
	cr_expect_eq(cmis_application(&a, 9, lower, CMIS_HALF, NULL, 0), -ENODATA);
	cr_expect_eq(cmis_application(&a, 2, guard_copy(lower, 91), 91, NULL, 0), -ERANGE);
	for (unsigned i = 0; i < 8; i++)
		lower[86 + 4 * i] = 0x4B;
	page01[223 - 128] = 0x4B;
	page01[226 - 128] = 0x0F;
	cr_assert_eq(cmis_application(&a, 9, lower, CMIS_HALF, page01, CMIS_HALF), 0);
	cr_expect_eq(a.host_options, 0x0F);
}

static char out[65536];

static const char *dump(unsigned number, const uint8_t *bytes, const uint8_t *descriptors)
{
	struct cmis_page p = { number, 2, bytes, CMIS_HALF, descriptors, CMIS_HALF };
	FILE *f = fmemopen(out, sizeof(out), "w");

	cr_assert_eq(cmis_dump(f, &support, &p, CMIS_DUMP_HEX | CMIS_DUMP_FIELDS), 0);
	fclose(f);
	return out;
}

Test(dump, hex_and_fields)
{
	uint8_t descriptors[CMIS_HALF] = { 0x02, 15 };

	optical();
	page[0] = 0x44;
	page[1] = 0x71;
	dump(0x11, page, NULL);
	cr_expect(strstr(out, "page 11h bank 2\n128  44 71 00"), "%s", out);
	cr_expect(strstr(out, "DPState                        Activated Activated Deactivated "
			      "Initialized"),
		  "%s", out);
	cr_expect(strstr(out, "TxPower "));
	cr_expect_null(strstr(out, "FailureFlagTx"), "not advertised");
	dump(CMIS_LOWER, lower, NULL);
	cr_expect(strstr(out, "TempMonitor                    48.5 °C"), "%s", out);
	cr_expect(strstr(out, "HostInterfaceID                app 1: 81 800GAUI-8-S"), "%s", out);
	page[0] = 0x90;
	page[1] = 0xF0;
	dump(0x24, page, descriptors);
	cr_expect(strstr(out, "PreFECBERMedia                 lane 3: 0.00024\n"), "%s", out);
}

/* Any bytes, any length: nothing is read behind the end, and every field answers something. */
Test(decode, random_pages)
{
	uint64_t seed = 7;
	uint8_t bytes[CMIS_HALF];
	struct cmis_value v;
	char text[64];

	for (unsigned round = 0; round < 300; round++) {
		size_t len = guard_random(&seed) % (CMIS_HALF + 1);

		for (unsigned b = 0; b < CMIS_HALF; b++) {
			lower[b] = (uint8_t)guard_random(&seed);
			page01[b] = (uint8_t)guard_random(&seed);
			bytes[b] = (uint8_t)guard_random(&seed);
		}
		lower[2] &= 0x7F;
		cr_assert_eq(cmis_support_read(&support, lower, CMIS_HALF, page01, CMIS_HALF), 0);
		cr_assert(support.banks >= 1 && support.banks <= 8);
		for (unsigned id = 0; id <= CMIS_FIELD_COUNT; id++)
			for (unsigned i = 0; i < 8; i++) {
				int ret = cmis_decode(&support, id, i, guard_copy(bytes, len), len,
						      &v);

				cr_assert(ret == 0 || ret == -ENODATA || ret == -ERANGE);
				if (ret == 0)
					cmis_value_text(id, &v, text, sizeof(text));
			}
		dump((unsigned)(round < 257 ? round : CMIS_LOWER), bytes, page01);
	}
}

Test(decode, patterns_by_name)
{
	cr_expect_eq(cmis_pattern_find("PRBS31Q"), CMIS_PRBS31Q);
	cr_expect_eq(cmis_pattern_find("prbs13q"), CMIS_PRBS13Q);
	cr_expect_eq(cmis_pattern_find("ssprq"), CMIS_SSPRQ);
	cr_expect_eq(cmis_pattern_find("PRBS3"), -ENOENT);
	cr_expect_eq(cmis_pattern_find(""), -ENOENT);
}
