/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel twins: each port of a board has a TAP device of the same name, MAC, MTU and carrier in a
 * network namespace of the operator's choice. What arrives for the host is given to the twin; what
 * the host sends leaves by the port. A twin that is deleted is made again. Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_TWIN_H
#define CPX_DATAPLANE_CTL_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct board;
struct config;
struct loop;
struct rte_mbuf;
struct twins;

/* After ports are made; nothing when the configuration wants no twins. -EPERM: CAP_NET_ADMIN is
 * missing; -ENOENT: no such namespace. */
int twins_create(struct board *b, struct err *err);
int twins_attach(struct board *b, struct loop *l, struct err *err);
void twins_destroy(struct board *b);

/* Whether the interface's port has one. */
bool twin_has(const struct board *b, uint16_t iface);
/* A whole frame for the host, tag put back where it came with one. Takes the packet; counted. */
void twin_deliver(struct board *b, struct rte_mbuf *m);
/* The same of a packet the board goes on using (ARP replies, adverts). */
void twin_copy(struct board *b, const struct rte_mbuf *m);

/* Kernel index of a port's twin, 0: none; and back, -1. For netlink. */
int twin_ifindex(const struct board *b, unsigned port);
int twin_port(const struct board *b, int ifindex);
/* File of the namespace the twins live in, for netlink sockets; -1: the process's own. -ENOENT: it
 * was deleted, and is waited for. */
int twins_netns(const struct board *b);
/* Another number when it is another namespace (of the same name): open netlink sockets anew. */
unsigned twins_epoch(const struct board *b);
/* Twins there are, and those that others deleted and we made again. For metrics. */
void twins_count(const struct board *b, uint64_t *there, uint64_t *remade);

/* Give the kernel what was delivered, take what it has sent. By the punt's timer, and by a watch of
 * our own as soon as something comes. */
void twins_poll(struct board *b);
/* Ports changed (link, MTU, breakout): twins follow. */
void twins_follow(struct board *b);
/* The board has another configuration than this: twins get its addresses. */
void twins_readdress(struct board *b, const struct config *was);

#endif
