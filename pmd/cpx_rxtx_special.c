/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that cannot be sent as they come: shared ones are copied, requests are done, what cannot
 * be is dropped. Called by the burst functions of lanes; the lcore that drives the tx queue.
 */
#include "pmd/cpx_rxtx.h"

#include <rte_mbuf.h>

#include <errno.h>

#include "pmd/cpx_effect.h"

/* Does every segment belong to this frame alone, its data in its own buffer? */
static bool is_exclusive(const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next)
		if (rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m))
			return false;
	return true;
}

/* A frame that segmentation will cut is not held to the limit. */
static bool is_too_long(const struct rte_mbuf *m, uint32_t max_frame)
{
	return m->pkt_len > max_frame && !(m->ol_flags & RTE_MBUF_F_TX_TCP_SEG);
}

static struct rte_mbuf *drop(struct rte_mbuf *m, uint64_t *counter)
{
	counter_add(counter, 1);
	rte_pktmbuf_free(m);
	return NULL;
}

struct rte_mbuf *cpx_tx_special(struct cpx_txq *q, struct rte_mbuf *m, struct rte_mempool *pool,
				uint32_t max_frame)
{
	int rc;

	if (is_too_long(m, max_frame))
		return drop(m, &q->count.oversize);
	if (!is_exclusive(m)) {
		struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

		counter_add(copy != NULL ? &q->count.copied : &q->count.nombuf, 1);
		rte_pktmbuf_free(m);
		if (copy == NULL)
			return NULL;
		m = copy;
	}
	if (!cpx_tx_asks(q, m))
		return m;
	rc = cpx_effect(m, q->does);
	if (rc != 0)
		return drop(m, rc == -ENOMEM ? &q->count.nombuf : &q->count.unfit);
	return is_too_long(m, max_frame) ? drop(m, &q->count.oversize) : m;
}

uint16_t cpx_tx_effects(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n, uint32_t max_frame)
{
	uint16_t first = n;

	for (uint16_t i = n; i > 0; i--) {
		struct rte_mbuf *m = pkts[i - 1];

		if (cpx_tx_asks(q, m))
			m = cpx_tx_special(q, m, m->pool, max_frame);
		if (m != NULL)
			pkts[--first] = m;
	}
	return first;
}
