/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.h: what happens rarely. Driving thread of the queue. */
#include "lib/fiber/lent.h"

#include <sys/socket.h>

uint32_t fiber_tx_protocol_error(struct fiber_tx *q)
{
	if (!q->dead) {
		store_relaxed(&q->dead, 1);
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
		const bool ended = !(d.flags & FIBER_DESC_MORE);
		const bool lent = d.flags & q->flags & FIBER_DESC_LENT;

		if (lent && d.stamp_low >= q->frames)
			return drop(q, &q->count.bad_frame, n + 1, ended);
		if (d.len > (lent ? q->frame_bytes : q->slot_bytes))
			return drop(q, &q->count.bad_oversize, n + 1, ended);
		if (n == 0 && d.len < FIBER_MIN_FRAME)
			return drop(q, &q->count.bad_runt, 1, ended);
		if (d.len == 0)
			return drop(q, &q->count.bad_empty, n + 1, ended);
		f->frame[n] = lent ? d.stamp_low : FIBER_NO_FRAME;
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
	f->slot = q->next;
	f->data = fiber_rx_segment(q, f, 0);
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

/* A word of the peer's is checked before it changes anything of ours; a bad one changes only its
 * counter. */
void fiber_tx_take_back(struct fiber_tx *q, uint32_t wanted)
{
	const uint32_t frames = q->frames, prod = load_acquire(&q->returns->prod);
	uint32_t free = q->free, at = q->returned, n = prod - at;

	q->unlooked = 0;
	if (n > frames - free) { /* V9 */
		fiber_tx_protocol_error(q);
		return;
	}
	if (wanted < 2 * FIBER_LOOK)
		wanted = 2 * FIBER_LOOK;
	for (n = n < wanted ? n : wanted; n > 0; n--) {
		uint32_t x = load_relaxed(&q->returns->index[at++ & (frames - 1)]);

		if (FIBER_LIKELY(x < frames && q->lent[x])) { /* V10 */
			q->lent[x] = 0;
			q->stack[free++] = x;
		} else {
			counter_add(&q->count.bad_returns, 1);
		}
	}
	q->free = free;
	q->returned = at;
}
