/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of flow tables that receive queues may still read; see cpx_flow_retire.h. */
#include "pmd/cpx_flow_retire.h"

/* The first queue whose counter is as odd as it was then; CPX_FLOW_MAX_QUEUES: none. */
static unsigned holder(const uint64_t was[CPX_FLOW_MAX_QUEUES],
		       uint64_t *const turn[CPX_FLOW_MAX_QUEUES])
{
	unsigned i = 0;

	while (i < CPX_FLOW_MAX_QUEUES && (!(was[i] & 1) || load_acquire(turn[i]) != was[i]))
		i++;
	return i;
}

bool cpx_flow_reclaim(struct cpx_flow_retire *r, struct cpx_flow_memory *m,
		      uint64_t *const turn[CPX_FLOW_MAX_QUEUES])
{
	unsigned kept = 0;

	for (unsigned i = 0; i < r->n; i++) {
		if (holder(r->of[i].turn, turn) < CPX_FLOW_MAX_QUEUES)
			r->of[kept++] = r->of[i];
		else
			cpx_flow_blocks_free(m, r->of[i].list);
	}
	r->n = kept;
	return kept < CPX_FLOW_RETIRED;
}

unsigned cpx_flow_holder(const struct cpx_flow_retire *r, uint64_t *const turn[CPX_FLOW_MAX_QUEUES])
{
	return r->n != 0 ? holder(r->of[0].turn, turn) : CPX_FLOW_MAX_QUEUES;
}

void cpx_flow_retire(struct cpx_flow_retire *r, struct cpx_flow_memory *m,
		     uint64_t *const turn[CPX_FLOW_MAX_QUEUES], struct cpx_flow_block *list)
{
	bool held = false;

	if (list == NULL)
		return;
	fence_full(); /* pairs with cpx_flow_turn_begin */
	for (unsigned i = 0; i < CPX_FLOW_MAX_QUEUES; i++) {
		r->of[r->n].turn[i] = load_acquire(turn[i]);
		held = held || (r->of[r->n].turn[i] & 1);
	}
	if (held)
		r->of[r->n++].list = list;
	else
		cpx_flow_blocks_free(m, list);
}

void cpx_flow_retire_all(struct cpx_flow_retire *r, struct cpx_flow_memory *m)
{
	for (unsigned i = 0; i < r->n; i++)
		cpx_flow_blocks_free(m, r->of[i].list);
	r->n = 0;
}
