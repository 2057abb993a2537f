/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of flow tables; see cpx_flow_slab.h. Control thread. */
#include "pmd/cpx_flow_slab.h"

#include <string.h>

#define PIECE    (64u * 1024)
#define HEADER   64 /* of a piece: its link */
#define SMALLEST (2 * CPX_FLOW_SMALL)

/* Class of a block and its true size; CPX_FLOW_CLASSES: larger than any. */
static unsigned class_of(size_t *bytes)
{
	unsigned class = CPX_FLOW_SMALL / 64;
	size_t size = SMALLEST;

	if (*bytes <= CPX_FLOW_SMALL) {
		*bytes = (*bytes + 63) & ~(size_t)63;
		return (unsigned)(*bytes / 64) - 1;
	}
	for (; class < CPX_FLOW_CLASSES && size < *bytes; class ++)
		size *= 2;
	*bytes = size;
	return class;
}

/* A piece with room for `bytes` behind its link. */
static uint8_t *take_piece(struct cpx_flow_slab *s, size_t bytes)
{
	struct cpx_flow_block *piece = s->take(HEADER + bytes);

	if (piece == NULL)
		return NULL;
	piece->next = s->pieces;
	s->pieces = piece;
	return (uint8_t *)piece + HEADER;
}

static struct cpx_flow_block *cut(struct cpx_flow_slab *s, size_t bytes)
{
	uint8_t *b;

	if (bytes > CPX_FLOW_SMALL)
		return (struct cpx_flow_block *)take_piece(s, bytes);
	if (s->left < bytes) {
		b = take_piece(s, PIECE);
		if (b == NULL)
			return NULL;
		s->rest = b;
		s->left = PIECE;
	}
	b = s->rest;
	s->rest += bytes;
	s->left -= bytes;
	return (struct cpx_flow_block *)b;
}

static void *get(struct cpx_flow_memory *m, size_t bytes)
{
	struct cpx_flow_slab *s = (struct cpx_flow_slab *)m;
	const unsigned class = class_of(&bytes);
	struct cpx_flow_block *b;

	if (class >= CPX_FLOW_CLASSES)
		return NULL;
	b = s->free[class];
	if (b != NULL)
		s->free[class] = b->next;
	else
		b = cut(s, bytes);
	if (b == NULL)
		return NULL;
	b->bytes = bytes;
	s->live++;
	return b;
}

static void put(struct cpx_flow_memory *m, struct cpx_flow_block *b)
{
	struct cpx_flow_slab *s = (struct cpx_flow_slab *)m;
	const unsigned class = class_of(&b->bytes);

	b->next = s->free[class];
	s->free[class] = b;
	s->live--;
}

void cpx_flow_slab_init(struct cpx_flow_slab *s, void *(*take)(size_t), void (*give)(void *))
{
	*s = (struct cpx_flow_slab){
		.memory = { .get = get, .put = put },
		.take = take,
		.give = give,
	};
}

void cpx_flow_slab_free(struct cpx_flow_slab *s)
{
	struct cpx_flow_block *piece;

	while ((piece = s->pieces) != NULL) {
		s->pieces = piece->next;
		s->give(piece);
	}
	memset(s->free, 0, sizeof(s->free));
	s->rest = NULL;
	s->left = 0;
	s->live = 0;
}
