/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One publishing pass (format.h): the control thread copies or sums every live block into the
 * buffer that is not current, then makes it current. Called every 100 ms. Workers are never waited
 * for: a block still being written after READ_TRIES looks keeps the row of the pass before, and its
 * bit in the bitmap says so; totals therefore never go down.
 */
#include "lib/telemetry/segment.h"

#include <string.h>
#include <time.h>

#define READ_TRIES \
	256 /* looks at one block; an update takes nanoseconds unless its thread sleeps */

uint64_t telemetry_clock(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/* A block's payload as of one burst boundary. False: its writer is in the middle for too long. */
static bool copy_block(const struct telemetry_block *b, uint64_t *to, unsigned slots)
{
	for (int tries = 0; tries < READ_TRIES; tries++) {
		uint64_t seq = seq_read_begin(&b->seq);

		if (!(seq & 1)) {
			for (unsigned i = 0; i < slots; i++)
				to[i] = load_relaxed(&b->v[i]);
			if (seq_read_ok(&b->seq, seq))
				return true;
		}
		relax();
	}
	return false;
}

static void store_row(uint64_t *row, const uint64_t *from, unsigned slots)
{
	for (unsigned i = 0; i < slots; i++)
		store_relaxed(&row[i], from[i]);
}

static const struct telemetry_block *block(const struct telemetry *t, const struct area *a,
					   unsigned instance)
{
	return (const void *)(t->live + a->live + (uint64_t)a->stride * instance);
}

static uint64_t *row(struct telemetry_published *p, const struct area *a, unsigned instance)
{
	return (void *)((uint8_t *)p + a->published + (uint64_t)a->row * instance);
}

/* Blocks that this thread writes itself: at rest by definition. */
static void copy_own(struct telemetry *t, struct telemetry_published *to, const struct area *a)
{
	for (unsigned i = 0; i < a->rows && a->slots != 0; i++)
		store_row(row(to, a, i), block(t, a, i)->v, a->slots);
}

static void copy_lcores(struct telemetry *t, struct telemetry_published *to,
			struct telemetry_published *last, uint64_t *kept)
{
	const struct area *a = &t->layout.area[TELEMETRY_SCOPE_LCORE];

	for (unsigned i = 0; i < a->rows && a->slots != 0; i++) {
		unsigned bit = t->layout.lanes + i;

		if (copy_block(block(t, a, i), t->scratch, a->slots)) {
			store_row(row(to, a, i), t->scratch, a->slots);
		} else {
			store_row(row(to, a, i), row(last, a, i), a->slots);
			counter_add(&kept[bit / 64], 1ull << bit % 64);
		}
	}
}

/* The lane's sum over lcores into `sum`. False: one of its blocks could not be read. */
static bool sum_lane(struct telemetry *t, const struct area *a, unsigned lane, uint64_t *sum)
{
	memset(sum, 0, a->slots * sizeof(*sum));
	for (unsigned lcore = 0; lcore < t->layout.lcores; lcore++) {
		const struct telemetry_block *b = block(t, a, lcore * t->layout.lanes + lane);

		if (load_relaxed(&b->seq) == 0)
			continue; /* never written */
		if (!copy_block(b, t->scratch, a->slots))
			return false;
		for (unsigned i = 0; i < a->slots; i++)
			sum[i] += t->scratch[i];
	}
	return true;
}

static void sum_lanes(struct telemetry *t, struct telemetry_published *to,
		      struct telemetry_published *last, uint64_t *kept)
{
	const struct area *a = &t->layout.area[TELEMETRY_SCOPE_LCORE_LANE];
	uint64_t *sum = t->scratch + a->capacity;

	for (unsigned lane = 0; lane < a->rows && a->slots != 0; lane++) {
		if (sum_lane(t, a, lane, sum)) {
			store_row(row(to, a, lane), sum, a->slots);
		} else {
			store_row(row(to, a, lane), row(last, a, lane), a->slots);
			counter_add(&kept[lane / 64], 1ull << lane % 64);
		}
	}
}

void telemetry_publish(struct telemetry *t)
{
	const struct layout *l = &t->layout;
	uint64_t generation = t->sb->generation + 1;
	struct telemetry_published *to = (void *)(t->file + l->published[generation % 2]);
	struct telemetry_published *last = (void *)(t->file + l->published[1 - generation % 2]);
	uint64_t *kept = (void *)((uint8_t *)to + l->kept);
	uint64_t started = telemetry_clock(CLOCK_MONOTONIC);

	seq_write_begin(&to->seq);
	store_relaxed(&to->realtime_ns, telemetry_clock(CLOCK_REALTIME));
	store_relaxed(&to->monotonic_ns, started);
	for (unsigned i = 0; i < l->kept_words; i++)
		store_relaxed(&kept[i], 0);
	copy_own(t, to, &l->area[TELEMETRY_SCOPE_PROCESS]);
	copy_own(t, to, &l->area[TELEMETRY_SCOPE_ENGINE]);
	copy_own(t, to, &l->area[TELEMETRY_SCOPE_LANE]);
	copy_lcores(t, to, last, kept);
	sum_lanes(t, to, last, kept);
	store_relaxed(&to->kept_offset, l->kept);
	store_relaxed(&to->generation, generation);
	store_relaxed(&to->duration_ns, telemetry_clock(CLOCK_MONOTONIC) - started);
	seq_write_end(&to->seq);
	store_release(&t->sb->generation, generation);
}
