/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes, next hops and neighbours over the control socket: handlers for the table in verbs.c. What
 * does not fit into one answer is given in pages: an answer's "cursor" goes into the next request.
 * Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_ROUTE_VERBS_H
#define CPX_DATAPLANE_CTL_ROUTE_VERBS_H

#include <jansson.h>

#include "lib/base/err.h"

int route_verb_list(void *board, const json_t *request, json_t *reply, struct err *err);
int route_verb_nexthops(void *board, const json_t *request, json_t *reply, struct err *err);
int route_verb_neighbors(void *board, const json_t *request, json_t *reply, struct err *err);
/* Of RIB_ASKED: several at once, all or nothing. */
int route_verb_add(void *board, const json_t *request, json_t *reply, struct err *err);
int route_verb_del(void *board, const json_t *request, json_t *reply, struct err *err);

#endif
