/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_stall.c: a lane whose peer takes nothing is named, once, and only that one. */
#include <rte_log.h>

#include "tests/unit/cpx_peer_port.h"

static char *said;
static size_t said_bytes;
static FILE *log_stream;

static void start_listening(void)
{
	start_peer();
	log_stream = open_memstream(&said, &said_bytes);
	cr_assert_not_null(log_stream);
	rte_openlog_stream(log_stream);
	rte_log_set_global_level(RTE_LOG_DEBUG);
	rte_log_set_level_pattern("pmd.net.cpx*", RTE_LOG_NOTICE);
}

TestSuite(peer_stall, .init = start_listening, .fini = remove_folder);

static unsigned times_said(const char *text)
{
	unsigned n = 0;

	fflush(log_stream);
	for (const char *at = said; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

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
