/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that wait for a neighbour, in their order; one pool of places for all. Control thread. */
#include "dataplane/ctl/neighbors_priv.h"

void neighbor_hold_init(struct neighbors *t)
{
	for (uint16_t i = NEIGHBORS_HOLD_TOTAL_MAX; i > 0; i--) {
		t->held[i].next = t->free_held;
		t->free_held = i;
	}
}

bool neighbor_keep(struct board *b, struct neighbor *n, struct rte_mbuf *m)
{
	struct neighbors *t = b->neighbors;
	const uint16_t i = t->free_held;

	if (!i || n->n_held == NEIGHBORS_HOLD_MAX)
		return false;
	t->free_held = t->held[i].next;
	t->held[i] = (struct held){ .m = m };
	if (n->n_held++)
		t->held[n->last_held].next = i;
	else
		n->first_held = i;
	n->last_held = i;
	b->held++;
	return true;
}

/* The oldest; NULL: none waits. */
static struct rte_mbuf *take(struct board *b, struct neighbor *n)
{
	struct neighbors *t = b->neighbors;
	const uint16_t i = n->first_held;

	if (!n->n_held)
		return NULL;
	n->first_held = t->held[i].next;
	n->n_held--;
	b->held--;
	t->held[i].next = t->free_held;
	t->free_held = i;
	return t->held[i].m;
}

void neighbor_return_held(struct board *b, struct neighbor *n, enum pkt_kind kind)
{
	for (struct rte_mbuf *m; (m = take(b, n));)
		punt_return(b, m, kind);
}

void neighbor_end_held(struct board *b, struct neighbor *n, enum drop_reason reason)
{
	for (struct rte_mbuf *m; (m = take(b, n));)
		punt_drop(b, m, reason);
}
