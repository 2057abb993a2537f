/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_stall.c: a lane whose peer takes nothing is named, once, and only that one. */
#include "tests/unit/cpx_peer_port.h"

static void start_listening(void)
{
	start_peer();
	listen_to_log();
}

TestSuite(peer_stall, .init = start_listening, .fini = remove_folder);

static void send_some(uint16_t port, uint16_t lane, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		cr_assert_eq(send_one(port, lane, frame(60, 0)), 1);
}

static bool takes_all(uint32_t lane)
{
	uint8_t bytes[2048];

	while (fiber_receive(fiber_rx_queue(far, lane), bytes, sizeof(bytes)) > 0)
		continue;
	return true;
}

Test(peer_stall, names_the_lane_once)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=3,role=server", 3);

	far_of(port, (struct fiber_config){ .lanes = 3 });
	send_some(port, 1, 3);
	until(takes_all(0) && xstat(port, "lane1_tx_stalled") == 1);
	cr_expect_eq(xstat(port, "lane0_tx_stalled"), 0);
	cr_expect_eq(xstat(port, "lane2_tx_stalled"), 0);
	send_some(port, 0, 1);
	takes_all(0);
	send_some(port, 2, 2);
	until(xstat(port, "lane2_tx_stalled") == 1);
	cr_expect_eq(times_said("lane 1 is stalled"), 1);
	cr_expect_eq(times_said("lane 0 is stalled"), 0);
	cr_assert_eq(rte_eth_xstats_reset(port), 0);
	cr_expect_eq(xstat(port, "lane1_tx_stalled"), 1, "it is still");
	until(takes_all(1) && xstat(port, "lane1_tx_stalled") == 0);
	cr_expect_eq(xstat(port, "lane2_tx_stalled"), 1);
	cr_expect_eq(times_said("lane 1 goes on"), 1);
	send_some(port, 1, 1);
	until(xstat(port, "lane1_tx_stalled") == 1);
	cr_expect_eq(times_said("lane 1 is stalled"), 2);
}

Test(peer_stall, ends_with_the_peer)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server", 1);

	far_of(port, (struct fiber_config){ 0 });
	send_some(port, 0, 1);
	until(xstat(port, "lane0_tx_stalled") == 1);
	far_gone(port);
	until(xstat(port, "lane0_tx_stalled") == 0);
	cr_expect_eq(times_said("goes on"), 0, "it does not");
	far_of(port, (struct fiber_config){ 0 });
	send_some(port, 0, 1);
	until(xstat(port, "lane0_tx_stalled") == 1);
	cr_expect_eq(times_said("lane 0 is stalled"), 2);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_expect_eq(xstat(port, "lane0_tx_stalled"), 0);
	start(port);
	until(is_up(port) && takes_all(0));
	send_some(port, 0, 1);
	until(xstat(port, "lane0_tx_stalled") == 1);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
}

Test(peer_stall, names_a_broken_lane)
{
	uint16_t port = running_peer_port("net_cpx0", "lanes=2,role=server", 2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	fiber_tx_queue(far, 1)->ring->prod += 1000;
	cr_assert_null(receive_one(port, 1));
	until(link_of(port).link_speed == 106250);
	cr_expect_eq(times_said("protocol error on lane 1"), 1);
	fiber_rx_queue(far, 0)->ring->cons += 1000;
	for (unsigned i = 0; i < PORT_RING + 1; i++) {
		struct rte_mbuf *m = frame(60, 0);

		if (send_one(port, 0, m) == 0)
			rte_pktmbuf_free(m);
	}
	until(!is_up(port));
	cr_expect_eq(times_said("protocol error on lane 0"), 1);
	cr_expect_eq(times_said("protocol error on lane 1"), 1);
	far_gone(port);
	far_of(port, (struct fiber_config){ .lanes = 2 });
	until(link_of(port).link_speed == 2 * 106250);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}
