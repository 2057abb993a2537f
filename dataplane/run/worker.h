/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: one thread pinned to one CPU, the only reader of its receive queues and the only writer
 * of its transmit queues. It walks its graph until told to stop and shares nothing it writes.
 *
 * What it works on reaches it as one pointer, worker->next_cfg, to an immutable struct worker_cfg;
 * the control thread publishes a new one and frees the old one after a grace period (rcu.h). The
 * worker loads the pointer once a loop, so a burst sees one configuration as a whole.
 *
 * Packets pass between a worker and the control thread, and from worker to worker, in
 * single-producer single-consumer rings of mbuf pointers (kinds in meta.h). From worker to worker
 * there are two kinds of rings, and what is nearly done goes before what has not begun:
 *
 *   handoff   on its way out: to the owner of the lane it leaves on
 *   spread    just received: where there are more workers than receive queues, the worker that
 *             polls a lane keeps some of its flows and hands each other flow always to the same
 *             member of its team, which does all the rest. So a flow goes one way and keeps its
 *             order. What has no flow hash (ARP, say) stays where it was received.
 */
#ifndef CPX_DATAPLANE_RUN_WORKER_H
#define CPX_DATAPLANE_RUN_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/run/bucket.h"
#include "dataplane/run/metrics.h"
#include "dataplane/run/rcu.h"
#include "dataplane/run/sleep.h"
#include "lib/base/err.h"
#include "lib/net/punt.h"
#include "lib/telemetry/writer.h"

#define WORKER_MAX_PORTS   32 /* DPDK port ids */
#define WORKER_MAX_VRFS    16
#define WORKER_RX_BURST    64 /* packets a lane gives at a time */
#define WORKER_TIMED_EVERY 256
#define WORKER_CTL_RING    1024

struct fib;
struct iface;
struct nexthop_table;
struct own_set;
struct rte_mempool;
struct rte_graph;

struct lane_rx { /* a receive queue this worker polls */
	uint16_t port, queue;
	uint16_t lane;  /* telemetry lane index */
	uint32_t stamp; /* goes with a packet that another of the team gets */
	struct telemetry_block *cell;
};

struct lane_tx { /* where a packet for a lane goes: our own queue, or the owner's ring */
	uint16_t port, queue;
	uint16_t lane;
	uint32_t stamp;       /* goes with a packet that is handed off */
	struct rte_ring *via; /* NULL: the queue is ours */
	struct telemetry_block *cell;
};

/*
 * What waits in a ring may outlive the port it came from or was meant for. It carries the stamp of
 * the lane it came from or is to leave on: the lane, and which of its lives (a new one with each
 * port it is given to). It goes on only while the stamp still holds.
 */
static inline uint32_t lane_stamp(uint16_t lane, uint16_t life)
{
	return (uint32_t)life << 16 | lane;
}

#define LANE_STAMP_NONE UINT32_MAX /* of no lane */

struct lane_home {      /* of a lane, at its owner */
	uint32_t stamp; /* LANE_STAMP_NONE: another worker's, or it has no port */
	uint16_t slot;  /* its tx slot */
};

struct port_view {                   /* what the data path needs of a port */
	uint64_t mac;                /* six bytes as a little-endian number */
	uint16_t iface;              /* untagged interface */
	bool wakes;                  /* has receive interrupts */
	bool host;                   /* its interfaces have a twin in the kernel */
	const uint16_t *vlan_iface;  /* [4096], 0 no interface; NULL without VLANs */
	uint16_t tx_first, tx_count; /* its slots in tx[] */
};

struct vrf_view { /* what the data path needs of a VRF */
	const struct fib *fib4, *fib6;
};

struct worker_out { /* a ring we fill for another worker, which may be asleep */
	struct rte_ring *ring;
	struct worker *to;
};

struct worker_cfg {
	uint16_t n_out, n_rx, n_tx, n_handoff, n_spread, n_team;
	const struct lane_rx *rx;
	const struct lane_tx *tx;
	const struct worker_out *out;
	struct rte_ring *const *handoff;      /* rings other workers fill for us */
	struct rte_ring *const *spread;       /* … with flows of their lanes */
	struct rte_ring *const *team;         /* rings we fill with flows of ours; [0]: we keep */
	const uint32_t *stamps;               /* [lane]: as it is now */
	struct telemetry_block *const *cells; /* [lane]: our cell of every lane */
	const struct lane_home *homes;        /* [lane] */
	const struct iface *ifaces;           /* [iface] */
	const struct nexthop_table *nexthops;
	struct vrf_view vrfs[WORKER_MAX_VRFS]; /* [iface.vrf] */
	uint16_t n_vrfs;
	const struct own_set *own; /* sources that may be ours */
	uint32_t filters;          /* bits of enum martian: on */
	struct rte_mempool *pool;  /* for packets that begin here */
	uint32_t icmp_errors_pps;
	uint32_t punt_burst[PUNT_COUNT];
	bool idle_poll;
	bool rpf;          /* some interface wants the reverse path check */
	bool rpf_default;  /* where loose, the default route counts */
	bool ip4_fragment; /* packets larger than the egress MTU are cut, not dropped */
	struct port_view ports[WORKER_MAX_PORTS];
};

#define WORKER_STAGE 256 /* a whole burst of the graph (GRAPH_BURST) may be for one */

struct worker_stage { /* worker only: packets of this burst for one tx slot or one of the team */
	uint16_t n;
	struct rte_mbuf *pkts[WORKER_STAGE];
};

struct worker {
	/* worker reads every loop */
	const struct worker_cfg *next_cfg; /* control thread publishes */
	uint64_t published;                /* … how many so far; counted before */
	const struct worker_cfg *cfg;      /* worker: the one of this loop */
	struct rte_graph *graph;
	struct rte_rcu_qsbr *qsbr;
	unsigned index; /* worker number, telemetry lcore and QSBR thread id */
	bool stop;      /* control thread sets */
	bool uncounted; /* before start: lane cells are left alone (bench: telemetry off) */

	/* worker only */
	uint64_t seen;                  /* `published` as it was before cfg was loaded */
	uint64_t tsc;                   /* at the start of this loop */
	uint32_t rx_this_loop;          /* packets the loop brought in */
	uint16_t rx_start;              /* lane polled first, turns round-robin */
	uint16_t ring_start;            /* … and ring */
	struct bucket icmp;             /* of ICMP errors */
	struct bucket punt[PUNT_COUNT]; /* of packets to the control thread */
	struct worker_stage *stage;     /* [max tx slots] */
	uint16_t *dirty;                /* tx slots with staged packets */
	struct worker_stage *team;      /* [max workers] */

	/* control thread writes: what is let through to it, in PUNT_UNITS */
	uint32_t punt_rate[PUNT_COUNT] __rte_cache_aligned;

	struct rte_ring *to_control[PUNT_QUEUE_COUNT] __rte_cache_aligned; /* worker produces */
	struct rte_ring *from_control;                                     /* worker consumes */
	struct telemetry_block *block;                                     /* scope lcore */
	uint64_t tsc_hz;
	struct sleeper sleeper;
} __rte_cache_aligned;

/* Worker: the newest configuration. */
static inline void worker_load(struct worker *w)
{
	w->seen = load_acquire(&w->published);
	w->cfg = load_acquire(&w->next_cfg);
}

/* Control thread, before the thread runs: rings, graph. max_tx: tx slots any cfg will have;
 * max_team: as many workers may share its lanes; punt: its rates, whose bursts its rings to the
 * control thread have room for. */
int worker_create(struct worker **out, unsigned index, int numa_node, unsigned max_tx,
		  unsigned max_team, const struct punt_rate punt[PUNT_COUNT], struct rcu *rcu,
		  struct telemetry_block *block, struct err *err);
void worker_destroy(struct worker *w);

/* Thread body (rte_eal_remote_launch). Runs until w->stop. */
int worker_main(void *w);
/* One turn without the loop around it, for tests and benchmarks on the calling thread. */
void worker_turn(struct worker *w);

/* Control thread: a new configuration from the next loop on; returns the old one, to be retired. */
const struct worker_cfg *worker_publish(struct worker *w, const struct worker_cfg *cfg);
void worker_stop(struct worker *w);
/* Control thread: a packet for a worker; -ENOBUFS its ring is full, the packet is still ours. */
int worker_give(struct worker *w, struct rte_mbuf *m);

/* Worker: count n packets of one lane and reason as ended; frees them. */
void worker_drop(struct worker *w, struct rte_mbuf **pkts, uint16_t n, uint16_t lane,
		 enum drop_reason reason);

#endif
