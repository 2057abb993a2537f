/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/cdb.c: check codes of the specification, firmware info both ways and cut short.
 */
#include "lib/cmis/cdb.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/guard.h"

Test(cdb, check_codes)
{
	cr_expect_eq(cmis_cdb_check_code(0x0100, 0, NULL, 0), 0xFE);
	cr_expect_eq(cmis_cdb_check_code(0x0041, 0, NULL, 0), 0xBE);
	cr_expect_eq(cmis_cdb_check_code(0x0000, 0, (const uint8_t[]){ 0, 0x10 }, 2), 0xED);
	cr_expect_eq(cmis_cdb_check_code(0x0001, 0, (const uint8_t[]){ 0, 0, 0x10, 0x11 }, 4),
		     0xD9);
}

Test(cdb, names)
{
	cr_expect_str_eq(cmis_cdb_command_name(0x0100), "firmware info");
	cr_expect_null(cmis_cdb_command_name(0x9000));
	cr_expect_str_eq(cmis_cdb_status_name(0x45), "failed: check code");
	cr_expect_null(cmis_cdb_status_name(0x3f));
}

Test(cdb, firmware_info)
{
	struct cmis_firmware_info in = { .image = { { true, true, true, 1, 2, 300 },
						    { true, false, false, 3, 4, 5 } },
					 .factory = true },
				  out;
	uint8_t lpl[CMIS_CDB_LPL], len = cmis_firmware_info_write(&in, lpl);

	cr_expect_eq(lpl[0], 0x03);
	cr_expect_eq(lpl[1], 0x07);
	cr_expect_arr_eq(lpl + 2, "\x01\x02\x01\x2c", 4);  /* bytes 138.. */
	cr_expect_arr_eq(lpl + 38, "\x03\x04\x00\x05", 4); /* bytes 174.. */
	cr_assert_eq(cmis_firmware_info_read(&out, guard_copy(lpl, len), len), 0);
	cr_expect_eq(out.image[0].build, 300);
	cr_expect(out.image[0].running && out.image[0].committed && out.image[0].valid);
	cr_expect(!out.image[1].running && out.image[1].valid && out.factory);
	for (unsigned cut = 0; cut < 42; cut++)
		cr_expect_eq(cmis_firmware_info_read(&out, guard_copy(lpl, cut), cut), -ERANGE);
	in.image[1].valid = false;
	cmis_firmware_info_write(&in, lpl);
	cr_assert_eq(cmis_firmware_info_read(&out, guard_copy(lpl, 6), 6), 0);
	cr_expect(!out.image[1].valid);
}

Test(cdb, features_and_limits)
{
	/* abort, durations in tens: start 1 s, abort 0.2 s, write 0.05 s, complete 60 s */
	const uint8_t reply[] = { 0, 0x09, 0, 0, 15, 1, 0, 0, 0, 100, 0, 20, 0, 5, 0x17, 0x70 };
	struct cmis_firmware_features f;

	cr_assert_eq(cmis_firmware_features_read(&f, reply, sizeof(reply)), 0);
	cr_expect(f.abort && f.start_ms == 1000 && f.abort_ms == 200 && f.write_ms == 50 &&
		  f.complete_ms == 60000 && f.copy_ms == 0);
	cr_expect_eq(cmis_cdb_limit_ms(CMIS_CDB_FIRMWARE_START, &f), 1000);
	cr_expect_eq(cmis_cdb_limit_ms(CMIS_CDB_FIRMWARE_COMPLETE, &f), 60000);
	cr_expect_eq(cmis_cdb_limit_ms(CMIS_CDB_FIRMWARE_COPY, &f), 4960, "not told");
	cr_expect_eq(cmis_cdb_limit_ms(CMIS_CDB_FIRMWARE_INFO, &f), 4960);
	cr_expect_eq(cmis_cdb_limit_ms(CMIS_CDB_FIRMWARE_START, NULL), 4960);
	cr_assert_eq(cmis_firmware_features_read(&f, reply, 11), 0);
	cr_expect(f.start_ms == 1000 && f.abort_ms == 0, "as far as the reply goes");
	cr_expect_eq(cmis_firmware_features_read(&f, reply, 1), -ERANGE);
}
