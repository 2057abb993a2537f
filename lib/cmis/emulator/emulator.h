/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emulated modules that live together: engines and the laser sources that feed them, on one clock
 * and under one lock, each on a socket if it is to be reached from outside. `cpx engine emulate` is
 * one of these, and so is what stands under net_cpx ports with mgmt=emulated.
 *
 * Threads: one runs it (cmis_emulator_run); any may use a module's transport, whose transactions
 * take the lock one by one. What engine.h offers is called with the lock held.
 */
#ifndef CPX_LIB_CMIS_EMULATOR_EMULATOR_H
#define CPX_LIB_CMIS_EMULATOR_EMULATOR_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/cmis/engine/engine.h"

struct cmis_emulator;
struct cmis_module; /* one of them */

/* clock: NULL is CLOCK_MONOTONIC. 0, -errno (err says). */
int cmis_emulator_create(struct cmis_emulator **em, const struct cmis_clock *clock,
			 struct err *err);
/* With all its modules. NULL is fine. */
void cmis_emulator_destroy(struct cmis_emulator *em);

/*
 * A module more, inserted and in reset; settings->clock is not looked at. socket: path to serve it
 * on (transport/wire.h) and, with ".ctl" behind it, what surrounds it (control.h); NULL: nowhere.
 * 0, or -errno and nothing is left behind (err says).
 */
int cmis_emulator_add(struct cmis_emulator *em, const struct cmis_engine_settings *settings,
		      const char *socket, struct cmis_module **module, struct err *err);
/* Not a source while it feeds somebody: those go first. NULL is fine. */
void cmis_emulator_remove(struct cmis_emulator *em, struct cmis_module *module);
/* All lanes of an engine get their light from a source, evenly from its lasers; joint: and show its
 * registers. 0, -ERANGE. */
int cmis_emulator_feed(struct cmis_module *engine, struct cmis_module *source, bool joint);
/* The laser of a source of so many that feeds a lane of an engine of so many. */
unsigned cmis_emulator_laser_of(unsigned lane, unsigned lanes, unsigned lasers);

struct cmis_engine *cmis_module_engine(const struct cmis_module *module);
/* Valid as long as the module. A write wakes the thread that runs the emulator. */
struct cmis_transport cmis_module_transport(struct cmis_module *module);

void cmis_emulator_lock(struct cmis_emulator *em);
void cmis_emulator_unlock(struct cmis_emulator *em);
/* cmis_emulator_run() is wanted soon. Any thread, with or without the lock. */
void cmis_emulator_wake(struct cmis_emulator *em);

/* Readable when cmis_emulator_run() has something to do. */
int cmis_emulator_fd(const struct cmis_emulator *em);
/* Brings every module up to the clock and answers what came from outside. Takes the lock; never
 * waits for anybody else. Returns when something is due next by itself (CMIS_NEVER: nothing). */
uint64_t cmis_emulator_run(struct cmis_emulator *em);

#endif
