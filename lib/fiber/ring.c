/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.h: what happens rarely. Driving thread of the queue. */
#include "lib/fiber/ring.h"

#include <sys/socket.h>

uint32_t fiber_tx_protocol_error(struct fiber_tx *q)
{
	if (!q->dead) {
		store_relaxed(&q->dead, 1);
		q->seen = q->own - q->mask - 1; /* no room, so that only the slow way is left */
		counter_add(&q->count.protocol_errors, 1);
	}
	return 0;
}

bool fiber_rx_protocol_error(struct fiber_rx *q)
{
	if (!q->dead) {
		store_relaxed(&q->dead, 1);
		q->seen = q->next;
		counter_add(&q->count.protocol_errors, 1);
	}
	return false;
}

/* Count a bad frame once and step over its slots: to its end, at most to where the poll looked. */
static bool drop(struct fiber_rx *q, uint64_t *reason, uint32_t slots, bool ended)
{
	q->next += slots;
	while (!ended && q->next != q->seen)
		ended = !(fiber_rx_desc(q, q->next++).flags & FIBER_DESC_MORE);
	counter_add(reason, 1);
	return false;
}

bool fiber_rx_chain(struct fiber_rx *q, struct fiber_frame *f, struct fiber_desc first)
{
	const uint32_t filled = q->seen - q->next;
	struct fiber_desc d = first;
	uint32_t n = 0;

	f->bytes = 0;
	for (;;) {
		bool ended = !(d.flags & FIBER_DESC_MORE);

		if (d.len > q->slot_bytes)
			return drop(q, &q->count.bad_oversize, n + 1, ended);
		if (n == 0 && d.len < FIBER_MIN_FRAME)
			return drop(q, &q->count.bad_runt, 1, ended);
		if (d.len == 0)
			return drop(q, &q->count.bad_empty, n + 1, ended);
		f->len[n++] = d.len;
		f->bytes += d.len;
		if (ended)
			break;
		if (n == q->max_segs)
			return drop(q, &q->count.bad_long, n, false);
		if (n == filled)
			return drop(q, &q->count.bad_cut, n, true);
		d = fiber_rx_desc(q, q->next + n);
	}
	f->data = fiber_rx_place(q, q->next);
	f->slot = q->next;
	f->segs = (uint16_t)n;
	f->flags = first.flags & q->flags;
	f->desc = first;
	q->next += n;
	return true;
}

void fiber_tx_wake(struct fiber_tx *q)
{
	uint32_t *sleeping = &q->ring->sleeping;

	/* After the store of prod, before the load of sleeping: the consumer stores sleeping before
	 * it loads prod, so one of us sees the other. */
	fence_full();
	if (FIBER_LIKELY(!load_relaxed(sleeping)))
		return;
	store_relaxed(sleeping, 0);
	/* A socket and not an eventfd: MSG_DONTWAIT is ours alone, while O_NONBLOCK of a shared
	 * eventfd is the peer's to clear, and then to fill it up under us. */
	send(q->bell, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	counter_add(&q->count.wakes, 1);
}
