/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_dev_asks.c: what is asked of a port is asked of its carrier, another port of ours. */
#include <errno.h>
#include <poll.h>
#include <rte_dev_info.h>

#include "tests/unit/cpx_port.h"

TestSuite(dev_asks, .init = start_eal);

static uint16_t carrier, far, port;

static void three_ports(const struct rte_eth_conf *conf)
{
	carrier = new_port("net_cpx0", "carrier=fiber:x");
	far = running_port("net_cpx1", "carrier=fiber:x", 1);
	port = new_port("net_cpx2", "carrier=dev:net_cpx0");
	set_up_with(port, 1, conf);
	start(port);
}

Test(dev_asks, flow_control_limits_and_fec)
{
	struct rte_eth_fc_conf fc = { .mode = RTE_ETH_FC_NONE };
	struct rte_eth_fec_capa capa;
	uint32_t fec;

	three_ports(&(struct rte_eth_conf){ 0 });
	cr_assert_eq(rte_eth_dev_flow_ctrl_set(port, &fc), 0);
	fc.mode = RTE_ETH_FC_FULL;
	cr_assert_eq(rte_eth_dev_flow_ctrl_get(carrier, &fc), 0);
	cr_assert_eq(fc.mode, RTE_ETH_FC_NONE, "it reached the carrier");
	cr_assert_eq(rte_eth_set_queue_rate_limit(port, 0, 100), 0);
	cr_assert_eq(rte_eth_fec_get_capability(port, &capa, 1), 1);
	cr_assert_eq(rte_eth_fec_get(port, &fec), 0);
	cr_assert_eq(fec, RTE_ETH_FEC_MODE_CAPA_MASK(RS));
	cr_assert_eq(rte_eth_fec_set(port, RTE_ETH_FEC_MODE_CAPA_MASK(BASER)), -ENOTSUP);
}

Test(dev_asks, what_no_carrier_knows)
{
	struct rte_eth_dev_module_info info;
	struct rte_eth_fc_conf fc = { .mode = RTE_ETH_FC_NONE };
	char version[32];

	cr_assert_eq(rte_vdev_init("net_ring0", NULL), 0);
	port = running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	cr_assert_eq(rte_eth_dev_get_module_info(port, &info), -ENOTSUP);
	cr_assert_eq(rte_eth_dev_fw_version_get(port, version, sizeof(version)), -ENOTSUP);
	cr_assert_eq(rte_eth_led_on(port), -ENOTSUP);
	cr_assert_eq(rte_eth_dev_flow_ctrl_set(port, &fc), 0, "lanes know flow control themselves");
	cr_assert_eq(rte_eth_dev_flow_ctrl_get(port, &fc), 0);
	cr_assert_eq(fc.mode, RTE_ETH_FC_NONE);
}

Test(dev_asks, a_carrier_that_is_gone)
{
	uint32_t fec;

	three_ports(&(struct rte_eth_conf){ 0 });
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	cr_assert_eq(rte_eth_fec_get(port, &fec), -ENODEV);
}

Test(dev_asks, interrupts)
{
	const struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	struct pollfd p = { .events = POLLIN };

	three_ports(&conf);
	p.fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port, 0);
	cr_assert_geq(p.fd, 0);
	for (unsigned round = 0; round < 3; round++) {
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
		cr_assert_eq(poll(&p, 1, 0), 0);
		cr_assert_eq(send_one(far, 0, frame(60, 0)), 1);
		cr_assert_eq(poll(&p, 1, 1000), 1);
		cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 0), 0);
		rte_pktmbuf_free(receive_one(port, 0));
	}
	cr_assert_eq(send_one(far, 0, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
	cr_assert_eq(poll(&p, 1, 0), 1, "there is one already");
	rte_pktmbuf_free(receive_one(port, 0));
}
