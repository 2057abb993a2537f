/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The telemetry segment of a board: made at start, gauges refreshed and published by the control
 * thread. The counters of lanes and workers are written where the packets are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_mempool.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/control.h"
#include "dataplane/ctl/fpm.h"
#include "dataplane/ctl/kernel.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/twin.h"

#ifndef CPX_VERSION
#error "CPX_VERSION comes from meson"
#endif

#define TEXT_SLOTS(prefix, sym) (prefix##_##sym##_LAST - prefix##_##sym + 1)

static void set(struct telemetry_block *block, unsigned slot, uint64_t value)
{
	store_relaxed(&block->v[slot], value);
}

static void carrier_text(char *text, size_t size, const struct config_port *p)
{
	static const char *const kinds[] = { [CONFIG_CARRIER_LOOP] = "loop",
					     [CONFIG_CARRIER_FIBER] = "fiber",
					     [CONFIG_CARRIER_PEER] = "fiber",
					     [CONFIG_CARRIER_DEV] = "dev" };

	snprintf(text, size, "%s%s%s", kinds[p->carrier], p->carrier_name[0] ? ":" : "",
		 p->carrier_name);
}

static void describe_lane(struct board *b, unsigned i)
{
	static const struct config_port none = { 0 };
	const struct board_lane *lane = &b->lanes[i];
	const bool free = lane->port == BOARD_NO_PORT;
	const struct config_port *p = free ? &none : &b->ports[lane->port].spec;
	const struct config_engine *e = &b->cfg->engines[lane->engine];
	struct telemetry_block *block = telemetry_lane(b->telemetry, i);
	char text[CONFIG_PATH_LEN + 8];

	telemetry_block_begin(block);
	snprintf(text, sizeof(text), "%s/%u", e->name, lane->number);
	telemetry_text(block, LANE_NAME, TEXT_SLOTS(LANE, NAME), text);
	telemetry_text(block, LANE_PORT, TEXT_SLOTS(LANE, PORT), p->name);
	text[0] = '\0';
	if (!free)
		carrier_text(text, sizeof(text), p);
	telemetry_text(block, LANE_CARRIER, TEXT_SLOTS(LANE, CARRIER), text);
	set(block, LANE_SPEED, e->lane_mbps * 1000000ull);
	set(block, LANE_RX_WORKER, lane->worker);
	set(block, LANE_TX_WORKER, lane->worker);
	telemetry_block_end(block, rte_rdtsc());
}

/* A lane without a port keeps its worker and is not polled. */
static unsigned lanes_of(const struct board *b, unsigned w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->n_lanes; i++)
		n += b->lanes[i].worker == w && b->lanes[i].port != BOARD_NO_PORT;
	return n;
}

/*
 * Of a block whose worker runs the sequence is the worker's alone: two writers would lose a step of
 * it, and the row would be stale for good. These slots only this thread writes, and it is the one
 * that publishes: it never sees half of them.
 */
static void describe_worker(struct board *b, unsigned w, enum worker_role role)
{
	const struct placement *p = &b->placement;
	const bool control = role == ROLE_CONTROL;
	struct telemetry_block *block = telemetry_lcore(b->telemetry, w);

	set(block, WORKER_ROLE, role);
	set(block, WORKER_CPU, (uint64_t)(control ? p->control_cpu : p->workers[w].cpu));
	set(block, WORKER_NODE, (uint64_t)(control ? 0 : p->workers[w].node));
	set(block, WORKER_LANES, control ? 0 : lanes_of(b, w));
	telemetry_text(block, WORKER_PLACEMENT, TEXT_SLOTS(WORKER, PLACEMENT),
		       control ? "control thread: first CPU no worker is on" : p->workers[w].why);
}

int stats_create(struct board *b, struct err *err)
{
	struct telemetry_params params = { .path = b->telemetry_path,
					   .version = CPX_VERSION,
					   .n_lcores = b->max_workers + 1,
					   .n_lanes = b->n_lanes,
					   .n_engines = engine_stats_rows(b->cfg),
					   .spare_entries = 64,
					   .tsc_hz = rte_get_tsc_hz() };
	int ret;

	params.metrics = metrics_table(&params.n_metrics);
	ret = telemetry_create(&b->telemetry, &params, err);
	if (ret)
		return ret;
	if (metrics_check(b->telemetry) != 0)
		return err_set(err, -EINVAL,
			       "telemetry: slots differ from dataplane/run/metrics.h");
	return 0;
}

void stats_describe(struct board *b)
{
	struct telemetry_block *block = telemetry_process(b->telemetry);

	engine_stats_describe(b);
	for (unsigned i = 0; i < b->n_lanes; i++)
		describe_lane(b, i);
	for (unsigned w = 0; w < b->max_workers; w++)
		describe_worker(b, w, w < b->n_workers ? ROLE_WORKER : ROLE_NONE);
	describe_worker(b, b->max_workers, ROLE_CONTROL);
	telemetry_block_begin(block);
	telemetry_text(block, BOARD_INSTANCE, TEXT_SLOTS(BOARD, INSTANCE), b->cfg->instance);
	telemetry_block_end(block, rte_rdtsc());
}

static void refresh_lane(struct board *b, unsigned i)
{
	struct telemetry_block *block = telemetry_lane(b->telemetry, i);
	const struct board_lane *lane = &b->lanes[i];
	const struct board_port *port = lane->port != BOARD_NO_PORT ? &b->ports[lane->port] : NULL;

	telemetry_block_begin(block);
	set(block, LANE_UP, port != NULL && port->up && port->lanes_up >> lane->index & 1);
	telemetry_block_end(block, rte_rdtsc());
}

/* The control thread's own time: busy is what it ran, the rest it was asleep. */
static void refresh_control(struct board *b)
{
	struct telemetry_block *block = telemetry_lcore(b->telemetry, b->max_workers);
	const uint64_t hz = rte_get_tsc_hz(), now = rte_rdtsc();
	struct timespec ran;
	uint64_t busy;

	if (b->counted_from == 0)
		b->counted_from = now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
	busy = (uint64_t)ran.tv_sec * hz + (uint64_t)ran.tv_nsec * (hz / 1000000) / 1000;
	if (b->control_ran == 0)
		b->control_ran = busy;
	busy -= b->control_ran;
	telemetry_block_begin(block);
	set(block, WORKER_BUSY, busy);
	if (now - b->counted_from > busy + block->v[WORKER_ASLEEP])
		set(block, WORKER_ASLEEP, now - b->counted_from - busy);
	telemetry_block_end(block, now);
}

void stats_refresh(struct board *b)
{
	struct telemetry_block *block = telemetry_process(b->telemetry);
	uint64_t twins, twins_remade;
	struct kernel_counts kernel;
	struct fpm_counts fpm;

	twins_count(b, &twins, &twins_remade);
	engine_stats_refresh(b);
	refresh_control(b);
	for (unsigned i = 0; i < b->n_lanes; i++)
		refresh_lane(b, i);
	telemetry_block_begin(block);
	set(block, BOARD_HELD, b->held);
	for (unsigned c = 0; c < PUNT_COUNT; c++)
		set(block, BOARD_PUNT_RATE + c, b->cfg->punt[c].pps);
	set(block, BOARD_ROUTES4, vrfs_routes(b, AF_INET));
	set(block, BOARD_ROUTES6, vrfs_routes(b, AF_INET6));
	set(block, BOARD_NEIGHBORS, neighbors_count(b));
	set(block, BOARD_BUFFERS, b->n_buffers);
	set(block, BOARD_BUFFERS_FREE, rte_mempool_avail_count(b->pool));
	set(block, BOARD_TWINS, twins);
	set(block, BOARD_TWINS_REMADE, twins_remade);
	if (kernel_count(b, &kernel)) {
		set(block, BOARD_KERNEL_ROUTES, kernel.routes);
		set(block, BOARD_KERNEL_RESYNCS, kernel.resyncs);
		set(block, BOARD_KERNEL_OVERRUNS, kernel.overruns);
		set(block, BOARD_KERNEL_REFUSED, kernel.refused);
	}
	if (fpm_count(b, &fpm)) {
		set(block, BOARD_FPM_CONNECTED, fpm.connected);
		set(block, BOARD_FPM_ROUTES, fpm.routes);
		set(block, BOARD_FPM_CONNECTIONS, fpm.connections);
		set(block, BOARD_FPM_MESSAGES, fpm.messages);
		set(block, BOARD_FPM_REFUSED, fpm.refused);
	}
	if (b->control) {
		set(block, BOARD_CONTROL_REQUESTS, control_requests(b->control));
		set(block, BOARD_CONTROL_DROPPED, control_dropped(b->control));
	}
	telemetry_block_end(block, rte_rdtsc());
}

void stats_count(struct board *b, uint16_t lane, unsigned slot, uint64_t n)
{
	struct telemetry_block *cell = telemetry_lcore_lane(b->telemetry, b->max_workers, lane);

	telemetry_block_begin(cell);
	counter_add(&cell->v[slot], n);
	telemetry_block_end(cell, rte_rdtsc());
}
