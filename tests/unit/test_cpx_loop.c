/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_loop.c as loopback over other carriers, times to be delivered at, reset, monitor. */
#include <errno.h>
#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>
#include <rte_power_intrinsics.h>

#include "tests/unit/cpx_port.h"

TestSuite(loop, .init = start_eal);

Test(loop, loopback_over_a_fiber_and_back)
{
	const struct rte_eth_conf looped = { .lpbk_mode = 1 };
	uint16_t a = new_port("net_cpx0", "carrier=fiber:x");
	uint16_t b = running_port("net_cpx1", "carrier=fiber:x", 1);
	struct rte_mbuf *m = frame(60, 0);

	set_up_with(a, 1, &looped);
	start(a);
	cr_assert_eq(link_of(a).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(link_of(b).link_status, RTE_ETH_LINK_DOWN);
	cr_assert_eq(send_one(a, 0, m), 1);
	cr_assert_null(receive_one(b, 0));
	cr_assert_eq(receive_one(a, 0), m);
	cr_assert_eq(send_one(b, 0, m), 0);

	cr_assert_eq(rte_eth_dev_stop(a), 0);
	set_up(a, 1);
	start(a);
	cr_assert_eq(link_of(b).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(send_one(a, 0, m), 1);
	cr_assert_eq(receive_one(b, 0), m);
	rte_pktmbuf_free(m);
}

Test(loop, closed_while_looped)
{
	const struct rte_eth_conf looped = { .lpbk_mode = 1 };
	uint16_t a = new_port("net_cpx0", "carrier=fiber:x");

	set_up_with(a, 1, &looped);
	start(a);
	cr_assert_eq(send_one(a, 0, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_stop(a), 0);
	cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	a = new_port("net_cpx0", "carrier=fiber:x");
}

Test(loop, frames_wait_for_their_time)
{
	const struct rte_eth_conf timed = { .txmode.offloads =
						    RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP };
	uint16_t a = new_port("net_cpx0", "carrier=fiber:x");
	uint16_t b = running_port("net_cpx1", "carrier=fiber:x", 1);
	const uint64_t hz = rte_get_tsc_hz();
	struct rte_mbuf *m[3];
	uint64_t flag, due;
	int field;

	set_up_with(a, 1, &timed);
	start(a);
	cr_assert_eq(rte_mbuf_dyn_tx_timestamp_register(&field, &flag), 0);
	for (unsigned i = 0; i < 3; i++)
		m[i] = frame(60, (uint8_t)i);
	due = rte_rdtsc() + hz / 20; /* 50 ms */
	*RTE_MBUF_DYNFIELD(m[1], field, uint64_t *) = due;
	m[1]->ol_flags |= flag;
	cr_assert_eq(rte_eth_tx_burst(a, 0, m, 3), 3, "it is taken now");
	cr_assert_eq(receive_one(b, 0), m[0]);
	for (;;) {
		struct rte_mbuf *got = receive_one(b, 0);

		if (got == NULL)
			continue;
		cr_assert_eq(got, m[1], "m[2] does not overtake it");
		cr_assert_geq(rte_rdtsc(), due);
		cr_assert_eq(got->ol_flags & flag, 0);
		break;
	}
	cr_assert_eq(receive_one(b, 0), m[2]);
	rte_pktmbuf_free_bulk(m, 3);
}

Test(loop, reset_is_a_new_beginning)
{
	uint16_t port = running_port("net_cpx0", "lanes=2,carrier=loop", 2);

	cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_set_link_down(port), 0);
	cr_assert_eq(rte_eth_dev_reset(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
	cr_assert_eq(rte_eth_dev_start(port), -EINVAL, "its queues are to be set up again");
	set_up(port, 1);
	start(port);
	cr_assert_eq(link_of(port).link_status, RTE_ETH_LINK_UP);
	cr_assert_eq(xstat(port, "lane0_tx_packets"), 1, "what was counted stays");
}

Test(loop, the_ring_can_be_monitored)
{
	uint16_t port = running_port("net_cpx0", "carrier=loop", 1);
	struct rte_power_monitor_cond c;

	cr_assert_eq(rte_eth_get_monitor_addr(port, 0, &c), 0);
	cr_assert_eq(c.size, 4);
	cr_assert_eq(c.fn(*(volatile uint32_t *)c.addr, c.opaque), 0, "sleep");
	cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_assert_eq(c.fn(*(volatile uint32_t *)c.addr, c.opaque), -1, "do not");
	rte_pktmbuf_free(receive_one(port, 0));
}
