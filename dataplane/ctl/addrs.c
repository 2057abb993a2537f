/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of interfaces and the routes they bring: the connected subnet, the address itself, the
 * broadcasts of its subnet. Several interfaces may share a subnet: each has a route of its own, the
 * interface is its metric. Control thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
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

static int find4(const struct iface *f, const uint8_t *addr)
{
	for (int i = 0; i < f->n4; i++)
		if (memcmp(&f->addr4[i].addr, addr, 4) == 0)
			return i;
	return -1;
}

static int find6(const struct iface *f, const uint8_t *addr)
{
	for (int i = 0; i < f->n6; i++)
		if (memcmp(f->addr6[i].addr, addr, 16) == 0)
			return i;
	return -1;
}

static int refuse(struct err *err, int code, uint8_t family, const uint8_t *addr, const char *why)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, addr, text, sizeof(text));
	return err_set(err, code, "address %s: %s", text, why);
}

static int check(const struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		 uint8_t len, struct err *err)
{
	static const uint8_t none[16];
	const bool four = family == AF_INET;

	if (family != AF_INET && family != AF_INET6)
		return err_set(err, -EINVAL, "address of unknown family %u", family);
	if (iface == IFACE_NONE || iface > b->n_ifaces || !b->ifaces[iface].mtu)
		return refuse(err, -ENOENT, family, addr, "there is no such interface");
	if (len > (four ? 32 : 128) || len == 0)
		return refuse(err, -EINVAL, family, addr, "a prefix length that cannot be");
	if (memcmp(addr, none, four ? 4 : 16) == 0 ||
	    (four ? addr[0] == 0 || addr[0] == 127 || addr[0] >= 224 : addr[0] == 0xff))
		return refuse(err, -EINVAL, family, addr, "no interface can have it");
	return 0;
}

/* Link-local ones come last: the first address is what a stranger is answered from. */
static void insert6(struct iface *f, const uint8_t *addr, uint8_t len)
{
	int at = 0;

	while (at < f->n6 && (ip6_is_link_local(addr) || !ip6_is_link_local(f->addr6[at].addr)))
		at++;
	memmove(&f->addr6[at + 1], &f->addr6[at], (size_t)(f->n6++ - at) * sizeof(f->addr6[0]));
	memcpy(f->addr6[at].addr, addr, 16);
	f->addr6[at].len = len;
}

static void remove_at(struct iface *f, uint8_t family, int at)
{
	if (family == AF_INET)
		memmove(&f->addr4[at], &f->addr4[at + 1],
			(size_t)(--f->n4 - at) * sizeof(f->addr4[0]));
	else
		memmove(&f->addr6[at], &f->addr6[at + 1],
			(size_t)(--f->n6 - at) * sizeof(f->addr6[0]));
}

static void add_link_local(struct iface *f)
{
	uint8_t addr[16];

	for (uint8_t i = 0; i < f->n6; i++)
		if (ip6_is_link_local(f->addr6[i].addr))
			return;
	ip6_link_local_from_mac(f->mac, addr);
	if (f->n6 < IFACE_MAX_ADDRS)
		insert6(f, addr, 64);
}

int addr_add(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len,
	     struct err *err)
{
	int ret = check(b, iface, family, addr, len, err);
	struct iface *f;

	if (!ret)
		ret = ifaces_change(b, err);
	if (ret)
		return ret;
	f = &b->ifaces[iface];
	if ((family == AF_INET ? find4(f, addr) : find6(f, addr)) >= 0)
		return refuse(err, -EEXIST, family, addr, "the interface has it already");
	if ((family == AF_INET ? f->n4 : f->n6) == IFACE_MAX_ADDRS)
		return refuse(err, -ENOSPC, family, addr,
			      "an interface has room for 17 of a family; remove another one");
	ret = addr_route(b, iface, family, addr, len, err);
	if (ret)
		return ret;
	if (family == AF_INET) {
		memcpy(&f->addr4[f->n4].addr, addr, 4);
		f->addr4[f->n4++].len = len;
	} else {
		insert6(f, addr, len);
		add_link_local(f);
	}
	rib_subnet_changed(b, iface, NULL);
	return 0;
}

/* The subnet is still that of another address, or part of it. */
bool addr_on_link(const struct iface *f, uint8_t family, const uint8_t *addr)
{
	bool on = false;

	for (uint8_t i = 0; family == AF_INET && i < f->n4; i++)
		on |= prefix_match((const uint8_t *)&f->addr4[i].addr, addr, f->addr4[i].len);
	for (uint8_t i = 0; family == AF_INET6 && i < f->n6; i++)
		on |= prefix_match(f->addr6[i].addr, addr, f->addr6[i].len);
	return on;
}

/* The routes of an address that went, but those it had in common with others of the interface; and
 * the neighbours that were on its subnet only. */
static void leave(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len)
{
	const struct rib_prefix gone = prefix_of(b->ifaces[iface].vrf, family, addr, len);
	const struct iface *f = &b->ifaces[iface];

	addr_unroute(b, iface, family, addr, len);
	for (uint8_t i = 0; family == AF_INET && i < f->n4; i++)
		addr_route(b, iface, family, (const uint8_t *)&f->addr4[i].addr, f->addr4[i].len,
			   NULL);
	for (uint8_t i = 0; family == AF_INET6 && i < f->n6; i++)
		addr_route(b, iface, family, f->addr6[i].addr, f->addr6[i].len, NULL);
	rib_subnet_changed(b, iface, &gone);
	neighbors_leave_subnet(b, iface, &gone);
}

int addr_del(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len,
	     struct err *err)
{
	int ret = check(b, iface, family, addr, len, err), at;
	struct iface *f;

	if (!ret)
		ret = ifaces_change(b, err);
	if (ret)
		return ret;
	f = &b->ifaces[iface];
	at = family == AF_INET ? find4(f, addr) : find6(f, addr);
	if (at < 0 || (family == AF_INET ? f->addr4[at].len : f->addr6[at].len) != len)
		return refuse(err, -ENOENT, family, addr, "the interface does not have it");
	remove_at(f, family, at);
	leave(b, iface, family, addr, len);
	return 0;
}

int addr_set_len(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t was,
		 uint8_t len, struct err *err)
{
	int ret = check(b, iface, family, addr, len, err), at;
	struct iface *f;

	if (!ret)
		ret = ifaces_change(b, err);
	if (ret)
		return ret;
	f = &b->ifaces[iface];
	at = family == AF_INET ? find4(f, addr) : find6(f, addr);
	if (at < 0)
		return refuse(err, -ENOENT, family, addr, "the interface does not have it");
	ret = addr_route(b, iface, family, addr, len, err);
	if (ret) {
		addr_route(b, iface, family, addr, was, NULL);
		return ret;
	}
	*(family == AF_INET ? &f->addr4[at].len : &f->addr6[at].len) = len;
	leave(b, iface, family, addr, was);
	return 0;
}

int addrs_commit(struct board *b, struct err *err)
{
	const int ret = workers_republish(b);

	rib_commit(b);
	return ret ? err_set(err, ret,
			     "addresses: no memory to tell the workers; they know as soon as there "
			     "is")
		   : 0;
}
