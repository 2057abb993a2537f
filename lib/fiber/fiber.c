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

static int check(struct fiber *f, const struct fiber_config *c, struct err *err)
{
	const size_t len = c->path != NULL ? strlen(c->path) : 0;
	struct fiber_terms largest;
	struct fiber_layout layout;

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
	if (fiber_hello_check(&f->mine) < 0 || (c->features & ~FIBER_FEATURES) != 0)
		return err_set(err, -EINVAL,
			       "fiber %s: %u lanes, %u slots of %u bytes, %u slots a frame, "
			       "features %#llx: allowed are 1..%u lanes, a power of two of %u..%u "
			       "slots, a multiple of 64 of %u..%u bytes, 1..%u slots a frame, "
			       "features within %#llx",
			       c->path, f->mine.lanes, c->slots, f->mine.slot_bytes,
			       f->mine.max_segs, (unsigned long long)c->features, FIBER_MAX_LANES,
			       1u << FIBER_MIN_LOG2_SLOTS, 1u << FIBER_MAX_LOG2_SLOTS,
			       FIBER_MIN_SLOT_BYTES, FIBER_MAX_SLOT_BYTES, FIBER_MAX_SEGS,
			       (unsigned long long)FIBER_FEATURES);
	fiber_agree(&f->mine, &f->mine, &largest);
	largest.page_bytes = FIBER_PAGE_HUGE;
	if (fiber_layout_of(&largest, &layout) < 0)
		return err_set(
			err, -EFBIG,
			"fiber %s: %u lanes of %u slots of %u bytes take more than %llu MiB. "
			"Use fewer or smaller ones",
			c->path, f->mine.lanes, 1u << f->mine.log2_slots, f->mine.slot_bytes,
			FIBER_MAX_REGION >> 20);
	f->server = c->server;
	f->hugepages = c->hugepages;
	f->lanes = f->mine.lanes;
	f->open_lanes = f->status.peer_lanes = UINT64_MAX;
	f->patience = standard(c->patience, FIBER_STANDARD_PATIENCE);
	f->retry = standard(c->retry, FIBER_STANDARD_RETRY);
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
	if (f->tx == NULL || f->rx == NULL || f->epoll < 0 || f->timer < 0) {
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
	fiber_region_unmap(&f->region);
	fiber_bells_close(f);
	if (f->timer >= 0)
		close(f->timer);
	if (f->epoll >= 0)
		close(f->epoll);
	free(f->tx);
	free(f->rx);
	free(f);
}

int fiber_fd(const struct fiber *f)
{
	return f->epoll;
}

void fiber_status(const struct fiber *f, struct fiber_status *status)
{
	*status = f->status;
}

struct fiber_tx *fiber_tx_queue(struct fiber *f, uint32_t lane)
{
	return lane < f->lanes ? &f->tx[lane] : NULL;
}

struct fiber_rx *fiber_rx_queue(struct fiber *f, uint32_t lane)
{
	return lane < f->lanes ? &f->rx[lane] : NULL;
}

int fiber_send(struct fiber_tx *q, const void *frame, uint32_t bytes)
{
	const uint8_t *from = frame;
	uint32_t segs, left = bytes;

	if (!load_acquire(&q->running))
		return -ENOTCONN;
	if (bytes < FIBER_MIN_FRAME)
		return -EINVAL;
	if (bytes > (uint32_t)q->max_segs * q->slot_bytes)
		return -EMSGSIZE;
	segs = (bytes + q->slot_bytes - 1) / q->slot_bytes;
	if (fiber_tx_reserve(q, segs) < segs)
		return q->dead ? -EPROTO : -EAGAIN;
	for (uint32_t i = 0; i < segs; i++) {
		uint32_t len = left < q->slot_bytes ? left : q->slot_bytes;

		memcpy(fiber_tx_place(q, i), from, len);
		from += len;
		left -= len;
		fiber_tx_describe(q, i,
				  (struct fiber_desc){ .len = (uint16_t)len,
						       .flags = left != 0 ? FIBER_DESC_MORE : 0 });
	}
	fiber_tx_submit(q, segs, 1, bytes);
	return 0;
}

void fiber_frame_copy(const struct fiber_rx *q, const struct fiber_frame *f, void *to)
{
	uint8_t *at = to;

	for (uint32_t i = 0; i < f->segs; i++) {
		memcpy(at, fiber_rx_segment(q, f, i), f->len[i]);
		at += f->len[i];
	}
}

int fiber_receive(struct fiber_rx *q, void *to, uint32_t size)
{
	struct fiber_frame f;
	int ret;

	if (!fiber_rx_poll(q, 1))
		return !load_acquire(&q->running) ? -ENOTCONN : q->dead ? -EPROTO : -EAGAIN;
	if (!fiber_rx_next(q, &f)) {
		fiber_rx_release(q, 0, 0); /* bad frames only */
		return -EAGAIN;
	}
	ret = f.bytes <= size ? (int)f.bytes : -EMSGSIZE;
	if (ret > 0)
		fiber_frame_copy(q, &f, to);
	fiber_rx_release(q, 1, f.bytes);
	return ret;
}
