/* SPDX-License-Identifier: BSD-3-Clause */
/* The publishing pass: sums, kept blocks, and no torn values while writers and readers run. */
#include "lib/telemetry/reader.h"
#include "tests/unit/telemetry_sample.h"

#include <errno.h>
#include <pthread.h>

static struct telemetry_reader *open_reader(const struct sample *s)
{
	struct telemetry_reader *r;
	struct err err = { 0 };

	cr_assert_eq(telemetry_reader_open(&r, s->path, &err), 0, "%s", err.text);
	return r;
}

static uint64_t value(const struct telemetry_reader *r, const char *name, unsigned i, unsigned slot)
{
	uint64_t v = 0;

	cr_assert(telemetry_value(r, telemetry_series(r, name), i, slot, &v), "%s[%u]", name, i);
	return v;
}

Test(telemetry_publish, nothing_before_the_first_pass)
{
	struct sample s;

	sample_create(&s);
	struct telemetry_reader *r = open_reader(&s);
	uint64_t v;

	cr_assert_eq(telemetry_reader_snapshot(r, NULL), -ENODATA);
	cr_assert_null(telemetry_reader_pass(r));
	cr_assert_not(telemetry_value(r, telemetry_series(r, "board_routes"), 0, 0, &v));
	telemetry_publish(s.t);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert_eq(telemetry_reader_pass(r)->generation, 1);
	telemetry_reader_close(r);
	sample_remove(&s);
}

/* Lanes are summed over lcores, arrays slot by slot; the other scopes are copied. */
Test(telemetry_publish, sums_over_lcores)
{
	struct sample s;

	sample_create(&s);
	sample_fill(s.t);
	struct telemetry_reader *r = open_reader(&s);

	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	for (unsigned l = 0; l < SAMPLE_LANES; l++) {
		uint64_t drops[3] = { 0 };

		for (unsigned c = 0; c < SAMPLE_LCORES; c++)
			drops[(1000 * c + l) % 3] += 1000 * c + l;
		cr_assert_eq(value(r, "lane_receive_packets", l, 0), 3000 + 3 * l);
		cr_assert_eq(value(r, "lane_receive_bytes", l, 0), (3000 + 3 * l) * 100);
		for (unsigned i = 0; i < 3; i++)
			cr_assert_eq(value(r, "lane_drop_packets", l, i), drops[i]);
		if (l != SAMPLE_DARK)
			cr_assert_eq(value(r, "lane_up", l, 0), l % 3);
		cr_assert_not(telemetry_reader_kept(r, l));
	}
	for (unsigned c = 0; c < SAMPLE_LCORES; c++)
		cr_assert_eq(value(r, "worker_busy_cycles", c, 0), UINT64_MAX - 1 - c);
	cr_assert_eq((int64_t)value(r, "engine_temperature", 1, 0), 3750);
	cr_assert_eq(value(r, "board_routes", 0, 0), 200000);
	telemetry_reader_close(r);
	sample_remove(&s);
}

/* Each pass goes to the other buffer; what was published before stays readable meanwhile. */
Test(telemetry_publish, generations_alternate)
{
	struct sample s;

	sample_create(&s);
	struct telemetry_reader *r = open_reader(&s);

	for (uint64_t g = 1; g < 20; g++) {
		sample_move(s.t, 0, 5, 1);
		telemetry_publish(s.t);
		cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
		cr_assert_eq(telemetry_reader_pass(r)->generation, g);
		cr_assert_eq(value(r, "lane_receive_packets", 5, 0), g);
		cr_assert_eq(telemetry_reader_pass(r)->seq % 2, 0);
	}
	telemetry_reader_close(r);
	sample_remove(&s);
}

/* A writer that sleeps in the middle of an update: its lane keeps the whole older row, says so, and
 * nothing else suffers; a whole row is back with the pass after the update. */
Test(telemetry_publish, block_left_odd_is_kept)
{
	struct sample s;

	sample_create(&s);
	sample_fill(s.t);
	struct telemetry_reader *r = open_reader(&s);
	struct telemetry_block *lane = telemetry_lcore_lane(s.t, 1, 65);
	struct telemetry_block *lcore = telemetry_lcore(s.t, 2);

	telemetry_block_begin(lane);
	counter_add(&lane->v[telemetry_slot(s.t, SAMPLE_PACKETS)], 1000000);
	telemetry_block_begin(lcore);
	store_relaxed(&lcore->v[0], 5);
	sample_move(s.t, 0, 65, 3);
	sample_move(s.t, 0, 64, 3);
	for (int pass = 0; pass < 3; pass++) {
		telemetry_publish(s.t);
		cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
		cr_assert_eq(value(r, "lane_receive_packets", 65, 0), 3000 + 3 * 65);
		cr_assert_eq(value(r, "lane_receive_bytes", 65, 0), (3000 + 3 * 65) * 100);
		cr_assert_eq(value(r, "lane_receive_packets", 64, 0), 3000 + 3 * 64 + 3);
		cr_assert_eq(value(r, "worker_busy_cycles", 2, 0), UINT64_MAX - 3);
		for (unsigned bit = 0; bit < SAMPLE_LANES + SAMPLE_LCORES; bit++)
			cr_assert_eq(telemetry_reader_kept(r, bit),
				     bit == 65 || bit == SAMPLE_LANES + 2);
	}
	telemetry_block_end(lane, 1);
	telemetry_block_end(lcore, 1);
	telemetry_publish(s.t);
	cr_assert_eq(telemetry_reader_snapshot(r, NULL), 0);
	cr_assert_eq(value(r, "lane_receive_packets", 65, 0), 3000 + 3 * 65 + 3 + 1000000);
	cr_assert_eq(value(r, "worker_busy_cycles", 2, 0), 5);
	cr_assert_not(telemetry_reader_kept(r, 65));
	telemetry_reader_close(r);
	sample_remove(&s);
}

#define WIDE                                                                                 \
	256 /* slots of the wide metric: a copy takes long enough to be caught in the middle \
	     */

static struct {
	struct telemetry *t;
	int stop;
} hot;

/* A worker with hardly a rest: all slots of its block always hold the same number. */
static void *write_block(void *arg)
{
	struct telemetry_block *b = telemetry_lcore_lane(hot.t, (unsigned)(uintptr_t)arg, 0);

	while (!load_relaxed(&hot.stop)) {
		telemetry_block_begin(b);
		for (int i = 0; i < WIDE; i++)
			counter_add(&b->v[i], 1);
		telemetry_block_end(b, 1);
		for (volatile int rest = 0; rest < 2000; rest++)
			;
	}
	return NULL;
}

static void *publish(void *arg)
{
	(void)arg;
	while (!load_relaxed(&hot.stop))
		telemetry_publish(hot.t);
	return NULL;
}

/* A writer and a publisher at full speed: a reader never sees half an update, nor a counter go
 * down, nor waits for ever. Ends when the counters were seen to move 100 times. */
Test(telemetry_publish, never_torn)
{
	static const struct telemetry_metric wide = { .name = "lane_wide",
						      .unit = "",
						      .help = "all slots equal",
						      .kind = TELEMETRY_COUNTER,
						      .scope = TELEMETRY_SCOPE_LCORE_LANE,
						      .slots = WIDE,
						      .label = "slot" };
	pthread_t writer, publisher;
	struct sample s;
	uint64_t last = 0;

	sample_folder(&s);
	s.params.metrics = &wide;
	s.params.n_metrics = s.params.n_lanes = 1;
	cr_assert_eq(telemetry_create(&s.t, &s.params, NULL), 0);
	hot.t = s.t;
	telemetry_publish(s.t);
	struct telemetry_reader *r = open_reader(&s);

	pthread_create(&writer, NULL, write_block, (void *)1);
	pthread_create(&publisher, NULL, publish, NULL);
	for (unsigned moves = 0; moves < 100;) {
		int ret = telemetry_reader_snapshot(r, NULL);

		cr_assert(ret == 0 || ret == -EAGAIN);
		if (telemetry_reader_pass(r) == NULL)
			continue;
		uint64_t first = value(r, "lane_wide", 0, 0);

		for (unsigned i = 1; i < WIDE; i++)
			cr_assert_eq(value(r, "lane_wide", 0, i), first, "torn");
		cr_assert(first >= last, "a counter went down");
		moves += first > last;
		last = first;
	}
	store_relaxed(&hot.stop, 1);
	pthread_join(writer, NULL);
	pthread_join(publisher, NULL);
	telemetry_reader_close(r);
	sample_remove(&s);
}
