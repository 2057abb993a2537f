/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of `cpx engine`: each verb below it in a file of its own, and what they share to find
 * an engine (engine_board.c of running boards, engine_path.c of sockets) and to read it
 * (engine_bus.c). One thread.
 */
#ifndef CPX_DATAPLANE_CLI_ENGINE_H
#define CPX_DATAPLANE_CLI_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/cli/engine_board.h"
#include "lib/base/err.h"
#include "lib/cmis/cmis.h"
#include "lib/cmis/decode.h"
#include "lib/cmis/engine/engine.h"

#define ENGINE_PATH_LEN   108 /* sun_path */
#define ENGINE_FOLDER_LEN 512

/* Verbs: argv[0] is "cpx engine VERB". Each returns an exit code. */
int engine_list(int argc, char **argv);
int engine_emulate(int argc, char **argv);
int engine_dump(int argc, char **argv);
int engine_show(int argc, char **argv);
int engine_inject(int argc, char **argv);
int engine_breakout(int argc, char **argv);
int engine_operate(int argc, char **argv); /* up, down, reset, lowpower, loopback, prbs */
int engine_alarms(int argc, char **argv);

/* Prints "cpx engine VERB: what" and where help is; returns EXIT_USAGE. */
int engine_usage(const char *verb, const char *what, ...) __attribute__((format(printf, 2, 3)));
/* A decimal number low..high, nothing else behind it. */
bool engine_number(const char *text, unsigned long low, unsigned long high, unsigned long *out);

/*
 * Sockets by name: in the folder $CPX_ENGINES, else /run/cpx/engines, for an ordinary user
 * $XDG_RUNTIME_DIR/cpx/engines or /tmp/cpx-UID/engines (and to read also /run/cpx/engines).
 * engine_path_new() makes the folder. A target with a '/' is a path.
 */
int engine_path_new(char path[ENGINE_PATH_LEN], const char *name, struct err *err);
/* Folders to look into, in order; how many. */
unsigned engine_path_folders(char folder[2][ENGINE_FOLDER_LEN]);
int engine_path_find(char path[ENGINE_PATH_LEN], const char *target, struct err *err);

/*
 * An engine to read. What holds a '/' is a path, of a socket of two-wire transactions or of a
 * driver's EEPROM file; "ethtool:" stands before a network interface that a module is in. Any other
 * target is a name: of an engine of a running board, else of a socket.
 */
struct engine_bus {
	const char *name; /* for people: the target without its folder */
	struct engine_board
		home; /* board[0]: its manager is asked, and none of the others is set */
	struct cmis_transport bus;
	struct cmis_client *client;
	struct cmis_eeprom *eeprom;
	struct cmis_ethtool *ethtool;
	uint8_t lower[CMIS_HALF]; /* as of the opening, without its flags */
	struct cmis_support support;
};

/* Finds the target and reads what it is; instance: of this board, NULL: as engine_board_find().
 * 0, or a negative errno and err; close() in any case. */
int engine_bus_open(struct engine_bus *b, const char *target, const char *instance,
		    struct err *err);
void engine_bus_close(struct engine_bus *b);
/*
 * Bytes first .. first + len - 1 of a page (0..127 of CMIS_LOWER, else 128..255), placed where they
 * belong in the 128 bytes of `half`. Selects the page and looks whether the select held, so another
 * host on the same engine costs a repetition. Reading flags clears them; leave them out. A board's
 * manager reads the whole page and counts the flags in it, so nobody misses them.
 */
int engine_bus_read(struct engine_bus *b, unsigned page, unsigned bank, unsigned first,
		    unsigned len, uint8_t half[CMIS_HALF], struct err *err);

#endif
