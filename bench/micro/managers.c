/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What managing engines costs: 16 engines of 32 lanes, all ports up, looked at as often as usual
 * (lower memory ten times a second, lanes once), over the direct transport. Time of the engines is
 * turned by hand, so a minute of theirs takes as long as its work; CPU time of the manager's steps
 * is printed as a share of a core, with the emulator's part (registers, monitors) in it and beside
 * it. No DPDK.
 *
 *   bench_managers [SECONDS of engine time, default 60]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/cmis/engine/engine.h"
#include "lib/cmis/manager/manager.h"

#define ENGINES 16

static uint64_t now_ns;

static uint64_t engine_now(void *arg)
{
	return now_ns;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct site {
	struct cmis_engine *engine;
	struct cmis_manager *manager;
	uint64_t due;
};

struct cost {
	uint64_t managers, emulator, steps;
};

/* Engine time until `end`, each thing when it is due. */
static void run_until(struct site *sites, uint64_t end, struct cost *c)
{
	while (now_ns < end) {
		uint64_t next = end;

		for (unsigned i = 0; i < ENGINES; i++) {
			struct site *s = &sites[i];
			const uint64_t a = cpu_ns();
			uint64_t b, when;

			cmis_engine_advance(s->engine);
			b = cpu_ns();
			c->emulator += b - a;
			if (now_ns >= s->due) {
				s->due = cmis_manager_step(s->manager, now_ns);
				c->managers += cpu_ns() - b;
				c->steps++;
			}
			when = cmis_engine_next(s->engine);
			when = s->due < when ? s->due : when;
			next = when < next ? when : next;
		}
		now_ns = next > now_ns ? next : now_ns + 1000;
	}
}

static uint64_t transactions(const struct site *sites)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ENGINES; i++) {
		const struct cmis_manager_counters *k =
			&cmis_manager_seen(sites[i].manager)->counters;

		sum += k->reads + k->writes;
	}
	return sum;
}

static unsigned ports_up(const struct site *s)
{
	unsigned up = 0;

	for (unsigned b = 0; b < 4; b++)
		up += cmis_manager_bank(s->manager, b)->port_count == 1 &&
		      cmis_manager_bank(s->manager, b)->port[0].state == CMIS_PORT_UP;
	return up;
}

static int make(struct site *s, unsigned i)
{
	static const struct cmis_port_wish eight = { .first = 0, .lanes = 8 };
	const struct cmis_engine_settings engine = { .profile = cmis_profile_find("oif-3.2t"),
						     .clock = { engine_now, NULL },
						     .seed = i };
	struct cmis_manager_settings manager = { .name = "oe" };
	int ret = cmis_engine_create(&s->engine, &engine, NULL);

	if (ret != 0)
		return ret;
	manager.bus = cmis_engine_transport(s->engine);
	ret = cmis_manager_create(&s->manager, &manager);
	for (unsigned b = 0; ret == 0 && b < 4; b++)
		ret = cmis_manager_want(s->manager, b, &eight, 1, NULL);
	return ret;
}

int main(int argc, char **argv)
{
	const uint64_t seconds = argc > 1 ? strtoull(argv[1], NULL, 10) : 60;
	struct site sites[ENGINES] = { 0 };
	struct cost start = { 0 }, c = { 0 };
	uint64_t before;
	unsigned up = 0;

	for (unsigned i = 0; i < ENGINES; i++)
		if (make(&sites[i], i) != 0)
			return 1;
	run_until(sites, 3000 * CMIS_MS, &start);
	for (unsigned i = 0; i < ENGINES; i++)
		up += ports_up(&sites[i]);
	before = transactions(sites);
	run_until(sites, (3 + seconds) * 1000 * CMIS_MS, &c);
	printf("engines %d, ports up %u of %d after %llu transactions\n", ENGINES, up, 4 * ENGINES,
	       (unsigned long long)before);
	printf("managers %.3f %% of a core (%.0f transactions a second, %.1f us a step)\n",
	       (double)c.managers / (double)(seconds * 10000000),
	       (double)(transactions(sites) - before) / (double)seconds,
	       (double)c.managers / 1000 / (double)c.steps);
	printf("emulator beside them %.3f %%\n", (double)c.emulator / (double)(seconds * 10000000));
	for (unsigned i = 0; i < ENGINES; i++) {
		cmis_manager_destroy(sites[i].manager);
		cmis_engine_destroy(sites[i].engine);
	}
	return up == 4 * ENGINES ? 0 : 1;
}
