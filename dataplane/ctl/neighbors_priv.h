/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour table's inside, for neighbor*.c only. Control thread.
 *
 *              packet                   answer               age
 *   IDLE ────────────────▶ INCOMPLETE ────────▶ REACHABLE ────────▶ PROBING ─┐ answer: REACHABLE
 *     ▲  a gateway's only      │ no answer                            │ no answer
 *     └──────── some seconds ─ FAILED ◀───────────────────────────────┘
 *
 * Whatever has to happen at a time stands in a wheel of lists, one a second; nothing walks the
 * table. Those that are not known yet, and that no route holds, stand in a list by age: it is
 * limited to a share of the table, and the oldest makes room. So a sweep over a subnet can neither
 * fill the table nor drive out anybody who answers.
 */
#ifndef CPX_DATAPLANE_CTL_NEIGHBORS_PRIV_H
#define CPX_DATAPLANE_CTL_NEIGHBORS_PRIV_H

#include <rte_hash.h>

#include "dataplane/ctl/board_priv.h"
#include "dataplane/ctl/neighbors.h"

#define NEIGHBORS_WHEEL 512 /* seconds; what is due later passes by several times */

struct neighbor_key {
	uint16_t iface;
	uint16_t family;
	uint8_t addr[16];
};

struct links { /* in a list of indices + 1; 0: none */
	uint32_t prev, next;
};

struct neighbor {
	struct neighbor_key key;
	uint8_t state; /* enum neighbor_state */
	uint8_t mac[6];
	bool host_route; /* the RIB has one to its row */
	bool failed;     /* did not answer when last asked; groups leave it out */
	uint8_t probes;  /* sent since the last answer */
	uint8_t backoff; /* of a gateway: times it did not answer, up to a limit */
	bool timed, weak;
	uint32_t gateway; /* ways of the RIB that hold its row */
	uint32_t row;     /* next hop */
	uint32_t due;     /* second at which something is to be done; `timed` */
	uint32_t confirmed;
	struct links wheel, age; /* `age` of the weak ones; of a free one next is the next free */
	uint16_t n_held, first_held, last_held;
};

struct held { /* a packet that waits */
	struct rte_mbuf *m;
	uint16_t next;
};

struct neighbors {
	struct rte_hash *by_addr; /* key -> index */
	struct neighbor *all;
	uint32_t *of_row; /* [next-hop row] -> index + 1 */
	uint32_t max, used, n, n_failed, free;
	uint32_t now;                        /* seconds, as neighbors_tick() counts */
	uint32_t wheel[NEIGHBORS_WHEEL + 1]; /* heads; the last one: due in this second */
	uint32_t oldest, newest;             /* of the weak */
	uint32_t n_weak, max_weak;
	uint32_t asks;                                  /* that may still be sent this second */
	struct held held[NEIGHBORS_HOLD_TOTAL_MAX + 1]; /* 0 is none */
	uint16_t free_held;
	uint32_t ready[NEIGHBORS_HOLD_TOTAL_MAX]; /* answered: what they hold goes after a commit */
	uint32_t n_ready;
};

/* neighbors.c */
void neighbor_forget(struct board *b, struct neighbor *n);
void neighbor_unroute(struct board *b, struct neighbor *n);
/* Its state, and with it the list of the weak. */
void neighbor_set_state(struct board *b, struct neighbor *n, enum neighbor_state state);

/* neighbor_ask.c: time */
void neighbor_schedule(struct neighbors *t, struct neighbor *n, uint32_t seconds);
void neighbor_unschedule(struct neighbors *t, struct neighbor *n);
/* Ask, as far as this second's requests allow, and again in a second. */
void neighbor_ask(struct board *b, struct neighbor *n);
/* It is known from now on. */
void neighbor_answered(struct board *b, struct neighbor *n);

/* neighbor_hold.c: packets that wait */
void neighbor_hold_init(struct neighbors *t);
/* False: there is no room. */
bool neighbor_keep(struct board *b, struct neighbor *n, struct rte_mbuf *m);
void neighbor_return_held(struct board *b, struct neighbor *n, enum pkt_kind kind);
void neighbor_end_held(struct board *b, struct neighbor *n, enum drop_reason reason);

#endif
