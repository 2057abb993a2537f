/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of carrier dev (cpx_dev*.c) know of each other: the state of one carrier, and the
 * lock between its control calls and its events.
 *
 * One event callback serves the whole process; it runs in the thread that raises the event, takes
 * the lock and touches lane gates and link only. Control calls into the carrier are never made
 * with the lock held: they may wait for the interrupt thread.
 */
#ifndef CPX_PMD_CPX_DEV_H
#define CPX_PMD_CPX_DEV_H

#include "pmd/cpx_dev_stats.h"
#include "pmd/cpx_ethdev.h"

struct cpx_dev {
	uint16_t id;
	unsigned if_index;       /* kernel interface to watch for it; 0 none */
	uint32_t gone;           /* shared: removed or closed; written with the lock held */
	uint16_t max_rx, max_tx; /* queues it can have */
	uint64_t rx_offloads, tx_offloads, rss;  /* what it can do */
	uint64_t on_rx_offloads, on_tx_offloads; /* what it is set to do */
	uint32_t dev_flags;
	uint16_t max_mtu;
	uint64_t owner;
	struct rte_device *made; /* we made it */
	char driver[32];
	struct cpx_dev_stats stats; /* stay when the carrier is gone */
};

static inline bool cpx_dev_gone(const struct cpx_dev *c)
{
	return load_acquire(&c->gone) != 0;
}

/* cpx_dev_make.c */
/* The port that args.carrier_name names, or that of the device args.carrier_devargs makes; *made
 * is that device, else NULL. 0 or -errno with err filled. */
int cpx_dev_find(const struct cpx_port *p, uint16_t *id, struct rte_device **made, struct err *err);
/* Take away what cpx_dev_find made. */
void cpx_dev_unmake(const struct cpx_port *p, uint16_t id, struct rte_device *made);

/* cpx_dev_life.c */
int cpx_dev_attach(struct cpx_port *p, struct err *err);
void cpx_dev_detach(struct cpx_port *p);
/* Between these two no carrier is declared gone. */
void cpx_dev_lock(void);
void cpx_dev_unlock(void);

#endif
