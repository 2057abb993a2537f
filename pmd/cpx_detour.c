/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes in loopback; see cpx_detour.h. */
#include "pmd/cpx_detour.h"

#include <rte_ring.h>

#include "pmd/cpx_ethdev.h"
#include "pmd/cpx_logs.h"

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
