/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.h. */
#include "lib/fiber/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/order.h"
#include "lib/fiber/format.h"
#include "lib/fiber/mapping.h"

/* F_SEAL_FUTURE_WRITE leaves the owner's mapping, which came first, writable, and no other. It also
 * forbids holes, so that a page once there stays there. */
#define SEALS (F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct fiber_pool {
	struct fiber_mapping map;
	struct fiber_pool_layout layout;
	uint32_t holders; /* any thread */
};

struct fiber_pool *fiber_pool_ref(struct fiber_pool *pool)
{
	if (pool != NULL)
		holders_add(&pool->holders);
	return pool;
}

void fiber_pool_unref(struct fiber_pool *pool)
{
	if (pool == NULL || holders_drop(&pool->holders) != 0)
		return;
	fiber_unmap(&pool->map);
	free(pool);
}

bool fiber_pool_is_last(const struct fiber_pool *pool)
{
	return load_acquire(&pool->holders) == 1;
}

static struct fiber_pool *new_pool(const struct fiber_terms *terms, uint32_t page_bytes, int *ret)
{
	struct fiber_pool *pool = calloc(1, sizeof(*pool));

	*ret = pool == NULL ? -ENOMEM : fiber_pool_layout_of(terms, page_bytes, &pool->layout);
	if (*ret < 0) {
		free(pool);
		return NULL;
	}
	pool->holders = 1;
	return pool;
}

static int make(struct fiber_pool **out, const struct fiber_terms *terms, uint32_t page_bytes,
		int *fd)
{
	struct fiber_pool *pool;
	int ret;

	pool = new_pool(terms, page_bytes, &ret);
	if (pool == NULL)
		return ret;
	ret = fiber_file_make(pool->layout.pool_bytes, page_bytes == FIBER_PAGE_HUGE, fd);
	if (ret < 0)
		goto free_pool;
	ret = fiber_map(&pool->map, *fd, pool->layout.pool_bytes, page_bytes, true);
	if (ret == 0 && fcntl(*fd, F_ADD_SEALS, SEALS) != 0)
		ret = -errno;
	if (ret < 0)
		goto close_file;
	*out = pool;
	return 0;
close_file:
	close(*fd);
	*fd = -1;
free_pool:
	fiber_pool_unref(pool);
	return ret;
}

int fiber_pool_create(struct fiber_pool **pool, const struct fiber_terms *terms, bool hugepages,
		      uint32_t *page_bytes, int *fd)
{
	int ret = -ENOMEM;

	*pool = NULL;
	*fd = -1;
	*page_bytes = FIBER_PAGE_HUGE;
	if (hugepages)
		ret = make(pool, terms, *page_bytes, fd);
	if (ret < 0) {
		*page_bytes = FIBER_PAGE_SMALL;
		ret = make(pool, terms, *page_bytes, fd);
	}
	return ret;
}

/* Every page is there: else reading a frame could need a page that the machine does not have. */
static bool is_whole(int fd, uint64_t bytes)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_blocks >= 0 && (uint64_t)st.st_blocks >= bytes / 512;
}

int fiber_pool_adopt(struct fiber_pool **out, const struct fiber_terms *terms, uint32_t page_bytes,
		     uint64_t bytes, int fd, const char **why)
{
	struct fiber_pool *pool;
	int ret;

	*out = NULL;
	*why = "its frames can not be mapped";
	pool = new_pool(terms, page_bytes, &ret);
	if (pool == NULL)
		return ret == -ENOMEM ? ret : -EPROTO;
	if (bytes != pool->layout.pool_bytes) {
		*why = "the announced size of its frames does not follow from the terms";
		ret = -EPROTO;
		goto free_pool;
	}
	ret = fiber_file_check(fd, bytes, SEALS, why);
	if (ret == 0 && !is_whole(fd, bytes)) {
		*why = "the file of its frames has holes";
		ret = -EPROTO;
	}
	if (ret == 0)
		ret = fiber_map(&pool->map, fd, bytes, page_bytes, false);
	if (ret < 0)
		goto free_pool;
	*out = pool;
	return 0;
free_pool:
	fiber_pool_unref(pool);
	return ret;
}

uint8_t *fiber_pool_frames(const struct fiber_pool *pool, uint32_t lane)
{
	return pool->map.base + pool->layout.offset + lane * pool->layout.lane_stride;
}

uint32_t fiber_pool_stride(const struct fiber_pool *pool)
{
	return (uint32_t)pool->layout.frame_stride;
}

uint64_t fiber_pool_bytes(const struct fiber_pool *pool)
{
	return pool->layout.pool_bytes;
}

bool fiber_pool_replace(const struct fiber_pool *pool, const void *address)
{
	return pool != NULL && fiber_map_replace(&pool->map, address);
}
