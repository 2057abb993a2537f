/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier dev:<ethdev>: another DPDK port moves the frames, its queue i is lane i. The port is
 * set up with our queue counts and the offloads both know. With fewer queues than lanes, our tx
 * queue i sends on queue i % n, in turns, and lanes from n on receive nothing.
 *
 * Set-up, start and stop come from the port's control thread, or from the interrupt thread when a
 * carrier is back; which port it is, and how it comes and goes, is in cpx_dev_make.c,
 * cpx_dev_life.c and cpx_dev_return.c, the other calls in cpx_dev_control.c.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <string.h>

#include "pmd/cpx_effect.h"
#include "pmd/cpx_logs.h"
#include "pmd/cpx_netdev.h"

static void dev_info(const struct cpx_port *p, struct rte_eth_dev_info *info)
{
	const struct cpx_dev *c = p->carrier;

	info->rx_offload_capa |= c->rx_offloads & ~RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT;
	info->tx_offload_capa = c->tx_offloads | CPX_EFFECT_OFFLOADS;
	info->max_mtu = c->max_mtu;
	info->max_rx_pktlen = c->max_mtu + CPX_FRAME_OVERHEAD;
	info->dev_capa &= ~(uint64_t)(RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP |
				      RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP);
}

/* The flags of frames that a carrier sees to with the offloads it was given of those `asked`. */
static uint64_t flags_done(uint64_t on, uint64_t asked)
{
	static const struct {
		uint64_t offload, flag;
	} one_to_one[] = {
		{ RTE_ETH_TX_OFFLOAD_VLAN_INSERT, RTE_MBUF_F_TX_VLAN },
		{ RTE_ETH_TX_OFFLOAD_QINQ_INSERT, RTE_MBUF_F_TX_QINQ },
		{ RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, RTE_MBUF_F_TX_IP_CKSUM },
		{ RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM, RTE_MBUF_F_TX_OUTER_IP_CKSUM },
		{ RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM, RTE_MBUF_F_TX_OUTER_UDP_CKSUM },
		{ RTE_ETH_TX_OFFLOAD_TCP_TSO, RTE_MBUF_F_TX_TCP_SEG },
		{ RTE_ETH_TX_OFFLOAD_UDP_TSO, RTE_MBUF_F_TX_UDP_SEG },
		{ RTE_ETH_TX_OFFLOAD_MACSEC_INSERT, RTE_MBUF_F_TX_MACSEC },
		{ RTE_ETH_TX_OFFLOAD_SECURITY, RTE_MBUF_F_TX_SEC_OFFLOAD },
	};
	const uint64_t l4 = RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
			    RTE_ETH_TX_OFFLOAD_SCTP_CKSUM;
	uint64_t flags = CPX_EFFECT_TYPES | RTE_MBUF_F_TX_IEEE1588_TMST;

	for (unsigned i = 0; i < RTE_DIM(one_to_one); i++)
		if (on & one_to_one[i].offload)
			flags |= one_to_one[i].flag;
	/* two bits for three checksums: all that may come, or none */
	if ((on & l4) != 0 && (on & l4) == (asked & l4))
		flags |= RTE_MBUF_F_TX_L4_MASK;
	return flags;
}

/* What the carrier is to do of what was asked of us. */
static int choose(struct cpx_port *p, struct rte_eth_conf *conf)
{
	const struct rte_eth_dev_data *data = p->data;
	struct cpx_rss *rss = &p->look.rss;
	struct cpx_dev *c = p->carrier;
	const uint16_t n_rx = RTE_MIN(data->nb_rx_queues, c->max_rx);
	/* more tx queues than lanes take turns on the lanes */
	const uint16_t feeds = RTE_MIN(data->nb_tx_queues, p->args.n_lanes);
	const uint16_t n_tx = RTE_MIN(feeds, c->max_tx);

	*conf = (struct rte_eth_conf){
		.rxmode = data->dev_conf.rxmode,
		.txmode = data->dev_conf.txmode,
		/* a key of our own: the application's may be gone when the carrier is back */
		.rx_adv_conf.rss_conf = { .rss_key = rss->key_len != 0 ? rss->key : NULL,
					  .rss_key_len = rss->key_len,
					  .rss_hf = rss->rss_hf & c->rss },
		.intr_conf.lsc = (c->dev_flags & RTE_ETH_DEV_INTR_LSC) != 0,
		.intr_conf.rxq = p->data->dev_conf.intr_conf.rxq,
		.intr_conf.rmv = (c->dev_flags & RTE_ETH_DEV_INTR_RMV) != 0,
	};
	/* af_packet spreads over all its sockets, read or not */
	if (strcmp(c->driver, "net_af_packet") == 0 && n_rx < c->max_rx) {
		PMD_DRV_LOG(
			ERR,
			"%s: carrier %s spreads frames over its %u queue pairs whatever is read; "
			"configure %u rx queues here, or create it with qpairs=%u",
			cpx_port_name(p), p->args.carrier_name, c->max_rx, c->max_rx, n_rx);
		return -EINVAL;
	}
	if (conf->rx_adv_conf.rss_conf.rss_hf == 0 ||
	    (rss->key_len != 0 && rss->key_len != c->key_len)) {
		conf->rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){ 0 };
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
		conf->rxmode.offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
	}
	conf->rxmode.offloads &= c->rx_offloads;
	conf->txmode.offloads &= c->tx_offloads;
	conf->rxmode.mtu = c->mtu;
	if (cpx_dev_understates(c, c->mtu)) {
		PMD_DRV_LOG(
			NOTICE,
			"%s: an MTU of %u over %s needs framesz of at least %u in its arguments "
			"and an interface of that MTU",
			cpx_port_name(p), c->mtu, p->args.carrier_name, c->mtu + 128);
		conf->rxmode.mtu = RTE_ETHER_MTU;
	}
	p->carrier_rx_queues = n_rx;
	p->carrier_tx_queues = n_tx;
	if (n_rx < data->nb_rx_queues)
		PMD_DRV_LOG(NOTICE,
			    "%s: carrier %s has %u rx queues for %u lanes; lanes from %u on "
			    "receive nothing",
			    cpx_port_name(p), p->args.carrier_name, n_rx, data->nb_rx_queues, n_rx);
	if (n_tx < feeds)
		PMD_DRV_LOG(NOTICE,
			    "%s: carrier %s has %u tx queues for %u of ours, which take turns",
			    cpx_port_name(p), p->args.carrier_name, n_tx, data->nb_tx_queues);
	return 0;
}

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
	rc = choose(p, &conf);
	if (rc == 0 && !cpx_dev_gone(c))
		rc = configure(p, &conf);
	c->configured = rc == 0;
	if (rc == 0) {
		c->on_rx_offloads = p->carrier_rx_offloads = conf.rxmode.offloads;
		c->on_tx_offloads = conf.txmode.offloads;
		for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++)
			p->tx[i].does =
				flags_done(c->on_tx_offloads, p->data->dev_conf.txmode.offloads);
	}
	cpx_dev_leave(c);
	return rc;
}

static int rx_setup(struct cpx_port *p, unsigned lane)
{
	struct cpx_dev *c = p->carrier;
	struct cpx_rxq *q = &p->rx[lane];
	struct rte_eth_dev_info info;
	uint16_t rx = q->nb_desc, tx = CPX_RING_STANDARD;
	int rc = rte_eth_dev_info_get(c->id, &info);

	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(c->id, &rx, &tx);
	if (rc != 0)
		return rc;
	q->nb_desc = rx;
	info.default_rxconf.offloads = c->on_rx_offloads;
	return rte_eth_rx_queue_setup(c->id, (uint16_t)lane, rx, (unsigned)c->rx_numa[lane],
				      &info.default_rxconf, q->pool);
}

static int tx_setup(struct cpx_port *p, unsigned lane)
{
	struct cpx_dev *c = p->carrier;
	struct cpx_txq *q = &p->tx[lane];
	struct rte_eth_dev_info info;
	uint16_t rx = CPX_RING_STANDARD, tx = q->nb_desc;
	int rc = rte_eth_dev_info_get(c->id, &info);

	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(c->id, &rx, &tx);
	if (rc != 0)
		return rc;
	q->nb_desc = tx;
	info.default_txconf.offloads = c->on_tx_offloads;
	return rte_eth_tx_queue_setup(c->id, (uint16_t)lane, tx, (unsigned)c->tx_numa[lane],
				      &info.default_txconf);
}

static int dev_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	c->rx_numa[lane] = numa;
	if (lane < p->carrier_rx_queues && !cpx_dev_gone(c))
		rc = rx_setup(p, lane);
	cpx_dev_leave(c);
	return rc;
}

static int dev_tx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct cpx_dev *c = p->carrier;
	int rc = 0;

	cpx_dev_hold(c);
	c->tx_numa[lane] = numa;
	if (lane < p->carrier_tx_queues && !cpx_dev_gone(c))
		rc = tx_setup(p, lane);
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

/* As before, or not at all: the application relies on what it was told. */
static int configure_again(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	struct rte_eth_conf conf;
	int rc = choose(p, &conf);

	if (rc != 0)
		return rc;
	if ((c->on_rx_offloads & ~conf.rxmode.offloads) != 0 ||
	    (c->on_tx_offloads & ~conf.txmode.offloads) != 0)
		return -ENOTSUP;
	conf.rxmode.offloads = c->on_rx_offloads; /* the lanes do the rest since */
	rc = configure(p, &conf);
	for (unsigned i = 0; i < p->carrier_rx_queues && rc == 0; i++)
		if (p->rx[i].pool != NULL)
			rc = rx_setup(p, i);
	for (unsigned i = 0; i < p->carrier_tx_queues && rc == 0; i++)
		if (p->tx[i].nb_desc != 0)
			rc = tx_setup(p, i);
	return rc;
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
	if (!cpx_dev_gone(c))
		rc = start(p);
	if (rc == 0 && !cpx_dev_gone(c))
		cpx_dev_pass_begin(p);
	run(p, rc == 0);
	cpx_dev_leave(c);
	cpx_dev_tend_soon();
	return rc;
}

void cpx_dev_drain(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	struct rte_mbuf *m[32];
	uint16_t n;

	if (strcmp(c->driver, "net_ring") != 0 || !rte_eth_devices[c->id].data->dev_started)
		return;
	for (uint16_t q = 0; q < p->carrier_rx_queues; q++) {
		for (unsigned left = CPX_RING_MAX; left >= RTE_DIM(m); left -= RTE_DIM(m)) {
			n = rte_eth_rx_burst(c->id, q, m, RTE_DIM(m));
			if (n == 0)
				break;
			rte_pktmbuf_free_bulk(m, n);
			counter_add(&p->rx[q].count.flushed, n);
		}
	}
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

/* Queue calls of lcores: what cannot be asked at the moment is empty, or not available. */
static int dev_rx_count(const struct cpx_rxq *q)
{
	struct cpx_dev *c = cpx_port_of(&rte_eth_devices[q->port])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int n;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return 0;
	n = rte_eth_rx_queue_count(c->id, queue);
	cpx_dev_leave(c);
	return n;
}

static int dev_rx_status(void *rxq, uint16_t offset)
{
	const struct cpx_rxq *q = rxq;
	struct cpx_dev *c = cpx_port_of(&rte_eth_devices[q->port])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int status;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return RTE_ETH_RX_DESC_UNAVAIL;
	status = rte_eth_rx_descriptor_status(c->id, queue, offset);
	cpx_dev_leave(c);
	return status;
}

static int dev_tx_status(void *txq, uint16_t offset)
{
	const struct cpx_txq *q = txq;
	struct cpx_dev *c = container_of(q->lanes, struct cpx_port, tx[0])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int status;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return RTE_ETH_TX_DESC_UNAVAIL;
	status = rte_eth_tx_descriptor_status(c->id, queue, offset);
	cpx_dev_leave(c);
	return status;
}

static int dev_tx_cleanup(const struct cpx_txq *q, uint32_t n)
{
	struct cpx_dev *c = container_of(q->lanes, struct cpx_port, tx[0])->carrier;
	const uint16_t queue = load_relaxed(&q->carrier_queue);
	int freed;

	if (queue == CPX_NO_QUEUE || !cpx_dev_peek(c))
		return 0;
	freed = rte_eth_tx_done_cleanup(c->id, queue, n);
	cpx_dev_leave(c);
	return freed;
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
	.info = dev_info,
	.configure = dev_configure,
	.rx_setup = dev_rx_setup,
	.tx_setup = dev_tx_setup,
	.start = dev_start,
	.stop = dev_stop,
	.gate = dev_gate,
	.carrying = dev_carrying,
	.rx_count = dev_rx_count,
	.rx_status = dev_rx_status,
	.tx_status = dev_tx_status,
	.tx_cleanup = dev_tx_cleanup,
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
