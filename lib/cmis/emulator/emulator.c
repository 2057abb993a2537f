/* SPDX-License-Identifier: BSD-3-Clause */
/* Emulated modules that live together; see emulator.h. */
#include "lib/cmis/emulator/emulator.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "lib/cmis/emulator/control.h"
#include "lib/cmis/transport/server.h"

#define EVENTS 64 /* served in one run; what is left comes in the next */

struct cmis_module {
	TAILQ_ENTRY(cmis_module) link;
	struct cmis_emulator *emulator;
	struct cmis_engine *engine;
	struct cmis_transport bus;
	struct cmis_server *server;
	struct cmis_control *control;
	int epoll; /* of server and control: what is ready says whose it is */
};

struct cmis_emulator {
	pthread_mutex_t lock;
	struct cmis_clock clock;
	int epoll, wake;
	TAILQ_HEAD(cmis_module_list, cmis_module) modules; /* sources before those that they feed */
};

static uint64_t monotonic(void *arg)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int cmis_emulator_create(struct cmis_emulator **out, const struct cmis_clock *clock,
			 struct err *err)
{
	struct cmis_emulator *em = calloc(1, sizeof(*em));
	struct epoll_event event = { .events = EPOLLIN };
	int ret;

	if (em == NULL)
		return err_set(err, -ENOMEM, "no memory for emulated modules");
	em->clock = clock != NULL ? *clock : (struct cmis_clock){ monotonic, NULL };
	TAILQ_INIT(&em->modules);
	pthread_mutex_init(&em->lock, NULL);
	em->epoll = epoll_create1(EPOLL_CLOEXEC);
	em->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (em->epoll < 0 || em->wake < 0 ||
	    epoll_ctl(em->epoll, EPOLL_CTL_ADD, em->wake, &event) != 0) {
		ret = err_set(err, -errno,
			      "emulated modules: no descriptor for their events: %s. Raise the "
			      "limit of open files (ulimit -n)",
			      strerror(errno));
		cmis_emulator_destroy(em);
		return ret;
	}
	*out = em;
	return 0;
}

void cmis_emulator_destroy(struct cmis_emulator *em)
{
	if (em == NULL)
		return;
	while (!TAILQ_EMPTY(&em->modules))
		cmis_emulator_remove(em, TAILQ_LAST(&em->modules, /* engines before sources */
						    cmis_module_list));
	if (em->wake >= 0)
		close(em->wake);
	if (em->epoll >= 0)
		close(em->epoll);
	pthread_mutex_destroy(&em->lock);
	free(em);
}

static void destroy(struct cmis_module *m)
{
	cmis_control_destroy(m->control);
	cmis_server_destroy(m->server);
	cmis_engine_destroy(m->engine);
	if (m->epoll >= 0)
		close(m->epoll);
	free(m);
}

static int listen_to(struct cmis_module *m, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(m->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

/* On a socket, and next to it. */
static int serve(struct cmis_module *m, const char *socket, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = m };
	int ret = cmis_server_create(&m->server, socket, &m->bus, err);

	if (ret == 0)
		ret = cmis_control_create(&m->control, socket, m->engine, err);
	if (ret != 0)
		return ret;
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	ret = m->epoll < 0 ? -errno : listen_to(m, cmis_server_fd(m->server));
	if (ret == 0)
		ret = listen_to(m, cmis_control_fd(m->control));
	if (ret == 0 && epoll_ctl(m->emulator->epoll, EPOLL_CTL_ADD, m->epoll, &event) != 0)
		ret = -errno;
	return ret == 0 ? 0
			: err_set(err, ret,
				  "%s cannot be waited for: %s. Raise the limit of open "
				  "files (ulimit -n)",
				  socket, strerror(-ret));
}

int cmis_emulator_add(struct cmis_emulator *em, const struct cmis_engine_settings *settings,
		      const char *socket, struct cmis_module **module, struct err *err)
{
	struct cmis_engine_settings ours = *settings;
	struct cmis_module *m = calloc(1, sizeof(*m));
	int ret;

	if (m == NULL)
		return err_set(err, -ENOMEM, "no memory for an emulated module");
	m->emulator = em;
	m->epoll = -1;
	ours.clock = em->clock;
	cmis_emulator_lock(em);
	ret = cmis_engine_create(&m->engine, &ours, err);
	if (ret == 0)
		m->bus = cmis_engine_transport(m->engine);
	if (ret == 0 && socket != NULL)
		ret = serve(m, socket, err);
	if (ret == 0) {
		TAILQ_INSERT_TAIL(&em->modules, m, link);
		*module = m;
	} else {
		destroy(m);
	}
	cmis_emulator_unlock(em);
	if (ret == 0)
		cmis_emulator_wake(em);
	return ret;
}

void cmis_emulator_remove(struct cmis_emulator *em, struct cmis_module *m)
{
	if (m == NULL)
		return;
	cmis_emulator_lock(em);
	TAILQ_REMOVE(&em->modules, m, link);
	destroy(m);
	cmis_emulator_unlock(em);
}

unsigned cmis_emulator_laser_of(unsigned lane, unsigned lanes, unsigned lasers)
{
	return lane * lasers / lanes;
}

int cmis_emulator_feed(struct cmis_module *engine, struct cmis_module *source, bool joint)
{
	const unsigned lanes = cmis_engine_lanes(engine->engine);
	const unsigned lasers = cmis_engine_lasers(source->engine);
	int ret = 0;

	cmis_emulator_lock(engine->emulator);
	for (unsigned lane = 0; ret == 0 && lane < lanes; lane++)
		ret = cmis_engine_feed(engine->engine, lane, source->engine,
				       cmis_emulator_laser_of(lane, lanes, lasers));
	if (ret == 0 && joint)
		cmis_engine_join(engine->engine, source->engine);
	cmis_emulator_unlock(engine->emulator);
	return ret;
}

struct cmis_engine *cmis_module_engine(const struct cmis_module *m)
{
	return m->engine;
}

static int module_read(void *arg, uint8_t addr, uint8_t *bytes, unsigned len)
{
	struct cmis_module *m = arg;
	int ret;

	cmis_emulator_lock(m->emulator);
	ret = m->bus.read(m->bus.module, addr, bytes, len);
	cmis_emulator_unlock(m->emulator);
	return ret;
}

static int module_write(void *arg, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	struct cmis_module *m = arg;
	int ret;

	cmis_emulator_lock(m->emulator);
	ret = m->bus.write(m->bus.module, addr, bytes, len);
	cmis_emulator_unlock(m->emulator);
	if (addr != 126 && addr != 127) /* more than a page select */
		cmis_emulator_wake(m->emulator);
	return ret;
}

struct cmis_transport cmis_module_transport(struct cmis_module *m)
{
	return (struct cmis_transport){ module_read, module_write, m };
}

void cmis_emulator_lock(struct cmis_emulator *em)
{
	pthread_mutex_lock(&em->lock);
}

void cmis_emulator_unlock(struct cmis_emulator *em)
{
	pthread_mutex_unlock(&em->lock);
}

void cmis_emulator_wake(struct cmis_emulator *em)
{
	eventfd_write(em->wake, 1);
}

int cmis_emulator_fd(const struct cmis_emulator *em)
{
	return em->epoll;
}

uint64_t cmis_emulator_run(struct cmis_emulator *em)
{
	struct epoll_event events[EVENTS];
	uint64_t next = CMIS_NEVER, count;
	struct cmis_module *m;
	int n;

	cmis_emulator_lock(em);
	n = epoll_wait(em->epoll, events, EVENTS, 0);
	for (int i = 0; i < n; i++) {
		m = events[i].data.ptr;
		if (m == NULL) {
			eventfd_read(em->wake, &count);
			continue;
		}
		cmis_engine_advance(m->engine);
		cmis_server_run(m->server);
		cmis_control_run(m->control);
	}
	TAILQ_FOREACH(m, &em->modules, link)
	cmis_engine_advance(m->engine);
	TAILQ_FOREACH(m, &em->modules, link)
	{
		const uint64_t when = cmis_engine_next(m->engine);

		next = when < next ? when : next;
	}
	cmis_emulator_unlock(em);
	return next;
}
