/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which CPUs this process may use and which NUMA node each is on (libnuma; one node where the
 * kernel has none). Read once at start; any thread.
 */
#ifndef CPX_LIB_BASE_TOPO_H
#define CPX_LIB_BASE_TOPO_H

#include <stdbool.h>

#include "lib/base/err.h"

#define TOPO_MAX_CPUS 1024

struct topo {
	unsigned n_cpus;              /* entries used below, in ascending CPU number */
	short cpu[TOPO_MAX_CPUS];     /* CPU numbers of our affinity mask */
	short node[TOPO_MAX_CPUS];    /* NUMA node of cpu[i]; 0 where unknown */
	short sibling[TOPO_MAX_CPUS]; /* lowest CPU number of the same physical core */
	unsigned n_nodes;             /* nodes with at least one of our CPUs */
	bool numa;                    /* the kernel knows NUMA */
};

int topo_read(struct topo *t, struct err *err);
/* NUMA node of a network interface or PCI address ("0000:3b:00.0"); -1 where unknown. */
int topo_device_node(const char *netdev_or_pci);

#endif
