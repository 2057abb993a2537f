/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench/gen/port.c and source.c: two generator ports face each other over rings that the test
 * carries from end to end, so that it can lose, double and swap packets and knows the truth.
 */
#include "bench/gen/port.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#define LANES 2

static struct rte_mempool *pool;
static struct rte_ring *out[2][LANES], *in[2][LANES]; /* of port 0 and 1 */
static struct gen_port *port[2];
static struct stream *streams[4];
static uint16_t ids[2];

static void setup(void)
{
	char *argv[] = { "test",     "--no-huge",      "-m", "64", "--no-shconf",
			 "--no-pci", "--no-telemetry", "-l", "0",  "--log-level=error" };
	static const uint8_t families[2] = { AF_INET, AF_INET6 };
	struct rte_eth_conf conf = { 0 };
	char name[32];

	cr_assert_geq(rte_eal_init(RTE_DIM(argv), argv), 0);
	pool = rte_pktmbuf_pool_create("test", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	cr_assert(pool);
	for (unsigned i = 0; i < 2; i++) {
		struct gen_port_params params = { .lanes = LANES, .window = 64, .pool = pool };

		for (unsigned lane = 0; lane < LANES; lane++) {
			snprintf(name, sizeof(name), "out%u%u", i, lane);
			out[i][lane] = rte_ring_create(name, 1024, SOCKET_ID_ANY, 0);
			snprintf(name, sizeof(name), "in%u%u", i, lane);
			in[i][lane] = rte_ring_create(name, 1024, SOCKET_ID_ANY, 0);
		}
		snprintf(name, sizeof(name), "g%u", i);
		ids[i] = (uint16_t)rte_eth_from_rings(name, in[i], LANES, out[i], LANES, 0);
		cr_assert_eq(rte_eth_dev_configure(ids[i], LANES, LANES, &conf), 0);
		for (uint16_t q = 0; q < LANES; q++) {
			rte_eth_rx_queue_setup(ids[i], q, 512, SOCKET_ID_ANY, NULL, pool);
			rte_eth_tx_queue_setup(ids[i], q, 512, SOCKET_ID_ANY, NULL);
		}
		cr_assert_eq(rte_eth_dev_start(ids[i]), 0);
		params.port_id = ids[i];
		/* each is the other's gateway */
		params.host = (struct host){ .mac = { 2, 0, 0, 0, 0, (uint8_t)(i + 1) },
					     .ip4 = NET_BE32(0x0a000001 + i),
					     .gateway4 = NET_BE32(0x0a000002 - i),
					     .ip6 = { 0x20, 1, [15] = (uint8_t)(1 + i) },
					     .gateway6 = { 0x20, 1, [15] = (uint8_t)(2 - i) } };
		cr_assert_eq(gen_port_create(&port[i], &params, NULL), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct stream_params p = { .id = (uint16_t)i,
					   .family = families[i % 2],
					   .ttl = 9,
					   .n_flows = 5,
					   .src = { 10, 1, (uint8_t)i },
					   .dst = { 10, 2, (uint8_t)i } };

		stream_imix(&p);
		cr_assert_eq(stream_create(&streams[i], &p, port[i / 2]->host.mac, NULL), 0);
		cr_assert_eq(gen_port_add_stream(port[i / 2], port[!(i / 2)], streams[i], NULL), 0);
	}
}

static void teardown(void)
{
	for (unsigned i = 0; i < 2; i++) {
		gen_port_destroy(port[i]);
		rte_eth_dev_stop(ids[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		stream_destroy(streams[i]);
	cr_assert_eq(rte_mempool_avail_count(pool), 4095, "packets are missing");
	rte_eal_cleanup();
}

TestSuite(port, .init = setup, .fini = teardown);

/* Which test packet the carrier is at; only test packets are touched. */
static uint64_t carried;
static uint64_t dropped, doubled;

static bool is_test(struct rte_mbuf *m)
{
	return rte_pktmbuf_pkt_len(m) == 70 || rte_pktmbuf_pkt_len(m) == 90 ||
	       rte_pktmbuf_pkt_len(m) > 500;
}

/* Moves what one port sent to the other; every `lose`th is lost, every `twice`th comes twice. */
static void carry(unsigned lose, unsigned twice)
{
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned lane = 0; lane < LANES; lane++) {
			struct rte_mbuf *m;

			while (rte_ring_dequeue(out[i][lane], (void **)&m) == 0) {
				if (!is_test(m)) {
					rte_ring_enqueue(in[!i][lane], m);
					continue;
				}
				carried++;
				if (twice && carried % twice == 0) {
					rte_ring_enqueue(in[!i][lane],
							 rte_pktmbuf_copy(m, pool, 0, UINT32_MAX));
					doubled++;
				}
				if (lose && carried % lose == 0) {
					rte_pktmbuf_free(m);
					dropped++;
				} else {
					rte_ring_enqueue(in[!i][lane], m);
				}
			}
		}
	}
}

static void turns(unsigned n, bool sending, unsigned lose, unsigned twice)
{
	for (unsigned t = 0; t < n; t++) {
		for (unsigned i = 0; i < 2; i++) {
			gen_port_turn(port[i], sending);
			cr_assert_leq(gen_port_outstanding(port[i]), 64, "the window");
		}
		carry(lose, twice);
	}
}

static struct sink_report both(void)
{
	struct sink_report a, b;

	sink_report(&port[0]->sink, &a);
	sink_report(&port[1]->sink, &b);
	a.sent += b.sent;
	a.received += b.received;
	a.lost += b.lost;
	a.duplicate += b.duplicate;
	a.reordered += b.reordered;
	a.corrupted += b.corrupted;
	a.unexpected += b.unexpected;
	return a;
}

Test(port, nothing_is_lost_on_a_good_line)
{
	turns(2000, true, 0, 0);
	turns(4, false, 0, 0);
	struct sink_report r = both();

	cr_expect_gt(r.sent, 10000);
	cr_expect_eq(r.sent, carried);
	cr_expect_eq(r.received, r.sent);
	cr_expect_eq(r.lost + r.duplicate + r.reordered + r.corrupted + r.unexpected, 0);
	cr_expect_eq(gen_port_outstanding(port[0]) + gen_port_outstanding(port[1]), 0);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned f = 0; f < 5; f++)
			cr_expect_gt(streams[i]->flows[f].sent, 100, "every flow has its turn");
	for (unsigned lane = 0; lane < LANES; lane++)
		cr_expect_gt(port[0]->lane_tx[lane], 1000, "every lane works");
}

Test(port, losses_and_doubles_are_counted_exactly)
{
	turns(100, true, 50, 37); /* fewer losses than the window holds */
	turns(4, false, 50, 37);
	struct sink_report r = both();

	cr_expect_gt(dropped, 0);
	/* a lost packet whose copy arrived is not lost, nor is its copy a duplicate */
	uint64_t both_of = carried / (50 * 37);

	cr_expect_eq(r.lost, dropped - both_of);
	cr_expect_eq(r.duplicate, doubled - both_of);
	cr_expect_eq(r.received + r.lost, r.sent);
}

/* A dead line stops the sender at its first window, and nothing is in the way of a clean end. */
Test(port, a_dead_line_stops_the_sender)
{
	for (unsigned t = 0; t < 1000; t++) {
		gen_port_turn(port[0], true);
		for (unsigned lane = 0; lane < LANES; lane++) {
			struct rte_mbuf *m;

			while (rte_ring_dequeue(out[0][lane], (void **)&m) == 0)
				rte_pktmbuf_free(m);
		}
	}
	cr_expect_eq(port[0]->source.sent, 0, "without a gateway nothing is sent");
	cr_expect_gt(port[0]->host_tx, 0, "but it is asked for");
}

/* Lanes that take nothing keep the packets staged: made once, sent later, none lost. */
Test(port, a_full_lane_is_waited_for)
{
	turns(50, true, 0, 0);
	struct rte_mbuf *filler[1023];
	unsigned n[LANES];

	for (unsigned lane = 0; lane < LANES; lane++) {
		n[lane] = rte_ring_free_count(out[0][lane]);
		for (unsigned i = 0; i < n[lane]; i++) {
			filler[i] = rte_pktmbuf_alloc(pool);
			rte_ring_enqueue(out[0][lane], filler[i]);
		}
	}
	for (unsigned t = 0; t < 20; t++)
		gen_port_turn(port[0], true);
	cr_expect_gt(port[0]->n_staged[0] + port[0]->n_staged[1], 0);
	for (unsigned lane = 0; lane < LANES; lane++) {
		struct rte_mbuf *m;

		while (rte_ring_dequeue(out[0][lane], (void **)&m) == 0) {
			cr_assert(!is_test(m));
			rte_pktmbuf_free(m);
		}
	}
	turns(100, true, 0, 0);
	turns(4, false, 0, 0);
	struct sink_report r = both();

	cr_expect_eq(r.received, r.sent);
	cr_expect_eq(r.lost + r.duplicate + r.reordered, 0);
}

Test(port, bad_parameters_are_refused)
{
	struct gen_port_params p = { .lanes = 0, .window = 64, .pool = pool };
	struct gen_port *g = NULL;
	struct err err;

	cr_expect_lt(gen_port_create(&g, &p, &err), 0);
	p.lanes = 9;
	cr_expect_lt(gen_port_create(&g, &p, &err), 0);
	p.lanes = 2;
	p.window = SEQUENCE_WINDOW + 1;
	cr_expect_lt(gen_port_create(&g, &p, &err), 0);
	cr_expect_lt(gen_port_add_stream(port[0], port[1], streams[0], &err), 0, "twice the same");
}
