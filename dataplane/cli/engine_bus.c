/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads an engine as one host among others: short patience with a module that is busy, and the page
 * select looked at again after each read, since the engine has only one. An engine of a running
 * board is read by its manager, which is asked for pages.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "dataplane/cli/engine.h"
#include "lib/cmis/dump.h"
#include "lib/cmis/transport/client.h"
#include "lib/cmis/transport/eeprom.h"
#include "lib/cmis/transport/ethtool.h"

#define TRANSACTION_MS 500
#define TRIES          20 /* of a read; MgmtInit takes up to 2 s */
#define PAUSE_MS       100
#define SELECT         126
#define FLAGS_FIRST    8 /* of lower memory, clear on read */
#define FLAGS_END      14
#define ETHTOOL        "ethtool:" /* a target that is a network interface */

static void pause_a_little(void)
{
	const struct timespec t = { 0, PAUSE_MS * 1000000L };

	nanosleep(&t, NULL);
}

/* One try. -EAGAIN: somebody else moved the page select. */
static int read_once(struct engine_bus *b, unsigned page, unsigned bank, unsigned first,
		     unsigned len, uint8_t *into)
{
	uint8_t wanted[2] = { (uint8_t)bank, (uint8_t)page }, seen[2];
	int ret;

	if (page == CMIS_LOWER || b->support.flat)
		return b->bus.read(b->bus.module, (uint8_t)first, into, len);
	ret = b->bus.write(b->bus.module, SELECT, wanted, 2);
	if (ret == 0)
		ret = b->bus.read(b->bus.module, (uint8_t)first, into, len);
	if (ret == 0)
		ret = b->bus.read(b->bus.module, SELECT, seen, 2);
	if (ret != 0)
		return ret;
	return seen[1] == wanted[1] && (seen[0] == wanted[0] || !cmis_page_is_banked(page))
		       ? 0
		       : -EAGAIN;
}

/* One page of a board's engine, through its manager. */
static int ask_once(struct engine_bus *b, unsigned page, unsigned bank, unsigned first,
		    unsigned len, uint8_t *into, struct err *err)
{
	uint8_t half[CMIS_HALF];
	int ret =
		engine_board_read(&b->home, page, cmis_page_is_banked(page) ? bank : 0, half, err);

	if (ret == 0)
		memcpy(into, half + first % CMIS_HALF, len);
	return ret;
}

static bool will_pass(int code)
{
	return code == -EREMOTEIO || code == -EAGAIN || code == -EBUSY;
}

static int explain(const struct engine_bus *b, const char *page, int code, struct err *err)
{
	if (b->ethtool && code != -EAGAIN)
		return err_set(err, code, "%s: %s: %s", b->name, page,
			       cmis_ethtool_complaint(b->ethtool));
	switch (code) {
	case -EREMOTEIO:
		return err_set(err, code,
			       "%s: %s is not acknowledged for %d s. The engine is busy, in reset, "
			       "or without this page; try again",
			       b->name, page, TRIES * PAUSE_MS / 1000);
	case -EAGAIN:
		return err_set(
			err, code,
			"%s: the select of %s does not hold. Another host uses the engine at "
			"the same time, or it lacks the page; try again",
			b->name, page);
	case -ENODEV:
		return err_set(err, code,
			       "%s: no module answers. Insert it, start its cpx engine emulate, or "
			       "check the path",
			       b->name);
	case -ETIMEDOUT:
		return err_set(err, code,
			       "%s: no answer within %d ms. Look whether what serves the socket is "
			       "stopped",
			       b->name, TRANSACTION_MS);
	case -EPROTO:
		return err_set(err, code,
			       "%s: what answers does not speak two-wire transactions. Give the "
			       "socket of an engine",
			       b->name);
	default:
		return err_set(err, code, "%s: reading %s failed: %s. Check its permissions",
			       b->name, page, strerror(-code));
	}
}

int engine_bus_read(struct engine_bus *b, unsigned page, unsigned bank, unsigned first,
		    unsigned len, uint8_t half[CMIS_HALF], struct err *err)
{
	char name[32];
	int ret = 0;

	for (int i = 0; i < TRIES; i++) {
		ret = b->home.board[0]
			      ? ask_once(b, page, bank, first, len, half + first % CMIS_HALF, err)
			      : read_once(b, page, bank, first, len, half + first % CMIS_HALF);
		if (!will_pass(ret))
			break;
		pause_a_little();
	}
	if (b->home.board[0])
		return ret; /* the board said why */
	return ret ? explain(b, cmis_page_name(page, bank, name, sizeof(name)), ret, err) : 0;
}

static int connect_to(struct engine_bus *b, const char *target, const char *instance,
		      struct err *err)
{
	char path[ENGINE_PATH_LEN];
	struct stat st;
	int ret;

	if (strncmp(target, ETHTOOL, strlen(ETHTOOL)) == 0) {
		ret = cmis_ethtool_create(&b->ethtool, target + strlen(ETHTOOL), 0, err);
		if (ret == 0)
			b->bus = cmis_ethtool_transport(b->ethtool);
		return ret;
	}
	if (!strchr(target, '/')) {
		ret = engine_board_find(&b->home, target, instance, err);
		if (ret != 0 || b->home.board[0])
			return ret;
	}
	ret = engine_path_find(path, target, err);
	if (ret != 0)
		return ret;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		ret = cmis_eeprom_create(&b->eeprom, path, 0, err);
		if (ret == 0)
			b->bus = cmis_eeprom_transport(b->eeprom);
		return ret;
	}
	ret = cmis_client_create(&b->client, path, TRANSACTION_MS, err);
	if (ret == 0)
		b->bus = cmis_client_transport(b->client);
	return ret;
}

int engine_bus_open(struct engine_bus *b, const char *target, const char *instance, struct err *err)
{
	uint8_t page01[CMIS_HALF] = { 0 };
	const char *slash = strrchr(target, '/');
	bool flat;
	int ret;

	memset(b, 0, sizeof(*b));
	b->name = slash && slash[1] ? slash + 1 : target;
	ret = connect_to(b, target, instance, err);
	if (ret == 0)
		ret = engine_bus_read(b, CMIS_LOWER, 0, 0, FLAGS_FIRST, b->lower, err);
	if (ret == 0)
		ret = engine_bus_read(b, CMIS_LOWER, 0, FLAGS_END, CMIS_HALF - FLAGS_END, b->lower,
				      err);
	if (ret != 0)
		return ret;
	flat = b->lower[2] >> 7;
	if (!flat)
		ret = engine_bus_read(b, 0x01, 0, CMIS_HALF, CMIS_HALF, page01, err);
	if (ret != 0)
		return ret;
	ret = cmis_support_read(&b->support, b->lower, sizeof(b->lower), flat ? NULL : page01,
				flat ? 0 : sizeof(page01));
	return ret ? err_set(err, ret, "%s: lower memory is too short. Check the transport",
			     b->name)
		   : 0;
}

void engine_bus_close(struct engine_bus *b)
{
	cmis_client_destroy(b->client);
	cmis_eeprom_destroy(b->eeprom);
	cmis_ethtool_destroy(b->ethtool);
}
