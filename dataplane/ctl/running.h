/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a board runs, as a configuration: its own, with the ports that breakouts have made of the
 * file's. A file of it, run anew, gives the same board. Control thread.
 */
#ifndef CPX_DATAPLANE_CTL_RUNNING_H
#define CPX_DATAPLANE_CTL_RUNNING_H

#include "config/config.h"

struct board;

/* A copy, laid out as the board's own; pieces of ports have free places. The caller's to free.
 * -ENOMEM; -ENOSPC: more pieces than a file has room for ports. */
int running_config(const struct board *b, struct config **out, struct err *err);

#endif
