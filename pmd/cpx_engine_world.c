/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is around the emulated modules of this process: one thread that runs them, and physics. The
 * light that a lane sends arrives at the lane at the other end of its port's carrier, weaker by the
 * same loss everywhere; what arrives decides, by its bit error ratio, how many frames are lost
 * there. Loopback and patterns divert lanes. Managers see none of this but by registers, and hear
 * of it by the interrupt.
 *
 * Light between processes is told by the peer's net_cpx (cpx_peer.c) as there or not there.
 */
#include <rte_lcore.h>

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#include "lib/cmis/emulator/control.h"
#include "pmd/cpx_detour.h"
#include "pmd/cpx_engine_priv.h"
#include "pmd/cpx_logs.h"
#include "pmd/cpx_loss.h"

#define DARK           (-40.0)
#define HOST_TO_HOST   (CMIS_LOOPBACK_MEDIA_OUTPUT | CMIS_LOOPBACK_HOST_INPUT)
#define FIBER_TO_FIBER (CMIS_LOOPBACK_MEDIA_INPUT | CMIS_LOOPBACK_HOST_OUTPUT)

static struct {
	pthread_mutex_t lock; /* of all here */
	struct cmis_emulator *emulator;
	unsigned modules;
	struct cpx_engine *module[CPX_MAX_MODULES];
	LIST_HEAD(, cpx_port) ports;
	pthread_t thread;
	bool stop;
} world = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* A lane of a port as its module has it. */
struct end {
	struct cpx_port *port;
	unsigned lane;
	struct cmis_engine *engine; /* NULL: not emulated here */
	struct cmis_lane_output out;
};

static bool is_here(const struct cpx_port *port)
{
	const struct cpx_port *p;

	LIST_FOREACH(p, &world.ports, world_link)
	if (p == port)
		return true;
	return false;
}

static struct end end_of(struct cpx_port *p, unsigned lane)
{
	struct end e = { .port = p, .lane = lane };

	if (p->engine == NULL || p->engine->module == NULL)
		return e;
	e.engine = cmis_module_engine(p->engine->module);
	cmis_engine_lane(e.engine, p->args.first_lane + lane, &e.out);
	return e;
}

/* The lane at the other end of the carrier: false where there is none in this process. */
static bool far_of(const struct end *e, struct end *far)
{
	const struct cpx_carrier_ops *ops = cpx_carriers[e->port->args.carrier];
	struct cpx_port *p = ops->far != NULL ? ops->far(e->port) : NULL;

	if (p == NULL || !is_here(p) || e->lane >= p->args.n_lanes)
		return false;
	*far = end_of(p, e->lane);
	return true;
}

/* ---- light ---- */

/* What arrives at a lane from its fiber. */
static void shine(const struct end *e, struct cmis_lane_input *in)
{
	const struct cpx_carrier_ops *ops = cpx_carriers[e->port->args.carrier];
	const struct cmis_light *light = &cmis_engine_profile(e->engine)->light;
	struct end far;

	in->rx_dbm = light->rx_dbm;
	in->media_pattern = -1;
	if (ops->far != NULL) {
		if (!far_of(e, &far)) {
			in->rx_dbm = DARK;
		} else if (far.engine != NULL) {
			const struct cmis_light *sent = &cmis_engine_profile(far.engine)->light;

			in->rx_dbm = !far.out.tx_valid ? DARK
				     : far.out.tx_dbm > DARK
					     ? light->rx_dbm + far.out.tx_dbm - sent->tx_dbm
					     : light->rx_dbm; /* copper has no power to tell */
			in->media_pattern = far.out.media_pattern;
		}
	} else if (ops->light != NULL && !(ops->light(e->port) >> e->lane & 1)) {
		in->rx_dbm = DARK;
	}
}

/* With the emulator's lock. Twice, because light may come back from where it went. */
static void shine_on(struct cpx_port *p)
{
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		struct end e = end_of(p, i);
		struct cmis_lane_input is, to;

		if (e.engine == NULL ||
		    cmis_engine_get_input(e.engine, p->args.first_lane + i, &is) != 0)
			continue;
		to = is;
		shine(&e, &to);
		if (to.rx_dbm != is.rx_dbm || to.media_pattern != is.media_pattern)
			cmis_engine_set_input(e.engine, p->args.first_lane + i, &to);
	}
}

/* ---- what it does to frames ---- */

/* Of a lane that frames are received on. */
static double ber_of(const struct end *e)
{
	if (e->engine == NULL)
		return NAN;
	return e->out.rx_valid && e->out.state == CMIS_DP_ACTIVATED ? e->out.ber : 0.5;
}

static void affect(struct cpx_port *p)
{
	uint32_t dark = 0, diverted = 0, looping = 0, reflecting = 0, was;
	const struct cpx_carrier_ops *ops = cpx_carriers[p->args.carrier];
	double ber[CPX_MAX_LANES];
	bool told;

	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		const struct end e = end_of(p, i);
		struct end far;

		ber[i] = ber_of(&e);
		if (far_of(&e, &far) && far.engine != NULL && far.out.loopback & FIBER_TO_FIBER)
			looping |= 1u << i;
		if (e.engine == NULL)
			continue;
		if (!e.out.tx_valid)
			dark |= 1u << i;
		if (e.out.loopback & HOST_TO_HOST)
			looping |= 1u << i;
		if (e.out.loopback & FIBER_TO_FIBER)
			reflecting |= 1u << i;
		if (e.out.loopback & FIBER_TO_FIBER || e.out.media_pattern >= 0 ||
		    e.out.host_pattern >= 0)
			diverted |= 1u << i;
	}
	if (ops->reflected != NULL)
		looping |= ops->reflected(p);
	cpx_loss_set(p, ber);
	cpx_detour_set(p, looping);
	told = dark == p->dark_lanes && reflecting == p->reflecting_lanes;
	store_relaxed(&p->dark_lanes, dark);
	store_relaxed(&p->reflecting_lanes, reflecting);
	if (!told && cpx_ops(p)->changed != NULL)
		cpx_ops(p)->changed(p);
	was = p->diverted_lanes;
	store_relaxed(&p->diverted_lanes, diverted);
	if (was != diverted && p->engine != NULL)
		cpx_engine_wake(p->engine);
}

static void look_at_interrupts(void)
{
	for (unsigned i = 0; i < world.modules; i++) {
		struct cpx_engine *e = world.module[i];

		if (!load_acquire(&e->interrupted) &&
		    cmis_engine_interrupt(cmis_module_engine(e->module)))
			cpx_engine_interrupt(e);
	}
}

static void physics(void)
{
	struct cpx_port *p;

	cmis_emulator_lock(world.emulator);
	for (unsigned round = 0; round < 2; round++)
		LIST_FOREACH(p, &world.ports, world_link)
	shine_on(p);
	LIST_FOREACH(p, &world.ports, world_link)
	affect(p);
	look_at_interrupts();
	cmis_emulator_unlock(world.emulator);
}

/* ---- its thread ---- */

static int until(uint64_t next)
{
	const uint64_t now = cpx_engine_clock();

	if (next == CMIS_NEVER)
		return 1000;
	return next <= now ? 0 : (int)((next - now) / CMIS_MS) + 1;
}

static void *world_main(void *arg)
{
	struct pollfd p = { cmis_emulator_fd(arg), POLLIN, 0 };

	for (;;) {
		const uint64_t next = cmis_emulator_run(arg);
		bool stop;

		pthread_mutex_lock(&world.lock);
		stop = world.stop;
		if (!stop)
			physics();
		pthread_mutex_unlock(&world.lock);
		if (stop)
			return NULL;
		poll(&p, 1, until(next));
	}
}

/* With the lock; without modules there is no thread. */
static int begin(struct err *err)
{
	int rc = cmis_emulator_create(&world.emulator, NULL, err);

	if (rc != 0)
		return rc;
	world.stop = false;
	rc = rte_ctrl_thread_create(&world.thread, "cpx-emulated", NULL, world_main,
				    world.emulator);
	if (rc == 0)
		return 0;
	cmis_emulator_destroy(world.emulator);
	world.emulator = NULL;
	return err_set(err, rc < 0 ? rc : -rc, "the thread of emulated engines does not start (%s)",
		       strerror(rc < 0 ? -rc : rc));
}

/* Without the lock, and nobody else uses the world. */
static void end(void)
{
	struct cmis_emulator *em;

	pthread_mutex_lock(&world.lock);
	em = world.emulator;
	world.stop = true;
	pthread_mutex_unlock(&world.lock);
	cmis_emulator_wake(em);
	pthread_join(world.thread, NULL);
	cmis_emulator_destroy(em);
	pthread_mutex_lock(&world.lock);
	world.emulator = NULL;
	pthread_mutex_unlock(&world.lock);
}

/* ---- of engines and ports; engines come and go one at a time (the registry's lock) ---- */

/* Lasers that are reached through the engine only. */
static int add_joint(struct cpx_engine *e, struct err *err)
{
	char serial[CPX_NAME_LEN];
	const struct cmis_engine_settings settings = { .profile = e->lasers,
						       .seed = e->seed,
						       .serial = serial };
	int rc;

	snprintf(serial, sizeof(serial), "%.24s-LASERS", e->name);
	rc = cmis_emulator_add(world.emulator, &settings, NULL, &e->joint_module, err);
	return rc != 0 ? rc : cmis_emulator_feed(e->module, e->joint_module, true);
}

static void remove_modules(struct cpx_engine *e)
{
	cmis_emulator_remove(world.emulator, e->module);
	cmis_emulator_remove(world.emulator, e->joint_module);
	e->module = e->joint_module = NULL;
}

int cpx_world_add(struct cpx_engine *e, const char *socket, struct err *err)
{
	const struct cmis_engine_settings settings = { .profile = e->profile,
						       .seed = e->seed,
						       .serial = e->name };
	int rc = 0;

	pthread_mutex_lock(&world.lock);
	if (world.emulator == NULL)
		rc = begin(err);
	pthread_mutex_unlock(&world.lock);
	if (rc != 0)
		return rc;
	rc = cmis_emulator_add(world.emulator, &settings, socket, &e->module, err);
	if (rc == 0 && e->joint)
		rc = add_joint(e, err);
	else if (rc == 0 && e->source != NULL && e->source->module != NULL)
		rc = cmis_emulator_feed(e->module, e->source->module, false);
	pthread_mutex_lock(&world.lock);
	if (rc == 0)
		world.module[world.modules++] = e;
	pthread_mutex_unlock(&world.lock);
	if (rc != 0) {
		remove_modules(e);
		if (world.modules == 0)
			end();
	}
	return rc;
}

void cpx_world_remove(struct cpx_engine *e)
{
	bool last;

	pthread_mutex_lock(&world.lock);
	for (unsigned i = 0; i < world.modules; i++)
		if (world.module[i] == e)
			world.module[i] = world.module[--world.modules];
	last = world.modules == 0;
	pthread_mutex_unlock(&world.lock);
	remove_modules(e);
	if (last)
		end();
}

bool cpx_world_interrupts(struct cpx_engine *e)
{
	bool on;

	cmis_emulator_lock(world.emulator);
	on = cmis_engine_interrupt(cmis_module_engine(e->module));
	cmis_emulator_unlock(world.emulator);
	return on;
}

int cpx_world_inject(struct cpx_engine *e, const char *request, struct err *err)
{
	int rc;

	struct cmis_module *module = e->module;

	/* lasers that it speaks for have no name of their own: "lasers inject …" */
	if (e->joint_module != NULL && strncmp(request, "lasers ", 7) == 0) {
		module = e->joint_module;
		request += 7;
	}
	cmis_emulator_lock(world.emulator);
	rc = cmis_control_obey(cmis_module_engine(module), request, err);
	cmis_emulator_unlock(world.emulator);
	cmis_emulator_wake(world.emulator);
	return rc;
}

void cpx_world_join(struct cpx_port *p)
{
	pthread_mutex_lock(&world.lock);
	LIST_INSERT_HEAD(&world.ports, p, world_link);
	if (world.emulator != NULL)
		cmis_emulator_wake(world.emulator);
	pthread_mutex_unlock(&world.lock);
}

void cpx_world_leave(struct cpx_port *p)
{
	pthread_mutex_lock(&world.lock);
	LIST_REMOVE(p, world_link);
	if (world.emulator != NULL)
		cmis_emulator_wake(world.emulator);
	pthread_mutex_unlock(&world.lock);
}

void cpx_world_changed(void)
{
	struct cmis_emulator *em = load_acquire(&world.emulator);

	if (em != NULL)
		cmis_emulator_wake(em);
}
