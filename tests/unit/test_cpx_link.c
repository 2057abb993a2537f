/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_link.c: link state and exact speed from lanes; the event and the thread it comes on. */
#include <pthread.h>

#include "lib/base/order.h"
#include "tests/unit/cpx_port.h"

TestSuite(link, .init = start_eal);

static uint64_t events[RTE_MAX_ETHPORTS];
static pthread_t event_thread;

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	event_thread = pthread_self();
	store_release(&events[port], events[port] + 1);
	return 0;
}

/* The interrupt thread is given ten seconds. */
static bool seen(uint16_t port, uint32_t n)
{
	for (unsigned i = 0; i < 10000; i++) {
		if (load_acquire(&events[port]) >= n)
			return true;
		usleep(1000);
	}
	return false;
}

static uint16_t watched_port(const char *name, const char *args, uint16_t queues)
{
	const struct rte_eth_conf conf = { .intr_conf.lsc = 1 };
	uint16_t port = new_port(name, args);

	cr_assert_eq(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL), 0);
	set_up_with(port, queues, &conf);
	return port;
}

Test(link, speed_is_rate_times_lanes)
{
	static const struct {
		const char *args;
		uint16_t lanes;
		uint32_t speed;
	} cases[] = {
		{ "lanes=1,rate=53", 1, 53125 },       { "lanes=2,rate=53", 2, 106250 },
		{ "lanes=8,rate=106", 8, 850000 },     { "lanes=8,rate=212", 8, 1700000 },
		{ "lanes=8,rate=106", 3, 3 * 106250 },
	};

	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		uint16_t port = running_port("net_cpx0", cases[i].args, cases[i].lanes);
		struct rte_eth_link link = link_of(port);

		cr_expect_eq(link.link_speed, cases[i].speed, "%s", cases[i].args);
		cr_expect_eq(link.link_status, RTE_ETH_LINK_UP);
		cr_expect_eq(link.link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
		cr_expect_eq(rte_eth_dev_stop(port), 0);
		link = link_of(port);
		cr_expect_eq(link.link_status, RTE_ETH_LINK_DOWN);
		cr_expect_eq(link.link_speed, 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	}
}

Test(link, taken_down_and_up)
{
	uint16_t a = running_port("net_cpx0", "carrier=fiber:x", 1);
	uint16_t b = running_port("net_cpx1", "carrier=fiber:x", 1);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(rte_eth_dev_set_link_down(a), 0);
	cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(link_of(b).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(send_one(a, 0, m), 0);
	cr_assert_eq(send_one(b, 0, m), 0);
	cr_assert_eq(rte_eth_dev_set_link_up(a), 0);
	cr_assert_eq(link_of(b).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(send_one(a, 0, m), 1);
	cr_assert_eq(receive_one(b, 0), m);
	rte_pktmbuf_free(m);
}

Test(link, event_when_the_other_end_comes_and_goes)
{
	uint16_t a = watched_port("net_cpx0", "lanes=2,carrier=fiber:x", 2);
	uint16_t b = watched_port("net_cpx1", "lanes=2,carrier=fiber:x", 2);

	start(a);
	cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_DOWN);
	start(b);
	cr_assert(seen(a, 1), "up");
	cr_assert(seen(b, 1), "up");
	cr_assert(!pthread_equal(event_thread, pthread_self()), "from another thread");
	cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(b, 1), 0);
	cr_assert(seen(a, 2), "narrower");
	cr_assert_eq(link_of(a).link_speed, 106250);
	cr_assert_eq(rte_eth_dev_stop(b), 0);
	cr_assert(seen(a, 3), "down");
	cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_DOWN);
}

Test(link, no_event_unless_asked_for_and_none_after_close)
{
	uint16_t a = running_port("net_cpx0", "carrier=fiber:x", 1), b;

	cr_assert_eq(rte_eth_dev_callback_register(a, RTE_ETH_EVENT_INTR_LSC, on_link, NULL), 0);
	for (unsigned i = 0; i < 50; i++) {
		b = watched_port("net_cpx1", "carrier=fiber:x", 1);
		start(b);                                     /* its event is on the way … */
		cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0); /* … and must not come any more */
	}
	usleep(10000);
	cr_assert_eq(events[a], 0);
}
