/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the burst functions of net_cpx work on. A lane is one struct cpx_rxq and one struct
 * cpx_txq, both inside the port's private memory, so their counters live as long as the port.
 *
 * One lcore drives an rx queue at a time and one lcore a tx queue (they may differ). The first
 * line of each struct is written by the control thread while the queue is stopped, and by the
 * lcore while it runs; the fields marked "any time" change under a running lcore by plain relaxed
 * stores. The counters have one writer, the lcore; anybody may read them.
 */
#ifndef CPX_PMD_CPX_RXTX_H
#define CPX_PMD_CPX_RXTX_H

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_mbuf_ptype.h>

#include "pmd/cpx_pace.h"
#include "pmd/cpx_ring.h"

/* name in struct and statistics. Added to, never set back; see cpx_stats.c for resets. */
#define CPX_RX_COUNTERS(X)                           \
	X(packets)                                   \
	X(bytes)                                     \
	X(bursts)      /* polls that found frames */ \
	X(empty_polls) /* polls that found none */

#define CPX_TX_COUNTERS(X)                                                               \
	X(packets)                                                                       \
	X(bytes)                                                                         \
	X(bursts)   /* calls that sent frames */                                         \
	X(full)     /* frames given back to the caller: no room on the lane */           \
	X(down)     /* frames given back to the caller: the lane does not carry */       \
	X(oversize) /* frames dropped: longer than the MTU allows */                     \
	X(copied)   /* frames copied: shared, indirect or external buffers */            \
	X(nombuf)   /* frames dropped: to be copied, but the receiver's pool is empty */ \
	X(paced)    /* frames given back to the caller: more than the line rate */

#define CPX_COUNTER_FIELD(name) uint64_t name;

struct cpx_rx_counters {
	alignas(CPX_LINE) CPX_RX_COUNTERS(CPX_COUNTER_FIELD)
};

struct cpx_tx_counters {
	alignas(CPX_LINE) CPX_TX_COUNTERS(CPX_COUNTER_FIELD)
};

#define CPX_N_RX_COUNTERS 4
#define CPX_N_TX_COUNTERS 9
#define CPX_NO_QUEUE      UINT16_MAX
#define CPX_PTYPE_LAYERS  (RTE_PTYPE_L2_MASK | RTE_PTYPE_L3_MASK | RTE_PTYPE_L4_MASK)

struct cpx_rxq {
	alignas(CPX_LINE) struct cpx_ring_end end; /* loop, fiber */
	uint16_t port;                             /* our port id, for m->port */
	uint16_t carrier_port;                     /* dev */
	uint16_t carrier_queue; /* dev; any time: CPX_NO_QUEUE when nothing can be received */
	uint16_t hash_types;    /* any time: enum cpx_hash_type set; 0 no hashing */
	uint16_t checks;        /* enum cpx_check set; 0 no checksums */
	uint32_t ptypes;        /* any time: layers of packet type to tell; 0 none */
	/* the control thread's, kept off the counters' line */
	uint16_t lane;
	uint16_t nb_desc;
	bool deferred;
	struct rte_mempool *pool; /* NULL: not set up */
	struct cpx_rx_counters count;
};

struct cpx_txq {
	alignas(CPX_LINE) struct cpx_ring_end end; /* loop, fiber */
	uint32_t max_frame;                        /* any time: longest frame, bytes without FCS */
	uint16_t carrier_port;                     /* dev */
	uint16_t carrier_queue;                    /* dev; any time: CPX_NO_QUEUE when it is gone */
	uint32_t off;                              /* any time: the queue is stopped */
	uint16_t lane;
	uint16_t nb_desc; /* 0: not set up */
	bool deferred;
	struct cpx_pace pace; /* the lcore's; of paced lanes */
	struct cpx_tx_counters count;
};

static_assert(sizeof(struct cpx_rxq) == 2 * CPX_LINE, "hot line and counters");
static_assert(offsetof(struct cpx_txq, count) == CPX_LINE, "a hot line, then counters");
static_assert(sizeof(struct cpx_rx_counters) == CPX_LINE, "one line");
static_assert(offsetof(struct cpx_tx_counters, paced) == CPX_LINE, "on a line of its own");

/*
 * Burst functions, as ethdev calls them; `queue` is a struct cpx_rxq or cpx_txq. The _inspect
 * variants look into frames: they add the flow hash where an mbuf has none, checksum flags and
 * packet types.
 * The _paced ones hold the lane to its line rate.
 */
uint16_t cpx_ring_rx(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_ring_rx_inspect(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_ring_tx(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_ring_tx_paced(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_dev_rx(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_dev_rx_inspect(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_dev_tx(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_dev_tx_paced(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t cpx_dev_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n);

#endif
