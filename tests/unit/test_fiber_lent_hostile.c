/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/lent.h against a peer that writes what it likes: indices of descriptors, indices of
 * returns, and how many there are. The peer is the test itself, or a thread that never stops.
 */
#include "tests/unit/fiber_lent.h"

TestSuite(lent_hostile, .init = set_up, .fini = tear_down);

/* The peer as owner: descriptors of its own making. */
static void hostile(struct fiber_rx *q, const struct fiber_desc *d, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		q->ring->desc[(q->ring->prod + i) % SLOTS] = d[i];
	q->ring->prod += n;
}

static const uint32_t indices[] = { 0,          1,          FRAMES - 2, FRAMES - 1,
				    FRAMES,     FRAMES + 1, 255,        256,
				    0xffff,     0x10000,    0x7fffffff, 0x80000000,
				    0x80000001, 0x1000003f, 0xfffffffe, 0xffffffff };
#define INDICES (sizeof(indices) / sizeof(indices[0]))

Test(lent_hostile, every_index_of_a_hostile_owner)
{
	for (unsigned i = 0; i < INDICES; i++)
		for (unsigned len = 0; len < 6; len++) {
			static const uint16_t lens[] = { 13,    14, 256, SLOT_BYTES, SLOT_BYTES + 1,
							 0xffff };
			struct fiber_desc d = { .len = lens[len],
						.flags = FIBER_DESC_LENT,
						.stamp_low = indices[i] };
			struct fiber_rx_counters before = rx[0].count;
			bool ok = indices[i] < FRAMES && len >= 1 && len <= 3;
			uint8_t copy[SLOT_BYTES];
			struct fiber_frame f;

			hostile(&rx[0], &d, 1);
			cr_assert_eq(take_in(&rx[0], &f), ok, "index %#x length %u", indices[i],
				     lens[len]);
			if (ok) {
				cr_assert_eq(f.frame[0], indices[i]);
				fiber_frame_copy(&rx[0], &f, copy); /* up to the guard */
				fiber_rx_give_back_frame(&rx[0], &f);
			}
			cr_assert_eq(rx[0].count.bad_frame - before.bad_frame,
				     indices[i] >= FRAMES);
			cr_assert_eq(rx[0].own, rx[0].ring->prod, "the slot goes back");
		}
	cr_expect_not(fiber_rx_dead(&rx[0]));
}

Test(lent_hostile, every_index_in_the_middle_of_a_chain)
{
	for (unsigned i = 0; i < INDICES; i++) {
		const uint16_t more = FIBER_DESC_MORE | FIBER_DESC_LENT;
		struct fiber_desc d[3] = { { .len = 100, .flags = more, .stamp_low = 3 },
					   { .len = 100, .flags = more, .stamp_low = indices[i] },
					   { .len = 100, .flags = FIBER_DESC_LENT } };
		struct fiber_rx_counters before = rx[0].count;
		struct fiber_frame f;

		hostile(&rx[0], d, 3);
		cr_assert_eq(take_in(&rx[0], &f), indices[i] < FRAMES);
		cr_assert_eq(rx[0].count.bad_frame - before.bad_frame, indices[i] >= FRAMES);
		cr_assert_eq(rx[0].own, rx[0].ring->prod);
	}
}

Test(lent_hostile, a_slot_of_a_lending_lane_has_256_bytes)
{
	struct fiber_frame f;

	for (uint32_t len = 250; len < 520; len++) {
		uint64_t before = rx[0].count.bad_oversize;

		hostile(&rx[0], &(struct fiber_desc){ .len = (uint16_t)len }, 1);
		cr_assert_eq(take_in(&rx[0], &f), len <= 256);
		cr_assert_eq(rx[0].count.bad_oversize - before, len > 256);
		if (len <= 256)
			cr_assert_eq(f.frame[0], FIBER_NO_FRAME);
	}
}

Test(lent_hostile, without_lent_the_flag_is_not_seen)
{
	struct fiber_terms copied = terms;
	struct fiber_region plain;
	struct fiber_rx q = { 0 };
	struct fiber_frame f;
	int fd;

	copied.features = FIBER_FEATURE_HASH;
	copied.log2_frames = 0;
	cr_assert_eq(fiber_region_create(&plain, &copied, false, &fd), 0);
	close(fd);
	fiber_rx_attach(&q, &plain, &copied, 0, -1);
	for (unsigned i = 0; i < INDICES; i++) {
		struct fiber_desc d = { .len = SLOT_BYTES,
					.flags = FIBER_DESC_LENT,
					.stamp_low = indices[i] };

		hostile(&q, &d, 1);
		cr_assert(take_in(&q, &f));
		cr_assert_eq(f.data, fiber_rx_place(&q, q.own - 1));
		cr_assert_eq(f.frame[0], FIBER_NO_FRAME);
		cr_assert_eq(f.flags, 0);
	}
	fiber_region_unmap(&plain);
}

Test(lent_hostile, one_frame_lent_again_and_again_hurts_its_owner_only)
{
	struct fiber_frame f;

	for (unsigned i = 0; i < 10 * FRAMES; i++) {
		struct fiber_desc d = { .len = 60, .flags = FIBER_DESC_LENT, .stamp_low = 5 };

		hostile(&rx[0], &d, 1);
		cr_assert(take_in(&rx[0], &f));
		fiber_rx_give_back_frame(&rx[0], &f); /* more of them than the ring has room for */
	}
	cr_expect_eq(rx[0].returns->prod, 10 * FRAMES);
	expect_lane_works(1);
}

/* The peer as borrower: it gives back what it likes. */
static void give(struct fiber_tx *q, uint32_t x)
{
	q->returns->index[q->returns->prod % FRAMES] = x;
	q->returns->prod++;
}

Test(lent_hostile, every_index_of_a_hostile_borrower)
{
	struct fiber_frame f;

	for (unsigned i = 0; i < INDICES; i++) {
		uint64_t before = tx[0].count.bad_returns;
		uint32_t x = lend(&tx[0], 60, 1);

		cr_assert_neq(x, FIBER_NO_FRAME);
		cr_assert(take_in(&rx[0], &f));
		if (indices[i] == x)
			continue;
		give(&tx[0], indices[i]);
		fiber_tx_take_back(&tx[0], 1);
		cr_assert_eq(tx[0].count.bad_returns - before, 1, "index %#x", indices[i]);
		cr_assert(tx[0].lent[x]);
		expect_consistent(&tx[0]);
	}
	cr_expect_not(fiber_tx_dead(&tx[0]), "counted, no more");
	expect_lane_works(0);
}

Test(lent_hostile, given_back_twice)
{
	struct fiber_frame f;
	uint32_t x = lend(&tx[0], 60, 1), y = lend(&tx[0], 60, 1);

	cr_assert(take_in(&rx[0], &f) && take_in(&rx[0], &f));
	give(&tx[0], x);
	give(&tx[0], x);
	fiber_tx_take_back(&tx[0], 1);
	cr_expect_eq(tx[0].count.bad_returns, 1);
	cr_expect_eq(tx[0].free, FRAMES - 1);
	cr_expect(tx[0].lent[y]);
	expect_consistent(&tx[0]);
	cr_expect_not(fiber_tx_dead(&tx[0]));
}

Test(lent_hostile, a_taken_frame_can_not_be_given_back)
{
	uint32_t x[2];

	cr_assert_eq(fiber_tx_take(&tx[0], x, 2), 2);
	give(&tx[0], x[0]);
	fiber_tx_take_back(&tx[0], 1);
	cr_expect_eq(tx[0].count.bad_returns, 1);
	fiber_tx_untake(&tx[0], x, 2);
	expect_consistent(&tx[0]);
}

Test(lent_hostile, what_a_peer_before_held_is_not_lent_to_the_next)
{
	for (uint32_t i = 0; i < 10; i++)
		cr_assert_neq(lend(&tx[0], 60, 1), FIBER_NO_FRAME); /* frames 0 to 9 */
	attach();
	cr_expect_eq(tx[0].free, FRAMES);
	cr_assert_eq(lend(&tx[0], 60, 1), 0);
	give(&tx[0], 7);
	fiber_tx_take_back(&tx[0], 1);
	cr_expect_eq(tx[0].count.bad_returns, 1);
	expect_consistent(&tx[0]);
}

/* Jumps from where it is: all small ones, all powers of two and their neighbours. */
static uint32_t jump(unsigned i)
{
	if (i <= 2 * FRAMES)
		return i;
	i -= 2 * FRAMES + 1;
	return (1u << i / 3) + i % 3 - 1;
}
#define JUMPS (2 * FRAMES + 1 + 3 * 32)

Test(lent_hostile, jumps_of_the_returns)
{
	for (unsigned i = 0; i < 2 * JUMPS; i++) {
		const uint32_t by = i < JUMPS ? jump(i) : -jump(i - JUMPS);
		uint64_t before = tx[0].count.protocol_errors;
		uint32_t x, out = 0;

		attach();
		for (unsigned k = 0; k < 40; k++)
			expect_lane_works(0);
		fiber_tx_take_back(&tx[0], FRAMES);
		for (unsigned k = 0; k < 10; k++)
			cr_assert_neq(lend(&tx[0], 60, 1), FIBER_NO_FRAME);
		out = FRAMES - tx[0].free;
		cr_assert_eq(out, 10);
		tx[0].returns->prod += by;
		fiber_tx_take_back(&tx[0], 1);
		cr_assert_eq(fiber_tx_dead(&tx[0]), by > out, "a jump by %u", by);
		cr_assert_eq(tx[0].count.protocol_errors - before, by > out);
		expect_consistent(&tx[0]);
		if (fiber_tx_dead(&tx[0])) {
			tx[0].returns->prod -= by; /* too late to be good */
			cr_assert_eq(fiber_tx_reserve(&tx[0], 1), 0);
			cr_assert_eq(fiber_tx_take(&tx[0], &x, 1), 0);
			cr_assert_eq(fiber_send(&tx[0], lent, 300), -EPROTO);
			cr_assert_eq(tx[0].count.protocol_errors - before, 1);
		}
		expect_lane_works(1);
	}
}

Test(lent_hostile, an_error_between_reserve_and_submit)
{
	uint32_t x[FIBER_LOOK];

	/* Found while a burst is under way: that ends, and nothing goes out after it. */
	cr_assert_eq(fiber_tx_reserve(&tx[0], SLOTS), SLOTS);
	tx[0].returns->prod = 1000;
	cr_assert_eq(fiber_tx_take(&tx[0], x, FIBER_LOOK), FIBER_LOOK);
	cr_assert(fiber_tx_dead(&tx[0]));
	for (uint32_t i = 0; i < FIBER_LOOK; i++)
		fiber_tx_describe_lent(&tx[0], i, x[i], (struct fiber_desc){ .len = 60 });
	fiber_tx_submit(&tx[0], SLOTS, SLOTS, SLOTS * 60);
	for (uint32_t n = 1; n <= 2 * SLOTS; n++)
		cr_assert_eq(fiber_tx_reserve(&tx[0], n), 0);
	cr_expect_eq(fiber_tx_take(&tx[0], x, 1), 0);
}

static uint32_t stop;

/* Gives back anything, any number, as fast as it can; often what is right. */
static void *hostile_borrower(void *arg)
{
	struct fiber_tx *q = arg;
	uint64_t seed = 88172645463325252ull;

	while (!load_relaxed(&stop)) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		store_relaxed(&q->returns->index[seed >> 32 & (FRAMES - 1)],
			      seed % 4 == 0 ? (uint32_t)seed : (uint32_t)(seed >> 40) % FRAMES);
		if (seed % 64 == 0)
			store_relaxed(&q->returns->prod,
				      load_relaxed(&q->returns->prod) + (uint32_t)(seed >> 50) % 4);
	}
	return NULL;
}

Test(lent_hostile, returns_that_change_while_they_are_read)
{
	uint64_t rounds = 0, bad;
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, hostile_borrower, &tx[0]), 0);
	do {
		attach();
		for (unsigned k = 0; k < 200 && !tx[0].dead; k++) {
			lend(&tx[0], 60, (int)k);
			tx[0].ring->cons = tx[0].own; /* it takes all of them */
			expect_consistent(&tx[0]);
			expect_lane_works(1);
		}
		rounds++;
		bad = tx[0].count.bad_returns;
	} while (rounds < 300 || bad < 1000 || tx[0].count.protocol_errors < 20);
	store_relaxed(&stop, 1);
	pthread_join(thread, NULL);
	cr_expect_eq(tx[1].count.bad_returns, 0, "the other lane is not touched");
	cr_expect_eq(tx[1].count.protocol_errors, 0);
}

/* Flips descriptors between good and bad, and the bytes of frames. */
static void *hostile_owner(void *arg)
{
	struct fiber_rx *q = arg;
	uint8_t *frames = fiber_pool_frames(ours, 0);
	uint64_t seed = 88172645463325252ull;

	while (!load_relaxed(&stop))
		for (unsigned i = 0; i < SLOTS; i++) {
			struct fiber_desc d;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			d = (struct fiber_desc){
				.len = (uint16_t)(seed >> 8) % (SLOT_BYTES + 40),
				.flags = (uint16_t)(FIBER_DESC_LENT | (seed >> 60 & 1)),
				.stamp_low = seed % 5 == 0 ? (uint32_t)(seed >> 20)
							   : (uint32_t)(seed >> 20) % FRAMES,
			};
			store_relaxed(&q->ring->desc[i].word[0], d.word[0]);
			store_relaxed(&q->ring->desc[i].word[1], d.word[1]);
			store_relaxed(&frames[seed % SLOT_BYTES], (uint8_t)seed);
		}
	return NULL;
}

Test(lent_hostile, descriptors_that_change_while_they_are_read)
{
	uint64_t frames = 0;
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, hostile_owner, &rx[0]), 0);
	for (unsigned i = 0; i < 20000 || frames < 1000 || rx[0].count.bad_frame < 1000 ||
			     !rx[0].count.bad_oversize;
	     i++) {
		const uint32_t from = rx[0].own;
		struct fiber_frame f;
		uint32_t n = 0;

		rx[0].ring->prod = rx[0].own + SLOTS;
		cr_assert(fiber_rx_poll(&rx[0], SLOTS));
		while (fiber_rx_next(&rx[0], &f)) {
			uint8_t *copy = malloc(f.bytes);

			for (unsigned k = 0; k < f.segs; k++) {
				cr_assert_leq(f.len[k],
					      f.frame[k] == FIBER_NO_FRAME ? 256 : SLOT_BYTES);
				cr_assert(f.frame[k] == FIBER_NO_FRAME || f.frame[k] < FRAMES);
			}
			fiber_frame_copy(&rx[0], &f, copy);
			free(copy);
			fiber_rx_give_back_frame(&rx[0], &f);
			n++;
		}
		cr_assert_leq(rx[0].next - from, SLOTS);
		fiber_rx_release(&rx[0], n, 0);
		frames += n;
	}
	store_relaxed(&stop, 1);
	pthread_join(thread, NULL);
	cr_expect_not(fiber_rx_dead(&rx[0]));
}
