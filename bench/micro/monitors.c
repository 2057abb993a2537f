/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it costs the control thread to publish the monitors of a full board: 16 engines of 32 lanes,
 * from the copies that engines make (struct cpx_engine_view) to telemetry blocks. Between two
 * passes every value changes, and the caches are swept as by the work of 100 ms. Prints, in
 * microseconds, median and worst of the passes: for copying and filling, and for the publishing
 * pass behind it.
 *
 *   bench_monitors [PASSES]     default 1000
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/ctl/engine_blocks.h"
#include "dataplane/run/metrics.h"

#define ENGINES 16
#define BANKS   4
#define LANES   (BANKS * CMIS_LANES)
#define SWEEP   (8u << 20) /* bytes touched between passes */

static struct engine {
	pthread_mutex_t lock;
	struct cpx_engine_view view;
} engines[ENGINES];
static struct cpx_engine_view copy;
static uint8_t sweep[SWEEP];

static uint64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* A step of every manager. */
static void change(unsigned pass)
{
	for (unsigned e = 0; e < ENGINES; e++) {
		struct cpx_engine_view *v = &engines[e].view;

		v->steps++;
		v->seen.counters.reads += 40;
		v->seen.temperature = 40 + e + pass % 7 * 0.1;
		for (unsigned i = 0; i < LANES; i++) {
			struct cpx_lane_view *l = &v->lane[i];

			l->tx_dbm = 1.5 + pass % 5 * 0.01;
			l->rx_dbm = -2.5 + pass % 3 * 0.01;
			l->bias_ma = 100 + pass % 9;
			l->ber = 1e-6 * (1 + pass % 11);
			l->snr_db = 20 + pass % 4 * 0.1;
			for (unsigned k = 0; k < FEC_BINS; k++)
				l->codewords[k] += 1953125 >> k;
		}
	}
	for (unsigned i = 0; i < SWEEP; i += 64)
		sweep[i]++;
}

static void make(void)
{
	for (unsigned e = 0; e < ENGINES; e++) {
		struct cpx_engine_view *v = &engines[e].view;

		pthread_mutex_init(&engines[e].lock, NULL);
		snprintf(v->name, sizeof(v->name), "oe%u", e);
		snprintf(v->seen.vendor, sizeof(v->seen.vendor), "CPX EMULATION");
		snprintf(v->seen.part, sizeof(v->seen.part), "OIF-3.2T");
		v->mgmt = CPX_MGMT_EMULATED;
		v->seen.state = CMIS_MANAGER_READY;
		v->seen.module_state = CMIS_MODULE_READY;
		for (unsigned b = 0; b < BANKS; b++) {
			v->bank[b].port_count = 2;
			for (unsigned i = 0; i < 2; i++)
				v->bank[b].port[i] = (struct cmis_port_seen){
					.wish = { .first = (uint8_t)(4 * i), .lanes = 4 },
					.state = CMIS_PORT_UP
				};
		}
		for (unsigned i = 0; i < LANES; i++)
			v->lane[i].state = CMIS_DP_ACTIVATED;
	}
}

/* What engine_stats_refresh() and cpx_engine_look() do. */
static void pass_over(struct telemetry *t)
{
	struct telemetry_block *lane[ENGINE_BLOCKS_LANES] = { NULL };

	for (unsigned e = 0; e < ENGINES; e++) {
		pthread_mutex_lock(&engines[e].lock);
		copy = engines[e].view;
		pthread_mutex_unlock(&engines[e].lock);
		engine_block_fill(telemetry_engine(t, e), &copy, 0);
		for (unsigned i = 0; i < LANES; i++)
			lane[i] = telemetry_lane(t, e * LANES + i);
		engine_blocks_lanes(lane, &copy, 0);
	}
}

static int ascending(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void tell(const char *what, uint64_t *ns, unsigned n)
{
	qsort(ns, n, sizeof(*ns), ascending);
	printf("%-22s median %7.1f us   99 %% %7.1f us   worst %7.1f us\n", what,
	       (double)ns[n / 2] / 1e3, (double)ns[n * 99 / 100] / 1e3, (double)ns[n - 1] / 1e3);
}

int main(int argc, char **argv)
{
	char dir[] = "/dev/shm/cpx-monitors-XXXXXX", path[64];
	struct telemetry_params p = { .path = path,
				      .version = "bench",
				      .n_lcores = 2,
				      .n_lanes = ENGINES * LANES,
				      .n_engines = ENGINES,
				      .spare_entries = 64 };
	const unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	uint64_t *fill = calloc(n, sizeof(*fill)), *publish = calloc(n, sizeof(*publish));
	struct telemetry *t;
	struct err err;

	if (n == 0 || fill == NULL || publish == NULL || mkdtemp(dir) == NULL)
		return EXIT_MACHINE;
	snprintf(path, sizeof(path), "%s/telemetry", dir);
	p.metrics = metrics_table(&p.n_metrics);
	if (telemetry_create(&t, &p, &err) != 0) {
		fprintf(stderr, "bench monitors: %s\n", err.text);
		rmdir(dir);
		return EXIT_MACHINE;
	}
	make();
	for (unsigned i = 0; i < n; i++) {
		uint64_t began;

		change(i);
		began = nanoseconds();
		pass_over(t);
		fill[i] = nanoseconds() - began;
		began = nanoseconds();
		telemetry_publish(t);
		publish[i] = nanoseconds() - began;
	}
	printf("%u engines x %u lanes, %u passes, view of %zu bytes\n", ENGINES, LANES, n,
	       sizeof(copy));
	tell("copy and fill", fill, n);
	tell("telemetry_publish", publish, n);
	telemetry_destroy(t);
	unlink(path);
	rmdir(dir);
	free(fill);
	free(publish);
	return EXIT_DONE;
}
