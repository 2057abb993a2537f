/* SPDX-License-Identifier: BSD-3-Clause */
/* fiber.h: frames one by one, copied in and out. Driving thread of the queue. */
#include <errno.h>
#include <string.h>

#include "lib/fiber/fiber.h"

static int no_room(const struct fiber_tx *q)
{
	return q->dead ? -EPROTO : -EAGAIN;
}

int fiber_send(struct fiber_tx *q, const void *frame, uint32_t bytes)
{
	const bool lend = bytes > q->slot_bytes && fiber_tx_lends(q);
	const uint32_t most = lend ? q->frame_bytes : q->slot_bytes;
	const uint8_t *from = frame;
	uint32_t x[FIBER_MAX_SEGS], segs, left = bytes, n;

	if (!load_acquire(&q->running))
		return -ENOTCONN;
	if (bytes < FIBER_MIN_FRAME)
		return -EINVAL;
	if (bytes > (uint32_t)q->max_segs * most)
		return -EMSGSIZE;
	segs = (bytes + most - 1) / most;
	if (fiber_tx_reserve(q, segs) < segs)
		return no_room(q);
	if (lend) {
		n = fiber_tx_take(q, x, segs);
		if (n < segs) {
			fiber_tx_untake(q, x, n);
			return no_room(q);
		}
	}
	for (uint32_t i = 0; i < segs; i++) {
		const uint32_t len = left < most ? left : most;
		struct fiber_desc desc = { .len = (uint16_t)len };

		left -= len;
		desc.flags = left != 0 ? FIBER_DESC_MORE : 0;
		if (lend) {
			fiber_tx_write(q, x[i], from, len);
			fiber_tx_describe_lent(q, i, x[i], desc);
		} else {
			memcpy(fiber_tx_place(q, i), from, len);
			fiber_tx_describe(q, i, desc);
		}
		from += len;
	}
	fiber_tx_submit(q, segs, 1, bytes);
	return 0;
}

void fiber_frame_copy(const struct fiber_rx *q, const struct fiber_frame *f, void *to)
{
	uint8_t *at = to;

	for (uint32_t i = 0; i < f->segs; i++) {
		memcpy(at, fiber_rx_segment(q, f, i), f->len[i]);
		at += f->len[i];
	}
}

int fiber_receive(struct fiber_rx *q, void *to, uint32_t size)
{
	struct fiber_frame f;
	int ret;

	if (!fiber_rx_poll(q, 1))
		return !load_acquire(&q->running) ? -ENOTCONN : q->dead ? -EPROTO : -EAGAIN;
	if (!fiber_rx_next(q, &f)) {
		fiber_rx_release(q, 0, 0); /* bad frames only */
		return -EAGAIN;
	}
	ret = f.bytes <= size ? (int)f.bytes : -EMSGSIZE;
	if (ret > 0)
		fiber_frame_copy(q, &f, to);
	fiber_rx_give_back_frame(q, &f);
	fiber_rx_release(q, 1, f.bytes);
	return ret;
}
