/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board: everything one cpx process runs. Made from a struct config, driven by the control
 * thread's loop. All functions belong to the control thread, which is EAL's main lcore.
 *
 *   board_eal_init -> board_create -> [more ports of one's own] -> board_start -> board_attach
 *   -> loop_run -> board_stop -> board_destroy -> rte_eal_cleanup
 */
#ifndef CPX_DATAPLANE_CTL_BOARD_H
#define CPX_DATAPLANE_CTL_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "lib/base/err.h"
#include "lib/base/loop.h"

struct board;
struct board_shape; /* shape.h */
struct rte_mempool;

struct board_options {
	unsigned extra_lcores;  /* lcores for threads of the caller's own (a generator) */
	unsigned extra_buffers; /* mbufs the caller takes from board_pool() or its own pools */
	unsigned extra_mb;      /* memory the caller's own pools and tables need, MB */
	bool no_telemetry;      /* workers leave lane counters alone (benchmarks only) */
};

/*
 * Start DPDK for this configuration: lcore 0 control, 1..n workers, then extra_lcores, each pinned
 * as run/placement.h decides; no telemetry socket, in memory, no shared files. -ENOMEM with the
 * command that reserves hugepages where they are missing. Once per process.
 */
int board_eal_init(const struct config *cfg, const struct board_options *opts, struct err *err);
/* Memory it would ask for, in MB, hugepages or not, without starting anything; or why it cannot. */
int board_memory_mb(const struct config *cfg, struct err *err);
/* lcore id of extra lcore i, for rte_eal_remote_launch. */
unsigned board_extra_lcore(unsigned i);

/* Devices, ports, tables, routes, telemetry segment. Nothing is forwarded yet; on failure nothing
 * is left behind. The board has a copy of cfg. */
int board_create(struct board **out, const struct config *cfg, struct err *err);
/* Ports started, workers running. */
int board_start(struct board *b, struct err *err);
/* Timers of neighbours, telemetry and clean-up on the loop, and the control socket. -ENOMEM. */
int board_attach(struct board *b, struct loop *l);

/*
 * Cut a bank anew while everything runs: its ports give way to ports of this shape. A port that has
 * just the lanes wanted is left alone, other banks do not notice. A port takes name, addresses and
 * routes of the file's port whose first lane it has; other pieces of that port are called NAME-2,
 * NAME-3 … and have no addresses. Takes some milliseconds. On failure the bank is as before, or
 * *err names the ports that could not be had back.
 * -ENOENT engine or bank, -EINVAL the shape or a carrier does not allow it, -ENOSPC DPDK's ports.
 */
int board_breakout(struct board *b, const char *engine, unsigned bank,
		   const struct board_shape *shape, struct err *err);

/* Begin to make this file what the board runs; the outcome goes to the log (jobs.h). Attached. */
void board_reload(struct board *b, const char *path);

/* Workers drained and stopped, ports stopped. Idempotent. */
void board_stop(struct board *b);
void board_destroy(struct board *b);

struct rte_mempool *board_pool(const struct board *b);
/* Telemetry path of the instance, for readers. */
const char *board_telemetry_path(const struct board *b);
unsigned board_workers(const struct board *b);
/* Streams of worker graphs that grew on the fast path; 0 as long as rule 5 of fastpath.md holds. */
uint64_t board_realloc_count(const struct board *b);

#endif
