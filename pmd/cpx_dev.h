/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of carrier dev (cpx_dev*.c) know of each other: one carrier and its two locks.
 *
 * control is the carrier's own, held over every call into it, so that it does not go or come back
 * in the middle of one. Calls may wait for the interrupt thread, so what runs there only tries.
 * The lock (cpx_dev_lock) is the process's, for what events touch: who carries whom, lane gates,
 * link. No call into a carrier is made with the lock held. Order: control, then lock; the other
 * way round by trying only.
 *
 * A carrier that is gone is not called. What our port is told meanwhile is kept, in the fields of
 * struct cpx_dev and in the port's data, and done when the carrier comes back: cpx_dev_return.c.
 */
#ifndef CPX_PMD_CPX_DEV_H
#define CPX_PMD_CPX_DEV_H

#include <pthread.h>

#include "pmd/cpx_dev_stats.h"
#include "pmd/cpx_ethdev.h"
#include "pmd/cpx_netdev.h"

enum cpx_said { CPX_UNSAID, CPX_OFF, CPX_ON };

struct cpx_dev {
	struct cpx_port *port;
	pthread_mutex_t control; /* recursive: a carrier may raise events from a call */
	uint16_t id;
	uint32_t gone; /* shared: not to be called; set with the lock, cleared with both */

	/* with the lock held */
	bool arrived;    /* a port of its name is here and ours, to be set up */
	bool link_moved; /* link to be worked out anew */
	uint32_t life;   /* counts up each time it goes */
	uint32_t gate[CPX_MAX_SOURCES];
	bool started;  /* set with both */
	bool lost;     /* its interface vanished: to be made anew; set with both */
	bool remaking; /* being removed or made by the interrupt thread, without a lock */
	bool orphan;   /* our port was closed meanwhile: that thread frees it, */
	bool cleaned;  /* and has removed the device */
	char interface[IF_NAMESIZE]; /* that a device we made is made over; empty: none */

	/* with control held: what it is */
	unsigned if_index; /* kernel interface to watch for it; 0 none, or it is gone (with the
			      lock) */
	uint16_t max_rx, max_tx;                /* queues it can have */
	uint64_t rx_offloads, tx_offloads, rss; /* what it can do */
	uint32_t dev_flags;
	uint16_t max_mtu;
	uint8_t key_len; /* of its hash */
	uint64_t owner;
	bool made; /* by us */
	char driver[32];
	struct cpx_dev_stats stats; /* stay when the carrier is gone */

	/* with control held: what it is to be */
	bool configured;
	uint64_t on_rx_offloads, on_tx_offloads;
	uint16_t mtu;
	bool mtu_set; /* while it ran, and not by a new configuration */
	struct rte_ether_addr mac;
	enum cpx_said promiscuous, allmulticast;
	int rx_numa[CPX_MAX_SOURCES], tx_numa[CPX_MAX_TX_QUEUES];
	unsigned refusals; /* how often it could not be set up since it is back */
	bool noted;        /* that its interface is gone */
};

static inline bool cpx_dev_gone(const struct cpx_dev *c)
{
	return load_acquire(&c->gone) != 0;
}

/* cpx_dev.c */
/* Set the carrier up as it is to be, and start it if we are started. Control held, nothing else
 * calls it. */
int cpx_dev_set_up(struct cpx_port *p);
/* Lane gates as they should be. Lock held. */
void cpx_dev_gates(struct cpx_port *p);

/* cpx_dev_choose.c */
void cpx_dev_info(const struct cpx_port *p, struct rte_eth_dev_info *info);
/* What the carrier is to be. */
void cpx_dev_choose(struct cpx_port *p, struct rte_eth_conf *conf);
void cpx_dev_count_queues(const struct cpx_port *p, uint16_t *n_rx, uint16_t *n_tx);
/* The same, for the port. 0 or -EINVAL. */
int cpx_dev_choose_queues(struct cpx_port *p);
/* The flags of frames that a carrier sees to with the offloads it was given of those `asked`. */
uint64_t cpx_dev_flags_done(uint64_t on, uint64_t asked);

/* cpx_dev_queue.c */
/* All of them, with what ours were given. Control held. */
int cpx_dev_set_up_queues(struct cpx_port *p);
int cpx_dev_rx_setup(struct cpx_port *p, unsigned lane, int numa);
int cpx_dev_tx_setup(struct cpx_port *p, unsigned lane, int numa);
int cpx_dev_rx_count(const struct cpx_rxq *q);
int cpx_dev_rx_status(void *rxq, uint16_t offset);
int cpx_dev_tx_status(void *txq, uint16_t offset);
int cpx_dev_tx_cleanup(const struct cpx_txq *q, uint32_t n);
/* net_ring forgets the frames in its rings when it goes: free them. Control held, gates closed,
 * every lcore outside. */
void cpx_dev_drain(struct cpx_port *p);

/* cpx_dev_control.c */
/* Tell the carrier what our port was told while it was gone. Control held. */
void cpx_dev_tell(struct cpx_port *p);
/* Before the first reading of a new carrier. Control held, as in the next. */
void cpx_dev_begin_stats(struct cpx_dev *c);
void cpx_dev_read_stats(struct cpx_dev *c);
int cpx_dev_set_mtu(struct cpx_port *p, uint16_t mtu);
int cpx_dev_set_mac(struct cpx_port *p, struct rte_ether_addr *mac);
int cpx_dev_set_promiscuous(struct cpx_port *p, bool on);
int cpx_dev_set_allmulticast(struct cpx_port *p, bool on);
/* Would the carrier pass frames of an MTU that it calls too large? */
bool cpx_dev_understates(const struct cpx_dev *c, uint16_t mtu);

/* cpx_dev_asks.c: of struct cpx_carrier_ops. */
int cpx_dev_flow_ctrl_get(const struct cpx_port *p, struct rte_eth_fc_conf *conf);
int cpx_dev_flow_ctrl_set(struct cpx_port *p, struct rte_eth_fc_conf *conf);
int cpx_dev_rate_limit(struct cpx_port *p, uint16_t queue, uint32_t mbps);
int cpx_dev_fec_get_capability(const struct cpx_port *p, struct rte_eth_fec_capa *capa, unsigned n);
int cpx_dev_fec_get(const struct cpx_port *p, uint32_t *capa);
int cpx_dev_fec_set(struct cpx_port *p, uint32_t capa);
int cpx_dev_arm(struct cpx_port *p, unsigned source, int fd);
void cpx_dev_disarm(struct cpx_port *p, unsigned source);

/* cpx_dev_pass.c: the carrier is started, and may be passed through; it is about to be stopped.
 * With control of it. */
void cpx_dev_pass_begin(struct cpx_port *p);
void cpx_dev_pass_end(struct cpx_port *p);

/* cpx_dev_make.c */
/* The port that args.carrier_name names, or the first of the device args.carrier_devargs makes:
 * then *made. 0 or -errno with err filled. */
int cpx_dev_find(const struct cpx_port *p, uint16_t *id, bool *made, struct err *err);
bool cpx_dev_first_port(const char *device, uint16_t *id);
/* Take away what cpx_dev_find made. */
void cpx_dev_unmake(const struct cpx_port *p, uint16_t id);

/* cpx_dev_rxmode.c: hooks of struct cpx_carrier_ops */
int cpx_dev_add_mac(struct cpx_port *p, struct rte_ether_addr *mac);
void cpx_dev_remove_mac(struct cpx_port *p, struct rte_ether_addr *mac);
int cpx_dev_set_multicasts(struct cpx_port *p, struct rte_ether_addr *macs, uint32_t n);
int cpx_dev_set_vlan_offload(struct cpx_port *p);
int cpx_dev_set_vlan(struct cpx_port *p, uint16_t id, bool on);
int cpx_dev_set_rss(struct cpx_port *p, struct rte_eth_rss_conf *conf);
int cpx_dev_set_reta(struct cpx_port *p);
int cpx_dev_read_clock(struct cpx_port *p, uint64_t *clock);
/* Tell a carrier that is back all of it. Control held. */
int cpx_dev_tell_rxmode(struct cpx_port *p);

/* cpx_dev_life.c */
int cpx_dev_attach(struct cpx_port *p, struct err *err);
void cpx_dev_detach(struct cpx_port *p);
void cpx_dev_free(struct cpx_dev *c);
void cpx_dev_lock(void);
void cpx_dev_unlock(void);
/* Take control for a call into the carrier. False, and nothing taken, when it is gone, or when the
 * interrupt thread would have to wait for another thread's call. */
bool cpx_dev_enter(struct cpx_dev *c);
/* The same for an lcore: it waits for nobody. */
bool cpx_dev_peek(struct cpx_dev *c);
/* Take control, whatever the carrier's state. */
void cpx_dev_hold(struct cpx_dev *c);
void cpx_dev_leave(struct cpx_dev *c);
/* What a carrier is, as it describes itself. Control held. */
int cpx_dev_learn(struct cpx_dev *c);
/* A port of ours that has a carrier, by our port id; NULL. Lock held. */
struct cpx_port *cpx_dev_port(uint16_t id);

/* The port that is carried by a port id; NULL. Lock held. */
struct cpx_port *cpx_dev_carried_by(uint16_t id);
/* The carrier is gone: dead lanes, link down. Lock held. */
void cpx_dev_went(struct cpx_port *p);
/* It is not, after all: it carries again if it was `open`, is to be taken back if it had
 * `arrived`. Lock held. */
void cpx_dev_stays(struct cpx_port *p, bool open, bool arrived);

/* cpx_dev_guard.c */
/* Be asked before the device of a port is removed, and no more. */
void cpx_dev_guard(uint16_t id);
void cpx_dev_unguard(uint16_t id);

/* cpx_dev_remake.c */
/* With control held: has the interface of a carrier vanished? Then it is gone, or somebody is told
 * what to do about it. True: cpx_dev_remake() has work. Any thread. */
bool cpx_dev_lose(struct cpx_port *p);
/* Is there an interface to look after? */
bool cpx_dev_remakes(const struct cpx_dev *c);
/* Is the interrupt thread removing or making a device of this name? Any thread, lock not held. */
bool cpx_dev_remaking(const char *name);
/* Of the port with this id: remove a carrier that is lost, or make it again. No lock held. 0, or
 * when to come again, in us. */
unsigned cpx_dev_remake(uint16_t id);

/* cpx_dev_return.c */
#define CPX_DEV_WATCH_US 100000
/* Look after carriers that are back or whose link moved, soon, on the interrupt thread. */
void cpx_dev_tend_soon(void);

#endif
