/* SPDX-License-Identifier: BSD-3-Clause */
/* The board's inside, for the files of dataplane/ctl only. Control thread. */
#ifndef CPX_DATAPLANE_CTL_BOARD_PRIV_H
#define CPX_DATAPLANE_CTL_BOARD_PRIV_H

#include <netinet/in.h>

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
#include "pmd/cpx_engine.h"

#define BOARD_PUNT_PERIOD_NS 1000000ull /* rings from the workers are looked at this often */

struct control;
struct neighbors;
struct rib;
struct fpm;
struct jobs;
struct kernel;
struct twins;

/* Room for every port of the file and as many pieces of them. */
#define BOARD_MAX_PORTS   (2 * CONFIG_MAX_PORTS)
#define BOARD_FIRST_PIECE CONFIG_MAX_PORTS /* those of the file come before them */
/* Interfaces, from 1: untagged ones of ports, VLANs as in config.ifaces, then one a piece. */
#define BOARD_MAX_IFACES (CONFIG_MAX_PORTS + CONFIG_MAX_VLANS + CONFIG_MAX_PORTS)
#define BOARD_NO_PORT    UINT16_MAX

struct board_lane {      /* [lane]: telemetry lane index; every lane of a port of the file */
	uint16_t engine; /* index into config.engines */
	uint16_t number; /* of the engine's lanes */
	uint16_t worker;
	uint16_t port;  /* index into board.ports; BOARD_NO_PORT while it has none */
	uint16_t index; /* lane of the port = queue */
	uint16_t life;  /* counts its ports; see lane_stamp() */
};

/*
 * A port as it is now: [i] below BOARD_FIRST_PIECE is port i of the configuration, while it is
 * there; pieces that a breakout made follow.
 */
struct board_port {
	struct config_port spec;               /* the file's port, or what a breakout made of it */
	const struct config_port *from;        /* the file's port it is, or is a piece of */
	uint16_t piece;                        /* of that port, from 1 */
	uint16_t id;                           /* DPDK port */
	uint16_t lanes[CONFIG_LANES_PER_BANK]; /* telemetry lane index of each; spec.n_lanes */
	uint16_t rx_queues;   /* receive queues the carrier really has; fewer than lanes: shared */
	uint8_t mac[6];       /* a port of the file keeps it when it is made again */
	uint16_t *vlan_iface; /* [4096]; NULL without VLANs. Workers read it; a change makes a new
				 one */
	uint16_t *old_vlans;  /* the one they have until they are told */
	bool wakes;           /* has receive interrupts; how its workers sleep */
	bool probed, started; /* not probed: there is no such port now */
	bool up;              /* link, as last looked at */
	uint32_t lanes_up;    /* … and the lanes that the engine has up */
	bool cut;             /* the link was up and went down: workers do not send there */
};

struct board_vrf {
	char name[CONFIG_NAME_LEN];
	uint32_t table; /* the kernel's */
	struct fib *fib4, *fib6;
};

/* Whose rows of telemetry are whose; engine_stats.c. */
#define ENGINE_STATS_NO_LANE UINT16_MAX
struct engine_stats {
	unsigned n_rows;
	struct cpx_engine *row[CPX_MAX_MODULES];                    /* NULL: nobody manages it */
	uint16_t lane[CONFIG_MAX_ENGINES][CONFIG_MAX_ENGINE_LANES]; /* telemetry lane index */
};

/* A port that goes or comes, and what it is a piece of. */
struct port_piece {
	unsigned port; /* entry of board.ports */
	struct config_port spec;
	const struct config_port *from;
	uint16_t number; /* of the pieces of `from`, from 1 */
};

/* Ports that give way to others; swap.c. */
struct port_swap {
	unsigned n_go, n_come;
	struct port_piece go[BOARD_MAX_PORTS], come[BOARD_MAX_PORTS];
	const struct config *old; /* the board's again if it fails; NULL: as it is */
};

struct board {
	/* Its own copy, laid out by config/layout.h: ports and interfaces have the same index for
	 * life, places may be free. apply.c puts another one here. */
	const struct config *cfg;
	struct placement placement;
	struct rcu *rcu;
	struct rte_mempool *pool;
	uint32_t n_buffers;

	unsigned n_ports, n_lanes, n_ifaces; /* n_ports: entries ever used, some not probed */
	struct board_port ports[BOARD_MAX_PORTS];
	struct board_lane *lanes;
	bool device_probed[CONFIG_MAX_DEVICES];
	/* [1..n_ifaces]: see BOARD_MAX_IFACES; 0 is IFACE_NONE. Workers read it: a change makes a
	 * new one. mtu 0: there is none now. */
	struct iface *ifaces, *shown; /* shown: the one workers read, while it is another */

	unsigned n_vrfs;
	struct board_vrf vrfs[CONFIG_MAX_VRFS]; /* as config.vrfs: 0 is the default one */
	struct nexthop_table *nexthops;
	uint16_t *owner;     /* [iface]: index into ports */
	uint32_t *link_rows; /* [iface]: row of what is on its link; 0: nobody asked for it */
	struct rib *rib;
	struct neighbors *neighbors;
	struct twins *twins;   /* NULL: none wanted */
	struct kernel *kernel; /* NULL without twins */
	struct fpm *fpm;       /* NULL: nobody listens for zebra */
	unsigned held;

	struct cpx_engine *engines[CONFIG_MAX_ENGINES]; /* as config.engines; NULL: unmanaged */
	struct engine_alarms *alarms;

	struct telemetry *telemetry;
	struct engine_stats engine_stats;
	uint64_t counted_from, control_ran; /* TSC and own CPU time, when first looked at */
	char telemetry_path[TELEMETRY_PATH_LEN];

	unsigned n_workers, max_workers; /* max: lcores, places and telemetry there are for them */
	struct worker *workers[PLACEMENT_MAX_WORKERS];
	struct worker_cfg *cfgs[PLACEMENT_MAX_WORKERS];
	/* [from][to]; spread: where one helps the other, or has */
	struct rte_ring *handoff[PLACEMENT_MAX_WORKERS][PLACEMENT_MAX_WORKERS];
	struct rte_ring *spread[PLACEMENT_MAX_WORKERS][PLACEMENT_MAX_WORKERS];
	unsigned punt_first; /* whose rings are taken first, modulo n_workers */
	bool staging;        /* apply.c: changes of routes and interfaces are not shown yet */
	uint64_t punt_came[PLACEMENT_MAX_WORKERS][PUNT_COUNT]; /* as punt_share() last looked */
	bool rx_held;     /* configurations made now poll no lane (workers_change.c) */
	bool unpublished; /* workers_republish() failed and is due */
	bool running;
	struct loop *loop;
	uint32_t period_ms; /* of timers[1] */
	struct loop_watch *timers[4];
	struct jobs *jobs;       /* NULL: not attached */
	struct control *control; /* NULL: not attached, or no socket could be made */
};

/* What board_eal_init decided; one process, one EAL. */
extern struct placement eal_placement;
extern struct board_options eal_options;

/* memory.c */
/* Packet buffers; workers beyond those there are at the start are counted without the rings
 * between them, which do not all fill at once. */
uint32_t memory_buffers(const struct config *cfg, unsigned n_lanes, const struct placement *p);
uint16_t memory_data_room(const struct config *cfg);
/* MB of everything a board allocates from DPDK memory. */
unsigned memory_estimate_mb(const struct config *cfg, unsigned n_lanes, const struct placement *p);
struct fib_sizes memory_fib_sizes(const struct config *cfg, unsigned vrf, int family);

/* board.c: the port's lanes are its own, or nobody's. The lanes begin another life. */
void board_give_lanes(struct board *b, unsigned port);
void board_take_lanes(struct board *b, unsigned port);

/* Another configuration of the same layout is the board's. The old one stays the caller's. */
void board_adopt(struct board *b, const struct config *cfg);
/* Publish sums this often; nothing without a loop. -ENOMEM: as before. */
int board_set_period(struct board *b, uint32_t ms);

/* engines.c */
bool engine_is_managed(const struct config *cfg, unsigned engine);
int engines_create(struct board *b, struct err *err);
void engines_destroy(struct board *b);
/* engine_alarms.c: after all engines are there */
int engine_alarms_create(struct board *b, struct err *err);
void engine_alarms_join(struct board *b);
void engine_alarms_destroy(struct board *b);
/* How a port's engine is managed, as devargs that begin with a comma; device: the port is on one.
 * Returns their length. */
int engine_args(char *args, size_t size, const struct config *cfg, const struct config_engine *e,
		bool device);

/* ports.c */
int ports_create(struct board *b, struct err *err);
int ports_start(struct board *b, struct err *err);
/* One port, from its spec: probed and configured; started; and gone again, however far it got. */
int port_make(struct board *b, unsigned i, struct err *err);
int port_start(struct board *b, unsigned i, struct err *err);
void port_end(struct board *b, unsigned i);
/* Looks at the links; a port whose link went down is taken from the workers' configuration until it
 * is back. From a loop timer. */
void ports_watch(struct board *b);
void ports_stop(struct board *b);
void ports_destroy(struct board *b);
/* While it runs. -EBUSY, -ENOTSUP …: its driver takes another MTU only when it is made anew. */
int port_set_mtu(struct board *b, unsigned i, uint16_t mtu);

int device_probe(struct board *b, const struct config_device *d, unsigned i, struct err *err);
void device_end(struct board *b, const struct config_device *d, unsigned i);

/*
 * swap.c: the ports of `go` end, those of `come` are made and started, routes and neighbours follow
 * their interfaces; others do not notice. Workers are told before and after. On failure all is as
 * before, or *err names the ports that could not be had back.
 */
int ports_swap(struct board *b, const struct port_swap *swap, struct err *err);
struct port_piece port_piece_of(const struct board *b, unsigned port);

/* ifaces.c: interfaces and the routes every board has */
int ifaces_create(struct board *b, struct err *err);
void ifaces_destroy(struct board *b);
/* Untagged interface of port i, whether it is there or not. */
uint16_t iface_of_port(const struct board *b, unsigned i);
/* From here to workers_republish() b->ifaces is a copy that no worker reads; -ENOMEM. */
int ifaces_change(struct board *b, struct err *err);
/* An interface without addresses for place i of a configuration, on a port that is there; and gone
 * again, with all that leads to it. The latter commits. */
void iface_open(struct board *b, const struct config *cfg, unsigned i);
void iface_close(struct board *b, unsigned i);
/* The port has another MTU: its interfaces and rows, too. */
void ifaces_set_mtu(struct board *b, unsigned port);
/* The board has another configuration than `from`: what its interfaces and fixed routes let through
 * follows. Uncommitted; -ENOMEM, -ENOSPC. */
int ifaces_filter(struct board *b, const struct config *from, struct err *err);
/* It was published: the table before it goes after a grace period. */
void ifaces_shown(struct board *b);
/* The port's table of VLANs anew, as the configuration has them; shown with the next publication.
 * -ENOMEM: the old one stays. */
int ifaces_tag(struct board *b, unsigned port, struct err *err);
/*
 * The port was made: its interfaces stand on it. Routes, rows and neighbours they have stay and are
 * of the new port; those they do not have are made from the file. Or it is not there any more: all
 * of it goes. Commits the RIB.
 */
int ifaces_attach(struct board *b, unsigned port, struct err *err);
void ifaces_detach(struct board *b, unsigned port);
/* The row of destinations on the interface's link; -ENOSPC. It stays as long as the interface. */
int iface_link_row(struct board *b, uint16_t iface, uint32_t *row, struct err *err);

/* The route table of a VRF, index into board.vrfs; NULL: there is no such VRF. */
static inline struct fib *board_fib(const struct board *b, unsigned vrf, unsigned family)
{
	if (vrf >= b->n_vrfs)
		return NULL;
	return family == AF_INET ? b->vrfs[vrf].fib4 : b->vrfs[vrf].fib6;
}

/* vrfs.c: the route tables */
int vrfs_create(struct board *b, struct err *err);
void vrfs_destroy(struct board *b);
void vrfs_commit(struct board *b);
void vrfs_settle(struct board *b);                       /* from a loop timer */
uint32_t vrfs_routes(const struct board *b, int family); /* in all of them */

/*
 * addrs.c: addresses of an interface come and go while workers run, each with its connected subnet
 * and its own host route. With the last address of a subnet its neighbours go, and routes whose
 * gateways were there lead nowhere until it is back. The first IPv6 address brings a link-local
 * one. -EEXIST, -ENOENT, -ENOSPC, -EINVAL. Visible after addrs_commit(), which publishes the
 * interfaces and commits the RIB.
 */
int addr_add(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len,
	     struct err *err);
int addr_del(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len,
	     struct err *err);
/* Another prefix length: who is on the subnet before and after stays. */
int addr_set_len(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t was,
		 uint8_t len, struct err *err);
int addrs_commit(struct board *b, struct err *err);
/* Whether a subnet of the interface has this address in it. */
bool addr_on_link(const struct iface *f, uint8_t family, const uint8_t *addr);
/* The routes an address brings and takes: its subnet, the broadcasts, itself. Uncommitted. */
int addr_route(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr, uint8_t len,
	       struct err *err);
void addr_unroute(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		  uint8_t len);

/* routes.c: static neighbours and routes of the file, of one interface or with IFACE_NONE of all;
 * the latter adds what leads nowhere, too. The caller commits. */
int routes_add(struct board *b, uint16_t iface, struct err *err);
/* One of them; c: the configuration it stands in. Of its gateways those whose interface is there.
 */
int route_add(struct board *b, const struct config *c, const struct config_route *r,
	      struct err *err);
int route_del(struct board *b, const struct config_route *r, struct err *err);

/* workers.c */
int workers_create(struct board *b, struct err *err);
int workers_start(struct board *b, struct err *err);
void workers_stop(struct board *b);
void workers_destroy(struct board *b);
/* One worker, which is or becomes the last: made with its rings, but without a configuration; its
 * thread started; ended; gone with what is left in its rings ("shutdown"). */
int worker_add(struct board *b, unsigned w, struct err *err);
int worker_start(struct board *b, unsigned w, struct err *err);
void worker_end(struct board *b, unsigned w);
void worker_remove(struct board *b, unsigned w);
/* The rings that workers need who share others' flows, as b->placement has it. */
int workers_spread(struct board *b, struct err *err);
/* The port was made and has its lanes: those that share a receive queue go to one worker. */
void workers_share_queues(struct board *b, unsigned port);

/* worker_cfgs.c */
/* New configurations from the board's present state; old ones go after a grace period. -ENOMEM: all
 * workers keep the old; ports_watch() tries again. */
int workers_republish(struct board *b);
/* The steps of it: one a worker, all or -ENOMEM; shown to the workers; in place of those there
 * were. Between make and replace nothing else may be published. */
int worker_cfgs_make(struct board *b, struct worker_cfg **made);
void worker_cfgs_publish(struct board *b, struct worker_cfg *const *cfgs);
void worker_cfgs_replace(struct board *b, struct worker_cfg *const *made);
void worker_cfg_retire(struct board *b, struct worker_cfg *c); /* after a grace period */
void worker_cfg_free(struct worker_cfg *c);                    /* no worker has it */

/*
 * workers_change.c: lanes move between workers and workers come and go while packets flow. Nothing
 * is lost and every flow keeps its order. Lanes are not polled for some microseconds (packets wait
 * in them) until all that is on its way has left.
 *
 * placement_lanes() for p->n_workers; worker of each lane into worker[] (NULL: into b->lanes).
 * -ENOMEM.
 */
int workers_place(struct board *b, struct placement *p, uint16_t *worker, struct err *err);
/* How many a board of this configuration has. */
unsigned workers_wanted(const struct board *b, const struct config *c);
/*
 * As many workers from now on, 1 to b->max_workers, lanes shared out anew, helpers as
 * b->cfg->spread has it. On failure all is as before. -EINVAL out of range, -ENOMEM, -EBUSY the
 * workers did not come to rest.
 */
int workers_resize(struct board *b, unsigned n, struct err *err);
/* The lane, and all that share its receive queue, to another worker. -EINVAL there is none such. */
int lane_move(struct board *b, unsigned lane, unsigned worker, struct err *err);

/* schedule.c: the control thread goes before others of its CPU; says who shares it */
void schedule_control(const struct board *b);

/* stats.c */
int stats_create(struct board *b, struct err *err);
void stats_describe(struct board *b); /* texts and placement, after each change of ports */
void stats_refresh(struct board *b);  /* gauges of lanes and board */
/* Count for the control thread: slot of its own cell of a lane. */
void stats_count(struct board *b, uint16_t lane, unsigned slot, uint64_t n);

/* engine_stats.c: engines and what they see of their lanes */
unsigned engine_stats_rows(const struct config *cfg); /* engines and laser sources there will be */
void engine_stats_describe(struct board *b);          /* once there are engines */
void engine_stats_refresh(struct board *b);

/* punt.c: the rings to and from the workers */
void punt_poll(void *board);      /* loop timer */
void punt_share(struct board *b); /* punt_share.c: ten times a second */
/* A frame of ours out of an interface's port. Takes buf's bytes; counted as originated. */
void punt_send(struct board *b, const struct iface *iface, const uint8_t *frame, int len);
/* The same of a frame in a buffer, with its flow hash. Takes m. */
void punt_originate(struct board *b, const struct iface *iface, struct rte_mbuf *m);
/* A held packet back to the worker of its lane. */
void punt_return(struct board *b, struct rte_mbuf *m, enum pkt_kind kind);
/* The packet ends here: counted on its lane, freed. */
void punt_drop(struct board *b, struct rte_mbuf *m, enum drop_reason reason);
void punt_consume(struct board *b, struct rte_mbuf *m);
/* Handle what the workers have punted so far. */
void punt_catch_up(struct board *b);
/* At stop: everything still in rings and hold queues ends as "shutdown". */
void punt_drain(struct board *b);

/* arp.c, nd.c: one message each; consume the packet */
void arp_receive(struct board *b, struct rte_mbuf *m);
void nd_receive(struct board *b, struct rte_mbuf *m);

#endif
