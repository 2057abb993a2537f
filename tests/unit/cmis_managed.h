/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An emulated engine and its manager on one clock turned by hand.
 */
#ifndef CPX_TESTS_UNIT_CMIS_MANAGED_H
#define CPX_TESTS_UNIT_CMIS_MANAGED_H

#include <stdio.h>

#include "lib/cmis/manager/manager.h"
#include "tests/unit/cmis_host.h"

struct managed {
	struct host host;              /* the engine; its bus is that of a second host */
	struct cmis_transport plugged; /* what the manager's bus leads to */
	struct cmis_manager *manager;
	unsigned events, notes, flags;
	char last[256], note[256];
	unsigned late;
};

static inline void managed_event(void *arg, const struct cmis_event *event)
{
	struct managed *g = arg;

	g->events++;
	g->flags += event->kind == CMIS_EVENT_FLAG;
	snprintf(g->last, sizeof(g->last), "%s", event->text);
	if (event->kind == CMIS_EVENT_NOTE) {
		g->notes++;
		snprintf(g->note, sizeof(g->note), "%s", event->text);
	}
	g->late += strstr(event->text, "longer than") != NULL;
	if (getenv("CMIS_EVENTS") != NULL)
		fprintf(stderr, "# %6llu ms %s\n", (unsigned long long)(host_now / CMIS_MS),
			event->text);
}

static inline int managed_read(void *arg, uint8_t addr, uint8_t *bytes, unsigned len)
{
	const struct cmis_transport *t = &((struct managed *)arg)->plugged;

	return t->read(t->module, addr, bytes, len);
}

static inline int managed_write(void *arg, uint8_t addr, const uint8_t *bytes, unsigned len)
{
	const struct cmis_transport *t = &((struct managed *)arg)->plugged;

	return t->write(t->module, addr, bytes, len);
}

static inline void managed_settings(struct managed *g, struct cmis_manager_settings *s)
{
	g->plugged = cmis_engine_transport(g->host.engine);
	s->bus = (struct cmis_transport){ managed_read, managed_write, g };
	s->name = "oe0";
	s->event = managed_event;
	s->event_arg = g;
}

static inline void managed_init(struct managed *g, struct cmis_engine *e)
{
	struct cmis_manager_settings s = { .monitor_ns = 0 };

	memset(g, 0, sizeof(*g));
	g->host.engine = e;
	g->host.bus = cmis_engine_transport(e);
	managed_settings(g, &s);
	cr_assert_eq(cmis_manager_create(&g->manager, &s), 0);
}

static inline void managed_start(struct managed *g, const char *profile)
{
	managed_init(g, host_make(profile, 1));
}

static inline void managed_end(struct managed *g)
{
	cmis_manager_destroy(g->manager);
	cmis_engine_destroy(g->host.engine);
}

/* As many steps as the manager wants in so many ms. How many. */
static inline unsigned managed_run(struct managed *g, unsigned ms)
{
	uint64_t end = host_now + ms * CMIS_MS, when;
	unsigned steps = 0;

	for (;;) {
		when = cmis_manager_step(g->manager, host_now);
		steps++;
		cr_assert_gt(when, host_now);
		cr_assert_lt(steps, 100000u, "the manager runs in circles");
		if (when >= end)
			break;
		host_now = when;
	}
	host_now = end;
	return steps;
}

static inline void managed_want(struct managed *g, unsigned bank, unsigned lanes)
{
	struct cmis_port_wish w[CMIS_LANES] = { 0 };
	struct err err = { "" };
	unsigned count = lanes ? CMIS_LANES / lanes : 0;

	for (unsigned i = 0; i < count; i++) {
		w[i].first = (uint8_t)(i * lanes);
		w[i].lanes = (uint8_t)lanes;
	}
	cr_assert_eq(cmis_manager_want(g->manager, bank, w, count, &err), 0, "%s", err.text);
}

static inline const struct cmis_port_seen *managed_port(struct managed *g, unsigned bank,
							unsigned port)
{
	return &cmis_manager_bank(g->manager, bank)->port[port];
}

static inline unsigned managed_up(struct managed *g)
{
	unsigned up = 0;

	for (unsigned b = 0; b < CMIS_MAX_BANKS; b++) {
		const struct cmis_bank_seen *k = cmis_manager_bank(g->manager, b);

		for (unsigned i = 0; i < k->port_count; i++)
			up += k->port[i].state == CMIS_PORT_UP;
	}
	return up;
}

/* Runs until so many ports are up, or this many ms have gone by. How long it took, in ms. */
static inline unsigned managed_until_up(struct managed *g, unsigned ports, unsigned ms)
{
	uint64_t from = host_now, end = host_now + ms * CMIS_MS, when;

	while (host_now < end) {
		when = cmis_manager_step(g->manager, host_now);
		cr_assert_gt(when, host_now);
		if (managed_up(g) == ports)
			break;
		host_now = when < end ? when : end;
	}
	return (unsigned)((host_now - from) / CMIS_MS);
}

static inline const struct cmis_manager_seen *managed_seen(struct managed *g)
{
	return cmis_manager_seen(g->manager);
}

static inline uint64_t managed_transactions(struct managed *g)
{
	return managed_seen(g)->counters.reads + managed_seen(g)->counters.writes;
}

static inline void managed_inject(struct managed *g, enum cmis_fault fault, double value,
				  uint64_t lanes, unsigned ms)
{
	struct cmis_injection what = { fault, value, lanes, ms * CMIS_MS };
	struct err err = { "" };

	cr_assert_eq(cmis_engine_inject(g->host.engine, &what, &err), 0, "%s", err.text);
}

static inline struct cmis_lane_output managed_lane(struct managed *g, unsigned lane)
{
	struct cmis_lane_output out;

	cr_assert_eq(cmis_engine_lane(g->host.engine, lane, &out), 0);
	return out;
}

#endif
