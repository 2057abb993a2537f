/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads and writes of all twins through one small io_uring of their own. The kernel fills buffers
 * of one common group; a frame is copied out of its buffer at once and the buffer given back, so a
 * twin whose worker takes nothing stops reading and its frames wait, and then are dropped, in the
 * kernel. Writes are handed over together, once a turn; most are done when that call returns.
 *
 * Reading: one multishot request a twin; where the kernel has none (before 6.7) one plain read a
 * twin, begun again after each frame.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/ctl/twin_priv.h"
#include "lib/net/segment.h"

#define OP_READ_MULTISHOT 49 /* liburing 2.3 has no name for it */
#define BUFFER_GROUP      0

#define ROOM SEGMENT_MAX /* in a worker's ring, for what one frame may become */

bool twin_io_plain;

enum { TAG_READ, TAG_WRITE, TAG_CANCEL };

static uint64_t tag(unsigned kind, unsigned index)
{
	return (uint64_t)kind << 32 | index;
}

static bool has_multishot(struct io_uring *ring)
{
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
	const bool has = probe && io_uring_opcode_supported(probe, OP_READ_MULTISHOT);

	io_uring_free_probe(probe);
	return has;
}

static void give_buffer(struct twins *t, unsigned i)
{
	io_uring_buf_ring_add(t->buffers, t->area + i * TWIN_BUFFER, TWIN_BUFFER, (uint16_t)i,
			      io_uring_buf_ring_mask(TWIN_READS), 0);
	io_uring_buf_ring_advance(t->buffers, 1);
}

static int make_buffers(struct twins *t)
{
	struct io_uring_buf_reg reg = { .ring_entries = TWIN_READS, .bgid = BUFFER_GROUP };
	int ret;

	t->area = malloc(TWIN_READS * TWIN_BUFFER); /* small frames touch a page of each */
	t->buffers = aligned_alloc(4096, 4096);
	static_assert(TWIN_READS * sizeof(struct io_uring_buf) <= 4096, "a page of buffers");
	if (!t->area || !t->buffers)
		return -ENOMEM;
	reg.ring_addr = (uintptr_t)t->buffers;
	ret = io_uring_register_buf_ring(&t->ring, &reg, 0);
	if (ret)
		return ret;
	io_uring_buf_ring_init(t->buffers);
	for (unsigned i = 0; i < TWIN_READS; i++)
		give_buffer(t, i);
	return 0;
}

int twin_io_create(struct twins *t, struct err *err)
{
	struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE,
					  .cq_entries = TWIN_RING_EVENTS };
	int ret = io_uring_queue_init_params(TWIN_WRITES, &t->ring, &params);

	if (ret)
		return err_set(err, ret, "twins: no io_uring (%s); `cpx doctor` says what it needs",
			       strerror(-ret));
	t->ringing = true;
	ret = make_buffers(t);
	if (ret)
		return err_set(err, ret,
			       "twins: no buffers for io_uring (%s); it needs Linux 5.19 or "
			       "later and some megabytes",
			       strerror(-ret));
	t->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->event < 0)
		return err_set(err, -errno, "twins: no event file (%s)", strerror(errno));
	ret = io_uring_register_eventfd(&t->ring, t->event);
	if (ret)
		return err_set(err, ret, "twins: io_uring takes no event file (%s)",
			       strerror(-ret));
	t->multishot = !twin_io_plain && has_multishot(&t->ring);
	for (uint16_t i = 0; i < TWIN_WRITES; i++)
		t->free[t->n_free++] = i;
	return 0;
}

void twin_io_destroy(struct twins *t)
{
	if (t->ringing)
		io_uring_queue_exit(&t->ring);
	t->ringing = false;
	if (t->event >= 0)
		close(t->event);
	t->event = -1;
	free(t->buffers);
	free(t->area);
	t->buffers = NULL;
	t->area = NULL;
}

static void submit(struct twins *t)
{
	while (io_uring_submit(&t->ring) == -EINTR)
		;
}

static struct io_uring_sqe *get_sqe(struct twins *t)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&t->ring);

	if (sqe)
		return sqe;
	submit(t);
	return io_uring_get_sqe(&t->ring);
}

void twin_io_read(struct twins *t, unsigned port)
{
	struct twin *twin = &t->twin[port];
	struct io_uring_sqe *sqe;

	if (twin->reading || twin->broken || twin->fd < 0)
		return;
	sqe = get_sqe(t);
	if (!sqe)
		return; /* the next turn tries again */
	io_uring_prep_rw(t->multishot ? OP_READ_MULTISHOT : IORING_OP_READ, sqe, twin->fd, NULL,
			 t->multishot ? 0 : TWIN_BUFFER, 0);
	io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
	sqe->buf_group = BUFFER_GROUP;
	io_uring_sqe_set_data64(sqe, tag(TAG_READ, port));
	twin->reading = true;
	twin->requests++;
}

static void end(struct board *b, struct rte_mbuf *m, bool counted, int result)
{
	if (!counted)
		rte_pktmbuf_free(m);
	else if (result >= 0)
		punt_consume(b, m);
	else
		punt_drop(b, m,
			  result == -EAGAIN || result == -ENOBUFS || result == -ENOMEM
				  ? DROP_TWIN_FULL
				  : DROP_TWIN_DOWN);
}

static void written(struct board *b, unsigned i, int result)
{
	struct twins *t = b->twins;
	struct twin_write *w = &t->writes[i];

	t->twin[w->twin].requests--;
	end(b, w->m, w->counted, result);
	t->free[t->n_free++] = (uint16_t)i;
}

static void have_read(struct board *b, unsigned port, int result, uint32_t flags)
{
	struct twins *t = b->twins;
	struct twin *twin = &t->twin[port];

	if (flags & IORING_CQE_F_BUFFER) {
		const unsigned buffer = flags >> IORING_CQE_BUFFER_SHIFT;

		if (result > 0)
			twin_frame(b, port, t->area + buffer * TWIN_BUFFER, (size_t)result);
		give_buffer(t, buffer);
	}
	if (flags & IORING_CQE_F_MORE)
		return;
	twin->reading = false;
	twin->requests--;
	/* no buffer was free, or a signal came: read on; all else is a file without interface */
	if (result < 0 && result != -ENOBUFS && result != -EINTR && result != -EAGAIN &&
	    result != -ECANCELED)
		twin->broken = true;
}

/* Whether each worker would take what one read may bring. */
static bool has_room(const struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++)
		if (rte_ring_free_count(b->workers[w]->from_control) < ROOM)
			return false;
	return true;
}

/* What is done, until nothing is or, unless `all`, a worker is behind. */
static void complete(struct board *b, bool all)
{
	struct twins *t = b->twins;
	struct io_uring_cqe *cqe;

	while ((all || has_room(b)) && io_uring_peek_cqe(&t->ring, &cqe) == 0) {
		const uint64_t data = io_uring_cqe_get_data64(cqe);
		const uint32_t flags = cqe->flags;
		const int result = cqe->res;

		io_uring_cqe_seen(&t->ring, cqe);
		if (data >> 32 == TAG_READ)
			have_read(b, (uint32_t)data, result, flags);
		else if (data >> 32 == TAG_WRITE)
			written(b, (uint32_t)data, result);
	}
}

void twin_io_write(struct board *b, unsigned port, struct rte_mbuf *m, bool counted)
{
	static const struct vnet_header plain; /* the kernel looks at the checksums itself */
	struct twins *t = b->twins;
	struct twin *twin = &t->twin[port];
	struct io_uring_sqe *sqe = NULL;
	struct twin_write *w;
	unsigned n = 0;

	if (twin->fd < 0 || twin->broken) {
		end(b, m, counted, -EBADFD);
		return;
	}
	if (t->n_free == 0) {
		submit(t);
		complete(b, false);
	}
	if (t->n_free > 0)
		sqe = get_sqe(t);
	if (!sqe) {
		end(b, m, counted, -ENOBUFS);
		return;
	}
	w = &t->writes[t->free[--t->n_free]];
	w->m = m;
	w->twin = (uint16_t)port;
	w->counted = counted;
	w->part[n++] = (struct iovec){ (void *)(uintptr_t)&plain, sizeof(plain) };
	for (; m; m = m->next)
		w->part[n++] = (struct iovec){ rte_pktmbuf_mtod(m, void *), m->data_len };
	io_uring_prep_writev(sqe, twin->fd, w->part, n, 0);
	io_uring_sqe_set_data64(sqe, tag(TAG_WRITE, (unsigned)(w - t->writes)));
	twin->requests++;
}

void twins_poll(struct board *b)
{
	struct twins *t = b->twins;

	if (!t)
		return;
	submit(t);
	complete(b, false);
	for (unsigned i = 0; i < b->n_ports; i++)
		twin_io_read(t, i);
	submit(t);
}

void twin_io_stop(struct board *b, unsigned port)
{
	struct twins *t = b->twins;
	struct twin *twin = &t->twin[port];

	twin->broken = true; /* no more requests */
	submit(t);
	complete(b, true);
	while (twin->requests) {
		struct io_uring_sqe *sqe = get_sqe(t);
		struct io_uring_cqe *cqe;

		if (sqe) {
			io_uring_prep_cancel_fd(sqe, twin->fd, IORING_ASYNC_CANCEL_ALL);
			io_uring_sqe_set_data64(sqe, tag(TAG_CANCEL, 0));
		}
		submit(t);
		if (io_uring_wait_cqe(&t->ring, &cqe) == 0)
			complete(b, true);
	}
}
