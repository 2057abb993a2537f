/* SPDX-License-Identifier: BSD-3-Clause */
/* What show.c asks of show_tables.c and show_engines.c (for people), show_json.c (for programs) and
 * show_drops.c (both). One thread. */
#ifndef CPX_DATAPLANE_CLI_SHOW_H
#define CPX_DATAPLANE_CLI_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "dataplane/cli/table.h"
#include "dataplane/cli/view.h"
#include "lib/telemetry/reader.h"

/* What one subject is printed from. */
struct show {
	const struct telemetry_reader *r;
	const struct view *v;
	const struct view *older; /* --watch, and of workers always: the view before, for rates */
	bool all;                 /* drops: zeros too */
	bool by_reason;           /* drops: sums over the lanes */
};

/* Tables: a new table, NULL when memory ran out. */
struct table *show_lanes_table(const struct show *s);
struct table *show_ports_table(const struct show *s);
struct table *show_engines_table(const struct show *s);
struct table *show_optics_table(const struct show *s);
struct table *show_workers_table(const struct show *s);
struct table *show_placement_table(const struct show *s); /* below that of workers */
struct table *show_drops_table(const struct show *s);
/* Where every packet is, in words, below the tables of drops and of the board. */
void show_balance(const struct show *s, FILE *to);
struct table *show_punt_table(const struct show *s);
struct table *show_board_table(const struct show *s);

/* JSON: the array (board: object) that stands under the subject's name. */
json_t *show_lanes_json(const struct show *s);
json_t *show_ports_json(const struct show *s);
json_t *show_engines_json(const struct show *s);
json_t *show_optics_json(const struct show *s);
json_t *show_workers_json(const struct show *s);
json_t *show_drops_json(const struct show *s);
json_t *show_punt_json(const struct show *s);
json_t *show_board_json(const struct show *s);
json_t *show_balance_json(const struct show *s); /* null where it is not known */
json_t *show_number(struct figure f);            /* null where it is not known */

#endif
