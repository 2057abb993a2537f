/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a connection changes hands: the server offers the region, with LENT its pool, and
 * bells; the client takes them and answers with its own pool; the server takes that. Each side
 * makes what it owns, checks what it gets, and refuses all of it when anything is not as agreed.
 * Control thread. Everything in a message is copied, checked, used.
 */
#include "lib/fiber/private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void close_all(const int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		close(fds[i]);
}

static int no_memory(struct fiber *f, int why)
{
	fiber_reason(f,
		     "no memory for %u lanes of %u slots and %u frames to lend: %s. Use fewer or "
		     "smaller ones, or free memory",
		     f->terms.lanes, 1u << f->terms.log2_slots,
		     f->terms.features & FIBER_FEATURE_LENT ? 1u << f->terms.log2_frames : 0,
		     strerror(-why));
	return fiber_refuse(f, FIBER_REFUSED_MEMORY);
}

int fiber_offer(struct fiber *f)
{
	const bool lent = f->terms.features & FIBER_FEATURE_LENT;
	int fds[2 + FIBER_MAX_BELLS], bells, ret;
	struct fiber_region_message m;
	uint32_t pool_page = 0;
	unsigned n;

	ret = fiber_region_create(&f->region, &f->terms, f->hugepages, &fds[0]);
	if (ret < 0)
		return no_memory(f, ret);
	n = 1;
	if (lent) {
		ret = fiber_pool_create(&f->ours, &f->terms, f->hugepages, &pool_page, &fds[n]);
		if (ret < 0) {
			close_all(fds, n);
			return no_memory(f, ret);
		}
		n++;
	}
	bells = fiber_bells_create(f, fds + n);
	if (bells < 0) {
		close_all(fds, n);
		fiber_reason(f,
			     "no sockets to wake sleepers with: %s. Raise the limit of open files",
			     strerror(-bells));
		return fiber_refuse(f, FIBER_REFUSED_MEMORY);
	}
	n += (unsigned)bells;
	m = (struct fiber_region_message){
		.head = fiber_message_head(FIBER_REGION, lent ? sizeof(m) : FIBER_REGION_LEAST),
		.version = FIBER_VERSION,
		.page_bytes = f->terms.page_bytes,
		.features = f->terms.features,
		.region_bytes = f->region.layout.region_bytes,
		.lanes = f->terms.lanes,
		.log2_slots = f->terms.log2_slots,
		.slot_bytes = f->terms.slot_bytes,
		.max_segs = f->terms.max_segs,
		.log2_frames = f->terms.log2_frames,
		.pool_page_bytes = pool_page,
		.pool_bytes = lent ? fiber_pool_bytes(f->ours) : 0,
	};
	ret = fiber_socket_send(f->conn, &m, m.head.bytes, fds, n);
	close_all(fds, n);
	if (ret < 0) {
		fiber_reason(f, "the region could not be sent: %s", strerror(-ret));
		return fiber_leave_soon(f);
	}
	return 0;
}

/* Client: READY, with LENT together with the pool of our frames. */
static int answer(struct fiber *f)
{
	struct fiber_ready m = { fiber_message_head(FIBER_READY, sizeof(m.head)) };
	int fd = -1, ret;

	if (f->terms.features & FIBER_FEATURE_LENT) {
		ret = fiber_pool_create(&f->ours, &f->terms, f->hugepages, &m.pool_page_bytes, &fd);
		if (ret < 0)
			return no_memory(f, ret);
		m.head = fiber_message_head(FIBER_READY, sizeof(m));
		m.pool_bytes = fiber_pool_bytes(f->ours);
	}
	ret = fiber_socket_send(f->conn, &m, m.head.bytes, &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
	if (ret < 0) {
		fiber_reason(f, "the server went during the handshake: %s", strerror(-ret));
		return fiber_leave_soon(f);
	}
	/* With LENT the server has the last word: it may not take our pool. */
	return fd >= 0 ? 0 : fiber_come_up(f);
}

static int refuse_memory(struct fiber *f, enum fiber_refusal which, const char *why, int ret)
{
	fiber_reason(f, "the %s of pid %d is refused: %s%s%s",
		     which == FIBER_REFUSED_POOL ? "pool" : "region", f->status.peer_pid, why,
		     ret == -EPROTO ? "" : ": ", ret == -EPROTO ? "" : strerror(-ret));
	return fiber_refuse(f, which);
}

int fiber_got_region(struct fiber *f, const void *data, size_t bytes, int *fds, unsigned n_fds)
{
	const bool lent = f->terms.features & FIBER_FEATURE_LENT;
	const unsigned bells = f->terms.features & FIBER_FEATURE_SLEEP ? 2 * f->terms.lanes : 0;
	const unsigned first = 1 + lent;
	const char *why = "it is not what both sides agreed on";
	struct fiber_region_message m;
	int ret = -EPROTO;

	fiber_message_copy(&m, sizeof(m), data, bytes);
	if (n_fds != first + bells)
		why = "it came with a wrong number of descriptors";
	else if (fiber_region_message_check(&m, &f->terms) == 0)
		ret = fiber_region_adopt(&f->region, &f->terms, m.region_bytes, fds[0], &why);
	if (ret == 0 && lent) {
		ret = fiber_pool_adopt(&f->theirs, &f->terms, m.pool_page_bytes, m.pool_bytes,
				       fds[1], &why);
		if (ret < 0)
			return refuse_memory(f, FIBER_REFUSED_POOL, why, ret);
	}
	for (unsigned r = 0; ret == 0 && r < bells; r++) {
		if (!fiber_bell_check(fds[first + r])) {
			why = "one of its bells is not a datagram socket";
			ret = -EPROTO;
			break;
		}
		f->bells[r] = fds[first + r];
		fds[first + r] = -1;
	}
	if (ret < 0)
		return refuse_memory(f, FIBER_REFUSED_REGION, why, ret);
	return answer(f);
}

int fiber_got_ready(struct fiber *f, const void *data, size_t bytes, const int *fds, unsigned n_fds)
{
	const struct fiber_message ready = fiber_message_head(FIBER_READY, sizeof(ready));
	const char *why = "it came with a wrong number of descriptors";
	struct fiber_ready m;
	int ret = -EPROTO;

	if (!(f->terms.features & FIBER_FEATURE_LENT))
		return fiber_come_up(f);
	fiber_message_copy(&m, sizeof(m), data, bytes);
	if (n_fds == 1)
		ret = fiber_pool_adopt(&f->theirs, &f->terms, m.pool_page_bytes, m.pool_bytes,
				       fds[0], &why);
	if (ret < 0)
		return refuse_memory(f, FIBER_REFUSED_POOL, why, ret);
	ret = fiber_socket_send(f->conn, &ready, sizeof(ready), NULL, 0);
	if (ret < 0) {
		fiber_reason(f, "the client went during the handshake: %s", strerror(-ret));
		return fiber_leave_soon(f);
	}
	return fiber_come_up(f);
}
