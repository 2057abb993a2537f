/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Aligned plain tables and numbers with units for people. A table is filled row by row, then
 * printed with each column as wide as its widest cell (in characters, not bytes). No colour unless
 * asked. One thread.
 */
#ifndef CPX_DATAPLANE_CLI_TABLE_H
#define CPX_DATAPLANE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/cli/view.h"

enum table_color { TABLE_PLAIN, TABLE_GOOD, TABLE_BAD, TABLE_DIM };

struct table;

/* Headings, NULL-ended; one that begins with '>' is a right-aligned column of numbers, a last one
 * with '~' is text that goes on in the next line where it would not fit into 80 columns. NULL when
 * memory ran out. */
struct table *table_new(const char *const *headings);
void table_free(struct table *t);
/* Cells of the row, left to right. A full row starts the next one. Text is copied. */
void table_cell(struct table *t, const char *text);
void table_color(struct table *t, const char *text, enum table_color color);
/* An exact number, "-" when unknown. */
void table_count(struct table *t, struct figure f);
size_t table_rows(const struct table *t);
/* Prints heading and rows; no trailing spaces. -ENOMEM if a cell was lost for want of memory. */
int table_print(const struct table *t, FILE *to, bool color);

/* "12.3 Mb/s": three digits, SI prefix, unit; "-" when unknown. Returns buf. */
const char *table_unit(char *buf, size_t len, struct figure f, const char *unit);
/* The same in six columns for a screen: "12.3M". */
const char *table_short(char *buf, size_t len, struct figure f);

/* --color=auto|always|never, NO_COLOR and whether `to` is a terminal. WHEN may be NULL: auto. */
bool table_wants_color(const char *when, FILE *to);

#endif
