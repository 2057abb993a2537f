/* SPDX-License-Identifier: BSD-3-Clause */
/* The VRFs of a board: route tables of each, sized by the configuration. Control thread. */
#include <netinet/in.h>
#include <stdio.h>

#include "dataplane/ctl/board_priv.h"

static_assert(WORKER_MAX_VRFS == CONFIG_MAX_VRFS, "every VRF is in a worker's configuration");

static int make_table(struct board *b, unsigned vrf, int family, struct fib **out, struct err *err)
{
	const struct fib_sizes sizes = memory_fib_sizes(b->cfg, vrf, family);
	char name[16]; /* DPDK has little room for names: not the VRF's */

	snprintf(name, sizeof(name), "fib%d.%u", family == AF_INET ? 4 : 6, vrf);
	return fib_create(out, name, (uint8_t)family, &sizes, b->placement.workers[0].node, b->rcu,
			  err);
}

int vrfs_create(struct board *b, struct err *err)
{
	for (unsigned i = 0; i < b->cfg->n_vrfs; i++) {
		const struct config_vrf *from = &b->cfg->vrfs[i];
		struct board_vrf *v = &b->vrfs[b->n_vrfs++];
		int ret;

		snprintf(v->name, sizeof(v->name), "%s", from->name);
		v->table = from->table;
		ret = make_table(b, i, AF_INET, &v->fib4, err);
		if (!ret)
			ret = make_table(b, i, AF_INET6, &v->fib6, err);
		if (ret)
			return ret;
	}
	return 0;
}

void vrfs_destroy(struct board *b)
{
	for (unsigned i = 0; i < b->n_vrfs; i++) {
		fib_destroy(b->vrfs[i].fib4);
		fib_destroy(b->vrfs[i].fib6);
	}
}

void vrfs_commit(struct board *b)
{
	for (unsigned i = 0; i < b->n_vrfs; i++) {
		fib_commit(b->vrfs[i].fib4);
		fib_commit(b->vrfs[i].fib6);
	}
}

void vrfs_settle(struct board *b)
{
	for (unsigned i = 0; i < b->n_vrfs; i++) {
		fib_settle(b->vrfs[i].fib4);
		fib_settle(b->vrfs[i].fib6);
	}
}

uint32_t vrfs_routes(const struct board *b, int family)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < b->n_vrfs; i++)
		n += board_fib(b, i, (unsigned)family)->n;
	return n;
}
