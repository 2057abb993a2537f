/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two lending lanes for unit tests, without a handshake: both ends of each in this process, on one
 * region and one pool that is owned and borrowed, with their guards. And what always holds.
 */
#ifndef CPX_TESTS_UNIT_FIBER_LENT_H
#define CPX_TESTS_UNIT_FIBER_LENT_H

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fiber/private.h"

#define SLOTS      32u
#define FRAMES     64u
#define SLOT_BYTES 512u
#define SEGS       4u

static struct fiber_terms terms = {
	FIBER_FEATURE_LENT | FIBER_FEATURE_HASH, 2, 5, SLOT_BYTES, SEGS, FIBER_PAGE_SMALL, 6
};
static struct fiber_region region;
static struct fiber_pool *ours, *theirs;
static struct fiber_tx tx[2]; /* on rings 0 and 2 */
static struct fiber_rx rx[2]; /* the other ends of them */
static uint32_t stacks[2][FRAMES];
static uint8_t lent[2][FRAMES];

static inline void attach(void)
{
	memset(region.base + region.layout.ring_offset, 0, 4 * region.layout.ring_stride);
	for (uint32_t l = 0; l < 2; l++) {
		tx[l].stack = stacks[l];
		tx[l].lent = lent[l];
		fiber_tx_attach_pool(&tx[l], &region, &terms, 2 * l, ours);
		fiber_tx_attach(&tx[l], &region, &terms, 2 * l, -1);
		fiber_rx_attach_pool(&rx[l], &region, &terms, 2 * l, theirs);
		fiber_rx_attach(&rx[l], &region, &terms, 2 * l, -1);
	}
}

static inline void set_up(void)
{
	const char *why;
	uint32_t page;
	int fd;

	cr_assert_eq(fiber_region_create(&region, &terms, false, &fd), 0);
	close(fd);
	cr_assert_eq(fiber_pool_create(&ours, &terms, false, &page, &fd), 0);
	cr_assert_eq(fiber_pool_adopt(&theirs, &terms, page, fiber_pool_bytes(ours), fd, &why), 0);
	close(fd);
	attach();
}

static inline void tear_down(void)
{
	fiber_region_unmap(&region);
	fiber_pool_unref(ours);
	fiber_pool_unref(theirs);
}

/* Every frame is free, or taken, or lent; none is two of them. */
static inline void expect_consistent(const struct fiber_tx *q)
{
	uint8_t seen[FRAMES] = { 0 };

	cr_assert_leq(q->free, FRAMES);
	for (uint32_t i = 0; i < q->free; i++) {
		cr_assert_lt(q->stack[i], FRAMES);
		cr_assert_eq(seen[q->stack[i]]++, 0, "frame %u is free twice", q->stack[i]);
		cr_assert_eq(q->lent[q->stack[i]], 0, "frame %u is free and lent", q->stack[i]);
	}
}

/* Lend one frame of `bytes` bytes, all of value `fill`. Its index, or FIBER_NO_FRAME. */
static inline uint32_t lend(struct fiber_tx *q, uint32_t bytes, int fill)
{
	uint32_t x;

	if (fiber_tx_reserve(q, 1) < 1 || fiber_tx_take(q, &x, 1) < 1)
		return FIBER_NO_FRAME;
	fiber_tx_fetch_frame(q, x, bytes);
	memset(fiber_tx_frame(q, x), fill, bytes);
	fiber_tx_describe_lent(q, 0, x, (struct fiber_desc){ .len = (uint16_t)bytes });
	fiber_tx_submit(q, 1, 1, bytes);
	return x;
}

/* One frame in, its slot released; the frame is held. */
static inline bool take_in(struct fiber_rx *q, struct fiber_frame *f)
{
	bool got;

	if (!fiber_rx_poll(q, 1))
		return false;
	got = fiber_rx_next(q, f);
	fiber_rx_release(q, got, got ? f->bytes : 0);
	return got;
}

static inline void give_back(struct fiber_rx *q, uint32_t x)
{
	fiber_rx_give_back(q, fiber_rx_pool(q), &x, 1);
}

static inline void expect_lane_works(uint32_t l)
{
	struct fiber_frame f;
	uint32_t x = lend(&tx[l], 300, 3);

	cr_assert_neq(x, FIBER_NO_FRAME);
	cr_assert(take_in(&rx[l], &f));
	cr_assert_eq(f.frame[0], x);
	cr_assert_eq(f.data[299], 3);
	give_back(&rx[l], x);
}

#endif
