/* SPDX-License-Identifier: BSD-3-Clause */
/* How values are written; see fields.h. */
#include "config/fields.h"

#include <stdio.h>
#include <string.h>

#include "config/prefix.h"
#include "config/schema.h"
#include "config/tree.h"
#include "lib/net/punt.h"

static bool put(char *out, size_t room, const char *text)
{
	snprintf(out, room, "%s", text);
	return true;
}

static bool workers_count(const struct config *c, const void *object, char *out, size_t room)
{
	(void)object;
	if (c->n_worker_cpus || !c->n_workers)
		return put(out, room, "auto");
	snprintf(out, room, "%u", c->n_workers);
	return true;
}

static bool workers_cpu(const struct config *c, const void *object, char *out, size_t room)
{
	(void)c;
	snprintf(out, room, "%u", *(const uint16_t *)object);
	return true;
}

static bool workers_idle(const struct config *c, const void *object, char *out, size_t room)
{
	(void)object;
	return put(out, room, c->idle_poll ? "poll" : "sleep");
}

static bool workers_spread(const struct config *c, const void *object, char *out, size_t room)
{
	(void)object;
	return put(out, room, c->spread ? "auto" : "off");
}

static bool mgmt(enum config_mgmt how, const char *path, char *out, size_t room)
{
	switch (how) {
	case CONFIG_MGMT_USUAL:
		return false;
	case CONFIG_MGMT_NONE:
		return put(out, room, "none");
	case CONFIG_MGMT_EMULATED:
		return put(out, room, "emulated");
	default:
		snprintf(out, room, "%s:%s", how == CONFIG_MGMT_UNIX ? "unix" : "optoe", path);
		return true;
	}
}

static bool engine_mgmt(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_engine *e = object;

	(void)c;
	return mgmt(e->mgmt, e->path, out, room);
}

static bool laser_mgmt(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_laser *l = object;

	(void)c;
	return mgmt(l->mgmt, l->path, out, room);
}

static bool engine_lasers(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_engine *e = object;

	return e->laser >= 0 && put(out, room, c->lasers[e->laser].name);
}

static bool port_lanes(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_port *p = object;
	const int n = snprintf(out, room, "%s/%u", c->engines[p->engine].name, p->first_lane);

	if (p->n_lanes > 1)
		snprintf(out + n, room - (size_t)n, "-%u", p->first_lane + p->n_lanes - 1u);
	return true;
}

static bool port_carrier(const struct config *c, const void *object, char *out, size_t room)
{
	static const char *const kinds[] = { [CONFIG_CARRIER_LOOP] = "loop",
					     [CONFIG_CARRIER_FIBER] = "fiber:",
					     [CONFIG_CARRIER_PEER] = "fiber:",
					     [CONFIG_CARRIER_DEV] = "dev:" };
	const struct config_port *p = object;

	(void)c;
	snprintf(out, room, "%s%s", kinds[p->carrier], p->carrier_name);
	return true;
}

static bool port_role(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_port *p = object;

	(void)c;
	return p->carrier == CONFIG_CARRIER_PEER && !p->server && put(out, room, "client");
}

static bool port_mtu(const struct config *c, const void *object, char *out, size_t room)
{
	(void)c;
	snprintf(out, room, "%u", ((const struct config_port *)object)->mtu);
	return true;
}

static bool mac(const uint8_t m[6], char *out, size_t room)
{
	snprintf(out, room, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return true;
}

static bool port_mac(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_port *p = object;

	(void)c;
	return p->has_mac && mac(p->mac, out, room);
}

/* The default one is where things are that name none. */
static bool vrf_name(const struct config *c, uint16_t vrf, char *out, size_t room)
{
	return vrf && put(out, room, c->vrfs[vrf].name);
}

static bool port_vrf(const struct config *c, const void *object, char *out, size_t room)
{
	return vrf_name(c, c->ifaces[(const struct config_port *)object - c->ports].vrf, out, room);
}

static bool vlan_vrf(const struct config *c, const void *object, char *out, size_t room)
{
	return vrf_name(c, ((const struct config_iface *)object)->vrf, out, room);
}

static bool route_vrf(const struct config *c, const void *object, char *out, size_t room)
{
	return vrf_name(c, ((const struct config_route *)object)->vrf, out, room);
}

static bool neighbor_vrf(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_neighbor *n = object;

	return vrf_name(c, c->ifaces[n->iface].vrf, out, room);
}

static bool iface_urpf(const struct config *c, const void *object, char *out, size_t room)
{
	static const char *const names[] = { [CONFIG_URPF_OFF] = "off",
					     [CONFIG_URPF_LOOSE] = "loose",
					     [CONFIG_URPF_STRICT] = "strict" };

	(void)c;
	return put(out, room, names[((const struct config_iface *)object)->urpf]);
}

static bool port_urpf(const struct config *c, const void *object, char *out, size_t room)
{
	return iface_urpf(c, &c->ifaces[(const struct config_port *)object - c->ports], out, room);
}

static bool own_address(const struct config *c, const void *object, char *out, size_t room)
{
	(void)c;
	value_show_prefix(object, false, out, room);
	return true;
}

static bool route_to(const struct config *c, const void *object, char *out, size_t room)
{
	return own_address(c, &((const struct config_route *)object)->to, out, room);
}

static struct config_prefix host(uint8_t family, const uint8_t addr[16])
{
	struct config_prefix p = { .family = family };

	memcpy(p.addr, addr, sizeof(p.addr));
	return p;
}

static bool one_gateway(const struct config_route *r)
{
	return r->kind == CONFIG_ROUTE_VIA && !r->n_paths;
}

static bool route_via(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_route *r = object;
	const struct config_prefix p = host(r->to.family, r->via);

	(void)c;
	if (!one_gateway(r))
		return false;
	value_show_prefix(&p, true, out, room);
	return true;
}

static bool route_type(const struct config *c, const void *object, char *out, size_t room)
{
	static const char *const names[] = { [CONFIG_ROUTE_VIA] = "via",
					     [CONFIG_ROUTE_BLACKHOLE] = "blackhole",
					     [CONFIG_ROUTE_UNREACHABLE] = "unreachable",
					     [CONFIG_ROUTE_PROHIBIT] = "prohibit" };

	(void)c;
	return put(out, room, names[((const struct config_route *)object)->kind]);
}

/* Where a link-local address is must be said; of others it follows from the subnets. */
static bool link_port(const struct config *c, const struct config_prefix *p, uint16_t iface,
		      char *out, size_t room)
{
	return prefix_is_link_local(p) && put(out, room, c->ports[c->ifaces[iface].port].name);
}

static bool link_vlan(const struct config *c, const struct config_prefix *p, uint16_t iface,
		      char *out, size_t room)
{
	const uint16_t vlan = c->ifaces[iface].vlan;

	snprintf(out, room, "%u", vlan);
	return prefix_is_link_local(p) && vlan;
}

static bool route_port(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_route *r = object;
	const struct config_prefix p = host(r->to.family, r->via);

	return one_gateway(r) && link_port(c, &p, r->iface, out, room);
}

static bool route_vlan(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_route *r = object;
	const struct config_prefix p = host(r->to.family, r->via);

	return one_gateway(r) && link_vlan(c, &p, r->iface, out, room);
}

static bool route_metric(const struct config *c, const void *object, char *out, size_t room)
{
	(void)c;
	snprintf(out, room, "%u", ((const struct config_route *)object)->metric);
	return true;
}

static bool path_via(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_path *path = object;
	const struct config_prefix p = host(path->family, path->via);

	(void)c;
	value_show_prefix(&p, true, out, room);
	return true;
}

static bool path_port(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_path *path = object;
	const struct config_prefix p = host(path->family, path->via);

	return link_port(c, &p, path->iface, out, room);
}

static bool path_vlan(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_path *path = object;
	const struct config_prefix p = host(path->family, path->via);

	return link_vlan(c, &p, path->iface, out, room);
}

static bool path_weight(const struct config *c, const void *object, char *out, size_t room)
{
	(void)c;
	snprintf(out, room, "%u", ((const struct config_path *)object)->weight);
	return true;
}

static bool neighbor_ip(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_neighbor *n = object;
	const struct config_prefix p = host(n->family, n->addr);

	(void)c;
	value_show_prefix(&p, true, out, room);
	return true;
}

static bool neighbor_mac(const struct config *c, const void *object, char *out, size_t room)
{
	(void)c;
	return mac(((const struct config_neighbor *)object)->mac, out, room);
}

static bool neighbor_port(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_neighbor *n = object;
	const struct config_prefix p = host(n->family, n->addr);

	return link_port(c, &p, n->iface, out, room);
}

static bool neighbor_vlan(const struct config *c, const void *object, char *out, size_t room)
{
	const struct config_neighbor *n = object;
	const struct config_prefix p = host(n->family, n->addr);

	return link_vlan(c, &p, n->iface, out, room);
}

#define PUNT(sym, name, ...)                                             \
	TOP("punt." name ".pps", FIELD_U32, punt[PUNT_##sym].pps, NULL), \
		TOP("punt." name ".burst", FIELD_U32, punt[PUNT_##sym].burst, NULL),
#define FILTER(sym, name, ...) TOP("filters." name, FIELD_BOOL, filters[MARTIAN_##sym], NULL),
#define MADE(path, fn, why)                  \
	{                                    \
		path, FIELD_MADE, 0, fn, why \
	}
#define TOP(path, type, member, why)                                   \
	{                                                              \
		path, type, offsetof(struct config, member), NULL, why \
	}
#define OF(path, type, what, member, why)                                     \
	{                                                                     \
		path, type, offsetof(struct config_##what, member), NULL, why \
	}

#define NAME   "the board's files and its socket are called by it"
#define ENGINE "engines are opened when the board starts"
#define TABLE  "tables have their size for life"
#define FPM    "zebra's server is made when the board starts"
#define TWINS  "twins are made when the board starts"
#define VRF    "interfaces are in their VRF as long as the board runs"
#define MEMORY "packet memory is reserved when the board starts"

/* clang-format off */
const struct field fields[] = {
TOP("instance", FIELD_TEXT, instance, NAME),
MADE("workers.count", workers_count, NULL),
MADE("workers.cpus[]", workers_cpu, NULL),
MADE("workers.idle", workers_idle, NULL),
MADE("workers.spread", workers_spread, NULL),
OF("engines.*.profile", FIELD_TEXT, engine, profile, ENGINE),
MADE("engines.*.mgmt", engine_mgmt, ENGINE),
MADE("engines.*.lasers", engine_lasers, ENGINE),
OF("engines.*.joint", FIELD_BOOL, engine, joint, ENGINE),
OF("engines.*.serve", FIELD_TEXT, engine, serve, ENGINE),
OF("engines.*.seed", FIELD_U32, engine, seed, ENGINE),
OF("engines.*.numa", FIELD_NODE, engine, numa, ENGINE),
OF("lasers.*.profile", FIELD_TEXT, laser, profile, ENGINE),
MADE("lasers.*.mgmt", laser_mgmt, ENGINE),
OF("devices.*", FIELD_TEXT, device, args, "the device is open; give the new one another name"),
OF("vrfs.*.table", FIELD_U32, vrf, table, FIELDS_NEW_VRF),
OF("vrfs.*.routes4", FIELD_U32, vrf, said_routes4, TABLE),
OF("vrfs.*.routes6", FIELD_U32, vrf, said_routes6, TABLE),
MADE("ports.*.lanes", port_lanes, NULL),
MADE("ports.*.carrier", port_carrier, NULL),
MADE("ports.*.role", port_role, NULL),
MADE("ports.*.mtu", port_mtu, NULL),
MADE("ports.*.mac", port_mac, NULL),
OF("ports.*.promiscuous", FIELD_BOOL, port, promiscuous, NULL),
OF("ports.*.numa", FIELD_NODE, port, numa, NULL),
MADE("ports.*.vrf", port_vrf, VRF),
MADE("ports.*.addresses[]", own_address, NULL),
MADE("ports.*.vlans.*.vrf", vlan_vrf, VRF),
MADE("ports.*.urpf", port_urpf, NULL),
MADE("ports.*.vlans.*.addresses[]", own_address, NULL),
MADE("ports.*.vlans.*.urpf", iface_urpf, NULL),
OF("ports.*.twin", FIELD_BOOL, port, twin, TWINS),
TOP("host.twins", FIELD_BOOL, host_twins, TWINS),
TOP("host.netns", FIELD_TEXT, host_netns, TWINS),
TOP("host.fpm", FIELD_TEXT, host_fpm.text, FPM),
TOP("host.fpm_remote", FIELD_BOOL, host_fpm_remote, FPM),
TOP("host.fpm_stale", FIELD_U32, host_fpm_stale_s, FPM),
MADE("routes[].to", route_to, NULL),
MADE("routes[].via", route_via, NULL),
MADE("routes[].type", route_type, NULL),
MADE("routes[].port", route_port, NULL),
MADE("routes[].vlan", route_vlan, NULL),
MADE("routes[].vrf", route_vrf, NULL),
MADE("routes[].paths[].via", path_via, NULL),
MADE("routes[].paths[].port", path_port, NULL),
MADE("routes[].paths[].vlan", path_vlan, NULL),
MADE("routes[].paths[].weight", path_weight, NULL),
MADE("routes[].metric", route_metric, NULL),
MADE("neighbors[].ip", neighbor_ip, NULL),
MADE("neighbors[].mac", neighbor_mac, NULL),
MADE("neighbors[].port", neighbor_port, NULL),
MADE("neighbors[].vlan", neighbor_vlan, NULL),
MADE("neighbors[].vrf", neighbor_vrf, NULL),
TOP("tables.routes4", FIELD_U32, said.routes4, TABLE),
TOP("tables.routes6", FIELD_U32, said.routes6, TABLE),
TOP("tables.nexthops", FIELD_U32, said.nexthops, TABLE),
TOP("tables.neighbors", FIELD_U32, said.neighbors, TABLE),
TOP("memory.buffers", FIELD_U32, buffers, MEMORY),
TOP("memory.hugepages", FIELD_BOOL, hugepages, MEMORY),
TOP("arp.age", FIELD_U32, arp_age_s, NULL),
MARTIANS(FILTER)
TOP("ip.urpf_default", FIELD_BOOL, urpf_default, NULL),
TOP("ip.fragment", FIELD_BOOL, ip4_fragment, NULL),
TOP("icmp.errors_pps", FIELD_U32, icmp_errors_pps, NULL),
PUNT_CLASSES(PUNT)
TOP("telemetry.period", FIELD_U32, telemetry_period_ms, NULL),
};
/* clang-format on */
const size_t n_fields = sizeof(fields) / sizeof(fields[0]);

static unsigned count_cpus(const struct config *c, const void *parent)
{
	(void)parent;
	return c->n_worker_cpus;
}

static const void *cpu_at(const struct config *c, const void *parent, unsigned i, char *name)
{
	(void)parent;
	(void)name;
	return &c->worker_cpus[i];
}

/* Objects of struct config with a name; an empty one marks a place that is free. */
#define NAMED(what)                                                                          \
	static unsigned count_##what##s(const struct config *c, const void *parent)          \
	{                                                                                    \
		(void)parent;                                                                \
		return c->n_##what##s;                                                       \
	}                                                                                    \
	static const void *what##_at(const struct config *c, const void *parent, unsigned i, \
				     char *name)                                             \
	{                                                                                    \
		(void)parent;                                                                \
		put(name, FIELDS_TEXT_MAX, c->what##s[i].name);                              \
		return name[0] ? &c->what##s[i] : NULL;                                      \
	}

NAMED(engine)
NAMED(laser)
NAMED(device)
NAMED(port)

static unsigned count_vrfs(const struct config *c, const void *parent)
{
	(void)parent;
	return c->n_vrfs;
}

/* The default one does not stand in a file. */
static const void *vrf_at(const struct config *c, const void *parent, unsigned i, char *name)
{
	(void)parent;
	put(name, FIELDS_TEXT_MAX, c->vrfs[i].name);
	return i && name[0] ? &c->vrfs[i] : NULL;
}

static unsigned count_ifaces(const struct config *c, const void *parent)
{
	(void)parent;
	return c->n_ifaces;
}

static const void *vlan_at(const struct config *c, const void *parent, unsigned i, char *name)
{
	const struct config_iface *f = &c->ifaces[i];

	snprintf(name, FIELDS_TEXT_MAX, "%u", f->vlan);
	return f->vlan && f->port == (const struct config_port *)parent - c->ports ? f : NULL;
}

static unsigned count_vlan_addresses(const struct config *c, const void *parent)
{
	(void)c;
	return ((const struct config_iface *)parent)->n_addrs;
}

static const void *vlan_address_at(const struct config *c, const void *parent, unsigned i,
				   char *name)
{
	(void)c;
	(void)name;
	return &((const struct config_iface *)parent)->addrs[i];
}

static const struct config_iface *untagged(const struct config *c, const void *port)
{
	return &c->ifaces[(const struct config_port *)port - c->ports];
}

static unsigned count_port_addresses(const struct config *c, const void *parent)
{
	return untagged(c, parent)->n_addrs;
}

static const void *port_address_at(const struct config *c, const void *parent, unsigned i,
				   char *name)
{
	(void)name;
	return &untagged(c, parent)->addrs[i];
}

static unsigned count_routes(const struct config *c, const void *parent)
{
	(void)parent;
	return (unsigned)c->n_routes;
}

static const void *route_at(const struct config *c, const void *parent, unsigned i, char *name)
{
	(void)parent;
	(void)name;
	return &c->routes[i];
}

static unsigned count_paths(const struct config *c, const void *parent)
{
	(void)c;
	return ((const struct config_route *)parent)->n_paths;
}

static const void *path_at(const struct config *c, const void *parent, unsigned i, char *name)
{
	(void)name;
	return &c->paths[((const struct config_route *)parent)->first_path + i];
}

static unsigned count_neighbors(const struct config *c, const void *parent)
{
	(void)parent;
	return (unsigned)c->n_neighbors;
}

static const void *neighbor_at(const struct config *c, const void *parent, unsigned i, char *name)
{
	(void)parent;
	(void)name;
	return &c->neighbors[i];
}

static const struct collection collections[] = {
	{ "workers.cpus", count_cpus, cpu_at },
	{ "engines", count_engines, engine_at },
	{ "lasers", count_lasers, laser_at },
	{ "devices", count_devices, device_at },
	{ "vrfs", count_vrfs, vrf_at },
	{ "ports", count_ports, port_at },
	{ "ports.*.addresses", count_port_addresses, port_address_at },
	{ "ports.*.vlans", count_ifaces, vlan_at },
	{ "ports.*.vlans.*.addresses", count_vlan_addresses, vlan_address_at },
	{ "routes", count_routes, route_at },
	{ "routes[].paths", count_paths, path_at },
	{ "neighbors", count_neighbors, neighbor_at },
};

const struct field *field_find(const char *path)
{
	for (size_t i = 0; i < n_fields; i++)
		if (strcmp(fields[i].path, path) == 0)
			return &fields[i];
	return NULL;
}

const struct collection *collection_find(const char *path)
{
	for (size_t i = 0; i < sizeof(collections) / sizeof(collections[0]); i++)
		if (strcmp(collections[i].path, path) == 0)
			return &collections[i];
	return NULL;
}

/* 0 of a key that may be "auto" is that. */
static bool is_auto(const struct field *f, uint32_t n)
{
	if (n)
		return false;
	for (size_t i = 0; i < schema_n_keys; i++)
		if (strcmp(schema_keys[i].path, f->path) == 0)
			return schema_keys[i].type == SCHEMA_AUTO;
	return false;
}

bool field_text(const struct field *f, const struct config *c, const void *object, char *out,
		size_t room)
{
	const char *at = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_U32:
		if (is_auto(f, *(const uint32_t *)at))
			return put(out, room, "auto");
		snprintf(out, room, "%u", *(const uint32_t *)at);
		return true;
	case FIELD_BOOL:
		return put(out, room, *(const bool *)at ? "true" : "false");
	case FIELD_NODE:
		snprintf(out, room, "%d", *(const int16_t *)at);
		return *(const int16_t *)at >= 0;
	case FIELD_TEXT:
		return put(out, room, at) && *at;
	case FIELD_MADE:
		break;
	}
	return f->text(c, object, out, room);
}

const char *field_iface(const struct config *c, uint16_t iface, char *out, size_t room)
{
	const struct config_iface *f = &c->ifaces[iface];

	if (f->vlan)
		snprintf(out, room, "%s VLAN %u", c->ports[f->port].name, f->vlan);
	else
		snprintf(out, room, "%s", c->ports[f->port].name);
	return out;
}
