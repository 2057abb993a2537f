/* SPDX-License-Identifier: BSD-3-Clause */
/* rte_fib and rte_fib6 behind one set of calls; see fib_copy.h. Control thread. */
#include "dataplane/tables/fib_copy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_rib.h>
#include <rte_rib6.h>

#include "dataplane/tables/nexthop.h"

/* rte_fib takes host order addresses, rte_fib6 bytes: the four calls, by family. */
static uint32_t host4(const uint8_t *addr)
{
	uint32_t ip;

	memcpy(&ip, addr, 4);
	return rte_be_to_cpu_32(ip);
}

static int copy_add(int family, void *copy, const uint8_t *addr, uint8_t len, uint32_t nh)
{
	return family == AF_INET ? rte_fib_add(copy, host4(addr), len, nh)
				 : rte_fib6_add(copy, addr, len, nh);
}

static int copy_del(int family, void *copy, const uint8_t *addr, uint8_t len)
{
	return family == AF_INET ? rte_fib_delete(copy, host4(addr), len)
				 : rte_fib6_delete(copy, addr, len);
}

bool fib_copy_get(int family, void *copy, const uint8_t *addr, uint8_t len, uint32_t *nh)
{
	uint64_t value;

	if (family == AF_INET) {
		struct rte_rib_node *node =
			rte_rib_lookup_exact(rte_fib_get_rib(copy), host4(addr), len);

		if (!node)
			return false;
		rte_rib_get_nh(node, &value);
	} else {
		struct rte_rib6_node *node =
			rte_rib6_lookup_exact(rte_fib6_get_rib(copy), addr, len);

		if (!node)
			return false;
		rte_rib6_get_nh(node, &value);
	}
	*nh = (uint32_t)value;
	return true;
}

bool fib_copy_is_default(int family, void *copy, const uint8_t *addr)
{
	uint8_t len = 1;

	if (family == AF_INET) {
		struct rte_rib_node *node = rte_rib_lookup(rte_fib_get_rib(copy), host4(addr));

		if (node)
			rte_rib_get_depth(node, &len);
	} else {
		struct rte_rib6_node *node = rte_rib6_lookup(rte_fib6_get_rib(copy), addr);

		if (node)
			rte_rib6_get_depth(node, &len);
	}
	return len == 0;
}

/* All ones under the mask of `len`: the prefix of that length that ends where addresses end. */
static void last_prefix(int family, uint8_t len, uint8_t addr[16])
{
	const unsigned bytes = family == AF_INET ? 4 : 16;

	memset(addr, 0, 16);
	for (unsigned i = 0; i < bytes && i * 8 < len; i++)
		addr[i] = len >= (i + 1) * 8 ? 0xff : (uint8_t)(0xff00 >> (len - i * 8));
}

static bool is_last_prefix(int family, const struct fib_op *op)
{
	uint8_t last[16];

	last_prefix(family, op->len, last);
	return memcmp(op->addr, last, family == AF_INET ? 4 : 16) == 0;
}

/*
 * DPDK 22.11 counts the inner tables it has promised and refuses a prefix beyond /24 when all are.
 * The count runs off: deleting a /64 or /128 gives back none of what adding it took, a route with
 * the next hop of the one around it takes none and gives one back (below 0: full for ever). So the
 * promise is made void before every change; what then decides is whether a table is really free
 * (tbl8_alloc() of dir24_8.c and trie.c, -ENOSPC), which also lets near prefixes share tables.
 */
struct promise { /* begins struct dir24_8_tbl and struct rte_trie_tbl alike */
	uint32_t tables, promised;
};

static struct promise *promise_of(int family, void *copy)
{
	return family == AF_INET ? rte_fib_get_dp(copy) : rte_fib6_get_dp(copy);
}

static int install(int family, void *copy, const struct fib_op *op)
{
	promise_of(family, copy)->promised = 0;
	return op->add ? copy_add(family, copy, op->addr, op->len, op->nexthop)
		       : copy_del(family, copy, op->addr, op->len);
}

/* Prefixes that end at the last address, taken out of a copy. */
struct tail {
	bool had[129]; /* [length] */
	uint32_t nexthop[129];
};

static unsigned most_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* The longest first: then none covers another when it goes. */
static void take_out(int family, void *copy, unsigned beyond, struct tail *t)
{
	uint8_t last[16];

	for (unsigned len = most_bits(family); len > beyond; len--) {
		last_prefix(family, (uint8_t)len, last);
		t->had[len] = fib_copy_get(family, copy, last, (uint8_t)len, &t->nexthop[len]);
		if (t->had[len])
			copy_del(family, copy, last, (uint8_t)len);
	}
}

static int put_back(int family, void *copy, unsigned beyond, const struct tail *t)
{
	uint8_t last[16];
	int ret = 0;

	for (unsigned len = beyond + 1; len <= most_bits(family) && !ret; len++) {
		last_prefix(family, (uint8_t)len, last);
		if (t->had[len])
			ret = copy_add(family, copy, last, (uint8_t)len, t->nexthop[len]);
	}
	return ret;
}

/*
 * DPDK 22.11: adding or deleting a prefix that covers a longer one, when both end at the last
 * address there is (0.0.0.0/0 over 240.0.0.0/4, ::/0 over ff00::/8), counts past the end, starts
 * over at 0 and writes its next hop over the whole table (modify_fib() of dir24_8.c, trie.c). So
 * those longer prefixes are taken out before and put back after. Nobody reads this copy meanwhile.
 */
int fib_copy_apply(int family, void *copy, const struct fib_op *op)
{
	struct tail all, some;
	int ret, back;

	if (!is_last_prefix(family, op))
		return install(family, copy, op);
	take_out(family, copy, op->len, &all);
	ret = install(family, copy, op);
	back = put_back(family, copy, op->len, &all);
	if (!back || ret)
		return ret;
	/* op took the inner table that one of them needs: undo it, then there is room as before */
	take_out(family, copy, op->len, &some);
	if (op->had)
		copy_add(family, copy, op->addr, op->len, op->before);
	else
		copy_del(family, copy, op->addr, op->len);
	put_back(family, copy, op->len, &all);
	return back;
}

/* A prefix longer than /24 can need an inner table of its own; an IPv6 one several, of which near
 * prefixes share most. */
static uint32_t inner_tables(int family, const struct fib_sizes *s)
{
	return RTE_MAX(256u, family == AF_INET ? s->routes / 4 : s->routes * 2 + s->hosts * 8);
}

/* Entries of 2 bytes hold next hops and inner tables up to 32767, of 4 bytes 2^31 - 1. */
static bool narrow(int family, const struct fib_sizes *s)
{
	return s->nexthops <= INT16_MAX && inner_tables(family, s) <= INT16_MAX;
}

uint64_t fib_bytes(int family, const struct fib_sizes *s)
{
	const uint64_t entry = narrow(family, s) ? 2 : 4;
	/* a node of rte_rib or rte_rib6 is three cache lines in its mempool; two nodes a route */
	const uint64_t node = 192 + 16;
	const uint64_t inner = 256 * entry + sizeof(uint32_t); /* and its place in the pool */

	return 2 * ((entry << 24) + inner * inner_tables(family, s) + node * 2 * s->routes);
}

static void *create(const char *name, int family, const struct fib_sizes *s, int numa_node)
{
	if (family == AF_INET) {
		struct rte_fib_conf conf = {
			.type = RTE_FIB_DIR24_8,
			.default_nh = NEXTHOP_ROW_NONE,
			.max_routes = (int)s->routes,
			.dir24_8 = { .nh_sz = narrow(family, s) ? RTE_FIB_DIR24_8_2B
								: RTE_FIB_DIR24_8_4B,
				     .num_tbl8 = inner_tables(family, s) },
		};
		return rte_fib_create(name, numa_node, &conf);
	}
	struct rte_fib6_conf conf = {
		.type = RTE_FIB6_TRIE,
		.default_nh = NEXTHOP_ROW_NONE,
		.max_routes = (int)s->routes,
		.trie = { .nh_sz = narrow(family, s) ? RTE_FIB6_TRIE_2B : RTE_FIB6_TRIE_4B,
			  .num_tbl8 = inner_tables(family, s) },
	};
	return rte_fib6_create(name, numa_node, &conf);
}

void *fib_copy_create(const char *name, int family, const struct fib_sizes *s, int numa_node)
{
	void *copy = create(name, family, s, numa_node);

	/* install() looks into the table: refuse a DPDK that lays it out otherwise. It rounds the
	 * number up to a multiple of 64. */
	if (copy && promise_of(family, copy)->tables - inner_tables(family, s) >= 64) {
		fib_copy_free(family, copy);
		rte_errno = ENOTSUP;
		return NULL;
	}
	return copy;
}

void fib_copy_free(int family, void *copy)
{
	if (family == AF_INET)
		rte_fib_free(copy);
	else
		rte_fib6_free(copy);
}
