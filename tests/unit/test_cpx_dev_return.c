/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_return.c: carriers that go away and come back, by name or made by the port: queues,
 * addresses, modes and counters are as before, whatever state the port was in.
 */
#include "lib/base/order.h"
#include "tests/unit/cpx_port.h"

TestSuite(dev_return, .init = start_eal);

static void new_carrier(const char *name)
{
	cr_assert_eq(rte_vdev_init(name, ""), 0, "no %s", name);
}

static uint16_t id_of(const char *name)
{
	uint16_t id;

	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &id), 0, "no %s", name);
	return id;
}

static void take_away(const char *name)
{
	cr_assert_eq(rte_eth_dev_stop(id_of(name)), 0);
	cr_assert_eq(rte_vdev_uninit(name), 0);
}

static void wait_for_link(uint16_t port, uint16_t status)
{
	for (unsigned i = 0; i < 10000 && link_of(port).link_status != status; i++)
		usleep(1000);
	cr_assert_eq(link_of(port).link_status, status);
}

/* The port's own carrier, once it has been set up. */
static void wait_for_owner(const char *name, bool configured)
{
	struct rte_eth_dev_owner owner = { 0 };
	struct rte_eth_rxq_info info;

	for (unsigned i = 0; i < 10000; i++) {
		if (rte_eth_dev_owner_get(id_of(name), &owner) == 0 &&
		    owner.id != RTE_ETH_DEV_NO_OWNER &&
		    (!configured || rte_eth_rx_queue_info_get(id_of(name), 0, &info) != -EINVAL))
			return;
		usleep(1000);
	}
	cr_assert_fail("%s is not taken back", name);
}

static void pass_one(uint16_t port, uint16_t lane)
{
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(send_one(port, lane, m), 1);
	cr_assert_eq(receive_one(port, lane), m);
	rte_pktmbuf_free(m);
}

static uint64_t link_events;

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	counter_add(&link_events, 1);
	return 0;
}

Test(dev_return, takes_its_carrier_back)
{
	const struct rte_eth_conf conf = { .intr_conf.lsc = 1 };
	struct rte_eth_stats stats;
	uint16_t port, other;

	new_carrier("net_ring0");
	port = new_port("net_cpx0", "lanes=2,carrier=dev:net_ring0");
	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL), 0);
	set_up_with(port, 2, &conf);
	start(port);
	cr_assert_eq(rte_eth_promiscuous_enable(port), 0);
	pass_one(port, 0);
	for (unsigned life = 1; life <= 20; life++) {
		take_away("net_ring0");
		cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
		/* while it is away it is told what to be */
		cr_assert_eq(rte_eth_allmulticast_enable(port), 0);
		new_carrier("net_ring0");
		wait_for_link(port, RTE_ETH_LINK_UP);
		RTE_ETH_FOREACH_DEV (other)
			cr_expect_eq(other, port, "an application sees ours only");
		pass_one(port, 0);
		pass_one(port, 1);
		cr_expect_eq(rte_eth_promiscuous_get(id_of("net_ring0")), 1);
		cr_expect_eq(rte_eth_allmulticast_get(id_of("net_ring0")), 1);
		rte_eth_stats_get(port, &stats);
		cr_assert_eq(stats.ipackets, 1 + 2 * life);
	}
	for (unsigned i = 0; i < 10000 && load_acquire(&link_events) < 41; i++)
		usleep(1000);
	cr_expect_geq(load_acquire(&link_events), 41, "up, and 20 times down and up");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev_return, with_its_address)
{
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 8 } }, now;
	uint16_t port;

	new_carrier("net_null0");
	port = running_port("net_cpx0", "carrier=dev:net_null0", 1);
	cr_assert_eq(rte_eth_dev_default_mac_addr_set(port, &mac), 0);
	take_away("net_null0");
	new_carrier("net_null0");
	wait_for_link(port, RTE_ETH_LINK_UP);
	rte_eth_macaddr_get(id_of("net_null0"), &now);
	cr_expect(rte_is_same_ether_addr(&now, &mac), "one from before");

	take_away("net_null0");
	mac.addr_bytes[5] = 9;
	cr_assert_eq(rte_eth_dev_default_mac_addr_set(port, &mac), 0);
	new_carrier("net_null0");
	wait_for_link(port, RTE_ETH_LINK_UP);
	rte_eth_macaddr_get(id_of("net_null0"), &now);
	cr_expect(rte_is_same_ether_addr(&now, &mac), "one of the meantime");
}

/* Its id goes to another port meanwhile, so it comes back under another. */
Test(dev_return, under_another_id)
{
	uint16_t port;

	new_carrier("net_ring0");
	port = running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	take_away("net_ring0");
	new_carrier("net_ring1");
	cr_expect_eq(id_of("net_ring1"), 0);
	new_carrier("net_ring0");
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 0);
	cr_expect_eq(rte_eth_dev_count_avail(), 2, "net_ring1 is nobody's");
}

Test(dev_return, to_a_port_in_any_state)
{
	uint16_t port;

	new_carrier("net_ring0");
	port = new_port("net_cpx0", "carrier=dev:net_ring0");

	/* not configured */
	take_away("net_ring0");
	new_carrier("net_ring0");
	wait_for_owner("net_ring0", false);
	set_up(port, 1);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 0);

	/* configured, set up and started while it is away */
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	take_away("net_ring0");
	set_up(port, 1);
	start(port);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	new_carrier("net_ring0");
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 0);

	/* stopped while it is away */
	take_away("net_ring0");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	new_carrier("net_ring0");
	wait_for_owner("net_ring0", true);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 0);

	/* closed while it is away */
	take_away("net_ring0");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	new_carrier("net_ring0");
	usleep(20000);
	cr_expect_eq(rte_eth_dev_count_avail(), 1, "nobody takes it");
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* What it made, somebody took away and made again, with other arguments. */
Test(dev_return, of_a_device_it_made)
{
	struct rte_mbuf *m;
	uint16_t port = running_port("net_cpx0", "carrier=dev:[net_null0,size=123]", 1);

	take_away("net_null0");
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(rte_vdev_init("net_null0", "size=99"), 0);
	wait_for_link(port, RTE_ETH_LINK_UP);
	m = receive_one(port, 0);
	cr_assert_eq(m->pkt_len, 99);
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(rte_vdev_uninit("net_null0"), -ENOENT, "it goes with the port");
}

static uint64_t resets;

static int on_reset(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	counter_add(&resets, 1);
	return 0;
}

static void wait_for_reset(uint64_t n)
{
	for (unsigned i = 0; i < 20000 && load_acquire(&resets) < n; i++)
		usleep(1000);
	cr_assert_eq(load_acquire(&resets), n);
}

/* A port of ours, without an engine: all of its lanes are up at once. */
static void new_device(const char *name, const char *args)
{
	char all[128];

	snprintf(all, sizeof(all), "%s,mgmt=none", args);
	cr_assert_eq(rte_vdev_init(name, all), 0, "no %s,%s", name, all);
}

/* net_cpx0 over a device with `before`, that comes back with `after`. */
static uint16_t port_over_less(const char *before, const char *after, uint16_t queues,
			       const struct rte_eth_conf *conf)
{
	uint16_t port;

	new_device("net_cpx1", before);
	port = new_port("net_cpx0", "lanes=4,carrier=dev:net_cpx1");
	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RESET, on_reset, NULL),
		     0);
	set_up_with(port, queues, conf);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	take_away("net_cpx1");
	new_device("net_cpx1", after);
	wait_for_reset(1);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_DOWN, "not less than it was told");
	return port;
}

/* Fewer queues: the application is told once, and may have what there is after a reset. */
Test(dev_return, asks_for_a_reset_when_queues_are_missing)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = port_over_less("lanes=4,carrier=loop", "lanes=2,carrier=loop", 4, &conf);

	usleep(600000); /* a chance to be wrong: it is tried again after a quarter of a second */
	cr_assert_eq(load_acquire(&resets), 1, "told once");
	cr_assert_eq(rte_eth_dev_reset(port), 0);
	set_up(port, 2);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 0);
	pass_one(port, 1);
	cr_assert_eq(load_acquire(&resets), 1);

	/* each return that does not fit is told */
	take_away("net_cpx1");
	new_device("net_cpx1", "lanes=1,carrier=loop");
	wait_for_reset(2);
	take_away("net_cpx1");
	new_device("net_cpx1", "lanes=2,carrier=loop");
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 1);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* Stop, configure and start do as well; the same wish is refused by ethdev then. */
Test(dev_return, asks_for_a_reset_when_an_offload_is_missing)
{
	const struct rte_eth_conf conf = {
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP,
	};
	uint16_t port = port_over_less("carrier=loop", "carrier=dev:[net_ring0]", 1, &conf);

	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_lt(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	set_up(port, 1);
	start(port);
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 0);
	cr_assert_eq(load_acquire(&resets), 1);
}

/* It is whole again before anybody resets anything. */
Test(dev_return, forgets_a_refusal_when_the_carrier_is_whole_again)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t port = port_over_less("lanes=4,carrier=loop", "lanes=2,carrier=loop", 4, &conf);

	take_away("net_cpx1");
	new_device("net_cpx1", "lanes=4,carrier=loop");
	wait_for_link(port, RTE_ETH_LINK_UP);
	pass_one(port, 3);
	cr_assert_eq(load_acquire(&resets), 1);
}
