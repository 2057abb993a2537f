/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life of a carrier device: claimed at probe, watched, given back at close. It is owned while it
 * carries. Probe and close run on the control thread, on_event in any thread.
 *
 * A carrier may go away by itself (RMV) or be closed by somebody (DESTROY): then its lanes are
 * dead, the link is down, counters stay, and nothing calls it. When a port of its name appears
 * (NEW) it is ours at once, before a program can see it; the rest is cpx_dev_return.c's. One event
 * callback serves the whole process and is never taken back, because ethdev keeps the callbacks of
 * a port id past the port.
 */
#include "pmd/cpx_dev.h"

#include <rte_interrupts.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pmd/cpx_logs.h"

#define FORGET_TRY_US 1000
#define FORGET_TRIES  5000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cpx_port *carried_by[RTE_MAX_ETHPORTS]; /* carrier's port id -> our port */
static struct cpx_port *carried[RTE_MAX_ETHPORTS];    /* our port id -> our port */
static bool events_wanted;

void cpx_dev_lock(void)
{
	pthread_mutex_lock(&lock);
}

void cpx_dev_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

struct cpx_port *cpx_dev_port(uint16_t id)
{
	return carried[id];
}

struct cpx_port *cpx_dev_carried_by(uint16_t id)
{
	return carried_by[id];
}

void cpx_dev_hold(struct cpx_dev *c)
{
	pthread_mutex_lock(&c->control);
}

bool cpx_dev_enter(struct cpx_dev *c)
{
	/* before the lock is asked for, which one who has just set it may hold */
	if (cpx_dev_gone(c))
		return false;
	if (!rte_thread_is_intr())
		pthread_mutex_lock(&c->control);
	else if (pthread_mutex_trylock(&c->control) != 0)
		return false;
	if (!cpx_dev_gone(c))
		return true;
	pthread_mutex_unlock(&c->control);
	return false;
}

bool cpx_dev_peek(struct cpx_dev *c)
{
	if (pthread_mutex_trylock(&c->control) != 0)
		return false;
	if (!cpx_dev_gone(c))
		return true;
	pthread_mutex_unlock(&c->control);
	return false;
}

void cpx_dev_leave(struct cpx_dev *c)
{
	pthread_mutex_unlock(&c->control);
}

void cpx_dev_went(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	const bool was_here = !cpx_dev_gone(c) || c->arrived;

	store_release(&c->gone, 1);
	c->arrived = false;
	c->if_index = 0;
	c->life++;
	cpx_dev_gates(p);
	cpx_link_refresh(p);
	if (was_here && !c->lost)
		PMD_DRV_LOG(WARNING,
			    "%s: its carrier %s is gone; the lanes are down until a port of that "
			    "name is back",
			    cpx_port_name(p), p->args.carrier_name);
}

void cpx_dev_stays(struct cpx_port *p, bool open, bool arrived)
{
	struct cpx_dev *c = p->carrier;

	c->arrived = arrived;
	c->link_moved = true;
	if (open)
		store_release(&c->gone, 0);
	cpx_dev_gates(p);
	cpx_dev_tend_soon();
}

static bool own(const struct cpx_port *p, const struct cpx_dev *c, uint16_t id)
{
	struct rte_eth_dev_owner owner = { .id = c->owner };

	snprintf(owner.name, sizeof(owner.name), "%s", cpx_port_name(p));
	return rte_eth_dev_owner_set(id, &owner) == 0;
}

/* Is this new port the one that p lost? */
static bool is_lost_one(const struct cpx_port *p, uint16_t id)
{
	const struct rte_eth_dev *dev = &rte_eth_devices[id];
	const struct cpx_dev *c = p->carrier;

	return cpx_dev_gone(c) && carried_by[c->id] != p &&
	       strcmp(p->args.carrier_devargs[0] != '\0' ? dev->device->name : dev->data->name,
		      p->args.carrier_name) == 0;
}

/* Its driver is still making it: claim it and no more. */
static void came(uint16_t id)
{
	for (unsigned i = 0; i < RTE_MAX_ETHPORTS; i++) {
		struct cpx_port *p = carried[i];
		struct cpx_dev *c;

		if (p == NULL || !is_lost_one(p, id))
			continue;
		if (!own(p, p->carrier, id)) {
			PMD_DRV_LOG(WARNING,
				    "%s: %s is back, but belongs to somebody else already; the "
				    "lanes stay down",
				    cpx_port_name(p), p->args.carrier_name);
			continue;
		}
		c = p->carrier;
		c->id = id;
		c->arrived = true;
		c->lost = false;
		c->refusals = 0;
		carried_by[id] = p;
		cpx_dev_tend_soon();
		return;
	}
}

static int on_event(uint16_t id, enum rte_eth_event_type event, void *arg, void *ret)
{
	struct cpx_port *p;

	if (id >= RTE_MAX_ETHPORTS)
		return 0;
	cpx_dev_lock();
	p = carried_by[id];
	if (event == RTE_ETH_EVENT_NEW) {
		came(id);
	} else if (p != NULL && event == RTE_ETH_EVENT_INTR_LSC) {
		((struct cpx_dev *)p->carrier)->link_moved = true;
		cpx_dev_tend_soon();
	} else if (p != NULL) {
		if (event == RTE_ETH_EVENT_DESTROY)
			carried_by[id] = NULL; /* the id may soon be another port's */
		cpx_dev_went(p);
	}
	cpx_dev_unlock();
	return 0;
}

static int want_events(void)
{
	static const enum rte_eth_event_type events[] = {
		RTE_ETH_EVENT_INTR_LSC,
		RTE_ETH_EVENT_INTR_RMV,
		RTE_ETH_EVENT_DESTROY,
		RTE_ETH_EVENT_NEW,
	};

	for (unsigned i = 0; i < RTE_DIM(events) && !events_wanted; i++)
		if (rte_eth_dev_callback_register(RTE_ETH_ALL, events[i], on_event, NULL) != 0)
			return -ENOMEM;
	events_wanted = true;
	return 0;
}

static int claim(struct cpx_dev *c, const struct cpx_port *p, struct err *err)
{
	struct rte_eth_dev_owner present;

	if (rte_eth_dev_owner_new(&c->owner) != 0)
		return err_set(err, -ENOMEM, "carrier=dev:%s: no owner id to be had",
			       p->args.carrier_name);
	if (own(p, c, c->id))
		return 0;
	if (rte_eth_dev_owner_get(c->id, &present) != 0)
		snprintf(present.name, sizeof(present.name), "somebody");
	return err_set(err, -EBUSY,
		       "carrier=dev:%s already belongs to %s; a port carries one other",
		       p->args.carrier_name, present.name);
}

/* The most that ethdev will let us ask of the carrier: a driver that names no MTU is held to its
 * frame size. Not net_af_packet, see cpx_dev_understates(). */
static uint16_t max_mtu(const struct rte_eth_dev_info *info)
{
	const uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
	uint32_t mtu = RTE_MIN(info->max_mtu, (uint16_t)CPX_MAX_MTU);

	if (info->max_mtu == UINT16_MAX && info->max_rx_pktlen > overhead &&
	    strcmp(info->driver_name, "net_af_packet") != 0)
		mtu = RTE_MIN(mtu, info->max_rx_pktlen - overhead);
	return (uint16_t)mtu;
}

int cpx_dev_learn(struct cpx_dev *c)
{
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(c->id, &info);

	if (rc != 0)
		return rc;
	c->max_rx = info.max_rx_queues;
	c->max_tx = info.max_tx_queues;
	c->rx_offloads = info.rx_offload_capa;
	c->tx_offloads = info.tx_offload_capa;
	c->rss = info.flow_type_rss_offloads;
	c->key_len = info.hash_key_size;
	c->dev_flags = *info.dev_flags;
	c->max_mtu = max_mtu(&info);
	snprintf(c->driver, sizeof(c->driver), "%s", info.driver_name);
	c->if_index = cpx_netdev_unwatched(c->driver) ? info.if_index : 0;
	c->noted = false;
	return 0;
}

static struct cpx_dev *new_carrier(struct cpx_port *p)
{
	struct cpx_dev *c = calloc(1, sizeof(*c));
	pthread_mutexattr_t recursive;

	if (c == NULL)
		return NULL;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&c->control, &recursive);
	pthread_mutexattr_destroy(&recursive);
	c->port = p;
	return c;
}

void cpx_dev_free(struct cpx_dev *c)
{
	pthread_mutex_destroy(&c->control);
	free(c);
}

int cpx_dev_attach(struct cpx_port *p, struct err *err)
{
	const char *name = p->args.carrier_name;
	struct cpx_dev *c;
	uint16_t id;
	bool made;
	int rc;

	c = new_carrier(p);
	if (c == NULL || want_events() != 0) {
		rc = err_set(err, -ENOMEM, "carrier=dev:%s: no memory", name);
		goto forget;
	}
	rc = cpx_dev_find(p, &id, &made, err);
	if (rc != 0)
		goto forget;
	c->id = id;
	c->made = made;
	rc = cpx_dev_learn(c);
	if (made && c->if_index != 0)
		cpx_netdev_name(c->if_index, c->interface);
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
	rc = claim(c, p, err);
	if (rc != 0)
		goto unmake;
	cpx_dev_begin_stats(c);
	rte_eth_macaddr_get(id, &c->mac);
	if (rte_is_valid_assigned_ether_addr(&c->mac)) /* net_ring's is all zeros */
		p->macs[0] = c->mac;
	p->lanes_filter = rte_eth_devices[id].dev_ops->promiscuous_disable == NULL;
	p->data->promiscuous = p->lanes_filter || rte_eth_promiscuous_get(id) == 1;
	p->carrier = c;
	cpx_dev_lock();
	cpx_dev_gates(p);
	carried_by[id] = p;
	carried[p->data->port_id] = p;
	cpx_dev_unlock();
	cpx_dev_guard(id);
	if (c->interface[0] != '\0')
		cpx_dev_tend_soon();
	return 0;

unmake:
	if (made)
		cpx_dev_unmake(p, id);
forget:
	if (c != NULL)
		cpx_dev_free(c);
	return rc;
}

/*
 * Queues hold mbufs of our program's pools, which may be freed before the carrier is: net_tap
 * hands them back when it is closed. ethdev has no call for it but another set-up.
 */
static void release_queues(struct cpx_dev *c)
{
	struct rte_eth_dev *dev = &rte_eth_devices[c->id];

	for (uint16_t i = 0; dev->dev_ops->rx_queue_release != NULL && i < dev->data->nb_rx_queues;
	     i++) {
		if (dev->data->rx_queues[i] != NULL)
			dev->dev_ops->rx_queue_release(dev, i);
		dev->data->rx_queues[i] = NULL;
	}
	for (uint16_t i = 0; dev->dev_ops->tx_queue_release != NULL && i < dev->data->nb_tx_queues;
	     i++) {
		if (dev->data->tx_queues[i] != NULL)
			dev->dev_ops->tx_queue_release(dev, i);
		dev->data->tx_queues[i] = NULL;
	}
}

/*
 * The interrupt thread may be making the carrier anew, and what it has begun nobody else must take
 * away. It is waited for, unless it might wait for us: who removes our device has the bus.
 */
static void forget(const struct cpx_port *p, const struct cpx_dev *c)
{
	const unsigned tries = p->removing || rte_thread_is_intr() ? 1 : FORGET_TRIES;
	bool busy = true;

	for (unsigned i = 0; i < tries && busy; i++) {
		if (i != 0)
			usleep(FORGET_TRY_US);
		cpx_dev_lock();
		carried[p->data->port_id] = NULL;
		busy = c->remaking;
		cpx_dev_unlock();
	}
}

void cpx_dev_detach(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	bool there, busy;

	forget(p, c);
	cpx_dev_hold(c);
	cpx_dev_lock();
	there = carried_by[c->id] == p;
	if (there) {
		carried_by[c->id] = NULL;
		cpx_dev_unguard(c->id);
	}
	carried[p->data->port_id] = NULL;
	cpx_dev_unlock();
	if (!cpx_dev_gone(c)) {
		if (!rte_eth_devices[c->id].data->dev_started)
			release_queues(c);
		rte_eth_dev_owner_unset(c->id, c->owner);
	}
	cpx_dev_leave(c);
	p->carrier = NULL;
	cpx_dev_lock(); /* from here on it may be freed */
	busy = c->orphan = c->remaking;
	there = there && !c->cleaned;
	cpx_dev_unlock();
	if (busy)
		return;
	/* control is free: a thread that removes a device may hold the bus and wait for it */
	if (there && c->made)
		cpx_dev_unmake(p, c->id);
	cpx_dev_free(c);
}
