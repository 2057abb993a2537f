/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_dev_stats.c: totals over a carrier's resets and lives. */
#include <criterion/criterion.h>

#include "pmd/cpx_dev_stats.h"

static struct rte_eth_stats reading(uint64_t imissed, uint64_t packets)
{
	return (struct rte_eth_stats){ .imissed = imissed,
				       .ipackets = packets,
				       .q_ipackets[15] = packets };
}

static void add(struct cpx_dev_stats *s, uint64_t imissed, uint64_t packets)
{
	const struct rte_eth_stats now = reading(imissed, packets);

	cpx_dev_stats_add(s, &now);
}

Test(dev_stats, leaves_out_what_was_before)
{
	const struct rte_eth_stats before = reading(100, 5);
	struct cpx_dev_stats s = { 0 };

	cpx_dev_stats_begin(&s, &before);
	add(&s, 100, 5);
	cr_expect_eq(s.total.imissed, 0);
	add(&s, 103, 7);
	add(&s, 104, 7);
	cr_expect_eq(s.total.imissed, 4);
	cr_expect_eq(s.total.q_ipackets[15], 2);
}

Test(dev_stats, never_goes_back)
{
	struct cpx_dev_stats s = { 0 };

	add(&s, 10, 1000);
	add(&s, 2, 1001); /* imissed was reset, and counted two since */
	cr_expect_eq(s.total.imissed, 12);
	cr_expect_eq(s.total.ipackets, 1001);
	add(&s, 0, 0);
	cr_expect_eq(s.total.imissed, 12);
	cr_expect_eq(s.total.ipackets, 1001);
}

Test(dev_stats, another_life)
{
	const struct rte_eth_stats fresh = reading(3, 0);
	struct cpx_dev_stats s = { 0 };

	add(&s, 10, 10);
	cpx_dev_stats_begin(&s, &fresh);
	add(&s, 4, 11);
	cr_expect_eq(s.total.imissed, 11);
	cr_expect_eq(s.total.ipackets, 21);
}
