/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reverse path check of sources (RFC 3704): does a route lead back to where the packet came from?
 * Strict asks for one out of the interface it came in on, any member of a group being good enough;
 * loose for any but, unless `ip.urpf_default` is true, the default route (RFC 3704 2.4). A source
 * whose route is a blackhole has none, so routes alone can stop a flood (RFC 5635). Strict is for
 * edges with one way out; where a host's packets may rightly come by another (RFC 8704), loose.
 *
 * Only packets of interfaces that ask for it pass ip4_rpf and ip6_rpf. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_RPF_H
#define CPX_DATAPLANE_NODES_RPF_H

#include "dataplane/run/graph.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/group.h"
#include "dataplane/tables/iface.h"

enum rpf_edge { RPF_LOOKUP, RPF_DROP, RPF_EDGES };

static inline enum iface_rpf rpf_of(const struct worker_cfg *cfg, struct rte_mbuf *m)
{
	return cfg->ifaces[*pkt_iface(m)].rpf;
}

/* Packets on their way to lookup whose interface asks for the check take this edge instead. Returns
 * the bits that differ. */
static inline uint16_t rpf_divert(const struct worker_cfg *cfg, void **objs, uint16_t *next,
				  uint16_t n, uint16_t lookup, uint16_t rpf)
{
	uint16_t differs = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (next[i] != lookup || rpf_of(cfg, objs[i]) == IFACE_RPF_OFF)
			continue;
		next[i] = rpf;
		differs |= rpf ^ lookup;
	}
	return differs;
}

/* Whether a packet from a source with this route may come in here. */
static inline bool rpf_leads_back(const struct worker_cfg *cfg, uint32_t row, uint16_t in,
				  enum iface_rpf mode)
{
	switch (nexthop_type(cfg->nexthops, row)) {
	case NEXTHOP_FORWARD:
	case NEXTHOP_RESOLVE:
	case NEXTHOP_CONNECTED:
		return mode == IFACE_RPF_LOOSE ||
		       load_relaxed(&cfg->nexthops->rows[row].way.iface) == in;
	case NEXTHOP_MULTI:
		return mode == IFACE_RPF_LOOSE ? group_leads_out(cfg->nexthops, row)
					       : group_leads_to(cfg->nexthops, row, in);
	default:
		return false;
	}
}

/* The default route of a table, as far as a burst needs to know. */
struct rpf_default {
	bool counts; /* it counts as a route, or there is none */
	uint32_t row;
};

static inline struct rpf_default rpf_default(const struct worker_cfg *cfg, const struct fib *fib)
{
	struct rpf_default d = { .counts = cfg->rpf_default };

	if (!d.counts)
		d.counts = !fib_default(fib, &d.row);
	return d;
}

static inline bool rpf_passes(const struct worker_cfg *cfg, const struct fib *fib,
			      const struct rpf_default *def, struct rte_mbuf *m, uint32_t row,
			      const void *src)
{
	const enum iface_rpf mode = rpf_of(cfg, m);

	if (!rpf_leads_back(cfg, row, *pkt_iface(m), mode))
		return false;
	/* other routes may have the default's next hop */
	return mode == IFACE_RPF_STRICT || def->counts || row != def->row ||
	       !fib_is_default(fib, src);
}

#endif
