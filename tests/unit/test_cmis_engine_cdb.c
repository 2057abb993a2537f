/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/cmis/engine/cdb.c: commands as a host sends them.
 */
#include "lib/cmis/cdb.h"

#include "tests/unit/cmis_host.h"

/* Header and payload first, then the command; the status after it has run. */
static unsigned run(struct host *h, uint16_t command, const void *lpl, uint8_t len, int wrong)
{
	uint8_t header[6] = { 0, 0, len,
			      (uint8_t)(cmis_cdb_check_code(command, 0, lpl, len) + wrong) };
	const uint8_t id[2] = { (uint8_t)(command >> 8), (uint8_t)command };

	host_write(h, 0, 0x9F, 130, header, sizeof(header));
	if (len > 0)
		host_write(h, 0, 0x9F, 136, lpl, len);
	host_write(h, 0, 0x9F, 128, id, 2);
	cr_expect_eq(host_get(h, 0, CMIS_CdbStatus, 0), CMIS_CDB_EXECUTING);
	host_wait(20);
	return (unsigned)host_get(h, 0, CMIS_CdbStatus, 0);
}

Test(cdb_engine, firmware_info)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_firmware_info info;
	uint8_t page[CMIS_HALF];

	cr_expect_eq(run(&h, CMIS_CDB_FIRMWARE_INFO, NULL, 0, 0), CMIS_CDB_DONE);
	cr_expect_eq(host_get(&h, 0, CMIS_CdbCmdCompleteFlag, 0), 1);
	host_page(&h, 0, 0x9F, page);
	cr_assert_leq(page[6], CMIS_CDB_LPL);
	cr_expect_eq(page[7], cmis_cdb_reply_check_code(page + 8, page[6]));
	cr_assert_eq(cmis_firmware_info_read(&info, page + 8, page[6]), 0);
	cr_expect(info.image[0].running && info.image[0].major == 1 && info.image[0].minor == 2);
	host_end(&h);
}

Test(cdb_engine, passwords_and_status)
{
	struct host h = host_start("oif-3.2t");
	uint8_t page[CMIS_HALF];

	cr_expect_eq(run(&h, CMIS_CDB_ENTER_PASSWORD, "\0\0\0\0", 4, 0), CMIS_CDB_PASSWORD);
	cr_expect_eq(run(&h, CMIS_CDB_ENTER_PASSWORD, "\0\0\x10\x11", 4, 0), CMIS_CDB_DONE);
	cr_expect_eq(run(&h, CMIS_CDB_QUERY_STATUS, "\0\x10", 2, 0), CMIS_CDB_DONE);
	host_page(&h, 0, 0x9F, page);
	cr_expect_eq(page[9], 1, "host password accepted");
	host_end(&h);
}

Test(cdb_engine, refusals)
{
	struct host h = host_start("oif-3.2t");

	cr_expect_eq(run(&h, 0x1234, NULL, 0, 0), CMIS_CDB_UNKNOWN_COMMAND);
	cr_expect_eq(run(&h, CMIS_CDB_FIRMWARE_INFO, NULL, 0, 1), CMIS_CDB_BAD_CHECK_CODE);
	cr_expect_eq(run(&h, CMIS_CDB_QUERY_STATUS, "\0\0\0", 3, 0), CMIS_CDB_BAD_PARAMETER);
	host_write1(&h, 0, 0x9F, 132, 121); /* longer than there is room */
	host_write1(&h, 0, 0x9F, 129, 0);
	host_wait(20);
	cr_expect_eq(host_get(&h, 0, CMIS_CdbStatus, 0), CMIS_CDB_BAD_PARAMETER);
	host_end(&h);
}

Test(cdb_engine, stuck_and_not_answering)
{
	struct host h = host_start("oif-3.2t");
	struct cmis_injection stuck = { CMIS_INJECT_CDB_STUCK }, nack = { CMIS_INJECT_CDB_NACK };
	uint8_t byte = 0;

	cmis_engine_inject(h.engine, &stuck, NULL);
	cr_expect_eq(run(&h, CMIS_CDB_FIRMWARE_INFO, NULL, 0, 0), CMIS_CDB_EXECUTING);
	host_wait(10000);
	cr_expect_eq(host_get(&h, 0, CMIS_CdbStatus, 0), CMIS_CDB_EXECUTING);
	cmis_engine_inject(h.engine, &nack, NULL);
	cr_expect_eq(h.bus.read(h.bus.module, 37, &byte, 1), -EREMOTEIO);
	cmis_engine_heal(h.engine, CMIS_INJECT_CDB_STUCK);
	cr_expect_eq(host_get(&h, 0, CMIS_CdbStatus, 0), CMIS_CDB_DONE);
	host_end(&h);
}
