/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_life.c: a carrier that is taken, one whose link changes, one that goes away.
 */
#include <errno.h>

#include "lib/base/order.h"
#include "tests/unit/cpx_port.h"

TestSuite(dev_life, .init = start_eal);

static void new_carrier(const char *name)
{
	cr_assert_eq(rte_vdev_init(name, ""), 0, "no %s", name);
}

static uint64_t link_events;

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	counter_add(&link_events, 1);
	return 0;
}

static void wait_for_events(uint32_t n)
{
	for (unsigned i = 0; i < 10000 && load_acquire(&link_events) < n; i++)
		usleep(1000);
	cr_assert_geq(load_acquire(&link_events), n);
}

Test(dev_life, owns_its_carrier_until_close)
{
	uint16_t id, carrier;

	new_carrier("net_ring0");
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_ring0", &carrier), 0);
	new_port("net_cpx0", "carrier=dev:net_ring0");
	RTE_ETH_FOREACH_DEV (id)
		cr_expect_neq(id, carrier, "an application does not see it");
	cr_expect_eq(rte_vdev_init("net_cpx1", "carrier=dev:net_ring0"), -EBUSY);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	new_port("net_cpx1", "carrier=dev:net_ring0");
}

Test(dev_life, carriers_link_event_becomes_ours)
{
	const struct rte_eth_conf conf = { .intr_conf.lsc = 1 };
	uint16_t port, far;

	new_port("net_cpx0", "carrier=fiber:x");
	far = running_port("net_cpx1", "carrier=fiber:x", 1);
	port = new_port("net_cpx2", "carrier=dev:net_cpx0");
	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL), 0);
	set_up_with(port, 1, &conf);
	start(port);
	wait_for_events(1);
	cr_assert_eq(rte_eth_dev_stop(far), 0);
	wait_for_events(2);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
}

/* With LSC ethdev does not ask a port for its link, and net_ring raises no event. */
Test(dev_life, raises_link_events_in_its_carriers_place)
{
	const struct rte_eth_conf conf = { .intr_conf.lsc = 1 };
	uint16_t port, carrier;

	new_carrier("net_ring0");
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_ring0", &carrier), 0);
	port = new_port("net_cpx0", "carrier=dev:net_ring0");
	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL), 0);
	set_up_with(port, 1, &conf);
	start(port);
	wait_for_events(1);
	cr_assert_eq(rte_eth_dev_set_link_down(carrier), 0);
	wait_for_events(2);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(rte_eth_dev_set_link_up(carrier), 0);
	wait_for_events(3);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_UP);
}

/* net_memif names a frame size of 1518 and no MTU. */
Test(dev_life, says_no_larger_mtu_than_the_carrier_takes)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = { 0 };
	uint16_t port = new_port("net_cpx0", "carrier=dev:[net_memif0,socket=/cpx-test]");

	cr_assert_eq(rte_eth_dev_info_get(port, &info), 0);
	cr_expect_eq(info.max_mtu, 1500);
	conf.rxmode.mtu = info.max_mtu;
	cr_expect_eq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	conf.rxmode.mtu++;
	cr_expect_neq(rte_eth_dev_configure(port, 1, 1, &conf), 0);
}

/* net_null in a carrier's place: it makes frames for ever. */
Test(dev_life, a_carrier_that_goes_away)
{
	struct rte_mbuf *m[32];
	struct rte_eth_stats before, after;
	uint16_t port, carrier, n;

	new_carrier("net_null0");
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_null0", &carrier), 0);
	port = running_port("net_cpx0", "lanes=2,carrier=dev:net_null0", 2);
	n = rte_eth_rx_burst(port, 0, m, 32);
	cr_assert_eq(n, 32);
	cr_assert_eq(rte_eth_tx_burst(port, 1, m, 32), 32);
	rte_eth_stats_get(port, &before);
	cr_assert_eq(before.ipackets, 32);

	cr_assert_eq(rte_eth_dev_stop(carrier), 0);
	cr_assert_eq(rte_vdev_uninit("net_null0"), 0);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_null(receive_one(port, 0));
	m[0] = frame(60, 0);
	cr_assert_eq(send_one(port, 0, m[0]), 0);
	cr_assert_eq(xstat(port, "lane0_tx_down"), 1);
	rte_pktmbuf_free(m[0]);
	rte_eth_stats_get(port, &after);
	cr_assert_eq(after.ipackets, before.ipackets, "counters stay");
	cr_assert_eq(after.opackets, 32);

	/* the id goes to a stranger: its going must not be taken for ours */
	new_carrier("net_null1");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	start(port);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN, "it waits for its carrier");
	cr_assert_null(receive_one(port, 0));
	cr_assert_eq(rte_vdev_uninit("net_null1"), 0);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev_life, many_lives)
{
	new_carrier("net_ring0");
	for (unsigned life = 0; life < 50; life++) {
		uint16_t port = running_port("net_cpx0", "lanes=4,carrier=dev:net_ring0", 4);
		struct rte_mbuf *m = frame(60, 0);

		cr_assert_eq(send_one(port, 3, m), 1);
		for (uint16_t q = 0; q < 4; q++) {
			m = receive_one(port, q);
			rte_pktmbuf_free(m);
		}
		cr_assert_eq(rte_eth_dev_stop(port), 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* EAL takes devices away in the order they came: the carrier first. */
Test(dev_life, end_of_the_process)
{
	new_carrier("net_ring0");
	running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	running_port("net_cpx1", "carrier=fiber:x", 1);
	running_port("net_cpx2", "carrier=fiber:x", 1);
	cr_assert_eq(rte_eal_cleanup(), 0);
}
