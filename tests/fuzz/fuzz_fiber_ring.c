/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring against a peer whose every store into the region comes from the fuzzer, between our
 * polls: as the sender we receive from, as the owner of frames we borrow, as the borrower of ours.
 * Region and pools keep their guard pages, frames go to exact-size heap blocks; what must always
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
	{ FIBER_FEATURE_HASH | FIBER_FEATURE_VLAN | FIBER_FEATURE_CSUM | FIBER_FEATURE_STAMP, 1, 6,
	  512, 32, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_VLAN, 2, 5, 320, 32, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_LENT, 1, 4, 320, 4, FIBER_PAGE_SMALL, 4 },
	{ FIBER_FEATURE_LENT | FIBER_FEATURE_HASH, 2, 5, 512, 32, FIBER_PAGE_SMALL, 6 },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))
#define FRAMES 64u /* at most */
#define HELD   32u

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

/* Made once for each shape. */
struct place {
	struct fiber_region region;
	struct fiber_pool *ours, *theirs, *owner; /* `owner` is what theirs is borrowed from */
	uint32_t stack[FRAMES];
	uint8_t lent[FRAMES];
};

struct ends {
	const struct fiber_terms *terms;
	struct fiber_tx tx;
	struct fiber_rx rx;
	uint32_t held[HELD], n_held;
};

static void make_pool(const struct fiber_terms *t, struct fiber_pool **lend,
		      struct fiber_pool **borrow)
{
	const char *why;
	uint32_t page;
	int fd;

	CHECK(fiber_pool_create(lend, t, false, &page, &fd) == 0);
	if (borrow != NULL)
		CHECK(fiber_pool_adopt(borrow, t, page, fiber_pool_bytes(*lend), fd, &why) == 0);
	close(fd);
}

static void make_place(struct place *p, const struct fiber_terms *t)
{
	struct fiber_terms copy = *t;
	int fd;

	CHECK(fiber_terms_check(t) == 0);
	CHECK(fiber_region_create(&p->region, &copy, false, &fd) == 0);
	close(fd);
	if (!(t->features & FIBER_FEATURE_LENT))
		return;
	make_pool(t, &p->ours, NULL);
	make_pool(t, &p->owner, &p->theirs);
}

static void attach(struct ends *e, struct place *p)
{
	struct fiber_region *r = &p->region;

	memset(r->base + FIBER_HEADER_BYTES, 0, r->layout.buffer_offset - FIBER_HEADER_BYTES);
	e->tx.stack = p->stack;
	e->tx.lent = p->lent;
	if (p->ours != NULL) {
		fiber_tx_attach_pool(&e->tx, r, e->terms, 0, p->ours);
		fiber_rx_attach_pool(&e->rx, r, e->terms, 1, p->theirs);
	}
	fiber_tx_attach(&e->tx, r, e->terms, 0, -1);
	fiber_rx_attach(&e->rx, r, e->terms, 1, -1);
}

/* Each of our frames is free or not, and a free one is not lent. */
static void check_frames(const struct fiber_tx *q)
{
	uint64_t seen = 0;

	CHECK(q->free <= q->frames);
	for (uint32_t i = 0; i < q->free; i++) {
		CHECK(q->stack[i] < q->frames && !(seen >> q->stack[i] & 1));
		CHECK(!q->lent[q->stack[i]]);
		seen |= 1ull << q->stack[i];
	}
}

static void receive(struct ends *e, uint32_t want)
{
	const struct fiber_terms *t = e->terms;
	struct fiber_rx *q = &e->rx;
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
			const bool lent = f.frame[i] != FIBER_NO_FRAME;

			CHECK(!lent || f.frame[i] < q->frames);
			CHECK(f.len[i] >= 1 && f.len[i] <= (lent ? q->frame_bytes : q->slot_bytes));
			sum += f.len[i];
		}
		CHECK(sum == f.bytes && f.bytes >= FIBER_MIN_FRAME);
		copy = malloc(f.bytes);
		fiber_frame_copy(q, &f, copy);
		free(copy);
		if (f.segs == 1 && f.frame[0] != FIBER_NO_FRAME && e->n_held < HELD)
			e->held[e->n_held++] = f.frame[0];
		else
			fiber_rx_give_back_frame(q, &f);
		frames++;
	}
	CHECK(q->next - from <= slots);
	fiber_rx_release(q, frames, 0);
}

static void send(struct ends *e, uint32_t bytes, int fill)
{
	const uint32_t sent = e->tx.own;
	uint8_t frame[1024];

	memset(frame, fill, sizeof(frame));
	if (fiber_send(&e->tx, frame, bytes % sizeof(frame)) == 0)
		CHECK(e->tx.own - sent >= 1 && e->tx.own - sent <= e->terms->max_segs);
	else
		CHECK(e->tx.own == sent);
}

/* What the peer does with frames, and we with ours. */
static void step_lent(struct ends *e, struct input *in, uint8_t step)
{
	struct fiber_returns *returns = e->tx.returns;
	uint32_t x[8], v = 0, n = 1 + (step >> 4) % 8;

	switch (step % 8) {
	case 0: /* the peer gives anything back */
		take(in, &v, 4);
		returns->index[returns->prod++ % e->tx.frames] = v;
		break;
	case 1: /* … or says so */
		take(in, &returns->prod, 4);
		break;
	case 2: /* … or what is right */
		for (v = 0; v < e->tx.frames && !e->tx.lent[v]; v++)
			continue;
		returns->index[returns->prod++ % e->tx.frames] = v;
		break;
	case 3:
		take(in, &returns->index[step >> 4], 4);
		break;
	case 4: /* the peer lends */
		take(in, &v, 1);
		e->rx.ring->desc[e->rx.ring->prod++ & e->rx.mask] =
			(struct fiber_desc){ .len = (uint16_t)(v * 2),
					     .flags = FIBER_DESC_LENT | (step >> 7),
					     .stamp_low = (step >> 4) * 5 };
		break;
	case 5: /* we give back, late */
		for (; n > 0 && e->n_held > 0; n--)
			fiber_rx_give_back(&e->rx, fiber_rx_pool(&e->rx), &e->held[--e->n_held], 1);
		break;
	case 6:
		n = fiber_tx_take(&e->tx, x, n);
		for (uint32_t i = 0; i < n; i++)
			memset(fiber_tx_frame(&e->tx, x[i]), 1, e->tx.frame_bytes);
		fiber_tx_untake(&e->tx, x, n);
		break;
	case 7:
		send(e, 300 + step, step);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct place places[SHAPES];
	struct input in = { data, size };
	struct ends e = { 0 };
	struct place *p;
	uint8_t shape, step;

	take(&in, &shape, 1);
	shape %= SHAPES;
	p = &places[shape];
	e.terms = &shapes[shape];
	if (p->region.base == NULL)
		make_place(p, e.terms);
	attach(&e, p);
	while (in.left > 0) {
		uint32_t v = 0;

		take(&in, &step, 1);
		if (e.tx.frames != 0) {
			check_frames(&e.tx);
			if (step & 8) {
				step_lent(&e, &in, step);
				continue;
			}
		}
		switch (step % 8) {
		case 0: /* the peer sends so many slots */
			e.rx.ring->prod += step >> 3;
			break;
		case 1: /* … or says something else */
			take(&in, &e.rx.ring->prod, 4);
			break;
		case 2: /* the peer gives slots back */
			e.tx.ring->cons += step >> 3;
			break;
		case 3:
			take(&in, &e.tx.ring->cons, 4);
			break;
		case 4: /* descriptors, from the one to be read next */
			for (v = 0; v <= step >> 6; v++)
				take(&in, &e.rx.ring->desc[(e.rx.next + v) & e.rx.mask], 16);
			break;
		case 5: /* a plain descriptor */
			e.rx.ring->desc[e.rx.ring->prod++ & e.rx.mask] =
				(struct fiber_desc){ .len = (uint16_t)(step & ~7u),
						     .flags = step & 8 };
			break;
		case 6:
			receive(&e, 1 + (step >> 3));
			break;
		case 7:
			take(&in, &v, 2);
			send(&e, v, step);
			break;
		}
	}
	receive(&e, 1000);
	return 0;
}
