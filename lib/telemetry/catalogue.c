/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The catalogue: JSON text in the segment with what the directory can not hold of a metric, its
 * help, label and value names. Made by the control thread at creation and at each registration.
 *
 *   {"format": "cpx-telemetry", "major": 1, "minor": 0, "version": "0.1.0", "metrics": [
 *     {"name": …, "unit": …, "kind": "counter", "scope": "lane", "slots": 1, "help": …,
 *      "label": …, "values": […]}]}
 *
 * label and values only where the metric has them.
 */
#include "lib/telemetry/segment.h"

#include <jansson.h>

static const char *const kinds[] = {
	[TELEMETRY_COUNTER] = "counter",     [TELEMETRY_GAUGE_U64] = "gauge_u64",
	[TELEMETRY_GAUGE_I64] = "gauge_i64", [TELEMETRY_GAUGE_F64] = "gauge_f64",
	[TELEMETRY_ENUM] = "enum",           [TELEMETRY_TEXT] = "text",
	[TELEMETRY_HISTOGRAM] = "histogram", [TELEMETRY_EVENTS] = "events",
};

static const char *const scopes[] = {
	[TELEMETRY_SCOPE_PROCESS] = "process",
	[TELEMETRY_SCOPE_ENGINE] = "engine",
	[TELEMETRY_SCOPE_LANE] = "lane",
	[TELEMETRY_SCOPE_LCORE] = "lcore",
	[TELEMETRY_SCOPE_LCORE_LANE] = "lcore_lane",
	[TELEMETRY_SCOPE_NEXT_HOP] = "next_hop",
};

/* Names of an enum's values or an array's slots, at most `max` of them. */
static json_t *names(const char *const *values, unsigned max)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < max && values[i] != NULL; i++)
		json_array_append_new(a, json_string(values[i]));
	return a;
}

static json_t *metric(const struct telemetry_metric *m)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "name", m->name, "unit", m->unit,
			      "kind", kinds[m->kind], "scope", scopes[m->scope], "slots",
			      (int)m->slots, "help", m->help != NULL ? m->help : "");

	if (m->label != NULL)
		json_object_set_new(o, "label", json_string(m->label));
	if (m->values != NULL)
		json_object_set_new(
			o, "values",
			names(m->values, m->kind == TELEMETRY_ENUM ? UINT32_MAX : m->slots));
	return o;
}

char *catalogue_text(const struct telemetry_metric *metrics, unsigned n, const char *version)
{
	json_t *list = json_array();
	json_t *root;
	char *text;

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, metric(&metrics[i]));
	root = json_pack("{s:s, s:i, s:i, s:s, s:o}", "format", "cpx-telemetry", "major",
			 TELEMETRY_MAJOR, "minor", TELEMETRY_MINOR, "version", version, "metrics",
			 list);
	if (root == NULL || json_array_size(list) != n) {
		json_decref(root);
		return NULL;
	}
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}
