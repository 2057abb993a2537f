/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet types. A lane brings none, so they are read from each frame, which costs more than
 * passing it: only for a port whose application asked. Asking which types there are is asking for
 * them, because programs such as l3fwd-power look at the list and then count on the types;
 * rte_eth_dev_set_ptypes narrows them or turns them off. Control thread.
 */
#include "pmd/cpx_ethdev.h"

static void set(struct rte_eth_dev *dev, uint32_t mask)
{
	struct cpx_port *p = cpx_port_of(dev);

	p->ptypes_asked = true;
	store_relaxed(&p->look.ptypes, mask & CPX_PTYPE_LAYERS);
	cpx_rxmode_apply(p);
}

int cpx_ptypes_set(struct rte_eth_dev *dev, uint32_t mask)
{
	set(dev, mask);
	return 0;
}

const uint32_t *cpx_ptypes_get(struct rte_eth_dev *dev)
{
	/* what rte_net_get_ptype tells apart */
	static const uint32_t types[] = {
		RTE_PTYPE_L2_ETHER,      RTE_PTYPE_L2_ETHER_VLAN, RTE_PTYPE_L2_ETHER_QINQ,
		RTE_PTYPE_L2_ETHER_MPLS, RTE_PTYPE_L3_IPV4,       RTE_PTYPE_L3_IPV4_EXT,
		RTE_PTYPE_L3_IPV6,       RTE_PTYPE_L3_IPV6_EXT,   RTE_PTYPE_L4_FRAG,
		RTE_PTYPE_L4_SCTP,       RTE_PTYPE_L4_TCP,        RTE_PTYPE_L4_UDP,
		RTE_PTYPE_UNKNOWN,
	};

	if (!cpx_port_of(dev)->ptypes_asked)
		set(dev, CPX_PTYPE_LAYERS);
	return types;
}
