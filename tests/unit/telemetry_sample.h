/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small segment for the telemetry tests: every kind and scope that can be written, in a folder of
 * its own that the test removes. Each Criterion test is a process of its own.
 */
#ifndef CPX_TESTS_UNIT_TELEMETRY_SAMPLE_H
#define CPX_TESTS_UNIT_TELEMETRY_SAMPLE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/telemetry/writer.h"

#define SAMPLE_LANES  70 /* more than one word of the bitmap */
#define SAMPLE_LCORES 3
#define SAMPLE_DARK   13 /* a lane of which nothing is known */

static const char *const sample_reasons[] = { "ttl", "no route \"x\"", "full", NULL };
static const char *const sample_link[] = { "down", "up", NULL };

enum {
	SAMPLE_PACKETS,
	SAMPLE_BYTES,
	SAMPLE_DROPS,
	SAMPLE_NAME,
	SAMPLE_UP,
	SAMPLE_TEMPERATURE,
	SAMPLE_BER,
	SAMPLE_BUSY,
	SAMPLE_BOARD,
	SAMPLE_METRICS
};

static const struct telemetry_metric sample_metrics[SAMPLE_METRICS] = {
	[SAMPLE_PACKETS] = { .name = "lane_receive_packets",
			     .unit = "packets",
			     .help = "packets taken",
			     .kind = TELEMETRY_COUNTER,
			     .scope = TELEMETRY_SCOPE_LCORE_LANE,
			     .slots = 1 },
	[SAMPLE_BYTES] = { .name = "lane_receive_bytes",
			   .unit = "bytes",
			   .help = "bytes of them",
			   .kind = TELEMETRY_COUNTER,
			   .scope = TELEMETRY_SCOPE_LCORE_LANE,
			   .slots = 1 },
	[SAMPLE_DROPS] = { .name = "lane_drop_packets",
			   .unit = "packets",
			   .help = "by reason",
			   .kind = TELEMETRY_COUNTER,
			   .scope = TELEMETRY_SCOPE_LCORE_LANE,
			   .slots = 3,
			   .values = sample_reasons,
			   .label = "reason" },
	[SAMPLE_NAME] = { .name = "lane_name",
			  .unit = "",
			  .help = "engine/lane",
			  .kind = TELEMETRY_TEXT,
			  .scope = TELEMETRY_SCOPE_LANE,
			  .slots = 2 },
	[SAMPLE_UP] = { .name = "lane_up",
			.unit = "",
			.help = "link",
			.kind = TELEMETRY_ENUM,
			.scope = TELEMETRY_SCOPE_LANE,
			.slots = 1,
			.values = sample_link },
	[SAMPLE_TEMPERATURE] = { .name = "engine_temperature",
				 .unit = "celsius",
				 .help = "case",
				 .kind = TELEMETRY_GAUGE_I64,
				 .scope = TELEMETRY_SCOPE_ENGINE,
				 .slots = 1,
				 .scale = -2 },
	[SAMPLE_BER] = { .name = "lane_pre_fec_ber",
			 .unit = "",
			 .help = "before FEC",
			 .kind = TELEMETRY_GAUGE_F64,
			 .scope = TELEMETRY_SCOPE_LANE,
			 .slots = 1 },
	[SAMPLE_BUSY] = { .name = "worker_busy_cycles",
			  .unit = "cycles",
			  .help = "busy",
			  .kind = TELEMETRY_COUNTER,
			  .scope = TELEMETRY_SCOPE_LCORE,
			  .slots = 1 },
	[SAMPLE_BOARD] = { .name = "board_routes",
			   .unit = "routes",
			   .help = "routes",
			   .kind = TELEMETRY_GAUGE_U64,
			   .scope = TELEMETRY_SCOPE_PROCESS,
			   .slots = 1 },
};

struct sample {
	char dir[64];
	char path[128];
	struct telemetry_params params;
	struct telemetry *t;
};

/* A folder of our own and the parameters; no segment yet. */
static inline void sample_folder(struct sample *s)
{
	*s = (struct sample){ .dir = "/dev/shm/cpx-test-XXXXXX" }; /* tmpfs, as /run is */
	if (access("/dev/shm", W_OK) != 0)
		strcpy(s->dir, "/tmp/cpx-test-XXXXXX");
	cr_assert_not_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/telemetry", s->dir);
	s->params = (struct telemetry_params){ .path = s->path,
					       .version = "1.2.3",
					       .metrics = sample_metrics,
					       .n_metrics = SAMPLE_METRICS,
					       .n_lcores = SAMPLE_LCORES,
					       .n_lanes = SAMPLE_LANES,
					       .n_engines = 2,
					       .spare_entries = 4,
					       .tsc_hz = 2000000000 };
}

static inline void sample_create(struct sample *s)
{
	struct err err = { 0 };

	sample_folder(s);
	cr_assert_eq(telemetry_create(&s->t, &s->params, &err), 0, "%s", err.text);
}

/* Lane l of lcore c has received n packets of 100 bytes more, and dropped them for reason n % 3. */
static inline void sample_move(struct telemetry *t, unsigned c, unsigned l, uint64_t n)
{
	struct telemetry_block *b = telemetry_lcore_lane(t, c, l);

	telemetry_block_begin(b);
	counter_add(&b->v[telemetry_slot(t, SAMPLE_PACKETS)], n);
	counter_add(&b->v[telemetry_slot(t, SAMPLE_BYTES)], n * 100);
	counter_add(&b->v[telemetry_slot(t, SAMPLE_DROPS) + n % 3], n);
	telemetry_block_end(b, n);
}

/* Something in every metric, negative, fractional, odd and absent values too. Then publishes. */
static inline void sample_fill(struct telemetry *t)
{
	struct telemetry_block *b;
	char text[32];

	for (unsigned l = 0; l < SAMPLE_LANES; l++) {
		for (unsigned c = 0; c < SAMPLE_LCORES; c++)
			sample_move(t, c, l, 1000 * c + l);
		b = telemetry_lane(t, l);
		telemetry_block_begin(b);
		snprintf(text, sizeof(text), l == 9 ? "v\xc3\xa4g\x1b\xff%u" : "oe0/%u", l);
		telemetry_text(b, telemetry_slot(t, SAMPLE_NAME), 2, text);
		store_relaxed(&b->v[telemetry_slot(t, SAMPLE_UP)],
			      l == SAMPLE_DARK ? TELEMETRY_ABSENT : l % 3);
		telemetry_real(b, telemetry_slot(t, SAMPLE_BER),
			       l == SAMPLE_DARK ? NAN : 1.5e-9 * l);
		telemetry_block_end(b, 1);
	}
	for (unsigned e = 0; e < 2; e++) {
		b = telemetry_engine(t, e);
		telemetry_block_begin(b);
		store_relaxed(&b->v[telemetry_slot(t, SAMPLE_TEMPERATURE)],
			      (uint64_t)(-1250 + 5000 * (int)e));
		telemetry_block_end(b, 1);
	}
	for (unsigned c = 0; c < SAMPLE_LCORES; c++) {
		b = telemetry_lcore(t, c);
		telemetry_block_begin(b);
		counter_add(&b->v[telemetry_slot(t, SAMPLE_BUSY)], UINT64_MAX - 1 - c);
		telemetry_block_end(b, 1);
	}
	b = telemetry_process(t);
	telemetry_block_begin(b);
	store_relaxed(&b->v[telemetry_slot(t, SAMPLE_BOARD)], 200000);
	telemetry_block_end(b, 1);
	telemetry_set_state(t, TELEMETRY_STATE_RUNNING);
	telemetry_publish(t);
}

/* Ends the segment if there is one and removes the folder. */
static inline void sample_remove(struct sample *s)
{
	telemetry_destroy(s->t);
	unlink(s->path);
	cr_assert_eq(rmdir(s->dir), 0, "something was left in %s", s->dir);
}

#endif
