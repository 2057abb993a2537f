/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Static neighbours and routes of the configuration: all at start, those of an interface when its
 * port comes or goes. Control thread.
 */
#include <errno.h>
#include <netinet/in.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"

static struct fib *fib_of(struct board *b, const struct config_route *r)
{
	return r->to.family == AF_INET ? b->fib4 : b->fib6;
}

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

/* Of this interface; IFACE_NONE: any. */
static bool on(uint16_t iface, const struct config_route *r)
{
	return iface == IFACE_NONE || (r->kind == CONFIG_ROUTE_VIA && r->iface + 1 == iface);
}

int routes_add(struct board *b, uint16_t iface, struct err *err)
{
	const struct config *cfg = b->cfg;
	uint32_t row;
	int ret = 0;

	for (size_t i = 0; !ret && i < cfg->n_neighbors; i++) {
		const struct config_neighbor *n = &cfg->neighbors[i];

		if (iface == IFACE_NONE || n->iface + 1 == iface)
			ret = neighbors_add_static(b, n->iface + 1, n->family, n->addr, n->mac,
						   err);
	}
	for (size_t i = 0; !ret && i < cfg->n_routes; i++) {
		const struct config_route *r = &cfg->routes[i];

		if (!on(iface, r))
			continue;
		ret = row_of(b, r, &row, err);
		if (!ret)
			ret = fib_add(fib_of(b, r), r->to.addr, r->to.len, row, err);
	}
	return ret;
}

void routes_remove(struct board *b, uint16_t iface)
{
	const struct config *cfg = b->cfg;
	uint32_t row;

	for (size_t i = 0; i < cfg->n_routes; i++) {
		const struct config_route *r = &cfg->routes[i];

		if (on(iface, r) && neighbors_row(b, iface, r->to.family, r->via, &row) == 0)
			route_remove(fib_of(b, r), r->to.addr, r->to.len, row);
	}
}

void route_remove(struct fib *fib, const uint8_t *addr, uint8_t len, uint32_t row)
{
	uint8_t prefix[16] = { 0 };
	uint32_t now;

	memcpy(prefix, addr, fib->family == AF_INET ? 4 : 16);
	for (unsigned bit = len; bit < sizeof(prefix) * 8; bit++)
		prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	if (fib_get(fib, prefix, len, &now) == 0 && now == row)
		fib_del(fib, prefix, len, NULL);
}
