/* SPDX-License-Identifier: BSD-3-Clause */
/* pmd/cpx_peer_intr.c: an application that sleeps on a fiber to another process, whose peer comes
 * and goes meanwhile. */
#include <errno.h>
#include <pthread.h>
#include <rte_interrupts.h>

#include "tests/unit/cpx_peer_port.h"

TestSuite(peer_intr, .init = start_peer, .fini = remove_folder);

static const struct rte_eth_conf sleepy = { .intr_conf.rxq = 1 };

static uint16_t sleepy_port(const char *args, uint16_t queues)
{
	uint16_t port = new_peer_port("net_cpx0", args);

	set_up_with(port, queues, &sleepy);
	start(port);
	return port;
}

static bool readable(uint16_t port, uint16_t queue)
{
	int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port, queue);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	cr_assert_geq(fd, 0);
	return poll(&p, 1, 0) == 1;
}

static void far_sends(uint32_t lane)
{
	static const uint8_t bytes[60];

	cr_assert_eq(fiber_send(fiber_tx_queue(far, lane), bytes, sizeof(bytes)), 0);
}

#define RINGS ((struct fiber_config){ .lanes = 2, .features = FIBER_FEATURE_SLEEP })

static void expect_sleep_and_wake(uint16_t port, uint16_t queue)
{
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, queue), 0);
	cr_assert_not(readable(port, queue));
	far_sends(queue);
	cr_assert(readable(port, queue));
	cr_assert_eq(rte_eth_dev_rx_intr_disable(port, queue), 0);
	rte_pktmbuf_free(take(port, queue));
}

Test(peer_intr, a_frame_wakes_its_queue)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);

	far_of(port, RINGS);
	far_sends(0);
	rte_pktmbuf_free(take(port, 0));
	for (unsigned round = 0; round < 100; round++)
		expect_sleep_and_wake(port, round % 2);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
	far_sends(1);
	cr_assert_not(readable(port, 0), "that was for the other queue, which does not sleep");
	far_sends(0);
	cr_assert(readable(port, 0));
	cr_expect_eq(fiber_tx_queue(far, 1)->count.wakes, 50, "no bell for who is awake");
}

Test(peer_intr, no_sleep_while_there_are_frames)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);

	far_of(port, RINGS);
	far_sends(1);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 1), 0);
	cr_assert(readable(port, 1));
	rte_pktmbuf_free(take(port, 1));
	expect_sleep_and_wake(port, 1);
}

Test(peer_intr, a_peer_that_comes_wakes_the_sleeper)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);

	for (unsigned round = 0; round < 20; round++) {
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0, "nobody is there yet");
		far_of(port, RINGS);
		far_sends(0);
		until(readable(port, 0));
		cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 0), 0);
		rte_pktmbuf_free(take(port, 0));
		expect_sleep_and_wake(port, 0);
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
		far_gone(port);
	}
}

/* It would never be woken, so it shall not sleep. */
Test(peer_intr, no_sleep_with_a_peer_that_does_not_ring)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);

	far_of(port, (struct fiber_config){ .lanes = 2 });
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), -ENOTSUP);
	cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 0), 0);
	far_gone(port);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
	far_of(port, RINGS);
	until(readable(port, 0));
	expect_sleep_and_wake(port, 0);
}

Test(peer_intr, a_lane_in_protocol_error_wakes_nobody)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);

	far_of(port, RINGS);
	fiber_tx_queue(far, 0)->ring->prod += 5000;
	cr_assert_null(receive_one(port, 0));
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
	expect_sleep_and_wake(port, 1);
}

Test(peer_intr, a_port_wakes_the_other_end)
{
	uint16_t port = running_peer_port("net_cpx0", "role=server,wake=1", 1);
	struct fiber_rx *r;

	far_of(port, RINGS);
	r = fiber_rx_queue(far, 0);
	cr_assert_eq(fiber_rx_arm(r), 0);
	cr_assert_eq(send_one(port, 0, frame(60, 0)), 1);
	cr_assert_eq(poll(&(struct pollfd){ .fd = fiber_rx_bell(r), .events = POLLIN }, 1, 0), 1);
	cr_expect_eq(xstat(port, "lane0_tx_wakes"), 1);
}

Test(peer_intr, the_reader_of_a_lost_lane_is_woken)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);

	far_of(port, RINGS);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	until(status_of(far).peer_lanes == ~2ull);
	while (readable(port, 0)) { /* the change rang */
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
		rte_pktmbuf_free(receive_one(port, 0));
	}
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
	cr_assert_not(readable(port, 0));
	far_sends(1); /* late, or of a peer that does not care */
	cr_assert(readable(port, 0));
	rte_pktmbuf_free(take(port, 0));
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

/* A peer that sends at any moment, against a receiver that sleeps whenever it finds nothing. */
#define FRAMES 20000

static void *sender(void *arg)
{
	unsigned seed = 3;

	for (unsigned i = 0; i < FRAMES; i++) {
		static const uint8_t bytes[60];

		while (fiber_send(fiber_tx_queue(far, 0), bytes, sizeof(bytes)) != 0)
			sched_yield();
		for (unsigned spin = rand_r(&seed) % 2000; spin > 0; spin--)
			rte_compiler_barrier();
	}
	return NULL;
}

Test(peer_intr, no_wake_up_is_lost)
{
	uint16_t port = sleepy_port("role=server", 1);
	unsigned got = 0;
	pthread_t thread;

	far_of(port, RINGS);
	cr_assert_eq(
		rte_eth_dev_rx_intr_ctl_q(port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD, NULL),
		0);
	cr_assert_eq(pthread_create(&thread, NULL, sender, NULL), 0);
	while (got < FRAMES) {
		struct rte_epoll_event event;
		struct rte_mbuf *m[32];
		uint16_t n = rte_eth_rx_burst(port, 0, m, 32);

		got += n;
		rte_pktmbuf_free_bulk(m, n);
		if (n != 0)
			continue;
		cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 0), 0);
		cr_assert_eq(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 20000), 1,
			     "asleep for good after %u frames", got);
		cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 0), 0);
	}
	pthread_join(thread, NULL);
	cr_assert_eq(
		rte_eth_dev_rx_intr_ctl_q(port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL, NULL),
		0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

Test(peer_intr, descriptors_stay_flat)
{
	uint16_t port = sleepy_port("lanes=2,role=server", 2);
	unsigned before = 0;

	for (unsigned round = 0; round < 30; round++) {
		far_of(port, RINGS);
		far_gone(port);
		if (round % 3 == 0) {
			cr_assert_eq(rte_eth_dev_stop(port), 0);
			start(port);
		}
		usleep(5000);
		if (round == 5)
			before = open_fds();
	}
	until(open_fds() == before);
}
