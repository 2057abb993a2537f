/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts of test packets; see source.h. */
#include "bench/gen/source.h"

#include <errno.h>

#include "lib/base/order.h"

void source_init(struct source *s, struct rte_mempool *pool, uint16_t lanes)
{
	*s = (struct source){ .pool = pool, .lanes = lanes };
}

int source_add(struct source *s, struct stream *stream)
{
	if (s->n_streams == SOURCE_MAX_STREAMS)
		return -ENOSPC;
	if (stream->params.n_flows < s->lanes)
		return -EINVAL;
	s->streams[s->n_streams++] = stream;
	return 0;
}

unsigned source_burst(struct source *s, unsigned lane, struct rte_mbuf **pkts, unsigned n,
		      uint64_t tsc)
{
	if (!s->n_streams || rte_pktmbuf_alloc_bulk(s->pool, pkts, n) != 0)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		uint32_t turn = s->turn[lane]++;
		struct stream *stream = s->streams[turn % s->n_streams];
		/* flows lane, lane + lanes, lane + 2 lanes … */
		unsigned per_lane = (stream->params.n_flows - lane + s->lanes - 1) / s->lanes;
		unsigned flow = lane + turn / s->n_streams % per_lane * s->lanes;
		uint16_t size = stream_next_size(stream, &stream->flows[flow]);

		stream_fill(stream, flow, rte_pktmbuf_append(pkts[i], size), tsc);
	}
	store_relaxed(&s->sent, s->sent + n);
	return n;
}
