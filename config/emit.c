/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration as text; see emit.h. */
#include "config/emit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "config/schema.h"

struct emit {
	const struct config *c;
	FILE *out;
};

static void emit_map(struct emit *e, const struct schema_key *map, const void *object, int depth);

/* Words that YAML or a reader of it might take for something else are quoted. Numbers and truth
 * values are not: the schema wants them bare. */
static bool is_bare(enum schema_type type, const char *text)
{
	if (type == SCHEMA_NUMBER || type == SCHEMA_AUTO || type == SCHEMA_BOOL)
		return true;
	if (strcmp(text, "null") == 0 || strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return false;
	return text[0] &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_./-")] == '\0' &&
	       text[0] != '-' && text[0] != '.';
}

static void emit_text(struct emit *e, enum schema_type type, const char *text)
{
	/* "fiber:a": a colon with something behind it */
	const char *colon = type == SCHEMA_CARRIER ? strchr(text, ':') : NULL;

	if (is_bare(type, text) || (colon && colon[1] && is_bare(type, colon + 1))) {
		fputs(text, e->out);
		return;
	}
	putc('"', e->out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', e->out);
		putc(*text, e->out);
	}
	putc('"', e->out);
}

static bool is_value(const struct schema_key *key)
{
	return key->type != SCHEMA_MAP && key->type != SCHEMA_NAMED && key->type != SCHEMA_LIST;
}

/* The value, or false: it is the default, or none. */
static bool value_of(struct emit *e, const struct schema_key *key, const void *object,
		     char text[FIELDS_TEXT_MAX])
{
	const struct field *f = field_find(key->path);

	return f && field_text(f, e->c, object, text, FIELDS_TEXT_MAX) &&
	       !(key->preset && strcmp(key->preset, text) == 0);
}

static void indent(struct emit *e, int depth)
{
	fprintf(e->out, "%*s", 2 * depth, "");
}

static void emit_flow_map(struct emit *e, const struct schema_key *map, const void *object);

/* paths: [{via: 10.0.0.1}, {via: 10.0.1.1}], behind n other keys. */
static void emit_flow_list(struct emit *e, const struct schema_key *key, const void *object,
			   unsigned *n)
{
	const struct collection *list = collection_find(key->path);
	const unsigned entries = list ? list->count(e->c, object) : 0;
	char text[FIELDS_TEXT_MAX];

	for (unsigned i = 0; i < entries; i++) {
		if (i == 0)
			fprintf(e->out, "%s%s: [", (*n)++ ? ", " : "", schema_leaf(key));
		else
			fputs(", ", e->out);
		emit_flow_map(e, schema_child(key, "[]"), list->at(e->c, object, i, text));
	}
	if (entries)
		putc(']', e->out);
}

/* {to: 10.0.0.0/8, via: 10.0.0.1}; false: all keys have their defaults. */
static void emit_flow_map(struct emit *e, const struct schema_key *map, const void *object)
{
	char text[FIELDS_TEXT_MAX];
	unsigned n = 0;

	putc('{', e->out);
	for (const struct schema_key *k = NULL; (k = schema_next(map, k));) {
		if (k->type == SCHEMA_LIST)
			emit_flow_list(e, k, object, &n);
		if (!is_value(k) || !value_of(e, k, object, text))
			continue;
		fprintf(e->out, "%s%s: ", n++ ? ", " : "", schema_leaf(k));
		emit_text(e, k->type, text);
	}
	putc('}', e->out);
}

/* Values in one line, maps one a line. */
static void emit_list(struct emit *e, const struct schema_key *key, const void *object, int depth)
{
	const struct collection *list = collection_find(key->path);
	const struct schema_key *entry = schema_child(key, "[]");
	const unsigned n = list ? list->count(e->c, object) : 0;
	char text[FIELDS_TEXT_MAX];

	if (n == 0)
		return;
	if (depth == 0)
		putc('\n', e->out);
	indent(e, depth);
	fprintf(e->out, "%s:%s", schema_leaf(key), is_value(entry) ? " [" : "\n");
	for (unsigned i = 0; i < n; i++) {
		const void *at = list->at(e->c, object, i, text);

		if (is_value(entry)) {
			fputs(i ? ", " : "", e->out);
			value_of(e, entry, at, text);
			emit_text(e, entry->type, text);
		} else {
			indent(e, depth + 1);
			fputs("- ", e->out);
			emit_flow_map(e, entry, at);
			putc('\n', e->out);
		}
	}
	fputs(is_value(entry) ? "]\n" : "", e->out);
}

static void emit_named(struct emit *e, const struct schema_key *key, const void *object, int depth)
{
	const struct collection *named = collection_find(key->path);
	const struct schema_key *entry = schema_child(key, "*");
	const unsigned n = named ? named->count(e->c, object) : 0;
	char name[FIELDS_TEXT_MAX], text[FIELDS_TEXT_MAX];
	bool begun = false;

	for (unsigned i = 0; i < n; i++) {
		const void *at = named->at(e->c, object, i, name);

		if (!at)
			continue;
		if (!begun && depth == 0)
			putc('\n', e->out);
		if (!begun) {
			indent(e, depth);
			fprintf(e->out, "%s:\n", schema_leaf(key));
		}
		begun = true;
		indent(e, depth + 1);
		emit_text(e, key->names == SCHEMA_BY_VLAN ? SCHEMA_NUMBER : SCHEMA_TEXT, name);
		if (is_value(entry)) {
			fputs(": ", e->out);
			if (value_of(e, entry, at, text))
				emit_text(e, entry->type, text);
			putc('\n', e->out);
		} else {
			const long head = ftell(e->out);

			fputs(":\n", e->out);
			emit_map(e, entry, at, depth + 2);
			if (ftell(e->out) == head + 2) { /* nothing but defaults */
				fseek(e->out, head, SEEK_SET);
				fputs(": {}\n", e->out);
			}
		}
	}
}

static void emit_map(struct emit *e, const struct schema_key *map, const void *object, int depth)
{
	char text[FIELDS_TEXT_MAX];

	for (const struct schema_key *k = NULL; (k = schema_next(map, k));) {
		if (k->type == SCHEMA_NAMED) {
			emit_named(e, k, object, depth);
		} else if (k->type == SCHEMA_LIST) {
			emit_list(e, k, object, depth);
		} else if (k->type == SCHEMA_MAP) {
			const long head = ftell(e->out);
			long begun;

			indent(e, depth);
			fprintf(e->out, "%s:\n", schema_leaf(k));
			begun = ftell(e->out);
			emit_map(e, k, object, depth + 1);
			if (ftell(e->out) == begun)
				fseek(e->out, head, SEEK_SET);
		} else if (value_of(e, k, object, text)) {
			indent(e, depth);
			fprintf(e->out, "%s: ", schema_leaf(k));
			emit_text(e, k->type, text);
			putc('\n', e->out);
		}
	}
}

int config_emit(const struct config *c, char **text, size_t *len)
{
	struct emit e = { .c = c };
	long end;

	*text = NULL;
	e.out = open_memstream(text, len);
	if (!e.out)
		return -ENOMEM;
	emit_map(&e, schema_root(), c, 0);
	end = ftell(e.out);
	if (fclose(e.out) != 0 || end < 0 || !*text) {
		free(*text);
		*text = NULL;
		return -ENOMEM;
	}
	(*text)[end] = '\0';
	*len = (size_t)end;
	return 0;
}
