/* SPDX-License-Identifier: BSD-3-Clause */
/* The board's inside, for the files of dataplane/ctl only. Control thread. */
#ifndef CPX_DATAPLANE_CTL_BOARD_PRIV_H
#define CPX_DATAPLANE_CTL_BOARD_PRIV_H

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "dataplane/ctl/board.h"
#include "dataplane/run/meta.h"
#include "dataplane/run/placement.h"
#include "dataplane/run/worker.h"
#include "dataplane/tables/fib.h"
#include "dataplane/tables/iface.h"
#include "dataplane/tables/nexthop.h"
#include "lib/telemetry/path.h"

#define BOARD_PUNT_PERIOD_NS 1000000ull /* rings from the workers are looked at this often */

struct neighbors;

struct board_lane {     /* [lane]: telemetry lane index */
	uint16_t port;  /* index into board.ports */
	uint16_t index; /* lane of the port = queue */
	uint16_t worker;
};

struct board_port {  /* [i]: as config.ports */
	uint16_t id; /* DPDK port */
	uint16_t first_lane, n_lanes;
	uint16_t rx_queues; /* receive queues the carrier really has; fewer than lanes: shared */
	uint8_t mac[6];
	uint16_t *vlan_iface; /* [4096]; NULL without VLANs */
	bool probed, started;
	bool up;  /* link, as last looked at */
	bool cut; /* the link was up and went down: workers do not send there */
};

struct board {
	const struct config *cfg;
	struct placement placement;
	struct rcu *rcu;
	struct rte_mempool *pool;
	uint32_t n_buffers;

	unsigned n_ports, n_lanes, n_ifaces;
	struct board_port ports[CONFIG_MAX_PORTS];
	struct board_lane *lanes;
	unsigned n_devices;   /* probed so far */
	struct iface *ifaces; /* [1..n_ifaces]; 0 is IFACE_NONE */

	struct fib *fib4, *fib6;
	struct nexthop_table *nexthops;
	uint32_t *connected4, *connected6; /* [iface]: row of its connected subnets */
	struct neighbors *neighbors;
	unsigned held;

	struct telemetry *telemetry;
	char telemetry_path[TELEMETRY_PATH_LEN];

	unsigned n_workers;
	struct worker *workers[PLACEMENT_MAX_WORKERS];
	struct worker_cfg *cfgs[PLACEMENT_MAX_WORKERS];
	struct rte_ring *handoff[PLACEMENT_MAX_WORKERS][PLACEMENT_MAX_WORKERS]; /* [from][to] */
	bool running;
	struct loop *loop;
	struct loop_watch *timers[4];
};

/* What board_eal_init decided; one process, one EAL. */
extern struct placement eal_placement;
extern struct board_options eal_options;

/* memory.c */
uint32_t memory_buffers(const struct config *cfg, unsigned n_lanes, unsigned n_workers);
uint16_t memory_data_room(const struct config *cfg);
/* MB of everything a board allocates from DPDK memory. */
unsigned memory_estimate_mb(const struct config *cfg, unsigned n_lanes, unsigned n_workers);
struct fib_sizes memory_fib_sizes(const struct config *cfg, int family);

/* ports.c */
int ports_create(struct board *b, struct err *err);
int ports_start(struct board *b, struct err *err);
/* Looks at the links; a port whose link went down is taken from the workers' configuration until it
 * is back. From a loop timer. */
void ports_watch(struct board *b);
void ports_stop(struct board *b);
void ports_destroy(struct board *b);

/* ifaces.c: interfaces and the routes every board has */
int ifaces_create(struct board *b, struct err *err);
void ifaces_destroy(struct board *b);
/* routes.c */
int routes_create(struct board *b, struct err *err);

/* workers.c */
int workers_create(struct board *b, struct err *err);
int workers_start(struct board *b, struct err *err);
/* New configurations from the board's present state; old ones go after a grace period. */
void workers_republish(struct board *b);
void workers_stop(struct board *b);
void workers_destroy(struct board *b);

/* stats.c */
int stats_create(struct board *b, struct err *err);
void stats_describe(struct board *b); /* texts and placement, once */
void stats_refresh(struct board *b);  /* gauges of lanes and board */
/* Count for the control thread: slot of its own cell of a lane. */
void stats_count(struct board *b, uint16_t lane, unsigned slot, uint64_t n);

/* punt.c: the rings to and from the workers */
void punt_poll(void *board); /* loop timer */
/* A frame of ours out of an interface's port. Takes buf's bytes; counted as originated. */
void punt_send(struct board *b, const struct iface *iface, const uint8_t *frame, int len);
/* A held packet back to the worker of its lane. */
void punt_return(struct board *b, struct rte_mbuf *m, enum pkt_kind kind);
/* The packet ends here: counted on its lane, freed. */
void punt_drop(struct board *b, struct rte_mbuf *m, enum drop_reason reason);
void punt_consume(struct board *b, struct rte_mbuf *m);
/* At stop: everything still in rings and hold queues ends as "shutdown". */
void punt_drain(struct board *b);

/* arp.c, nd.c: one message each; consume the packet */
void arp_receive(struct board *b, struct rte_mbuf *m);
void nd_receive(struct board *b, struct rte_mbuf *m);

#endif
