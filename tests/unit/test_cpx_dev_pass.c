/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_dev_pass.c: the application's calls reach the carrier without a detour. */
#include <errno.h>

#include "tests/unit/cpx_port.h"

TestSuite(dev_pass, .init = start_eal);

static uint16_t carrier_of(const char *name)
{
	uint16_t id;

	cr_assert_eq(rte_vdev_init(name, NULL), 0);
	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &id), 0);
	return id;
}

static const char *mode_of(uint16_t port)
{
	static struct rte_eth_burst_mode mode;

	cr_assert_eq(rte_eth_rx_burst_mode_get(port, 0, &mode), 0);
	return mode.info;
}

static bool passes(uint16_t port)
{
	return strncmp(mode_of(port), "Pass-through net_ring0", 22) == 0;
}

Test(dev_pass, frames_are_the_carriers_and_counted)
{
	uint16_t carrier = carrier_of("net_ring0");
	uint16_t port = running_port("net_cpx0", "carrier=dev:net_ring0,passthrough=1", 1);
	struct rte_mbuf *m[32];
	struct rte_eth_stats stats;

	cr_assert(passes(port), "%s", mode_of(port));
	cr_assert_eq(rte_eth_fp_ops[port].rx_pkt_burst, rte_eth_fp_ops[carrier].rx_pkt_burst);
	cr_assert_eq(rte_eth_fp_ops[port].rxq.data[0], rte_eth_fp_ops[carrier].rxq.data[0]);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 32; i++)
			m[i] = frame(60, 0);
		cr_assert_eq(rte_eth_tx_burst(port, 0, m, 32), 32);
		cr_assert_eq(rte_eth_rx_burst(port, 0, m, 32), 32);
		rte_pktmbuf_free_bulk(m, 32);
		cr_assert_eq(xstat(port, "lane0_rx_packets"), 32 * (round + 1));
	}
	cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
	cr_assert_eq(stats.ipackets, 320);
	cr_assert_eq(stats.opackets, 320);
	cr_assert_eq(rte_eth_stats_reset(port), 0);
	cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
	cr_assert_eq(stats.ipackets, 0);
	cr_assert_eq(rte_eth_tx_done_cleanup(port, 0, 0), -ENOTSUP, "net_ring has no such call");
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 0), -ENOTSUP);
	cr_assert_eq(rte_eth_dev_set_link_down(port), -ENOTSUP);
}

Test(dev_pass, stop_and_start_and_counters_go_on)
{
	uint16_t port;

	carrier_of("net_ring0");
	port = running_port("net_cpx0", "lanes=2,carrier=dev:net_ring0,passthrough=1", 2);
	for (unsigned life = 1; life < 6; life++) {
		cr_assert(passes(port));
		for (uint16_t lane = 0; lane < 2; lane++) {
			struct rte_mbuf *m = frame(60, 0);

			cr_assert_eq(send_one(port, lane, m), 1);
			cr_assert_eq(receive_one(port, lane), m);
			rte_pktmbuf_free(m);
		}
		cr_assert_eq(rte_eth_dev_stop(port), 0);
		cr_assert_eq(xstat(port, "lane0_tx_packets"), life);
		cr_assert_eq(xstat(port, "lane1_rx_packets"), life);
		set_up(port, 2);
		start(port);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev_pass, not_where_something_is_asked_of_the_lanes)
{
	const struct rte_eth_conf checked = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM };
	struct rte_mbuf *m = frame(60, 0);
	uint16_t port;

	carrier_of("net_ring0");
	port = new_port("net_cpx0", "carrier=dev:net_ring0,passthrough=1");
	set_up_with(port, 1, &checked);
	start(port);
	cr_assert_not(passes(port), "%s", mode_of(port));
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(receive_one(port, 0), m);
	cr_assert_eq(m->port, port);
	cr_assert_eq(xstat(port, "lane0_rx_packets"), 1);

	cr_assert_eq(rte_eth_dev_stop(port), 0);
	set_up(port, 1);
	start(port);
	cr_assert(passes(port), "nothing is asked any more");
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(receive_one(port, 0), m);
	cr_assert_eq(xstat(port, "lane0_rx_packets"), 2);
	rte_pktmbuf_free(m);
}

Test(dev_pass, a_carrier_that_goes_and_comes)
{
	struct rte_mbuf *m = frame(60, 0);
	uint16_t port;

	carrier_of("net_ring0");
	port = running_port("net_cpx0", "carrier=dev:net_ring0,passthrough=1", 1);
	for (unsigned life = 1; life < 4; life++) {
		cr_assert_eq(send_one(port, 0, m), 1);
		cr_assert_eq(receive_one(port, 0), m);
		cr_assert_eq(xstat(port, "lane0_tx_packets"), life);
		cr_assert_eq(rte_vdev_uninit("net_ring0"), 0);
		cr_assert_eq(send_one(port, 0, m), 0);
		cr_assert_null(receive_one(port, 0));
		cr_assert_eq(rte_vdev_init("net_ring0", NULL), 0);
		for (unsigned i = 0; i < 5000 && link_of(port).link_status == RTE_ETH_LINK_DOWN;
		     i++)
			usleep(1000);
		cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_UP);
	}
	rte_pktmbuf_free(m);
}
