/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A module behind a unix socket (wire.h) as a transport. A transaction ends within its time
 * whatever the other side does: answers late, in single bytes, with nonsense, or not at all. After
 * such a failure the connection is given up, because what comes next on it has no meaning any more,
 * and the next transaction makes a new one.
 */
#ifndef CPX_LIB_CMIS_TRANSPORT_CLIENT_H
#define CPX_LIB_CMIS_TRANSPORT_CLIENT_H

#include "lib/base/err.h"
#include "lib/cmis/cmis.h"

struct cmis_client;

/* Does not connect yet. timeout_ms: of a transaction; 0: 20. 0, -EINVAL (err says), -ENOMEM. */
int cmis_client_create(struct cmis_client **c, const char *path, unsigned timeout_ms,
		       struct err *err);
void cmis_client_destroy(struct cmis_client *c);

/*
 * Valid as long as the client. Besides what cmis.h says: -ENODEV where nobody serves the path,
 * -EREMOTEIO where the server is too busy to take another host, -ETIMEDOUT, -EPROTO for an answer
 * that is none, -EIO when the connection broke.
 */
struct cmis_transport cmis_client_transport(struct cmis_client *c);

#endif
