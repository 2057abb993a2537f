/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carrier dev:<ethdev>: another DPDK port moves the frames, its queue i is lane i. The port is
 * owned while it carries, set up with our queue counts and the offloads both know, and left
 * stopped and free at close. With fewer queues than lanes, lane i sends on queue i % n, and lanes
 * from n on receive nothing; lanes that share a queue must be driven by one lcore.
 *
 * dev:[<device>,<args>] makes the device first and takes it away again when our port is closed. A
 * port that is removed without a close only closes it: EAL's cleanup walks its list of devices
 * while it removes us, and the next one on the list is the carrier. The bare device goes at the
 * end of the process, or when it is named again.
 *
 * A carrier may go away by itself (RMV) or be closed by somebody (DESTROY): then its lanes are
 * dead, the link is down, counters stay, and nothing calls it again. One event callback serves the
 * whole process and is never taken back, because ethdev keeps the callbacks of a port id past the
 * port; it runs in the thread that raises the event, takes `lock` and touches lane gates and link
 * only. Control calls into the carrier are never made with `lock` held: they may wait for the
 * interrupt thread.
 */
#include "pmd/cpx_ethdev.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_logs.h"
#include "pmd/cpx_netdev.h"

struct carrier {
	uint16_t id;
	unsigned if_index;                       /* kernel interface to watch for it; 0 none */
	uint32_t gone;                           /* shared: removed or closed */
	uint16_t max_rx, max_tx;                 /* queues it can have */
	uint64_t rx_offloads, tx_offloads, rss;  /* what it can do */
	uint64_t on_rx_offloads, on_tx_offloads; /* what it is set to do */
	uint32_t dev_flags;
	uint16_t max_mtu;
	uint64_t owner;
	struct rte_device *made; /* we made it */
	char driver[32];
	struct rte_eth_stats last; /* as last read; stays when the carrier is gone */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cpx_port *carried_by[RTE_MAX_ETHPORTS]; /* carrier's port id -> our port */
static bool events_wanted;

static bool is_gone(const struct carrier *c)
{
	return load_acquire(&c->gone) != 0;
}

static int on_event(uint16_t id, enum rte_eth_event_type event, void *arg, void *ret)
{
	struct cpx_port *p;

	pthread_mutex_lock(&lock);
	p = id < RTE_MAX_ETHPORTS ? carried_by[id] : NULL;
	if (p != NULL) {
		if (event != RTE_ETH_EVENT_INTR_LSC) {
			struct carrier *c = p->carrier;

			store_release(&c->gone, 1);
			for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
				store_relaxed(&p->rx[i].carrier_queue, CPX_NO_QUEUE);
				store_relaxed(&p->tx[i].carrier_queue, CPX_NO_QUEUE);
			}
			if (event == RTE_ETH_EVENT_DESTROY)
				carried_by[id] = NULL; /* the id may soon be another port's */
			PMD_DRV_LOG(WARNING, "%s: its carrier %s is gone; the lanes are down",
				    cpx_port_name(p), p->args.carrier_name);
		}
		cpx_link_refresh(p);
	}
	pthread_mutex_unlock(&lock);
	return 0;
}

static int want_events(void)
{
	static const enum rte_eth_event_type events[] = {
		RTE_ETH_EVENT_INTR_LSC,
		RTE_ETH_EVENT_INTR_RMV,
		RTE_ETH_EVENT_DESTROY,
	};

	for (unsigned i = 0; i < RTE_DIM(events) && !events_wanted; i++)
		if (rte_eth_dev_callback_register(RTE_ETH_ALL, events[i], on_event, NULL) != 0)
			return -ENOMEM;
	events_wanted = true;
	return 0;
}

/* First port of a device. */
static bool find_port(const char *device, uint16_t *id)
{
	for (uint16_t i = 0; i < RTE_MAX_ETHPORTS; i++) {
		if (rte_eth_dev_is_valid_port(i) && rte_eth_devices[i].device != NULL &&
		    strcmp(rte_eth_devices[i].device->name, device) == 0) {
			*id = i;
			return true;
		}
	}
	return false;
}

static int make_device(const struct cpx_port *p, uint16_t *id, struct err *err)
{
	const char *text = p->args.carrier_devargs, *name = p->args.carrier_name;
	int rc;

	if (find_port(name, id))
		return err_set(err, -EEXIST,
			       "carrier=dev:[%s]: there is a device %s already; carrier=dev:%s "
			       "uses it",
			       text, name, name);
	rc = rte_dev_probe(text);
	if (rc == 0 && !find_port(name, id)) {
		/* closed, but not gone: see the top of this file */
		rte_eal_hotplug_remove("vdev", name);
		rc = rte_dev_probe(text);
	}
	if (rc != 0)
		return err_set(err, rc,
			       "carrier=dev:[%s]: no such device, or its driver refuses it: %s; "
			       "what it said is above",
			       text, rte_strerror(-rc));
	if (find_port(name, id))
		return 0;
	rte_eal_hotplug_remove("vdev", name);
	return err_set(err, -ENODEV, "carrier=dev:[%s]: %s has no port", text, name);
}

static void unmake_device(const struct cpx_port *p, uint16_t id, struct rte_device *made)
{
	int rc = p->removing ? rte_eth_dev_close(id) : rte_dev_remove(made);

	if (rc != 0)
		PMD_DRV_LOG(WARNING, "%s: carrier %s stays: %s", cpx_port_name(p),
			    p->args.carrier_name, rte_strerror(-rc));
}

static int unknown_carrier(const char *name, struct err *err)
{
	char known[512] = "";
	uint16_t id;

	RTE_ETH_FOREACH_DEV (id) {
		char other[RTE_ETH_NAME_MAX_LEN];
		size_t used = strlen(known);

		if (rte_eth_dev_get_name_by_port(id, other) == 0)
			snprintf(known + used, sizeof(known) - used, " %s", other);
	}
	return err_set(err, -ENODEV,
		       "carrier=dev:%s: no such DPDK port; free ports:%s (the carrier's --vdev or "
		       "-a comes before this one)",
		       name, known[0] != '\0' ? known : " none");
}

static int claim(struct carrier *c, const struct cpx_port *p, struct err *err)
{
	struct rte_eth_dev_owner owner, present;

	if (rte_eth_dev_owner_new(&c->owner) != 0)
		return err_set(err, -ENOMEM, "carrier=dev:%s: no owner id to be had",
			       p->args.carrier_name);
	owner.id = c->owner;
	snprintf(owner.name, sizeof(owner.name), "%s", cpx_port_name(p));
	if (rte_eth_dev_owner_set(c->id, &owner) == 0)
		return 0;
	if (rte_eth_dev_owner_get(c->id, &present) != 0)
		snprintf(present.name, sizeof(present.name), "somebody");
	return err_set(err, -EBUSY,
		       "carrier=dev:%s already belongs to %s; a port carries one other",
		       p->args.carrier_name, present.name);
}

static int dev_attach(struct cpx_port *p, struct err *err)
{
	const char *name = p->args.carrier_name;
	struct rte_eth_dev_info info;
	struct rte_device *made = NULL;
	struct carrier *c = NULL;
	uint16_t id;
	int rc;

	if (p->args.carrier_devargs[0] != '\0') {
		rc = make_device(p, &id, err);
		if (rc != 0)
			return rc;
		made = rte_eth_devices[id].device;
	} else if (rte_eth_dev_get_port_by_name(name, &id) != 0) {
		return unknown_carrier(name, err);
	}
	rc = rte_eth_dev_info_get(id, &info);
	if (rc != 0) {
		err_set(err, rc, "carrier=dev:%s does not describe itself: %s", name,
			rte_strerror(-rc));
		goto unmake;
	}
	if (rte_eth_devices[id].data->dev_started) {
		rc = err_set(err, -EBUSY,
			     "carrier=dev:%s is started by somebody else; stop it first", name);
		goto unmake;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL || want_events() != 0) {
		rc = err_set(err, -ENOMEM, "carrier=dev:%s: no memory", name);
		goto unmake;
	}
	c->id = id;
	c->made = made;
	c->max_rx = info.max_rx_queues;
	c->max_tx = info.max_tx_queues;
	c->rx_offloads = info.rx_offload_capa;
	c->tx_offloads = info.tx_offload_capa;
	c->rss = info.flow_type_rss_offloads;
	c->dev_flags = *info.dev_flags;
	c->max_mtu = (uint16_t)RTE_MIN(info.max_mtu, (uint16_t)CPX_MAX_MTU);
	snprintf(c->driver, sizeof(c->driver), "%s", info.driver_name);
	c->if_index = cpx_netdev_unwatched(c->driver) ? info.if_index : 0;
	rc = claim(c, p, err);
	if (rc != 0)
		goto unmake;
	rte_eth_macaddr_get(id, &p->mac);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		p->rx[i].carrier_port = p->tx[i].carrier_port = id;
		p->rx[i].carrier_queue = p->tx[i].carrier_queue = CPX_NO_QUEUE;
	}
	p->carrier = c;
	pthread_mutex_lock(&lock);
	carried_by[id] = p;
	pthread_mutex_unlock(&lock);
	return 0;

unmake:
	free(c);
	if (made != NULL)
		unmake_device(p, id, made);
	return rc;
}

static void dev_detach(struct cpx_port *p)
{
	struct carrier *c = p->carrier;
	bool there;

	pthread_mutex_lock(&lock);
	there = carried_by[c->id] == p;
	if (there)
		carried_by[c->id] = NULL;
	pthread_mutex_unlock(&lock);
	if (!is_gone(c))
		rte_eth_dev_owner_unset(c->id, c->owner);
	if (there && c->made != NULL)
		unmake_device(p, c->id, c->made);
	free(c);
	p->carrier = NULL;
}

static void dev_info(const struct cpx_port *p, struct rte_eth_dev_info *info)
{
	const struct carrier *c = p->carrier;

	info->rx_offload_capa |= c->rx_offloads & ~RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT;
	info->tx_offload_capa = c->tx_offloads;
	info->max_mtu = c->max_mtu;
	info->max_rx_pktlen = c->max_mtu + CPX_FRAME_OVERHEAD;
}

/*
 * net_af_packet says 1518 bytes whatever its framesz lets through, and ethdev refuses to ask for
 * more than a driver says. Frames up to framesz pass all the same, so it is not asked.
 */
static bool understates(const struct carrier *c, uint16_t mtu)
{
	return strcmp(c->driver, "net_af_packet") == 0 && mtu > RTE_ETHER_MTU;
}

static int dev_configure(struct cpx_port *p)
{
	const struct rte_eth_dev_data *data = p->dev->data;
	struct rte_eth_conf conf = { .rxmode = data->dev_conf.rxmode,
				     .txmode = data->dev_conf.txmode,
				     .rx_adv_conf.rss_conf = data->dev_conf.rx_adv_conf.rss_conf };
	struct carrier *c = p->carrier;
	uint16_t n_rx = RTE_MIN(data->nb_rx_queues, c->max_rx);
	uint16_t n_tx = RTE_MIN(data->nb_tx_queues, c->max_tx);
	int rc;

	if (is_gone(c))
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
	struct carrier *c = p->carrier;
	struct cpx_rxq *q = &p->rx[lane];
	struct rte_eth_dev_info info;
	uint16_t rx = q->nb_desc, tx = CPX_RING_STANDARD;
	int rc;

	if (is_gone(c))
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
	struct carrier *c = p->carrier;
	struct cpx_txq *q = &p->tx[lane];
	struct rte_eth_dev_info info;
	uint16_t rx = CPX_RING_STANDARD, tx = q->nb_desc;
	int rc;

	if (is_gone(c))
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

static int dev_start(struct cpx_port *p)
{
	struct carrier *c = p->carrier;
	int rc;

	if (is_gone(c))
		return -ENODEV;
	rc = rte_eth_dev_start(c->id);
	if (rc != 0) {
		PMD_DRV_LOG(ERR, "%s: carrier %s does not start: %s", cpx_port_name(p),
			    p->args.carrier_name, rte_strerror(-rc));
		return rc;
	}
	pthread_mutex_lock(&lock); /* not after it was declared gone */
	for (unsigned i = 0; i < p->dev->data->nb_tx_queues && p->carrier_tx_queues != 0; i++)
		if (!is_gone(c))
			store_relaxed(&p->tx[i].carrier_queue,
				      (uint16_t)(i % p->carrier_tx_queues));
	pthread_mutex_unlock(&lock);
	return 0;
}

static void read_stats(struct carrier *c)
{
	struct rte_eth_stats s;

	if (!is_gone(c) && rte_eth_stats_get(c->id, &s) == 0)
		c->last = s;
}

static void dev_stop(struct cpx_port *p)
{
	struct carrier *c = p->carrier;

	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		store_relaxed(&p->tx[i].carrier_queue, CPX_NO_QUEUE);
	read_stats(c);
	if (!is_gone(c))
		rte_eth_dev_stop(c->id);
}

static void dev_open(struct cpx_port *p, unsigned lane)
{
	pthread_mutex_lock(&lock);
	if (lane < p->carrier_rx_queues && !is_gone(p->carrier))
		store_relaxed(&p->rx[lane].carrier_queue, (uint16_t)lane);
	pthread_mutex_unlock(&lock);
}

static void dev_close(struct cpx_port *p, unsigned lane)
{
	store_relaxed(&p->rx[lane].carrier_queue, CPX_NO_QUEUE);
}

static uint32_t dev_carrying(const struct cpx_port *p)
{
	const struct carrier *c = p->carrier;
	uint32_t lanes = load_acquire(&p->open_lanes);
	struct rte_eth_link link;

	if (lanes == 0 || is_gone(c) || rte_eth_link_get_nowait(c->id, &link) != 0 ||
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
	struct carrier *c = p->carrier;

	read_stats(c);
	*stats = c->last;
}

/* A carrier that cannot change its MTU keeps to what it said at configure. */
static int dev_set_mtu(struct cpx_port *p, uint16_t mtu)
{
	struct carrier *c = p->carrier;
	int rc;

	if (is_gone(c))
		return -ENODEV;
	if (understates(c, mtu))
		return 0;
	rc = rte_eth_dev_set_mtu(c->id, mtu);
	return rc == -ENOTSUP && mtu <= c->max_mtu ? 0 : rc;
}

static int dev_set_mac(struct cpx_port *p, struct rte_ether_addr *mac)
{
	struct carrier *c = p->carrier;

	return is_gone(c) ? -ENODEV : rte_eth_dev_default_mac_addr_set(c->id, mac);
}

static int dev_set_promiscuous(struct cpx_port *p, bool on)
{
	struct carrier *c = p->carrier;

	if (is_gone(c))
		return -ENODEV;
	return on ? rte_eth_promiscuous_enable(c->id) : rte_eth_promiscuous_disable(c->id);
}

static int dev_set_allmulticast(struct cpx_port *p, bool on)
{
	struct carrier *c = p->carrier;

	if (is_gone(c))
		return -ENODEV;
	return on ? rte_eth_allmulticast_enable(c->id) : rte_eth_allmulticast_disable(c->id);
}

static void dev_dump(const struct cpx_port *p, FILE *out)
{
	const struct carrier *c = p->carrier;

	fprintf(out, "  carrier %s (%s), %u rx and %u tx queues%s\n", p->args.carrier_name,
		c->driver, p->carrier_rx_queues, p->carrier_tx_queues, is_gone(c) ? ", gone" : "");
}

const struct cpx_carrier_ops cpx_dev_ops = {
	.mode = "Lane Carrier",
	.rx = cpx_dev_rx,
	.rx_inspect = cpx_dev_rx_inspect,
	.tx = cpx_dev_tx,
	.tx_paced = cpx_dev_tx_paced,
	.tx_prepare = cpx_dev_tx_prepare,
	.attach = dev_attach,
	.detach = dev_detach,
	.info = dev_info,
	.configure = dev_configure,
	.rx_setup = dev_rx_setup,
	.tx_setup = dev_tx_setup,
	.start = dev_start,
	.stop = dev_stop,
	.open = dev_open,
	.close = dev_close,
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
