/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/lent.h between two honest ends: frames are read where they were written, kept, given
 * back in any order; nothing is lost, and nothing written that is still lent.
 */
#include <sched.h>

#include "tests/unit/fiber_lent.h"

TestSuite(lent, .init = set_up, .fini = tear_down);

Test(lent, a_frame_is_read_where_it_was_written)
{
	struct fiber_frame f;
	uint32_t x = lend(&tx[0], SLOT_BYTES, 5);

	cr_assert(take_in(&rx[0], &f));
	cr_expect_eq(f.bytes, SLOT_BYTES);
	cr_expect_eq(f.segs, 1);
	cr_expect(f.flags & FIBER_DESC_LENT);
	cr_expect_eq(f.frame[0], x);
	cr_expect_eq(f.data, fiber_rx_lent(&rx[0], x));
	cr_expect_eq(f.data, fiber_rx_segment(&rx[0], &f, 0));
	cr_expect_eq(f.data[0], 5);
	/* It stays after its slot is gone, and the owner does not take it again. */
	for (unsigned i = 0; i < 3 * FRAMES; i++) {
		struct fiber_frame g;
		uint32_t y = lend(&tx[0], 60, 9);

		cr_assert_neq(y, x);
		cr_assert_neq(y, FIBER_NO_FRAME);
		cr_assert(take_in(&rx[0], &g));
		give_back(&rx[0], y);
	}
	cr_expect_eq(f.data[SLOT_BYTES - 1], 5);
	give_back(&rx[0], x);
	expect_consistent(&tx[0]);
}

Test(lent, every_length_is_written_and_no_more)
{
	uint8_t from[SLOT_BYTES];
	uint32_t x = 0;

	cr_assert_eq(fiber_tx_take(&tx[0], &x, 1), 1);
	for (uint32_t i = 0; i < SLOT_BYTES; i++)
		from[i] = (uint8_t)(i * 7 + 1);
	for (uint32_t len = 0; len <= SLOT_BYTES; len++) {
		uint8_t *at = fiber_tx_frame(&tx[0], x);

		memset(at, 0xee, SLOT_BYTES);
		fiber_tx_write(&tx[0], x, from, len);
		cr_assert_eq(memcmp(at, from, len), 0, "%u", len);
		for (uint32_t i = len; i < SLOT_BYTES; i++)
			cr_assert_eq(at[i], 0xee, "byte %u of %u", i, len);
	}
	fiber_tx_untake(&tx[0], &x, 1);
}

Test(lent, what_came_back_last_is_taken_first)
{
	struct fiber_frame f;
	uint32_t x[FIBER_LOOK], last;

	for (unsigned i = 0; i < FIBER_LOOK; i++) {
		last = lend(&tx[0], 60, 1);
		cr_assert(take_in(&rx[0], &f));
	}
	give_back(&rx[0], last);
	cr_assert_eq(fiber_tx_take(&tx[0], x, FIBER_LOOK), FIBER_LOOK);
	cr_expect_eq(x[0], last);
	fiber_tx_untake(&tx[0], x, FIBER_LOOK);
	expect_consistent(&tx[0]);
}

Test(lent, frames_come_back_in_any_order_and_late)
{
	uint32_t held[FRAMES], n = 0, seed = 1;
	uint64_t frames = 0;

	while (frames < 20000) {
		struct fiber_frame f;

		seed = seed * 1664525 + 1013904223;
		if (seed >> 31 && lend(&tx[0], 100, (int)frames) != FIBER_NO_FRAME) {
			cr_assert(take_in(&rx[0], &f));
			cr_assert_eq(f.data[99], (uint8_t)frames);
			held[n++] = f.frame[0];
			frames++;
		} else if (n > 0) {
			uint32_t i = (seed >> 8) % n;

			give_back(&rx[0], held[i]);
			held[i] = held[--n];
		}
		expect_consistent(&tx[0]);
	}
	fiber_rx_give_back(&rx[0], fiber_rx_pool(&rx[0]), held, n);
	fiber_tx_take_back(&tx[0], FRAMES);
	cr_expect_eq(tx[0].free, FRAMES, "all are back");
	cr_expect_eq(tx[0].count.bad_returns, 0);
}

Test(lent, a_borrower_that_keeps_all_starves_its_lane_only)
{
	struct fiber_frame f;
	uint32_t x;

	for (uint32_t i = 0; i < FRAMES; i++) {
		cr_assert_neq(lend(&tx[0], 60, 1), FIBER_NO_FRAME);
		cr_assert(take_in(&rx[0], &f));
	}
	cr_expect_eq(lend(&tx[0], 60, 1), FIBER_NO_FRAME);
	cr_expect_eq(tx[0].count.starved, 1);
	cr_expect_eq(fiber_tx_reserve(&tx[0], SLOTS), SLOTS, "slots there are");
	expect_lane_works(1);
	cr_expect_eq(fiber_send(&tx[0], "fits into a slot", 16), 0, "copied frames still go");
	give_back(&rx[0], 7);
	cr_expect_eq(fiber_tx_take(&tx[0], &x, 1), 1);
	cr_expect_eq(x, 7);
}

Test(lent, taken_frames_are_lent_later)
{
	uint32_t x[8];
	struct fiber_frame f;

	cr_assert_eq(fiber_tx_take(&tx[0], x, 8), 8);
	for (unsigned i = 0; i < 8; i++)
		memset(fiber_tx_frame(&tx[0], x[i]), (int)i, 60);
	fiber_tx_untake(&tx[0], x, 2);
	expect_lane_works(0);
	for (unsigned i = 7; i >= 2; i--) {
		cr_assert_eq(fiber_tx_reserve(&tx[0], 1), 1);
		fiber_tx_describe_lent(&tx[0], 0, x[i], (struct fiber_desc){ .len = 60 });
		fiber_tx_submit(&tx[0], 1, 1, 60);
		cr_assert(take_in(&rx[0], &f));
		cr_expect_eq(f.frame[0], x[i]);
		cr_expect_eq(f.data[0], i);
		give_back(&rx[0], x[i]);
	}
	fiber_tx_take_back(&tx[0], FRAMES);
	cr_expect_eq(tx[0].free, FRAMES);
	expect_consistent(&tx[0]);
}

Test(lent, slots_of_both_kinds_in_one_chain)
{
	for (unsigned kinds = 0; kinds < 16; kinds++) {
		uint8_t got[4 * 200];
		struct fiber_frame f;
		uint32_t x[4];

		cr_assert_eq(fiber_tx_reserve(&tx[0], 4), 4);
		cr_assert_eq(fiber_tx_take(&tx[0], x, 4), 4);
		for (unsigned i = 0; i < 4; i++) {
			struct fiber_desc d = { .len = 200, .flags = i < 3 ? FIBER_DESC_MORE : 0 };

			if (kinds >> i & 1) {
				memset(fiber_tx_frame(&tx[0], x[i]), (int)i, 200);
				fiber_tx_describe_lent(&tx[0], i, x[i], d);
			} else {
				memset(fiber_tx_place(&tx[0], i), (int)i, 200);
				fiber_tx_describe(&tx[0], i, d);
				fiber_tx_untake(&tx[0], &x[i], 1);
			}
		}
		fiber_tx_submit(&tx[0], 4, 1, 800);
		cr_assert(take_in(&rx[0], &f));
		cr_assert_eq(f.segs, 4);
		cr_assert_eq(f.bytes, 800);
		fiber_frame_copy(&rx[0], &f, got);
		for (unsigned i = 0; i < 4; i++) {
			cr_expect_eq(f.frame[i], kinds >> i & 1 ? x[i] : FIBER_NO_FRAME);
			cr_expect_eq(got[i * 200], i);
			cr_expect_eq(got[i * 200 + 199], i);
		}
		fiber_rx_give_back_frame(&rx[0], &f);
		fiber_tx_take_back(&tx[0], FRAMES);
		cr_assert_eq(tx[0].free, FRAMES);
		expect_consistent(&tx[0]);
	}
}

Test(lent, indices_wrap)
{
	uint32_t at = UINT32_MAX - 100;

	tx[0].own = tx[0].seen = tx[0].ring->prod = tx[0].ring->cons = at;
	rx[0].own = rx[0].next = rx[0].seen = at;
	tx[0].returned = rx[0].returned = tx[0].returns->prod = at;
	for (unsigned i = 0; i < 500; i++)
		expect_lane_works(0);
	cr_expect_lt(tx[0].returned, 1000);
	cr_expect_eq(tx[0].count.bad_returns, 0);
	expect_consistent(&tx[0]);
}

Test(lent, frames_of_another_pool_are_given_back_to_nobody)
{
	struct fiber_frame f;
	uint32_t x = lend(&tx[0], 60, 1);

	cr_assert(take_in(&rx[0], &f));
	fiber_rx_give_back(&rx[0], ours, &x, 1);
	fiber_rx_give_back(&rx[0], NULL, &x, 1);
	cr_expect_eq(rx[0].returns->prod, 0);
	rx[0].mapping = NULL; /* as after fiber_quiescent() */
	fiber_rx_give_back(&rx[0], NULL, &x, 1);
	fiber_rx_give_back(&rx[0], theirs, &x, 1);
	cr_expect_eq(rx[0].returns->prod, 0);
}

/* Two honest ends on two threads; what is read is what was written, whatever is held meanwhile. */
#define BETWEEN 1000000u

static void *honest_borrower(void *arg)
{
	uint32_t held[FRAMES / 2], n_held = 0, at = 0;
	uint64_t n = 0, wrong = 0;

	while (n < BETWEEN) {
		struct fiber_frame f;
		uint64_t number;

		if (!take_in(&rx[0], &f)) {
			sched_yield();
			continue;
		}
		memcpy(&number, f.data, sizeof(number));
		wrong += number != n || f.data[f.bytes - 1] != (uint8_t)n;
		n++;
		if (n_held < FRAMES / 2) {
			held[n_held++] = f.frame[0];
			continue;
		}
		/* Keep this one, give an older one back. */
		at = (at * 5 + 3) % (FRAMES / 2);
		give_back(&rx[0], held[at]);
		held[at] = f.frame[0];
	}
	fiber_rx_give_back(&rx[0], theirs, held, n_held);
	*(uint64_t *)arg = wrong;
	return NULL;
}

Test(lent, two_threads)
{
	uint64_t wrong = UINT64_MAX;
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, honest_borrower, &wrong), 0);
	for (uint64_t n = 0; n < BETWEEN;) {
		const uint32_t left = (uint32_t)(BETWEEN - n);
		uint32_t x[8], k = fiber_tx_reserve(&tx[0], left < 8 ? left : 1 + n % 8);

		k = fiber_tx_take(&tx[0], x, k);
		for (uint32_t i = 0; i < k; i++) {
			const uint32_t bytes = 60 + (n + i) % 400;

			memset(fiber_tx_frame(&tx[0], x[i]), (int)(n + i), bytes);
			memcpy(fiber_tx_frame(&tx[0], x[i]), &(uint64_t){ n + i }, 8);
			fiber_tx_describe_lent(&tx[0], i, x[i],
					       (struct fiber_desc){ .len = (uint16_t)bytes });
		}
		if (k > 0)
			fiber_tx_submit(&tx[0], k, k, 0);
		else
			sched_yield();
		n += k;
	}
	pthread_join(thread, NULL);
	cr_expect_eq(wrong, 0);
	fiber_tx_take_back(&tx[0], FRAMES);
	cr_expect_eq(tx[0].free, FRAMES);
	expect_consistent(&tx[0]);
}
