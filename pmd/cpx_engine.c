/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines of the process: found or made by the ports that name them, a thread each that steps the
 * manager, gone with the last port. See cpx_engine.h.
 */
#include <rte_lcore.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pmd/cpx_engine_priv.h"
#include "pmd/cpx_logs.h"

#define BUSY_MS 200 /* that cpx_engine_do waits for a manager */

static LIST_HEAD(, cpx_engine) engines = LIST_HEAD_INITIALIZER(engines);
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static cpx_engine_step_t *step_cb;
static void *step_arg;
cpx_engine_event_t *cpx_engine_event_cb;
void *cpx_engine_event_arg;

/* ---- its thread ---- */

static void event(void *arg, const struct cmis_event *what)
{
	struct cpx_engine *e = arg;

	if (cpx_engine_event_cb != NULL)
		cpx_engine_event_cb(cpx_engine_event_arg, e, what);
	else if (what->kind == CMIS_EVENT_NOTE)
		PMD_DRV_LOG(NOTICE, "%s", what->text);
	else if (what->kind == CMIS_EVENT_FLAG)
		PMD_DRV_LOG(DEBUG, "%s", what->text);
	else
		PMD_DRV_LOG(INFO, "%s", what->text);
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* With the lock. When it is due again. */
static uint64_t step(struct cpx_engine *e)
{
	const bool interrupted = load_acquire(&e->interrupted) != 0;
	const uint64_t now = cpx_engine_clock();
	uint64_t due;

	if (interrupted)
		cmis_manager_interrupt(e->manager);
	due = cmis_manager_step(e->manager, now);
	if (interrupted) /* still there, or there again: its next look tells */
		store_release(&e->interrupted, 0);
	cpx_engine_follow(e, now);
	if (step_cb != NULL)
		step_cb(step_arg, e, e->manager, now);
	e->steps++;
	e->cpu_ns = thread_cpu_ns();
	return due;
}

static void *engine_main(void *arg)
{
	struct cpx_engine *e = arg;
	struct pollfd p = { e->wake, POLLIN, 0 };
	bool stop = false;

	while (!stop) {
		uint64_t due = 0, now;
		eventfd_t count;

		pthread_mutex_lock(&e->lock);
		stop = e->stop;
		if (!stop)
			due = step(e);
		pthread_mutex_unlock(&e->lock);
		now = cpx_engine_clock();
		if (stop || due <= now)
			continue;
		ppoll(&p, 1,
		      &(struct timespec){ (time_t)((due - now) / 1000000000),
					  (long)((due - now) % 1000000000) },
		      NULL);
		eventfd_read(e->wake, &count);
	}
	return NULL;
}

void cpx_engine_wake(struct cpx_engine *e)
{
	eventfd_write(e->wake, 1);
}

void cpx_engine_interrupt(struct cpx_engine *e)
{
	store_release(&e->interrupted, 1);
	cpx_engine_wake(e);
}

/* ---- made and gone ---- */

static int open_bus(struct cpx_engine *e, const char *socket, struct cmis_transport *bus,
		    struct err *err)
{
	int rc;

	switch (e->mgmt) {
	case CPX_MGMT_EMULATED:
		rc = cpx_world_add(e, socket, err);
		if (rc == 0)
			*bus = cmis_module_transport(e->module);
		return rc;
	case CPX_MGMT_UNIX:
		rc = cmis_client_create(&e->client, e->path, 0, err);
		if (rc == 0)
			*bus = cmis_client_transport(e->client);
		return rc;
	default:
		rc = cmis_eeprom_create(&e->eeprom, e->path, 0, err);
		if (rc == 0)
			*bus = cmis_eeprom_transport(e->eeprom);
		return rc;
	}
}

static void close_bus(struct cpx_engine *e)
{
	if (e->module != NULL)
		cpx_world_remove(e);
	cmis_client_destroy(e->client);
	cmis_eeprom_destroy(e->eeprom);
}

static int begin(struct cpx_engine *e, const char *socket, struct err *err)
{
	struct cmis_manager_settings settings = {
		.name = e->name,
		.event = event,
		.event_arg = e,
		.joint = e->joint,
	};
	int rc = open_bus(e, socket, &settings.bus, err);

	if (rc != 0)
		return rc;
	e->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (e->wake < 0 || cmis_manager_create(&e->manager, &settings) != 0) {
		rc = err_set(err, -ENOMEM, "engine %s: no memory for its manager", e->name);
		goto no_manager;
	}
	rc = rte_ctrl_thread_create(&e->thread, "cpx-engine", NULL, engine_main, e);
	if (rc != 0) {
		rc = err_set(err, rc < 0 ? rc : -rc, "engine %s: its thread does not start (%s)",
			     e->name, strerror(rc < 0 ? -rc : rc));
		goto no_thread;
	}
	return 0;

no_thread:
	cmis_manager_destroy(e->manager);
no_manager:
	if (e->wake >= 0)
		close(e->wake);
	close_bus(e);
	return rc;
}

static void end(struct cpx_engine *e)
{
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_mutex_unlock(&e->lock);
	cpx_engine_wake(e);
	pthread_join(e->thread, NULL);
	cmis_manager_destroy(e->manager);
	close(e->wake);
	close_bus(e);
}

static struct cpx_engine *find(const char *name)
{
	struct cpx_engine *e;

	LIST_FOREACH(e, &engines, link)
	if (strcmp(e->name, name) == 0)
		return e;
	return NULL;
}

static void put(struct cpx_engine *e)
{
	struct cpx_engine *source;

	if (e == NULL || --e->holders > 0)
		return;
	source = e->source;
	LIST_REMOVE(e, link);
	end(e);
	pthread_mutex_destroy(&e->lock);
	pthread_mutex_destroy(&e->view_lock);
	free(e);
	put(source);
}

/* What a view says from the start: nothing of this changes, and the first step may be far off. */
static void introduce(struct cpx_engine *e)
{
	struct cpx_engine_view *v = &e->view;

	snprintf(v->name, sizeof(v->name), "%s", e->name);
	snprintf(v->profile, sizeof(v->profile), "%s", e->profile ? e->profile->name : "");
	snprintf(v->source, sizeof(v->source), "%s", e->source ? e->source->name : "");
	v->mgmt = e->mgmt;
	v->is_source = e->is_source;
}

/* The one of this name, made if there is none. With the registry's lock. */
static int get(struct cpx_engine **out, const struct cpx_engine *like, const char *socket,
	       struct err *err)
{
	struct cpx_engine *e = find(like->name);
	unsigned n = 0;
	int rc;

	if (e != NULL) {
		if (e->mgmt != like->mgmt || strcmp(e->path, like->path) != 0 ||
		    e->profile != like->profile || e->is_source != like->is_source ||
		    e->joint != like->joint)
			return err_set(err, -EINVAL,
				       "engine %s: another port of this process says it is managed "
				       "otherwise (mgmt=, profile=, lasers=); give both the same",
				       e->name);
		put(like->source);
		e->holders++;
		*out = e;
		return 0;
	}
	LIST_FOREACH(e, &engines, link)
	n++;
	if (n >= CPX_MAX_MODULES)
		return err_set(err, -ENOSPC,
			       "engine %s: this process has %u engines and laser "
			       "sources already, which is the limit",
			       like->name, n);
	e = malloc(sizeof(*e));
	if (e == NULL)
		return err_set(err, -ENOMEM, "engine %s: no memory", like->name);
	*e = *like;
	e->holders = 1;
	introduce(e);
	for (unsigned i = 0; i < RTE_DIM(e->random); i++)
		e->random[i] = fec_random_of(e->seed, i);
	pthread_mutex_init(&e->lock, NULL);
	pthread_mutex_init(&e->view_lock, NULL);
	rc = begin(e, socket, err);
	if (rc != 0) {
		free(e);
		return rc;
	}
	LIST_INSERT_HEAD(&engines, e, link);
	*out = e;
	return 0;
}

/* Lasers for an emulated engine whose kind wants some, or that somebody named. */
static int get_source(struct cpx_engine **source, const struct cpx_engine *engine,
		      const struct cpx_args *a, struct err *err)
{
	struct cpx_engine like = { .mgmt = CPX_MGMT_EMULATED, .seed = a->seed, .is_source = true };
	const bool wanted = engine->profile != NULL && engine->profile->external_lasers;

	*source = NULL;
	if (engine->joint)
		return 0;
	if (a->lasers[0] == '\0' && !wanted)
		return 0;
	if (a->lasers[0] != '\0')
		snprintf(like.name, sizeof(like.name), "%s", a->lasers);
	else
		snprintf(like.name, sizeof(like.name), "%.24s-lasers", engine->name);
	if (a->lasers_mgmt[0] != '\0') {
		like.mgmt = CPX_MGMT_UNIX;
		snprintf(like.path, sizeof(like.path), "%s", a->lasers_mgmt);
	} else {
		like.profile = cmis_profile_find(a->lasers_profile);
	}
	return get(source, &like, NULL, err);
}

/* ---- of the driver ---- */

static void take_seat(struct cpx_engine *e, struct cpx_port *p)
{
	const unsigned bank = p->args.first_lane / CMIS_LANES;

	pthread_mutex_lock(&e->lock);
	e->seat[bank][p->args.first_lane % CMIS_LANES] = (struct cpx_seat){ .port = p };
	cpx_engine_wish(e, bank);
	pthread_mutex_unlock(&e->lock);
	cpx_engine_wake(e);
}

static int open_as(struct cpx_engine **e, const char *name, const struct cpx_args *a,
		   struct err *err)
{
	struct cpx_engine like = { .mgmt = a->mgmt, .seed = a->seed, .joint = a->joint };
	int rc;

	snprintf(like.name, sizeof(like.name), "%.*s", CPX_NAME_LEN - 1, name);
	snprintf(like.path, sizeof(like.path), "%s", a->mgmt_path);
	if (a->mgmt == CPX_MGMT_EMULATED)
		like.profile = cmis_profile_find(a->profile);
	like.lasers = cmis_profile_find(a->lasers_profile);
	pthread_mutex_lock(&registry);
	rc = get_source(&like.source, &like, a, err);
	if (rc == 0) {
		rc = get(e, &like, a->serve[0] != '\0' ? a->serve : NULL, err);
		if (rc != 0)
			put(like.source);
	}
	pthread_mutex_unlock(&registry);
	return rc;
}

int cpx_engine_open(struct cpx_engine **e, const struct cpx_args *args, struct err *err)
{
	return open_as(e, args->engine, args, err);
}

void cpx_engine_close(struct cpx_engine *e)
{
	pthread_mutex_lock(&registry);
	put(e);
	pthread_mutex_unlock(&registry);
}

int cpx_engine_attach(struct cpx_port *p, struct err *err)
{
	const struct cpx_args *a = &p->args;
	struct cpx_engine *e;
	int rc;

	if (a->mgmt == CPX_MGMT_NONE) {
		store_relaxed(&p->engine_lanes, UINT32_MAX);
		cpx_world_join(p);
		return 0;
	}
	rc = open_as(&e, a->engine[0] != '\0' ? a->engine : cpx_port_name(p), a, err);
	if (rc != 0)
		return rc;
	p->engine = e;
	store_relaxed(&p->engine_lanes, 0);
	cpx_world_join(p);
	take_seat(e, p);
	return 0;
}

void cpx_engine_detach(struct cpx_port *p)
{
	struct cpx_engine *e = p->engine;
	const unsigned bank = p->args.first_lane / CMIS_LANES;

	cpx_world_leave(p);
	if (e == NULL)
		return;
	pthread_mutex_lock(&e->lock);
	e->seat[bank][p->args.first_lane % CMIS_LANES] = (struct cpx_seat){ 0 };
	cpx_engine_wish(e, bank);
	pthread_mutex_unlock(&e->lock);
	cpx_engine_wake(e);
	p->engine = NULL;
	cpx_engine_close(e);
}

void cpx_engine_port_changed(struct cpx_port *p)
{
	struct cpx_engine *e = p->engine;

	if (e == NULL)
		return;
	pthread_mutex_lock(&e->lock);
	cpx_engine_wish(e, p->args.first_lane / CMIS_LANES);
	pthread_mutex_unlock(&e->lock);
	cpx_engine_wake(e);
}

void cpx_engine_light_changed(const struct cpx_port *p)
{
	cpx_world_changed();
}

bool cpx_engine_coming_up(const struct cpx_port *p)
{
	struct cpx_engine *e = p->engine;
	const unsigned bank = p->args.first_lane / CMIS_LANES;
	const struct cmis_bank_seen *seen = e != NULL ? &e->view.bank[bank] : NULL;
	bool coming;

	if (e == NULL)
		return false;
	pthread_mutex_lock(&e->view_lock);
	coming = e->view.steps == 0 || seen->port_count == 0;
	for (unsigned i = 0; i < seen->port_count; i++)
		if (seen->port[i].wish.first >= p->args.first_lane % CMIS_LANES &&
		    seen->port[i].wish.first < p->args.first_lane % CMIS_LANES + p->args.n_lanes)
			coming |= seen->port[i].state == CMIS_PORT_WAITING;
	if (e->view.seen.state == CMIS_MANAGER_ABSENT)
		coming = e->view.steps < 20;
	pthread_mutex_unlock(&e->view_lock);
	return coming;
}

/* ---- of others ---- */

uint32_t cpx_port_lanes(uint16_t port_id)
{
	const struct cpx_port *p = cpx_port_of(&rte_eth_devices[port_id]);

	return load_relaxed(&p->engine_lanes) & ((1u << p->args.n_lanes) - 1);
}

unsigned cpx_port_lane_over(uint16_t port_id, unsigned lane)
{
	const struct cpx_port *p = cpx_port_of(&rte_eth_devices[port_id]);

	return cpx_lane_over(cpx_port_lanes(port_id), p->args.n_lanes, lane);
}

unsigned cpx_engine_list(struct cpx_engine *list[CPX_MAX_MODULES])
{
	struct cpx_engine *e;
	unsigned n = 0;

	pthread_mutex_lock(&registry);
	LIST_FOREACH(e, &engines, link)
	if (n < CPX_MAX_MODULES)
		list[n++] = e;
	pthread_mutex_unlock(&registry);
	return n;
}

struct cpx_engine *cpx_engine_find(const char *name)
{
	struct cpx_engine *e;

	pthread_mutex_lock(&registry);
	e = find(name);
	pthread_mutex_unlock(&registry);
	return e;
}

const char *cpx_engine_name(const struct cpx_engine *e)
{
	return e->name;
}

void cpx_engine_look(struct cpx_engine *e, struct cpx_engine_view *view)
{
	pthread_mutex_lock(&e->view_lock);
	*view = e->view;
	pthread_mutex_unlock(&e->view_lock);
}

int cpx_engine_do(struct cpx_engine *e, int (*what)(struct cmis_manager *m, void *arg), void *arg)
{
	struct timespec until;
	int rc;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += BUSY_MS * 1000000l;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	if (pthread_mutex_timedlock(&e->lock, &until) != 0)
		return -EBUSY;
	rc = what(e->manager, arg);
	pthread_mutex_unlock(&e->lock);
	cpx_engine_wake(e);
	return rc;
}

int cpx_engine_inject(struct cpx_engine *e, const char *request, struct err *err)
{
	if (e->mgmt != CPX_MGMT_EMULATED)
		return err_set(err, -ENOTSUP,
			       "engine %s is not emulated in this process, so nothing can be made "
			       "to go wrong in it from here",
			       e->name);
	return cpx_world_inject(e, request, err);
}

void cpx_engine_set_down(struct cpx_engine *e, uint64_t lanes, bool down)
{
	pthread_mutex_lock(&e->lock);
	e->down = down ? e->down | lanes : e->down & ~lanes;
	for (unsigned b = 0; b < CPX_ENGINE_BANKS; b++)
		if (lanes >> b * CMIS_LANES & 0xff)
			cpx_engine_wish(e, b);
	pthread_mutex_unlock(&e->lock);
	cpx_engine_wake(e);
}

uint64_t cpx_engine_down(struct cpx_engine *e)
{
	uint64_t down;

	pthread_mutex_lock(&e->lock);
	down = e->down;
	pthread_mutex_unlock(&e->lock);
	return down;
}

/* Nobody is in a callback that was set before. With the registry's lock. */
static void pass_all(void)
{
	struct cpx_engine *e;

	LIST_FOREACH(e, &engines, link)
	{
		pthread_mutex_lock(&e->lock);
		pthread_mutex_unlock(&e->lock);
	}
}

void cpx_engine_events(cpx_engine_event_t *cb, void *arg)
{
	pthread_mutex_lock(&registry);
	cpx_engine_event_arg = arg;
	cpx_engine_event_cb = cb;
	pass_all();
	pthread_mutex_unlock(&registry);
}

void cpx_engine_steps(cpx_engine_step_t *cb, void *arg)
{
	pthread_mutex_lock(&registry);
	step_arg = arg;
	step_cb = cb;
	pass_all();
	pthread_mutex_unlock(&registry);
}
