/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics of a port: the lanes' counters, less what they stood at when last reset, and the
 * errors of a carrier device. The lcores' counters are never written here. Control threads.
 */
#include "pmd/cpx_ethdev.h"

#include <rte_string_fns.h>

#include <errno.h>
#include <string.h>

#include "pmd/cpx_engine.h"

#define NAME(name) #name,
static const char *const rx_names[] = { CPX_RX_COUNTERS(NAME) };
static const char *const tx_names[] = { CPX_TX_COUNTERS(NAME) };
static const char *const port_names[] = { "active_lanes", "carrier_rx_queues",
					  "carrier_tx_queues" };

static_assert(RTE_DIM(rx_names) == CPX_N_RX_COUNTERS, "one name a counter");
static_assert(RTE_DIM(tx_names) == CPX_N_TX_COUNTERS, "one name a counter");

#define DIFFERENCE(name) .name = load_relaxed(&now->name) - base->name,
#define ADD(name)        sum.name += load_relaxed(&from->name);

static struct cpx_rx_counters rx_since(const struct cpx_port *p, unsigned lane)
{
	const struct cpx_rx_counters *now = &p->rx[lane].count, *base = &p->rx_base[lane];

	return (struct cpx_rx_counters){ CPX_RX_COUNTERS(DIFFERENCE) };
}

static struct cpx_tx_counters added(struct cpx_tx_counters sum, const struct cpx_tx_counters *from)
{
	CPX_TX_COUNTERS(ADD)
	return sum;
}

/* Of a lane: what it carried, and what the queues that feed it were refused. */
static struct cpx_tx_counters tx_total(struct cpx_port *p, unsigned lane)
{
	struct cpx_tx_counters sum = cpx_lanes_tx(p, lane);

	for (unsigned i = lane; i < CPX_MAX_TX_QUEUES; i += p->args.n_lanes)
		sum = added(sum, &p->tx[i].own);
	return sum;
}

static struct cpx_tx_counters tx_since(struct cpx_port *p, unsigned lane)
{
	const struct cpx_tx_counters total = tx_total(p, lane), *now = &total,
				     *base = &p->tx_base[lane];

	return (struct cpx_tx_counters){ CPX_TX_COUNTERS(DIFFERENCE) };
}

/* Of the carrier itself, also while it is out of the way (loopback). */
static const struct cpx_carrier_ops *carrier_ops(const struct cpx_port *p)
{
	return cpx_carriers[p->args.carrier];
}

static unsigned lane_stats_count(const struct cpx_port *p)
{
	const struct cpx_lane_stat *stats = carrier_ops(p)->lane_stats;
	unsigned n = 0;

	while (stats != NULL && stats[n].name != NULL)
		n++;
	return n;
}

/* What only this carrier has of a lane. It is the primary process's own: to another one nothing
 * happened since the last reset. */
static void lane_values(struct cpx_port *p, unsigned lane, uint64_t values[CPX_MAX_LANE_STATS])
{
	const struct cpx_lane_stat *stats = carrier_ops(p)->lane_stats;

	memset(values, 0, CPX_MAX_LANE_STATS * sizeof(*values));
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		for (unsigned k = 0; k < lane_stats_count(p); k++)
			values[k] = stats[k].gauge ? 0 : p->lane_base[lane][k];
		return;
	}
	if (carrier_ops(p)->lane_values != NULL)
		carrier_ops(p)->lane_values(p, lane, values);
}

/* … since the last reset. */
static void lane_since(struct cpx_port *p, unsigned lane, uint64_t values[CPX_MAX_LANE_STATS])
{
	const struct cpx_lane_stat *stats = carrier_ops(p)->lane_stats;

	lane_values(p, lane, values);
	for (unsigned k = 0; k < lane_stats_count(p); k++)
		if (!stats[k].gauge)
			values[k] -= p->lane_base[lane][k];
}

static struct rte_eth_stats carrier_errors(struct cpx_port *p)
{
	struct rte_eth_stats s = { 0 };

	/* a carrier device is the primary process's own */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return p->carrier_base;
	if (cpx_ops(p)->stats != NULL)
		cpx_ops(p)->stats(p, &s);
	return s;
}

int cpx_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct cpx_port *p = cpx_port_of(dev);
	const struct rte_eth_stats carrier = carrier_errors(p), *base = &p->carrier_base;

	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		struct cpx_rx_counters rx = rx_since(p, i);
		struct cpx_tx_counters tx = tx_since(p, i);

		stats->ipackets += rx.packets;
		stats->ibytes += rx.bytes;
		stats->opackets += tx.packets;
		stats->obytes += tx.bytes;
		stats->oerrors += tx.oversize + tx.nombuf + tx.dropped + tx.unfit + tx.runt;
		stats->ierrors += rx.oversize + rx.fec_lost;
		stats->imissed += rx.steer_full;
		stats->rx_nombuf += rx.nombuf;
		stats->q_ipackets[i] = rx.packets;
		stats->q_ibytes[i] = rx.bytes;
		stats->q_opackets[i] = tx.packets;
		stats->q_obytes[i] = tx.bytes;
	}
	stats->imissed += carrier.imissed - base->imissed;
	stats->ierrors += carrier.ierrors - base->ierrors;
	stats->rx_nombuf += carrier.rx_nombuf - base->rx_nombuf;
	stats->oerrors += carrier.oerrors - base->oerrors;
	return 0;
}

int cpx_stats_reset(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);

	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		const struct cpx_rx_counters *base = &(struct cpx_rx_counters){ 0 };
		const struct cpx_rx_counters *now = &p->rx[i].count;

		p->rx_base[i] = (struct cpx_rx_counters){ CPX_RX_COUNTERS(DIFFERENCE) };
	}
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		p->tx_base[i] = tx_total(p, i);
		lane_values(p, i, p->lane_base[i]);
		cpx_engine_stat_values(p, i, p->fec_base[i]);
	}
	p->carrier_base = carrier_errors(p);
	return 0;
}

static unsigned xstats_count(const struct cpx_port *p)
{
	return RTE_DIM(port_names) +
	       p->args.n_lanes * (CPX_N_RX_COUNTERS + CPX_N_TX_COUNTERS + lane_stats_count(p) +
				  cpx_engine_stats_count(p));
}

int cpx_xstats_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned n)
{
	struct cpx_port *p = cpx_port_of(dev);
	unsigned count = xstats_count(p), at = 0;

	if (names == NULL || n < count)
		return (int)count;
	for (unsigned k = 0; k < RTE_DIM(port_names); k++)
		strlcpy(names[at++].name, port_names[k], RTE_ETH_XSTATS_NAME_SIZE);
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		for (unsigned k = 0; k < CPX_N_RX_COUNTERS; k++)
			snprintf(names[at++].name, RTE_ETH_XSTATS_NAME_SIZE, "lane%u_rx_%s", i,
				 rx_names[k]);
		for (unsigned k = 0; k < CPX_N_TX_COUNTERS; k++)
			snprintf(names[at++].name, RTE_ETH_XSTATS_NAME_SIZE, "lane%u_tx_%s", i,
				 tx_names[k]);
		for (unsigned k = 0; k < lane_stats_count(p); k++)
			snprintf(names[at++].name, RTE_ETH_XSTATS_NAME_SIZE, "lane%u_%s", i,
				 carrier_ops(p)->lane_stats[k].name);
		for (unsigned k = 0; k < cpx_engine_stats_count(p); k++)
			cpx_engine_stat_name(names[at++].name, RTE_ETH_XSTATS_NAME_SIZE, i, k);
	}
	return (int)count;
}

#define APPEND_RX(field) xstats[at++].value = rx.field;
#define APPEND_TX(field) xstats[at++].value = tx.field;

int cpx_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned n)
{
	struct cpx_port *p = cpx_port_of(dev);
	unsigned count = xstats_count(p), at = 0;
	uint64_t more[CPX_MAX_LANE_STATS], fec[CPX_ENGINE_STATS];

	if (xstats == NULL || n < count)
		return (int)count;
	carrier_errors(p); /* brings what a carrier counts for us up to date */
	xstats[at++].value = dev->data->dev_link.link_speed / p->args.lane_mbps;
	xstats[at++].value = p->carrier_rx_queues;
	xstats[at++].value = p->carrier_tx_queues;
	for (unsigned i = 0; i < p->args.n_lanes; i++) {
		struct cpx_rx_counters rx = rx_since(p, i);
		struct cpx_tx_counters tx = tx_since(p, i);

		CPX_RX_COUNTERS(APPEND_RX)
		CPX_TX_COUNTERS(APPEND_TX)
		lane_since(p, i, more);
		for (unsigned k = 0; k < lane_stats_count(p); k++)
			xstats[at++].value = more[k];
		cpx_engine_stat_values(p, i, fec);
		for (unsigned k = 0; k < cpx_engine_stats_count(p); k++)
			xstats[at++].value = fec[k] - p->fec_base[i][k];
	}
	for (unsigned k = 0; k < count; k++)
		xstats[k].id = k;
	return (int)count;
}
