/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Over every carrier: ports and queues that come and go, many times, under load. What a stop finds
 * on its way is freed, and the pool is full at the end.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "lib/base/order.h"
#include "tests/unit/conform.h"

#define CYCLES 100

static uint64_t end_of_load;

/* The far end, which never rests: sends, and frees what it receives. */
static void *load(void *arg)
{
	struct rte_mbuf *m[32];

	while (!load_acquire(&end_of_load)) {
		for (uint16_t q = 0; q < 2; q++) {
			uint16_t had = 0, n;

			while (had < 8 && (m[had] = rte_pktmbuf_alloc(pool)) != NULL)
				memset(rte_pktmbuf_append(m[had++], 60), 0x11, 60);
			n = rte_eth_tx_burst(far, q, m, had);
			rte_pktmbuf_free_bulk(m + n, had - n);
			n = rte_eth_rx_burst(far, q, m, 32);
			rte_pktmbuf_free_bulk(m, n);
		}
		sched_yield();
	}
	return NULL;
}

/* Send and receive a little at the near end. */
static void touch(uint16_t queues)
{
	struct rte_mbuf *m[32];

	for (uint16_t q = 0; q < queues; q++) {
		uint16_t n = rte_eth_rx_burst(near, q, m, 32);

		rte_pktmbuf_free_bulk(m, n);
		m[0] = rte_pktmbuf_alloc(pool);
		if (m[0] == NULL)
			continue; /* the load has them all for the moment */
		rte_pktmbuf_append(m[0], 60);
		if (send_one(near, q, m[0]) == 0)
			rte_pktmbuf_free(m[0]);
	}
}

Conform(conform_lives, start_and_stop_under_load)
{
	pthread_t thread;
	uint64_t before;

	make_ports("");
	start_ports(2);
	if (far != near)
		cr_assert_eq(pthread_create(&thread, NULL, load, NULL), 0);
	for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
		touch(2);
		cr_assert_eq(rte_eth_dev_stop(near), 0);
		cr_assert_eq(rte_eth_dev_start(near), 0, "%s: cycle %u", row->name, cycle);
	}
	wait_link(near, RTE_ETH_LINK_UP);
	before = xstat(near, "lane0_rx_packets");
	for (unsigned looks = 0; xstat(near, "lane0_rx_packets") == before; looks++) {
		touch(2);
		cr_assert_lt(looks, 100000, "%s: nothing arrives any more", row->name);
		sched_yield();
	}
	if (far != near) {
		store_release(&end_of_load, 1);
		pthread_join(thread, NULL);
	}
	if (row->keeps_when_down)
		drain(near, 2);
	stop_ports();
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Conform(conform_lives, whole_lives)
{
	for (unsigned life = 0; life < CYCLES / 2; life++) {
		const uint16_t queues = (uint16_t)(1 + life % LANES);

		make_ports("");
		start_ports(queues);
		for (uint16_t q = 0; q < queues; q++)
			expect_works(q);
		touch(queues); /* leaves frames on the way */
		if (row->keeps_when_down)
			drain(near, queues);
		if (life % 2 == 0) {
			stop_ports();
			cr_assert_eq(pool_level(), POOL_FRAMES, "%s: stop leaves frames behind",
				     row->name);
		}
		if (life % 4 == 0)
			cr_assert_eq(rte_eth_dev_close(near), 0);
		cr_assert_eq(rte_vdev_uninit("net_cpx0"), 0);
		if (row->args[1] != NULL)
			cr_assert_eq(rte_vdev_uninit("net_cpx1"), 0);
		cr_assert_eq(rte_eth_dev_count_avail(), 0);
		cr_assert_eq(pool_level(), POOL_FRAMES, "%s: life %u", row->name, life);
	}
}

/* Queue 1 is off, queue 0 works on; queue 1 works again. */
Conform(conform_lives, queues_off_and_on)
{
	struct rte_eth_rxq_info rx;
	struct rte_eth_txq_info tx;

	make_ports("");
	start_ports(2);
	for (unsigned round = 0; round < 20; round++) {
		cr_assert_eq(rte_eth_dev_rx_queue_stop(near, 1), 0);
		cr_assert_eq(rte_eth_rx_queue_info_get(near, 1, &rx), 0);
		cr_expect_eq(rx.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
		expect_works(0);
		cr_assert_eq(rte_eth_dev_rx_queue_start(near, 1), 0);
		cr_assert_eq(rte_eth_rx_queue_info_get(near, 1, &rx), 0);
		cr_expect_eq(rx.queue_state, RTE_ETH_QUEUE_STATE_STARTED);
		cr_assert_eq(rte_eth_dev_tx_queue_stop(near, 1), 0);
		cr_assert_eq(rte_eth_tx_queue_info_get(near, 1, &tx), 0);
		cr_expect_eq(tx.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
		expect_works(0);
		cr_assert_eq(rte_eth_dev_tx_queue_start(near, 1), 0);
		wait_lanes(2);
		expect_works(0);
		expect_works(1);
	}
	stop_ports();
	cr_expect_eq(pool_level(), POOL_FRAMES);
}

Conform(conform_lives, deferred_start)
{
	const struct rte_eth_rxconf rx = { .rx_deferred_start = 1 };
	const struct rte_eth_txconf tx = { .tx_deferred_start = 1 };
	struct rte_eth_rxq_info rx_info;
	struct rte_eth_txq_info tx_info;
	struct rte_mbuf *m;

	make_ports("");
	cr_assert_eq(set_up_queues(near, 2, &(struct rte_eth_conf){ 0 }), 0);
	cr_assert_eq(rte_eth_rx_queue_setup(near, 1, SLOTS, SOCKET_ID_ANY, &rx, pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup(near, 1, SLOTS, SOCKET_ID_ANY, &tx), 0);
	if (far != near) {
		cr_assert_eq(set_up_queues(far, 2, &(struct rte_eth_conf){ 0 }), 0);
		start(far);
	}
	start(near);
	wait_link(near, RTE_ETH_LINK_UP);
	cr_assert_eq(rte_eth_rx_queue_info_get(near, 1, &rx_info), 0);
	cr_assert_eq(rte_eth_tx_queue_info_get(near, 1, &tx_info), 0);
	cr_expect_eq(rx_info.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
	cr_expect_eq(tx_info.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
	cr_expect_eq(rx_info.conf.rx_deferred_start, 1);
	m = numbered_frame(pool, 1);
	cr_expect_eq(send_one(near, 1, m), 0, "%s: a queue that is not started", row->name);
	rte_pktmbuf_free(m);
	expect_works(0);
	cr_assert_eq(rte_eth_dev_rx_queue_start(near, 1), 0);
	cr_assert_eq(rte_eth_dev_tx_queue_start(near, 1), 0);
	wait_lanes(2);
	expect_works(1);
}

/* Either the port says it can and does, or ethdev refuses for it. */
Conform(conform_lives, queues_set_up_while_it_runs)
{
	struct rte_eth_dev_info i;

	make_ports("");
	start_ports(2);
	cr_assert_eq(rte_eth_dev_info_get(near, &i), 0);
	cr_assert_eq(rte_eth_dev_rx_queue_stop(near, 1), 0);
	cr_assert_eq(rte_eth_dev_tx_queue_stop(near, 1), 0);
	if (i.dev_capa & RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP) {
		cr_expect_eq(rte_eth_rx_queue_setup(near, 1, SLOTS / 2, SOCKET_ID_ANY, NULL, pool),
			     0);
	} else {
		cr_expect_eq(rte_eth_rx_queue_setup(near, 1, SLOTS / 2, SOCKET_ID_ANY, NULL, pool),
			     -EBUSY);
	}
	if (i.dev_capa & RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP)
		cr_expect_eq(rte_eth_tx_queue_setup(near, 1, SLOTS / 2, SOCKET_ID_ANY, NULL), 0);
	else
		cr_expect_eq(rte_eth_tx_queue_setup(near, 1, SLOTS / 2, SOCKET_ID_ANY, NULL),
			     -EBUSY);
	cr_assert_eq(rte_eth_dev_rx_queue_start(near, 1), 0);
	cr_assert_eq(rte_eth_dev_tx_queue_start(near, 1), 0);
	wait_lanes(2);
	expect_works(0);
	expect_works(1);
}
