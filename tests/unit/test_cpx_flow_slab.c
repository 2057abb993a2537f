/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_flow_slab.c: blocks of every size are theirs alone and aligned, are used again, and all
 * memory goes back; without memory nothing is given.
 */
#include "pmd/cpx_flow_slab.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/guard.h"

static struct cpx_flow_slab slab;
static unsigned pieces;
static bool exhausted;

static void *take(size_t bytes)
{
	if (exhausted)
		return NULL;
	pieces++;
	return aligned_alloc(64, (bytes + 63) & ~(size_t)63);
}

static void give(void *piece)
{
	pieces--;
	free(piece);
}

static void set_up(void)
{
	cpx_flow_slab_init(&slab, take, give);
}

static void tear_down(void)
{
	cpx_flow_slab_free(&slab);
	cr_expect_eq(pieces, 0);
}

TestSuite(flow_slab, .init = set_up, .fini = tear_down);

static uint8_t *get(size_t bytes)
{
	return slab.memory.get(&slab.memory, bytes);
}

static void put(void *b)
{
	slab.memory.put(&slab.memory, b);
}

/* The bytes behind the block's own header. */
static void mark(uint8_t *b, size_t bytes, uint8_t value)
{
	memset(b + sizeof(struct cpx_flow_block), value, bytes - sizeof(struct cpx_flow_block));
}

static void check(const uint8_t *b, size_t bytes, uint8_t value)
{
	for (size_t i = sizeof(struct cpx_flow_block); i < bytes; i++)
		cr_assert_eq(b[i], value);
}

Test(flow_slab, blocks_do_not_overlap)
{
	static struct {
		uint8_t *b;
		size_t bytes;
	} all[2000];
	uint64_t seed = 5;

	for (unsigned round = 0; round < 20000; round++) {
		const unsigned i = (unsigned)(guard_random(&seed) % 2000);

		if (all[i].b != NULL) {
			check(all[i].b, all[i].bytes, (uint8_t)i);
			put(all[i].b);
			all[i].b = NULL;
			continue;
		}
		all[i].bytes = 16 + guard_random(&seed) % (round % 50 == 0 ? 100000 : 1200);
		all[i].b = get(all[i].bytes);
		cr_assert_not_null(all[i].b);
		cr_assert_eq((uintptr_t)all[i].b % 64, 0);
		cr_assert_geq(((struct cpx_flow_block *)all[i].b)->bytes, all[i].bytes);
		mark(all[i].b, all[i].bytes, (uint8_t)i);
	}
	for (unsigned i = 0; i < 2000; i++)
		if (all[i].b != NULL)
			check(all[i].b, all[i].bytes, (uint8_t)i);
}

Test(flow_slab, blocks_are_used_again)
{
	static const size_t sizes[] = { 16, 64, 65, 1024, 1025, 2048, 2049, 1000000 };
	unsigned most;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *b[20];

		for (unsigned k = 0; k < 20; k++)
			b[k] = get(sizes[i]);
		most = pieces;
		for (unsigned round = 0; round < 100; round++) {
			for (unsigned k = 0; k < 20; k++)
				put(b[k]);
			for (unsigned k = 0; k < 20; k++)
				b[k] = get(sizes[i]);
		}
		cr_expect_eq(pieces, most, "%zu bytes", sizes[i]);
		for (unsigned k = 0; k < 20; k++)
			put(b[k]);
	}
	cr_expect_eq(slab.live, 0);
}

Test(flow_slab, no_memory)
{
	exhausted = true;
	cr_expect_null(get(64));
	cr_expect_null(get(5000));
	cr_expect_eq(slab.live, 0);
	exhausted = false;
	cr_expect_null(get((size_t)1 << 40), "larger than any class");
	cr_expect_not_null(get(64));
	cr_expect_eq(slab.live, 1);
	cpx_flow_slab_free(&slab);
	cr_expect_eq(slab.live, 0);
	cr_expect_not_null(get(64), "and begins anew");
}
