/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far two cores are from each other: the TSC cycles that a cache line takes from one to the
 * other and back, the least mean of a few short rounds. On a shared machine it changes by the
 * minute, and every figure about two cores with it. Prints it, and the TSC's frequency.
 *
 *   bench_roundtrip [CORE CORE]     default 0 1
 */
#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/order.h"

#define ROUNDS 8u
#define TRIPS  500u /* a round */

static alignas(128) uint32_t ping;
static alignas(128) uint32_t pong;
static int cores[2];

static uint64_t cycles(void)
{
	return __builtin_ia32_rdtsc();
}

static void pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		fprintf(stderr, "bench roundtrip: no core %d here\n", core);
		exit(EXIT_MACHINE);
	}
}

static void *answer(void *arg)
{
	pin(cores[1]);
	for (uint32_t n = 1; n <= ROUNDS * TRIPS; n++) {
		while (load_acquire(&ping) != n)
			;
		store_release(&pong, n);
	}
	return arg;
}

static uint64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t best = UINT64_MAX, start, began, ns;
	pthread_t thread;
	uint32_t n = 0;

	for (int i = 0; i < 2; i++)
		cores[i] = argc > 2 ? atoi(argv[i + 1]) : i;
	pin(cores[0]);
	if (cores[0] == cores[1] || pthread_create(&thread, NULL, answer, NULL) != 0)
		return EXIT_MACHINE;
	began = cycles();
	ns = nanoseconds();
	for (unsigned round = 0; round < ROUNDS; round++) {
		start = cycles();
		for (unsigned i = 0; i < TRIPS; i++) {
			store_release(&ping, ++n);
			while (load_acquire(&pong) != n)
				;
		}
		start = (cycles() - start) / TRIPS;
		best = start < best ? start : best;
	}
	began = cycles() - began;
	ns = nanoseconds() - ns;
	printf("%lu %lu\n", best, (uint64_t)((double)began * 1e9 / (double)ns));
	pthread_join(thread, NULL);
	return EXIT_DONE;
}
