/* SPDX-License-Identifier: BSD-3-Clause */
/* dataplane/tables/nexthop.c: rows come, change under readers' eyes, and come again only later. */
#include "dataplane/tables/nexthop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "dataplane/run/rcu.h"
#include "tests/unit/board.h"

#define ROWS 32

static struct rcu *rcu;
static struct nexthop_table *table;
static struct err err;

static void setup(void)
{
	bed_eal(16);
	cr_assert_eq(rcu_create(&rcu, 1, &err), 0, "%s", err.text);
	cr_assert_eq(rte_rcu_qsbr_thread_register(rcu_qsbr(rcu), 0), 0);
	cr_assert_eq(nexthop_table_create(&table, ROWS, -1, rcu, &err), 0, "%s", err.text);
}

static void finish(void)
{
	rcu_destroy(rcu);
	nexthop_table_destroy(table);
}

TestSuite(nexthop, .init = setup, .fini = finish);

static uint32_t alloc(void)
{
	uint32_t row = 0;

	cr_assert_eq(nexthop_alloc(table, NEXTHOP_RESOLVE, 3, 4, 1500, &row, &err), 0, "%s",
		     err.text);
	return row;
}

Test(nexthop, fixed_rows)
{
	static const enum nexthop_type want[NEXTHOP_FIRST_FREE] = {
		[NEXTHOP_ROW_NONE] = NEXTHOP_NONE,
		[NEXTHOP_ROW_LOCAL] = NEXTHOP_LOCAL,
		[NEXTHOP_ROW_BLACKHOLE] = NEXTHOP_BLACKHOLE,
		[NEXTHOP_ROW_UNREACHABLE] = NEXTHOP_UNREACHABLE,
		[NEXTHOP_ROW_PROHIBIT] = NEXTHOP_PROHIBIT,
		[NEXTHOP_ROW_MARTIAN] = NEXTHOP_MARTIAN,
		[NEXTHOP_ROW_GROUP] = NEXTHOP_GROUP,
	};

	cr_expect_eq(NEXTHOP_ROW_NONE, 0, "the default of the route tables");
	for (uint32_t i = 0; i < NEXTHOP_FIRST_FREE; i++)
		cr_expect_eq(nexthop_type(table, i), want[i], "row %u", i);
}

Test(nexthop, alloc_fills_the_row)
{
	struct nexthop_way nh;
	const uint32_t row = alloc();

	cr_expect_geq(row, NEXTHOP_FIRST_FREE);
	cr_expect_lt(row, ROWS);
	cr_assert(nexthop_read(table, row, &nh));
	cr_expect_eq(nh.type, NEXTHOP_RESOLVE);
	cr_expect_eq(nh.port, 3);
	cr_expect_eq(nh.iface, 4);
	cr_expect_eq(nh.mtu, 1500);
	cr_expect_eq(nh.l2_len, 0);
	cr_expect_eq(table->n_used, 1);
}

Test(nexthop, set_forward_and_back)
{
	static const uint8_t tagged[18] = { 2, 0, 0, 0,    0, 9, 2,   0, 0,
					    0, 0, 1, 0x81, 0, 0, 100, 8, 0 };
	struct nexthop_way nh;
	const uint32_t row = alloc();

	nexthop_set_forward(table, row, tagged, 14);
	cr_assert(nexthop_read(table, row, &nh));
	cr_expect_eq(nh.type, NEXTHOP_FORWARD);
	cr_expect_eq(nh.l2_len, 14);
	cr_expect_arr_eq(nh.l2, tagged, 12);
	cr_expect_eq(nh.l2[12], 0, "the EtherType is not the row's");
	nexthop_set_forward(table, row, tagged, 18);
	cr_assert(nexthop_read(table, row, &nh));
	cr_expect_eq(nh.l2_len, 18);
	cr_expect_arr_eq(nh.l2, tagged, 16);
	nexthop_set_type(table, row, NEXTHOP_RESOLVE);
	cr_expect_eq(nexthop_type(table, row), NEXTHOP_RESOLVE);
	cr_expect_eq(nh.mtu, 1500);
}

Test(nexthop, a_full_table_names_itself)
{
	uint32_t row = 4711;
	bool seen[ROWS] = { false };

	for (unsigned i = NEXTHOP_FIRST_FREE; i < ROWS; i++) {
		const uint32_t r = alloc();

		cr_assert_lt(r, ROWS);
		cr_assert_geq(r, NEXTHOP_FIRST_FREE);
		cr_assert(!seen[r], "row %u given out twice", r);
		seen[r] = true;
	}
	memset(&err, 0, sizeof(err));
	cr_expect_eq(nexthop_alloc(table, NEXTHOP_RESOLVE, 0, 0, 0, &row, &err), -ENOSPC);
	cr_expect_not_null(strstr(err.text, "next-hop table"), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "32"), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "nexthops"), "%s", err.text);
	cr_expect_eq(row, 4711, "nothing else happened");
}

Test(nexthop, a_freed_row_waits_for_its_grace_period)
{
	struct rte_rcu_qsbr *q = rcu_qsbr(rcu);
	uint32_t rows[ROWS];
	unsigned n = 0;
	uint32_t row;

	while (table->n_free)
		rows[n++] = alloc();
	rte_rcu_qsbr_thread_online(q, 0);
	nexthop_free(table, rows[5]);
	cr_expect_eq(nexthop_type(table, rows[5]), NEXTHOP_RESOLVE,
		     "a reader that still holds the index finds what there was");
	rcu_reap(rcu);
	cr_expect_eq(nexthop_alloc(table, NEXTHOP_RESOLVE, 0, 0, 0, &row, &err), -ENOSPC,
		     "the worker may still use it");
	rte_rcu_qsbr_quiescent(q, 0);
	rcu_reap(rcu);
	cr_assert_eq(nexthop_alloc(table, NEXTHOP_CONNECTED, 1, 2, 1400, &row, &err), 0);
	cr_expect_eq(row, rows[5]);
	cr_expect_eq(table->n_used, n);
}

/*
 * Rows are rewritten as fast as possible while a worker reads them: port, interface, MTU and all
 * bytes of the header are made of one number, and a torn read mixes two.
 */
static bool stop;
static uint64_t reads, gave_up;
static char torn[128];

static void pattern(uint8_t l2[18], uint16_t v)
{
	for (unsigned i = 0; i < 18; i++)
		l2[i] = (uint8_t)(v + i);
}

static void *reader(void *arg)
{
	const uint32_t row = *(uint32_t *)arg;

	while (!load_acquire(&stop) && !torn[0]) {
		struct nexthop_way nh;

		if (!nexthop_read(table, row, &nh)) {
			gave_up++;
			continue;
		}
		store_relaxed(&reads, reads + 1);
		if (nh.type == NEXTHOP_FORWARD) {
			for (unsigned i = 0; i < (unsigned)nh.l2_len - 2; i++)
				if (nh.l2[i] != (uint8_t)(nh.l2[0] + i))
					snprintf(torn, sizeof(torn), "byte %u of the header", i);
			if (nh.l2_len != ((nh.l2[0] & 1) ? 18 : 14))
				snprintf(torn, sizeof(torn), "length %u with header %u", nh.l2_len,
					 nh.l2[0]);
		}
	}
	return NULL;
}

Test(nexthop, no_torn_reads)
{
	uint32_t row = alloc();
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, reader, &row), 0);
	for (unsigned i = 0; i < 20000000 && !torn[0]; i++) {
		uint8_t l2[18];

		pattern(l2, (uint16_t)i);
		nexthop_set_forward(table, row, l2, (i & 1) ? 18 : 14);
		if (i % 1000 == 0)
			nexthop_set_type(table, row, NEXTHOP_RESOLVE);
		if (i % 16 == 0)
			rte_pause();
		if (load_relaxed(&reads) > 300000)
			break;
	}
	store_release(&stop, true);
	pthread_join(thread, NULL);
	cr_expect_str_empty(torn, "torn: %s", torn);
	cr_expect_gt(reads, 1000, "the reader hardly ran: %lu reads, %lu times given up", reads,
		     gave_up);
}

/* A writer that stops in the middle is not waited for. */
Test(nexthop, a_read_gives_up)
{
	const uint32_t row = alloc();
	struct nexthop_way nh;

	seq_write_begin(&table->rows[row].seq);
	cr_expect(!nexthop_read(table, row, &nh));
	seq_write_end(&table->rows[row].seq);
	cr_expect(nexthop_read(table, row, &nh));
}
