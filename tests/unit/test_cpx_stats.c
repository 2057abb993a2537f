/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_stats.c: basic, per-queue and per-lane statistics, names, reset, a life beyond stop. */
#include <stdlib.h>

#include "pmd/cpx_rxtx.h"
#include "tests/unit/cpx_port.h"

TestSuite(stats, .init = start_eal);

static void send_and_take(uint16_t from, uint16_t to, uint16_t lane, unsigned n, uint16_t len)
{
	for (unsigned i = 0; i < n; i++) {
		cr_assert_eq(send_one(from, lane, frame(len, 0)), 1);
		rte_pktmbuf_free(receive_one(to, lane));
	}
}

Test(stats, packets_and_bytes_per_port_and_lane)
{
	uint16_t a = running_port("net_cpx0", "lanes=3,carrier=fiber:x", 3);
	uint16_t b = running_port("net_cpx1", "lanes=3,carrier=fiber:x", 3);
	struct rte_eth_stats sa, sb;

	send_and_take(a, b, 0, 5, 60);
	send_and_take(a, b, 2, 7, 1000);
	cr_assert_null(receive_one(b, 1));
	rte_eth_stats_get(a, &sa);
	rte_eth_stats_get(b, &sb);
	cr_expect_eq(sa.opackets, 12);
	cr_expect_eq(sa.obytes, 5 * 60 + 7 * 1000);
	cr_expect_eq(sa.q_opackets[2], 7);
	cr_expect_eq(sa.q_obytes[0], 300);
	cr_expect_eq(sa.ipackets, 0);
	cr_expect_eq(sb.ipackets, sa.opackets);
	cr_expect_eq(sb.ibytes, sa.obytes);
	cr_expect_eq(sb.q_ipackets[0], 5);
	cr_expect_eq(sb.imissed + sb.ierrors + sb.rx_nombuf + sa.oerrors, 0);
	cr_expect_eq(xstat(a, "lane2_tx_packets"), 7);
	cr_expect_eq(xstat(a, "lane2_tx_bytes"), 7000);
	cr_expect_eq(xstat(a, "lane2_tx_bursts"), 7);
	cr_expect_eq(xstat(b, "lane2_rx_packets"), 7);
	cr_expect_eq(xstat(b, "lane2_rx_bursts"), 7);
	cr_expect_eq(xstat(b, "lane1_rx_empty_polls"), 1);
	cr_expect_eq(xstat(b, "rx_q0_packets"), 5);
	cr_expect_eq(xstat(b, "active_lanes"), 3);
}

Test(stats, reset_and_restart)
{
	uint16_t port = running_port("net_cpx0", "lanes=2", 2);
	struct rte_eth_stats s;

	send_and_take(port, port, 1, 4, 100);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	set_up(port, 2);
	start(port);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ipackets, 4, "stop, set-up and start keep counters");
	cr_assert_eq(rte_eth_stats_reset(port), 0);
	rte_eth_stats_get(port, &s);
	cr_expect_eq(s.ipackets + s.opackets + s.ibytes + s.obytes, 0);
	cr_expect_eq(xstat(port, "lane1_rx_packets"), 0);
	send_and_take(port, port, 1, 2, 100);
	cr_expect_eq(xstat(port, "lane1_rx_packets"), 2);
	cr_assert_eq(rte_eth_xstats_reset(port), 0);
	cr_expect_eq(xstat(port, "lane1_tx_bytes"), 0);
}

Test(stats, names_and_values_go_together)
{
	uint16_t port = new_port("net_cpx0", "lanes=8");
	int n = rte_eth_xstats_get_names(port, NULL, 0);
	struct rte_eth_xstat_name *names = calloc((size_t)n, sizeof(*names));
	struct rte_eth_xstat *values = calloc((size_t)n, sizeof(*values));
	unsigned lanes = 0;

	cr_assert_eq(rte_eth_xstats_get_names(port, names, (unsigned)n), n);
	cr_assert_eq(rte_eth_xstats_get(port, values, (unsigned)n), n);
	for (int i = 0; i < n; i++) {
		cr_expect_eq(values[i].id, (unsigned)i);
		lanes += strncmp(names[i].name, "lane", 4) == 0;
		for (int k = 0; k < i; k++)
			cr_expect_str_neq(names[i].name, names[k].name);
	}
	cr_expect_eq(lanes, 8 * (CPX_N_RX_COUNTERS + CPX_N_TX_COUNTERS));
	free(names);
	free(values);
}
