/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rare paths of chain.h. Bytes move only from later buffers to the first, which is ours: what a
 * peer has lent is read once and never written.
 */
#include "dataplane/nodes/chain.h"

static bool refuse(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return false;
}

/* An empty buffer in front, for a packet whose first one has no room. */
static struct rte_mbuf *put_in_front(struct worker *w, struct rte_mbuf *m)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(w->cfg->pool);

	if (!head)
		return NULL;
	head->port = m->port;
	head->hash = m->hash;
	head->packet_type = m->packet_type;
	head->vlan_tci = m->vlan_tci;
	head->vlan_tci_outer = m->vlan_tci_outer;
	head->nb_segs = (uint16_t)(m->nb_segs + 1);
	head->pkt_len = m->pkt_len;
	head->next = m;
	return head;
}

bool chain_pull_up(struct worker *w, void **obj, uint32_t need)
{
	struct rte_mbuf *m = *obj;

	need = RTE_MIN(need, m->pkt_len);
	if (!RTE_MBUF_DIRECT(m) || rte_pktmbuf_tailroom(m) < need - m->data_len) {
		if (need > (uint32_t)rte_pktmbuf_data_room_size(w->cfg->pool) -
				    RTE_PKTMBUF_HEADROOM ||
		    m->nb_segs == UINT16_MAX)
			return refuse(m, DROP_SPLIT_HEADER);
		m = put_in_front(w, m);
		if (!m)
			return refuse(*obj, DROP_NO_BUFFERS);
		*obj = m;
	}
	while (m->data_len < need) {
		struct rte_mbuf *next = m->next;
		uint16_t take;

		if (!next) /* pkt_len promised more */
			return refuse(m, DROP_SPLIT_HEADER);
		take = (uint16_t)RTE_MIN(next->data_len, need - m->data_len);
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len),
		       rte_pktmbuf_mtod(next, const uint8_t *), take);
		m->data_len += take;
		next->data_off += take;
		next->data_len -= take;
		if (next->data_len)
			continue;
		m->next = next->next;
		m->nb_segs--;
		rte_pktmbuf_free_seg(next);
	}
	return true;
}

void chain_trim(struct rte_mbuf *m, uint32_t length)
{
	struct rte_mbuf *last = m;
	uint32_t left = length;
	uint16_t n = 1;

	while (last->next && last->data_len < left) {
		left -= last->data_len;
		last = last->next;
		n++;
	}
	last->data_len = (uint16_t)RTE_MIN(left, last->data_len);
	rte_pktmbuf_free(last->next);
	last->next = NULL;
	m->nb_segs = n;
	m->pkt_len = length;
}
