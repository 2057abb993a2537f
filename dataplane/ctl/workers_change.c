/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lanes move between workers, and workers come and go, under load. Control thread.
 *
 * A layout says which worker each lane has and who helps whom. From one to the next:
 *
 *  1. Everything the next one needs is made: threads, rings, configurations. What can fail fails
 *     here, and nothing has happened.
 *  2. Hold: all are shown a configuration that is theirs but polls no lane. Packets wait in the
 *     lanes' own rings, some microseconds.
 *  3. Rest: a grace period after that nothing new comes in. Between workers a packet passes two
 *     rings at most (spread or from the control thread, then handoff): once all are seen empty, a
 *     grace period passes, all are seen empty again and another passes, whatever was received is in
 *     a transmit ring. So nothing of a flow can overtake what of it was there before, and a lane's
 *     rings have been let go of by the worker that had them.
 *  4. All are shown the next layout, still without lanes to poll, and a grace period later with
 *     them: who takes over a lane knows it before anybody sends him something for it.
 *  5. Workers without lanes and rings that are to go end.
 *
 * Who does not come to rest in time (its CPU was taken away) makes 2 and 3 start again: the lanes
 * are polled meanwhile as before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/ctl/board_priv.h"
#include "lib/base/log.h"

#define HOLD_MAX_NS 10000000ull /* after that lanes are polled again */
#define HOLDS       8           /* tries */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* A lane without a port is nobody's neighbour. */
static struct placement_lane describe(const struct board *b, unsigned i)
{
	const struct board_lane *lane = &b->lanes[i];
	const int engine = b->cfg->engines[lane->engine].numa;
	const struct board_port *port;

	if (lane->port == BOARD_NO_PORT)
		return (struct placement_lane){ .node = engine,
						.port = BOARD_NO_PORT,
						.group = (uint16_t)i,
						.worker = lane->worker,
						.unused = true };
	port = &b->ports[lane->port];
	return (struct placement_lane){ .node = port->spec.numa >= 0 ? port->spec.numa : engine,
					.port = lane->port,
					.group = lane->index % port->rx_queues,
					.worker = lane->worker };
}

static struct placement_lane *describe_lanes(const struct board *b, struct err *err)
{
	struct placement_lane *lanes = calloc(b->n_lanes + 1, sizeof(*lanes));

	if (!lanes)
		err_set(err, -ENOMEM, "placement: no memory");
	for (unsigned i = 0; lanes && i < b->n_lanes; i++)
		lanes[i] = describe(b, i);
	return lanes;
}

int workers_place(struct board *b, struct placement *p, uint16_t *worker, struct err *err)
{
	struct placement_lane *lanes = describe_lanes(b, err);

	if (!lanes)
		return -ENOMEM;
	placement_lanes(p, lanes, b->n_lanes);
	for (unsigned i = 0; i < b->n_lanes; i++)
		*(worker ? &worker[i] : &b->lanes[i].worker) = lanes[i].worker;
	free(lanes);
	return 0;
}

/* The board's layout and this one change places. */
static void exchange(struct board *b, struct placement *p, uint16_t *worker)
{
	const struct placement placement = b->placement;

	b->placement = *p;
	*p = placement;
	for (unsigned i = 0; i < b->n_lanes; i++) {
		const uint16_t was = b->lanes[i].worker;

		b->lanes[i].worker = worker[i];
		worker[i] = was;
	}
}

static bool rings_empty(const struct board *b)
{
	bool empty = true;

	for (unsigned w = 0; w < b->n_workers; w++) {
		empty &= rte_ring_empty(b->workers[w]->from_control) != 0;
		for (unsigned v = 0; v < b->n_workers; v++) {
			empty &= !b->handoff[v][w] || rte_ring_empty(b->handoff[v][w]);
			empty &= !b->spread[v][w] || rte_ring_empty(b->spread[v][w]);
		}
	}
	return empty;
}

static bool come_to_rest(struct board *b)
{
	const uint64_t until = now_ns() + HOLD_MAX_NS;
	unsigned clear = 0;

	rcu_wait(b->rcu, rcu_token(b->rcu));
	while (clear < 2) {
		clear = rings_empty(b) ? clear + 1 : 0;
		rcu_wait(b->rcu, rcu_token(b->rcu));
		if (clear < 2 && now_ns() > until)
			return false;
	}
	return true;
}

/* Configurations of one kind, of all workers. */
struct cfg_set {
	struct worker_cfg *of[PLACEMENT_MAX_WORKERS];
};

struct cfg_steps {
	struct cfg_set held;  /* the layout that is, no lane polled */
	struct cfg_set ready; /* the next one, no lane polled */
	struct cfg_set next;
};

static void free_set(struct cfg_set *set)
{
	for (unsigned w = 0; w < PLACEMENT_MAX_WORKERS; w++)
		worker_cfg_free(set->of[w]);
}

static void retire_set(struct board *b, const struct cfg_set *set)
{
	for (unsigned w = 0; w < b->n_workers; w++)
		worker_cfg_retire(b, set->of[w]);
}

/* All three, or none. */
static int make_steps(struct board *b, struct placement *p, uint16_t *worker,
		      struct cfg_steps *steps, struct err *err)
{
	int ret;

	*steps = (struct cfg_steps){ 0 };
	exchange(b, p, worker);
	ret = workers_spread(b, err);
	if (!ret && worker_cfgs_make(b, steps->next.of) != 0)
		ret = -ENOMEM;
	b->rx_held = true;
	if (!ret)
		ret = worker_cfgs_make(b, steps->ready.of);
	exchange(b, p, worker);
	if (!ret)
		ret = worker_cfgs_make(b, steps->held.of);
	b->rx_held = false;
	if (!ret)
		return 0;
	free_set(&steps->next);
	free_set(&steps->ready);
	return err_set(err, ret, "workers: no memory for new configurations");
}

/* Steps 2 and 3. */
static int hold(struct board *b, const struct cfg_set *held, uint64_t *since, struct err *err)
{
	for (unsigned i = 0; i < HOLDS; i++) {
		const struct timespec pause = { .tv_nsec = 1000000 };

		*since = now_ns();
		worker_cfgs_publish(b, held->of);
		if (come_to_rest(b))
			return 0;
		worker_cfgs_publish(b, b->cfgs);
		nanosleep(&pause, NULL);
	}
	return err_set(err, -EBUSY,
		       "workers: packets between them did not get out within %llu ms, %d times "
		       "over; nothing changed. Are their CPUs their own? `cpx show workers`, "
		       "`cpx doctor`",
		       HOLD_MAX_NS / 1000000, HOLDS);
}

/* From the board's layout to this one, in which the board's then stands. */
static int change(struct board *b, struct placement *p, uint16_t *worker, struct err *err)
{
	struct cfg_steps steps;
	uint64_t since;
	int ret = make_steps(b, p, worker, &steps, err);

	if (ret)
		return ret;
	ret = hold(b, &steps.held, &since, err);
	if (ret) {
		free_set(&steps.next);
		free_set(&steps.ready);
		retire_set(b, &steps.held);
		return ret;
	}
	worker_cfgs_publish(b, steps.ready.of);
	rcu_wait(b->rcu, rcu_token(b->rcu));
	exchange(b, p, worker);
	worker_cfgs_replace(b, steps.next.of);
	log_info("workers: %u share the lanes anew, which were held for %.1f us",
		 b->placement.n_workers, (double)(now_ns() - since) / 1000);
	retire_set(b, &steps.held);
	retire_set(b, &steps.ready);
	return 0;
}

/* The last ones, which have no lanes and no flows, end. -ENOMEM: they stay and do nothing. */
static int leave(struct board *b, unsigned n, struct err *err)
{
	const unsigned had = b->n_workers;

	if (n == had)
		return 0;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	punt_catch_up(b);
	b->n_workers = n;
	if (workers_republish(b) != 0) {
		b->n_workers = had;
		return err_set(err, -ENOMEM,
			       "workers: no memory to let %u of them go; they have no lanes any "
			       "more",
			       had - n);
	}
	rcu_wait(b->rcu, rcu_token(b->rcu));
	for (unsigned w = had; w-- > n;) {
		if (b->running)
			worker_end(b, w);
		worker_remove(b, w);
	}
	return 0;
}

/* Workers up to n, without lanes. */
static int join(struct board *b, unsigned n, struct err *err)
{
	const unsigned had = b->n_workers;
	unsigned w = had;
	int ret = 0;

	while (!ret && w < n) {
		ret = worker_add(b, w, err);
		w += !ret;
	}
	b->n_workers = w;
	if (!ret && workers_republish(b) != 0)
		ret = err_set(err, -ENOMEM, "workers: no memory for new configurations");
	if (ret) { /* nobody was told of them */
		b->n_workers = had;
		while (w > had)
			worker_remove(b, --w);
		return ret;
	}
	for (w = had; b->running && !ret && w < n; w++)
		ret = worker_start(b, w, err);
	return ret;
}

static void say(struct board *b)
{
	punt_share(b);
	stats_describe(b);
	telemetry_publish(b->telemetry);
}

unsigned workers_wanted(const struct board *b, const struct config *c)
{
	unsigned lanes = 0;

	if (c->n_workers)
		return RTE_MIN(c->n_workers, (unsigned)PLACEMENT_MAX_WORKERS);
	for (unsigned i = 0; i < c->n_ports; i++)
		lanes += c->ports[i].n_lanes;
	return placement_auto(b->placement.n_cpus, eal_options.extra_lcores, lanes);
}

int workers_resize(struct board *b, unsigned n, struct err *err)
{
	const unsigned had = b->placement.n_workers;
	struct placement p = b->placement;
	uint16_t *worker;
	int ret;

	if (n < 1 || n > b->max_workers)
		return err_set(
			err, -EINVAL,
			"workers: %u wanted; this board can have 1 to %u, as many as CPUs it "
			"may use (at start: `taskset`, `cpuset`)",
			n, b->max_workers);
	p.spread = b->cfg->spread;
	if (n == had && n == b->n_workers && p.spread == b->placement.spread)
		return 0;
	if (b->unpublished && workers_republish(b) != 0)
		return err_set(err, -ENOMEM, "workers: no memory for new configurations");
	worker = calloc(b->n_lanes + 1, sizeof(*worker));
	if (!worker)
		return err_set(err, -ENOMEM, "workers: no memory");
	p.n_workers = n;
	ret = workers_place(b, &p, worker, err);
	if (!ret && n > b->n_workers)
		ret = join(b, n, err);
	if (!ret)
		ret = change(b, &p, worker, err);
	free(worker);
	if (ret)
		leave(b, had, NULL);
	else
		ret = leave(b, n, err);
	say(b);
	return ret;
}

int lane_move(struct board *b, unsigned lane, unsigned to, struct err *err)
{
	struct placement p = b->placement;
	struct placement_lane *lanes;
	uint16_t *worker;
	int ret = -ENOMEM;

	if (lane >= b->n_lanes || to >= b->placement.n_workers)
		return err_set(err, -EINVAL,
			       "lane %u to worker %u: there are lanes 0 to %u and workers 0 to %u",
			       lane, to, b->n_lanes - 1, b->placement.n_workers - 1);
	if (b->lanes[lane].worker == to)
		return 0;
	lanes = describe_lanes(b, err);
	worker = calloc(b->n_lanes, sizeof(*worker));
	if (!worker)
		err_set(err, ret, "lane %u: no memory", lane);
	if (lanes && worker) {
		for (unsigned i = 0; i < b->n_lanes; i++) {
			if (lanes[i].port == lanes[lane].port &&
			    lanes[i].group == lanes[lane].group)
				lanes[i].worker = (uint16_t)to;
			worker[i] = lanes[i].worker;
		}
		placement_share(&p, lanes, b->n_lanes);
		ret = change(b, &p, worker, err);
	}
	free(lanes);
	free(worker);
	say(b);
	return ret;
}
