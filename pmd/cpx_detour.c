/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes in loopback; see cpx_detour.h. */
#include "pmd/cpx_detour.h"

#include <rte_ring.h>

#include "pmd/cpx_ethdev.h"
#include "pmd/cpx_logs.h"
#include "pmd/cpx_rxtx_full.h"

static struct rte_ring *make_ring(const struct cpx_port *p, unsigned lane)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *r;

	snprintf(name, sizeof(name), "cpx_detour_%u.%u", p->data->port_id, lane);
	/* several queues may feed a lane, one reads it */
	r = rte_ring_create(name, CPX_RING_STANDARD, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (r == NULL)
		PMD_DRV_LOG(ERR, "%s: no memory to loop lane %u; its frames go on as they did",
			    cpx_port_name(p), lane);
	return r;
}

void cpx_detour_set(struct cpx_port *p, uint32_t lanes)
{
	uint32_t read = 0;

	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		if (lanes >> i & 1 && p->detour[i] == NULL) {
			store_release(&p->detour[i], make_ring(p, i));
			if (p->detour[i] == NULL)
				lanes &= ~(1u << i);
		}
		store_relaxed(&p->tx[i].looped, lanes >> i & 1);
		if (lanes >> i & 1 || (p->detour[i] != NULL && !rte_ring_empty(p->detour[i])))
			read |= 1u << i;
	}
	if (lanes == p->looped_lanes && read == load_relaxed(&p->sources.detours))
		return;
	p->looped_lanes = lanes;
	store_release(&p->sources.detours, read);
	cpx_lanes_changed(p); /* other burst functions */
}

void cpx_detour_flush(struct cpx_port *p)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		while (p->detour[i] != NULL &&
		       rte_ring_sc_dequeue(p->detour[i], (void **)&m) == 0) {
			rte_pktmbuf_free(m);
			counter_add(&p->rx[i].count.flushed, 1);
		}
}

void cpx_detour_free(struct cpx_port *p)
{
	cpx_detour_flush(p);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		rte_ring_free(p->detour[i]);
		p->detour[i] = NULL;
	}
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
