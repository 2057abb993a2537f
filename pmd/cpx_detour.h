/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loopback of single lanes while they run: what a queue sends on such a lane comes back to the
 * receive queue of the same number instead of going anywhere. A ring a lane, made when the lane is
 * first looped and kept until close. Senders see it in the lane (cpx_rxtx_full.h), receivers in
 * their port's sources; whatever was on its way when it ends still comes.
 */
#ifndef CPX_PMD_CPX_DETOUR_H
#define CPX_PMD_CPX_DETOUR_H

#include <stdint.h>

struct cpx_port;
struct cpx_rxq;
struct cpx_txq;
struct rte_mbuf;

/* Lanes that are looped from now on; every now and then, too, so that its end is seen. A control
 * thread, one at a time. */
void cpx_detour_set(struct cpx_port *p, uint32_t lanes);
/* Frames still in the rings, freed; how many came back to each lane's queue no more is counted as
 * flushed. The port is stopped. */
void cpx_detour_flush(struct cpx_port *p);
void cpx_detour_free(struct cpx_port *p);

/* Senders: frames taken of n, as cpx_put_t. Receivers: frames that came back, at most n. */
uint16_t cpx_detour_put(struct cpx_txq *lane, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_detour_take(struct cpx_rxq *q, struct rte_mbuf **pkts, uint16_t n);

#endif
