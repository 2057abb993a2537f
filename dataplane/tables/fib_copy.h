/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One copy of a route table: rte_fib or rte_fib6 behind one set of calls, with what DPDK 22.11 gets
 * wrong put right. Only fib.c uses it, on the copy that nobody reads. Control thread.
 */
#ifndef CPX_DATAPLANE_TABLES_FIB_COPY_H
#define CPX_DATAPLANE_TABLES_FIB_COPY_H

#include "dataplane/tables/fib.h"

/* A change, as it stands in the log of a table. Bits of addr beyond len are zero. */
struct fib_op {
	uint8_t addr[16];
	uint8_t len;
	bool add, had; /* had: the prefix was there before, with `before` */
	uint32_t nexthop, before;
};

void *fib_copy_create(const char *name, int family, const struct fib_sizes *s, int numa_node);
void fib_copy_free(int family, void *copy);
/* 0 or -errno; then nothing has changed. */
int fib_copy_apply(int family, void *copy, const struct fib_op *op);
bool fib_copy_get(int family, void *copy, const uint8_t *addr, uint8_t len, uint32_t *nexthop);

/* Whether the longest match of addr is the prefix of length 0. */
bool fib_copy_is_default(int family, void *copy, const uint8_t *addr);

#endif
