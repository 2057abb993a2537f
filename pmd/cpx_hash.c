/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow hash of a frame; see cpx_hash.h. Runs on the lane's lcore, once a packet, when receive
 * hashing is on. CRC-32C because one instruction takes eight bytes on every CPU that DPDK's x86
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

static bool hash_ip4(const uint8_t *ip, size_t len, unsigned types, uint32_t *hash)
{
	unsigned header, wanted;
	uint32_t crc;

	if (len < IP4_LEN || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4u;
	if (header < IP4_LEN)
		return false;
	crc = crc_u64(SEED, load64(ip + 12)); /* both addresses */
	wanted = l4_type(ip[9]) & types;
	/* more fragments or an offset: the ports are not here, or not in every piece */
	if (wanted && (read16(ip + 6) & 0x3fff) == 0 && len >= header + 4u)
		crc = crc_u64(crc, (uint64_t)load32(ip + header) << 8 | ip[9]);
	else if (!(types & CPX_HASH_IP4))
		return false;
	*hash = crc;
	return true;
}

static bool hash_ip6(const uint8_t *ip, size_t len, unsigned types, uint32_t *hash)
{
	unsigned proto, wanted;
	size_t at = IP6_LEN;
	uint32_t crc = SEED;
	bool whole = true; /* not a fragment, every header up to the ports is here */

	if (len < IP6_LEN || ip[0] >> 4 != 6)
		return false;
	for (unsigned i = 8; i < IP6_LEN; i += 8)
		crc = crc_u64(crc, load64(ip + i));

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
	wanted = (l4_type(proto) << 4) & types;
	if (wanted && whole && len - at >= 4)
		crc = crc_u64(crc, (uint64_t)load32(ip + at) << 8 | proto);
	else if (!(types & CPX_HASH_IP6))
		return false;
	*hash = crc;
	return true;
}

bool cpx_flow_hash(const void *frame, size_t len, unsigned types, uint32_t *hash)
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
		return hash_ip4(p + at, len - at, types, hash);
	if (ether_type == 0x86dd)
		return hash_ip6(p + at, len - at, types, hash);
	return false;
}
