/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which CPUs the control thread and the workers get, and which worker polls and fills which lane:
 * by NUMA node first, then by load. Pure functions of their arguments; control thread, at start and
 * when the number of workers changes. Every choice keeps its reason, which `cpx show workers`
 * prints.
 *
 * Places are CPUs for as many workers as there can ever be; the first n_workers of them are taken.
 * What is balanced is receive queues: lanes that share one of their carrier go together. A worker
 * for whom none is left helps one that has some: it gets part of its flows ("spread").
 */
#ifndef CPX_DATAPLANE_RUN_PLACEMENT_H
#define CPX_DATAPLANE_RUN_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/topo.h"

#define PLACEMENT_MAX_WORKERS 32
#define PLACEMENT_WHY         128

struct placement_lane {
	int node;        /* in: NUMA node of the lane's engine or device; -1 anywhere */
	uint16_t port;   /* in */
	uint16_t group;  /* in: lanes of a port with one group share a receive queue */
	uint16_t worker; /* out */
	bool unused;     /* in: has no port now; gets its place, but is no receive queue */
};

#define PLACEMENT_NOBODY UINT32_MAX

struct placement_worker {
	int cpu, node;
	bool shared;         /* its CPU is also the control thread's */
	const char *why_cpu; /* static */
	unsigned n_lanes, n_queues;
	unsigned helps; /* the worker whose flows it shares; PLACEMENT_NOBODY */
	unsigned n_helpers;
	char why[PLACEMENT_WHY];
};

struct placement {
	int control_cpu;
	bool spread; /* see placement_wish */
	unsigned n_workers, n_places, n_cpus;
	struct placement_worker workers[PLACEMENT_MAX_WORKERS];
	unsigned n_spare; /* CPUs left over, in spare[] */
	int spare[8];
};

struct placement_wish {
	unsigned n_workers; /* 0: one less than the CPUs, at most one a lane */
	unsigned n_pins;    /* CPUs the operator named; 0: choose */
	const uint16_t *pins;
	unsigned n_lanes;
	const struct placement_lane *lanes; /* NULL: not known where they are */
	unsigned n_spare; /* CPUs to leave for other threads of ours, where there are enough */
	bool spread;      /* workers without a receive queue help others */
};

/* Workers where nobody says how many, 1 or more. */
unsigned placement_auto(unsigned n_cpus, unsigned n_spare, unsigned n_lanes);
/* CPUs for control and workers, a place for each CPU there is. -EINVAL: a named CPU is not ours;
 * more workers than pins. */
int placement_cpus(struct placement *out, const struct topo *topo,
		   const struct placement_wish *wish, struct err *err);
/* lanes[].worker of the n_workers there are, and what each of them has, helps and why. */
void placement_lanes(struct placement *p, struct placement_lane *lanes, unsigned n_lanes);
/* The same, where lanes[].worker is chosen already. */
void placement_share(struct placement *p, const struct placement_lane *lanes, unsigned n_lanes);

#endif
