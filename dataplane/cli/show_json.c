/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `cpx show … --json`. Keys are stable: the ones written out here are always there, null when this
 * cpx does not publish them; further metrics of the same scope follow under their own name without
 * the scope's prefix (lane_icmp_errors is icmp_errors). Counters are exact integers in packets,
 * bytes or cycles; speed is bits a second.
 */
#include "dataplane/cli/show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

json_t *show_number(struct figure f)
{
	if (!f.known)
		return json_null();
	return f.v <= INT64_MAX ? json_integer((json_int_t)f.v) : json_real((double)f.v);
}

static json_t *truth(struct figure f)
{
	return f.known ? json_boolean(f.v != 0) : json_null();
}

/* One value of any kind; an array is an object by label without its zeros, null if all is absent.
 */
static json_t *value(const struct telemetry_reader *r, const struct telemetry_series *s, unsigned i)
{
	char text[512];
	bool any = false;
	double real;
	json_t *o;

	switch (s->kind) {
	case TELEMETRY_TEXT:
	case TELEMETRY_ENUM:
		telemetry_string(r, s, i, text, sizeof(text));
		return text[0] != '\0' ? json_string(text) : json_null();
	case TELEMETRY_GAUGE_F64:
	case TELEMETRY_GAUGE_I64:
		return telemetry_number(r, s, i, 0, &real) && isfinite(real) ? json_real(real)
									     : json_null();
	default:
		break;
	}
	if (s->slots == 1 && s->label == NULL) {
		struct figure f = { 0 };

		f.known = telemetry_value(r, s, i, 0, &f.v);
		return show_number(f);
	}
	o = json_object();
	for (unsigned slot = 0; slot < s->slots; slot++) {
		struct figure f = { 0 };
		char label[32];

		f.known = telemetry_value(r, s, i, slot, &f.v);
		any |= f.known;
		if (!f.known || f.v == 0)
			continue;
		snprintf(label, sizeof(label), "%u", slot);
		json_object_set_new(o, slot < s->n_values ? s->values[slot] : label,
				    show_number(f));
	}
	if (any)
		return o;
	json_decref(o);
	return json_null();
}

/* Every other metric of a scope, named without `prefix`, that the object does not have yet. */
static void rest(json_t *o, const struct telemetry_reader *r, enum telemetry_scope scope,
		 const char *prefix, unsigned instance)
{
	size_t skip = strlen(prefix);

	for (unsigned i = 0; i < telemetry_series_count(r); i++) {
		const struct telemetry_series *s = telemetry_series_at(r, i);
		const char *key = strncmp(s->name, prefix, skip) == 0 ? s->name + skip : s->name;

		if (s->scope == scope && instance < s->instances && json_object_get(o, key) == NULL)
			json_object_set_new(o, key, value(r, s, instance));
	}
}

static void traffic(json_t *o, const struct view_traffic *t)
{
	json_object_set_new(o, "receive_packets", show_number(t->rx_packets));
	json_object_set_new(o, "receive_bytes", show_number(t->rx_bytes));
	json_object_set_new(o, "transmit_packets", show_number(t->tx_packets));
	json_object_set_new(o, "transmit_bytes", show_number(t->tx_bytes));
	json_object_set_new(o, "drop_packets", show_number(t->drops));
}

json_t *show_lanes_json(const struct show *s)
{
	const struct telemetry_series *reasons = telemetry_series(s->r, "lane_drop_packets");
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_lanes; i++) {
		const struct view_lane *l = &s->v->lanes[i];
		json_t *o =
			json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:b}", "lane", (int)l->index,
				  "name", l->name, "port", l->port, "carrier", l->carrier, "up",
				  truth(l->up), "speed", show_number(l->speed), "stale", l->stale);

		json_object_set_new(o, "receive_worker", show_number(l->rx_worker));
		json_object_set_new(o, "transmit_worker", show_number(l->tx_worker));
		traffic(o, &l->traffic);
		json_object_set_new(o, "drops",
				    reasons != NULL ? value(s->r, reasons, l->index) : json_null());
		rest(o, s->r, TELEMETRY_SCOPE_LCORE_LANE, "lane_", l->index);
		rest(o, s->r, TELEMETRY_SCOPE_LANE, "lane_", l->index);
		json_array_append_new(list, o);
	}
	return list;
}

/* Names of the lanes whose port or engine (by_port or not) this is. */
static json_t *lane_names(const struct view *v, const char *name, bool by_port)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < v->n_lanes; i++) {
		const struct view_lane *l = &v->lanes[i];
		size_t n = strcspn(l->name, "/");
		bool ours = by_port ? strcmp(l->port, name) == 0
				    : strncmp(l->name, name, n) == 0 && name[n] == '\0';

		if (ours)
			json_array_append_new(list, json_string(l->name));
	}
	return list;
}

static json_t *group(const struct show *s, const struct view_group *g, bool by_port)
{
	struct figure up = { g->lanes_up.v != 0, g->lanes_up.known };
	json_t *o = json_pack("{s:s, s:o, s:i, s:o, s:o}", "name", g->name, "up", truth(up),
			      "lanes", (int)g->lanes, "lanes_up", show_number(g->lanes_up), "speed",
			      show_number(g->speed));

	traffic(o, &g->traffic);
	json_object_set_new(o, "lane_names", lane_names(s->v, g->name, by_port));
	return o;
}

json_t *show_ports_json(const struct show *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_ports; i++)
		json_array_append_new(list, group(s, &s->v->ports[i], true));
	return list;
}

/* What stands in the segment of an engine, behind what its lanes add up to. */
static json_t *module(const struct show *s, const struct view_module *m)
{
	static const char *const keys[] = { "kind",        "source",
					    "management",  "state",
					    "reason",      "module_state",
					    "fault_cause", "vendor",
					    "part",        "serial",
					    "firmware",    "lasers",
					    "lasers_on",   "temperature_celsius",
					    "vcc_volts" };
	struct view_group none = { 0 };
	const struct view_group *g = view_group(s->v->engines, s->v->n_engines, m->name);
	struct figure ports, ports_up;
	char text[128];
	json_t *o;

	snprintf(none.name, sizeof(none.name), "%s", m->name);
	o = group(s, g != NULL ? g : &none, false);
	view_ports_of(s->v, m, &ports, &ports_up);
	json_object_set_new(o, "ports", show_number(ports));
	json_object_set_new(o, "ports_up", show_number(ports_up));
	json_object_set_new(o, "trouble",
			    view_trouble(s->v, m, text, sizeof(text)) ? json_string(text)
								      : json_null());
	rest(o, s->r, TELEMETRY_SCOPE_ENGINE, "engine_", m->index);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(o, keys[i]) == NULL)
			json_object_set_new(o, keys[i], json_null());
	return o;
}

json_t *show_engines_json(const struct show *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_modules; i++)
		json_array_append_new(list, module(s, &s->v->modules[i]));
	return list;
}

static json_t *real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *word(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

json_t *show_optics_json(const struct show *s)
{
	const struct telemetry_series *codewords = telemetry_series(s->r, "lane_fec_codewords");
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_lanes; i++) {
		const struct view_lane *l = &s->v->lanes[i];
		const struct view_optics *o = &l->optics;

		json_array_append_new(
			list,
			json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
				  "s:o, s:o, s:o}",
				  "lane", (int)l->index, "name", l->name, "port", l->port, "up",
				  truth(l->up), "dp_state", word(o->dp_state), "path",
				  word(o->path), "reason", word(o->reason), "tx_power_dbm",
				  real(o->tx_dbm), "rx_power_dbm", real(o->rx_dbm), "tx_bias_ma",
				  real(o->bias_ma), "snr_db", real(o->snr_db), "pre_fec_ber",
				  real(o->ber), "ber_margin", real(view_margin(o)),
				  "uncorrectable_codewords", show_number(o->uncorrectable),
				  "fec_codewords",
				  codewords != NULL ? value(s->r, codewords, l->index)
						    : json_null()));
	}
	return list;
}

static json_t *set_load(json_t *o, struct view_load load)
{
	const char *const keys[] = { "busy_percent", "idle_percent", "asleep_percent" };
	const uint64_t per_mille[] = { load.busy, load.idle, load.asleep };

	for (unsigned i = 0; i < 3; i++)
		json_object_set_new(o, keys[i],
				    load.known ? json_real((double)per_mille[i] / 10)
					       : json_null());
	return o;
}

json_t *show_workers_json(const struct show *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_workers; i++) {
		const struct view_worker *w = &s->v->workers[i];
		const struct view_worker *then = view_worker(s->older, w->index);
		json_t *o = json_pack(
			"{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "worker",
			(int)w->index, "role", w->role, "cpu", show_number(w->cpu), "numa_node",
			show_number(w->node), "lanes", show_number(w->lanes), "loops",
			show_number(w->loops), "packets", show_number(w->packets), "busy_cycles",
			show_number(w->busy), "idle_cycles", show_number(w->idle), "asleep_cycles",
			show_number(w->asleep));

		set_load(o, view_load(NULL, w));
		json_object_set_new(o, "recent", json_null());
		if (then != NULL && view_load(then, w).known)
			json_object_set_new(o, "recent",
					    set_load(json_object(), view_load(then, w)));
		json_object_set_new(o, "placement", json_string(w->placement));
		rest(o, s->r, TELEMETRY_SCOPE_LCORE, "worker_", w->index);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *show_punt_json(const struct show *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->v->n_punts; i++) {
		const struct view_punt *p = &s->v->punts[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s}",
						      "class", p->class, "queue", word(p->queue),
						      "rate", show_number(p->pps), "passed",
						      show_number(p->passed), "policed",
						      show_number(p->policed), "queue_full",
						      show_number(p->full), "help", p->help));
	}
	return list;
}

json_t *show_board_json(const struct show *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "balance", show_balance_json(s));
	rest(o, s->r, TELEMETRY_SCOPE_PROCESS, "board_", 0);
	return o;
}
