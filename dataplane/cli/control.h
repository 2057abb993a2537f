/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking a running board over its control socket (dataplane/ctl/control_request.h has what is
 * said). One thread.
 */
#ifndef CPX_DATAPLANE_CLI_CONTROL_H
#define CPX_DATAPLANE_CLI_CONTROL_H

#include <jansson.h>

#include "lib/base/err.h"

#define CONTROL_PATIENCE_MS 30000

/*
 * One request to the instance of that name, NULL: to the one that runs; *reply, to be decref'd, has
 * "ok": true. The request stays the caller's. Negative errno with err: the board's own error and
 * code, -ENOENT or -EEXIST from finding it, -ECONNREFUSED when it does not run, -ETIMEDOUT after
 * `ms`, -EACCES, -EPROTO. The text names the instance and what to do.
 */
int control_ask_within(const char *instance, json_t *request, unsigned ms, json_t **reply,
		       struct err *err);
int control_ask(const char *instance, json_t *request, json_t **reply, struct err *err);

#endif
