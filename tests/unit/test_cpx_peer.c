/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer.c, cpx_peer_show.c: a port and its peer, who come, go, stop and differ. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "lib/fiber/lent.h"
#include "tests/unit/cpx_peer_port.h"
#include "tests/unit/fiber_bare.h"

TestSuite(peer, .init = start_peer, .fini = remove_folder);

static void far_sends(uint32_t lane, uint64_t n)
{
	uint8_t bytes[60];

	fill_frame(bytes, n, sizeof(bytes));
	cr_assert_eq(fiber_send(fiber_tx_queue(far, lane), bytes, sizeof(bytes)), 0);
}

static void far_takes(uint32_t lane, uint64_t n)
{
	uint8_t bytes[2048];

	cr_assert_eq(fiber_receive(fiber_rx_queue(far, lane), bytes, sizeof(bytes)), 60);
	cr_assert(frame_is(bytes, n, 60));
}

static void expect_here(uint16_t port, uint16_t queue, uint64_t n)
{
	struct rte_mbuf *m = receive_one(port, queue);

	cr_assert_not_null(m);
	cr_assert(is_numbered(m, n, 60));
	rte_pktmbuf_free(m);
}

static void expect_both_ways(uint16_t port, uint16_t lane)
{
	cr_assert_eq(send_one(port, lane, numbered(7, 60)), 1);
	far_takes(lane, 7);
	far_sends(lane, 8);
	expect_here(port, lane, 8);
}

/* ---- a peer comes and goes ---- */

Test(peer, as_server_and_as_client)
{
	static const char *const roles[] = { "role=server", "role=client" };

	for (unsigned i = 0; i < 2; i++) {
		uint16_t port = running_peer_port("net_cpx0", roles[i], 1);

		cr_assert_not(is_up(port));
		cr_assert_null(receive_one(port, 0));
		for (unsigned round = 0; round < 3; round++) {
			far_of(port, (struct fiber_config){ .server = i == 1 });
			cr_expect_eq(link_of(port).link_speed, 106250);
			expect_both_ways(port, 0);
			far_gone(port);
			cr_assert_null(receive_one(port, 0));
		}
		cr_expect_eq(xstat(port, "lane0_rx_packets"), 3);
		cr_expect_eq(xstat(port, "lane0_tx_packets"), 3);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer, without_a_peer_frames_are_the_callers)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(send_one(port, 0, m), 0);
	cr_expect_eq(xstat(port, "lane0_tx_down"), 1);
	rte_pktmbuf_free(m);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

static unsigned ups, downs;

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	if (is_up(port))
		store_relaxed(&ups, ups + 1);
	else
		store_relaxed(&downs, downs + 1);
	return 0;
}

Test(peer, link_changes_are_told)
{
	const struct rte_eth_conf conf = { .intr_conf.lsc = 1 };
	uint16_t port = new_peer_port("net_cpx0", "role=server");

	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL), 0);
	set_up_with(port, 1, &conf);
	start(port);
	for (unsigned round = 1; round <= 5; round++) {
		far_of(port, (struct fiber_config){ 0 });
		until(load_relaxed(&ups) == round);
		far_gone(port);
		until(load_relaxed(&downs) == round);
	}
}

Test(peer, many_peers_one_after_the_other)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);
	unsigned long pages = 0;
	unsigned fds = 0;

	for (unsigned round = 0; round < 300; round++) {
		far_of(port, (struct fiber_config){ .lanes = 1 + round % 2 });
		expect_both_ways(port, 0);
		far_sends(0, 9);
		far_gone(port);
		if (round == 100) {
			fds = open_fds();
			pages = pages_at_rest();
		}
	}
	cr_expect_eq(open_fds(), fds);
	cr_expect_leq(pages_at_rest(), pages + 64);
	cr_expect_eq(xstat(port, "lane0_rx_packets"), 300, "what a dead peer left is gone");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer, many_peers_that_lend)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server,lent=1", 2);
	unsigned long pages = 0;
	unsigned fds = 0;

	for (unsigned round = 0; round < 100; round++) {
		far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_LENT, .lanes = 2 });
		expect_both_ways(port, 0);
		far_gone(port);
		if (round == 50) {
			fds = open_fds();
			pages = pages_at_rest();
		}
	}
	cr_expect_leq(pages_at_rest(), pages + 64);
	cr_expect_eq(open_fds(), fds);
}

/* ---- ends that differ ---- */

Test(peer, lanes_in_common_work)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=4,role=server", 4);
	struct rte_mbuf *m = frame(60, 0);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	until(link_of(port).link_speed == 2 * 106250);
	cr_expect_eq(xstat(port, "active_lanes"), 2);
	cr_assert_eq(send_one(port, 2, m), 0, "lane 2 has no other end");
	cr_expect_eq(xstat(port, "lane2_tx_down"), 1);
	rte_pktmbuf_free(m);
	for (uint16_t lane = 0; lane < 2; lane++)
		expect_both_ways(port, lane);
	far_gone(port);
	far_of(port, (struct fiber_config){ .lanes = 6 });
	until(link_of(port).link_speed == 4 * 106250);
	for (uint16_t lane = 0; lane < 4; lane++)
		expect_both_ways(port, lane);
}

Test(peer, the_peers_lanes_that_are_closed)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=3,role=server", 3);
	struct rte_mbuf *m = numbered(7, 60);

	far_of(port, (struct fiber_config){ .lanes = 3 });
	fiber_lanes_set(far, 5);
	until(link_of(port).link_speed == 2 * 106250);
	far_sends(1, 3);
	cr_assert_null(receive_one(port, 1), "the lane is handed on");
	expect_here(port, 0, 3); /* was on its way */
	fiber_lanes_set(far, 0);
	until(!is_up(port));
	cr_assert_eq(send_one(port, 0, m), 0);
	fiber_lanes_set(far, UINT64_MAX);
	until(link_of(port).link_speed == 3 * 106250);
	cr_assert_eq(send_one(port, 1, m), 1);
	far_takes(1, 7);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer, our_lanes_that_are_closed)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=3,role=server", 3);

	far_of(port, (struct fiber_config){ .lanes = 3 });
	until((status_of(far).peer_lanes & 7) == 7);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	until((status_of(far).peer_lanes & 7) == 5);
	cr_assert_eq(rte_eth_dev_tx_queue_stop(port, 2), 0);
	until((status_of(far).peer_lanes & 7) == 1);
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	cr_assert_eq(rte_eth_dev_tx_queue_start(port, 2), 0);
	until((status_of(far).peer_lanes & 7) == 7);
	cr_assert_eq(rte_eth_dev_set_link_down(port), 0);
	until((status_of(far).peer_lanes & 7) == 0);
	cr_assert_eq(rte_eth_dev_set_link_up(port), 0);
	until((status_of(far).peer_lanes & 7) == 7);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	until((status_of(far).peer_lanes & 7) == 0);
	cr_assert_eq(status_of(far).state, FIBER_UP, "stopped is not gone");
	start(port);
	until((status_of(far).peer_lanes & 7) == 7);
	for (uint16_t lane = 0; lane < 3; lane++)
		expect_both_ways(port, lane);
}

Test(peer, more_tx_queues_than_lanes)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = new_peer_port("net_cpx0", "lanes=2,role=server");

	cr_assert_eq(rte_eth_dev_configure(port, 2, 7, &conf), 0);
	for (uint16_t i = 0; i < 2; i++)
		cr_assert_eq(rte_eth_rx_queue_setup(port, i, PORT_RING, SOCKET_ID_ANY, NULL, pool),
			     0);
	for (uint16_t i = 0; i < 7; i++)
		cr_assert_eq(rte_eth_tx_queue_setup(port, i, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	start(port);
	far_of(port, (struct fiber_config){ .lanes = 2 });
	for (uint16_t i = 0; i < 7; i++) {
		cr_assert_eq(send_one(port, i, numbered(i, 60)), 1);
		far_takes(i % 2, i);
	}
	cr_expect_eq(xstat(port, "lane0_tx_packets"), 4);
	cr_expect_eq(xstat(port, "lane1_tx_packets"), 3);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer, flows_spread_over_the_lanes)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=4,role=server,spread=hash", 4);
	unsigned got[4] = { 0 }, total = 0;
	uint8_t bytes[2048];

	far_of(port, (struct fiber_config){ .lanes = 4 });
	for (uint32_t i = 0; i < 256; i++) {
		struct rte_mbuf *m = frame(60, 0);

		m->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = i * 2654435761u >> 7;
		cr_assert_eq(send_one(port, 0, m), 1);
		for (uint32_t lane = 0; lane < 4; lane++)
			while (fiber_receive(fiber_rx_queue(far, lane), bytes, sizeof(bytes)) > 0)
				got[lane]++;
	}
	for (unsigned lane = 0; lane < 4; lane++) {
		cr_expect_gt(got[lane], 30, "lane %u got %u", lane, got[lane]);
		total += got[lane];
	}
	cr_expect_eq(total, 256);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer, ring_sizes)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ .slots = 4096 });
	cr_expect_eq(status_of(far).terms.log2_slots, 8, "the smaller of both");
	far_gone(port);
	far_of(port, (struct fiber_config){ .slots = 64 });
	cr_expect_eq(status_of(far).terms.log2_slots, 6);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, 32, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, 32, SOCKET_ID_ANY, NULL), 0);
	start(port);
	until(is_up(port) && status_of(far).terms.log2_slots == 5);
	expect_both_ways(port, 0);
}

/* ---- stop and start with frames under way ---- */

Test(peer, who_stops_takes_its_frames_out)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	cr_assert_eq(send_one(port, 0, numbered(1, 60)), 1);
	for (uint64_t i = 0; i < 5; i++)
		far_sends(1, i);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	far_takes(0, 1); /* what is on the fiber arrives */
	cr_expect_eq(xstat(port, "lane1_rx_flushed"), 5);
	far_sends(1, 5); /* of a peer that does not listen */
	start(port);
	cr_assert_null(receive_one(port, 1), "nothing old comes after a start");
	cr_expect_eq(xstat(port, "lane1_rx_flushed"), 6);
	until(is_up(port));
	expect_both_ways(port, 1);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* Frames that the peer lent and nobody took go back to it. */
Test(peer, who_stops_gives_back_what_was_lent)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server,lent=1", 1);
	uint8_t bytes[1500] = { 0 };
	struct fiber_tx *t;
	uint32_t x;

	far_of(port, (struct fiber_config){ .features = FIBER_FEATURE_LENT });
	t = fiber_tx_queue(far, 0);
	for (unsigned round = 0; round < 50; round++) {
		until(is_up(port));
		for (unsigned i = 0; i < PORT_RING; i++) {
			cr_assert_eq(fiber_tx_reserve(t, 1), 1);
			cr_assert_eq(fiber_tx_take(t, &x, 1), 1, "round %u, frame %u", round, i);
			memcpy(fiber_tx_frame(t, x), bytes, sizeof(bytes));
			fiber_tx_describe_lent(t, 0, x,
					       (struct fiber_desc){ .len = sizeof(bytes) });
			fiber_tx_submit(t, 1, 1, sizeof(bytes));
		}
		cr_assert_eq(rte_eth_dev_stop(port), 0);
		start(port);
	}
	cr_expect_eq(xstat(port, "lane0_rx_flushed"), 50 * PORT_RING);
	cr_expect_eq(t->count.starved + t->count.bad_returns, 0);
}

Test(peer, mbufs_too_small_to_copy_into)
{
	struct rte_mempool *tiny =
		rte_pktmbuf_pool_create("tiny", 63, 0, 0, RTE_PKTMBUF_HEADROOM + 64, SOCKET_ID_ANY);
	struct rte_mempool *small = rte_pktmbuf_pool_create(
		"small", 63, 0, 0, RTE_PKTMBUF_HEADROOM + 130, SOCKET_ID_ANY);
	const struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER };
	uint16_t port = new_peer_port("net_cpx0", "role=server");
	uint8_t bytes[1400];

	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	cr_assert_neq(rte_eth_rx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL, tiny), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL, small), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, PORT_RING, SOCKET_ID_ANY, NULL), 0);
	start(port);
	far_of(port, (struct fiber_config){ 0 });
	for (uint32_t len = 14; len <= sizeof(bytes); len++) {
		struct rte_mbuf *m;

		fill_frame(bytes, len, len);
		cr_assert_eq(fiber_send(fiber_tx_queue(far, 0), bytes, len), 0);
		m = receive_one(port, 0);
		cr_assert(m != NULL && is_numbered(m, len, len), "%u bytes", len);
		cr_assert_eq(m->nb_segs, (len + 129) / 130);
		rte_pktmbuf_free(m);
	}
	cr_assert_eq(rte_mempool_avail_count(small), 63);
}

Test(peer, a_lane_that_stops_hands_its_frames_on)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	far_sends(1, 1);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	far_sends(1, 2);
	expect_here(port, 0, 1);
	expect_here(port, 0, 2);
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	until((status_of(far).peer_lanes & 3) == 3);
	/* queue 0 gives the lane back in a poll of its own */
	cr_assert_null(receive_one(port, 0));
	far_sends(1, 3);
	expect_here(port, 1, 3);
}

Test(peer, close_with_frames_everywhere)
{
	for (unsigned round = 0; round < 20; round++) {
		uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

		far_of(port, (struct fiber_config){ .lanes = 2 });
		for (uint64_t i = 0; i < 40; i++) {
			cr_assert_eq(send_one(port, i % 2, numbered(i, 60)), 1);
			far_sends(i % 2, i);
		}
		if (round % 2 == 0)
			cr_assert_eq(rte_eth_dev_stop(port), 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
		until(status_of(far).state != FIBER_UP);
		fiber_destroy(far);
		far = NULL;
		cr_assert_eq(pool_level(), POOL_FRAMES);
	}
}

Test(peer, two_ports_restart_in_turn)
{
	uint16_t a = running_peer_port("net_cpx0", "lanes=2,role=server", 2);
	uint16_t b = running_peer_port("net_cpx1", "lanes=2,role=client", 2);

	for (unsigned round = 0; round < 20; round++) {
		uint16_t other = round % 2 ? a : b;

		until(is_up(a) && is_up(b));
		cr_assert_eq(send_one(a, 1, numbered(1, 60)), 1);
		expect_here(b, 1, 1);
		cr_assert_eq(send_one(b, 1, numbered(2, 60)), 1);
		cr_assert_eq(send_one(a, 1, numbered(3, 60)), 1);
		cr_assert_eq(rte_eth_dev_stop(other), 0);
		until(!is_up(a) && !is_up(b));
		if (other == b)
			expect_here(a, 1, 2);
		else
			expect_here(b, 1, 3);
		start(other);
	}
	cr_expect_eq(xstat(a, "lane1_tx_packets"), 40);
	cr_expect_eq(xstat(b, "lane1_rx_packets") + xstat(b, "lane1_rx_flushed"), 40);
	cr_expect_eq(xstat(b, "lane1_tx_packets"),
		     xstat(a, "lane1_rx_packets") + xstat(a, "lane1_rx_flushed"));
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* ---- what it is told and shows ---- */

Test(peer, paths_that_can_not_be)
{
	char args[256];

	cr_expect_neq(rte_vdev_init("net_cpx0", "carrier=fiber:/nowhere/at/all,role=server"), 0);
	snprintf(args, sizeof(args), "carrier=fiber:%s,role=server", socket_path);
	new_port("net_cpx1", args);
	cr_expect_neq(rte_vdev_init("net_cpx2", args), 0, "it has a server");
	cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0);
	cr_expect_neq(access(socket_path, F_OK), 0, "the socket is gone with the port");
	new_port("net_cpx2", args);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(peer, queue_counts_and_descriptors)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	cr_expect_eq(rte_eth_rx_queue_count(port, 0), 0);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 0), RTE_ETH_RX_DESC_AVAIL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, 0), RTE_ETH_TX_DESC_FULL, "no peer");
	far_of(port, (struct fiber_config){ 0 });
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING - 1), RTE_ETH_TX_DESC_DONE);
	for (uint64_t i = 0; i < 10; i++) {
		far_sends(0, i);
		cr_assert_eq(send_one(port, 0, numbered(i, 60)), 1);
	}
	cr_expect_eq(rte_eth_rx_queue_count(port, 0), 10);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 9), RTE_ETH_RX_DESC_DONE);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 10), RTE_ETH_RX_DESC_AVAIL);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, PORT_RING), -EINVAL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING - 11), RTE_ETH_TX_DESC_DONE);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING - 10), RTE_ETH_TX_DESC_FULL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, PORT_RING), -EINVAL);
	/* a peer says what it likes */
	fiber_tx_queue(far, 0)->ring->prod = 0xfffffff0;
	fiber_rx_queue(far, 0)->ring->cons = 5000;
	cr_expect_eq(rte_eth_rx_queue_count(port, 0), 0);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 0), RTE_ETH_RX_DESC_AVAIL);
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, 0), RTE_ETH_TX_DESC_FULL);
}

static const char *dump(uint16_t port)
{
	static char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	cr_assert_not_null(out);
	cr_assert_eq(rte_eth_dev_priv_dump(port, out), 0);
	fclose(out);
	return text;
}

Test(peer, dump_says_who_is_there)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);
	char pid[32];

	cr_expect_not_null(strstr(dump(port), "waiting for a peer"));
	far_of(port, (struct fiber_config){ .lanes = 2 });
	snprintf(pid, sizeof(pid), "peer pid %d", (int)getpid());
	cr_expect_not_null(strstr(dump(port), pid), "%s", dump(port));
	cr_expect_not_null(strstr(dump(port), "2 lanes of 256 slots of 2048 bytes"));
	cr_expect_not_null(strstr(dump(port), "1 connections"));
	far_gone(port);
	cr_expect_not_null(strstr(dump(port), "last trouble"), "%s", dump(port));
}

/* The path is somebody else's when the port wants another fiber: an error, and then again not. */
Test(peer, a_path_that_was_taken)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);
	FILE *other;

	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(unlink(socket_path), 0);
	other = fopen(socket_path, "w");
	cr_assert_not_null(other);
	fclose(other);
	cr_assert_eq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(port, 0, 64, SOCKET_ID_ANY, NULL, pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(port, 0, 64, SOCKET_ID_ANY, NULL), 0);
	cr_assert_neq(rte_eth_dev_start(port), 0);
	cr_expect_not(is_up(port));
	cr_expect_eq(xstat(port, "lane0_rx_bad_runt"), 0);
	cr_expect_not_null(dump(port));
	cr_assert_eq(unlink(socket_path), 0);
	start(port);
	far_of(port, (struct fiber_config){ 0 });
	expect_both_ways(port, 0);
}

Test(peer, kept_configuration_keeps_the_connection)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	for (unsigned i = 0; i < 5; i++) {
		cr_assert_eq(rte_eth_dev_stop(port), 0);
		set_up(port, 1);
		start(port);
		until(is_up(port));
	}
	cr_expect_eq(status_of(far).connections, 1);
}

Test(peer, a_broken_lane_is_well_after_a_restart_of_the_port)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	fiber_tx_queue(far, 1)->ring->prod += 1000;
	cr_assert_null(receive_one(port, 1));
	until(link_of(port).link_speed == 106250);
	expect_both_ways(port, 0);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	start(port);
	until(link_of(port).link_speed == 2 * 106250);
	until(status_of(far).state == FIBER_UP && status_of(far).connections == 2);
	for (uint16_t lane = 0; lane < 2; lane++)
		expect_both_ways(port, lane);
}
