/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the burst functions of net_cpx work on. A lane is one struct cpx_rxq and one struct
 * cpx_txq, both inside the port's private memory, so their counters live as long as the port.
 *
 * Receive. Each lane has a *source* where its frames arrive: a ring, a queue of a fiber between
 * processes, or a queue of a carrier device. Normally rx queue i reads source i and nothing else.
 * When lane i does not carry, another queue reads its source as well, so its flows go on in order
 * (struct cpx_sources says who reads what). Then, and when frames are to be looked into, the port
 * uses the full receive function, else the plain one; either is right at any time for a queue
 * whose source is at home.
 *
 * Transmit. Normally tx queue i feeds lane i alone. When several queues feed one lane (more queues
 * than lanes, spread=hash), the port uses the full function, where queues take turns on a lane.
 *
 * One lcore drives an rx queue at a time and one lcore a tx queue (they may differ). The first
 * line of each struct is written by the control thread while the queue is stopped, and by the
 * lcore while it runs; the fields marked "any time" change under a running lcore by plain relaxed
 * stores. The counters have one writer at a time, the lcore that drives the queue or has the
 * lane's turn; anybody may read them.
 */
#ifndef CPX_PMD_CPX_RXTX_H
#define CPX_PMD_CPX_RXTX_H

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_ptype.h>

#include "lib/cmis/fec_loss.h"
#include "pmd/cpx_args.h"
#include "pmd/cpx_pace.h"
#include "pmd/cpx_ring.h"

struct cpx_lent;
struct cpx_look;
struct cpx_rss;
struct fiber_rx;
struct fiber_tx;
struct cpx_flow_rxq;

/* name in struct and statistics. Added to, never set back; see cpx_stats.c for resets. */
#define CPX_RX_COUNTERS(X)                                                             \
	X(packets)                                                                     \
	X(bytes)                                                                       \
	X(bursts)        /* polls that found frames */                                 \
	X(empty_polls)   /* polls that found none */                                   \
	X(nombuf)        /* polls cut short, frames stay where they are: pool empty */ \
	X(oversize)      /* frames dropped: over 9728, or an mbuf without scatter */   \
	X(flushed)       /* frames dropped: waiting when the last lane stopped */      \
	X(flow_dropped)  /* frames dropped: a flow rule said so, or none took them */  \
	X(filtered_mac)  /* frames dropped: to an address that is not ours */          \
	X(filtered_vlan) /* frames dropped: of a VLAN that is not ours */              \
	X(steer_full)    /* frames dropped: no room on the way to a rule's queue */    \
	X(fec_lost)      /* frames dropped: in a codeword that FEC could not correct */

#define CPX_TX_COUNTERS(X)                                                                  \
	X(packets)                                                                          \
	X(bytes)                                                                            \
	X(bursts)   /* calls that sent frames */                                            \
	X(full)     /* frames given back to the caller: no room on the lane */              \
	X(down)     /* frames given back to the caller: the lane does not carry */          \
	X(oversize) /* frames dropped: longer than the MTU allows */                        \
	X(copied)   /* frames copied: shared, indirect or external buffers */               \
	X(nombuf)   /* frames dropped: to be copied, but the receiver's pool is empty */    \
	X(paced)    /* frames given back to the caller: more than the line rate */          \
	X(limited)  /* frames given back to the caller: more than the queue's limit */      \
	X(busy)     /* frames given back to the caller: another queue has the lane */       \
	X(dropped)  /* frames dropped: no room on the lane, and no flow control */          \
	X(unfit)    /* frames dropped: their flags contradict them or ask what we cannot */ \
	X(runt)     /* frames dropped: shorter than an Ethernet header */

#define CPX_COUNTER_FIELD(name) uint64_t name;
#define CPX_COUNTER_ONE(name)   +1

struct cpx_rx_counters {
	alignas(CPX_LINE) CPX_RX_COUNTERS(CPX_COUNTER_FIELD)
};

struct cpx_tx_counters {
	alignas(CPX_LINE) CPX_TX_COUNTERS(CPX_COUNTER_FIELD)
};

#define CPX_N_RX_COUNTERS (0 CPX_RX_COUNTERS(CPX_COUNTER_ONE))
#define CPX_N_TX_COUNTERS (0 CPX_TX_COUNTERS(CPX_COUNTER_ONE))
#define CPX_NO_QUEUE      UINT16_MAX
#define CPX_NOBODY        UINT8_MAX
#define CPX_FAR_NS        90   /* that a cache line takes from a core that is far away */
#define CPX_MAX_FRAME     9728 /* bytes without FCS */
#define CPX_MAX_SOURCES   16   /* of a port: its lanes, or a carrier's queues */
#define CPX_MAX_TX_QUEUES 64
#define CPX_PTYPE_LAYERS  (RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK)

/*
 * Who reads which source. A source changes hands only by its present owner's doing, in its own
 * receive call, or while the owner's queue is stopped: so there is one reader at any time, and it
 * sees what the one before left.
 */
struct cpx_sources {
	alignas(CPX_LINE) uint8_t owner[CPX_MAX_SOURCES]; /* rx queue that reads it; its lcore
							     writes, or the control thread while
							     that queue is stopped */
	uint8_t wanted[CPX_MAX_SOURCES];                  /* any time: who shall read it */
	uint32_t n;
	uint32_t lossy;     /* any time: set of sources that lose frames (cpx_loss.h) */
	uint32_t detours;   /* any time: queues to which frames come back (cpx_detour.h) */
	struct cpx_rxq *rx; /* source s is in rx[s] */
};

struct cpx_rxq {
	/* where the source's frames are: its reader's */
	alignas(CPX_LINE) struct cpx_ring_end end; /* loop, fiber */
	struct fiber_rx *fiber;                    /* fiber between processes */
	struct cpx_lent *lent;                     /* … and what it lends; any time */
	uint16_t carrier_port;                     /* dev */
	uint16_t carrier_queue; /* dev; any time: CPX_NO_QUEUE when nothing can be received */
	/* the queue's */
	uint16_t port;   /* our port id, for m->port */
	uint16_t lane;   /* number of the queue */
	uint32_t wants;  /* any time: enum cpx_want set, stages of looking into frames */
	uint32_t inside; /* 1 while the lcore may touch memory shared with a peer process */
	uint16_t room;   /* bytes of an mbuf of `pool` */
	bool scatter;    /* longer frames become chains */
	uint8_t first;   /* full function: source to begin with; the lcore's */
	struct rte_mempool *pool; /* NULL: not set up */
	/* the control thread's */
	alignas(CPX_LINE) struct cpx_sources *sources;
	const struct cpx_look *look; /* the port's: how to look into frames */
	struct cpx_flow_rxq *flow;   /* any time: flow rules; NULL: there never were any */
	struct fec_loss loss;        /* of the source; its reader's, and the rate any time */
	uint32_t interleaved_bits;   /* any time: exposure to it of a frame of no length */
	uint16_t nb_desc;
	bool deferred;
	struct cpx_rx_counters count;
};

struct cpx_txq {
	alignas(CPX_LINE) struct cpx_ring_end end; /* loop, fiber */
	struct fiber_tx *fiber;                    /* fiber between processes */
	uint32_t max_frame;                        /* any time: longest frame, bytes without FCS */
	uint16_t carrier_port;                     /* dev */
	uint16_t carrier_queue;                    /* dev, peer; any time: CPX_NO_QUEUE
						      when nobody takes anything */
	uint32_t off;                              /* any time: the queue is stopped */
	uint32_t inside;                           /* as of cpx_rxq */
	uint8_t lossy;                             /* any time: full lanes drop, no flow control */
	bool fast_free;                            /* the application promises plain mbufs of one
						      pool */
	bool paced;
	uint8_t lane;      /* that the queue feeds */
	uint64_t does;     /* RTE_MBUF_F_TX_ flags that the carrier sees to itself */
	uint32_t measured; /* peer: the fiber's index when `trip` was measured last */
	uint16_t trip;     /* … TSC cycles that a line takes from its core to ours */
	uint16_t far;      /* … from which on its lines are written past the caches; constant */
	/* the full function's */
	alignas(CPX_LINE) struct cpx_txq
		*lanes;                  /* the port's; [lane] has the lane's end and turn */
	const struct cpx_spread *spread; /* NULL: the queue feeds one lane */
	uint32_t turn;                   /* of the lane: 1 while a queue has it */
	uint32_t preparing;              /* as `inside`, in tx_prepare, which takes no turn */
	bool shared;                     /* several queues feed one lane */
	bool limited;
	uint8_t looped; /* any time: frames sent on the lane come back (cpx_detour.h) */
	bool deferred;
	uint16_t nb_desc;             /* 0: not set up */
	struct cpx_pace pace;         /* of the lane, when paced */
	struct cpx_pace limit;        /* of the queue, when limited */
	struct cpx_tx_counters count; /* of the lane: writes whoever has its turn */
	struct cpx_tx_counters own;   /* of the queue, where that may not: limited, busy, down */
};

/* spread=hash: which lane a flow goes to. */
#define CPX_SPREAD_SLOTS 128
struct cpx_spread {
	uint8_t lane[CPX_SPREAD_SLOTS]; /* any time */
	const struct cpx_rss *rss;      /* how the port hashes */
};

static_assert(offsetof(struct cpx_rxq, sources) == CPX_LINE, "a hot line");
static_assert(offsetof(struct cpx_rxq, count) == 2 * CPX_LINE, "then the counters");
static_assert(offsetof(struct cpx_txq, lanes) == CPX_LINE, "a hot line");
static_assert(offsetof(struct cpx_rx_counters, filtered_mac) >= CPX_LINE, "the seldom ones last");
static_assert(offsetof(struct cpx_tx_counters, paced) == CPX_LINE,
	      "rare ones on a line of their own");

/*
 * Burst functions of one carrier as ethdev calls them; `queue` is a struct cpx_rxq or cpx_txq. One
 * table for each instruction set that the file was built for (cpx_burst.c chooses, at start); all
 * of them do the same.
 */
struct cpx_bursts {
	const char *isa; /* as burst_mode_get says it */
	eth_rx_burst_t rx, rx_full;
	eth_tx_burst_t tx, tx_full;
};

#define CPX_ISA_PASTE(name, isa)  name##_##isa
#define CPX_ISA_EXPAND(name, isa) CPX_ISA_PASTE(name, isa)
#define CPX_ISA_NAME(name)        CPX_ISA_EXPAND(name, CPX_ISA)
#define CPX_STRING(x)             #x
#define CPX_ISA_STRING(x)         CPX_STRING(x)

extern const struct cpx_bursts cpx_ring_bursts_base, cpx_ring_bursts_avx2, cpx_ring_bursts_avx512;
extern const struct cpx_bursts cpx_peer_bursts_base, cpx_peer_bursts_avx2, cpx_peer_bursts_avx512;
extern const struct cpx_bursts cpx_dev_bursts_base;

/* Where an mbuf carries the time to be delivered at (RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP), TSC;
 * set once, before a ring is `timed`. */
extern int cpx_send_time_field;
extern uint64_t cpx_send_time_flag;

/* Does the frame ask something that the carrier does not do? */
static inline bool cpx_tx_asks(const struct cpx_txq *q, const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~q->does) != 0;
}

/* cpx_rxtx_special.c */
/*
 * Do what the frame asks, in a copy from `pool` if somebody else has a part in it: the mbuf to send
 * in its place, or NULL when it was dropped (freed and counted). Without a request only the copy.
 */
struct rte_mbuf *cpx_tx_special(struct cpx_txq *q, struct rte_mbuf *m, struct rte_mempool *pool,
				uint32_t max_frame);
/*
 * The same of all frames of a burst that ask for something, in place. Those dropped leave gaps at
 * the front, as ethdev wants the frames that are gone to be the first: how many.
 */
uint16_t cpx_tx_effects(struct cpx_txq *q, struct rte_mbuf **pkts, uint16_t n, uint32_t max_frame);

uint16_t cpx_dev_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n);

#endif
