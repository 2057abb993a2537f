/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The burst functions: lanes on rings (loop, fiber) and lanes on another DPDK port (dev). Called
 * by the lcore that drives the queue, never by two at once. They do not log, lock, divide or call
 * the system; the only memory they take is the copy of a frame that must not be passed on.
 */
#include "pmd/cpx_rxtx.h"

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_net.h>

#include "pmd/cpx_checksum.h"
#include "pmd/cpx_hash.h"

/* mbuf flags that survive a lane; everything else asked something of the sender's port. */
#define KEEP_FLAGS RTE_MBUF_F_RX_RSS_HASH

static __rte_always_inline void inspect(const struct cpx_rxq *q, struct rte_mbuf *m)
{
	const unsigned types = load_relaxed(&q->hash_types);
	const uint32_t ptypes = load_relaxed(&q->ptypes);
	uint32_t hash;

	if (types != 0 && !(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) &&
	    cpx_flow_hash(rte_pktmbuf_mtod(m, void *), m->data_len, types, &hash)) {
		m->hash.rss = hash;
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	}
	if (q->checks != 0)
		m->ol_flags |= cpx_checksum_flags(m, q->checks);
	if (ptypes != 0)
		m->packet_type = rte_net_get_ptype(m, NULL, CPX_PTYPE_LAYERS) & ptypes;
}

static __rte_always_inline void count_rx(struct cpx_rx_counters *c, uint16_t n, uint64_t bytes)
{
	counter_add(&c->packets, n);
	counter_add(&c->bytes, bytes);
	counter_add(&c->bursts, 1);
}

static __rte_always_inline uint16_t ring_rx(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n,
					    bool look)
{
	const uint16_t port = q->port;
	uint64_t bytes = 0;

	n = (uint16_t)cpx_ring_peek(&q->end, n);
	if (n == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	cpx_ring_read(&q->end, pkts, n);
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		m->port = port;
		bytes += m->pkt_len;
		if (look)
			inspect(q, m);
	}
	cpx_ring_release(&q->end, n);
	count_rx(&q->count, n, bytes);
	return n;
}

uint16_t cpx_ring_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return ring_rx(queue, pkts, n, false);
}

uint16_t cpx_ring_rx_inspect(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return ring_rx(queue, pkts, n, true);
}

/* Does every segment belong to this frame alone, its data in its own buffer? */
static bool is_exclusive(const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next)
		if (rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m))
			return false;
	return true;
}

/*
 * A frame that is not a plain single segment of its own: pass a chain, copy what is shared, drop
 * what is too long. The mbuf to send, or NULL when it was dropped (freed and counted).
 */
static __rte_noinline struct rte_mbuf *ring_tx_special(struct cpx_txq *q, struct rte_mbuf *m,
						       uint32_t max_frame)
{
	struct rte_mbuf *copy;

	if (m->pkt_len > max_frame) {
		counter_add(&q->count.oversize, 1);
		rte_pktmbuf_free(m);
		return NULL;
	}
	if (is_exclusive(m))
		return m;
	copy = rte_pktmbuf_copy(m, q->end.ring->pool, 0, UINT32_MAX);
	counter_add(copy != NULL ? &q->count.copied : &q->count.nombuf, 1);
	rte_pktmbuf_free(m);
	return copy;
}

/* One segment, one reference, its own buffer, not too long. */
static __rte_always_inline bool is_plain(const struct rte_mbuf *m, uint32_t max_frame)
{
	return m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1 && RTE_MBUF_DIRECT(m) &&
	       m->pkt_len <= max_frame;
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

static __rte_always_inline void count_tx(struct cpx_tx_counters *c, uint32_t n, uint64_t bytes)
{
	counter_add(&c->packets, n);
	counter_add(&c->bytes, bytes);
	counter_add(&c->bursts, 1);
}

/* Frames put on the ring; those of the n that are not were dropped and counted. */
static uint32_t ring_put_each(struct cpx_txq *q, struct rte_mbuf **pkts, uint32_t n,
			      uint32_t max_frame, uint64_t *bytes)
{
	struct cpx_ring *r = q->end.ring;
	const uint32_t first = q->end.own;
	uint32_t at = first;

	*bytes = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!is_plain(m, max_frame))) {
			m = ring_tx_special(q, m, max_frame);
			if (m == NULL)
				continue;
		}
		m->ol_flags &= KEEP_FLAGS;
		m->packet_type = RTE_PTYPE_UNKNOWN;
		*bytes += m->pkt_len;
		r->slot[at++ & r->mask] = m;
	}
	return at - first;
}

uint16_t cpx_ring_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;
	const uint32_t max_frame = load_relaxed(&q->max_frame);
	uint32_t taken, put;
	uint64_t bytes;

	if (unlikely(load_relaxed(&q->off) | !load_acquire(&q->end.ring->open))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	taken = put = cpx_ring_room(&q->end, n);
	if (unlikely(taken < n))
		counter_add(&q->count.full, n - taken);
	/* few frames: their 2-byte port was stored moments ago and would stall the wide loads */
	if (taken >= 8 && likely(all_plain(pkts, taken, max_frame, &bytes)))
		cpx_ring_fill(&q->end, pkts, taken);
	else
		put = ring_put_each(q, pkts, taken, max_frame, &bytes);
	if (likely(put != 0)) {
		count_tx(&q->count, put, bytes);
		cpx_ring_submit(&q->end, put);
	}
	return (uint16_t)taken;
}

static __rte_always_inline uint16_t dev_rx(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n,
					   bool look)
{
	const uint16_t carrier_queue = load_relaxed(&q->carrier_queue);
	const uint16_t port = q->port;
	uint64_t bytes = 0;

	if (unlikely(carrier_queue == CPX_NO_QUEUE)) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	n = rte_eth_rx_burst(q->carrier_port, carrier_queue, pkts, n);
	if (n == 0) {
		counter_add(&q->count.empty_polls, 1);
		return 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->port = port;
		bytes += pkts[i]->pkt_len;
		if (look)
			inspect(q, pkts[i]);
	}
	count_rx(&q->count, n, bytes);
	return n;
}

uint16_t cpx_dev_rx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return dev_rx(queue, pkts, n, false);
}

uint16_t cpx_dev_rx_inspect(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return dev_rx(queue, pkts, n, true);
}

/* A frame that segmentation will cut is not held to the limit. */
static __rte_always_inline bool fits(const struct rte_mbuf *m, uint32_t max_frame)
{
	return m->pkt_len <= max_frame || (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG);
}

uint16_t cpx_dev_tx(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;
	const uint16_t carrier_queue = load_relaxed(&q->carrier_queue);
	const uint32_t max_frame = load_relaxed(&q->max_frame);
	uint16_t done = 0; /* sent or dropped */

	if (unlikely(load_relaxed(&q->off) | (carrier_queue == CPX_NO_QUEUE))) {
		counter_add(&q->count.down, n);
		return 0;
	}
	/* one round, but for frames that are too long: those split the burst */
	while (done < n) {
		uint64_t bytes = 0;
		uint16_t run, sent;

		for (run = done; run < n && fits(pkts[run], max_frame); run++)
			bytes += pkts[run]->pkt_len;
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
			count_tx(&q->count, sent, bytes);
		if (unlikely(done < run)) {
			counter_add(&q->count.full, n - done);
			break;
		}
	}
	return done;
}

/* As many as the line has time for go on to `tx`; what it sent takes up that time. */
static __rte_always_inline uint16_t tx_paced(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n,
					     eth_tx_burst_t tx)
{
	const uint64_t packets = q->count.packets, bytes = q->count.bytes;
	struct cpx_pace *pace = &q->pace;
	int64_t busy;
	uint16_t fit;

	cpx_pace_clock(pace, rte_rdtsc());
	busy = pace->busy;
	for (fit = 0; fit < n && busy <= 0; fit++)
		busy += cpx_pace_time(pace, 1, pkts[fit]->pkt_len);
	if (fit < n)
		counter_add(&q->count.paced, n - fit);
	if (fit == 0)
		return 0;
	fit = tx(q, pkts, fit);
	cpx_pace_charge(pace, q->count.packets - packets, q->count.bytes - bytes);
	return fit;
}

uint16_t cpx_ring_tx_paced(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return tx_paced(queue, pkts, n, cpx_ring_tx);
}

uint16_t cpx_dev_tx_paced(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return tx_paced(queue, pkts, n, cpx_dev_tx);
}

uint16_t cpx_dev_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_txq *q = queue;
	const uint16_t carrier_queue = load_relaxed(&q->carrier_queue);

	if (unlikely(carrier_queue == CPX_NO_QUEUE))
		return n;
	return rte_eth_tx_prepare(q->carrier_port, carrier_queue, pkts, n);
}
