/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bare client for unit tests of the fiber's handshake: a socket in the test's hands that says
 * what the test wants to a server under test, which is pumped by hand.
 */
#ifndef CPX_TESTS_UNIT_FIBER_BARE_H
#define CPX_TESTS_UNIT_FIBER_BARE_H

#include <fcntl.h>
#include <sys/mman.h>

#include "tests/unit/fiber_pair.h"

/* All features that go without LENT, and with it. */
#define COPIED (FIBER_FEATURES & ~FIBER_FEATURE_LENT)
#define LENT   (FIBER_FEATURES & ~FIBER_FEATURE_STAMP)

#define POOL_SEALS (F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static inline uint64_t pool_bytes(const struct fiber_terms *t)
{
	struct fiber_pool_layout l;

	cr_assert_eq(fiber_pool_layout_of(t, FIBER_PAGE_SMALL, &l), 0);
	return l.pool_bytes;
}

/* A pool's file as a peer might make it. */
static inline int pool_file(uint64_t bytes, int seals, bool holes)
{
	int fd = memfd_create("pool", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)bytes), 0);
	cr_assert(holes || posix_fallocate(fd, 0, (off_t)bytes) == 0);
	cr_assert(seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static inline struct fiber_hello hello(void)
{
	return (struct fiber_hello){
		.head = { FIBER_MESSAGE_MAGIC, FIBER_HELLO, sizeof(struct fiber_hello) },
		.min_version = FIBER_VERSION,
		.max_version = FIBER_VERSION,
		.features = COPIED,
		.lanes = 1,
		.log2_slots = 4,
		.slot_bytes = 256,
		.max_segs = 1,
	};
}

/* A bare client of the fiber under test. */
static inline int bare_client(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	strcpy(a.sun_path, socket_path);
	fd = fiber_connect(&a);
	cr_assert_geq(fd, 0, "%s", strerror(-fd));
	return fd;
}

static inline void turn(struct fiber *f)
{
	for (int i = 0; i < 8; i++)
		fiber_process(f);
}

/* What the fiber sent of this type, reading over others; its descriptors are closed but the
 * first. Length, or 0 when the fiber hung up, or -EAGAIN. */
static inline int hear(int fd, int want, void *to, size_t size, int *memory)
{
	int fds[FIBER_MESSAGE_FDS], n;
	unsigned n_fds;

	for (;;) {
		n = fiber_socket_receive(fd, to, size, fds, &n_fds);
		for (unsigned i = memory != NULL && n_fds > 0; i < n_fds; i++)
			close(fds[i]);
		if (memory != NULL && n_fds > 0)
			*memory = fds[0];
		if (n == -ECONNRESET)
			continue;
		if (n <= 0 || fiber_message_type(to, (size_t)n) == want)
			return n;
	}
}

static inline bool hung_up(int fd)
{
	uint8_t data[FIBER_MESSAGE_MAX];

	return hear(fd, -1, data, sizeof(data), NULL) == 0;
}

static inline void say(int fd, const void *message, size_t bytes)
{
	cr_assert_eq(fiber_socket_send(fd, message, bytes, NULL, 0), 0);
}

/* … and with LENT, as many frames as slots. */
static inline struct fiber_hello lent_hello(void)
{
	struct fiber_hello h = hello();

	h.features = FIBER_FEATURES;
	h.log2_frames = 4;
	return h;
}

static inline struct fiber *server(void)
{
	return new_fiber((struct fiber_config){ .server = true,
						.lanes = 2,
						.slots = 16,
						.slot_bytes = 256,
						.features = FIBER_FEATURES,
						.patience = 60000 });
}

/* A bare client takes the server up; the region is closed. */
static inline int bare_up(struct fiber *f)
{
	struct fiber_message ready = { FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(ready) };
	uint8_t data[FIBER_MESSAGE_MAX];
	struct fiber_hello h = hello();
	int fd = bare_client(), memory = -1;

	say(fd, &h, sizeof(h));
	turn(f);
	cr_assert_eq(hear(fd, FIBER_REGION, data, sizeof(data), &memory), 48);
	cr_assert_geq(memory, 0);
	close(memory);
	say(fd, &ready, sizeof(ready));
	turn(f);
	cr_assert_eq(status_of(f).state, FIBER_UP);
	return fd;
}

static inline void expect_still_serves(struct fiber *f)
{
	struct fiber *client = new_fiber((struct fiber_config){ 0 });

	pump_until(f, client, FIBER_UP);
	pump_until(client, f, FIBER_UP);
	fiber_destroy(client);
	pump_until(f, NULL, FIBER_DOWN);
	cr_expect_eq(fiber_quiescent(f), 0);
}

/* 0 under AddressSanitizer, which keeps what was freed for a while. */
static inline long resident_pages(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return 0;
#endif
	long size = 0, resident = 0;
	FILE *s = fopen("/proc/self/statm", "r");

	cr_assert_not_null(s);
	cr_assert_eq(fscanf(s, "%ld %ld", &size, &resident), 2);
	fclose(s);
	return resident;
}

#endif
