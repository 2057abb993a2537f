/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forward error correction of the lanes. Electrical and optical lanes of 50 Gb/s and more run
 * RS(544,514), "KP4" (IEEE 802.3 clause 91 and 119); nothing else is to be chosen. Ethdev of 22.11
 * knows it as RS. Control thread.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>

#define OURS (RTE_ETH_FEC_MODE_CAPA_MASK(AUTO) | RTE_ETH_FEC_MODE_CAPA_MASK(RS))

int cpx_fec_get_capability(struct rte_eth_dev *dev, struct rte_eth_fec_capa *capa, unsigned n)
{
	const struct cpx_port *p = cpx_port_of(dev);

	if (cpx_ops(p)->fec_get_capability != NULL)
		return cpx_ops(p)->fec_get_capability(p, capa, n);
	if (capa != NULL && n >= 1)
		capa[0] = (struct rte_eth_fec_capa){
			.speed = p->args.n_lanes * p->args.lane_mbps,
			.capa = OURS,
		};
	return 1;
}

int cpx_fec_get(struct rte_eth_dev *dev, uint32_t *capa)
{
	const struct cpx_port *p = cpx_port_of(dev);

	if (cpx_ops(p)->fec_get != NULL)
		return cpx_ops(p)->fec_get(p, capa);
	/* as ethdev words it: of a link that is down the setting, of one that is up what runs */
	*capa = dev->data->dev_link.link_status ? RTE_ETH_FEC_MODE_CAPA_MASK(RS) : p->fec_asked;
	return 0;
}

int cpx_fec_set(struct rte_eth_dev *dev, uint32_t capa)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (cpx_ops(p)->fec_set != NULL)
		return cpx_ops(p)->fec_set(p, capa);
	if ((capa & OURS) == 0)
		return -ENOTSUP;
	p->fec_asked = capa & OURS;
	return 0;
}
