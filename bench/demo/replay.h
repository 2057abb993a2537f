/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of a capture sent through the board, one kind after the other, so that the board's own
 * counters tell what became of each kind. After each handful the sender waits until the books
 * balance: all that was sent was received by the board, and every packet it took has left, was
 * dropped for a reason, or was used up. Generator thread; the control thread prepares and reads.
 */
#ifndef CPX_BENCH_DEMO_REPLAY_H
#define CPX_BENCH_DEMO_REPLAY_H

#include "bench/demo/classify.h"
#include "bench/demo/demo.h"
#include "bench/gen/capture.h"
#include "dataplane/run/drop.h"

#define REPLAY_MAX_KINDS 128  /* the last one takes what is left */
#define REPLAY_MAX_FRAME 1522 /* a tag and 1500 bytes of IP; longer ones are not sent */

struct replay_packet {
	const uint8_t *data; /* in the capture's buffer */
	uint32_t len;
	unsigned kind;
};

struct replay_kind {
	char text[CLASSIFY_TEXT];
	uint64_t in;        /* sent to the board */
	uint64_t forwarded; /* came out as they were, TTL less one */
	uint64_t answered;  /* an ICMP message came instead */
	uint64_t used;      /* ARP and ND the control plane took in */
	uint64_t dropped;
	uint64_t altered; /* came out otherwise */
	uint64_t reason[DROP_COUNT];
};

struct replay {
	struct demo_setup *setup;
	const char *telemetry_path;
	struct replay_packet *packets;
	size_t n_packets;
	unsigned n_kinds;
	struct replay_kind kinds[REPLAY_MAX_KINDS];
	uint64_t cut, too_long; /* left out: shortened by the capture, longer than a frame */

	bool quit; /* control thread sets: give up */
	bool done; /* generator sets, last */
	int result;
	struct err err;
};

/* Reads the capture: packets, kinds, and the VLANs that occur (ids in vlans, most of them, count
 * returned in *n_vlans). The buffer must outlive the replay. */
int replay_load(struct replay *r, const void *data, size_t len, uint16_t *vlans, unsigned most,
		unsigned *n_vlans, struct err *err);
void replay_free(struct replay *r);
/* Thread body (rte_eal_remote_launch). */
int replay_run(void *arg);

#endif
