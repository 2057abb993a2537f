/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The validity rules of format.h as pure functions of copies; for reader.c and its tests. Any
 * thread, no allocation, no I/O.
 */
#ifndef CPX_LIB_TELEMETRY_CHECK_H
#define CPX_LIB_TELEMETRY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/telemetry/format.h"

/* V1..V8 for a file of `size` bytes: 0, or -EBADMSG with the rule's name in err. */
int check_superblock(const struct telemetry_superblock *sb, uint64_t size, struct err *err);
/* E1..E4: may this entry be used? */
bool check_entry(const struct telemetry_entry *e, const struct telemetry_superblock *sb);
/* Copy of at most `n` bytes up to a NUL: invalid UTF-8 and control characters become '?'; cut to
 * len - 1 bytes at a character. Always NUL-ended (len > 0). */
void check_text(char *to, size_t len, const void *from, size_t n);

#endif
