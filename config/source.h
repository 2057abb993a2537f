/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of a configuration and the one way to complain about a place in it. Positions are byte
 * offsets into the text; line and column (in characters, both from 1) are worked out only when
 * something is wrong. Any thread; nothing is allocated.
 */
#ifndef CPX_CONFIG_SOURCE_H
#define CPX_CONFIG_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct source {
	const char *name; /* as given on the command line */
	const char *text; /* without byte order mark; not NUL-terminated */
	size_t len;
};

/*
 * Fill err with "NAME:LINE:COL: what", the line, a caret and what to write instead; returns
 * -EINVAL. The format holds both, separated by the first newline: "what\nremedy" (a remedy is not
 * optional). The text keeps inside struct err whatever the source holds: long lines are shown
 * around the caret. err may be NULL.
 */
int source_fail(const struct source *s, struct err *err, size_t pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Offset of (line, column), both from 0, as libfyaml's marks count them. Clamped to the text. */
size_t source_offset(const struct source *s, long line, long column);

/* Bytes of the character at an offset inside the text, at least 1. */
size_t source_char_len(const struct source *s, size_t pos);

/*
 * Refuse what is not text: NUL and control characters, invalid UTF-8, UTF-16. 0, or -EINVAL with
 * the first bad byte's place.
 */
int source_check_text(const struct source *s, struct err *err);

/* A word from the file for use inside a message: printable ASCII only, cut to fit. */
struct shown {
	char text[44];
};
struct shown shown(const char *text, size_t len);

#endif
