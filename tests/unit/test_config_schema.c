/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of keys holds together, and what is printed from it says all of it (config/schema*.c).
 */
#include "tests/unit/test_config.h"

#include <jansson.h>
#include <stdlib.h>

#include "config/schema.h"
#include "config/tree.h"

Test(config_schema, every_key_is_complete)
{
	for (size_t i = 0; i < schema_n_keys; i++) {
		const struct schema_key *key = &schema_keys[i];
		size_t children = 0;
		const struct schema_key *child = NULL;

		cr_expect(key->help && key->help[0], "%s has no help", key->path);
		while ((child = schema_next(key, child)))
			children++;
		if (key->type == SCHEMA_MAP)
			cr_expect_gt(children, 0, "%s has no keys", key->path);
		else if (key->type <= SCHEMA_LIST)
			cr_expect_eq(children, 1, "%s has no entry", key->path);
		else
			cr_expect_eq(children, 0, "%s", key->path);
		cr_expect(!key->required || key->example, "%s: a required key needs an example",
			  key->path);
		for (size_t j = 0; j < i; j++)
			cr_expect_str_neq(key->path, schema_keys[j].path);
	}
}

/* Every default and every example is a value the key takes. */
Test(config_schema, presets_and_examples_are_valid)
{
	for (size_t i = 0; i < schema_n_keys; i++) {
		const struct schema_key *key = &schema_keys[i];
		const char *texts[] = { key->preset, key->example };
		union value v;
		char why[512] = "", copy[64];

		for (size_t t = 0; t < 2 && key->type > SCHEMA_LIST; t++) {
			bool quoted = texts[t] && texts[t][0] == '"';

			if (!texts[t])
				continue;
			snprintf(copy, sizeof(copy), "%s", texts[t] + quoted);
			if (quoted)
				copy[strlen(copy) - 1] = '\0';
			cr_expect_eq(value_parse(key, copy, quoted, &v, why, sizeof(why)), 0,
				     "%s: %s", key->path, why);
		}
	}
}

Test(config_schema, children)
{
	const struct schema_key *ports = schema_child(schema_root(), "ports");
	const struct schema_key *port = schema_child(ports, "*");

	cr_assert_not_null(port);
	cr_expect_not_null(schema_child(port, "mtu"));
	cr_expect_str_eq(schema_leaf(schema_child(port, "mtu")), "mtu");
	cr_expect_null(schema_child(port, "addresses[]"), "an entry is no key of the port");
	cr_expect_null(schema_child(schema_root(), "ports.*"));
	cr_expect_null(schema_child(schema_root(), ""));
	cr_expect_null(schema_child(schema_root(), "mtu"));
	cr_expect_not_null(schema_child(schema_child(schema_root(), "routes"), "[]"));
}

static char *printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	print(f);
	fclose(f);
	return text;
}

Test(config_schema, reference_and_text_name_every_key)
{
	char *reference = printed(schema_print_reference), *text = printed(schema_print_text);

	for (size_t i = 1; i < schema_n_keys; i++) {
		const struct schema_key *key = &schema_keys[i];
		const char *leaf = schema_leaf(key);

		cr_expect_not_null(strstr(reference, key->path), "%s", key->path);
		if (leaf[0] != '*' && !strchr(leaf, '['))
			cr_expect_not_null(strstr(text, leaf), "%s", leaf);
	}
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		cr_expect_leq(strcspn(line, "\n"), 88, "too wide: %.100s", line);
	}
	free(reference);
	free(text);
}

static void print_json(FILE *f)
{
	cr_assert_eq(schema_print_json(f), 0);
}

Test(config_schema, json_schema)
{
	char *text = printed(print_json);
	json_error_t error;
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &error), *port, *mtu;

	cr_assert_not_null(o, "%s", error.text);
	port = json_object_get(
		json_object_get(json_object_get(json_object_get(o, "properties"), "ports"),
				"patternProperties"),
		"^[a-z][a-z0-9_-]{0,30}$");
	cr_assert_not_null(port);
	cr_expect(json_is_false(json_object_get(port, "additionalProperties")));
	mtu = json_object_get(json_object_get(port, "properties"), "mtu");
	cr_expect_eq(json_integer_value(json_object_get(mtu, "minimum")), 68);
	cr_expect_eq(json_integer_value(json_object_get(mtu, "maximum")), 9702);
	cr_expect_eq(json_integer_value(json_object_get(mtu, "default")), 1500);
	json_decref(o);
	free(text);
}
