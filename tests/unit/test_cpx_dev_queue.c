/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_dev_queue.c: how full a carrier's queues are, seen through the port. */
#include <errno.h>

#include "tests/unit/cpx_port.h"

TestSuite(dev_queue, .init = start_eal);

/* The carrier is another port of ours on a fiber, whose rings can be looked into. */
static uint16_t far;

static uint16_t port_on_fiber(void)
{
	uint16_t port;

	new_port("net_cpx0", "carrier=fiber:x");
	far = running_port("net_cpx1", "carrier=fiber:x", 1);
	port = running_port("net_cpx2", "carrier=dev:net_cpx0", 1);
	/* DPDK's interrupt thread works out its link: who asks meanwhile is not told */
	for (unsigned i = 0; i < 20; i++) {
		usleep(1000);
		if (rte_eth_tx_descriptor_status(port, 0, 0) == RTE_ETH_TX_DESC_UNAVAIL)
			i = 0;
	}
	return port;
}

Test(dev_queue, counts_what_waits)
{
	uint16_t port = port_on_fiber();
	struct rte_mbuf *m;

	cr_expect_eq(rte_eth_rx_queue_count(port, 0), 0);
	for (unsigned i = 1; i <= 5; i++) {
		cr_assert_eq(send_one(far, 0, frame(60, 0)), 1);
		cr_expect_eq(rte_eth_rx_queue_count(port, 0), (int)i);
	}
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 4), RTE_ETH_RX_DESC_DONE);
	cr_expect_eq(rte_eth_rx_descriptor_status(port, 0, 5), RTE_ETH_RX_DESC_AVAIL);
	while ((m = receive_one(port, 0)) != NULL)
		rte_pktmbuf_free(m);
	cr_expect_eq(rte_eth_rx_queue_count(port, 0), 0);
}

Test(dev_queue, has_room_to_send)
{
	uint16_t port = port_on_fiber();

	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, 0), RTE_ETH_TX_DESC_DONE);
	while (send_one(port, 0, frame(60, 0)) == 1)
		continue;
	cr_expect_eq(rte_eth_tx_descriptor_status(port, 0, 0), RTE_ETH_TX_DESC_FULL);
	cr_expect_eq(rte_eth_tx_done_cleanup(port, 0, 0), 0);
}

/* Frames that wait in a net_ring at stop are freed, which net_ring does not, and counted. */
Test(dev_queue, is_drained_at_stop)
{
	uint16_t port;

	cr_assert_eq(rte_vdev_init("net_ring0", ""), 0);
	port = running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_expect_eq(xstat(port, "lane0_rx_flushed"), 100);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
