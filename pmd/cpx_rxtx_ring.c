/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Burst functions of lanes on rings inside the process (loop, fiber:<name>): mbuf pointers pass.
 * Called by the lcore that drives the queue. They do not log, lock, divide or call the system
 * (but to wake a sleeping receiver that asked for it); the only memory they take is the copy of a
 * frame that must not be passed on. Built once for each instruction set, see cpx_rxtx.h.
 */
#include "pmd/cpx_rxtx.h"
#include "pmd/cpx_rxtx_full.h"

/* mbuf flags that survive a lane; everything else asked something of the sender's port. */
#define KEEP_FLAGS RTE_MBUF_F_RX_RSS_HASH

/* ---- receive ---- */

static uint16_t ring_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_rxq *q = queue;
	const uint16_t port = q->port;
	uint64_t bytes = 0;

	n = (uint16_t)cpx_ring_peek(&q->end, n);
	if (n == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	cpx_ring_read(&q->end, pkts, n);
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->port = port;
		bytes += pkts[i]->pkt_len;
	}
	cpx_ring_release(&q->end, n);
	cpx_count_rx(&q->count, n, bytes);
	return n;
}

/* Of n frames, the first ones whose time has come; they say no more that they have one. */
static __rte_noinline uint32_t ring_due(const struct cpx_ring_end *e, uint32_t n)
{
	const uint64_t now = rte_rdtsc(), flag = cpx_send_time_flag;

	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = e->ring->slot[(e->own + i) & e->ring->mask];

		if (!(m->ol_flags & flag))
			continue;
		if (*RTE_MBUF_DYNFIELD(m, cpx_send_time_field, uint64_t *) > now)
			return i;
		m->ol_flags &= ~flag;
	}
	return n;
}

static __rte_always_inline uint16_t ring_take(struct cpx_rxq *q, struct cpx_rxq *from,
					      struct rte_mbuf **pkts, uint16_t n)
{
	n = (uint16_t)cpx_ring_peek(&from->end, n);
	if (unlikely(load_relaxed(&from->end.ring->timed)))
		n = (uint16_t)ring_due(&from->end, n);
	if (n == 0)
		return 0;
	cpx_ring_read(&from->end, pkts, n);
	cpx_ring_release(&from->end, n);
	return n;
}

static uint16_t ring_rx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return cpx_rx_full(queue, pkts, n, ring_take);
}

/* ---- transmit ---- */

/* One segment, one reference, its own buffer, not too long, nothing asked. */
static __rte_always_inline bool is_plain(const struct rte_mbuf *m, uint32_t max_frame)
{
	return m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1 && RTE_MBUF_DIRECT(m) &&
	       m->pkt_len <= max_frame && (m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) == 0;
}

/*
 * The same question for a whole burst, and whether no flag or packet type needs clearing: two
 * 16-byte loads a frame instead of six loads and four branches, half the cost at burst 32. Adds
 * the lengths up on the way.
 */
typedef uint32_t words __attribute__((vector_size(16), may_alias));

static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "halves of the words below");
static_assert(offsetof(struct rte_mbuf, rearm_data) % sizeof(words) == 0, "aligned loads");
static_assert(offsetof(struct rte_mbuf, refcnt) == offsetof(struct rte_mbuf, rearm_data) + 2, "");
static_assert(offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, rearm_data) + 4, "");
static_assert(offsetof(struct rte_mbuf, ol_flags) == offsetof(struct rte_mbuf, rearm_data) + 8, "");
static_assert(offsetof(struct rte_mbuf, pkt_len) == offsetof(struct rte_mbuf, rearm_data) + 20, "");

static __rte_always_inline bool all_plain(struct rte_mbuf *const *pkts, uint32_t n,
					  uint32_t max_frame, uint64_t *bytes)
{
	const words want = { 1u << 16, 1, 0, 0 };
	const words care = { 0xffff0000, 0x0000ffff, (uint32_t)~KEEP_FLAGS,
			     (uint32_t)(~KEEP_FLAGS >> 32) };
	const words limit = { 0, max_frame, 0, 0 };
	words odd = { 0 }, over = { 0 }, sum = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		/* data_off, refcnt | nb_segs, port | ol_flags | ol_flags */
		const words *m = (const words *)&pkts[i]->rearm_data;
		/* packet_type | pkt_len | data_len, vlan_tci | hash.rss */
		const words info = m[1];

		odd |= m[0] ^ want;
		/* word 0: not 0 if a packet type is there; word 1: sign bit if a frame is too long
		 */
		over |= limit - info;
		sum += info;
	}
	odd &= care;
	*bytes = sum[1];
	return (odd[0] | odd[1] | odd[2] | odd[3] | over[0] | over[1] >> 31) == 0;
}

/* Frames put on the ring; those of the n that are not were dropped and counted. */
static uint32_t ring_put_each(struct cpx_txq *q, struct rte_mbuf **pkts, uint32_t n,
			      uint32_t max_frame, uint64_t *bytes)
{
	struct cpx_ring *r = q->end.ring;
	const uint64_t keep = KEEP_FLAGS | (r->timed ? cpx_send_time_flag : 0);
	const uint32_t first = q->end.own;
	uint32_t at = first;

	*bytes = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!is_plain(m, max_frame))) {
			m = cpx_tx_special(q, m, r->pool, max_frame);
			if (m == NULL)
				continue;
		}
		m->ol_flags &= keep;
		m->packet_type = RTE_PTYPE_UNKNOWN;
		*bytes += m->pkt_len;
		r->slot[at++ & r->mask] = m;
	}
	return at - first;
}

/* Frames of the n that the ring takes, from the first on. */
static __rte_always_inline uint16_t ring_put(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t max_frame = load_relaxed(&q->max_frame);
	const uint32_t gate = load_acquire(&q->end.ring->gate);
	uint32_t taken, put;
	uint64_t bytes;

	if (unlikely(!(gate & CPX_GATE_OPEN))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	taken = put = cpx_ring_room(&q->end, n);
	/* few frames: their 2-byte port was stored moments ago and would stall the wide loads */
	if (taken >= 8 && likely(all_plain(pkts, taken, max_frame, &bytes)))
		cpx_ring_fill(&q->end, pkts, taken);
	else
		put = ring_put_each(q, pkts, taken, max_frame, &bytes);
	if (likely(put != 0)) {
		cpx_count_tx(&q->count, put, bytes);
		cpx_ring_submit(&q->end, put);
		if (unlikely(gate & CPX_GATE_SLEEPS))
			cpx_ring_wake(q->end.ring);
	}
	if (unlikely(taken < n))
		taken += cpx_tx_full_lane(q, pkts + taken, (uint16_t)(n - taken));
	return (uint16_t)taken;
}

static uint16_t ring_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;

	if (unlikely(load_relaxed(&q->off))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	return ring_put(q, pkts, n);
}

static uint16_t ring_tx_full(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return cpx_tx_full(queue, pkts, n, ring_put);
}

const struct cpx_bursts CPX_ISA_NAME(cpx_ring_bursts) = {
	.isa = CPX_ISA_TEXT,
	.rx = ring_rx,
	.rx_full = ring_rx_full,
	.tx = ring_tx,
	.tx_full = ring_tx_full,
};
