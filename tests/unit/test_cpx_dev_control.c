/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_control.c: what a port is told reaches its carrier, and what the carrier cannot do
 * the lanes do.
 */
#include "tests/unit/cpx_port.h"

TestSuite(dev_control, .init = start_eal);

static uint16_t carrier;

static uint16_t port_over(const char *name)
{
	char args[64];

	cr_assert_eq(rte_vdev_init(name, ""), 0, "no %s", name);
	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &carrier), 0);
	snprintf(args, sizeof(args), "carrier=dev:%s", name);
	return running_port("net_cpx0", args, 1);
}

Test(dev_control, the_address_reaches_the_carrier)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 8 } }, now;
	uint16_t port = port_over("net_null0");

	cr_assert_eq(rte_eth_dev_default_mac_addr_set(port, &mac), 0);
	rte_eth_macaddr_get(carrier, &now);
	cr_expect(rte_is_same_ether_addr(&now, &mac));
}

Test(dev_control, modes_reach_the_carrier)
{
	uint16_t port = port_over("net_cpx9");

	cr_assert_eq(rte_eth_promiscuous_enable(port), 0);
	cr_expect_eq(rte_eth_promiscuous_get(carrier), 1);
	cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
	cr_expect_eq(rte_eth_promiscuous_get(carrier), 0);
	cr_assert_eq(rte_eth_allmulticast_enable(port), 0);
	cr_expect_eq(rte_eth_allmulticast_get(carrier), 1);
	cr_assert_eq(rte_eth_allmulticast_disable(port), 0);
	cr_expect_eq(rte_eth_allmulticast_get(carrier), 0);
}

/* net_ring takes no address: it passes everything, and the lanes filter. */
Test(dev_control, what_the_carrier_cannot_the_lanes_do)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 8 } };
	uint16_t port = port_over("net_ring0");
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(rte_eth_promiscuous_disable(port), 0);
	cr_assert_eq(rte_eth_dev_default_mac_addr_set(port, &mac), 0);
	cr_expect_eq(rte_eth_promiscuous_get(carrier), 1);
	cr_expect_eq(rte_eth_promiscuous_get(port), 0);
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_expect_null(receive_one(port, 0), "to zeros");
	m = frame(60, 0);
	memcpy(rte_pktmbuf_mtod(m, void *), &mac, sizeof(mac));
	cr_assert_eq(send_one(port, 0, m), 1);
	cr_expect_eq(receive_one(port, 0), m);
}

Test(dev_control, mtu_goes_to_a_carrier_that_has_one)
{
	uint16_t mtu = 0, port;

	new_port("net_cpx1", "carrier=fiber:x");
	port = running_port("net_cpx2", "carrier=dev:net_cpx1", 1);
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_cpx1", &carrier), 0);
	cr_assert_eq(rte_eth_dev_set_mtu(port, 4000), 0);
	cr_assert_eq(rte_eth_dev_get_mtu(carrier, &mtu), 0);
	cr_expect_eq(mtu, 4000);
	/* one without the call keeps to what it said at configure */
	cr_expect_eq(rte_eth_dev_set_mtu(port_over("net_ring0"), 1400), 0);
}
