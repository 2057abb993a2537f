/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine's thread, which steps its manager as often as that wants or somebody wakes it, and the
 * way to the module. See cpx_engine.h.
 */
#include <rte_lcore.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pmd/cpx_engine_priv.h"
#include "pmd/cpx_logs.h"

#define AGAIN_FIRST (2 * CMIS_MS)
#define AGAIN_LAST  (100 * CMIS_MS)

static cpx_engine_event_t *event_cb;
static cpx_engine_step_t *step_cb;
static void *event_arg, *step_arg;

static void event(void *arg, const struct cmis_event *what)
{
	struct cpx_engine *e = arg;
	cpx_engine_event_t *cb = load_acquire(&event_cb);

	if (cb != NULL)
		cb(event_arg, e, what);
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

/*
 * The interrupt is a level. One that is still there, or there again, after a look is looked at
 * again, soon at first; what lasts (a fiber that nobody lights) ten times a second.
 */
static uint64_t look_again(struct cpx_engine *e, uint64_t now, uint64_t due)
{
	store_release(&e->interrupted, 0);
	if (e->module == NULL || !cpx_world_interrupts(e)) {
		e->again_ns = 0;
		return due;
	}
	e->again_ns = e->again_ns == 0 ? AGAIN_FIRST : RTE_MIN(2 * e->again_ns, AGAIN_LAST);
	store_release(&e->interrupted, 1);
	return RTE_MIN(due, now + e->again_ns);
}

/* With the lock. When it is due again. */
static uint64_t step(struct cpx_engine *e)
{
	const bool interrupted = load_acquire(&e->interrupted) != 0;
	const uint64_t now = cpx_engine_clock();
	cpx_engine_step_t *cb;
	uint64_t due;

	if (interrupted)
		cmis_manager_interrupt(e->manager);
	due = cmis_manager_step(e->manager, now);
	if (interrupted)
		due = look_again(e, now, due);
	cpx_engine_follow(e, now);
	cb = load_acquire(&step_cb);
	if (cb != NULL)
		cb(step_arg, e, e->manager, now);
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

int cpx_engine_begin(struct cpx_engine *e, const char *socket, struct err *err)
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

void cpx_engine_end(struct cpx_engine *e)
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

/* ---- who is told ---- */

/* Nobody is in a callback that was set before. */
static void pass_all(void)
{
	struct cpx_engine *list[CPX_MAX_MODULES];

	for (unsigned n = cpx_engine_list(list); n > 0; n--) {
		pthread_mutex_lock(&list[n - 1]->lock);
		pthread_mutex_unlock(&list[n - 1]->lock);
	}
}

void cpx_engine_events(cpx_engine_event_t *cb, void *arg)
{
	store_release(&event_cb, NULL);
	pass_all();
	event_arg = arg;
	store_release(&event_cb, cb);
}

void cpx_engine_steps(cpx_engine_step_t *cb, void *arg)
{
	store_release(&step_cb, NULL);
	pass_all();
	step_arg = arg;
	store_release(&step_cb, cb);
}
