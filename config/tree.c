/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML events to a tree of schema keys. Recursion goes only where the schema goes, so its depth is
 * the schema's; what does not fit is refused at its first event.
 */
#include "config/tree.h"

#include <stdio.h>
#include <string.h>

#include "config/events.h"
#include "config/nearest.h"

enum { NAMES_IN_HINT = 120 };

/* Text of the current scalar in the arena; NULL after a failure. */
static char *take_text(struct events *ev)
{
	size_t len = 0;
	const char *text = NULL;
	char *copy;

	if (ev->event->scalar.value)
		text = fy_token_get_text(ev->event->scalar.value, &len);
	if (text && memchr(text, '\0', len)) {
		events_fail(ev, "a NUL character in the text\nleave it out");
		return NULL;
	}
	copy = tree_take(ev->tree, len + 1);
	if (!copy) {
		events_no_memory(ev);
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

static struct node *node_new(struct events *ev, const struct schema_key *key, struct node *parent)
{
	struct node *n = tree_take(ev->tree, sizeof(*n));

	if (!n) {
		events_no_memory(ev);
		return NULL;
	}
	*n = (struct node){
		.key = key, .parent = parent, .pos = ev->pos, .line = ev->line, .name_pos = ev->pos
	};
	return n;
}

static int read_value(struct events *ev, struct node *n);

/* Complain about a key the schema does not have. */
static int fail_unknown(struct events *ev, const struct node *map, const char *key)
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
		return events_fail(ev, "%sunknown key \"%s\"\ndid you mean \"%s\"? keys here: %s",
				   path, shown(key, strlen(key)).text, near.word, all);
	return events_fail(ev, "%sunknown key \"%s\"\nkeys here: %s", path,
			   shown(key, strlen(key)).text, all);
}

static int fail_twice(struct events *ev, const struct node *first, const char *name)
{
	char path[128];

	return events_fail(ev, "%s\"%s\" is given twice\nthe first is on line %u; remove one",
			   where(first->parent, path, sizeof(path)), name, first->line);
}

/* Schema key of an entry, its name checked; NULL after a failure. */
static const struct schema_key *entry_key(struct events *ev, const struct node *map,
					  const char *name)
{
	char path[128];
	bool good = false;

	if (map->key->type == SCHEMA_MAP) {
		const struct schema_key *key = schema_child(map->key, name);

		if (!key)
			fail_unknown(ev, map, name);
		return key;
	}
	where(map, path, sizeof(path));
	switch (map->key->names) {
	case SCHEMA_BY_NAME:
		good = value_is_name(name);
		if (!good)
			events_fail(
				ev,
				"%s\"%s\" is not a name\nuse a-z, 0-9, _ and -, first a letter, at "
				"most %d characters",
				path, shown(name, strlen(name)).text, CONFIG_NAME_LEN - 1);
		break;
	case SCHEMA_BY_DEVICE:
		good = value_is_device(name);
		if (!good)
			events_fail(
				ev,
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
			events_fail(ev, "%sVLAN %s", path, why);
		break;
	}
	}
	return good ? schema_child(map->key, "*") : NULL;
}

static int read_map(struct events *ev, struct node *map)
{
	struct node *last = NULL;
	char path[128];
	uint32_t n = 0;

	while (events_next(ev) == 0 && ev->event->type != FYET_MAPPING_END) {
		uint32_t name_pos = ev->pos;
		const struct schema_key *key;
		struct node *child;
		char *name;

		if (ev->event->type != FYET_SCALAR)
			return events_fail(ev, "%sa key must be one word\nwrite `key: value`",
					   where(map, path, sizeof(path)));
		name = take_text(ev);
		key = name ? entry_key(ev, map, name) : NULL;
		if (!key)
			return ev->code;
		for (const struct node *c = map->child; c; c = c->next)
			if (c->name ? strcmp(c->name, name) == 0 : c->key == key)
				return fail_twice(ev, c, name);
		if (map->key->type == SCHEMA_NAMED && ++n > map->key->max)
			return events_fail(ev, "%smore than %u entries\n%s takes at most %u",
					   where(map, path, sizeof(path)), map->key->max,
					   schema_leaf(map->key), map->key->max);
		child = node_new(ev, key, map);
		if (!child)
			return ev->code;
		child->name = map->key->type == SCHEMA_NAMED ? name : NULL;
		child->name_pos = name_pos;
		if (events_next(ev) < 0 || read_value(ev, child) < 0)
			return ev->code;
		if (last)
			last->next = child;
		else
			map->child = child;
		last = child;
	}
	return ev->code;
}

static int read_list(struct events *ev, struct node *list)
{
	const struct schema_key *key = schema_child(list->key, "[]");
	struct node *last = NULL;
	char path[128];
	uint32_t n = 0;

	while (events_next(ev) == 0 && ev->event->type != FYET_SEQUENCE_END) {
		struct node *child = node_new(ev, key, list);

		if (!child)
			return ev->code;
		child->index = n;
		if (n++ >= list->key->max)
			return events_fail(ev, "%smore than %u entries\n%s takes at most %u",
					   where(list, path, sizeof(path)), list->key->max,
					   schema_leaf(list->key), list->key->max);
		if (read_value(ev, child) < 0)
			return ev->code;
		if (last)
			last->next = child;
		else
			list->child = child;
		last = child;
	}
	return ev->code;
}

/* Required keys are there, and enough entries. */
static int check_complete(struct events *ev, const struct node *n)
{
	const struct schema_key *key = NULL;
	char path[128];

	if (n->key->type == SCHEMA_NAMED && n->key->min > 0 && !n->child)
		return events_fail_at(
			ev, n->name_pos, "%sempty, at least one is needed\nfor example %s: %s",
			where(n, path, sizeof(path)), schema_leaf(n->key), n->key->example);
	if (n->key->type != SCHEMA_MAP)
		return 0;
	while ((key = schema_next(n->key, key)))
		if (key->required && !node_child(n, schema_leaf(key)))
			return events_fail_at(ev, n->name_pos, "%s\"%s\" is missing\nadd %s: %s",
					      where(n, path, sizeof(path)), schema_leaf(key),
					      schema_leaf(key), key->example);
	return 0;
}

static int fail_kind(struct events *ev, const struct node *n, const char *found)
{
	static const char *const wanted[] = {
		[SCHEMA_MAP] = "keys", [SCHEMA_NAMED] = "named entries", [SCHEMA_LIST] = "a list"
	};
	bool single = n->key->type > SCHEMA_LIST;
	const char *example = n->key->example ? n->key->example : n->key->preset;
	char path[128];

	if (n->name || n->key->path[0] == '\0' || n->parent->key->type == SCHEMA_LIST || !example)
		return events_fail(
			ev, "%s%s where %s %s wanted\nwrite %s", where(n, path, sizeof(path)),
			found, single ? "one value" : wanted[n->key->type],
			single || n->key->type == SCHEMA_LIST ? "is" : "are",
			n->key->type == SCHEMA_MAP ? "`key: value` lines below it" : example);
	return events_fail(
		ev, "%s%s where %s %s wanted\nfor example %s: %s", where(n, path, sizeof(path)),
		found, single ? "one value" : wanted[n->key->type],
		single || n->key->type == SCHEMA_LIST ? "is" : "are", schema_leaf(n->key), example);
}

static int read_scalar(struct events *ev, struct node *n)
{
	char path[128], why[384];
	char *text;

	if (n->key->type <= SCHEMA_LIST) {
		if (is_null(ev->event))
			return check_complete(ev, n);
		return fail_kind(ev, n, "a single value");
	}
	if (is_null(ev->event) && n->key->type != SCHEMA_TEXT)
		return events_fail_at(ev, n->name_pos,
				      "%sno value\nwrite one behind it, or remove the key",
				      where(n, path, sizeof(path)));
	text = take_text(ev);
	if (!text)
		return ev->code;
	if (n->key->type == SCHEMA_TEXT && is_null(ev->event))
		*text = '\0';
	if (value_parse(n->key, text, !is_plain(ev->event), &n->v, why, sizeof(why)) < 0)
		return events_fail(ev, "%s%s", where(n, path, sizeof(path)), why);
	return 0;
}

/* The current event begins the value of n. */
static int read_value(struct events *ev, struct node *n)
{
	int ret;

	n->pos = ev->pos;
	n->line = ev->line;
	if (n->parent && n->parent->key->type == SCHEMA_LIST)
		n->name_pos = ev->pos;
	switch (ev->event->type) {
	case FYET_SCALAR:
		return read_scalar(ev, n);
	case FYET_MAPPING_START:
		if (n->key->type != SCHEMA_MAP && n->key->type != SCHEMA_NAMED)
			return fail_kind(ev, n, "keys");
		ret = read_map(ev, n);
		break;
	case FYET_SEQUENCE_START:
		if (n->key->type != SCHEMA_LIST)
			return fail_kind(ev, n, "a list");
		ret = read_list(ev, n);
		break;
	default:
		return events_fail(ev,
				   "not YAML\nsee `cpx check --schema` for what may stand here");
	}
	return ret < 0 ? ret : check_complete(ev, n);
}

/* One document with one map in it. */
static int read_file(struct events *ev)
{
	struct node *root;

	do
		if (events_next(ev) < 0)
			return ev->code;
	while (ev->event->type == FYET_STREAM_START);
	if (ev->event->type == FYET_STREAM_END)
		return events_fail_at(ev, 0,
				      "the file says nothing: it is empty or only comments\n%s",
				      ev->tree->schema->example);
	if (events_next(ev) < 0)
		return ev->code;
	root = node_new(ev, ev->tree->schema, NULL);
	if (!root)
		return ev->code;
	ev->tree->root = root;
	if (read_value(ev, root) < 0 || events_next(ev) < 0) /* the document's end */
		return ev->code;
	if (events_next(ev) < 0)
		return ev->code;
	if (ev->event->type != FYET_STREAM_END)
		return events_fail(ev,
				   "a second document begins here\nkeep one, and remove the `---`");
	return 0;
}

int tree_read(struct tree *t, struct err *err)
{
	struct events ev;
	int ret;

	if (t->src.len >= 3 && memcmp(t->src.text, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
		t->src.text += 3;
		t->src.len -= 3;
	}
	ret = source_check_text(&t->src, err);
	if (ret < 0)
		return ret;
	if (events_open(&ev, t, err) == 0)
		read_file(&ev);
	events_close(&ev);
	if (ev.code < 0)
		tree_free(t);
	return ev.code;
}
