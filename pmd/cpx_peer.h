/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of carrier fiber:<path> (cpx_peer*.c) know of each other.
 */
#ifndef CPX_PMD_CPX_PEER_H
#define CPX_PMD_CPX_PEER_H

#include <pthread.h>
#include <sys/queue.h>

#include "lib/fiber/fiber.h"
#include "pmd/cpx_ethdev.h"

struct cpx_peer {
	struct cpx_port *port;
	pthread_mutex_t lock; /* the port's control thread, DPDK's interrupt thread */
	struct fiber *fiber;  /* NULL: could not be made again */
	struct fiber_config config;
	struct rte_intr_handle *handle; /* for the fiber's descriptor */
	bool watched;
	uint32_t peer_lanes; /* shared: lanes that the other end has in service */
	LIST_ENTRY(cpx_peer) link;
};

/* cpx_peer_fault.c: survive a peer that takes memory out of the region, see fiber_fault(). */
void cpx_peer_faults_watch(struct cpx_peer *c);
void cpx_peer_faults_forget(struct cpx_peer *c);

/* cpx_peer_intr.c: put the bells of the present connection where applications wait. With the
 * lock. */
void cpx_peer_interrupts(struct cpx_peer *c);
int cpx_peer_arm(struct cpx_port *p, unsigned source, int fd);
void cpx_peer_disarm(struct cpx_port *p, unsigned source);

#endif
