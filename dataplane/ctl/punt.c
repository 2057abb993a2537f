/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the workers and the control thread: takes what workers punt, hands it to ARP, neighbour
 * discovery or the hold queue, and sends frames of our own and released packets back. Queues are
 * taken by priority, of each a bounded number a turn (lib/net/punt.h): a flood of one does not hold
 * up another, nor the control thread.
 */
#include <rte_ethdev.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"

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
	if (worker_give(w, m) != 0)
		punt_drop(b, m, DROP_CONTROL_FULL);
}

void punt_send(struct board *b, const struct iface *iface, const uint8_t *frame, int len)
{
	struct rte_mbuf *m = len > 0 ? rte_pktmbuf_alloc(b->pool) : NULL;
	char *to = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (!to) {
		rte_pktmbuf_free(m);
		if (len > 0) { /* whom it was for asks again */
			stats_count(b, iface->host_lane, CELL_ORIGINATED, 1);
			stats_count(b, iface->host_lane, CELL_DROP + DROP_NO_BUFFERS, 1);
		}
		return;
	}
	memcpy(to, frame, (size_t)len);
	m->hash.rss = 0;
	punt_originate(b, iface, m);
}

void punt_originate(struct board *b, const struct iface *iface, struct rte_mbuf *m)
{
	struct worker *w = b->workers[b->lanes[iface->host_lane].worker];

	m->port = iface->port;
	*pkt_lane(m) = iface->host_lane;
	*pkt_iface(m) = IFACE_NONE;
	*pkt_kind(m) = PKT_TO_WORKER_FRAME;
	*pkt_arg(m) = lane_stamp(iface->host_lane, b->lanes[iface->host_lane].life);
	stats_count(b, iface->host_lane, CELL_ORIGINATED, 1);
	if (worker_give(w, m) != 0)
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
	case PKT_TO_CONTROL_HOST:
		twin_deliver(b, m);
		break;
	default:
		neighbors_hold(b, m);
		break;
	}
}

/* At most as many as a turn takes of this queue, of all workers together; another comes first each
 * turn. */
static void take(struct board *b, unsigned queue)
{
	unsigned left = punt_queue_take[queue];

	for (unsigned i = 0; i < b->n_workers && left > 0; i++) {
		struct worker *w = b->workers[(b->punt_first + i) % b->n_workers];
		void *pkts[PUNT_TAKE_MAX];
		const unsigned n =
			rte_ring_sc_dequeue_burst(w->to_control[queue], pkts, left, NULL);

		for (unsigned k = 0; k < n; k++)
			receive(b, pkts[k]);
		left -= n;
	}
}

void punt_poll(void *arg)
{
	struct board *b = arg;

	for (unsigned queue = 0; queue < PUNT_QUEUE_COUNT; queue++)
		take(b, queue);
	b->punt_first++;
	rib_commit(b); /* host routes of neighbours that have answered: now what waits finds them */
	neighbors_release(b);
	twins_poll(b);
}

void punt_catch_up(struct board *b)
{
	for (unsigned i = 0; i < b->n_workers * PUNT_QUEUE_COUNT; i++) {
		struct rte_ring *ring =
			b->workers[i / PUNT_QUEUE_COUNT]->to_control[i % PUNT_QUEUE_COUNT];
		void *m;

		for (unsigned n = rte_ring_count(ring); n > 0; n--)
			if (rte_ring_sc_dequeue(ring, &m) == 0)
				receive(b, m);
	}
}

static void drain(struct board *b, struct rte_ring *ring)
{
	void *m;

	while (rte_ring_sc_dequeue(ring, &m) == 0)
		punt_drop(b, m, DROP_SHUTDOWN);
}

void punt_drain(struct board *b)
{
	for (unsigned w = 0; w < b->n_workers; w++) {
		for (unsigned q = 0; q < PUNT_QUEUE_COUNT; q++)
			drain(b, b->workers[w]->to_control[q]);
		drain(b, b->workers[w]->from_control);
	}
	neighbors_drain(b);
}
