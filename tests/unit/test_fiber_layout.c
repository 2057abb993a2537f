/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/layout.c: nothing overlaps, nothing leaves the region, no hot line on a page stride. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/fiber/format.h"

static const struct fiber_terms terms[] = {
	{ 0, 1, 4, 256, 1, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_HASH, 1, 4, 256, 16, FIBER_PAGE_SMALL },
	{ 0, 3, 5, 320, 8, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_HASH, 8, 10, 2048, 8, FIBER_PAGE_HUGE },
	{ FIBER_FEATURES & ~FIBER_FEATURE_LENT, 64, 10, 2048, 32, FIBER_PAGE_SMALL },
	{ 0, 2, 14, 16384, 32, FIBER_PAGE_HUGE },
	{ FIBER_FEATURE_HASH, 64, 4, 16384, 16, FIBER_PAGE_SMALL },
	{ FIBER_FEATURE_LENT, 1, 4, 256, 16, FIBER_PAGE_SMALL, 4 },
	{ FIBER_FEATURE_LENT, 1, 10, 2048, 8, FIBER_PAGE_HUGE, 12 },
	{ FIBER_FEATURE_LENT | FIBER_FEATURE_HASH, 8, 5, 320, 8, FIBER_PAGE_SMALL, 16 },
	{ FIBER_FEATURES & ~FIBER_FEATURE_STAMP, 64, 10, 2048, 32, FIBER_PAGE_SMALL, 12 },
};
#define N_TERMS (sizeof(terms) / sizeof(terms[0]))

Test(layout, parts_follow_each_other)
{
	for (unsigned i = 0; i < N_TERMS; i++) {
		const struct fiber_terms *t = &terms[i];
		const uint64_t slots = 1ull << t->log2_slots, rings = 2ull * t->lanes;
		struct fiber_layout l;
		const bool lent = t->features & FIBER_FEATURE_LENT;
		const uint32_t slot_bytes = lent ? 256 : t->slot_bytes;
		const uint64_t ring =
			FIBER_RING_HEAD + slots * 16 + (lent ? 128 + (4ull << t->log2_frames) : 0);

		cr_assert_eq(fiber_terms_check(t), 0, "%u", i);
		cr_assert_eq(fiber_layout_of(t, &l), 0, "%u", i);
		cr_expect_eq(l.ring_offset, FIBER_HEADER_BYTES);
		cr_expect_geq(l.ring_stride, ring);
		cr_expect_leq(l.ring_offset + rings * l.ring_stride, l.buffer_offset);
		cr_expect_eq(l.slot_bytes, slot_bytes);
		cr_expect_geq(l.slot_stride, slot_bytes);
		cr_expect_eq(l.returns_offset, lent ? FIBER_RING_HEAD + slots * 16 : 0);
		cr_expect_eq((l.ring_offset + l.returns_offset) % 128, 0);
		cr_expect_geq(l.buffer_stride, slots * l.slot_stride);
		cr_expect_eq(l.buffer_offset + (rings - 1) * l.buffer_stride +
				     (slots - 1) * l.slot_stride + slot_bytes,
			     l.region_bytes, "the last byte is the last byte");
		cr_expect_eq(l.region_bytes % t->page_bytes, 0);
		cr_expect_eq(l.ring_stride % 128, 0);
		cr_expect_eq(l.buffer_offset % 64, 0);
		cr_expect_eq(l.ring_stride % 4096, FIBER_RING_HEAD);
		cr_expect_eq(l.buffer_stride % 4096, 256);
		cr_expect_eq(l.slot_stride % 128, 64);
	}
}

Test(layout, no_two_rings_share_a_line_of_the_cache)
{
	struct fiber_layout l;

	cr_assert_eq(fiber_layout_of(&terms[3], &l), 0);
	for (uint64_t a = 0; a < 10; a++)
		for (uint64_t b = 0; b < a; b++)
			cr_expect_geq((a - b) * l.ring_stride % 4096, FIBER_RING_HEAD);
}

Test(layout, every_number_is_bounded)
{
	const struct fiber_terms good = { 0, 1, 10, 2048, 8, FIBER_PAGE_SMALL };
	static const uint32_t values[] = { 0,          1,          3,          15,
					   17,         33,         65,         255,
					   257,        16385,      16448,      0x7fffffff,
					   0x80000000, 0x80000001, 0xfffffffe, 0xffffffff };
	struct fiber_layout l;

	for (unsigned field = 0; field < 5; field++)
		for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			struct fiber_terms t = good;
			uint32_t *const fields[] = { &t.lanes, &t.log2_slots, &t.slot_bytes,
						     &t.max_segs, &t.page_bytes };
			const uint32_t v = values[i];
			bool ok = (field == 0 && v >= 1 && v <= 64) ||
				  (field == 1 && v >= 4 && v <= 14) ||
				  (field == 3 && v >= 1 && v <= 32);

			*fields[field] = v;
			cr_expect_eq(fiber_terms_check(&t), ok ? 0 : -EINVAL, "field %u = %u",
				     field, v);
		}
	for (unsigned bit = 0; bit < 64; bit++) {
		struct fiber_terms t = good;

		t.features = 1ull << bit;
		cr_expect_eq(fiber_terms_check(&t), bit < 5 ? 0 : -EINVAL);
	}
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct fiber_terms t = good;

		t.log2_frames = values[i];
		cr_expect_eq(fiber_terms_check(&t), values[i] == 0 ? 0 : -EINVAL, "without LENT");
		t.features = FIBER_FEATURE_LENT;
		cr_expect_eq(fiber_terms_check(&t), values[i] == 15 ? 0 : -EINVAL, "frames %u",
			     values[i]);
	}
	for (uint32_t frames = 0; frames < 20; frames++) {
		struct fiber_terms t = good;

		t.features = FIBER_FEATURE_LENT;
		t.log2_frames = frames;
		cr_expect_eq(fiber_terms_check(&t), frames >= 10 && frames <= 16 ? 0 : -EINVAL,
			     "at least as many as slots");
		t.features |= FIBER_FEATURE_STAMP;
		cr_expect_eq(fiber_terms_check(&t), -EINVAL, "not with stamps");
	}
	cr_expect_eq(
		fiber_layout_of(&(struct fiber_terms){ 0, 64, 14, 16384, 1, FIBER_PAGE_SMALL }, &l),
		-EFBIG);
}

Test(layout, the_header_says_it)
{
	struct fiber_layout l;
	struct fiber_header h;

	cr_assert_eq(fiber_layout_of(&terms[3], &l), 0);
	h = fiber_header_of(&terms[3], &l);
	cr_expect_eq(memcmp(&h, "CPXFIBR1", 8), 0);
	cr_expect_eq(h.region_bytes, l.region_bytes);
	cr_expect_eq(h.lanes, 8);
	cr_expect_eq(h.slot_stride, 2112);
	for (size_t i = 88; i < sizeof(h); i++)
		cr_expect_eq(((uint8_t *)&h)[i], 0, "zero as it was before LENT");
	cr_assert_eq(fiber_layout_of(&terms[8], &l), 0);
	h = fiber_header_of(&terms[8], &l);
	cr_expect_eq(h.log2_frames, 12);
	cr_expect_eq(h.inline_bytes, 256);
	cr_expect_eq(h.returns_offset, l.returns_offset);
	cr_expect_eq(h.slot_bytes, 2048);
}

/* What a peer from before LENT works out: it must not have moved. */
Test(layout, without_lent_everything_is_where_it_was)
{
	struct fiber_layout l;

	cr_assert_eq(fiber_layout_of(&terms[3], &l), 0);
	cr_expect_eq(l.ring_offset, 4096);
	cr_expect_eq(l.ring_stride, 20864);
	cr_expect_eq(l.buffer_stride, 2162944);
	cr_expect_eq(l.slot_stride, 2112);
	cr_expect_eq(l.region_bytes, 35651584);
	cr_expect_eq(l.buffer_offset, 1044800);
}

Test(layout, frames_fill_a_pool)
{
	for (unsigned i = 7; i < N_TERMS; i++)
		for (unsigned huge = 0; huge < 2; huge++) {
			const struct fiber_terms *t = &terms[i];
			const uint32_t page = huge ? FIBER_PAGE_HUGE : FIBER_PAGE_SMALL;
			const uint64_t frames = 1ull << t->log2_frames;
			struct fiber_pool_layout p;

			cr_assert_eq(fiber_pool_layout_of(t, page, &p), 0);
			cr_expect_geq(p.frame_stride, t->slot_bytes);
			cr_expect_eq(p.frame_stride % 128, 64);
			cr_expect_geq(p.lane_stride, frames * p.frame_stride);
			cr_expect_eq(p.lane_stride % 4096, 256);
			cr_expect_eq(p.offset % 64, 0);
			cr_expect_eq(p.pool_bytes % page, 0);
			cr_expect_lt(p.offset, page);
			cr_expect_eq(p.offset + (t->lanes - 1) * p.lane_stride +
					     (frames - 1) * p.frame_stride + t->slot_bytes,
				     p.pool_bytes, "the last byte is the last byte");
		}
}

Test(layout, a_pool_is_bounded)
{
	struct fiber_terms t = { FIBER_FEATURE_LENT, 64, 10, 2048, 8, FIBER_PAGE_SMALL, 16 };
	struct fiber_pool_layout p;

	cr_expect_eq(fiber_pool_layout_of(&t, FIBER_PAGE_SMALL, &p), -EFBIG);
	t.lanes = 8;
	cr_expect_eq(fiber_pool_layout_of(&t, FIBER_PAGE_SMALL, &p), 0);
	for (unsigned bit = 0; bit < 32; bit++)
		cr_expect_eq(fiber_pool_layout_of(&t, 1u << bit, &p),
			     bit == 12 || bit == 21 ? 0 : -EINVAL);
	cr_expect_eq(fiber_pool_layout_of(&t, 0, &p), -EINVAL);
}
