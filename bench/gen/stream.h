/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream: one kind of test packet, sent as a number of flows that differ in addresses and source
 * port, in a repeating mix of sizes. Flow f sends from src + f to dst + f; every flow has its own
 * sequence. Made by the control thread; the sending thread advances the flows, the receiving thread
 * only reads what never changes.
 */
#ifndef CPX_BENCH_GEN_STREAM_H
#define CPX_BENCH_GEN_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "bench/gen/payload.h"
#include "lib/base/err.h"
#include "lib/net/ether.h"

#define STREAM_MAX_SIZES 12 /* frames of one turn of the mix */
#define STREAM_MAX_FRAME 1514
#define STREAM_HEADERS   62 /* Ethernet, IPv6, UDP: the longest */
/* RFC 2544 appendix C.2.4 ports */
#define STREAM_SRC_PORT 0xc020
#define STREAM_DST_PORT 7

struct stream_params {
	uint16_t id;      /* 0.. , index in the sink */
	uint8_t family;   /* AF_INET or AF_INET6 */
	uint8_t ttl;      /* as sent */
	uint16_t n_flows; /* 1..  */
	uint8_t src[16];  /* of flow 0, network order; AF_INET uses the first 4 bytes */
	uint8_t dst[16];
	unsigned n_sizes;                 /* frames of the mix */
	uint16_t sizes[STREAM_MAX_SIZES]; /* frame lengths without FCS, in sending order */
};

struct flow {
	uint64_t sent;                  /* next sequence number; sending thread */
	uint64_t sum;                   /* of pseudo-header and ports, without lengths */
	uint8_t header[STREAM_HEADERS]; /* template, lengths and checksums zero */
};

struct stream {
	struct stream_params params;
	uint16_t header_len; /* 42 or 62 */
	uint16_t ip_len;     /* 20 or 40 */
	struct flow *flows;
};

/* The 12 frames of a simple IMIX, 7 small, 4 of 594, 1 of 1518 (with FCS), spread evenly. The small
 * ones are as short as the headers and the payload header allow: 74 and 94 bytes with FCS. */
void stream_imix(struct stream_params *p);

/* -EINVAL names the parameter; -ENOMEM. src_mac is the generator's port; the destination MAC is set
 * when the gateway is known. */
int stream_create(struct stream **out, const struct stream_params *p, const uint8_t src_mac[6],
		  struct err *err);
void stream_destroy(struct stream *s);
void stream_set_gateway(struct stream *s, const uint8_t dst_mac[6]);

/* Length of the next frame of a flow. */
static inline uint16_t stream_next_size(const struct stream *s, const struct flow *f)
{
	return s->params.sizes[f->sent % s->params.n_sizes];
}

/* Sending thread: writes the flow's next frame of stream_next_size() bytes at buf and counts it. */
void stream_fill(struct stream *s, unsigned flow, void *buf, uint64_t tsc);

/* Packets the stream sent so far. */
uint64_t stream_sent(const struct stream *s);

#endif
