/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of flow tables: memory that counts its blocks, spoils them, and can run out. */
#ifndef CPX_TESTS_UNIT_FLOW_MEMORY_H
#define CPX_TESTS_UNIT_FLOW_MEMORY_H

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_flow_table.h"

static int blocks_live;
static int blocks_left = INT_MAX; /* until memory runs out */

static inline void *get_block(struct cpx_flow_memory *m, size_t bytes)
{
	struct cpx_flow_block *b;

	if (blocks_left == 0)
		return NULL;
	blocks_left--;
	blocks_live++;
	b = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	cr_assert_not_null(b);
	memset(b, 0xa5, bytes);
	b->bytes = bytes;
	return b;
}

static inline void put_block(struct cpx_flow_memory *m, struct cpx_flow_block *b)
{
	blocks_live--;
	memset(b, 0x5a, b->bytes);
	free(b);
}

static struct cpx_flow_memory memory = { .get = get_block, .put = put_block };

#endif
