/* SPDX-License-Identifier: BSD-3-Clause */
/* A far end that writes whatever it likes into the shared memory, through the driver: lanes beside
 * the one attacked lose nothing, other ports neither, and every frame that is dropped has a name.
 * (spec of the faults: lib/fiber/format.h, V1 to V7.) */

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "lib/fiber/lent.h"
#include "tests/unit/cpx_peer_port.h"
#include "tests/unit/fiber_bare.h"

TestSuite(peer_hostile, .init = start_peer, .fini = remove_folder, .timeout = 100);

static const struct rte_eth_conf jumbo = {
	.rxmode = { .mtu = 9706, .offloads = RTE_ETH_RX_OFFLOAD_SCATTER },
};

static uint16_t attacked_port_with(uint16_t lanes, const char *more)
{
	char args[64];
	uint16_t port;

	snprintf(args, sizeof(args), "lanes=%u,role=server%s", lanes, more);
	port = new_peer_port("net_cpx0", args);
	set_up_with(port, lanes, &jumbo);
	start(port);
	return port;
}

static uint16_t attacked_port(uint16_t lanes)
{
	return attacked_port_with(lanes, "");
}

static uint64_t lane_stat(uint16_t port, unsigned lane, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "lane%u_%s", lane, name);
	return xstat(port, full);
}

/* Frames of the peer that a lane dropped, by name. */
static uint64_t dropped(uint16_t port, unsigned lane)
{
	static const char *const names[] = { "rx_bad_runt", "rx_bad_oversize", "rx_bad_empty",
					     "rx_bad_long", "rx_bad_cut",      "rx_bad_frame",
					     "rx_oversize" };
	uint64_t n = 0;

	for (unsigned i = 0; i < RTE_DIM(names); i++)
		n += lane_stat(port, lane, names[i]);
	return n;
}

/* Everything a frame of a hostile peer may be is a frame. */
static void check_frame(struct rte_mbuf *m)
{
	const char *why = "";

	cr_assert_eq(rte_mbuf_check(m, 1, &why), 0, "%s", why);
	cr_assert_geq(m->pkt_len, 14);
	cr_assert_leq(m->pkt_len, 9728);
	cr_assert_eq(m->ol_flags & ~RTE_MBUF_F_RX_RSS_HASH, 0);
	rte_pktmbuf_free(m);
}

static unsigned drain(uint16_t port, uint16_t queue)
{
	struct rte_mbuf *m[32];
	unsigned n = 0;
	uint16_t got;

	/* a ring's worth of polls is enough for whatever the ring holds */
	for (unsigned polls = 0; polls < 2 * PORT_RING; polls++) {
		got = rte_eth_rx_burst(port, queue, m, 32);
		for (uint16_t i = 0; i < got; i++)
			check_frame(m[i]);
		n += got;
	}
	return n;
}

/* A whole frame each way on a lane that is not attacked. */
static void expect_unharmed(uint16_t port, uint16_t lane)
{
	static uint64_t n;
	uint8_t bytes[2048];
	struct rte_mbuf *m;

	n++;
	cr_assert_eq(send_one(port, lane, numbered(n, 100)), 1);
	cr_assert_eq(fiber_receive(fiber_rx_queue(far, lane), bytes, sizeof(bytes)), 100);
	cr_assert(frame_is(bytes, n, 100));
	cr_assert_eq(fiber_send(fiber_tx_queue(far, lane), bytes, 100), 0);
	m = receive_one(port, lane);
	cr_assert_not_null(m);
	cr_assert(is_numbered(m, n, 100));
	rte_pktmbuf_free(m);
}

static void far_writes(uint32_t lane, const struct fiber_desc *d, uint32_t n)
{
	struct fiber_tx *t = fiber_tx_queue(far, lane);

	for (uint32_t i = 0; i < n; i++)
		t->ring->desc[(t->own + i) & t->mask] = d[i];
	t->own += n;
	store_release(&t->ring->prod, t->own);
}

/* ---- descriptors ---- */

Test(peer_hostile, every_bound_of_every_field)
{
	static const uint16_t lens[] = { 0,    1,    13,   14,    15,    2047,  2048,  2049,
					 4095, 4096, 8191, 16383, 16384, 32768, 65534, 65535 };
	static const uint32_t words[] = { 0, 1, UINT32_MAX - 1, UINT32_MAX };
	uint16_t port = attacked_port(2);
	uint64_t sent = 0, got = 0;

	far_of(port, (struct fiber_config){ .lanes = 2, .features = FIBER_FEATURE_HASH });
	for (unsigned l = 0; l < RTE_DIM(lens); l++) {
		for (unsigned bit = 0; bit <= 17; bit++) {
			const uint16_t flags = (uint16_t)(bit == 17 ? 0xffff : (1u << bit) >> 1);
			struct fiber_desc d = { .len = lens[l],
						.flags = flags,
						.hash = words[bit % 4],
						.vlan = (uint16_t)words[bit / 4 % 4],
						.stamp_high = lens[bit % 16],
						.stamp_low = words[bit % 4] };

			far_writes(0, &d, 1);
			sent++;
			got += drain(port, 0);
		}
		expect_unharmed(port, 1);
	}
	cr_expect_eq(got + dropped(port, 0), sent, "%lu received, %lu dropped of %lu", got,
		     dropped(port, 0), sent);
	cr_expect_gt(got, 0);
	cr_expect_gt(lane_stat(port, 0, "rx_bad_cut"), 0);
	cr_expect_eq(dropped(port, 1), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* The longest frame that the terms allow is longer than any that ethdev was told of. */
Test(peer_hostile, longer_than_any_frame)
{
	uint16_t port = attacked_port(1);
	struct fiber_desc d[8];

	far_of(port, (struct fiber_config){ 0 });
	for (unsigned i = 0; i < 8; i++)
		d[i] = (struct fiber_desc){ .len = 2048, .flags = i < 7 ? FIBER_DESC_MORE : 0 };
	far_writes(0, d, 8);
	cr_expect_eq(drain(port, 0), 0);
	cr_expect_eq(lane_stat(port, 0, "rx_oversize"), 1);
	d[4].len = 9728 - 4 * 2048;
	d[4].flags = 0;
	far_writes(0, d, 5);
	cr_expect_eq(drain(port, 0), 1);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- lent frames ---- */

/* One that is lent again while we hold it: each mbuf is a frame of its own all the same. (That it
 * then comes back more than once is the peer's own trouble.) */
Test(peer_hostile, a_frame_that_is_lent_twice)
{
	uint16_t port = new_peer_port("net_cpx0", "role=server,lent=1");
	struct rte_mbuf *m[20];
	struct fiber_tx *t;
	uint32_t x;

	set_up_with(port, 1, &jumbo);
	start(port);
	for (unsigned round = 0; round < 40; round++) {
		/* while frames of many peers before are held, there is no lending */
		for (unsigned tries = 0;; tries++) {
			far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_LENT });
			t = fiber_tx_queue(far, 0);
			if (fiber_tx_lends(t))
				break;
			cr_assert_lt(tries, 1000);
			far_gone(port);
			usleep(10000);
		}
		cr_assert_eq(fiber_tx_reserve(t, 20), 20);
		cr_assert_eq(fiber_tx_take(t, &x, 1), 1);
		for (uint32_t i = 0; i < 20; i++)
			fiber_tx_describe_lent(t, i, x,
					       (struct fiber_desc){ .len = (uint16_t)(1500 - i) });
		fiber_tx_submit(t, 20, 20, 0);
		cr_assert_eq(rte_eth_rx_burst(port, 0, m, 20), 20);
		for (uint32_t i = 0; i < 20; i++) {
			const char *why = "";

			cr_assert_eq(rte_mbuf_check(m[i], 1, &why), 0, "%s", why);
			cr_assert_eq(m[i]->pkt_len, 1500 - i);
			for (uint32_t k = 0; k < i; k++)
				cr_assert(m[i]->next == NULL || m[i]->next != m[k]->next);
		}
		if (round % 2 == 0) /* held when the peer goes */
			far_gone(port);
		for (uint32_t i = 0; i < 20; i++)
			rte_pktmbuf_free(m[(i + round) % 20]);
		cr_assert_eq(rte_eth_rx_burst(port, 0, m, 20), 0);
		if (round % 2 == 1)
			far_gone(port);
		cr_assert_eq(pool_level(), POOL_FRAMES);
	}
}

/* ---- indices ---- */

static const uint32_t jumps[] = {
	257,        258,        511,        512,        1000,       4095,       4096,
	0x7fff,     0x8000,     0xffff,     0x10000,    0x10001,    0x7fffffff, 0x80000000,
	0x80000001, 0xffff0000, 0xffffff00, 0xfffffffe, 0xffffffff,
};

Test(peer_hostile, a_head_that_jumps)
{
	uint16_t port = attacked_port(2);

	for (unsigned i = 0; i < RTE_DIM(jumps); i++) {
		far_of(port, (struct fiber_config){ .lanes = 2 });
		expect_unharmed(port, 0);
		/* V2: more than the ring, or backwards */
		fiber_tx_queue(far, 0)->ring->prod += jumps[i];
		cr_assert_eq(drain(port, 0), 0);
		expect_unharmed(port, 1);
		cr_assert_eq(lane_stat(port, 0, "rx_protocol_errors"), i + 1, "jump %#x", jumps[i]);
		/* no way back but another connection */
		fiber_tx_queue(far, 0)->ring->prod -= jumps[i];
		far_writes(0, &(struct fiber_desc){ .len = 60 }, 1);
		cr_assert_eq(drain(port, 0), 0);
		far_gone(port);
	}
	cr_expect_eq(lane_stat(port, 1, "rx_protocol_errors"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* Within the ring a jump is only stale descriptors: frames or named drops, at most a ring of them.
 */
Test(peer_hostile, a_head_that_jumps_within_the_ring)
{
	uint16_t port = attacked_port(2);
	uint64_t slots = 0, frames = 0;

	far_of(port, (struct fiber_config){ .lanes = 2 });
	for (uint32_t jump = 1; jump <= PORT_RING; jump += jump < 8 ? 1 : 31) {
		struct fiber_tx *t = fiber_tx_queue(far, 0);

		t->own += jump;
		store_release(&t->ring->prod, t->own);
		slots += jump;
		frames += drain(port, 0);
		expect_unharmed(port, 1);
	}
	cr_expect_eq(frames + dropped(port, 0), slots, "empty descriptors are runts");
	cr_expect_eq(lane_stat(port, 0, "rx_protocol_errors"), 0);
}

static unsigned fill(uint16_t port, uint16_t lane)
{
	unsigned sent = 0;

	for (unsigned i = 0; i < 3 * PORT_RING; i++) {
		struct rte_mbuf *m = frame(60, 0);

		if (send_one(port, lane, m) == 1)
			sent++;
		else
			rte_pktmbuf_free(m);
	}
	return sent;
}

Test(peer_hostile, a_tail_that_jumps)
{
	uint16_t port = attacked_port(2);

	for (unsigned i = 0; i < RTE_DIM(jumps); i++) {
		far_of(port, (struct fiber_config){ .lanes = 2 });
		cr_assert_eq(fill(port, 0), PORT_RING);
		/* V1: further than what was sent, or backwards */
		fiber_rx_queue(far, 0)->ring->cons += jumps[i];
		cr_assert_eq(fill(port, 0), 0);
		expect_unharmed(port, 1);
		cr_assert_eq(lane_stat(port, 0, "tx_protocol_errors"), i + 1, "jump %#x", jumps[i]);
		fiber_rx_queue(far, 0)->ring->cons = PORT_RING;
		cr_assert_eq(fill(port, 0), 0, "no way back");
		far_gone(port);
	}
	cr_expect_eq(lane_stat(port, 1, "tx_protocol_errors"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- chains ---- */

Test(peer_hostile, chains_without_end)
{
	uint16_t port = attacked_port(2);
	struct fiber_desc all[PORT_RING];
	struct rte_mbuf *m[32];

	far_of(port, (struct fiber_config){ .lanes = 2 });
	/* a ring full of "goes on", again and again: one drop each */
	for (unsigned i = 0; i < PORT_RING; i++)
		all[i] = (struct fiber_desc){ .len = 100, .flags = FIBER_DESC_MORE };
	for (unsigned round = 1; round <= 100; round++) {
		far_writes(0, all, PORT_RING);
		for (unsigned polls = 0; polls < PORT_RING; polls++)
			cr_assert_eq(rte_eth_rx_burst(port, 0, m, 32), 0);
		cr_assert_leq(dropped(port, 0), round * PORT_RING);
	}
	expect_unharmed(port, 1);
	cr_expect_gt(lane_stat(port, 0, "rx_bad_long"), 0);
	/* "goes on" on the last one */
	far_writes(0, all, 3);
	cr_assert_eq(drain(port, 0), 0);
	cr_expect_gt(lane_stat(port, 0, "rx_bad_cut"), 0);
	/* and a whole one is a frame again */
	all[1].flags = 0;
	far_writes(0, all, 2);
	cr_assert_eq(drain(port, 0), 1);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_hostile, chains_in_every_size_of_burst)
{
	uint16_t port = attacked_port(1);
	uint64_t got = 0, whole = 0;
	unsigned seed = 5;

	far_of(port, (struct fiber_config){ 0 });
	for (unsigned round = 0; round < 3000; round++) {
		const uint16_t burst = (uint16_t)(1 + rand_r(&seed) % 40);
		struct fiber_desc d[12];
		struct rte_mbuf *m[40];
		const unsigned n = 1 + rand_r(&seed) % 12;
		uint16_t took;

		for (unsigned i = 0; i < n; i++)
			d[i] = (struct fiber_desc){ .len = (uint16_t)(14 + rand_r(&seed) % 1100),
						    .flags = i + 1 < n ? FIBER_DESC_MORE : 0 };
		far_writes(0, d, n);
		whole += n <= 8;
		for (unsigned polls = 0; polls < 4; polls++) {
			took = rte_eth_rx_burst(port, 0, m, burst);
			got += took;
			for (uint16_t i = 0; i < took; i++)
				check_frame(m[i]);
		}
		got += drain(port, 0);
	}
	cr_expect_eq(got + dropped(port, 0) >= whole, true);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- while it is read ---- */

static uint32_t enough;

/* What changes beside the descriptors. */
enum flips { NOTHING, INDICES, LENT_FRAMES };

/* Descriptors of the attacked lane change all the time, the indices move as they may and, where
 * they are to, now and then as they may not; what they lend, and what comes back, as well. */
static void *flipper(void *arg)
{
	static unsigned seed = 11;
	struct fiber_tx *t = fiber_tx_queue(far, 0);
	struct fiber_rx *r = fiber_rx_queue(far, 0);
	const enum flips flips = (enum flips)(uintptr_t)arg;
	uint32_t prod = t->ring->prod;

	while (!load_acquire(&enough)) {
		const uint32_t i = (uint32_t)rand_r(&seed);
		struct fiber_desc *d = &t->ring->desc[i & t->mask];
		struct fiber_desc now = { .len = (uint16_t)(i >> 8) & 0xfff,
					  .flags = (uint16_t)rand_r(&seed) & 0x7f,
					  .hash = i,
					  .stamp_low = i % (2 * PORT_RING * 4) };

		store_relaxed(&d->word[0], now.word[0]);
		store_relaxed(&d->word[1], now.word[1]);
		store_relaxed(&d->word[0], ~now.word[0]);
		store_relaxed(&d->word[1], ~now.word[1]);
		store_relaxed(&d->word[0], now.word[0]);
		store_relaxed(&d->word[1], now.word[1]);
		if (prod - load_acquire(&t->ring->cons) <= t->mask)
			store_release(&t->ring->prod, ++prod);
		store_release(&r->ring->cons, load_acquire(&r->ring->prod));
		if (flips == LENT_FRAMES) {
			store_relaxed(&r->returns->index[i & (r->frames - 1)], i >> 3);
			store_relaxed(&r->returns->index[i & (r->frames - 1)], i % r->frames);
		}
		if (flips == INDICES && i % (1u << 20) == 0)
			store_release(&t->ring->prod, (uint32_t)rand_r(&seed));
	}
	return NULL;
}

static pthread_t attack(uint16_t port, enum flips flips)
{
	pthread_t thread;

	far_of(port, (struct fiber_config){
			     .lanes = 2,
			     .features = FIBER_FEATURE_HASH |
					 (flips == LENT_FRAMES ? FIBER_FEATURE_LENT : 0) });
	cr_assert_eq(fiber_tx_lends(fiber_tx_queue(far, 0)), flips == LENT_FRAMES);
	store_release(&enough, 0);
	cr_assert_eq(pthread_create(&thread, NULL, flipper, (void *)(uintptr_t)flips), 0);
	return thread;
}

static void flip(enum flips flips)
{
	const char *more = getenv("CPX_FLIPS"); /* 60 seconds are some 30000000 */
	const unsigned long rounds = more != NULL ? strtoul(more, NULL, 10) : 200000;
	uint16_t port = attacked_port_with(2, flips == LENT_FRAMES ? ",lent=1" : "");
	uint64_t frames = 0, calm = 0, errors = 0;
	pthread_t thread = attack(port, flips);

	for (unsigned long round = 0; round < rounds; round++) {
		struct rte_mbuf *m[32];
		uint16_t n = rte_eth_rx_burst(port, 0, m, (uint16_t)(1 + round % 32));

		for (uint16_t i = 0; i < n; i++)
			check_frame(m[i]);
		frames += n;
		m[0] = numbered(round, 14 + (uint32_t)round % 9000);
		if (send_one(port, 0, m[0]) == 0)
			rte_pktmbuf_free(m[0]);
		if (round % 64 == 0) {
			expect_unharmed(port, 1);
			calm++;
		}
		if (fiber_rx_dead(rxq_of(port, 0)->fiber)) { /* another peer, no better */
			errors++;
			store_release(&enough, 1);
			pthread_join(thread, NULL);
			far_gone(port);
			thread = attack(port, flips);
		}
	}
	store_release(&enough, 1);
	pthread_join(thread, NULL);
	frames += drain(port, 0); /* lent frames go back */
	errors += fiber_rx_dead(rxq_of(port, 0)->fiber);
	cr_expect_eq(lane_stat(port, 0, "rx_packets"), frames);
	cr_expect_eq(lane_stat(port, 1, "rx_packets"), calm);
	cr_expect_eq(lane_stat(port, 1, "tx_packets"), calm);
	cr_expect_eq(dropped(port, 1), 0);
	cr_expect_gt(dropped(port, 0), 0);
	cr_expect_eq(lane_stat(port, 0, "rx_protocol_errors"), errors);
	cr_expect_eq(errors != 0, flips == INDICES);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_hostile, descriptors_that_change_while_they_are_read)
{
	flip(NOTHING);
}

Test(peer_hostile, indices_that_change_as_well)
{
	flip(INDICES);
}

Test(peer_hostile, lent_frames_that_change_as_well)
{
	flip(LENT_FRAMES);
}

/* A client by hand; the backlog may be full of those before it. */
static int knock(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	strcpy(a.sun_path, socket_path);
	until((fd = fiber_connect(&a)) >= 0);
	return fd;
}

/* ---- the memory itself ---- */

/* A client by hand, up, that keeps the descriptor of the shared memory. */
static int bare_up_with_memory(int *memory, uint64_t *bytes)
{
	struct fiber_message ready = { FIBER_MESSAGE_MAGIC, FIBER_READY, sizeof(ready) };
	uint8_t data[FIBER_MESSAGE_MAX];
	struct fiber_region_message m;
	struct fiber_hello h = hello();
	int fd = knock(), n;

	h.lanes = 2;
	h.log2_slots = 8;
	h.slot_bytes = 2048;
	h.max_segs = 8;
	say(fd, &h, sizeof(h));
	until((n = hear(fd, FIBER_REGION, data, sizeof(data), memory)) > 0);
	memcpy(&m, data, sizeof(m));
	*bytes = m.region_bytes;
	say(fd, &ready, sizeof(ready));
	return fd;
}

Test(peer_hostile, holes_and_what_else_a_file_can_suffer)
{
	uint16_t port = attacked_port(2);
	uint64_t bytes = 0, touched = 0;
	int memory = -1, fd;
	uint8_t *at;

	fd = bare_up_with_memory(&memory, &bytes);
	cr_assert_geq(memory, 0);
	until(is_up(port));
	cr_expect_neq(ftruncate(memory, 4096), 0, "sealed");
	cr_expect_neq(ftruncate(memory, (off_t)bytes * 2), 0, "sealed");
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	cr_assert_neq(at, MAP_FAILED);
	for (unsigned round = 0; round < 200; round++) {
		struct rte_mbuf *m = frame(60, 0);

		cr_assert_eq(fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				       (off_t)bytes),
			     0);
		if (send_one(port, round % 2, m) == 0)
			rte_pktmbuf_free(m);
		drain(port, round % 2);
		/* and noise where there was a hole */
		memset(at + 4096 + round * 61, (int)round, 4096);
		drain(port, round % 2);
		touched++;
	}
	munmap(at, bytes);
	close(memory);
	close(fd);
	until(!is_up(port));
	far_of(port, (struct fiber_config){ .lanes = 2 });
	expect_unharmed(port, 0);
	expect_unharmed(port, 1);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- the handshake, with a port beside it that works on ---- */

static uint16_t other_port;

static void start_other(void)
{
	other_port = running_port("net_cpx1", "carrier=loop", 1);
}

static void other_works(void)
{
	static uint64_t n;
	struct rte_mbuf *m;

	cr_assert_eq(send_one(other_port, 0, numbered(++n, 60)), 1);
	m = receive_one(other_port, 0);
	cr_assert(m != NULL && is_numbered(m, n, 60));
	rte_pktmbuf_free(m);
}

static void expect_peer_welcome(uint16_t port)
{
	far_of(port, (struct fiber_config){ .lanes = 2 });
	expect_unharmed(port, 0);
	expect_unharmed(port, 1);
	far_gone(port);
}

Test(peer_hostile, garbage_on_the_socket)
{
	uint16_t port = attacked_port(2);
	uint8_t noise[8192];
	unsigned seed = 9, fds;
	unsigned long pages;

	start_other();
	expect_peer_welcome(port);
	until(open_fds() > 0);
	fds = open_fds();
	pages = pages_at_rest();
	for (unsigned round = 0; round < 500; round++) {
		struct fiber_hello h = hello();
		int fd = knock();
		size_t len = 1 + (size_t)rand_r(&seed) % (round % 8 == 0 ? sizeof(noise) : 64);

		for (size_t i = 0; i < len; i++)
			noise[i] = (uint8_t)rand_r(&seed);
		if (round % 3 == 0) /* half a message */
			memcpy(noise, &h, RTE_MIN(len, sizeof(h)));
		if (round % 5 == 0) /* a whole one first */
			fiber_socket_send(fd, &h, sizeof(h), NULL, 0);
		fiber_socket_send(fd, noise, len, NULL, 0);
		other_works();
		if (round % 7 == 0)
			usleep(1000);
		close(fd);
	}
	expect_peer_welcome(port);
	until(open_fds() == fds);
	cr_expect_leq(pages_at_rest(), pages + 64);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_hostile, descriptors_by_the_hundred)
{
	uint16_t port = attacked_port(2);
	int many[FIBER_MESSAGE_FDS];
	unsigned fds;

	expect_peer_welcome(port);
	for (unsigned i = 0; i < FIBER_MESSAGE_FDS; i++)
		many[i] = 2;
	fds = open_fds();
	for (unsigned round = 0; round < 100; round++) {
		struct fiber_hello h = hello();
		int fd = knock();

		for (unsigned i = 0; i < 20; i++)
			if (fiber_socket_send(fd, &h, sizeof(h), many, FIBER_MESSAGE_FDS) != 0)
				break;
		usleep(500);
		close(fd);
	}
	expect_peer_welcome(port);
	until(open_fds() == fds);
}

Test(peer_hostile, the_same_message_for_ever)
{
	struct fiber_lanes lanes = {
		.head = { FIBER_MESSAGE_MAGIC, FIBER_LANES, sizeof(lanes) },
	};
	struct fiber_message odd = { FIBER_MESSAGE_MAGIC, 77, sizeof(odd) };
	uint16_t port = attacked_port(2);
	uint64_t bytes;
	int memory, fd;
	long pages = 0;

	start_other();
	fd = bare_up_with_memory(&memory, &bytes);
	close(memory);
	until(is_up(port));
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t answer[FIBER_MESSAGE_MAX];

		lanes.open = i;
		while (fiber_socket_send(fd, &lanes, sizeof(lanes), NULL, 0) != 0)
			usleep(100);
		if (i % 10 == 0 && fiber_socket_send(fd, &odd, sizeof(odd), NULL, 0) == 0)
			hear(fd, FIBER_NAK, answer, sizeof(answer), NULL);
		if (i % 100 == 0)
			other_works();
		if (i == 20000)
			pages = resident_pages();
	}
	cr_expect_leq(resident_pages(), pages + 64);
	lanes.open = 2;
	say(fd, &lanes, sizeof(lanes));
	until(link_of(port).link_speed == 106250);
	close(fd);
	until(!is_up(port));
	expect_peer_welcome(port);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_hostile, connections_by_the_thousand)
{
	uint16_t port = attacked_port(2);
	unsigned fds;
	unsigned long pages;

	start_other();
	expect_peer_welcome(port);
	fds = open_fds();
	pages = pages_at_rest();
	for (unsigned round = 0; round < 5000; round++) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd;

		strcpy(a.sun_path, socket_path);
		fd = fiber_connect(&a); /* may fail: the backlog is full of us */
		if (fd >= 0)
			close(fd);
		if (round % 50 == 0)
			other_works();
	}
	expect_peer_welcome(port);
	until(open_fds() == fds);
	cr_expect_leq(pages_at_rest(), pages + 64);
}

/* Others that knock while a peer is there are sent away, and it does not notice. */
Test(peer_hostile, knocking_while_the_place_is_taken)
{
	uint16_t port = attacked_port(2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	for (unsigned round = 0; round < 300; round++) {
		uint8_t data[FIBER_MESSAGE_MAX];
		struct fiber_refuse refusal;
		int fd = knock(), n;

		until((n = hear(fd, FIBER_REFUSE, data, sizeof(data), NULL)) != -EAGAIN);
		cr_assert_eq(n, (int)sizeof(refusal));
		memcpy(&refusal, data, sizeof(refusal));
		cr_assert_eq(refusal.reason, FIBER_REFUSED_BUSY);
		close(fd);
		expect_unharmed(port, round % 2);
	}
	cr_expect_eq(status_of(far).connections, 1);
}

/* ---- a server that lies to our client ---- */

static void lie(int conn, const struct fiber_region_message *m, int memory)
{
	const int fds[1] = { memory };

	fiber_socket_send(conn, m, sizeof(*m), fds, 1);
}

static struct fiber_region_message region_of(uint64_t *bytes)
{
	struct fiber_terms t = {
		.lanes = 2,
		.log2_slots = 8,
		.slot_bytes = 2048,
		.max_segs = 8,
		.page_bytes = FIBER_PAGE_SMALL,
		.features = FIBER_FEATURE_HASH,
	};
	struct fiber_layout l;

	cr_assert_eq(fiber_layout_of(&t, &l), 0);
	*bytes = l.region_bytes;
	return (struct fiber_region_message){
		.head = { FIBER_MESSAGE_MAGIC, FIBER_REGION, sizeof(struct fiber_region_message) },
		.version = FIBER_VERSION,
		.page_bytes = t.page_bytes,
		.features = t.features,
		.region_bytes = l.region_bytes,
		.lanes = t.lanes,
		.log2_slots = t.log2_slots,
		.slot_bytes = t.slot_bytes,
		.max_segs = t.max_segs,
	};
}

Test(peer_hostile, a_region_that_is_not_what_it_says)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct fiber_listener l;
	struct err err;
	uint16_t port;
	unsigned fds;

	listen_to_log();
	strcpy(a.sun_path, socket_path);
	cr_assert_eq(fiber_listen(&l, &a, &err), 0, "%s", err.text);
	port = new_peer_port("net_cpx0", "lanes=2,role=client");
	set_up_with(port, 2, &jumbo);
	start(port);
	fds = open_fds();
	for (unsigned trick = 0; trick < 4; trick++) {
		uint64_t bytes;
		struct fiber_region_message m = region_of(&bytes);
		struct fiber_hello h = hello();
		uint8_t data[FIBER_MESSAGE_MAX];
		int conn = -1, memory, n;

		h.lanes = 2;
		h.log2_slots = 8;
		h.slot_bytes = 2048;
		h.max_segs = 8;
		/* the first one is of the port before its rings were set up: gone */
		do {
			close(conn);
			until((conn = accept4(l.fd, NULL, NULL, SOCK_NONBLOCK)) >= 0);
		} while (fiber_socket_send(conn, &h, sizeof(h), NULL, 0) != 0);
		memory = memfd_create("lie", MFD_ALLOW_SEALING | MFD_CLOEXEC);
		cr_assert_eq(ftruncate(memory, (off_t)(trick == 1 ? bytes - 4096 : bytes)), 0);
		if (trick != 0) /* 0: may be cut short under us */
			cr_assert_eq(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
		if (trick == 2) /* 2: a header full of zeros; 3: an odd size */
			m.region_bytes = bytes;
		if (trick == 3)
			m.region_bytes = UINT64_MAX - 4095;
		lie(conn, &m, memory);
		until((n = hear(conn, FIBER_REFUSE, data, sizeof(data), NULL)) != -EAGAIN);
		cr_assert_gt(n, 0, "trick %u", trick);
		close(memory);
		close(conn);
		cr_assert_not(is_up(port));
	}
	cr_expect_geq(times_said("is refused"), 1);
	until(open_fds() == fds);
	fiber_unlisten(&l, &a);
	far_of(port, (struct fiber_config){ .server = true, .lanes = 2 });
	expect_unharmed(port, 0);
	expect_unharmed(port, 1);
}
