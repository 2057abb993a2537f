/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dataplane/tables/group.c: every member's share exact to one bucket, no bucket moved without need,
 * over random histories; a place in a group that says nothing of the lane; tables that come and go
 * under a reader.
 */
#include "dataplane/tables/group.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <rte_malloc.h>

#include "dataplane/run/rcu.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static uint64_t seed = 4711;
static struct err err;

static unsigned draw(unsigned n)
{
	return (unsigned)(guard_random(&seed) % n);
}

/* ---- group_fill ---- */

struct history {
	struct group_member m[GROUP_MAX_MEMBERS];
	unsigned n;
	uint32_t n_buckets;
	uint32_t *row;
};

static uint32_t has(const uint32_t *row, uint32_t n, uint32_t which)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += row[i] == which;
	return count;
}

static uint64_t weights(const struct history *h)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < h->n; i++)
		sum += h->m[i].weight;
	return sum;
}

/* The fewest buckets that must move: every choice of rounded up and down, weighed. */
static uint32_t fewest(const struct history *h, const uint32_t *old)
{
	const uint64_t sum = weights(h);
	uint32_t stay = 0, left = h->n_buckets, would_lose = 0;

	for (unsigned i = 0; i < h->n; i++) {
		const uint64_t due = (uint64_t)h->n_buckets * h->m[i].weight;
		const uint32_t floor = (uint32_t)(due / sum);
		const uint32_t had = has(old, h->n_buckets, h->m[i].row);

		stay += had < floor ? had : floor;
		left -= floor;
		would_lose += had > floor && due % sum;
	}
	return h->n_buckets - stay - (would_lose < left ? would_lose : left);
}

/* Fill again and check: shares, and what moved. Returns how many buckets did. */
static uint32_t refill(struct history *h, uint32_t n_buckets)
{
	uint32_t *old = malloc(n_buckets * sizeof(*old)), *row = malloc(n_buckets * sizeof(*row));
	const uint64_t sum = weights(h);
	uint32_t moved = 0, counted = 0;

	cr_assert(old && row);
	for (uint32_t i = 0; i < n_buckets; i++)
		old[i] = h->row ? h->row[i & (h->n_buckets - 1)] : UINT32_MAX;
	group_fill(row, n_buckets, h->m, h->n, h->row, h->n_buckets);
	h->n_buckets = n_buckets;
	for (unsigned i = 0; i < h->n; i++) {
		const uint32_t count = has(row, n_buckets, h->m[i].row);
		const uint64_t due = (uint64_t)n_buckets * h->m[i].weight;

		counted += count;
		cr_assert(llabs((long long)(count * sum) - (long long)due) < (long long)sum,
			  "weight %u of %lu has %u of %u buckets", h->m[i].weight, sum, count,
			  n_buckets);
	}
	cr_assert_eq(counted, n_buckets, "%u buckets are somebody else's", n_buckets - counted);
	for (uint32_t i = 0; i < n_buckets; i++)
		moved += row[i] != old[i];
	cr_assert_eq(moved, fewest(h, old), "%u of %u buckets moved, %u had to", moved, n_buckets,
		     fewest(h, old));
	free(old);
	free(h->row);
	h->row = row;
	return moved;
}

static uint32_t room_for(const struct history *h)
{
	uint32_t n = 8;

	while (n < h->n * 8)
		n *= 2;
	return n > h->n_buckets ? n : h->n_buckets;
}

static void join(struct history *h, uint32_t row, uint8_t weight)
{
	h->m[h->n++] = (struct group_member){ .row = row, .weight = weight };
}

Test(group, random_histories)
{
	for (unsigned run = 0; run < 40; run++) {
		struct history h = { 0 };
		uint32_t next = 100;

		for (unsigned step = 0; step < 150; step++) {
			const unsigned what = h.n ? draw(3) : 0;

			if (what == 0 && h.n < GROUP_MAX_MEMBERS)
				join(&h, next++, (uint8_t)(1 + draw(run % 2 ? 255 : 4)));
			else if (what == 1 && h.n > 1)
				h.m[draw(h.n)] = h.m[h.n - 1], h.n--;
			else if (h.n)
				h.m[draw(h.n)].weight = (uint8_t)(1 + draw(255));
			refill(&h, room_for(&h) << (draw(20) == 0));
		}
		free(h.row);
	}
}

/* Of equal ones: who goes moves nobody else's bucket, who comes takes only its own share. */
Test(group, equal_ones_move_for_nobody_else)
{
	for (unsigned run = 0; run < 40; run++) {
		struct history h = { 0 };
		uint32_t next = 100;

		for (unsigned step = 0; step < 200; step++) {
			if (h.n < 2 || (draw(2) && h.n < GROUP_MAX_MEMBERS)) {
				join(&h, next, 7);
				const uint32_t moved = refill(&h, room_for(&h));

				cr_assert_eq(moved, has(h.row, h.n_buckets, next++));
			} else {
				const unsigned gone = draw(h.n);
				const uint32_t had = has(h.row, h.n_buckets, h.m[gone].row);

				h.m[gone] = h.m[--h.n];
				cr_assert_eq(refill(&h, room_for(&h)), had, "%u members", h.n);
			}
		}
		free(h.row);
	}
}

Test(group, the_same_whatever_the_order)
{
	const struct group_member a[] = { { 30, 3 }, { 10, 1 }, { 20, 2 } };
	const struct group_member b[] = { { 20, 2 }, { 30, 1 }, { 10, 1 }, { 30, 2 } };
	uint32_t one[64], two[64];

	group_fill(one, 64, a, 3, NULL, 0);
	group_fill(two, 64, b, 4, NULL, 0);
	cr_assert_arr_eq(one, two, sizeof(one), "30 twice is 30 with the sum");
	group_fill(two, 64, a, 3, one, 64);
	cr_assert_arr_eq(one, two, sizeof(one), "nothing has changed");
	cr_expect_eq(has(one, 64, 10), 11, "10.67: %u", has(one, 64, 10));
	cr_expect_eq(has(one, 64, 20), 21, "21.33: %u", has(one, 64, 20));
	cr_expect_eq(has(one, 64, 30), 32);
	group_fill(one, 64, NULL, 0, two, 64);
	cr_expect_eq(has(one, 64, NEXTHOP_ROW_UNREACHABLE), 64);
	/* half as large: what stays, stays where the low bits say */
	group_fill(one, 32, a, 3, two, 64);
	for (unsigned i = 0; i < 32; i++)
		cr_expect(one[i] == two[i] || has(two, 32, two[i]) > 32 * (two[i] / 10) / 6);
}

/* ---- group_place ---- */

#define FLOWS 65536

/* A CRC of consecutive addresses and ports: what flows of a test, and of many a cluster, are. */
static uint32_t flow_hash(uint32_t i)
{
	uint32_t crc = ~0u;

	for (unsigned bit = 0; bit < 32; bit++) {
		const uint32_t in = (i >> bit ^ crc) & 1;

		crc = crc >> 1 ^ (in ? 0x82f63b78u : 0);
	}
	return crc;
}

/* Whether knowing `a` of n_a says anything of `b` of n_b: all pairs about as often. */
static void expect_independent(const unsigned *pairs, unsigned n_a, unsigned n_b, const char *what)
{
	const double due = (double)FLOWS / (n_a * n_b);

	for (unsigned i = 0; i < n_a * n_b; i++)
		cr_assert(fabs(pairs[i] - due) < 0.15 * due,
			  "%s: %u and %u come together %u times, not about %.0f", what, i / n_b,
			  i % n_b, pairs[i], due);
}

Test(group, a_place_says_nothing_of_the_lane)
{
	static unsigned pairs[8 * 8];

	for (uint32_t s = 0; s < 20; s++) {
		memset(pairs, 0, sizeof(pairs));
		for (uint32_t i = 0; i < FLOWS; i++) {
			const uint32_t hash = flow_hash(0x0a000000 + i * (1 + s));
			const uint32_t lane = (uint32_t)(((uint64_t)hash * 8) >> 32);

			pairs[lane * 8 + (group_place(s * 0x1234567, hash) & 7)]++;
		}
		expect_independent(pairs, 8, 8, "lane and bucket");
	}
}

/* The next router sees only flows that the one before sent its way by the same hash. */
Test(group, a_place_says_nothing_of_the_router_before)
{
	static unsigned pairs[8 * 8];

	for (uint32_t s = 0; s < 20; s++) {
		const uint32_t here = (uint32_t)guard_random(&seed);
		const uint32_t there = (uint32_t)guard_random(&seed);

		memset(pairs, 0, sizeof(pairs));
		for (uint32_t i = 0; i < FLOWS; i++) {
			const uint32_t hash = flow_hash(0x0a000000 + i);

			pairs[(group_place(here, hash) & 7) * 8 + (group_place(there, hash) & 7)]++;
		}
		expect_independent(pairs, 8, 8, "two routers");
	}
}

/* ---- groups in the next-hop table ---- */

#define ROWS 64

static struct rcu *rcu;
static struct nexthop_table *table;

static void setup(void)
{
	bed_eal(32);
	cr_assert_eq(rcu_create(&rcu, 1, &err), 0, "%s", err.text);
	cr_assert_eq(rte_rcu_qsbr_thread_register(rcu_qsbr(rcu), 0), 0);
	cr_assert_eq(nexthop_table_create(&table, ROWS, -1, rcu, &err), 0, "%s", err.text);
}

static void finish(void)
{
	rcu_destroy(rcu);
	nexthop_table_destroy(table);
}

TestSuite(group_table, .init = setup, .fini = finish);

static unsigned pieces(void) /* of DPDK's memory that are taken */
{
	struct rte_malloc_socket_stats s;
	unsigned n = 0;

	for (int socket = 0; socket < 8; socket++)
		if (rte_malloc_get_socket_stats(socket, &s) == 0)
			n += s.alloc_count;
	return n;
}

static uint32_t member(void)
{
	uint32_t row = 0;

	cr_assert_eq(nexthop_alloc(table, NEXTHOP_RESOLVE, 1, 2, 1500, &row, &err), 0, "%s",
		     err.text);
	return row;
}

Test(group_table, comes_changes_goes)
{
	struct rte_rcu_qsbr *q = rcu_qsbr(rcu);
	const struct group_member m[3] = { { member(), 1 }, { member(), 1 }, { member(), 2 } };
	const unsigned before = pieces();
	const uint32_t used = table->n_used;
	const struct nexthop_buckets *g;
	uint32_t index;

	cr_assert_eq(group_create(table, m, 2, &index, &err), 0, "%s", err.text);
	cr_expect_eq(nexthop_type(table, index), NEXTHOP_MULTI);
	g = table->rows[index].buckets;
	cr_expect_eq(g->mask, 15, "8 a member");
	cr_expect_eq(has(g->row, 16, m[0].row), 8);
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert_eq(group_lookup(table, index, i),
			     g->row[group_place(table->flow_seed, i) & 15]);

	rte_rcu_qsbr_thread_online(q, 0);
	cr_assert_eq(group_set(table, index, m, 3, &err), 0, "%s", err.text);
	g = table->rows[index].buckets;
	cr_expect_eq(g->mask, 31);
	cr_expect_eq(has(g->row, 32, m[2].row), 16);
	rcu_reap(rcu);
	cr_expect_eq(pieces(), before + 2, "a worker may still look at the old one");
	rte_rcu_qsbr_quiescent(q, 0);
	rcu_reap(rcu);
	cr_expect_eq(pieces(), before + 1);

	cr_assert_eq(group_set(table, index, m, 1, &err), 0);
	cr_expect_eq(table->rows[index].buckets->mask, 31, "a table never shrinks");
	cr_assert_eq(group_set(table, index, NULL, 0, &err), 0);
	cr_expect_eq(group_lookup(table, index, 5), NEXTHOP_ROW_UNREACHABLE);
	cr_assert_eq(group_set(table, index, m, 3, &err), 0);
	group_free(table, index);
	rcu_reap(rcu);
	cr_expect_eq(nexthop_type(table, index), NEXTHOP_MULTI);
	cr_expect_neq(group_lookup(table, index, 5), NEXTHOP_ROW_UNREACHABLE,
		      "whoever looked it up before still finds a member");
	rte_rcu_qsbr_quiescent(q, 0);
	rcu_reap(rcu);
	cr_expect_eq(nexthop_type(table, index), NEXTHOP_NONE);
	cr_expect_eq(pieces(), before, "everything came back");
	cr_expect_eq(table->n_used, used);
	rte_rcu_qsbr_thread_offline(q, 0);
}

Test(group_table, what_cannot_be)
{
	struct group_member m[GROUP_MAX_MEMBERS + 1];
	uint32_t index = 4711, group;
	const struct nexthop_buckets *g;
	unsigned before;

	for (unsigned i = 0; i < RTE_DIM(m); i++)
		m[i] = (struct group_member){ .row = NEXTHOP_ROW_BLACKHOLE, .weight = 1 };
	before = pieces();
	cr_expect_eq(group_create(table, m, RTE_DIM(m), &index, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "at most 64"), "%s", err.text);
	m[0].weight = 0;
	cr_expect_eq(group_create(table, m, 2, &index, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "weight 0"), "%s", err.text);
	m[0] = (struct group_member){ .row = ROWS, .weight = 1 };
	cr_expect_eq(group_create(table, m, 2, &index, &err), -EINVAL);
	cr_expect_eq(pieces(), before);
	cr_expect_eq(index, 4711);

	cr_assert_eq(group_create(table, &m[1], 1, &group, &err), 0, "%s", err.text);
	g = table->rows[group].buckets;
	m[0] = (struct group_member){ .row = group, .weight = 1 };
	cr_expect_eq(group_create(table, m, 2, &index, &err), -EINVAL, "no group in a group");
	cr_expect_not_null(strstr(err.text, "single next hop"), "%s", err.text);
	cr_expect_eq(group_set(table, group, m, 2, &err), -EINVAL);
	cr_expect_eq(table->rows[group].buckets, g, "nothing has changed");
	while (table->n_free)
		member();
	before = pieces();
	cr_expect_eq(group_create(table, &m[1], 1, &index, &err), -ENOSPC);
	cr_expect_not_null(strstr(err.text, "next-hop table"), "%s", err.text);
	cr_expect_eq(pieces(), before);
	group_free(table, group);
}

/* Weights far apart make the table larger, up to its limit. */
Test(group_table, sizes)
{
	static const struct {
		uint8_t light, heavy;
		unsigned n;
		uint32_t buckets;
	} as[] = { { 1, 1, 2, 16 }, { 9, 9, 3, 32 },     { 1, 1, 64, 512 },
		   { 1, 3, 2, 32 }, { 1, 255, 2, 2048 }, { 1, 255, 64, 16384 } };
	const uint32_t light = member();

	for (unsigned i = 0; i < RTE_DIM(as); i++) {
		struct group_member m[GROUP_MAX_MEMBERS] = { { light, as[i].light } };
		uint32_t index;

		for (unsigned k = 1; k < as[i].n; k++)
			m[k] = (struct group_member){ (light + k) % ROWS, as[i].heavy };
		cr_assert_eq(group_create(table, m, as[i].n, &index, &err), 0, "%s", err.text);
		cr_expect_eq(table->rows[index].buckets->mask + 1, as[i].buckets, "%u: %u", i,
			     table->rows[index].buckets->mask + 1);
		cr_expect_geq(has(table->rows[index].buckets->row, as[i].buckets, light), 1);
		group_free(table, index);
		rcu_reap(rcu);
	}
}

/* A worker asks while the group changes all the time: always a member of one or the other. */
static bool stop;
static uint64_t asked;
static uint32_t strange;
static const struct group_member pairs_of[2][2] = {
	{ { NEXTHOP_ROW_LOCAL, 1 }, { NEXTHOP_ROW_BLACKHOLE, 2 } },
	{ { NEXTHOP_ROW_PROHIBIT, 1 }, { NEXTHOP_ROW_MARTIAN, 5 } },
};

static void *reader(void *arg)
{
	struct rte_rcu_qsbr *q = rcu_qsbr(rcu);
	const uint32_t index = *(uint32_t *)arg;
	uint32_t flow = 0;

	rte_rcu_qsbr_thread_online(q, 0);
	while (!load_acquire(&stop)) {
		for (unsigned i = 0; i < 256; i++) {
			const uint32_t row = group_lookup(table, index, flow++);

			if (row != NEXTHOP_ROW_LOCAL && row != NEXTHOP_ROW_BLACKHOLE &&
			    row != NEXTHOP_ROW_PROHIBIT && row != NEXTHOP_ROW_MARTIAN)
				store_relaxed(&strange, row + 1);
		}
		rte_rcu_qsbr_quiescent(q, 0);
		store_relaxed(&asked, asked + 256);
		sched_yield();
	}
	rte_rcu_qsbr_thread_offline(q, 0);
	return NULL;
}

Test(group_table, under_a_reader)
{
	pthread_t thread;
	uint32_t index;

	cr_assert_eq(group_create(table, pairs_of[0], 2, &index, &err), 0, "%s", err.text);
	cr_assert_eq(pthread_create(&thread, NULL, reader, &index), 0);
	for (unsigned i = 0; i < 200000 && !load_relaxed(&strange); i++) {
		cr_assert_eq(group_set(table, index, pairs_of[i % 2], 2, &err), 0, "%s", err.text);
		rcu_reap(rcu);
		if (i % 64 == 0)
			sched_yield();
		if (i > 2000 && load_relaxed(&asked) > 300000)
			break;
	}
	store_release(&stop, true);
	pthread_join(thread, NULL);
	cr_expect_eq(strange, 0, "row %u came out", strange - 1);
	cr_expect_gt(asked, 1000);
	group_free(table, index);
}
