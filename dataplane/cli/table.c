/* SPDX-License-Identifier: BSD-3-Clause */
/* Aligned tables and numbers with units (table.h). */
#include "dataplane/cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCREEN   80
#define WRAP_MIN 20 /* columns of a cell that is wrapped, whatever the others take */

struct cell {
	char *text;
	enum table_color color;
};

struct table {
	const char *const *headings;
	unsigned columns;
	struct cell *cells; /* row after row */
	size_t n, room;
	bool lost;
};

struct table *table_new(const char *const *headings)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->headings = headings;
	while (headings[t->columns] != NULL)
		t->columns++;
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void table_color(struct table *t, const char *text, enum table_color color)
{
	if (t == NULL)
		return;
	if (t->n == t->room) {
		size_t room = t->room != 0 ? t->room * 2 : 64;
		struct cell *grown = reallocarray(t->cells, room, sizeof(*grown));

		if (grown == NULL) {
			t->lost = true;
			return;
		}
		t->cells = grown;
		t->room = room;
	}
	t->cells[t->n].text = strdup(text);
	t->cells[t->n].color = color;
	t->lost |= t->cells[t->n].text == NULL;
	t->n++;
}

void table_cell(struct table *t, const char *text)
{
	table_color(t, text, TABLE_PLAIN);
}

void table_count(struct table *t, struct figure f)
{
	char text[24] = "-";

	if (f.known)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)f.v);
	table_cell(t, text);
}

/* Characters of valid UTF-8 (the reader hands out nothing else). */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static const char *const codes[] = { "", "\033[32m", "\033[1;31m", "\033[2m" };

static void put(FILE *to, const char *text, size_t wide, bool right, bool last,
		enum table_color color)
{
	size_t pad = wide - width(text);

	fprintf(to, "%*s%s%s%s%*s%s", right ? (int)pad : 0, "", codes[color], text,
		color != TABLE_PLAIN ? "\033[0m" : "", right || last ? 0 : (int)pad, "",
		last ? "\n" : "  ");
}

/* Bytes of the first line of at most `wide` characters: up to a space, else all of the word. */
static size_t line_of(const char *text, size_t wide)
{
	const char *end = text, *cut = NULL;

	for (size_t n = 0; *end != '\0' && (n <= wide || cut == NULL); end++) {
		if (*end == ' ')
			cut = end;
		n += ((unsigned char)*end & 0xc0) != 0x80;
		if (n > wide && cut != NULL)
			break;
	}
	return *end == '\0' || cut == NULL ? (size_t)(end - text) : (size_t)(cut - text);
}

/* The last cell of a row in lines below each other, that begin behind `indent` columns. */
static void put_lines(FILE *to, const char *text, size_t wide, size_t indent, const char *color)
{
	const char *off = color[0] != '\0' ? "\033[0m" : "";
	size_t n = line_of(text, wide);

	fprintf(to, "%s%.*s%s\n", color, (int)n, text, off);
	for (text += n; *text != '\0'; text += n) {
		text++; /* the space */
		n = line_of(text, wide);
		fprintf(to, "%*s%s%.*s%s\n", (int)indent, "", color, (int)n, text, off);
	}
}

size_t table_rows(const struct table *t)
{
	return t != NULL ? t->n / t->columns : 0;
}

static bool is_sign(const char *heading)
{
	return heading[0] == '>' || heading[0] == '~';
}

int table_print(const struct table *t, FILE *to, bool color)
{
	size_t wide[32] = { 0 }, used = 0;
	bool wraps;

	if (t == NULL || t->lost || t->columns > 32)
		return -ENOMEM;
	for (unsigned c = 0; c < t->columns; c++)
		wide[c] = width(t->headings[c]) - is_sign(t->headings[c]);
	for (size_t i = 0; i < t->n; i++)
		if (width(t->cells[i].text) > wide[i % t->columns])
			wide[i % t->columns] = width(t->cells[i].text);
	wraps = t->headings[t->columns - 1][0] == '~';
	for (unsigned c = 0; c + 1 < t->columns; c++)
		used += wide[c] + 2;
	for (unsigned c = 0; c < t->columns; c++) {
		const char *heading = t->headings[c];

		put(to, heading + is_sign(heading), wide[c], heading[0] == '>', c + 1 == t->columns,
		    color ? TABLE_DIM : TABLE_PLAIN);
	}
	for (size_t i = 0; i < t->n; i++) {
		unsigned c = (unsigned)(i % t->columns);

		if (wraps && c + 1 == t->columns) {
			put_lines(to, t->cells[i].text,
				  used + WRAP_MIN < SCREEN ? SCREEN - used : WRAP_MIN, used,
				  codes[color ? t->cells[i].color : TABLE_PLAIN]);
			continue;
		}
		put(to, t->cells[i].text, wide[c], t->headings[c][0] == '>', c + 1 == t->columns,
		    color ? t->cells[i].color : TABLE_PLAIN);
	}
	return 0;
}

static const char *scaled(char *buf, size_t len, struct figure f, const char *gap, const char *unit)
{
	static const char *const prefix[] = { "", "k", "M", "G", "T", "P", "E" };
	double v = (double)f.v;
	unsigned p = 0;
	int digits;

	if (!f.known) {
		snprintf(buf, len, "-");
		return buf;
	}
	for (; v >= 999.5 && p + 1 < sizeof(prefix) / sizeof(prefix[0]); p++)
		v /= 1000;
	digits = p == 0 || v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
	snprintf(buf, len, "%.*f%s%s%s", digits, v, gap, prefix[p], unit);
	return buf;
}

const char *table_unit(char *buf, size_t len, struct figure f, const char *unit)
{
	return scaled(buf, len, f, " ", unit);
}

const char *table_short(char *buf, size_t len, struct figure f)
{
	return scaled(buf, len, f, "", "");
}

bool table_wants_color(const char *when, FILE *to)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != NULL && strcmp(when, "always") == 0)
		return true;
	if (when != NULL && strcmp(when, "never") == 0)
		return false;
	return (no == NULL || no[0] == '\0') && isatty(fileno(to)) && term != NULL &&
	       strcmp(term, "dumb") != 0;
}
