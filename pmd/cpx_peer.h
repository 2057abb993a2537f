/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of carrier fiber:<path> (cpx_peer*.c) know of each other.
 */
#ifndef CPX_PMD_CPX_PEER_H
#define CPX_PMD_CPX_PEER_H

#include <pthread.h>

#include "lib/fiber/fiber.h"
#include "pmd/cpx_ethdev.h"
#include "pmd/cpx_inside.h"

struct cpx_peer {
	struct cpx_port *port;
	pthread_mutex_t lock; /* the port's control thread, DPDK's interrupt thread */
	struct fiber *fiber;  /* NULL: could not be made again */
	struct fiber_config config;
	struct rte_intr_handle *handle; /* for the fiber's descriptor */
	bool watched;
	uint32_t peer_lanes; /* shared: lanes that the other end has in service */
	uint32_t light;      /* shared: … whose light arrives */
	uint32_t reflected;  /* shared: … that send back what we send */
	/* what was said of it */
	uint64_t quiet_until; /* TSC */
	uint64_t unsaid, refusals;
	bool searching;
	/* cpx_peer_unmap.c: who was seen outside of the burst functions */
	struct cpx_outside outside;
	/* cpx_peer_stall.c */
	struct fiber_progress progress[CPX_MAX_LANES];
	uint32_t stalled[CPX_MAX_LANES]; /* shared: 1 while the peer takes nothing */
	uint32_t dead_lanes;             /* in protocol error, as far as seen */
	/* cpx_peer_stats.c: what fibers of before counted */
	struct fiber_rx_counters rx_past[CPX_MAX_LANES];
	struct fiber_tx_counters tx_past[CPX_MAX_LANES];
};

/* cpx_peer.c: lanes of the other end went in or out of service. With the lock. */
void cpx_peer_lanes_changed(struct cpx_peer *c);

/* cpx_peer_fault.c: survive a peer that takes memory out of the region, see fiber_fault(). */
void cpx_peer_faults_watch(struct fiber *f);
void cpx_peer_faults_forget(struct fiber *f);

/* cpx_peer_unmap.c */
/* When the fiber is down: unmap its memory now, or as soon as all lcores are out of it. With the
 * lock. */
void cpx_peer_unmap(struct cpx_peer *c);
/* Not any more. Without the lock. */
void cpx_peer_unmap_cancel(struct cpx_peer *c);

/* cpx_peer_lent.c: a peer that may lend came up; it is gone, and no lcore is in its queues. With
 * the lock. */
void cpx_peer_lent_up(struct cpx_peer *c);
void cpx_peer_lent_down(struct cpx_peer *c);

/* cpx_peer_say.c. With the lock. */
__rte_format_printf(2, 3) void cpx_peer_say(struct cpx_peer *c, const char *fmt, ...);
/* Connections that did not come about, and a server that is not there. */
void cpx_peer_say_why_waiting(struct cpx_peer *c, const struct fiber_status *s);
/* A peer came: is it what we are? */
void cpx_peer_say_differences(struct cpx_peer *c, const struct fiber_status *s);

/* cpx_peer_show.c: of struct cpx_carrier_ops. Without the lock. */
int cpx_peer_rx_count(const struct cpx_rxq *q);
int cpx_peer_rx_status(void *rxq, uint16_t offset);
int cpx_peer_tx_status(void *txq, uint16_t offset);
void cpx_peer_dump(const struct cpx_port *p, FILE *out);

/* cpx_peer_stall.c: say when a lane is stalled or broken, from start to stop. Without the lock. */
void cpx_peer_stall_watch(struct cpx_peer *c);
void cpx_peer_stall_forget(struct cpx_peer *c);

/* cpx_peer_stats.c */
extern const struct cpx_lane_stat cpx_peer_lane_stats[];
void cpx_peer_lane_values(struct cpx_port *p, unsigned lane, uint64_t *values);
void cpx_peer_stats(struct cpx_port *p, struct rte_eth_stats *stats);
/* The present fiber goes: keep what it counted. With the lock. */
void cpx_peer_stats_keep(struct cpx_peer *c);

/* cpx_peer_intr.c: put the bells of the present connection where applications wait. With the
 * lock. */
void cpx_peer_interrupts(struct cpx_peer *c);
int cpx_peer_arm(struct cpx_port *p, unsigned source, int fd);
void cpx_peer_disarm(struct cpx_port *p, unsigned source);

#endif
