/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_SHOWN = 160, /* bytes of a file name; the tail of a longer one */
	WHAT_SHOWN = 256, /* bytes of what is wrong, and of the remedy */
	LINE_SHOWN = 76,  /* characters of the source line around the caret */
};

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* Bytes of the character at s, never past end; an invalid byte counts alone. */
static size_t char_len(const char *s, const char *end)
{
	size_t n = 1;

	if ((unsigned char)*s < 0xc0)
		return 1;
	while (n < 4 && s + n < end && is_continuation(s[n]))
		n++;
	return n;
}

/* Bytes of the well-formed UTF-8 character at p (RFC 3629 section 4), 0 when it is none. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		unsigned low = p[0] == 0xe0 ? 0xa0 : 0x80, high = p[0] == 0xed ? 0x9f : 0xbf;

		return left >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xc0) == 0x80 ? 3 : 0;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		unsigned low = p[0] == 0xf0 ? 0x90 : 0x80, high = p[0] == 0xf4 ? 0x8f : 0xbf;

		return left >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xc0) == 0x80 &&
				       (p[3] & 0xc0) == 0x80
			       ? 4
			       : 0;
	}
	return 0;
}

static size_t count_chars(const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += !is_continuation(*from);
	return n;
}

size_t source_char_len(const struct source *s, size_t pos)
{
	return char_len(s->text + pos, s->text + s->len);
}

/* Start of the line that holds pos; *line counts from 1. "\r\n" is one break, a lone '\r' too. */
static size_t line_start(const struct source *s, size_t pos, unsigned *line)
{
	size_t start = 0;

	*line = 1;
	for (size_t i = 0; i < pos; i++) {
		if (!is_break(s->text[i]))
			continue;
		if (s->text[i] == '\r' && i + 1 < s->len && s->text[i + 1] == '\n') {
			if (i + 1 >= pos)
				break;
			i++;
		}
		start = i + 1;
		++*line;
	}
	return start;
}

size_t source_offset(const struct source *s, long line, long column)
{
	size_t i = 0;

	for (; line > 0 && i < s->len; i++) {
		if (!is_break(s->text[i]))
			continue;
		if (s->text[i] == '\r' && i + 1 < s->len && s->text[i + 1] == '\n')
			i++;
		line--;
	}
	for (; column > 0 && i < s->len && !is_break(s->text[i]); column--)
		i += char_len(s->text + i, s->text + s->len);
	return i < s->len ? i : s->len;
}

/* For the underline only: a blank, a bracket, a comma, or the colon behind a key. */
static bool ends_word(const char *p, const char *end)
{
	if (*p == ':')
		return p + 1 == end || strchr(" \t\r\n", p[1]);
	return strchr(" \t,]}\"'", *p);
}

/* Two lines into out: the source around pos, and a caret below it. */
static void snippet(const struct source *s, size_t start, size_t pos, unsigned line, char *out,
		    size_t room)
{
	const char *at = s->text + pos, *end = s->text + s->len, *from = s->text + start;
	size_t before = count_chars(from, at), used, shown_chars = 0, caret;
	static const char tildes[] = "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~";
	const char *cut = "";
	bool in_word = at < end && !strchr("[{\"'", *at);
	int tail = 0;

	if (before > LINE_SHOWN * 2 / 3) { /* begin nearer to the caret */
		size_t skip = before - LINE_SHOWN / 2;

		for (; skip; skip--)
			from += char_len(from, end);
		before = count_chars(from, at);
		cut = "...";
	}
	caret = strlen(cut) + before;
	used = (size_t)snprintf(out, room, "\n%5u | %s", line, cut);
	while (from < end && !is_break(*from) && shown_chars < LINE_SHOWN && used + 8 < room) {
		const unsigned char *c = (const unsigned char *)from;
		size_t n = utf8_len(c, (size_t)(end - from));

		if (n == 0 || (n == 1 && (*c < 0x20 || *c == 0x7f)) ||
		    (n == 2 && *c == 0xc2 && c[1] < 0xa0)) {
			out[used++] = *c == '\t' ? ' ' : '?';
			n = n ? n : 1;
		} else {
			memcpy(out + used, from, n);
			used += n;
		}
		in_word = in_word && (from <= at || (n == 1 && !ends_word(from, end)));
		if (in_word && from > at)
			tail++;
		from += n;
		shown_chars++;
	}
	snprintf(out + used, room - used, "%s\n      | %*s^%.*s",
		 from < end && !is_break(*from) ? "..." : "", (int)caret, "",
		 tail < (int)strlen(tildes) ? tail : (int)strlen(tildes), tildes);
}

int source_fail(const struct source *s, struct err *err, size_t pos, const char *fmt, ...)
{
	char text[2 * WHAT_SHOWN], lines[512];
	const char *remedy = "";
	size_t name_len = strlen(s->name), start;
	bool cut = name_len > NAME_SHOWN;
	unsigned line;
	char *split;
	va_list ap;

	if (!err)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	split = strchr(text, '\n');
	if (split) {
		*split = '\0';
		remedy = split + 1;
	}
	if (pos > s->len)
		pos = s->len;
	start = line_start(s, pos, &line);
	snippet(s, start, pos, line, lines, sizeof(lines));
	return err_set(err, -EINVAL, "%s%s:%u:%zu: %.*s%s\n%.*s", cut ? "..." : "",
		       s->name + (cut ? name_len - NAME_SHOWN : 0), line,
		       count_chars(s->text + start, s->text + pos) + 1, WHAT_SHOWN, text, lines,
		       WHAT_SHOWN, remedy);
}

struct shown shown(const char *text, size_t len)
{
	struct shown out;
	size_t room = sizeof(out.text) - 4, n = 0;

	for (; n < len && n < room; n++)
		out.text[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
	memcpy(out.text + n, n < len ? "..." : "", n < len ? 4 : 1);
	return out;
}

int source_check_text(const struct source *s, struct err *err)
{
	const unsigned char *p = (const unsigned char *)s->text;

	if (s->len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return source_fail(
			s, err, 0,
			"the file is UTF-16\nsave it as UTF-8: iconv -f UTF-16 -t UTF-8");
	for (size_t i = 0; i < s->len;) {
		size_t n = utf8_len(p + i, s->len - i);

		if (n == 0)
			return source_fail(s, err, i,
					   "byte 0x%02x is not UTF-8 text\nis this a YAML file? "
					   "save it as UTF-8 without binary data",
					   p[i]);
		if ((n == 1 && p[i] < 0x20 && p[i] != '\t' && !is_break((char)p[i])) ||
		    p[i] == 0x7f || (n == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0))
			return source_fail(s, err, i,
					   "control character 0x%02x\nis this a YAML file? remove "
					   "the character, or put it in double quotes as an escape",
					   n == 2 ? p[i + 1] : p[i]);
		if (n == 3 && p[i] == 0xe2 && p[i + 1] == 0x80 && (p[i + 2] & 0xfe) == 0xa8)
			return source_fail(
				s, err, i,
				"a line separator that YAML versions read differently\nuse "
				"plain line breaks");
		if (n == 3 && p[i] == 0xef && p[i + 1] == 0xbb && p[i + 2] == 0xbf)
			return source_fail(s, err, i,
					   "byte order mark inside the text\nremove it; only the "
					   "start of a file may have one");
		i += n;
	}
	return 0;
}
