/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel as a source: addresses, routes, next-hop objects and neighbours that others (ip(8),
 * FRR, bird) give the twins become the board's, within a turn of the control loop. One netlink
 * socket in the twins' namespace. Control thread.
 *
 * Taken: routes of the main table whose ways are twins or VLANs on them; addresses of these
 * devices, but for those of the file, which stay whatever the kernel says; permanent neighbours,
 * and what the kernel has learned of neighbours that are ours, too. Connected routes are not: our
 * own follow from the addresses.
 */
#ifndef CPX_DATAPLANE_CTL_KERNEL_H
#define CPX_DATAPLANE_CTL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct board;
struct loop;

struct kernel_counts {
	uint64_t routes; /* in the RIB */
	uint64_t messages, overruns, resyncs;
	uint64_t refused; /* messages and what they ask for */
};

/* After twins_create(); nothing without twins. */
int kernel_create(struct board *b, struct err *err);
int kernel_attach(struct board *b, struct loop *l, struct err *err);
void kernel_destroy(struct board *b);

/* What the watch and the timer do, for tests: some milliseconds of work. True: there is more. */
bool kernel_work(struct board *b);
void kernel_tick(void *board);

/* The interface that the kernel's device is: a twin, or a VLAN on one. IFACE_NONE. */
uint16_t kernel_iface(const struct board *b, int32_t index);

/* False: there is no kernel to listen to. */
bool kernel_count(const struct board *b, struct kernel_counts *out);

#endif
