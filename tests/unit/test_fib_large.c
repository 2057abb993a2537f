/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Route tables of the size of the Internet's, with prefixes as they are found there: all fit, all
 * are found, the memory is what fib_bytes() said, and one more than the table may hold is refused
 * by name and size with nothing changed.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include <rte_malloc.h>

#include "dataplane/run/rcu.h"
#include "dataplane/tables/fib.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

#define FOUR 1000000
#define SIX  200000

struct share { /* of prefixes of this length, in thousandths */
	uint8_t len;
	uint16_t parts;
};

/* As in the default-free zone of 2024, and half a percent of one's own network inside a /24. */
static const struct share four_mix[] = { { 24, 590 }, { 23, 100 }, { 22, 110 }, { 21, 50 },
					 { 20, 45 },  { 19, 25 },  { 18, 14 },  { 17, 9 },
					 { 16, 14 },  { 15, 2 },   { 14, 1 },   { 32, 20 },
					 { 30, 10 },  { 29, 5 },   { 28, 3 },   { 25, 2 } };
static const struct share six_mix[] = { { 48, 470 }, { 32, 110 }, { 44, 100 }, { 40, 95 },
					{ 36, 70 },  { 29, 35 },  { 33, 30 },  { 46, 25 },
					{ 45, 15 },  { 42, 15 },  { 38, 10 },  { 47, 10 },
					{ 64, 10 },  { 56, 4 },   { 128, 1 } };

static struct rcu *rcu;
static struct fib *fib;
static struct err err;
static uint64_t seed = 2024;
static uint8_t (*added)[16];

static uint8_t draw_len(const struct share *mix)
{
	unsigned at = (unsigned)(guard_random(&seed) % 1000);

	while (at >= mix->parts)
		at -= mix++->parts;
	return mix->len;
}

/*
 * Long IPv6 prefixes lie in allocations, a /32 of a few thousand holders: most of the table is
 * pieces of them. IPv4 is cut up evenly.
 */
static void draw_addr(uint8_t addr[16], uint8_t family, uint8_t len)
{
	uint64_t bits[2] = { guard_random(&seed), guard_random(&seed) };

	memcpy(addr, bits, 16);
	if (family == AF_INET) {
		addr[0] = (uint8_t)(1 + addr[0] % 223);
	} else {
		const unsigned holder = (unsigned)(guard_random(&seed) % 20000);

		addr[0] = 0x24 + (uint8_t)(holder % 7);
		addr[1] = (uint8_t)(holder / 7 % 16);
		if (len > 29) {
			addr[2] = (uint8_t)(holder / 112);
			addr[3] = (uint8_t)(addr[3] & 7);
		}
	}
	for (unsigned bit = len; bit < 128; bit++)
		addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static uint32_t longest(const uint8_t *addr)
{
	uint8_t p[16];
	uint32_t nh;

	for (int len = fib->family == AF_INET ? 32 : 128; len >= 0; len--) {
		memcpy(p, addr, 16);
		for (int bit = len; bit < 128; bit++)
			p[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		if (fib_get(fib, p, (uint8_t)len, &nh) == 0)
			return nh;
	}
	return 0;
}

static uint32_t lookup(const uint8_t *addr)
{
	uint64_t nh;

	if (fib->family == AF_INET) {
		uint32_t ip;

		memcpy(&ip, addr, 4);
		ip = ntohl(ip);
		fib4_lookup(fib, &ip, &nh, 1);
	} else {
		uint8_t ips[1][16];

		memcpy(ips[0], addr, 16);
		fib6_lookup(fib, ips, &nh, 1);
	}
	return (uint32_t)nh;
}

static uint64_t in_use(void)
{
	struct rte_malloc_socket_stats s;
	uint64_t sum = 0;

	for (int socket = 0; socket < 8; socket++)
		if (rte_malloc_get_socket_stats(socket, &s) == 0)
			sum += s.heap_allocsz_bytes;
	return sum;
}

static void compare(unsigned n, const char *when)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t addr[16];

		memcpy(addr, added[guard_random(&seed) % fib->max], 16);
		addr[fib->family == AF_INET ? 3 : 7] ^= (uint8_t)(guard_random(&seed) % 4);
		cr_assert_eq(lookup(addr), longest(addr), "%s: %02x%02x:%02x%02x:%02x%02x", when,
			     addr[0], addr[1], addr[2], addr[3], addr[4], addr[5]);
	}
}

static void fill(uint8_t family, uint32_t n, const struct share *mix)
{
	const struct fib_sizes sizes = { .routes = n,
					 .nexthops = 4096,
					 .hosts = family == AF_INET6 ? 1024 : 0 };
	const uint64_t said = fib_bytes(family, &sizes);
	uint64_t before, took;
	uint8_t len, extra[16] = { 5, 5, 5, 5 };
	uint32_t nh;

	bed_eal((unsigned)(said >> 20) + 64);
	before = in_use();
	cr_assert_eq(rcu_create(&rcu, 1, &err), 0, "%s", err.text);
	cr_assert_eq(fib_create(&fib, "large", family, &sizes, -1, rcu, &err), 0, "%s", err.text);
	took = in_use() - before;
	cr_expect(took <= said && took > said * 9 / 10, "took %lu MB, said %lu MB", took >> 20,
		  said >> 20);
	added = calloc(n, sizeof(*added));
	cr_assert_not_null(added);
	for (uint32_t i = 0; fib->n < n; i++) {
		uint8_t addr[16];

		len = draw_len(mix);
		draw_addr(addr, family, len);
		memcpy(added[fib->n], addr, 16);
		cr_assert_eq(fib_add(fib, addr, len, 1 + i % 4000, &err), 0, "route %u, /%u: %s",
			     fib->n, len, err.text);
	}
	fib_commit(fib);
	compare(20000, "full");
	memset(&err, 0, sizeof(err));
	cr_expect_eq(fib_add(fib, extra, 31, 7, &err), -ENOSPC);
	cr_expect_not_null(strstr(err.text, family == AF_INET ? "IPv4 route table is full (1000000"
							      : "IPv6 route table is full (200000"),
			   "%s", err.text);
	cr_expect_eq(fib->n, n);
	cr_expect_eq(fib_get(fib, extra, 31, &nh), -ENOENT);
	fib_commit(fib);
	compare(5000, "refused");
	free(added);
	rcu_destroy(rcu);
	fib_destroy(fib);
}

Test(fib_large, four)
{
	fill(AF_INET, FOUR, four_mix);
}

Test(fib_large, six)
{
	fill(AF_INET6, SIX, six_mix);
}
