/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_steer.c: rings between the rx queues of a port. Full ones drop and count, stopped queues
 * get nothing and lose what waited, nothing stays behind, both kinds of frames get their share, and
 * a frame from another queue wakes who sleeps.
 */
#include <poll.h>
#include <rte_epoll.h>
#include <rte_interrupts.h>

#include "tests/unit/flow_port.h"

static uint16_t port;

static uint64_t lane_stat(unsigned lane, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "lane%u_rx_%s", lane, what);
	return xstat(port, name);
}

/* Sends n frames into queue 0 and lets it hand them to queue 1. */
static void hand_over(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = udp_mbuf(1, (uint16_t)i, 100);

		cr_assert_eq(send_one(port, 0, m), 1);
		cr_assert_null(receive_one(port, 0));
	}
}

static void set_up_loop(void)
{
	start_eal();
	port = running_port("net_cpx0", "carrier=loop,lanes=2", 2);
	must_rule(port, 0, 100, ACTIONS(QUEUE(1)));
}

static void nothing_is_lost(void)
{
	cr_assert_eq(rte_eth_dev_stop(port), 0);
	cr_assert_eq(pool_level(), POOL_FRAMES);
}

TestSuite(steer, .init = set_up_loop, .fini = nothing_is_lost);

Test(steer, a_full_ring_drops_and_counts)
{
	struct rte_eth_stats stats;

	hand_over(1024 + 7);
	cr_expect_eq(lane_stat(0, "steer_full"), 7);
	cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
	cr_expect_eq(stats.imissed, 7);
	cr_expect_eq(drain(port, 1), 1024);
	hand_over(1);
	cr_expect_eq(drain(port, 1), 1, "room again");
	cr_assert_eq(rte_eth_stats_reset(port), 0);
	cr_assert_eq(rte_eth_stats_get(port, &stats), 0);
	cr_expect_eq(stats.imissed, 0);
}

Test(steer, stop_leaves_nothing_behind)
{
	for (unsigned round = 0; round < 3; round++) {
		hand_over(500);
		cr_assert_eq(rte_eth_dev_stop(port), 0);
		cr_assert_eq(pool_level(), POOL_FRAMES);
		cr_expect_eq(lane_stat(1, "flushed"), (round + 1) * 500);
		cr_assert_eq(rte_eth_dev_start(port), 0);
		hand_over(3);
		cr_expect_eq(drain(port, 1), 3, "the rule outlived the stop");
	}
}

Test(steer, a_stopped_queue_takes_nothing)
{
	hand_over(10);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(port, 1), 0);
	cr_expect_eq(lane_stat(1, "flushed"), 10);
	hand_over(5);
	cr_expect_eq(lane_stat(0, "steer_full"), 5);
	cr_assert_eq(rte_eth_dev_rx_queue_start(port, 1), 0);
	cr_expect_eq(drain(port, 1), 0);
	hand_over(4);
	cr_expect_eq(drain(port, 1), 4);
}

/* Rules that are gone do not strand what is on its way. */
Test(steer, frames_on_their_way_outlive_the_rule)
{
	hand_over(20);
	cr_assert_eq(rte_flow_flush(port, &flow_error), 0);
	cr_expect_eq(drain(port, 1), 20);
}

/* However large the bursts, neither kind of frames waits for the other to end. */
Test(steer, own_and_steered_frames_share_a_burst)
{
	static const uint16_t sizes[] = { 1, 2, 7, 32 };

	for (unsigned s = 0; s < RTE_DIM(sizes); s++) {
		const uint16_t size = sizes[s];
		unsigned own = 0, steered = 0;

		hand_over(128);
		for (unsigned i = 0; i < 128; i++)
			cr_assert_eq(send_one(port, 1, udp_mbuf(1, 1, 99)), 1);
		while (own + steered < 128) { /* as long as there must be some of both */
			struct rte_mbuf *m[32];
			uint16_t n = rte_eth_rx_burst(port, 1, m, size);

			cr_assert_eq(n, size <= 256 - own - steered ? size : n);
			for (uint16_t i = 0; i < n; i++)
				*(*rte_pktmbuf_mtod_offset(m[i], uint8_t *, 37) == 99 ? &own
										      : &steered) +=
					1;
			rte_pktmbuf_free_bulk(m, n);
		}
		cr_expect_leq(RTE_MAX(own, steered) - RTE_MIN(own, steered), size,
			      "bursts of %u: %u and %u", size, own, steered);
		drain(port, 1);
	}
}

Test(steer, a_handed_frame_wakes_who_sleeps)
{
	const struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	int fd;

	cr_assert_eq(rte_eth_dev_stop(port), 0);
	set_up_with(port, 2, &conf);
	start(port);
	fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port, 1);
	cr_assert_geq(fd, 0);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 1), 0);
	cr_expect_eq(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 0);
	hand_over(1);
	cr_expect_eq(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 1, "rung");
	cr_assert_eq(rte_eth_dev_rx_intr_disable(port, 1), 0);
	cr_expect_eq(drain(port, 1), 1);
	hand_over(1);
	cr_assert_eq(rte_eth_dev_rx_intr_enable(port, 1), 0);
	cr_expect_eq(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 1,
		     "one was there before");
	cr_expect_eq(drain(port, 1), 1);
}
