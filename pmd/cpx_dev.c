/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier dev:<ethdev>: another DPDK port moves the frames, its queue i is lane i. The port is
 * set up with our queue counts and the offloads both know. With fewer queues than lanes, lane i
 * sends on queue i % n, and lanes from n on receive nothing; lanes that share a queue must be
 * driven by one lcore. Control calls come from the port's control thread; which port it is, and
 * how it comes and goes, is in cpx_dev_make.c and cpx_dev_life.c.
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

/*
 * net_af_packet says 1518 bytes whatever its framesz lets through, and ethdev refuses to ask for
 * more than a driver says. Frames up to framesz pass all the same, so it is not asked.
 */
static bool understates(const struct cpx_dev *c, uint16_t mtu)
{
	return strcmp(c->driver, "net_af_packet") == 0 && mtu > RTE_ETHER_MTU;
}

static int dev_configure(struct cpx_port *p)
{
	const struct rte_eth_dev_data *data = p->data;
	struct rte_eth_conf conf = { .rxmode = data->dev_conf.rxmode,
				     .txmode = data->dev_conf.txmode,
				     .rx_adv_conf.rss_conf = data->dev_conf.rx_adv_conf.rss_conf };
	struct cpx_dev *c = p->carrier;
	uint16_t n_rx = RTE_MIN(data->nb_rx_queues, c->max_rx);
	uint16_t n_tx = RTE_MIN(RTE_MIN(data->nb_tx_queues, p->args.n_lanes), c->max_tx);
	int rc;

	if (cpx_dev_gone(c))
		return -ENODEV;
	/* af_packet spreads over all its sockets, read or not */
	if (strcmp(c->driver, "net_af_packet") == 0 && n_rx < c->max_rx) {
		PMD_DRV_LOG(
			ERR,
			"%s: carrier %s spreads frames over its %u queue pairs whatever is read; "
			"configure %u rx queues here, or create it with qpairs=%u",
			cpx_port_name(p), p->args.carrier_name, c->max_rx, c->max_rx, n_rx);
		return -EINVAL;
	}
	conf.rx_adv_conf.rss_conf.rss_hf &= c->rss;
	if (conf.rx_adv_conf.rss_conf.rss_hf == 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
		conf.rxmode.offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
	}
	c->on_rx_offloads = conf.rxmode.offloads &= c->rx_offloads;
	c->on_tx_offloads = conf.txmode.offloads &= c->tx_offloads;
	conf.rxmode.mtu = data->mtu;
	if (understates(c, data->mtu)) {
		PMD_DRV_LOG(
			NOTICE,
			"%s: an MTU of %u over %s needs framesz of at least %u in its arguments "
			"and an interface of that MTU",
			cpx_port_name(p), data->mtu, p->args.carrier_name, data->mtu + 128);
		conf.rxmode.mtu = RTE_ETHER_MTU;
	}
	conf.intr_conf.lsc = (c->dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	conf.intr_conf.rmv = (c->dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	rc = rte_eth_dev_configure(c->id, n_rx, n_tx, &conf);
	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: carrier %s refuses %u rx and %u tx queues with MTU %u: %s",
			    cpx_port_name(p), p->args.carrier_name, n_rx, n_tx, data->mtu,
			    rte_strerror(-rc));
		return rc;
	}
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++)
		p->tx[i].does = flags_done(c->on_tx_offloads, data->dev_conf.txmode.offloads);
	p->carrier_rx_offloads = c->on_rx_offloads;
	p->carrier_rx_queues = n_rx;
	p->carrier_tx_queues = n_tx;
	if (n_rx < data->nb_rx_queues)
		PMD_DRV_LOG(NOTICE,
			    "%s: carrier %s has %u rx queues for %u lanes; lanes from %u on "
			    "receive nothing",
			    cpx_port_name(p), p->args.carrier_name, n_rx, data->nb_rx_queues, n_rx);
	if (n_tx < data->nb_tx_queues)
		PMD_DRV_LOG(NOTICE,
			    "%s: carrier %s has %u tx queues for %u lanes; lane i sends on queue "
			    "i %% %u, and one lcore must drive the lanes that share one",
			    cpx_port_name(p), p->args.carrier_name, n_tx, data->nb_tx_queues, n_tx);
	return 0;
}

static int dev_rx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct cpx_dev *c = p->carrier;
	struct cpx_rxq *q = &p->rx[lane];
	struct rte_eth_dev_info info;
	uint16_t rx = q->nb_desc, tx = CPX_RING_STANDARD;
	int rc;

	if (cpx_dev_gone(c))
		return -ENODEV;
	if (lane >= p->carrier_rx_queues)
		return 0;
	rc = rte_eth_dev_info_get(c->id, &info);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(c->id, &rx, &tx);
	if (rc != 0)
		return rc;
	q->nb_desc = rx;
	info.default_rxconf.offloads = c->on_rx_offloads;
	return rte_eth_rx_queue_setup(c->id, (uint16_t)lane, rx, (unsigned)numa,
				      &info.default_rxconf, q->pool);
}

static int dev_tx_setup(struct cpx_port *p, unsigned lane, int numa)
{
	struct cpx_dev *c = p->carrier;
	struct cpx_txq *q = &p->tx[lane];
	struct rte_eth_dev_info info;
	uint16_t rx = CPX_RING_STANDARD, tx = q->nb_desc;
	int rc;

	if (cpx_dev_gone(c))
		return -ENODEV;
	if (lane >= p->carrier_tx_queues)
		return 0;
	rc = rte_eth_dev_info_get(c->id, &info);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(c->id, &rx, &tx);
	if (rc != 0)
		return rc;
	q->nb_desc = tx;
	info.default_txconf.offloads = c->on_tx_offloads;
	return rte_eth_tx_queue_setup(c->id, (uint16_t)lane, tx, (unsigned)numa,
				      &info.default_txconf);
}

static void read_stats(struct cpx_dev *c)
{
	struct rte_eth_stats s;

	if (!cpx_dev_gone(c) && rte_eth_stats_get(c->id, &s) == 0)
		cpx_dev_stats_add(&c->stats, &s);
}

static int dev_start(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	if (cpx_dev_gone(c))
		return -ENODEV;
	read_stats(c); /* some drivers count anew from a start */
	rc = rte_eth_dev_start(c->id);
	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: carrier %s does not start: %s", cpx_port_name(p),
			    p->args.carrier_name, rte_strerror(-rc));
		return rc;
	}
	cpx_dev_lock(); /* not after it was declared gone */
	for (unsigned i = 0; i < p->data->nb_tx_queues && p->carrier_tx_queues != 0; i++)
		if (!cpx_dev_gone(c))
			store_relaxed(&p->tx[i].carrier_queue,
				      (uint16_t)(i % p->carrier_tx_queues));
	cpx_dev_unlock();
	return 0;
}

static void dev_stop(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		store_relaxed(&p->tx[i].carrier_queue, CPX_NO_QUEUE);
	read_stats(c);
	if (!cpx_dev_gone(c))
		rte_eth_dev_stop(c->id);
}

static void dev_gate(struct cpx_port *p, unsigned source, uint32_t gate)
{
	uint16_t queue = CPX_NO_QUEUE;

	cpx_dev_lock();
	if ((gate & CPX_GATE_OPEN) && source < p->carrier_rx_queues && !cpx_dev_gone(p->carrier))
		queue = (uint16_t)source;
	store_relaxed(&p->rx[source].carrier_queue, queue);
	cpx_dev_unlock();
}

static uint32_t dev_carrying(const struct cpx_port *p)
{
	const struct cpx_dev *c = p->carrier;
	uint32_t lanes = load_acquire(&p->open_lanes);
	struct rte_eth_link link;

	if (lanes == 0 || cpx_dev_gone(c) || rte_eth_link_get_nowait(c->id, &link) != 0 ||
	    link.link_status == RTE_ETH_LINK_DOWN ||
	    (c->if_index != 0 && !cpx_netdev_up(c->if_index)))
		return 0;
	return lanes;
}

static int dev_rx_count(const struct cpx_rxq *q)
{
	uint16_t queue = load_relaxed(&q->carrier_queue);

	return queue == CPX_NO_QUEUE ? 0 : rte_eth_rx_queue_count(q->carrier_port, queue);
}

static int dev_rx_status(void *rxq, uint16_t offset)
{
	const struct cpx_rxq *q = rxq;
	uint16_t queue = load_relaxed(&q->carrier_queue);

	return queue == CPX_NO_QUEUE ? RTE_ETH_RX_DESC_UNAVAIL
				     : rte_eth_rx_descriptor_status(q->carrier_port, queue, offset);
}

static int dev_tx_status(void *txq, uint16_t offset)
{
	const struct cpx_txq *q = txq;
	uint16_t queue = load_relaxed(&q->carrier_queue);

	return queue == CPX_NO_QUEUE ? RTE_ETH_TX_DESC_UNAVAIL
				     : rte_eth_tx_descriptor_status(q->carrier_port, queue, offset);
}

static int dev_tx_cleanup(const struct cpx_txq *q, uint32_t n)
{
	uint16_t queue = load_relaxed(&q->carrier_queue);

	return queue == CPX_NO_QUEUE ? 0 : rte_eth_tx_done_cleanup(q->carrier_port, queue, n);
}

static void dev_stats(struct cpx_port *p, struct rte_eth_stats *stats)
{
	struct cpx_dev *c = p->carrier;

	read_stats(c);
	*stats = c->stats.total;
}

/* A carrier that cannot change its MTU keeps to what it said at configure. */
static int dev_set_mtu(struct cpx_port *p, uint16_t mtu)
{
	struct cpx_dev *c = p->carrier;
	int rc;

	if (cpx_dev_gone(c))
		return -ENODEV;
	if (understates(c, mtu))
		return 0;
	rc = rte_eth_dev_set_mtu(c->id, mtu);
	return rc == -ENOTSUP && mtu <= c->max_mtu ? 0 : rc;
}

static int dev_set_mac(struct cpx_port *p, struct rte_ether_addr *mac)
{
	struct cpx_dev *c = p->carrier;

	return cpx_dev_gone(c) ? -ENODEV : rte_eth_dev_default_mac_addr_set(c->id, mac);
}

static int dev_set_promiscuous(struct cpx_port *p, bool on)
{
	struct cpx_dev *c = p->carrier;

	if (cpx_dev_gone(c))
		return -ENODEV;
	return on ? rte_eth_promiscuous_enable(c->id) : rte_eth_promiscuous_disable(c->id);
}

static int dev_set_allmulticast(struct cpx_port *p, bool on)
{
	struct cpx_dev *c = p->carrier;

	if (cpx_dev_gone(c))
		return -ENODEV;
	return on ? rte_eth_allmulticast_enable(c->id) : rte_eth_allmulticast_disable(c->id);
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
	.set_mtu = dev_set_mtu,
	.set_mac = dev_set_mac,
	.set_promiscuous = dev_set_promiscuous,
	.set_allmulticast = dev_set_allmulticast,
	.dump = dev_dump,
};
