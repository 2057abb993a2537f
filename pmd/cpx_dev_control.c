/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control calls that a port passes on to its carrier device while it runs: addresses, MTU, filters,
 * statistics. What is asked while the carrier is gone is kept and told when it is back. Control
 * threads.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <string.h>

#include "pmd/cpx_logs.h"

/*
 * net_af_packet says 1518 bytes whatever its framesz lets through, and ethdev refuses to ask for
 * more than a driver says. Frames up to framesz pass all the same, so it is not asked.
 */
bool cpx_dev_understates(const struct cpx_dev *c, uint16_t mtu)
{
	return strcmp(c->driver, "net_af_packet") == 0 && mtu > RTE_ETHER_MTU;
}

void cpx_dev_read_stats(struct cpx_dev *c)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get(c->id, &s) == 0)
		cpx_dev_stats_add(&c->stats, &s);
}

void cpx_dev_begin_stats(struct cpx_dev *c)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get(c->id, &s) == 0)
		cpx_dev_stats_begin(&c->stats, &s);
}

/* A carrier that cannot change its MTU keeps to what it said at configure. */
int cpx_dev_set_mtu(struct cpx_port *p, uint16_t mtu)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	if (!cpx_dev_gone(c) && !cpx_dev_understates(c, mtu)) {
		rc = rte_eth_dev_set_mtu(c->id, mtu);
		if (rc == -ENOTSUP && mtu <= c->max_mtu)
			rc = 0;
	}
	if (rc == 0) {
		c->mtu = mtu;
		c->mtu_set = true;
	}
	cpx_dev_leave(c);
	return rc;
}

static bool has_mac(const struct cpx_dev *c, const struct rte_ether_addr *mac)
{
	struct rte_ether_addr now;

	return rte_eth_macaddr_get(c->id, &now) == 0 && rte_is_same_ether_addr(&now, mac);
}

int cpx_dev_set_mac(struct cpx_port *p, struct rte_ether_addr *mac)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	/* ethdev sets the address it has at every start; not every carrier knows how */
	if (!cpx_dev_gone(c) && !has_mac(c, mac))
		rc = rte_eth_dev_default_mac_addr_set(c->id, mac);
	if (rc == 0)
		c->mac = *mac;
	cpx_dev_leave(c);
	return rc;
}

static int promiscuous(const struct cpx_dev *c, bool on)
{
	return on ? rte_eth_promiscuous_enable(c->id) : rte_eth_promiscuous_disable(c->id);
}

static int allmulticast(const struct cpx_dev *c, bool on)
{
	return on ? rte_eth_allmulticast_enable(c->id) : rte_eth_allmulticast_disable(c->id);
}

int cpx_dev_set_promiscuous(struct cpx_port *p, bool on)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	if (!cpx_dev_gone(c))
		rc = promiscuous(c, on);
	if (rc == 0)
		c->promiscuous = on ? CPX_ON : CPX_OFF;
	cpx_dev_leave(c);
	return rc;
}

int cpx_dev_set_allmulticast(struct cpx_port *p, bool on)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	if (!cpx_dev_gone(c))
		rc = allmulticast(c, on);
	if (rc == 0)
		c->allmulticast = on ? CPX_ON : CPX_OFF;
	cpx_dev_leave(c);
	return rc;
}

static void tell_failed(const struct cpx_port *p, const char *what, int rc)
{
	if (rc != 0 && rc != -ENOTSUP)
		PMD_DRV_LOG(WARNING, "%s: carrier %s is back, but refuses its %s: %s",
			    cpx_port_name(p), p->args.carrier_name, what, rte_strerror(-rc));
}

void cpx_dev_tell(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;

	if (c->mtu_set && !cpx_dev_understates(c, c->mtu))
		tell_failed(p, "MTU", rte_eth_dev_set_mtu(c->id, c->mtu));
	if (!has_mac(c, &c->mac))
		tell_failed(p, "MAC address", rte_eth_dev_default_mac_addr_set(c->id, &c->mac));
	if (c->promiscuous != CPX_UNSAID)
		tell_failed(p, "promiscuous mode", promiscuous(c, c->promiscuous == CPX_ON));
	if (c->allmulticast != CPX_UNSAID)
		tell_failed(p, "all-multicast mode", allmulticast(c, c->allmulticast == CPX_ON));
	tell_failed(p, "filters and hashing", cpx_dev_tell_rxmode(p));
}
