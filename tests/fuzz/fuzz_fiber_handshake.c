/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both sides of the handshake against a peer whose messages and descriptors come from the fuzzer,
 * over a real socket pair. If it talks its way up, its region is polled too. Afterwards as many
 * descriptors are open as before. Input: one byte (role, features), then messages: length, kind of
 * descriptors, bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fiber/private.h"

#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			__builtin_trap(); \
	} while (0)

/* What both ask for, so that a valid HELLO leads to a region of a few pages. */
static struct fiber_terms shape_of(uint64_t features)
{
	struct fiber_terms t = { features & FIBER_FEATURES, 1, 4, 256, 2, FIBER_PAGE_SMALL };

	if (t.features & FIBER_FEATURE_LENT) {
		t.features &= ~FIBER_FEATURE_STAMP;
		t.log2_frames = 4;
	}
	return t;
}

/* A region as a server of `features` would send it; cached. */
static int region_file(uint64_t features)
{
	static int files[FIBER_FEATURES + 1];
	struct fiber_terms t = shape_of(features);
	struct fiber_layout l;
	struct fiber_header h;
	int *fd = &files[features & FIBER_FEATURES];

	if (*fd > 0)
		return *fd;
	CHECK(fiber_layout_of(&t, &l) == 0);
	h = fiber_header_of(&t, &l);
	*fd = memfd_create("fuzz", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	CHECK(*fd > 0 && ftruncate(*fd, (off_t)l.region_bytes) == 0);
	CHECK(pwrite(*fd, &h, sizeof(h), 0) == sizeof(h));
	for (uint32_t r = 0; r < 2; r++) {
		uint32_t prod = 7;

		CHECK(pwrite(*fd, &prod, 4, (off_t)(l.ring_offset + r * l.ring_stride)) == 4);
	}
	CHECK(fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
	return *fd;
}

/* A good pool, and one that its owner could shrink; cached. */
static int pool_file(bool good)
{
	static int files[2];
	struct fiber_terms t = shape_of(FIBER_FEATURE_LENT);
	int *fd = &files[good];
	struct fiber_pool *pool;
	uint32_t page;

	if (*fd > 0)
		return *fd;
	CHECK(fiber_pool_create(&pool, &t, false, &page, fd) == 0);
	if (!good) {
		close(*fd);
		*fd = memfd_create("bad", MFD_ALLOW_SEALING | MFD_CLOEXEC);
		CHECK(ftruncate(*fd, (off_t)fiber_pool_bytes(pool)) == 0);
	}
	fiber_pool_unref(pool);
	return *fd;
}

static int lowest_free(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static unsigned descriptors(uint8_t kind, uint64_t features, int fds[FIBER_MESSAGE_FDS])
{
	static int bell[2], other;
	unsigned n;

	if (bell[0] == 0) {
		CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, bell) == 0);
		other = memfd_create("other", 0);
	}
	/* From here on for LENT: pools in their places. */
	if (kind >= 192) {
		n = 1 + kind % 4;
		for (unsigned i = 0; i < n; i++)
			fds[i] = bell[i % 2];
		fds[0] = kind & 4 ? pool_file(!(kind & 8)) : region_file(features);
		if (n > 1)
			fds[1] = kind & 16 ? bell[0] : pool_file(!(kind & 8));
		return n;
	}
	switch (kind % 6) {
	case 0:
		return 0;
	case 1:
		n = 1;
		break;
	case 2:
		n = 3;
		break;
	case 3:
		n = 1 + kind / 6;
		break;
	case 4:
		n = FIBER_MESSAGE_FDS;
		break;
	default:
		fds[0] = fds[1] = fds[2] = other;
		return 3;
	}
	for (unsigned i = 0; i < n; i++)
		fds[i] = i == 0 ? region_file(features) : bell[i % 2];
	return n;
}

static void use_queues(struct fiber *f)
{
	uint8_t frame[600] = { 0 };

	for (unsigned i = 0; i < 8; i++) {
		fiber_receive(fiber_rx_queue(f, 0), frame, sizeof(frame));
		fiber_send(fiber_tx_queue(f, 0), frame, 60 + 100 * i);
	}
	fiber_rx_wait(fiber_rx_queue(f, 0), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[FIBER_MESSAGE_FDS], pair[2], before, events = 0;
	struct fiber_config c = {
		.path = "/nonexistent/fuzz", .slots = 16, .slot_bytes = 256, .max_segs = 2
	};
	struct fiber_status s;
	struct fiber *f;

	if (size < 1)
		return 0;
	c.features = data[0] & FIBER_FEATURES;
	descriptors(1, c.features, fds); /* make the cached ones */
	region_file(0);
	pool_file(true);
	pool_file(false);
	before = lowest_free();
	CHECK(fiber_create(&f, &c, NULL) == 0);
	f->server = data[0] >> 7; /* without a listener, which plays no part here */
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	events |= fiber_take_connection(f, pair[0]);
	data++;
	size--;
	while (size >= 2) {
		uint8_t message[256];
		size_t n = data[0] < size - 2 ? data[0] : size - 2;
		unsigned n_fds = descriptors(data[1], c.features, fds);

		memcpy(message, data + 2, n);
		fiber_socket_send(pair[1], message, n, fds, n_fds);
		data += 2 + n;
		size -= 2 + n;
		events |= fiber_process(f);
		fiber_status(f, &s);
		if (s.state == FIBER_UP)
			use_queues(f);
		CHECK(s.state == FIBER_UP || fiber_send(f->tx, "", 60) == -ENOTCONN);
	}
	close(pair[1]);
	events |= fiber_process(f);
	fiber_status(f, &s);
	CHECK(s.state == FIBER_WAITING || s.state == FIBER_DOWN);
	CHECK((s.state == FIBER_DOWN) == !!(events & FIBER_EVENT_DOWN));
	if (s.state == FIBER_DOWN)
		CHECK(fiber_quiescent(f) == 0);
	fiber_destroy(f);
	CHECK(lowest_free() == before);
	return 0;
}
