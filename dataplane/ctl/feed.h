/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A feed of routes: from what rtnetlink says (lib/rtnl) into the RIB, for the kernel's socket and
 * for zebra's FPM connection alike. It knows which device of the kernel is which interface of the
 * board, and keeps the next-hop objects that groups are made of. Routes and objects whose ways are
 * all on other devices are somebody else's: heard, and left alone. Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_FEED_H
#define CPX_DATAPLANE_CTL_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/ctl/rib.h"
#include "lib/rtnl/rtnl.h"

struct feed;

struct feed_counters {
	uint64_t routes;  /* messages about routes that were followed */
	uint64_t objects; /* … about next-hop objects */
	uint64_t refused; /* what cannot be followed, or does not fit */
};

/* name: in messages, "kernel". index_to_iface: IFACE_NONE: not one of ours. -ENOMEM. */
int feed_create(struct feed **out, struct board *b, enum rib_source source, const char *name,
		uint16_t (*index_to_iface)(const struct board *b, int32_t index), struct err *err);
void feed_destroy(struct feed *f);

/*
 * One message about a route or an object; nothing for others. The caller commits the RIB. 0, also
 * for what is not ours; -EOPNOTSUPP, -EINVAL, -ENOENT, -ENOSPC: refused, counted, and the first one
 * since feed_sweep() logged. A route that is refused is not there, nor is what it replaced.
 */
int feed_message(struct feed *f, const struct rtnl_message *m);

/* As rib_mark() and rib_sweep(), of routes and objects. */
void feed_mark(struct feed *f);
unsigned feed_sweep(struct feed *f);

/* As feed_mark(), and another program speaks now, whose next-hop objects have nothing to do with
 * those of the same id before: routes that are not told again keep the old ones until swept. */
void feed_restart(struct feed *f);

/* What was told is not enough to know what is: it has to be told again. False from then on. */
bool feed_wants_resync(struct feed *f);

const struct feed_counters *feed_counters(const struct feed *f);

#endif
