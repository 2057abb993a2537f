/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receiving side: every frame is judged, nothing is assumed. A test packet counts as good when
 * its IP header is right and its TTL fell by the expected hops, addresses and ports are those of
 * its flow, UDP checksum and CRC-32C hold, and its sequence number comes for the first time. One
 * thread receives; the screen may read the counters meanwhile.
 */
#ifndef CPX_BENCH_GEN_SINK_H
#define CPX_BENCH_GEN_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "bench/gen/sequence.h"
#include "bench/gen/stream.h"

#define SINK_MAX_STREAMS 16

/* _(symbol, label, text) */
#define SINK_VERDICTS(_)                                                                 \
	_(GOOD, "good", "right content, first arrival")                                  \
	_(DUPLICATE, "duplicate", "right content, arrived before")                       \
	_(STALE, "stale", "right content, too old to say whether it arrived before")     \
	_(BAD_IP, "bad_ip", "IP header wrong")                                           \
	_(BAD_HOPS, "bad_hops", "TTL or hop limit did not fall by the expected hops")    \
	_(BAD_FLOW, "bad_flow", "addresses or ports are not those of the flow it names") \
	_(BAD_UDP, "bad_udp", "UDP length or checksum wrong")                            \
	_(BAD_PAYLOAD, "bad_payload", "CRC-32C over the payload wrong")                  \
	_(UNEXPECTED, "unexpected", "no test packet of ours")

enum sink_verdict {
#define _(sym, label, text) SINK_##sym,
	SINK_VERDICTS(_)
#undef _
		SINK_VERDICT_COUNT
};

struct sink_stream {
	const struct stream *stream;
	struct sequence *flows; /* one a flow */
	uint64_t good_bytes;    /* frames without FCS */
};

struct sink {
	unsigned hops; /* routers between source and sink */
	struct sink_stream streams[SINK_MAX_STREAMS];
	uint64_t counts[SINK_VERDICT_COUNT];   /* frames by verdict */
	uint64_t tsc_least, tsc_most, tsc_sum; /* one-way time of good packets, TSC cycles */
};

/* What became of everything sent: sums over all flows. Exact once nothing is on its way any more.
 */
struct sink_report {
	uint64_t sent, received, lost, duplicate, reordered, stale;
	uint64_t corrupted; /* all BAD_ verdicts */
	uint64_t unexpected;
};

void sink_init(struct sink *k, unsigned hops);
/* The sink learns a stream by its id. -EINVAL: id taken or too high; -ENOMEM. */
int sink_add(struct sink *k, const struct stream *s);
void sink_fini(struct sink *k);

/* Judge one frame of len bytes (without FCS) received at tsc, and count it. */
enum sink_verdict sink_frame(struct sink *k, const void *frame, size_t len, uint64_t tsc);

/* Good packets so far; any thread. */
uint64_t sink_good(const struct sink *k);
void sink_report(const struct sink *k, struct sink_report *r);
const char *sink_verdict_label(enum sink_verdict v);
const char *sink_verdict_text(enum sink_verdict v);

#endif
