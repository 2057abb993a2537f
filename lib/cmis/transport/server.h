/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Serves one module on a unix socket (wire.h) to several hosts. One thread, which also owns the
 * module; nothing blocks. A host that sends nonsense is dropped, one that is slow is waited for
 * without anybody else waiting, one that does not read its answers is not asked for more. When all
 * places are taken, the host that was silent longest makes room.
 */
#ifndef CPX_LIB_CMIS_TRANSPORT_SERVER_H
#define CPX_LIB_CMIS_TRANSPORT_SERVER_H

#include "lib/base/err.h"
#include "lib/cmis/cmis.h"

#define CMIS_SERVER_HOSTS 16

struct cmis_server;

/* Listens on path, mode 0660. A socket that a dead server left there is taken over. 0, -EADDRINUSE:
 * it is served already, -EEXIST: it is no socket, or another negative errno (err says). */
int cmis_server_create(struct cmis_server **s, const char *path, const struct cmis_transport *bus,
		       struct err *err);
/* Closes, and removes the path unless it is somebody else's by now. NULL is fine. */
void cmis_server_destroy(struct cmis_server *s);

/* Readable whenever cmis_server_run() has something to do: for an event loop. */
int cmis_server_fd(const struct cmis_server *s);
/* What can be done now, at most 64 transactions. How many were done. */
unsigned cmis_server_run(struct cmis_server *s);
/* Hosts that are connected. */
unsigned cmis_server_hosts(const struct cmis_server *s);

#endif
