/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Too much of something, and who is not to notice: buffers that nobody gives back, a port nobody
 * takes from, one lane flooded beside seven with little, a control thread that is away. The last
 * two with a real worker.
 */
#include <pthread.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "lib/telemetry/reader.h"
#include "tests/unit/board.h"

#define LANES 8

static const char yaml[] =
	"workers: {count: 1}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24]}\n"
	"  p1: {lanes: oe0/8, carrier: loop, addresses: [10.0.1.1/24]}\n"
	"  p2: {lanes: oe0/9, carrier: loop, mtu: 576, addresses: [10.0.2.1/24]}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n";

static const uint8_t host0[6] = { 2, 0, 0, 0, 0, 2 };
static struct bed bed;
static struct board *b;
static struct frame to1, to2, large, ask;

TestSuite(overload, .fini = bed_clean);

static void packet(struct frame *f, const char *dst, uint16_t payload)
{
	frame_udp(f, &(struct udp){ .to = bed_mac(&bed, 0),
				    .from = host0,
				    .src = "10.0.0.2",
				    .dst = dst,
				    .payload = payload });
}

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ LANES, 1, 1, 0 });
	b = bed.board;
	packet(&to1, "10.0.1.2", 30);
	packet(&to2, "10.0.2.2", 30);
	packet(&large, "10.0.2.2", 1200);
	frame_arp(&ask, false, NULL, host0, 0, "10.0.0.2", "10.0.0.1");
}

/* One after the other, as the packets of a test are buffers of the same pool. */
static void some(unsigned n, const struct frame *f)
{
	for (unsigned i = 0; i < n; i++)
		bed_send_lane(&bed, 0, i % LANES, f);
}

static struct rte_mbuf *taken[8192];
static unsigned n_taken;

static void take_all(void)
{
	while ((taken[n_taken] = rte_pktmbuf_alloc(b->pool)))
		n_taken++;
}

static void give_back(void)
{
	while (n_taken)
		rte_pktmbuf_free(taken[--n_taken]);
}

/*
 * What is received goes on as it did; what would need another buffer ends by name; and as soon as
 * buffers are back, all is as before.
 */
Test(overload, no_buffer_is_left)
{
	struct tally d;

	start();
	for (unsigned round = 0; round < 3; round++) {
		some(64, &to1);
		some(4, &large);
		some(1, &ask);
		take_all();
		bed_turn(&bed, 0);
		take_all(); /* what the large ones were in */
		bed_settle(&bed);
		d = bed_delta(&bed, "without buffers");
		cr_expect_eq(d.rx, 69, "it polls on");
		cr_expect_eq(d.tx, 64, "%lu of 64 packets that need none", d.tx);
		cr_expect_eq(d.drop[DROP_NO_BUFFERS], 4 + 1, "%lu", d.drop[DROP_NO_BUFFERS]);
		give_back();
		bed_forget(&bed);
		some(64, &to1);
		some(4, &large);
		some(1, &ask);
		bed_settle(&bed);
		d = bed_delta(&bed, "with buffers");
		cr_expect_eq(d.fragmented, 4);
		cr_expect_eq(d.tx, 64 + 1 + d.fragments);
		cr_expect_eq(d.drop[DROP_NO_BUFFERS], 0);
		bed_forget(&bed);
	}
	bed_close(&bed);
}

/* Nobody takes what leaves on p1: it ends by name, and what leaves on p2 does not notice. */
Test(overload, a_consumer_is_stuck)
{
	struct rte_mbuf *pkts[32];
	uint64_t out = 0, more = 0;
	struct tally d;

	start();
	bed.no_drain = true;
	for (unsigned round = 0; round < 100; round++) {
		uint16_t n;

		some(32, &to1);
		some(8, &to2);
		bed_settle(&bed);
		while ((n = rte_eth_rx_burst(bed.far[2].id, 0, pkts, 32))) {
			rte_pktmbuf_free_bulk(pkts, n);
			out += n;
		}
	}
	bed.got += out;
	d = bed_delta(&bed, "stuck");
	cr_expect_eq(out, 800, "%lu of 800 left on the port beside it", out);
	cr_expect_gt(d.drop[DROP_LANE_TX_FULL], 0);
	cr_expect_eq(d.tx + d.drop[DROP_LANE_TX_FULL], 4000);
	bed.no_drain = false;
	bed_settle(&bed);
	bed_forget(&bed);
	for (unsigned i = 0; i < 4; i++, more += 32)
		some(32, &to1);
	bed_settle(&bed);
	bed_expect_sent(&bed, "taken again", more, more);
	bed_forget(&bed);
	bed_close(&bed);
}

/* As much as goes in on lane 0, out of p1; on each other lane 16 packets on their way, out of p2.
 */
static struct {
	pthread_t thread;
	bool flood, stop;
	uint64_t sent[2], back[2]; /* the flood, the others */
} load;

static bool put(unsigned lane, const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b->pool);

	if (!m)
		return false;
	memcpy(rte_pktmbuf_append(m, (uint16_t)f->len), f->data, f->len);
	if (rte_eth_tx_burst(bed.far[0].id, (uint16_t)lane, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

static unsigned take(void)
{
	struct rte_mbuf *pkts[32];
	unsigned got = 0;

	for (unsigned i = 0; i < 2; i++) {
		const uint16_t n = rte_eth_rx_burst(bed.far[1 + i].id, 0, pkts, 32);

		rte_pktmbuf_free_bulk(pkts, n);
		store_release(&load.back[i], load.back[i] + n);
		got += n;
	}
	return got;
}

static void *run(void *arg)
{
	(void)arg;
	for (unsigned lane = 1; !load_acquire(&load.stop);) {
		for (unsigned i = 0; load.flood && i < 256 && put(0, &to1); i++)
			load.sent[0]++;
		for (unsigned i = 1; i < LANES && load.sent[1] - load.back[1] < 7 * 16; i++) {
			load.sent[1] += put(lane, &to2);
			lane = lane % (LANES - 1) + 1;
		}
		if (!take())
			usleep(20);
	}
	for (unsigned idle = 0; idle < 1000; idle = take() ? 0 : idle + 1)
		usleep(20);
	return NULL;
}

static void load_start(bool flood)
{
	start();
	load.flood = flood;
	cr_assert_eq(rte_eal_remote_launch(worker_main, b->workers[0], 1), 0);
	b->running = true;
	cr_assert_eq(pthread_create(&load.thread, NULL, run, NULL), 0);
}

static struct tally load_end(const char *what)
{
	struct tally d;

	store_release(&load.stop, true);
	pthread_join(load.thread, NULL);
	workers_stop(b);
	bed.sent = load.sent[0] + load.sent[1];
	bed.got = load.back[0] + load.back[1];
	b->workers[0]->stop = false;
	bed_settle(&bed);
	d = bed_delta(&bed, what);
	return d;
}

Test(overload, one_lane_is_flooded, .timeout = 60)
{
	struct tally d;

	load_start(true);
	while (load_acquire(&load.back[1]) < 50000)
		usleep(1000);
	d = load_end("a flood on lane 0");
	cr_expect_gt(load.sent[0], load.sent[1], "that was no flood");
	cr_expect_eq(load.back[1], load.sent[1], "%lu of %lu came out", load.back[1], load.sent[1]);
	cr_expect_eq(d.rx, d.tx + d.drop[DROP_LANE_TX_FULL]);
	bed_close(&bed);
}

/* The control thread does nothing: packets go on, and readers are told. */
Test(overload, the_control_thread_is_away, .timeout = 60)
{
	struct telemetry_reader *r;
	struct err err;
	uint64_t then;
	struct tally d;

	load_start(false);
	telemetry_heartbeat(b->telemetry);
	cr_assert_eq(telemetry_reader_open(&r, board_telemetry_path(b), &err), 0, "%s", err.text);
	cr_expect_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
	while (telemetry_reader_life(r) == TELEMETRY_LIFE_RUNNING)
		usleep(10000);
	cr_expect_eq(telemetry_reader_life(r), TELEMETRY_LIFE_STALLED);
	then = load_acquire(&load.back[1]);
	while (load_acquire(&load.back[1]) < then + 10000)
		usleep(1000);
	telemetry_heartbeat(b->telemetry);
	cr_expect_eq(telemetry_reader_life(r), TELEMETRY_LIFE_RUNNING);
	telemetry_reader_close(r);
	d = load_end("without control");
	cr_expect_eq(load.back[1], load.sent[1], "%lu of %lu came out", load.back[1], load.sent[1]);
	cr_expect_eq(d.tx, d.rx);
	bed_close(&bed);
}
