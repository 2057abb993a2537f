/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines from the inside: what the files cpx_engine*.c call of each other. See cpx_engine.h. */
#ifndef CPX_PMD_CPX_ENGINE_PRIV_H
#define CPX_PMD_CPX_ENGINE_PRIV_H

#include <pthread.h>
#include <sys/queue.h>

#include "lib/cmis/emulator/emulator.h"
#include "lib/cmis/fec_draw.h"
#include "lib/cmis/transport/client.h"
#include "lib/cmis/transport/eeprom.h"
#include "pmd/cpx_engine.h"
#include "pmd/cpx_ethdev.h"

/* A port on its engine. */
struct cpx_seat {
	struct cpx_port *port; /* NULL: free */
	bool split;            /* as data paths of one lane: the module has none so wide */
};

struct cpx_engine {
	LIST_ENTRY(cpx_engine) link; /* the registry's, and `holders`: with its lock */
	unsigned holders;            /* ports, and engines that a source feeds */
	/* constant */
	char name[CPX_NAME_LEN];
	enum cpx_mgmt mgmt;
	char path[CPX_PATH_LEN];
	const struct cmis_profile *profile; /* of an emulated one */
	uint32_t seed;
	bool is_source;
	bool joint; /* it speaks for its lasers; they have no manager of their own */
	const struct cmis_profile *lasers;
	struct cpx_engine *source;
	struct cmis_module *module;       /* emulated */
	struct cmis_module *joint_module; /* … and its lasers */
	struct cmis_client *client;       /* unix */
	struct cmis_eeprom *eeprom;       /* optoe */
	pthread_t thread;
	int wake;
	uint32_t interrupted; /* any thread sets, the engine's clears once it has looked */

	pthread_mutex_t lock; /* … of what follows */
	bool stop;
	uint64_t again_ns; /* an interrupt that lasts is looked at again after this */
	struct cmis_manager *manager;
	struct cpx_seat seat[CPX_ENGINE_BANKS][CMIS_LANES]; /* by bank and first lane */
	uint64_t down;                                      /* lanes taken down by an operator */
	uint64_t fec_ns;                                    /* codewords were drawn up to here */
	struct fec_random random[CPX_ENGINE_BANKS * CMIS_LANES];
	uint64_t steps, cpu_ns;

	pthread_mutex_t view_lock; /* … of what follows */
	struct cpx_engine_view view;
};

static inline uint64_t cpx_engine_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* cpx_engine_thread.c: its bus, manager and thread; 0, or -errno and nothing is left (err) */
int cpx_engine_begin(struct cpx_engine *e, const char *socket, struct err *err);
void cpx_engine_end(struct cpx_engine *e);
void cpx_engine_wake(struct cpx_engine *e);
/* The module asks for its manager (interrupt). Any thread. */
void cpx_engine_interrupt(struct cpx_engine *e);

/* cpx_engine_follow.c: with the engine's lock */
/* A bank's wishes anew, from its ports. */
void cpx_engine_wish(struct cpx_engine *e, unsigned bank);
/* After a step: ports get the lanes that the module has up, the view what was seen. */
void cpx_engine_follow(struct cpx_engine *e, uint64_t now);

/* cpx_engine_world.c: emulated modules and the light between them */
int cpx_world_add(struct cpx_engine *e, const char *socket, struct err *err);
void cpx_world_remove(struct cpx_engine *e);
/* Is the interrupt of its module asserted? */
bool cpx_world_interrupts(struct cpx_engine *e);
int cpx_world_inject(struct cpx_engine *e, const char *request, struct err *err);
/* Ports between which light passes; of one whose engine is not emulated it is always healthy. */
void cpx_world_join(struct cpx_port *p);
void cpx_world_leave(struct cpx_port *p);
void cpx_world_changed(void);

#endif
