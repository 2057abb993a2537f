/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket of a board: `control` beside its telemetry segment, SOCK_SEQPACKET, one
 * request and one answer a message (control_request.h). Served on the control thread's loop, which
 * it never holds up: an answer that a client does not take ends the client, so does saying nothing
 * for a minute; there are at most 16. Only root and the user who runs the board are heard.
 */
#ifndef CPX_DATAPLANE_CTL_CONTROL_H
#define CPX_DATAPLANE_CTL_CONTROL_H

#include <stdint.h>

#include "dataplane/ctl/control_request.h"
#include "lib/base/loop.h"

#define CONTROL_FILE        "control"
#define CONTROL_CLIENTS_MAX 16

struct control;

/*
 * Serves the verbs at `path`; arg goes to their handlers. A socket left there by a board that died
 * is taken over: who calls this owns the name (the telemetry segment is locked). The loop must
 * outlive it. -ENAMETOOLONG, -EADDRINUSE …, with remedy.
 */
int control_create(struct control **out, const char *path, struct loop *l,
		   const struct control_verb *verbs, size_t n_verbs, void *arg, struct err *err);
/* Removes the socket. Not from a handler. */
void control_destroy(struct control *c);

/* Requests answered, and clients dropped: too slow, not allowed, or one too many. */
uint64_t control_requests(const struct control *c);
uint64_t control_dropped(const struct control *c);

/* verbs.c: what a board does when asked; a new verb is a line there. arg: the struct board. */
extern const struct control_verb board_verbs[];
extern const size_t board_n_verbs;

#endif
