/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/vnet.c: checksums completed as a NIC would, every place one may be said to stand, every
 * kind of segmentation, every truncation at a page no one may touch.
 */
#include "lib/net/vnet.h"

#include <criterion/criterion.h>

#include "lib/net/checksum.h"
#include "tests/unit/guard.h"

#define H sizeof(struct vnet_header)

/* scapy 2.5.0: Ether()/IP(src="10.0.0.1", dst="10.0.0.2")/UDP(sport=1000, dport=2000)/"abc" has
 * checksum 0x1bbb */
static uint8_t frame[14 + 20 + 8 + 3] = { 2,    0,    0,    0,  0, 1,  2,   0,   0,  0, 0,    2,
					  8,    0,    0x45, 0,  0, 31, 0,   1,   0,  0, 64,   17,
					  0x66, 0xcc, 10,   0,  0, 1,  10,  0,   0,  2, 0x03, 0xe8,
					  7,    0xd0, 0,    11, 0, 0,  'a', 'b', 'c' };
static uint8_t input[H + sizeof(frame)];
static struct vnet_frame out;

static enum vnet_result read_at(size_t len, struct vnet_header h, const uint8_t **read)
{
	uint8_t *p;

	memcpy(input, &h, H);
	memcpy(input + H, frame, sizeof(frame));
	p = guard_copy(input, len);
	*read = p;
	out = (struct vnet_frame){ .gso = (enum vnet_gso)99 };
	return vnet_read(p, len, &out);
}

Test(vnet, plain_frame_is_left_alone)
{
	const uint8_t *p;

	cr_assert_eq(read_at(sizeof(input), (struct vnet_header){ 0 }, &p), VNET_OK);
	cr_expect_eq(out.gso, VNET_GSO_NONE);
	cr_expect_arr_eq(p + H, frame, sizeof(frame));
}

Test(vnet, checksum_is_completed)
{
	const uint64_t pseudo =
		checksum_pseudo4(NET_BE32(0x0a000001), NET_BE32(0x0a000002), 17, 11);
	const uint16_t part = checksum_fold(pseudo);
	const uint8_t *p;

	memcpy(frame + 40, &part, 2);
	cr_assert_eq(read_at(sizeof(input),
			     (struct vnet_header){
				     .flags = VNET_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6 },
			     &p),
		     VNET_OK);
	p += H;
	cr_expect_eq(checksum_finish(checksum_add(pseudo, p + 34, 11)), 0, "verifies");
	cr_expect_eq(p[40] << 8 | p[41], 0x1bbb, "%02x%02x is not what scapy has", p[40], p[41]);
	cr_expect_arr_eq(p, frame, 40);
	cr_expect_arr_eq(p + 42, "abc", 3);
}

/* A sum of zero is written 0xffff: in UDP zero would say that there is none. */
Test(vnet, checksum_zero)
{
	const uint8_t *p;

	memset(frame + 34, 0, 11);
	frame[34] = 0xff;
	frame[35] = 0xff;
	cr_assert_eq(read_at(sizeof(input),
			     (struct vnet_header){
				     .flags = VNET_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6 },
			     &p),
		     VNET_OK);
	cr_expect_eq(p[H + 40], 0xff);
	cr_expect_eq(p[H + 41], 0xff);
}

Test(vnet, checksum_places)
{
	const unsigned len = sizeof(frame);
	static const uint16_t edges[] = {
		0, 1, 13, 14, 15, 34, 42, 43, 44, 45, 46, 0x7fff, 0xffff
	};
	const uint8_t *p;

	for (unsigned s = 0; s < sizeof(edges) / sizeof(edges[0]); s++) {
		for (unsigned o = 0; o < sizeof(edges) / sizeof(edges[0]); o++) {
			const unsigned start = edges[s], offset = edges[o];
			const bool good = start >= 14 && start < len && start + offset + 2 <= len;

			cr_expect_eq(read_at(sizeof(input),
					     (struct vnet_header){ .flags = VNET_NEEDS_CSUM,
								   .csum_start = edges[s],
								   .csum_offset = edges[o] },
					     &p),
				     good ? VNET_OK : VNET_CHECKSUM, "start %u offset %u", start,
				     offset);
		}
	}
}

Test(vnet, kinds_of_segmentation)
{
	const uint8_t *p;

	for (unsigned type = 0; type < 256; type++) {
		const unsigned kind = type & ~VNET_GSO_ECN;
		const bool known =
			kind == VNET_GSO_TCP4 || kind == VNET_GSO_TCP6 || kind == VNET_GSO_UDP;
		struct vnet_header h = { .gso_type = (uint8_t)type, .gso_size = 1000 };

		cr_expect_eq(read_at(sizeof(input), h, &p), known || kind == 0 ? VNET_OK : VNET_GSO,
			     "type %u", type);
		if (known) {
			cr_expect_eq(out.gso, kind);
			cr_expect_eq(out.gso_size, 1000);
		}
		h.gso_size = 0;
		cr_expect_eq(read_at(sizeof(input), h, &p), kind == 0 ? VNET_OK : VNET_GSO,
			     "type %u of size 0", type);
	}
}

Test(vnet, every_truncation)
{
	const uint8_t *p;

	for (size_t len = 0; len <= sizeof(input); len++)
		for (unsigned flags = 0; flags < 2; flags++)
			cr_expect_eq(read_at(len,
					     (struct vnet_header){ .flags = (uint8_t)flags,
								   .csum_start = 34,
								   .csum_offset = 6 },
					     &p),
				     len < H + 14                ? VNET_SHORT
				     : flags && len < H + 34 + 8 ? VNET_CHECKSUM
								 : VNET_OK,
				     "%zu bytes, flags %u", len, flags);
}
