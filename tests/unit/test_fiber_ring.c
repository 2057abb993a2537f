/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/fiber/ring.h, ring.c against a peer that writes what it likes into the region. The peer is
 * the test itself, or a thread that never stops. The region has its guards, so a step outside is a
 * SIGSEGV; frames are copied to exact-size heap blocks, so under ASan one too many is a report.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fiber/private.h"

#define LOG2_SLOTS 5
#define SLOTS      (1u << LOG2_SLOTS)
#define SLOT_BYTES 512u
#define SEGS       4u

static struct fiber_terms terms = {
	FIBER_FEATURE_HASH | FIBER_FEATURE_VLAN, 2, LOG2_SLOTS, SLOT_BYTES, SEGS, FIBER_PAGE_SMALL
};
static struct fiber_region region;
static struct fiber_tx tx[2]; /* on rings 0 and 2 */
static struct fiber_rx rx[2]; /* the other ends of them */

static void attach(void)
{
	uint64_t rings = 4 * region.layout.ring_stride;

	memset(region.base + region.layout.ring_offset, 0, rings);
	for (uint32_t l = 0; l < 2; l++) {
		fiber_tx_attach(&tx[l], &region, &terms, 2 * l, -1);
		fiber_rx_attach(&rx[l], &region, &terms, 2 * l, -1);
	}
}

static void set_up(void)
{
	int fd;

	cr_assert_eq(fiber_region_create(&region, &terms, false, &fd), 0);
	close(fd);
	attach();
}

static void tear_down(void)
{
	fiber_region_unmap(&region);
}

TestSuite(ring, .init = set_up, .fini = tear_down);

/* One poll as a driver does it: everything there is, copied. Frames; checks what must always hold.
 */
static unsigned drain(struct fiber_rx *q)
{
	struct fiber_frame f;
	uint32_t from = q->own;
	unsigned n = 0;
	uint64_t bytes = 0;

	if (!fiber_rx_poll(q, SLOTS))
		return 0;
	while (fiber_rx_next(q, &f)) {
		uint32_t sum = 0;
		uint8_t *copy;

		cr_assert(f.segs >= 1 && f.segs <= SEGS);
		for (unsigned i = 0; i < f.segs; i++) {
			cr_assert(f.len[i] >= 1 && f.len[i] <= SLOT_BYTES);
			sum += f.len[i];
		}
		cr_assert_eq(sum, f.bytes);
		cr_assert_geq(f.bytes, FIBER_MIN_FRAME);
		cr_assert_eq(f.flags & ~q->flags, 0);
		copy = malloc(f.bytes);
		fiber_frame_copy(q, &f, copy);
		free(copy);
		bytes += f.bytes;
		n++;
	}
	cr_assert_leq(q->next - from, SLOTS, "no poll does more work than the ring has slots");
	fiber_rx_release(q, n, bytes);
	return n;
}

static struct fiber_desc *desc(struct fiber_rx *q, uint32_t x)
{
	return &q->ring->desc[x % SLOTS];
}

/* The peer puts n descriptors at its index and publishes them. */
static void hostile(struct fiber_rx *q, const struct fiber_desc *d, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		*desc(q, q->ring->prod + i) = d[i];
	q->ring->prod += n;
}

static uint64_t bad(const struct fiber_rx *q)
{
	return q->count.bad_runt + q->count.bad_oversize + q->count.bad_empty + q->count.bad_long +
	       q->count.bad_cut;
}

Test(ring, every_length_alone)
{
	for (uint32_t len = 0; len <= UINT16_MAX; len++) {
		struct fiber_desc d = { .len = (uint16_t)len };
		bool ok = len >= FIBER_MIN_FRAME && len <= SLOT_BYTES;
		struct fiber_rx_counters before = rx[0].count;

		hostile(&rx[0], &d, 1);
		cr_assert_eq(drain(&rx[0]), ok);
		cr_assert_eq(rx[0].count.bad_runt - before.bad_runt, len < FIBER_MIN_FRAME);
		cr_assert_eq(rx[0].count.bad_oversize - before.bad_oversize, len > SLOT_BYTES);
		cr_assert_eq(rx[0].own, rx[0].ring->prod, "every slot goes back");
	}
	cr_expect_not(fiber_rx_dead(&rx[0]));
}

Test(ring, every_field_at_its_boundaries)
{
	static const uint32_t v[] = { 0,          1,         13,         14,         63,
				      64,         65,        SLOT_BYTES, 0x7fff,     0x8000,
				      0xfffe,     0xffff,    0x10000,    0x7fffffff, 0x80000000,
				      0xfffffffe, 0xffffffff };
	const unsigned n = sizeof(v) / sizeof(v[0]);

	for (unsigned field = 0; field < 6; field++)
		for (unsigned i = 0; i < n; i++) {
			struct fiber_desc d = { .len = 60 };
			uint64_t frames = rx[0].count.packets, drops = bad(&rx[0]);

			switch (field) {
			case 0:
				d.len = (uint16_t)v[i];
				break;
			case 1:
				d.flags = (uint16_t)v[i];
				break;
			case 2:
				d.hash = v[i];
				break;
			case 3:
				d.vlan = (uint16_t)v[i];
				break;
			case 4:
				d.stamp_high = (uint16_t)v[i];
				break;
			case 5:
				d.stamp_low = v[i];
				break;
			}
			hostile(&rx[0], &d, 1);
			drain(&rx[0]);
			cr_assert_eq(rx[0].count.packets + bad(&rx[0]), frames + drops + 1,
				     "each is a frame or a drop");
		}
}

Test(ring, unagreed_flags_are_not_seen)
{
	struct fiber_desc d = { .len = 60, .flags = 0xfffe, .hash = 7, .vlan = 9 };
	struct fiber_frame f;

	hostile(&rx[0], &d, 1);
	cr_assert(fiber_rx_poll(&rx[0], 1));
	cr_assert(fiber_rx_next(&rx[0], &f));
	cr_expect_eq(f.flags, FIBER_DESC_HASH | FIBER_DESC_VLAN);
	cr_expect_eq(f.desc.hash, 7);
	cr_expect_eq(f.desc.vlan, 9);
	fiber_rx_release(&rx[0], 1, 60);
	/* Nor sent: flags are assigned, whatever lay in the slot before. */
	memset(tx[1].ring->desc, 0xff, SLOTS * sizeof(struct fiber_desc));
	cr_assert_eq(fiber_tx_reserve(&tx[1], 1), 1);
	memset(fiber_tx_place(&tx[1], 0), 1, 60);
	fiber_tx_describe(
		&tx[1], 0,
		(struct fiber_desc){ .len = 60, .flags = FIBER_DESC_STAMP | FIBER_DESC_L4_GOOD });
	fiber_tx_submit(&tx[1], 1, 1, 60);
	cr_expect_eq(tx[1].ring->desc[0].flags, 0);
	cr_expect_eq(tx[1].ring->desc[0].hash, 0);
}

/* A chain of the given lengths, all but the last with MORE. Frames received. */
static unsigned chain(const uint16_t *len, uint32_t n)
{
	struct fiber_desc d[SLOTS] = { 0 };

	for (uint32_t i = 0; i < n; i++)
		d[i] = (struct fiber_desc){ .len = len[i],
					    .flags = i + 1 < n ? FIBER_DESC_MORE : 0 };
	hostile(&rx[0], d, n);
	return drain(&rx[0]);
}

Test(ring, chains)
{
	uint16_t len[SLOTS];

	for (uint32_t n = 1; n <= SLOTS; n++)
		for (unsigned turn = 0; turn < 3; turn++) {
			uint64_t before = rx[0].count.bad_long;

			for (uint32_t i = 0; i < n; i++)
				len[i] = turn == 0 ? SLOT_BYTES : 100;
			cr_assert_eq(chain(len, n), n <= SEGS);
			cr_assert_eq(rx[0].count.bad_long - before, n > SEGS);
			cr_assert_eq(rx[0].own, rx[0].ring->prod);
		}
	cr_expect_eq(chain((uint16_t[]){ 13, 100 }, 2), 0, "a header split over slots");
	cr_expect_eq(rx[0].count.bad_runt, 1);
	cr_expect_eq(chain((uint16_t[]){ 100, 0 }, 2), 0);
	cr_expect_eq(chain((uint16_t[]){ 100, 0, 100 }, 3), 0);
	cr_expect_eq(rx[0].count.bad_empty, 2);
	cr_expect_eq(chain((uint16_t[]){ 100, 513, 100 }, 3), 0);
	cr_expect_eq(chain((uint16_t[]){ 0xffff, 0xffff, 0xffff, 0xffff }, 4), 0);
	cr_expect_eq(rx[0].count.bad_oversize, 2);
	cr_expect_eq(chain((uint16_t[]){ 14, 1, 1, 1 }, 4), 1, "slots of one byte");
	cr_expect_eq(rx[0].own, rx[0].ring->prod);
}

Test(ring, a_loop_of_more_is_bounded_work)
{
	struct fiber_desc d[SLOTS];

	for (uint32_t i = 0; i < SLOTS; i++)
		d[i] = (struct fiber_desc){ .len = 100, .flags = FIBER_DESC_MORE };
	for (unsigned turn = 0; turn < 1000; turn++) {
		hostile(&rx[0], d, SLOTS);
		cr_assert_eq(drain(&rx[0]), 0);
		cr_assert_eq(rx[0].own, rx[0].ring->prod);
	}
	cr_expect_eq(rx[0].count.bad_long, 1000);
	/* MORE on the last slot there is. */
	for (uint32_t n = 1; n < SEGS; n++) {
		hostile(&rx[0], d, n);
		cr_expect_eq(drain(&rx[0]), 0);
		cr_expect_eq(rx[0].count.bad_cut, n);
		cr_expect_eq(rx[0].own, rx[0].ring->prod);
	}
	hostile(&rx[0], &(struct fiber_desc){ .len = 60 }, 1);
	cr_expect_eq(drain(&rx[0]), 1, "and the lane goes on");
}

static void expect_lane_works(unsigned l)
{
	uint8_t frame[60] = { 0 };

	cr_assert_eq(fiber_send(&tx[l], frame, sizeof(frame)), 0);
	cr_assert_eq(drain(&rx[l]), 1);
}

/* Jumps of an index from where it is: all small ones, all powers of two and their neighbours. */
static uint32_t jump(unsigned i)
{
	if (i <= 2 * SLOTS)
		return i;
	i -= 2 * SLOTS + 1;
	return (1u << i / 3) + i % 3 - 1;
}
#define JUMPS (2 * SLOTS + 1 + 3 * 32)

Test(ring, jumps_of_the_producer)
{
	for (unsigned i = 0; i < 2 * JUMPS; i++) {
		uint32_t by = i < JUMPS ? jump(i) : -jump(i - JUMPS);
		uint64_t before = rx[0].count.protocol_errors;

		attach();
		/* Somewhere in the middle, all of it taken. */
		for (unsigned k = 0; k < 40; k++)
			expect_lane_works(0);
		rx[0].ring->prod += by;
		drain(&rx[0]);
		cr_assert_eq(fiber_rx_dead(&rx[0]), by > SLOTS, "a jump by %u", by);
		cr_assert_eq(rx[0].count.protocol_errors - before, by > SLOTS);
		if (fiber_rx_dead(&rx[0])) {
			uint32_t own = rx[0].own;

			rx[0].ring->prod = own + 1; /* too late to be good */
			cr_assert_eq(drain(&rx[0]), 0);
			cr_assert_eq(fiber_receive(&rx[0], NULL, 0), -EPROTO);
			cr_assert_eq(rx[0].count.protocol_errors - before, 1);
		}
		expect_lane_works(1);
	}
}

Test(ring, the_producer_takes_nothing_back)
{
	struct fiber_frame f;

	hostile(&rx[0], (struct fiber_desc[]){ { .len = 60 }, { .len = 60 }, { .len = 60 } }, 3);
	cr_assert(fiber_rx_poll(&rx[0], 8));
	cr_assert(fiber_rx_next(&rx[0], &f));
	rx[0].ring->prod -= 1; /* still ahead of us, but it was further */
	cr_expect_not(fiber_rx_poll(&rx[0], 8));
	cr_expect(fiber_rx_dead(&rx[0]));
	fiber_rx_release(&rx[0], 1, 60);
	cr_expect_eq(drain(&rx[0]), 0);
}

Test(ring, jumps_of_the_consumer)
{
	for (unsigned i = 0; i < 2 * JUMPS; i++) {
		uint32_t by = i < JUMPS ? jump(i) : -jump(i - JUMPS), room;
		uint64_t before = tx[0].count.protocol_errors;
		uint8_t frame[60] = { 0 };

		attach();
		for (unsigned k = 0; k < 40; k++)
			expect_lane_works(0);
		cr_assert_eq(fiber_tx_reserve(&tx[0], SLOTS), SLOTS); /* all of it seen */
		for (unsigned k = 0; k < 10; k++)
			cr_assert_eq(fiber_send(&tx[0], frame, sizeof(frame)), 0);
		tx[0].ring->cons += by;
		room = fiber_tx_reserve(&tx[0], SLOTS);
		cr_assert_eq(fiber_tx_dead(&tx[0]), by > 10, "a jump by %u", by);
		cr_assert_eq(tx[0].count.protocol_errors - before, by > 10);
		cr_assert_eq(room, by > 10 ? 0 : SLOTS - 10 + by, "jump %u: room %u", by, room);
		if (fiber_tx_dead(&tx[0])) {
			tx[0].ring->cons = tx[0].own;
			cr_assert_eq(fiber_tx_reserve(&tx[0], 1), 0);
			cr_assert_eq(fiber_send(&tx[0], frame, sizeof(frame)), -EPROTO);
			cr_assert_eq(tx[0].count.protocol_errors - before, 1);
		}
		expect_lane_works(1);
	}
}

Test(ring, slots_are_not_used_again_before_they_are_released)
{
	uint8_t frame[60] = { 0 };
	struct fiber_frame f[SLOTS];

	for (uint32_t i = 0; i < SLOTS; i++) {
		memset(frame, (int)i, sizeof(frame));
		cr_assert_eq(fiber_send(&tx[0], frame, sizeof(frame)), 0);
	}
	cr_expect_eq(fiber_send(&tx[0], frame, sizeof(frame)), -EAGAIN);
	cr_assert(fiber_rx_poll(&rx[0], SLOTS));
	for (uint32_t i = 0; i < SLOTS; i++)
		cr_assert(fiber_rx_next(&rx[0], &f[i]));
	cr_expect_eq(fiber_send(&tx[0], frame, sizeof(frame)), -EAGAIN, "read is not released");
	for (uint32_t i = 0; i < SLOTS; i++)
		cr_expect_eq(f[i].data[59], i);
	fiber_rx_release(&rx[0], SLOTS, SLOTS * 60);
	cr_expect_eq(fiber_tx_reserve(&tx[0], SLOTS), SLOTS);
	cr_expect_eq(tx[0].count.packets, SLOTS);
	cr_expect_eq(rx[0].count.packets, SLOTS);
}

Test(ring, indices_wrap)
{
	uint8_t frame[SLOT_BYTES * SEGS], got[sizeof(frame)];

	tx[0].own = tx[0].seen = tx[0].ring->prod = tx[0].ring->cons = UINT32_MAX - 50;
	rx[0].own = rx[0].next = rx[0].seen = UINT32_MAX - 50;
	for (uint32_t i = 0; i < 300; i++) {
		uint32_t len = 14 + i * 37 % (sizeof(frame) - 14);

		memset(frame, (int)i, len);
		cr_assert_eq(fiber_send(&tx[0], frame, len), 0);
		cr_assert_eq(fiber_receive(&rx[0], got, sizeof(got)), (int)len);
		cr_assert_eq(memcmp(frame, got, len), 0);
	}
	cr_expect_lt(tx[0].own, 100000);
}

Test(ring, every_slot_lies_inside)
{
	const uint8_t *end = region.base + region.layout.region_bytes;

	for (uint32_t l = 0; l < 2; l++)
		for (uint32_t i = 0; i < 3 * SLOTS; i++) {
			const uint8_t *at = fiber_tx_place(&tx[l], i);

			cr_assert(at >= region.base + region.layout.buffer_offset &&
				  at + SLOT_BYTES <= end);
			cr_assert_eq(at, fiber_rx_place(&rx[l], i));
		}
}

static uint32_t stop;

/* Flips bits in every descriptor, in the bytes of frames and in `sleeping`, as fast as it can. */
static void *flipper(void *arg)
{
	struct fiber_ring *ring = arg;
	uint64_t seed = 88172645463325252ull;

	while (!load_relaxed(&stop))
		for (unsigned i = 0; i < SLOTS; i++) {
			uint64_t *w = &ring->desc[i].word[0];

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			/* Often good, so that the bad ones come after a good look. */
			store_relaxed(w, seed % 3 == 0
						 ? seed
						 : seed % SLOT_BYTES | (seed >> 60 & 1) << 16);
			store_relaxed(&ring->sleeping, (uint32_t)seed);
		}
	return NULL;
}

Test(ring, descriptors_that_change_while_they_are_read)
{
	pthread_t thread;
	uint64_t frames = 0;

	cr_assert_eq(pthread_create(&thread, NULL, flipper, rx[0].ring), 0);
	/* Until the other thread had its turns, however busy the machine. */
	for (unsigned i = 0; i < 60000 || frames < 1000 || bad(&rx[0]) < 1000; i++) {
		rx[0].ring->prod = rx[0].own + SLOTS;
		frames += drain(&rx[0]);
	}
	store_relaxed(&stop, 1);
	pthread_join(thread, NULL);
	cr_expect_eq(rx[0].count.packets, frames);
	cr_expect_not(fiber_rx_dead(&rx[0]));
}

static void *index_flipper(void *arg)
{
	struct fiber_ring *ring = arg;
	uint32_t seed = 2463534242u;

	while (!load_relaxed(&stop)) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		store_relaxed(&ring->cons, seed);
		store_relaxed(&ring->prod, seed);
	}
	return NULL;
}

Test(ring, indices_that_change_while_they_are_read)
{
	uint8_t frame[60] = { 0 };
	uint64_t rounds = 0;
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, index_flipper, rx[0].ring), 0);
	for (unsigned i = 0;
	     i < 2000 || !rx[0].count.protocol_errors || !tx[0].count.protocol_errors; i++) {
		attach();
		rounds++;
		for (unsigned k = 0; k < 40; k++) {
			drain(&rx[0]);
			fiber_send(&tx[0], frame, sizeof(frame));
			expect_lane_works(1);
		}
	}
	store_relaxed(&stop, 1);
	pthread_join(thread, NULL);
	cr_expect_eq(rx[1].count.packets, 40 * rounds, "the other lane lost nothing");
}
