/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sending side: which flow of which stream comes next on a lane, and bursts of mbufs filled
 * with its packets. Flow f of every stream uses lane f mod lanes, so a flow never leaves its lane
 * and every lane works. Generator thread only.
 */
#ifndef CPX_BENCH_GEN_SOURCE_H
#define CPX_BENCH_GEN_SOURCE_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "bench/gen/stream.h"

#define SOURCE_MAX_STREAMS 8
#define SOURCE_MAX_LANES   8

struct source {
	struct rte_mempool *pool;
	uint16_t lanes;
	unsigned n_streams;
	struct stream *streams[SOURCE_MAX_STREAMS];
	uint32_t turn[SOURCE_MAX_LANES]; /* counts packets of the lane: picks stream and flow */
	uint64_t sent;                   /* packets filled, all streams */
};

void source_init(struct source *s, struct rte_mempool *pool, uint16_t lanes);
/* -ENOSPC: too many streams. -EINVAL: fewer flows than lanes, some lanes would stay idle. */
int source_add(struct source *s, struct stream *stream);

/* Takes n mbufs from the pool and fills them with the lane's next packets. All or none: n, or 0
 * when the pool has too few. */
unsigned source_burst(struct source *s, unsigned lane, struct rte_mbuf **pkts, unsigned n,
		      uint64_t tsc);

#endif
