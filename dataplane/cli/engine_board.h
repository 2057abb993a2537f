/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines of running boards: which board manages an engine of this name, and asking that board for
 * it over its control socket (control.h). Boards of this user are found, and those of root when
 * root asks; who may not ask a board does not see its engines. One thread.
 */
#ifndef CPX_DATAPLANE_CLI_ENGINE_BOARD_H
#define CPX_DATAPLANE_CLI_ENGINE_BOARD_H

#include <jansson.h>
#include <stdbool.h>

#include "dataplane/cli/engine_target.h"
#include "lib/base/err.h"

/* Where an engine lives. */
struct engine_board {
	char board[ENGINE_NAME_LEN]; /* instance; "": no board manages it */
	char engine[ENGINE_NAME_LEN];
	bool emulated; /* inside the board's process */
};

/*
 * Calls `each` with every engine and laser source of a board. `instance`: of that one, and it is an
 * error when it does not answer. NULL: of $CPX_INSTANCE if that is set, else of every board; one
 * that does not answer has none.
 */
int engine_board_each(const char *instance, void (*each)(void *arg, const struct engine_board *e),
		      void *arg, struct err *err);

/*
 * The board among these that manages this engine; 0 with an empty `board` when none does and
 * `instance` is NULL. Negative errno and err: -EEXIST, several do (it names them), -ENOENT,
 * `instance` does not.
 */
int engine_board_find(struct engine_board *e, const char *engine, const char *instance,
		      struct err *err);
/* The same for verbs that need a board: -ENOENT and what to do when none manages the engine. */
int engine_board_need(struct engine_board *e, const char *engine, const char *instance,
		      struct err *err);

/* One request about the engine: "verb" and "engine" are put into `request`, which stays the
 * caller's. *reply is to be decref'd; NULL: not wanted. The error names the engine. */
int engine_board_ask(const struct engine_board *e, const char *verb, json_t *request,
		     json_t **reply, struct err *err);
/* A page's 128 bytes, of CMIS_LOWER or 00h..FFh. */
int engine_board_read(const struct engine_board *e, unsigned page, unsigned bank, uint8_t half[128],
		      struct err *err);

#endif
