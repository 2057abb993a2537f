/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What surrounds an emulated module is asked for next to its socket, at SOCKET.ctl: a datagram of
 * one line, answered by one: "ok" or what is wrong.
 *
 *   inject FAULT VALUE LANES MS    LANES: hexadecimal, a bit per lane or laser, 0: all; MS 0: lasts
 *   heal FAULT | heal all
 *
 * Datagrams, so the emulator never waits for anybody: a request is there whole, and an answer that
 * its asker does not take is lost.
 */
#ifndef CPX_LIB_CMIS_EMULATOR_CONTROL_H
#define CPX_LIB_CMIS_EMULATOR_CONTROL_H

#include "lib/base/err.h"

struct cmis_engine;
struct cmis_control;

int cmis_control_create(struct cmis_control **c, const char *socket_path,
			struct cmis_engine *engine, struct err *err);
void cmis_control_destroy(struct cmis_control *c); /* NULL is fine */
int cmis_control_fd(const struct cmis_control *c);
/* Answers what has come, at most 16 requests. With the lock that guards the engine. */
void cmis_control_run(struct cmis_control *c);

/* Does what a request says: 0, or a negative errno and err. */
int cmis_control_obey(struct cmis_engine *engine, const char *request, struct err *err);
/* The other side: asks the module behind a socket. 0 for "ok", else err says. */
int cmis_control_ask(const char *socket_path, const char *request, struct err *err);

#endif
