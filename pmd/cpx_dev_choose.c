/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a carrier device is asked to be for a port: queues, offloads, hashing, MTU; and what the
 * port can say of itself because of it. With fewer queues than lanes, our tx queue i sends on queue
 * i % n, in turns, and lanes from n on receive nothing. A carrier that spreads frames over more rx
 * queues than we have lanes has all of them read: lane i reads i, i + lanes, … Nothing is called
 * here but a message now and then. Control held.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <string.h>

#include "pmd/cpx_effect.h"
#include "pmd/cpx_logs.h"

void cpx_dev_info(const struct cpx_port *p, struct rte_eth_dev_info *info)
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
uint64_t cpx_dev_flags_done(uint64_t on, uint64_t asked)
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

/* Of these every queue is to be read, whatever is asked: af_packet spreads over all its sockets,
 * and what comes to a queue that AF_XDP leaves out goes to the kernel. */
static bool spreads(const struct cpx_dev *c)
{
	return strcmp(c->driver, "net_af_packet") == 0 || strcmp(c->driver, "net_af_xdp") == 0;
}

/* These have as many rx queues as tx queues. */
static bool is_paired(const struct cpx_dev *c)
{
	return strcmp(c->driver, "net_tap") == 0 || strcmp(c->driver, "net_af_xdp") == 0;
}

/* More tx queues than lanes take turns on the lanes. */
static uint16_t feeds(const struct cpx_port *p)
{
	return RTE_MIN(p->data->nb_tx_queues, p->args.n_lanes);
}

/* How many queues the carrier gets. With more rx queues than lanes a lane reads several of them,
 * more tx queues than lanes are not used. */
void cpx_dev_count_queues(const struct cpx_port *p, uint16_t *n_rx, uint16_t *n_tx)
{
	const struct cpx_dev *c = p->carrier;

	*n_rx = RTE_MIN(p->data->nb_rx_queues, c->max_rx);
	*n_tx = RTE_MIN(feeds(p), c->max_tx);
	if (*n_rx != 0 && spreads(c))
		*n_rx = c->max_rx;
	if (*n_rx != 0 && *n_tx != 0 && is_paired(c))
		*n_rx = *n_tx = RTE_MAX(*n_rx, *n_tx);
}

int cpx_dev_choose_queues(struct cpx_port *p)
{
	const struct rte_eth_dev_data *data = p->data;
	uint16_t n_rx, n_tx;

	cpx_dev_count_queues(p, &n_rx, &n_tx);
	if (n_rx > CPX_MAX_SOURCES) {
		PMD_DRV_LOG(ERR,
			    "%s: carrier %s spreads frames over %u queues whatever is read, and a "
			    "port reads %u at most; make the carrier with fewer",
			    cpx_port_name(p), p->args.carrier_name, n_rx, CPX_MAX_SOURCES);
		return -EINVAL;
	}
	p->carrier_rx_queues = n_rx;
	p->carrier_tx_queues = n_tx;
	if (n_rx < data->nb_rx_queues)
		PMD_DRV_LOG(NOTICE,
			    "%s: carrier %s has %u rx queues for %u lanes; lanes from %u on "
			    "receive nothing",
			    cpx_port_name(p), p->args.carrier_name, n_rx, data->nb_rx_queues, n_rx);
	if (n_tx < feeds(p))
		PMD_DRV_LOG(NOTICE,
			    "%s: carrier %s has %u tx queues for %u of ours, which take turns",
			    cpx_port_name(p), p->args.carrier_name, n_tx, data->nb_tx_queues);
	return 0;
}

/* What the carrier is to do of what was asked of us. */
void cpx_dev_choose(struct cpx_port *p, struct rte_eth_conf *conf)
{
	const struct rte_eth_dev_data *data = p->data;
	struct cpx_rss *rss = &p->look.rss; /* of which ethdev takes the key without a const */
	const struct cpx_dev *c = p->carrier;

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
}
