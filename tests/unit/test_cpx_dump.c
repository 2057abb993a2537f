/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_dump.c and cpx_fec.c: what a port tells a tool about its lanes. */
#include <errno.h>
#include <rte_dev_info.h>

#include "tests/unit/cpx_port.h"

TestSuite(dump, .init = start_eal);

Test(dump, registers_of_every_lane)
{
	uint16_t port = running_port("net_cpx0", "lanes=3,carrier=loop", 3);
	struct rte_dev_reg_info info = { 0 };
	uint64_t reg[3 * 7];

	cr_assert_eq(rte_eth_dev_get_reg_info(port, &info), 0);
	cr_assert_eq(info.length, 3 * 7);
	cr_assert_eq(info.width, 8);
	cr_assert_eq(send_one(port, 2, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	info.data = reg;
	cr_assert_eq(rte_eth_dev_get_reg_info(port, &info), 0);
	cr_assert_eq(reg[0], 3, "lit and in service");
	cr_assert_eq(reg[7], 0, "stopped");
	cr_assert_eq(reg[7 + 1], 0, "read by queue 0");
	cr_assert_eq(reg[14 + 3], 1, "one frame sent");
	cr_assert_eq(reg[14 + 4] - reg[14 + 5], 1, "and still on the ring");
	cr_assert_eq(reg[14 + 6], PORT_RING);
	info.length = 5;
	cr_assert_eq(rte_eth_dev_get_reg_info(port, &info), -ENOTSUP);
}

Test(dump, the_reader_of_a_lost_lane_is_named)
{
	uint16_t port = running_port("net_cpx0", "lanes=4,carrier=loop,dark=3", 4);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	cr_assert_eq(rte_eth_dev_priv_dump(port, out), 0);
	fclose(out);
	cr_expect(strstr(text, "lane 1 (engine lane 1): out of service, rx 0 tx 0, read by queue"),
		  "%s", text);
	cr_expect(strstr(text, "lane 3 (engine lane 3): dark"), "%s", text);
	free(text);
}

Test(dump, fec_is_rs)
{
	uint16_t port = running_port("net_cpx0", "lanes=4,rate=106", 4);
	struct rte_eth_fec_capa capa;
	uint32_t mode;

	cr_assert_eq(rte_eth_fec_get_capability(port, NULL, 0), 1);
	cr_assert_eq(rte_eth_fec_get_capability(port, &capa, 1), 1);
	cr_assert_eq(capa.speed, 4 * 106250);
	cr_assert(capa.capa & RTE_ETH_FEC_MODE_CAPA_MASK(RS));
	cr_assert_eq(rte_eth_fec_get(port, &mode), 0);
	cr_assert_eq(mode, RTE_ETH_FEC_MODE_CAPA_MASK(RS));
	cr_assert_eq(rte_eth_fec_set(port, RTE_ETH_FEC_MODE_CAPA_MASK(RS)), 0);
	cr_assert_eq(rte_eth_fec_set(port, RTE_ETH_FEC_MODE_CAPA_MASK(AUTO)), 0);
	cr_assert_eq(rte_eth_fec_set(port, RTE_ETH_FEC_MODE_CAPA_MASK(BASER)), -ENOTSUP);
}
