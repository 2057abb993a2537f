/* SPDX-License-Identifier: BSD-3-Clause */
/* The running configuration; see running.h. Control thread. */
#include "dataplane/ctl/running.h"

#include <errno.h>
#include <string.h>

#include "config/layout.h"
#include "dataplane/ctl/board_priv.h"

/* A port that another one has swallowed is not there, nor what stands on it. */
static void leave_out(struct config *c, unsigned port)
{
	memset(&c->ports[port], 0, sizeof(c->ports[port]));
	for (unsigned i = 0; i < c->n_ifaces; i++)
		if (c->ifaces[i].port == port)
			c->ifaces[i] = (struct config_iface){ .port = CONFIG_NO_PORT };
}

static bool is_there(const struct config *c, uint16_t iface)
{
	return c->ifaces[iface].port != CONFIG_NO_PORT;
}

/* Of several gateways those that are there are left. */
static bool leads_somewhere(struct config *c, struct config_route *r)
{
	struct config_path *paths = &c->paths[r->first_path];
	uint16_t n = 0;

	if (r->kind != CONFIG_ROUTE_VIA)
		return true;
	if (!r->n_paths)
		return is_there(c, r->iface);
	for (uint16_t i = 0; i < r->n_paths; i++)
		if (is_there(c, paths[i].iface))
			paths[n++] = paths[i];
	r->n_paths = n;
	return n > 0;
}

static void leave_out_lists(struct config *c)
{
	size_t routes = 0, neighbors = 0;

	for (size_t i = 0; i < c->n_routes; i++)
		if (leads_somewhere(c, &c->routes[i]))
			c->routes[routes++] = c->routes[i];
	for (size_t i = 0; i < c->n_neighbors; i++)
		if (is_there(c, c->neighbors[i].iface))
			c->neighbors[neighbors++] = c->neighbors[i];
	c->n_routes = routes;
	c->n_neighbors = neighbors;
}

/* As many as there are, whoever asked for them; of CPUs those in use. */
static void put_workers(const struct board *b, struct config *c)
{
	const unsigned n = b->placement.n_workers;

	if (n == workers_wanted(b, b->cfg))
		return;
	c->n_workers = n;
	c->n_worker_cpus = n < c->n_worker_cpus ? n : 0;
}

static int add_piece(struct config *c, const struct config_port *spec, struct err *err)
{
	unsigned i = 0;

	while (i < CONFIG_MAX_PORTS && c->ports[i].name[0])
		i++;
	if (i == CONFIG_MAX_PORTS)
		return err_set(err, -ENOSPC,
			       "port %s: a configuration has room for %d ports, this board has "
			       "more by its breakouts; make some of them whole again",
			       spec->name, CONFIG_MAX_PORTS);
	c->ports[i] = *spec;
	c->ifaces[i] = (struct config_iface){ .port = (uint16_t)i };
	c->n_ports = RTE_MAX(c->n_ports, i + 1);
	c->n_ifaces = RTE_MAX(c->n_ifaces, i + 1);
	return 0;
}

int running_config(const struct board *b, struct config **out, struct err *err)
{
	struct config *c;
	int ret = config_layout(&c, b->cfg, b->cfg);

	*out = NULL;
	if (ret)
		return err_set(err, ret, "running configuration: no memory");
	for (unsigned i = 0; i < c->n_ports; i++) {
		if (!c->ports[i].name[0])
			continue;
		if (!b->ports[i].probed) {
			leave_out(c, i);
			continue;
		}
		c->ports[i].first_lane = b->ports[i].spec.first_lane;
		c->ports[i].n_lanes = b->ports[i].spec.n_lanes;
	}
	leave_out_lists(c);
	put_workers(b, c);
	for (unsigned i = BOARD_FIRST_PIECE; !ret && i < b->n_ports; i++) {
		struct config_port piece = b->ports[i].spec;

		piece.has_mac = false; /* its own, made up */
		if (b->ports[i].probed)
			ret = add_piece(c, &piece, err);
	}
	if (ret) {
		config_free(c);
		return ret;
	}
	*out = c;
	return 0;
}
