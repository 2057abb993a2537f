/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What only a carrier device can answer or do, asked of it: flow control, rate limits, FEC, module
 * memory, its LED, its firmware's version, receive interrupts. A carrier that is gone is -ENODEV;
 * one that does not know the call is -ENOTSUP. Nothing here is told again to a carrier that comes
 * back. Control thread; arm and disarm are the lcore's that drives the queue.
 */
#include "pmd/cpx_dev.h"
#include "pmd/cpx_engine.h"

#include <rte_dev_info.h>

#include <errno.h>

/* With control of the carrier held, so that it stays while it is asked. */
#define ASK(p, call)                                            \
	({                                                      \
		struct cpx_dev *c = (p)->carrier;               \
		int rc_ = -ENODEV;                              \
		/* a carrier is the primary process's */        \
		if (rte_eal_process_type() != RTE_PROC_PRIMARY) \
			rc_ = -ENOTSUP;                         \
		else if (cpx_dev_enter(c)) {                    \
			const uint16_t id = c->id;              \
			rc_ = (call);                           \
			cpx_dev_leave(c);                       \
		}                                               \
		rc_;                                            \
	})

int cpx_dev_flow_ctrl_get(const struct cpx_port *p, struct rte_eth_fc_conf *conf)
{
	return ASK(p, rte_eth_dev_flow_ctrl_get(id, conf));
}

int cpx_dev_flow_ctrl_set(struct cpx_port *p, struct rte_eth_fc_conf *conf)
{
	return ASK(p, rte_eth_dev_flow_ctrl_set(id, conf));
}

int cpx_dev_rate_limit(struct cpx_port *p, uint16_t queue, uint32_t mbps)
{
	if (queue >= p->carrier_tx_queues)
		return -ENOTSUP;
	return ASK(p, rte_eth_set_queue_rate_limit(id, queue, mbps));
}

int cpx_dev_fec_get_capability(const struct cpx_port *p, struct rte_eth_fec_capa *capa, unsigned n)
{
	return ASK(p, rte_eth_fec_get_capability(id, capa, n));
}

int cpx_dev_fec_get(const struct cpx_port *p, uint32_t *capa)
{
	return ASK(p, rte_eth_fec_get(id, capa));
}

int cpx_dev_fec_set(struct cpx_port *p, uint32_t capa)
{
	return ASK(p, rte_eth_fec_set(id, capa));
}

/* ---- operations that lanes of other carriers do not have ---- */

static struct cpx_port *over_device(struct rte_eth_dev *dev)
{
	struct cpx_port *p = cpx_port_of(dev);

	return p->args.carrier == CPX_CARRIER_DEV && p->args.mgmt == CPX_MGMT_NONE ? p : NULL;
}

int cpx_get_module_info(struct rte_eth_dev *dev, struct rte_eth_dev_module_info *info)
{
	const struct cpx_port *p = over_device(dev);

	return p == NULL ? cpx_engine_module_info(cpx_port_of(dev), info)
			 : ASK(p, rte_eth_dev_get_module_info(id, info));
}

int cpx_get_module_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info)
{
	const struct cpx_port *p = over_device(dev);

	return p == NULL ? cpx_engine_module_eeprom(cpx_port_of(dev), info)
			 : ASK(p, rte_eth_dev_get_module_eeprom(id, info));
}

int cpx_led_on(struct rte_eth_dev *dev)
{
	const struct cpx_port *p = over_device(dev);

	return p == NULL ? -ENOTSUP : ASK(p, rte_eth_led_on(id));
}

int cpx_led_off(struct rte_eth_dev *dev)
{
	const struct cpx_port *p = over_device(dev);

	return p == NULL ? -ENOTSUP : ASK(p, rte_eth_led_off(id));
}

int cpx_fw_version_get(struct rte_eth_dev *dev, char *text, size_t size)
{
	const struct cpx_port *p = over_device(dev);

	return p == NULL ? -ENOTSUP : ASK(p, rte_eth_dev_fw_version_get(id, text, size));
}

/* ---- receive interrupts ---- */

/* What the carrier's queue is waited for with joins what ours is waited for with. */
static int arm(struct cpx_port *p, uint16_t id, unsigned source)
{
	const uint8_t queue = load_relaxed(&p->sources.owner[source]);
	const int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(id, (uint16_t)source);
	int rc;

	if (fd < 0 || queue >= CPX_MAX_LANES)
		return -ENOTSUP;
	rc = cpx_intr_add(p, queue, fd);
	if (rc == 0)
		rc = rte_eth_dev_rx_intr_enable(id, (uint16_t)source);
	if (rc == 0 && rte_eth_rx_queue_count(id, (uint16_t)source) > 0)
		rc = -EAGAIN;
	return rc;
}

int cpx_dev_arm(struct cpx_port *p, unsigned source, int fd)
{
	if (source >= p->carrier_rx_queues)
		return 0;
	return ASK(p, arm(p, id, source));
}

void cpx_dev_disarm(struct cpx_port *p, unsigned source)
{
	if (source < p->carrier_rx_queues)
		ASK(p, rte_eth_dev_rx_intr_disable(id, (uint16_t)source));
}
