/* SPDX-License-Identifier: BSD-3-Clause */
/* What engines do and see of their lanes, from a published pass (view.h). */
#include "dataplane/cli/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmis/fec.h"
#include "lib/cmis/manager/manager.h"

static void word(const struct telemetry_reader *r, const char *name, unsigned i, char *buf,
		 size_t len)
{
	telemetry_string(r, telemetry_series(r, name), i, buf, len);
}

static double real(const struct telemetry_reader *r, const char *name, unsigned i)
{
	double v;

	return telemetry_number(r, telemetry_series(r, name), i, 0, &v) ? v : NAN;
}

static struct figure figure(const struct telemetry_reader *r, const char *name, unsigned i,
			    unsigned slot)
{
	struct figure f = { 0 };

	f.known = telemetry_value(r, telemetry_series(r, name), i, slot, &f.v);
	return f;
}

void view_optics(const struct telemetry_reader *r, unsigned i, struct view_optics *o)
{
	word(r, "lane_dp_state", i, o->dp_state, sizeof(o->dp_state));
	word(r, "lane_path", i, o->path, sizeof(o->path));
	word(r, "lane_reason", i, o->reason, sizeof(o->reason));
	o->tx_dbm = real(r, "lane_tx_power_dbm", i);
	o->rx_dbm = real(r, "lane_rx_power_dbm", i);
	o->bias_ma = real(r, "lane_tx_bias_ma", i);
	o->snr_db = real(r, "lane_snr_db", i);
	o->ber = real(r, "lane_pre_fec_ber", i);
	o->uncorrectable = figure(r, "lane_fec_codewords", i, FEC_BINS - 1);
}

double view_margin(const struct view_optics *o)
{
	if (!(o->ber >= 0))
		return NAN;
	return o->ber > 0 ? FEC_KP4_BER / o->ber : INFINITY;
}

void view_module(const struct telemetry_reader *r, unsigned i, struct view_module *m)
{
	*m = (struct view_module){ .index = i };
	word(r, "engine_name", i, m->name, sizeof(m->name));
	word(r, "engine_kind", i, m->kind, sizeof(m->kind));
	word(r, "engine_management", i, m->management, sizeof(m->management));
	word(r, "engine_state", i, m->state, sizeof(m->state));
	word(r, "engine_reason", i, m->reason, sizeof(m->reason));
	word(r, "engine_part", i, m->part, sizeof(m->part));
	m->temperature = real(r, "engine_temperature_celsius", i);
	m->lasers = figure(r, "engine_lasers", i, 0);
	m->lasers_on = figure(r, "engine_lasers_on", i, 0);
}

const char *view_reason(const char *name)
{
	static const char *const known[][2] = {
#define X(id, name, text) { name, text },
		CMIS_REASONS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i][0], name) == 0)
			return known[i][1];
	return name;
}

static bool is_on(const struct view_lane *l, const char *engine)
{
	size_t n = strlen(engine);

	return strncmp(l->name, engine, n) == 0 && l->name[n] == '/';
}

/* A lane of a data path that failed, else of one that is still waiting, else NULL. */
static const struct view_lane *worst_lane(const struct view *v, const char *engine)
{
	const struct view_lane *waiting = NULL;

	for (unsigned i = 0; i < v->n_lanes; i++) {
		const struct view_lane *l = &v->lanes[i];

		if (!is_on(l, engine))
			continue;
		if (strcmp(l->optics.path, "failed") == 0)
			return l;
		if (waiting == NULL && strcmp(l->optics.path, "waiting") == 0)
			waiting = l;
	}
	return waiting;
}

bool view_trouble(const struct view *v, const struct view_module *m, char *text, size_t len)
{
	const struct view_lane *l = worst_lane(v, m->name);

	text[0] = '\0';
	if (m->reason[0] != '\0' && strcmp(m->reason, "none") != 0)
		snprintf(text, len, "%s", view_reason(m->reason));
	else if (l != NULL)
		snprintf(text, len, "%s: %s", l->port, view_reason(l->optics.reason));
	return text[0] != '\0';
}

void view_ports_of(const struct view *v, const struct view_module *m, struct figure *ports,
		   struct figure *up)
{
	*ports = *up = (struct figure){ 0, true };
	for (unsigned i = 0; i < v->n_ports; i++) {
		const struct view_group *p = &v->ports[i];
		bool ours = false;

		for (unsigned k = 0; k < v->n_lanes; k++)
			ours |= is_on(&v->lanes[k], m->name) &&
				strcmp(v->lanes[k].port, p->name) == 0;
		if (!ours)
			continue;
		ports->v++;
		up->v += p->lanes_up.v != 0;
		up->known &= p->lanes_up.known;
	}
}
