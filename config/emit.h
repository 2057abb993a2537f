/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A struct config as the text of a file: parsed again it is the same configuration. Goes through
 * the schema in its order and writes only what differs from the defaults. Comments and layout of
 * the file it was read from are not kept. Pure, any thread.
 */
#ifndef CPX_CONFIG_EMIT_H
#define CPX_CONFIG_EMIT_H

#include "config/config.h"

/* *text, NUL-terminated, is the caller's to free. -ENOMEM. */
int config_emit(const struct config *c, char **text, size_t *len);

/*
 * Write a file so that at any moment the old or the new one is there, whole: a temporary file
 * beside it, fsync, rename. A file that is replaced keeps its mode and owner; a new one gets
 * `mode`. -errno with err.
 */
int config_write(const char *path, const char *text, size_t len, unsigned mode, struct err *err);

#endif
