/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `cpx show engines` and `cpx show optics` for people, within 80 columns while all is well. "-" is
 * what is not known or not there: copper has no light.
 */
#include "dataplane/cli/show.h"

#include <math.h>
#include <string.h>

#define DARK_DBM (-40.0) /* and below; lib/cmis/fec.h */

static void cell_or_dash(struct table *t, const char *text, enum table_color color)
{
	table_color(t, text[0] != '\0' ? text : "-", text[0] != '\0' ? color : TABLE_PLAIN);
}

static void cell_real(struct table *t, const char *format, double v)
{
	char text[32] = "-";

	if (!isnan(v))
		snprintf(text, sizeof(text), format, v);
	table_cell(t, text);
}

/* "7/8"; bad unless it is all of them. */
static void cell_of(struct table *t, struct figure up, struct figure all)
{
	char text[48] = "-";

	if (!up.known || !all.known || all.v == 0) {
		table_cell(t, text);
		return;
	}
	snprintf(text, sizeof(text), "%llu/%llu", (unsigned long long)up.v,
		 (unsigned long long)all.v);
	table_color(t, text, up.v < all.v ? TABLE_BAD : TABLE_PLAIN);
}

/* ---- engines ---- */

static void cell_state(struct table *t, const struct view_module *m)
{
	if (strcmp(m->management, "none") == 0)
		table_color(t, "unmanaged", TABLE_DIM);
	else if (strcmp(m->state, "Ready") == 0)
		table_color(t, m->state, TABLE_GOOD);
	else
		cell_or_dash(t, m->state, TABLE_BAD);
}

static void row_of(struct table *t, const struct view *v, const struct view_module *m,
		   bool troubles)
{
	const struct view_group *g = view_group(v->engines, v->n_engines, m->name);
	struct figure ports, ports_up;
	char text[128];

	view_ports_of(v, m, &ports, &ports_up);
	table_cell(t, m->name);
	cell_or_dash(t, m->kind, TABLE_PLAIN);
	cell_state(t, m);
	cell_of(t, ports_up, ports);
	cell_of(t, g != NULL ? g->lanes_up : (struct figure){ 0 },
		(struct figure){ g != NULL ? g->lanes : 0, true });
	cell_of(t, m->lasers_on, m->lasers);
	cell_real(t, "%.1f", m->temperature);
	if (troubles) {
		view_trouble(v, m, text, sizeof(text));
		cell_or_dash(t, text, TABLE_BAD);
	}
	cell_or_dash(t, m->part, TABLE_PLAIN);
}

/* The column of reasons is there when there are some. */
struct table *show_engines_table(const struct show *s)
{
	static const char *const well[] = { "ENGINE",  "KIND",     "STATE", ">PORTS", ">LANES",
					    ">LASERS", ">TEMP °C", "PART",  NULL };
	static const char *const ill[] = { "ENGINE",  "KIND",     "STATE",  ">PORTS", ">LANES",
					   ">LASERS", ">TEMP °C", "REASON", "PART",   NULL };
	bool troubles = false;
	struct table *t;
	char text[128];

	for (unsigned i = 0; i < s->v->n_modules; i++)
		troubles |= view_trouble(s->v, &s->v->modules[i], text, sizeof(text));
	t = table_new(troubles ? ill : well);
	for (unsigned i = 0; i < s->v->n_modules; i++)
		row_of(t, s->v, &s->v->modules[i], troubles);
	return t;
}

/* ---- optics ---- */

static void cell_power(struct table *t, double dbm)
{
	if (dbm <= DARK_DBM)
		table_cell(t, "dark");
	else
		cell_real(t, "%.2f", dbm);
}

static void cell_dp_state(struct table *t, const struct view_optics *o)
{
	cell_or_dash(t, o->dp_state,
		     strcmp(o->path, "failed") == 0          ? TABLE_BAD
		     : strcmp(o->dp_state, "Activated") == 0 ? TABLE_GOOD
							     : TABLE_PLAIN);
}

static void cell_margin(struct table *t, double margin)
{
	char text[32];

	if (isnan(margin)) {
		table_cell(t, "-");
		return;
	}
	if (margin < 1)
		snprintf(text, sizeof(text), "over");
	else if (margin >= 999.5)
		snprintf(text, sizeof(text), ">999 x");
	else
		snprintf(text, sizeof(text), "%.*f x", margin < 9.95 ? 1 : 0, margin);
	table_color(t, text, margin < 1 ? TABLE_BAD : margin < 2 ? TABLE_PLAIN : TABLE_GOOD);
}

static void cell_uncorrectable(struct table *t, struct figure f)
{
	char text[24];

	if (!f.known || f.v == 0) {
		table_count(t, f);
		return;
	}
	table_color(t, table_short(text, sizeof(text), f), TABLE_BAD);
}

struct table *show_optics_table(const struct show *s)
{
	static const char *const headings[] = { "LANE",    "PORT",     "STATE",   ">TX dBm",
						">RX dBm", ">BIAS mA", ">SNR dB", ">BER",
						">LOST",   ">MARGIN",  NULL };
	struct table *t = table_new(headings);

	for (unsigned i = 0; i < s->v->n_lanes; i++) {
		const struct view_lane *l = &s->v->lanes[i];
		const struct view_optics *o = &l->optics;

		table_cell(t, l->name);
		cell_or_dash(t, l->port, TABLE_PLAIN);
		cell_dp_state(t, o);
		cell_power(t, o->tx_dbm);
		cell_power(t, o->rx_dbm);
		cell_real(t, "%.1f", o->bias_ma);
		cell_real(t, "%.1f", o->snr_db);
		cell_real(t, "%.1e", o->ber);
		cell_uncorrectable(t, o->uncorrectable);
		cell_margin(t, view_margin(o));
	}
	return t;
}
