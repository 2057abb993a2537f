/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dataplane/tables/fib.c against a plain list of prefixes that is searched from end to end: random
 * changes, commits, roll-backs, full tables, and a reader that must never see anything that was
 * never so.
 */
#include "dataplane/tables/fib.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/run/rcu.h"
#include "dataplane/tables/iface.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

#define MAX_ROUTES 600
#define SIX_ROOM   4000 /* up to 13 inner tables a route */

struct route {
	uint8_t addr[16];
	uint8_t len;
	uint32_t nh;
};

struct oracle {
	unsigned n;
	struct route r[MAX_ROUTES * 2];
};

static struct rcu *rcu;
static struct fib *fib;
static struct err err;
static struct oracle now, committed; /* with the changes since the last commit; without */
static uint64_t seed = 42;

static void make_fib(uint8_t family, uint32_t routes)
{
	const struct fib_sizes sizes = { .routes = routes, .nexthops = 1000 };

	bed_eal(400);
	cr_assert_eq(rcu_create(&rcu, 1, &err), 0, "%s", err.text);
	cr_assert_eq(rte_rcu_qsbr_thread_register(rcu_qsbr(rcu), 0), 0);
	cr_assert_eq(fib_create(&fib, family == AF_INET ? "fib4" : "fib6", family, &sizes, -1, rcu,
				&err),
		     0, "%s", err.text);
}

static void end(void)
{
	rcu_destroy(rcu);
	fib_destroy(fib);
}

static unsigned bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

static struct route *find(struct oracle *o, const uint8_t *addr, uint8_t len)
{
	for (unsigned i = 0; i < o->n; i++)
		if (o->r[i].len == len && prefix_match(o->r[i].addr, addr, len))
			return &o->r[i];
	return NULL;
}

/* Next hop of the longest match; *best its length, -1: none. */
static uint32_t longest(const struct oracle *o, const uint8_t *addr, int *best)
{
	uint32_t nh = 0;

	*best = -1;

	for (unsigned i = 0; i < o->n; i++)
		if (o->r[i].len > *best && prefix_match(o->r[i].addr, addr, o->r[i].len)) {
			*best = o->r[i].len;
			nh = o->r[i].nh;
		}
	return nh;
}

/* Addresses that lie in each other's prefixes often: few values a byte. */
static void random_addr(uint8_t addr[16], uint8_t family)
{
	static const uint8_t some[] = { 0, 1, 0x7f, 0x80, 0xff, 0xff, 0x10 };
	static const uint8_t ends[] = { 0, 10, 11, 0xff };

	memset(addr, 0, 16);
	for (unsigned i = 0; i < bits(family) / 8; i++)
		addr[i] = guard_random(&seed) % 8 ? some[guard_random(&seed) % sizeof(some)]
						  : (uint8_t)guard_random(&seed);
	addr[0] = ends[guard_random(&seed) % 4]; /* the last address of all is a place of its own */
}

static uint32_t lookup(const uint8_t *addr)
{
	uint64_t nh = 99999;

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

/* A random address, or one inside or just beside a random prefix. */
static void compare(const struct oracle *o, unsigned n, const char *when)
{
	uint32_t def = 0, nh = 0;

	for (unsigned i = 0; i < n; i++) {
		uint8_t addr[16];

		random_addr(addr, fib->family);
		if (o->n && guard_random(&seed) % 4) {
			const struct route *r = &o->r[guard_random(&seed) % o->n];
			const unsigned bit = guard_random(&seed) % bits(fib->family);

			memcpy(addr, r->addr, 16);
			if (guard_random(&seed) % 2)
				addr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		}
		int len;
		const uint32_t want = longest(o, addr, &len), got = lookup(addr);

		cr_assert_eq(got, want, "%s: %02x%02x%02x%02x… gives %u, not %u", when, addr[0],
			     addr[1], addr[2], addr[3], got, want);
		cr_assert_eq(fib_is_default(fib, addr), len == 0, "%s: its match has %d bits", when,
			     len);
	}
	for (unsigned i = 0; i < o->n; i++)
		def = o->r[i].len == 0 ? o->r[i].nh : def;
	cr_assert_eq(fib_default(fib, &nh), def != 0, "%s: default route", when);
	cr_assert(!def || nh == def, "%s: default route %u, not %u", when, nh, def);
}

static void add(const uint8_t *addr, uint8_t len, uint32_t nh)
{
	struct route *r = find(&now, addr, len);

	cr_assert_eq(fib_add(fib, addr, len, nh, &err), 0, "%s", err.text);
	if (!r) {
		r = &now.r[now.n++];
		memcpy(r->addr, addr, 16);
		r->len = len;
	}
	r->nh = nh;
}

static void del(unsigned i)
{
	cr_assert_eq(fib_del(fib, now.r[i].addr, now.r[i].len, &err), 0, "%s", err.text);
	now.r[i] = now.r[--now.n];
}

static void random_change(void)
{
	uint8_t addr[16];
	const unsigned what = guard_random(&seed) % 10;

	if (now.n >= MAX_ROUTES || (now.n && what < 3)) {
		del(guard_random(&seed) % now.n);
		return;
	}
	if (now.n && what < 5) { /* replace */
		const struct route r = now.r[guard_random(&seed) % now.n];

		add(r.addr, r.len, 1 + guard_random(&seed) % 999);
		return;
	}
	random_addr(addr, fib->family); /* bits beyond the length are set, and to be ignored */
	add(addr, (uint8_t)(guard_random(&seed) % (bits(fib->family) + 1)),
	    1 + guard_random(&seed) % 999);
}

static void check_get(void)
{
	for (unsigned i = 0; i < now.n; i += 7) {
		uint32_t nh = 0;

		cr_assert_eq(fib_get(fib, now.r[i].addr, now.r[i].len, &nh), 0);
		cr_assert_eq(nh, now.r[i].nh);
	}
}

static void against_oracle(uint8_t family)
{
	make_fib(family, family == AF_INET ? MAX_ROUTES : SIX_ROOM);
	for (unsigned round = 0; round < 500; round++) {
		const unsigned n = guard_random(&seed) % 12;

		for (unsigned i = 0; i < n; i++)
			random_change();
		cr_assert_eq(fib->n, now.n);
		check_get();
		compare(&committed, 10, "before the commit");
		if (guard_random(&seed) % 4 == 0) {
			fib_rollback(fib);
			now = committed;
			cr_assert_eq(fib->n, now.n, "%u routes after a roll-back, not %u", fib->n,
				     now.n);
			check_get();
		} else {
			fib_commit(fib);
			committed = now;
		}
		compare(&now, 100, "after the commit");
		check_get();
		if (guard_random(&seed) % 2) {
			fib_settle(fib);
			compare(&now, 10, "settled");
		}
	}
	while (now.n)
		del(now.n - 1);
	fib_commit(fib);
	compare(&now, 500, "empty");
	cr_expect_eq(fib->n, 0);
	end();
}

Test(fib, four_against_a_list)
{
	against_oracle(AF_INET);
}

Test(fib, six_against_a_list)
{
	against_oracle(AF_INET6);
}

static void boundaries(uint8_t family)
{
	make_fib(family, MAX_ROUTES);
	for (unsigned len = 0; len <= bits(family); len++) {
		uint8_t addr[16];

		memset(addr, 0xa5, 16); /* one inside the other, all lengths */
		add(addr, (uint8_t)len, len + 1);
	}
	fib_commit(fib);
	for (unsigned bit = 0; bit <= bits(family); bit++) {
		uint8_t addr[16];

		memset(addr, 0xa5, 16);
		if (bit < bits(family))
			addr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		cr_assert_eq(lookup(addr), bit + 1, "the first %u bits agree", bit);
	}
	for (unsigned len = 0; len <= bits(family); len += 2)
		del((unsigned)(find(&now, now.r[0].addr, (uint8_t)len) - now.r));
	fib_commit(fib);
	fib_settle(fib);
	compare(&now, 2000, "every second length");
	end();
}

Test(fib, four_every_length)
{
	boundaries(AF_INET);
}

Test(fib, six_every_length)
{
	boundaries(AF_INET6);
}

/* The third change of a batch fails: after the roll-back it is as if there had been no batch. */
static void failing_batch(uint8_t family)
{
	static const uint8_t a[16] = { 10, 1 }, b[16] = { 10, 2 }, c[16] = { 10, 3 };
	uint32_t nh;

	make_fib(family, MAX_ROUTES);
	for (unsigned i = 0; i < MAX_ROUTES - 1; i++) {
		const uint8_t addr[16] = { 11, (uint8_t)(i >> 8), (uint8_t)i };

		add(addr, 24, 1 + i % 900);
	}
	fib_commit(fib);
	committed = now;
	for (unsigned round = 0; round < 3; round++) {
		const struct oracle before = now;

		add(a, 16, 7);                         /* the last that fits */
		add(now.r[3].addr, now.r[3].len, 901); /* a replacement */
		memset(&err, 0, sizeof(err));
		cr_assert_eq(fib_add(fib, b, 16, 8, &err), -ENOSPC);
		cr_expect_not_null(
			strstr(err.text, family == AF_INET ? "IPv4 route" : "IPv6 route"), "%s",
			err.text);
		cr_expect_not_null(strstr(err.text, "600"), "%s", err.text);
		cr_expect_not_null(strstr(err.text, family == AF_INET ? "routes4" : "routes6"),
				   "%s", err.text);
		cr_assert_eq(fib_del(fib, c, 16, &err), -ENOENT);
		fib_rollback(fib);
		now = before;
		cr_assert_eq(fib->n, now.n);
		cr_expect_eq(fib_get(fib, a, 16, &nh), -ENOENT);
		fib_commit(fib);
		compare(&now, 1000, "rolled back");
		/* and the next batch starts from there */
		del(round);
		add(a, (uint8_t)(17 + round), 9);
		fib_commit(fib);
		if (round == 1)
			fib_settle(fib);
		compare(&now, 1000, "next batch");
		del((unsigned)(find(&now, a, (uint8_t)(17 + round)) - now.r));
		add(committed.r[round].addr, committed.r[round].len, committed.r[round].nh);
		fib_commit(fib);
	}
	end();
}

Test(fib, four_failing_batch)
{
	failing_batch(AF_INET);
}

Test(fib, six_failing_batch)
{
	failing_batch(AF_INET6);
}

/*
 * Inner tables run out before routes do (one a /32 each in a /24 of its own): said, and nothing
 * changed. 256 inner tables are the least a table has.
 */
Test(fib, inner_tables_run_out)
{
	unsigned i;

	make_fib(AF_INET, 500);
	memset(&err, 0, sizeof(err));
	for (i = 0; i < 500; i++) {
		const uint8_t addr[16] = { 10, (uint8_t)(i >> 8), (uint8_t)i, 1 };
		const int ret = fib_add(fib, addr, 32, 5, &err);

		if (ret) {
			cr_expect_eq(ret, -ENOSPC, "%d", ret);
			break;
		}
		memcpy(now.r[now.n].addr, addr, 16);
		now.r[now.n].len = 32;
		now.r[now.n++].nh = 5;
	}
	cr_assert(i >= 250 && i < 500, "%u host routes fitted", i);
	cr_expect_not_null(strstr(err.text, "500 routes"), "%s", err.text);
	cr_expect_eq(fib->n, i);
	fib_commit(fib);
	compare(&now, 3000, "full");
	/* one goes, one comes: the room is used again, on both copies */
	for (unsigned k = 0; k < 3; k++) {
		const uint8_t addr[16] = { 11, 0, (uint8_t)k, 1 };

		del(k);
		add(addr, 32, 6);
		fib_commit(fib);
		compare(&now, 300, "exchanged");
	}
	end();
}

/* Addresses of the same /24 and /32 share inner tables; to fill and empty them leaks none. */
static void churn(uint8_t family)
{
	make_fib(family, MAX_ROUTES);
	for (unsigned round = 0; round < 60; round++) {
		for (unsigned i = 0; i < 250; i++) {
			uint8_t addr[16] = { 10, (uint8_t)round, (uint8_t)i, 1 };

			if (family == AF_INET6) { /* five inner tables each */
				addr[5] = (uint8_t)i;
				if (i >= 200)
					break;
			}
			add(addr, family == AF_INET ? 32 : 64, 1 + i);
		}
		fib_commit(fib);
		compare(&now, 50, "filled");
		while (now.n)
			del(now.n - 1);
		fib_commit(fib);
	}
	end();
}

Test(fib, four_churn)
{
	churn(AF_INET);
}

Test(fib, six_churn)
{
	churn(AF_INET6);
}

/*
 * DPDK 22.11 loses count of inner tables: a host route with the next hop of the route around it
 * takes none and gives one back, a /64 or /128 gives back none. Tables must stay usable.
 */
Test(fib, four_same_next_hop_inside)
{
	static const uint8_t around[16] = { 10, 1 }, host[16] = { 10, 1, 2, 3 };

	make_fib(AF_INET, 1000);
	add(around, 16, 5);
	for (unsigned i = 0; i < 2000; i++) {
		add(host, 32, 5 + i % 2);
		fib_commit(fib);
		del((unsigned)(find(&now, host, 32) - now.r));
		fib_commit(fib);
	}
	compare(&now, 200, "after");
	end();
}

Test(fib, six_neighbors_come_and_go)
{
	uint8_t addr[16] = { 0x20, 1, 0xd, 0xb8 };

	make_fib(AF_INET6, 100); /* 256 inner tables */
	add(addr, 64, 5);
	for (unsigned i = 0; i < 5000; i++) {
		for (unsigned k = 8; k < 16; k++)
			addr[k] = (uint8_t)guard_random(&seed);
		add(addr, 128, 6);
		fib_commit(fib);
		cr_assert_eq(lookup(addr), 6);
		del((unsigned)(find(&now, addr, 128) - now.r));
		fib_commit(fib);
		cr_assert_eq(lookup(addr), 5);
	}
	end();
}

/* As many IPv6 hosts with addresses of no order as were announced do fit. */
Test(fib, six_room_for_all_hosts)
{
	const struct fib_sizes sizes = { .routes = 300, .hosts = 256, .nexthops = 1000 };
	uint8_t addr[16] = { 0x20, 1, 0xd, 0xb8 };

	bed_eal(400);
	cr_assert_eq(rcu_create(&rcu, 1, &err), 0, "%s", err.text);
	cr_assert_eq(fib_create(&fib, "fib6", AF_INET6, &sizes, -1, rcu, &err), 0, "%s", err.text);
	add(addr, 64, 5);
	for (unsigned i = 0; i < 256; i++) {
		for (unsigned k = 8; k < 16; k++)
			addr[k] = (uint8_t)guard_random(&seed);
		add(addr, 128, 6 + i);
	}
	fib_commit(fib);
	compare(&now, 2000, "full of hosts");
	end();
}

/*
 * A worker looks up while the control thread commits thousands of batches. Prefix i only ever has
 * next hops that are i modulo 8 or, without its own route, those of the covering default (8).
 * Nothing else may be seen, and never 0: the default is always there.
 */
#define WATCHED 8

static bool stop;
static uint64_t lookups;
static char wrong[128];

static void watched_addr(unsigned i, uint8_t family, uint8_t addr[16])
{
	memset(addr, 0, 16);
	addr[0] = 10;
	addr[1] = (uint8_t)i;
	addr[2] = 3;
	addr[3] = 1;
	if (family == AF_INET6)
		addr[7] = (uint8_t)(1 + i);
}

static uint8_t watched_len(unsigned i, uint8_t family)
{
	static const uint8_t four[] = { 32, 24, 25, 30, 16, 31, 28, 27 };
	static const uint8_t six[] = { 128, 64, 48, 56, 32, 127, 65, 24 };

	return family == AF_INET ? four[i] : six[i];
}

static void *reader(void *arg)
{
	struct rte_rcu_qsbr *q = rcu_qsbr(rcu);
	uint32_t ips[WATCHED];
	uint8_t ips6[WATCHED][16];

	(void)arg;
	for (unsigned i = 0; i < WATCHED; i++) {
		uint32_t ip;

		watched_addr(i, fib->family, ips6[i]);
		memcpy(&ip, ips6[i], 4);
		ips[i] = ntohl(ip);
	}
	rte_rcu_qsbr_thread_online(q, 0);
	while (!load_acquire(&stop) && !wrong[0]) {
		uint64_t nh[WATCHED];

		if (fib->family == AF_INET)
			fib4_lookup(fib, ips, nh, WATCHED);
		else
			fib6_lookup(fib, ips6, nh, WATCHED);
		for (unsigned i = 0; i < WATCHED; i++)
			if (nh[i] != 900 && (nh[i] == 0 || nh[i] % 8 != i || nh[i] >= 800))
				snprintf(wrong, sizeof(wrong), "prefix %u has next hop %lu", i,
					 nh[i]);
		rte_rcu_qsbr_quiescent(q, 0);
		if (++lookups % 64 == 0)
			sched_yield();
	}
	rte_rcu_qsbr_thread_offline(q, 0);
	return NULL;
}

static void under_a_reader(uint8_t family)
{
	static const uint8_t any[16];
	bool there[WATCHED] = { false };
	pthread_t thread;
	uint8_t addr[16];

	make_fib(family, family == AF_INET ? MAX_ROUTES : SIX_ROOM);
	cr_assert_eq(fib_add(fib, any, 0, 900, &err), 0, "%s", err.text);
	fib_commit(fib);
	cr_assert_eq(pthread_create(&thread, NULL, reader, NULL), 0);
	for (unsigned round = 0; round < 4000 && !wrong[0]; round++) {
		const unsigned n = 1 + guard_random(&seed) % 4;

		for (unsigned k = 0; k < n; k++) {
			const unsigned i = guard_random(&seed) % WATCHED;

			watched_addr(i, family, addr);
			if (there[i] && guard_random(&seed) % 2) {
				cr_assert_eq(fib_del(fib, addr, watched_len(i, family), &err), 0,
					     "%s", err.text);
				there[i] = false;
			} else {
				cr_assert_eq(fib_add(fib, addr, watched_len(i, family),
						     8 * (1 + guard_random(&seed) % 98) + i, &err),
					     0, "%s", err.text);
				there[i] = true;
			}
		}
		fib_commit(fib);
		/* mostly the next change comes late, and the reader may have no CPU just now */
		while (round % 64 && !rcu_passed(rcu, fib->token))
			sched_yield();
		if (guard_random(&seed) % 2)
			fib_settle(fib);
	}
	store_release(&stop, true);
	pthread_join(thread, NULL);
	cr_expect_str_empty(wrong, "%s", wrong);
	cr_expect_gt(lookups, 1000, "the reader hardly ran");
	end();
}

Test(fib, four_under_a_reader)
{
	under_a_reader(AF_INET);
}

Test(fib, six_under_a_reader)
{
	under_a_reader(AF_INET6);
}

/* A worker that is still inside a lookup: nobody touches the copy it is in. */
static void *change_again(void *arg)
{
	(void)arg;
	cr_assert_eq(fib_add(fib, (const uint8_t[16]){ 10, 1 }, 16, 9, NULL), 0);
	return NULL;
}

Test(fib, a_change_waits_for_readers)
{
	static const uint8_t a[16] = { 10, 1 };
	uint32_t ip = 0x0a010203;
	pthread_t thread;
	uint64_t nh;
	void *old;

	make_fib(AF_INET, 100);
	add(a, 16, 7);
	fib_commit(fib);
	rte_rcu_qsbr_thread_online(rcu_qsbr(rcu), 0);
	old = fib->reader;
	add(a, 16, 8);
	fib_commit(fib);
	cr_expect_eq(lookup(a), 8);
	cr_assert_eq(pthread_create(&thread, NULL, change_again, NULL), 0);
	for (unsigned i = 0; i < 50; i++) {
		usleep(1000);
		rte_fib_lookup_bulk(old, &ip, &nh, 1);
		cr_assert_eq(nh, 7, "changed under a reader");
	}
	rte_rcu_qsbr_quiescent(rcu_qsbr(rcu), 0);
	pthread_join(thread, NULL);
	fib_commit(fib);
	cr_expect_eq(lookup(a), 9);
	rte_rcu_qsbr_thread_offline(rcu_qsbr(rcu), 0);
	end();
}

Test(fib, get)
{
	static const uint8_t a[16] = { 10, 1 };
	uint32_t nh = 0;

	make_fib(AF_INET, 100);
	cr_expect_eq(fib_get(fib, a, 16, &nh), -ENOENT);
	add(a, 16, 7);
	cr_expect_eq(fib_get(fib, a, 16, &nh), 0, "seen inside the batch");
	cr_expect_eq(nh, 7);
	cr_expect_eq(fib_get(fib, a, 17, &nh), -ENOENT, "exactly this length");
	cr_expect_eq(lookup(a), 0, "not published yet");
	fib_commit(fib);
	cr_expect_eq(lookup(a), 7);
	cr_expect_eq(fib_get(fib, a, 16, &nh), 0);
	fib_rollback(fib); /* nothing since the commit */
	cr_expect_eq(fib_get(fib, a, 16, &nh), 0);
	add(a, 16, 8);
	cr_expect_eq(fib_get(fib, a, 16, &nh), 0);
	cr_expect_eq(nh, 8);
	fib_rollback(fib);
	cr_expect_eq(fib_get(fib, a, 16, &nh), 0);
	cr_expect_eq(nh, 7);
	cr_expect_eq(fib_del(fib, a, 17, &err), -ENOENT);
	cr_expect_eq(lookup(a), 7);
	end();
}

Test(fib, bytes_say_what_it_takes)
{
	const struct fib_sizes small = { .routes = 1000, .nexthops = 1000 };
	const struct fib_sizes wide = { .routes = 1000, .nexthops = 100000 };

	cr_expect_geq(fib_bytes(AF_INET, &small), 2ull * 2 << 24);
	cr_expect_geq(fib_bytes(AF_INET, &wide), 2ull * 4 << 24, "entries of four bytes");
}
