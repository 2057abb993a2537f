/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A dump is taken piece by piece while things change. The kernel may take a piece, then tell of a
 * change, and only then hand over the piece, which is older: a route deleted meanwhile would come
 * back to life. So what was told while a dump goes on wins over what the dump says of the same
 * thing. The window is as short as the kernel's way from taking to handing over; what fits here is
 * many times that.
 */
#ifndef CPX_LIB_RTNL_RECENT_H
#define CPX_LIB_RTNL_RECENT_H

#include "lib/rtnl/rtnl.h"

#define RTNL_RECENT 4096 /* a power of two */

struct rtnl_recent {
	uint64_t told[RTNL_RECENT]; /* by identity; 0: none */
};

/* What the message is about: equal for all that is said of one route, one neighbour …; never 0. */
uint64_t rtnl_identity(const struct rtnl_message *m);

void rtnl_recent_clear(struct rtnl_recent *r);
void rtnl_recent_add(struct rtnl_recent *r, const struct rtnl_message *m);
bool rtnl_recent_has(const struct rtnl_recent *r, const struct rtnl_message *m);

#endif
