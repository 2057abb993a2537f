/* SPDX-License-Identifier: BSD-3-Clause */
/* Placement of workers and lanes; see placement.h. */
#include "dataplane/run/placement.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int index_of_cpu(const struct topo *t, int cpu)
{
	for (unsigned i = 0; i < t->n_cpus; i++)
		if (t->cpu[i] == cpu)
			return (int)i;
	return -1;
}

static unsigned lanes_on_node(const struct placement_wish *wish, int node)
{
	unsigned n = 0;

	for (unsigned i = 0; wish->lanes && i < wish->n_lanes; i++)
		n += wish->lanes[i].node == node;
	return n;
}

static bool core_in_use(const struct topo *t, const bool *taken, unsigned i)
{
	for (unsigned j = 0; j < t->n_cpus; j++)
		if (taken[j] && t->sibling[j] == t->sibling[i])
			return true;
	return false;
}

/*
 * The best CPU still free: on the node with the most lanes a worker there, on a physical core of
 * its own where possible. -1: none is free.
 */
static int pick(const struct topo *t, const bool *taken, const struct placement *p,
		const struct placement_wish *wish)
{
	int best = -1;
	unsigned best_score = 0;

	for (unsigned i = 0; i < t->n_cpus; i++) {
		unsigned workers_there = 1, score;

		if (taken[i])
			continue;
		for (unsigned w = 0; w < p->n_workers; w++)
			workers_there += p->workers[w].node == t->node[i];
		score = 1 + 4 * (1 + lanes_on_node(wish, t->node[i])) * 64 / workers_there;
		score += core_in_use(t, taken, i) ? 0 : 2;
		if (score > best_score) {
			best_score = score;
			best = (int)i;
		}
	}
	return best;
}

static int pinned(const struct topo *t, const struct placement_wish *wish, unsigned w,
		  struct err *err)
{
	const int i = index_of_cpu(t, wish->pins[w]);

	if (i < 0)
		return err_set(
			err, -EINVAL,
			"workers: CPU %u is not one this process may use; `cpx doctor` lists "
			"them, or leave `cpus` out",
			wish->pins[w]);
	return i;
}

/* The CPU of the next worker; -1: none is free, it shares the control thread's. */
static void give_place(struct placement *out, const struct topo *t, bool *taken, int cpu,
		       unsigned control, const char *why)
{
	struct placement_worker *worker = &out->workers[out->n_workers++];

	worker->shared = cpu < 0 || (unsigned)cpu == control;
	if (cpu < 0)
		cpu = (int)control;
	taken[cpu] = true;
	worker->cpu = t->cpu[cpu];
	worker->node = t->node[cpu];
	worker->helps = PLACEMENT_NOBODY;
	worker->why_cpu = why              ? why
			  : worker->shared ? "no CPU left: shares the control thread's"
					   : "free CPU";
	snprintf(worker->why, sizeof(worker->why), "%s", worker->why_cpu);
}

/* Places for workers that may come: all CPUs but those left for others, while there are any. */
static void more_places(struct placement *out, const struct topo *t, bool *taken, unsigned control,
			const struct placement_wish *wish)
{
	const unsigned n = out->n_workers;

	for (unsigned i = 0; i < out->n_spare && i < wish->n_spare; i++)
		taken[index_of_cpu(t, out->spare[i])] = true;
	while (out->n_workers < t->n_cpus && out->n_workers < PLACEMENT_MAX_WORKERS)
		give_place(out, t, taken, pick(t, taken, out, wish), control, NULL);
	out->n_places = out->n_workers;
	out->n_workers = n;
}

unsigned placement_auto(unsigned n_cpus, unsigned n_spare, unsigned n_lanes)
{
	unsigned n = n_cpus > 1 + n_spare ? n_cpus - 1 - n_spare : 1;

	if (n > n_lanes && n_lanes)
		n = n_lanes;
	return n < PLACEMENT_MAX_WORKERS ? n : PLACEMENT_MAX_WORKERS;
}

int placement_cpus(struct placement *out, const struct topo *t, const struct placement_wish *wish,
		   struct err *err)
{
	bool taken[TOPO_MAX_CPUS] = { false };
	unsigned n = wish->n_workers, control = 0;

	memset(out, 0, sizeof(*out));
	out->spread = wish->spread;
	out->n_cpus = t->n_cpus;
	if (n == 0 && wish->n_pins)
		n = wish->n_pins;
	if (n == 0)
		n = placement_auto(t->n_cpus, wish->n_spare, wish->n_lanes);
	if (n > PLACEMENT_MAX_WORKERS)
		n = PLACEMENT_MAX_WORKERS;
	if (wish->n_pins && wish->n_pins < n)
		return err_set(err, -EINVAL, "workers: %u wanted, %u CPUs named; name one for each",
			       n, wish->n_pins);

	/* control: the first CPU no worker is pinned to */
	for (unsigned w = 0; w < wish->n_pins; w++) {
		const int i = pinned(t, wish, w, err);

		if (i < 0)
			return i;
		if (taken[i])
			return err_set(err, -EINVAL, "workers: CPU %u is named twice",
				       wish->pins[w]);
		taken[i] = true;
	}
	while (control < t->n_cpus && taken[control])
		control++;
	if (control == t->n_cpus)
		control = 0;
	taken[control] = true;
	out->control_cpu = t->cpu[control];

	for (unsigned w = 0; w < n; w++)
		give_place(out, t, taken,
			   wish->n_pins ? pinned(t, wish, w, err) : pick(t, taken, out, wish),
			   control, wish->n_pins ? "CPU named in the config" : NULL);
	for (unsigned i = 0; i < t->n_cpus && out->n_spare < 8; i++)
		if (!taken[i])
			out->spare[out->n_spare++] = t->cpu[i];
	more_places(out, t, taken, control, wish);
	return 0;
}

static bool same_group(const struct placement_lane *a, const struct placement_lane *b)
{
	return a->port == b->port && a->group == b->group;
}

/* Receive queues a worker already has of this port: spread each port before balancing the total. */
static unsigned queues_of_port(const struct placement_lane *lanes, unsigned n, unsigned worker,
			       uint16_t port)
{
	unsigned have = 0;

	for (unsigned i = 0; i < n; i++) {
		bool first = lanes[i].worker == worker && lanes[i].port == port;

		for (unsigned j = 0; j < i && first; j++)
			first = !same_group(&lanes[i], &lanes[j]);
		have += first;
	}
	return have;
}

/* For lane i, whose queue nobody has yet. */
static unsigned choose_worker(const struct placement *p, const struct placement_lane *lanes,
			      unsigned i)
{
	unsigned best = 0, best_cost = UINT_MAX;

	for (unsigned w = 0; w < p->n_workers; w++) {
		const bool away = lanes[i].node >= 0 && lanes[i].node != p->workers[w].node;
		const unsigned cost = (away ? 1u << 20 : 0) +
				      (queues_of_port(lanes, i, w, lanes[i].port) << 10) +
				      p->workers[w].n_queues;

		if (cost < best_cost) {
			best_cost = cost;
			best = w;
		}
	}
	return best;
}

/* The one with the most queues for each of those who share them, near before far. */
static unsigned choose_helped(const struct placement *p, unsigned helper)
{
	const struct placement_worker *best = NULL;
	const int node = p->workers[helper].node;

	for (unsigned w = 0; w < p->n_workers; w++) {
		const struct placement_worker *a = &p->workers[w];

		if (!a->n_queues)
			continue;
		if (!best || (a->node == node && best->node != node) ||
		    ((a->node == node) == (best->node == node) &&
		     a->n_queues * (best->n_helpers + 1) > best->n_queues * (a->n_helpers + 1)))
			best = a;
	}
	return best ? (unsigned)(best - p->workers) : PLACEMENT_NOBODY;
}

static void explain(struct placement *p, unsigned w, unsigned near, unsigned far)
{
	struct placement_worker *worker = &p->workers[w];
	char helpers[48] = "", queues[32] = "";

	if (worker->n_helpers)
		snprintf(helpers, sizeof(helpers), "; %u other%s get%s part of its flows",
			 worker->n_helpers, worker->n_helpers == 1 ? "" : "s",
			 worker->n_helpers == 1 ? "s" : "");
	if (worker->n_queues < worker->n_lanes)
		snprintf(queues, sizeof(queues), " in %u receive queue%s", worker->n_queues,
			 worker->n_queues == 1 ? "" : "s");
	if (w >= p->n_workers)
		snprintf(worker->why, sizeof(worker->why), "%s; not running", worker->why_cpu);
	else if (worker->helps != PLACEMENT_NOBODY)
		snprintf(worker->why, sizeof(worker->why),
			 "%s; no receive queue left: part of the flows of worker %u's lanes",
			 worker->why_cpu, worker->helps);
	else if (!worker->n_lanes)
		snprintf(worker->why, sizeof(worker->why),
			 "%s; no lanes: more workers than receive queues%s", worker->why_cpu,
			 p->spread ? "" : ", and `workers.spread` is off");
	else if (far)
		snprintf(worker->why, sizeof(worker->why),
			 "%s; %u lanes of node %d, %u of other nodes for want of workers there%s%s",
			 worker->why_cpu, near, worker->node, far, queues, helpers);
	else
		snprintf(worker->why, sizeof(worker->why), "%s; %u lanes%s, all near node %d%s",
			 worker->why_cpu, near, queues, worker->node, helpers);
}

/* The first lane of the receive queue that lane i is in. */
static unsigned first_of_queue(const struct placement_lane *lanes, unsigned i)
{
	unsigned j = 0;

	while (!same_group(&lanes[i], &lanes[j]))
		j++;
	return j;
}

static void nobody_has_anything(struct placement *p)
{
	for (unsigned w = 0; w < p->n_places; w++) {
		p->workers[w].n_lanes = p->workers[w].n_queues = p->workers[w].n_helpers = 0;
		p->workers[w].helps = PLACEMENT_NOBODY;
	}
}

void placement_lanes(struct placement *p, struct placement_lane *lanes, unsigned n_lanes)
{
	nobody_has_anything(p);
	for (unsigned i = 0; i < n_lanes; i++) {
		const unsigned first = first_of_queue(lanes, i);

		lanes[i].worker =
			first < i ? lanes[first].worker : (uint16_t)choose_worker(p, lanes, i);
		p->workers[lanes[i].worker].n_queues += first == i;
	}
	placement_share(p, lanes, n_lanes);
}

void placement_share(struct placement *p, const struct placement_lane *lanes, unsigned n_lanes)
{
	unsigned near[PLACEMENT_MAX_WORKERS] = { 0 }, far[PLACEMENT_MAX_WORKERS] = { 0 };

	nobody_has_anything(p);
	for (unsigned i = 0; i < n_lanes; i++) {
		const unsigned w = lanes[i].worker;
		const bool here = lanes[i].node < 0 || lanes[i].node == p->workers[w].node;

		p->workers[w].n_lanes++;
		p->workers[w].n_queues += !lanes[i].unused && first_of_queue(lanes, i) == i;
		near[w] += here;
		far[w] += !here;
	}
	for (unsigned w = 0; w < p->n_workers && p->spread; w++) {
		if (p->workers[w].n_queues)
			continue;
		p->workers[w].helps = choose_helped(p, w);
		if (p->workers[w].helps != PLACEMENT_NOBODY)
			p->workers[p->workers[w].helps].n_helpers++;
	}
	for (unsigned w = 0; w < p->n_places; w++)
		explain(p, w, near[w], far[w]);
}
