/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/rtnl/nexthop.c: next-hop objects, alone and in groups. */
#include "tests/unit/rtnl_message.h"

#include <linux/nexthop.h>

static struct rtnl_message m;
static union sample s;

static void object_begin(uint16_t type, unsigned family, uint32_t id)
{
	struct nhmsg *h = sample_begin(&s, type, 0, sizeof(*h));

	h->nh_family = (uint8_t)family;
	h->nh_protocol = RTPROT_ZEBRA;
	if (id)
		mnl_attr_put_u32(&s.header, NHA_ID, id);
}

static const struct rtnl_nexthop *parsed(void)
{
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_assert_eq(m.kind, RTNL_NEXTHOP);
	return &m.nexthop;
}

Test(rtnl_nexthop, one_way)
{
	const struct rtnl_nexthop *n;

	object_begin(RTM_NEWNEXTHOP, AF_INET6, 12);
	mnl_attr_put_u32(&s.header, NHA_OIF, 7);
	sample_addr(&s, NHA_GATEWAY, "fe80::1");
	n = parsed();
	cr_expect_not(m.del);
	cr_expect_eq(n->id, 12);
	cr_expect_eq(n->protocol, RTPROT_ZEBRA);
	cr_expect(!n->group && !n->blackhole && !n->fdb);
	cr_expect_eq(n->hop.index, 7);
	cr_expect_eq(n->hop.family, AF_INET6);
	cr_expect_eq(n->hop.weight, 1);
	expect_addr(n->hop.addr, "fe80::1");
	sample_torture(&s);

	object_begin(RTM_DELNEXTHOP, AF_INET, 13);
	mnl_attr_put_u32(&s.header, NHA_OIF, 7);
	n = parsed();
	cr_expect(m.del);
	cr_expect_eq(n->hop.family, 0, "on the link");
}

Test(rtnl_nexthop, no_way)
{
	object_begin(RTM_NEWNEXTHOP, AF_INET, 14);
	mnl_attr_put(&s.header, NHA_BLACKHOLE, 0, NULL);
	cr_expect(parsed()->blackhole);
	sample_torture(&s);
	object_begin(RTM_NEWNEXTHOP, AF_INET, 15);
	mnl_attr_put(&s.header, NHA_FDB, 0, NULL);
	sample_addr(&s, NHA_GATEWAY, "10.0.0.1");
	cr_expect(parsed()->fdb);
	object_begin(RTM_NEWNEXTHOP, AF_INET, 16);
	mnl_attr_put(&s.header, NHA_ENCAP, 4, "mpls");
	cr_expect(parsed()->hop.encap);
}

Test(rtnl_nexthop, groups)
{
	struct nexthop_grp g[80] = { { .id = 1, .weight = 0 },
				     { .id = 0xffffffff, .weight = 255 },
				     { .id = 3, .weight = 1, .resvd1 = 2 } };
	const struct rtnl_nexthop *n;

	object_begin(RTM_NEWNEXTHOP, AF_UNSPEC, 100);
	mnl_attr_put(&s.header, NHA_GROUP, 3 * sizeof(g[0]), g);
	mnl_attr_put_u16(&s.header, NHA_GROUP_TYPE, NEXTHOP_GRP_TYPE_RES);
	n = parsed();
	cr_expect(n->group);
	cr_assert_eq(n->n_members, 3);
	cr_expect(n->members[0].id == 1 && n->members[0].weight == 1);
	cr_expect(n->members[1].id == 0xffffffff && n->members[1].weight == 256);
	cr_expect(n->members[2].id == 3 && n->members[2].weight == 514, "Linux 6.12: 16 bits");
	sample_torture(&s);

	for (unsigned i = 0; i < 80; i++)
		g[i] = (struct nexthop_grp){ .id = i + 1 };
	object_begin(RTM_NEWNEXTHOP, AF_UNSPEC, 100);
	mnl_attr_put(&s.header, NHA_GROUP, sizeof(g), g);
	n = parsed();
	cr_expect_eq(n->n_members, RTNL_MAX_HOPS);
	cr_expect_eq(n->left_out, 80 - RTNL_MAX_HOPS);
}

Test(rtnl_nexthop, what_is_no_object)
{
	struct nexthop_grp g[2] = { { .id = 1 }, { .id = 0 } };

	object_begin(RTM_NEWNEXTHOP, AF_INET, 0);
	mnl_attr_put_u32(&s.header, NHA_OIF, 7);
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "no id");
	object_begin(RTM_NEWNEXTHOP, AF_UNSPEC, 9);
	sample_addr(&s, NHA_GATEWAY, "10.0.0.1");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "a gateway of no family");
	object_begin(RTM_NEWNEXTHOP, AF_INET, 9);
	sample_addr(&s, NHA_GATEWAY, "fe80::1");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "or of another");
	object_begin(RTM_NEWNEXTHOP, AF_UNSPEC, 9);
	mnl_attr_put(&s.header, NHA_GROUP, sizeof(g), g);
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "a member without id");
	for (unsigned len = 0; len < 8; len++) {
		object_begin(RTM_NEWNEXTHOP, AF_UNSPEC, 9);
		mnl_attr_put(&s.header, NHA_GROUP, len, g);
		cr_expect_eq(sample_parse(&s, &m), -EPROTO, "a group of %u bytes", len);
	}
}
