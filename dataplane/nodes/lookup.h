/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From next-hop row to edge: the half of ip4_lookup and ip6_lookup that does not know the family.
 * Both nodes have these edges, to the nodes of their own family. Worker threads.
 */
#ifndef CPX_DATAPLANE_NODES_LOOKUP_H
#define CPX_DATAPLANE_NODES_LOOKUP_H

#include "dataplane/run/meta.h"
#include "dataplane/run/worker.h"
#include "dataplane/tables/group.h"
#include "dataplane/tables/iface.h"

enum lookup_edge {
	LOOKUP_REWRITE,
	LOOKUP_LOCAL,
	LOOKUP_ERROR,
	LOOKUP_PUNT,
	LOOKUP_DROP,
	LOOKUP_EDGES
};

static inline uint16_t lookup_drop(struct rte_mbuf *m, enum drop_reason reason)
{
	*pkt_arg(m) = reason;
	return LOOKUP_DROP;
}

static inline uint16_t lookup_error(struct rte_mbuf *m, enum icmp_cause_code code)
{
	*pkt_arg(m) = icmp_cause(code, 0);
	return LOOKUP_ERROR;
}

/*
 * The row a packet goes to, in arg, and its type. Of a group it is the member the packet's flow
 * falls to: what is unresolved is held and asked for as if there were no group. Every IP packet has
 * a flow hash here: net_cpx gives one where its carrier does not, and what begins here as an answer
 * keeps that of the question.
 */
static inline enum nexthop_type lookup_row(const struct worker_cfg *cfg, struct rte_mbuf *m,
					   uint32_t row)
{
	enum nexthop_type type = nexthop_type(cfg->nexthops, row);

	if (unlikely(type == NEXTHOP_MULTI)) {
		row = group_lookup(cfg->nexthops, row, m->hash.rss);
		type = nexthop_type(cfg->nexthops, row);
	}
	*pkt_arg(m) = row;
	return type;
}

static inline uint16_t lookup_rare(const struct worker_cfg *cfg, struct rte_mbuf *m,
				   enum nexthop_type type, enum drop_reason martian,
				   enum drop_reason group)
{
	switch (type) {
	case NEXTHOP_LOCAL:
		return LOOKUP_LOCAL;
	case NEXTHOP_RESOLVE:
	case NEXTHOP_CONNECTED:
		*pkt_kind(m) = PKT_TO_CONTROL_HOLD;
		return LOOKUP_PUNT;
	case NEXTHOP_BLACKHOLE:
		return lookup_drop(m, DROP_BLACKHOLE);
	case NEXTHOP_UNREACHABLE:
		return lookup_error(m, ICMP_CAUSE_HOST);
	case NEXTHOP_PROHIBIT:
		return lookup_error(m, ICMP_CAUSE_PROHIBITED);
	case NEXTHOP_MARTIAN:
		return lookup_drop(m, martian);
	case NEXTHOP_GROUP:
		if (cfg->ifaces[*pkt_iface(m)].host)
			return LOOKUP_LOCAL;
		return lookup_drop(m, group);
	default:
		return lookup_error(m, ICMP_CAUSE_NO_ROUTE);
	}
}

#endif
