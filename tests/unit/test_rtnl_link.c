/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/rtnl/link.c: links, addresses, neighbours. */
#include "tests/unit/rtnl_message.h"

#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <net/if.h>

static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 7 };
static struct rtnl_message m;
static union sample s;

static struct ifinfomsg *link_begin(uint16_t type, int index, const char *name)
{
	struct ifinfomsg *h = sample_begin(&s, type, 0, sizeof(*h));

	h->ifi_index = index;
	h->ifi_flags = IFF_UP | IFF_RUNNING;
	mnl_attr_put_strz(&s.header, IFLA_IFNAME, name);
	return h;
}

static void link_kind(const char *kind, uint16_t type, const void *data, size_t len)
{
	struct nlattr *info = mnl_attr_nest_start(&s.header, IFLA_LINKINFO), *inside;

	mnl_attr_put_strz(&s.header, IFLA_INFO_KIND, kind);
	inside = mnl_attr_nest_start(&s.header, IFLA_INFO_DATA);
	mnl_attr_put(&s.header, type, len, data);
	if (strcmp(kind, "vlan") == 0)
		mnl_attr_put_u16(&s.header, IFLA_VLAN_PROTOCOL, htons(ETH_P_8021Q));
	mnl_attr_nest_end(&s.header, inside);
	mnl_attr_nest_end(&s.header, info);
}

Test(rtnl_link, a_device)
{
	link_begin(RTM_NEWLINK, 7, "p0");
	mnl_attr_put(&s.header, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(&s.header, IFLA_MTU, 9000);
	mnl_attr_put_u8(&s.header, IFLA_CARRIER, 1);
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_assert_eq(m.kind, RTNL_LINK);
	cr_expect_not(m.del);
	cr_expect_eq(m.link.index, 7);
	cr_expect_str_eq(m.link.name, "p0");
	cr_expect_str_empty(m.link.kind);
	cr_expect_eq(m.link.flags, IFF_UP | IFF_RUNNING);
	cr_expect_eq(m.link.mtu, 9000);
	cr_expect_eq(m.link.carrier, 1);
	cr_expect(m.link.has_mac);
	cr_expect_arr_eq(m.link.mac, mac, sizeof(mac));
	cr_expect_eq(m.link.parent, 0);
	sample_torture(&s);

	link_begin(RTM_DELLINK, 7, "p0");
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect(m.kind == RTNL_LINK && m.del);
	cr_expect_eq(m.link.carrier, -1, "not said");
	cr_expect_not(m.link.has_mac);
}

Test(rtnl_link, what_stands_on_others)
{
	const uint32_t table = 100;
	const uint16_t id = 42;

	link_begin(RTM_NEWLINK, 9, "p0.42");
	mnl_attr_put_u32(&s.header, IFLA_LINK, 7);
	link_kind("vlan", IFLA_VLAN_ID, &id, sizeof(id));
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_str_eq(m.link.kind, "vlan");
	cr_expect_eq(m.link.vlan, 42);
	cr_expect_eq(m.link.parent, 7);
	sample_torture(&s);
	mnl_attr_put_u32(&s.header, IFLA_LINK_NETNSID, 3);
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.link.parent, 0, "that number is of another namespace");

	link_begin(RTM_NEWLINK, 10, "red");
	link_kind("vrf", IFLA_VRF_TABLE, &table, sizeof(table));
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.link.vrf_table, 100);
	cr_expect_eq(m.link.vlan, 0);
	sample_torture(&s);

	/* the same numbers of a kind we do not know mean something else */
	link_begin(RTM_NEWLINK, 10, "x");
	link_kind("other", IFLA_VLAN_ID, &id, sizeof(id));
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect(m.link.vlan == 0 && m.link.vrf_table == 0);
}

Test(rtnl_link, what_is_no_link)
{
	struct ifinfomsg *h = link_begin(RTM_DELLINK, 7, "p0");

	h->ifi_family = AF_BRIDGE;
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_OTHER, "it left a bridge; it is still there");
	link_begin(RTM_NEWLINK, 0, "p0");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	link_begin(RTM_NEWLINK, -5, "p0");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	link_begin(RTM_NEWLINK, 7, "sixteen-letters!");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "no room for its end");
	link_begin(RTM_NEWLINK, 7, "p0");
	mnl_attr_put(&s.header, IFLA_IFNAME, 3, "abc");
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "no end");
	link_begin(RTM_NEWLINK, 7, "p0");
	mnl_attr_put_u16(&s.header, IFLA_MTU, 1500);
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "a short number");
}

Test(rtnl_link, addresses)
{
	struct ifaddrmsg *h = sample_begin(&s, RTM_NEWADDR, 0, sizeof(*h));

	h->ifa_family = AF_INET;
	h->ifa_prefixlen = 24;
	h->ifa_index = 7;
	sample_addr(&s, IFA_ADDRESS, "10.0.0.2");
	sample_addr(&s, IFA_LOCAL, "10.0.0.1");
	mnl_attr_put_u32(&s.header, IFA_FLAGS, IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE);
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_assert_eq(m.kind, RTNL_ADDRESS);
	cr_expect_eq(m.address.index, 7);
	cr_expect_eq(m.address.family, AF_INET);
	cr_expect_eq(m.address.len, 24);
	expect_addr(m.address.addr, "10.0.0.1");
	cr_expect_eq(m.address.flags, IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE);
	sample_torture(&s);
	sample_addr(&s, IFA_ADDRESS, "10.0.0.2");
	cr_assert_eq(sample_parse(&s, &m), 0);
	expect_addr(m.address.addr, "10.0.0.1"); /* in either order */

	h = sample_begin(&s, RTM_DELADDR, 0, sizeof(*h));
	h->ifa_family = AF_INET6;
	h->ifa_prefixlen = 64;
	h->ifa_index = 7;
	h->ifa_flags = IFA_F_TENTATIVE;
	sample_addr(&s, IFA_ADDRESS, "2001:db8::1");
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect(m.del);
	expect_addr(m.address.addr, "2001:db8::1");
	cr_expect_eq(m.address.flags, IFA_F_TENTATIVE);
	sample_torture(&s);
	h->ifa_prefixlen = 129;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	h->ifa_prefixlen = 64;
	h->ifa_index = 0;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	h->ifa_index = 7;
	h->ifa_family = AF_INET;
	h->ifa_prefixlen = 24;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "an address of the other family");
	h->ifa_family = 12;
	cr_expect_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_OTHER);
	h = sample_begin(&s, RTM_NEWADDR, 0, sizeof(*h));
	h->ifa_family = AF_INET;
	h->ifa_index = 7;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "no address");
}

Test(rtnl_link, neighbors)
{
	struct ndmsg *h = sample_begin(&s, RTM_NEWNEIGH, 0, sizeof(*h));

	h->ndm_family = AF_INET;
	h->ndm_ifindex = 7;
	h->ndm_state = NUD_REACHABLE;
	h->ndm_flags = NTF_ROUTER;
	sample_addr(&s, NDA_DST, "10.0.0.9");
	mnl_attr_put(&s.header, NDA_LLADDR, sizeof(mac), mac);
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_assert_eq(m.kind, RTNL_NEIGHBOR);
	cr_expect_eq(m.neighbor.index, 7);
	cr_expect_eq(m.neighbor.state, NUD_REACHABLE);
	cr_expect_eq(m.neighbor.flags, NTF_ROUTER);
	expect_addr(m.neighbor.addr, "10.0.0.9");
	cr_expect(m.neighbor.has_mac);
	cr_expect_arr_eq(m.neighbor.mac, mac, sizeof(mac));
	sample_torture(&s);
	h->ndm_family = AF_BRIDGE;
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect_eq(m.kind, RTNL_OTHER);
	h->ndm_family = AF_INET6;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);
	h->ndm_family = AF_INET;
	h->ndm_ifindex = -1;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO);

	h = sample_begin(&s, RTM_DELNEIGH, 0, sizeof(*h));
	h->ndm_family = AF_INET6;
	h->ndm_ifindex = 7;
	h->ndm_state = NUD_FAILED;
	cr_expect_eq(sample_parse(&s, &m), -EPROTO, "whose?");
	sample_addr(&s, NDA_DST, "2001:db8::9");
	mnl_attr_put(&s.header, NDA_LLADDR, 4, "tunl"); /* no Ethernet address */
	cr_assert_eq(sample_parse(&s, &m), 0);
	cr_expect(m.del && !m.neighbor.has_mac);
	sample_torture(&s);
}
