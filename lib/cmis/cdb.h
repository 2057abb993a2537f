/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command data block, page 9Fh: the host fills bytes 130.. (lengths, check code, payload), then
 * writes 128-129, which starts the command; CdbStatus (lower memory 37) tells how it goes, and the
 * reply stands in 134... This header is what both sides must agree on. Pure functions.
 */
#ifndef CPX_LIB_CMIS_CDB_H
#define CPX_LIB_CMIS_CDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CMIS_CDB_LPL 120 /* bytes of local payload, 136..255 */

enum cmis_cdb_command {
	CMIS_CDB_QUERY_STATUS = 0x0000,
	CMIS_CDB_ENTER_PASSWORD = 0x0001,
	CMIS_CDB_ABORT = 0x0004,
	CMIS_CDB_MODULE_FEATURES = 0x0040,
	CMIS_CDB_FIRMWARE_FEATURES = 0x0041,
	CMIS_CDB_FIRMWARE_INFO = 0x0100,
	CMIS_CDB_FIRMWARE_START = 0x0101,
	CMIS_CDB_FIRMWARE_ABORT = 0x0102,
	CMIS_CDB_FIRMWARE_WRITE_LPL = 0x0103,
	CMIS_CDB_FIRMWARE_WRITE_EPL = 0x0104,
	CMIS_CDB_FIRMWARE_COMPLETE = 0x0107,
	CMIS_CDB_FIRMWARE_COPY = 0x0108,
	CMIS_CDB_FIRMWARE_RUN = 0x0109,
	CMIS_CDB_FIRMWARE_COMMIT = 0x010A,
};

/* CdbStatus: busy and failed bits, and the code in .5-0 that goes with each. */
enum {
	CMIS_CDB_BUSY = 0x80,
	CMIS_CDB_CAPTURED = CMIS_CDB_BUSY | 1,
	CMIS_CDB_CHECKING = CMIS_CDB_BUSY | 2,
	CMIS_CDB_EXECUTING = CMIS_CDB_BUSY | 3,
	CMIS_CDB_DONE = 1,
	CMIS_CDB_ABORTED = 3,
	CMIS_CDB_FAILED = 0x40,
	CMIS_CDB_UNKNOWN_COMMAND = CMIS_CDB_FAILED | 1,
	CMIS_CDB_BAD_PARAMETER = CMIS_CDB_FAILED | 2,
	CMIS_CDB_NOT_ABORTED = CMIS_CDB_FAILED | 3,
	CMIS_CDB_CHECK_TIMEOUT = CMIS_CDB_FAILED | 4,
	CMIS_CDB_BAD_CHECK_CODE = CMIS_CDB_FAILED | 5,
	CMIS_CDB_PASSWORD = CMIS_CDB_FAILED | 6,
	CMIS_CDB_INCOMPATIBLE = CMIS_CDB_FAILED | 7,
};

/* NULL where the code is reserved or a vendor's. */
const char *cmis_cdb_command_name(uint16_t command);
const char *cmis_cdb_status_name(uint8_t status);

/* CdbChkCode of a command: header bytes 128..132 and the local payload, ones' complemented. */
uint8_t cmis_cdb_check_code(uint16_t command, uint16_t epl_len, const uint8_t *lpl, uint8_t len);
/* RLPLChkCode of a reply: ones' complement of the sum of its payload. */
uint8_t cmis_cdb_reply_check_code(const uint8_t *lpl, uint8_t len);

struct cmis_firmware {
	bool valid, running, committed;
	uint8_t major, minor;
	uint16_t build;
};

struct cmis_firmware_info {
	struct cmis_firmware image[2]; /* A and B */
	bool factory;
};

/* Longest time that commands of firmware management may take; 0: not told. */
struct cmis_firmware_features {
	bool abort; /* a download may be broken off */
	uint32_t start_ms, abort_ms, write_ms, complete_ms, copy_ms;
};

/* Reply of command 0041h: what it does not reach is not told. 0, -ERANGE without its first two
 * bytes. */
int cmis_firmware_features_read(struct cmis_firmware_features *f, const uint8_t *lpl, size_t len);

/* How long a command may stay busy: what the features say (NULL: not read), else tCDBF, 4960 ms. */
uint32_t cmis_cdb_limit_ms(uint16_t command, const struct cmis_firmware_features *f);

/* Reply of command 0100h. Read: 0 or -ERANGE. Write: returns the reply's length. */
int cmis_firmware_info_read(struct cmis_firmware_info *info, const uint8_t *lpl, size_t len);
uint8_t cmis_firmware_info_write(const struct cmis_firmware_info *info, uint8_t lpl[CMIS_CDB_LPL]);

#endif
