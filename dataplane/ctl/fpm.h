/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server for zebra's FPM (dplane_fpm_nl): routes and next-hop groups straight from FRR, past the
 * kernel. One connection at a time, in the twins' namespace. Control thread.
 *
 * - A frame of zebra's is taken whole before workers see any of it: an update, which is a delete
 *   and an add in one, loses no packet.
 * - Each route is answered with itself and RTM_F_OFFLOAD (OFFLOAD_FAILED: refused), after it is in
 *   force. FRR 8 reads past these; later ones hold BGP back until they come.
 * - While zebra does not take answers, or says more than a turn can do, nothing more is read: TCP
 *   holds zebra back, nothing is lost.
 * - A connection that ends leaves its routes. The next one says all again; what it has not said
 *   `host: fpm_stale` seconds later goes.
 */
#ifndef CPX_DATAPLANE_CTL_FPM_H
#define CPX_DATAPLANE_CTL_FPM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct board;
struct loop;

struct fpm_counts {
	uint64_t connected; /* 0, 1 */
	uint64_t routes;    /* in the RIB */
	uint64_t connections;
	uint64_t messages;
	uint64_t refused; /* messages and what they ask for, connections that were no FPM's */
};

/* Listens, where `host: fpm` says so; nothing otherwise. -EADDRINUSE …, with remedy. */
int fpm_create(struct board *b, struct err *err);
int fpm_attach(struct board *b, struct loop *l, struct err *err);
void fpm_destroy(struct board *b);

/* What the watches and the timer do, for tests. fpm_serve: fd, a stream socket, is zebra from now
 * on; taken, closed when it is one too many. */
void fpm_serve(struct board *b, int fd);
void fpm_work(struct board *b);
void fpm_tick(void *board);

/* False: nobody listens. */
bool fpm_count(const struct board *b, struct fpm_counts *out);

#endif
