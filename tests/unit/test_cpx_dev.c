/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev.c: another port as the carrier. net_ring loops frames, net_null makes and eats them;
 * a carrier with fewer queues.
 */
#include "tests/unit/cpx_port.h"

TestSuite(dev, .init = start_eal);

static void new_carrier(const char *name)
{
	cr_assert_eq(rte_vdev_init(name, ""), 0, "no %s", name);
}

Test(dev, frames_go_through_the_carrier_and_back)
{
	struct rte_eth_burst_mode mode;
	struct rte_mbuf *m, *out[2];
	struct rte_eth_stats stats;
	uint16_t port, carrier;

	new_carrier("net_ring0");
	port = running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_ring0", &carrier), 0);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_UP);
	m = frame(99, 0);
	m->port = 77;
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_assert_eq(receive_one(port, 0), m);
	cr_assert_eq(m->port, port, "the port, not its carrier");
	rte_pktmbuf_free(m);
	rte_eth_stats_get(port, &stats);
	cr_assert_eq(stats.opackets, 1);
	cr_assert_eq(stats.ibytes, 99);
	rte_eth_rx_burst_mode_get(port, 0, &mode);
	cr_assert_str_eq(mode.info, "Lane Carrier net_ring0");

	out[0] = frame(1523, 0); /* too long: dropped, the next one goes */
	out[1] = frame(60, 0);
	cr_assert_eq(rte_eth_tx_burst(port, 0, out, 2), 2);
	cr_assert_eq(xstat(port, "lane0_tx_oversize"), 1);
	cr_assert_eq(xstat(port, "lane0_tx_packets"), 2);
	rte_pktmbuf_free(receive_one(port, 0));
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev, a_full_carrier_gives_frames_back)
{
	static struct rte_mbuf *m[1200];
	uint16_t port, sent = 0;
	uint64_t full;

	new_carrier("net_ring0");
	port = running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	for (unsigned i = 0; i < 1200; i++)
		m[i] = frame(60, 0);
	while (sent < 1200) {
		uint16_t n = rte_eth_tx_burst(port, 0, m + sent, 100);

		sent += n;
		if (n < 100)
			break;
	}
	cr_assert_lt(sent, 1200);
	full = xstat(port, "lane0_tx_full");
	cr_assert_neq(full, 0);
	cr_assert_eq(xstat(port, "lane0_tx_packets"), sent);
	cr_assert_eq(xstat(port, "lane0_tx_bytes"), 60 * sent);
	rte_pktmbuf_free_bulk(m + sent, 1200 - sent);
}

Test(dev, link_follows_the_carriers)
{
	uint16_t port, far;

	new_port("net_cpx0", "carrier=fiber:x");
	far = new_port("net_cpx1", "carrier=fiber:x");
	port = running_port("net_cpx2", "carrier=dev:net_cpx0", 1);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	set_up(far, 1);
	start(far);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(rte_eth_dev_set_link_down(far), 0);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
}

Test(dev, mac_comes_from_the_carrier)
{
	struct rte_ether_addr mac, carriers;
	uint16_t carrier;

	new_carrier("net_null0");
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_null0", &carrier), 0);
	rte_eth_macaddr_get(carrier, &carriers);
	rte_eth_macaddr_get(new_port("net_cpx0", "carrier=dev:net_null0"), &mac);
	cr_assert(rte_is_same_ether_addr(&mac, &carriers));
	new_carrier("net_ring0");
	rte_eth_macaddr_get(new_port("net_cpx1", "carrier=dev:net_ring0"), &mac);
	cr_assert(rte_is_valid_assigned_ether_addr(&mac), "net_ring's is all zeros");
}

static uint64_t oerrors(uint16_t port)
{
	struct rte_eth_stats stats;

	cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
	return stats.oerrors;
}

/* The carrier drops what is longer than its MTU, and its counters fall back to zero. */
Test(dev, errors_of_the_carrier_never_go_back)
{
	uint16_t port, carrier;

	carrier = new_port("net_cpx0", "carrier=fiber:x");
	running_port("net_cpx1", "carrier=fiber:x", 1);
	port = running_port("net_cpx2", "carrier=dev:net_cpx0", 1);
	cr_assert_eq(rte_eth_dev_set_mtu(carrier, 1000), 0);
	cr_assert_eq(send_one(port, 0, frame(1400, 0)), 1);
	cr_assert_eq(oerrors(port), 1);
	cr_assert_eq(rte_eth_stats_reset(carrier), 0);
	cr_assert_eq(oerrors(port), 1);
	cr_assert_eq(send_one(port, 0, frame(1400, 0)), 1);
	cr_assert_eq(oerrors(port), 2);
	cr_assert_eq(rte_eth_stats_reset(port), 0);
	cr_assert_eq(oerrors(port), 0);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	start(port);
	cr_assert_eq(oerrors(port), 0);
	cr_assert_eq(rte_eth_dev_set_mtu(carrier, 1000), 0);
	cr_assert_eq(send_one(port, 0, frame(1400, 0)), 1);
	cr_assert_eq(oerrors(port), 1);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}
