/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making, draining and freeing the rings of cpx_ring.h. Control threads only; the burst functions
 * use the inline half.
 */
#include "pmd/cpx_ring.h"

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <unistd.h>

struct cpx_ring *cpx_ring_create(uint32_t size, int numa)
{
	struct cpx_ring *r;

	r = rte_zmalloc_socket("cpx_ring", sizeof(*r) + size * sizeof(r->slot[0]), CPX_LINE, numa);
	if (r == NULL)
		return NULL;
	r->size = size;
	r->mask = size - 1;
	r->bell = -1;
	return r;
}

unsigned cpx_ring_flush(struct cpx_ring *r)
{
	struct cpx_ring_end e;
	unsigned total = 0;
	uint32_t n;

	cpx_ring_consume(&e, r);
	while ((n = cpx_ring_peek(&e, r->size)) != 0) {
		for (uint32_t i = 0; i < n; i++)
			rte_pktmbuf_free(r->slot[(e.own + i) & r->mask]);
		cpx_ring_release(&e, n);
		total += n;
	}
	return total;
}

void cpx_ring_free(struct cpx_ring *r)
{
	if (r == NULL)
		return;
	cpx_ring_flush(r);
	rte_free(r);
}

void cpx_ring_wake(struct cpx_ring *r)
{
	const uint64_t one = 1;
	int bell;

	fence_full(); /* pairs with cpx_ring_arm */
	if (!load_relaxed(&r->sleeping))
		return;
	store_relaxed(&r->sleeping, 0);
	bell = load_relaxed(&r->bell);
	/* an eventfd that is full is one that is rung */
	if (bell >= 0 && write(bell, &one, sizeof(one)) < 0)
		return;
}

bool cpx_ring_arm(struct cpx_ring_end *e)
{
	store_relaxed(&e->ring->sleeping, 1);
	fence_full(); /* pairs with cpx_ring_wake */
	if (load_relaxed(&e->ring->prod) == e->own)
		return true;
	store_relaxed(&e->ring->sleeping, 0);
	return false;
}

void cpx_ring_disarm(struct cpx_ring_end *e)
{
	store_relaxed(&e->ring->sleeping, 0);
}
