/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A net_cpx port inside the driver: its lanes, its carrier and what the files of the driver call
 * of each other. Lanes are numbered from 0 within the port here; the engine's numbers are
 * args.first_lane and on.
 *
 * Threads: ethdev's control calls on one port come one at a time (the application's duty). A
 * carrier may also call in from DPDK's interrupt thread and, for a fiber, from the control thread
 * of the port at the other end; cpx_link_refresh and the fields marked "shared" allow for that.
 */
#ifndef CPX_PMD_CPX_ETHDEV_H
#define CPX_PMD_CPX_ETHDEV_H

#include <ethdev_driver.h>

#include <stdio.h>
#include <sys/queue.h>

#include "lib/cmis/fec.h"
#include "pmd/cpx_args.h"
#include "pmd/cpx_look.h"
#include "pmd/cpx_rxtx.h"

/* Frames: 14 bytes of Ethernet and two VLAN tags over the MTU; no FCS on a lane. */
enum cpx_isa { CPX_ISA_BASE, CPX_ISA_AVX2, CPX_ISA_AVX512, CPX_N_ISA };

#define CPX_FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)
#define CPX_MAX_MTU        (CPX_MAX_FRAME - CPX_FRAME_OVERHEAD)

#ifdef CPX_WIDE
#define CPX_WIDE_BURSTS(name)                              \
	{                                                  \
		&name##_base, &name##_avx2, &name##_avx512 \
	}
#else
#define CPX_WIDE_BURSTS(name) \
	{                     \
		&name##_base  \
	}
#endif
#define CPX_RING_BURSTS CPX_WIDE_BURSTS(cpx_ring_bursts)
#define CPX_PEER_BURSTS CPX_WIDE_BURSTS(cpx_peer_bursts)

struct cpx_engine;
struct cpx_flow;
struct cpx_port;
struct rte_ring;

/* What the engine's thread tells of a port for ethdev's questions, also those of another process:
 * a sequenced object (lib/base/order.h). */
#define CPX_MODULE_PAGES 5 /* lower memory, 00h, 01h, 02h, 11h of the port's bank */
struct cpx_module {
	uint64_t seq;
	uint32_t length; /* bytes that there are, 0: no module answers */
	uint8_t pages[CPX_MODULE_PAGES * 128];
	uint64_t codewords[CPX_MAX_LANES][FEC_BINS]; /* received, by wrong symbols */
};

/* A statistic of a lane that one carrier alone has. */
struct cpx_lane_stat {
	const char *name; /* behind "lane<i>_" */
	bool gauge;       /* is, and does not count: a reset leaves it */
};
#define CPX_MAX_LANE_STATS 16

/*
 * What moves a port's frames: one const table a carrier, one file a carrier. Hooks marked
 * "optional" may be NULL. All run on the port's control thread.
 */
struct cpx_carrier_ops {
	const char *mode; /* "Lane Loop": what burst_mode_get says first */
	/* one table each instruction set, NULL where there is none; see cpx_burst.c */
	const struct cpx_bursts *bursts[CPX_N_ISA];
	eth_tx_prep_t tx_prepare; /* NULL: cpx_tx_prepare */
	bool copies;              /* received frames are copied into mbufs of our pools */

	/* Probe: find and claim the carrier, set p->carrier and, where it has one, p->macs[0]; say
	 * in data->promiscuous whether it passes all frames now, in p->lanes_filter that it cannot
	 * do otherwise; take LSC out of dev_flags if it cannot be raised. 0 or -errno with err
	 * filled. */
	int (*attach)(struct cpx_port *p, struct err *err);
	/* Close: give everything back; the port is stopped. */
	void (*detach)(struct cpx_port *p);
	/* Narrow what the port says of itself. Optional. */
	void (*info)(const struct cpx_port *p, struct rte_eth_dev_info *info);
	int (*configure)(struct cpx_port *p); /* optional */
	/* Queue i has its pool and nb_desc (a wish on entry, the truth on return). */
	int (*rx_setup)(struct cpx_port *p, unsigned lane, int numa);
	int (*tx_setup)(struct cpx_port *p, unsigned lane, int numa); /* optional */
	/* The queues are ready, no lane is open; every set-up queue gets its end. */
	int (*start)(struct cpx_port *p);
	/* All lanes are closed. No mbuf stays behind. */
	void (*stop)(struct cpx_port *p);
	/* What one of our sources takes: a set of CPX_GATE_*. */
	void (*gate)(struct cpx_port *p, unsigned source, uint32_t gate);
	/* Free what a source holds, and say how many; nobody reads it. Optional. */
	unsigned (*flush)(struct cpx_port *p, unsigned source);
	/* Do senders mark frames with a time, so that receivers must look? Optional. */
	bool (*timed)(const struct cpx_port *p);
	/* Lanes were opened or closed: tell the other end. Optional. */
	void (*changed)(struct cpx_port *p);
	/* Make frames that come to a source from now on ring `fd`; -EAGAIN when there are some.
	 * The lcore of the queue that reads it. NULL: no receive interrupts. */
	int (*arm)(struct cpx_port *p, unsigned source, int fd);
	void (*disarm)(struct cpx_port *p, unsigned source);
	/* Set of lanes that could carry as far as the other end goes; NULL: all. Any thread. */
	uint32_t (*lit)(const struct cpx_port *p);
	/* Light, for emulated engines (cpx_engine_world.c). The port at the other end, in this
	 * process: NULL while there is none. Else: set of lanes that light arrives on, and of those
	 * that send back what we send; both NULL: always light. Any thread. */
	struct cpx_port *(*far)(struct cpx_port *p);
	uint32_t (*light)(const struct cpx_port *p);
	uint32_t (*reflected)(const struct cpx_port *p);
	/* Set of lanes that carry frames, of those we opened. Any thread. */
	uint32_t (*carrying)(const struct cpx_port *p);
	int (*rx_count)(const struct cpx_rxq *q); /* frames waiting, or -errno */
	eth_rx_descriptor_status_t rx_status;
	eth_tx_descriptor_status_t tx_status;
	/* Free what was sent and is still held, at most n frames (0: all); NULL: nothing is. */
	int (*tx_cleanup)(const struct cpx_txq *q, uint32_t n);
	void (*stats)(struct cpx_port *p, struct rte_eth_stats *stats); /* errors; optional */
	/* More statistics of a lane, the last without a name, and their values: those that count
	 * never go back. Both or none. */
	const struct cpx_lane_stat *lane_stats;
	void (*lane_values)(struct cpx_port *p, unsigned lane, uint64_t *values);
	int (*set_mtu)(struct cpx_port *p, uint16_t mtu); /* optional */
	/* Address filters: all of them or none. -ENOTSUP or -ENOSPC where this one cannot. */
	int (*set_promiscuous)(struct cpx_port *p, bool on);
	int (*set_allmulticast)(struct cpx_port *p, bool on);
	int (*set_mac)(struct cpx_port *p, struct rte_ether_addr *mac);
	int (*add_mac)(struct cpx_port *p, struct rte_ether_addr *mac);
	void (*remove_mac)(struct cpx_port *p, struct rte_ether_addr *mac);
	int (*set_multicasts)(struct cpx_port *p, struct rte_ether_addr *macs, uint32_t n);
	/* With a carrier that has some of the receive offloads: bring those of VLANs in line with
	 * dev_conf; the others are called when carrier_rx_offloads says so. */
	int (*set_vlan_offload)(struct cpx_port *p);
	int (*set_vlan)(struct cpx_port *p, uint16_t id, bool on);
	int (*set_rss)(struct cpx_port *p, struct rte_eth_rss_conf *conf);
	int (*read_clock)(struct cpx_port *p, uint64_t *clock);
	int (*set_reta)(struct cpx_port *p);               /* spread as look.rss says; optional */
	void (*dump)(const struct cpx_port *p, FILE *out); /* optional */
	/* What a carrier does itself instead of the lanes. All optional. */
	int (*flow_ctrl_get)(const struct cpx_port *p, struct rte_eth_fc_conf *conf);
	int (*flow_ctrl_set)(struct cpx_port *p, struct rte_eth_fc_conf *conf);
	int (*rate_limit)(struct cpx_port *p, uint16_t queue, uint32_t mbps);
	int (*fec_get_capability)(const struct cpx_port *p, struct rte_eth_fec_capa *capa,
				  unsigned n);
	int (*fec_get)(const struct cpx_port *p, uint32_t *capa);
	int (*fec_set)(struct cpx_port *p, uint32_t capa);
	int (*monitor)(const struct cpx_rxq *q, struct rte_power_monitor_cond *cond);
	/* Back to what it was after probe; the port is stopped, its queues are not set up. */
	int (*reset)(struct cpx_port *p);
};

extern const struct cpx_carrier_ops cpx_loop_ops, cpx_fiber_ops, cpx_peer_ops, cpx_dev_ops;

/* In ethdev's dev_private: seen by secondary processes, so without pointers to functions or to
 * what is this process's own, but for the fields marked "primary". */
struct cpx_port {
	struct rte_eth_dev *dev; /* primary */
	struct rte_eth_dev_data *data;
	void *carrier; /* the carrier's own; primary */
	void *loop;    /* rings of a loop, or of loopback over another carrier; primary */
	struct cpx_args args;
	struct rte_ether_addr macs[CPX_FILTER_MACS];   /* ethdev's; 0: our own */
	uint32_t carrier_rx_queues, carrier_tx_queues; /* queues below the lanes */
	uint64_t carrier_rx_offloads;                  /* what the carrier does of what was asked */
	bool started;
	bool removing;     /* the device itself goes, see cpx_remove */
	bool ptypes_asked; /* the application knows of packet types */
	bool admin_down;   /* rte_eth_dev_set_link_down */
	bool interrupts;   /* receivers may sleep */
	bool lanes_filter; /* addresses, though the carrier would, see cpx_mac.c */
	bool looped;       /* loopback: the carrier is left alone */
	bool passing;      /* lcores call the carrier itself, see cpx_dev_pass.c */
	bool pass_noted;
	enum rte_eth_fc_mode fc_mode;
	uint32_t fec_asked;  /* RTE_ETH_FEC_MODE_CAPA set */
	uint32_t open_lanes; /* shared: lanes that our end has in service */
	uint32_t lit_lanes;  /* … and those it could have, see cpx_lanes.c */
	/* engine: lanes that it has up; and what is true of emulated ones, see cpx_engine_world.c
	 */
	LIST_ENTRY(cpx_port) world_link;  /* primary */
	struct cpx_engine *engine;        /* NULL: nobody manages it; primary */
	uint32_t engine_lanes;            /* shared: all, if nobody manages it */
	uint32_t diverted_lanes;          /* shared: no frames go there: patterns, loopback */
	uint32_t dark_lanes;              /* shared: send no light */
	uint32_t reflecting_lanes;        /* shared: send back to the other end what it sent */
	uint32_t looped_lanes;            /* what we send comes back, see cpx_detour.c */
	uint64_t lane_ber[CPX_MAX_LANES]; /* shared: a double: before FEC, NaN: none */
	struct cpx_module module;
	double lane_cer[CPX_MAX_LANES];               /* … and what it makes of codewords */
	struct rte_ring *detour[CPX_MAX_LANES];       /* primary */
	struct cpx_flow *flow;                        /* flow rules; NULL: there never were any */
	int wake[CPX_MAX_LANES], wait[CPX_MAX_LANES]; /* of queues, see cpx_intr.c; primary */

	/* counters at the last reset, so that single-writer counters never go back */
	struct cpx_rx_counters rx_base[CPX_MAX_LANES];
	struct cpx_tx_counters tx_base[CPX_MAX_LANES];
	/* frames of a queue whose lane is down go over another, see cpx_lanes_tx() */
	uint8_t tx_over[CPX_MAX_LANES]; /* queue's lane → the lane that carries it */
	struct cpx_tx_counters tx_mark[CPX_MAX_LANES];  /* of the queue, when that changed last */
	struct cpx_tx_counters tx_moved[CPX_MAX_LANES]; /* what a lane carried before */
	struct rte_eth_stats carrier_base;
	struct rte_eth_stats pass_last; /* the carrier's, when last added to the lanes' */
	uint64_t lane_base[CPX_MAX_LANES][CPX_MAX_LANE_STATS];
	uint64_t fec_base[CPX_MAX_LANES][FEC_BINS];

	struct cpx_look look;
	uint32_t strips; /* set of queues that strip VLAN tags */
	struct cpx_sources sources;
	struct cpx_spread spread;
	struct cpx_rxq rx[CPX_MAX_SOURCES];   /* those beyond the lanes are sources only */
	struct cpx_txq tx[CPX_MAX_TX_QUEUES]; /* those of the lanes have the lanes' ends */
};

static inline struct cpx_port *cpx_port_of(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline const char *cpx_port_name(const struct cpx_port *p)
{
	return p->data->name;
}

static inline bool cpx_sends_on_time(const struct cpx_port *p)
{
	return (p->data->dev_conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP) != 0;
}

/* cpx_ethdev.c */
extern const struct cpx_carrier_ops *const cpx_carriers[];

static inline const struct cpx_carrier_ops *cpx_ops(const struct cpx_port *p)
{
	return p->looped ? &cpx_loop_ops : cpx_carriers[p->args.carrier];
}

/* cpx_link.c */
/* Work link state and speed out anew and raise LSC, from the interrupt thread, if they changed
 * and the application asked for it. Any control or interrupt thread. */
void cpx_link_refresh(struct cpx_port *p);
/* Raise INTR_RESET: the port does not carry until the application has reset it. */
void cpx_want_reset(struct cpx_port *p);
/* No event is on its way once this returns. Not from a place that blocks the interrupt thread. */
void cpx_link_quiet(struct cpx_port *p);
int cpx_link_update(struct rte_eth_dev *dev, int wait);

/* cpx_stats.c */
int cpx_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
int cpx_stats_reset(struct rte_eth_dev *dev);
int cpx_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned n);
int cpx_xstats_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned n);

/* cpx_burst.c */
const struct cpx_bursts *cpx_bursts(const struct cpx_port *p);
/* Take the burst functions that do what is asked and no more, also while the port runs. */
void cpx_burst_select(struct rte_eth_dev *dev);
int cpx_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_burst_mode *mode);
int cpx_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_burst_mode *mode);

/* cpx_lanes.c */
/* Put the lanes in service that should be now, the others out of it; who reads which source
 * follows; tell carrier and application. */
void cpx_lanes_apply(struct cpx_port *p);
/* The other end put lanes in or out of service: who reads which source, and the link, follow.
 * Any thread. */
void cpx_lanes_changed(struct cpx_port *p);
/* The engine has these lanes up, and no others. Any thread. */
void cpx_lanes_engine(struct cpx_port *p, uint32_t lanes);
/* The lane that carries what is sent on and comes from lane `home`: that one, while it is up. */
unsigned cpx_lane_over(uint32_t up, unsigned n_lanes, unsigned home);
/* What a lane carried, of its own queues and of those whose lanes were down. Any thread. */
struct cpx_tx_counters cpx_lanes_tx(struct cpx_port *p, unsigned lane);
/* Every queue gets its lane, before a start. */
void cpx_lanes_feed(struct cpx_port *p);
/* spread=hash goes by the redirection table, where there is one. */
void cpx_lanes_spread(struct cpx_port *p);

/* cpx_loop.c */
/* Take the carrier out of the way of the frames, or back in. The port is stopped. */
int cpx_loopback_set(struct cpx_port *p, bool on);

/* cpx_dump.c */
int cpx_priv_dump(struct rte_eth_dev *dev, FILE *out);
int cpx_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);

/* cpx_rate.c */
int cpx_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int cpx_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int cpx_queue_rate_limit(struct rte_eth_dev *dev, uint16_t i, uint32_t mbps);

/* cpx_fec.c */
int cpx_fec_get_capability(struct rte_eth_dev *dev, struct rte_eth_fec_capa *capa, unsigned n);
int cpx_fec_get(struct rte_eth_dev *dev, uint32_t *capa);
int cpx_fec_set(struct rte_eth_dev *dev, uint32_t capa);

/* cpx_dev_asks.c: of eth_dev_ops */
int cpx_get_module_info(struct rte_eth_dev *dev, struct rte_eth_dev_module_info *info);
int cpx_get_module_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info);
int cpx_led_on(struct rte_eth_dev *dev);
int cpx_led_off(struct rte_eth_dev *dev);
int cpx_fw_version_get(struct rte_eth_dev *dev, char *text, size_t size);

/* cpx_dev_pass.c */
void cpx_dev_pass_select(struct cpx_port *p);
void cpx_dev_pass_count(struct cpx_port *p);
int cpx_dev_pass_mode(const struct cpx_port *p, bool tx, uint16_t i,
		      struct rte_eth_burst_mode *mode);
/* False: the queue is one of ours. */
bool cpx_dev_pass_cleanup(void *txq, uint32_t n, int *rc);
bool cpx_dev_pass_monitor(const void *rxq, struct rte_power_monitor_cond *cond, int *rc);

/* cpx_intr.c */
int cpx_intr_open(struct cpx_port *p);
void cpx_intr_close(struct cpx_port *p);
/* Let `fd`, too, wake whoever waits for a queue. */
int cpx_intr_add(struct cpx_port *p, unsigned queue, int fd);
/* Wake all who wait. */
void cpx_intr_kick(struct cpx_port *p);
int cpx_rx_intr_enable(struct rte_eth_dev *dev, uint16_t i);
int cpx_rx_intr_disable(struct rte_eth_dev *dev, uint16_t i);

/* cpx_rxmode.c */
/* Take dev_conf, before the carrier is configured; and begin, after that. */
int cpx_rxmode_configure(struct cpx_port *p);
void cpx_rxmode_begin(struct cpx_port *p);
/* Let the lcores do what is asked now and the carrier does not do. */
void cpx_rxmode_apply(struct cpx_port *p);
int cpx_vlan_filter_set(struct rte_eth_dev *dev, uint16_t id, int on);
int cpx_vlan_offload_set(struct rte_eth_dev *dev, int mask);
void cpx_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t queue, int on);
int cpx_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int cpx_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int cpx_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size);
int cpx_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size);
int cpx_read_clock(struct rte_eth_dev *dev, uint64_t *clock);

/* cpx_mac.c */
/* Once, with the port's own address in macs[0] and its promiscuity in data. */
void cpx_mac_init(struct cpx_port *p);
/* Do the lanes filter addresses, or the carrier? */
bool cpx_lanes_filter(const struct cpx_port *p);
int cpx_promiscuous_enable(struct rte_eth_dev *dev);
int cpx_promiscuous_disable(struct rte_eth_dev *dev);
int cpx_allmulticast_enable(struct rte_eth_dev *dev);
int cpx_allmulticast_disable(struct rte_eth_dev *dev);
int cpx_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac);
int cpx_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index,
		     uint32_t pool);
void cpx_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int cpx_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *macs, uint32_t n);

/* cpx_ptype.c */
const uint32_t *cpx_ptypes_get(struct rte_eth_dev *dev);
int cpx_ptypes_set(struct rte_eth_dev *dev, uint32_t mask);

/* cpx_queue.c */
/* May frames of this MTU come into mbufs of `room` bytes? Says why not. */
int cpx_room_check(const struct cpx_port *p, uint16_t mtu, uint32_t room);
int cpx_rx_queue_setup(struct rte_eth_dev *dev, uint16_t i, uint16_t nb_desc, unsigned numa,
		       const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int cpx_tx_queue_setup(struct rte_eth_dev *dev, uint16_t i, uint16_t nb_desc, unsigned numa,
		       const struct rte_eth_txconf *conf);
void cpx_rx_queue_release(struct rte_eth_dev *dev, uint16_t i);
void cpx_tx_queue_release(struct rte_eth_dev *dev, uint16_t i);
int cpx_rx_queue_start(struct rte_eth_dev *dev, uint16_t i);
int cpx_rx_queue_stop(struct rte_eth_dev *dev, uint16_t i);
int cpx_tx_queue_start(struct rte_eth_dev *dev, uint16_t i);
int cpx_tx_queue_stop(struct rte_eth_dev *dev, uint16_t i);
void cpx_rxq_info_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_rxq_info *info);
void cpx_txq_info_get(struct rte_eth_dev *dev, uint16_t i, struct rte_eth_txq_info *info);
uint32_t cpx_rx_queue_count(void *rxq);
int cpx_tx_done_cleanup(void *txq, uint32_t n);
int cpx_get_monitor_addr(void *rxq, struct rte_power_monitor_cond *cond);
/* The same of lanes on rings. */
void cpx_ring_info(const struct cpx_port *p, struct rte_eth_dev_info *info);
int cpx_ring_monitor(const struct cpx_rxq *q, struct rte_power_monitor_cond *cond);
int cpx_ring_source_arm(struct cpx_port *p, unsigned source, int fd);
void cpx_ring_source_disarm(struct cpx_port *p, unsigned source);
int cpx_ring_rx_count(const struct cpx_rxq *q);
int cpx_ring_rx_status(void *rxq, uint16_t offset);
int cpx_ring_tx_status(void *txq, uint16_t offset);

#endif
