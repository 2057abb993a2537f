/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module's side of CDB: one instance, in the background. A command written while another runs
 * is lost. What it knows: query status, enter password, abort, firmware features, firmware info.
 */
#include "lib/cmis/cdb.h"

#include <string.h>

#include "lib/cmis/engine/private.h"

#define HOST_PASSWORD 0x00001011u

enum {
	HEADER = 130 - 128,
	LENGTH = 132 - 128,
	CHECK = 133 - 128,
	REPLY_LENGTH = 134 - 128,
	REPLY_CHECK = 135 - 128,
	LPL = 136 - 128
};

void cdb_triggered(struct cmis_engine *e)
{
	if (e->cdb_until != CMIS_NEVER)
		return;
	reg_put(e, 0, CMIS_CdbStatus, 0, CMIS_CDB_EXECUTING);
	e->cdb_until = after_ms(e, e->durations.cdb);
}

static uint8_t firmware_info(struct cmis_engine *e, uint8_t reply[CMIS_CDB_LPL])
{
	struct cmis_firmware_info info = {
		.image = { { true, true, true, (uint8_t)reg_get(e, 0, CMIS_ActiveFirmwareMajor, 0),
			     (uint8_t)reg_get(e, 0, CMIS_ActiveFirmwareMinor, 0), 7 },
			   { true, false, false, (uint8_t)reg_get(e, 0, CMIS_InactiveFirmware, 0),
			     (uint8_t)reg_get(e, 0, CMIS_InactiveFirmware, 1), 3 } },
	};

	return cmis_firmware_info_write(&info, reply);
}

/* Fills reply and its length, returns the final CdbStatus. */
static uint8_t execute(struct cmis_engine *e, uint16_t command, const uint8_t *lpl, uint8_t len,
		       uint8_t reply[CMIS_CDB_LPL], uint8_t *reply_len)
{
	switch (command) {
	case CMIS_CDB_QUERY_STATUS:
		if (len != 0 && len != 2)
			return CMIS_CDB_BAD_PARAMETER;
		reply[0] = 2; /* its own length */
		reply[1] = e->password;
		*reply_len = 2;
		return CMIS_CDB_DONE;
	case CMIS_CDB_ENTER_PASSWORD:
		if (len != 4)
			return CMIS_CDB_BAD_PARAMETER;
		e->password = ((uint32_t)lpl[0] << 24 | (uint32_t)lpl[1] << 16 |
			       (uint32_t)lpl[2] << 8 | lpl[3]) == HOST_PASSWORD;
		return e->password ? CMIS_CDB_DONE : CMIS_CDB_PASSWORD;
	case CMIS_CDB_ABORT:
		return CMIS_CDB_NOT_ABORTED; /* nothing runs when a command is taken */
	case CMIS_CDB_FIRMWARE_FEATURES:
		reply[4] = 15; /* 140: 8 * (1 + 15) bytes a transaction; no way to write images */
		*reply_len = 18;
		return CMIS_CDB_DONE;
	case CMIS_CDB_FIRMWARE_INFO:
		*reply_len = firmware_info(e, reply);
		return CMIS_CDB_DONE;
	default:
		return CMIS_CDB_UNKNOWN_COMMAND;
	}
}

bool cdb_step(struct cmis_engine *e)
{
	uint8_t *page = reg_page(e, 0, 0x9F), reply[CMIS_CDB_LPL] = { 0 }, reply_len = 0, status;
	uint16_t command;
	uint8_t len;

	if (e->now < e->cdb_until || faulty(e, CMIS_INJECT_CDB_STUCK))
		return false;
	e->cdb_until = CMIS_NEVER;
	command = (uint16_t)reg_get(e, 0, CMIS_CMDID, 0);
	len = page[LENGTH];
	if (len > CMIS_CDB_LPL)
		status = CMIS_CDB_BAD_PARAMETER;
	else if (page[CHECK] !=
		 cmis_cdb_check_code(command, (uint16_t)(page[HEADER] << 8 | page[HEADER + 1]),
				     page + LPL, len))
		status = CMIS_CDB_BAD_CHECK_CODE;
	else
		status = execute(e, command, page + LPL, len, reply, &reply_len);
	page[REPLY_LENGTH] = reply_len;
	page[REPLY_CHECK] = cmis_cdb_reply_check_code(reply, reply_len);
	if (reply_len > 0)
		memcpy(page + LPL, reply, sizeof(reply));
	reg_put(e, 0, CMIS_CdbStatus, 0, status);
	reg_flag(e, 0, CMIS_CdbCmdCompleteFlag, 0, true);
	return true;
}

void cdb_next(const struct cmis_engine *e, uint64_t *when)
{
	if (e->present && !faulty(e, CMIS_INJECT_CDB_STUCK))
		earliest(when, e->cdb_until);
}
