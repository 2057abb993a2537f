/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats an error into its caller's buffer. Called by anything that may fail for a reason a person
 * reads; any thread, no state. Text that does not fit ends in "...", and never in a newline, so
 * that whoever prints it decides how lines end.
 */
#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;
	size_t len;
	int n;

	if (err == NULL)
		return code;
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n < 0)
		err->text[0] = '\0';
	else if ((size_t)n >= sizeof(err->text))
		memcpy(err->text + sizeof(err->text) - 4, "...", 4);
	len = strlen(err->text);
	while (len > 0 && err->text[len - 1] == '\n')
		err->text[--len] = '\0';
	return code;
}
