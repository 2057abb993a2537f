/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands to the module, page 9Fh, that tell which firmware it has: query status, firmware
 * management features, firmware info, once after each identification and when all ports are where
 * they are going. A command is written (lengths, check code and payload first, then its number,
 * which starts it); then CdbStatus is polled, the less often the longer it takes, until it is
 * not busy or the command's limit has passed.
 *
 * A module may acknowledge nothing while it runs a command. So a NACK before that limit is no
 * failure of the module, and a module that does not know commands in the background is left alone
 * meanwhile. What does not work is tried again after 1, 2, 4 ... 300 s; the rest of the management
 * goes on.
 */
#include <errno.h>
#include <string.h>

#include "lib/cmis/manager/private.h"

#define PAGE        0x9F
#define COMMAND     128
#define HEADER      130
#define PAYLOAD     136
#define STATUS      37              /* lower memory */
#define CAPTURE     (100 * CMIS_MS) /* tCDBC: until the status tells of a command */
#define PORTS_FIRST (10000 * CMIS_MS)
#define RETRY_MAX   300000

/* The conversation: what is sent, and what becomes of a reply. */
static int take_status(struct cmis_manager *m, const uint8_t *lpl, size_t len)
{
	return 0; /* that it answers is all that was asked */
}

static int take_features(struct cmis_manager *m, const uint8_t *lpl, size_t len)
{
	struct cmis_firmware_seen *f = &m->seen.firmware;
	int ret = cmis_firmware_features_read(&f->features, lpl, len);

	f->has_features = ret == 0;
	return ret;
}

static int take_info(struct cmis_manager *m, const uint8_t *lpl, size_t len)
{
	struct cmis_firmware_seen *f = &m->seen.firmware;
	struct cmis_firmware_info info;
	int ret = cmis_firmware_info_read(&info, lpl, len);

	if (ret != 0)
		return ret;
	f->known = true;
	f->factory = info.factory;
	f->running = f->committed = -1;
	for (int i = 0; i < 2; i++) {
		f->image[i] = info.image[i];
		if (info.image[i].valid && info.image[i].running)
			f->running = i;
		if (info.image[i].valid && info.image[i].committed)
			f->committed = i;
	}
	return 0;
}

static const struct {
	uint16_t command;
	uint8_t lpl[2], len;
	int (*take)(struct cmis_manager *m, const uint8_t *lpl, size_t len);
} steps[] = {
	{ CMIS_CDB_QUERY_STATUS, { 0, 16 }, 2, take_status }, /* an answer within 16 ms */
	{ CMIS_CDB_FIRMWARE_FEATURES, { 0 }, 0, take_features },
	{ CMIS_CDB_FIRMWARE_INFO, { 0 }, 0, take_info },
};

#define DONE (sizeof(steps) / sizeof(steps[0]))

void cdb_forget(struct cmis_manager *m)
{
	m->cdb = (struct cdb){ .due = m->now };
	m->seen.firmware = (struct cmis_firmware_seen){ .running = -1, .committed = -1 };
	if (!cmis_has(&m->seen.support, CMIS_CMDID))
		m->cdb.step = DONE;
}

static uint64_t limit(const struct cmis_manager *m)
{
	const struct cmis_firmware_seen *f = &m->seen.firmware;

	return cmis_cdb_limit_ms(steps[m->cdb.step].command,
				 f->has_features ? &f->features : NULL) *
	       CMIS_MS;
}

/* A step that does not work: the conversation begins anew, later. */
static void fail(struct cmis_manager *m, enum cmis_reason reason, const char *how)
{
	struct cmis_event event = { .kind = CMIS_EVENT_NOTE, .reason = reason };
	struct cmis_firmware_seen *f = &m->seen.firmware;
	const char *name = cmis_cdb_command_name(steps[m->cdb.step].command);

	f->retry_ns = m->now + backoff(f->failures, 1000, RETRY_MAX);
	if (f->failures++ == 0)
		report(m, &event, "CDB %s: %s; its firmware is not known", name, how);
	f->reason = reason;
	m->cdb = (struct cdb){ .due = f->retry_ns };
}

static void proceed(struct cmis_manager *m)
{
	m->cdb = (struct cdb){ .step = m->cdb.step + 1, .due = m->now };
	if (m->cdb.step < DONE)
		return;
	m->seen.firmware.reason = CMIS_REASON_NONE;
	m->seen.firmware.failures = 0;
	m->seen.firmware.retry_ns = 0;
	m->seen.firmware.when_ns = m->now;
}

static int send(struct cmis_manager *m)
{
	uint16_t command = steps[m->cdb.step].command;
	uint8_t len = steps[m->cdb.step].len, status;
	const uint8_t *lpl = steps[m->cdb.step].lpl;
	const uint8_t header[] = { 0, 0, len, cmis_cdb_check_code(command, 0, lpl, len) };
	const uint8_t id[] = { (uint8_t)(command >> 8), (uint8_t)command };
	uint64_t background = 0;
	int ret = bus_lower(m, STATUS, &status, 1);

	if (ret != 0)
		return ret;
	if (status & CMIS_CDB_BUSY) {
		fail(m, CMIS_REASON_CDB_TIMEOUT, "the module is busy with another command");
		return 0;
	}
	if (m->left < 32)
		return -EAGAIN;
	ret = bus_write(m, 0, PAGE, HEADER, header, sizeof(header));
	if (ret == 0 && len > 0)
		ret = bus_write(m, 0, PAGE, PAYLOAD, lpl, len);
	if (ret == 0)
		ret = bus_write(m, 0, PAGE, COMMAND, id, sizeof(id));
	if (ret != 0)
		return ret;
	m->cdb.busy = true;
	cmis_get(CMIS_CdbBackgroundSupported, 0, m->page[1], CMIS_HALF, &background);
	m->cdb.foreground = background == 0;
	m->cdb.sent = m->now;
	m->cdb.due = m->now + POLL_MIN;
	return 0;
}

/* The reply, once the command is done. One that does not add up is asked for again, once. */
static int receive(struct cmis_manager *m)
{
	uint8_t page[CMIS_HALF], len;
	const uint8_t *lpl = &page[PAYLOAD - CMIS_HALF];
	int ret = bus_read(m, 0, PAGE, CMIS_HALF, page, CMIS_HALF);

	if (ret != 0)
		return ret;
	len = page[134 - CMIS_HALF];
	if (len > CMIS_CDB_LPL || page[135 - CMIS_HALF] != cmis_cdb_reply_check_code(lpl, len)) {
		if (m->cdb.bad_replies++ == 0)
			return 0;
		fail(m, CMIS_REASON_CDB_FAILED, "its reply has a wrong check code");
		return 0;
	}
	if (steps[m->cdb.step].take(m, lpl, len) != 0)
		fail(m, CMIS_REASON_CDB_FAILED, "its reply is too short");
	else
		proceed(m);
	return 0;
}

static int poll(struct cmis_manager *m)
{
	uint64_t lasted = m->now - m->cdb.sent;
	uint8_t status;
	int ret = bus_lower(m, STATUS, &status, 1);

	if (ret != 0)
		return ret;
	m->cdb.due = poll_after(m, m->cdb.sent);
	if (status & CMIS_CDB_BUSY || status == 0) {
		if (lasted > limit(m))
			fail(m, CMIS_REASON_CDB_TIMEOUT, cmis_reason_text(CMIS_REASON_CDB_TIMEOUT));
		else if (status == 0 && lasted > CAPTURE)
			fail(m, CMIS_REASON_CDB_FAILED, "the module has lost it");
	} else if (status == CMIS_CDB_UNKNOWN_COMMAND) {
		proceed(m); /* it has no such thing */
	} else if (status & CMIS_CDB_FAILED) {
		const char *name = cmis_cdb_status_name(status);

		fail(m, CMIS_REASON_CDB_FAILED, name != NULL ? name : "failed");
	} else {
		return receive(m);
	}
	return 0;
}

/* Commands may take the module's attention away from ports that are coming up. */
static bool ports_wait(const struct cmis_manager *m)
{
	if (m->now - m->seen.since_ns > PORTS_FIRST)
		return false;
	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++)
		for (unsigned i = 0; i < m->bank[b].ports; i++)
			if (m->bank[b].port[i].seen.state == CMIS_PORT_WAITING)
				return true;
	return false;
}

int cdb_run(struct cmis_manager *m)
{
	if (m->cdb.step >= DONE || m->now < m->cdb.due)
		return 0;
	if (m->cdb.busy)
		return poll(m);
	if (ports_wait(m) || !bus_allows(m, 12)) {
		m->cdb.due = m->now + POLL_MAX;
		return 0;
	}
	return send(m);
}

uint64_t cdb_due(const struct cmis_manager *m)
{
	return m->cdb.step < DONE ? m->cdb.due : NEVER;
}

bool cdb_excuses(struct cmis_manager *m)
{
	if (!m->cdb.busy)
		return false;
	if (m->now - m->cdb.sent > limit(m)) {
		fail(m, CMIS_REASON_CDB_TIMEOUT, "the module does not answer any more");
		return false;
	}
	m->retry = poll_after(m, m->cdb.sent);
	return true;
}
