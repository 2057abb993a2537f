/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_inside.c: each mark is waited for until it was down once. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_inside.h"
#include "pmd/cpx_rxtx.h"

static struct {
	struct cpx_rxq rx[CPX_MAX_SOURCES];
	struct cpx_txq tx[CPX_MAX_TX_QUEUES];
} * p;

static void new_port(void)
{
	p = aligned_alloc(CPX_LINE, sizeof(*p));
	cr_assert_not_null(p);
	memset(p, 0, sizeof(*p));
	cr_assert(cpx_inside_prepare(), "no membarrier() here");
}

static void free_port(void)
{
	free(p);
}

TestSuite(inside, .init = new_port, .fini = free_port);

Test(inside, nobody)
{
	struct cpx_outside o = { 0 };

	cr_expect(cpx_all_outside(p->rx, p->tx, &o));
}

static void waits_for(uint32_t *mark)
{
	struct cpx_outside o = { 0 };

	cpx_enter(mark);
	cr_expect_not(cpx_all_outside(p->rx, p->tx, &o));
	cr_expect_not(cpx_all_outside(p->rx, p->tx, &o));
	cpx_leave(mark);
	cr_expect(cpx_all_outside(p->rx, p->tx, &o));
}

Test(inside, waits_for_each)
{
	for (unsigned i = 0; i < CPX_MAX_SOURCES; i++)
		waits_for(&p->rx[i].inside);
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++) {
		waits_for(&p->tx[i].inside);
		waits_for(&p->tx[i].preparing);
	}
}

/* Lcores that poll on are never all outside at one moment. */
Test(inside, once_is_enough)
{
	struct cpx_outside o = { 0 };

	cpx_enter(&p->rx[0].inside);
	cr_expect_not(cpx_all_outside(p->rx, p->tx, &o));
	cpx_leave(&p->rx[0].inside);
	cpx_enter(&p->tx[3].inside);
	cr_expect(cpx_all_outside(p->rx, p->tx, &o), "tx 3 was outside at first");
}
