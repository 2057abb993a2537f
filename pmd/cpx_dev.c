/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier dev:<ethdev>: another DPDK port moves the frames, its queue i is lane i. Configured,
 * started and stopped by the port's control thread, or by the interrupt thread when it is back.
 * What it is asked to be is in cpx_dev_choose.c, its queues in cpx_dev_queue.c; which port it is,
 * and how it comes and goes, in cpx_dev_make.c, cpx_dev_life.c, cpx_dev_guard.c and
 * cpx_dev_return.c; the other calls in cpx_dev_control.c, cpx_dev_rxmode.c and cpx_dev_asks.c.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <inttypes.h>

#include "pmd/cpx_logs.h"

static int configure(struct cpx_port *p, const struct rte_eth_conf *conf)
{
	const struct cpx_dev *c = p->carrier;
	int rc = rte_eth_dev_configure(c->id, (uint16_t)p->carrier_rx_queues,
				       (uint16_t)p->carrier_tx_queues, conf);

	if (rc != 0)
		PMD_DRV_LOG(ERR, "%s: carrier %s refuses %u rx and %u tx queues with MTU %u: %s",
			    cpx_port_name(p), p->args.carrier_name, p->carrier_rx_queues,
			    p->carrier_tx_queues, c->mtu, rte_strerror(-rc));
	return rc;
}

static int dev_configure(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	struct rte_eth_conf conf;
	int rc;

	cpx_dev_hold(c);
	c->mtu = p->data->mtu;
	c->mtu_set = false;
	c->refusals = 0;
	cpx_dev_lose(p);
	cpx_dev_choose(p, &conf);
	rc = cpx_dev_choose_queues(p);
	if (rc == 0 && !cpx_dev_gone(c))
		rc = configure(p, &conf);
	c->configured = rc == 0;
	if (rc == 0) {
		c->on_rx_offloads = p->carrier_rx_offloads = conf.rxmode.offloads;
		c->on_tx_offloads = conf.txmode.offloads;
		for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++)
			p->tx[i].does = cpx_dev_flags_done(c->on_tx_offloads,
							   p->data->dev_conf.txmode.offloads);
	}
	cpx_dev_leave(c);
	return rc;
}

static int start(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	cpx_dev_read_stats(c); /* some drivers count anew from a start */
	rc = rte_eth_dev_start(c->id);
	if (rc != 0)
		PMD_DRV_LOG(ERR, "%s: carrier %s does not start: %s", cpx_port_name(p),
			    p->args.carrier_name, rte_strerror(-rc));
	return rc;
}

/* Is a carrier that is back less than what the application was told? Says so once. */
static bool is_less(const struct cpx_port *p, const struct rte_eth_conf *conf, uint32_t n_rx,
		    uint32_t n_tx)
{
	const struct cpx_dev *c = p->carrier;
	const uint64_t rx = c->on_rx_offloads & ~conf->rxmode.offloads;
	const uint64_t tx = c->on_tx_offloads & ~conf->txmode.offloads;
	const bool queues = n_rx != p->carrier_rx_queues || n_tx != p->carrier_tx_queues;

	if (queues && c->refusals == 0)
		PMD_DRV_LOG(ERR, "%s: carrier %s has %u rx and %u tx queues now, not %u and %u",
			    cpx_port_name(p), p->args.carrier_name, n_rx, n_tx,
			    p->carrier_rx_queues, p->carrier_tx_queues);
	if ((rx | tx) != 0 && c->refusals == 0)
		PMD_DRV_LOG(ERR,
			    "%s: carrier %s lacks offloads now that it was given: receive %#" PRIx64
			    " (%s…), send %#" PRIx64 " (%s…)",
			    cpx_port_name(p), p->args.carrier_name, rx,
			    rte_eth_dev_rx_offload_name(rx & -rx), tx,
			    rte_eth_dev_tx_offload_name(tx & -tx));
	return queues || (rx | tx) != 0;
}

/* As before, or not at all: the application relies on what it was told. */
static int configure_again(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	struct rte_eth_conf conf;
	uint16_t n_rx, n_tx;
	int rc;

	cpx_dev_choose(p, &conf);
	cpx_dev_count_queues(p, &n_rx, &n_tx);
	if (is_less(p, &conf, n_rx, n_tx))
		return -ENOTSUP;
	conf.rxmode.offloads = c->on_rx_offloads; /* the lanes do the rest since */
	rc = configure(p, &conf);
	return rc == 0 ? cpx_dev_set_up_queues(p) : rc;
}

int cpx_dev_set_up(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	int rc = c->configured ? configure_again(p) : 0;

	if (rc != 0)
		return rc;
	cpx_dev_tell(p);
	return c->started ? start(p) : 0;
}

void cpx_dev_gates(struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;
	const bool runs = c->started && !cpx_dev_gone(c);

	/* the id changes behind closed gates only */
	for (unsigned i = 0; i < CPX_MAX_SOURCES; i++) {
		const bool open = runs && i < p->carrier_rx_queues && (c->gate[i] & CPX_GATE_OPEN);

		store_relaxed(&p->rx[i].carrier_port, c->id);
		store_release(&p->rx[i].carrier_queue, open ? (uint16_t)i : CPX_NO_QUEUE);
	}
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++) {
		const bool open = runs && i < p->data->nb_tx_queues && p->carrier_tx_queues != 0;

		store_relaxed(&p->tx[i].carrier_port, c->id);
		store_release(&p->tx[i].carrier_queue,
			      open ? (uint16_t)(i % p->carrier_tx_queues) : CPX_NO_QUEUE);
	}
	if (p->passing)
		cpx_dev_pass_select(p);
}

static void run(struct cpx_port *p, bool started)
{
	struct cpx_dev *c = p->carrier;

	cpx_dev_lock();
	c->started = started;
	cpx_dev_gates(p);
	cpx_dev_unlock();
}

static int dev_start(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	cpx_dev_lose(p); /* not to be passed through */
	if (!cpx_dev_gone(c))
		rc = start(p);
	if (rc == 0 && !cpx_dev_gone(c))
		cpx_dev_pass_begin(p);
	run(p, rc == 0);
	cpx_dev_leave(c);
	cpx_dev_tend_soon();
	return rc;
}

static void dev_stop(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;

	cpx_dev_hold(c);
	if (!cpx_dev_gone(c))
		cpx_dev_read_stats(c);
	cpx_dev_pass_end(p);
	run(p, false);
	if (!cpx_dev_gone(c)) {
		cpx_dev_drain(p);
		cpx_dev_read_stats(c);
		rte_eth_dev_stop(c->id);
	}
	cpx_dev_leave(c);
	cpx_dev_tend_soon(); /* an interface may have waited for the end of pass-through */
}

static void dev_gate(struct cpx_port *p, unsigned source, uint32_t gate)
{
	struct cpx_dev *c = p->carrier;

	cpx_dev_lock();
	c->gate[source] = gate;
	cpx_dev_gates(p);
	cpx_dev_unlock();
}

static uint32_t dev_carrying(const struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	uint32_t lanes = load_acquire(&p->open_lanes);
	struct rte_eth_link link;

	if (lanes == 0 || !cpx_dev_enter(c))
		return 0;
	if (rte_eth_link_get_nowait(c->id, &link) != 0 || link.link_status == RTE_ETH_LINK_DOWN ||
	    (c->if_index != 0 && !cpx_netdev_up(c->if_index)))
		lanes = 0;
	cpx_dev_leave(c);
	return lanes;
}

static void dev_stats(struct cpx_port *p, struct rte_eth_stats *stats)
{
	struct cpx_dev *c = p->carrier;

	if (cpx_dev_enter(c)) {
		cpx_dev_read_stats(c);
		cpx_dev_leave(c);
	}
	cpx_dev_pass_count(p);
	*stats = c->stats.total;
}

static void dev_dump(const struct cpx_port *p, FILE *out)
{
	const struct cpx_dev *c = p->carrier;

	fprintf(out, "  carrier %s (%s), %u rx and %u tx queues%s\n", p->args.carrier_name,
		c->driver, p->carrier_rx_queues, p->carrier_tx_queues,
		cpx_dev_gone(c) ? ", gone" : "");
}

const struct cpx_carrier_ops cpx_dev_ops = {
	.mode = "Lane Carrier",
	.bursts = { &cpx_dev_bursts_base },
	.tx_prepare = cpx_dev_tx_prepare,
	.attach = cpx_dev_attach,
	.detach = cpx_dev_detach,
	.info = cpx_dev_info,
	.configure = dev_configure,
	.rx_setup = cpx_dev_rx_setup,
	.tx_setup = cpx_dev_tx_setup,
	.start = dev_start,
	.stop = dev_stop,
	.gate = dev_gate,
	.carrying = dev_carrying,
	.rx_count = cpx_dev_rx_count,
	.rx_status = cpx_dev_rx_status,
	.tx_status = cpx_dev_tx_status,
	.tx_cleanup = cpx_dev_tx_cleanup,
	.stats = dev_stats,
	.set_mtu = cpx_dev_set_mtu,
	.set_promiscuous = cpx_dev_set_promiscuous,
	.set_allmulticast = cpx_dev_set_allmulticast,
	.set_mac = cpx_dev_set_mac,
	.add_mac = cpx_dev_add_mac,
	.remove_mac = cpx_dev_remove_mac,
	.set_multicasts = cpx_dev_set_multicasts,
	.set_vlan_offload = cpx_dev_set_vlan_offload,
	.set_vlan = cpx_dev_set_vlan,
	.set_rss = cpx_dev_set_rss,
	.set_reta = cpx_dev_set_reta,
	.read_clock = cpx_dev_read_clock,
	.flow_ctrl_get = cpx_dev_flow_ctrl_get,
	.flow_ctrl_set = cpx_dev_flow_ctrl_set,
	.rate_limit = cpx_dev_rate_limit,
	.fec_get_capability = cpx_dev_fec_get_capability,
	.fec_get = cpx_dev_fec_get,
	.fec_set = cpx_dev_fec_set,
	.arm = cpx_dev_arm,
	.disarm = cpx_dev_disarm,
	.dump = dev_dump,
};
