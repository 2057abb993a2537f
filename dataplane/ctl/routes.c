/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Static neighbours and routes of the configuration: all at start, those of an interface when its
 * port comes. They go with the interface (rib_forget_iface). Control thread.
 */
#include <netinet/in.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"

/* Of a route's gateways those whose interface is there. Returns how many. */
static uint16_t hops_of(const struct board *b, const struct config *c, const struct config_route *r,
			struct rib_hop hops[CONFIG_MAX_PATHS])
{
	const struct config_path only = { .iface = r->iface, .weight = 1 };
	uint16_t n = 0;

	if (r->kind != CONFIG_ROUTE_VIA)
		return 0;
	for (uint16_t i = 0; i < RTE_MAX(r->n_paths, 1); i++) {
		const struct config_path *p = r->n_paths ? &c->paths[r->first_path + i] : &only;

		if (!b->ifaces[p->iface + 1].mtu)
			continue;
		hops[n] = (struct rib_hop){ .iface = (uint16_t)(p->iface + 1),
					    .family = r->to.family,
					    .weight = p->weight };
		memcpy(hops[n++].addr, r->n_paths ? p->via : r->via, sizeof(p->via));
	}
	return n;
}

static struct rib_prefix prefix_of(const struct config_route *r)
{
	struct rib_prefix to = { .vrf = r->vrf, .family = r->to.family, .len = r->to.len };

	memcpy(to.addr, r->to.addr, sizeof(to.addr));
	return to;
}

int route_add(struct board *b, const struct config *c, const struct config_route *r,
	      struct err *err)
{
	static const enum rib_kind kind[] = {
		[CONFIG_ROUTE_VIA] = RIB_VIA,
		[CONFIG_ROUTE_BLACKHOLE] = RIB_BLACKHOLE,
		[CONFIG_ROUTE_UNREACHABLE] = RIB_UNREACHABLE,
		[CONFIG_ROUTE_PROHIBIT] = RIB_PROHIBIT,
	};
	struct rib_hop hops[CONFIG_MAX_PATHS];
	const struct rib_target target = { .kind = kind[r->kind],
					   .n_hops = hops_of(b, c, r, hops),
					   .hops = hops };
	const struct rib_prefix to = prefix_of(r);

	return rib_add(b, RIB_STATIC, &to, r->metric, &target, err);
}

int route_del(struct board *b, const struct config_route *r, struct err *err)
{
	const struct rib_prefix to = prefix_of(r);

	return rib_del(b, RIB_STATIC, &to, r->metric, err);
}

/* By a gateway of this interface; IFACE_NONE: any. */
static bool on(const struct board *b, uint16_t iface, const struct config_route *r)
{
	bool is = iface == IFACE_NONE ||
		  (r->kind == CONFIG_ROUTE_VIA && !r->n_paths && r->iface + 1 == iface);

	for (uint16_t i = 0; i < r->n_paths; i++)
		is |= b->cfg->paths[r->first_path + i].iface + 1 == iface;
	return is;
}

int routes_add(struct board *b, uint16_t iface, struct err *err)
{
	const struct config *cfg = b->cfg;
	int ret = 0;

	for (size_t i = 0; !ret && i < cfg->n_neighbors; i++) {
		const struct config_neighbor *n = &cfg->neighbors[i];

		if (iface == IFACE_NONE || n->iface + 1 == iface)
			ret = neighbors_add_static(b, n->iface + 1, n->family, n->addr, n->mac,
						   err);
	}
	for (size_t i = 0; !ret && i < cfg->n_routes; i++)
		if (on(b, iface, &cfg->routes[i]))
			ret = route_add(b, cfg, &cfg->routes[i], err);
	return ret;
}
