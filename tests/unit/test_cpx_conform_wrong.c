/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Over every carrier: wrong arguments and calls at the wrong time are refused, and the port goes on
 * as if they had not been made.
 */
#include <errno.h>
#include <rte_flow.h>

#include "tests/unit/conform.h"

#define NO_PORT (RTE_MAX_ETHPORTS - 1)

Conform(conform_wrong, port_and_queue_numbers)
{
	struct rte_eth_burst_mode mode;
	struct rte_eth_rxq_info rx;
	struct rte_eth_txq_info tx;
	struct rte_eth_link link;

	make_ports("");
	start_ports(2);
	cr_expect_eq(rte_eth_dev_start(NO_PORT), -ENODEV);
	cr_expect_eq(rte_eth_link_get_nowait(NO_PORT, &link), -ENODEV);
	cr_expect_eq(rte_eth_link_get_nowait(near, NULL), -EINVAL);
	for (unsigned q = 2; q <= UINT16_MAX; q = q * 2 + 1) {
		const uint16_t no = (uint16_t)q;

		cr_expect_eq(rte_eth_dev_rx_queue_stop(near, no), -EINVAL);
		cr_expect_eq(rte_eth_dev_rx_queue_start(near, no), -EINVAL);
		cr_expect_eq(rte_eth_dev_tx_queue_stop(near, no), -EINVAL);
		cr_expect_eq(rte_eth_dev_tx_queue_start(near, no), -EINVAL);
		cr_expect_eq(rte_eth_rx_queue_info_get(near, no, &rx), -EINVAL);
		cr_expect_eq(rte_eth_tx_queue_info_get(near, no, &tx), -EINVAL);
		cr_expect_lt(rte_eth_rx_burst_mode_get(near, no, &mode), 0);
		cr_expect_lt(rte_eth_tx_burst_mode_get(near, no, &mode), 0);
		cr_expect_lt(rte_eth_dev_rx_intr_enable(near, no), 0);
		cr_expect_lt(rte_eth_set_queue_rate_limit(near, no, 100), 0);
	}
	for (unsigned offset = 4096; offset <= UINT16_MAX; offset = offset * 2 + 1) {
		cr_expect_lt(rte_eth_rx_descriptor_status(near, 0, (uint16_t)offset), 0);
		cr_expect_lt(rte_eth_tx_descriptor_status(near, 0, (uint16_t)offset), 0);
	}
	expect_works(1);
}

Conform(conform_wrong, queue_set_up)
{
	const struct rte_eth_rxconf rx_asks = { .offloads = 1ull << 63 };
	const struct rte_eth_txconf tx_asks = { .offloads = 1ull << 63 };
	const struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info i;

	make_ports("");
	cr_expect_neq(rte_eth_rx_queue_setup(near, 0, SLOTS, SOCKET_ID_ANY, NULL, pool), 0,
		      "before configure");
	cr_assert_eq(rte_eth_dev_configure(near, 1, 1, &conf), 0);
	cr_assert_eq(rte_eth_dev_info_get(near, &i), 0);
	cr_expect_neq(rte_eth_rx_queue_setup(near, 0, SLOTS, SOCKET_ID_ANY, NULL, NULL), 0);
	cr_expect_neq(rte_eth_rx_queue_setup(near, 1, SLOTS, SOCKET_ID_ANY, NULL, pool), 0);
	cr_expect_neq(rte_eth_tx_queue_setup(near, 1, SLOTS, SOCKET_ID_ANY, NULL), 0);
	cr_expect_neq(rte_eth_rx_queue_setup(near, 0, SLOTS, SOCKET_ID_ANY, &rx_asks, pool), 0);
	cr_expect_neq(rte_eth_tx_queue_setup(near, 0, SLOTS, SOCKET_ID_ANY, &tx_asks), 0);
	if (i.rx_desc_lim.nb_align > 1)
		cr_expect_neq(rte_eth_rx_queue_setup(near, 0, SLOTS + 1, SOCKET_ID_ANY, NULL, pool),
			      0);
	if (i.tx_desc_lim.nb_align > 1)
		cr_expect_neq(rte_eth_tx_queue_setup(near, 0, SLOTS + 1, SOCKET_ID_ANY, NULL), 0);
	cr_expect_neq(rte_eth_dev_start(near), 0, "without queues");
	start_ports(1);
	expect_works(0);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Conform(conform_wrong, time)
{
	struct rte_eth_conf conf = { 0 };

	make_ports("");
	cr_expect_neq(rte_eth_dev_start(near), 0, "before configure");
	cr_expect_eq(rte_eth_dev_stop(near), 0, "of a port that does not run");
	start_ports(2);
	cr_expect_eq(rte_eth_dev_start(near), 0, "again");
	cr_expect_eq(rte_eth_dev_configure(near, 1, 1, &conf), -EBUSY);
	cr_expect_neq(rte_eth_dev_close(near), 0, "while it runs");
	cr_expect_neq(rte_eth_dev_rx_queue_start(NO_PORT, 0), 0);
	cr_expect_eq(rte_eth_dev_rx_queue_start(near, 0), 0, "one that runs");
	expect_works(0);
	stop_ports();
	cr_expect_eq(rte_eth_dev_stop(near), 0, "again");
	conf.rxmode.mtu = UINT16_MAX;
	cr_expect_neq(rte_eth_dev_configure(near, 1, 1, &conf), 0, "MTU");
	conf = (struct rte_eth_conf){ .link_speeds = RTE_ETH_LINK_SPEED_FIXED | 1u << 30 };
	rte_eth_dev_configure(near, 1, 1, &conf); /* may be ignored; must not harm */
	start_ports(2);
	expect_works(1);
	stop_ports();
	cr_expect_eq(rte_eth_dev_close(near), 0);
	cr_expect_eq(rte_eth_dev_close(near), -ENODEV, "again");
}

Conform(conform_wrong, settings)
{
	struct rte_eth_rss_reta_entry64 reta[8] = { { .mask = UINT64_MAX } };
	struct rte_eth_rss_conf rss = { .rss_hf = 1ull << 63 };
	struct rte_eth_fc_conf fc = { .mode = (enum rte_eth_fc_mode)77 };
	const struct rte_flow_attr ingress = { .ingress = 1 };
	const struct rte_flow_item end = { .type = RTE_FLOW_ITEM_TYPE_END };
	const struct rte_flow_action nothing = { .type = RTE_FLOW_ACTION_TYPE_END };
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 1 } };
	struct rte_flow_error error;
	uint8_t key[3] = { 0 };

	make_ports("");
	start_ports(2);
	cr_expect_lt(rte_eth_dev_rss_hash_update(near, &rss), 0, "an unknown hash type");
	rss = (struct rte_eth_rss_conf){ .rss_key = key, .rss_key_len = sizeof(key) };
	cr_expect_lt(rte_eth_dev_rss_hash_update(near, &rss), 0, "a key of 3 bytes");
	cr_expect_lt(rte_eth_dev_rss_hash_update(near, NULL), 0);
	cr_expect_lt(rte_eth_dev_rss_reta_update(near, reta, 3), 0, "a table of 3");
	cr_expect_lt(rte_eth_dev_rss_reta_update(near, NULL, 64), 0);
	for (unsigned k = 0; k < RTE_DIM(reta[0].reta); k++)
		reta[0].reta[k] = 99;
	cr_expect_lt(rte_eth_dev_rss_reta_update(near, reta, 64), 0, "to queue 99");
	cr_expect_lt(rte_eth_dev_flow_ctrl_set(near, NULL), 0);
	cr_expect_lt(rte_eth_dev_flow_ctrl_set(near, &fc), 0);
	cr_expect_lt(rte_eth_fec_set(near, 1u << 31), 0);
	cr_expect_lt(rte_eth_dev_set_ptypes(near, 0, NULL, 1), 0);
	cr_expect_lt(rte_eth_dev_mac_addr_add(near, &mac, RTE_ETH_64_POOLS), 0);
	cr_expect_lt(rte_eth_dev_vlan_filter(near, 4096, 1), 0);
	cr_expect_lt(rte_eth_timesync_enable(NO_PORT), 0);
	cr_expect_null(rte_flow_create(near, &ingress, &end, &nothing, &error), "no action");
	cr_expect_null(rte_flow_create(near, NULL, &end, &nothing, &error));
	cr_expect_lt(rte_flow_destroy(NO_PORT, NULL, &error), 0);
	cr_expect_lt(rte_eth_dev_priv_dump(near, NULL), 0);
	expect_works(0);
	expect_works(1);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}
