/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree's memory, and reading from it. Everything of one tree is freed at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/tree.h"

enum { ARENA_CHUNK = 64 << 10 };

struct arena {
	struct arena *next;
	size_t used, room;
	char bytes[];
};

void *tree_take(struct tree *t, size_t size)
{
	struct arena *a = t->arena;

	size = (size + 7) & ~(size_t)7;
	if (!a || a->room - a->used < size) {
		size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;

		a = malloc(sizeof(*a) + room);
		if (!a)
			return NULL;
		*a = (struct arena){ t->arena, 0, room };
		t->arena = a;
	}
	a->used += size;
	return a->bytes + a->used - size;
}

void tree_free(struct tree *t)
{
	while (t->arena) {
		struct arena *next = t->arena->next;

		free(t->arena);
		t->arena = next;
	}
	t->root = NULL;
}

const char *node_path(const struct node *n, char *out, size_t room)
{
	const struct node *up[8];
	size_t depth = 0, used = 0;

	out[0] = '\0';
	for (; n && n->parent && depth < 8; n = n->parent)
		up[depth++] = n;
	while (depth-- > 0 && used < room) {
		n = up[depth];
		if (n->parent->key->type == SCHEMA_LIST)
			used += (size_t)snprintf(out + used, room - used, "[%u]", n->index);
		else
			used += (size_t)snprintf(out + used, room - used, "%s%.32s",
						 used ? "." : "",
						 n->name ? n->name : schema_leaf(n->key));
	}
	return out;
}

const struct node *node_child(const struct node *map, const char *leaf)
{
	for (const struct node *c = map->child; c; c = c->next)
		if (strcmp(schema_leaf(c->key), leaf) == 0)
			return c;
	return NULL;
}

uint32_t node_number(const struct node *map, const char *leaf)
{
	const struct node *n = node_child(map, leaf);
	const struct schema_key *key = n ? n->key : schema_child(map->key, leaf);
	union value v = { .number = 0 };
	char text[32], why[8];

	if (n)
		return n->v.number;
	snprintf(text, sizeof(text), "%s", key->preset);
	value_parse(key, text, false, &v, why, sizeof(why));
	return v.number;
}

const char *node_text(const struct node *map, const char *leaf)
{
	const struct node *n = node_child(map, leaf);

	return n ? n->v.text : schema_child(map->key, leaf)->preset;
}
