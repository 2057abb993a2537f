/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as what a netlink socket or zebra hands over: messages one after the other. What comes
 * out keeps its bounds. Seeds: what a kernel said of links, addresses, routes, next hops and
 * neighbours, a message or a dump each.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "lib/rtnl/rtnl.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void is_ip(uint8_t family, unsigned len)
{
	must(family == AF_INET ? len <= 32 : family == AF_INET6 && len <= 128);
}

static void check_hop(const struct rtnl_hop *h)
{
	must(h->index >= 0 && h->weight > 0);
	must(h->family == 0 || h->family == AF_INET || h->family == AF_INET6);
}

static void check(const struct rtnl_message *m)
{
	switch (m->kind) {
	case RTNL_OTHER:
		break;
	case RTNL_DONE:
	case RTNL_ERROR:
		must(m->error <= 0 && m->error >= -4095);
		break;
	case RTNL_LINK:
		must(m->link.index > 0 && m->link.parent >= 0 && m->link.vlan <= 4094);
		must(memchr(m->link.name, 0, sizeof(m->link.name)) != NULL);
		must(memchr(m->link.kind, 0, sizeof(m->link.kind)) != NULL);
		break;
	case RTNL_ADDRESS:
		must(m->address.index > 0);
		is_ip(m->address.family, m->address.len);
		break;
	case RTNL_ROUTE:
		is_ip(m->route.family, m->route.len);
		must(m->route.n_hops <= RTNL_MAX_HOPS);
		must(m->route.left_out == 0 || m->route.n_hops == RTNL_MAX_HOPS);
		for (unsigned i = m->route.len; i < 128; i++)
			must((m->route.dst[i / 8] & 0x80 >> i % 8) == 0);
		for (unsigned i = 0; i < m->route.n_hops; i++)
			check_hop(&m->route.hops[i]);
		break;
	case RTNL_NEIGHBOR:
		must(m->neighbor.index > 0);
		is_ip(m->neighbor.family, 0);
		break;
	case RTNL_NEXTHOP:
		must(m->nexthop.id != 0 && m->nexthop.n_members <= RTNL_MAX_HOPS);
		must(m->nexthop.left_out == 0 || m->nexthop.n_members == RTNL_MAX_HOPS);
		for (unsigned i = 0; i < m->nexthop.n_members; i++)
			must(m->nexthop.members[i].id != 0 && m->nexthop.members[i].weight > 0);
		check_hop(&m->nexthop.hop);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step, len;

	while ((step = rtnl_first(data, size, &len)) > 0) {
		uint8_t *one = malloc(len); /* a read past its end is seen */
		struct rtnl_message m;

		must(len <= step && step <= size && one);
		memcpy(one, data, len);
		if (rtnl_parse(one, len, &m) == 0)
			check(&m);
		free(one);
		data += step;
		size -= step;
	}
	return 0;
}
