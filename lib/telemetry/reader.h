/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading side of the telemetry segment: published values only (format.h, "Reader's algorithm").
 * The file is not trusted: everything is copied with pread(2) and checked before use, so a writer
 * that dies, lies or truncates the file costs an error, never a signal or an endless loop, and
 * nothing a reader does can slow the writer. One reader object belongs to one thread. Links no
 * DPDK.
 *
 *   telemetry_find(path, …); telemetry_reader_open(&r, path, &err);
 *   loop: telemetry_reader_follow(r); telemetry_reader_snapshot(r, &err);
 *         s = telemetry_series(r, "lane_receive_packets");
 *         telemetry_value(r, s, lane, 0, &packets)
 */
#ifndef CPX_LIB_TELEMETRY_READER_H
#define CPX_LIB_TELEMETRY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/telemetry/format.h"

struct telemetry_reader;

/* One published metric. The reader's; valid until telemetry_reader_close or a follow that says 1.
 */
struct telemetry_series {
	char name[TELEMETRY_NAME_LEN];
	char unit[TELEMETRY_UNIT_LEN];
	enum telemetry_kind kind;
	enum telemetry_scope scope;
	unsigned instances; /* published: lcores are already summed; 0: not published */
	unsigned slots;     /* u64 values of an instance; a text has slots x 8 bytes */
	int scale;
	char *help;    /* from the catalogue; NULL if it has none */
	char *label;   /* labelled array: the label's key, else NULL */
	char **values; /* enum: value names; labelled array: slot names */
	unsigned n_values;
	uint64_t offset; /* in the published buffer */
	uint32_t stride;
};

enum telemetry_life {
	TELEMETRY_LIFE_RUNNING, /* its owner lives and its heart beats */
	TELEMETRY_LIFE_STALLED, /* its owner lives but the heartbeat is older than 3 s */
	TELEMETRY_LIFE_STOPPED, /* ended cleanly */
	TELEMETRY_LIFE_DEAD, /* killed: the lock is free (or, untestable, no heartbeat for 3 s) */
	TELEMETRY_LIFE_REPLACED, /* the path is gone or is another incarnation's:
				    telemetry_reader_follow */
};

/*
 * -ENOENT, -EACCES, … from open; -EBADMSG when the file breaks a validity rule of format.h (the
 * text names the rule); -ENOMEM. A reader may open a dead writer's file and read its last values.
 */
int telemetry_reader_open(struct telemetry_reader **out, const char *path, struct err *err);
void telemetry_reader_close(struct telemetry_reader *r);

/* Facts that never change within an incarnation. heartbeat, state, generation: see below. */
const struct telemetry_superblock *telemetry_reader_superblock(const struct telemetry_reader *r);
enum telemetry_life telemetry_reader_life(const struct telemetry_reader *r);
/* enum telemetry_state as of now; 0 when it can not be read. */
unsigned telemetry_reader_state(const struct telemetry_reader *r);

/*
 * 1: the path held another incarnation, which is open now (series pointers are new); 0: nothing to
 * do, or no readable successor yet. Never fails: the old values stay readable meanwhile.
 */
int telemetry_reader_follow(struct telemetry_reader *r);

/*
 * Copies the current published buffer; the values below come from this copy. -ENODATA: nothing
 * published yet; -EAGAIN: no whole copy in TELEMETRY_READ_TRIES tries, the copy before stays;
 * -EBADMSG: the file changed against the format's rules.
 */
int telemetry_reader_snapshot(struct telemetry_reader *r, struct err *err);

/* Header of the copy: generation, times, duration. NULL before the first snapshot. */
const struct telemetry_published *telemetry_reader_pass(const struct telemetry_reader *r);
/* Did this lane (or lanes + k: lcore block k) keep older values in that pass? */
bool telemetry_reader_kept(const struct telemetry_reader *r, unsigned bit);

/* By name, NULL when there is none; or all of them in directory order. */
const struct telemetry_series *telemetry_series(const struct telemetry_reader *r, const char *name);
const struct telemetry_series *telemetry_series_at(const struct telemetry_reader *r, unsigned i);
unsigned telemetry_series_count(const struct telemetry_reader *r);

/* False, and *value untouched, when s is NULL, out of range, nothing was published, or the value is
 * absent (format.h). Raw bits. */
bool telemetry_value(const struct telemetry_reader *r, const struct telemetry_series *s,
		     unsigned instance, unsigned slot, uint64_t *value);
/* The same as a number in the metric's unit, any numeric kind. */
bool telemetry_number(const struct telemetry_reader *r, const struct telemetry_series *s,
		      unsigned instance, unsigned slot, double *value);
/*
 * A text, or the name of an enum's value (its number where it has no name), as valid UTF-8 without
 * control characters, cut to fit. False, and *buf "", as telemetry_value, or for other kinds.
 */
bool telemetry_string(const struct telemetry_reader *r, const struct telemetry_series *s,
		      unsigned instance, char *buf, size_t len);

#endif
