/* SPDX-License-Identifier: BSD-3-Clause */
/* Aligned tables and numbers with units (table.h). */
#include "dataplane/cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void put(FILE *to, const char *text, size_t wide, bool right, bool last,
		enum table_color color)
{
	static const char *const codes[] = { "", "\033[32m", "\033[1;31m", "\033[2m" };
	size_t pad = wide - width(text);

	fprintf(to, "%*s%s%s%s%*s%s", right ? (int)pad : 0, "", codes[color], text,
		color != TABLE_PLAIN ? "\033[0m" : "", right || last ? 0 : (int)pad, "",
		last ? "\n" : "  ");
}

size_t table_rows(const struct table *t)
{
	return t != NULL ? t->n / t->columns : 0;
}

int table_print(const struct table *t, FILE *to, bool color)
{
	size_t wide[32] = { 0 };

	if (t == NULL || t->lost || t->columns > 32)
		return -ENOMEM;
	for (unsigned c = 0; c < t->columns; c++)
		wide[c] = width(t->headings[c]) - (t->headings[c][0] == '>');
	for (size_t i = 0; i < t->n; i++)
		if (width(t->cells[i].text) > wide[i % t->columns])
			wide[i % t->columns] = width(t->cells[i].text);
	for (unsigned c = 0; c < t->columns; c++) {
		bool right = t->headings[c][0] == '>';

		put(to, t->headings[c] + right, wide[c], right, c + 1 == t->columns,
		    color ? TABLE_DIM : TABLE_PLAIN);
	}
	for (size_t i = 0; i < t->n; i++) {
		unsigned c = (unsigned)(i % t->columns);

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
