/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver net_cpx as ethdev sees it: operations of a port, probe and remove. Lanes are in
 * cpx_queue.c, frames in cpx_rxtx.c, what moves them in cpx_loop.c, cpx_fiber.c and cpx_dev.c.
 * Control threads only.
 */
#include "pmd/cpx_ethdev.h"

#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>
#include <rte_version.h>

#include <errno.h>
#include <string.h>

#include "pmd/cpx_detour.h"
#include "pmd/cpx_effect.h"
#include "pmd/cpx_engine.h"
#include "pmd/cpx_flow.h"
#include "pmd/cpx_logs.h"
#include "pmd/cpx_loss.h"

RTE_LOG_REGISTER_SUFFIX(cpx_logtype_driver, driver, NOTICE);

/* ---- configure, start, stop, close ---- */

static int cpx_dev_configure(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	int rc;

	rc = cpx_flow_configure(p);
	if (rc != 0)
		return rc;
	p->carrier_rx_queues = p->carrier_tx_queues = 0;
	p->carrier_rx_offloads = 0;
	rc = cpx_loopback_set(p, conf->lpbk_mode != 0);
	if (rc != 0)
		return rc;
	rc = cpx_rxmode_configure(p);
	if (rc != 0)
		return rc;
	rc = cpx_ops(p)->configure != NULL ? cpx_ops(p)->configure(p) : 0;
	if (rc != 0)
		return rc;
	if (cpx_sends_on_time(p) &&
	    rte_mbuf_dyn_tx_timestamp_register(&cpx_send_time_field, &cpx_send_time_flag) != 0) {
		PMD_DRV_LOG(ERR, "%s: mbufs have no room for a time to send at", cpx_port_name(p));
		return -ENOSPC;
	}
	p->interrupts = conf->intr_conf.rxq != 0;
	p->sources.n = RTE_MAX(p->args.n_lanes, p->carrier_rx_queues);
	cpx_lanes_feed(p);
	cpx_rxmode_begin(p);
	dev->data->scattered_rx = (conf->rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
	return 0;
}

static bool queues_are_set_up(const struct cpx_port *p)
{
	const struct rte_eth_dev_data *data = p->data;

	for (unsigned i = 0; i < data->nb_rx_queues; i++) {
		if (p->rx[i].pool == NULL) {
			PMD_DRV_LOG(ERR, "%s: rx queue %u is not set up", cpx_port_name(p), i);
			return false;
		}
	}
	for (unsigned i = 0; i < data->nb_tx_queues; i++) {
		if (p->tx[i].nb_desc == 0) {
			PMD_DRV_LOG(ERR, "%s: tx queue %u is not set up", cpx_port_name(p), i);
			return false;
		}
	}
	return true;
}

static int cpx_dev_start(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc;

	if (!queues_are_set_up(p))
		return -EINVAL;
	cpx_lanes_feed(p);
	cpx_flow_start(p);
	rc = cpx_intr_open(p);
	if (rc == 0)
		rc = cpx_ops(p)->start(p);
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < dev->data->nb_rx_queues; i++)
		dev->data->rx_queue_state[i] = p->rx[i].deferred ? RTE_ETH_QUEUE_STATE_STOPPED
								 : RTE_ETH_QUEUE_STATE_STARTED;
	for (unsigned i = 0; i < dev->data->nb_tx_queues; i++)
		dev->data->tx_queue_state[i] = p->tx[i].deferred ? RTE_ETH_QUEUE_STATE_STOPPED
								 : RTE_ETH_QUEUE_STATE_STARTED;
	p->started = true;
	cpx_lanes_apply(p);
	return 0;
}

static int cpx_dev_stop(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (!p->started)
		return 0;
	p->started = false;
	for (unsigned i = 0; i < dev->data->nb_rx_queues; i++)
		dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	for (unsigned i = 0; i < dev->data->nb_tx_queues; i++)
		dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	cpx_lanes_apply(p);
	cpx_ops(p)->stop(p);
	cpx_detour_flush(p);
	cpx_flow_stop(p);
	cpx_intr_close(p);
	return 0;
}

static int cpx_dev_close(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	cpx_dev_stop(dev);
	cpx_engine_detach(p);
	cpx_loopback_set(p, false);
	cpx_ops(p)->detach(p);
	cpx_detour_free(p);
	cpx_flow_close(p);
	cpx_link_quiet(p);
	dev->data->mac_addrs = NULL; /* inside dev_private, which ethdev frees */
	return 0;
}

/* As after probe; counters stay. ethdev has stopped the port. */
static int cpx_dev_reset(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);

	for (unsigned i = 0; i < CPX_MAX_SOURCES; i++)
		p->rx[i].pool = NULL;
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++) {
		p->tx[i].nb_desc = 0;
		p->tx[i].limited = false;
	}
	p->admin_down = false;
	cpx_engine_port_changed(p);
	cpx_loopback_set(p, false);
	return cpx_ops(p)->reset != NULL ? cpx_ops(p)->reset(p) : 0;
}

static int cpx_set_link(struct rte_eth_dev *dev, bool up)
{
	struct cpx_port *p = cpx_port_of(dev);

	if (p->passing)
		return -ENOTSUP;
	p->admin_down = !up;
	cpx_engine_port_changed(p);
	cpx_lanes_apply(p);
	return 0;
}

static int cpx_set_link_up(struct rte_eth_dev *dev)
{
	return cpx_set_link(dev, true);
}

static int cpx_set_link_down(struct rte_eth_dev *dev)
{
	return cpx_set_link(dev, false);
}

/* ---- what the port is ---- */

/* Of ethdev's speeds, in Mb/s, the one that this many nominal lanes are; 0 for the others. */
static uint32_t speed_capability(const struct cpx_args *a)
{
	uint32_t nominal = a->lane_mbps == 53125 ? 50000 : a->lane_mbps == 106250 ? 100000 : 200000;

	return rte_eth_speed_bitflag(nominal * a->n_lanes, RTE_ETH_LINK_FULL_DUPLEX);
}

static int cpx_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct cpx_port *p = cpx_port_of(dev);
	const struct rte_eth_desc_lim limits = {
		.nb_max = CPX_RING_MAX,
		.nb_min = CPX_RING_MIN,
		.nb_align = CPX_RING_MIN,
		.nb_seg_max = UINT16_MAX,
		.nb_mtu_seg_max = UINT16_MAX,
	};
	const struct rte_eth_dev_portconf preferred = {
		.burst_size = 32,
		.ring_size = CPX_RING_STANDARD,
		.nb_queues = p->args.n_lanes,
	};

	info->dev_capa |= RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP |
			  RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP |
			  RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP;
	info->max_rx_queues = p->args.n_lanes;
	info->max_tx_queues = CPX_MAX_TX_QUEUES;
	info->max_mac_addrs = CPX_FILTER_MACS;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = CPX_MAX_MTU;
	info->max_rx_pktlen = CPX_MAX_FRAME;
	info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_SCATTER |
				RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
				RTE_ETH_RX_OFFLOAD_VLAN_FILTER | RTE_ETH_RX_OFFLOAD_TIMESTAMP;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE |
				CPX_EFFECT_OFFLOADS;
	info->flow_type_rss_offloads = cpx_rss_known();
	info->reta_size = CPX_RETA_SIZE;
	info->hash_key_size = CPX_RSS_KEY;
	info->rx_desc_lim = limits;
	info->tx_desc_lim = limits;
	info->speed_capa = speed_capability(&p->args);
	info->default_rxportconf = preferred;
	info->default_txportconf = preferred;
	if (cpx_ops(p)->info != NULL && rte_eal_process_type() == RTE_PROC_PRIMARY)
		cpx_ops(p)->info(p, info);
	return 0;
}

static int cpx_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct cpx_port *p = cpx_port_of(dev);
	int rc = 0;

	for (unsigned i = 0; i < CPX_MAX_LANES && rc == 0; i++)
		if (p->rx[i].pool != NULL)
			rc = cpx_room_check(p, mtu, p->rx[i].room);
	if (rc == 0 && cpx_ops(p)->set_mtu != NULL)
		rc = cpx_ops(p)->set_mtu(p, mtu);
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < CPX_MAX_TX_QUEUES; i++)
		store_relaxed(&p->tx[i].max_frame, (uint32_t)mtu + CPX_FRAME_OVERHEAD);
	return 0;
}

/* What another process of the same DPDK may do with a port of the primary: look and count anew. Its
 * lcores may also drive queues of lanes on rings. */
static const struct eth_dev_ops cpx_secondary_ops = {
	.link_update = cpx_link_update,
	.stats_get = cpx_stats_get,
	.stats_reset = cpx_stats_reset,
	.xstats_get = cpx_xstats_get,
	.xstats_reset = cpx_stats_reset,
	.xstats_get_names = cpx_xstats_names,
	.dev_infos_get = cpx_infos_get,
	.rxq_info_get = cpx_rxq_info_get,
	.txq_info_get = cpx_txq_info_get,
	.rx_burst_mode_get = cpx_rx_burst_mode_get,
	.tx_burst_mode_get = cpx_tx_burst_mode_get,
	.flow_ctrl_get = cpx_flow_ctrl_get,
	.fec_get_capability = cpx_fec_get_capability,
	.fec_get = cpx_fec_get,
	.get_reg = cpx_get_reg,
	.get_module_info = cpx_get_module_info,
	.get_module_eeprom = cpx_get_module_eeprom,
	.rss_hash_conf_get = cpx_rss_hash_conf_get,
	.reta_query = cpx_reta_query,
	.eth_dev_priv_dump = cpx_priv_dump,
};

static const struct eth_dev_ops cpx_eth_ops = {
	.dev_configure = cpx_dev_configure,
	.dev_start = cpx_dev_start,
	.dev_stop = cpx_dev_stop,
	.dev_close = cpx_dev_close,
	.dev_reset = cpx_dev_reset,
	.dev_set_link_up = cpx_set_link_up,
	.dev_set_link_down = cpx_set_link_down,
	.link_update = cpx_link_update,
	.promiscuous_enable = cpx_promiscuous_enable,
	.promiscuous_disable = cpx_promiscuous_disable,
	.allmulticast_enable = cpx_allmulticast_enable,
	.allmulticast_disable = cpx_allmulticast_disable,
	.mac_addr_set = cpx_mac_addr_set,
	.mac_addr_add = cpx_mac_addr_add,
	.mac_addr_remove = cpx_mac_addr_remove,
	.set_mc_addr_list = cpx_set_mc_addr_list,
	.vlan_filter_set = cpx_vlan_filter_set,
	.vlan_offload_set = cpx_vlan_offload_set,
	.vlan_strip_queue_set = cpx_vlan_strip_queue_set,
	.mtu_set = cpx_mtu_set,
	.stats_get = cpx_stats_get,
	.stats_reset = cpx_stats_reset,
	.xstats_get = cpx_xstats_get,
	.xstats_reset = cpx_stats_reset,
	.xstats_get_names = cpx_xstats_names,
	.dev_infos_get = cpx_infos_get,
	.dev_supported_ptypes_get = cpx_ptypes_get,
	.dev_ptypes_set = cpx_ptypes_set,
	.rxq_info_get = cpx_rxq_info_get,
	.txq_info_get = cpx_txq_info_get,
	.flow_ctrl_get = cpx_flow_ctrl_get,
	.flow_ctrl_set = cpx_flow_ctrl_set,
	.set_queue_rate_limit = cpx_queue_rate_limit,
	.fec_get_capability = cpx_fec_get_capability,
	.fec_get = cpx_fec_get,
	.fec_set = cpx_fec_set,
	.get_reg = cpx_get_reg,
	.get_monitor_addr = cpx_get_monitor_addr,
	.get_module_info = cpx_get_module_info,
	.get_module_eeprom = cpx_get_module_eeprom,
	.dev_led_on = cpx_led_on,
	.dev_led_off = cpx_led_off,
	.fw_version_get = cpx_fw_version_get,
	.rx_burst_mode_get = cpx_rx_burst_mode_get,
	.tx_burst_mode_get = cpx_tx_burst_mode_get,
	.rx_queue_start = cpx_rx_queue_start,
	.rx_queue_stop = cpx_rx_queue_stop,
	.tx_queue_start = cpx_tx_queue_start,
	.tx_queue_stop = cpx_tx_queue_stop,
	.rx_queue_intr_enable = cpx_rx_intr_enable,
	.rx_queue_intr_disable = cpx_rx_intr_disable,
	.rx_queue_setup = cpx_rx_queue_setup,
	.rx_queue_release = cpx_rx_queue_release,
	.tx_queue_setup = cpx_tx_queue_setup,
	.tx_queue_release = cpx_tx_queue_release,
	.tx_done_cleanup = cpx_tx_done_cleanup,
	.flow_ops_get = cpx_flow_ops_get,
	.rss_hash_update = cpx_rss_hash_update,
	.rss_hash_conf_get = cpx_rss_hash_conf_get,
	.reta_update = cpx_reta_update,
	.reta_query = cpx_reta_query,
	.read_clock = cpx_read_clock,
	.eth_dev_priv_dump = cpx_priv_dump,
};

/* ---- probe and remove ---- */

const struct cpx_carrier_ops *const cpx_carriers[] = {
	[CPX_CARRIER_LOOP] = &cpx_loop_ops,
	[CPX_CARRIER_FIBER] = &cpx_fiber_ops,
	[CPX_CARRIER_PEER] = &cpx_peer_ops,
	[CPX_CARRIER_DEV] = &cpx_dev_ops,
};

/* Two ports of one process must not claim the same lane of a named engine. */
static int check_lanes(const struct cpx_args *a, struct err *err)
{
	if (a->engine[0] == '\0')
		return 0;
	for (uint16_t id = 0; id < RTE_MAX_ETHPORTS; id++) {
		const struct rte_eth_dev *dev = &rte_eth_devices[id];
		const struct cpx_args *b;
		unsigned first, last;

		if (!rte_eth_dev_is_valid_port(id) || dev->dev_ops != &cpx_eth_ops)
			continue;
		b = &cpx_port_of(dev)->args;
		first = RTE_MAX(a->first_lane, b->first_lane);
		last = RTE_MIN(a->first_lane + a->n_lanes, b->first_lane + b->n_lanes);
		if (strcmp(a->engine, b->engine) == 0 && first < last)
			return err_set(err, -EBUSY,
				       "lanes=%u-%u: lane %u of engine %s belongs to %s; give the "
				       "port other lanes",
				       a->first_lane, a->first_lane + a->n_lanes - 1, first,
				       a->engine, dev->data->name);
	}
	return 0;
}

static int check_numa(const struct cpx_args *a, struct err *err)
{
	if (a->numa < 0)
		return 0;
	for (unsigned i = 0; i < rte_socket_count(); i++)
		if (rte_socket_id_by_idx(i) == a->numa)
			return 0;
	return err_set(err, -EINVAL,
		       "numa=%d: this process has no memory on such a node; it sees %u node%s from "
		       "%d on",
		       a->numa, rte_socket_count(), rte_socket_count() == 1 ? "" : "s",
		       rte_socket_id_by_idx(0));
}

static int port_create(struct rte_vdev_device *vdev, const struct cpx_args *args, struct err *err)
{
	struct rte_eth_dev *dev;
	struct cpx_port *p;
	int rc;

	if (args->numa >= 0)
		vdev->device.numa_node = args->numa;
	dev = rte_eth_vdev_allocate(vdev, sizeof(*p));
	if (dev == NULL)
		return err_set(
			err, -ENOMEM,
			"no room for another port: no memory, or all %u port ids of this DPDK "
			"build (RTE_MAX_ETHPORTS) are taken",
			RTE_MAX_ETHPORTS);
	p = dev->data->dev_private;
	p->dev = dev;
	p->data = dev->data;
	p->args = *args;
	p->sources.n = args->n_lanes;
	p->fc_mode = RTE_ETH_FC_FULL;
	p->fec_asked = RTE_ETH_FEC_MODE_CAPA_MASK(AUTO);
	memset(p->wake, -1, sizeof(p->wake));
	memset(p->wait, -1, sizeof(p->wait));
	cpx_lanes_feed(p);
	rte_eth_random_addr(p->macs[0].addr_bytes);
	dev->data->dev_flags = RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	dev->data->promiscuous = 1;
	for (unsigned i = 0; i < CPX_MAX_LANES; i++)
		p->tx_over[i] = (uint8_t)i;
	cpx_loss_init(p);
	rc = cpx_ops(p)->attach(p, err);
	if (rc != 0)
		goto release;
	rc = cpx_engine_attach(p, err);
	if (rc != 0)
		goto detach;
	cpx_mac_init(p);
	dev->dev_ops = &cpx_eth_ops;
	cpx_burst_select(dev);
	dev->rx_queue_count = cpx_rx_queue_count;
	dev->rx_descriptor_status = cpx_ops(p)->rx_status;
	dev->tx_descriptor_status = cpx_ops(p)->tx_status;
	cpx_link_update(dev, 0);
	rte_eth_dev_probing_finish(dev);
	return 0;

detach:
	cpx_ops(p)->detach(p);
release:
	dev->data->mac_addrs = NULL;
	rte_eth_dev_release_port(dev);
	return rc;
}

static uint16_t no_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	return 0;
}

static int attach_secondary(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct rte_eth_dev *dev = rte_eth_dev_attach_secondary(name);

	if (dev == NULL) {
		PMD_DRV_LOG(ERR,
			    "%s: the primary process has no such port; give this process the same "
			    "--vdev arguments, or none",
			    name);
		return -ENODEV;
	}
	dev->dev_ops = &cpx_secondary_ops;
	dev->device = &vdev->device;
	dev->rx_pkt_burst = dev->tx_pkt_burst = no_burst;
	/* memory shared with a peer process is mapped in the primary only */
	if (cpx_port_of(dev)->args.carrier != CPX_CARRIER_PEER)
		cpx_burst_select(dev);
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int cpx_probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	const char *text = rte_vdev_device_args(vdev);
	struct cpx_args args;
	struct err err;
	int rc;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return attach_secondary(vdev);
	rc = cpx_args_parse(&args, text, &err);
	if (rc == 0)
		rc = check_numa(&args, &err);
	if (rc == 0)
		rc = check_lanes(&args, &err);
	if (rc == 0)
		rc = port_create(vdev, &args, &err);
	if (rc != 0)
		PMD_DRV_LOG(ERR, "%s: %s", name, err.text);
	return rc;
}

static int cpx_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL) /* closed before */
		return 0;
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return rte_eth_dev_release_port(dev);
	cpx_port_of(dev)->removing = true;
	cpx_dev_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver cpx_driver = {
	.probe = cpx_probe,
	.remove = cpx_remove,
};

RTE_PMD_REGISTER_VDEV(net_cpx, cpx_driver);
RTE_PMD_REGISTER_PARAM_STRING(net_cpx, CPX_ARGS_HELP);

/* What DPDK's own build adds to a driver, for dpdk-pmdinfo.py. */
static const char cpx_pmd_info[] __rte_used = "PMD_INFO_STRING= {\"name\" : \"net_cpx\", "
					      "\"params\" : \"" CPX_ARGS_HELP "\", "
					      "\"pci_ids\" : []}";
