/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow_retire.c: memory is freed at once when no queue reads, kept while one is amid a
 * burst, freed when that one moved on, and at most so much of it is kept. A reader thread with
 * blocks that are poisoned as they are freed.
 */
#include "pmd/cpx_flow_retire.h"

#include <pthread.h>

#include "tests/unit/flow_memory.h"

static struct cpx_flow_retire retired;
static uint64_t counter[CPX_FLOW_MAX_QUEUES];
static uint64_t *turn[CPX_FLOW_MAX_QUEUES];

static void set_up(void)
{
	for (unsigned i = 0; i < CPX_FLOW_MAX_QUEUES; i++)
		turn[i] = &counter[i];
}

TestSuite(flow_retire, .init = set_up);

static struct cpx_flow_block *blocks(unsigned n)
{
	struct cpx_flow_block *list = NULL;

	while (n-- > 0) {
		struct cpx_flow_block *b = get_block(&memory, sizeof(*b));

		b->next = list;
		list = b;
	}
	return list;
}

Test(flow_retire, nobody_reads)
{
	for (unsigned i = 0; i < 1000; i++)
		cpx_flow_retire(&retired, &memory, turn, blocks(3));
	cr_expect_eq(blocks_live, 0, "a queue that is not polled holds nothing");
	cpx_flow_retire(&retired, &memory, turn, NULL);
	cr_expect(cpx_flow_reclaim(&retired, &memory, turn));
}

Test(flow_retire, until_the_readers_move_on)
{
	cpx_flow_turn_begin(turn[2]);
	cpx_flow_retire(&retired, &memory, turn, blocks(3));
	cr_expect_eq(blocks_live, 3);
	cr_expect_eq(cpx_flow_holder(&retired, turn), 2);
	cpx_flow_turn_begin(turn[7]); /* began after the first change, before the second */
	cpx_flow_retire(&retired, &memory, turn, blocks(5));
	cr_expect(cpx_flow_reclaim(&retired, &memory, turn));
	cr_expect_eq(blocks_live, 8);
	cpx_flow_turn_end(turn[2]);
	cpx_flow_reclaim(&retired, &memory, turn);
	cr_expect_eq(blocks_live, 5, "the first change is free, the second is not");
	cr_expect_eq(cpx_flow_holder(&retired, turn), 7);
	cpx_flow_turn_begin(turn[2]); /* again, but it finds the new table */
	cpx_flow_turn_end(turn[7]);
	cpx_flow_turn_begin(turn[7]); /* it moved on, if only to begin anew */
	cpx_flow_reclaim(&retired, &memory, turn);
	cr_expect_eq(blocks_live, 0);
}

Test(flow_retire, no_more_than_so_many)
{
	cpx_flow_turn_begin(turn[0]);
	for (unsigned i = 0; i < CPX_FLOW_RETIRED; i++) {
		cr_expect(cpx_flow_reclaim(&retired, &memory, turn), "%u", i);
		cpx_flow_retire(&retired, &memory, turn, blocks(1));
	}
	cr_expect_not(cpx_flow_reclaim(&retired, &memory, turn));
	cr_expect_eq(cpx_flow_holder(&retired, turn), 0);
	cpx_flow_turn_end(turn[0]);
	cr_expect(cpx_flow_reclaim(&retired, &memory, turn));
	cr_expect_eq(blocks_live, 0);
	cpx_flow_turn_begin(turn[0]);
	cpx_flow_retire(&retired, &memory, turn, blocks(4));
	cpx_flow_retire_all(&retired, &memory);
	cr_expect_eq(blocks_live, 0);
}

/* ---- with a thread that reads ---- */

#define ALIVE 0x600dull

struct thing {
	struct cpx_flow_block block;
	uint64_t alive;
};

static struct thing *published;
static uint64_t done, seen_dead, bursts;

static void kill_block(struct cpx_flow_memory *m, struct cpx_flow_block *b)
{
	store_relaxed(&((struct thing *)b)->alive, 0xdead); /* kept: the reader may look at it */
}

static struct cpx_flow_memory deadly = { .get = get_block, .put = kill_block };

static void *reads(void *arg)
{
	while (!load_relaxed(&done)) {
		struct thing *t;

		cpx_flow_turn_begin(turn[1]);
		t = load_acquire(&published);
		for (unsigned i = 0; i < 50; i++)
			if (load_relaxed(&t->alive) != ALIVE)
				seen_dead++;
		cpx_flow_turn_end(turn[1]);
		counter_add(&bursts, 1);
	}
	return NULL;
}

Test(flow_retire, a_reader_never_sees_what_was_freed)
{
	static struct thing things[200000];
	pthread_t reader;
	unsigned i = 0;

	things[0].alive = ALIVE;
	published = &things[0];
	cr_assert_eq(pthread_create(&reader, NULL, reads, NULL), 0);
	while (i + 1 < sizeof(things) / sizeof(things[0]) || load_relaxed(&bursts) < 1000) {
		struct thing *old = published;

		if (i + 1 == sizeof(things) / sizeof(things[0]))
			continue; /* until the reader had its bursts */
		if (!cpx_flow_reclaim(&retired, &deadly, turn))
			continue;
		things[++i].alive = ALIVE;
		store_release(&published, &things[i]);
		old->block.next = NULL;
		cpx_flow_retire(&retired, &deadly, turn, &old->block);
	}
	store_relaxed(&done, 1);
	pthread_join(reader, NULL);
	cr_expect_eq(seen_dead, 0);
}
