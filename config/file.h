/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration file's text: size limit, no devices or pipes. Only inside config/. Any thread.
 */
#ifndef CPX_CONFIG_FILE_H
#define CPX_CONFIG_FILE_H

#include <stddef.h>

#include "lib/base/err.h"

/* All of a file, or one byte more than CONFIG_MAX_FILE_BYTES. *text is the caller's to free. 0, or
 * a negative errno with err filled. */
int file_read(const char *path, char **text, size_t *len, struct err *err);
/* The complaint about a larger one: -EFBIG. */
int file_too_big(const char *name, struct err *err);

#endif
