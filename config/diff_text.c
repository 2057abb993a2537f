/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes for people: config_change_text() of diff.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/diff.h"
#include "config/fields.h"
#include "config/schema.h"

struct text {
	char *out;
	size_t room, len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->len, t->room - t->len, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
	if (t->len >= t->room)
		t->len = t->room - 1;
}

static const char *value(const struct field *f, const struct config *c, const void *object,
			 char out[FIELDS_TEXT_MAX])
{
	return field_text(f, c, object, out, FIELDS_TEXT_MAX) && out[0] ? out : "none";
}

static const void *object_of(const struct config *c, enum config_kind kind, uint32_t i)
{
	switch (kind) {
	case CONFIG_ENGINE:
		return &c->engines[i];
	case CONFIG_LASER:
		return &c->lasers[i];
	case CONFIG_DEVICE:
		return &c->devices[i];
	case CONFIG_VRF:
		return &c->vrfs[i];
	case CONFIG_PORT:
		return &c->ports[i];
	case CONFIG_VLAN:
		return &c->ifaces[i];
	case CONFIG_NEIGHBOR:
		return &c->neighbors[i];
	case CONFIG_ROUTE:
		return &c->routes[i];
	default:
		return c;
	}
}

/* " lanes oe0/0-7 carrier loop": the keys of an object that differ from their defaults. */
static void add_keys(struct text *t, const struct config *c, const char *prefix, const void *object)
{
	const size_t len = strlen(prefix);
	char out[FIELDS_TEXT_MAX];

	for (size_t i = 0; i < schema_n_keys; i++) {
		const struct schema_key *k = &schema_keys[i];
		const struct field *f;

		if (strncmp(k->path, prefix, len) != 0 || strpbrk(k->path + len, "*[."))
			continue;
		f = field_find(k->path);
		if (!f || !field_text(f, c, object, out, sizeof(out)) ||
		    (k->preset && strcmp(k->preset, out) == 0))
			continue;
		add(t, " %s %s", schema_leaf(k), out);
	}
}

static void add_cpus(struct text *t, const struct config *c)
{
	for (unsigned i = 0; i < c->n_worker_cpus; i++)
		add(t, "%s%u", i ? "," : "", c->worker_cpus[i]);
	if (!c->n_worker_cpus)
		add(t, "none");
}

static void add_key(struct text *t, const struct config_change *ch, const struct config *before,
		    const struct config *after)
{
	char a[FIELDS_TEXT_MAX], b[FIELDS_TEXT_MAX];

	if (strcmp(ch->field->path, "workers.cpus[]") == 0) {
		add(t, "workers.cpus ");
		add_cpus(t, before);
		add(t, " -> ");
		add_cpus(t, after);
		return;
	}
	add(t, "%s %s -> %s", ch->field->path, value(ch->field, before, before, a),
	    value(ch->field, after, after, b));
}

static const char *const words[CONFIG_KINDS] = {
	[CONFIG_ENGINE] = "engine",   [CONFIG_LASER] = "laser source", [CONFIG_DEVICE] = "device",
	[CONFIG_VRF] = "VRF",         [CONFIG_PORT] = "port",          [CONFIG_VLAN] = "VLAN",
	[CONFIG_ADDRESS] = "address", [CONFIG_NEIGHBOR] = "neighbor",  [CONFIG_ROUTE] = "route",
};

/* " mtu 1500 -> 9000" */
static void add_change(struct text *t, const struct config_change *ch, const struct config *before,
		       const struct config *after)
{
	const char *leaf = strrchr(ch->field->path, '.') + 1;
	char a[FIELDS_TEXT_MAX], b[FIELDS_TEXT_MAX];

	add(t, " %s %s -> %s", *leaf == '*' ? "arguments" : leaf,
	    value(ch->field, before, object_of(before, ch->kind, ch->before), a),
	    value(ch->field, after, object_of(after, ch->kind, ch->after), b));
}

static void add_named(struct text *t, const struct config_change *ch, const struct config *before,
		      const struct config *after)
{
	static const char *const prefixes[CONFIG_KINDS] = {
		[CONFIG_ENGINE] = "engines.*.", [CONFIG_LASER] = "lasers.*.",
		[CONFIG_DEVICE] = "devices.*",  [CONFIG_VRF] = "vrfs.*.",
		[CONFIG_PORT] = "ports.*.",
	};
	const struct config *c = ch->sign == CONFIG_REMOVED ? before : after;
	const void *object =
		object_of(c, ch->kind, ch->sign == CONFIG_REMOVED ? ch->before : ch->after);

	add(t, "%s %s", words[ch->kind], (const char *)object); /* its name is its first member */
	if (ch->sign == CONFIG_ADDED) {
		if (ch->kind == CONFIG_DEVICE)
			add(t, " %s", ((const struct config_device *)object)->args);
		else
			add_keys(t, c, prefixes[ch->kind], object);
	} else if (ch->sign == CONFIG_CHANGED) {
		add_change(t, ch, before, after);
	}
}

/* " via 10.0.0.2, 10.0.1.2 weight 2" */
static void add_paths(struct text *t, const struct config *c, const struct config_route *r)
{
	char out[FIELDS_TEXT_MAX];

	for (uint16_t i = 0; i < r->n_paths; i++) {
		const struct config_path *p = &c->paths[r->first_path + i];

		add(t, "%s %s", i ? "," : " via",
		    value(field_find("routes[].paths[].via"), c, p, out));
		add(t, " on %s", field_iface(c, p->iface, out, sizeof(out)));
		if (p->weight != 1)
			add(t, " weight %u", p->weight);
	}
}

/* What a route does, or where a neighbour is. */
static void add_end(struct text *t, enum config_kind kind, const struct config *c, uint32_t i)
{
	char out[FIELDS_TEXT_MAX];
	const void *object = object_of(c, kind, i);

	if (kind == CONFIG_NEIGHBOR) {
		add(t, " mac %s", value(field_find("neighbors[].mac"), c, object, out));
	} else if (c->routes[i].n_paths) {
		add_paths(t, c, &c->routes[i]);
	} else if (c->routes[i].kind == CONFIG_ROUTE_VIA) {
		add(t, " via %s", value(field_find("routes[].via"), c, object, out));
		add(t, " on %s", field_iface(c, c->routes[i].iface, out, sizeof(out)));
	} else {
		add(t, " %s", value(field_find("routes[].type"), c, object, out));
	}
}

static void add_listed(struct text *t, const struct config_change *ch, const struct config *before,
		       const struct config *after)
{
	const struct config *c = ch->sign == CONFIG_REMOVED ? before : after;
	const uint32_t i = ch->sign == CONFIG_REMOVED ? ch->before : ch->after;
	const char *key = ch->kind == CONFIG_ROUTE ? "routes[].to" : "neighbors[].ip";
	char out[FIELDS_TEXT_MAX];

	add(t, "%s %s", words[ch->kind], value(field_find(key), c, object_of(c, ch->kind, i), out));
	if (ch->kind == CONFIG_ROUTE && c->routes[i].metric)
		add(t, " metric %u", c->routes[i].metric);
	if (ch->kind == CONFIG_NEIGHBOR)
		add(t, " on %s", field_iface(c, c->neighbors[i].iface, out, sizeof(out)));
	else if (c->routes[i].vrf)
		add(t, " in VRF %s", c->vrfs[c->routes[i].vrf].name);
	if (ch->sign == CONFIG_CHANGED) {
		add_end(t, ch->kind, before, ch->before);
		add(t, " ->");
	}
	add_end(t, ch->kind, c, i);
}

const char *config_change_text(const struct config_change *ch, const struct config *before,
			       const struct config *after, char *out, size_t room)
{
	struct text t = { out, room, 0 };
	const struct config *c = ch->sign == CONFIG_REMOVED ? before : after;
	char a[FIELDS_TEXT_MAX];

	add(&t, "%c ", ch->sign);
	switch (ch->kind) {
	case CONFIG_KEY:
		add_key(&t, ch, before, after);
		break;
	case CONFIG_VLAN:
		add(&t, "VLAN %u on %s", c->ifaces[ch->after].vlan,
		    c->ports[c->ifaces[ch->after].port].name);
		if (ch->sign == CONFIG_CHANGED)
			add_change(&t, ch, before, after);
		else if (ch->sign == CONFIG_ADDED && c->ifaces[ch->after].vrf)
			add(&t, " vrf %s", c->vrfs[c->ifaces[ch->after].vrf].name);
		break;
	case CONFIG_ADDRESS:
		add(&t, "address %s",
		    value(field_find("ports.*.addresses[]"), c,
			  &c->ifaces[ch->after].addrs[ch->address], a));
		add(&t, " on %s", field_iface(c, (uint16_t)ch->after, a, sizeof(a)));
		break;
	case CONFIG_NEIGHBOR:
	case CONFIG_ROUTE:
		add_listed(&t, ch, before, after);
		break;
	default:
		add_named(&t, ch, before, after);
	}
	return out;
}
