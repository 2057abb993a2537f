/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building the tables of cpx_flow_match.h. A table is never changed: each call makes a new one that
 * shares with the old one all it can, and says which blocks only the old one used. A rule added or
 * removed copies the list of shapes, one shape's array of bucket pointers (2 to 8 bytes for each of
 * its rules) and one bucket, so n rules cost n^2 / 2 such pointers in all: a tenth of a second for
 * 10,000. Free of DPDK; control thread, one at a time a port.
 */
#ifndef CPX_PMD_CPX_FLOW_TABLE_H
#define CPX_PMD_CPX_FLOW_TABLE_H

#include "pmd/cpx_flow_match.h"

/* Where blocks come from. */
struct cpx_flow_memory {
	/* Aligned to 64, of any content but for block->bytes; NULL: none left. */
	void *(*get)(struct cpx_flow_memory *m, size_t bytes);
	void (*put)(struct cpx_flow_memory *m, struct cpx_flow_block *block);
};

/* From one table to the next. Either is NULL where it would have no rules and not be isolated. */
struct cpx_flow_change {
	struct cpx_flow_table *table;
	struct cpx_flow_block *garbage; /* reached by the old table alone; free when no one reads it
					 */
};

/* May a frame that has what the shape wants be read wherever its words lie? */
bool cpx_flow_shape_ok(const struct cpx_flow_shape *s);
bool cpx_flow_shape_equal(const struct cpx_flow_shape *a, const struct cpx_flow_shape *b);

/* A rule with the pattern's values, with cells for n_cells queues and room for rss if asked; the
 * caller fills in the rest. NULL: no memory. One block. */
struct cpx_flow_rule *cpx_flow_rule_create(struct cpx_flow_memory *m,
					   const struct cpx_flow_pattern *pattern, unsigned n_cells,
					   bool rss);

/* All three: 0 and *change, or -ENOMEM (-EINVAL: shape not ok) and nothing done. `old` may be NULL;
 * it stays as it is and in use until the caller publishes change->table. */
int cpx_flow_table_add(struct cpx_flow_memory *m, struct cpx_flow_table *old,
		       const struct cpx_flow_shape *shape, struct cpx_flow_rule *rule,
		       struct cpx_flow_change *change);
/* The rule, which is in the table under that shape, is garbage as well. */
int cpx_flow_table_remove(struct cpx_flow_memory *m, struct cpx_flow_table *old,
			  const struct cpx_flow_shape *shape, struct cpx_flow_rule *rule,
			  struct cpx_flow_change *change);
int cpx_flow_table_isolate(struct cpx_flow_memory *m, struct cpx_flow_table *old, bool isolated,
			   struct cpx_flow_change *change);

/* All blocks of a table nobody will look up again, rules included. */
struct cpx_flow_block *cpx_flow_table_blocks(struct cpx_flow_table *t);
void cpx_flow_blocks_free(struct cpx_flow_memory *m, struct cpx_flow_block *list);

#endif
