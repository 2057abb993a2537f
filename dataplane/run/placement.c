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

	for (unsigned i = 0; i < wish->n_lanes; i++)
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

int placement_cpus(struct placement *out, const struct topo *t, const struct placement_wish *wish,
		   struct err *err)
{
	bool taken[TOPO_MAX_CPUS] = { false };
	unsigned n = wish->n_workers, control = 0;

	memset(out, 0, sizeof(*out));
	if (n == 0 && wish->n_pins)
		n = wish->n_pins;
	if (n == 0) {
		const unsigned busy = 1 + wish->n_spare;

		n = t->n_cpus > busy ? t->n_cpus - busy : 1;
		if (n > wish->n_lanes && wish->n_lanes)
			n = wish->n_lanes;
	}
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

	for (unsigned w = 0; w < n; w++) {
		struct placement_worker *worker = &out->workers[w];
		int i = wish->n_pins ? pinned(t, wish, w, err) : pick(t, taken, out, wish);

		worker->shared = i < 0 || (unsigned)i == control;
		if (i < 0)
			i = (int)control;
		taken[i] = true;
		worker->cpu = t->cpu[i];
		worker->node = t->node[i];
		out->n_workers = w + 1;
		snprintf(worker->why, sizeof(worker->why), "%s",
			 wish->n_pins     ? "CPU named in the config"
			 : worker->shared ? "no CPU left: shares the control thread's"
					  : "free CPU");
	}
	for (unsigned i = 0; i < t->n_cpus && out->n_spare < 8; i++)
		if (!taken[i])
			out->spare[out->n_spare++] = t->cpu[i];
	return 0;
}

static bool same_group(const struct placement_lane *a, const struct placement_lane *b)
{
	return a->port == b->port && a->group == b->group;
}

/* Lanes a worker already has of this port: spread each port before balancing the total. */
static unsigned lanes_of_port(const struct placement_lane *lanes, unsigned n, unsigned worker,
			      uint16_t port)
{
	unsigned have = 0;

	for (unsigned i = 0; i < n; i++)
		have += lanes[i].worker == worker && lanes[i].port == port;
	return have;
}

void placement_lanes(struct placement *p, struct placement_lane *lanes, unsigned n_lanes)
{
	unsigned near[PLACEMENT_MAX_WORKERS] = { 0 }, far[PLACEMENT_MAX_WORKERS] = { 0 };

	for (unsigned w = 0; w < p->n_workers; w++)
		p->workers[w].n_lanes = 0;
	for (unsigned i = 0; i < n_lanes; i++) {
		unsigned best = 0, best_cost = UINT_MAX;
		bool placed = false;

		for (unsigned j = 0; j < i && !placed; j++) {
			if (same_group(&lanes[i], &lanes[j])) {
				best = lanes[j].worker;
				placed = true;
			}
		}
		for (unsigned w = 0; w < p->n_workers && !placed; w++) {
			const bool away = lanes[i].node >= 0 && lanes[i].node != p->workers[w].node;
			const unsigned cost = (away ? 1u << 20 : 0) +
					      (lanes_of_port(lanes, i, w, lanes[i].port) << 10) +
					      p->workers[w].n_lanes;

			if (cost < best_cost) {
				best_cost = cost;
				best = w;
			}
		}
		lanes[i].worker = (uint16_t)best;
		p->workers[best].n_lanes++;
		if (lanes[i].node < 0 || lanes[i].node == p->workers[best].node)
			near[best]++;
		else
			far[best]++;
	}
	for (unsigned w = 0; w < p->n_workers; w++) {
		struct placement_worker *worker = &p->workers[w];
		const size_t len = strlen(worker->why);

		if (far[w])
			snprintf(worker->why + len, sizeof(worker->why) - len,
				 "; %u lanes of node %d, %u of other nodes for want of workers "
				 "there",
				 near[w], worker->node, far[w]);
		else
			snprintf(worker->why + len, sizeof(worker->why) - len,
				 "; %u lanes, all near node %d", near[w], worker->node);
	}
}
