/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow and hash of a frame; see cpx_hash.h. Runs on the lane's lcore, once a packet, when hashing
 * is on. CRC-32C because one instruction takes eight bytes on every CPU that DPDK's x86
 * and arm64 builds ask for; elsewhere a bit-wise loop gives the same value.
 */
#include "pmd/cpx_hash.h"

#include <string.h>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

enum {
	ETH_LEN = 14,
	VLAN_LEN = 4,
	IP4_LEN = 20,
	IP6_LEN = 40,
	MAX_EXTENSIONS = 8,
	PROTO_HOPOPTS = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_DSTOPTS = 60,
	PROTO_SCTP = 132,
};

#define SEED 0xffffffffu

static inline uint32_t crc_u64(uint32_t crc, uint64_t v)
{
#if defined(__SSE4_2__)
	return (uint32_t)_mm_crc32_u64(crc, v);
#elif defined(__ARM_FEATURE_CRC32)
	return __crc32cd(crc, v);
#else
	for (unsigned byte = 0; byte < 8; byte++, v >>= 8) {
		crc ^= (uint8_t)v;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0x82f63b78u & -(crc & 1));
	}
	return crc;
#endif
}

static inline uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Bit of `proto` shifted for IPv4; 0 where ports mean nothing to us. */
static inline unsigned l4_type(unsigned proto)
{
	switch (proto) {
	case PROTO_TCP:
		return CPX_HASH_TCP4;
	case PROTO_UDP:
		return CPX_HASH_UDP4;
	case PROTO_SCTP:
		return CPX_HASH_SCTP4;
	default:
		return 0;
	}
}

static bool find_ip4(const uint8_t *ip, size_t len, unsigned types, struct cpx_tuple *t)
{
	unsigned header;

	if (len < IP4_LEN || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4u;
	if (header < IP4_LEN)
		return false;
	t->addresses = ip + 12;
	t->addresses_len = 8;
	t->proto = ip[9];
	/* more fragments or an offset: the ports are not here, or not in every piece */
	if ((l4_type(ip[9]) & types) != 0 && (read16(ip + 6) & 0x3fff) == 0 && len >= header + 4u) {
		t->ports = ip + header;
		return true;
	}
	t->ports = NULL;
	return (types & CPX_HASH_IP4) != 0;
}

static bool find_ip6(const uint8_t *ip, size_t len, unsigned types, struct cpx_tuple *t)
{
	unsigned proto;
	size_t at = IP6_LEN;
	bool whole = true; /* not a fragment, every header up to the ports is here */

	if (len < IP6_LEN || ip[0] >> 4 != 6)
		return false;
	proto = ip[6];
	for (unsigned n = 0; n <= MAX_EXTENSIONS; n++) {
		if (proto != PROTO_HOPOPTS && proto != PROTO_ROUTING && proto != PROTO_DSTOPTS &&
		    proto != PROTO_AH && proto != PROTO_FRAGMENT)
			break;
		if (proto == PROTO_FRAGMENT || n == MAX_EXTENSIONS || len - at < 8) {
			whole = false;
			break;
		}
		size_t step = proto == PROTO_AH ? (ip[at + 1] + 2u) * 4u : (ip[at + 1] + 1u) * 8u;
		proto = ip[at];
		if (step > len - at) {
			whole = false;
			break;
		}
		at += step;
	}
	t->addresses = ip + 8;
	t->addresses_len = 32;
	t->proto = (uint8_t)proto;
	if (((l4_type(proto) << 4) & types) != 0 && whole && len - at >= 4) {
		t->ports = ip + at;
		return true;
	}
	t->ports = NULL;
	return (types & CPX_HASH_IP6) != 0;
}

bool cpx_tuple_find(const void *frame, size_t len, unsigned types, struct cpx_tuple *t)
{
	const uint8_t *p = frame;
	size_t at = ETH_LEN;
	unsigned ether_type;

	if (len < ETH_LEN)
		return false;
	ether_type = read16(p + 12);
	for (unsigned tags = 0; tags < 2 && (ether_type == 0x8100 || ether_type == 0x88a8);
	     tags++) {
		if (len - at < VLAN_LEN)
			return false;
		ether_type = read16(p + at + 2);
		at += VLAN_LEN;
	}
	if (ether_type == 0x0800)
		return find_ip4(p + at, len - at, types, t);
	if (ether_type == 0x86dd)
		return find_ip6(p + at, len - at, types, t);
	return false;
}

uint32_t cpx_tuple_crc(const struct cpx_tuple *t)
{
	uint32_t crc = SEED;

	for (unsigned i = 0; i < t->addresses_len; i += 8)
		crc = crc_u64(crc, load64(t->addresses + i));
	if (t->ports != NULL)
		crc = crc_u64(crc, (uint64_t)load32(t->ports) << 8 | t->proto);
	return crc;
}

bool cpx_flow_hash(const void *frame, size_t len, unsigned types, uint32_t *hash)
{
	struct cpx_tuple t;

	if (!cpx_tuple_find(frame, len, types, &t))
		return false;
	*hash = cpx_tuple_crc(&t);
	return true;
}
