/* SPDX-License-Identifier: BSD-3-Clause */
/* A board's life; see board.h. Control thread. */
#include "dataplane/ctl/board.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mempool.h>

#include "config/layout.h"
#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/control.h"
#include "dataplane/ctl/fpm.h"
#include "dataplane/ctl/jobs.h"
#include "dataplane/ctl/kernel.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/ports.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "dataplane/run/graph.h"
#include "lib/base/log.h"
#include "lib/telemetry/path.h"

static int number_lanes(struct board *b, struct err *err)
{
	for (unsigned i = 0; i < b->n_ports; i++)
		b->n_lanes += b->cfg->ports[i].n_lanes;
	b->lanes = calloc(b->n_lanes ? b->n_lanes : 1, sizeof(*b->lanes));
	if (!b->lanes)
		return err_set(err, -ENOMEM, "board: no memory");
	for (unsigned i = 0, lane = 0; i < b->n_ports; i++) {
		const struct config_port *p = &b->cfg->ports[i];
		struct board_port *port = &b->ports[i];

		port->spec = *p;
		port->from = p;
		port->piece = 1;
		for (uint16_t k = 0; k < p->n_lanes; k++) {
			port->lanes[k] = (uint16_t)lane;
			b->lanes[lane++] = (struct board_lane){
				.engine = p->engine,
				.number = (uint16_t)(p->first_lane + k),
				.port = (uint16_t)i,
				.index = k,
			};
		}
	}
	return 0;
}

void board_give_lanes(struct board *b, unsigned i)
{
	struct board_port *port = &b->ports[i];

	for (unsigned l = 0; l < b->n_lanes; l++) {
		struct board_lane *lane = &b->lanes[l];
		const unsigned k = (unsigned)lane->number - port->spec.first_lane;

		if (lane->engine != port->spec.engine || k >= port->spec.n_lanes)
			continue;
		port->lanes[k] = (uint16_t)l;
		lane->port = (uint16_t)i;
		lane->index = (uint16_t)k;
		lane->life++;
	}
}

void board_take_lanes(struct board *b, unsigned i)
{
	for (unsigned l = 0; l < b->n_lanes; l++) {
		if (b->lanes[l].port != i)
			continue;
		b->lanes[l].port = BOARD_NO_PORT;
		b->lanes[l].life++;
	}
}

void board_adopt(struct board *b, const struct config *cfg)
{
	for (unsigned i = 0; i < b->n_ports; i++) {
		const struct config_port *from = b->ports[i].from;

		if (from)
			b->ports[i].from = &cfg->ports[from - b->cfg->ports];
	}
	b->cfg = cfg;
}

static int make_pool(struct board *b, struct err *err)
{
	b->n_buffers =
		memory_buffers(b->cfg, b->n_lanes, &b->placement) + eal_options.extra_buffers;
	b->pool = rte_pktmbuf_pool_create("buffers", b->n_buffers, PORTS_POOL_CACHE, 0,
					  memory_data_room(b->cfg), SOCKET_ID_ANY);
	if (b->pool)
		return 0;
	return err_set(err, -rte_errno,
		       "%u packet buffers of %u bytes: %s; lower `memory: buffers` or the MTU, or "
		       "reserve more hugepages",
		       b->n_buffers, memory_data_room(b->cfg), rte_strerror(rte_errno));
}

static int make_tables(struct board *b, struct err *err)
{
	const int node = b->placement.workers[0].node;
	int ret = nexthop_table_create(&b->nexthops, b->cfg->max_nexthops, node, b->rcu, err);

	if (!ret)
		ret = vrfs_create(b, err);
	if (!ret)
		ret = rib_create(b, err);
	if (!ret)
		ret = neighbors_create(b, err);
	return ret;
}

/* A table the file itself makes too small is the file's fault, not the machine's. */
static int fill_tables(struct board *b, struct err *err)
{
	int ret = ifaces_create(b, err);

	if (!ret)
		ret = routes_add(b, IFACE_NONE, err);
	rib_commit(b);
	return ret == -ENOSPC ? -EINVAL : ret;
}

int board_create(struct board **out, const struct config *cfg, struct err *err)
{
	struct board *b = calloc(1, sizeof(*b));
	struct config *own;
	int ret;

	*out = NULL;
	if (!b)
		return err_set(err, -ENOMEM, "board: no memory");
	ret = config_layout(&own, cfg, NULL);
	if (ret) {
		free(b);
		return err_set(err, ret, "board: no memory");
	}
	b->cfg = own;
	b->placement = eal_placement;
	b->n_workers = b->placement.n_workers;
	b->max_workers = b->placement.n_places;
	b->n_ports = cfg->n_ports;
	ret = number_lanes(b, err);
	if (!ret)
		ret = telemetry_path(b->telemetry_path, sizeof(b->telemetry_path), cfg->instance,
				     err);
	if (!ret)
		ret = stats_create(b, err); /* first: refuses a second instance of the name */
	if (!ret)
		ret = rcu_create(&b->rcu, b->max_workers, err);
	if (!ret)
		ret = make_pool(b, err);
	if (!ret)
		ret = make_tables(b, err);
	if (!ret)
		ret = engines_create(b, err);
	if (!ret)
		ret = ports_create(b, err);
	if (!ret)
		ret = fill_tables(b, err);
	if (!ret)
		engine_alarms_join(b);
	if (!ret)
		ret = twins_create(b, err);
	if (!ret)
		ret = kernel_create(b, err);
	if (!ret)
		ret = fpm_create(b, err);
	if (!ret)
		ret = workers_create(b, err);
	if (ret) {
		board_destroy(b);
		return ret;
	}
	stats_describe(b);
	*out = b;
	return 0;
}

int board_start(struct board *b, struct err *err)
{
	int ret = ports_start(b, err);

	if (!ret)
		ret = workers_start(b, err);
	if (ret) {
		board_stop(b);
		return ret;
	}
	schedule_control(b);
	ports_watch(b);
	stats_refresh(b);
	telemetry_set_state(b->telemetry, TELEMETRY_STATE_RUNNING);
	telemetry_heartbeat(b->telemetry);
	telemetry_publish(b->telemetry);
	return 0;
}

static void housekeeping(void *arg)
{
	struct board *b = arg;

	punt_share(b);
	rcu_reap(b->rcu);
	vrfs_settle(b);
	telemetry_heartbeat(b->telemetry);
}

static void publish(void *arg)
{
	struct board *b = arg;

	ports_watch(b);
	stats_refresh(b);
	telemetry_publish(b->telemetry);
}

/* Beside the telemetry segment. A board that cannot be asked forwards all the same. */
static void open_control(struct board *b)
{
	char path[TELEMETRY_PATH_LEN];
	struct err err;

	snprintf(path, sizeof(path), "%s", b->telemetry_path);
	strcpy(strrchr(path, '/') + 1, CONTROL_FILE);
	if (control_create(&b->control, path, b->loop, board_verbs, board_n_verbs, b, &err) != 0)
		log_warn("%s", err.text);
}

int board_set_period(struct board *b, uint32_t ms)
{
	struct loop_watch *timer;

	if (!b->loop || b->period_ms == ms)
		return 0;
	timer = loop_timer(b->loop, ms * 1000000ull, publish, b);
	if (!timer)
		return -ENOMEM;
	loop_remove(b->loop, b->timers[1]);
	b->timers[1] = timer;
	b->period_ms = ms;
	return 0;
}

int board_attach(struct board *b, struct loop *l)
{
	struct err err;

	b->loop = l;
	b->timers[0] = loop_timer(l, BOARD_PUNT_PERIOD_NS, punt_poll, b);
	b->period_ms = b->cfg->telemetry_period_ms;
	b->timers[1] = loop_timer(l, b->period_ms * 1000000ull, publish, b);
	b->timers[2] = loop_timer(l, 100000000ull, housekeeping, b);
	b->timers[3] = loop_timer(l, 1000000000ull, neighbors_tick, b);
	for (unsigned i = 0; i < RTE_DIM(b->timers); i++)
		if (!b->timers[i])
			return -ENOMEM;
	if (twins_attach(b, l, &err) != 0 || kernel_attach(b, l, &err) != 0 ||
	    fpm_attach(b, l, &err) != 0)
		return -ENOMEM;
	if (jobs_create(b, l) != 0)
		return -ENOMEM;
	open_control(b);
	return 0;
}

void board_reload(struct board *b, const char *path)
{
	jobs_reload(b, path);
}

void board_stop(struct board *b)
{
	control_destroy(b->control);
	b->control = NULL;
	jobs_destroy(b);
	for (unsigned i = 0; i < RTE_DIM(b->timers); i++) {
		if (b->timers[i])
			loop_remove(b->loop, b->timers[i]);
		b->timers[i] = NULL;
	}
	if (b->telemetry)
		telemetry_set_state(b->telemetry, TELEMETRY_STATE_DRAINING);
	fpm_destroy(b);
	kernel_destroy(b);
	twins_destroy(b);
	workers_stop(b);
	ports_stop(b);
	if (b->n_workers && b->workers[b->n_workers - 1])
		punt_drain(b);
	if (b->telemetry)
		publish(b);
}

void board_destroy(struct board *b)
{
	if (!b)
		return;
	fpm_destroy(b);
	kernel_destroy(b);
	twins_destroy(b);
	workers_destroy(b);
	ports_destroy(b);
	engines_destroy(b);
	rib_destroy(b);
	neighbors_destroy(b);
	ifaces_destroy(b);
	rcu_destroy(b->rcu); /* gives the last retired rows back */
	vrfs_destroy(b);
	nexthop_table_destroy(b->nexthops);
	rte_mempool_free(b->pool);
	if (b->telemetry)
		telemetry_destroy(b->telemetry);
	free(b->lanes);
	config_free((struct config *)b->cfg);
	free(b);
}

struct rte_mempool *board_pool(const struct board *b)
{
	return b->pool;
}

const char *board_telemetry_path(const struct board *b)
{
	return b->telemetry_path;
}

unsigned board_workers(const struct board *b)
{
	return b->n_workers;
}

uint64_t board_realloc_count(const struct board *b)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < b->n_workers; w++)
		sum += graph_realloc_count(w);
	return sum;
}
