/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ip4_input and ip6_input share about sources: filters that are switched on, and our own
 * addresses, which nobody else sends from. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_SOURCE_H
#define CPX_DATAPLANE_NODES_SOURCE_H

#include "dataplane/run/worker.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/nexthop.h"
#include "dataplane/tables/own.h"
#include "lib/net/martian.h"

/* The drop reason of a filter, DROP_COUNT when it is off or there is none to apply. */
static inline enum drop_reason source_refused(const struct worker_cfg *cfg, enum martian martian)
{
	return martian != MARTIAN_NONE && cfg->filters >> martian & 1 ? DROP_OF_MARTIAN(martian)
								      : DROP_COUNT;
}

/* By the route of an address that may be ours (own.h): is it, or its subnet's broadcast? */
static inline enum martian source_own(const struct worker_cfg *cfg, uint64_t row, enum martian own,
				      enum martian broadcast)
{
	switch (nexthop_type(cfg->nexthops, (uint32_t)row)) {
	case NEXTHOP_LOCAL:
		return own;
	case NEXTHOP_GROUP:
		return broadcast;
	default:
		return MARTIAN_NONE;
	}
}

#endif
