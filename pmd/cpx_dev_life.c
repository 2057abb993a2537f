/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life of a carrier device: claimed at probe, watched, given back at close. It is owned while it
 * carries. Probe and close run on the control thread, on_event in any thread.
 *
 * A carrier may go away by itself (RMV) or be closed by somebody (DESTROY): then its lanes are
 * dead, the link is down, counters stay, and nothing calls it again. The event callback is never
 * taken back, because ethdev keeps the callbacks of a port id past the port.
 */
#include "pmd/cpx_dev.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pmd/cpx_logs.h"
#include "pmd/cpx_netdev.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cpx_port *carried_by[RTE_MAX_ETHPORTS]; /* carrier's port id -> our port */
static bool events_wanted;

void cpx_dev_lock(void)
{
	pthread_mutex_lock(&lock);
}

void cpx_dev_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static int on_event(uint16_t id, enum rte_eth_event_type event, void *arg, void *ret)
{
	struct cpx_port *p;

	cpx_dev_lock();
	p = id < RTE_MAX_ETHPORTS ? carried_by[id] : NULL;
	if (p != NULL) {
		if (event != RTE_ETH_EVENT_INTR_LSC) {
			struct cpx_dev *c = p->carrier;

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
	cpx_dev_unlock();
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

static int claim(struct cpx_dev *c, const struct cpx_port *p, struct err *err)
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

int cpx_dev_attach(struct cpx_port *p, struct err *err)
{
	const char *name = p->args.carrier_name;
	struct rte_eth_dev_info info;
	struct rte_eth_stats stats;
	struct rte_device *made;
	struct cpx_dev *c = NULL;
	uint16_t id;
	int rc;

	rc = cpx_dev_find(p, &id, &made, err);
	if (rc != 0)
		return rc;
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
	if (rte_eth_stats_get(id, &stats) == 0)
		cpx_dev_stats_begin(&c->stats, &stats);
	rte_eth_macaddr_get(id, &p->mac);
	for (unsigned i = 0; i < CPX_MAX_LANES; i++) {
		p->rx[i].carrier_port = p->tx[i].carrier_port = id;
		p->rx[i].carrier_queue = p->tx[i].carrier_queue = CPX_NO_QUEUE;
	}
	/* with LSC an application never asks for the link, so what nobody tells us it would miss */
	if (!(c->dev_flags & RTE_ETH_DEV_INTR_LSC))
		p->data->dev_flags &= ~(uint32_t)RTE_ETH_DEV_INTR_LSC;
	p->carrier = c;
	cpx_dev_lock();
	carried_by[id] = p;
	cpx_dev_unlock();
	return 0;

unmake:
	free(c);
	if (made != NULL)
		cpx_dev_unmake(p, id, made);
	return rc;
}

void cpx_dev_detach(struct cpx_port *p)
{
	struct cpx_dev *c = p->carrier;
	bool there;

	cpx_dev_lock();
	there = carried_by[c->id] == p;
	if (there)
		carried_by[c->id] = NULL;
	cpx_dev_unlock();
	if (!cpx_dev_gone(c))
		rte_eth_dev_owner_unset(c->id, c->owner);
	if (there && c->made != NULL)
		cpx_dev_unmake(p, c->id, c->made);
	free(c);
	p->carrier = NULL;
}
