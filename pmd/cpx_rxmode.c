/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive mode: VLANs, hashing, checksums, time stamps, and which stages of looking into frames all
 * of it comes to. Each of ethdev's calls changes the settings that lcores read (struct cpx_look),
 * has the carrier do its part, and ends in cpx_rxmode_apply, which works out the stages that are
 * left to the lanes. Addresses are in cpx_mac.c, packet types in cpx_ptype.c. Control thread.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>

#include <errno.h>

#include "pmd/cpx_checksum.h"
#include "pmd/cpx_flow.h"
#include "pmd/cpx_logs.h"

static uint32_t wants_of(const struct cpx_port *p, unsigned queue)
{
	const struct cpx_look *l = &p->look;
	const uint64_t asked = p->data->dev_conf.rxmode.offloads;
	const uint64_t ours = asked & ~p->carrier_rx_offloads;
	uint32_t wants = 0;

	if (!cpx_flow_isolated(p)) { /* rules alone say then what is received */
		if (cpx_lanes_filter(p) && !l->filter.promiscuous)
			wants |= CPX_WANT_MAC;
		if (ours & RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
			wants |= CPX_WANT_VLAN;
	}
	/* a carrier that hashes may still leave out what it does not know */
	if ((asked & RTE_ETH_RX_OFFLOAD_RSS_HASH) && l->rss.types != 0)
		wants |= l->rss.keyed && (ours & RTE_ETH_RX_OFFLOAD_RSS_HASH) ? CPX_WANT_REHASH
									      : CPX_WANT_HASH;
	if (p->strips & 1u << queue)
		wants |= CPX_WANT_STRIP;
	if (l->checks != 0)
		wants |= CPX_WANT_CHECKSUMS;
	if (l->ptypes != 0)
		wants |= CPX_WANT_PTYPES;
	if (ours & RTE_ETH_RX_OFFLOAD_TIMESTAMP)
		wants |= CPX_WANT_STAMP;
	return wants;
}

void cpx_rxmode_apply(struct cpx_port *p)
{
	const uint64_t ours = p->data->dev_conf.rxmode.offloads & ~p->carrier_rx_offloads;
	uint32_t checks = 0;

	if (ours & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM)
		checks |= CPX_CHECK_IP;
	if (ours & (RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM))
		checks |= CPX_CHECK_L4;
	store_relaxed(&p->look.checks, checks);
	store_relaxed(&p->look.filter.vlan_on, (ours & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) != 0);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		store_relaxed(&p->rx[i].wants, wants_of(p, i));
	cpx_burst_select(p->dev);
}

/* A carrier that begins to filter knows no VLAN yet. */
static void tell_vlans(struct cpx_port *p)
{
	if (!(p->carrier_rx_offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER))
		return;
	for (uint16_t id = 0; id <= RTE_ETHER_MAX_VLAN_ID; id++)
		if (cpx_filter_vlan_listed(&p->look.filter, id))
			cpx_ops(p)->set_vlan(p, id, true);
}

static void strip_all(struct cpx_port *p)
{
	const uint64_t ours = p->data->dev_conf.rxmode.offloads & ~p->carrier_rx_offloads;

	p->strips = ours & RTE_ETH_RX_OFFLOAD_VLAN_STRIP ? UINT32_MAX : 0;
}

int cpx_rxmode_configure(struct cpx_port *p)
{
	const struct rte_eth_conf *conf = &p->data->dev_conf;
	const struct rte_eth_rss_conf none = { 0 }, *rss = &conf->rx_adv_conf.rss_conf;
	struct err err;
	int rc;

	if (!(conf->rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG))
		rss = &none;
	rc = cpx_rss_configure(&p->look.rss, rss, p->data->nb_rx_queues, &err);
	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: %s", cpx_port_name(p), err.text);
		return rc;
	}
	if ((conf->rxmode.offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) &&
	    rte_mbuf_dyn_rx_timestamp_register(&p->look.stamp_field, &p->look.stamp_flag) != 0) {
		PMD_DRV_LOG(ERR, "%s: mbufs have no room for a receive time", cpx_port_name(p));
		return -ENOSPC;
	}
	return 0;
}

void cpx_rxmode_begin(struct cpx_port *p)
{
	strip_all(p);
	tell_vlans(p);
	cpx_rxmode_apply(p);
}

/* ---- VLANs ---- */

int cpx_vlan_filter_set(struct rte_eth_dev *dev, uint16_t id, int on)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = 0;

	if (p->carrier_rx_offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
		rc = cpx_ops(p)->set_vlan(p, id, on != 0);
	if (rc == 0)
		cpx_filter_vlan_set(&p->look.filter, id, on != 0);
	return rc;
}

/* ethdev has put what is wanted into dev_conf, and takes it back on an error. */
int cpx_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = cpx_ops(p)->set_vlan_offload != NULL ? cpx_ops(p)->set_vlan_offload(p) : 0;

	if (rc != 0)
		return rc;
	if (mask & RTE_ETH_VLAN_STRIP_MASK)
		strip_all(p);
	if (mask & RTE_ETH_VLAN_FILTER_MASK)
		tell_vlans(p);
	cpx_rxmode_apply(p);
	return 0;
}

void cpx_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t queue, int on)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (p->carrier_rx_offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) {
		PMD_DRV_LOG(WARNING,
			    "%s: carrier %s strips tags of all queues; set it for the port",
			    cpx_port_name(p), p->args.carrier_name);
		return;
	}
	p->strips = on ? p->strips | 1u << queue : p->strips & ~(1u << queue);
	cpx_rxmode_apply(p);
}

/* ---- hashing ---- */

int cpx_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct err err;
	int rc = cpx_rss_update(&p->look.rss, conf, &err);

	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: %s", cpx_port_name(p), err.text);
		return rc;
	}
	/* what the carrier refuses the lanes do: they hash what comes without */
	if ((p->carrier_rx_offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH) &&
	    cpx_ops(p)->set_rss(p, conf) != 0)
		p->carrier_rx_offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
	cpx_rxmode_apply(p);
	return 0;
}

int cpx_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	cpx_rss_get(&cpx_port_of(dev)->look.rss, conf);
	return 0;
}

int cpx_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	struct cpx_port *p = cpx_port_of(dev);
	struct err err;
	int rc = cpx_rss_reta_update(&p->look.rss, conf, size, &err);

	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: %s", cpx_port_name(p), err.text);
		return rc;
	}
	cpx_lanes_spread(p);
	return cpx_ops(p)->set_reta != NULL ? cpx_ops(p)->set_reta(p) : 0;
}

int cpx_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	struct err err;
	int rc = cpx_rss_reta_query(&cpx_port_of(dev)->look.rss, conf, size, &err);

	if (rc != 0)
		PMD_DRV_LOG(ERR, "%s: %s", cpx_port_name(cpx_port_of(dev)), err.text);
	return rc;
}

/* ---- time ---- */

int cpx_read_clock(struct rte_eth_dev *dev, uint64_t *clock)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (p->carrier_rx_offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP)
		return cpx_ops(p)->read_clock(p, clock);
	*clock = rte_rdtsc();
	return 0;
}
