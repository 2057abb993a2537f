/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What top.c (arguments, reading, plain lines) shares with top_screen.c (curses): the rates of
 * every lane, worker and drop reason between two views. One thread.
 */
#ifndef CPX_DATAPLANE_CLI_TOP_H
#define CPX_DATAPLANE_CLI_TOP_H

#include <stdbool.h>

#include "dataplane/cli/view.h"

enum top_sort { TOP_SORT_LANE, TOP_SORT_RX, TOP_SORT_TX, TOP_SORT_DROPS };

struct top_lane {
	const struct view_lane *lane;
	struct figure rx_pps, rx_bps, tx_pps, tx_bps, drops_pps; /* bits on the wire */
	struct figure rx_use, tx_use;                            /* per mille of the line rate */
};

struct top_drop {
	const struct view_drop *drop;
	struct figure pps;
};

struct top {
	const struct view *v, *older; /* older NULL at first: rates unknown */
	struct top_lane *lanes;       /* v->n_lanes, sorted */
	struct top_drop *drops;       /* n_drops of them ever happened, most a second first */
	unsigned n_drops;
	struct top_lane sum; /* lane NULL, use unknown */
	unsigned down;       /* lanes that are down */
	char instance[VIEW_TEXT];
	char uptime[32]; /* "3d 04:12:56" */
};

/* Rates of a view against an older one; top_free drops what it allocated, not the views. */
int top_make(struct top *t, const struct telemetry_reader *r, const struct view *v,
	     const struct view *older, enum top_sort sort, struct err *err);
void top_free(struct top *t);
/* Why a board does not simply run: "killed", "stopped", …; NULL when it does. */
const char *top_trouble(const struct view *v);

/* A key, or -1 after the wait. */
#define TOP_KEY_NONE (-1)

/* The screen. -ENOTTY where there is none; a failed open leaves the terminal alone. */
int top_screen_open(bool color);
void top_screen_close(void);
/* Draws; `first` is the first lane shown and is corrected to what is possible. */
void top_screen_draw(const struct top *t, enum top_sort sort, bool paused, unsigned *first);
/* Waits up to ms for a key: a letter, or TOP_KEY_UP and so on. */
enum { TOP_KEY_UP = 1000, TOP_KEY_DOWN, TOP_KEY_PAGE_UP, TOP_KEY_PAGE_DOWN, TOP_KEY_RESIZE };
int top_screen_key(int ms);

#endif
