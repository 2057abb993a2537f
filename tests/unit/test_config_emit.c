/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * struct config to text and back: the same for every sample and for random boards; only what
 * differs from defaults; every key of the schema; files replaced as a whole.
 */
#include "config/emit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/fields.h"
#include "config/layout.h"
#include "config/schema.h"
#include "tests/unit/random_config.h"
#include "tests/unit/test_config.h"

static char folder[] = "/tmp/cpx-emit-XXXXXX";

static void clean(void)
{
	char command[64];

	if (folder[strlen(folder) - 1] == 'X')
		return;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(config_emit, .fini = clean);

/* All but the lines of routes, and the pointers. */
static void expect_same(const char *what, const struct config *a, const struct config *b)
{
	struct config x = *a, y = *b;

	x.routes = y.routes = NULL;
	x.paths = y.paths = NULL;
	x.neighbors = y.neighbors = NULL;
	cr_assert_eq(memcmp(&x, &y, sizeof(x)), 0, "%s: not the same", what);
	for (size_t i = 0; i < a->n_routes; i++) {
		struct config_route r = a->routes[i];

		r.line = b->routes[i].line;
		cr_assert_eq(memcmp(&r, &b->routes[i], sizeof(r)), 0, "%s: route %zu", what, i);
	}
	cr_assert(a->n_paths == 0 ||
			  memcmp(a->paths, b->paths, a->n_paths * sizeof(*a->paths)) == 0,
		  "%s: paths", what);
	cr_assert(a->n_neighbors == 0 || memcmp(a->neighbors, b->neighbors,
						a->n_neighbors * sizeof(*a->neighbors)) == 0,
		  "%s: neighbours", what);
}

static char *emit(const struct config *c)
{
	char *text;
	size_t len;

	cr_assert_eq(config_emit(c, &text, &len), 0);
	cr_assert_eq(strlen(text), len);
	return text;
}

static void there_and_back(const char *what, struct config *c)
{
	char *text = emit(c), *again, *laid_out;
	struct config *back = NULL, *out;
	struct err err = { "" };

	cr_assert_eq(config_parse(&back, "out", text, strlen(text), &err), 0, "%s: %s\n%s", what,
		     err.text, text);
	expect_same(what, c, back);
	again = emit(back);
	cr_expect_str_eq(again, text, "%s", what);
	cr_assert_eq(config_layout(&out, c, NULL), 0);
	laid_out = emit(out); /* places of objects make no difference */
	cr_expect_str_eq(laid_out, text, "%s", what);
	free(text);
	free(again);
	free(laid_out);
	config_free(back);
	config_free(out);
	config_free(c);
}

Test(config_emit, samples)
{
	DIR *d = opendir(CONFIG_SAMPLES);
	const struct dirent *e;
	unsigned n = 0;

	cr_assert_not_null(d);
	while ((e = readdir(d))) {
		char path[1024];
		struct config *c;
		struct err err = { "" };

		if (!strstr(e->d_name, ".yaml"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", CONFIG_SAMPLES, e->d_name);
		cr_assert_eq(config_load(&c, path, &err), 0, "%s", err.text);
		there_and_back(e->d_name, c);
		n++;
	}
	closedir(d);
	cr_expect_geq(n, 7);
}

Test(config_emit, random_boards)
{
	for (uint64_t seed = 1; seed <= 500; seed++) {
		char *text = random_config(seed), what[32];
		struct config *c;
		struct err err = { "" };

		snprintf(what, sizeof(what), "seed %u", (unsigned)seed);
		cr_assert_eq(config_parse(&c, what, text, strlen(text), &err), 0, "%s\n%s",
			     err.text, text);
		free(text);
		there_and_back(what, c);
	}
}

Test(config_emit, only_what_differs)
{
	struct config *c =
		accepted("workers: {idle: sleep}\nmemory: {hugepages: true}\narp: {age: 300}\n"
			 "engines: {oe0: {profile: oif-3.2t, seed: 0}}\n"
			 "ports: {p0: {lanes: oe0/3, carrier: loop, mtu: 1500, vlans: {7: {}}}}\n"
			 "tables: {routes4: auto, nexthops: 5000}\n");
	char *text = emit(c);

	cr_expect_str_eq(text,
			 "\nengines:\n"
			 "  oe0:\n"
			 "    profile: oif-3.2t\n"
			 "\nports:\n"
			 "  p0:\n"
			 "    lanes: oe0/3\n"
			 "    carrier: loop\n"
			 "    vlans:\n"
			 "      7: {}\n"
			 "tables:\n"
			 "  nexthops: 5000\n",
			 "%s", text);
	free(text);
	config_free(c);
}

/* A key that is parsed but not written would be lost by `cpx save`, and no difference. */
Test(config_emit, every_key)
{
	for (size_t i = 0; i < schema_n_keys; i++) {
		const struct schema_key *k = &schema_keys[i];

		if (k->type == SCHEMA_NAMED || k->type == SCHEMA_LIST)
			cr_expect(collection_find(k->path), "no row for %s in config/fields.c",
				  k->path);
		else if (k->type != SCHEMA_MAP)
			cr_expect(field_find(k->path), "no row for %s in config/fields.c", k->path);
	}
	for (size_t i = 0; i < n_fields; i++) {
		size_t k = 0;

		while (k < schema_n_keys && strcmp(schema_keys[k].path, fields[i].path) != 0)
			k++;
		cr_expect_lt(k, schema_n_keys, "%s is no key", fields[i].path);
	}
}

static void expect_file(const char *path, const char *text, unsigned mode)
{
	char is[64] = "";
	FILE *f = fopen(path, "r");
	struct stat st;

	cr_assert(f, "%s", path);
	cr_assert_eq(fread(is, 1, sizeof(is) - 1, f), strlen(text), "%s: %s", path, is);
	fclose(f);
	cr_expect_str_eq(is, text);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, mode, "%o", st.st_mode);
}

Test(config_emit, files_are_replaced_whole)
{
	char path[128], other[128];
	struct err err = { "" };
	unsigned n = 0;
	DIR *d;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.yaml", folder);
	snprintf(other, sizeof(other), "%s/b.yaml", folder);
	cr_assert_eq(config_write(path, "first", 5, 0640, &err), 0, "%s", err.text);
	expect_file(path, "first", 0640);
	cr_assert_eq(chmod(path, 0604), 0);
	cr_assert_eq(symlink("a.yaml", other), 0);
	cr_assert_eq(config_write(other, "second", 6, 0640, &err), 0, "%s", err.text);
	expect_file(path, "second", 0604); /* through the link, with its mode */
	cr_expect_eq(config_write(folder, "x", 1, 0640, &err), -EINVAL);
	snprintf(other, sizeof(other), "%s/none/b.yaml", folder);
	cr_expect_eq(config_write(other, "x", 1, 0640, &err), -ENOENT);
	cr_expect(strstr(err.text, other) && strstr(err.text, "\n"), "%s", err.text);
	d = opendir(folder);
	while (readdir(d))
		n++;
	closedir(d);
	cr_expect_eq(n, 4, "%u entries: something temporary is left", n);
}
