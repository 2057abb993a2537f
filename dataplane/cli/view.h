/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `cpx show` and `cpx top` know of a running board: one published pass of the telemetry
 * segment (lib/telemetry/reader.h) grouped into lanes, ports, engines, workers and drop reasons.
 * Metrics are looked up by name (dataplane/run/metrics.h), so an older or newer cpx can be shown
 * too: what it does not publish is unknown, never 0. One thread; links no DPDK.
 */
#ifndef CPX_DATAPLANE_CLI_VIEW_H
#define CPX_DATAPLANE_CLI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/telemetry/reader.h"

#define VIEW_MAX_LANES 4096 /* more than any board has; bounds what a damaged file can cost */
#define VIEW_TEXT      68   /* bytes of a name */

struct figure {
	uint64_t v;
	bool known;
};

/* Traffic of a lane, or the sum over the lanes of a port or engine. Packets and bytes. */
struct view_traffic {
	struct figure rx_packets, rx_bytes, tx_packets, tx_bytes, drops;
};

/* What its engine's manager has seen of a lane: words "" and numbers NaN where it is not known. */
struct view_optics {
	char dp_state[24]; /* of CMIS: "Activated", … */
	char path[16];     /* its port's data path: "waiting", "up", "failed"; "" none is wanted */
	char reason[32];   /* name of a reason (CMIS_REASONS) */
	double tx_dbm, rx_dbm, bias_ma, snr_db, ber;
	struct figure uncorrectable; /* codewords */
};

struct view_lane {
	unsigned index; /* instance in the segment */
	char name[VIEW_TEXT];
	char port[VIEW_TEXT];
	char carrier[VIEW_TEXT];
	struct figure up;    /* 0 or 1 */
	struct figure speed; /* bit/s */
	struct figure rx_worker, tx_worker;
	struct view_traffic traffic;
	struct view_optics optics;
	bool stale; /* the pass kept this lane's older values */
};

/* A port or an engine: lanes that share a name. */
struct view_group {
	char name[VIEW_TEXT];
	unsigned lanes;
	struct figure lanes_up;
	struct figure speed; /* bit/s of the lanes that are up */
	struct view_traffic traffic;
};

/* An engine or a laser source: words "" and numbers NaN where it is not known. */
struct view_module {
	unsigned index; /* instance in the segment */
	char name[VIEW_TEXT];
	char kind[24], management[16], state[24], reason[32], part[24];
	double temperature;
	struct figure lasers, lasers_on;
};

struct view_worker {
	unsigned index;
	char role[VIEW_TEXT];
	char placement[160];
	struct figure cpu, node, lanes, loops, packets, busy, idle, asleep;
};

struct view_drop {
	const char *reason; /* the reader's */
	const char *node;   /* where it is decided; "" for a reason this program does not know */
	const char *help;   /* the same */
	struct figure packets;
};

/* Where every packet that came in or began here is now; all of them known, or `known` is false. */
struct view_balance {
	bool known;
	uint64_t received, originated, fragments;              /* in */
	uint64_t transmitted, dropped, host, fragmented, held; /* out */
	int64_t on_their_way; /* in less out: between threads, or counted while the pass was made */
};

/* A punt class: sums over the workers. Words "" for a class this program does not know. */
struct view_punt {
	const char *class; /* the reader's */
	const char *queue, *help;
	struct figure pps, passed, policed, full;
};

struct view {
	uint8_t incarnation[16];
	uint64_t generation, realtime_ns, monotonic_ns, tsc_hz;
	enum telemetry_life life;
	unsigned n_lanes, n_ports, n_engines, n_modules, n_workers, n_drops, n_punts;
	struct view_lane *lanes;     /* in segment order, unused ones left out */
	struct view_group *ports;    /* in the order of their first lane */
	struct view_group *engines;  /* the same: those with lanes in use */
	struct view_module *modules; /* in segment order: engines, then laser sources */
	struct view_worker *workers; /* the control thread is the last */
	struct view_drop *drops;     /* in the order of the segment's labels, zeros included */
	struct figure *lane_drops;   /* [n_drops][n_lanes] of them: view_lane_drop() */
	struct view_balance balance;
	struct view_punt *punts; /* the same, of classes */
};

/* Takes the reader's current snapshot. -ENOMEM. Free with view_free. */
int view_make(struct view **out, const struct telemetry_reader *r, struct err *err);
void view_free(struct view *v);

/* view_drops.c: drops and the balance of a view that has its lanes. -ENOMEM. */
int view_drops(const struct telemetry_reader *r, struct view *v);
/* Packets of v->drops[drop] on v->lanes[lane]. */
struct figure view_lane_drop(const struct view *v, unsigned drop, unsigned lane);
/* Those that are on none of v->lanes. */
struct figure view_other_drop(const struct view *v, unsigned drop);

/* view_engine.c: of one lane, of one row of the segment. */
void view_optics(const struct telemetry_reader *r, unsigned i, struct view_optics *o);
void view_module(const struct telemetry_reader *r, unsigned i, struct view_module *m);
/* How many times its bit errors fit into what KP4 FEC corrects (BER 2.4e-4): below 1 frames are
 * lost. NaN where it is not known. */
double view_margin(const struct view_optics *o);
/* A reason in words; its name if this program does not know it. */
const char *view_reason(const char *name);
/* Why something of a module is not as wanted: its own reason, else that of its worst port. False,
 * and "": nothing is wrong. */
bool view_trouble(const struct view *v, const struct view_module *m, char *text, size_t len);
/* Ports with lanes of this engine, and how many of them are up. */
void view_ports_of(const struct view *v, const struct view_module *m, struct figure *ports,
		   struct figure *up);

/* Events a second between two views of one incarnation; unknown when older is NULL, of another
 * incarnation, or the pass is the same. */
struct figure view_rate(const struct view *older, const struct view *v, struct figure then,
			struct figure now);
/* The lane, port, engine or worker of that name or index in an older view; NULL if it had none. */
const struct view_lane *view_lane(const struct view *v, unsigned index);
const struct view_group *view_group(const struct view_group *g, unsigned n, const char *name);
const struct view_worker *view_worker(const struct view *v, unsigned index);

/* Bits a second on the wire: bytes plus FCS, preamble and gap (24 B) of every packet. */
struct figure view_wire(struct figure packets_per_s, struct figure bytes_per_s);
/* Where a thread's time went, in per mille, since an older view of it; then NULL: since start. */
struct view_load {
	bool known;
	uint64_t busy, idle, asleep;
};
struct view_load view_load(const struct view_worker *then, const struct view_worker *now);
/* The busy share alone; since start, too, when the older view is not of the same run. */
struct figure view_busy(const struct view_worker *then, const struct view_worker *now);

#endif
