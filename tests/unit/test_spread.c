/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More workers than receive queues: the worker that polls a lane hands flows to those that have
 * none (nodes/spread.h). By hand in any order, with ports that go meanwhile, and with threads.
 *
 * One lane a port, three workers, two ports: worker 0 has p0, worker 1 p1, worker 2 helps worker 0.
 */
#include <pthread.h>
#include <rte_ethdev.h>

#include "dataplane/ctl/shape.h"
#include "dataplane/nodes/spread.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

#define FLOWS 64

static const char yaml[] = "workers: {count: 3}\n"
			   "ports:\n"
			   "  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24]}\n"
			   "  p1: {lanes: oe0/8, carrier: loop, addresses: [10.0.1.1/24]}\n"
			   "neighbors:\n"
			   "  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
			   "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n";

static const uint8_t host[2][6] = { { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 1, 2 } };
static struct bed bed;
static struct board *b;
static struct frame in;
static struct err err;

TestSuite(spread, .fini = bed_clean);

static void start(const char *text)
{
	bed_open(&bed, text, (const unsigned[]){ 1, 1, 0 });
	b = bed.board;
}

static void start_three(void)
{
	start(yaml);
	cr_assert_eq(b->n_workers, 3);
	cr_assert_eq(b->lanes[0].worker, 0);
	cr_assert_eq(b->lanes[1].worker, 1);
	cr_assert_eq(b->placement.workers[2].helps, 0);
}

static void packet(unsigned from, unsigned flow, unsigned id)
{
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, from),
				      .from = host[from],
				      .src = from ? "10.0.1.2" : "10.0.0.2",
				      .dst = from ? "10.0.0.2" : "10.0.1.2",
				      .id = (uint16_t)id,
				      .src_port = (uint16_t)(1000 + flow),
				      .payload = 30 });
}

static void put(unsigned from, unsigned flow, unsigned id)
{
	packet(from, flow, id);
	bed_send(&bed, from, &in);
}

static uint64_t cell(unsigned worker, unsigned lane, unsigned slot)
{
	return telemetry_lcore_lane(b->telemetry, worker, lane)->v[slot];
}

static unsigned flow_of(const uint8_t *frame)
{
	return frame_get16(frame + 14 + 20) - 1000u;
}

static unsigned id_of(const uint8_t *frame)
{
	return frame_get16(frame + 18);
}

/* What came out: each flow's numbers ascend, from next[] on; how many. */
static unsigned expect_order(unsigned *next)
{
	unsigned n = 0;

	for (const struct frame *f; (f = bed_next(&bed)); n++) {
		const unsigned flow = flow_of(f->data), id = id_of(f->data);

		cr_assert_lt(flow, FLOWS);
		cr_assert_geq(id, next[flow], "flow %u: %u after %u", flow, id, next[flow]);
		next[flow] = id + 1;
	}
	return n;
}

Test(spread, flows_of_one_lane_on_two_workers)
{
	unsigned next[FLOWS] = { 0 };
	uint64_t loops = 0;

	start_three();
	for (unsigned i = 0; i < 400; i++)
		put(0, i % FLOWS, i / FLOWS);
	while (rte_eth_rx_queue_count(b->ports[0].id, 0) > 0 && loops++ < 100)
		bed_turn(&bed, 0);
	cr_expect_gt(rte_ring_count(b->spread[0][2]), 100, "about half of them");
	cr_expect_lt(rte_ring_count(b->spread[0][2]), 300);
	cr_expect_eq(cell(0, 0, CELL_RX_PACKETS), 400, "received by the one who polls");
	bed_delta(&bed, "in between");
	bed_settle(&bed);
	cr_expect_eq(expect_order(next), 400);
	bed_expect_sent(&bed, "spread", 0, 400);
	for (unsigned f = 0; f < FLOWS; f++)
		cr_expect_eq(next[f], 400 / FLOWS + (f < 400 % FLOWS), "flow %u", f);
	cr_expect_eq(cell(1, 1, CELL_TX_PACKETS), 400, "sent by the lane's owner");
	cr_expect_eq(cell(2, 0, CELL_RX_PACKETS) + cell(2, 1, CELL_TX_PACKETS), 0);
	cr_expect_eq(telemetry_lcore(b->telemetry, 2)->v[WORKER_LANES], 0);
	for (unsigned i = 0; i < 100; i++) /* p1 is worker 1's alone */
		put(1, i % FLOWS, i);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_expect_sent(&bed, "the other way", 100, 100);
	cr_expect_eq(cell(1, 1, CELL_RX_PACKETS), 100);
	bed_close(&bed);
}

/* Drops of the helper are counted on the lane the packet came from, as everybody's. */
Test(spread, drops_are_of_the_lane)
{
	start_three();
	for (unsigned i = 0; i < 64; i++) {
		packet(0, i, 0);
		in.data[14 + 8] = 0; /* TTL */
		in.data[14 + 10] ^= 0xff;
		bed_send(&bed, 0, &in);
	}
	bed_settle(&bed);
	bed_expect_drop(&bed, "bad checksums", DROP_IP4_CHECKSUM, 64);
	cr_expect_gt(cell(2, 0, CELL_DROP + DROP_IP4_CHECKSUM), 16);
	cr_expect_gt(cell(0, 0, CELL_DROP + DROP_IP4_CHECKSUM), 16);
	bed_close(&bed);
}

/* ARP has no flow: whoever received it. */
Test(spread, what_has_no_hash_stays)
{
	unsigned punted = 0;
	struct rte_mbuf m = { .ol_flags = RTE_MBUF_F_RX_RSS_HASH, .hash.rss = 0xffffffff };

	cr_expect_eq(spread_choose(&m, 1), 0);
	m.hash.rss = 0;
	cr_expect_eq(spread_choose(&m, 8), 0);
	m.hash.rss = 0x12345678;
	cr_expect_neq(spread_choose(&m, 1000), 0);
	m.ol_flags = 0;
	cr_expect_eq(spread_choose(&m, 1000), 0, "left behind by who knows whom");
	start_three();
	for (unsigned i = 0; i < 20; i++) {
		frame_arp(&in, false, NULL, host[0], 0, "10.0.0.2", "10.0.0.1");
		bed_send(&bed, 0, &in);
	}
	bed_turn(&bed, 0);
	cr_expect_eq(rte_ring_count(b->spread[0][2]), 0);
	for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++)
		punted += rte_ring_count(b->workers[0]->to_control[q]);
	cr_expect_eq(punted, 20);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_delta(&bed, "answered");
	bed_close(&bed);
}

/* Each of a team gets its share, and of those it gets each lane of a port has a share. */
Test(spread, even_and_independent_of_the_lane)
{
	uint64_t seed = 5;

	for (unsigned team = 2; team <= 8; team++) {
		unsigned n[8][8] = { { 0 } };

		for (unsigned i = 0; i < 64000; i++) {
			struct rte_mbuf m = { .ol_flags = RTE_MBUF_F_RX_RSS_HASH,
					      .hash.rss = (uint32_t)guard_random(&seed) };

			n[spread_choose(&m, (uint16_t)team)][(uint64_t)m.hash.rss * 8 >> 32]++;
		}
		for (unsigned k = 0; k < team; k++)
			for (unsigned lane = 0; lane < 8; lane++)
				cr_expect(n[k][lane] > 8000 / team * 3 / 4 &&
						  n[k][lane] < 8000 / team * 5 / 4,
					  "%u of %u, lane %u: %u", k, team, lane, n[k][lane]);
	}
}

Test(spread, a_full_ring_is_counted)
{
	unsigned next[FLOWS] = { 0 };
	struct tally d;

	start_three();
	for (unsigned i = 0; i < 4000; i++) { /* worker 2 does not run */
		put(0, i % FLOWS, i / FLOWS);
		if (i % 100 == 99) {
			for (unsigned k = 0; k < 8; k++)
				bed_turn(&bed, 0);
			bed_turn(&bed, 1);
			bed_drain(&bed);
		}
	}
	d = bed_delta(&bed, "full");
	cr_expect_eq(d.rx, 4000);
	cr_expect_eq(rte_ring_count(b->spread[0][2]), WORKER_CTL_RING - 1);
	cr_expect_gt(d.drop[DROP_HANDOFF_FULL], 500);
	cr_expect_eq(cell(0, 0, CELL_DROP + DROP_HANDOFF_FULL), d.drop[DROP_HANDOFF_FULL],
		     "on the lane they came from, by the worker that polls it");
	bed_settle(&bed);
	cr_expect_eq(expect_order(next), 4000 - d.drop[DROP_HANDOFF_FULL]);
	bed_delta(&bed, "the others arrive");
	bed_close(&bed);
}

Test(spread, off)
{
	char text[sizeof(yaml) + 16];

	snprintf(text, sizeof(text), "workers: {count: 3, spread: off}\n%s",
		 strchr(yaml, '\n') + 1);
	start(text);
	cr_expect_eq(b->n_workers, 3);
	cr_expect_eq(b->placement.workers[2].helps, PLACEMENT_NOBODY);
	cr_expect_not_null(strstr(b->placement.workers[2].why, "`workers.spread` is off"), "%s",
			   b->placement.workers[2].why);
	for (unsigned i = 0; i < 200; i++)
		put(0, i % FLOWS, i / FLOWS);
	bed_turn(&bed, 0);
	for (unsigned w = 0; w < 3; w++)
		cr_expect_null(b->spread[0][w]);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_expect_sent(&bed, "one each", 200, 200);
	bed_close(&bed);
}

static void cut(const char *text)
{
	struct board_shape shape;

	cr_assert_eq(shape_parse(&shape, text, 106250, &err), 0, "%s", err.text);
	cr_assert_eq(board_breakout(b, "oe0", 0, &shape, &err), 0, "%s", err.text);
}

/* The port packets came from goes while they wait: its DPDK id may be another port's now. */
Test(spread, packets_of_a_port_that_went_end)
{
	struct tally d;
	unsigned waiting;

	bed_open(&bed,
		 "workers: {count: 3}\n"
		 "ports:\n"
		 "  p0: {lanes: oe0/0-1, carrier: loop, addresses: [10.0.0.1/24]}\n"
		 "  p1: {lanes: oe0/8, carrier: loop, addresses: [10.0.1.1/24]}\n"
		 "neighbors:\n"
		 "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n",
		 (const unsigned[]){ 2, 1, 0 });
	b = bed.board;
	cut("1x100G"); /* lane 1 has no port, so that there is something to cut */
	cr_assert_eq(workers_resize(b, 2, &err), 0, "%s", err.text);
	cr_assert_eq(workers_resize(b, 3, &err), 0, "%s", err.text);
	for (unsigned l = 0; l < 3; l++)
		cr_assert_eq(lane_move(b, l, l == 0 ? 0 : 1, &err), 0, "%s", err.text);
	cr_assert_eq(b->placement.workers[2].helps, 0);
	for (unsigned i = 0; i < 200; i++)
		put(0, i % FLOWS, i);
	for (unsigned i = 0; i < 10; i++)
		bed_turn(&bed, 0);
	waiting = rte_ring_count(b->spread[0][2]);
	cr_assert_gt(waiting, 50);
	cut("1x200G");
	bed_settle(&bed);
	d = bed_delta(&bed, "cut");
	cr_expect_eq(d.drop[DROP_PORT_REMOVED], waiting);
	cr_expect_eq(d.tx, 200 - waiting);
	bed_forget(&bed);
	for (unsigned i = 0; i < 200; i++)
		put(0, i % FLOWS, i);
	bed_settle(&bed);
	bed_forget(&bed);
	bed_expect_sent(&bed, "later ones", 200, 200);
	bed_close(&bed);
}

/* Packets, turns of the three, ports cut and given back in any order: order and conservation. */
Test(spread, any_order)
{
	unsigned next[2][FLOWS] = { { 0 } }, seen[2][FLOWS] = { { 0 } }, n = 0;
	uint64_t seed = 77;

	start_three();
	for (unsigned step = 0; step < 60000; step++) {
		const unsigned from = guard_random(&seed) % 2, flow = guard_random(&seed) % FLOWS;
		const unsigned what = guard_random(&seed) % 10;

		if (what < 5) {
			if (rte_eth_rx_queue_count(b->ports[from].id, 0) < 400)
				put(from, flow, next[from][flow]++);
		} else if (what < 8) {
			bed_turn(&bed, what - 5);
		} else if (what < 9) {
			bed_control(&bed);
			bed_drain(&bed);
		} else if (guard_random(&seed) % 16 == 0) {
			b->ports[from].cut = guard_random(&seed) % 2;
			workers_republish(b);
		}
		if (step % 64 == 0)
			bed_delta(&bed, "any order");
	}
	bed_settle(&bed);
	for (const struct frame *f; (f = bed_next(&bed)); n++) {
		const unsigned from = !f->port, flow = flow_of(f->data), id = id_of(f->data);

		cr_assert_geq(id, seen[from][flow], "flow %u/%u: %u after %u", from, flow, id,
			      seen[from][flow]);
		seen[from][flow] = id + 1;
	}
	bed_delta(&bed, "any order");
	cr_expect_gt(n, 10000);
	cr_expect_eq(n + bed.last.drop[DROP_PORT_DOWN], bed.sent);
	bed_close(&bed);
}
