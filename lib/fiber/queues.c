/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queues between peers: put on a region when one came, taken off when it went. Control thread,
 * while the driving threads are outside; only fiber_queues_stop() may come at any time. The store
 * of `running` is the release that hands a queue over, its load in ring.h the acquire.
 */
#include "lib/fiber/private.h"

#include <string.h>

static uint32_t flags_of(uint64_t features)
{
	return (features & FIBER_FEATURE_HASH ? FIBER_DESC_HASH : 0) |
	       (features & FIBER_FEATURE_VLAN ? FIBER_DESC_VLAN : 0) |
	       (features & FIBER_FEATURE_CSUM ? FIBER_DESC_IP_GOOD | FIBER_DESC_L4_GOOD : 0) |
	       (features & FIBER_FEATURE_STAMP ? FIBER_DESC_STAMP : 0);
	/* LENT is the receiver's alone: only fiber_tx_describe_lent() sends it. */
}

static struct fiber_ring *ring_at(const struct fiber_region *region, uint32_t r)
{
	return (struct fiber_ring *)(region->base + region->layout.ring_offset +
				     r * region->layout.ring_stride);
}

static uint8_t *buffers_at(const struct fiber_region *region, uint32_t r)
{
	return region->base + region->layout.buffer_offset + r * region->layout.buffer_stride;
}

static struct fiber_returns *returns_at(const struct fiber_region *region, uint32_t r)
{
	return (struct fiber_returns *)((uint8_t *)ring_at(region, r) +
					region->layout.returns_offset);
}

void fiber_tx_attach_pool(struct fiber_tx *q, const struct fiber_region *region,
			  const struct fiber_terms *terms, uint32_t r,
			  const struct fiber_pool *ours)
{
	q->pool = fiber_pool_frames(ours, r / 2);
	q->returns = returns_at(region, r);
	q->frames = 1u << terms->log2_frames;
	q->frame_stride = fiber_pool_stride(ours);
	q->frame_bytes = terms->slot_bytes;
	q->free = q->frames;
	q->returned = q->unlooked = 0;
	memset(q->lent, 0, q->frames);
	for (uint32_t i = 0; i < q->frames; i++)
		q->stack[i] = q->frames - 1 - i;
}

void fiber_rx_attach_pool(struct fiber_rx *q, const struct fiber_region *region,
			  const struct fiber_terms *terms, uint32_t r, struct fiber_pool *theirs)
{
	q->pool = fiber_pool_frames(theirs, r / 2);
	q->returns = returns_at(region, r);
	q->mapping = theirs;
	q->frames = 1u << terms->log2_frames;
	q->frame_stride = fiber_pool_stride(theirs);
	q->frame_bytes = terms->slot_bytes;
	q->returned = 0;
}

void fiber_tx_attach(struct fiber_tx *q, const struct fiber_region *region,
		     const struct fiber_terms *terms, uint32_t r, int bell)
{
	q->ring = ring_at(region, r);
	q->buffers = buffers_at(region, r);
	q->mask = (1u << terms->log2_slots) - 1;
	q->slot_stride = (uint32_t)region->layout.slot_stride;
	q->slot_bytes = region->layout.slot_bytes;
	q->max_segs = (uint8_t)terms->max_segs;
	q->own = q->seen = 0;
	q->flags = flags_of(terms->features) | FIBER_DESC_MORE;
	q->bell = bell;
	store_relaxed(&q->dead, 0);
	store_release(&q->running, 1);
}

void fiber_rx_attach(struct fiber_rx *q, const struct fiber_region *region,
		     const struct fiber_terms *terms, uint32_t r, int bell)
{
	q->ring = ring_at(region, r);
	q->buffers = buffers_at(region, r);
	q->mask = (1u << terms->log2_slots) - 1;
	q->slot_stride = (uint32_t)region->layout.slot_stride;
	q->slot_bytes = region->layout.slot_bytes;
	q->max_segs = (uint8_t)terms->max_segs;
	q->own = q->next = q->seen = 0;
	q->flags = flags_of(terms->features) |
		   (terms->features & FIBER_FEATURE_LENT ? FIBER_DESC_LENT : 0);
	q->bell = bell;
	store_relaxed(&q->dead, 0);
	store_release(&q->running, 1);
}

/* The server sends on the even rings, the client on the odd ones. */
void fiber_queues_attach(struct fiber *f)
{
	for (uint32_t l = 0; l < f->lanes && l < f->terms.lanes; l++) {
		uint32_t out = 2 * l + !f->server, in = 2 * l + f->server;

		if (f->terms.features & FIBER_FEATURE_LENT) {
			fiber_tx_attach_pool(&f->tx[l], &f->region, &f->terms, out, f->ours);
			fiber_rx_attach_pool(&f->rx[l], &f->region, &f->terms, in, f->theirs);
		}
		fiber_tx_attach(&f->tx[l], &f->region, &f->terms, out, f->bells[out]);
		fiber_rx_attach(&f->rx[l], &f->region, &f->terms, in, f->bells[in]);
	}
}

void fiber_queues_stop(struct fiber *f)
{
	for (uint32_t l = 0; l < f->lanes; l++) {
		store_release(&f->tx[l].running, 0);
		store_release(&f->rx[l].running, 0);
	}
}

void fiber_queues_detach(struct fiber *f)
{
	fiber_queues_stop(f);
	for (uint32_t l = 0; l < f->lanes; l++) {
		struct fiber_tx *tx = &f->tx[l];
		struct fiber_rx *rx = &f->rx[l];

		tx->ring = NULL;
		tx->buffers = NULL;
		tx->own = tx->seen = 0;
		tx->bell = -1;
		tx->pool = NULL;
		tx->returns = NULL;
		tx->frames = tx->free = 0;
		rx->ring = NULL;
		rx->buffers = NULL;
		rx->own = rx->next = rx->seen = 0;
		rx->bell = -1;
		rx->pool = NULL;
		rx->returns = NULL;
		rx->mapping = NULL;
		rx->frames = 0;
	}
}

bool fiber_tx_stalled(const struct fiber *f, uint32_t lane, struct fiber_progress *p)
{
	const struct fiber_progress before = *p;
	const struct fiber_tx *q = &f->tx[lane < f->lanes ? lane : 0];

	*p = (struct fiber_progress){ 0 };
	if (lane >= f->lanes || !load_relaxed(&q->running) || load_relaxed(&q->dead))
		return false;
	/* The peer can write any cons, and so look alive or stalled as it likes: it is compared
	 * with itself and used for nothing else. */
	*p = (struct fiber_progress){ .connection = f->status.connections,
				      .sent = load_relaxed(&q->own),
				      .taken = load_relaxed(&q->ring->cons) };
	return before.connection == p->connection && before.sent != before.taken &&
	       before.taken == p->taken;
}

bool fiber_tx_dead(const struct fiber_tx *q)
{
	return load_relaxed(&q->dead) != 0;
}

bool fiber_rx_dead(const struct fiber_rx *q)
{
	return load_relaxed(&q->dead) != 0;
}
