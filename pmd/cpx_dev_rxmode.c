/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a carrier device does for a port's receive mode besides being promiscuous: more addresses,
 * groups, VLANs, hashing and the table that spreads over its queues, its clock. The port's control
 * thread, from cpx_mac.c and cpx_rxmode.c, which let the lanes do what is refused here. What is
 * asked while the carrier is gone stands in the port and is told when it is back.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <string.h>

int cpx_dev_add_mac(struct cpx_port *p, struct rte_ether_addr *mac)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	cpx_dev_hold(c);
	rc = cpx_dev_gone(c) ? 0 : rte_eth_dev_mac_addr_add(c->id, mac, 0);
	cpx_dev_leave(c);
	return rc;
}

void cpx_dev_remove_mac(struct cpx_port *p, struct rte_ether_addr *mac)
{
	struct cpx_dev *c = p->carrier;

	cpx_dev_hold(c);
	if (!cpx_dev_gone(c))
		rte_eth_dev_mac_addr_remove(c->id, mac);
	cpx_dev_leave(c);
}

int cpx_dev_set_multicasts(struct cpx_port *p, struct rte_ether_addr *macs, uint32_t n)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	cpx_dev_hold(c);
	rc = cpx_dev_gone(c) ? 0 : rte_eth_dev_set_mc_addr_list(c->id, macs, n);
	cpx_dev_leave(c);
	return rc;
}

#define VLANS (RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_FILTER)

static int set_vlan_offload(const struct cpx_dev *c, uint64_t on)
{
	int mask = rte_eth_dev_get_vlan_offload(c->id);

	if (mask < 0)
		return mask;
	mask &= ~(RTE_ETH_VLAN_STRIP_OFFLOAD | RTE_ETH_VLAN_FILTER_OFFLOAD);
	if (on & RTE_ETH_RX_OFFLOAD_VLAN_STRIP)
		mask |= RTE_ETH_VLAN_STRIP_OFFLOAD;
	if (on & RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
		mask |= RTE_ETH_VLAN_FILTER_OFFLOAD;
	return rte_eth_dev_set_vlan_offload(c->id, mask);
}

int cpx_dev_set_vlan_offload(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	uint64_t was, now;
	int rc = 0;

	cpx_dev_hold(c);
	was = c->on_rx_offloads & VLANS;
	now = p->data->dev_conf.rxmode.offloads & c->rx_offloads & VLANS;
	if (now != was && !cpx_dev_gone(c))
		rc = set_vlan_offload(c, now);
	if (rc == 0) {
		c->on_rx_offloads = (c->on_rx_offloads & ~VLANS) | now;
		p->carrier_rx_offloads = (p->carrier_rx_offloads & ~VLANS) | now;
	} else if ((was & ~now) == 0) {
		rc = 0; /* what it does not begin the lanes do; but not what it does not end */
	}
	cpx_dev_leave(c);
	return rc;
}

int cpx_dev_set_vlan(struct cpx_port *p, uint16_t id, bool on)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	cpx_dev_hold(c);
	rc = cpx_dev_gone(c) ? 0 : rte_eth_dev_vlan_filter(c->id, id, on);
	cpx_dev_leave(c);
	return rc;
}

int cpx_dev_set_rss(struct cpx_port *p, struct rte_eth_rss_conf *conf)
{
	struct cpx_dev *c = p->carrier;
	struct rte_eth_rss_conf theirs = *conf;
	int rc;

	cpx_dev_hold(c);
	theirs.rss_hf &= c->rss;
	rc = cpx_dev_gone(c) ? 0 : rte_eth_dev_rss_hash_update(c->id, &theirs);
	if (rc != 0) /* nor when it comes back */
		c->on_rx_offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
	cpx_dev_leave(c);
	return rc;
}

/* Our table over and over, as both are indexed by the low bits of the hash. */
static int set_reta(struct cpx_port *p)
{
	struct rte_eth_rss_reta_entry64 conf[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];
	const struct cpx_dev *c = p->carrier;
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(c->id, &info);

	if (rc != 0)
		return rc;
	if (info.reta_size == 0 || info.reta_size % CPX_RETA_SIZE != 0 ||
	    info.reta_size > RTE_ETH_RSS_RETA_SIZE_512)
		return -ENOTSUP;
	memset(conf, 0, sizeof(conf));
	for (unsigned i = 0; i < info.reta_size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &conf[i / RTE_ETH_RETA_GROUP_SIZE];
		const uint16_t queue = p->look.rss.reta[i % CPX_RETA_SIZE];

		group->mask |= 1ull << (i % RTE_ETH_RETA_GROUP_SIZE);
		group->reta[i % RTE_ETH_RETA_GROUP_SIZE] = (uint16_t)(queue % p->carrier_rx_queues);
	}
	return rte_eth_dev_rss_reta_update(c->id, conf, info.reta_size);
}

int cpx_dev_set_reta(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	cpx_dev_hold(c);
	rc = cpx_dev_gone(c) ? 0 : set_reta(p);
	cpx_dev_leave(c);
	return rc;
}

int cpx_dev_read_clock(struct cpx_port *p, uint64_t *clock)
{
	struct cpx_dev *c = p->carrier;
	int rc = -ENODEV;

	if (cpx_dev_enter(c)) {
		rc = rte_eth_read_clock(c->id, clock);
		cpx_dev_leave(c);
	}
	return rc;
}

static int tell_addresses(struct cpx_port *p)
{
	const struct cpx_filter *f = &p->look.filter;
	const struct cpx_dev *c = p->carrier;
	struct rte_ether_addr groups[CPX_FILTER_MULTICASTS];
	int rc = 0;

	for (unsigned i = 1; i < CPX_FILTER_MACS && rc == 0; i++)
		if (!rte_is_zero_ether_addr(&p->macs[i]))
			rc = rte_eth_dev_mac_addr_add(c->id, &p->macs[i], 0);
	for (unsigned i = 0; i < f->n_multicasts; i++)
		memcpy(&groups[i], &f->multicast[i], sizeof(groups[i]));
	if (rc == 0 && f->n_multicasts != 0)
		rc = rte_eth_dev_set_mc_addr_list(c->id, groups, f->n_multicasts);
	return rc;
}

int cpx_dev_tell_rxmode(struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;
	int rc = p->lanes_filter ? 0 : tell_addresses(p);

	if (c->on_rx_offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
		for (uint16_t id = 0; id <= RTE_ETHER_MAX_VLAN_ID && rc == 0; id++)
			if (cpx_filter_vlan_listed(&p->look.filter, id))
				rc = rte_eth_dev_vlan_filter(c->id, id, 1);
	if (rc == 0 && p->look.rss.reta_given)
		rc = set_reta(p);
	return rc;
}
