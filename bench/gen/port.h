/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A generator port: an ethdev whose lanes carry streams out and whose received frames the sink
 * judges. Window-limited: at most `window` test packets of a port are on their way at a time, so a
 * run on a shared or single CPU loses nothing however the threads are scheduled.
 *
 * Control thread: create, add streams, destroy. One generator thread: port_turn() for every port,
 * again and again. Any thread may read the counters marked so.
 */
#ifndef CPX_BENCH_GEN_PORT_H
#define CPX_BENCH_GEN_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "bench/gen/host.h"
#include "bench/gen/sink.h"
#include "bench/gen/source.h"
#include "bench/gen/stream.h"
#include "lib/base/err.h"

#define GEN_MAX_LANES 8
#define GEN_BURST     32

struct gen_port_params {
	uint16_t port_id; /* configured and started by the caller, a queue pair a lane */
	uint16_t lanes;
	unsigned window; /* outstanding packets, <= SEQUENCE_WINDOW */
	unsigned hops;   /* routers on the way to this port's sink */
	struct rte_mempool *pool;
	struct host host; /* mac, addresses and gateways set */
};

struct gen_port {
	struct gen_port_params params;
	struct host host; /* generator thread */
	struct source source;
	struct sink sink;
	const struct gen_port *peer; /* whose sink sees our packets */

	/* generator thread */
	uint64_t asked_at;                /* TSC of the last gateway questions */
	uint64_t moved_at;                /* TSC when the peer's sink last saw something */
	uint64_t arrived;                 /* peer's good packets then */
	uint64_t written_off;             /* sent packets no longer waited for */
	uint16_t first_lane;              /* served first, turns round-robin */
	uint16_t n_staged[GEN_MAX_LANES]; /* made but not taken by the lane yet */
	struct rte_mbuf *staged[GEN_MAX_LANES][GEN_BURST];

	/* generator thread writes, any thread reads */
	uint64_t lane_tx[GEN_MAX_LANES], lane_rx[GEN_MAX_LANES];
	uint64_t host_tx, host_rx; /* frames of the host itself */
	uint64_t no_buffer;        /* times the pool was empty */
};

int gen_port_create(struct gen_port **out, const struct gen_port_params *p, struct err *err);
/* The port sends this stream, the peer's sink expects it. The stream stays the caller's. */
int gen_port_add_stream(struct gen_port *p, struct gen_port *peer, struct stream *s,
			struct err *err);
/* Frees staged packets too; the ethdev is the caller's. */
void gen_port_destroy(struct gen_port *p);

/* Receive, answer, judge, and (sending) send as the window allows. Returns packets moved: with 0
 * from all ports the caller may yield. */
unsigned gen_port_turn(struct gen_port *p, bool sending);

/* Test packets made and not yet seen by the peer's sink, those written off not counted. */
uint64_t gen_port_outstanding(const struct gen_port *p);

#endif
