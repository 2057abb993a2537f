/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for pipeline tests, and what a router must make of them, written down a second time and
 * as plainly as possible: checksums byte by byte, nothing incremental, nothing taken from lib/net
 * but the header structures and the builders of ARP and neighbour discovery.
 */
#ifndef CPX_TESTS_UNIT_FRAME_H
#define CPX_TESTS_UNIT_FRAME_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "lib/net/arp.h"
#include "lib/net/ether.h"
#include "lib/net/icmp.h"
#include "lib/net/ip6.h"
#include "lib/net/nd.h"

#define FRAME_MAX 9800

struct frame {
	unsigned port, lane; /* where it came out; not of a frame that is sent */
	unsigned len;
	uint8_t data[FRAME_MAX];
};

/* What goes into a UDP frame; 0 and NULL take the defaults named here. */
struct udp {
	const uint8_t *to, *from; /* MACs; from: 02:00:00:00:99:01 */
	uint16_t vlan;
	const char *src, *dst;
	uint8_t ttl; /* 64 */
	bool zero_ttl;
	uint16_t payload;  /* bytes */
	uint16_t id;       /* IPv4 */
	uint16_t fragment; /* IPv4 flags and offset, host order */
	uint8_t options;   /* IPv4, bytes, a multiple of 4 */
	uint8_t protocol;  /* other than UDP; the first 8 bytes stay as they are */
	bool hop_by_hop;   /* protocol 0 */
	uint16_t src_port, dst_port;
};

static inline uint32_t frame_ip4(const char *text)
{
	uint32_t addr;

	cr_assert_eq(inet_pton(AF_INET, text, &addr), 1, "no IPv4 address: %s", text);
	return addr;
}

static inline const uint8_t *frame_ip6(const char *text, uint8_t addr[16])
{
	cr_assert_eq(inet_pton(AF_INET6, text, addr), 1, "no IPv6 address: %s", text);
	return addr;
}

/* RFC 1071, two bytes at a time, big-endian. */
static inline uint32_t frame_sum(uint32_t sum, const uint8_t *p, unsigned len)
{
	for (unsigned i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < len ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline void frame_put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline unsigned frame_get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Start of layer 3: behind the tags. */
static inline unsigned frame_l3(const struct frame *f)
{
	unsigned at = 12;

	while (frame_get16(f->data + at) == 0x8100 || frame_get16(f->data + at) == 0x88a8)
		at += 4;
	return at + 2;
}

static inline void frame_fix_ip4(struct frame *f)
{
	uint8_t *ip = f->data + frame_l3(f);
	const unsigned header = (ip[0] & 15) * 4u;

	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, ~frame_sum(0, ip, header) & 0xffff);
}

/* The checksum of an ICMPv6 message behind a 40-byte header. */
static inline void frame_fix_icmp6(struct frame *f)
{
	uint8_t *ip = f->data + frame_l3(f);
	const unsigned len = frame_get16(ip + 4);
	uint32_t sum = len + 58;

	frame_put16(ip + 42, 0);
	sum = frame_sum(sum, ip + 8, 32);
	frame_put16(ip + 42, ~frame_sum(sum, ip + 40, len) & 0xffff);
}

static inline void frame_fix_icmp4(struct frame *f)
{
	uint8_t *ip = f->data + frame_l3(f);
	const unsigned header = (ip[0] & 15) * 4u, len = frame_get16(ip + 2) - header;

	frame_put16(ip + header + 2, 0);
	frame_put16(ip + header + 2, ~frame_sum(0, ip + header, len) & 0xffff);
}

void frame_udp(struct frame *f, const struct udp *u); /* the family follows from the addresses */
/* An echo request (or what `type` says) of `payload` bytes. */
void frame_echo(struct frame *f, const struct udp *u, uint8_t type);
void frame_arp(struct frame *f, bool reply, const uint8_t *to, const uint8_t *from, uint16_t vlan,
	       const char *sender, const char *target);
/* to NULL: to the solicited-node group */
void frame_solicit(struct frame *f, const uint8_t *from, uint16_t vlan, const char *src,
		   const char *target);
void frame_advert(struct frame *f, const uint8_t *to, const uint8_t *from, uint16_t vlan,
		  const char *src, const char *dst, uint32_t flags);
/* Zeros up to `len` bytes; marks: the padding is not zero but stale bytes. */
void frame_pad(struct frame *f, unsigned len, uint8_t mark);

/* `in` as a router sends it on: one hop fewer, new addresses, the tag of `vlan` or none. */
void frame_forwarded(struct frame *out, const struct frame *in, const uint8_t *to,
		     const uint8_t *from, uint16_t vlan);
/* The ICMP error about `in`, from `src` to the source of `in`, as it leaves (TTL 64). rest: MTU. */
void frame_icmp_error(struct frame *out, const struct frame *in, const uint8_t *to,
		      const uint8_t *from, uint16_t vlan, const char *src, uint8_t type,
		      uint8_t code, uint32_t rest);
/* The reply to echo request `in`; src: the reply's source where it is not the request's target. */
void frame_echo_reply(struct frame *out, const struct frame *in, const uint8_t *to,
		      const uint8_t *from, uint16_t vlan, const char *src);

#endif
