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
#include "dataplane/ctl/rib.h"
#include "lib/net/ip6.h"

/* config: ifaces[i] for i < n_ports is port i untagged. Pieces come behind those of the file. */
uint16_t iface_of_port(const struct board *b, unsigned i)
{
	const unsigned n = b->cfg->n_ports;

	return (uint16_t)(1 + (i < n ? i : b->cfg->n_ifaces + i - n));
}

/* Of interface i; a piece is in the VRF of the port it was cut from, untagged. */
static uint16_t vrf_of(const struct board *b, unsigned i)
{
	const struct config *cfg = b->cfg;
	const struct config_port *from;

	if (i <= cfg->n_ifaces)
		return cfg->ifaces[i - 1].vrf;
	from = b->ports[i - 1 - cfg->n_ifaces + cfg->n_ports].from;
	return from ? cfg->ifaces[from - cfg->ports].vrf : 0;
}

static void stand_on(struct board *b, unsigned i, const struct board_port *port)
{
	struct iface *f = &b->ifaces[i];

	*f = (struct iface){ .port = port->id,
			     .mtu = port->spec.mtu,
			     .vrf = vrf_of(b, i),
			     .host_lane = port->lanes[0] };
	memcpy(f->mac, port->mac, 6);
}

/* Packets that came in on it may still be on their way: they do not change their VRF. */
static void fall(struct board *b, unsigned i)
{
	b->ifaces[i] = (struct iface){ .vrf = b->ifaces[i].vrf };
}

/* Config interface i is board interface i + 1: 0 is IFACE_NONE. */
static void fill(struct board *b, unsigned i)
{
	const struct config_iface *from = &b->cfg->ifaces[i];
	struct iface *f = &b->ifaces[i + 1];

	stand_on(b, i + 1, &b->ports[from->port]);
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
	if (f->n6) {
		ip6_link_local_from_mac(f->mac, f->addr6[f->n6].addr);
		f->addr6[f->n6++].len = 64;
	}
}

static int fixed_routes(struct board *b, struct err *err)
{
	static const struct {
		struct rib_prefix to;
		enum rib_kind kind;
	} fixed[] = {
		{ { 0, AF_INET, 8, { 0 } }, RIB_MARTIAN },
		{ { 0, AF_INET, 8, { 127 } }, RIB_MARTIAN },
		{ { 0, AF_INET, 4, { 224 } }, RIB_MULTICAST },
		{ { 0, AF_INET, 4, { 240 } }, RIB_MARTIAN },
		{ { 0, AF_INET, 32, { 255, 255, 255, 255 } }, RIB_MULTICAST },
		{ { 0, AF_INET6, 128, { 0 } }, RIB_MARTIAN },
		{ { 0, AF_INET6, 128, { [15] = 1 } }, RIB_MARTIAN },
		{ { 0, AF_INET6, 10, { 0xfe, 0x80 } },
		  RIB_LOCAL }, /* ip6_local asks the interface */
		{ { 0, AF_INET6, 8, { 0xff } }, RIB_LOCAL },
		{ { 0, AF_INET6, 16, { 0xff, 0 } }, RIB_MARTIAN },
		{ { 0, AF_INET6, 16, { 0xff, 1 } }, RIB_MARTIAN },
	};
	int ret = 0;

	for (size_t i = 0; !ret && i < RTE_DIM(fixed) * b->n_vrfs; i++) {
		struct rib_prefix to = fixed[i % RTE_DIM(fixed)].to;
		const struct rib_target target = { .kind = fixed[i % RTE_DIM(fixed)].kind };

		to.vrf = (uint16_t)(i / RTE_DIM(fixed));
		ret = rib_add(b, RIB_OWN, &to, 0, &target, err);
	}
	return ret;
}

int iface_link_row(struct board *b, uint16_t i, uint32_t *row, struct err *err)
{
	const struct iface *f = &b->ifaces[i];
	int ret = 0;

	if (!b->link_rows[i])
		ret = nexthop_alloc(b->nexthops, NEXTHOP_CONNECTED, f->port, i, f->mtu,
				    &b->link_rows[i], err);
	*row = b->link_rows[i];
	return ret;
}

/* The addresses of the interface and what follows from them. */
static int connected(struct board *b, uint16_t i, struct err *err)
{
	const struct iface *f = &b->ifaces[i];
	int ret = 0;

	b->routed[i] = true;
	for (uint8_t a = 0; !ret && a < f->n4; a++)
		ret = addr_route(b, i, AF_INET, (const uint8_t *)&f->addr4[a].addr, f->addr4[a].len,
				 err);
	for (uint8_t a = 0; !ret && a < f->n6; a++)
		ret = addr_route(b, i, AF_INET6, f->addr6[a].addr, f->addr6[a].len, err);
	return ret;
}

static void disconnect(struct board *b, uint16_t i)
{
	const struct iface *f = &b->ifaces[i];

	for (uint8_t a = 0; a < f->n4; a++)
		addr_unroute(b, i, AF_INET, (const uint8_t *)&f->addr4[a].addr, f->addr4[a].len);
	for (uint8_t a = 0; a < f->n6; a++)
		addr_unroute(b, i, AF_INET6, f->addr6[a].addr, f->addr6[a].len);
}

/* Routes first, then what they lead to: no route may hold a row that is given back. */
static void unroute(struct board *b, uint16_t i)
{
	disconnect(b, i);
	rib_forget_iface(b, i);
	rib_commit(b);
	neighbors_forget(b, i);
	if (b->link_rows[i])
		rib_free_row(b, b->link_rows[i]);
	b->link_rows[i] = 0;
	b->routed[i] = false;
	rib_commit(b);
}

static int route(struct board *b, uint16_t i, struct err *err)
{
	int ret = connected(b, i, err);

	if (!ret)
		ret = routes_add(b, i, err);
	rib_commit(b);
	return ret;
}

/* The routes stay: only the DPDK port and the address to send from are others. */
static void move(struct board *b, uint16_t i)
{
	if (b->link_rows[i])
		nexthop_set_port(b->nexthops, b->link_rows[i], b->ifaces[i].port);
	neighbors_move(b, i);
}

int ifaces_attach(struct board *b, unsigned port, struct err *err)
{
	int ret = 0;

	if (port >= b->cfg->n_ports)
		stand_on(b, iface_of_port(b, port), &b->ports[port]);
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
	rib_commit(b);
	return ret;
}

void ifaces_detach(struct board *b, unsigned port)
{
	if (port >= b->cfg->n_ports)
		fall(b, iface_of_port(b, port));
	for (unsigned i = 0; port < b->cfg->n_ports && i < b->cfg->n_ifaces; i++) {
		if (b->cfg->ifaces[i].port != port)
			continue;
		if (b->routed[i + 1])
			unroute(b, (uint16_t)(i + 1));
		fall(b, i + 1);
	}
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
	b->link_rows = calloc(n, sizeof(*b->link_rows));
	if (!b->ifaces || !b->routed || !b->link_rows)
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
	free(b->link_rows);
}
