/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices, ports: which lanes a port has, what carries them, which interfaces stand on it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/build.h"
#include "config/nearest.h"
#include "config/prefix.h"

struct fiber {
	const char *name;
	unsigned n;
	const struct node *end[2]; /* carrier nodes */
	uint16_t port[2];
};

/* Who has what so far. */
struct taken {
	const struct node *lane[CONFIG_MAX_ENGINES][CONFIG_MAX_ENGINE_LANES];
	const struct node *device[CONFIG_MAX_DEVICES];
	struct fiber fibers[CONFIG_MAX_PORTS];
	unsigned n_fibers;
};

int build_devices(struct build *b)
{
	const struct node *devices = node_child(b->tree->root, "devices");
	struct config *c = b->c;

	for (const struct node *n = devices ? devices->child : NULL; n; n = n->next) {
		struct config_device *d = &c->devices[c->n_devices++];

		if (strncmp(n->name, "net_cpx", 7) == 0)
			return build_fail_name(b, n,
					       "devices.%s: cpx makes its own ports\nremove "
					       "it, and describe the port under `ports:`",
					       shown(n->name, strlen(n->name)).text);
		snprintf(d->name, sizeof(d->name), "%s", n->name);
		snprintf(d->args, sizeof(d->args), "%s", n->v.text);
	}
	return 0;
}

static int port_lanes(struct build *b, struct config_port *p, const struct node *map,
		      struct taken *taken)
{
	const struct node *n = node_child(map, "lanes");
	const struct lanes_value *v = &n->v.lanes;
	unsigned count = v->last - v->first + 1u, e;
	struct nearest near = { .typed = v->engine };
	const struct config_engine *engine;

	for (e = 0; e < b->c->n_engines && strcmp(b->c->engines[e].name, v->engine) != 0; e++)
		nearest_offer(&near, b->c->engines[e].name);
	if (e == b->c->n_engines)
		return build_fail(b, n,
				  "ports.%s: no engine \"%s\"\n%s%s%sadd it to `engines:`, or "
				  "name one that is there, as %s",
				  p->name, v->engine, near.word ? "did you mean \"" : "",
				  near.word ? near.word : "", near.word ? "\"? else " : "",
				  b->c->engines[0].name);
	engine = &b->c->engines[e];
	if (v->last >= engine->lanes)
		return build_fail(b, n,
				  "ports.%s: engine %s (%s) has no lane %u\nits lanes are 0 to "
				  "%u",
				  p->name, engine->name, engine->profile, v->last,
				  engine->lanes - 1u);
	if (count != 1 && count != 2 && count != 4 && count != 8)
		return build_fail(b, n,
				  "ports.%s: %u lanes make no port\na port has 1, 2, 4 or 8 "
				  "lanes of one bank, for example %s/%u-%u",
				  p->name, count, engine->name, v->first / 8u * 8u,
				  v->first / 8u * 8u + 7u);
	if (v->first / CONFIG_LANES_PER_BANK != v->last / CONFIG_LANES_PER_BANK)
		return build_fail(b, n,
				  "ports.%s: lanes %u-%u cross from bank %u into bank %u\na "
				  "port stays inside one bank of 8: 0-7, 8-15, 16-23 …",
				  p->name, v->first, v->last, v->first / 8u, v->last / 8u);
	for (unsigned lane = v->first; lane <= v->last; lane++) {
		const struct node *other = taken->lane[e][lane];

		if (other)
			return build_fail(b, n,
					  "ports.%s: lane %u of %s is already port %s's\ngive "
					  "it other lanes; %s is on line %u",
					  p->name, lane, engine->name, other->name, other->name,
					  other->line);
		taken->lane[e][lane] = map;
	}
	p->engine = (uint16_t)e;
	p->first_lane = v->first;
	p->n_lanes = (uint16_t)count;
	return 0;
}

static int port_fiber(struct build *b, const struct node *n, uint16_t port, struct taken *taken)
{
	const char *name = n->v.carrier.name;
	struct fiber *f = taken->fibers;

	while (f < taken->fibers + taken->n_fibers && strcmp(f->name, name) != 0)
		f++;
	if (f == taken->fibers + taken->n_fibers) {
		taken->n_fibers++;
		f->name = name;
	}
	if (f->n == 2)
		return build_fail(b, n,
				  "ports.%s: fiber %s has two ends already, %s and %s\na fiber "
				  "joins two ports; choose another name for this one",
				  b->c->ports[port].name, name, b->c->ports[f->port[0]].name,
				  b->c->ports[f->port[1]].name);
	f->end[f->n] = n;
	f->port[f->n++] = port;
	return 0;
}

static int port_role(struct build *b, const struct node *map, struct config_port *p)
{
	const struct node *role = node_child(map, "role");

	p->server = role == NULL || role->v.number == 0;
	if (role == NULL || p->carrier == CONFIG_CARRIER_PEER)
		return 0;
	return build_fail(
		b, role,
		"ports.%s: a role goes with a fiber to another process only\nleave it out, "
		"or write carrier: fiber:/PATH",
		p->name);
}

static int port_device(struct build *b, const struct node *n, const struct config_port *p,
		       struct taken *taken)
{
	const char *name = n->v.carrier.name;
	struct nearest near = { .typed = name };
	struct shown s = shown(name, strlen(name));
	unsigned d;

	for (d = 0; d < b->c->n_devices && strcmp(b->c->devices[d].name, name) != 0; d++)
		nearest_offer(&near, b->c->devices[d].name);
	if (d == b->c->n_devices)
		return build_fail(b, n,
				  "ports.%s: no device \"%s\" in `devices`\n%s%s%sadd `%s: "
				  "ARGUMENTS` under `devices:`",
				  p->name, s.text, near.word ? "did you mean \"" : "",
				  near.word ? near.word : "", near.word ? "\"? else " : "", s.text);
	if (taken->device[d])
		return build_fail(b, n,
				  "ports.%s: device %s already carries port %s (line %u)\na "
				  "device carries one port; add another device",
				  p->name, s.text, taken->device[d]->name, taken->device[d]->line);
	taken->device[d] = n->parent;
	return 0;
}

static int check_fibers(struct build *b, const struct taken *taken)
{
	for (const struct fiber *f = taken->fibers; f < taken->fibers + taken->n_fibers; f++) {
		const struct config_port *p = &b->c->ports[f->port[0]], *q;
		struct nearest near = { .typed = f->name };

		if (f->n == 2) {
			q = &b->c->ports[f->port[1]];
			if (p->has_mac && q->has_mac && memcmp(p->mac, q->mac, 6) == 0)
				return build_fail(
					b, node_child(b->ports[f->port[1]], "mac"),
					"ports.%s: the same Ethernet address as %s at the "
					"other end of fiber %s\ngive each its own",
					q->name, p->name, f->name);
			continue;
		}
		for (const struct fiber *o = taken->fibers; o < taken->fibers + taken->n_fibers;
		     o++)
			if (o != f && o->n == 1)
				nearest_offer(&near, o->name);
		return build_fail(b, f->end[0],
				  "ports.%s: fiber %s has only this end\n%s%s%sname it "
				  "on a second port, or write carrier: loop",
				  p->name, f->name, near.word ? "did you mean fiber:" : "",
				  near.word ? near.word : "", near.word ? "? else " : "");
	}
	return 0;
}

/* An address an interface cannot have, and why. */
static int check_own(struct build *b, const struct node *n, const char *port)
{
	const struct config_prefix *p = &n->v.prefix;
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t zero[16];
	const char *what = NULL;
	char text[64];

	if (memcmp(p->addr, zero, sizeof(zero)) == 0)
		what = "the unspecified address";
	else if (prefix_is_multicast(p))
		what = "a multicast address";
	else if (p->family == AF_INET && p->addr[0] == 127)
		what = "a loopback address";
	else if (p->family == AF_INET && (p->addr[0] == 0 || p->addr[0] >= 240))
		what = "a reserved address";
	else if (p->family == AF_INET6 && memcmp(p->addr, zero, 15) == 0 && p->addr[15] == 1)
		what = "the loopback address";
	else if (p->family == AF_INET6 && memcmp(p->addr, mapped, 12) == 0)
		what = "an IPv4 address in IPv6 clothing";
	if (what)
		return build_fail(b, n,
				  "ports.%s: %s is %s\nan interface needs a unicast address of "
				  "its own",
				  port, value_show_prefix(p, true, text, sizeof(text)), what);
	/* RFC 3021: a /31 has no network or broadcast address; RFC 6164: a /127 no anycast one */
	if (p->len < (p->family == AF_INET ? 31 : 127)) {
		struct config_prefix net = *p, last = *p;

		prefix_mask(&net);
		prefix_last(&last);
		if (memcmp(net.addr, p->addr, 16) == 0)
			what = p->family == AF_INET ? "the network address"
						    : "the routers' anycast address";
		else if (p->family == AF_INET && memcmp(last.addr, p->addr, 16) == 0)
			what = "the broadcast address";
	}
	if (what)
		return build_fail(b, n,
				  "ports.%s: %s is %s of its subnet\nchoose an address between "
				  "the first and the last",
				  port, value_show_prefix(p, false, text, sizeof(text)), what);
	return 0;
}

/* What ports and VLANs have alike; map: of the one or the other. */
static int iface_fill(struct build *b, struct config_iface *iface, const struct node *map,
		      const struct node *port)
{
	const struct node *list = node_child(map, "addresses");
	const struct config_port *p = &b->c->ports[iface->port];
	int ret;

	iface->urpf = (enum config_urpf)node_number(map, "urpf");
	for (const struct node *n = list ? list->child : NULL; n; n = n->next) {
		ret = check_own(b, n, p->name);
		if (ret < 0)
			return ret;
		if (n->v.prefix.family == AF_INET6 && p->mtu < 1280) {
			const struct node *mtu = node_child(port, "mtu");

			return build_fail(b, mtu,
					  "ports.%s: MTU %u is too small for IPv6\nwrite at "
					  "least 1280, or remove the IPv6 address on line %u",
					  p->name, p->mtu, n->line);
		}
		iface->addrs[iface->n_addrs++] = n->v.prefix;
	}
	return 0;
}

static int port_vlans(struct build *b, uint16_t port)
{
	const struct node *map = b->ports[port], *vlans = node_child(map, "vlans");
	struct config *c = b->c;
	int ret;

	for (const struct node *n = vlans ? vlans->child : NULL; n; n = n->next) {
		struct config_iface *iface = &c->ifaces[c->n_ifaces];

		if (c->n_ifaces == c->n_ports + CONFIG_MAX_VLANS)
			return build_fail_name(b, n,
					       "ports.%s: more than %d VLANs on the board\n"
					       "remove some; all ports together have room for "
					       "%d",
					       c->ports[port].name, CONFIG_MAX_VLANS,
					       CONFIG_MAX_VLANS);
		c->n_ifaces++;
		iface->port = port;
		iface->vlan = 0;
		for (const char *d = n->name; *d; d++) /* digits, checked by the schema */
			iface->vlan = (uint16_t)(iface->vlan * 10 + (*d - '0'));
		ret = build_vrf(b, n, &iface->vrf);
		if (ret == 0)
			ret = iface_fill(b, iface, n, map);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int build_port(struct build *b, const struct node *map, struct taken *taken)
{
	uint16_t i = (uint16_t)b->c->n_ports++;
	struct config_port *p = &b->c->ports[i];
	const struct node *carrier = node_child(map, "carrier"), *mac = node_child(map, "mac");
	int ret;

	b->ports[i] = map;
	snprintf(p->name, sizeof(p->name), "%s", map->name);
	p->mtu = (uint16_t)node_number(map, "mtu");
	p->promiscuous = node_number(map, "promiscuous");
	p->twin = node_number(map, "twin");
	p->numa = node_child(map, "numa") ? (int16_t)node_number(map, "numa") : -1;
	p->has_mac = mac;
	if (mac)
		memcpy(p->mac, mac->v.mac, sizeof(p->mac));
	p->carrier = carrier->v.carrier.kind;
	snprintf(p->carrier_name, sizeof(p->carrier_name), "%s", carrier->v.carrier.name);
	ret = port_role(b, map, p);
	if (ret == 0)
		ret = port_lanes(b, p, map, taken);
	if (ret == 0 && p->carrier == CONFIG_CARRIER_FIBER)
		ret = port_fiber(b, carrier, i, taken);
	else if (ret == 0 && p->carrier == CONFIG_CARRIER_DEV)
		ret = port_device(b, carrier, p, taken);
	return ret;
}

int build_ports(struct build *b)
{
	const struct node *ports = node_child(b->tree->root, "ports"), *n;
	struct config *c = b->c;
	struct taken taken = { 0 };
	unsigned ethdevs = c->n_devices;
	int ret;

	for (n = ports->child; n; n = n->next)
		if (++ethdevs > CONFIG_MAX_PORTS)
			return build_fail_name(
				b, n,
				"ports.%s: more than %d ports and devices together, the "
				"room of a stock DPDK\nuse fewer, or build DPDK with "
				"-Dmax_ethports=N and cpx with CONFIG_MAX_PORTS of "
				"config/config.h set to the same N",
				n->name, CONFIG_MAX_PORTS);
	for (n = ports->child; n; n = n->next) {
		ret = build_port(b, n, &taken);
		if (ret < 0)
			return ret;
	}
	ret = check_fibers(b, &taken);
	c->n_ifaces = c->n_ports;
	for (uint16_t i = 0; ret == 0 && i < c->n_ports; i++) {
		c->ifaces[i].port = i;
		ret = build_vrf(b, b->ports[i], &c->ifaces[i].vrf);
		if (ret == 0)
			ret = iface_fill(b, &c->ifaces[i], b->ports[i], b->ports[i]);
	}
	for (uint16_t i = 0; ret == 0 && i < c->n_ports; i++)
		ret = port_vlans(b, i);
	return ret;
}
