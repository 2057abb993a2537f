/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/net/ip4_fragment.h: packets of every size for every MTU, cut and put together again by a
 * reassembly written here; options by their copy flag; fragments cut again; headers that end at a
 * guard page.
 */
#include "lib/net/ip4_fragment.h"

#include <criterion/criterion.h>

#include "lib/net/ip4.h"
#include "tests/unit/guard.h"

static uint8_t whole[66000], again[66000], have[66000];

static void make(unsigned header, unsigned total, uint16_t fragment)
{
	struct ip4_header *ip = (struct ip4_header *)whole;

	for (unsigned i = 0; i < total; i++)
		whole[i] = (uint8_t)(i * 7 + i / 251);
	memset(whole, 1, header); /* options: all "no operation" */
	*ip = (struct ip4_header){ .version_ihl = (uint8_t)(0x40 | header / 4),
				   .tos = 0x2e,
				   .total_length = net_swap16((uint16_t)total),
				   .id = 0x1234,
				   .fragment = net_swap16(fragment),
				   .ttl = 63,
				   .protocol = NET_PROTO_UDP,
				   .src = NET_BE32(0x0a000001),
				   .dst = NET_BE32(0x0a000102) };
	ip->checksum = checksum_ip4(ip, header);
}

/* All pieces of whole[], checked one by one, their payload to again[]; how many. */
static unsigned cut_all(uint16_t mtu)
{
	const struct ip4_header *ip = (const struct ip4_header *)whole;
	const unsigned header = ip4_header_length(ip), total = net_swap16(ip->total_length);
	const unsigned offset = net_swap16(ip->fragment) & 0x1fff;
	struct ip4_cut cut;
	unsigned next = 0;

	cr_assert_eq(ip4_cut(guard_copy(whole, header), mtu, &cut), IP4_CUT_OK);
	for (uint16_t k = 0; k < cut.n; k++) {
		uint8_t buf[IP4_HEADER_MAX];
		const struct ip4_header *h = (const struct ip4_header *)buf;
		const struct ip4_piece piece = ip4_cut_piece(&cut, k, buf);
		const bool more = k + 1 < cut.n || (ip->fragment & NET_BE16(0x2000));

		memset(have, 0, 60);
		memcpy(have, buf, piece.header_length);
		cr_assert_eq(piece.header_length, (buf[0] & 15) * 4);
		cr_assert_eq(checksum_fold(checksum_add(0, buf, piece.header_length)), 0xffff);
		cr_assert_eq(net_swap16(h->total_length), piece.header_length + piece.length);
		cr_assert_leq(net_swap16(h->total_length), mtu);
		cr_assert_eq(piece.from, next, "piece %u", k);
		cr_assert(k + 1 == cut.n || (piece.length && piece.length % 8 == 0));
		/* the largest size but for the last: 8 bytes more would not fit */
		cr_assert(k + 1 == cut.n || piece.header_length + piece.length + 8 > mtu);
		cr_assert_eq((net_swap16(h->fragment) & 0x1fff) * 8, offset * 8 + next);
		cr_assert_eq(!!(net_swap16(h->fragment) & 0x2000), more);
		cr_assert_eq(net_swap16(h->fragment) & 0xc000, net_swap16(ip->fragment) & 0xc000);
		cr_assert_eq(h->id, ip->id);
		cr_assert_eq(h->tos, ip->tos);
		cr_assert_eq(h->ttl, ip->ttl);
		cr_assert_eq(h->protocol, ip->protocol);
		cr_assert_eq(h->src, ip->src);
		cr_assert_eq(h->dst, ip->dst);
		memcpy(again + next, whole + header + piece.from, piece.length);
		next += piece.length;
	}
	cr_assert_eq(next, total - header, "%u of %u bytes", next, total - header);
	cr_assert_arr_eq(again, whole + header, next);
	return cut.n;
}

Test(ip4_fragment, every_size_about_the_mtu)
{
	for (unsigned header = 20; header <= 60; header += 4)
		for (unsigned mtu = 68; mtu < 1600; mtu += mtu < 100 ? 1 : 163)
			for (unsigned total = header; total < 3 * mtu + 20; total++) {
				make(header, total, 0);
				const unsigned n = cut_all((uint16_t)mtu);

				cr_assert_eq(n == 1, total <= mtu);
			}
}

Test(ip4_fragment, the_largest_packet)
{
	for (unsigned mtu = 68; mtu <= 9702; mtu = mtu * 3 / 2) {
		make(20, 65535, 0);
		cut_all((uint16_t)mtu);
		make(60, 65535, 0);
		cut_all((uint16_t)mtu);
	}
	make(20, 65535, 0);
	cr_assert_eq(cut_all(1500), 45);
	cr_assert_eq(cut_all(65535), 1);
}

Test(ip4_fragment, fragments_are_cut_again)
{
	static const uint16_t fragments[] = { 0x2000, 0x2001, 0x20b9, 0x0001, 0x00b9, 0x8000 };

	for (unsigned i = 0; i < sizeof(fragments) / sizeof(fragments[0]); i++)
		for (unsigned total = 100; total < 3000; total += 37) {
			make(20, total, fragments[i]);
			cut_all(576);
		}
}

Test(ip4_fragment, no_offset_beyond_the_largest_datagram)
{
	struct ip4_cut cut;

	for (unsigned data = 0; data < 200; data++) { /* ping of death */
		make(20, 20 + data, 0x1fff);
		cr_assert_eq(ip4_cut(whole, 68, &cut),
			     0x1fff * 8 + data > 65535 ? IP4_CUT_OVERLONG : IP4_CUT_OK, "%u", data);
	}
	make(20, 65535, 0x2003);
	cr_assert_eq(ip4_cut(whole, 1500, &cut), IP4_CUT_OVERLONG);
}

Test(ip4_fragment, what_is_refused)
{
	struct ip4_cut cut;

	make(20, 2000, 0x4000);
	cr_assert_eq(ip4_cut(whole, 1500, &cut), IP4_CUT_FORBIDDEN);
	for (uint16_t mtu = 0; mtu < 68; mtu++) {
		make(20, 2000, 0);
		cr_assert_eq(ip4_cut(whole, mtu, &cut), IP4_CUT_MTU);
	}
}

static void options(const uint8_t *bytes, unsigned n, const uint8_t *later, unsigned n_later)
{
	struct ip4_cut cut;
	uint8_t buf[60];

	make(20 + (n + 3) / 4 * 4, 400, 0);
	memset(whole + 20, 0, (n + 3) / 4 * 4);
	memcpy(whole + 20, bytes, n);
	((struct ip4_header *)whole)->checksum = 0;
	((struct ip4_header *)whole)->checksum = checksum_ip4(whole, 20 + (n + 3) / 4 * 4);
	cut_all(200);
	cr_assert_eq(ip4_cut(whole, 200, &cut), IP4_CUT_OK);
	ip4_cut_piece(&cut, 0, buf);
	cr_assert_eq(cut.first_length, 20 + (n + 3) / 4 * 4);
	cr_assert_arr_eq(buf + 20, bytes, n, "the first piece has all of them");
	ip4_cut_piece(&cut, 1, buf);
	cr_assert_eq(cut.later_length, 20 + n_later, "%u bytes of options", cut.later_length - 20);
	if (n_later)
		cr_assert_arr_eq(buf + 20, later, n_later);
}

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

Test(ip4_fragment, options_by_their_copy_flag)
{
	/* record route is not copied, loose source route and router alert are (RFC 791, 2113) */
	options(BYTES(7, 7, 4, 0, 0, 0, 0), NULL, 0);
	options(BYTES(131, 7, 4, 1, 2, 3, 4), BYTES(131, 7, 4, 1, 2, 3, 4, 0));
	options(BYTES(148, 4, 0, 0), BYTES(148, 4, 0, 0));
	options(BYTES(1, 7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0, 1, 131, 3, 4),
		BYTES(148, 4, 0, 0, 131, 3, 4, 0));
	options(BYTES(148, 4, 0, 0, 0, 148, 4, 0), BYTES(148, 4, 0, 0)); /* behind the end */
}

Test(ip4_fragment, options_that_lie)
{
	options(BYTES(131, 0, 0, 0), NULL, 0);
	options(BYTES(131, 1, 0, 0), NULL, 0);
	options(BYTES(131, 5, 0, 0), NULL, 0);
	options(BYTES(131, 255, 0, 0), NULL, 0);
	options(BYTES(1, 1, 1, 131), NULL, 0); /* its length is beyond the header */
	options(BYTES(148, 4, 0, 0, 131, 0, 4, 1), BYTES(148, 4, 0, 0));
	for (unsigned type = 0; type < 256; type++)
		for (unsigned len = 0; len < 50; len++) {
			struct ip4_cut cut;
			uint8_t buf[60];

			make(60, 500, 0);
			memset(whole + 20, (int)type, 40);
			whole[21] = (uint8_t)len;
			cr_assert_eq(ip4_cut(guard_copy(whole, 60), 128, &cut), IP4_CUT_OK);
			cr_assert_leq(cut.later_length, 60);
			ip4_cut_piece(&cut, 1, buf);
		}
}
