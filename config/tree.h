/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration file as a tree of schema keys with typed values and their places in the text:
 * what tree.c makes of the YAML events, and what build*.c turns into struct config. Only inside
 * config/. Any thread; one owner.
 *
 * The tree is checked against the schema while it is read, event by event, so that a file that is
 * wrong in its first line costs its first line: unknown and duplicate keys, types, ranges, counts,
 * missing keys. What needs two places of the file to be judged is left to build*.c.
 */
#ifndef CPX_CONFIG_TREE_H
#define CPX_CONFIG_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "config/schema.h"
#include "config/source.h"

struct lanes_value {
	const char *engine;
	uint16_t first, last;
};

struct carrier_value {
	const char *name; /* "" for loop */
	enum config_carrier kind;
};

union value {
	uint32_t number;  /* SCHEMA_NUMBER, _AUTO (0: auto), _BOOL, _CHOICE (index) */
	const char *text; /* SCHEMA_NAME, _TEXT */
	struct lanes_value lanes;
	struct carrier_value carrier;
	struct config_prefix prefix; /* SCHEMA_OWN, _PREFIX, _ADDRESS (len: the family's) */
	uint8_t mac[6];
};

struct node {
	const struct schema_key *key;
	const struct node *parent, *child, *next; /* children in file order */
	const char *name;                         /* of an entry of a named map, else NULL */
	uint32_t index;                           /* of an entry of a list, from 0 */
	uint32_t line;                            /* of the value, from 1 */
	uint32_t pos, name_pos;                   /* offsets of the value and of its key */
	union value v;
};

struct arena;

/* Everything parse.c and build*.c need at hand. `root` and its values live in `arena`. */
struct tree {
	struct source src;
	const struct schema_key *schema; /* first row of the table its keys stand in */
	struct arena *arena;
	const struct node *root;
};

/* 0, or -EINVAL / -ENOMEM with err filled. The caller sets tree->src and tree->schema; a byte order
 * mark is skipped, and what is not text refused. */
int tree_read(struct tree *t, struct err *err);
void tree_free(struct tree *t);
/* Memory that lives as long as the tree; NULL when there is none. */
void *tree_take(struct tree *t, size_t size);

/* Child of a map by key or NULL; `leaf` must be in the schema. */
const struct node *node_child(const struct node *map, const char *leaf);
/* The value of a map's key, or the schema's default. Numbers, choices, booleans; names, texts. */
uint32_t node_number(const struct node *map, const char *leaf);
const char *node_text(const struct node *map, const char *leaf);
/* "ports.p0.vlans.100" or "routes[3].via" into out. */
const char *node_path(const struct node *n, char *out, size_t room);

/*
 * Read a scalar as the schema says. `text` must stay valid as long as the value (names point into
 * it; it is changed in place at separators). 0, or -EINVAL with "what\nremedy" in `why`.
 */
int value_parse(const struct schema_key *key, char *text, bool quoted, union value *v, char *why,
		size_t room);
/* The rules for names (ports, engines, fibers) and device names. */
bool value_is_name(const char *text);
bool value_is_device(const char *text);
/* Addresses as people write them; family by the text. -EINVAL: neither. Prefixes: len is set too.
 */
int value_address(const char *text, struct config_prefix *out);
/* "10.0.0.0/24" or, with `bare`, "10.0.0.0". */
const char *value_show_prefix(const struct config_prefix *p, bool bare, char *out, size_t room);

#endif
