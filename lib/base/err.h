/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An error a person will read: which object, what is wrong, what to do. Functions that can fail
 * for such a reason take a `struct err *` and return a negative errno; the text is filled exactly
 * when the return is negative. Any thread; the object belongs to the caller.
 */
#ifndef CPX_LIB_BASE_ERR_H
#define CPX_LIB_BASE_ERR_H

struct err {
	char text[1024]; /* one or more lines, no trailing newline */
};

/* Exit codes of every verb (DESIGN.md section 8). */
enum {
	EXIT_DONE = 0,    /* done */
	EXIT_FAILED = 1,  /* the thing asked for failed */
	EXIT_USAGE = 2,   /* bad usage or bad file */
	EXIT_MACHINE = 3, /* this machine cannot; cpx doctor says why */
};

/* Fill err->text from the format and return `code` (a negative errno). err may be NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
