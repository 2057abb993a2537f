/* SPDX-License-Identifier: BSD-3-Clause */
/* fiber.h: birth and death of a fiber, its queues by lane, and frames one by one. */
#include "lib/fiber/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static uint32_t standard(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static uint32_t log2_of(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0 ? (uint32_t)__builtin_ctz(n) : UINT32_MAX;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What the largest agreement would take. */
static int check_sizes(const struct fiber_hello *mine)
{
	struct fiber_pool_layout pool;
	struct fiber_layout layout;
	struct fiber_terms largest;
	int ret;

	fiber_agree(mine, mine, &largest);
	largest.page_bytes = FIBER_PAGE_HUGE;
	ret = fiber_layout_of(&largest, &layout);
	if (ret == 0 && largest.features & FIBER_FEATURE_LENT) {
		ret = fiber_pool_layout_of(&largest, FIBER_PAGE_HUGE, &pool);
		largest.features &= ~FIBER_FEATURE_LENT; /* a peer may not know it */
		largest.log2_frames = 0;
		if (ret == 0)
			ret = fiber_layout_of(&largest, &layout);
	}
	return ret;
}

static int check(struct fiber *f, const struct fiber_config *c, struct err *err)
{
	const size_t len = c->path != NULL ? strlen(c->path) : 0;

	if (len == 0 || len >= sizeof(f->address.sun_path))
		return err_set(err, len == 0 ? -EINVAL : -ENAMETOOLONG,
			       "fiber path \"%s\" has %zu bytes; 1 to %zu are allowed",
			       len != 0 ? c->path : "", len, sizeof(f->address.sun_path) - 1);
	f->address.sun_family = AF_UNIX;
	memcpy(f->address.sun_path, c->path, len);
	f->mine = (struct fiber_hello){
		.min_version = (uint32_t)FIBER_MAJOR << 16,
		.max_version = FIBER_VERSION,
		.features = c->features,
		.required = c->required,
		.lanes = standard(c->lanes, 1),
		.log2_slots = log2_of(standard(c->slots, FIBER_STANDARD_SLOTS)),
		.slot_bytes = standard(c->slot_bytes, FIBER_STANDARD_SLOT_BYTES),
		.max_segs = standard(c->max_segs, FIBER_STANDARD_SEGS),
	};
	if (c->features & FIBER_FEATURE_LENT)
		f->mine.log2_frames =
			c->frames != 0 ? log2_of(c->frames)
				       : smaller(f->mine.log2_slots + FIBER_STANDARD_LOG2_SPARE,
						 FIBER_MAX_LOG2_FRAMES);
	if (fiber_hello_check(&f->mine) < 0 || (c->features & ~FIBER_FEATURES) != 0)
		return err_set(
			err, -EINVAL,
			"fiber %s: %u lanes, %u slots of %u bytes, %u slots a frame, "
			"features %#llx, %u frames to lend: allowed are 1..%u lanes, a power "
			"of two of %u..%u slots, a multiple of 64 of %u..%u bytes, 1..%u "
			"slots a frame, features within %#llx, a power of two of frames from "
			"slots to %u",
			c->path, f->mine.lanes, c->slots, f->mine.slot_bytes, f->mine.max_segs,
			(unsigned long long)c->features, c->frames, FIBER_MAX_LANES,
			1u << FIBER_MIN_LOG2_SLOTS, 1u << FIBER_MAX_LOG2_SLOTS,
			FIBER_MIN_SLOT_BYTES, FIBER_MAX_SLOT_BYTES, FIBER_MAX_SEGS,
			(unsigned long long)FIBER_FEATURES, 1u << FIBER_MAX_LOG2_FRAMES);
	if (check_sizes(&f->mine) < 0)
		return err_set(
			err, -EFBIG,
			"fiber %s: %u lanes of %u slots of %u bytes take more than %llu MiB. "
			"Use fewer or smaller ones",
			c->path, f->mine.lanes, 1u << f->mine.log2_slots, f->mine.slot_bytes,
			FIBER_MAX_REGION >> 20);
	f->server = c->server;
	f->hugepages = c->hugepages;
	f->lanes = f->mine.lanes;
	f->open_lanes = f->status.peer_lanes = f->status.peer_told = UINT64_MAX;
	f->patience = standard(c->patience, FIBER_STANDARD_PATIENCE);
	f->retry = standard(c->retry, FIBER_STANDARD_RETRY);
	return 0;
}

/* The stack of each sending queue and its lent[]. */
static int keep_frames(struct fiber *f)
{
	const size_t n = (size_t)1 << f->mine.log2_frames;

	if (!(f->mine.features & FIBER_FEATURE_LENT))
		return 0;
	f->frames = malloc(f->lanes * n * (sizeof(uint32_t) + 1));
	if (f->frames == NULL)
		return -ENOMEM;
	for (uint32_t l = 0; l < f->lanes; l++) {
		f->tx[l].stack = (uint32_t *)f->frames + l * n;
		f->tx[l].lent = f->frames + f->lanes * n * sizeof(uint32_t) + l * n;
	}
	return 0;
}

static void *lines(size_t n, size_t size)
{
	void *p = aligned_alloc(FIBER_LINE, n * size);

	if (p != NULL)
		memset(p, 0, n * size);
	return p;
}

int fiber_create(struct fiber **out, const struct fiber_config *config, struct err *err)
{
	struct fiber *f = calloc(1, sizeof(*f));
	int ret;

	if (f == NULL)
		return err_set(err, -ENOMEM, "fiber: no memory");
	f->epoll = f->timer = f->conn = f->listener.fd = -1;
	memset(f->bells, -1, sizeof(f->bells));
	ret = check(f, config, err);
	if (ret < 0)
		goto destroy;
	f->tx = lines(f->lanes, sizeof(*f->tx));
	f->rx = lines(f->lanes, sizeof(*f->rx));
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	f->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (f->tx == NULL || f->rx == NULL || f->epoll < 0 || f->timer < 0 || keep_frames(f) < 0) {
		ret = err_set(err, f->tx == NULL || f->rx == NULL ? -ENOMEM : -errno,
			      "fiber %s: no memory or no file descriptor left", config->path);
		goto destroy;
	}
	fiber_queues_detach(f);
	if (f->server)
		ret = fiber_listen(&f->listener, &f->address, err);
	if (ret < 0)
		goto destroy;
	ret = fiber_connection_start(f);
	if (ret < 0) {
		err_set(err, ret, "fiber %s can not be watched: %s", config->path, strerror(-ret));
		goto destroy;
	}
	*out = f;
	return 0;
destroy:
	fiber_destroy(f);
	return ret;
}

void fiber_destroy(struct fiber *f)
{
	if (f == NULL)
		return;
	fiber_unlisten(&f->listener, &f->address);
	if (f->conn >= 0)
		close(f->conn);
	fiber_memory_forget(f);
	fiber_bells_close(f);
	if (f->timer >= 0)
		close(f->timer);
	if (f->epoll >= 0)
		close(f->epoll);
	free(f->tx);
	free(f->rx);
	free(f->frames);
	free(f);
}

int fiber_fd(const struct fiber *f)
{
	return f->epoll;
}

void fiber_status(const struct fiber *f, struct fiber_status *status)
{
	*status = f->status;
	for (unsigned i = 0; i < FIBER_MAX_FORMER; i++)
		status->former_pools += f->former[i] != NULL;
}

struct fiber_pool *fiber_peer_pool(const struct fiber *f)
{
	return f->status.state == FIBER_UP ? f->theirs : NULL;
}

struct fiber_tx *fiber_tx_queue(struct fiber *f, uint32_t lane)
{
	return lane < f->lanes ? &f->tx[lane] : NULL;
}

struct fiber_rx *fiber_rx_queue(struct fiber *f, uint32_t lane)
{
	return lane < f->lanes ? &f->rx[lane] : NULL;
}
