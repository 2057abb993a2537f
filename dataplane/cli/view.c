/* SPDX-License-Identifier: BSD-3-Clause */
/* One published pass as lanes, ports, engines, workers and drop reasons (view.h). */
#include "dataplane/cli/view.h"

#include "lib/net/punt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_OVERHEAD 24 /* FCS 4, preamble 8, gap 12; IEEE 802.3 */

static struct figure figure(const struct telemetry_reader *r, const char *name, unsigned instance)
{
	const struct telemetry_series *s = telemetry_series(r, name);
	struct figure f = { 0 };

	f.known = telemetry_value(r, s, instance, 0, &f.v);
	return f;
}

/* Sum over the slots of a labelled array. */
static struct figure total(const struct telemetry_reader *r, const char *name, unsigned instance)
{
	const struct telemetry_series *s = telemetry_series(r, name);
	struct figure f = { 0 };
	uint64_t v;

	for (unsigned i = 0; s != NULL && i < s->slots; i++) {
		if (!telemetry_value(r, s, instance, i, &v))
			return (struct figure){ 0 };
		f.v += v;
		f.known = true;
	}
	return f;
}

static void add(struct figure *sum, struct figure f)
{
	sum->v += f.v;
	sum->known &= f.known;
}

static void add_traffic(struct view_traffic *sum, const struct view_traffic *t)
{
	add(&sum->rx_packets, t->rx_packets);
	add(&sum->rx_bytes, t->rx_bytes);
	add(&sum->tx_packets, t->tx_packets);
	add(&sum->tx_bytes, t->tx_bytes);
	add(&sum->drops, t->drops);
}

static void read_lane(const struct telemetry_reader *r, unsigned i, struct view_lane *l)
{
	*l = (struct view_lane){ .index = i, .stale = telemetry_reader_kept(r, i) };
	if (!telemetry_string(r, telemetry_series(r, "lane_name"), i, l->name, sizeof(l->name)))
		snprintf(l->name, sizeof(l->name), "lane%u", i);
	telemetry_string(r, telemetry_series(r, "lane_port"), i, l->port, sizeof(l->port));
	telemetry_string(r, telemetry_series(r, "lane_carrier"), i, l->carrier, sizeof(l->carrier));
	l->up = figure(r, "lane_up", i);
	l->speed = figure(r, "lane_speed", i);
	l->rx_worker = figure(r, "lane_receive_worker", i);
	l->tx_worker = figure(r, "lane_transmit_worker", i);
	l->traffic = (struct view_traffic){
		.rx_packets = figure(r, "lane_receive_packets", i),
		.rx_bytes = figure(r, "lane_receive_bytes", i),
		.tx_packets = figure(r, "lane_transmit_packets", i),
		.tx_bytes = figure(r, "lane_transmit_bytes", i),
		.drops = total(r, "lane_drop_packets", i),
	};
	view_optics(r, i, &l->optics);
}

/* Adds a lane to the group of that name, which it makes when there is none. */
static void join(struct view_group *groups, unsigned *n, const char *name,
		 const struct view_lane *l)
{
	struct view_group *g = (struct view_group *)view_group(groups, *n, name);

	if (name[0] == '\0')
		return;
	if (g == NULL) {
		g = &groups[(*n)++];
		*g = (struct view_group){ .lanes_up = { 0, true }, .speed = { 0, true } };
		snprintf(g->name, sizeof(g->name), "%s", name);
		g->traffic = (struct view_traffic){
			{ 0, true }, { 0, true }, { 0, true }, { 0, true }, { 0, true }
		};
	}
	g->lanes++;
	add(&g->lanes_up, l->up);
	if (!l->up.known || !l->speed.known)
		g->speed.known = false;
	else if (l->up.v != 0)
		g->speed.v += l->speed.v;
	add_traffic(&g->traffic, &l->traffic);
}

static void read_worker(const struct telemetry_reader *r, unsigned i, struct view_worker *w)
{
	*w = (struct view_worker){ .index = i };
	telemetry_string(r, telemetry_series(r, "worker_role"), i, w->role, sizeof(w->role));
	telemetry_string(r, telemetry_series(r, "worker_placement"), i, w->placement,
			 sizeof(w->placement));
	w->cpu = figure(r, "worker_cpu", i);
	w->node = figure(r, "worker_numa_node", i);
	w->lanes = figure(r, "worker_lanes", i);
	w->loops = figure(r, "worker_loops", i);
	w->packets = figure(r, "worker_packets", i);
	w->busy = figure(r, "worker_busy_cycles", i);
	w->idle = figure(r, "worker_idle_cycles", i);
	w->asleep = figure(r, "worker_asleep_cycles", i);
}

/* One class of a counter of the workers. */
static struct figure by_class(const struct telemetry_reader *r, const char *name, unsigned slot)
{
	const struct telemetry_series *s = telemetry_series(r, name);
	struct figure f = { 0, s != NULL && s->instances > 0 };

	for (unsigned i = 0; f.known && i < s->instances; i++) {
		uint64_t n = 0;

		f.known = telemetry_value(r, s, i, slot, &n);
		f.v += n;
	}
	return f;
}

static void read_punts(const struct telemetry_reader *r, struct view *v)
{
	const struct telemetry_series *s = telemetry_series(r, "punt_packets");

	for (unsigned slot = 0; s != NULL && slot < s->slots && slot < s->n_values; slot++) {
		struct view_punt *p = &v->punts[v->n_punts++];

		*p = (struct view_punt){ .class = s->values[slot],
					 .queue = "",
					 .help = "",
					 .passed = by_class(r, "punt_packets", slot),
					 .policed = by_class(r, "punt_policed_packets", slot),
					 .full = by_class(r, "punt_queue_full_packets", slot) };
		p->pps.known =
			telemetry_value(r, telemetry_series(r, "punt_rate"), 0, slot, &p->pps.v);
		for (unsigned i = 0; i < PUNT_COUNT; i++) {
			if (strcmp(punt_info[i].name, p->class) != 0)
				continue;
			p->queue = punt_queue_names[punt_info[i].queue];
			p->help = punt_info[i].help;
		}
	}
}

/* Instances of a scope: of the first metric that has it. */
static unsigned instances(const struct telemetry_reader *r, enum telemetry_scope scope)
{
	for (unsigned i = 0; i < telemetry_series_count(r); i++) {
		const struct telemetry_series *s = telemetry_series_at(r, i);

		if (s->scope == scope)
			return s->instances < VIEW_MAX_LANES ? s->instances : VIEW_MAX_LANES;
	}
	return 0;
}

/* Rows that have a name. A cpx that publishes none has at least engines with lanes. */
static void read_modules(const struct telemetry_reader *r, struct view *v, unsigned rows)
{
	for (unsigned i = 0; i < rows; i++) {
		view_module(r, i, &v->modules[v->n_modules]);
		v->n_modules += v->modules[v->n_modules].name[0] != '\0';
	}
	if (rows != 0)
		return;
	for (; v->n_modules < v->n_engines; v->n_modules++) {
		struct view_module *m = &v->modules[v->n_modules];

		view_module(r, UINT32_MAX, m); /* nothing is known of it */
		snprintf(m->name, sizeof(m->name), "%s", v->engines[v->n_modules].name);
	}
}

int view_make(struct view **out, const struct telemetry_reader *r, struct err *err)
{
	const struct telemetry_superblock *sb = telemetry_reader_superblock(r);
	const struct telemetry_published *pass = telemetry_reader_pass(r);
	const struct telemetry_series *punts = telemetry_series(r, "punt_packets");
	unsigned lanes = sb->lanes < VIEW_MAX_LANES ? sb->lanes : VIEW_MAX_LANES;
	unsigned workers = instances(r, TELEMETRY_SCOPE_LCORE);
	unsigned rows = instances(r, TELEMETRY_SCOPE_ENGINE);
	struct view *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return err_set(err, -ENOMEM, "out of memory");
	v->lanes = calloc(lanes + 1, sizeof(*v->lanes));
	v->ports = calloc(lanes + 1, sizeof(*v->ports));
	v->engines = calloc(lanes + 1, sizeof(*v->engines));
	v->modules = calloc((rows > lanes ? rows : lanes) + 1, sizeof(*v->modules));
	v->workers = calloc(workers + 1, sizeof(*v->workers));
	v->punts = calloc((punts != NULL ? punts->slots : 0) + 1, sizeof(*v->punts));
	if (v->punts == NULL || v->lanes == NULL || v->ports == NULL || v->engines == NULL ||
	    v->modules == NULL || v->workers == NULL) {
		view_free(v);
		return err_set(err, -ENOMEM, "out of memory");
	}
	memcpy(v->incarnation, sb->incarnation, sizeof(v->incarnation));
	v->tsc_hz = sb->tsc_hz;
	v->life = telemetry_reader_life(r);
	if (pass != NULL) {
		v->generation = pass->generation;
		v->realtime_ns = pass->realtime_ns;
		v->monotonic_ns = pass->monotonic_ns;
	}
	for (unsigned i = 0; i < lanes; i++) {
		struct view_lane *l = &v->lanes[v->n_lanes];
		char engine[VIEW_TEXT];

		read_lane(r, i, l);
		if (l->name[0] == '\0')
			continue; /* no port uses this lane */
		v->n_lanes++;
		join(v->ports, &v->n_ports, l->port, l);
		snprintf(engine, sizeof(engine), "%.*s", (int)strcspn(l->name, "/"), l->name);
		if (strchr(l->name, '/') != NULL)
			join(v->engines, &v->n_engines, engine, l);
	}
	read_modules(r, v, rows);
	for (unsigned i = 0; i < workers; i++) {
		struct view_worker *w = &v->workers[v->n_workers];

		read_worker(r, i, w);
		v->n_workers += strcmp(w->role, "none") != 0; /* a place where none runs */
	}
	read_punts(r, v);
	if (view_drops(r, v) < 0) {
		view_free(v);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*out = v;
	return 0;
}

void view_free(struct view *v)
{
	if (v == NULL)
		return;
	free(v->lanes);
	free(v->ports);
	free(v->engines);
	free(v->modules);
	free(v->workers);
	free(v->drops);
	free(v->lane_drops);
	free(v->punts);
	free(v);
}

struct figure view_rate(const struct view *older, const struct view *v, struct figure then,
			struct figure now)
{
	struct figure rate = { 0 };
	uint64_t ns;

	if (older == NULL || !then.known || !now.known || now.v < then.v ||
	    memcmp(older->incarnation, v->incarnation, sizeof(v->incarnation)) != 0 ||
	    v->monotonic_ns <= older->monotonic_ns)
		return rate;
	ns = v->monotonic_ns - older->monotonic_ns;
	rate.v = (uint64_t)((double)(now.v - then.v) * 1e9 / (double)ns + 0.5);
	rate.known = true;
	return rate;
}

const struct view_lane *view_lane(const struct view *v, unsigned index)
{
	for (unsigned i = 0; v != NULL && i < v->n_lanes; i++)
		if (v->lanes[i].index == index)
			return &v->lanes[i];
	return NULL;
}

const struct view_group *view_group(const struct view_group *g, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(g[i].name, name) == 0)
			return &g[i];
	return NULL;
}

const struct view_worker *view_worker(const struct view *v, unsigned index)
{
	for (unsigned i = 0; v != NULL && i < v->n_workers; i++)
		if (v->workers[i].index == index)
			return &v->workers[i];
	return NULL;
}

struct figure view_wire(struct figure packets_per_s, struct figure bytes_per_s)
{
	return (struct figure){ 8 * (bytes_per_s.v + WIRE_OVERHEAD * packets_per_s.v),
				packets_per_s.known && bytes_per_s.known };
}

struct view_load view_load(const struct view_worker *then, const struct view_worker *now)
{
	static const struct view_worker start;
	double busy, idle, asleep, all;

	if (then == NULL)
		then = &start;
	if (!now->busy.known || !now->idle.known || !now->asleep.known ||
	    now->busy.v < then->busy.v || now->idle.v < then->idle.v ||
	    now->asleep.v < then->asleep.v)
		return (struct view_load){ 0 };
	busy = (double)(now->busy.v - then->busy.v);
	idle = (double)(now->idle.v - then->idle.v);
	asleep = (double)(now->asleep.v - then->asleep.v);
	all = busy + idle + asleep;
	if (all <= 0)
		return (struct view_load){ 0 };
	return (struct view_load){ true, (uint64_t)(busy * 1000 / all + 0.5),
				   (uint64_t)(idle * 1000 / all + 0.5),
				   (uint64_t)(asleep * 1000 / all + 0.5) };
}

struct figure view_busy(const struct view_worker *then, const struct view_worker *now)
{
	struct view_load load = view_load(then, now);

	if (!load.known)
		load = view_load(NULL, now);
	return (struct figure){ load.busy, load.known };
}
