/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared region as a piece of our address space: made and sealed (server) or received and
 * checked (client), mapped between two inaccessible pages. Inside lib/fiber; control thread.
 */
#ifndef CPX_LIB_FIBER_REGION_H
#define CPX_LIB_FIBER_REGION_H

#include "lib/fiber/format.h"
#include "lib/fiber/mapping.h"

struct fiber_region {
	uint8_t *base; /* NULL: nothing mapped */
	struct fiber_layout layout;
	struct fiber_mapping map;
};

/*
 * Make a region for `terms` and map it; *fd is the memfd, the caller's to close. With `hugepages`
 * tries 2 MiB pages first; terms->page_bytes says what it became. -errno: -ENOMEM, -EFBIG, …
 */
int fiber_region_create(struct fiber_region *r, struct fiber_terms *terms, bool hugepages, int *fd);

/*
 * Check and map what the peer sent: a sealed file of exactly `bytes` bytes, which must be what the
 * terms lead to, with the right header. `fd` stays the caller's. -EPROTO when any of it is not so
 * (*why says what), other -errno when mapping fails.
 */
int fiber_region_adopt(struct fiber_region *r, const struct fiber_terms *terms, uint64_t bytes,
		       int fd, const char **why);

/* No thread reads or writes it any more. Nothing happens when nothing is mapped. */
void fiber_region_unmap(struct fiber_region *r);

#endif
