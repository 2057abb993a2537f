/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of a port's flow tables. They are made of many small blocks that come and go, which
 * rte_malloc is not for: it searches long lists of small free elements and clears what it frees
 * (50,000 rules took 16 seconds to destroy). Here blocks of equal size wait in a list of their own.
 * They are cut from larger pieces, which go back only all at once. Control thread.
 */
#ifndef CPX_PMD_CPX_FLOW_SLAB_H
#define CPX_PMD_CPX_FLOW_SLAB_H

#include "pmd/cpx_flow_table.h"

#define CPX_FLOW_SMALL   1024 /* blocks up to here come in steps of 64 bytes, above in doubles */
#define CPX_FLOW_CLASSES (CPX_FLOW_SMALL / 64 + 20)

struct cpx_flow_slab {
	struct cpx_flow_memory memory; /* first */
	/* where pieces come from, aligned to 64, and go */
	void *(*take)(size_t bytes);
	void (*give)(void *piece);
	struct cpx_flow_block *free[CPX_FLOW_CLASSES];
	struct cpx_flow_block *pieces;
	uint8_t *rest; /* of the last piece of small blocks */
	size_t left;
	size_t live; /* blocks that were got and not put */
};

void cpx_flow_slab_init(struct cpx_flow_slab *s, void *(*take)(size_t), void (*give)(void *));
/* Give all pieces back; no block is used any more. */
void cpx_flow_slab_free(struct cpx_flow_slab *s);

#endif
