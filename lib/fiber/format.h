/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fiber's shared region, format 1.0: the contract between two processes of one host that pass
 * Ethernet frames to each other. This header is the format of the memory; message.h is the format
 * of the handshake that leads to it. Native byte order (one host), naturally aligned.
 *
 * The region is one memfd, made by the server, sealed against shrinking, growing and new seals.
 * Every place in it follows from numbers agreed in the handshake (struct fiber_terms: lanes,
 * slots, slot bytes, features, page size, frames) by fiber_layout_of(). No offset, address or count
 * is ever read back from the region: what is not there can not be forged.
 *
 * What is where
 *
 *   header        4096 B at 0: struct fiber_header, the rest zero. Written once by the server
 *   rings         2 x lanes, at 4096 + r x ring stride. Ring 2l: lane l, server to client.
 *                 Ring 2l + 1: lane l, client to server
 *   buffers       2 x lanes x slots, at the very end of the region: the last byte of the last
 *                 buffer is the last byte of the file. Ring r, slot i owns the slot bytes at
 *                 buffers + r x buffer stride + i x slot stride. With LENT a slot has 256 bytes,
 *                 for frames too small to be worth lending
 *
 * One ring
 *     0 u32      prod: slots ever filled; producer writes (release), consumer reads
 *   128 u32      cons: slots ever given back; consumer writes (release), producer reads
 *   256 u32      sleeping: 1 while the consumer sleeps. Feature SLEEP only
 *   384 …        slots descriptors of 16 B
 *   … and with LENT, at returns offset = 384 + slots x 16, the ring on which frames go back:
 *     0 u32      prod: frames ever given back; consumer of the ring writes (release), its producer
 *                 reads
 *   128 …        frames indices of 4 B
 * * prod, cons and sleeping have a pair of cache lines each, because processors fetch lines in
 * pairs. The indices run freely over 32 bits; slot of index x is x % slots.
 *
 * Strides: lines at a distance of n x 4096 B share a set of the first-level cache, and a dozen of
 * them thrash it. So ring stride = 384 more than a multiple of 4096, slot and frame stride = an odd
 * multiple of 64, buffer and lane stride = 256 more than a multiple of 4096.
 *
 * One descriptor, 16 B: written once by two stores, read once by two loads
 *     0 u16 len     bytes in this slot
 *     2 u16 flags   FIBER_DESC_*; always assigned whole, never OR-ed into what lay there
 *     4 u32 hash    flow hash, with FIBER_DESC_HASH
 *     8 u16 vlan    802.1Q TCI taken off the frame, with FIBER_DESC_VLAN
 *    10 u16 stamp_high, 12 u32 stamp_low: 48 bits of nanoseconds of CLOCK_MONOTONIC, with
 *                   FIBER_DESC_STAMP. With FIBER_DESC_LENT stamp_low is the index of a lent
 *                   frame that takes the place of the slot's own bytes. (So LENT and STAMP are
 *                   never agreed on together.)
 * A frame is one slot, or a chain: consecutive slots, all but the last with FIBER_DESC_MORE. Hash,
 * vlan, stamp and the other flags count in the first slot of a frame only; MORE and LENT in each.
 *
 * Lent frames (feature LENT). Each side owns a *pool*, one more memory file: lanes x frames of slot
 * bytes each, for what it sends. The owner maps it writable, then seals it against that
 * (F_SEAL_FUTURE_WRITE), against shrinking, growing and new seals; the peer, the *borrower*, maps
 * it read-only. Frame x of lane l lies at pool offset + l x lane stride + x x frame stride
 * (fiber_pool_layout_of); the last byte of the last frame is the last byte of the file. Nothing but
 * frames lies in a pool. A frame is lent by a descriptor and stays so, however long, until the
 * borrower gives its index back, in any order. Which frames are lent only the owner knows,
 * privately: a borrower that dies takes nothing with it. As each frame goes back once and no more
 * than all of them can be on their way, the returns need no consumer's index and can not overflow.
 *
 * Validity. Each side holds the other to these and to nothing else:
 *   V1  own - cons never grows but by the producer's own doing: cons neither goes back nor passes
 *       the producer's own index. Broken: protocol error
 *   V2  prod - own <= slots, and prod never goes back. Broken: protocol error
 *   V3  first slot of a frame: 14 <= len <= slot bytes. Broken: frame dropped (runt, oversize)
 *   V4  further slots: 1 <= len <= slot bytes. Broken: frame dropped (empty, oversize)
 *   V5  a chain has at most max_segs slots. Broken: dropped whole (long)
 *   V6  prod is published after whole frames only: a chain ends before it. Broken: what there is
 *       of the chain is dropped (cut)
 *   V7  flags outside the agreed features are ignored, and so are hash, vlan and stamp without
 *       their flag
 *   V8  a lent frame's index < frames; V3 and V4 hold it to slot bytes, and what is in the slot
 *       itself to 256. Broken: frame dropped (frame). What a dropped frame lent is not given back
 *   V9  no more is given back than is out: returns' prod - read <= frames - free. Broken:
 *       protocol error
 *   V10 an index that is given back is one of a frame that is lent. Broken: counted, ignored (the
 *       state that it would change is private; V9 bounds how often)
 * A lane in protocol error stays so until the next connection; other lanes go on. No value read
 * from the region is used for an address before it was masked or compared with a private number.
 *
 * A slot's place follows from its index alone, so both sides can fetch lines ahead: the producer
 * those it will write, before it copies a burst in; the consumer the first of each frame, before it
 * has read a descriptor. That hides most of the distance between two cores (README.md). Small
 * frames packed densely beside the descriptors were tried instead and lost: producer and consumer
 * fight over neighbouring lines.
 *
 * Producer's algorithm (private: own = its prod, seen = last cons it saw)
 *   1. room = slots - (own - seen). If that is less than wanted: load-acquire cons, check V1,
 *      seen = cons, room again.
 *   2. Write bytes and descriptors of whole frames into slots own, own + 1, … within the room.
 *      Lent frame: take a free one, write the bytes there, its index into the descriptor, note that
 *      it is lent. The frame that came back last is taken first: it is still in the cache.
 *   3. own += slots written; store-release prod = own. Once a burst.
 *   4. SLEEP only: full fence; load sleeping; if 1: store 0 and ring the bell (a byte to the lane's
 *      socket). The fence orders 3 before 4 as a release store does not; its pair is in the sleep.
 *   Returns: load-acquire returns' prod, check V9; load each index once, check V10, note that it is
 *   free. So many a burst as were lent, or a few more.
 *
 * Consumer's algorithm (private: own = its cons, seen = last prod it saw)
 *   1. If seen - own is less than wanted: load-acquire prod, check V2, seen = prod. Once a poll,
 *      so that a poll never does more work than the ring has slots.
 *   2. For each slot copy the descriptor to a local, then check and use the local. Copy the bytes
 *      out (or read them in place, knowing that a hostile producer may change them meanwhile).
 *   3. own += slots read; store-release cons = own. Once a burst. The producer may refill now, but
 *      lent frames: for these write their indices to the returns when they are done with, then
 *      store-release returns' prod. Once a burst.
 *   Sleep: store sleeping = 1; full fence; load prod; if it moved: store sleeping = 0, go to 1.
 *   Else wait for the bell, for a bounded time; store sleeping = 0.
 */
#ifndef CPX_LIB_FIBER_FORMAT_H
#define CPX_LIB_FIBER_FORMAT_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#define FIBER_MAGIC 0x3152424946585043ull /* "CPXFIBR1" */
#define FIBER_MAJOR 1
#define FIBER_MINOR 0

#define FIBER_MAX_LANES       64
#define FIBER_MIN_LOG2_SLOTS  4
#define FIBER_MAX_LOG2_SLOTS  14
#define FIBER_MIN_SLOT_BYTES  256 /* and a multiple of 64 */
#define FIBER_MAX_SLOT_BYTES  16384
#define FIBER_MAX_SEGS        32 /* and at most the slots of a ring */
#define FIBER_MIN_FRAME       14 /* an Ethernet header */
#define FIBER_MAX_REGION      (4ull << 30)
#define FIBER_PAGE_SMALL      4096u
#define FIBER_PAGE_HUGE       (2u << 20)
#define FIBER_MAX_LOG2_FRAMES 16  /* lent by a lane, at least as many as slots */
#define FIBER_INLINE_BYTES    256 /* of a slot, with LENT */

/* Features: bits of the handshake. Those that no peer of today knows are never agreed. */
#define FIBER_FEATURE_HASH  (1ull << 0) /* descriptors carry a flow hash */
#define FIBER_FEATURE_VLAN  (1ull << 1) /* … a VLAN tag taken off the frame */
#define FIBER_FEATURE_CSUM  (1ull << 2) /* … "checksums are good" */
#define FIBER_FEATURE_STAMP (1ull << 3) /* … a time stamp */
#define FIBER_FEATURE_SLEEP (1ull << 4) /* consumers may sleep; producers ring a bell */
#define FIBER_FEATURE_LENT  (1ull << 5) /* frames may be lent; excludes STAMP */
#define FIBER_FEATURES                                                                        \
	(FIBER_FEATURE_HASH | FIBER_FEATURE_VLAN | FIBER_FEATURE_CSUM | FIBER_FEATURE_STAMP | \
	 FIBER_FEATURE_SLEEP | FIBER_FEATURE_LENT)

#define FIBER_DESC_MORE    (1u << 0) /* the frame goes on in the next slot */
#define FIBER_DESC_HASH    (1u << 1)
#define FIBER_DESC_VLAN    (1u << 2)
#define FIBER_DESC_IP_GOOD (1u << 3) /* the sender vouches for the IP header checksum */
#define FIBER_DESC_L4_GOOD (1u << 4) /* … and for that of TCP or UDP */
#define FIBER_DESC_STAMP   (1u << 5)
#define FIBER_DESC_LENT    (1u << 6) /* the bytes are those of frame stamp_low */

/* What both sides agreed on; private to each, never in the region. */
struct fiber_terms {
	uint64_t features;
	uint32_t lanes;
	uint32_t log2_slots;
	uint32_t slot_bytes;
	uint32_t max_segs;
	uint32_t page_bytes;  /* of the region: FIBER_PAGE_SMALL or FIBER_PAGE_HUGE */
	uint32_t log2_frames; /* LENT: frames that a lane lends; else 0 */
};

/* Written once by the server before the client sees the region; the client compares it once. For
 * people with a debugger, and against a peer that lays the region out in another way. */
struct fiber_header {
	uint64_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t header_bytes;
	uint64_t region_bytes;
	uint64_t features;
	uint32_t lanes;
	uint32_t log2_slots;
	uint32_t slot_bytes;
	uint32_t max_segs;
	uint64_t ring_offset;
	uint64_t ring_stride;
	uint64_t buffer_offset;
	uint64_t buffer_stride;
	uint64_t slot_stride;
	/* LENT, else zero */
	uint32_t log2_frames;
	uint32_t inline_bytes;
	uint64_t returns_offset;
};

/* Producer of the ring writes, consumer reads. */
struct fiber_desc {
	union {
		struct {
			uint16_t len;
			uint16_t flags;
			uint32_t hash;
			uint16_t vlan;
			uint16_t stamp_high;
			uint32_t stamp_low;
		};
		uint64_t word[2]; /* how it is stored and loaded */
	};
};

struct fiber_ring {
	alignas(128) uint32_t prod;     /* producer writes */
	alignas(128) uint32_t cons;     /* consumer writes */
	alignas(128) uint32_t sleeping; /* consumer writes 1 and 0, producer 0 */
	alignas(128) struct fiber_desc desc[];
};

/* With LENT, in the same ring's place: consumer of the ring writes, its producer reads. */
struct fiber_returns {
	alignas(128) uint32_t prod;
	alignas(128) uint32_t index[];
};

#define FIBER_HEADER_BYTES 4096u
#define FIBER_RING_HEAD    384u
#define FIBER_RETURNS_HEAD 128u

#define FIBER_AT(type, field, offset) \
	static_assert(offsetof(struct type, field) == (offset), #type "." #field)
static_assert(sizeof(struct fiber_header) == 104, "header");
FIBER_AT(fiber_header, region_bytes, 16);
FIBER_AT(fiber_header, lanes, 32);
FIBER_AT(fiber_header, ring_offset, 48);
FIBER_AT(fiber_header, slot_stride, 80);
FIBER_AT(fiber_header, returns_offset, 96);
static_assert(sizeof(struct fiber_desc) == 16, "four descriptors a line");
FIBER_AT(fiber_desc, flags, 2);
FIBER_AT(fiber_desc, hash, 4);
FIBER_AT(fiber_desc, vlan, 8);
FIBER_AT(fiber_desc, stamp_high, 10);
FIBER_AT(fiber_desc, stamp_low, 12);
FIBER_AT(fiber_ring, cons, 128);
FIBER_AT(fiber_ring, sleeping, 256);
FIBER_AT(fiber_ring, desc, FIBER_RING_HEAD);
FIBER_AT(fiber_returns, index, FIBER_RETURNS_HEAD);

/* Where everything is. */
struct fiber_layout {
	uint64_t region_bytes;
	uint64_t ring_offset, ring_stride;
	uint64_t buffer_offset, buffer_stride, slot_stride;
	uint64_t returns_offset; /* within a ring's place; 0 without LENT */
	uint32_t slot_bytes;     /* that fit into a slot */
};

/* Where the frames of a pool are. */
struct fiber_pool_layout {
	uint64_t pool_bytes;
	uint64_t offset, lane_stride, frame_stride;
};

/* 0 when every number of the terms is within its limits, else -EINVAL. Any thread. */
int fiber_terms_check(const struct fiber_terms *terms);

/* The layout of checked terms; -EFBIG when the region would exceed FIBER_MAX_REGION. Any thread. */
int fiber_layout_of(const struct fiber_terms *terms, struct fiber_layout *layout);

/* The layout of a pool of `page_bytes` pages for checked terms with LENT; -EFBIG as above, -EINVAL
 * for other pages. Any thread. */
int fiber_pool_layout_of(const struct fiber_terms *terms, uint32_t page_bytes,
			 struct fiber_pool_layout *layout);

/* The header that belongs at the start of a region. Any thread. */
struct fiber_header fiber_header_of(const struct fiber_terms *terms,
				    const struct fiber_layout *layout);

#endif
