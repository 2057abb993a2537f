/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a board is said to need (ctl/memory.c) is what it takes: without hugepages DPDK has that
 * much and no more, so a board of any size starts, and with little left over.
 */
#include <rte_malloc.h>

#include "tests/unit/board.h"

static struct bed bed;

TestSuite(memory, .fini = bed_clean);

static void fits(const char *tables)
{
	struct rte_malloc_socket_stats heap;
	static char yaml[1024];
	struct err err;
	size_t said;

	snprintf(yaml, sizeof(yaml),
		 "tables: {%s}\n"
		 "vrfs: {red: {table: 100, routes4: 20000, routes6: 2000}}\n"
		 "ports: {p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}}\n",
		 tables);
	bed_open(&bed, yaml, (const unsigned[]){ 1, 0 });
	said = (size_t)board_memory_mb(bed.cfg, &err) << 20;
	cr_assert_eq(rte_malloc_get_socket_stats(0, &heap), 0);
	/* what comes later: other configurations of the workers, groups, tables of VLANs */
	cr_expect_geq(heap.greatest_free_size, 32 << 20, "of %zu MB %zu are left", said >> 20,
		      heap.heap_freesz_bytes >> 20);
	cr_expect_leq(said, heap.heap_allocsz_bytes * 11 / 10 + (64 << 20), "%zu MB, it takes %zu",
		      said >> 20, heap.heap_allocsz_bytes >> 20);
	bed_close(&bed);
}

Test(memory, of_a_small_table)
{
	fits("routes4: 1024, routes6: 1024");
}

/* One more than hashes and tables have room for without another power of two or wider entries. */
Test(memory, just_beyond_a_step)
{
	fits("routes4: 131069, routes6: 16384");
}

Test(memory, of_many_routes)
{
	fits("routes4: 200000");
}

Test(memory, of_the_whole_internet)
{
	fits("routes4: 1000000, routes6: 200000");
}

Test(memory, of_many_next_hops)
{
	fits("routes4: 1024, nexthops: 140000, neighbors: 140000");
}
