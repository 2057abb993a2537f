/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev.c: another port as the carrier. net_ring loops frames, net_null makes and eats them;
 * a carrier with fewer queues, one that is taken, one that goes away.
 */
#include <errno.h>

#include "lib/base/order.h"
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

Test(dev, owns_its_carrier_until_close)
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

Test(dev, no_such_carrier)
{
	cr_expect_eq(rte_vdev_init("net_cpx0", "carrier=dev:net_ring0"), -ENODEV);
	new_carrier("net_ring0");
	cr_expect_eq(rte_vdev_init("net_cpx0", "carrier=dev:net_ring"), -ENODEV);
	cr_expect_eq(rte_eth_dev_count_avail(), 1);
}

/* A carrier of two queues under eight lanes: another port of ours, which has exactly two. */
Test(dev, fewer_queues_than_lanes)
{
	uint16_t port, far;

	new_port("net_cpx0", "lanes=2,carrier=fiber:x");
	far = running_port("net_cpx1", "lanes=2,carrier=fiber:x", 2);
	port = running_port("net_cpx2", "lanes=8,carrier=dev:net_cpx0", 8);
	cr_assert_eq(xstat(port, "carrier_rx_queues"), 2);
	cr_assert_eq(xstat(port, "carrier_tx_queues"), 2);
	cr_assert_eq(link_of(port).link_speed, 8 * 106250);
	for (uint16_t lane = 0; lane < 8; lane++) {
		struct rte_mbuf *m = frame(60, 0);

		cr_assert_eq(send_one(port, lane, m), 1);
		cr_assert_eq(receive_one(far, lane % 2), m, "lane %u is on queue %u", lane,
			     lane % 2);
		cr_assert_eq(send_one(far, lane % 2, m), 1);
		for (uint16_t other = 2; other < 8; other++)
			cr_assert_null(receive_one(port, other), "a lane without a queue");
		cr_assert_eq(receive_one(port, lane % 2), m);
		rte_pktmbuf_free(m);
	}
	cr_assert_eq(xstat(port, "lane5_tx_packets"), 1);
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

Test(dev, carriers_link_event_becomes_ours)
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

/* net_null in a carrier's place: it makes frames for ever. */
Test(dev, a_carrier_that_goes_away)
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
	cr_assert_neq(rte_eth_promiscuous_enable(port), 0);
	cr_assert_neq(rte_eth_dev_set_mtu(port, 2000), 0);

	/* the id goes to a stranger: its going must not be taken for ours */
	new_carrier("net_null1");
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_neq(rte_eth_dev_start(port), 0, "without its carrier it does not start");
	cr_assert_eq(rte_vdev_uninit("net_null1"), 0);
	cr_assert_eq(rte_eth_dev_close(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev, many_lives)
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

Test(dev, mac_comes_from_the_carrier)
{
	struct rte_ether_addr mac, carriers;
	uint16_t carrier;

	new_carrier("net_ring0");
	cr_assert_eq(rte_eth_dev_get_port_by_name("net_ring0", &carrier), 0);
	rte_eth_macaddr_get(carrier, &carriers);
	rte_eth_macaddr_get(new_port("net_cpx0", "carrier=dev:net_ring0"), &mac);
	cr_assert(rte_is_same_ether_addr(&mac, &carriers));
}

/* EAL takes devices away in the order they came: the carrier first. */
Test(dev, end_of_the_process)
{
	new_carrier("net_ring0");
	running_port("net_cpx0", "carrier=dev:net_ring0", 1);
	running_port("net_cpx1", "carrier=fiber:x", 1);
	running_port("net_cpx2", "carrier=fiber:x", 1);
	cr_assert_eq(rte_eal_cleanup(), 0);
}

static bool there_is(const char *name)
{
	uint16_t id;

	return rte_eth_dev_get_port_by_name(name, &id) == 0;
}

Test(dev, makes_its_carrier_and_takes_it_away)
{
	uint16_t id, port;

	for (unsigned life = 0; life < 5; life++) {
		struct rte_mbuf *m = frame(60, 0);

		port = running_port("net_cpx0", "lanes=2,carrier=dev:[net_ring7],rate=53", 2);
		cr_assert(there_is("net_ring7"));
		RTE_ETH_FOREACH_DEV (id)
			cr_expect_eq(id, port, "an application sees ours only");
		cr_assert_eq(send_one(port, 1, m), 1);
		m = receive_one(port, 1);
		cr_assert_not_null(m);
		rte_pktmbuf_free(m);
		cr_assert_eq(rte_eth_dev_stop(port), 0);
		cr_assert_eq(rte_eth_dev_close(port), 0);
		cr_assert(!there_is("net_ring7"));
		cr_assert_eq(rte_vdev_uninit("net_ring7"), -ENOENT, "the device is gone, too");
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	}
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(dev, its_carriers_arguments_reach_the_carrier)
{
	struct rte_mbuf *m;
	uint16_t port =
		running_port("net_cpx0", "carrier=dev:[net_null0,size=123,copy=1],lanes=1", 1);

	m = receive_one(port, 0);
	cr_assert_not_null(m);
	cr_expect_eq(m->pkt_len, 123);
	rte_pktmbuf_free(m);
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	/* removed without a close: its port goes, the name may be used again */
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	cr_assert(!there_is("net_null0"));
	port = running_port("net_cpx0", "carrier=dev:[net_null0,size=99]", 1);
	m = receive_one(port, 0);
	cr_expect_eq(m->pkt_len, 99);
	rte_pktmbuf_free(m);
}

Test(dev, a_carrier_it_cannot_make)
{
	cr_expect_lt(rte_vdev_init("net_cpx0", "carrier=dev:[net_nothing0]"), 0);
	cr_expect_lt(rte_vdev_init("net_cpx0", "carrier=dev:[net_null0,nonsense=1]"), 0);
	cr_expect_eq(rte_eth_dev_count_avail(), 0);
	new_carrier("net_ring0");
	cr_expect_eq(rte_vdev_init("net_cpx0", "carrier=dev:[net_ring0]"), -EEXIST);
	cr_expect(there_is("net_ring0"), "somebody else's is left alone");
	new_port("net_cpx0", "carrier=dev:[net_null0]");
}

Test(dev, end_of_the_process_with_carriers_of_its_own)
{
	running_port("net_cpx0", "carrier=dev:[net_ring0]", 1);
	running_port("net_cpx1", "carrier=dev:[net_null0]", 1);
	cr_assert_eq(rte_eal_cleanup(), 0);
}
