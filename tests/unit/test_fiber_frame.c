/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/frame.c: frames one by one over a fiber that lends: every size arrives, all that was
 * lent comes back, and what does not go says why. Without LENT: test_fiber_fiber.c.
 */
#include "tests/unit/fiber_pair.h"

#define LARGEST 9728u

static uint8_t out[LARGEST], in[LARGEST + 1];

TestSuite(frame, .init = make_folder, .fini = remove_folder);

static struct pair lending(uint32_t slot_bytes, uint32_t max_segs)
{
	struct fiber_config c = { .lanes = 2,
				  .slots = 64,
				  .slot_bytes = slot_bytes,
				  .max_segs = max_segs,
				  .features = FIBER_FEATURE_LENT,
				  .required = FIBER_FEATURE_LENT };

	return new_pair(c, c);
}

static uint32_t length(uint64_t n, uint32_t slot_bytes)
{
	const uint32_t edge[] = { 14,
				  60,
				  255,
				  256,
				  257,
				  slot_bytes - 1,
				  slot_bytes,
				  slot_bytes + 1,
				  2 * slot_bytes,
				  LARGEST - 1,
				  LARGEST };
	const unsigned edges = sizeof(edge) / sizeof(edge[0]);

	if (n % 4 == 0)
		return edge[n / 4 % edges] < LARGEST ? edge[n / 4 % edges] : LARGEST;
	return 14 + (uint32_t)(n * 2654435761u >> 7) % (LARGEST - 13);
}

static void one_way(struct fiber_tx *tx, struct fiber_rx *rx, uint64_t frames)
{
	uint64_t sent = 0, received = 0;

	while (received < frames) {
		for (; sent < frames; sent++) {
			uint32_t len = length(sent, tx->frame_bytes);
			int ret;

			fill_frame(out, sent, len);
			ret = fiber_send(tx, out, len);
			if (ret == -EAGAIN)
				break;
			cr_assert_eq(ret, 0);
		}
		for (;; received++) {
			int n = fiber_receive(rx, in, sizeof(in));

			if (n == -EAGAIN)
				break;
			cr_assert_eq((uint32_t)n, length(received, tx->frame_bytes));
			cr_assert(frame_is(in, received, (uint32_t)n));
		}
	}
	cr_assert_eq(tx->count.packets, rx->count.packets);
	cr_assert_eq(tx->count.bytes, rx->count.bytes);
	fiber_tx_take_back(tx, tx->frames);
	cr_assert_eq(tx->free, tx->frames, "all came back");
	cr_assert_eq(tx->count.bad_returns, 0);
}

Test(frame, every_size_both_ways)
{
	static const uint32_t slot_bytes[] = { 320, 512, 2048, 16384 };

	for (unsigned i = 0; i < 4; i++) {
		struct pair p = lending(slot_bytes[i], 32);

		cr_assert_eq(status_of(p.client).terms.features, FIBER_FEATURE_LENT);
		for (uint32_t l = 0; l < 2; l++) {
			one_way(fiber_tx_queue(p.server, l), fiber_rx_queue(p.client, l), 2000);
			one_way(fiber_tx_queue(p.client, l), fiber_rx_queue(p.server, l), 2000);
		}
		free_pair(p);
	}
}

Test(frame, what_fits_into_a_slot_is_copied)
{
	struct pair p = lending(2048, 8);
	struct fiber_tx *tx = fiber_tx_queue(p.server, 0);

	cr_expect_eq(fiber_send(tx, out, 256), 0);
	cr_expect_eq(tx->free, tx->frames);
	cr_expect_eq(fiber_send(tx, out, 257), 0);
	cr_expect_eq(tx->free, tx->frames - 1);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), in, sizeof(in)), 256);
	cr_expect_eq(fiber_rx_queue(p.client, 0)->returned, 0);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), in, 256), -EMSGSIZE);
	cr_expect_eq(fiber_rx_queue(p.client, 0)->returned, 1, "given back though dropped");
	free_pair(p);
}

Test(frame, says_why_it_does_not_send)
{
	struct pair p = lending(512, 4);
	struct fiber_tx *tx = fiber_tx_queue(p.client, 0);
	struct fiber_rx *rx = fiber_rx_queue(p.server, 0);
	struct fiber_frame f;
	uint32_t n = 0, x[256];

	cr_expect_eq(fiber_send(tx, out, 13), -EINVAL);
	cr_expect_eq(fiber_send(tx, out, 4 * 512), 0);
	cr_expect_eq(fiber_send(tx, out, 4 * 512 + 1), -EMSGSIZE);
	/* The receiver keeps everything. */
	for (uint64_t frames = 4; frames < 256; frames += 2) {
		cr_assert_eq(fiber_send(tx, out, 2 * 512), 0);
		if (!fiber_rx_poll(rx, 4))
			continue;
		while (fiber_rx_next(rx, &f))
			for (unsigned i = 0; i < f.segs; i++)
				x[n++] = f.frame[i];
		fiber_rx_release(rx, 1, 0);
	}
	cr_expect_eq(n, 256);
	cr_expect_eq(fiber_send(tx, out, 2 * 512), -EAGAIN);
	cr_expect_eq(tx->count.starved, 2);
	fiber_rx_give_back(rx, fiber_rx_pool(rx), x, 1);
	cr_expect_eq(fiber_send(tx, out, 2 * 512), -EAGAIN, "one of the two that it needs");
	cr_expect_eq(tx->free, 1, "and not lost");
	fiber_rx_give_back(rx, fiber_rx_pool(rx), x + 1, 1);
	cr_expect_eq(fiber_send(tx, out, 2 * 512), 0);
	tx->returns->prod += 1000; /* the server would not */
	cr_expect_eq(fiber_send(tx, out, 512), -EPROTO);
	cr_expect_eq(fiber_send(tx, out, 60), -EPROTO);
	fiber_destroy(p.server);
	pump_until(p.client, NULL, FIBER_DOWN);
	cr_expect_eq(fiber_send(tx, out, 512), -ENOTCONN);
	cr_expect_eq(fiber_quiescent(p.client), 0);
	cr_expect_eq(fiber_send(tx, out, 512), -ENOTCONN);
	cr_expect_eq(fiber_receive(fiber_rx_queue(p.client, 0), in, 512), -ENOTCONN);
	fiber_destroy(p.client);
}
