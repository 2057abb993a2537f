/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/rtnl/recent.c: which messages are about the same thing, and what was told last. */
#include "tests/unit/rtnl_message.h"

#include <stdlib.h>

#include "lib/rtnl/recent.h"

static struct rtnl_message a, b;

static void both(enum rtnl_kind kind)
{
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a.kind = b.kind = kind;
	b.del = true; /* what is said of it does not matter */
	b.flags = NLM_F_MULTI;
}

#define differs(field)                                                                \
	do {                                                                          \
		cr_expect_eq(rtnl_identity(&a), rtnl_identity(&b), "before " #field); \
		a.field ^= 1;                                                         \
		cr_expect_neq(rtnl_identity(&a), rtnl_identity(&b), #field);          \
		a.field ^= 1;                                                         \
	} while (0)

Test(rtnl_recent, identity)
{
	both(RTNL_ROUTE);
	b.route.n_hops = 3;
	b.route.nh_id = 7;
	b.route.protocol = RTPROT_BGP;
	differs(route.family);
	differs(route.len);
	differs(route.src_len);
	differs(route.tos);
	differs(route.table);
	differs(route.priority);
	for (unsigned i = 0; i < 16; i++)
		differs(route.dst[i]);
	differs(kind);
	both(RTNL_LINK);
	differs(link.index);
	both(RTNL_ADDRESS);
	differs(address.index);
	differs(address.len);
	differs(address.addr[15]);
	both(RTNL_NEIGHBOR);
	b.neighbor.state = 2;
	differs(neighbor.index);
	differs(neighbor.addr[3]);
	both(RTNL_NEXTHOP);
	b.nexthop.group = true;
	differs(nexthop.id);
}

Test(rtnl_recent, what_was_told)
{
	struct rtnl_recent *r = calloc(1, sizeof(*r));
	unsigned known = 0;

	both(RTNL_ROUTE);
	cr_expect_not(rtnl_recent_has(r, &a));
	rtnl_recent_add(r, &a);
	cr_expect(rtnl_recent_has(r, &b), "the same route");
	b.route.len = 1;
	cr_expect_not(rtnl_recent_has(r, &b));
	for (uint32_t i = 0; i < 100000; i++) {
		memcpy(a.route.dst, &i, sizeof(i));
		rtnl_recent_add(r, &a);
		cr_assert(rtnl_recent_has(r, &a), "the last one always");
	}
	for (uint32_t i = 100000 - 1000; i < 100000; i++) {
		memcpy(a.route.dst, &i, sizeof(i));
		known += rtnl_recent_has(r, &a);
	}
	cr_expect_gt(known, 800, "of the last 1000: %u", known);
	rtnl_recent_clear(r);
	cr_expect_not(rtnl_recent_has(r, &a));
	free(r);
}
