/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_lanes.c under load: one thread sends numbered frames of four flows, one flow a lane; four
 * threads receive; lanes go and come back meanwhile. Nothing is lost, nothing overtakes within its
 * flow, over rings of one process and over shared memory.
 */
#include <pthread.h>
#include <sched.h>

#include "lib/base/order.h"
#include "tests/unit/cpx_port.h"

#define LANES  4
#define FRAMES 20000u /* of each flow */
#define ROUNDS 20

TestSuite(lanes, .init = start_eal);

struct flow_head {
	uint32_t flow, number;
};

static uint16_t tx_port, rx_port;
static uint32_t next_number[LANES]; /* of a flow; whoever reads its source writes */
static uint32_t wrong;              /* any thread sets */
static uint32_t paused[LANES], is_paused[LANES], stop;

static void *receive_flows(void *arg)
{
	const uint16_t queue = (uint16_t)(uintptr_t)arg;
	struct rte_mbuf *m[32];

	while (!load_acquire(&stop)) {
		uint16_t n;

		if (load_acquire(&paused[queue])) {
			store_release(&is_paused[queue], 1);
			sched_yield();
			continue;
		}
		store_release(&is_paused[queue], 0);
		n = rte_eth_rx_burst(rx_port, queue, m, 32);
		for (uint16_t i = 0; i < n; i++) {
			struct flow_head h;

			memcpy(&h, rte_pktmbuf_mtod_offset(m[i], void *, 14), sizeof(h));
			if (h.flow >= LANES || h.number != load_relaxed(&next_number[h.flow]))
				store_release(&wrong, 1);
			else
				store_relaxed(&next_number[h.flow], h.number + 1);
		}
		rte_pktmbuf_free_bulk(m, n);
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

static void *send_flows(void *arg)
{
	uint32_t number[LANES] = { 0 }, left = LANES * FRAMES;

	while (left != 0 && !load_acquire(&stop)) {
		for (uint16_t lane = 0; lane < LANES; lane++) {
			struct flow_head h = { lane, number[lane] };
			struct rte_mbuf *m = number[lane] < FRAMES ? rte_pktmbuf_alloc(pool) : NULL;

			if (m == NULL)
				continue;
			memset(rte_pktmbuf_append(m, 60), 0, 60);
			memcpy(rte_pktmbuf_mtod_offset(m, void *, 14), &h, sizeof(h));
			if (send_one(tx_port, lane, m) == 1) {
				number[lane]++;
				left--;
			} else {
				rte_pktmbuf_free(m);
				sched_yield();
			}
		}
	}
	return NULL;
}

static void pause_queue(unsigned queue, bool on)
{
	store_release(&paused[queue], on);
	while (load_acquire(&is_paused[queue]) != on && !load_acquire(&stop))
		sched_yield();
}

static bool all_received(void)
{
	for (unsigned i = 0; i < LANES; i++)
		if (load_acquire(&next_number[i]) != FRAMES)
			return false;
	return true;
}

static void lanes_come_and_go(void)
{
	pthread_t receivers[LANES], sender;
	struct rte_eth_stats stats;

	for (unsigned i = 0; i < LANES; i++)
		pthread_create(&receivers[i], NULL, receive_flows, (void *)(uintptr_t)i);
	pthread_create(&sender, NULL, send_flows, NULL);
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* one to three lanes at a time */
		for (uint16_t i = 0; i < 1 + round % 3; i++) {
			pause_queue((round + i) % LANES, true);
			cr_assert_eq(rte_eth_dev_rx_queue_stop(rx_port, (round + i) % LANES), 0);
		}
		cr_assert_eq(link_of(rx_port).link_speed, (LANES - 1 - round % 3) * 106250);
		usleep(2000);
		for (uint16_t i = 0; i < 1 + round % 3; i++) {
			cr_assert_eq(rte_eth_dev_rx_queue_start(rx_port, (round + i) % LANES), 0);
			pause_queue((round + i) % LANES, false);
		}
		usleep(1000);
	}
	pthread_join(sender, NULL);
	for (unsigned i = 0; i < 5000 && !all_received(); i++)
		usleep(1000);
	store_release(&stop, 1);
	for (unsigned i = 0; i < LANES; i++)
		pthread_join(receivers[i], NULL);
	cr_expect_not(wrong, "a frame was lost or overtook another of its flow");
	cr_expect(all_received());
	cr_assert_eq(rte_eth_stats_get(rx_port, &stats), 0);
	cr_expect_eq(stats.ipackets, LANES * FRAMES);
	cr_assert_eq(rte_eth_dev_stop(tx_port), 0);
	cr_assert_eq(rte_eth_dev_stop(rx_port), 0);
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Test(lanes, flows_move_in_order_on_a_loop)
{
	tx_port = rx_port = running_port("net_cpx0", "lanes=4,carrier=loop", LANES);
	lanes_come_and_go();
}

Test(lanes, flows_move_in_order_on_a_fiber)
{
	tx_port = running_port("net_cpx0", "lanes=4,carrier=fiber:x", LANES);
	rx_port = running_port("net_cpx1", "lanes=4,carrier=fiber:x", LANES);
	lanes_come_and_go();
}

Test(lanes, flows_move_in_order_between_processes)
{
	char path[64], args[128];

	snprintf(path, sizeof(path), "/tmp/cpx-lanes-%d.sock", (int)getpid());
	snprintf(args, sizeof(args), "lanes=4,carrier=fiber:%s,role=server", path);
	tx_port = running_port("net_cpx0", args, LANES);
	snprintf(args, sizeof(args), "lanes=4,carrier=fiber:%s,role=client", path);
	rx_port = running_port("net_cpx1", args, LANES);
	for (unsigned i = 0; i < 2000 && (link_of(tx_port).link_status == RTE_ETH_LINK_DOWN ||
					  link_of(rx_port).link_status == RTE_ETH_LINK_DOWN);
	     i++)
		usleep(1000);
	cr_assert_eq(link_of(rx_port).link_speed, LANES * 106250);
	lanes_come_and_go();
}
