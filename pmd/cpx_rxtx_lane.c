/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the state of a lane does to its frames, for the full burst functions: some are lost in
 * codewords that FEC cannot correct (cpx_loss.h), all come back in loopback (cpx_detour.h). Called
 * by the lcore that drives the queue, and only while a lane is in such a state.
 */
#include <rte_ring.h>

#include "pmd/cpx_ethdev.h"
#include "pmd/cpx_rxtx_full.h"

uint16_t cpx_lose(struct cpx_rxq *q, struct cpx_rxq *from, struct rte_mbuf **pkts, uint16_t n)
{
	const uint32_t fixed = load_relaxed(&from->interleaved_bits);
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (likely(!fec_loss_hits(&from->loss, fixed + 8 * pkts[i]->pkt_len)))
			pkts[kept++] = pkts[i];
		else
			rte_pktmbuf_free(pkts[i]);
	}
	counter_add(&q->count.fec_lost, (uint64_t)(n - kept));
	return kept;
}

uint16_t cpx_detour_put(struct cpx_txq *lane, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_port *p = container_of(lane->lanes, struct cpx_port, tx[0]);
	const unsigned i = (unsigned)(lane - lane->lanes);
	struct rte_ring *r = load_acquire(&p->detour[i]);
	const uint32_t max_frame = load_relaxed(&lane->max_frame);
	uint16_t done;
	uint64_t bytes = 0;
	uint32_t sent = 0;

	if (!(load_relaxed(&p->open_lanes) >> i & 1)) {
		counter_add(&lane->count.down, n);
		return 0;
	}
	for (done = 0; done < n; done++) {
		struct rte_mbuf *m = pkts[done];

		if (rte_ring_full(r))
			break;
		if (m->nb_segs != 1 || rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m) ||
		    m->pkt_len > max_frame || (m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0) {
			m = cpx_tx_special(lane, m, p->rx[i].pool, max_frame);
			if (m == NULL)
				continue;
		}
		m->ol_flags &= RTE_MBUF_F_RX_RSS_HASH;
		m->packet_type = RTE_PTYPE_UNKNOWN;
		bytes += m->pkt_len;
		if (rte_ring_mp_enqueue(r, m) == 0) {
			sent++;
		} else { /* another queue was faster */
			rte_pktmbuf_free(m);
			counter_add(&lane->count.dropped, 1);
		}
	}
	if (sent != 0)
		cpx_count_tx(&lane->count, sent, bytes);
	return done < n ? (uint16_t)(done +
				     cpx_tx_full_lane(lane, pkts + done, (uint16_t)(n - done)))
			: n;
}

uint16_t cpx_detour_take(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct cpx_port *p = container_of(q->sources, struct cpx_port, sources);
	struct rte_ring *r = q->lane < CPX_MAX_LANES ? load_acquire(&p->detour[q->lane]) : NULL;

	return r != NULL ? (uint16_t)rte_ring_sc_dequeue_burst(r, (void **)pkts, n, NULL) : 0;
}
