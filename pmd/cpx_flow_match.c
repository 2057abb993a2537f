/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers of a frame and the rule it meets; see cpx_flow_match.h. Runs on a receive queue's lcore,
 * once a frame, while the port has rules. It must not read past the frame, nor write anything but
 * the view it was given.
 */
#include "pmd/cpx_flow_match.h"

#include <string.h>

enum {
	ETH_LEN = 14,
	VLAN_LEN = 4,
	IP4_LEN = 20,
	IP6_LEN = 40,
	UDP_LEN = 8,
	TCP_LEN = 20,
	MAX_EXTENSIONS = 8,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_FRAGMENT = 44,
	PROTO_ESP = 50,
	PROTO_AUTH = 51,
};

static inline uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Bit of an IPv6 extension header; 0 of what is none. */
static inline uint32_t extension(unsigned proto)
{
	switch (proto) {
	case 0:
		return CPX_FLOW_IP6_HOP;
	case 43:
		return CPX_FLOW_IP6_ROUTE;
	case PROTO_FRAGMENT:
		return CPX_FLOW_IP6_FRAGMENT;
	case PROTO_ESP:
		return CPX_FLOW_IP6_ESP;
	case PROTO_AUTH:
		return CPX_FLOW_IP6_AUTH;
	case 60:
		return CPX_FLOW_IP6_DEST;
	case 135:
		return CPX_FLOW_IP6_MOBILITY;
	case 139:
		return CPX_FLOW_IP6_HIP;
	case 140:
		return CPX_FLOW_IP6_SHIM6;
	default:
		return 0;
	}
}

static inline void look_l4(struct cpx_flow_view *v, unsigned proto, size_t at, size_t len)
{
	v->at[CPX_FLOW_AT_L4] = (uint16_t)at;
	if (proto == PROTO_UDP && len - at >= UDP_LEN)
		v->headers |= CPX_FLOW_UDP;
	else if (proto == PROTO_TCP && len - at >= TCP_LEN)
		v->headers |= CPX_FLOW_TCP;
}

static inline void look_ip4(struct cpx_flow_view *v, size_t at, size_t len)
{
	const uint8_t *ip = v->frame + at;
	size_t header;

	if (len - at < IP4_LEN || ip[0] >> 4 != 4)
		return;
	header = (ip[0] & 15u) * 4u;
	if (header < IP4_LEN || header > len - at)
		return;
	v->headers |= CPX_FLOW_IP4;
	if ((read16(ip + 6) & 0x3fff) == 0)
		look_l4(v, ip[9], at + header, len);
}

static void look_ip6(struct cpx_flow_view *v, size_t at, size_t len)
{
	const uint8_t *ip = v->frame + at;
	unsigned proto;
	uint32_t bit;

	if (len - at < IP6_LEN || ip[0] >> 4 != 6)
		return;
	v->headers |= CPX_FLOW_IP6;
	proto = ip[6];
	at += IP6_LEN;
	for (unsigned n = 0; (bit = extension(proto)) != 0; n++) {
		const uint8_t *p = v->frame + at;
		size_t step;

		v->headers |= bit;
		if (n == MAX_EXTENSIONS || proto == PROTO_ESP || len - at < 8)
			return;
		step = proto == PROTO_FRAGMENT ? 8u
		       : proto == PROTO_AUTH   ? (p[1] + 2u) * 4u
					       : (p[1] + 1u) * 8u;
		if (step > len - at)
			return;
		proto = p[0];
		at += step;
	}
	if (!(v->headers & CPX_FLOW_IP6_FRAGMENT))
		look_l4(v, proto, at, len);
}

static inline bool is_tag(unsigned type)
{
	return type == 0x8100 || type == 0x88a8;
}

void cpx_flow_look(struct cpx_flow_view *v, const void *frame, size_t len)
{
	size_t at = ETH_LEN;
	unsigned type;

	v->frame = frame;
	v->headers = 0;
	if (len > UINT16_MAX)
		len = UINT16_MAX;
	if (len < ETH_LEN)
		return;
	v->headers = CPX_FLOW_ETH;
	v->at[CPX_FLOW_AT_ETH] = 0;
	type = read16(v->frame + 12);
	for (unsigned tag = 0; is_tag(type); tag++) {
		if (tag == 2) {
			v->headers |= CPX_FLOW_VLAN3;
			return;
		}
		if (len - at < VLAN_LEN)
			return;
		v->headers |= tag == 0 ? CPX_FLOW_VLAN1 : CPX_FLOW_VLAN2;
		v->at[CPX_FLOW_AT_VLAN1 + tag] = (uint16_t)(at - VLAN_LEN);
		type = read16(v->frame + at + 2);
		at += VLAN_LEN;
	}
	v->at[CPX_FLOW_AT_L3] = (uint16_t)at;
	if (type == 0x0800)
		look_ip4(v, at, len);
	else if (type == 0x86dd)
		look_ip6(v, at, len);
}

static inline uint64_t load(const struct cpx_flow_view *v, const struct cpx_flow_word *w)
{
	uint64_t word;

	memcpy(&word, v->frame + v->at[w->base] + w->at, sizeof(word));
	return word & w->mask;
}

static inline bool equal(const uint64_t *a, const uint64_t *b, uint32_t n)
{
	uint64_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

/* The first rule behind `after` that the frame meets, of one group. */
static inline const struct cpx_flow_rule *match_group(const struct cpx_flow_group *g,
						      const struct cpx_flow_view *v, uint64_t after)
{
	const uint32_t n_words = g->shape.n_words;
	const struct cpx_flow_bucket *b;
	uint64_t word[CPX_FLOW_MAX_WORDS], hash = CPX_FLOW_SEED;
	uint32_t tag;

	for (uint32_t i = 0; i < n_words; i++) {
		word[i] = load(v, &g->shape.word[i]);
		hash = cpx_flow_mix(hash, word[i]);
	}
	tag = cpx_flow_tag(hash);
	b = g->bucket[tag & g->mask];
	for (uint32_t i = 0; b != NULL && i < b->n; i++) {
		const struct cpx_flow_rule *r = b->entry[i].rule;

		if (b->entry[i].tag == tag && r->order > after && equal(r->value, word, n_words))
			return r;
	}
	return NULL;
}

const struct cpx_flow_rule *cpx_flow_match(const struct cpx_flow_table *t,
					   const struct cpx_flow_view *v, uint64_t after)
{
	const struct cpx_flow_rule *best = NULL;

	for (uint32_t i = 0; i < t->n_groups; i++) {
		const struct cpx_flow_group *g = t->of[i].group;
		const struct cpx_flow_rule *r;

		if (best != NULL && t->of[i].best > best->order)
			break;
		if ((v->headers & g->shape.care) != g->shape.want)
			continue;
		r = match_group(g, v, after);
		if (r != NULL && (best == NULL || r->order < best->order))
			best = r;
	}
	return best;
}
