/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour table: who is where on a connected subnet (RFC 826, RFC 4861 7.3). Each neighbour
 * owns a next-hop row and, once it is known, a host route to it; routes through a gateway hold the
 * gateway's row. A packet for a neighbour that is not resolved waits in its hold queue while the
 * neighbour is asked, three times a second apart. Who does not answer is not asked for some
 * seconds: packets for it are answered with an ICMP error. A neighbour is asked again when it has
 * not been confirmed for the configured age. Control thread only; fixed size.
 */
#ifndef CPX_DATAPLANE_CTL_NEIGHBORS_H
#define CPX_DATAPLANE_CTL_NEIGHBORS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct board;
struct rib_prefix;
struct rte_mbuf;

#define NEIGHBORS_HOLD_MAX       64   /* packets waiting for one neighbour */
#define NEIGHBORS_HOLD_TOTAL_MAX 1024 /* and for all */
#define NEIGHBORS_PROBES         3

enum neighbor_state {
	NEIGHBOR_FREE,
	NEIGHBOR_IDLE,       /* a gateway nobody sends to */
	NEIGHBOR_INCOMPLETE, /* asked, packets wait */
	NEIGHBOR_FAILED,     /* did not answer, and is not asked for now */
	NEIGHBOR_REACHABLE,
	NEIGHBOR_PROBING,   /* was reachable, asked again */
	NEIGHBOR_PERMANENT, /* static */
};

int neighbors_create(struct board *b, struct err *err);
void neighbors_destroy(struct board *b);

/* Static neighbour; never asked, never aged. -ENOSPC. The caller commits the RIB. */
int neighbors_add_static(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			 const uint8_t mac[6], struct err *err);
/* -ENOENT. A gateway stays as one that is to be asked. The caller commits. */
int neighbors_remove_static(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			    struct err *err);
/* The row of a gateway, made if it is not known; the neighbour stays as long as it is held. Held
 * and dropped as often as one likes; for the RIB. */
int neighbors_hold_gateway(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
			   uint32_t *row, struct err *err);
void neighbors_drop_gateway(struct board *b, uint32_t row);
/* Whether the gateway with this row was asked and did not answer. */
bool neighbors_failed(const struct board *b, uint32_t row);

/* A packet that wants row `arg` (meta.h), of type resolve or connected. Takes it. */
void neighbors_hold(struct board *b, struct rte_mbuf *m);
/* addr is at mac, it says. create: it spoke to us, so it will want answers. The caller commits,
 * then lets go what was held for who answered. */
void neighbors_confirm(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		       const uint8_t mac[6], bool create);
void neighbors_release(struct board *b);
/* Row of a neighbour; -ENOENT. */
int neighbors_row(struct board *b, uint16_t iface, uint8_t family, const uint8_t *addr,
		  uint32_t *row);

/*
 * The interface's port went and is back as another DPDK port, maybe with another address: rows are
 * rewritten, who was known is asked again, held packets end as "port_removed".
 */
void neighbors_move(struct board *b, uint16_t iface);
/* It has another MTU. */
void neighbors_set_mtu(struct board *b, uint16_t iface);
/* It went for good, and routes to its gateways have gone. The caller commits. */
void neighbors_forget(struct board *b, uint16_t iface);
/* The last address of this subnet went: its neighbours go. The caller commits. */
void neighbors_leave_subnet(struct board *b, uint16_t iface, const struct rib_prefix *subnet);

void neighbors_tick(void *board);      /* loop timer, once a second */
void neighbors_drain(struct board *b); /* end of hold queues at shutdown */
/* Known ones and those being resolved, without those that failed. */
unsigned neighbors_count(const struct board *b);

struct neighbor_view {
	uint16_t iface;
	uint8_t family;
	enum neighbor_state state;
	bool has_mac;
	uint8_t addr[16], mac[6];
	uint32_t gateway; /* ways of the RIB through it */
	uint16_t held;    /* packets that wait */
	uint32_t row;
	uint32_t age_s; /* since it was confirmed */
};
/* The next one; *at starts at 0. False: that was all. */
bool neighbors_view(const struct board *b, uint32_t *at, struct neighbor_view *v);

#endif
