/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board that is not there: writes a telemetry segment with the data plane's own metric table and
 * moving numbers, for tests of its readers (cpx show, cpx top, the Python one) without DPDK.
 *
 *   segment PATH [SECONDS [PASSES]]    two ports of eight lanes, two workers; after PASSES passes
 *                                      (0: no end) the numbers stand still; ends on SIGTERM too
 */
#include "dataplane/run/metrics.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES   16
#define WORKERS 2
#define SPEED   106250000000ull

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	stop = signo;
}

static void describe(struct telemetry *t)
{
	struct telemetry_block *b;
	char text[64];

	for (unsigned i = 0; i < LANES; i++) {
		b = telemetry_lane(t, i);
		telemetry_block_begin(b);
		snprintf(text, sizeof(text), "oe0/%u", i);
		telemetry_text(b, LANE_NAME, 4, text);
		telemetry_text(b, LANE_PORT, 4, i < 8 ? "p0" : "p1");
		telemetry_text(b, LANE_CARRIER, 8, "fiber:synthetic");
		store_relaxed(&b->v[LANE_UP], i != 11);
		store_relaxed(&b->v[LANE_SPEED], SPEED);
		store_relaxed(&b->v[LANE_RX_WORKER], i / (LANES / WORKERS));
		store_relaxed(&b->v[LANE_TX_WORKER], i / (LANES / WORKERS));
		telemetry_block_end(b, 0);
	}
	for (unsigned i = 0; i <= WORKERS; i++) {
		b = telemetry_lcore(t, i);
		telemetry_block_begin(b);
		store_relaxed(&b->v[WORKER_ROLE], i == WORKERS);
		store_relaxed(&b->v[WORKER_CPU], i);
		store_relaxed(&b->v[WORKER_LANES], i == WORKERS ? 0 : LANES / WORKERS);
		telemetry_text(b, WORKER_PLACEMENT, 16,
			       i == WORKERS ? "the CPU that is left" : "node 0, least loaded");
		telemetry_block_end(b, 0);
	}
	b = telemetry_process(t);
	telemetry_block_begin(b);
	telemetry_text(b, BOARD_INSTANCE, 4, "synthetic");
	store_relaxed(&b->v[BOARD_ROUTES4], 1000);
	telemetry_block_end(b, 0);
}

/* One tick of traffic: lane i moves i + 1 thousand packets of 500 bytes, one in ten thousand of
 * them is dropped. */
static void move(struct telemetry *t, uint64_t tick)
{
	for (unsigned i = 0; i < LANES; i++) {
		struct telemetry_block *b = telemetry_lcore_lane(t, i % WORKERS, i);
		uint64_t n = 1000 * (i + 1);

		telemetry_block_begin(b);
		counter_add(&b->v[CELL_RX_PACKETS], n);
		counter_add(&b->v[CELL_RX_BYTES], n * 500);
		counter_add(&b->v[CELL_TX_PACKETS], n);
		counter_add(&b->v[CELL_TX_BYTES], n * 500);
		if (tick % 10 == 0)
			counter_add(
				&b->v[CELL_DROP + (i % 2 != 0 ? DROP_TTL_EXPIRED : DROP_NO_ROUTE)],
				i + 1);
		telemetry_block_end(b, tick);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		struct telemetry_block *b = telemetry_lcore(t, i);

		telemetry_block_begin(b);
		counter_add(&b->v[WORKER_LOOPS], 1000);
		counter_add(&b->v[WORKER_PACKETS], 68000);
		counter_add(&b->v[WORKER_BUSY], 750 - 250 * i);
		counter_add(&b->v[WORKER_IDLE], 250 + 250 * i);
		telemetry_block_end(b, tick);
	}
}

int main(int argc, char **argv)
{
	struct telemetry_params p = { .version = "test",
				      .n_lcores = WORKERS + 1,
				      .n_lanes = LANES,
				      .n_engines = 1,
				      .spare_entries = 8 };
	struct timespec tick = { .tv_nsec = 10000000 };
	struct telemetry *t;
	struct err err;
	uint64_t ticks = argc > 2 ? strtoull(argv[2], NULL, 10) * 100 : 1000;
	uint64_t passes = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	uint64_t done = 0;

	if (argc < 2) {
		fputs("usage: segment PATH [SECONDS [PASSES]]\n", stderr);
		return EXIT_USAGE;
	}
	p.path = argv[1];
	p.metrics = metrics_table(&p.n_metrics);
	if (telemetry_create(&t, &p, &err) < 0) {
		fprintf(stderr, "segment: %s\n", err.text);
		return EXIT_FAILED;
	}
	if (metrics_check(t) != 0) {
		fputs("segment: the slots are not those of dataplane/run/metrics.h\n", stderr);
		telemetry_destroy(t);
		return EXIT_FAILED;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	describe(t);
	telemetry_set_state(t, TELEMETRY_STATE_RUNNING);
	for (uint64_t i = 0; i < ticks && stop == 0; i++) {
		if (passes == 0 || done < passes) {
			move(t, i);
			if (i % 10 == 0) {
				telemetry_publish(t);
				done++;
			}
		}
		telemetry_heartbeat(t);
		nanosleep(&tick, NULL);
	}
	telemetry_destroy(t);
	return EXIT_DONE;
}
