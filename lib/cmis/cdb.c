/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes of CDB commands and replies that host and module share.
 */
#include "lib/cmis/cdb.h"

#include <errno.h>
#include <string.h>

static const struct {
	uint16_t code;
	const char *name;
} commands[] = {
	{ CMIS_CDB_QUERY_STATUS, "query status" },
	{ CMIS_CDB_ENTER_PASSWORD, "enter password" },
	{ CMIS_CDB_ABORT, "abort" },
	{ CMIS_CDB_MODULE_FEATURES, "module features" },
	{ CMIS_CDB_FIRMWARE_FEATURES, "firmware features" },
	{ CMIS_CDB_FIRMWARE_INFO, "firmware info" },
	{ CMIS_CDB_FIRMWARE_START, "firmware start" },
	{ CMIS_CDB_FIRMWARE_ABORT, "firmware abort" },
	{ CMIS_CDB_FIRMWARE_WRITE_LPL, "firmware write LPL" },
	{ CMIS_CDB_FIRMWARE_WRITE_EPL, "firmware write EPL" },
	{ CMIS_CDB_FIRMWARE_COMPLETE, "firmware complete" },
	{ CMIS_CDB_FIRMWARE_COPY, "firmware copy" },
	{ CMIS_CDB_FIRMWARE_RUN, "firmware run" },
	{ CMIS_CDB_FIRMWARE_COMMIT, "firmware commit" },
}, statuses[] = {
	{ 0, "idle" },
	{ CMIS_CDB_CAPTURED, "busy: captured" },
	{ CMIS_CDB_CHECKING, "busy: checking" },
	{ CMIS_CDB_EXECUTING, "busy: executing" },
	{ CMIS_CDB_DONE, "done" },
	{ CMIS_CDB_ABORTED, "aborted" },
	{ CMIS_CDB_UNKNOWN_COMMAND, "failed: unknown command" },
	{ CMIS_CDB_BAD_PARAMETER, "failed: parameter" },
	{ CMIS_CDB_NOT_ABORTED, "failed: not aborted" },
	{ CMIS_CDB_CHECK_TIMEOUT, "failed: check timeout" },
	{ CMIS_CDB_BAD_CHECK_CODE, "failed: check code" },
	{ CMIS_CDB_PASSWORD, "failed: password" },
	{ CMIS_CDB_INCOMPATIBLE, "failed: incompatible state" },
};

const char *cmis_cdb_command_name(uint16_t command)
{
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].code == command)
			return commands[i].name;
	return NULL;
}

const char *cmis_cdb_status_name(uint8_t status)
{
	for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == status)
			return statuses[i].name;
	return NULL;
}

uint8_t cmis_cdb_reply_check_code(const uint8_t *lpl, uint8_t len)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < len; i++)
		sum += lpl[i];
	return (uint8_t)~sum;
}

uint8_t cmis_cdb_check_code(uint16_t command, uint16_t epl_len, const uint8_t *lpl, uint8_t len)
{
	const uint8_t header[] = { (uint8_t)(command >> 8), (uint8_t)command,
				   (uint8_t)(epl_len >> 8), (uint8_t)epl_len, len };

	return (uint8_t)(cmis_cdb_reply_check_code(header, sizeof(header)) +
			 cmis_cdb_reply_check_code(lpl, len) + 1);
}

/* Byte 1: .0 abort, .3 durations count tens. Durations: words from byte 8, in ms. */
enum { FEATURE_ABORT = 1, FEATURE_TENS = 8, DURATIONS_AT = 8, FOREGROUND_MS = 4960 };

static uint32_t duration(const uint8_t *lpl, size_t len, unsigned i)
{
	unsigned at = DURATIONS_AT + 2 * i;

	if (at + 2 > len)
		return 0;
	return (uint32_t)(lpl[at] << 8 | lpl[at + 1]) * (lpl[1] & FEATURE_TENS ? 10 : 1);
}

int cmis_firmware_features_read(struct cmis_firmware_features *f, const uint8_t *lpl, size_t len)
{
	memset(f, 0, sizeof(*f));
	if (len < 2)
		return -ERANGE;
	*f = (struct cmis_firmware_features){ .abort = lpl[1] & FEATURE_ABORT,
					      .start_ms = duration(lpl, len, 0),
					      .abort_ms = duration(lpl, len, 1),
					      .write_ms = duration(lpl, len, 2),
					      .complete_ms = duration(lpl, len, 3),
					      .copy_ms = duration(lpl, len, 4) };
	return 0;
}

uint32_t cmis_cdb_limit_ms(uint16_t command, const struct cmis_firmware_features *f)
{
	static const struct cmis_firmware_features none;
	uint32_t ms = 0;

	if (f == NULL)
		f = &none;
	switch (command) {
	case CMIS_CDB_FIRMWARE_START:
		ms = f->start_ms;
		break;
	case CMIS_CDB_FIRMWARE_ABORT:
		ms = f->abort_ms;
		break;
	case CMIS_CDB_FIRMWARE_WRITE_LPL:
	case CMIS_CDB_FIRMWARE_WRITE_EPL:
		ms = f->write_ms;
		break;
	case CMIS_CDB_FIRMWARE_COMPLETE:
		ms = f->complete_ms;
		break;
	case CMIS_CDB_FIRMWARE_COPY:
		ms = f->copy_ms;
		break;
	default:
		break;
	}
	return ms != 0 ? ms : FOREGROUND_MS;
}

/*
 * Byte 0: .0 A running .1 A committed .2 A invalid, .4-.6 the same of B. Byte 1: .0 A, .1 B, .2
 * factory image present. Versions: A from byte 2, B from byte 38.
 */
enum { INVALID = 4, FACTORY = 4, INFO_LEN = 110, IMAGE_AT = 2, IMAGE_STEP = 36 };

int cmis_firmware_info_read(struct cmis_firmware_info *info, const uint8_t *lpl, size_t len)
{
	memset(info, 0, sizeof(*info));
	if (len < 2)
		return -ERANGE;
	info->factory = lpl[1] & FACTORY;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t status = lpl[0] >> (i * 4) & 7;
		const uint8_t *v = lpl + IMAGE_AT + i * IMAGE_STEP;

		if (!(lpl[1] >> i & 1))
			continue;
		if (len < IMAGE_AT + i * IMAGE_STEP + 4)
			return -ERANGE;
		info->image[i] = (struct cmis_firmware){
			!(status & INVALID),         status & 1, status & 2, v[0], v[1],
			(uint16_t)(v[2] << 8 | v[3])
		};
	}
	return 0;
}

uint8_t cmis_firmware_info_write(const struct cmis_firmware_info *info, uint8_t lpl[CMIS_CDB_LPL])
{
	memset(lpl, 0, CMIS_CDB_LPL);
	lpl[1] = info->factory ? FACTORY : 0;
	for (unsigned i = 0; i < 2; i++) {
		const struct cmis_firmware *f = &info->image[i];
		uint8_t *v = lpl + IMAGE_AT + i * IMAGE_STEP;

		if (f->valid)
			lpl[1] |= (uint8_t)(1 << i);
		lpl[0] |= (uint8_t)((f->running | f->committed << 1 | (f->valid ? 0 : INVALID))
				    << (i * 4));
		v[0] = f->major;
		v[1] = f->minor;
		v[2] = (uint8_t)(f->build >> 8);
		v[3] = (uint8_t)f->build;
	}
	return INFO_LEN;
}
