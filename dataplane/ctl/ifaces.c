/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces from the configuration, and the routes that follow from them: our own addresses, the
 * connected subnets, and the destinations no router forwards (RFC 1812 5.3.7, RFC 6890, RFC 4291).
 * Ports come and go under them (breakout.c); an interface keeps its number. Control thread.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "lib/net/ip6.h"

/* config: ifaces[i] for i < n_ports is port i untagged. Pieces come behind those of the file. */
uint16_t iface_of_port(const struct board *b, unsigned i)
{
	const unsigned n = b->cfg->n_ports;

	return (uint16_t)(1 + (i < n ? i : b->cfg->n_ifaces + i - n));
}

static void stand_on(const struct board *b, struct iface *f, const struct board_port *port)
{
	*f = (struct iface){ .port = port->id,
			     .mtu = port->spec.mtu,
			     .host_lane = port->lanes[0],
			     .host = b->cfg->host_twins && port->spec.twin };
	memcpy(f->mac, port->mac, 6);
}

/* Where we have addresses, and where the host has: its twin has one, too. */
static void give_link_local(struct iface *f)
{
	if (!f->n6 && !(f->host && f->mtu >= 1280))
		return;
	ip6_link_local_from_mac(f->mac, f->addr6[f->n6].addr);
	f->addr6[f->n6++].len = 64;
}

/* Config interface i is board interface i + 1: 0 is IFACE_NONE. */
static void fill(struct board *b, unsigned i)
{
	const struct config_iface *from = &b->cfg->ifaces[i];
	struct iface *f = &b->ifaces[i + 1];

	stand_on(b, f, &b->ports[from->port]);
	f->vlan = from->vlan;
	for (uint16_t a = 0; a < from->n_addrs; a++) {
		const struct config_prefix *p = &from->addrs[a];

		if (p->family == AF_INET) {
			memcpy(&f->addr4[f->n4].addr, p->addr, 4);
			f->addr4[f->n4++].len = p->len;
		} else {
			memcpy(f->addr6[f->n6].addr, p->addr, 16);
			f->addr6[f->n6++].len = p->len;
		}
	}
	give_link_local(f);
}

static int fixed_routes(struct board *b, struct err *err)
{
	static const struct {
		uint8_t addr[4], len;
		uint32_t row;
	} fixed4[] = {
		{ { 0 }, 8, NEXTHOP_ROW_MARTIAN },
		{ { 127 }, 8, NEXTHOP_ROW_MARTIAN },
		{ { 224 }, 4, NEXTHOP_ROW_GROUP },
		{ { 240 }, 4, NEXTHOP_ROW_MARTIAN },
		{ { 255, 255, 255, 255 }, 32, NEXTHOP_ROW_GROUP },
	};
	static const struct {
		uint8_t addr[16], len;
		uint32_t row;
	} fixed6[] = {
		{ { 0 }, 128, NEXTHOP_ROW_MARTIAN },
		{ { [15] = 1 }, 128, NEXTHOP_ROW_MARTIAN },
		{ { 0xfe, 0x80 }, 10, NEXTHOP_ROW_LOCAL }, /* ip6_local asks the interface */
		{ { 0xff }, 8, NEXTHOP_ROW_LOCAL },
		{ { 0xff, 0 }, 16, NEXTHOP_ROW_MARTIAN },
		{ { 0xff, 1 }, 16, NEXTHOP_ROW_MARTIAN },
	};
	int ret = 0;

	for (size_t i = 0; !ret && i < RTE_DIM(fixed4); i++)
		ret = fib_add(b->fib4, fixed4[i].addr, fixed4[i].len, fixed4[i].row, err);
	for (size_t i = 0; !ret && i < RTE_DIM(fixed6); i++)
		ret = fib_add(b->fib6, fixed6[i].addr, fixed6[i].len, fixed6[i].row, err);
	return ret;
}

static int connected4(struct board *b, uint16_t i, const struct iface_addr4 *a, struct err *err)
{
	const uint32_t mask = a->len ? rte_cpu_to_be_32(UINT32_MAX << (32 - a->len)) : 0;
	const uint32_t subnet = a->addr & mask, broadcast = a->addr | ~mask;
	int ret = 0;

	if (a->len < 32)
		ret = fib_add(b->fib4, (const uint8_t *)&subnet, a->len, b->connected4[i], err);
	if (!ret && a->len < 31) { /* directed broadcast (RFC 2644), and the old form of it */
		ret = fib_add(b->fib4, (const uint8_t *)&broadcast, 32, NEXTHOP_ROW_GROUP, err);
		if (!ret)
			ret = fib_add(b->fib4, (const uint8_t *)&subnet, 32, NEXTHOP_ROW_GROUP,
				      err);
	}
	return ret ? ret : fib_add(b->fib4, (const uint8_t *)&a->addr, 32, NEXTHOP_ROW_LOCAL, err);
}

static int connected6(struct board *b, uint16_t i, const struct iface_addr6 *a, struct err *err)
{
	int ret = 0;

	if (ip6_is_link_local(a->addr))
		return 0;
	if (a->len < 128)
		ret = fib_add(b->fib6, a->addr, a->len, b->connected6[i], err);
	return ret ? ret : fib_add(b->fib6, a->addr, 128, NEXTHOP_ROW_LOCAL, err);
}

static int connected(struct board *b, uint16_t i, struct err *err)
{
	const struct iface *f = &b->ifaces[i];
	int ret = 0;

	b->routed[i] = true;
	if (f->n4)
		ret = nexthop_alloc(b->nexthops, NEXTHOP_CONNECTED, f->port, i, f->mtu,
				    &b->connected4[i], err);
	if (!ret && f->n6)
		ret = nexthop_alloc(b->nexthops, NEXTHOP_CONNECTED, f->port, i, f->mtu,
				    &b->connected6[i], err);
	for (uint8_t a = 0; !ret && a < f->n4; a++)
		ret = connected4(b, i, &f->addr4[a], err);
	for (uint8_t a = 0; !ret && a < f->n6; a++)
		ret = connected6(b, i, &f->addr6[a], err);
	return ret;
}

/* What connected() made of the interface, as far as it came. */
static void disconnect(struct board *b, uint16_t i)
{
	const struct iface *f = &b->ifaces[i];

	for (uint8_t a = 0; a < f->n4; a++) {
		const struct iface_addr4 *p = &f->addr4[a];
		const uint32_t mask = p->len ? rte_cpu_to_be_32(UINT32_MAX << (32 - p->len)) : 0;
		const uint32_t subnet = p->addr & mask, broadcast = p->addr | ~mask;

		route_remove(b->fib4, (const uint8_t *)&p->addr, 32, NEXTHOP_ROW_LOCAL);
		route_remove(b->fib4, (const uint8_t *)&broadcast, 32, NEXTHOP_ROW_GROUP);
		route_remove(b->fib4, (const uint8_t *)&subnet, 32, NEXTHOP_ROW_GROUP);
		route_remove(b->fib4, (const uint8_t *)&subnet, p->len, b->connected4[i]);
	}
	for (uint8_t a = 0; a < f->n6; a++) {
		route_remove(b->fib6, f->addr6[a].addr, 128, NEXTHOP_ROW_LOCAL);
		route_remove(b->fib6, f->addr6[a].addr, f->addr6[a].len, b->connected6[i]);
	}
}

static void commit(struct board *b)
{
	fib_commit(b->fib4);
	fib_commit(b->fib6);
}

/* Routes first, then what they lead to: no route may hold a row that is given back. */
static void unroute(struct board *b, uint16_t i)
{
	routes_remove(b, i);
	neighbors_unroute(b, i);
	disconnect(b, i);
	commit(b);
	neighbors_forget(b, i);
	if (b->connected4[i])
		nexthop_free(b->nexthops, b->connected4[i]);
	if (b->connected6[i])
		nexthop_free(b->nexthops, b->connected6[i]);
	b->connected4[i] = b->connected6[i] = 0;
	b->routed[i] = false;
}

static int route(struct board *b, uint16_t i, struct err *err)
{
	int ret = connected(b, i, err);

	if (!ret)
		ret = routes_add(b, i, err);
	commit(b);
	return ret;
}

/* The routes stay: only the DPDK port and the address to send from are others. */
static void move(struct board *b, uint16_t i)
{
	if (b->connected4[i])
		nexthop_set_port(b->nexthops, b->connected4[i], b->ifaces[i].port);
	if (b->connected6[i])
		nexthop_set_port(b->nexthops, b->connected6[i], b->ifaces[i].port);
	neighbors_move(b, i);
}

int ifaces_attach(struct board *b, unsigned port, struct err *err)
{
	int ret = 0;

	if (port >= b->cfg->n_ports) {
		stand_on(b, &b->ifaces[iface_of_port(b, port)], &b->ports[port]);
		give_link_local(&b->ifaces[iface_of_port(b, port)]);
	}
	for (unsigned i = 0; !ret && port < b->cfg->n_ports && i < b->cfg->n_ifaces; i++) {
		const uint16_t index = (uint16_t)(i + 1);

		if (b->cfg->ifaces[i].port != port)
			continue;
		fill(b, i);
		if (b->routed[index])
			move(b, index);
		else
			ret = route(b, index, err);
	}
	neighbors_check_routes(b);
	commit(b);
	return ret;
}

void ifaces_detach(struct board *b, unsigned port)
{
	if (port >= b->cfg->n_ports)
		b->ifaces[iface_of_port(b, port)] = (struct iface){ 0 };
	for (unsigned i = 0; port < b->cfg->n_ports && i < b->cfg->n_ifaces; i++) {
		if (b->cfg->ifaces[i].port != port)
			continue;
		if (b->routed[i + 1])
			unroute(b, (uint16_t)(i + 1));
		b->ifaces[i + 1] = (struct iface){ 0 };
	}
	neighbors_check_routes(b);
	commit(b);
}

static void free_table(void *arg, void *ifaces)
{
	(void)arg;
	free(ifaces);
}

int ifaces_change(struct board *b, struct err *err)
{
	const size_t size = (b->n_ifaces + 1) * sizeof(*b->ifaces);
	struct iface *copy = b->shown ? NULL : malloc(size);

	if (b->shown)
		return 0;
	if (!copy)
		return err_set(err, -ENOMEM, "interfaces: no memory");
	memcpy(copy, b->ifaces, size);
	b->shown = b->ifaces;
	b->ifaces = copy;
	return 0;
}

void ifaces_shown(struct board *b)
{
	struct iface *old = b->shown;

	b->shown = NULL;
	if (!old || rcu_retire(b->rcu, free_table, NULL, old) == 0)
		return;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	free(old);
}

int ifaces_create(struct board *b, struct err *err)
{
	const size_t n = b->cfg->n_ifaces + 1 + BOARD_MAX_PORTS - b->cfg->n_ports;
	int ret;

	b->n_ifaces = (unsigned)n - 1;
	b->ifaces = calloc(n, sizeof(*b->ifaces));
	b->routed = calloc(n, sizeof(*b->routed));
	b->connected4 = calloc(n, sizeof(*b->connected4));
	b->connected6 = calloc(n, sizeof(*b->connected6));
	if (!b->ifaces || !b->routed || !b->connected4 || !b->connected6)
		return err_set(err, -ENOMEM, "interfaces: no memory");
	ret = fixed_routes(b, err);
	for (unsigned i = 0; !ret && i < b->cfg->n_ifaces; i++) {
		struct board_port *port = &b->ports[b->cfg->ifaces[i].port];
		const uint16_t vlan = b->cfg->ifaces[i].vlan;

		fill(b, i);
		if (vlan && !port->vlan_iface)
			port->vlan_iface = calloc(4096, sizeof(*port->vlan_iface));
		if (vlan && !port->vlan_iface)
			return err_set(err, -ENOMEM, "VLAN table: no memory");
		if (vlan)
			port->vlan_iface[vlan] = (uint16_t)(i + 1);
		ret = connected(b, (uint16_t)(i + 1), err);
	}
	return ret;
}

void ifaces_destroy(struct board *b)
{
	for (unsigned i = 0; i < b->n_ports; i++)
		free(b->ports[i].vlan_iface);
	free(b->ifaces);
	free(b->shown);
	free(b->routed);
	free(b->connected4);
	free(b->connected6);
}
