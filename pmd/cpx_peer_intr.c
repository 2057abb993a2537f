/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleeping on a fiber to another process: lib/fiber's bells, one socket a lane for as long as the
 * peer is there, put among what the application waits for (cpx_intr.c). A bell that is closed with
 * its connection leaves the epoll instance by itself. On a peer that rings no bells nobody may
 * sleep: enabling the interrupt fails.
 */
#include "pmd/cpx_peer.h"

#include <errno.h>

void cpx_peer_interrupts(struct cpx_peer *c)
{
	struct cpx_port *p = c->port;

	if (!p->interrupts || !p->started)
		return;
	for (unsigned s = 0; s < p->args.n_lanes; s++) {
		const uint8_t queue = load_relaxed(&p->sources.wanted[s]);
		const int bell = p->rx[s].fiber != NULL ? fiber_rx_bell(p->rx[s].fiber) : -1;

		if (bell >= 0 && queue < CPX_MAX_LANES && p->wait[queue] >= 0)
			cpx_intr_add(p, queue, bell);
	}
	cpx_intr_kick(p); /* whoever sleeps shall arm the new bell */
}

/* The queue that reads the source: the caller's, which does not poll it meanwhile. */
static uint32_t *inside_of_reader(struct cpx_port *p, unsigned source)
{
	return &p->rx[load_relaxed(&p->sources.owner[source])].inside;
}

int cpx_peer_arm(struct cpx_port *p, unsigned source, int fd)
{
	uint32_t *inside = inside_of_reader(p, source);
	struct fiber_rx *r = p->rx[source].fiber;
	int rc;

	store_relaxed(inside, 1);
	rte_compiler_barrier();
	rc = fiber_rx_arm(r);
	if (rc == -ENOTSUP && !(load_acquire(&r->running) && fiber_rx_bell(r) < 0))
		rc = 0; /* no peer: the kick of the next connection wakes us */
	store_release(inside, 0);
	return rc == -EAGAIN || rc == -ENOTSUP ? rc : 0;
}

void cpx_peer_disarm(struct cpx_port *p, unsigned source)
{
	uint32_t *inside = inside_of_reader(p, source);

	store_relaxed(inside, 1);
	rte_compiler_barrier();
	fiber_rx_disarm(p->rx[source].fiber);
	store_release(inside, 0);
}
