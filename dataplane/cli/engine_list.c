/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpx engine list: engines of running boards, and whose sockets stand where engines are looked for
 * by name, and who answers there.
 */
#include <dirent.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/cli/engine.h"
#include "dataplane/cli/table.h"

static const char usage[] =
	"usage: cpx engine list [--json]\n"
	"\n"
	"  -j, --json   one JSON object; null is what an engine does not have\n"
	"  -h, --help   this text\n"
	"\n"
	"An engine may live in both: a board that manages one over its socket.\n"
	"\n"
	"Exit: 0 listed, 2 wrong usage.\n";

struct entry {
	char name[64];
	char board[ENGINE_NAME_LEN], path[ENGINE_PATH_LEN]; /* one of both, the other "" */
	bool answers;
	char type[64], part[64], serial[64], state[64]; /* "": absent */
};

struct listing {
	struct entry *entry;
	size_t count;
	bool lost; /* memory ran out */
};

static void code(const struct engine_bus *b, enum cmis_field_id id, const uint8_t *half,
		 char text[64])
{
	struct cmis_value v;

	if (cmis_decode(&b->support, id, 0, half, CMIS_HALF, &v) != 0)
		return;
	if (v.name)
		snprintf(text, 64, "%s", v.name);
	else
		cmis_value_text(id, &v, text, 64);
}

static void ask(struct entry *e)
{
	uint8_t page00[CMIS_HALF] = { 0 };
	struct engine_bus b;
	struct err err;

	if (engine_bus_open(&b, e->board[0] ? e->name : e->path, e->board[0] ? e->board : NULL,
			    &err) == 0 &&
	    engine_bus_read(&b, 0x00, 0, CMIS_HALF, CMIS_HALF, page00, &err) == 0) {
		e->answers = true;
		code(&b, CMIS_SFF8024Identifier, b.lower, e->type);
		code(&b, CMIS_VendorPN, page00, e->part);
		code(&b, CMIS_VendorSN, page00, e->serial);
		if (!b.support.flat)
			code(&b, CMIS_ModuleState, b.lower, e->state);
	}
	engine_bus_close(&b);
}

static void add(struct listing *l, struct entry *e)
{
	struct entry *grown = realloc(l->entry, (l->count + 1) * sizeof(*e));

	if (grown == NULL) {
		l->lost = true;
		return;
	}
	ask(e);
	l->entry = grown;
	l->entry[l->count++] = *e;
}

static void of_board(void *arg, const struct engine_board *engine)
{
	struct entry e = { 0 };

	strcpy(e.name, engine->engine);
	strcpy(e.board, engine->board);
	add(arg, &e);
}

static void look_at(struct listing *l, const char *folder, const char *name)
{
	size_t len = strlen(name);
	struct entry e = { 0 };
	struct stat st;

	if (len >= sizeof(e.name) || (len > 4 && strcmp(name + len - 4, ".ctl") == 0) ||
	    (size_t)snprintf(e.path, sizeof(e.path), "%s/%s", folder, name) >= sizeof(e.path) ||
	    lstat(e.path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	for (size_t i = 0; i < l->count; i++)
		if (!l->entry[i].board[0] && strcmp(l->entry[i].name, name) == 0)
			return; /* an earlier folder wins, as it does for a name */
	memcpy(e.name, name, len + 1);
	add(l, &e);
}

/* Of the same name: boards first. */
static int by_name(const void *one, const void *other)
{
	const struct entry *a = one, *b = other;
	const int order = strverscmp(a->name, b->name);

	if (order)
		return order;
	if (!a->board[0] != !b->board[0])
		return a->board[0] ? -1 : 1;
	return strverscmp(a->board, b->board);
}

static void scan(struct listing *l)
{
	char folder[2][ENGINE_FOLDER_LEN];
	unsigned n = engine_path_folders(folder);

	engine_board_each(NULL, of_board, l, NULL);
	for (unsigned i = 0; i < n; i++) {
		DIR *d = opendir(folder[i]);
		const struct dirent *e;

		while (d && (e = readdir(d)))
			look_at(l, folder[i], e->d_name);
		if (d)
			closedir(d);
	}
	if (l->count > 0)
		qsort(l->entry, l->count, sizeof(l->entry[0]), by_name);
}

static int print_table(const struct listing *l)
{
	static const char *const headings[] = { "ENGINE", "TYPE",  "PART", "SERIAL",
						"STATE",  "LIVES", NULL };
	struct table *t = table_new(headings);
	char board[ENGINE_NAME_LEN + 8];
	int ret;

	for (size_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->entry[i];

		table_cell(t, e->name);
		table_cell(t, e->type[0] ? e->type : "-");
		table_cell(t, e->part[0] ? e->part : "-");
		table_cell(t, e->serial[0] ? e->serial : "-");
		table_cell(t, !e->answers ? "no answer" : e->state[0] ? e->state : "-");
		snprintf(board, sizeof(board), "board %s", e->board);
		table_cell(t, e->board[0] ? board : e->path);
	}
	ret = table_print(t, stdout, false);
	table_free(t);
	return ret;
}

static json_t *word(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static int print_json(const struct listing *l)
{
	json_t *list = json_array(), *doc;
	int ret;

	for (size_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->entry[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "engine", e->name,
				  "board", word(e->board), "socket", word(e->path), "answers",
				  e->answers, "identifier", word(e->type), "part", word(e->part),
				  "serial", word(e->serial), "module_state", word(e->state)));
	}
	doc = json_pack("{s:o}", "engines", list);
	ret = doc ? json_dumpf(doc, stdout, JSON_INDENT(1)) : -1;
	putchar('\n');
	json_decref(doc);
	return ret;
}

int engine_list(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	struct listing l = { 0 };
	bool json = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc)
		return engine_usage("list", "'%.40s' is one word too many", argv[optind]);
	scan(&l);
	ret = json ? print_json(&l) : print_table(&l);
	free(l.entry);
	if (l.lost || ret != 0)
		fprintf(stderr, "cpx engine list: out of memory; engines are missing\n");
	return l.lost || ret != 0 ? EXIT_FAILED : EXIT_DONE;
}
