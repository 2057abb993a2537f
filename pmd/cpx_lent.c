/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of mbufs over a peer's lent frames, see cpx_lent.h: made when a connection comes up, by
 * the control thread. Its mempool driver ("cpx_lent") hands out nothing; putting an mbuf back is
 * what tells us that its frame is done with. Nothing here is on the fast path but that.
 */
#include "pmd/cpx_lent.h"

#include <rte_malloc.h>
#include <rte_mempool.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind each mbuf. */
struct lent_mbuf {
	uint32_t frame;
	struct rte_mbuf_ext_shared_info shared;
};

static struct lent_mbuf *behind(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

static int ops_alloc(struct rte_mempool *mp)
{
	mp->pool_data = mp->pool_config;
	return 0;
}

static void ops_free(struct rte_mempool *mp)
{
}

/* Filling the pool is the first time that its mbufs are put back. */
static int ops_enqueue(struct rte_mempool *mp, void *const *objects, unsigned n)
{
	struct cpx_lent *l = mp->pool_data;

	for (unsigned i = 0; i < n; i++) {
		if (unlikely(l->filling))
			l->mbuf[l->last++] = objects[i];
		else
			store_release(&l->where[behind(objects[i])->frame], CPX_LENT_FREED);
	}
	return 0;
}

static int ops_dequeue(struct rte_mempool *mp, void **objects, unsigned n)
{
	return -ENOBUFS;
}

static unsigned ops_count(const struct rte_mempool *mp)
{
	const struct cpx_lent *l = mp->pool_data;

	return l->frames - (l->last - l->first);
}

static const struct rte_mempool_ops ops = {
	.name = "cpx_lent",
	.alloc = ops_alloc,
	.free = ops_free,
	.enqueue = ops_enqueue,
	.dequeue = ops_dequeue,
	.get_count = ops_count,
};

RTE_MEMPOOL_REGISTER_OPS(ops);

/* The last clone of a pinned buffer was freed after its mbuf: now the mbuf goes home. */
static void free_pinned(void *address, void *opaque)
{
	struct rte_mbuf *m = opaque;

	rte_mbuf_ext_refcnt_set(m->shinfo, 1);
	m->ol_flags = RTE_MBUF_F_EXTERNAL;
	m->next = NULL;
	m->nb_segs = 1;
	rte_mbuf_raw_free(m);
}

static void dress(struct cpx_lent *l, uint32_t x, const struct fiber_rx *rx)
{
	struct rte_mbuf *m = l->mbuf[x];
	struct lent_mbuf *b;

	memset(m, 0, sizeof(*m));
	m->priv_size = sizeof(struct lent_mbuf);
	m->pool = l->pool;
	b = behind(m);
	b->frame = x;
	b->shared.free_cb = free_pinned;
	b->shared.fcb_opaque = m;
	rte_mbuf_ext_refcnt_set(&b->shared, 1);
	/* mbufs have no pointers to what may only be read */
	m->buf_addr = (void *)(uintptr_t)fiber_rx_lent(rx, x);
	rte_mbuf_iova_set(m, (rte_iova_t)(uintptr_t)m->buf_addr); /* of use to no device */
	m->buf_len = (uint16_t)RTE_MIN(rx->frame_bytes, (uint32_t)UINT16_MAX);
	m->data_off = CPX_LENT_COPIED;
	m->shinfo = &b->shared;
	m->ol_flags = RTE_MBUF_F_EXTERNAL;
	m->port = RTE_MBUF_PORT_INVALID;
	m->nb_segs = 1;
	rte_mbuf_refcnt_set(m, 1);
}

void cpx_lent_free(struct cpx_lent *l)
{
	if (l == NULL)
		return;
	rte_mempool_free(l->pool);
	fiber_pool_unref(l->memory);
	free(l->mbuf);
	free(l->where);
	free(l->out);
	free(l);
}

struct cpx_lent *cpx_lent_create(struct fiber_rx *rx, const char *name, int numa)
{
	struct rte_pktmbuf_pool_private private = {
		.mbuf_data_room_size = (uint16_t)RTE_MIN(rx->frame_bytes, (uint32_t)UINT16_MAX),
		.mbuf_priv_size = sizeof(struct lent_mbuf),
		.flags = RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF,
	};
	struct cpx_lent *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->frames = rx->frames;
	l->memory = fiber_pool_ref(fiber_rx_pool(rx));
	l->mbuf = calloc(l->frames, sizeof(*l->mbuf));
	l->where = calloc(l->frames, sizeof(*l->where));
	l->out = calloc(l->frames, sizeof(*l->out));
	if (l->memory == NULL || l->mbuf == NULL || l->where == NULL || l->out == NULL)
		goto failed;
	l->pool = rte_mempool_create_empty(name, l->frames,
					   sizeof(struct rte_mbuf) + sizeof(struct lent_mbuf), 0,
					   sizeof(private), numa, 0);
	if (l->pool == NULL || rte_mempool_set_ops_byname(l->pool, ops.name, l) != 0)
		goto failed;
	rte_pktmbuf_pool_init(l->pool, &private);
	l->filling = true;
	if (rte_mempool_populate_default(l->pool) != (int)l->frames)
		goto failed;
	l->filling = false;
	l->last = 0;
	for (uint32_t x = 0; x < l->frames; x++)
		dress(l, x, rx);
	return l;
failed:
	cpx_lent_free(l);
	return NULL;
}

bool cpx_lent_is_home(const struct cpx_lent *l)
{
	for (uint32_t i = l->first; i != l->last; i++)
		if (load_acquire(&l->where[l->out[i & (l->frames - 1)]]) != CPX_LENT_FREED)
			return false;
	return true;
}
