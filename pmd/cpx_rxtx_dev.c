/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Burst functions of lanes on another DPDK port (dev:<ethdev>): one call of its own and a walk over
 * the frames for port id and counters. Called by the lcore that drives the queue; no log, lock,
 * division or system call of ours. `carrier_queue` is the gate behind which the carrier may be
 * called, `inside` tells the control thread that it is (cpx_inside.h).
 */
#include "pmd/cpx_rxtx.h"
#include "pmd/cpx_rxtx_full.h"

#include <rte_ethdev.h>

#include "pmd/cpx_effect.h"
#include "pmd/cpx_inside.h"

/* The carrier's queue that is the source of `from`, unless it is gone. */
static __rte_always_inline uint16_t dev_take(struct cpx_rxq *q, struct cpx_rxq *from,
					     struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t carrier_queue, got = 0;

	cpx_enter(&q->inside);
	carrier_queue = load_acquire(&from->carrier_queue);
	if (likely(carrier_queue != CPX_NO_QUEUE))
		got = rte_eth_rx_burst(from->carrier_port, carrier_queue, pkts, n);
	cpx_leave(&q->inside);
	return got;
}

static uint16_t dev_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_rxq *q = queue;
	const uint16_t port = q->port;
	uint64_t bytes = 0;

	n = dev_take(q, q, pkts, n);
	if (n == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->port = port;
		bytes += pkts[i]->pkt_len;
	}
	cpx_count_rx(&q->count, n, bytes);
	return n;
}

static uint16_t dev_rx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return cpx_rx_full(queue, pkts, n, dev_take);
}

/* A frame that segmentation will cut is not held to the limit. */
static __rte_always_inline bool fits(const struct rte_mbuf *m, uint32_t max_frame)
{
	return m->pkt_len <= max_frame || (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG);
}

static __rte_always_inline uint16_t dev_put(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t max_frame = load_relaxed(&q->max_frame);
	uint16_t carrier_queue, done = 0; /* sent or dropped */

	cpx_enter(&q->inside);
	carrier_queue = load_acquire(&q->carrier_queue);
	if (unlikely(carrier_queue == CPX_NO_QUEUE)) {
		cpx_leave(&q->inside);
		counter_add(&q->count.down, n);
		return 0;
	}
	/* one round, but for frames that are too long or ask what the carrier cannot do: those
	 * split the burst */
	while (done < n) {
		uint64_t bytes = 0;
		uint16_t run, sent;

		for (run = done;
		     run < n && fits(pkts[run], max_frame) && !cpx_tx_asks(q, pkts[run]); run++)
			bytes += pkts[run]->pkt_len;
		if (run == done && cpx_tx_asks(q, pkts[run])) {
			done += cpx_tx_effects(q, pkts + done, n - done, max_frame);
			continue;
		}
		if (run == done) {
			counter_add(&q->count.oversize, 1);
			rte_pktmbuf_free(pkts[done++]);
			continue;
		}
		sent = rte_eth_tx_burst(q->carrier_port, carrier_queue, pkts + done, run - done);
		done += sent;
		for (uint16_t i = done; i < run; i++)
			bytes -= pkts[i]->pkt_len;
		if (sent != 0)
			cpx_count_tx(&q->count, sent, bytes);
		if (unlikely(done < run)) {
			done += cpx_tx_full_lane(q, pkts + done, n - done);
			break;
		}
	}
	cpx_leave(&q->inside);
	return done;
}

static uint16_t dev_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;

	if (unlikely(load_relaxed(&q->off))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	return dev_put(q, pkts, n);
}

static uint16_t dev_tx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return cpx_tx_full(queue, pkts, n, dev_put);
}

uint16_t cpx_dev_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;
	uint16_t carrier_queue, i;

	cpx_enter(&q->preparing);
	carrier_queue = load_acquire(&q->carrier_queue);
	if (unlikely(carrier_queue == CPX_NO_QUEUE)) {
		cpx_leave(&q->preparing);
		return cpx_tx_prepare(queue, pkts, n);
	}
	for (i = 0; i < n; i++) {
		const uint64_t flags = pkts[i]->ol_flags;
		uint16_t done = cpx_tx_prepare(queue, pkts + i, 1);

		/* the carrier hears nothing of what it does not do */
		pkts[i]->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK | q->does;
		if (done != 0)
			done = rte_eth_tx_prepare(q->carrier_port, carrier_queue, pkts + i, 1);
		pkts[i]->ol_flags = flags;
		if (done == 0)
			break;
	}
	cpx_leave(&q->preparing);
	return i;
}

const struct cpx_bursts cpx_dev_bursts_base = {
	.isa = NULL,
	.rx = dev_rx,
	.rx_full = dev_rx_full,
	.tx = dev_tx,
	.tx_full = dev_tx_full,
};
