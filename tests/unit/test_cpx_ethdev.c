/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_ethdev.c: what a port says of itself, what can be set, probe errors, life cycles. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/cpx_port.h"

TestSuite(ethdev, .init = start_eal);

Test(ethdev, info)
{
	struct rte_eth_dev_info info;
	uint16_t port = new_port("net_cpx0", "lanes=4-7,rate=212");

	cr_assert_eq(rte_eth_dev_info_get(port, &info), 0);
	cr_expect_str_eq(info.driver_name, "net_cpx");
	cr_expect_eq(info.max_rx_queues, 4);
	cr_expect_eq(info.max_tx_queues, 64);
	cr_expect_eq(info.default_rxportconf.nb_queues, 4);
	cr_expect_geq(info.max_rx_pktlen, 9728);
	cr_expect_eq(info.max_rx_pktlen - info.max_mtu, 22, "Ethernet and two tags");
	cr_expect(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH);
	cr_expect(info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	cr_expect(*info.dev_flags & RTE_ETH_DEV_INTR_LSC);
	cr_expect_neq(rte_eth_dev_configure(port, 5, 5, &(struct rte_eth_conf){ 0 }), 0);
}

Test(ethdev, speed_capability_where_ethdev_has_a_word_for_it)
{
	static const struct {
		const char *args;
		uint32_t capa;
	} cases[] = {
		{ "lanes=1,rate=53", RTE_ETH_LINK_SPEED_50G },
		{ "lanes=2,rate=53", RTE_ETH_LINK_SPEED_100G },
		{ "lanes=1,rate=106", RTE_ETH_LINK_SPEED_100G },
		{ "lanes=1,rate=212", RTE_ETH_LINK_SPEED_200G },
		{ "lanes=8,rate=106", 0 },
	};

	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		struct rte_eth_dev_info info;
		char name[16];

		snprintf(name, sizeof(name), "net_cpx%u", i);
		rte_eth_dev_info_get(new_port(name, cases[i].args), &info);
		cr_expect_eq(info.speed_capa, cases[i].capa, "%s", cases[i].args);
	}
}

Test(ethdev, mtu)
{
	uint16_t port = running_port("net_cpx0", "carrier=loop", 1), mtu;

	cr_assert_eq(rte_eth_dev_get_mtu(port, &mtu), 0);
	cr_expect_eq(mtu, 1500);
	cr_expect_neq(send_one(port, 0, frame(1523, 0)), 0, "taken");
	cr_expect_eq(xstat(port, "lane0_tx_oversize"), 1);
	cr_expect_eq(rte_eth_dev_set_mtu(port, 1501), 0, "while it runs");
	cr_expect_neq(send_one(port, 0, frame(1523, 0)), 0);
	cr_expect_eq(xstat(port, "lane0_tx_oversize"), 1);
	cr_expect_eq(rte_eth_dev_set_mtu(port, 9702), 0);
	cr_expect_eq(rte_eth_dev_set_mtu(port, 9706), 0);
	cr_expect_eq(rte_eth_dev_set_mtu(port, 9707), -EINVAL);
	cr_expect_eq(rte_eth_dev_set_mtu(port, 67), -EINVAL);
	cr_expect_eq(rte_eth_dev_get_mtu(port, &mtu), 0);
	cr_expect_eq(mtu, 9706);
}

Test(ethdev, mac_promiscuous_allmulticast)
{
	uint16_t port = new_port("net_cpx0", "mac=02:11:22:33:44:55");
	struct rte_ether_addr mac, next = { { 2, 0, 0, 0, 0, 9 } };

	cr_assert_eq(rte_eth_macaddr_get(port, &mac), 0);
	cr_expect_arr_eq(mac.addr_bytes, "\x02\x11\x22\x33\x44\x55", 6);
	cr_expect_eq(rte_eth_dev_default_mac_addr_set(port, &next), 0);
	rte_eth_macaddr_get(port, &mac);
	cr_expect(rte_is_same_ether_addr(&mac, &next));
	cr_expect_eq(rte_eth_promiscuous_disable(port), 0);
	cr_expect_eq(rte_eth_promiscuous_get(port), 0);
	cr_expect_eq(rte_eth_promiscuous_enable(port), 0);
	cr_expect_eq(rte_eth_promiscuous_get(port), 1);
	cr_expect_eq(rte_eth_allmulticast_enable(port), 0);
	cr_expect_eq(rte_eth_allmulticast_get(port), 1);

	rte_eth_macaddr_get(new_port("net_cpx1", ""), &mac);
	cr_expect(rte_is_valid_assigned_ether_addr(&mac), "one of its own without mac=");
}

Test(ethdev, burst_mode)
{
	struct rte_eth_burst_mode mode;
	uint16_t loop = running_port("net_cpx0", "carrier=loop", 1);
	uint16_t fiber = running_port("net_cpx1", "carrier=fiber:x", 1);

	cr_assert_eq(rte_eth_rx_burst_mode_get(loop, 0, &mode), 0);
	cr_expect_eq(strncmp(mode.info, "Lane Loop, ", 11), 0, "%s", mode.info);
	cr_assert_eq(rte_eth_tx_burst_mode_get(fiber, 0, &mode), 0);
	cr_expect_eq(strncmp(mode.info, "Lane Fiber, ", 12), 0, "%s", mode.info);
}

Test(ethdev, dump_names_every_lane)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint16_t port =
		running_port("net_cpx0", "engine=oe3,lanes=8-11,kind=npo,carrier=fiber:x", 4);

	cr_assert_eq(rte_eth_dev_priv_dump(port, out), 0);
	fclose(out);
	cr_expect(strstr(text, "engine oe3, kind npo, lanes 8-11 at 106250 Mb/s"), "%s", text);
	cr_expect(strstr(text, "lane 3 (engine lane 11)"), "%s", text);
	cr_expect(strstr(text, "not attached"), "%s", text);
	free(text);
}

Test(ethdev, probe_refuses)
{
	static const char *const wrong[] = {
		"lanes=9",      "carrier=nothing", "carrier=dev:net_none0", "pace=2",
		"mgmt=perhaps", "numa=31",         "carrier=fiber:/tmp/x",  "unknown=1",
	};

	new_port("net_cpx0", "engine=oe0,lanes=0-3");
	for (unsigned i = 0; i < RTE_DIM(wrong); i++) {
		cr_expect_lt(rte_vdev_init("net_cpx1", wrong[i]), 0, "%s", wrong[i]);
		cr_expect_eq(rte_eth_dev_count_avail(), 1, "%s left a port behind", wrong[i]);
	}
	cr_expect_eq(rte_vdev_init("net_cpx1", "engine=oe0,lanes=3-3"), -EBUSY, "lane 3 is taken");
	new_port("net_cpx1", "engine=oe0,lanes=4-7");
	new_port("net_cpx2", "engine=oe1,lanes=0-3");
}

Test(ethdev, as_many_ports_as_ethdev_has)
{
	char name[24];
	unsigned n = 0;

	for (;; n++) {
		snprintf(name, sizeof(name), "net_cpx%u", n);
		if (rte_vdev_init(name, "lanes=1,mgmt=none") != 0)
			break;
	}
	cr_expect_eq(n, RTE_MAX_ETHPORTS);
}

/* probe, set-up, start, traffic, stop, close, remove: nothing may stay behind. */
Test(ethdev, many_lives)
{
	static const char *const carriers[] = { "lanes=8,carrier=loop", "lanes=8,carrier=fiber:x" };
	unsigned level = pool_level();

	for (unsigned life = 0; life < 60; life++) {
		uint16_t a = new_port("net_cpx0", carriers[life % 2]);
		uint16_t b = new_port("net_cpx1", carriers[life % 2]);

		for (unsigned run = 0; run < 3; run++) {
			uint16_t queues = (uint16_t)(1 + (life + run) % 8);

			set_up(a, queues);
			set_up(b, queues);
			start(a);
			start(b);
			for (uint16_t q = 0; q < queues; q++) {
				cr_assert_eq(send_one(a, q, frame(60, 0)), 1);
				cr_assert_eq(send_one(b, q, frame(60, 0)), 1);
			}
			cr_assert_lt(pool_level(), level);
			cr_assert_eq(rte_eth_dev_stop(run == 0 ? a : b), 0);
			cr_assert_eq(rte_eth_dev_stop(run == 0 ? b : a), 0);
			cr_assert_eq(pool_level(), level, "life %u, run %u", life, run);
		}
		if (life % 3 == 0)
			cr_assert_eq(rte_eth_dev_close(a), 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0);
		cr_assert_eq(rte_eth_dev_count_avail(), 0);
	}
}

Test(ethdev, does_not_start_half_set_up)
{
	uint16_t port = new_port("net_cpx0", "lanes=2");
	const struct rte_eth_conf conf = { 0 };

	cr_assert_eq(rte_eth_dev_configure(port, 2, 2, &conf), 0);
	for (uint16_t i = 0; i < 2; i++) {
		cr_assert_eq(rte_eth_dev_start(port), -EINVAL);
		cr_assert_eq(rte_eth_rx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL, pool), 0);
		cr_assert_eq(rte_eth_dev_start(port), -EINVAL);
		cr_assert_eq(rte_eth_tx_queue_setup(port, i, 64, SOCKET_ID_ANY, NULL), 0);
	}
	start(port);
}

Test(ethdev, a_port_removed_while_it_runs)
{
	running_port("net_cpx0", "lanes=2", 2);
	cr_assert_eq(send_one(0, 1, frame(60, 0)), 1);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}
