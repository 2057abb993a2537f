/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that are lost on a lane because of its bit errors. The control side is called by the
 * thread of the emulated modules, cpx_lose() by the lcore that reads a source.
 */
#ifndef CPX_PMD_CPX_LOSS_H
#define CPX_PMD_CPX_LOSS_H

#include <rte_mbuf.h>

#include "pmd/cpx_rxtx.h"

struct cpx_port;

/* At probe: no loss, and none to come but by args.seed. */
void cpx_loss_init(struct cpx_port *p);
/* Bit error ratio before FEC of each lane of the port; NaN: no loss. Frames of a source are lost
 * at the ratio of the lane that carries them now. */
void cpx_loss_set(struct cpx_port *p, const double ber[CPX_MAX_LANES]);
/* The one last set; NaN: none. Any thread. */
double cpx_lane_ber(const struct cpx_port *p, unsigned lane);
/* Of n frames of a source: those that survive, moved together. The others are freed and counted
 * for the queue that reads them. */
uint16_t cpx_lose(struct cpx_rxq *q, struct cpx_rxq *from, struct rte_mbuf **pkts, uint16_t n);

#endif
