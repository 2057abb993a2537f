/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engines of this process: what brings the lanes under net_cpx ports up and says which of them
 * carry. Ports that name the same engine share it. Each engine has its manager (lib/cmis/manager)
 * and a thread that steps it, so a slow bus of one holds up no other; lasers (ELS) are modules with
 * a manager and a thread like any other. Emulated modules (cpx_engine_world.c) are one world under
 * one thread.
 *
 *   port ──attach──▶ engine ──wishes──▶ manager ──two-wire transactions──▶ module
 *   port ◀──which lanes carry── engine thread ◀──what the manager has seen── manager
 *
 * Frames never wait for any of it: a port's lanes are opened and closed (cpx_lanes.c), and what
 * others want to know is in a copy made after each step (struct cpx_engine_view).
 *
 * Threads: any, unless said; not from burst functions. Locks, in the order in which they are taken:
 * registry → engine → world → emulator; a port's lanes are applied with the engine's lock held.
 */
#ifndef CPX_PMD_CPX_ENGINE_H
#define CPX_PMD_CPX_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/cmis/fec.h"
#include "lib/cmis/manager/manager.h"
#include "pmd/cpx_args.h"

#define CPX_ENGINE_BANKS 8
#define CPX_MAX_MODULES  64 /* engines and laser sources of a process */

struct cpx_engine;
struct cpx_port;
struct rte_dev_eeprom_info;
struct rte_eth_dev_module_info;

/* What is known of a lane, NaN where it is not. */
struct cpx_lane_view {
	enum cmis_dp_state state; /* 0: not known */
	bool carries;             /* its port's frames go over it */
	double tx_dbm, rx_dbm;    /* -40: dark */
	double bias_ma;
	double ber;                   /* before FEC, of the media input */
	double snr_db;                /* electrical, of the media input */
	uint64_t codewords[FEC_BINS]; /* received, by wrong symbols; the last: uncorrectable */
};

/* As of the last step. */
struct cpx_engine_view {
	char name[CPX_NAME_LEN];
	char profile[CPX_PROFILE_LEN]; /* of an emulated one, else "" */
	enum cpx_mgmt mgmt;
	bool is_source;            /* lasers, no lanes */
	char source[CPX_NAME_LEN]; /* that feeds it, else "" */
	char firmware[20];         /* that runs, "" where it is not known */
	unsigned lasers, on;    /* of a source, or of an engine that speaks for one; 0: unknown */
	uint64_t when_ns;       /* CLOCK_MONOTONIC, of the copy */
	uint64_t steps, cpu_ns; /* steps of the manager and time they took of a CPU */
	struct cmis_manager_seen seen;
	struct cmis_bank_seen bank[CPX_ENGINE_BANKS];
	struct cpx_lane_view lane[CPX_ENGINE_BANKS * CMIS_LANES];
};

/* All of them, or by name (NULL: none of it); valid while a port or cpx_engine_open() holds it. */
unsigned cpx_engine_list(struct cpx_engine *list[CPX_MAX_MODULES]);
struct cpx_engine *cpx_engine_find(const char *name);
const char *cpx_engine_name(const struct cpx_engine *e);
/* A copy; never waits for a bus. */
void cpx_engine_look(struct cpx_engine *e, struct cpx_engine_view *view);

/*
 * Do something with the manager, on this thread, between two steps: `what` must not wait. Then the
 * manager is stepped soon. -EBUSY: its thread did not give it up within 200 ms (a bus that hangs),
 * else what `what` returned.
 */
int cpx_engine_do(struct cpx_engine *e, int (*what)(struct cmis_manager *m, void *arg), void *arg);
/* What surrounds an emulated module (lib/cmis/emulator/control.h). -ENOTSUP: it is none. */
int cpx_engine_inject(struct cpx_engine *e, const char *request, struct err *err);
/* Lanes first .. last of the engine administratively down, or as their ports want them. */
void cpx_engine_set_down(struct cpx_engine *e, uint64_t lanes, bool down);
uint64_t cpx_engine_down(struct cpx_engine *e);

/* Events of all managers, on their threads: must not call back in. NULL: PMD log only. */
typedef void cpx_engine_event_t(void *arg, struct cpx_engine *e, const struct cmis_event *event);
void cpx_engine_events(cpx_engine_event_t *cb, void *arg);
/* After each step, with the manager; the same rules. */
typedef void cpx_engine_step_t(void *arg, struct cpx_engine *e, const struct cmis_manager *m,
			       uint64_t now);
void cpx_engine_steps(cpx_engine_step_t *cb, void *arg);

/*
 * Find or make the engine that a port with these arguments would have (args->engine is named,
 * mgmt is not none), and hold it until cpx_engine_close(): for who wants it to outlive its ports.
 * -EINVAL: another one says it is managed otherwise; -ENOMEM, -ENOSPC, what a bus says (err).
 */
int cpx_engine_open(struct cpx_engine **e, const struct cpx_args *args, struct err *err);
void cpx_engine_close(struct cpx_engine *e); /* NULL is fine */

/* ---- of the driver ---- */

/* At probe, with p->args: find or make the port's engine. mgmt=none: nothing to do. */
int cpx_engine_attach(struct cpx_port *p, struct err *err);
/* At close; returns when no thread of an engine touches the port any more. */
void cpx_engine_detach(struct cpx_port *p);
/* The port was taken up or down, or started or stopped. */
void cpx_engine_port_changed(struct cpx_port *p);
/* What arrives from the other end of the port's carrier may have changed. Never waits. */
void cpx_engine_light_changed(const struct cpx_port *p);
/* Of eth_dev_ops: -ENOTSUP where the port has no engine, -ENODEV while that does not answer. */
int cpx_engine_module_info(const struct cpx_port *p, struct rte_eth_dev_module_info *info);
int cpx_engine_module_eeprom(const struct cpx_port *p, struct rte_dev_eeprom_info *info);
/* Statistics of a lane: how many of them a port's lanes have, their names, their values. */
#define CPX_ENGINE_STATS FEC_BINS
unsigned cpx_engine_stats_count(const struct cpx_port *p);
void cpx_engine_stat_name(char *name, size_t size, unsigned lane, unsigned i);
void cpx_engine_stat_values(const struct cpx_port *p, unsigned lane,
			    uint64_t values[CPX_ENGINE_STATS]);
/* Is the port's engine still on its way up (nothing failed yet)? */
bool cpx_engine_coming_up(const struct cpx_port *p);

#endif
