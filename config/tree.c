/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML events (libfyaml) to a tree of schema keys. Recursion goes only where the schema goes, so
 * its depth is the schema's. Anchors, aliases, tags and complex keys are refused: a configuration
 * needs none of them, and they are what YAML bombs are made of.
 */
#include "config/tree.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

#include "config/nearest.h"

struct reader {
	struct tree *tree;
	struct err *err;
	struct fy_parser *fyp;
	struct fy_event *event; /* the current one; NULL after an error */
	uint32_t pos, line;     /* of it, or of the last one that had a place */
	uint32_t line_pos;      /* where that line begins */
	size_t fed;             /* bytes given to the parser */
	bool cut;               /* told the parser that the text ends here, though it goes on */
	int code;               /* 0, or the errno of the first failure */
	struct fy_diag *diag;   /* libfyaml's complaints, collected */
};

enum { NAMES_IN_HINT = 120, BLANK_BYTES = 256, LOOK_AHEAD_BYTES = 64 << 10 };

/* The first failure counts; what follows from it is not news. */
#define fail_at(r, pos, ...)   \
	((r)->code ? (r)->code \
		   : ((r)->code = source_fail(&(r)->tree->src, (r)->err, pos, __VA_ARGS__)))
#define fail(r, ...) fail_at(r, (r)->pos, __VA_ARGS__)

static int no_memory(struct reader *r)
{
	r->code = err_set(r->err, -ENOMEM, "%s: out of memory while reading it", r->tree->src.name);
	return r->code;
}

/* What libfyaml said, in our form. Its line and column count from 1. */
static int fail_syntax(struct reader *r)
{
	const struct source *src = &r->tree->src;
	void *prev = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(r->diag, &prev);
	char said[128];
	const char *remedy = "YAML here is `key: value`, deeper keys indented by two spaces";
	size_t pos, start;

	if (!e)
		return fail(r, "not YAML\n%s", remedy);
	pos = source_offset(src, e->line - 1L, e->column - 1L);
	snprintf(said, sizeof(said), "%s", e->msg);
	said[strcspn(said, "\n")] = '\0';
	for (start = pos; start > 0 && src->text[start - 1] != '\n'; start--)
		;
	for (; start < src->len && (src->text[start] == ' ' || src->text[start] == '\t'); start++)
		if (src->text[start] == '\t')
			remedy = "the line is indented with a tab; use spaces";
	return fail_at(r, pos, "%s\n%s", said, remedy);
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* From libfyaml's (line, column) to an offset. Events come in order, so this only goes forward. */
static void set_place(struct reader *r, const struct fy_mark *mark)
{
	const struct source *src = &r->tree->src;
	uint32_t line = (uint32_t)mark->line + 1, at = r->line_pos;

	if (line < r->line)
		return;
	while (r->line < line && at < src->len) {
		bool crlf = src->text[at] == '\r' && at + 1 < src->len && src->text[at + 1] == '\n';

		if (is_break(src->text[at++])) {
			at += crlf;
			r->line++;
			r->line_pos = at;
		}
	}
	at = r->line_pos;
	for (int column = mark->column; column > 0 && at < src->len; column--)
		at += (uint32_t)source_char_len(src, at);
	r->pos = at;
}

static int fail_cut(struct reader *r)
{
	return fail(r,
		    "more than %d KiB that belong together\nbreak the lines here; a JSON printer "
		    "does that when told to indent",
		    LOOK_AHEAD_BYTES >> 10);
}

/* Go to the next event. A negative errno when there is none. */
static int next(struct reader *r)
{
	const struct fy_mark *mark;

	if (r->event)
		fy_parser_event_free(r->fyp, r->event);
	r->event = fy_parser_parse(r->fyp);
	if (r->cut && (!r->event || r->event->type == FYET_MAPPING_END ||
		       r->event->type == FYET_SEQUENCE_END || r->event->type == FYET_DOCUMENT_END))
		return fail_cut(r); /* it believes the text has ended */
	if (!r->event)
		return fail_syntax(r);
	mark = fy_event_start_mark(r->event);
	if (mark)
		set_place(r, mark);
	if (r->event->type == FYET_ALIAS)
		return fail(r, "aliases (*name) are not used here\nwrite the value itself");
	if (fy_event_get_anchor_token(r->event))
		return fail(r, "anchors (&name) are not used here\nleave the anchor out");
	if (fy_event_get_tag_token(r->event))
		return fail(r, "tags (!name) are not used here\nleave the tag out");
	return 0;
}

/* Text of the current scalar in the arena; NULL after a failure. */
static char *take_text(struct reader *r)
{
	size_t len = 0;
	const char *text = NULL;
	char *copy;

	if (r->event->scalar.value)
		text = fy_token_get_text(r->event->scalar.value, &len);
	if (text && memchr(text, '\0', len)) {
		fail(r, "a NUL character in the text\nleave it out");
		return NULL;
	}
	copy = tree_take(r->tree, len + 1);
	if (!copy) {
		no_memory(r);
		return NULL;
	}
	if (text)
		memcpy(copy, text, len);
	copy[text ? len : 0] = '\0';
	return copy;
}

static bool is_plain(const struct fy_event *e)
{
	return !e->scalar.value || fy_token_scalar_style(e->scalar.value) == FYSS_PLAIN;
}

/* `key:` with nothing behind it, or with YAML's words for nothing. */
static bool is_null(const struct fy_event *e)
{
	const char *text;
	size_t len = 0;

	if (e->type != FYET_SCALAR || !is_plain(e))
		return false;
	text = e->scalar.value ? fy_token_get_text(e->scalar.value, &len) : NULL;
	return !text || len == 0 || (len == 1 && *text == '~') ||
	       (len == 4 && memcmp(text, "null", 4) == 0);
}

/* "ports.p0: " or "" for the file itself, to begin a message with. */
static const char *where(const struct node *n, char *out, size_t room)
{
	node_path(n, out, room - 2);
	if (out[0])
		strcat(out, ": ");
	return out;
}

static struct node *node_new(struct reader *r, const struct schema_key *key, struct node *parent)
{
	struct node *n = tree_take(r->tree, sizeof(*n));

	if (!n) {
		no_memory(r);
		return NULL;
	}
	*n = (struct node){
		.key = key, .parent = parent, .pos = r->pos, .line = r->line, .name_pos = r->pos
	};
	return n;
}

static int read_value(struct reader *r, struct node *n);

/* Complain about a key the schema does not have. */
static int fail_unknown(struct reader *r, const struct node *map, const char *key)
{
	struct nearest near = { .typed = key };
	char path[128], all[NAMES_IN_HINT] = "";
	const struct schema_key *child = NULL;
	size_t used = 0;

	while ((child = schema_next(map->key, child))) {
		nearest_offer(&near, schema_leaf(child));
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
						 used ? ", " : "", schema_leaf(child));
	}
	where(map, path, sizeof(path));
	if (near.word)
		return fail(r, "%sunknown key \"%s\"\ndid you mean \"%s\"? keys here: %s", path,
			    shown(key, strlen(key)).text, near.word, all);
	return fail(r, "%sunknown key \"%s\"\nkeys here: %s", path, shown(key, strlen(key)).text,
		    all);
}

static int fail_twice(struct reader *r, const struct node *first, const char *name)
{
	char path[128];

	return fail(r, "%s\"%s\" is given twice\nthe first is on line %u; remove one",
		    where(first->parent, path, sizeof(path)), name, first->line);
}

/* Schema key of an entry, its name checked; NULL after a failure. */
static const struct schema_key *entry_key(struct reader *r, const struct node *map,
					  const char *name)
{
	char path[128];
	bool good = false;

	if (map->key->type == SCHEMA_MAP) {
		const struct schema_key *key = schema_child(map->key, name);

		if (!key)
			fail_unknown(r, map, name);
		return key;
	}
	where(map, path, sizeof(path));
	switch (map->key->names) {
	case SCHEMA_BY_NAME:
		good = value_is_name(name);
		if (!good)
			fail(r,
			     "%s\"%s\" is not a name\nuse a-z, 0-9, _ and -, first a letter, at "
			     "most %d characters",
			     path, shown(name, strlen(name)).text, CONFIG_NAME_LEN - 1);
		break;
	case SCHEMA_BY_DEVICE:
		good = value_is_device(name);
		if (!good)
			fail(r,
			     "%s\"%s\" is not a device name\nwrite a DPDK driver name with a "
			     "number, as net_af_packet0, or a PCI address, as 0000:3b:00.0",
			     path, shown(name, strlen(name)).text);
		break;
	case SCHEMA_BY_VLAN: {
		static const struct schema_key number = {
			.path = "vlan", .type = SCHEMA_NUMBER, .min = 1, .max = 4094
		};
		union value v;
		char why[256], copy[32];

		snprintf(copy, sizeof(copy), "%s", name);
		good = value_parse(&number, copy, false, &v, why, sizeof(why)) == 0;
		if (!good)
			fail(r, "%sVLAN %s", path, why);
		break;
	}
	}
	return good ? schema_child(map->key, "*") : NULL;
}

static int read_map(struct reader *r, struct node *map)
{
	struct node *last = NULL;
	char path[128];
	uint32_t n = 0;

	while (next(r) == 0 && r->event->type != FYET_MAPPING_END) {
		uint32_t name_pos = r->pos;
		const struct schema_key *key;
		struct node *child;
		char *name;

		if (r->event->type != FYET_SCALAR)
			return fail(r, "%sa key must be one word\nwrite `key: value`",
				    where(map, path, sizeof(path)));
		name = take_text(r);
		key = name ? entry_key(r, map, name) : NULL;
		if (!key)
			return r->code;
		for (const struct node *c = map->child; c; c = c->next)
			if (c->name ? strcmp(c->name, name) == 0 : c->key == key)
				return fail_twice(r, c, name);
		if (map->key->type == SCHEMA_NAMED && ++n > map->key->max)
			return fail(r, "%smore than %u entries\n%s takes at most %u",
				    where(map, path, sizeof(path)), map->key->max,
				    schema_leaf(map->key), map->key->max);
		child = node_new(r, key, map);
		if (!child)
			return r->code;
		child->name = map->key->type == SCHEMA_NAMED ? name : NULL;
		child->name_pos = name_pos;
		if (next(r) < 0 || read_value(r, child) < 0)
			return r->code;
		if (last)
			last->next = child;
		else
			map->child = child;
		last = child;
	}
	return r->code;
}

static int read_list(struct reader *r, struct node *list)
{
	const struct schema_key *key = schema_child(list->key, "[]");
	struct node *last = NULL;
	char path[128];
	uint32_t n = 0;

	while (next(r) == 0 && r->event->type != FYET_SEQUENCE_END) {
		struct node *child = node_new(r, key, list);

		if (!child)
			return r->code;
		child->index = n;
		if (n++ >= list->key->max)
			return fail(r, "%smore than %u entries\n%s takes at most %u",
				    where(list, path, sizeof(path)), list->key->max,
				    schema_leaf(list->key), list->key->max);
		if (read_value(r, child) < 0)
			return r->code;
		if (last)
			last->next = child;
		else
			list->child = child;
		last = child;
	}
	return r->code;
}

/* Required keys are there, and enough entries. */
static int check_complete(struct reader *r, const struct node *n)
{
	const struct schema_key *key = NULL;
	char path[128];

	if (n->key->type == SCHEMA_NAMED && n->key->min > 0 && !n->child)
		return fail_at(r, n->name_pos,
			       "%sempty, at least one is needed\nfor example %s: %s",
			       where(n, path, sizeof(path)), schema_leaf(n->key), n->key->example);
	if (n->key->type != SCHEMA_MAP)
		return 0;
	while ((key = schema_next(n->key, key)))
		if (key->required && !node_child(n, schema_leaf(key)))
			return fail_at(r, n->name_pos, "%s\"%s\" is missing\nadd %s: %s",
				       where(n, path, sizeof(path)), schema_leaf(key),
				       schema_leaf(key), key->example);
	return 0;
}

static int fail_kind(struct reader *r, const struct node *n, const char *found)
{
	static const char *const wanted[] = {
		[SCHEMA_MAP] = "keys", [SCHEMA_NAMED] = "named entries", [SCHEMA_LIST] = "a list"
	};
	bool single = n->key->type > SCHEMA_LIST;
	const char *example = n->key->example ? n->key->example : n->key->preset;
	char path[128];

	if (n->name || n->key->path[0] == '\0' || n->parent->key->type == SCHEMA_LIST || !example)
		return fail(r, "%s%s where %s %s wanted\nwrite %s", where(n, path, sizeof(path)),
			    found, single ? "one value" : wanted[n->key->type],
			    single || n->key->type == SCHEMA_LIST ? "is" : "are",
			    n->key->type == SCHEMA_MAP ? "`key: value` lines below it" : example);
	return fail(r, "%s%s where %s %s wanted\nfor example %s: %s", where(n, path, sizeof(path)),
		    found, single ? "one value" : wanted[n->key->type],
		    single || n->key->type == SCHEMA_LIST ? "is" : "are", schema_leaf(n->key),
		    example);
}

static int read_scalar(struct reader *r, struct node *n)
{
	char path[128], why[384];
	char *text;

	if (n->key->type <= SCHEMA_LIST) {
		if (is_null(r->event))
			return check_complete(r, n);
		return fail_kind(r, n, "a single value");
	}
	if (is_null(r->event) && n->key->type != SCHEMA_TEXT)
		return fail_at(r, n->name_pos, "%sno value\nwrite one behind it, or remove the key",
			       where(n, path, sizeof(path)));
	text = take_text(r);
	if (!text)
		return r->code;
	if (n->key->type == SCHEMA_TEXT && is_null(r->event))
		*text = '\0';
	if (value_parse(n->key, text, !is_plain(r->event), &n->v, why, sizeof(why)) < 0)
		return fail(r, "%s%s", where(n, path, sizeof(path)), why);
	return 0;
}

/* The current event begins the value of n. */
static int read_value(struct reader *r, struct node *n)
{
	int ret;

	n->pos = r->pos;
	n->line = r->line;
	if (n->parent && n->parent->key->type == SCHEMA_LIST)
		n->name_pos = r->pos;
	switch (r->event->type) {
	case FYET_SCALAR:
		return read_scalar(r, n);
	case FYET_MAPPING_START:
		if (n->key->type != SCHEMA_MAP && n->key->type != SCHEMA_NAMED)
			return fail_kind(r, n, "keys");
		ret = read_map(r, n);
		break;
	case FYET_SEQUENCE_START:
		if (n->key->type != SCHEMA_LIST)
			return fail_kind(r, n, "a list");
		ret = read_list(r, n);
		break;
	default:
		return fail(r, "not YAML\nsee `cpx check --schema` for what may stand here");
	}
	return ret < 0 ? ret : check_complete(r, n);
}

/* One document with one map in it. */
static int read_file(struct reader *r)
{
	struct node *root;

	do
		if (next(r) < 0)
			return r->code;
	while (r->event->type == FYET_STREAM_START);
	if (r->event->type == FYET_STREAM_END)
		return fail_at(
			r, 0,
			"the file says nothing: it is empty or only comments\n"
			"begin with `engines:` and `ports:`; `cpx check --schema` shows all keys");
	if (next(r) < 0)
		return r->code;
	root = node_new(r, schema_root(), NULL);
	if (!root)
		return r->code;
	r->tree->root = root;
	if (read_value(r, root) < 0 || next(r) < 0) /* the document's end */
		return r->code;
	if (next(r) < 0)
		return r->code;
	if (r->event->type != FYET_STREAM_END)
		return fail(r, "a second document begins here\nkeep one, and remove the `---`");
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
	struct reader *r = cookie;
	const struct source *src = &r->tree->src;
	size_t n = src->len - r->fed;

	if (n > 0 && r->fed > r->pos + LOOK_AHEAD_BYTES) {
		r->cut = true;
		return 0;
	}
	n = n < room ? n : room;
	memcpy(out, src->text + r->fed, n);
	r->fed += n;
	return (ssize_t)n;
}

int tree_read(struct tree *t, struct err *err)
{
	struct reader r = { .tree = t, .err = err, .line = 1 };
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = { .flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2 };
	FILE *file;
	int ret = check_hazards(&t->src, err);

	if (ret < 0)
		return ret;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	diag_cfg.colorize = false;
	r.diag = fy_diag_create(&diag_cfg);
	if (r.diag) {
		/* not printed as they come: 0.7.12 can overrun its buffer when it shows a line with
		 * tabs */
		fy_diag_set_collect_errors(r.diag, true);
		cfg.diag = r.diag;
		r.fyp = fy_parser_create(&cfg);
	}
	file = fopencookie(&r, "r", (cookie_io_functions_t){ .read = feed });
	if (!r.fyp || !file || fy_parser_set_input_fp(r.fyp, t->src.name, file) != 0)
		no_memory(&r);
	else
		read_file(&r);
	if (r.event)
		fy_parser_event_free(r.fyp, r.event);
	if (r.diag)
		fy_diag_set_collect_errors(r.diag, false); /* frees them, while their tokens live */
	if (r.fyp)
		fy_parser_destroy(r.fyp);
	if (r.diag)
		fy_diag_unref(r.diag);
	if (file)
		fclose(file);
	if (r.code < 0)
		tree_free(t);
	return r.code;
}
