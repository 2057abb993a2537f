/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of keys for readers: people at a terminal, the reference page, editors (JSON schema).
 * Called by `cpx check`; nothing else depends on it.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "config/config.h"
#include "config/schema.h"

#define WIDEST 48 /* list of choices in the text form */

enum { COLUMNS = 80, HELP_INDENT = 24 };

static unsigned depth(const struct schema_key *key)
{
	unsigned n = 0;

	for (const char *p = key->path; *p; p++)
		n += *p == '.' || *p == '[';
	return n;
}

/* Words of `text` from column `indent` on; the cursor is at `column`. */
static void print_wrapped(FILE *out, const char *text, int column, int indent)
{
	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column + 1 + word > COLUMNS && column > indent)
			column = fprintf(out, "\n%*s", indent, "") - 1;
		column += fprintf(out, "%s%.*s", column > indent ? " " : "", word, text);
		text += word + (text[word] != '\0');
	}
	fputc('\n', out);
}

void schema_print_text(FILE *out)
{
	static const char *const by[] = { "NAME", "DEVICE", "VLAN" };

	fprintf(out,
		"A configuration is YAML: these keys, indented as here. NAME stands for a name "
		"of yours,\n- for an entry of a list.\n\n");
	for (size_t i = 1; i < schema_n_keys; i++) {
		const struct schema_key *key = &schema_keys[i];
		const char *leaf = schema_leaf(key);
		bool entry = strcmp(leaf, "*") == 0;
		size_t len = strlen(key->path);
		char what[160];
		int column;

		if (len > 2 && strcmp(key->path + len - 2, "[]") == 0) {
			if (key->type != SCHEMA_MAP)
				continue; /* its list says enough */
			leaf = "-";
		}
		for (const struct schema_key *k = key; entry && k > schema_keys; k--)
			if (schema_child(k, "*") == key)
				leaf = by[k->names];
		column = fprintf(out, "%*s%s%s", (int)depth(key) * 2, "", leaf,
				 *leaf == '-' ? "" : ":");
		if (column >= HELP_INDENT - 1)
			column = fprintf(out, "\n") - 1;
		column += fprintf(out, "%*s", HELP_INDENT - column, "");
		if (key->type == SCHEMA_MAP) {
			print_wrapped(out, key->help, column, HELP_INDENT);
			continue;
		}
		schema_describe(key, what, sizeof(what));
		/* the help says more of each than a list of them */
		column += fprintf(out, "<%s>", strlen(what) <= WIDEST ? what : "one of these");
		if (key->required)
			column += fprintf(out, " required");
		else if (key->preset && *key->preset)
			column += fprintf(out, " default %s", key->preset);
		fprintf(out, "\n%*s", HELP_INDENT, "");
		print_wrapped(out, key->help, HELP_INDENT, HELP_INDENT);
	}
}

/* `|` would end a cell of a Markdown table. */
static void print_cell(FILE *out, const char *text)
{
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

void schema_print_reference(FILE *out)
{
	fprintf(out, "# Configuration reference\n\n"
		     "Made by `cpx check --reference` from the table in `config/schema.c`; do not "
		     "edit.\n"
		     "In a path, `*` stands for a name of yours and `[]` for an entry of a list. "
		     "Numbers "
		     "are decimal; a number with a unit\nmay be written with it (`300s`, `100ms`). "
		     "Anchors, aliases and tags of YAML are not used.\n");
	for (size_t i = 1; i < schema_n_keys; i++) {
		const struct schema_key *key = &schema_keys[i];
		char what[160];

		if (depth(key) == 0) {
			bool alone = !schema_next(key, NULL);

			fprintf(out, "\n## %s\n\n%s\n", key->path, key->help);
			if (key->example)
				fprintf(out, "\nExample: `%s: %s`\n", key->path, key->example);
			fprintf(out, "\n| key | value | default | meaning |\n|---|---|---|---|\n");
			if (key->type == SCHEMA_MAP || (!alone && key->type == SCHEMA_LIST))
				continue;
		}
		schema_describe(key, what, sizeof(what));
		fprintf(out, "| `%s` | ", key->path);
		print_cell(out, what);
		fprintf(out, " | ");
		if (key->required)
			fprintf(out, "required");
		else if (key->preset && *key->preset)
			fprintf(out, "`%s`", key->preset);
		fprintf(out, " | ");
		print_cell(out,
			   depth(key) == 0 && !schema_next(key, NULL) ? "as above" : key->help);
		fprintf(out, " |\n");
	}
}

/* One key as a JSON schema, with everything below it. NULL: out of memory. */
static json_t *json_key(const struct schema_key *key);

static json_t *json_pattern(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *json_children(const struct schema_key *map)
{
	json_t *properties = json_object(), *required = json_array();
	const struct schema_key *key = NULL;

	while ((key = schema_next(map, key))) {
		json_object_set_new(properties, schema_leaf(key), json_key(key));
		if (key->required)
			json_array_append_new(required, json_string(schema_leaf(key)));
	}
	return json_pack("{s:o, s:b, s:o, s:o}", "type",
			 json_array_size(required) ? json_string("object")
						   : json_pack("[s,s]", "object", "null"),
			 "additionalProperties", 0, "properties", properties, "required", required);
}

static json_t *json_named(const struct schema_key *map)
{
	static const char *const patterns[] = {
		"^[a-z][a-z0-9_-]{0,30}$",
		"^[A-Za-z0-9_:.-]{1,63}$",
		"^([1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-4])$",
	};
	json_t *o = json_pack("{s:[s,s], s:b, s:{s:o}, s:i}", "type", "object", "null",
			      "additionalProperties", 0, "patternProperties", patterns[map->names],
			      json_key(schema_child(map, "*")), "maxProperties", (int)map->max);

	if (map->min > 0) {
		json_object_set_new(o, "type", json_string("object"));
		json_object_set_new(o, "minProperties", json_integer(map->min));
	}
	return o;
}

static json_t *json_number(const struct schema_key *key)
{
	json_t *number = json_pack("{s:s}", "type", "integer"), *values;
	char pattern[64];

	if (key->choices) {
		values = json_array();
		for (const char *const *c = key->choices; *c; c++)
			json_array_append_new(values, json_loads(*c, JSON_DECODE_ANY, NULL));
		json_object_set_new(number, "enum", values);
	} else {
		json_object_set_new(number, "minimum", json_integer(key->min));
		json_object_set_new(number, "maximum", json_integer(key->max));
	}
	if (key->type == SCHEMA_AUTO)
		return json_pack("{s:[{s:s}, o]}", "anyOf", "const", "auto", number);
	if (!key->unit)
		return number;
	snprintf(pattern, sizeof(pattern), "^[0-9]+%s$", key->unit);
	return json_pack("{s:[o, o]}", "anyOf", number, json_pattern(pattern));
}

static json_t *json_choices(const struct schema_key *key)
{
	json_t *values = json_array();

	for (const char *const *c = key->choices; *c; c++)
		json_array_append_new(values, json_string(*c));
	return json_pack("{s:o}", "enum", values);
}

static json_t *json_by_type(const struct schema_key *key)
{
	switch (key->type) {
	case SCHEMA_MAP:
		return json_children(key);
	case SCHEMA_NAMED:
		return json_named(key);
	case SCHEMA_LIST:
		return json_pack("{s:[s,s], s:o, s:i}", "type", "array", "null", "items",
				 json_key(schema_child(key, "[]")), "maxItems", (int)key->max);
	case SCHEMA_NUMBER:
	case SCHEMA_AUTO:
		return json_number(key);
	case SCHEMA_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case SCHEMA_CHOICE:
		return json_choices(key);
	case SCHEMA_NAME:
		return json_pattern("^[a-z][a-z0-9_-]{0,30}$");
	case SCHEMA_TEXT:
		return json_pack("{s:[s,s], s:s, s:i}", "type", "string", "null", "pattern",
				 "^[!-~]*$", "maxLength", (int)key->max);
	case SCHEMA_LANES:
		return json_pattern("^[a-z][a-z0-9_-]{0,30}/[0-9]{1,2}(-[0-9]{1,2})?$");
	case SCHEMA_CARRIER:
		return json_pattern("^(loop|fiber:[a-z][a-z0-9_-]{0,30}|fiber:/[^], "
				    "[\\t]{0,106}|dev:[A-Za-z0-9_:.-]{1,63})$");
	case SCHEMA_MAC:
		return json_pattern("^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$");
	case SCHEMA_OWN:
	case SCHEMA_PREFIX:
		return json_pattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$");
	case SCHEMA_ADDRESS:
		return json_pattern("^[0-9A-Fa-f.:]+$");
	}
	return NULL;
}

static json_t *json_key(const struct schema_key *key)
{
	json_t *o = json_by_type(key), *preset;

	if (!o)
		return NULL;
	json_object_set_new(o, "description", json_string(key->help));
	if (key->preset) {
		preset = json_loads(key->preset, JSON_DECODE_ANY, NULL);
		json_object_set_new(o, "default", preset ? preset : json_string(key->preset));
	}
	return o;
}

int schema_print_json(FILE *out)
{
	json_t *o = json_key(schema_root());
	int ret;

	if (!o)
		return -ENOMEM;
	json_object_set_new(o, "$schema",
			    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(o, "title", json_string("cpx configuration"));
	ret = json_dumpf(o, out, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(o);
	fputc('\n', out);
	return ret < 0 ? -ENOMEM : 0;
}
