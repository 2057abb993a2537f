/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines of the process: found or made by the ports that name them, gone with the last one; what
 * others may ask and want of them. See cpx_engine.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_engine_priv.h"
#include "pmd/cpx_logs.h"

#define BUSY_MS 200 /* that cpx_engine_do waits for a manager */

static LIST_HEAD(, cpx_engine) engines = LIST_HEAD_INITIALIZER(engines);
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;

/* ---- made and gone ---- */

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
	cpx_engine_end(e);
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
	rc = cpx_engine_begin(e, socket, err);
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
