/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk over IPv6 extension headers, off the main path: packets to us, and ICMPv6 decisions.
 */
#include "lib/net/ip6.h"

/* Headers that have the form (next header, length in 8-byte units, …) or nearly (RFC 7045). */
static bool is_extension(uint8_t protocol)
{
	switch (protocol) {
	case NET_PROTO_HOPOPTS:
	case NET_PROTO_ROUTING:
	case NET_PROTO_FRAGMENT:
	case NET_PROTO_AH:
	case NET_PROTO_DSTOPTS:
	case NET_PROTO_MOBILITY:
	case NET_PROTO_HIP:
	case NET_PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

enum ip6_walk_result ip6_walk(const void *p, size_t len, struct ip6_walk *out)
{
	const uint8_t *base = (const uint8_t *)p;
	const struct ip6_header *ip = (const struct ip6_header *)p;
	struct ip6_walk w = { .protocol = ip->next_header };
	uint32_t end = sizeof(*ip) + net_swap16(ip->payload_length);
	uint32_t here = end < len ? end : (uint32_t)len; /* what may be read */
	uint32_t at = sizeof(*ip);

	while (is_extension(w.protocol)) {
		uint32_t size;

		if (w.extensions == IP6_MAX_EXTENSIONS)
			return IP6_WALK_TOO_MANY;
		if (here - at < 8) /* every extension header has at least 8 bytes */
			return IP6_WALK_TRUNCATED;
		if (w.protocol == NET_PROTO_FRAGMENT)
			size = 8;
		else if (w.protocol == NET_PROTO_AH)
			size = (base[at + 1] + 2u) * 4; /* RFC 4302 2.2 */
		else
			size = (base[at + 1] + 1u) * 8;
		if (size > here - at)
			return IP6_WALK_TRUNCATED;
		if (at + size - sizeof(*ip) > IP6_MAX_EXTENSION_BYTES)
			return IP6_WALK_TOO_LONG;
		if (w.protocol == NET_PROTO_HOPOPTS) {
			if (w.extensions)
				return IP6_WALK_MISPLACED;
			w.hop_by_hop = true;
		}
		bool later = false;

		if (w.protocol == NET_PROTO_FRAGMENT) {
			const struct ip6_fragment_header *frag =
				(const struct ip6_fragment_header *)(base + at);
			uint16_t offset = net_swap16(frag->offset);

			if (w.fragment)
				return IP6_WALK_MISPLACED;
			w.fragment = true;
			w.more_fragments = offset & 1;
			w.fragment_offset = offset & 0xfff8;
			later = w.fragment_offset;
		}
		w.protocol = base[at];
		w.extensions++;
		at += size;
		if (later)
			break;
	}
	w.upper_offset = at;
	w.upper_length = end - at;
	*out = w;
	return IP6_WALK_OK;
}
