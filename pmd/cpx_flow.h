/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow rules of a port: rte_flow's operations, and what the rest of the driver calls as the port
 * is configured, started, stopped and closed. Nothing exists before the first rule or isolation.
 *
 * Rules outlive a stop (RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP) and can be made before the first start.
 * They look at frames as they were received, behind filters and hash, before a VLAN tag is taken
 * out; what the carrier has taken out already they do not see. ethdev calls one operation at a
 * time; the port's other control calls must not run beside them.
 */
#ifndef CPX_PMD_CPX_FLOW_H
#define CPX_PMD_CPX_FLOW_H

#include <rte_flow_driver.h>

#include "pmd/cpx_ethdev.h"
#include "pmd/cpx_flow_rx.h"
#include "pmd/cpx_flow_slab.h"

struct rte_flow {
	TAILQ_ENTRY(rte_flow) link;
	struct cpx_flow_rule *rule;
	struct cpx_flow_shape shape;
	uint64_t base_hits, base_bytes; /* of the cells at the last reset */
};

/* Shared with secondary processes as far as receive queues need it: rx, tables, rings. */
struct cpx_flow {
	struct cpx_flow_rxq rx[CPX_FLOW_MAX_QUEUES];
	struct cpx_flow_slab slab; /* primary */
	struct cpx_flow_table *table;
	struct cpx_flow_retire retire;
	uint64_t *turn[CPX_FLOW_MAX_QUEUES]; /* rx[i].turn */
	TAILQ_HEAD(, rte_flow) rules;
	bool active;   /* cpx_flow_active as the burst functions were last chosen */
	uint32_t made; /* number of the last rule, for the order among equal priorities */
	/* cpx_steer.c: [i][j] from queue i to queue j */
	struct cpx_ring *ring[CPX_FLOW_MAX_QUEUES][CPX_FLOW_MAX_QUEUES];
};

int cpx_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops);

/* Must frames pass cpx_flow_apply and cpx_steer_take? */
bool cpx_flow_active(const struct cpx_port *p);
/* Is what no rule takes dropped? */
bool cpx_flow_isolated(const struct cpx_port *p);
/* Does no rule name a queue that the port has no more? 0, or -EBUSY and a log line. */
int cpx_flow_configure(struct cpx_port *p);
/* Before the queues run, and when none runs any more. */
void cpx_flow_start(struct cpx_port *p);
void cpx_flow_stop(struct cpx_port *p);
void cpx_flow_close(struct cpx_port *p);

/* cpx_steer.c */
/* Rings between all queues of the port, if they are not there. 0 or -ENOMEM. */
int cpx_steer_create(struct cpx_port *p);
void cpx_steer_free(struct cpx_flow *f);
/* Frames for queue i are taken from now on, or not, as its state says. */
void cpx_steer_gates(struct cpx_port *p);
/* Free what waits for queue i, which does not run, and count it as flushed. */
void cpx_steer_flush(struct cpx_port *p, unsigned i);
/* As cpx_carrier_ops.arm and disarm, of all rings to queue i. */
int cpx_steer_arm(struct cpx_port *p, unsigned i, int fd);
void cpx_steer_disarm(struct cpx_port *p, unsigned i);

#endif
