/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which flow rule does a frame meet? Rules with the same shape, which is the same headers and the
 * same masks, share one hash table: a frame's masked words are hashed once a shape and looked up
 * among the values of all of that shape's rules (tuple space search). So a frame costs a hash, two
 * or three loads and a compare for each shape there is, however many rules a shape holds. Shapes
 * are ordered by their best rule, and the search ends at the first that cannot better what was
 * found.
 *
 * A table and all it points to is constant from the moment it is published (cpx_flow_table.h builds
 * it, cpx_flow.c swaps it in and frees it when no queue can still read it). Everything here
 * is a pure function of its arguments, free of DPDK, and reads no byte at or past frame + len.
 */
#ifndef CPX_PMD_CPX_FLOW_MATCH_H
#define CPX_PMD_CPX_FLOW_MATCH_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pmd/cpx_toeplitz.h"

/* Headers a frame holds whole, and the IPv6 extension headers on the way. A set. */
enum cpx_flow_header {
	CPX_FLOW_ETH = 1 << 0,
	CPX_FLOW_VLAN1 = 1 << 1, /* outer tag: 0x8100 or 0x88a8 */
	CPX_FLOW_VLAN2 = 1 << 2,
	CPX_FLOW_VLAN3 = 1 << 3, /* more than two tags; nothing behind them is looked at */
	CPX_FLOW_IP4 = 1 << 4,
	CPX_FLOW_IP6 = 1 << 5,
	CPX_FLOW_UDP = 1 << 6, /* of no fragment: the pieces of a datagram meet the same rules */
	CPX_FLOW_TCP = 1 << 7,
	CPX_FLOW_IP6_HOP = 1 << 8,
	CPX_FLOW_IP6_ROUTE = 1 << 9,
	CPX_FLOW_IP6_FRAGMENT = 1 << 10,
	CPX_FLOW_IP6_AUTH = 1 << 11,
	CPX_FLOW_IP6_ESP = 1 << 12,
	CPX_FLOW_IP6_DEST = 1 << 13,
	CPX_FLOW_IP6_MOBILITY = 1 << 14,
	CPX_FLOW_IP6_HIP = 1 << 15,
	CPX_FLOW_IP6_SHIM6 = 1 << 16,
};

/* Where words are counted from. A tag's base lies 4 bytes before it, so that 8 can be read. */
enum cpx_flow_base {
	CPX_FLOW_AT_ETH,
	CPX_FLOW_AT_VLAN1,
	CPX_FLOW_AT_VLAN2,
	CPX_FLOW_AT_L3,
	CPX_FLOW_AT_L4,
	CPX_FLOW_BASES,
};

/* Longest pattern: Ethernet 2 words, tags 1 each, IPv6 5, TCP 3. */
#define CPX_FLOW_MAX_WORDS  12
#define CPX_FLOW_MAX_QUEUES 8
#define CPX_FLOW_RETA       128

/* Eight bytes of a header, as they lie in the frame. */
struct cpx_flow_word {
	uint64_t mask;
	uint8_t base; /* enum cpx_flow_base */
	uint8_t at;   /* bytes from there */
};

/* What rules of one shape ask of a frame: (headers & care) == want, and these words. */
struct cpx_flow_shape {
	uint32_t care, want;
	uint32_t n_words;
	struct cpx_flow_word word[CPX_FLOW_MAX_WORDS];
};

struct cpx_flow_pattern {
	struct cpx_flow_shape shape;
	uint64_t value[CPX_FLOW_MAX_WORDS]; /* masked */
};

enum cpx_flow_fate {
	CPX_FLOW_QUEUE,
	CPX_FLOW_RSS,
	CPX_FLOW_DROP,
	CPX_FLOW_PASS, /* not terminating: rules further down see the frame */
};

/* Frames and bytes a rule met on one rx queue. The queue's lcore writes, anybody reads. */
struct cpx_flow_cell {
	alignas(64) uint64_t hits;
	uint64_t bytes;
};

/* Every block that a reader may hold starts with this, which no reader looks at. */
struct cpx_flow_block {
	struct cpx_flow_block *next; /* once the block is out of reach */
	size_t bytes;                /* of it, for who gave it */
};

/* Where frames of a flow go, and by what hash. */
struct cpx_flow_rss {
	uint16_t types; /* enum cpx_hash_type set */
	bool keyed;     /* by the key below; else as the port hashes */
	struct cpx_toeplitz toeplitz;
	uint8_t queue[CPX_FLOW_RETA];
};

struct cpx_flow_rule {
	struct cpx_flow_block block;
	uint64_t order; /* lower first, from 1 on; no two rules of a table share one */
	uint8_t fate;   /* enum cpx_flow_fate */
	bool marks;
	uint16_t queue;             /* CPX_FLOW_QUEUE */
	uint32_t mark;              /* if marks */
	struct cpx_flow_cell *cell; /* one a queue; NULL: not counted */
	struct cpx_flow_rss *rss;   /* CPX_FLOW_RSS */
	uint64_t value[CPX_FLOW_MAX_WORDS];
};

struct cpx_flow_entry {
	uint32_t tag; /* hash of the values */
	struct cpx_flow_rule *rule;
};

/* Rules whose values hash alike, in order. */
struct cpx_flow_bucket {
	struct cpx_flow_block block;
	uint32_t n;
	struct cpx_flow_entry entry[];
};

struct cpx_flow_group {
	struct cpx_flow_block block;
	struct cpx_flow_shape shape;
	uint32_t n_rules;
	uint32_t mask; /* buckets - 1 */
	struct cpx_flow_bucket *bucket[];
};

struct cpx_flow_table {
	struct cpx_flow_block block;
	bool isolated; /* a frame that no rule decides about is dropped */
	uint32_t n_rules;
	uint32_t n_groups;
	struct {
		uint64_t best; /* order of the group's first rule */
		struct cpx_flow_group *group;
	} of[];
};

/* A frame and where its headers start. */
struct cpx_flow_view {
	const uint8_t *frame;
	uint32_t headers;            /* enum cpx_flow_header */
	uint16_t at[CPX_FLOW_BASES]; /* of those whose header is there */
};

/* Find the headers in the len bytes at `frame`; no more than 65535 of them are looked at. */
void cpx_flow_look(struct cpx_flow_view *v, const void *frame, size_t len);

/* The first rule in order, of those behind `after` (0: of all), that the frame meets, or NULL. */
const struct cpx_flow_rule *cpx_flow_match(const struct cpx_flow_table *t,
					   const struct cpx_flow_view *v, uint64_t after);

#define CPX_FLOW_SEED 0x9e3779b97f4a7c15ull

/* Hash of a pattern's words so far, and one more. The tag is the upper half of the last. */
static inline uint64_t cpx_flow_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 32;
}

static inline uint32_t cpx_flow_tag(uint64_t hash)
{
	return (uint32_t)(hash * CPX_FLOW_SEED >> 32);
}

#endif
