/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marks by which a control thread knows that no lcore is in a place any more: before memory of a
 * peer process is unmapped, or a carrier device removed. The lcore sets its mark, looks at a gate,
 * goes through it or not, and takes the mark back: plain stores to a line of its own. The control
 * thread closes the gate, then asks until every mark is down.
 *
 * The mark has to be seen before the gate was looked at. The lcore pays nothing for that: the
 * control thread makes every thread of the process pass a barrier (membarrier), so a compiler
 * barrier is enough here.
 */
#ifndef CPX_PMD_CPX_INSIDE_H
#define CPX_PMD_CPX_INSIDE_H

#include <rte_atomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/order.h"

struct cpx_rxq;
struct cpx_txq;

/* The lcore whose mark it is. */
static __rte_always_inline void cpx_enter(uint32_t *inside)
{
	store_relaxed(inside, 1);
	rte_compiler_barrier();
}

static __rte_always_inline void cpx_leave(uint32_t *inside)
{
	store_release(inside, 0);
}

/* Queues whose lcores were seen outside since the gates were closed. All zero before the first
 * question. Those that enter later find the gates closed, so once is enough. */
struct cpx_outside {
	bool begun;
	uint32_t rx;
	uint64_t tx, preparing;
};

/* Once before cpx_all_outside() is used. False: this kernel cannot tell. Control thread. */
bool cpx_inside_prepare(void);

/* Of a port: its CPX_MAX_SOURCES receive, CPX_MAX_TX_QUEUES transmit queues. Has every lcore been
 * outside since their gates were closed? Ask again until it has. */
bool cpx_all_outside(const struct cpx_rxq *rx, const struct cpx_txq *tx, struct cpx_outside *o);

#endif
