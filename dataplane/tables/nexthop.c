/* SPDX-License-Identifier: BSD-3-Clause */
/* The writing side of the next-hop rows; see nexthop.h. Control thread. */
#include "dataplane/tables/nexthop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_random.h>

#include "dataplane/run/rcu.h"

static const enum nexthop_type fixed_rows[NEXTHOP_FIRST_FREE] = {
	[NEXTHOP_ROW_NONE] = NEXTHOP_NONE,
	[NEXTHOP_ROW_LOCAL] = NEXTHOP_LOCAL,
	[NEXTHOP_ROW_BLACKHOLE] = NEXTHOP_BLACKHOLE,
	[NEXTHOP_ROW_UNREACHABLE] = NEXTHOP_UNREACHABLE,
	[NEXTHOP_ROW_PROHIBIT] = NEXTHOP_PROHIBIT,
	[NEXTHOP_ROW_MARTIAN] = NEXTHOP_MARTIAN,
	[NEXTHOP_ROW_GROUP] = NEXTHOP_GROUP,
};

int nexthop_table_create(struct nexthop_table **out, uint32_t n, int numa_node, struct rcu *rcu,
			 struct err *err)
{
	struct nexthop_table *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (n < NEXTHOP_FIRST_FREE + 1)
		n = NEXTHOP_FIRST_FREE + 1;
	if (t) {
		t->rows = rte_zmalloc_socket("nexthops", n * sizeof(*t->rows), 64, numa_node);
		t->free_stack = calloc(n, sizeof(*t->free_stack));
	}
	if (!t || !t->rows || !t->free_stack) {
		nexthop_table_destroy(t);
		return err_set(err, -ENOMEM,
			       "next-hop table of %u rows: no memory; lower `tables: nexthops` or "
			       "reserve more hugepages",
			       n);
	}
	t->n = n;
	t->rcu = rcu;
	t->flow_seed = (uint32_t)rte_rand();
	for (uint32_t i = 0; i < NEXTHOP_FIRST_FREE; i++)
		t->rows[i].way.type = (uint8_t)fixed_rows[i];
	for (uint32_t i = n; i > NEXTHOP_FIRST_FREE; i--)
		t->free_stack[t->n_free++] = i - 1;
	*out = t;
	return 0;
}

void nexthop_table_destroy(struct nexthop_table *t)
{
	if (!t)
		return;
	rte_free(t->rows);
	free(t->free_stack);
	free(t);
}

int nexthop_alloc(struct nexthop_table *t, enum nexthop_type type, uint16_t port, uint16_t iface,
		  uint16_t mtu, uint32_t *index, struct err *err)
{
	struct nexthop *row;

	if (!t->n_free)
		return err_set(err, -ENOSPC,
			       "next-hop table is full (%u rows); raise `tables: nexthops`", t->n);
	*index = t->free_stack[--t->n_free];
	t->n_used++;
	row = &t->rows[*index];
	seq_write_begin(&row->seq);
	row->way.type = (uint8_t)type;
	row->way.port = port;
	row->way.iface = iface;
	row->way.mtu = mtu;
	row->way.l2_len = 0;
	row->buckets = NULL;
	seq_write_end(&row->seq);
	return 0;
}

static void give_back(void *arg, void *p)
{
	struct nexthop_table *t = arg;

	nexthop_set_type(t, (uint32_t)(uintptr_t)p, NEXTHOP_NONE);
	t->free_stack[t->n_free++] = (uint32_t)(uintptr_t)p;
	t->n_used--;
}

void nexthop_free(struct nexthop_table *t, uint32_t index)
{
	if (rcu_retire(t->rcu, give_back, t, (void *)(uintptr_t)index) != 0) {
		rcu_wait(t->rcu, rcu_token(t->rcu)); /* out of memory: wait here instead */
		give_back(t, (void *)(uintptr_t)index);
	}
}

void nexthop_set_forward(struct nexthop_table *t, uint32_t index, const uint8_t *l2, uint8_t l2_len)
{
	struct nexthop *row = &t->rows[index];

	seq_write_begin(&row->seq);
	memcpy(row->way.l2, l2, l2_len - 2);
	row->way.l2_len = l2_len;
	row->way.type = NEXTHOP_FORWARD;
	seq_write_end(&row->seq);
}

void nexthop_set_type(struct nexthop_table *t, uint32_t index, enum nexthop_type type)
{
	struct nexthop *row = &t->rows[index];

	seq_write_begin(&row->seq);
	row->way.type = (uint8_t)type;
	seq_write_end(&row->seq);
}

void nexthop_set_port(struct nexthop_table *t, uint32_t index, uint16_t port)
{
	struct nexthop *row = &t->rows[index];

	seq_write_begin(&row->seq);
	row->way.port = port;
	seq_write_end(&row->seq);
}

void nexthop_set_mtu(struct nexthop_table *t, uint32_t index, uint16_t mtu)
{
	struct nexthop *row = &t->rows[index];

	seq_write_begin(&row->seq);
	row->way.mtu = mtu;
	seq_write_end(&row->seq);
}
