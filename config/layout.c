/* SPDX-License-Identifier: BSD-3-Clause */
/* Places for objects; see layout.h. */
#include "config/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { IFACES = CONFIG_MAX_PORTS + CONFIG_MAX_VLANS };

/* [index in c] -> index in the copy */
struct places {
	uint16_t engine[CONFIG_MAX_ENGINES], laser[CONFIG_MAX_LASERS];
	uint16_t device[CONFIG_MAX_DEVICES], port[CONFIG_MAX_PORTS], iface[IFACES];
	uint16_t vrf[CONFIG_MAX_VRFS];
};

/* Names of one kind: arrays of structs that begin with a name. */
struct names {
	const char *first;
	size_t stride;
	unsigned n;
};

#define NAMES(array, count)                                \
	{                                                  \
		(array)[0].name, sizeof((array)[0]), count \
	}

static const char *name_at(const struct names *s, unsigned i)
{
	return i < s->n ? s->first + i * s->stride : "";
}

/* Same names to the places of base, then the others to places of nobody, of old ones last. */
static unsigned place_names(uint16_t *place, const struct names *c, const struct names *base,
			    unsigned max)
{
	bool taken[CONFIG_MAX_PORTS] = { false };
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++) {
		place[i] = UINT16_MAX;
		for (unsigned k = 0; k < base->n && name_at(c, i)[0]; k++)
			if (strcmp(name_at(c, i), name_at(base, k)) == 0)
				place[i] = (uint16_t)k;
		if (place[i] != UINT16_MAX)
			taken[place[i]] = true;
	}
	for (unsigned i = 0; i < c->n; i++) {
		for (unsigned k = 0; k < max && place[i] == UINT16_MAX; k++)
			if (!taken[k] && !name_at(base, k)[0])
				place[i] = (uint16_t)k;
		for (unsigned k = 0; k < max && place[i] == UINT16_MAX; k++)
			if (!taken[k])
				place[i] = (uint16_t)k;
		taken[place[i]] = true;
		if (name_at(c, i)[0] && place[i] >= n)
			n = place[i] + 1u;
	}
	return n;
}

static bool is_vlan(const struct config *c, unsigned i)
{
	return c->ifaces[i].vlan && c->ifaces[i].port != CONFIG_NO_PORT;
}

/* The place of base's VLAN of this port, known by its new place; UINT16_MAX. */
static uint16_t vlan_of(const struct config *base, uint16_t port, uint16_t vlan, const char *name)
{
	for (unsigned k = CONFIG_MAX_PORTS; base && k < base->n_ifaces; k++)
		if (is_vlan(base, k) && base->ifaces[k].port == port &&
		    base->ifaces[k].vlan == vlan && strcmp(base->ports[port].name, name) == 0)
			return (uint16_t)k;
	return UINT16_MAX;
}

static void place_ifaces(struct places *at, const struct config *c, const struct config *base)
{
	bool taken[IFACES] = { false };

	for (unsigned i = 0; i < c->n_ifaces; i++) {
		const struct config_iface *f = &c->ifaces[i];

		at->iface[i] = UINT16_MAX;
		if (f->port == CONFIG_NO_PORT)
			continue;
		at->iface[i] =
			f->vlan ? vlan_of(base, at->port[f->port], f->vlan, c->ports[f->port].name)
				: at->port[f->port];
		if (at->iface[i] != UINT16_MAX)
			taken[at->iface[i]] = true;
	}
	for (unsigned pass = 0; pass < 2; pass++) { /* places that base has used come last */
		for (unsigned i = 0; i < c->n_ifaces; i++) {
			uint16_t k = CONFIG_MAX_PORTS;

			if (!is_vlan(c, i) || at->iface[i] != UINT16_MAX)
				continue;
			while (k < IFACES && (taken[k] || (!pass && base && k < base->n_ifaces &&
							   is_vlan(base, k))))
				k++;
			if (k == IFACES)
				continue;
			at->iface[i] = k;
			taken[k] = true;
		}
	}
}

static void find_places(struct places *at, struct config *out, const struct config *c,
			const struct config *base)
{
	static const struct config none;
	const struct config *b = base ? base : &none;

#define PLACE(what, max)                                                       \
	do {                                                                   \
		const struct names mine = NAMES(c->what##s, c->n_##what##s),   \
				   theirs = NAMES(b->what##s, b->n_##what##s); \
		out->n_##what##s = place_names(at->what, &mine, &theirs, max); \
	} while (0)
	PLACE(engine, CONFIG_MAX_ENGINES);
	PLACE(laser, CONFIG_MAX_LASERS);
	PLACE(device, CONFIG_MAX_DEVICES);
	PLACE(port, CONFIG_MAX_PORTS);
	PLACE(vrf, CONFIG_MAX_VRFS);
#undef PLACE
	place_ifaces(at, c, base);
}

static void move_objects(const struct places *at, struct config *out, const struct config *c)
{
	memset(out->engines, 0, sizeof(out->engines));
	memset(out->lasers, 0, sizeof(out->lasers));
	memset(out->devices, 0, sizeof(out->devices));
	memset(out->ports, 0, sizeof(out->ports));
	memset(out->vrfs, 0, sizeof(out->vrfs));
	for (unsigned i = 0; i < c->n_engines; i++) {
		struct config_engine *e = &out->engines[at->engine[i]];

		*e = c->engines[i];
		if (e->laser >= 0)
			e->laser = (int16_t)at->laser[e->laser];
	}
	for (unsigned i = 0; i < c->n_lasers; i++)
		out->lasers[at->laser[i]] = c->lasers[i];
	for (unsigned i = 0; i < c->n_devices; i++)
		out->devices[at->device[i]] = c->devices[i];
	for (unsigned i = 0; i < c->n_vrfs; i++)
		out->vrfs[at->vrf[i]] = c->vrfs[i];
	for (unsigned i = 0; i < c->n_ports; i++) {
		if (!c->ports[i].name[0])
			continue;
		out->ports[at->port[i]] = c->ports[i];
		out->ports[at->port[i]].engine = at->engine[c->ports[i].engine];
	}
}

static void move_ifaces(const struct places *at, struct config *out, const struct config *c)
{
	memset(out->ifaces, 0, sizeof(out->ifaces));
	for (unsigned i = 0; i < IFACES; i++)
		out->ifaces[i].port = CONFIG_NO_PORT;
	out->n_ifaces = out->n_ports;
	for (unsigned i = 0; i < c->n_ifaces; i++) {
		struct config_iface *f;

		if (at->iface[i] == UINT16_MAX)
			continue;
		f = &out->ifaces[at->iface[i]];
		*f = c->ifaces[i];
		f->port = at->port[f->port];
		f->vrf = at->vrf[f->vrf];
		if (at->iface[i] >= out->n_ifaces)
			out->n_ifaces = at->iface[i] + 1u;
	}
}

static int copy_lists(const struct places *at, struct config *out, const struct config *c)
{
	out->routes = malloc((c->n_routes + 1) * sizeof(*out->routes));
	out->neighbors = malloc((c->n_neighbors + 1) * sizeof(*out->neighbors));
	out->paths = malloc((c->n_paths + 1) * sizeof(*out->paths));
	if (!out->routes || !out->neighbors || !out->paths)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_routes; i++) {
		struct config_route *r = &out->routes[i];

		*r = c->routes[i];
		r->vrf = at->vrf[r->vrf];
		if (r->kind == CONFIG_ROUTE_VIA && !r->n_paths)
			r->iface = at->iface[r->iface];
	}
	for (size_t i = 0; i < c->n_paths; i++) {
		out->paths[i] = c->paths[i];
		out->paths[i].iface = at->iface[c->paths[i].iface];
	}
	for (size_t i = 0; i < c->n_neighbors; i++) {
		out->neighbors[i] = c->neighbors[i];
		out->neighbors[i].iface = at->iface[c->neighbors[i].iface];
	}
	return 0;
}

int config_layout(struct config **result, const struct config *c, const struct config *base)
{
	struct config *out = malloc(sizeof(*out));
	struct places at;
	int ret = -ENOMEM;

	*result = NULL;
	if (out) {
		*out = *c;
		out->routes = NULL;
		out->paths = NULL;
		out->neighbors = NULL;
		find_places(&at, out, c, base);
		move_objects(&at, out, c);
		move_ifaces(&at, out, c);
		ret = copy_lists(&at, out, c);
	}
	if (ret) {
		config_free(out);
		return ret;
	}
	*result = out;
	return 0;
}
