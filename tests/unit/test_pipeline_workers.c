/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two workers, turned by hand in any order: packets for the other's lanes pass through its ring in
 * order and are counted where they end; configurations change while packets are in between.
 *
 * Lanes: p0 is worker 0's, p1 worker 1's, of p2 each has one.
 */
#include <rte_ethdev.h>

#include "dataplane/run/graph.h"
#include "tests/unit/board.h"
#include "tests/unit/guard.h"

static const char yaml[] =
	"workers: {count: 2}\n"
	"ports:\n"
	"  p0: {lanes: oe0/0, carrier: loop, addresses: [10.0.0.1/24, '2001:db8::1/64']}\n"
	"  p1: {lanes: oe0/1, carrier: loop, addresses: [10.0.1.1/24, '2001:db8:1::1/64']}\n"
	"  p2: {lanes: oe0/2-3, carrier: loop, addresses: [10.0.2.1/24]}\n"
	"neighbors:\n"
	"  - {ip: 10.0.0.2, mac: '02:00:00:00:00:02'}\n"
	"  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n"
	"  - {ip: 10.0.2.2, mac: '02:00:00:00:02:02'}\n";

static const uint8_t host[3][6] = { { 2, 0, 0, 0, 0, 2 },
				    { 2, 0, 0, 0, 1, 2 },
				    { 2, 0, 0, 0, 2, 2 } },
		     mac[6] = { 2, 0, 0, 0, 1, 7 };
static struct bed bed;
static struct frame in, want;

TestSuite(pipeline_workers, .fini = bed_clean);

static void start(void)
{
	bed_open(&bed, yaml, (const unsigned[]){ 1, 1, 2, 0 });
	cr_assert_eq(bed.board->n_workers, 2);
	cr_assert_eq(bed.board->lanes[0].worker, 0);
	cr_assert_eq(bed.board->lanes[1].worker, 1);
	cr_assert_neq(bed.board->lanes[2].worker, bed.board->lanes[3].worker);
}

/* Packet `id` of a flow from the host behind one port to that behind another. */
static void packet(unsigned from, unsigned to, uint16_t flow, uint16_t id)
{
	char src[32], dst[32];

	snprintf(src, sizeof(src), "10.0.%u.2", from);
	snprintf(dst, sizeof(dst), "10.0.%u.2", to);
	frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, from),
				      .from = host[from],
				      .src = src,
				      .dst = dst,
				      .id = id,
				      .src_port = (uint16_t)(1000 + flow),
				      .payload = 30 });
}

static void put(unsigned from, unsigned to, uint16_t flow, uint16_t id)
{
	packet(from, to, flow, id);
	bed_send(&bed, from, &in);
}

/* The next n frames of port `port` are packets first, first + 1, … from `from`. */
static void expect_row(unsigned from, unsigned port, unsigned first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		packet(from, port, 0, (uint16_t)(first + i));
		frame_forwarded(&want, &in, host[port], bed_mac(&bed, port), 0);
		bed_expect_frame(&bed, "in a row", port, &want);
	}
}

static uint64_t cell(unsigned worker, unsigned lane, unsigned slot)
{
	return telemetry_lcore_lane(bed.board->telemetry, worker, lane)->v[slot];
}

Test(pipeline_workers, handed_over_in_order)
{
	start();
	for (unsigned i = 0; i < 2000; i++) {
		put(0, 1, 0, (uint16_t)i);
		if (i % 250 == 249)
			bed_settle(&bed);
	}
	expect_row(0, 1, 0, 2000);
	bed_expect_sent(&bed, "0 to 1", 2000, 2000);
	cr_expect_eq(cell(0, 0, CELL_RX_PACKETS), 2000, "received by worker 0");
	cr_expect_eq(cell(1, 1, CELL_TX_PACKETS), 2000, "sent by worker 1");
	cr_expect_eq(cell(0, 1, CELL_TX_PACKETS), 0, "and by nobody else");
	for (unsigned i = 0; i < 200; i++)
		put(1, 0, 0, (uint16_t)i);
	bed_settle(&bed);
	expect_row(1, 0, 0, 200);
	cr_expect_eq(cell(1, 1, CELL_RX_PACKETS), 200);
	cr_expect_eq(cell(0, 0, CELL_TX_PACKETS), 200);
	bed_expect_sent(&bed, "1 to 0", 200, 200);
	bed_close(&bed);
}

/* A worker that has a lane of the port sends there itself. */
Test(pipeline_workers, own_lanes_first)
{
	start();
	for (unsigned from = 0; from < 2; from++) {
		const unsigned lane = bed.board->lanes[2].worker == from ? 0 : 1;

		for (unsigned i = 0; i < 200; i++)
			put(from, 2, (uint16_t)i, (uint16_t)i);
		bed_turn(&bed, from);
		for (unsigned i = 0; i < 10; i++)
			bed_turn(&bed, from);
		bed_drain(&bed);
		for (const struct frame *f; (f = bed_next(&bed));) {
			cr_assert_eq(f->port, 2);
			cr_assert_eq(f->lane, lane, "worker %u used lane %u", from, f->lane);
		}
		bed_expect_sent(&bed, "without the other worker", 200, 200);
	}
	bed_close(&bed);
}

Test(pipeline_workers, a_full_ring_is_counted)
{
	struct tally d;
	uint64_t before;

	start();
	for (unsigned i = 0; i < 1400; i++) { /* worker 1 does not run */
		put(0, 1, 0, (uint16_t)i);
		if (i % 100 == 99)
			for (unsigned k = 0; k < 8; k++)
				bed_turn(&bed, 0);
	}
	d = bed_delta(&bed, "full");
	cr_expect_eq(d.rx, 1400);
	cr_expect_eq(d.tx, 0);
	cr_expect_eq(d.drop[DROP_HANDOFF_FULL], 1400 - (WORKER_CTL_RING - 1));
	cr_expect_eq(cell(0, 1, CELL_DROP + DROP_HANDOFF_FULL), d.drop[DROP_HANDOFF_FULL],
		     "on the lane they did not reach, by the worker that had them");
	before = cell(1, 1, CELL_TX_PACKETS);
	bed_settle(&bed);
	expect_row(0, 1, 0, WORKER_CTL_RING - 1);
	cr_expect_eq(cell(1, 1, CELL_TX_PACKETS) - before, WORKER_CTL_RING - 1);
	bed_expect_sent(&bed, "the others arrive", 0, WORKER_CTL_RING - 1);
	bed_close(&bed);
}

/* A packet waits, comes back to the worker that received it and is handed over. */
Test(pipeline_workers, held_packets_come_back_to_their_worker)
{
	start();
	for (unsigned i = 0; i < 30; i++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "10.0.0.2",
					      .dst = "10.0.1.7",
					      .id = (uint16_t)i });
		bed_send(&bed, 0, &in);
	}
	bed_settle(&bed);
	frame_arp(&want, false, NULL, bed_mac(&bed, 1), 0, "10.0.1.1", "10.0.1.7");
	bed_expect_frame(&bed, "asked by the worker of that lane", 1, &want);
	cr_expect_eq(cell(1, 1, CELL_TX_PACKETS), 1);
	cr_expect_eq(bed.board->held, 30);
	frame_arp(&in, true, bed_mac(&bed, 1), mac, 0, "10.0.1.7", "10.0.1.1");
	bed_send(&bed, 1, &in);
	bed_settle(&bed);
	for (unsigned i = 0; i < 30; i++) {
		frame_udp(&in, &(struct udp){ .to = bed_mac(&bed, 0),
					      .src = "10.0.0.2",
					      .dst = "10.0.1.7",
					      .id = (uint16_t)i });
		frame_forwarded(&want, &in, mac, bed_mac(&bed, 1), 0);
		bed_expect_frame(&bed, "released", 1, &want);
	}
	bed_delta(&bed, "released");
	bed_close(&bed);
}

static void cut(unsigned port, bool yes)
{
	bed.board->ports[port].cut = yes;
	workers_republish(bed.board);
}

/* Packets in the ring when the port they are for is taken out: not lost, and nowhere else. */
Test(pipeline_workers, configuration_changes_with_packets_in_between)
{
	const struct worker_cfg *old;

	start();
	bed.keep_grace = true;
	for (unsigned i = 0; i < 200; i++)
		put(0, 1, 0, (uint16_t)i);
	for (unsigned k = 0; k < 10; k++)
		bed_turn(&bed, 0);
	bed_turn(&bed, 1); /* takes 128 of them */
	cr_assert_eq(rte_ring_count(bed.board->handoff[0][1]), 72);
	old = bed.board->workers[1]->cfg;
	cut(1, true);
	cr_expect_eq(bed.board->workers[1]->cfg, old, "until its next turn");
	put(0, 1, 0, 999); /* this one meets the new configuration */
	bed_settle(&bed);
	cr_expect_neq(bed.board->workers[1]->cfg, old);
	expect_row(0, 1, 0, 200);
	bed_expect_nothing(&bed, "one was too late");
	const struct tally d = bed_delta(&bed, "cut");

	cr_expect_eq(d.drop[DROP_PORT_DOWN], 1);
	cr_expect_eq(d.tx, 200);
	put(1, 1, 0, 1); /* what comes in there still counts, and cannot go out */
	bed_settle(&bed);
	bed_expect_drop(&bed, "out of the cut port", DROP_PORT_DOWN, 1);
	put(1, 0, 0, 1);
	bed_settle(&bed);
	expect_row(1, 0, 1, 1);
	bed_expect_sent(&bed, "from it to others", 1, 1);
	cut(1, false);
	put(0, 1, 0, 5);
	bed_settle(&bed);
	expect_row(0, 1, 5, 1);
	bed_expect_sent(&bed, "back again", 1, 1);
	bed.keep_grace = false;
	bed_close(&bed);
}

/* The far end of a fiber goes down and comes back: the board notices by the link. */
Test(pipeline_workers, a_link_goes_down_and_comes_back)
{
	struct tally d;

	start();
	ports_watch(bed.board);
	put(0, 1, 0, 1);
	bed_settle(&bed);
	expect_row(0, 1, 1, 1);
	cr_assert_eq(rte_eth_dev_stop(bed.far[1].id), 0);
	put(0, 1, 0, 2); /* before anybody looked */
	bed_settle(&bed);
	ports_watch(bed.board);
	put(0, 1, 0, 3);
	bed_settle(&bed);
	d = bed_delta(&bed, "down");
	cr_expect_eq(d.drop[DROP_LANE_TX_FULL], 1);
	cr_expect_eq(d.drop[DROP_PORT_DOWN], 1);
	cr_assert_eq(rte_eth_dev_start(bed.far[1].id), 0);
	ports_watch(bed.board);
	put(0, 1, 0, 4);
	bed_settle(&bed);
	expect_row(0, 1, 4, 1);
	bed_delta(&bed, "up again");
	bed_close(&bed);
}

/* One worker and 32 lanes, of which one is always full: it gets its turn and no more (C24). */
Test(pipeline_workers, a_full_lane_starves_nobody)
{
	uint64_t full = 0, loops = 0;
	struct worker *w;

	bed_open(&bed,
		 "workers: {count: 1}\n"
		 "ports:\n"
		 "  p0: {lanes: oe0/0-7, carrier: loop, addresses: [10.0.0.1/24]}\n"
		 "  p1: {lanes: oe0/8-15, carrier: loop, addresses: [10.0.1.1/24]}\n"
		 "  p2: {lanes: oe0/16-23, carrier: loop, addresses: [10.0.2.1/24]}\n"
		 "  p3: {lanes: oe0/24-31, carrier: loop}\n"
		 "neighbors:\n"
		 "  - {ip: 10.0.1.2, mac: '02:00:00:00:01:02'}\n",
		 (const unsigned[]){ 8, 8, 8, 8, 0 });
	w = bed.board->workers[0];
	packet(0, 1, 0, 0);
	for (unsigned round = 0; round < 20; round++) {
		const uint64_t before = cell(0, 0, CELL_RX_PACKETS);
		unsigned waiting = 0;

		while (rte_eth_rx_queue_count(bed.board->ports[0].id, 0) < 400)
			bed_send_lane(&bed, 0, 0, &in);
		for (unsigned lane = 1; lane < 8; lane++) /* one packet each on seven others */
			bed_send_lane(&bed, 0, lane, &in);
		do {
			bed_turn(&bed, 0);
			bed_drain(&bed);
			cr_assert_leq(w->rx_this_loop, GRAPH_BURST);
			loops++;
			waiting = 0;
			for (uint16_t lane = 1; lane < 8; lane++)
				waiting += (unsigned)rte_eth_rx_queue_count(bed.board->ports[0].id,
									    lane);
		} while (waiting);
		full = RTE_MAX(full, cell(0, 0, CELL_RX_PACKETS) - before);
		bed_forget(&bed);
	}
	cr_expect_leq(full, 2 * WORKER_RX_BURST, "%lu of the full lane before one of the others",
		      full);
	cr_expect_leq(loops, 40);
	for (unsigned i = 0; i < 100; i++) { /* twice as many full ones as fit into a loop */
		for (unsigned lane = 0; lane < 16; lane++) {
			packet(lane / 8, 1, 0, 0);
			while (rte_eth_rx_queue_count(bed.board->ports[lane / 8].id, lane % 8) < 64)
				bed_send_lane(&bed, lane / 8, lane % 8, &in);
		}
		bed_turn(&bed, 0);
		bed_drain(&bed);
		bed_forget(&bed);
	}
	for (unsigned lane = 1; lane < 16; lane++)
		cr_expect_gt(cell(0, lane, CELL_RX_PACKETS), 80 * GRAPH_BURST / 16, "lane %u: %lu",
			     lane, cell(0, lane, CELL_RX_PACKETS));
	bed_close(&bed);
}

/*
 * Anything in any order: packets both ways, turns of either worker, ports cut and given back. No
 * packet is lost uncounted, none comes out elsewhere, every flow keeps its order.
 */
Test(pipeline_workers, any_order)
{
	uint64_t seed = 4242;
	unsigned next[3][3] = { { 0 } }, seen[3][3] = { { 0 } };
	unsigned frames = 0;

	start();
	for (unsigned step = 0; step < 60000; step++) {
		const unsigned from = guard_random(&seed) % 3, to = guard_random(&seed) % 3;

		switch (guard_random(&seed) % 8) {
		case 0:
		case 1:
		case 2:
			if (rte_eth_rx_queue_count(bed.board->ports[from].id, 0) < 400) {
				put(from, to, 0, (uint16_t)next[from][to]++);
				frames++;
			}
			break;
		case 3:
		case 4:
			bed_turn(&bed, 0);
			break;
		case 5:
			bed_turn(&bed, 1);
			break;
		case 6:
			bed_control(&bed);
			bed_drain(&bed);
			break;
		default:
			if (guard_random(&seed) % 16 == 0)
				cut(from, guard_random(&seed) % 2);
			break;
		}
		if (step % 64 == 0)
			bed_delta(&bed, "any order");
	}
	bed_settle(&bed);
	for (const struct frame *f; (f = bed_next(&bed));) {
		const unsigned from = f->data[14 + 14], to = f->data[14 + 18];
		const unsigned id = frame_get16(f->data + 18);

		cr_assert_eq(to, f->port, "a packet for port %u came out of port %u", to, f->port);
		cr_assert_lt(from, 3);
		cr_assert_geq(id, seen[from][to], "flow %u to %u: %u after %u", from, to, id,
			      seen[from][to]);
		seen[from][to] = id + 1;
	}
	const struct tally d = bed_delta(&bed, "any order");

	cr_expect_gt(frames, 5000);
	cr_expect_eq(bed.sent, frames);
	cr_expect_eq(bed.last.tx + bed.last.drop[DROP_PORT_DOWN], frames);
	(void)d;
	bed_close(&bed);
}
