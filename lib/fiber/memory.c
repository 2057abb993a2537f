/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a connection: the region, the pool that we lend frames from, the pool that we
 * borrow from. All of it goes with the connection, but a pool whose frames the program still holds:
 * that stays mapped until it lets go. A peer must not make us pile up such pools by coming and
 * going, so there are at most FIBER_MAX_FORMER, and as long as there are that many nothing more is
 * borrowed. Control thread.
 */
#include "lib/fiber/private.h"

void fiber_memory_drop(struct fiber *f)
{
	fiber_region_unmap(&f->region);
	fiber_pool_unref(f->ours);
	f->ours = NULL;
	if (f->theirs == NULL)
		return;
	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++)
		if (f->former[i] == NULL) {
			f->former[i] = f->theirs;
			break;
		}
	f->theirs = NULL;
	fiber_memory_sweep(f);
}

void fiber_memory_sweep(struct fiber *f)
{
	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++)
		if (f->former[i] != NULL && fiber_pool_is_last(f->former[i])) {
			fiber_pool_unref(f->former[i]);
			f->former[i] = NULL;
		}
}

bool fiber_memory_may_borrow(struct fiber *f)
{
	fiber_memory_sweep(f);
	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++)
		if (f->former[i] == NULL)
			return true;
	return false;
}

void fiber_memory_forget(struct fiber *f)
{
	fiber_memory_drop(f);
	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++) {
		fiber_pool_unref(f->former[i]);
		f->former[i] = NULL;
	}
}

bool fiber_fault(struct fiber *f, const void *address)
{
	if (!fiber_map_replace(&f->region.map, address) && !fiber_pool_replace(f->theirs, address))
		return false;
	fiber_queues_stop(f);
	store_release(&f->faulted, 1);
	fiber_alarm_in(f, 0);
	return true;
}
