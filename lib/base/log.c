/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One message, one write(2) to stderr, so that lines of several threads never mix. The form follows
 * the environment on each call (a log line is rare): "<4>text" for the journal (sd-daemon(3)),
 * "warn: text" otherwise, with the level coloured on a terminal. Any thread.
 */
#include "lib/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *colour; /* SGR sequence */
	char priority;      /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "\033[1;31m", '3' },
	[LOG_LEVEL_WARN] = { "warn", "\033[33m", '4' },
	[LOG_LEVEL_INFO] = { "info", "\033[32m", '6' },
	[LOG_LEVEL_DEBUG] = { "debug", "\033[2m", '7' },
};

static enum log_level max_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	max_level = level;
}

/* JOURNAL_STREAM=device:inode is inherited by children whose stderr may be something else. */
static bool stderr_is_journal(void)
{
	const char *s = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return s != NULL && sscanf(s, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static bool stderr_has_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
	       isatty(STDERR_FILENO) == 1;
}

static void write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nowhere left to say so */
		p += done;
		n -= (size_t)done;
	}
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[2048], line[4096];
	int saved = errno;
	bool journal;
	size_t n = 0;
	va_list ap;
	int len;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0)
		goto out;
	if ((size_t)len >= sizeof(text)) {
		memcpy(text + sizeof(text) - 4, "...", 4);
		len = sizeof(text) - 1;
	}
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';

	journal = stderr_is_journal();
	if (!journal) {
		bool colour = stderr_has_colour();

		n = (size_t)snprintf(line, sizeof(line),
				     "%s%s%s: ", colour ? levels[level].colour : "",
				     levels[level].name, colour ? "\033[0m" : "");
	}
	/* The journal takes every line as its own entry: each needs the priority. */
	for (const char *p = text, *end; p != NULL && n + 8 < sizeof(line); p = end) {
		size_t part;

		end = strchr(p, '\n');
		part = end != NULL ? (size_t)(end - p) : strlen(p);
		if (end != NULL)
			end++;
		if (journal) {
			line[n++] = '<';
			line[n++] = levels[level].priority;
			line[n++] = '>';
		}
		if (part > sizeof(line) - n - 1)
			part = sizeof(line) - n - 1;
		memcpy(line + n, p, part);
		n += part;
		line[n++] = '\n';
	}
	write_all(line, n);
out:
	errno = saved;
}
