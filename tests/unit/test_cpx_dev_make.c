/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_dev_make.c: carriers found by name and carriers made on the way.
 */
#include <errno.h>

#include "tests/unit/cpx_port.h"

TestSuite(dev_make, .init = start_eal);

static void new_carrier(const char *name)
{
	cr_assert_eq(rte_vdev_init(name, ""), 0, "no %s", name);
}

static bool there_is(const char *name)
{
	uint16_t id;

	return rte_eth_dev_get_port_by_name(name, &id) == 0;
}

Test(dev_make, no_such_carrier)
{
	cr_expect_eq(rte_vdev_init("net_cpx0", "carrier=dev:net_ring0"), -ENODEV);
	new_carrier("net_ring0");
	cr_expect_eq(rte_vdev_init("net_cpx0", "carrier=dev:net_ring"), -ENODEV);
	cr_expect_eq(rte_eth_dev_count_avail(), 1);
}

Test(dev_make, makes_its_carrier_and_takes_it_away)
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

Test(dev_make, its_carriers_arguments_reach_the_carrier)
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

Test(dev_make, a_carrier_it_cannot_make)
{
	cr_expect_lt(rte_vdev_init("net_cpx0", "carrier=dev:[net_nothing0]"), 0);
	cr_expect_lt(rte_vdev_init("net_cpx0", "carrier=dev:[net_null0,nonsense=1]"), 0);
	cr_expect_eq(rte_eth_dev_count_avail(), 0);
	new_carrier("net_ring0");
	cr_expect_eq(rte_vdev_init("net_cpx0", "carrier=dev:[net_ring0]"), -EEXIST);
	cr_expect(there_is("net_ring0"), "somebody else's is left alone");
	new_port("net_cpx0", "carrier=dev:[net_null0]");
}

Test(dev_make, end_of_the_process_with_carriers_of_its_own)
{
	running_port("net_cpx0", "carrier=dev:[net_ring0]", 1);
	running_port("net_cpx1", "carrier=dev:[net_null0]", 1);
	cr_assert_eq(rte_eal_cleanup(), 0);
}
