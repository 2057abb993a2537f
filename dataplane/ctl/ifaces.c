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
#include "lib/net/martian.h"

uint16_t iface_of_port(const struct board *b, unsigned i)
{
	(void)b;
	return (uint16_t)(1 + (i < BOARD_FIRST_PIECE ? i : CONFIG_MAX_VLANS + i));
}

static_assert((int)CONFIG_URPF_OFF == IFACE_RPF_OFF && (int)CONFIG_URPF_LOOSE == IFACE_RPF_LOOSE &&
		      (int)CONFIG_URPF_STRICT == IFACE_RPF_STRICT,
	      "the same names");

/* Of interface i, which stands on this port; a piece is where the port it was cut from is. */
static uint16_t vrf_of(const struct board *b, unsigned i, const struct board_port *port)
{
	const struct config *cfg = b->cfg;

	if (i <= cfg->n_ifaces && cfg->ifaces[i - 1].port != CONFIG_NO_PORT)
		return cfg->ifaces[i - 1].vrf;
	return port->from ? cfg->ifaces[port->from - cfg->ports].vrf : 0;
}

/* What an interface has of its port; the addresses stay. */
static void stand_on(struct board *b, unsigned i, const struct board_port *port)
{
	struct iface *f = &b->ifaces[i];

	f->port = port->id;
	f->mtu = port->spec.mtu;
	f->host_lane = port->lanes[0];
	f->vrf = vrf_of(b, i, port);
	f->host = b->cfg->host_twins && port->spec.twin;
	memcpy(f->mac, port->mac, 6);
}

/* It has another MAC address, and so another link-local one. */
static void new_mac(struct iface *f, const uint8_t old[6])
{
	uint8_t was[16];

	ip6_link_local_from_mac(old, was);
	for (uint8_t i = 0; i < f->n6; i++)
		if (memcmp(f->addr6[i].addr, was, 16) == 0)
			ip6_link_local_from_mac(f->mac, f->addr6[i].addr);
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

	stand_on(b, i + 1, &b->ports[from->port]);
	f->vlan = from->vlan;
	f->rpf = (uint8_t)from->urpf;
	b->owner[i + 1] = from->port;
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

/* In every VRF. */
static const struct {
	struct rib_prefix to;
	enum rib_kind kind;
	enum martian filter; /* only while it is on */
} fixed[] = {
	{ { 0, AF_INET, 8, { 0 } }, RIB_MARTIAN, MARTIAN_IP4_DESTINATION_THIS_NETWORK },
	{ { 0, AF_INET, 8, { 127 } }, RIB_MARTIAN, MARTIAN_IP4_DESTINATION_LOOPBACK },
	{ { 0, AF_INET, 4, { 224 } }, RIB_MULTICAST, MARTIAN_NONE },
	{ { 0, AF_INET, 4, { 240 } }, RIB_MARTIAN, MARTIAN_IP4_DESTINATION_RESERVED },
	{ { 0, AF_INET, 32, { 255, 255, 255, 255 } }, RIB_MULTICAST, MARTIAN_NONE },
	{ { 0, AF_INET6, 128, { 0 } }, RIB_MARTIAN, MARTIAN_IP6_DESTINATION_UNSPECIFIED },
	{ { 0, AF_INET6, 128, { [15] = 1 } }, RIB_MARTIAN, MARTIAN_IP6_DESTINATION_LOOPBACK },
	{ { 0, AF_INET6, 96, { [10] = 0xff, [11] = 0xff } },
	  RIB_MARTIAN,
	  MARTIAN_IP6_DESTINATION_MAPPED },
	/* ip6_local asks the interface */
	{ { 0, AF_INET6, 10, { 0xfe, 0x80 } }, RIB_LOCAL, MARTIAN_NONE },
	{ { 0, AF_INET6, 8, { 0xff } }, RIB_LOCAL, MARTIAN_NONE },
	{ { 0, AF_INET6, 16, { 0xff, 0 } }, RIB_MARTIAN, MARTIAN_NONE },
	{ { 0, AF_INET6, 16, { 0xff, 1 } }, RIB_MARTIAN, MARTIAN_NONE },
};

static bool is_fixed(const struct config *c, enum martian filter)
{
	return filter == MARTIAN_NONE || c->filters[filter];
}

/* Those that `from` has not, NULL: all; and without those that only it has. */
static int fixed_routes(struct board *b, const struct config *from, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < RTE_DIM(fixed) * b->n_vrfs; i++) {
		const enum martian filter = fixed[i % RTE_DIM(fixed)].filter;
		struct rib_prefix to = fixed[i % RTE_DIM(fixed)].to;
		const struct rib_target target = { .kind = fixed[i % RTE_DIM(fixed)].kind };
		const bool was = from && is_fixed(from, filter), is = is_fixed(b->cfg, filter);

		to.vrf = (uint16_t)(i / RTE_DIM(fixed));
		if (is && !was)
			ret = rib_add(b, RIB_OWN, &to, 0, &target, err);
		else if (was && !is)
			ret = rib_del(b, RIB_OWN, &to, 0, err);
		if (from && (ret == -EEXIST || ret == -ENOENT))
			ret = 0; /* going back from half-way */
	}
	return ret;
}

int ifaces_filter(struct board *b, const struct config *from, struct err *err)
{
	int ret = fixed_routes(b, from, err);

	for (unsigned i = 0; !ret && i < b->cfg->n_ifaces; i++) {
		const struct config_iface *f = &b->cfg->ifaces[i];

		if (f->port == CONFIG_NO_PORT || !b->ifaces[i + 1].mtu ||
		    b->ifaces[i + 1].rpf == f->urpf)
			continue;
		ret = ifaces_change(b, err);
		if (!ret)
			b->ifaces[i + 1].rpf = (uint8_t)f->urpf;
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

/* Addresses and routes stay: only the DPDK port and the address to send from are others. */
static void move(struct board *b, uint16_t i, const struct board_port *port)
{
	uint8_t mac[6];

	memcpy(mac, b->ifaces[i].mac, 6);
	stand_on(b, i, port);
	new_mac(&b->ifaces[i], mac);
	if (b->link_rows[i])
		nexthop_set_port(b->nexthops, b->link_rows[i], b->ifaces[i].port);
	if (b->link_rows[i])
		nexthop_set_mtu(b->nexthops, b->link_rows[i], b->ifaces[i].mtu);
	neighbors_move(b, i);
}

int ifaces_attach(struct board *b, unsigned port, struct err *err)
{
	int ret = 0;

	if (port >= BOARD_FIRST_PIECE && b->ifaces[iface_of_port(b, port)].mtu) {
		move(b, iface_of_port(b, port), &b->ports[port]);
	} else if (port >= BOARD_FIRST_PIECE) {
		b->owner[iface_of_port(b, port)] = (uint16_t)port;
		stand_on(b, iface_of_port(b, port), &b->ports[port]);
		give_link_local(&b->ifaces[iface_of_port(b, port)]);
	}
	for (unsigned i = 0; !ret && port < BOARD_FIRST_PIECE && i < b->cfg->n_ifaces; i++) {
		const uint16_t index = (uint16_t)(i + 1);

		if (b->cfg->ifaces[i].port != port)
			continue;
		if (b->ifaces[index].mtu) {
			move(b, index, &b->ports[port]);
		} else {
			fill(b, i);
			ret = route(b, index, err);
		}
	}
	rib_commit(b);
	return ret;
}

static void detach(struct board *b, uint16_t i)
{
	if (b->ifaces[i].mtu)
		unroute(b, i);
	/* packets that came in on it may be on their way: they stay in its VRF */
	b->ifaces[i] = (struct iface){ .vrf = b->ifaces[i].vrf };
}

void ifaces_detach(struct board *b, unsigned port)
{
	for (uint16_t i = 1; i <= b->n_ifaces; i++)
		if (b->ifaces[i].mtu && b->owner[i] == port)
			detach(b, i);
}

void iface_open(struct board *b, const struct config *cfg, unsigned i)
{
	struct iface *f = &b->ifaces[i + 1];

	*f = (struct iface){ .vlan = cfg->ifaces[i].vlan };
	stand_on(b, i + 1, &b->ports[cfg->ifaces[i].port]);
	f->vrf = cfg->ifaces[i].vrf; /* cfg is not the board's yet */
	give_link_local(f);
	b->owner[i + 1] = cfg->ifaces[i].port;
}

void iface_close(struct board *b, unsigned i)
{
	detach(b, (uint16_t)(i + 1));
}

void ifaces_set_mtu(struct board *b, unsigned port)
{
	for (uint16_t i = 1; i <= b->n_ifaces; i++) {
		struct iface *f = &b->ifaces[i];

		if (!f->mtu || b->owner[i] != port)
			continue;
		f->mtu = b->ports[port].spec.mtu;
		if (b->link_rows[i])
			nexthop_set_mtu(b->nexthops, b->link_rows[i], f->mtu);
		neighbors_set_mtu(b, i);
	}
}

static void free_table(void *arg, void *table)
{
	(void)arg;
	free(table);
}

static void retire(struct board *b, void *table)
{
	if (!table || rcu_retire(b->rcu, free_table, NULL, table) == 0)
		return;
	rcu_wait(b->rcu, rcu_token(b->rcu));
	free(table);
}

int ifaces_tag(struct board *b, unsigned port, struct err *err)
{
	struct board_port *p = &b->ports[port];
	uint16_t *table = NULL;

	for (unsigned i = 0; i < b->cfg->n_ifaces; i++) {
		const struct config_iface *f = &b->cfg->ifaces[i];

		if (f->port != port || !f->vlan)
			continue;
		if (!table)
			table = calloc(4096, sizeof(*table));
		if (!table)
			return err_set(err, -ENOMEM, "VLAN table: no memory");
		table[f->vlan] = (uint16_t)(i + 1);
	}
	if (p->old_vlans)
		free(p->vlan_iface); /* nobody has seen it */
	else
		p->old_vlans = p->vlan_iface;
	p->vlan_iface = table;
	return 0;
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
	retire(b, b->shown);
	b->shown = NULL;
	for (unsigned i = 0; i < b->n_ports; i++) {
		retire(b, b->ports[i].old_vlans);
		b->ports[i].old_vlans = NULL;
	}
}

int ifaces_create(struct board *b, struct err *err)
{
	const size_t n = BOARD_MAX_IFACES + 1;
	int ret;

	b->n_ifaces = (unsigned)n - 1;
	b->ifaces = calloc(n, sizeof(*b->ifaces));
	b->link_rows = calloc(n, sizeof(*b->link_rows));
	b->owner = calloc(n, sizeof(*b->owner));
	if (!b->owner || !b->ifaces || !b->link_rows)
		return err_set(err, -ENOMEM, "interfaces: no memory");
	ret = fixed_routes(b, NULL, err);
	for (unsigned i = 0; !ret && i < b->cfg->n_ifaces; i++) {
		if (b->cfg->ifaces[i].port == CONFIG_NO_PORT)
			continue;
		fill(b, i);
		ret = connected(b, (uint16_t)(i + 1), err);
	}
	for (unsigned i = 0; !ret && i < b->n_ports; i++)
		ret = ifaces_tag(b, i, err);
	return ret;
}

void ifaces_destroy(struct board *b)
{
	for (unsigned i = 0; i < b->n_ports; i++) {
		free(b->ports[i].vlan_iface);
		free(b->ports[i].old_vlans);
	}
	free(b->ifaces);
	free(b->shown);
	free(b->link_rows);
	free(b->owner);
}
