/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board's DPDK ports: devices for carriers, then one net_cpx port each, configured with a queue
 * a lane. Control thread, at start and stop, and for breakouts.
 */
#include "dataplane/ctl/ports.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/rib.h"
#include "dataplane/ctl/twin.h"
#include "lib/base/log.h"

static bool is_pci(const char *device)
{
	return isxdigit((unsigned char)device[0]) && strchr(device, ':');
}

int device_probe(struct board *b, const struct config_device *d, unsigned i, struct err *err)
{
	const int ret = rte_eal_hotplug_add(is_pci(d->name) ? "pci" : "vdev", d->name, d->args);

	b->device_probed[i] = ret == 0 || ret == -EEXIST;
	if (b->device_probed[i])
		return 0;
	return err_set(err, -ENODEV,
		       "device %s%s%s: DPDK could not make it (%s); is the driver installed, does "
		       "the interface exist in this network namespace, and may this user open it? "
		       "`cpx doctor -c FILE` checks",
		       d->name, d->args[0] ? "," : "", d->args, strerror(-ret));
}

/* The devargs of a port: what the driver needs of its configuration (pmd/README.md). */
static void port_args(char *args, size_t size, const struct config *cfg,
		      const struct config_port *p)
{
	const struct config_engine *e = &cfg->engines[p->engine];
	const int node = p->numa >= 0 ? p->numa : e->numa;
	char carrier[CONFIG_PATH_LEN + 32];
	int len;

	if (p->carrier == CONFIG_CARRIER_LOOP)
		snprintf(carrier, sizeof(carrier), "loop");
	else if (p->carrier == CONFIG_CARRIER_PEER)
		snprintf(carrier, sizeof(carrier), "fiber:%s,role=%s", p->carrier_name,
			 p->server ? "server" : "client");
	else
		snprintf(carrier, sizeof(carrier), "%s:%s",
			 p->carrier == CONFIG_CARRIER_FIBER ? "fiber" : "dev", p->carrier_name);
	len = snprintf(args, size, "engine=%s,lanes=%u-%u,rate=%u,carrier=%s", e->name,
		       p->first_lane, p->first_lane + p->n_lanes - 1u, e->lane_mbps / 1000,
		       carrier);
	len += engine_args(args + len, size - (size_t)len, cfg, e,
			   p->carrier == CONFIG_CARRIER_DEV);
	if (node >= 0)
		len += snprintf(args + len, size - (size_t)len, ",numa=%d", node);
	if (p->has_mac)
		snprintf(args + len, size - (size_t)len, ",mac=%02x:%02x:%02x:%02x:%02x:%02x",
			 p->mac[0], p->mac[1], p->mac[2], p->mac[3], p->mac[4], p->mac[5]);
}

void device_end(struct board *b, const struct config_device *d, unsigned i)
{
	if (b->device_probed[i])
		rte_eal_hotplug_remove(is_pci(d->name) ? "pci" : "vdev", d->name);
	b->device_probed[i] = false;
}

static void port_device(char *name, size_t size, const struct config_port *p)
{
	snprintf(name, size, "net_cpx_%s", p->name);
}

/* Receive queues the carrier really has: lanes beyond share. Loops and fibers have one a lane. */
static uint16_t carrier_queues(const struct config_port *p, uint16_t lanes)
{
	struct rte_eth_dev_info info;
	uint16_t id;

	if (p->carrier != CONFIG_CARRIER_DEV ||
	    rte_eth_dev_get_port_by_name(p->carrier_name, &id) != 0 ||
	    rte_eth_dev_info_get(id, &info) != 0)
		return lanes;
	lanes = RTE_MIN(lanes, info.max_rx_queues);
	return RTE_MIN(lanes, info.max_tx_queues);
}

static int probe_port(struct board *b, unsigned i, struct err *err)
{
	const struct config_port *p = &b->ports[i].spec;
	struct board_port *port = &b->ports[i];
	char name[RTE_ETH_NAME_MAX_LEN], args[1024];
	int ret;

	port->id = RTE_MAX_ETHPORTS;
	port_device(name, sizeof(name), p);
	port_args(args, sizeof(args), b->cfg, p);
	ret = rte_eal_hotplug_add("vdev", name, args);
	if (ret != 0)
		return err_set(err, ret,
			       "port %s: the driver refused `%s` (%s); its own message above says "
			       "which argument",
			       p->name, args, strerror(-ret));
	port->probed = true;
	if (rte_eth_dev_get_port_by_name(name, &port->id) != 0)
		return err_set(err, -ENODEV, "port %s: probed, but DPDK knows no port %s", p->name,
			       name);
	if (port->id >= WORKER_MAX_PORTS)
		return err_set(err, -ENOSPC,
			       "port %s: DPDK port %u is beyond the %u this build handles", p->name,
			       port->id, WORKER_MAX_PORTS);
	port->rx_queues = carrier_queues(p, p->n_lanes);
	return 0;
}

/* Whether receive interrupts are worth asking for: our own carriers have them, and so have NICs;
 * of devices in software those that have them are not worth the trouble of finding out. */
static bool may_wake(const struct board *b, const struct config_port *p)
{
	if (b->cfg->idle_poll)
		return false;
	return p->carrier != CONFIG_CARRIER_DEV || is_pci(p->carrier_name);
}

static int configure_port(struct board *b, unsigned i, struct err *err)
{
	const struct config_port *p = &b->ports[i].spec;
	struct board_port *port = &b->ports[i];
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	const int node = rte_eth_dev_socket_id(port->id);
	const char *step = "device info";
	int ret = rte_eth_dev_info_get(port->id, &info);

	if (ret)
		goto failed;
	step = "configure";
	conf.rxmode.mtu = p->mtu;
	conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
	if (conf.rxmode.offloads)
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf.rx_adv_conf.rss_conf.rss_hf =
		info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	conf.intr_conf.lsc = 0; /* the control thread looks at the link itself */
	port->wakes = may_wake(b, p);
	conf.intr_conf.rxq = port->wakes;
	ret = rte_eth_dev_configure(port->id, p->n_lanes, p->n_lanes, &conf);
	if (ret && port->wakes) { /* its driver needs more vectors than there are, say */
		port->wakes = false;
		conf.intr_conf.rxq = 0;
		ret = rte_eth_dev_configure(port->id, p->n_lanes, p->n_lanes, &conf);
	}
	for (uint16_t q = 0; !ret && q < p->n_lanes; q++) {
		step = "receive queue";
		ret = rte_eth_rx_queue_setup(port->id, q, PORTS_RX_DESC, (unsigned)node, NULL,
					     b->pool);
		if (ret)
			break;
		step = "transmit queue";
		ret = rte_eth_tx_queue_setup(port->id, q, PORTS_TX_DESC, (unsigned)node, NULL);
	}
	if (ret)
		goto failed;
	step = "MTU";
	ret = rte_eth_dev_set_mtu(port->id, p->mtu);
	if (ret)
		goto failed;
	step = "MAC address";
	ret = rte_eth_macaddr_get(port->id, &mac);
	if (ret)
		goto failed;
	memcpy(port->mac, mac.addr_bytes, 6);
	return 0;

failed:
	return err_set(err, ret, "port %s: %s refused by the driver or its carrier (%s)%s", p->name,
		       step, strerror(-ret),
		       ret == -EINVAL && p->carrier == CONFIG_CARRIER_DEV
			       ? "; with a jumbo MTU, does the device take such frames? For "
				 "net_af_packet give framesz and blocksz"
			       : "");
}

int port_make(struct board *b, unsigned i, struct err *err)
{
	const int ret = probe_port(b, i, err);

	return ret ? ret : configure_port(b, i, err);
}

int port_set_mtu(struct board *b, unsigned i, uint16_t mtu)
{
	struct board_port *port = &b->ports[i];
	const int ret = rte_eth_dev_set_mtu(port->id, mtu);

	if (!ret)
		port->spec.mtu = mtu;
	return ret;
}

int ports_create(struct board *b, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < b->cfg->n_devices; i++)
		ret = device_probe(b, &b->cfg->devices[i], i, err);
	for (unsigned i = 0; !ret && i < b->n_ports; i++)
		ret = port_make(b, i, err);
	return ret;
}

int port_start(struct board *b, unsigned i, struct err *err)
{
	struct board_port *port = &b->ports[i];
	const int ret = rte_eth_dev_start(port->id);

	if (ret)
		return err_set(err, ret, "port %s: cannot start (%s)", port->spec.name,
			       strerror(-ret));
	port->started = true;
	port->up = port->cut = false;
	/* IPv6 neighbour discovery comes to multicast addresses */
	rte_eth_allmulticast_enable(port->id);
	/* the pipeline tells whose a frame is, and counts those that are not ours */
	rte_eth_promiscuous_enable(port->id);
	return 0;
}

int ports_start(struct board *b, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < b->n_ports; i++)
		if (b->ports[i].probed)
			ret = port_start(b, i, err);
	return ret;
}

/* Of a port that is up: some of its lanes came or went. */
static bool lanes_changed(struct board_port *port)
{
	const uint32_t lanes = port->started ? cpx_port_lanes(port->id) : 0;
	const bool changed = lanes != port->lanes_up;

	port->lanes_up = lanes;
	if (changed && port->up && lanes != 0)
		log_info("port %s: %d of %u lanes carry", port->spec.name,
			 __builtin_popcount(lanes), port->spec.n_lanes);
	return changed;
}

void ports_watch(struct board *b)
{
	bool changed = b->unpublished;

	for (unsigned i = 0; i < b->n_ports; i++) {
		struct board_port *port = &b->ports[i];
		struct rte_eth_link link = { 0 };
		bool up;

		if (port->started)
			rte_eth_link_get_nowait(port->id, &link);
		up = link.link_status == RTE_ETH_LINK_UP;
		changed |= lanes_changed(port);
		if (up == port->up)
			continue;
		log_info("port %s: link %s", port->spec.name, up ? "up" : "down");
		port->up = up;
		port->cut = !up;
		changed = true;
		rib_port_changed(b, i);
	}
	rib_commit(b); /* groups first: they leave out what workers are about to lose */
	if (!changed)
		return;
	workers_republish(b);
	twins_follow(b);
}

void ports_stop(struct board *b)
{
	for (unsigned i = 0; i < b->n_ports; i++) {
		if (b->ports[i].started)
			rte_eth_dev_stop(b->ports[i].id);
		b->ports[i].started = false;
	}
}

void port_end(struct board *b, unsigned i)
{
	struct board_port *port = &b->ports[i];
	char name[RTE_ETH_NAME_MAX_LEN];

	if (!port->probed)
		return;
	if (port->started)
		rte_eth_dev_stop(port->id);
	port->started = port->up = port->cut = false;
	port_device(name, sizeof(name), &port->spec);
	rte_eth_dev_close(port->id);
	rte_eal_hotplug_remove("vdev", name);
	port->probed = false;
}

void ports_destroy(struct board *b)
{
	for (unsigned i = b->n_ports; i-- > 0;)
		port_end(b, i);
	for (unsigned i = CONFIG_MAX_DEVICES; i-- > 0;)
		device_end(b, &b->cfg->devices[i], i);
}
