/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUs, cores and NUMA nodes as this process may use them. Reads the affinity mask, libnuma and
 * sysfs; where one of the last two is missing (container, no NUMA) every CPU is its own core or on
 * node 0. Called once at start and by cpx doctor; no state of its own.
 */
#include "lib/base/topo.h"

#include <errno.h>
#include <limits.h>
#include <numa.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* The mask may be wider than TOPO_MAX_CPUS: the kernel refuses one narrower than its own. */
enum { MASK_CPUS = 16384 };

/* The first number in a sysfs file, `missing` where there is none. */
static int sysfs_number(const char *path, int missing)
{
	FILE *f = fopen(path, "re");
	int value;

	if (f == NULL)
		return missing;
	if (fscanf(f, "%d", &value) != 1)
		value = missing;
	fclose(f);
	return value;
}

/* Lists are ascending, so the first CPU of the core is the first number: "0-1", "0,64". */
static int core_of(int cpu)
{
	char path[96];
	int first;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 cpu);
	first = sysfs_number(path, cpu);
	return first >= 0 && first <= cpu ? first : cpu;
}

int topo_read(struct topo *t, struct err *err)
{
	size_t size = CPU_ALLOC_SIZE(MASK_CPUS);
	cpu_set_t *mask = CPU_ALLOC(MASK_CPUS);
	int rc = 0;

	memset(t, 0, sizeof(*t));
	if (mask == NULL)
		return err_set(err, -ENOMEM, "CPU affinity: out of memory");
	CPU_ZERO_S(size, mask);
	if (sched_getaffinity(0, size, mask) != 0) {
		rc = -errno;
		err_set(err, rc,
			"CPU affinity of this process: %s; a sandbox may forbid it, allow "
			"the system call sched_getaffinity",
			strerror(-rc));
		goto free_mask;
	}
	t->numa = numa_available() >= 0;
	for (int cpu = 0; cpu < MASK_CPUS && t->n_cpus < TOPO_MAX_CPUS; cpu++) {
		int node = 0;

		if (!CPU_ISSET_S((size_t)cpu, size, mask))
			continue;
		if (t->numa)
			node = numa_node_of_cpu(cpu);
		t->cpu[t->n_cpus] = (short)cpu;
		t->node[t->n_cpus] = (short)(node > 0 ? node : 0);
		t->sibling[t->n_cpus] = (short)core_of(cpu);
		t->n_cpus++;
	}
	for (unsigned i = 0; i < t->n_cpus; i++) {
		bool seen = false;

		for (unsigned j = 0; j < i && !seen; j++)
			seen = t->node[j] == t->node[i];
		t->n_nodes += !seen;
	}
free_mask:
	CPU_FREE(mask);
	return rc;
}

int topo_device_node(const char *netdev_or_pci)
{
	static const char *const places[] = {
		"/sys/class/net/%s/device/numa_node",
		"/sys/bus/pci/devices/%s/numa_node",
	};
	char path[128];

	/* The name comes from a config file: it must stay one folder name. */
	if (netdev_or_pci[0] == '\0' || netdev_or_pci[0] == '.' ||
	    strchr(netdev_or_pci, '/') != NULL || strlen(netdev_or_pci) > 64)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		int node;

		snprintf(path, sizeof(path), places[i], netdev_or_pci);
		node = sysfs_number(path, -1);
		if (node >= 0)
			return node;
	}
	return -1;
}
