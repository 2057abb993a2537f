/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Around libfyaml 0.7.12: it is fed bit by bit, its places become offsets, its complaints take our
 * form, and what it cannot bear is kept from it.
 */
#include "config/events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BLANK_BYTES = 256, LOOK_AHEAD_BYTES = 64 << 10 };

int events_no_memory(struct events *ev)
{
	ev->code =
		err_set(ev->err, -ENOMEM, "%s: out of memory while reading it", ev->tree->src.name);
	return ev->code;
}

/* What libfyaml said, in our form. Its line and column count from 1. */
static int fail_syntax(struct events *ev)
{
	const struct source *src = &ev->tree->src;
	void *prev = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(ev->diag, &prev);
	char said[128];
	const char *remedy = "YAML here is `key: value`, deeper keys indented by two spaces";
	size_t pos, start;

	if (!e)
		return events_fail(ev, "not YAML\n%s", remedy);
	pos = source_offset(src, e->line - 1L, e->column - 1L);
	snprintf(said, sizeof(said), "%s", e->msg);
	said[strcspn(said, "\n")] = '\0';
	for (start = pos; start > 0 && src->text[start - 1] != '\n'; start--)
		;
	for (; start < src->len && (src->text[start] == ' ' || src->text[start] == '\t'); start++)
		if (src->text[start] == '\t')
			remedy = "the line is indented with a tab; use spaces";
	return events_fail_at(ev, pos, "%s\n%s", said, remedy);
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* From libfyaml's (line, column) to an offset. Events come in order, so this only goes forward. */
static void set_place(struct events *ev, const struct fy_mark *mark)
{
	const struct source *src = &ev->tree->src;
	uint32_t line = (uint32_t)mark->line + 1, at = ev->line_pos;

	if (line < ev->line)
		return;
	while (ev->line < line && at < src->len) {
		bool crlf = src->text[at] == '\r' && at + 1 < src->len && src->text[at + 1] == '\n';

		if (is_break(src->text[at++])) {
			at += crlf;
			ev->line++;
			ev->line_pos = at;
		}
	}
	at = ev->line_pos;
	for (int column = mark->column; column > 0 && at < src->len; column--)
		at += (uint32_t)source_char_len(src, at);
	ev->pos = at;
}

static int fail_cut(struct events *ev)
{
	return events_fail(
		ev,
		"more than %d KiB that belong together\nbreak the lines here; a JSON printer "
		"does that when told to indent",
		LOOK_AHEAD_BYTES >> 10);
}

int events_next(struct events *ev)
{
	const struct fy_mark *mark;

	if (ev->event)
		fy_parser_event_free(ev->fyp, ev->event);
	ev->event = fy_parser_parse(ev->fyp);
	if (ev->cut &&
	    (!ev->event || ev->event->type == FYET_MAPPING_END ||
	     ev->event->type == FYET_SEQUENCE_END || ev->event->type == FYET_DOCUMENT_END))
		return fail_cut(ev); /* it believes the text has ended */
	if (!ev->event)
		return fail_syntax(ev);
	mark = fy_event_start_mark(ev->event);
	if (mark)
		set_place(ev, mark);
	if (ev->event->type == FYET_ALIAS)
		return events_fail(ev, "aliases (*name) are not used here\nwrite the value itself");
	if (fy_event_get_anchor_token(ev->event))
		return events_fail(ev, "anchors (&name) are not used here\nleave the anchor out");
	if (fy_event_get_tag_token(ev->event))
		return events_fail(ev, "tags (!name) are not used here\nleave the tag out");
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || is_break(c);
}

/* The line begins with `? `, perhaps behind `- `: a complex key. */
static bool is_complex_key(const struct source *src, size_t line)
{
	size_t i = line;

	while (i < src->len && (src->text[i] == ' ' || src->text[i] == '\t' || src->text[i] == '-'))
		i++;
	return i < src->len && src->text[i] == '?' &&
	       (i + 1 == src->len || is_blank(src->text[i + 1]));
}

/*
 * What libfyaml 0.7.12 must not even see. A row of blanks behind a key between brackets costs it
 * the square of its length; a complex key whose value it refuses makes it free memory twice.
 */
static int check_hazards(const struct source *src, struct err *err)
{
	size_t blank = 0;

	for (size_t i = 0; i < src->len; i++) {
		blank = is_blank(src->text[i]) ? blank + 1 : 0;
		if (blank > BLANK_BYTES)
			return source_fail(src, err, i,
					   "more than %d blanks in a row\nremove the "
					   "empty lines and spaces here",
					   BLANK_BYTES);
		if ((i == 0 || is_break(src->text[i - 1])) && is_complex_key(src, i))
			return source_fail(src, err, i,
					   "complex keys (`? key`) are not used here\n"
					   "write `key: value`");
	}
	return 0;
}

/*
 * libfyaml looks ahead as long as what it reads may turn out to be a key, in some places through
 * the whole file, and keeps what it found. So it is fed bit by bit, and told that the file ends
 * when it wants too much before it reports the next thing.
 */
static ssize_t feed(void *cookie, char *out, size_t room)
{
	struct events *ev = cookie;
	const struct source *src = &ev->tree->src;
	size_t n = src->len - ev->fed;

	if (n > 0 && ev->fed > ev->pos + LOOK_AHEAD_BYTES) {
		ev->cut = true;
		return 0;
	}
	n = n < room ? n : room;
	memcpy(out, src->text + ev->fed, n);
	ev->fed += n;
	return (ssize_t)n;
}

int events_open(struct events *ev, struct tree *tree, struct err *err)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2 };
	struct fy_diag_cfg diag_cfg;

	*ev = (struct events){ .tree = tree, .err = err, .line = 1 };
	ev->code = check_hazards(&tree->src, err);
	if (ev->code < 0)
		return ev->code;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	diag_cfg.colorize = false;
	ev->diag = fy_diag_create(&diag_cfg);
	if (ev->diag) {
		/* not printed as they come: it can overrun its buffer when it shows a line with
		 * tabs */
		fy_diag_set_collect_errors(ev->diag, true);
		cfg.diag = ev->diag;
		ev->fyp = fy_parser_create(&cfg);
	}
	ev->file = fopencookie(ev, "r", (cookie_io_functions_t){ .read = feed });
	if (!ev->fyp || !ev->file || fy_parser_set_input_fp(ev->fyp, tree->src.name, ev->file) != 0)
		return events_no_memory(ev);
	return 0;
}

void events_close(struct events *ev)
{
	if (ev->event)
		fy_parser_event_free(ev->fyp, ev->event);
	if (ev->diag)
		fy_diag_set_collect_errors(ev->diag,
					   false); /* frees them, while their tokens live */
	if (ev->fyp)
		fy_parser_destroy(ev->fyp);
	if (ev->diag)
		fy_diag_unref(ev->diag);
	if (ev->file)
		fclose(ev->file);
}
