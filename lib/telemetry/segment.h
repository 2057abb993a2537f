/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the writer, shared by layout.c, catalogue.c, owner.c, publish.c, repair.c and writer.c;
 * nobody else includes it. Everything here is the control thread's, except the live blocks of
 * workers.
 */
#ifndef CPX_LIB_TELEMETRY_SEGMENT_H
#define CPX_LIB_TELEMETRY_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/telemetry/writer.h"

#define SCOPES (TELEMETRY_SCOPE_NEXT_HOP + 1) /* indexed by enum telemetry_scope */

/* The blocks of one scope: where they are, live and published. Offsets in bytes. */
struct area {
	uint64_t live;      /* first block, from the start of the file */
	uint32_t stride;    /* of live blocks: an odd number of cache lines */
	uint32_t instances; /* live blocks */
	uint32_t slots;     /* u64 slots in use */
	uint32_t capacity;  /* u64 slots there is room for */
	uint64_t published; /* first row, from the start of a buffer; 0 without instances */
	uint32_t row;       /* stride of published rows */
	uint32_t rows;      /* published rows */
};

/* Where everything is. Made once by layout_make; only slots and entries in use change later. */
struct layout {
	unsigned lcores, lanes, engines;
	unsigned entries; /* directory capacity */
	uint64_t directory;
	uint64_t catalogue[2];
	uint64_t catalogue_bytes;
	struct area area[SCOPES];
	uint64_t published[2];
	uint64_t published_bytes;
	uint64_t kept; /* bitmap, from the start of a buffer */
	unsigned kept_words;
	uint64_t file_size;
};

struct telemetry {
	uint8_t *live; /* mapping that holds the live blocks, for the whole life */
	uint8_t *file; /* mapping of the file at the path: the same, unless it was deleted
			  (repair.c) */
	struct telemetry_superblock *sb;   /* in file */
	struct telemetry_entry *directory; /* in file */
	char *path;
	unsigned beats; /* heartbeats, to look at the path now and then */
	struct layout layout;
	struct telemetry_metric *metrics; /* a copy; the strings stay the caller's */
	unsigned *slot;                   /* of each metric in its block */
	unsigned n_metrics;
	unsigned refused; /* slot of telemetry_metrics_refused in the process block */
	char *version;
	uint64_t *scratch; /* one block's payload, then one row's sum */
	int fd;            /* holds the owner lock */
};

/* Is this a metric that can be written; the err says which rule it breaks. Pure. */
int layout_check(const struct telemetry_metric *m, struct err *err);
/* Places for the given metrics and catalogue_bytes of text. Pure. -EINVAL or -E2BIG with err. */
int layout_make(struct layout *l, const struct telemetry_params *p, unsigned n_metrics,
		uint64_t catalogue_bytes, struct err *err);

/* The catalogue as JSON text; caller frees. NULL when memory ran out. Pure. */
char *catalogue_text(const struct telemetry_metric *metrics, unsigned n, const char *version);

/* A path being taken over. owner_claim .. owner_commit or owner_abandon, within one call. */
struct owner {
	int dir;       /* folder, flock'ed while a start is under way */
	int fd;        /* the new file, lock on byte 0 held, allocated to its size */
	char temp[64]; /* its name until owner_commit */
	char name[64]; /* its name afterwards */
};

int owner_claim(struct owner *o, const char *path, uint64_t size, struct err *err);
/* Gives the file its name. o->fd is the caller's from here on. On failure nothing is left. */
int owner_commit(struct owner *o, const char *path, struct err *err);
void owner_abandon(struct owner *o);

/* Called now and then: was the file deleted? Then the published values get a new one (repair.c). */
void repair_if_deleted(struct telemetry *t);

uint64_t telemetry_clock(int clock); /* ns of a clock_gettime clock */

#endif
