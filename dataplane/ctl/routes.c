/* SPDX-License-Identifier: BSD-3-Clause */
/* Static neighbours and routes of the configuration. Control thread, at start. */
#include <errno.h>
#include <netinet/in.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"

static int row_of(struct board *b, const struct config_route *r, uint32_t *row, struct err *err)
{
	switch (r->kind) {
	case CONFIG_ROUTE_BLACKHOLE:
		*row = NEXTHOP_ROW_BLACKHOLE;
		return 0;
	case CONFIG_ROUTE_UNREACHABLE:
		*row = NEXTHOP_ROW_UNREACHABLE;
		return 0;
	case CONFIG_ROUTE_PROHIBIT:
		*row = NEXTHOP_ROW_PROHIBIT;
		return 0;
	case CONFIG_ROUTE_VIA:
		break;
	}
	return neighbors_hold_gateway(b, r->iface + 1, r->to.family, r->via, row, err);
}

int routes_create(struct board *b, struct err *err)
{
	const struct config *cfg = b->cfg;
	uint32_t row;
	int ret = 0;

	for (size_t i = 0; !ret && i < cfg->n_neighbors; i++) {
		const struct config_neighbor *n = &cfg->neighbors[i];

		ret = neighbors_add_static(b, n->iface + 1, n->family, n->addr, n->mac, err);
	}
	for (size_t i = 0; !ret && i < cfg->n_routes; i++) {
		const struct config_route *r = &cfg->routes[i];

		ret = row_of(b, r, &row, err);
		if (!ret)
			ret = fib_add(r->to.family == AF_INET ? b->fib4 : b->fib6, r->to.addr,
				      r->to.len, row, err);
	}
	fib_commit(b->fib4);
	fib_commit(b->fib6);
	return ret;
}
