/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/rtnl/route.c: routes with one hop, several, none, and next-hop objects. */
#include "tests/unit/rtnl_message.h"

static struct rtnl_message m;
static union sample s;

static struct rtmsg *route_begin(uint16_t type, const char *dst, unsigned len)
{
	struct rtmsg *r = sample_begin(&s, type, NLM_F_REPLACE, sizeof(*r));

	r->rtm_family = strchr(dst, ':') ? AF_INET6 : AF_INET;
	r->rtm_dst_len = (uint8_t)len;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_BGP;
	r->rtm_type = RTN_UNICAST;
	if (len)
		sample_addr(&s, RTA_DST, dst);
	return r;
}

/* The route said so far, parsed. */
static const struct rtnl_route *parsed(void)
{
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_assert_eq(m.kind, RTNL_ROUTE);
	return &m.route;
}

/* One hop into a RTA_MULTIPATH that is open; what follows are its attributes, to hop_end(). */
static struct rtnexthop *hop_begin(int index, unsigned hops)
{
	struct rtnexthop *h = mnl_nlmsg_put_extra_header(&s.header, sizeof(*h));

	*h = (struct rtnexthop){ .rtnh_ifindex = index, .rtnh_hops = (uint8_t)hops };
	return h;
}

static void hop_end(struct rtnexthop *h)
{
	h->rtnh_len = (uint16_t)((uint8_t *)mnl_nlmsg_get_payload_tail(&s.header) - (uint8_t *)h);
}

static void put_via(const char *gateway)
{
	const int family = strchr(gateway, ':') ? AF_INET6 : AF_INET;
	uint8_t via[18];

	memcpy(via, &(uint16_t){ (uint16_t)family }, 2);
	inet_pton(family, gateway, via + 2);
	mnl_attr_put(&s.header, RTA_VIA, family == AF_INET ? 6 : 18, via);
}

Test(rtnl_route, one_hop)
{
	const struct rtnl_route *r;

	route_begin(RTM_NEWROUTE, "10.1.0.0", 16)->rtm_scope = RT_SCOPE_UNIVERSE;
	sample_addr(&s, RTA_GATEWAY, "10.0.0.254");
	mnl_attr_put_u32(&s.header, RTA_OIF, 7);
	mnl_attr_put_u32(&s.header, RTA_PRIORITY, 20);
	mnl_attr_put_u32(&s.header, RTA_TABLE, 1000);
	r = parsed();
	cr_expect_not(m.del);
	cr_expect_eq(m.flags, NLM_F_REPLACE);
	cr_expect_eq(r->family, AF_INET);
	expect_addr(r->dst, "10.1.0.0");
	cr_expect_eq(r->len, 16);
	cr_expect_eq(r->table, 1000, "the attribute, not the byte");
	cr_expect_eq(r->priority, 20);
	cr_expect_eq(r->protocol, RTPROT_BGP);
	cr_expect_eq(r->type, RTN_UNICAST);
	cr_expect_eq(r->nh_id, 0);
	cr_assert_eq(r->n_hops, 1);
	cr_expect_eq(r->hops[0].index, 7);
	cr_expect_eq(r->hops[0].weight, 1);
	cr_expect_eq(r->hops[0].family, AF_INET);
	expect_addr(r->hops[0].addr, "10.0.0.254");
	sample_torture(&s);
}

Test(rtnl_route, bits_beyond_the_prefix_are_cleared)
{
	route_begin(RTM_NEWROUTE, "10.255.255.255", 12);
	expect_addr(parsed()->dst, "10.240.0.0");
	route_begin(RTM_NEWROUTE, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65);
	expect_addr(parsed()->dst, "ffff:ffff:ffff:ffff:8000::");
	route_begin(RTM_NEWROUTE, "10.255.255.255", 32);
	expect_addr(parsed()->dst, "10.255.255.255");
	route_begin(RTM_NEWROUTE, "ffff::1", 128);
	expect_addr(parsed()->dst, "ffff::1");
	s.header.nlmsg_len -= 4; /* an address of 12 bytes */
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
}

Test(rtnl_route, without_gateway)
{
	const struct rtnl_route *r;

	route_begin(RTM_NEWROUTE, "::", 0);
	mnl_attr_put_u32(&s.header, RTA_OIF, 7);
	r = parsed();
	cr_assert_eq(r->n_hops, 1);
	cr_expect_eq(r->hops[0].family, 0, "on the link");
	expect_addr(r->dst, "::");
	sample_addr(&s, RTA_GATEWAY, "::");
	r = parsed();
	cr_expect_eq(r->hops[0].family, 0, "no gateway either");

	route_begin(RTM_DELROUTE, "10.1.0.0", 16)->rtm_type = RTN_BLACKHOLE;
	r = parsed();
	cr_expect(m.del);
	cr_expect_eq(r->type, RTN_BLACKHOLE);
	cr_expect_eq(r->n_hops, 0);

	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	mnl_attr_put_u32(&s.header, RTA_NH_ID, 0x80000001);
	r = parsed();
	cr_expect_eq(r->nh_id, 0x80000001);
	cr_expect_eq(r->n_hops, 0);
	sample_torture(&s);
}

Test(rtnl_route, another_family_s_gateway)
{
	const struct rtnl_route *r;

	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	mnl_attr_put_u32(&s.header, RTA_OIF, 7);
	put_via("fe80::9");
	r = parsed();
	cr_assert_eq(r->n_hops, 1);
	cr_expect_eq(r->hops[0].family, AF_INET6);
	expect_addr(r->hops[0].addr, "fe80::9");
	sample_torture(&s);
	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	mnl_attr_put(&s.header, RTA_VIA, 6, "\x0a\x00\x01\x02\x03\x04"); /* 4 bytes of family 10 */
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	mnl_attr_put(&s.header, RTA_VIA, 1, "\x02");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
}

Test(rtnl_route, several_hops)
{
	struct rtnexthop *h;
	const struct rtnl_route *r;
	struct nlattr *paths;

	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	paths = mnl_attr_nest_start(&s.header, RTA_MULTIPATH);
	h = hop_begin(7, 0);
	sample_addr(&s, RTA_GATEWAY, "10.0.0.2");
	hop_end(h);
	h = hop_begin(8, 255);
	h->rtnh_flags = RTNH_F_DEAD | RTNH_F_LINKDOWN;
	put_via("2001:db8::2");
	hop_end(h);
	h = hop_begin(9, 4);
	mnl_attr_put_u16(&s.header, RTA_ENCAP_TYPE, 1);
	mnl_attr_put(&s.header, RTA_ENCAP, 4, "mpls");
	hop_end(h);
	mnl_attr_nest_end(&s.header, paths);
	r = parsed();
	cr_assert_eq(r->n_hops, 3);
	cr_expect_eq(r->left_out, 0);
	cr_expect(r->hops[0].index == 7 && r->hops[0].weight == 1 && !r->hops[0].encap);
	expect_addr(r->hops[0].addr, "10.0.0.2");
	cr_expect(r->hops[1].index == 8 && r->hops[1].weight == 256);
	cr_expect_eq(r->hops[1].flags, RTNH_F_DEAD | RTNH_F_LINKDOWN);
	cr_expect_eq(r->hops[1].family, AF_INET6);
	cr_expect(r->hops[2].index == 9 && r->hops[2].weight == 5 && r->hops[2].family == 0);
	cr_expect(r->hops[2].encap);
	sample_torture(&s);
}

/* More than a group has room for: the first ones, and how many were left out. */
Test(rtnl_route, too_many_hops)
{
	struct nlattr *paths;
	const struct rtnl_route *r;

	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	paths = mnl_attr_nest_start(&s.header, RTA_MULTIPATH);
	for (int i = 1; i <= 300; i++)
		hop_end(hop_begin(i, 0));
	mnl_attr_nest_end(&s.header, paths);
	r = parsed();
	cr_expect_eq(r->n_hops, RTNL_MAX_HOPS);
	cr_expect_eq(r->left_out, 300 - RTNL_MAX_HOPS);
	cr_expect_eq(r->hops[RTNL_MAX_HOPS - 1].index, RTNL_MAX_HOPS);
}

Test(rtnl_route, what_is_no_route)
{
	struct rtnexthop *h;
	struct nlattr *paths;

	route_begin(RTM_NEWROUTE, "10.1.0.0", 33);
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	route_begin(RTM_NEWROUTE, "10.1.0.0", 0)->rtm_dst_len = 16;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "where to?");
	route_begin(RTM_NEWROUTE, "10.1.0.0", 16)->rtm_family = AF_INET6;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	route_begin(RTM_NEWROUTE, "10.1.0.0", 16)->rtm_family = 28;
	cr_expect_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_OTHER, "of labels");
	route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
	mnl_attr_put_u32(&s.header, RTA_OIF, 0x80000000);
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	for (unsigned len = 0; len < sizeof(*h); len++) { /* hops that lead nowhere */
		route_begin(RTM_NEWROUTE, "10.1.0.0", 16);
		paths = mnl_attr_nest_start(&s.header, RTA_MULTIPATH);
		h = hop_begin(7, 0);
		h->rtnh_len = (uint16_t)len;
		mnl_attr_nest_end(&s.header, paths);
		cr_expect_eq(sample_parse(&s, &m), -EPROTO, "a hop of %u bytes", len);
		h->rtnh_len = (uint16_t)(UINT16_MAX - len);
		cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	}
}
