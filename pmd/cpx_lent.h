/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that another process lent us, as mbufs: what `lent=1` is for. A received frame becomes a
 * chain of two segments: the first 128 bytes copied into an mbuf of the application's pool, where
 * they may be parsed and rewritten, and the rest read where the peer put it, through an mbuf of a
 * pool of ours whose buffers are the peer's frames (pinned external buffers, read-only). When that
 * segment is freed, by whichever lcore, it says so in a byte of its own; the rx queue looks at
 * these bytes in the order in which it handed the frames out and gives them back to the peer.
 *
 * One struct cpx_lent belongs to one lane and one connection. It outlives the connection as long as
 * the application holds frames of it.
 */
#ifndef CPX_PMD_CPX_LENT_H
#define CPX_PMD_CPX_LENT_H

#include <rte_mbuf.h>

#include "lib/base/order.h"
#include "lib/fiber/fiber.h"

#define CPX_LENT_COPIED 128 /* bytes at the start of a frame that are copied */
#define CPX_LENT_LOOKS  64  /* frames looked at for their return, a poll */

/* Where a frame's mbuf is. */
enum { CPX_LENT_HOME, CPX_LENT_OUT, CPX_LENT_FREED };

struct cpx_lent {
	struct fiber_pool *memory; /* held */
	struct rte_mempool *pool;
	struct rte_mbuf **mbuf; /* of frame x; constant */
	uint8_t *where;  /* frame x is: FREED sets whoever frees its mbuf, the reader the others */
	uint32_t frames; /* a power of two */
	bool filling;    /* the pool is being made */
	/* frames that were handed out, oldest first; of whoever reads the lane's source */
	uint32_t *out;
	uint32_t first, last;  /* run freely */
	struct cpx_lent *next; /* of the former ones, cpx_peer.c */
};

/* For a queue that is in service and lends; NULL without memory (frames are then copied). The
 * control thread; `name` makes the pool's name. */
struct cpx_lent *cpx_lent_create(struct fiber_rx *rx, const char *name, int numa);
/* Is every frame home? Nobody reads the source. Control thread. */
bool cpx_lent_is_home(const struct cpx_lent *l);
/* They are. */
void cpx_lent_free(struct cpx_lent *l);

/* Is the mbuf of frame x with the application? A peer that is in order does not lend a frame again
 * before it has it back. */
static __rte_always_inline bool cpx_lent_is_out(const struct cpx_lent *l, uint32_t x)
{
	return load_relaxed(&l->where[x]) != CPX_LENT_HOME;
}

/* Frame x, which is not out, of which `bytes` are beyond the copied ones, as the rest of an mbuf
 * chain. */
static __rte_always_inline struct rte_mbuf *cpx_lent_take(struct cpx_lent *l, uint32_t x,
							  uint32_t bytes)
{
	struct rte_mbuf *m = l->mbuf[x];

	l->out[l->last++ & (l->frames - 1)] = x;
	store_relaxed(&l->where[x], CPX_LENT_OUT);
	m->data_off = CPX_LENT_COPIED;
	m->data_len = (uint16_t)bytes;
	m->pkt_len = bytes;
	return m;
}

/* Give back what was freed meanwhile. */
static __rte_always_inline void cpx_lent_collect(struct cpx_lent *l, struct fiber_rx *rx)
{
	uint32_t back[CPX_LENT_LOOKS], n = 0;
	const uint32_t mask = l->frames - 1;
	uint32_t looks = l->last - l->first;

	if (looks > CPX_LENT_LOOKS)
		looks = CPX_LENT_LOOKS;
	while (looks-- != 0) {
		const uint32_t x = l->out[l->first++ & mask];

		if (load_acquire(&l->where[x]) == CPX_LENT_FREED) {
			store_relaxed(&l->where[x], CPX_LENT_HOME);
			back[n++] = x;
		} else {
			l->out[l->last++ & mask] = x; /* somebody keeps it: look later */
		}
	}
	fiber_rx_give_back(rx, l->memory, back, n);
}

#endif
