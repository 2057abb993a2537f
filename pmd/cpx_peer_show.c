/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a lane to another process stands: frames that wait, free slots, and the fiber in words. What
 * the rings' indices say is the peer's word only, and believed as far as it can be true. Any thread
 * of the process, under the carrier's lock, so that nothing is unmapped meanwhile.
 */
#include "pmd/cpx_peer.h"

#include <errno.h>
#include <inttypes.h>

/* These look into the rings, so no unmapping meanwhile. Any thread of the process. */
int cpx_peer_rx_count(const struct cpx_rxq *q)
{
	struct cpx_peer *c = cpx_port_of(&rte_eth_devices[q->port])->carrier;
	struct fiber_rx *r = q->fiber;
	uint32_t n = 0;

	pthread_mutex_lock(&c->lock);
	if (r != NULL && load_acquire(&r->running))
		n = load_acquire(&r->ring->prod) - load_relaxed(&r->own);
	if (r != NULL && n > r->mask + 1)
		n = 0; /* the peer's word only */
	pthread_mutex_unlock(&c->lock);
	return (int)n;
}

int cpx_peer_rx_status(void *rxq, uint16_t offset)
{
	const struct cpx_rxq *q = rxq;

	if (offset >= q->nb_desc)
		return -EINVAL;
	return offset < cpx_peer_rx_count(q) ? RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}

int cpx_peer_tx_status(void *txq, uint16_t offset)
{
	struct cpx_txq *q = txq;
	struct cpx_port *p = container_of(q->lanes, struct cpx_port, tx[0]);
	struct cpx_peer *c = p->carrier;
	struct fiber_tx *t = p->tx[q->lane].fiber;
	uint32_t waiting = UINT32_MAX, size = 0;

	if (offset >= q->nb_desc)
		return -EINVAL;
	pthread_mutex_lock(&c->lock);
	if (t != NULL && load_acquire(&t->running)) {
		waiting = load_relaxed(&t->own) - load_acquire(&t->ring->cons);
		size = t->mask + 1;
	}
	pthread_mutex_unlock(&c->lock);
	return waiting <= size && offset < size - waiting ? RTE_ETH_TX_DESC_DONE
							  : RTE_ETH_TX_DESC_FULL;
}

void cpx_peer_dump(const struct cpx_port *p, FILE *out)
{
	static const char *const states[] = { "waiting for a peer", "greeting", "offered", "up",
					      "down" };
	struct cpx_peer *c = p->carrier;
	struct fiber_status s = { 0 };

	pthread_mutex_lock(&c->lock);
	if (c->fiber != NULL)
		fiber_status(c->fiber, &s);
	pthread_mutex_unlock(&c->lock);
	fprintf(out,
		"  fiber %s (%s), %s, peer pid %d, %u lanes of %u slots of %u bytes, features "
		"%#" PRIx64 ", %" PRIu64 " connections, %" PRIu64 " refused%s%s\n",
		p->args.path, p->args.server ? "server" : "client", states[s.state],
		(int)s.peer_pid, s.terms.lanes, s.terms.lanes != 0 ? 1u << s.terms.log2_slots : 0,
		s.terms.slot_bytes, s.terms.features, s.connections, s.refusals,
		s.reason[0] != '\0' ? "; last trouble: " : "", s.reason);
}
