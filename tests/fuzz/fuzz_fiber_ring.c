/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring against a peer whose every store into the region comes from the fuzzer, between our
 * polls. The region keeps its guard pages, frames go to exact-size heap blocks; what must always
 * hold is asserted. Input: one byte of terms, then steps of one byte and their operands.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fiber/private.h"

#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

static const struct fiber_terms shapes[] = {
	{ 0, 1, 4, 256, 1, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_HASH, 1, 4, 256, 4, FIBER_PAGE_SMALL },
	{ FIBER_FEATURES & ~FIBER_FEATURE_SLEEP, 1, 6, 512, 32, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_VLAN, 2, 5, 320, 32, FIBER_PAGE_SMALL },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct input {
	const uint8_t *at;
	size_t left;
};

static void take(struct input *in, void *to, size_t bytes)
{
	size_t n = bytes < in->left ? bytes : in->left;

	memset(to, 0, bytes);
	memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
}

static void receive(struct fiber_rx *q, const struct fiber_terms *t, uint32_t want)
{
	const uint32_t from = q->own, slots = 1u << t->log2_slots;
	struct fiber_frame f;
	uint32_t frames = 0;

	if (!fiber_rx_poll(q, want)) {
		CHECK(q->own == from);
		return;
	}
	while (frames < want && fiber_rx_next(q, &f)) {
		uint32_t sum = 0;
		uint8_t *copy;

		CHECK(f.segs >= 1 && f.segs <= t->max_segs);
		CHECK((f.flags & ~q->flags) == 0);
		for (uint32_t i = 0; i < f.segs; i++) {
			CHECK(f.len[i] >= 1 && f.len[i] <= t->slot_bytes);
			sum += f.len[i];
		}
		CHECK(sum == f.bytes && f.bytes >= FIBER_MIN_FRAME);
		copy = malloc(f.bytes);
		fiber_frame_copy(q, &f, copy);
		free(copy);
		frames++;
	}
	CHECK(q->next - from <= slots);
	fiber_rx_release(q, frames, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fiber_region regions[SHAPES];
	struct input in = { data, size };
	const struct fiber_terms *t;
	struct fiber_region *r;
	struct fiber_tx tx = { 0 };
	struct fiber_rx rx = { 0 };
	uint8_t frame[1024], shape, step;

	take(&in, &shape, 1);
	shape %= SHAPES;
	t = &shapes[shape];
	r = &regions[shape];
	if (r->base == NULL) {
		struct fiber_terms copy = *t;
		int fd;

		CHECK(fiber_region_create(r, &copy, false, &fd) == 0);
		close(fd);
	}
	memset(r->base + FIBER_HEADER_BYTES, 0, r->layout.buffer_offset - FIBER_HEADER_BYTES);
	fiber_tx_attach(&tx, r, t, 0, -1);
	fiber_rx_attach(&rx, r, t, 1, -1);
	while (in.left > 0) {
		uint32_t v = 0, sent = tx.own;

		take(&in, &step, 1);
		switch (step % 8) {
		case 0: /* the peer sends so many slots */
			rx.ring->prod += step >> 3;
			break;
		case 1: /* … or says something else */
			take(&in, &rx.ring->prod, 4);
			break;
		case 2: /* the peer gives slots back */
			tx.ring->cons += step >> 3;
			break;
		case 3:
			take(&in, &tx.ring->cons, 4);
			break;
		case 4: /* descriptors, from the one to be read next */
			for (v = 0; v <= step >> 6; v++)
				take(&in, &rx.ring->desc[(rx.next + v) & rx.mask], 16);
			break;
		case 5: /* a plain descriptor */
			rx.ring->desc[rx.ring->prod++ & rx.mask] =
				(struct fiber_desc){ .len = (uint16_t)(step & ~7u),
						     .flags = step & 8 };
			break;
		case 6:
			receive(&rx, t, 1 + (step >> 3));
			break;
		case 7:
			take(&in, &v, 2);
			memset(frame, step, sizeof(frame));
			if (fiber_send(&tx, frame, v % sizeof(frame)) == 0)
				CHECK(tx.own - sent >= 1 && tx.own - sent <= t->max_segs);
			else
				CHECK(tx.own == sent);
			break;
		}
	}
	receive(&rx, t, 1000);
	return 0;
}
