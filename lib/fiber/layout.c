/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From agreed numbers to places in the region. Pure functions; both sides compute the same, so no
 * place is ever taken from the peer. Every factor is bounded before it is multiplied, in 64 bits.
 */
#include "lib/fiber/format.h"

#include <errno.h>
#include <stdbool.h>

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* LENT comes with a number of frames and without STAMP, whose bits hold the frame's index. */
static bool lent_fits(const struct fiber_terms *t)
{
	if (!(t->features & FIBER_FEATURE_LENT))
		return t->log2_frames == 0;
	return !(t->features & FIBER_FEATURE_STAMP) && t->log2_frames >= t->log2_slots &&
	       t->log2_frames <= FIBER_MAX_LOG2_FRAMES;
}

int fiber_terms_check(const struct fiber_terms *t)
{
	if (t->lanes < 1 || t->lanes > FIBER_MAX_LANES || t->log2_slots < FIBER_MIN_LOG2_SLOTS ||
	    t->log2_slots > FIBER_MAX_LOG2_SLOTS || t->slot_bytes < FIBER_MIN_SLOT_BYTES ||
	    t->slot_bytes > FIBER_MAX_SLOT_BYTES || t->slot_bytes % 64 != 0 || t->max_segs < 1 ||
	    t->max_segs > FIBER_MAX_SEGS || t->max_segs > 1u << t->log2_slots ||
	    (t->page_bytes != FIBER_PAGE_SMALL && t->page_bytes != FIBER_PAGE_HUGE) ||
	    (t->features & ~FIBER_FEATURES) != 0 || !lent_fits(t))
		return -EINVAL;
	return 0;
}

int fiber_layout_of(const struct fiber_terms *t, struct fiber_layout *l)
{
	const uint64_t slots = 1ull << t->log2_slots, rings = 2ull * t->lanes;
	const bool lent = t->features & FIBER_FEATURE_LENT;
	uint64_t ring = FIBER_RING_HEAD + slots * sizeof(struct fiber_desc), buffers;

	*l = (struct fiber_layout){ .ring_offset = FIBER_HEADER_BYTES,
				    .returns_offset = lent ? ring : 0,
				    .slot_bytes = lent ? FIBER_INLINE_BYTES : t->slot_bytes };
	if (lent)
		ring += FIBER_RETURNS_HEAD + (sizeof(uint32_t) << t->log2_frames);
	l->ring_stride = round_up(ring, 4096) + FIBER_RING_HEAD;
	l->slot_stride = l->slot_bytes | 64;
	l->buffer_stride = round_up(slots * l->slot_stride, 4096) + 256;
	buffers = (rings - 1) * l->buffer_stride + (slots - 1) * l->slot_stride + l->slot_bytes;
	l->region_bytes =
		round_up(l->ring_offset + rings * l->ring_stride + buffers, t->page_bytes);
	l->buffer_offset = l->region_bytes - buffers;
	return l->region_bytes > FIBER_MAX_REGION ? -EFBIG : 0;
}

int fiber_pool_layout_of(const struct fiber_terms *t, uint32_t page_bytes,
			 struct fiber_pool_layout *l)
{
	const uint64_t frames = 1ull << t->log2_frames;
	uint64_t bytes;

	if (page_bytes != FIBER_PAGE_SMALL && page_bytes != FIBER_PAGE_HUGE)
		return -EINVAL;
	l->frame_stride = t->slot_bytes | 64;
	l->lane_stride = round_up(frames * l->frame_stride, 4096) + 256;
	bytes = (t->lanes - 1) * l->lane_stride + (frames - 1) * l->frame_stride + t->slot_bytes;
	l->pool_bytes = round_up(bytes, page_bytes);
	l->offset = l->pool_bytes - bytes;
	return l->pool_bytes > FIBER_MAX_REGION ? -EFBIG : 0;
}

struct fiber_header fiber_header_of(const struct fiber_terms *t, const struct fiber_layout *l)
{
	const bool lent = t->features & FIBER_FEATURE_LENT;

	return (struct fiber_header){
		.magic = FIBER_MAGIC,
		.major = FIBER_MAJOR,
		.minor = FIBER_MINOR,
		.header_bytes = FIBER_HEADER_BYTES,
		.region_bytes = l->region_bytes,
		.features = t->features,
		.lanes = t->lanes,
		.log2_slots = t->log2_slots,
		.slot_bytes = t->slot_bytes,
		.max_segs = t->max_segs,
		.ring_offset = l->ring_offset,
		.ring_stride = l->ring_stride,
		.buffer_offset = l->buffer_offset,
		.buffer_stride = l->buffer_stride,
		.slot_stride = l->slot_stride,
		.log2_frames = t->log2_frames,
		.inline_bytes = lent ? FIBER_INLINE_BYTES : 0,
		.returns_offset = l->returns_offset,
	};
}
