/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which VRF's tables a packet is looked up in: those of the interface it came in on, for what is
 * made of it on the way (ICMP errors, echo replies, packets held), too. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_VRF_H
#define CPX_DATAPLANE_NODES_VRF_H

#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "dataplane/tables/iface.h"

static inline const struct vrf_view *vrf_of(const struct worker_cfg *cfg, struct rte_mbuf *m)
{
	return &cfg->vrfs[cfg->ifaces[*pkt_iface(m)].vrf];
}

/* Packets of one VRF from i on: where they end, and *vrf. Mostly it is the whole burst. */
static inline uint16_t vrf_run(const struct worker_cfg *cfg, void **objs, uint16_t i, uint16_t n,
			       const struct vrf_view **vrf)
{
	if (likely(cfg->n_vrfs == 1)) {
		*vrf = &cfg->vrfs[0];
		return n;
	}
	*vrf = vrf_of(cfg, objs[i]);
	while (++i < n && vrf_of(cfg, objs[i]) == *vrf)
		;
	return i;
}

#endif
