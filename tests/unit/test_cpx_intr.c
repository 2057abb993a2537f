/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_intr.c: an application that sleeps until a queue has frames, over rings. */
#include <errno.h>
#include <poll.h>
#include <rte_interrupts.h>

#include "tests/unit/cpx_port.h"

TestSuite(intr, .init = start_eal);

static const struct rte_eth_conf with_interrupts = { .intr_conf.rxq = 1 };

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static uint16_t port_with_interrupts(const char *name, const char *args, uint16_t queues)
{
	uint16_t id = new_port(name, args);

	set_up_with(id, queues, &with_interrupts);
	start(id);
	return id;
}

Test(intr, only_where_asked_for)
{
	uint16_t port = running_port("net_cpx0", "carrier=loop", 1);

	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), -ENOTSUP);
}

Test(intr, a_frame_wakes_the_queue_that_sleeps)
{
	uint16_t port = port_with_interrupts("net_cpx0", "lanes=2,carrier=loop", 2);
	int fd[2];

	for (uint16_t i = 0; i < 2; i++) {
		fd[i] = rte_eth_dev_rx_intr_ctl_q_get_fd(port, i);
		cr_assert_geq(fd[i], 0);
	}
	cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_assert_not(readable(fd[0]), "nobody sleeps");
	rte_pktmbuf_free(receive_one(port, 0));

	for (unsigned round = 0; round < 3; round++) {
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
		cr_assert_not(readable(fd[0]));
		cr_assert_eq(send_one(port, 1, frame(60, 0)), 1);
		cr_assert_not(readable(fd[0]), "that was for queue 1");
		cr_assert_not(readable(fd[1]), "which does not sleep");
		cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
		cr_assert(readable(fd[0]));
		cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 0), 0);
		rte_pktmbuf_free(receive_one(port, 0));
		rte_pktmbuf_free(receive_one(port, 1));
	}
}

Test(intr, no_sleep_while_there_are_frames)
{
	uint16_t a = running_port("net_cpx0", "carrier=fiber:x", 1);
	uint16_t b = port_with_interrupts("net_cpx1", "carrier=fiber:x", 1);
	int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(b, 0);

	cr_assert_eq(send_one(a, 0, frame(60, 0)), 1);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(b, 0), 0);
	cr_assert(readable(fd));
	rte_pktmbuf_free(receive_one(b, 0));
}

Test(intr, epoll_of_dpdk_waits_for_it)
{
	uint16_t port = port_with_interrupts("net_cpx0", "carrier=loop", 1);
	struct rte_epoll_event event;

	cr_assert_eq(
		rte_eth_dev_rx_intr_ctl_q(port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD, NULL),
		0);
	for (unsigned round = 0; round < 3; round++) {
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
		cr_assert_eq(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0), 0);
		cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
		cr_assert_eq(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 1000), 1);
		cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 0), 0);
		rte_pktmbuf_free(receive_one(port, 0));
	}
	cr_assert_eq(
		rte_eth_dev_rx_intr_ctl_q(port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL, NULL),
		0);
}

Test(intr, a_lost_lane_wakes_the_queue_that_reads_it)
{
	uint16_t port = port_with_interrupts("net_cpx0", "lanes=2,carrier=loop", 2);
	int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port, 0);
	struct rte_mbuf *m = frame(60, 0);

	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
	cr_assert_not(readable(fd));
	cr_assert_eq(send_one(port, 1, m), 1);
	cr_assert(readable(fd));
	cr_assert_eq(receive_one(port, 0), m);
	rte_pktmbuf_free(m);
}

Test(intr, descriptors_are_given_back)
{
	uint16_t port = new_port("net_cpx0", "lanes=8,carrier=loop");
	int before = dup(0), after;

	close(before);
	for (unsigned i = 0; i < 50; i++) {
		set_up_with(port, 8, &with_interrupts);
		start(port);
		cr_assert_eq(rte_eth_dev_stop(port), 0);
	}
	after = dup(0);
	cr_assert_eq(after, before);
}
