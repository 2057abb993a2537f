/* SPDX-License-Identifier: BSD-3-Clause */
/* Cutting IPv4 packets; see ip4_fragment.h. Reached by packets too large for their way only. */
#include "lib/net/ip4_fragment.h"

#include "lib/net/checksum.h"
#include "lib/net/ip4.h"

#define OPTION_COPIED 0x80 /* of an option's type: goes into every fragment */
#define OPTION_END    0
#define OPTION_NOP    1

#define RESERVED_FLAG 0x8000

/* Options of p that every fragment carries, to out; returns their length with padding. */
static uint8_t copied_options(const uint8_t *p, unsigned length, uint8_t *out)
{
	unsigned at = 0, n = 0;

	while (at < length && p[at] != OPTION_END) {
		unsigned size = 1;

		if (p[at] != OPTION_NOP) {
			if (length - at < 2 || p[at + 1] < 2 || p[at + 1] > length - at)
				break;
			size = p[at + 1];
		}
		if (p[at] & OPTION_COPIED) {
			memcpy(out + n, p + at, size);
			n += size;
		}
		at += size;
	}
	while (n % 4)
		out[n++] = OPTION_END;
	return (uint8_t)n;
}

enum ip4_cut_result ip4_cut(const void *p, uint16_t mtu, struct ip4_cut *out)
{
	const struct ip4_header *ip = (const struct ip4_header *)p;
	const unsigned header = ip4_header_length(ip), total = net_swap16(ip->total_length);
	const uint16_t fragment = net_swap16(ip->fragment);
	struct ip4_cut cut = { .first_length = (uint8_t)header,
			       .fragment = fragment,
			       .data = (uint16_t)(total - header),
			       .n = 1 };
	struct ip4_header *later = (struct ip4_header *)cut.later;

	if (mtu < IP4_MTU_MIN)
		return IP4_CUT_MTU;
	if (ip4_dont_fragment(ip))
		return IP4_CUT_FORBIDDEN;
	/* the last byte's place in the datagram */
	if ((fragment & NET_IP4_OFFSET_MASK) * 8u + cut.data > UINT16_MAX)
		return IP4_CUT_OVERLONG;
	memcpy(cut.first, p, header);
	memcpy(cut.later, p, sizeof(*ip));
	cut.later_length = (uint8_t)(sizeof(*ip) + copied_options((const uint8_t *)(ip + 1),
								  header - sizeof(*ip),
								  cut.later + sizeof(*ip)));
	later->version_ihl = (uint8_t)(0x40 | cut.later_length / 4);
	cut.first_data = (uint16_t)((mtu - cut.first_length) & ~7u);
	cut.later_data = (uint16_t)((mtu - cut.later_length) & ~7u);
	if (total > mtu) {
		const unsigned rest = cut.data - cut.first_data, most = mtu - cut.later_length;

		/* the last piece need not be a multiple of 8 */
		cut.n = (uint16_t)(2 + (rest > most ? (rest - most + cut.later_data - 1u) /
							      cut.later_data
						    : 0));
	}
	*out = cut;
	return IP4_CUT_OK;
}

struct ip4_piece ip4_cut_piece(const struct ip4_cut *cut, uint16_t k, void *header)
{
	struct ip4_header *ip = (struct ip4_header *)header;
	const bool last = k == cut->n - 1;
	struct ip4_piece piece = { .header_length = k ? cut->later_length : cut->first_length };
	uint16_t flags = cut->fragment & (RESERVED_FLAG | NET_IP4_MF);

	if (k)
		piece.from = (uint16_t)(cut->first_data + (k - 1) * cut->later_data);
	if (last)
		piece.length = (uint16_t)(cut->data - piece.from);
	else
		piece.length = k ? cut->later_data : cut->first_data;
	if (!last)
		flags |= NET_IP4_MF;
	memcpy(header, k ? cut->later : cut->first, piece.header_length);
	ip->total_length = net_swap16((uint16_t)(piece.header_length + piece.length));
	ip->fragment = net_swap16(
		(uint16_t)(flags | ((cut->fragment & NET_IP4_OFFSET_MASK) + piece.from / 8)));
	ip->checksum = 0;
	ip->checksum = checksum_ip4(header, piece.header_length);
	return piece;
}
