/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handshake's messages, version 1.0, one per packet of an AF_UNIX SOCK_SEQPACKET socket.
 * Native byte order. Parsers here are pure functions of (pointer, length).
 *
 *   both     HELLO    what I am and can do. Sent at once, by either side
 *   server   REGION   what we agreed on, with SCM_RIGHTS: the memfd; with LENT the server's pool;
 *                     with SLEEP one socket for each ring, ring 0 first: the end for the client
 *   client   READY    mapped; frames may flow. With LENT the client's pool comes along
 *   server   READY    with LENT only: the client's pool is mapped, too; now frames may flow
 *   either   REFUSE   why not; the sender closes the socket then
 *   either   NAK      this type of message is not known, or not now; nothing else happens
 *   either   LANES    which of my lanes are open: take frames. After READY, at any time, as often
 * as it changes. Till the first one all are. A peer that does not know it answers NAK, and no harm
 * is done After READY the socket carries nothing but that and what a later minor may add: its
 * hang-up says that the peer is gone.
 *
 * Every message begins with struct fiber_message. A message may be longer than its struct here, as
 * a later minor may append fields: the rest is ignored. Fields that came with LENT count with LENT
 * only, and read as zero where a peer that does not know them leaves them out. Unknown types get a
 * NAK. Closed at once are: wrong magic, a length that is not the packet's, a message shorter than
 * its first struct, a truncated packet, and a field out of range.
 *
 * Agreement: version = the smaller of both maxima; refused when below a minimum or of another
 * major. Lanes, slots, slot bytes, segments, frames = the smaller of both. Features = those of
 * both, but of LENT and STAMP only LENT, or only STAMP when that is required; refused when a
 * required one is missing. Both sides compute it, and the client holds the server's REGION to its
 * own result.
 */
#ifndef CPX_LIB_FIBER_MESSAGE_H
#define CPX_LIB_FIBER_MESSAGE_H

#include "lib/fiber/format.h"

#define FIBER_MESSAGE_MAGIC 0x68785043u /* "CPxh" */
#define FIBER_MESSAGE_MAX   512
#define FIBER_MESSAGE_FDS   253 /* SCM_MAX_FD: more can not come */
#define FIBER_VERSION       ((uint32_t)FIBER_MAJOR << 16 | FIBER_MINOR)

enum fiber_message_type {
	FIBER_HELLO = 1,
	FIBER_REGION,
	FIBER_READY,
	FIBER_REFUSE,
	FIBER_NAK,
	FIBER_LANES,
};

enum fiber_refusal {
	FIBER_REFUSED_BUSY = 1, /* another peer is there */
	FIBER_REFUSED_VERSION,
	FIBER_REFUSED_FEATURES, /* a required one is missing */
	FIBER_REFUSED_REGION,   /* the client does not take the server's region */
	FIBER_REFUSED_MEMORY,   /* there is none for a region or pool */
	FIBER_REFUSED_POOL,     /* the other's pool is not taken */
};

struct fiber_message {
	uint32_t magic;
	uint16_t type;  /* enum fiber_message_type */
	uint16_t bytes; /* of the whole message */
};

struct fiber_hello {
	struct fiber_message head;
	uint32_t min_version; /* major << 16 | minor */
	uint32_t max_version;
	uint64_t features; /* can and will */
	uint64_t required; /* not without these; a subset of features */
	uint32_t lanes;
	uint32_t log2_slots;
	uint32_t slot_bytes;
	uint32_t max_segs;
	/* LENT */
	uint32_t log2_frames;
	uint32_t zero;
};

struct fiber_region_message {
	struct fiber_message head;
	uint32_t version;
	uint32_t page_bytes;
	uint64_t features;
	uint64_t region_bytes;
	uint32_t lanes;
	uint32_t log2_slots;
	uint32_t slot_bytes;
	uint32_t max_segs;
	/* LENT */
	uint32_t log2_frames;
	uint32_t pool_page_bytes; /* of the server's pool */
	uint64_t pool_bytes;
};

struct fiber_ready {
	struct fiber_message head;
	/* LENT, from the client */
	uint32_t zero;
	uint32_t pool_page_bytes; /* of the client's pool */
	uint64_t pool_bytes;
};

struct fiber_refuse {
	struct fiber_message head;
	uint32_t reason; /* enum fiber_refusal */
	uint32_t zero;
};

struct fiber_nak {
	struct fiber_message head;
	uint32_t type; /* of the message that is refused */
	uint32_t zero;
};

struct fiber_lanes {
	struct fiber_message head;
	uint64_t open; /* bit l: lane l. Bits beyond the agreed lanes say nothing */
};

static_assert(sizeof(struct fiber_message) == 8, "message head");
/* Without what came with LENT. */
#define FIBER_HELLO_LEAST  48
#define FIBER_REGION_LEAST 48
static_assert(offsetof(struct fiber_hello, log2_frames) == FIBER_HELLO_LEAST, "HELLO");
static_assert(offsetof(struct fiber_region_message, log2_frames) == FIBER_REGION_LEAST, "REGION");
static_assert(sizeof(struct fiber_hello) == 56, "HELLO with LENT");
static_assert(sizeof(struct fiber_region_message) == 64, "REGION with LENT");
static_assert(sizeof(struct fiber_ready) == 24, "READY with LENT");
static_assert(sizeof(struct fiber_refuse) == 16 && sizeof(struct fiber_nak) == 16, "REFUSE, NAK");
static_assert(sizeof(struct fiber_lanes) == 16, "LANES");

/* The head of a message of ours. */
static inline struct fiber_message fiber_message_head(enum fiber_message_type type, size_t bytes)
{
	return (struct fiber_message){ FIBER_MESSAGE_MAGIC, (uint16_t)type, (uint16_t)bytes };
}

/* Type of a well-formed message (also an unknown one: 0..65535), or -EBADMSG. Checks head and
 * length, no fields. Any thread. */
int fiber_message_type(const void *data, size_t bytes);

/* Copy a message of `bytes` bytes into a struct of `size`; what is not there becomes zero. Any
 * thread. */
void fiber_message_copy(void *to, size_t size, const void *data, size_t bytes);

/* 0 when every field of a HELLO is within its limits, else -EBADMSG. Any thread. */
int fiber_hello_check(const struct fiber_hello *hello);

/* What two checked HELLOs lead to (page_bytes is left 0). 0, -EPROTONOSUPPORT (versions) or
 * -EOPNOTSUPP (features). Symmetric. Any thread. */
int fiber_agree(const struct fiber_hello *a, const struct fiber_hello *b,
		struct fiber_terms *terms);

/* The terms a REGION message states, checked against those we computed ourselves: 0 and
 * terms->page_bytes filled, or -EPROTO. Any thread. */
int fiber_region_message_check(const struct fiber_region_message *m, struct fiber_terms *terms);

#endif
