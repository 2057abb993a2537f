/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_rate.c: flow control, limits of single queues. */
#include <errno.h>
#include <rte_cycles.h>

#include "tests/unit/cpx_port.h"

TestSuite(rate, .init = start_eal);

/* Fill the ring; how many of eight more the lane takes. */
static uint16_t beyond_full(uint16_t port)
{
	struct rte_mbuf *m[PORT_RING + 8];
	uint16_t n;

	for (unsigned i = 0; i < RTE_DIM(m); i++)
		m[i] = frame(60, 0);
	cr_assert_eq(rte_eth_tx_burst(port, 0, m, PORT_RING), PORT_RING);
	n = rte_eth_tx_burst(port, 0, m + PORT_RING, 8);
	rte_pktmbuf_free_bulk(m + PORT_RING + n, 8u - n);
	while (rte_eth_rx_burst(port, 0, m, 1) == 1)
		rte_pktmbuf_free(m[0]);
	return n;
}

Test(rate, flow_control_gives_back_and_its_absence_loses)
{
	uint16_t port = running_port("net_cpx0", "carrier=loop", 1);
	struct rte_eth_fc_conf fc = { 0 };

	cr_assert_eq(rte_eth_dev_flow_ctrl_get(port, &fc), 0);
	cr_assert_eq(fc.mode, RTE_ETH_FC_FULL);
	cr_assert_eq(beyond_full(port), 0);
	cr_assert_eq(xstat(port, "lane0_tx_full"), 8);

	static const struct {
		enum rte_eth_fc_mode mode;
		uint16_t taken;
	} modes[] = { { RTE_ETH_FC_NONE, 8 },
		      { RTE_ETH_FC_TX_PAUSE, 8 },
		      { RTE_ETH_FC_RX_PAUSE, 0 },
		      { RTE_ETH_FC_FULL, 0 } };
	for (unsigned i = 0; i < RTE_DIM(modes); i++) {
		fc = (struct rte_eth_fc_conf){ .mode = modes[i].mode };
		cr_assert_eq(rte_eth_dev_flow_ctrl_set(port, &fc), 0);
		cr_assert_eq(rte_eth_dev_flow_ctrl_get(port, &fc), 0);
		cr_assert_eq(fc.mode, modes[i].mode);
		cr_assert_eq(beyond_full(port), modes[i].taken);
	}
	cr_assert_eq(xstat(port, "lane0_tx_dropped"), 16);
	cr_assert_eq(xstat(port, "lane0_tx_full"), 24);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	fc = (struct rte_eth_fc_conf){ .mode = RTE_ETH_FC_FULL, .pause_time = 7 };
	cr_assert_eq(rte_eth_dev_flow_ctrl_set(port, &fc), -ENOTSUP);
}

/* Mb/s that get through in so many milliseconds of trying, frames of 1000 bytes. */
static double rate_of(uint16_t port, uint16_t queue, unsigned ms)
{
	const uint64_t begin = rte_rdtsc(), end = begin + rte_get_tsc_hz() / 1000 * ms;
	struct rte_mbuf *m = frame(1000, 0);
	uint64_t sent = 0;

	while (rte_rdtsc() < end) {
		if (send_one(port, queue, m) == 1) {
			sent++;
			m = receive_one(port, queue);
			cr_assert_not_null(m);
		}
	}
	rte_pktmbuf_free(m);
	return (double)sent * 1020 * 8 / ((double)ms * 1000);
}

Test(rate, a_queue_keeps_to_its_limit)
{
	uint16_t port = running_port("net_cpx0", "lanes=2,carrier=loop", 2);
	double rate;

	cr_assert_eq(rte_eth_set_queue_rate_limit(port, 1, 100), 0);
	rate = rate_of(port, 1, 200);
	/* the machine may hold us up, the limit is never passed: 100 us of depth, one frame */
	cr_assert_leq(rate, 100 * 1.01, "%g Mb/s", rate);
	cr_assert_gt(xstat(port, "lane1_tx_limited"), 0);
	cr_assert_eq(xstat(port, "lane0_tx_limited"), 0, "its neighbour is free");

	cr_assert_eq(rte_eth_set_queue_rate_limit(port, 1, 1000), 0, "changed while it runs");
	cr_assert_gt(rate_of(port, 1, 50), 100 * 1.01);
	cr_assert_eq(rte_eth_set_queue_rate_limit(port, 1, 0), 0);
	cr_assert_gt(rate_of(port, 1, 50), 1000 * 1.01);
}
