/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for tests of flow rules; their maker knows where each header lies, so that a test need not
 * parse them as the driver does.
 */
#ifndef CPX_TESTS_UNIT_FLOW_FRAME_H
#define CPX_TESTS_UNIT_FLOW_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "pmd/cpx_flow_match.h"
#include "tests/unit/guard.h"

/* A frame put together piece by piece; the offsets of headers it holds whole, or -1. */
struct packet {
	uint8_t b[512];
	size_t len;
	int eth, vlan[2], ip4, ip6, udp, tcp;
	uint32_t extensions; /* CPX_FLOW_IP6_* */
	unsigned tags;
};

static inline void add_bytes(struct packet *p, const void *bytes, size_t n)
{
	memcpy(p->b + p->len, bytes, n);
	p->len += n;
}

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Ethernet and tags 100, 101, … of priority 1; inner ones 0x8100, the first of several 0x88a8. */
static inline void add_eth(struct packet *p, uint8_t dst, uint8_t src, unsigned tags, unsigned type)
{
	*p = (struct packet){
		.vlan = { -1, -1 }, .ip4 = -1, .ip6 = -1, .udp = -1, .tcp = -1, .tags = tags
	};
	add_bytes(p, (uint8_t[14]){ 2, 0, 0, 0, 0, dst, 2, 0, 0, 0, 1, src }, 14);
	for (unsigned i = 0; i < tags; i++) {
		put16(p->b + p->len - 2, i == 0 && tags > 1 ? 0x88a8 : 0x8100);
		if (i < 2)
			p->vlan[i] = (int)p->len;
		add_bytes(p, (uint8_t[4]){ 0x20, (uint8_t)(100 + i) }, 4);
	}
	put16(p->b + p->len - 2, type);
}

static inline void add_ip4(struct packet *p, unsigned options, unsigned fragment, unsigned proto,
			   uint8_t src, uint8_t dst)
{
	uint8_t ip[60] = { (uint8_t)(0x45 + options),
			   0,
			   0,
			   60,
			   0,
			   1,
			   0,
			   0,
			   64,
			   (uint8_t)proto,
			   0,
			   0,
			   10,
			   0,
			   0,
			   src,
			   10,
			   1,
			   0,
			   dst };

	put16(ip + 6, fragment);
	if (p->tags <= 2)
		p->ip4 = (int)p->len;
	add_bytes(p, ip, 20 + 4 * options);
}

static inline void add_ip6(struct packet *p, unsigned next, uint8_t src, uint8_t dst)
{
	uint8_t ip[40] = { 0x60, 0, 0, 0, 0, 40, (uint8_t)next, 64, 0x20, 1, 0xd, 0xb8 };

	ip[23] = src;
	ip[24] = 0x20;
	ip[39] = dst;
	if (p->tags <= 2)
		p->ip6 = (int)p->len;
	add_bytes(p, ip, 40);
}

/* Any extension header but authentication, `words` of 8 bytes beyond the first. */
static inline void add_extension(struct packet *p, uint32_t bit, unsigned next, unsigned words)
{
	uint8_t e[40] = { (uint8_t)next, (uint8_t)words };

	p->extensions |= bit;
	add_bytes(p, e, 8 + 8 * words);
}

static inline void add_udp(struct packet *p, bool seen, unsigned src, unsigned dst)
{
	uint8_t udp[8] = { 0 };

	put16(udp, src);
	put16(udp + 2, dst);
	if (seen && p->tags <= 2)
		p->udp = (int)p->len;
	add_bytes(p, udp, 8);
}

static inline void add_tcp(struct packet *p, bool seen, unsigned src, unsigned dst)
{
	uint8_t tcp[20] = { [12] = 0x50, [13] = 0x10 };

	put16(tcp, src);
	put16(tcp + 2, dst);
	if (seen && p->tags <= 2)
		p->tcp = (int)p->len;
	add_bytes(p, tcp, 20);
}

#endif
