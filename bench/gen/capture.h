/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading packet captures, classic pcap (micro- and nanosecond, either byte order) and pcapng, from
 * a buffer. The bytes are not trusted: every length is checked before use, nothing is allocated,
 * and a packet is a pointer into the buffer. A pure reader of its own because it is small, can be
 * fuzzed, and a library for it (libpcap) would bring sockets and filters along. One thread.
 */
#ifndef CPX_BENCH_GEN_CAPTURE_H
#define CPX_BENCH_GEN_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define CAPTURE_MAX_PACKET     (256u << 10) /* longer ones are an error, as in tcpdump */
#define CAPTURE_MAX_INTERFACES 64
#define CAPTURE_ETHERNET       1 /* link type: the only one taken */

struct capture {
	const uint8_t *data;
	size_t len, at;
	bool ng, swapped;      /* pcapng; other byte order than ours */
	unsigned n_interfaces; /* of the current pcapng section */
	uint16_t link[CAPTURE_MAX_INTERFACES];
	uint32_t snap[CAPTURE_MAX_INTERFACES];
	uint64_t packets;
};

struct capture_packet {
	const uint8_t *data;
	uint32_t len;      /* bytes there are */
	uint32_t original; /* bytes there were on the wire; more than len: cut by the capture */
};

/* -EINVAL with a reason when the buffer does not begin like a capture of Ethernet frames. */
int capture_open(struct capture *c, const void *data, size_t len, struct err *err);

/* 1: *p is the next packet. 0: the end. -EBADMSG: the file is damaged; the text names packet and
 * byte. After an error every further call gives the same. */
int capture_next(struct capture *c, struct capture_packet *p, struct err *err);

#endif
