/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of rtnetlink for tests of lib/rtnl, written with libmnl, and what all parsers have to
 * bear: a message cut anywhere and with any byte changed, at the end of memory.
 */
#ifndef CPX_TESTS_UNIT_RTNL_MESSAGE_H
#define CPX_TESTS_UNIT_RTNL_MESSAGE_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "lib/rtnl/rtnl.h"
#include "tests/unit/guard.h"

union sample {
	struct nlmsghdr header;
	uint8_t bytes[8192];
};

/* The header of type and flags, and `size` bytes of the kind's own behind it, all 0. */
static inline void *sample_begin(union sample *s, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *h;

	memset(s, 0, sizeof(*s));
	h = mnl_nlmsg_put_header(s->bytes);
	h->nlmsg_type = type;
	h->nlmsg_flags = flags;
	return mnl_nlmsg_put_extra_header(h, size);
}

/* An address as text; its family says how long it is. */
static inline void sample_addr(union sample *s, uint16_t type, const char *text)
{
	const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	uint8_t addr[16];

	inet_pton(family, text, addr);
	mnl_attr_put(&s->header, type, family == AF_INET ? 4 : 16, addr);
}

static inline void expect_addr(const uint8_t *addr, const char *text)
{
	const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	uint8_t want[16];

	inet_pton(family, text, want);
	cr_expect_arr_eq(addr, want, family == AF_INET ? 4 : 16, "%s", text);
}

/* Parses a copy that ends where memory does. */
static inline int sample_parse(const union sample *s, struct rtnl_message *m)
{
	return rtnl_parse(guard_copy(s, s->header.nlmsg_len), s->header.nlmsg_len, m);
}

/* Cut at every byte, with a length that still tells of the whole and with one that agrees; then
 * each byte changed. Nothing behind the end is touched, and what comes out keeps its bounds. */
static inline void sample_torture(const union sample *s)
{
	static const uint8_t other[] = { 0x00, 0x01, 0x03, 0x05, 0x7f, 0x80, 0xff };
	const uint32_t whole = s->header.nlmsg_len;
	static struct rtnl_message m;
	uint8_t *p;

	for (uint32_t len = 0; len < whole; len++) {
		p = guard_copy(s, len);
		cr_expect_eq(rtnl_parse(p, len, &m), -EPROTO, "cut at %u", len);
		cr_expect_eq(m.kind, RTNL_OTHER);
		if (len >= sizeof(len))
			memcpy(p, &len, sizeof(len));
		if (rtnl_parse(p, len, &m) != 0)
			cr_expect_eq(m.kind, RTNL_OTHER);
	}
	for (uint32_t at = sizeof(whole); at < whole; at++) {
		for (unsigned i = 0; i < sizeof(other); i++) {
			p = guard_copy(s, whole);
			p[at] = other[i];
			if (rtnl_parse(p, whole, &m) != 0)
				cr_expect_eq(m.kind, RTNL_OTHER);
			if (m.kind == RTNL_ROUTE)
				cr_assert_leq(m.route.n_hops, RTNL_MAX_HOPS);
			if (m.kind == RTNL_NEXTHOP)
				cr_assert_leq(m.nexthop.n_members, RTNL_MAX_HOPS);
		}
	}
}

#endif
