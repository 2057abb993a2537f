/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of interfaces and the routes they bring: the connected subnet, the address itself, the
 * broadcasts of its subnet. Several interfaces may share a subnet: each has a route of its own, the
 * interface is its metric. Control thread.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"
#include "lib/net/ip6.h"

/* An address of ours goes before the broadcast address of a smaller subnet. */
#define BROADCAST_METRIC 0x10000u

struct own_route {
	struct rib_prefix to;
	enum rib_kind kind;
	uint32_t metric;
};

static struct rib_prefix prefix_of(uint16_t vrf, uint8_t family, const uint8_t *addr, uint8_t len)
{
	struct rib_prefix p = { .vrf = vrf, .family = family, .len = len };

	memcpy(p.addr, addr, family == AF_INET ? 4 : 16);
	return p;
}

/* Up to four; the address itself last. Returns how many. */
static unsigned routes_of(const struct board *b, uint16_t iface, uint8_t family,
			  const uint8_t *addr, uint8_t len, struct own_route out[4])
{
	const uint8_t most = family == AF_INET ? 32 : 128;
	const uint16_t vrf = b->ifaces[iface].vrf;
	const uint32_t host_bits = len < 32 ? rte_cpu_to_be_32(UINT32_MAX >> len) : 0;
	unsigned n = 0;
	uint32_t a;

	if (family == AF_INET6 && ip6_is_link_local(addr))
		return 0;
	if (len < most)
		out[n++] = (struct own_route){ prefix_of(vrf, family, addr, len), RIB_VIA, iface };
	memcpy(&a, addr, 4);
	if (family == AF_INET && len < 31) { /* directed broadcast (RFC 2644), and its old form */
		const uint32_t ends[2] = { a | host_bits, a & ~host_bits };

		for (unsigned i = 0; i < 2; i++)
			out[n++] = (struct own_route){ prefix_of(vrf, family,
								 (const uint8_t *)&ends[i], 32),
						       RIB_MULTICAST, BROADCAST_METRIC + iface };
	}
	out[n++] = (struct own_route){ prefix_of(vrf, family, addr, most), RIB_LOCAL, iface };
	return n;
}

int addr_route(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len,
	       struct err *err)
{
	const struct rib_hop link = { .iface = iface, .weight = 1 };
	struct own_route routes[4];
	const unsigned n = routes_of(b, iface, family, addr, len, routes);
	int ret = 0;

	for (unsigned i = 0; !ret && i < n; i++) {
		const struct rib_target target = { .kind = routes[i].kind,
						   .n_hops = routes[i].kind == RIB_VIA,
						   .hops = &link };

		ret = rib_add(b, RIB_OWN, &routes[i].to, routes[i].metric, &target, err);
	}
	if (ret)
		addr_unroute(b, iface, family, addr, len);
	return ret;
}

void addr_unroute(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len)
{
	struct own_route routes[4];
	unsigned n = routes_of(b, iface, family, addr, len, routes);

	while (n-- > 0)
		rib_del(b, RIB_OWN, &routes[n].to, routes[n].metric, NULL);
}
