/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/base/topo.c against what the kernel says of this process and machine. */
#include <criterion/criterion.h>
#include <sched.h>
#include <unistd.h>

#include "lib/base/topo.h"

Test(topo, lists_exactly_the_affinity_mask)
{
	struct topo t;
	struct err e;
	cpu_set_t mask;

	cr_assert_eq(topo_read(&t, &e), 0);
	cr_assert_eq(sched_getaffinity(0, sizeof(mask), &mask), 0);
	cr_assert_eq((int)t.n_cpus, CPU_COUNT(&mask));
	for (unsigned i = 0; i < t.n_cpus; i++) {
		cr_assert(CPU_ISSET(t.cpu[i], &mask));
		cr_assert(i == 0 || t.cpu[i] > t.cpu[i - 1], "ascending");
	}
}

Test(topo, follows_a_smaller_mask)
{
	struct topo all, one;
	cpu_set_t mask;

	cr_assert_eq(topo_read(&all, NULL), 0);
	CPU_ZERO(&mask);
	CPU_SET(all.cpu[all.n_cpus - 1], &mask);
	cr_assert_eq(sched_setaffinity(0, sizeof(mask), &mask), 0);
	cr_assert_eq(topo_read(&one, NULL), 0);
	cr_assert_eq(one.n_cpus, 1);
	cr_assert_eq(one.cpu[0], all.cpu[all.n_cpus - 1]);
	cr_assert_eq(one.n_nodes, 1);
}

Test(topo, nodes_and_siblings_are_plausible)
{
	struct topo t;

	cr_assert_eq(topo_read(&t, NULL), 0);
	cr_assert(t.n_nodes >= 1 && t.n_nodes <= t.n_cpus);
	for (unsigned i = 0; i < t.n_cpus; i++) {
		cr_assert(t.node[i] >= 0);
		cr_assert(t.sibling[i] >= 0 && t.sibling[i] <= t.cpu[i]);
		if (!t.numa)
			cr_assert_eq(t.node[i], 0);
	}
}

Test(topo, device_without_a_node)
{
	cr_assert_eq(topo_device_node("lo"), -1, "lo has no device");
	cr_assert_eq(topo_device_node("nosuchdev0"), -1);
	cr_assert_eq(topo_device_node(""), -1);
}

Test(topo, device_name_cannot_leave_its_folder)
{
	cr_assert_eq(topo_device_node("../../../system/cpu/cpu0/topology"), -1);
	cr_assert_eq(topo_device_node(".."), -1);
	cr_assert_eq(topo_device_node("a/b"), -1);
}
