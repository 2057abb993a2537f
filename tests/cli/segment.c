/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board that is not there: writes a telemetry segment with the data plane's own metric table and
 * moving numbers, for tests of its readers (cpx show, cpx top, the Python one) without DPDK.
 *
 *   segment PATH [SECONDS [PASSES]]    two ports of eight lanes, two workers; after PASSES passes
 *                                      (0: no end) the numbers stand still; ends on SIGTERM too
 *
 * Its engine oe0 has lasers of its own, of which one is off; on lane 5 nothing is known (copper),
 * the light of lanes 6 and 7 is weak and too weak, lane 11 does not come up. oe1 does not answer,
 * and nobody manages oe2.
 */
#include "dataplane/ctl/engine_blocks.h"
#include "dataplane/run/metrics.h"

#include <math.h>
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

static void light(struct cpx_lane_view *l, unsigned i)
{
	*l = (struct cpx_lane_view){ .state = CMIS_DP_ACTIVATED,
				     .carries = true,
				     .tx_dbm = 1.5,
				     .rx_dbm = -2.25 - 0.01 * i,
				     .bias_ma = 100 + i,
				     .snr_db = 19,
				     .ber = 1e-6,
				     .codewords = { 1000000, 5432 } };
	if (i == 5)
		l->tx_dbm = l->rx_dbm = l->bias_ma = l->snr_db = l->ber = NAN;
	if (i == 5)
		memset(l->codewords, 0, sizeof(l->codewords));
	if (i == 6)
		l->ber = 2e-5;
	if (i == 7) {
		l->ber = 4.8e-4;
		l->codewords[FEC_BINS - 1] = 77;
	}
	if (i == 11) {
		l->state = CMIS_DP_INIT;
		l->tx_dbm = l->rx_dbm = -40;
	}
}

static void engine_row(struct telemetry *t, unsigned row, const char *name, const char *kind,
		       const struct cpx_engine_view *v)
{
	struct telemetry_block *b = telemetry_engine(t, row);

	engine_block_fill(b, v, 0);
	telemetry_block_begin(b);
	telemetry_text(b, ENGINE_NAME, METRICS_TEXT(ENGINE, NAME), name);
	telemetry_text(b, ENGINE_KIND, METRICS_TEXT(ENGINE, KIND), kind);
	if (v->steps == 0)
		store_relaxed(&b->v[ENGINE_MANAGEMENT], CPX_MGMT_NONE);
	telemetry_block_end(b, 0);
}

static void describe_engines(struct telemetry *t)
{
	static struct cpx_engine_view oe0, lasers, oe1, oe2; /* large */
	struct telemetry_block *lane[ENGINE_BLOCKS_LANES] = { NULL };

	oe0 = (struct cpx_engine_view){ .mgmt = CPX_MGMT_EMULATED,
					.source = "oe0-lasers",
					.firmware = "1.2.3",
					.steps = 100,
					.seen = { .state = CMIS_MANAGER_READY,
						  .vendor = "ACME",
						  .part = "OE-16",
						  .serial = "S0016",
						  .module_state = CMIS_MODULE_READY,
						  .temperature = 48.5,
						  .vcc = 3.3,
						  .counters = { .reads = 1000, .nacks = 3 } } };
	for (unsigned i = 0; i < LANES; i++) {
		struct cmis_bank_seen *bank = &oe0.bank[i / CMIS_LANES];
		const bool failed = i == 11;

		light(&oe0.lane[i], i);
		lane[i] = telemetry_lane(t, i);
		bank->port[bank->port_count++] = (struct cmis_port_seen){
			.wish = { .first = (uint8_t)(i % CMIS_LANES), .lanes = 1 },
			.state = failed ? CMIS_PORT_FAILED : CMIS_PORT_UP,
			.reason = failed ? CMIS_REASON_INIT_TIMEOUT : CMIS_REASON_NONE,
		};
	}
	engine_blocks_lanes(lane, &oe0, 0);
	engine_row(t, 0, "oe0", "cpx-6.4t", &oe0);
	oe1 = (struct cpx_engine_view){ .mgmt = CPX_MGMT_UNIX,
					.steps = 9,
					.seen = { .reason = CMIS_REASON_NACK,
						  .counters = { .nacks = 200 } } };
	engine_row(t, 1, "oe1", "oif-3.2t", &oe1);
	engine_row(t, 2, "oe2", "cpc-passive", &oe2);
	lasers = (struct cpx_engine_view){ .mgmt = CPX_MGMT_EMULATED,
					   .is_source = true,
					   .lasers = 8,
					   .on = 7,
					   .steps = 50,
					   .seen = { .state = CMIS_MANAGER_READY,
						     .part = "ELSFP-8",
						     .module_state = CMIS_MODULE_READY,
						     .temperature = 40,
						     .vcc = NAN } };
	engine_row(t, 3, "oe0-lasers", "els-8", &lasers);
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
	describe_engines(t);
	b = telemetry_process(t);
	telemetry_block_begin(b);
	telemetry_text(b, BOARD_INSTANCE, 4, "synthetic");
	store_relaxed(&b->v[BOARD_ROUTES4], 1000);
	store_relaxed(&b->v[BOARD_HELD], 0);
	store_relaxed(&b->v[BOARD_PUNT_RATE + PUNT_BGP], 6000);
	telemetry_block_end(b, 0);
}

/* One tick of traffic: lane i gets i + 1 thousand packets of 500 bytes and sends them, but for one
 * in ten thousand that is dropped. */
static void move(struct telemetry *t, uint64_t tick)
{
	for (unsigned i = 0; i < LANES; i++) {
		struct telemetry_block *b = telemetry_lcore_lane(t, i % WORKERS, i);
		uint64_t n = 1000 * (i + 1), lost = tick % 10 == 0 ? i + 1 : 0;

		telemetry_block_begin(b);
		counter_add(&b->v[CELL_RX_PACKETS], n);
		counter_add(&b->v[CELL_RX_BYTES], n * 500);
		counter_add(&b->v[CELL_TX_PACKETS], n - lost);
		counter_add(&b->v[CELL_TX_BYTES], (n - lost) * 500);
		counter_add(&b->v[CELL_DROP + (i % 2 != 0 ? DROP_TTL_EXPIRED : DROP_NO_ROUTE)],
			    lost);
		telemetry_block_end(b, tick);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		struct telemetry_block *b = telemetry_lcore(t, i);

		telemetry_block_begin(b);
		counter_add(&b->v[WORKER_LOOPS], 1000);
		counter_add(&b->v[WORKER_PACKETS], 68000);
		counter_add(&b->v[WORKER_BUSY], 750 - 250 * i);
		counter_add(&b->v[WORKER_IDLE], 250 + 250 * i);
		counter_add(&b->v[WORKER_PUNT + PUNT_BGP], 3);
		counter_add(&b->v[WORKER_PUNT_POLICED + PUNT_ARP], 4 + i);
		telemetry_block_end(b, tick);
	}
}

int main(int argc, char **argv)
{
	struct telemetry_params p = { .version = "test",
				      .n_lcores = WORKERS + 1,
				      .n_lanes = LANES,
				      .n_engines = 4,
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
