/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The telemetry segment, file format 1.0: the contract between one writer (cpx run) and any number
 * of readers in any language. This header is the format; FORMAT.md says the same for people who
 * read no C. Everything is little-endian and naturally aligned; places are byte offsets from the
 * start of the file, never pointers; strings are NUL-padded UTF-8.
 *
 * What is where
 *
 *   superblock    256 B at 0
 *   directory     capacity entries of 128 B, one per metric
 *   catalogue     two areas of equal length, one of them current: JSON, padded with spaces
 *   live blocks   one array of blocks per scope; each block has one writing thread
 *   published     two buffers, filled in turn by the control thread
 *
 * Superblock, 256 B
 *     0 char[8]  magic "CPXTLM" 00 01         104 u64 catalogue offset (store-release)
 *     8 u32      byte order 0x01020304        112 u64 catalogue length, padding included
 *    12 u16 u16  major, minor                 120 u64 zero
 *    16 u32 u32  superblock, entry bytes      128 u64 heartbeat, CLOCK_MONOTONIC ns
 *    24 u64      file size                    136 u64 heartbeat, CLOCK_REALTIME ns
 *    32 u8[16]   incarnation (random)         144 u32 state
 *    48 u64 u64  start, REALTIME and          148 u32 flags, zero
 *                MONOTONIC ns                 152 u64 published generation (store-release)
 *    64 u32 u32  pid, writing lcores          160 u64 offset of published buffer 0
 *    72 u64      inode of the pid namespace   168 u64 offset of published buffer 1
 *    80 u64      TSC Hz, 0 unknown            176 u64 bytes of one published buffer
 *    88 u64      directory offset             184 u32 lanes
 *    96 u32      directory capacity           188 u32 engines
 *   100 u32      directory count (release)    192 … zero
 * Bytes 160..191 are this header's choice of how a reader finds the published buffers.
 *
 * Directory entry, 128 B
 *     0 char[48] name                          84 u32 element bytes (8 x slots)
 *    48 char[16] unit                          88 u64 offset of block 0's seq
 *    64 u16 u16  kind, scope                   96 u32 histogram: buckets per octave
 *    68 u32      live instances               100 u32 histogram: octaves
 *    72 u64      offset of the element in     104 u64 published: offset of element 0 from the
 *                live block 0                          start of a buffer; 0 not published
 *    80 u32      stride of live blocks        112 u32 published: stride
 *                                             116 u32 published: instances
 *                                             120 i32 gauge_i64: value = v x 10^scale
 *                                             124 u32 zero
 * Bytes 104..123 are this header's choice of where a metric sits in a published buffer.
 * Live instance i has its element at offset + i x stride and its seq at seq offset + i x stride.
 * In scope lcore_lane, instance = lcore x lanes + lane; published, the lcores are summed and
 * instance = lane. Live instances 0: the live blocks are not in this file (it was deleted and made
 * anew while its cpx ran); the published values are. An element is one u64, or `slots` of them: a
 * text, a labelled array (labels in the catalogue), a histogram.
 * Absent: a counter, gauge u64 or enum of all ones, a gauge f64 that is a NaN. There is no such
 * value (copper has no light), or it is not known now; readers say so and never show a number.
 *
 * Live block: 64 B header, then u64 payload. Block stride: multiple of 64, never of 4096.
 *     0 u64 seq   even: at rest, odd: being written        16 u32 lcore (writer)
 *     8 u64 tsc   of the last update                       20 u32 lane, or engine; ~0 none
 *                                                          24 u64 bytes, header and payload
 *                                                          32 … zero to 63
 *
 * Published buffer: 64 B header, payload by the directory, then the bitmap of kept blocks.
 *     0 u64 seq               24 u64 CLOCK_MONOTONIC ns of the pass's start
 *     8 u64 generation        32 u64 duration of the pass, ns
 *    16 u64 CLOCK_REALTIME    40 u64 offset of the bitmap from the start of this buffer
 *           ns, pass start    48 … zero to 63
 * The bitmap is u64 words: bit l (word l / 64, bit l % 64) is set when lane l, bit lanes + k when
 * the per-lcore block of lcore k, could not be read at rest and keeps the values of the pass
 * before. The other blocks are written by the publishing thread itself and are never kept.
 * A published buffer belongs to generation g when g % 2 is its number and g its generation field.
 *
 * Validity: a reader refuses the file, without touching anything else, unless
 *   V1  it is a regular file of at least 256 B, and its size equals the file size field
 *   V2  magic, byte order and major are as above (any minor is taken)
 *   V3  superblock bytes >= 256, entry bytes >= 128, each a multiple of 64 and <= 4096
 *   V4  file size <= TELEMETRY_MAX_FILE
 *   V5  count <= capacity <= TELEMETRY_MAX_ENTRIES, and the directory [offset, + capacity x entry
 *       bytes) lies after the superblock and inside the file, offset a multiple of 64
 *   V6  catalogue [offset, + length) lies after the superblock and inside the file, length <=
 *       TELEMETRY_MAX_CATALOGUE
 *   V7  both published buffers [offset, + bytes) lie after the superblock and inside the file, do
 *       not overlap, offsets multiples of 64; bytes a multiple of 8, >= 64 and <=
 *       TELEMETRY_MAX_PUBLISHED
 *   V8  lanes, engines, lcores <= TELEMETRY_MAX_INSTANCES
 * and skips a directory entry unless
 *   E1  name and unit end in NUL, the name is not empty and is [a-z0-9_]
 *   E2  kind and scope are known (unknown ones belong to a later minor: not an error)
 *   E3  element bytes is a multiple of 8, >= 8 and <= TELEMETRY_MAX_ELEMENT; 8 for single values
 *   E4  published: offset 0, or: offset >= 64 and a multiple of 8, stride a multiple of 8 and
 *       >= element bytes, 0 < instances <= TELEMETRY_MAX_INSTANCES, last element ends in the buffer
 *   E5  live (readers of live blocks only): as E4 against the file, seq offset a multiple of 64
 *   E6  with the usable entries before it, it publishes no more element bytes than a buffer has:
 *       elements do not overlap, and the size of the file bounds a reader's work
 *
 * All sums and products above are made in 64 bits after their factors were bounded, or checked for
 * overflow. The bitmap is ignored unless offset and length lie inside the buffer.
 *
 * Reader's algorithm (published values)
 *   1. open read-only; fstat; copy the superblock once; check V1..V8; from here on use the copy
 *      and re-read only count, catalogue offset, heartbeats, state and generation.
 *   2. count = load-acquire; copy entries known so far; check E1..E4. Entries never change once
 *      counted; a larger count later means new entries only.
 *   3. generation g = load-acquire; 0: nothing published yet. Buffer g % 2: seq, load-acquire; odd:
 *      go to 5. Copy the whole buffer; acquire fence; seq again.
 *   4. The two seqs are equal and the copied generation is g: done.
 *   5. Otherwise go to 3, at most TELEMETRY_READ_TRIES times, then give up with "try again". The
 *      writer changes a buffer only in every second pass, so one retry is rare and two need a
 *      reader that was put to sleep twice.
 *   6. Dead: state 4, or the write lock on byte 0 is free (F_OFD_GETLK for F_RDLCK), or where the
 *      lock can not be tested, a heartbeat older than 3 s. Replaced: st_nlink 0 or another
 *      incarnation or inode at the path: open again.
 *   7. Catalogue: count; offset; copy length bytes; count again; different: again (bounded). Two
 *      registrations are needed to overwrite the area that was current, and each changes count.
 * The file is never truncated, so a mapping does not fault; a reader that does not trust the file's
 * owner copies with pread(2) and needs no mapping (reader.c does).
 *
 * Writer's algorithm (one pass): g = generation + 1, buffer g % 2: seq odd, fence; fill; generation
 * = g; seq even (release); superblock generation = g (release). A writer killed inside a pass
 * leaves the other buffer whole and current.
 */
#ifndef CPX_LIB_TELEMETRY_FORMAT_H
#define CPX_LIB_TELEMETRY_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TELEMETRY_MAGIC         "CPXTLM\0\1" /* 8 bytes; the literal's own NUL is a ninth */
#define TELEMETRY_BYTE_ORDER    0x01020304u
#define TELEMETRY_MAJOR         1
#define TELEMETRY_MINOR         0
#define TELEMETRY_FILE          "telemetry" /* name in the instance's folder, for this major */
#define TELEMETRY_HEARTBEAT_NS  100000000ull
#define TELEMETRY_DEAD_NS       3000000000ull
#define TELEMETRY_READ_TRIES    16
#define TELEMETRY_NAME_LEN      48
#define TELEMETRY_UNIT_LEN      16
#define TELEMETRY_NO_LANE       UINT32_MAX
#define TELEMETRY_ABSENT        UINT64_MAX /* as f64 it is a NaN, too */
#define TELEMETRY_MAX_FILE      (1ull << 30)
#define TELEMETRY_MAX_ENTRIES   (1u << 16)
#define TELEMETRY_MAX_PUBLISHED (64ull << 20)
#define TELEMETRY_MAX_CATALOGUE (16ull << 20)
#define TELEMETRY_MAX_INSTANCES (1u << 20)
#define TELEMETRY_MAX_ELEMENT   (1u << 20)

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the segment is little-endian");

enum telemetry_kind {
	TELEMETRY_COUNTER = 1, /* u64, never goes down; element > 8 B: labelled array */
	TELEMETRY_GAUGE_U64,   /* u64; element > 8 B: labelled array */
	TELEMETRY_GAUGE_I64,   /* i64 times 10^scale */
	TELEMETRY_GAUGE_F64,   /* IEEE 754 double */
	TELEMETRY_ENUM,        /* u64 0..n-1, names in the catalogue */
	TELEMETRY_TEXT,        /* element bytes of NUL-padded UTF-8 */
	TELEMETRY_HISTOGRAM,   /* struct telemetry_histogram */
	TELEMETRY_EVENTS,      /* struct telemetry_events; live only, never published */
};

enum telemetry_scope {
	TELEMETRY_SCOPE_PROCESS = 1, /* one block, control thread */
	TELEMETRY_SCOPE_ENGINE,      /* one per engine, control thread */
	TELEMETRY_SCOPE_LANE,        /* one per lane, control thread */
	TELEMETRY_SCOPE_LCORE,       /* one per writing lcore, that lcore */
	TELEMETRY_SCOPE_LCORE_LANE, /* one per lcore and lane, that lcore; published summed per lane
				     */
	TELEMETRY_SCOPE_NEXT_HOP,   /* one per next hop; not in 1.0 files yet */
};

enum telemetry_state {
	TELEMETRY_STATE_STARTING = 1,
	TELEMETRY_STATE_RUNNING,
	TELEMETRY_STATE_DRAINING,
	TELEMETRY_STATE_STOPPED, /* cleanly */
};

/* Written once before the file gets its name, except where said; read by all. */
struct telemetry_superblock {
	uint8_t magic[8];
	uint32_t byte_order;
	uint16_t major;
	uint16_t minor;
	uint32_t superblock_bytes;
	uint32_t entry_bytes;
	uint64_t file_size;
	uint8_t incarnation[16];
	uint64_t start_realtime_ns;
	uint64_t start_monotonic_ns;
	uint32_t pid;
	uint32_t lcores;
	uint64_t pid_namespace;
	uint64_t tsc_hz;
	uint64_t directory_offset;
	uint32_t directory_capacity;
	uint32_t directory_count;  /* control thread, release, only grows */
	uint64_t catalogue_offset; /* control thread, release */
	uint64_t catalogue_bytes;
	uint64_t reserved0;
	uint64_t heartbeat_monotonic_ns; /* control thread, every 100 ms */
	uint64_t heartbeat_realtime_ns;  /* control thread, every 100 ms */
	uint32_t state;                  /* control thread, enum telemetry_state */
	uint32_t flags;
	uint64_t generation; /* control thread, release, +1 for each published pass */
	uint64_t published_offset[2];
	uint64_t published_bytes;
	uint32_t lanes;
	uint32_t engines;
	uint8_t reserved1[64];
};

#define TELEMETRY_AT(type, field, offset) \
	static_assert(offsetof(struct type, field) == (offset), #type "." #field)

static_assert(sizeof(struct telemetry_superblock) == 256, "superblock");
TELEMETRY_AT(telemetry_superblock, byte_order, 8);
TELEMETRY_AT(telemetry_superblock, major, 12);
TELEMETRY_AT(telemetry_superblock, minor, 14);
TELEMETRY_AT(telemetry_superblock, superblock_bytes, 16);
TELEMETRY_AT(telemetry_superblock, entry_bytes, 20);
TELEMETRY_AT(telemetry_superblock, file_size, 24);
TELEMETRY_AT(telemetry_superblock, incarnation, 32);
TELEMETRY_AT(telemetry_superblock, start_realtime_ns, 48);
TELEMETRY_AT(telemetry_superblock, start_monotonic_ns, 56);
TELEMETRY_AT(telemetry_superblock, pid, 64);
TELEMETRY_AT(telemetry_superblock, lcores, 68);
TELEMETRY_AT(telemetry_superblock, pid_namespace, 72);
TELEMETRY_AT(telemetry_superblock, tsc_hz, 80);
TELEMETRY_AT(telemetry_superblock, directory_offset, 88);
TELEMETRY_AT(telemetry_superblock, directory_capacity, 96);
TELEMETRY_AT(telemetry_superblock, directory_count, 100);
TELEMETRY_AT(telemetry_superblock, catalogue_offset, 104);
TELEMETRY_AT(telemetry_superblock, catalogue_bytes, 112);
TELEMETRY_AT(telemetry_superblock, heartbeat_monotonic_ns, 128);
TELEMETRY_AT(telemetry_superblock, heartbeat_realtime_ns, 136);
TELEMETRY_AT(telemetry_superblock, state, 144);
TELEMETRY_AT(telemetry_superblock, flags, 148);
TELEMETRY_AT(telemetry_superblock, generation, 152);
TELEMETRY_AT(telemetry_superblock, published_offset, 160);
TELEMETRY_AT(telemetry_superblock, published_bytes, 176);
TELEMETRY_AT(telemetry_superblock, lanes, 184);
TELEMETRY_AT(telemetry_superblock, engines, 188);

/* Written once by the control thread before it is counted; read by all. */
struct telemetry_entry {
	char name[TELEMETRY_NAME_LEN];
	char unit[TELEMETRY_UNIT_LEN];
	uint16_t kind;
	uint16_t scope;
	uint32_t instances;
	uint64_t offset;
	uint32_t stride;
	uint32_t element_bytes;
	uint64_t seq_offset;
	uint32_t histogram_buckets; /* per octave */
	uint32_t histogram_octaves;
	uint64_t published_offset;
	uint32_t published_stride;
	uint32_t published_instances;
	int32_t scale;
	uint32_t reserved;
};

static_assert(sizeof(struct telemetry_entry) == 128, "directory entry");
TELEMETRY_AT(telemetry_entry, unit, 48);
TELEMETRY_AT(telemetry_entry, kind, 64);
TELEMETRY_AT(telemetry_entry, scope, 66);
TELEMETRY_AT(telemetry_entry, instances, 68);
TELEMETRY_AT(telemetry_entry, offset, 72);
TELEMETRY_AT(telemetry_entry, stride, 80);
TELEMETRY_AT(telemetry_entry, element_bytes, 84);
TELEMETRY_AT(telemetry_entry, seq_offset, 88);
TELEMETRY_AT(telemetry_entry, histogram_buckets, 96);
TELEMETRY_AT(telemetry_entry, histogram_octaves, 100);
TELEMETRY_AT(telemetry_entry, published_offset, 104);
TELEMETRY_AT(telemetry_entry, published_stride, 112);
TELEMETRY_AT(telemetry_entry, published_instances, 116);
TELEMETRY_AT(telemetry_entry, scale, 120);

/*
 * seq, tsc and v: the block's one writing thread. In blocks of scope lcore the control thread
 * writes what says where a worker runs (slots of its own, one relaxed store each, seq left alone):
 * it also publishes, so a published row has all of it; who reads live blocks may see half of a new
 * text. The rest: control thread, at creation.
 */
struct telemetry_block {
	uint64_t seq;
	uint64_t tsc;
	uint32_t lcore;
	uint32_t lane;
	uint64_t bytes;
	uint8_t zero[32];
	uint64_t v[];
};

static_assert(sizeof(struct telemetry_block) == 64, "live block header");
TELEMETRY_AT(telemetry_block, tsc, 8);
TELEMETRY_AT(telemetry_block, lcore, 16);
TELEMETRY_AT(telemetry_block, lane, 20);
TELEMETRY_AT(telemetry_block, bytes, 24);
TELEMETRY_AT(telemetry_block, v, 64);

/* All fields: control thread inside a pass. */
struct telemetry_published {
	uint64_t seq;
	uint64_t generation;
	uint64_t realtime_ns;
	uint64_t monotonic_ns;
	uint64_t duration_ns;
	uint64_t kept_offset;
	uint64_t zero[2];
	uint64_t v[];
};

static_assert(sizeof(struct telemetry_published) == 64, "published buffer header");
TELEMETRY_AT(telemetry_published, generation, 8);
TELEMETRY_AT(telemetry_published, realtime_ns, 16);
TELEMETRY_AT(telemetry_published, monotonic_ns, 24);
TELEMETRY_AT(telemetry_published, duration_ns, 32);
TELEMETRY_AT(telemetry_published, kept_offset, 40);
TELEMETRY_AT(telemetry_published, v, 64);

/*
 * Histogram: log-linear, 16 buckets per octave up to 2^36 (nanoseconds: 68 s). Values below 16 have
 * a bucket each; above, the bucket is the octave and the four bits after the leading one, so a
 * bucket is at most 6.25 % wide. Larger values go to the last bucket. min is ~0 while count is 0.
 */
#define TELEMETRY_HISTOGRAM_PER_OCTAVE 16
#define TELEMETRY_HISTOGRAM_OCTAVES    36
#define TELEMETRY_HISTOGRAM_BUCKETS    528

struct telemetry_histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
	uint64_t bucket[TELEMETRY_HISTOGRAM_BUCKETS];
};

static_assert(sizeof(struct telemetry_histogram) == 4256, "histogram");
TELEMETRY_AT(telemetry_histogram, bucket, 32);

/* Bucket of a value, 0..527. Any thread; pure. */
static inline unsigned telemetry_histogram_bucket(uint64_t v)
{
	unsigned octave;

	if (v < TELEMETRY_HISTOGRAM_PER_OCTAVE)
		return (unsigned)v;
	if (v >> TELEMETRY_HISTOGRAM_OCTAVES)
		return TELEMETRY_HISTOGRAM_BUCKETS - 1;
	octave = 63 - (unsigned)__builtin_clzll(v);
	return (octave - 3) * TELEMETRY_HISTOGRAM_PER_OCTAVE + ((v >> (octave - 4)) & 15);
}

/*
 * Event ring: one writer (control thread). Event n (from 1) is in slot (n - 1) % slots; head is the
 * number of events ever written. The writer sets seqno 0, then the fields, then seqno = n, then
 * head = n (releases). A reader keeps its own position p (events seen): head - p > slots means
 * head - p - slots were lost; it copies a slot between two reads of seqno == p + 1.
 */
#define TELEMETRY_EVENT_SLOTS 4096

struct telemetry_events {
	uint64_t head;
	uint32_t slots;
	uint32_t slot_bytes;
	uint8_t zero[48];
};

struct telemetry_event {
	uint64_t seqno;
	uint64_t realtime_ns;
	uint16_t type;
	uint16_t severity;
	uint16_t engine;
	uint16_t lane;
	uint32_t code;
	uint32_t reserved;
	int64_t arg[3];
	uint64_t zero;
};

static_assert(sizeof(struct telemetry_events) == 64, "event ring header");
static_assert(sizeof(struct telemetry_event) == 64, "event");
TELEMETRY_AT(telemetry_events, slots, 8);
TELEMETRY_AT(telemetry_events, slot_bytes, 12);
TELEMETRY_AT(telemetry_event, realtime_ns, 8);
TELEMETRY_AT(telemetry_event, type, 16);
TELEMETRY_AT(telemetry_event, severity, 18);
TELEMETRY_AT(telemetry_event, engine, 20);
TELEMETRY_AT(telemetry_event, lane, 22);
TELEMETRY_AT(telemetry_event, code, 24);
TELEMETRY_AT(telemetry_event, arg, 32);

#undef TELEMETRY_AT

#endif
