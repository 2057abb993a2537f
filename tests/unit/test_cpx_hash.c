/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmd/cpx_hash.c: same flow, same hash; other flow, other hash; fragments by address; never a byte
 * past the end, at every length of frames that hold every kind of header.
 */
#include <criterion/criterion.h>

#include "pmd/cpx_hash.h"
#include "tests/unit/guard.h"

/* A frame put together piece by piece. */
struct packet {
	uint8_t b[512];
	size_t len;
};

static void add(struct packet *p, const char *bytes, size_t n)
{
	memcpy(p->b + p->len, bytes, n);
	p->len += n;
}

#define ADD(p, s) add(p, s, sizeof(s) - 1)

static void ethernet(struct packet *p, unsigned tags, unsigned type)
{
	ADD(p, "\2\0\0\0\0\1\2\0\0\0\0\2");
	if (tags == 2)
		ADD(p, "\x88\xa8\0\5");
	if (tags >= 1)
		ADD(p, "\x81\0\0\7");
	add(p, (char[]){ (char)(type >> 8), (char)type }, 2);
}

/* Header of `words` words; what follows is added by the caller. */
static void ip4(struct packet *p, unsigned words, unsigned fragment, unsigned proto, uint8_t last)
{
	ADD(p, "\x45\0\0\x40\0\1\0\0\x40\0\0\0\x0a\0\0\1\x0a\1\0");
	add(p, (char[]){ (char)last }, 1);
	p->b[p->len - 20] = (uint8_t)(0x40 | words);
	p->b[p->len - 14] = (uint8_t)(fragment >> 8);
	p->b[p->len - 13] = (uint8_t)fragment;
	p->b[p->len - 11] = (uint8_t)proto;
	for (unsigned i = 5; i < words; i++)
		ADD(p, "\1\1\1\1");
}

static void ip6(struct packet *p, unsigned proto, uint8_t last)
{
	ADD(p, "\x60\0\0\0\0\x20\0\x40\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\xd\xb8\0\0\0\0\0"
	       "\0\0\0"
	       "\0\0\0");
	add(p, (char[]){ (char)last }, 1);
	p->b[p->len - 34] = (uint8_t)proto;
}

static void ports(struct packet *p, uint8_t source)
{
	ADD(p, "\x12");
	add(p, (char[]){ (char)source }, 1);
	ADD(p, "\0\x50\0\0\0\0\0\0\0\0\x50\0\0\0\0\0\0\0");
}

static uint32_t hash_of(const struct packet *p, unsigned types)
{
	uint32_t h = 0;

	cr_assert(cpx_flow_hash(guard_copy(p->b, p->len), p->len, types, &h));
	return h;
}

static struct packet flow4(unsigned tags, unsigned words, unsigned fragment, unsigned proto,
			   uint8_t last, uint8_t port)
{
	struct packet p = { .len = 0 };

	ethernet(&p, tags, 0x0800);
	ip4(&p, words, fragment, proto, last);
	ports(&p, port);
	return p;
}

static struct packet flow6(unsigned tags, unsigned proto, uint8_t last, uint8_t port)
{
	struct packet p = { .len = 0 };

	ethernet(&p, tags, 0x86dd);
	ip6(&p, proto, last);
	ports(&p, port);
	return p;
}

static uint32_t hash(struct packet p, unsigned types)
{
	return hash_of(&p, types);
}

Test(hash, known_value)
{
	/* CRC-32C over the addresses, then protocol, source and destination port as 8 bytes,
	 * worked out apart from the code */
	cr_expect_eq(hash(flow4(0, 5, 0, 17, 9, 1), CPX_HASH_IP4), 0x0f55d598);
	cr_expect_eq(hash(flow4(0, 5, 0, 17, 9, 1), CPX_HASH_ALL), 0xfe14e133);
}

Test(hash, ports_and_addresses_tell_flows_apart)
{
	uint32_t h = hash(flow4(0, 5, 0, 6, 9, 1), CPX_HASH_ALL);

	cr_expect_eq(h, hash(flow4(0, 5, 0, 6, 9, 1), CPX_HASH_ALL));
	cr_expect_neq(h, hash(flow4(0, 5, 0, 6, 9, 2), CPX_HASH_ALL), "source port");
	cr_expect_neq(h, hash(flow4(0, 5, 0, 6, 10, 1), CPX_HASH_ALL), "destination");
	cr_expect_neq(h, hash(flow4(0, 5, 0, 17, 9, 1), CPX_HASH_ALL), "protocol");
	h = hash(flow6(0, 17, 9, 1), CPX_HASH_ALL);
	cr_expect_neq(h, hash(flow6(0, 17, 9, 2), CPX_HASH_ALL), "source port");
	cr_expect_neq(h, hash(flow6(0, 17, 10, 1), CPX_HASH_ALL), "destination");
}

Test(hash, tags_and_options_do_not_matter)
{
	uint32_t h4 = hash(flow4(0, 5, 0, 6, 9, 1), CPX_HASH_ALL);
	uint32_t h6 = hash(flow6(0, 6, 9, 1), CPX_HASH_ALL);

	for (unsigned tags = 0; tags < 3; tags++) {
		for (unsigned words = 5; words < 16; words++)
			cr_expect_eq(h4, hash(flow4(tags, words, 0, 6, 9, 1), CPX_HASH_ALL));
		cr_expect_eq(h6, hash(flow6(tags, 6, 9, 1), CPX_HASH_ALL));
	}
}

Test(hash, fragments_go_by_address)
{
	uint32_t whole = hash(flow4(0, 5, 0, 17, 9, 1), CPX_HASH_ALL);
	uint32_t first = hash(flow4(0, 5, 0x2000, 17, 9, 1), CPX_HASH_ALL);

	cr_expect_neq(first, whole);
	cr_expect_eq(first, hash(flow4(0, 5, 0x2001, 17, 9, 77), CPX_HASH_ALL), "middle");
	cr_expect_eq(first, hash(flow4(0, 5, 0x00b9, 17, 9, 99), CPX_HASH_ALL), "last");
	cr_expect_eq(whole, hash(flow4(0, 5, 0x4000, 17, 9, 1), CPX_HASH_ALL), "don't fragment");
}

Test(hash, ipv6_extension_headers)
{
	struct packet p = { .len = 0 };
	uint32_t plain = hash(flow6(0, 6, 9, 1), CPX_HASH_ALL), addresses;

	addresses = hash(flow6(0, 6, 9, 1), CPX_HASH_IP6);
	ethernet(&p, 0, 0x86dd);
	ip6(&p, 0, 9);
	ADD(&p, "\x2b\0\1\4\0\0\0\0");                /* hop by hop, then routing */
	ADD(&p, "\x33\0\0\0\0\0\0\0");                /* routing, then authentication */
	ADD(&p, "\x3c\1\0\0\0\0\0\0\0\0\0\1");        /* AH of 12 bytes, then options */
	ADD(&p, "\6\1\1\14\0\0\0\0\0\0\0\0\0\0\0\0"); /* destination options, then TCP */
	ports(&p, 1);
	cr_expect_eq(hash_of(&p, CPX_HASH_ALL), plain);

	p.len = 0; /* a fragment header: addresses only, whatever follows */
	ethernet(&p, 0, 0x86dd);
	ip6(&p, 44, 9);
	ADD(&p, "\6\0\0\1\0\0\0\7");
	ports(&p, 1);
	cr_expect_eq(hash_of(&p, CPX_HASH_ALL), addresses);

	p.len = 0; /* more headers than are stepped over */
	ethernet(&p, 0, 0x86dd);
	ip6(&p, 60, 9);
	for (unsigned i = 0; i < 9; i++)
		add(&p, i == 8 ? "\6\0\1\4\0\0\0\0" : "\x3c\0\1\4\0\0\0\0", 8);
	ports(&p, 1);
	cr_expect_eq(hash_of(&p, CPX_HASH_ALL), addresses);

	p.len = 0; /* a length that leads out of the frame */
	ethernet(&p, 0, 0x86dd);
	ip6(&p, 60, 9);
	ADD(&p, "\6\xff\1\4\0\0\0\0");
	ports(&p, 1);
	cr_expect_eq(hash_of(&p, CPX_HASH_ALL), addresses);
}

Test(hash, only_what_is_asked_for)
{
	struct packet udp = flow4(0, 5, 0, 17, 9, 1), six = flow6(0, 132, 9, 1);
	uint32_t h = 42;

	cr_expect(!cpx_flow_hash(udp.b, udp.len, CPX_HASH_TCP4, &h));
	cr_expect(
		!cpx_flow_hash(udp.b, udp.len, CPX_HASH_ALL & ~(CPX_HASH_IP4 | CPX_HASH_UDP4), &h));
	cr_expect(!cpx_flow_hash(six.b, six.len, CPX_HASH_IP4 | CPX_HASH_TCP6, &h));
	cr_expect(!cpx_flow_hash(udp.b, udp.len, 0, &h));
	cr_expect_eq(h, 42, "left alone");
	cr_expect(cpx_flow_hash(udp.b, udp.len, CPX_HASH_UDP4, &h));
	cr_expect(cpx_flow_hash(six.b, six.len, CPX_HASH_SCTP6, &h));
}

Test(hash, not_for_other_frames)
{
	static const unsigned others[] = { 0x0806, 0x8847, 0x88cc, 0x05dc, 0 };
	uint32_t h;

	for (unsigned i = 0; i < 5; i++) {
		struct packet p = { .len = 0 };

		ethernet(&p, 0, others[i]);
		ip4(&p, 5, 0, 6, 9);
		ports(&p, 1);
		cr_expect(!cpx_flow_hash(p.b, p.len, CPX_HASH_ALL, &h), "type %#x", others[i]);
	}
	for (unsigned words = 0; words < 5; words++) {
		struct packet p = flow4(0, 5, 0, 6, 9, 1);

		p.b[14] = (uint8_t)(0x40 | words);
		cr_expect(!cpx_flow_hash(p.b, p.len, CPX_HASH_ALL, &h), "ihl %u", words);
	}
	struct packet p = flow4(3 - 1, 5, 0, 6, 9, 1);

	memcpy(p.b + 20, "\x81\0", 2); /* a third tag */
	cr_expect(!cpx_flow_hash(p.b, p.len, CPX_HASH_ALL, &h));
}

/* Every cut of a frame ends at the forbidden page; what is left hashes by what it still holds. */
static void cut(const struct packet *p)
{
	uint32_t whole = hash_of(p, CPX_HASH_ALL), h;

	for (size_t n = 0; n <= p->len; n++) {
		bool hashed = cpx_flow_hash(guard_copy(p->b, n), n, CPX_HASH_ALL, &h);

		cr_expect(hashed || n < p->len);
		if (n == p->len)
			cr_expect_eq(h, whole);
	}
}

Test(hash, every_cut_stays_inside)
{
	struct packet p;

	for (unsigned tags = 0; tags < 3; tags++) {
		for (unsigned words = 5; words < 16; words += 5) {
			p = flow4(tags, words, 0, 6, 9, 1);
			cut(&p);
		}
		p = flow6(tags, 17, 9, 1);
		cut(&p);
		p.len -= 20;
		for (unsigned i = 0; i < 3; i++)
			ADD(&p, "\x3c\2\1\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
		p.b[14 + 4 * tags + 6] = 60;
		cut(&p);
	}
}

Test(hash, random_frames_stay_inside)
{
	uint64_t seed = 1;
	uint32_t h;

	for (unsigned i = 0; i < 300000; i++) {
		struct packet p = i & 1 ? flow4(i % 3, 5 + i % 11, 0, 6, 9, 1)
					: flow6(i % 3, (unsigned)guard_random(&seed) & 0xff, 9, 1);
		size_t len = guard_random(&seed) % (p.len + 1);

		for (unsigned n = 0; n < 4; n++)
			p.b[12 + guard_random(&seed) % 60] = (uint8_t)guard_random(&seed);
		cpx_flow_hash(guard_copy(p.b, len), len, (unsigned)guard_random(&seed) & 0xff, &h);
	}
}
