/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Burst functions of lanes on a fiber between two processes (fiber:<path>): frames are copied into
 * shared memory by the sender and out of it by the receiver. Called by the lcore that drives the
 * queue; no log, lock, division or system call (but to wake a sleeping peer that asked for it).
 * Everything about the other process being hostile is lib/fiber/ring.h's: here only lengths that
 * it has checked are used.
 *
 * While an lcore is in here `inside` is set. The control thread takes a queue out of service by
 * its `running`, then makes every lcore pass a barrier (membarrier) and waits for `inside` to
 * fall, before it unmaps: so here a compiler barrier is enough between the two.
 *
 * Built once for each instruction set, see cpx_rxtx.h.
 */
#include "pmd/cpx_rxtx.h"
#include "pmd/cpx_rxtx_peer_rx.h"
#include "pmd/cpx_rxtx_peer_tx.h"

/* From here to leave() the fiber's memory stays mapped if its queue is in service. */
static __rte_always_inline void enter(uint32_t *inside)
{
	store_relaxed(inside, 1);
	rte_compiler_barrier();
}

static __rte_always_inline void leave(uint32_t *inside)
{
	store_release(inside, 0);
}

/* ---- receive ---- */

static uint16_t peer_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_rxq *q = queue;
	uint64_t bytes = 0;

	enter(&q->inside);
	n = peer_take_bytes(q, q, pkts, n, &bytes);
	leave(&q->inside);
	if (n == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	cpx_count_rx(&q->count, n, bytes);
	return n;
}

static uint16_t peer_rx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_rxq *q = queue;

	enter(&q->inside);
	n = cpx_rx_full(q, pkts, n, peer_take);
	leave(&q->inside);
	return n;
}

/* ---- transmit ---- */

static uint16_t peer_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;

	if (unlikely(load_relaxed(&q->off))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	enter(&q->inside);
	n = peer_put(q, pkts, n);
	leave(&q->inside);
	return n;
}

static uint16_t peer_tx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;

	enter(&q->inside);
	n = cpx_tx_full(q, pkts, n, peer_put);
	leave(&q->inside);
	return n;
}

const struct cpx_bursts CPX_ISA_NAME(cpx_peer_bursts) = {
	.isa = CPX_ISA_TEXT,
	.rx = peer_rx,
	.rx_full = peer_rx_full,
	.tx = peer_tx,
	.tx_full = peer_tx_full,
};
