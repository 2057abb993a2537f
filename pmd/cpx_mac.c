/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses whose frames a port takes: its own ones, groups, all (promiscuous). Lanes on rings and
 * fibers begin promiscuous, and filter once that is turned off. A port over a carrier device begins
 * as that stands, and the carrier filters; when it cannot (no such call, no room), it is made
 * promiscuous and the lanes filter from then on. ethdev's calls, control thread.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>
#include <string.h>

#include "pmd/cpx_logs.h"

bool cpx_lanes_filter(const struct cpx_port *p)
{
	return p->lanes_filter || cpx_ops(p)->set_promiscuous == NULL;
}

static int filter_here(struct cpx_port *p)
{
	int rc = cpx_ops(p)->set_promiscuous(p, true);

	if (rc != 0)
		return rc;
	p->lanes_filter = true;
	if (!p->look.filter.promiscuous)
		PMD_DRV_LOG(NOTICE, "%s: carrier %s cannot filter these addresses; the lanes do",
			    cpx_port_name(p), p->args.carrier_name);
	return 0;
}

static bool cannot(int rc)
{
	return rc == -ENOTSUP || rc == -ENOSPC;
}

void cpx_mac_init(struct cpx_port *p)
{
	if (p->args.has_mac) {
		memcpy(p->macs[0].addr_bytes, p->args.mac, sizeof(p->args.mac));
		if (cpx_ops(p)->set_mac != NULL && cpx_ops(p)->set_mac(p, &p->macs[0]) != 0 &&
		    !cpx_lanes_filter(p))
			filter_here(p);
	}
	p->data->mac_addrs = p->macs;
	cpx_filter_init(&p->look.filter, p->macs[0].addr_bytes);
	p->look.filter.promiscuous = p->data->promiscuous;
}

static int set_promiscuous(struct rte_eth_dev *dev, bool on)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = 0;

	if (!cpx_lanes_filter(p)) {
		rc = cpx_ops(p)->set_promiscuous(p, on);
		if (!on && cannot(rc))
			rc = filter_here(p);
	}
	if (rc == 0) {
		store_relaxed(&p->look.filter.promiscuous, on);
		cpx_rxmode_apply(p);
	}
	return rc;
}

int cpx_promiscuous_enable(struct rte_eth_dev *dev)
{
	return set_promiscuous(dev, true);
}

int cpx_promiscuous_disable(struct rte_eth_dev *dev)
{
	return set_promiscuous(dev, false);
}

static int set_allmulticast(struct rte_eth_dev *dev, bool on)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = 0;

	if (!cpx_lanes_filter(p)) {
		rc = cpx_ops(p)->set_allmulticast(p, on);
		if (cannot(rc))
			rc = filter_here(p);
	}
	if (rc == 0) {
		store_relaxed(&p->look.filter.allmulticast, on);
		cpx_rxmode_apply(p);
	}
	return rc;
}

int cpx_allmulticast_enable(struct rte_eth_dev *dev)
{
	return set_allmulticast(dev, true);
}

int cpx_allmulticast_disable(struct rte_eth_dev *dev)
{
	return set_allmulticast(dev, false);
}

int cpx_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = cpx_ops(p)->set_mac != NULL ? cpx_ops(p)->set_mac(p, mac) : 0;

	if (cannot(rc))
		rc = cpx_lanes_filter(p) ? 0 : filter_here(p);
	if (rc == 0) {
		cpx_filter_mac_set(&p->look.filter, 0, mac->addr_bytes);
		cpx_rxmode_apply(p);
	}
	return rc;
}

int cpx_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index,
		     uint32_t pool)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = 0;

	if (!cpx_lanes_filter(p)) {
		rc = cpx_ops(p)->add_mac(p, mac);
		if (cannot(rc))
			rc = filter_here(p);
	}
	if (rc == 0) {
		cpx_filter_mac_set(&p->look.filter, index, mac->addr_bytes);
		cpx_rxmode_apply(p);
	}
	return rc;
}

void cpx_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (!cpx_lanes_filter(p))
		cpx_ops(p)->remove_mac(p, &dev->data->mac_addrs[index]);
	cpx_filter_mac_set(&p->look.filter, index, NULL);
}

int cpx_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *macs, uint32_t n)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct err err;
	int rc;

	rc = cpx_filter_multicast_set(&p->look.filter, macs != NULL ? macs->addr_bytes : NULL, n,
				      &err);
	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: %s", cpx_port_name(p), err.text);
		return rc;
	}
	if (!cpx_lanes_filter(p)) {
		rc = cpx_ops(p)->set_multicasts(p, macs, n);
		if (cannot(rc))
			rc = filter_here(p);
	}
	cpx_rxmode_apply(p);
	return rc;
}
