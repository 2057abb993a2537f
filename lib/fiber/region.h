/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared region as a piece of our address space: made and sealed (server) or received and
 * checked (client), mapped between two inaccessible pages. Inside lib/fiber; control thread.
 */
#ifndef CPX_LIB_FIBER_REGION_H
#define CPX_LIB_FIBER_REGION_H

#include <stdbool.h>

#include "lib/fiber/format.h"

struct fiber_region {
	uint8_t *base; /* NULL: nothing mapped */
	struct fiber_layout layout;
	uint8_t *reserved; /* the mapping with its guards */
	uint64_t reserved_bytes;
};

/*
 * Make a region for `terms` and map it; *fd is the memfd, the caller's to close. With `hugepages`
 * tries 2 MiB pages first; terms->page_bytes says what it became. Every page is allocated here, so
 * that a full machine is an error now and not a SIGBUS later. -errno: -ENOMEM, -EFBIG, …
 */
int fiber_region_create(struct fiber_region *r, struct fiber_terms *terms, bool hugepages, int *fd);

/*
 * Check and map what the peer sent: a sealed file of exactly `bytes` bytes, which must be what the
 * terms lead to, with the right header. `fd` stays the caller's. -EPROTO when any of it is not so
 * (*why says what), other -errno when mapping fails.
 */
int fiber_region_adopt(struct fiber_region *r, const struct fiber_terms *terms, uint64_t bytes,
		       int fd, const char **why);

/* Put plain zeroed memory in place of a region that faults; false when `address` is not in it or it
 * can not be done. In a signal handler of any thread that uses the region. */
bool fiber_region_replace(const struct fiber_region *r, const void *address);

/* No thread reads or writes it any more. Nothing happens when nothing is mapped. */
void fiber_region_unmap(struct fiber_region *r);

#endif
