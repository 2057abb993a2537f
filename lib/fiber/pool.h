/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pool: the memory of the frames that one side of a fiber lends to the other (feature LENT;
 * format.h). Its owner writes frames, the borrower reads them, for as long as it likes: a frame
 * that somebody still holds must stay readable when the owner has died, and while the next peer's
 * pool is already in use. So a pool is counted: whoever holds frames holds the pool, and the last
 * one to let go unmaps it. The fiber itself holds it as long as the connection lasts.
 */
#ifndef CPX_LIB_FIBER_POOL_H
#define CPX_LIB_FIBER_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct fiber_pool;
struct fiber_terms;

/* Hold a pool, one more time; let it go once. Any thread. The last unref unmaps. NULL is allowed.
 */
struct fiber_pool *fiber_pool_ref(struct fiber_pool *pool);
void fiber_pool_unref(struct fiber_pool *pool);

/* Inside lib/fiber; control thread. */

/* Make, map and seal the pool that we lend frames from, held once. *fd is the caller's to close,
 * *page_bytes says what it became. -errno. */
int fiber_pool_create(struct fiber_pool **pool, const struct fiber_terms *terms, bool hugepages,
		      uint32_t *page_bytes, int *fd);

/* Check and map the pool that the peer lends frames from, held once. `fd` stays the caller's.
 * -EPROTO and *why when it is not as announced or as the terms say, other -errno when it can not be
 * mapped. */
int fiber_pool_adopt(struct fiber_pool **pool, const struct fiber_terms *terms, uint32_t page_bytes,
		     uint64_t bytes, int fd, const char **why);

/* Frame 0 of a lane that the terms have, and how far apart frames are. */
uint8_t *fiber_pool_frames(const struct fiber_pool *pool, uint32_t lane);
uint32_t fiber_pool_stride(const struct fiber_pool *pool);

uint64_t fiber_pool_bytes(const struct fiber_pool *pool);
/* Does nobody else hold it? */
bool fiber_pool_is_last(const struct fiber_pool *pool);
/* As fiber_map_replace(); in a signal handler. */
bool fiber_pool_replace(const struct fiber_pool *pool, const void *address);

#endif
