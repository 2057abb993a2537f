/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `cpx show …` for people: one aligned table a subject, always in the same order, units in the cell
 * or the heading. Packet counts are exact; bytes, speeds and rates have three digits. While
 * watching, rates take the place of totals.
 */
#include "dataplane/cli/show.h"

#include <string.h>

static void cell_unit(struct table *t, struct figure f, const char *unit)
{
	char text[40];

	table_cell(t, table_unit(text, sizeof(text), f, unit));
}

static void cell_link(struct table *t, struct figure up)
{
	if (!up.known)
		table_cell(t, "-");
	else
		table_color(t, up.v != 0 ? "up" : "down", up.v != 0 ? TABLE_GOOD : TABLE_BAD);
}

static void cell_or_dash(struct table *t, const char *text)
{
	table_cell(t, text[0] != '\0' ? text : "-");
}

static void cell_drops(struct table *t, struct figure f)
{
	char text[24];

	if (!f.known || f.v == 0) {
		table_count(t, f);
		return;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)f.v);
	table_color(t, text, TABLE_BAD);
}

/* Four cells: received and transmitted, totals or while watching rates. then may be NULL. */
static void cells_traffic(struct table *t, const struct show *s, const struct view_traffic *then,
			  const struct view_traffic *now)
{
	static const struct view_traffic none;
	struct figure rx, tx;

	if (s->older == NULL) {
		table_count(t, now->rx_packets);
		cell_unit(t, now->rx_bytes, "B");
		table_count(t, now->tx_packets);
		cell_unit(t, now->tx_bytes, "B");
		return;
	}
	if (then == NULL)
		then = &none;
	rx = view_rate(s->older, s->v, then->rx_packets, now->rx_packets);
	tx = view_rate(s->older, s->v, then->tx_packets, now->tx_packets);
	cell_unit(t, rx, "p/s");
	cell_unit(t, view_wire(rx, view_rate(s->older, s->v, then->rx_bytes, now->rx_bytes)),
		  "b/s");
	cell_unit(t, tx, "p/s");
	cell_unit(t, view_wire(tx, view_rate(s->older, s->v, then->tx_bytes, now->tx_bytes)),
		  "b/s");
}

struct table *show_lanes_table(const struct show *s)
{
	static const char *const totals[] = { "LANE",        "PORT",        "LINK",
					      ">SPEED",      ">RX PACKETS", ">RX BYTES",
					      ">TX PACKETS", ">TX BYTES",   ">DROPS",
					      ">RX WORKER",  ">TX WORKER",  NULL };
	static const char *const rates[] = { "LANE",     "PORT",       "LINK",       ">SPEED",
					     ">RX RATE", ">RX WIRE",   ">TX RATE",   ">TX WIRE",
					     ">DROPS",   ">RX WORKER", ">TX WORKER", NULL };
	struct table *t = table_new(s->older != NULL ? rates : totals);

	for (unsigned i = 0; i < s->v->n_lanes; i++) {
		const struct view_lane *l = &s->v->lanes[i];
		const struct view_lane *then = view_lane(s->older, l->index);
		char name[VIEW_TEXT + 1];

		snprintf(name, sizeof(name), "%s%s", l->name, l->stale ? "*" : "");
		table_cell(t, name);
		cell_or_dash(t, l->port);
		cell_link(t, l->up);
		cell_unit(t, l->speed, "b/s");
		cells_traffic(t, s, then != NULL ? &then->traffic : NULL, &l->traffic);
		cell_drops(t, l->traffic.drops);
		table_count(t, l->rx_worker);
		table_count(t, l->tx_worker);
	}
	return t;
}

struct table *show_ports_table(const struct show *s)
{
	static const char *const totals[] = { "PORT",        "LINK",        ">LANES UP",
					      ">SPEED",      ">RX PACKETS", ">RX BYTES",
					      ">TX PACKETS", ">TX BYTES",   ">DROPS",
					      NULL };
	static const char *const rates[] = { "PORT",     "LINK",     ">LANES UP", ">SPEED",
					     ">RX RATE", ">RX WIRE", ">TX RATE",  ">TX WIRE",
					     ">DROPS",   NULL };
	struct table *t = table_new(s->older != NULL ? rates : totals);

	for (unsigned i = 0; i < s->v->n_ports; i++) {
		const struct view_group *g = &s->v->ports[i];
		const struct view_group *then = NULL;
		char width[32] = "-";

		if (s->older != NULL)
			then = view_group(s->older->ports, s->older->n_ports, g->name);
		table_cell(t, g->name);
		cell_link(t, (struct figure){ g->lanes_up.v != 0, g->lanes_up.known });
		if (g->lanes_up.known)
			snprintf(width, sizeof(width), "%llu/%u", (unsigned long long)g->lanes_up.v,
				 g->lanes);
		table_color(t, width,
			    g->lanes_up.known && g->lanes_up.v < g->lanes ? TABLE_BAD
									  : TABLE_PLAIN);
		cell_unit(t, g->speed, "b/s");
		cells_traffic(t, s, then != NULL ? &then->traffic : NULL, &g->traffic);
		cell_drops(t, g->traffic.drops);
	}
	return t;
}

/* Do these two lanes follow each other: oe0/3, oe0/4? Then *number is the second's. */
static bool follows(const char *a, const char *b, unsigned *number)
{
	size_t n = strcspn(a, "/");
	unsigned first;
	char end;

	return strncmp(a, b, n + 1) == 0 && a[n] == '/' &&
	       sscanf(a + n + 1, "%u%c", &first, &end) == 1 &&
	       sscanf(b + n + 1, "%u%c", number, &end) == 1 && *number == first + 1;
}

/* The lanes a worker polls, as many as fit: "oe0/0-7 oe1/3"; "-" for none. */
static void polled(const struct view *v, unsigned worker, char *text, size_t len)
{
	const struct view_lane *last = NULL;
	size_t used = 0, run = 0; /* run: where a range's "-7" starts, 0 outside of one */
	unsigned number;

	snprintf(text, len, "-");
	for (unsigned i = 0; i < v->n_lanes; i++) {
		const struct view_lane *l = &v->lanes[i];

		if (!l->rx_worker.known || l->rx_worker.v != worker)
			continue;
		if (used + strlen(l->name) + 8 > len) {
			snprintf(text + used, len - used, " ...");
			return;
		}
		if (last != NULL && follows(last->name, l->name, &number)) {
			run = run != 0 ? run : used;
			used = run + (size_t)snprintf(text + run, len - run, "-%u", number);
		} else {
			run = 0;
			used += (size_t)snprintf(text + used, len - used, "%s%s",
						 used != 0 ? " " : "", l->name);
		}
		last = l;
	}
}

static void worker_name(const struct view_worker *w, char *text, size_t len)
{
	if (w->role[0] != '\0' && strcmp(w->role, "worker") != 0)
		snprintf(text, len, "%s", w->role);
	else
		snprintf(text, len, "%u", w->index);
}

static void cell_percent(struct table *t, bool known, uint64_t per_mille)
{
	char text[40] = "-";

	if (known)
		snprintf(text, sizeof(text), "%llu.%llu %%", (unsigned long long)per_mille / 10,
			 (unsigned long long)per_mille % 10);
	table_cell(t, text);
}

struct table *show_workers_table(const struct show *s)
{
	static const char *const headings[] = { "WORKER",  ">CPU",         ">PACKETS",
						">RATE",   ">BUSY",        ">IDLE",
						">ASLEEP", ">SINCE START", NULL };
	struct table *t = table_new(headings);

	for (unsigned i = 0; i < s->v->n_workers; i++) {
		const struct view_worker *w = &s->v->workers[i];
		const struct view_worker *then = view_worker(s->older, w->index);
		const struct view_load ever = view_load(NULL, w);
		struct view_load load = { 0 };
		struct figure rate = { 0 };
		char text[80];

		if (then != NULL) {
			load = view_load(then, w);
			rate = view_rate(s->older, s->v, then->packets, w->packets);
		}
		worker_name(w, text, sizeof(text));
		table_cell(t, text);
		table_count(t, w->cpu);
		table_count(t, w->packets);
		cell_unit(t, rate, "p/s");
		cell_percent(t, load.known, load.busy);
		cell_percent(t, load.known, load.idle);
		cell_percent(t, load.known, load.asleep);
		snprintf(text, sizeof(text), "%.1f/%.1f/%.1f", (double)ever.busy / 10,
			 (double)ever.idle / 10, (double)ever.asleep / 10);
		table_cell(t, ever.known ? text : "-");
	}
	return t;
}

struct table *show_placement_table(const struct show *s)
{
	static const char *const headings[] = { "WORKER", "LANES IN", "WHY", NULL };
	struct table *t = table_new(headings);

	for (unsigned i = 0; i < s->v->n_workers; i++) {
		const struct view_worker *w = &s->v->workers[i];
		char text[80];

		worker_name(w, text, sizeof(text));
		table_cell(t, text);
		polled(s->v, w->index, text, sizeof(text));
		table_cell(t, text);
		cell_or_dash(t, w->placement);
	}
	return t;
}

/* Packets, or while watching packets a second. */
static void cell_flow(struct table *t, const struct show *s, struct figure then, struct figure now)
{
	if (s->older == NULL)
		table_count(t, now);
	else
		cell_unit(t, view_rate(s->older, s->v, then, now), "p/s");
}

struct table *show_punt_table(const struct show *s)
{
	static const char *const headings[] = { "CLASS",    "QUEUE", ">RATE",    ">PASSED",
						">POLICED", ">FULL", "~MEANING", NULL };
	static const struct view_punt none;
	struct table *t = table_new(headings);

	for (unsigned i = 0; i < s->v->n_punts; i++) {
		const struct view_punt *p = &s->v->punts[i], *then = &none;

		if (s->older != NULL && i < s->older->n_punts)
			then = &s->older->punts[i];
		table_cell(t, p->class);
		cell_or_dash(t, p->queue);
		table_count(t, p->pps);
		cell_flow(t, s, then->passed, p->passed);
		cell_flow(t, s, then->policed, p->policed);
		cell_flow(t, s, then->full, p->full);
		cell_or_dash(t, p->help);
	}
	return t;
}

struct table *show_board_table(const struct show *s)
{
	static const char *const headings[] = { "WHAT", ">VALUE", "UNIT", "~MEANING", NULL };
	struct table *t = table_new(headings);

	for (unsigned i = 0; i < telemetry_series_count(s->r); i++) {
		const struct telemetry_series *m = telemetry_series_at(s->r, i);
		struct figure f = { 0 };
		char text[512];

		if (m->scope != TELEMETRY_SCOPE_PROCESS || m->instances == 0)
			continue;
		if (m->label != NULL)
			continue; /* an array: not a figure of the board as a whole */
		table_cell(t, strncmp(m->name, "board_", 6) == 0 ? m->name + 6 : m->name);
		f.known = telemetry_value(s->r, m, 0, 0, &f.v);
		if (telemetry_string(s->r, m, 0, text, sizeof(text)))
			cell_or_dash(t, text);
		else
			table_count(t, f);
		table_cell(t, m->unit);
		cell_or_dash(t, m->help != NULL ? m->help : "");
	}
	return t;
}
