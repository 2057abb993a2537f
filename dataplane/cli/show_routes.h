/* SPDX-License-Identifier: BSD-3-Clause */
/* Subjects of cpx show that are asked of the board itself, not read in its segment. One thread. */
#ifndef CPX_DATAPLANE_CLI_SHOW_ROUTES_H
#define CPX_DATAPLANE_CLI_SHOW_ROUTES_H

#include <stdbool.h>

struct show_asked {
	const char *subject;  /* routes, nexthops, neighbors */
	const char *instance; /* NULL: the one that is running */
	const char *color;    /* as table_wants_color */
	const char *prefix;   /* routes: ADDRESS, PREFIX; NULL: all */
	const char *source;   /* routes: of this source; NULL: all */
	unsigned family;      /* routes: 4, 6; 0: both */
	bool json;
};

bool show_asks(const char *subject);
/* Prints all of it. EXIT_DONE, EXIT_FAILED. */
int show_ask(const struct show_asked *a);

#endif
