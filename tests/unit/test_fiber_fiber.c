/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/fiber/fiber.c: a fiber from birth to death, frames of all sizes both ways, two processes. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/unit/fiber_pair.h"

#define LARGEST 9728

static uint8_t out[LARGEST], in[LARGEST + 1];

TestSuite(fiber, .init = make_folder, .fini = remove_folder);

/* Lengths: every boundary of lines, slots and chains, then all of them in a scattered order. */
static uint32_t length(uint64_t n, uint32_t slot_bytes)
{
	const uint32_t edge[] = { 14,
				  15,
				  60,
				  63,
				  64,
				  65,
				  128,
				  1514,
				  1518,
				  slot_bytes - 1,
				  slot_bytes,
				  slot_bytes + 1,
				  2 * slot_bytes,
				  LARGEST - 1,
				  LARGEST };
	const unsigned edges = sizeof(edge) / sizeof(edge[0]);

	if (n % 4 == 0)
		return edge[n / 4 % edges] < LARGEST ? edge[n / 4 % edges] : LARGEST;
	return n % 16 == 1 ? 14 + (uint32_t)(n * 2654435761u >> 7) % (LARGEST - 13)
			   : 14 + (uint32_t)(n * 2654435761u >> 7) % 200;
}

static void one_way(struct fiber_tx *tx, struct fiber_rx *rx, uint64_t frames, uint32_t slot_bytes)
{
	uint64_t sent = 0, received = 0;

	while (received < frames) {
		while (sent < frames) {
			uint32_t len = length(sent, slot_bytes);
			int ret;

			fill_frame(out, sent, len);
			ret = fiber_send(tx, out, len);
			if (ret == -EAGAIN)
				break;
			cr_assert_eq(ret, 0);
			sent++;
		}
		for (;;) {
			int n = fiber_receive(rx, in, sizeof(in));

			if (n == -EAGAIN)
				break;
			cr_assert_eq((uint32_t)n, length(received, slot_bytes), "frame %zu: %d",
				     (size_t)received, n);
			cr_assert(frame_is(in, received, (uint32_t)n));
			received++;
		}
	}
	cr_assert_eq(tx->count.packets, rx->count.packets);
	cr_assert_eq(tx->count.bytes, rx->count.bytes);
}

Test(fiber, carries_every_size_both_ways)
{
	static const uint32_t slot_bytes[] = { 512, 2048, 16384 };

	for (unsigned i = 0; i < 3; i++) {
		struct fiber_config c = {
			.lanes = 2, .slots = 64, .slot_bytes = slot_bytes[i], .max_segs = 32
		};
		struct pair p = new_pair(c, c);

		for (uint32_t l = 0; l < 2; l++) {
			one_way(fiber_tx_queue(p.server, l), fiber_rx_queue(p.client, l), 2000,
				slot_bytes[i]);
			one_way(fiber_tx_queue(p.client, l), fiber_rx_queue(p.server, l), 2000,
				slot_bytes[i]);
		}
		free_pair(p);
	}
}

Test(fiber, says_why_it_does_not_send)
{
	struct fiber_config c = { .slots = 16, .slot_bytes = 256, .max_segs = 2 };
	struct pair p = new_pair(c, c);
	struct fiber_tx *tx = fiber_tx_queue(p.client, 0);

	cr_expect_null(fiber_tx_queue(p.client, 1));
	cr_expect_null(fiber_rx_queue(p.client, 1));
	cr_expect_eq(fiber_send(tx, out, 13), -EINVAL);
	cr_expect_eq(fiber_send(tx, out, 513), -EMSGSIZE);
	for (int i = 0; i < 8; i++)
		cr_expect_eq(fiber_send(tx, out, 512), 0);
	cr_expect_eq(fiber_send(tx, out, 14), -EAGAIN);
	cr_expect_eq(tx->count.full, 1);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.server, 0), in, 511), -EMSGSIZE);
	cr_expect_eq(fiber_send(tx, out, 512), 0);
	fiber_destroy(p.server);
	pump_until(p.client, NULL, FIBER_DOWN);
	cr_expect_eq(fiber_send(tx, out, 60), -ENOTCONN);
	cr_expect_eq(fiber_quiescent(p.client), 0);
	cr_expect_eq(fiber_quiescent(p.client), -EALREADY);
	cr_expect_eq(fiber_send(tx, out, 60), -ENOTCONN);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), in, 60), -ENOTCONN);
	cr_expect_eq(tx->count.packets, 9, "counters outlive the peer");
	fiber_destroy(p.client);
}

Test(fiber, refuses_numbers_out_of_range)
{
	static const struct fiber_config bad[] = {
		{ .path = "" },
		{ .lanes = 65 },
		{ .slots = 8 },
		{ .slots = 1000 },
		{ .slots = 32768 },
		{ .slot_bytes = 192 },
		{ .slot_bytes = 2049 },
		{ .slot_bytes = 16448 },
		{ .max_segs = 33 },
		{ .features = FIBER_FEATURES + 1 },
		{ .features = FIBER_FEATURE_LENT, .frames = 1000 },
		{ .features = FIBER_FEATURE_LENT, .frames = 512 },
		{ .features = FIBER_FEATURE_LENT, .frames = 131072 },
		{ .features = FIBER_FEATURE_LENT, .frames = 65536, .lanes = 64 },
		{ .required = FIBER_FEATURE_HASH },
		{ .lanes = 64, .slots = 16384, .slot_bytes = 16384 },
	};
	char long_path[200];
	struct fiber *f = NULL;
	struct err err;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fiber_config c = bad[i];

		if (c.path == NULL)
			c.path = socket_path;
		cr_expect_lt(fiber_create(&f, &c, &err), 0, "%u", i);
		cr_expect_null(f);
		cr_expect_neq(err.text[0], '\0');
	}
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	cr_expect_eq(fiber_create(&f, &(struct fiber_config){ .path = long_path }, &err),
		     -ENAMETOOLONG);
}

#define BETWEEN 1000000

/* Two cores may be one: give it away when there is nothing to do. */
static int send_many(struct fiber *f)
{
	struct fiber_tx *tx = fiber_tx_queue(f, 0);

	for (uint64_t n = 0; n < BETWEEN; n++) {
		uint32_t len = length(n, 2048);

		fill_frame(out, n, len);
		while (fiber_send(tx, out, len) == -EAGAIN)
			sched_yield();
	}
	/* Stay until everything was taken: the server leaves first. */
	while (!(fiber_process(f) & FIBER_EVENT_DOWN))
		poll(&(struct pollfd){ .fd = fiber_fd(f), .events = POLLIN }, 1, 100);
	return 0;
}

Test(fiber, carries_a_million_frames_between_processes)
{
	struct fiber_config c = { .slots = 512, .slot_bytes = 2048 };
	struct fiber_config s = c;
	struct fiber_rx *rx;
	struct fiber *f;
	pid_t pid;

	s.server = true;
	f = new_fiber(s);
	pid = far_end(c, send_many);
	pump_until(f, NULL, FIBER_UP);
	rx = fiber_rx_queue(f, 0);
	for (uint64_t n = 0; n < BETWEEN;) {
		int len = fiber_receive(rx, in, sizeof(in));

		if (len == -EAGAIN) {
			sched_yield();
			continue;
		}
		cr_assert_eq((uint32_t)len, length(n, 2048));
		cr_assert(frame_is(in, n, (uint32_t)len), "frame %zu is damaged", (size_t)n);
		n++;
	}
	cr_assert_eq(rx->count.packets, BETWEEN);
	fiber_destroy(f);
	reap(pid);
}
