/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The events of a YAML text (libfyaml), each with its place, in bounded time and memory whatever
 * the text is. Anchors, aliases and tags are refused here: a configuration needs none of them, and
 * they are what YAML bombs are made of. Only for tree.c; one owner.
 */
#ifndef CPX_CONFIG_EVENTS_H
#define CPX_CONFIG_EVENTS_H

#include <libfyaml.h>

#include "config/tree.h"

struct events {
	struct tree *tree; /* its source is read, its arena filled */
	struct err *err;
	struct fy_event *event; /* the current one; NULL after an error */
	uint32_t pos, line;     /* of it, or of the last one that had a place */
	int code;               /* 0, or the errno of the first failure */
	/* the rest is events.c's */
	struct fy_parser *fyp;
	struct fy_diag *diag; /* libfyaml's complaints, collected */
	FILE *file;
	uint32_t line_pos; /* where the line begins */
	size_t fed;        /* bytes given to the parser */
	bool cut;          /* told the parser that the text ends here, though it goes on */
};

/* The first failure counts; what follows from it is not news. They yield its code. */
#define events_fail_at(ev, pos, ...) \
	((ev)->code ? (ev)->code     \
		    : ((ev)->code = source_fail(&(ev)->tree->src, (ev)->err, pos, __VA_ARGS__)))
#define events_fail(ev, ...) events_fail_at(ev, (ev)->pos, __VA_ARGS__)
int events_no_memory(struct events *ev);

/* 0, or a negative errno with err filled; events_close() is due in either case. */
int events_open(struct events *ev, struct tree *tree, struct err *err);
/* Go to the next event. A negative errno when there is none. */
int events_next(struct events *ev);
void events_close(struct events *ev);

#endif
