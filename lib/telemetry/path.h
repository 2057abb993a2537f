/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the telemetry file of an instance is. Root: /run/cpx/INSTANCE/telemetry. Anybody else:
 * $XDG_RUNTIME_DIR/cpx/INSTANCE/telemetry, or without a usable XDG_RUNTIME_DIR a private folder
 * /tmp/cpx-UID/INSTANCE/telemetry. Any thread that may use the environment.
 */
#ifndef CPX_LIB_TELEMETRY_PATH_H
#define CPX_LIB_TELEMETRY_PATH_H

#include <stddef.h>

#include "lib/base/err.h"

#define TELEMETRY_PATH_LEN 512

/*
 * The file this user's instance is to write. A private folder under /tmp is made (0700) and must be
 * ours alone; the other folders are telemetry_create's. -EINVAL for a name that is not 1..31 of
 * [a-z0-9_-] with a letter first, -EPERM for a folder under /tmp that is not ours.
 */
int telemetry_path(char *buf, size_t len, const char *instance, struct err *err);

/*
 * The file to read. With a name: the first that exists in this user's folders, then in /run/cpx.
 * With NULL: the one instance that is running. -ENOENT when there is none (the text says how to
 * start one), -EEXIST when several are running (it lists them), -EACCES when a folder may not be
 * entered (it names the group).
 */
int telemetry_find(char *buf, size_t len, const char *instance, struct err *err);

#endif
