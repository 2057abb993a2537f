/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing side of the telemetry segment (format: format.h). The control thread creates, publishes
 * and destroys; each worker gets pointers to its own live blocks and updates them with
 * telemetry_block_begin/end, the two inline functions below, once per burst. No allocation after
 * telemetry_create, no lock, no system call in a worker.
 */
#ifndef CPX_LIB_TELEMETRY_WRITER_H
#define CPX_LIB_TELEMETRY_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/order.h"
#include "lib/telemetry/format.h"

/* One metric, declared once in a table of the program; the catalogue is written from it. */
struct telemetry_metric {
	const char *name; /* Prometheus style without prefix and _total: "lane_receive_packets" */
	const char *unit; /* "packets", "bytes", "cycles", "bits_per_second", "" */
	const char *help; /* one sentence */
	uint16_t kind;    /* enum telemetry_kind */
	uint16_t scope;   /* enum telemetry_scope */
	uint16_t slots; /* u64 slots it takes in its block; 1 for a number, 4 for a 32-byte text */
	const char *const
		*values;   /* enum: names of 0..n-1, NULL-ended; labelled array: slot labels */
	const char *label; /* labelled array (slots > 1 of counters): label key, e.g. "reason" */
	int scale;         /* TELEMETRY_GAUGE_I64: value = v x 10^scale */
};

struct telemetry_params {
	const char *path;    /* …/telemetry; its folder is made 0750 if missing */
	const char *version; /* program version, for the catalogue */
	const struct telemetry_metric *metrics;
	unsigned n_metrics;
	unsigned n_lcores; /* writers: workers 0..n-2, then the control thread as the last */
	unsigned n_lanes;  /* lane instances (scope lane and lcore x lane) */
	unsigned n_engines;
	unsigned spare_entries; /* directory room for metrics registered later */
	uint64_t tsc_hz;        /* of the stamps given to telemetry_block_end; 0 unknown */
};

struct telemetry;

/*
 * Make the segment: temporary name, posix_fallocate, fill, rename; take the owner lock. -EEXIST
 * with the pid when a live process owns the path; -ENOSPC when the file system is full; a dead
 * owner's file is replaced. Counters start at 0 in state "starting".
 */
int telemetry_create(struct telemetry **out, const struct telemetry_params *p, struct err *err);
/* Marks the segment "stopped cleanly", publishes a last time, unlocks; the file stays. */
void telemetry_destroy(struct telemetry *t);

/* Slot index of metric i (of params->metrics) inside the blocks of its scope. */
unsigned telemetry_slot(const struct telemetry *t, unsigned metric);

/*
 * Control thread: one more metric while running, in one of the spare entries. Returns its slot, or
 * -ENOSPC when the directory or the spare slots of the scope (spare_entries of them) are used up,
 * -EEXIST for a name already there, -EINVAL for a bad metric. Every refusal is counted in the
 * process metric telemetry_metrics_refused and nothing else happens.
 */
int telemetry_register(struct telemetry *t, const struct telemetry_metric *m, struct err *err);

/* The live block of one writer, by scope. The pointer is valid until telemetry_destroy. */
struct telemetry_block *telemetry_lcore_lane(struct telemetry *t, unsigned lcore, unsigned lane);
struct telemetry_block *telemetry_lcore(struct telemetry *t, unsigned lcore);
struct telemetry_block *telemetry_lane(struct telemetry *t, unsigned lane);     /* control thread */
struct telemetry_block *telemetry_engine(struct telemetry *t, unsigned engine); /* control thread */
struct telemetry_block *telemetry_process(struct telemetry *t);                 /* control thread */

/* Control thread: a gauge f64; NaN is absent. Between begin and end. */
void telemetry_real(struct telemetry_block *b, unsigned slot, double value);
/* Control thread: NUL-padded text into the slots of a text metric (between begin and end). */
void telemetry_text(struct telemetry_block *b, unsigned slot, unsigned slots, const char *text);

/* Control thread: one publishing pass into the idle buffer; totals over lcores, staleness bits. */
void telemetry_publish(struct telemetry *t);
/* Every 100 ms. Also notices within a second that the file or its folder was deleted, and then
 * gives the published values a new file of the same incarnation; live blocks stay where workers
 * have them. */
void telemetry_heartbeat(struct telemetry *t);
void telemetry_set_state(struct telemetry *t, enum telemetry_state state);

/* Writer of the block, once per burst: begin, counter_add(&b->v[slot], n) …, end with the tsc the
 * loop already has. */
static inline void telemetry_block_begin(struct telemetry_block *b)
{
	seq_write_begin(&b->seq);
}

static inline void telemetry_block_end(struct telemetry_block *b, uint64_t tsc)
{
	store_relaxed(&b->tsc, tsc);
	seq_write_end(&b->seq);
}

#endif
