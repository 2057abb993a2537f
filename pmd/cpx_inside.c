/* SPDX-License-Identifier: BSD-3-Clause */
/* The control thread's side of cpx_inside.h. */
#include "pmd/cpx_inside.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pmd/cpx_rxtx.h"

static_assert(CPX_MAX_SOURCES <= 32 && CPX_MAX_TX_QUEUES <= 64, "bits of struct cpx_outside");

static bool barrier_of_all_threads(int command)
{
	return syscall(SYS_membarrier, command, 0, 0) == 0;
}

bool cpx_inside_prepare(void)
{
	return barrier_of_all_threads(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

bool cpx_all_outside(const struct cpx_rxq *rx, const struct cpx_txq *tx, struct cpx_outside *o)
{
	if (!o->begun) {
		if (!barrier_of_all_threads(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
			return false;
		*o = (struct cpx_outside){ .begun = true };
	}
	for (unsigned i = 0; i < CPX_MAX_SOURCES; i++)
		if (!load_acquire(&rx[i].inside))
			o->rx |= 1u << i;
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++) {
		if (!load_acquire(&tx[i].inside))
			o->tx |= 1ull << i;
		if (!load_acquire(&tx[i].preparing))
			o->preparing |= 1ull << i;
	}
	return o->rx == UINT32_MAX >> (32 - CPX_MAX_SOURCES) &&
	       o->tx == UINT64_MAX >> (64 - CPX_MAX_TX_QUEUES) &&
	       o->preparing == UINT64_MAX >> (64 - CPX_MAX_TX_QUEUES);
}
