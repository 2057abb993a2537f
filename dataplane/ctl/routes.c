/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Static neighbours and routes of the configuration: all at start, those of an interface when its
 * port comes. They go with the interface (rib_forget_iface). Control thread.
 */
#include <netinet/in.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"

static int add(struct board *b, const struct config_route *r, struct err *err)
{
	static const enum rib_kind kind[] = {
		[CONFIG_ROUTE_VIA] = RIB_VIA,
		[CONFIG_ROUTE_BLACKHOLE] = RIB_BLACKHOLE,
		[CONFIG_ROUTE_UNREACHABLE] = RIB_UNREACHABLE,
		[CONFIG_ROUTE_PROHIBIT] = RIB_PROHIBIT,
	};
	const bool via = r->kind == CONFIG_ROUTE_VIA;
	struct rib_hop hop = { .iface = r->iface + 1, .family = r->to.family, .weight = 1 };
	const struct rib_target target = { .kind = kind[r->kind], .n_hops = via, .hops = &hop };
	struct rib_prefix to = { .vrf = r->vrf, .family = r->to.family, .len = r->to.len };

	memcpy(to.addr, r->to.addr, sizeof(to.addr));
	memcpy(hop.addr, r->via, sizeof(hop.addr));
	return rib_add(b, RIB_STATIC, &to, 0, &target, err);
}

/* Of this interface; IFACE_NONE: any. */
static bool on(uint16_t iface, const struct config_route *r)
{
	return iface == IFACE_NONE || (r->kind == CONFIG_ROUTE_VIA && r->iface + 1 == iface);
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
		if (on(iface, &cfg->routes[i]))
			ret = add(b, &cfg->routes[i], err);
	return ret;
}
