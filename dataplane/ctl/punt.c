/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the workers and the control thread: takes what workers punt, hands it to ARP, neighbour
 * discovery or the hold queue, and sends frames of our own and released packets back. Each period
 * the number of packets taken is bounded, so a flood cannot keep the control thread.
 */
#include <rte_ethdev.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"

#define TAKE_MAX 256 /* packets of one worker a period */

void punt_drop(struct board *b, struct rte_mbuf *m, enum drop_reason reason)
{
	stats_count(b, *pkt_lane(m), CELL_DROP + reason, 1);
	rte_pktmbuf_free(m);
}

void punt_consume(struct board *b, struct rte_mbuf *m)
{
	stats_count(b, *pkt_lane(m), CELL_HOST_PACKETS, 1);
	rte_pktmbuf_free(m);
}

void punt_return(struct board *b, struct rte_mbuf *m, enum pkt_kind kind)
{
	struct worker *w = b->workers[b->lanes[*pkt_lane(m)].worker];

	*pkt_kind(m) = kind;
	if (rte_ring_sp_enqueue(w->from_control, m) != 0)
		punt_drop(b, m, DROP_CONTROL_FULL);
}

void punt_send(struct board *b, const struct iface *iface, const uint8_t *frame, int len)
{
	struct worker *w = b->workers[b->lanes[iface->host_lane].worker];
	struct rte_mbuf *m = len > 0 ? rte_pktmbuf_alloc(b->pool) : NULL;
	char *to = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (!to) {
		rte_pktmbuf_free(m);
		return; /* asked again in a second; the pool's level is a metric */
	}
	memcpy(to, frame, (size_t)len);
	m->port = iface->port;
	m->hash.rss = 0;
	*pkt_lane(m) = iface->host_lane;
	*pkt_iface(m) = IFACE_NONE;
	*pkt_kind(m) = PKT_TO_WORKER_FRAME;
	*pkt_arg(m) = lane_stamp(iface->host_lane, b->lanes[iface->host_lane].life);
	stats_count(b, iface->host_lane, CELL_ORIGINATED, 1);
	if (rte_ring_sp_enqueue(w->from_control, m) != 0)
		punt_drop(b, m, DROP_CONTROL_FULL);
}

static void receive(struct board *b, struct rte_mbuf *m)
{
	switch (*pkt_kind(m)) {
	case PKT_TO_CONTROL_ARP:
		arp_receive(b, m);
		break;
	case PKT_TO_CONTROL_ND:
		nd_receive(b, m);
		break;
	default:
		neighbors_hold(b, m);
		break;
	}
}

void punt_poll(void *arg)
{
	struct board *b = arg;
	void *pkts[TAKE_MAX];

	for (unsigned w = 0; w < b->n_workers; w++) {
		const unsigned n =
			rte_ring_sc_dequeue_burst(b->workers[w]->to_control, pkts, TAKE_MAX, NULL);

		for (unsigned i = 0; i < n; i++)
			receive(b, pkts[i]);
	}
	rib_commit(b); /* host routes of neighbours made above */
}

void punt_catch_up(struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		void *m;

		for (unsigned n = rte_ring_count(b->workers[w]->to_control); n > 0; n--)
			if (rte_ring_sc_dequeue(b->workers[w]->to_control, &m) == 0)
				receive(b, m);
	}
}

void punt_drain(struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		struct rte_ring *rings[] = { b->workers[w]->to_control,
					     b->workers[w]->from_control };
		void *m;

		for (unsigned i = 0; i < RTE_DIM(rings); i++)
			while (rte_ring_sc_dequeue(rings[i], &m) == 0)
				punt_drop(b, m, DROP_SHUTDOWN);
	}
	neighbors_drain(b);
}
